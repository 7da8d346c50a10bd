"""Importing ledger files: all of a file or nothing, every row accounted for."""

from __future__ import annotations

from typing import Any

import pytest

from commonweal.kernel.access.public import SYSTEM, Actor
from commonweal.kernel.audit.models import Event
from commonweal.kernel.calendar.public import now
from commonweal.kernel.schema.public import Forbidden, NotFound, Place
from commonweal.practices.charging.actions.costs import allocate, import_costs
from commonweal.practices.charging.domain.costs import ColumnMapping, CostError
from commonweal.practices.charging.import_costs import reading as reading_module
from commonweal.practices.charging.import_costs.control import ControlSum
from commonweal.practices.charging.import_costs.reading import MappingNeeded, read_costs
from commonweal.practices.charging.models import (
    CloseRun,
    CostImport,
    CostLine,
    CostMapping,
    RejectedCostRow,
)
from commonweal.practices.charging.selectors import costs as selectors

from .costs_scene import COLUMNS, SMALL, Scene, request, scene

__all__ = ["scene"]
UNKNOWN = ColumnMapping({}, decimal="")


def refused(actor: Actor, asked: Any) -> CostError:
    """The error of an import that stores nothing."""
    with pytest.raises(CostError) as error:
        import_costs(actor=actor, request=asked)
    assert CostImport.objects.count() == CostLine.objects.count() == 0
    return error.value


def test_every_row_is_stored_or_named_and_the_sums_agree(scene: Scene) -> None:
    text = SMALL + "Payroll,Staff,A1,bad,6,10.00,Revenue,9001\nPayroll,,,,7,ten,,\n"
    report = import_costs(actor=scene.officer, request=request(text))
    stored = report.cost_import
    assert (stored.rows_total, stored.rows_used, stored.rows_rejected) == (7, 5, 2)
    assert stored.used_minor == 689_250
    assert stored.rejected_minor == 1_000
    assert stored.control_minor == stored.used_minor + stored.rejected_minor
    assert report.reading.unreadable == 1
    assert report.reading.by_period == {
        "2017-10": (2, 90_000), "2017-11": (2, 600_000), "2017-12": (1, -750),
    }  # fmt: skip
    rows = selectors.rejects(scene.officer, stored.pk)
    assert [(row.row, row.code) for row in rows] == [(7, "COSTS-126"), (8, "COSTS-123")]
    first = selectors.rejects(scene.officer, stored.pk, Place(limit=1))
    assert selectors.rejects(scene.officer, stored.pk, Place(first.next))[0].row == 8
    assert Event.objects.filter(verb="costs.imported", target_id=str(stored.pk)).count() == 1


def test_what_was_found_is_shown_and_used_only_once_confirmed(scene: Scene) -> None:
    with pytest.raises(MappingNeeded) as asked:
        import_costs(actor=scene.officer, request=request(given=UNKNOWN, accept_as=""))
    assert asked.value.code == "COSTS-105"
    found = asked.value.suggestion
    assert found.mapping.columns["amount"] == "Amount"
    assert "account" not in found.mapping.columns
    assert CostMapping.objects.count() == 0
    import_costs(actor=scene.officer, request=request(given=UNKNOWN, accept_as="council"))
    saved = selectors.mappings(scene.officer)[0]
    assert (saved.name, saved.options["date_format"]) == ("council", "DD/MM/YYYY")
    again = SMALL.replace(",1,600", ",11,600")
    report = import_costs(actor=scene.officer, request=request(again, given=UNKNOWN, accept_as=""))
    assert report.cost_import.mapping_id == saved.pk


def test_a_question_left_open_stops_even_a_confirmed_import(scene: Scene) -> None:
    text = "Unit,Amount,Date\nParks,5,03/04/2017\n"
    error = refused(scene.officer, request(text, given=UNKNOWN))
    assert "DD/MM/YYYY or MM/DD/YYYY" in error.message


def test_mappings_by_name(scene: Scene) -> None:
    assert refused(scene.officer, request(mapping="other")).code == "COSTS-106"
    import_costs(actor=scene.officer, request=request())
    other = "Sum,Month\n5,2017-10\n"
    for asked, code in [
        (request(other, mapping="ledger"), "COSTS-104"),
        (request(other, given=ColumnMapping({"amount": "Sum"}), accept_as="ledger"), "COSTS-106"),
        (request(SMALL + " ", given=ColumnMapping({"kind": "What"}), accept_as=""), "COSTS-106"),
        (request(SMALL + "\n", given=UNKNOWN, accept_as=""), "COSTS-113"),
    ]:
        with pytest.raises(CostError) as error:
            import_costs(actor=scene.officer, request=asked)
        assert error.value.code == code
    changed = request(
        SMALL.replace(".00", ".01"), given=ColumnMapping({"reference": "Code"}), accept_as="second"
    )
    import_costs(actor=scene.officer, request=changed)
    with pytest.raises(CostError, match="Several mappings"):
        import_costs(actor=scene.officer, request=request(SMALL + "\n\n", given=UNKNOWN))
    named = request(SMALL.replace(".00", ".02"), given=UNKNOWN, accept_as="", mapping="ledger")
    assert import_costs(actor=scene.officer, request=named).cost_import.rows_used


def test_an_empty_name_is_no_name(scene: Scene) -> None:
    assert refused(scene.officer, request(accept_as=" ")).code == "COSTS-106"


def test_the_same_file_is_refused_whatever_its_name(scene: Scene) -> None:
    import_costs(actor=scene.officer, request=request())
    with pytest.raises(CostError) as error:
        import_costs(actor=scene.officer, request=request(filename="copy.csv"))
    assert error.value.code == "COSTS-109"
    assert "ledger.csv" in error.value.message
    assert CostImport.objects.count() == 1


def test_a_double_submission_at_the_same_moment_is_refused(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = read_costs(scene.officer, request(accept_as="other"))
    import_costs(actor=scene.officer, request=request())
    monkeypatch.setattr("commonweal.practices.charging.actions.costs.read_costs", lambda *_: read)
    with pytest.raises(CostError) as error:
        import_costs(actor=scene.officer, request=request(accept_as="other"))
    assert error.value.code == "COSTS-109"


def test_a_line_that_stands_in_the_file_twice_is_named_and_taken_on_purpose_only(
    scene: Scene,
) -> None:
    text = SMALL + SMALL.splitlines(keepends=True)[2]
    text += "Payroll,Staff,A1,03/10/2017,,600.00,Revenue,9001\n" * 2  # no number: two lines
    read = read_costs(scene.officer, request(text))
    assert [(reject.row, reject.code) for reject in read.rejects] == [(7, "COSTS-133")]
    assert "Row 7: the same line stands in row 3." in read.rejects[0].message
    assert (len(read.lines), read.repeats_kept) == (7, 0)
    report = import_costs(actor=scene.officer, request=request(text, keep_repeats=True))
    assert (report.cost_import.rows_used, report.cost_import.rows_rejected) == (8, 0)
    event = Event.objects.get(verb="costs.imported")
    assert event.payload["repeats_kept"] == 1


def test_the_amount_of_two_columns_of_one_name_is_named_by_its_place(scene: Scene) -> None:
    text = SMALL.replace("Amount", "Sum").replace(",Supplier\n", ",Supplier,Sum\n")
    text = "".join(f"{line},0.00\n" if row else f"{line}\n"
                   for row, line in enumerate(text.splitlines()))  # fmt: skip
    columns = {**COLUMNS, "amount": "column 6"}
    given = ColumnMapping(columns, "DD/MM/YYYY", ".")
    unclear = ColumnMapping({**columns, "amount": "Sum"}, "DD/MM/YYYY", ".")
    assert refused(scene.officer, request(text, given=unclear)).code == "COSTS-104"
    stored = import_costs(actor=scene.officer, request=request(text, given=given)).cost_import
    assert (stored.used_minor, stored.control_minor) == (689_250, 689_250)


def test_a_line_that_came_with_another_file_is_not_counted_twice(scene: Scene) -> None:
    import_costs(actor=scene.officer, request=request())
    more = SMALL + "Payroll,Staff,A1,04/12/2017,9,1.00,Revenue,9001\n"
    report = import_costs(actor=scene.officer, request=request(more, filename="longer.csv"))
    assert report.cost_import.rows_used == 1
    assert {reject.code for reject in report.reading.rejects} == {"COSTS-132"}
    assert "ledger.csv" in report.reading.rejects[0].message


def test_the_period_option_serves_files_without_dates(scene: Scene) -> None:
    text = SMALL.replace("03/10/2017", "00:00:00").replace("14/10/2017", "00:00:00")
    report = import_costs(actor=scene.officer, request=request(text, period="2017-12"))
    assert list(report.reading.by_period) == ["2017-12"]


def test_a_closed_month_refuses_costs(scene: Scene) -> None:
    CloseRun.objects.create(
        agency_id=scene.centre, period="2017-11", state="done", engine_version="1",
        started_at=now(),
    )  # fmt: skip
    error = refused(scene.officer, request())
    assert error.code == "COSTS-110"
    assert "2 rows" in error.message
    assert "2017-11" in error.message
    budget = import_costs(actor=scene.officer, request=request(basis="budget"))
    assert budget.cost_import.basis == "budget"


def test_late_costs_of_a_closed_month_come_in_with_a_reason(scene: Scene) -> None:
    """They have an allocation of their own month, which names them; open months have none."""
    first = import_costs(actor=scene.officer, request=request()).cost_import
    allocate(
        actor=SYSTEM, basis="actual", first_period="2017-11", last_period="2017-11",
        label="2017-11",
    )  # fmt: skip
    CloseRun.objects.create(
        agency_id=scene.centre, period="2017-11", state="done", engine_version="1",
        started_at=now(),
    )  # fmt: skip
    text = "Unit,What,Code,Date,No,Amount,Type,Supplier\n" + (
        "Payroll,Staff,A1,16/11/2017,91,50.00,Revenue,9001\n"
        "Payroll,Staff,A1,16/12/2017,92,7.00,Revenue,9001\n"
    )
    for reason, code in (("", "COSTS-110"), ("too late", "COSTS-115")):
        with pytest.raises(CostError) as error:
            read_costs(scene.officer, request(text, filename="late.csv", late_reason=reason))
        assert error.value.code == code
    late = request(text, filename="late.csv", late_reason="The landlord's bill came in January")
    stored = import_costs(actor=scene.officer, request=late).cost_import
    assert stored.late_reason == "The landlord's bill came in January"
    (made,) = selectors.late_allocations(scene.officer, stored)
    assert (made.label, made.first_period, made.last_period) == ("2017-11",) * 3
    newest = selectors.latest_run(scene.officer, "actual", "2017-11")
    assert newest == made
    assert newest.total_minor == 605_000
    assert selectors.late_allocations(scene.officer, first) == []


def test_an_import_in_time_keeps_no_reason(scene: Scene) -> None:
    asked = request(late_reason="The landlord's bill came in January")
    assert import_costs(actor=scene.officer, request=asked).cost_import.late_reason == ""


def test_sums_that_differ_stop_the_import(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading_module, "control_sum", lambda *_: ControlSum(5, 5, 689_251))
    assert refused(scene.officer, request()).code == "COSTS-108"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"currency": "USD"}, "COSTS-111"),
        ({"basis": "guess"}, "COSTS-221"),
        ({"text": SMALL.replace("2017", "1017")}, "COSTS-113"),
    ],
)
def test_whole_files_that_cannot_be_used(scene: Scene, change: dict[str, Any], code: str) -> None:
    assert refused(scene.officer, request(**change)).code == code


def test_no_supplier_is_named_anywhere(scene: Scene) -> None:
    text = "Amount,Date,Supplier Name\n5,25/12/2017,Ellen Example\n6,25/12/2017,ellen  example\n"
    import_costs(actor=scene.officer, request=request(text, given=UNKNOWN))
    refs = set(CostLine.objects.values_list("supplier_ref", flat=True))
    assert len(refs) == 1
    assert all(ref.startswith("h:") and len(ref) == 26 for ref in refs)
    told = " ".join(map(str, Event.objects.values_list("payload", flat=True)))
    assert "llen" not in told


def test_only_the_centres_finance_may_import(scene: Scene) -> None:
    for actor in (scene.parks_finance, scene.director):
        with pytest.raises(Forbidden):
            import_costs(actor=actor, request=request())
        with pytest.raises(Forbidden):
            read_costs(actor, request())
    with pytest.raises(Forbidden):
        selectors.imports(scene.parks_finance)


def test_a_dry_run_writes_nothing(scene: Scene) -> None:
    read = read_costs(scene.officer, request())
    assert read.rows_total == 5
    assert CostImport.objects.count() == CostMapping.objects.count() == 0


def test_reading_imports(scene: Scene) -> None:
    stored = import_costs(actor=SYSTEM, request=request()).cost_import
    assert selectors.imports(scene.officer) == [stored]
    assert selectors.cost_import(scene.officer, stored.pk).mapping.name == "ledger"
    with pytest.raises(NotFound):
        selectors.cost_import(scene.officer, scene.centre)


def test_stored_rows_never_change(scene: Scene) -> None:
    from django.db import DatabaseError, transaction

    import_costs(actor=scene.officer, request=request())
    for model in (CostLine, RejectedCostRow):
        with pytest.raises(DatabaseError), transaction.atomic():
            model.objects.update(row=1)

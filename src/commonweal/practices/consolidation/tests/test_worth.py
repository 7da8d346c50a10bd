"""Baselines, own costs and claims through the actions, on real books of a closed month."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from django.db import connections, transaction
from django.db.utils import IntegrityError

from commonweal.kernel.access.public import SYSTEM, act_as
from commonweal.kernel.audit.public import digest
from commonweal.kernel.authority.public import NotYours
from commonweal.kernel.schema.public import Conflict, Forbidden, NotFound
from commonweal.practices.charging.tests.copies import copies, enter, world
from commonweal.practices.charging.tests.world import World
from commonweal.practices.consolidation import public as worth
from commonweal.practices.consolidation.models import Baseline, BaselineCost, OwnCost
from commonweal.practices.consolidation.selectors import years
from commonweal.practices.consolidation.selectors.baselines import baseline_document

from .scene import (
    AMOUNT,
    GIVEN,
    LINES,
    PDF,
    draft,
    index,
    own,
    own_all,
    refused,
    sign,
    view,
)

__all__ = ["copies", "enter", "index", "world"]


def test_the_year_of_a_service_comes_from_the_agencys_own_books(index: World) -> None:
    sign(index)
    own_all(index)
    found = view(index)
    with act_as(SYSTEM):
        bill = index.bill("PARKS", "2026-07")
        charged = sum(line.amount_minor for line in bill.lines.filter(service__code="payroll"))
    assert found.months == ["2026-07"]
    assert found.now.charges == charged
    assert found.now.volume == 81  # 40 and 41 payslips: a twelfth of 972
    assert found.figures["nominal"].minor == AMOUNT // 12 - charged
    assert found.saving.minor == AMOUNT // 12 - charged
    assert found.proof.doubts == ("unconfirmed",)


def test_a_refund_after_the_service_ended_is_no_month_of_the_baseline(
    index: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a month without the service would count a twelfth of the baseline as saved."""
    sign(index)
    own_all(index)
    before, parks = view(index), index.agencies["PARKS"]
    charged, ordered = years.charges, years.covers

    def charges(*asked: Any) -> Any:
        found = charged(*asked)
        found[parks, "payroll"]["2026-08"] = -5_000
        return found

    def covers(*asked: Any) -> Any:
        found = ordered(*asked)
        for cover in found.values():
            cover.months &= {"2026-07"}
        return found

    monkeypatch.setattr(years, "charges", charges)
    monkeypatch.setattr(years, "covers", covers)
    monkeypatch.setattr(years, "closed_months", lambda *asked: {parks: {"2026-07", "2026-08"}})
    found = view(index)
    assert found.months == ["2026-07"]
    assert found.now.charges == before.now.charges - 5_000
    saved = before.figures["nominal"].minor
    assert saved is not None
    assert found.figures["nominal"].minor == saved + 5_000


def test_cannot_be_determined_without_a_signed_baseline(index: World) -> None:
    found = view(index, "helpdesk")
    assert found.saving.outcome == "unknown"
    assert found.saving.missing[0] == "baseline"
    assert found.now.charges > 0
    draft(index)
    assert view(index).saving.missing[0] == "baseline"


def test_missing_months_are_named(index: World) -> None:
    sign(index)
    own(index, "retained", "2026-07", 0)
    found = view(index)
    assert found.saving.missing == ("transition", "dual_running")
    assert found.months_missing("transition") == ["2026-07"]


def test_falling_prices_print_a_loss(index: World) -> None:
    sign(index)
    own_all(index, 20_000)
    nominal = view(index).saving
    assert nominal.outcome == "loss" or nominal.minor is not None
    with act_as(index.finance):
        worth.put_index_value(
            actor=index.finance, index="CPI", year=2027, value="1", source="Collapse"
        )
    found = view(index)
    assert found.saving.outcome == "loss"
    assert found.proof.verified == found.saving.minor


def test_a_baseline_takes_two_people_of_the_agency(index: World) -> None:
    row = draft(index)
    officer, other = index.of("agency_finance", "PARKS"), index.of("agency_finance", "ROADS")
    with act_as(officer):
        worth.propose_baseline(actor=officer, baseline_id=row.pk)
    with act_as(officer), refused("AUTHORITY-105", NotYours):
        worth.sign_baseline(actor=officer, baseline_id=row.pk)
    with act_as(other), refused("WORTH-405", NotFound):
        worth.sign_baseline(actor=other, baseline_id=row.pk)
    with act_as(index.finance), refused("ACCESS-403", Forbidden):
        worth.sign_baseline(actor=index.finance, baseline_id=row.pk)


def test_signing_after_the_first_order_is_a_late_baseline_and_never_proved(index: World) -> None:
    assert sign(index, None).late
    own_all(index)
    found = view(index)
    if found.saving.outcome == "saving":
        assert "late" in found.proof.doubts
    assert found.proof.verified <= 0


def test_what_was_signed_never_changes(index: World) -> None:
    row = sign(index)
    assert not row.late
    with act_as(SYSTEM):
        assert row.content_hash == digest(baseline_document(row))
        for write in (
            lambda: Baseline.objects.filter(pk=row.pk).update(price_year=1999),
            lambda: Baseline.objects.filter(pk=row.pk).update(state="draft"),
            lambda: BaselineCost.objects.filter(baseline=row).update(amount_minor=1),
            lambda: BaselineCost.objects.filter(baseline=row).delete(),
            lambda: BaselineCost.objects.create(
                agency_id=row.agency_id, baseline=row, kind="other", text="x", amount_minor=1
            ),
        ):
            with pytest.raises(IntegrityError), transaction.atomic():
                write()
    officer = index.of("agency_finance", "PARKS")
    with act_as(officer), refused("WORTH-120", Conflict):
        worth.put_baseline(actor=officer, agency_id=row.agency_id, service="payroll", given=GIVEN)
    with act_as(officer), refused("WORTH-120", Conflict):
        worth.add_evidence(
            actor=officer, baseline_id=row.pk, filename="x.pdf", media_type="application/pdf",
            data=PDF,
        )  # fmt: skip


def test_the_owner_of_the_database_cannot_change_it_either(index: World) -> None:
    row = sign(index)
    with connections["owner"].cursor() as cursor:
        cursor.execute("SET app.centre = 'on'")
        with pytest.raises(IntegrityError):
            cursor.execute("DELETE FROM consolidation_baseline WHERE id = %s", [row.pk])


def test_a_signed_baseline_must_have_been_proposed(index: World) -> None:
    row = draft(index)
    who = index.of("agency_finance", "PARKS").user_id
    with act_as(SYSTEM), pytest.raises(IntegrityError), transaction.atomic():
        Baseline.objects.filter(pk=row.pk).update(state="signed", signed_by=who)


def test_a_proposal_needs_evidence_and_can_be_refused_or_withdrawn(index: World) -> None:
    row = draft(index, evidence=False)
    officer, second = index.of("agency_finance", "PARKS"), index.of("agency_approver", "PARKS")
    with act_as(officer), refused("WORTH-122"):
        worth.propose_baseline(actor=officer, baseline_id=row.pk)
    with act_as(officer), refused("WORTH-123", Conflict):
        worth.withdraw_baseline(actor=officer, baseline_id=row.pk)
    draft(index)
    with act_as(officer):
        worth.propose_baseline(actor=officer, baseline_id=row.pk)
    with act_as(second):
        back = worth.refuse_baseline(
            actor=second, baseline_id=row.pk, reason="The server is counted twice."
        )
    assert back.state == "draft"
    with act_as(officer):
        worth.propose_baseline(actor=officer, baseline_id=row.pk)
        assert worth.withdraw_baseline(actor=officer, baseline_id=row.pk).state == "draft"


def test_a_changed_line_after_the_proposal_is_found_at_signing(index: World) -> None:
    row = draft(index)
    officer, second = index.of("agency_finance", "PARKS"), index.of("agency_approver", "PARKS")
    with act_as(officer):
        worth.propose_baseline(actor=officer, baseline_id=row.pk)
    with connections["owner"].cursor() as cursor:
        cursor.execute("ALTER TABLE consolidation_baselinecost DISABLE TRIGGER cost_is_fixed")
        cursor.execute("SET app.centre = 'on'")
        cursor.execute("UPDATE consolidation_baselinecost SET amount_minor = amount_minor + 1")
    with act_as(second), refused("WORTH-124", Conflict):
        worth.sign_baseline(actor=second, baseline_id=row.pk)


def test_a_baseline_that_cannot_be_used_says_why(index: World) -> None:
    officer = index.of("agency_finance", "PARKS")
    wrong = [
        ({"lines": ()}, "WORTH-110"),
        ({"lines": (LINES[0], LINES[0])}, "WORTH-111"),
        ({"lines": (replace(LINES[0], kind="parties"),)}, "WORTH-111"),
        ({"lines": (replace(LINES[0], amount_minor=0),)}, "WORTH-104"),
        ({"lines": (replace(LINES[0], text=" "),)}, "WORTH-101"),
        ({"charge_item": ""}, "WORTH-112"),
        ({"volume": None}, "WORTH-112"),
        ({"charge_item": "helpdesk.case"}, "WORTH-113"),
        ({"volume": "many"}, "WORTH-114"),
        ({"volume": 0}, "WORTH-114"),
        ({"price_year": 26}, "WORTH-102"),
        ({"service_level": ""}, "WORTH-101"),
        ({"index": "NONE"}, "WORTH-404"),
        ({"forecast_minor": -1}, "WORTH-104"),
    ]
    for change, code in wrong:
        with act_as(officer), refused(code):
            worth.put_baseline(
                actor=officer, agency_id=index.agencies["PARKS"], service="payroll",
                given=replace(GIVEN, **change),
            )  # fmt: skip


def test_a_draft_is_rewritten_whole(index: World) -> None:
    draft(index)
    row = draft(index, replace(GIVEN, lines=LINES[1:], charge_item="", volume=None,
                               forecast_minor=None))  # fmt: skip
    assert [line.kind for line in row.lines.all()] == ["hosting"]
    assert row.charge_item is None


def test_evidence_is_a_paper(index: World) -> None:
    row, officer = draft(index), index.of("agency_finance", "PARKS")
    wrong = [
        ("application/zip", b"PK", "WORTH-105"),
        ("application/pdf", b"<html>", "WORTH-105"),
        ("text/csv", b"", "WORTH-106"),
        ("text/csv", b"x" * (10 * 1024 * 1024 + 1), "WORTH-106"),
    ]
    for media, data, code in wrong:
        with act_as(officer), refused(code):
            worth.add_evidence(
                actor=officer, baseline_id=row.pk, filename="x", media_type=media, data=data
            )


def test_own_costs_are_corrected_by_another_figure_and_never_counted_twice(index: World) -> None:
    own(index, "retained", "2026-07", 500)
    row = own(index, "retained", "2026-07", 700)
    with refused("WORTH-204", Conflict):
        own(index, "retained", "2027", 100)
    own(index, "transition", "2027", 100)
    with refused("WORTH-204", Conflict):
        own(index, "transition", "2026-08", 100)
    officer = index.of("agency_finance", "PARKS")
    with act_as(officer):
        service = Baseline._meta.get_field("service").related_model.objects.get(code="payroll")
        found = worth.own_cost_rows(officer, index.agencies["PARKS"], service)
        paper = worth.add_cost_evidence(
            actor=officer, own_cost_id=row.pk, filename="bill.csv", media_type="text/csv",
            data=b"a,b",
        )  # fmt: skip
    assert [(each.amount_minor, each.superseded_at is None) for each in found[:2]] == [
        (500, False), (700, True)
    ]  # fmt: skip
    assert paper.owner_id == row.pk
    with act_as(SYSTEM), pytest.raises(IntegrityError), transaction.atomic():
        OwnCost.objects.filter(pk=row.pk).update(amount_minor=1)
    with act_as(officer), refused("WORTH-406", NotFound):
        worth.add_cost_evidence(
            actor=officer, own_cost_id=UUID(int=1), filename="x", media_type="text/csv", data=b"x"
        )


def test_an_own_cost_that_cannot_be_used_says_why(index: World) -> None:
    officer = index.of("agency_finance", "PARKS")
    wrong = [
        ({"kind": "party"}, "WORTH-201"),
        ({"period": "soon"}, "WORTH-202"),
        ({"period": "1066"}, "WORTH-102"),
        ({"amount_minor": -1}, "WORTH-104"),
        ({"note": "x" * 301}, "WORTH-205"),
    ]
    for change, code in wrong:
        values = {"period": "2026-07", "kind": "retained", "amount_minor": 1} | change
        with act_as(officer), refused(code):
            worth.put_own_cost(
                actor=officer, agency_id=index.agencies["PARKS"], service="payroll", **values
            )


def test_the_price_index_is_a_dated_table_with_its_source(index: World) -> None:
    with act_as(index.finance):
        same = worth.put_index_value(
            actor=index.finance, index="CPI", year=2027, value="100", source="Bureau, June"
        )
        worth.put_index_value(
            actor=index.finance, index="CPI", year=2027, value="104.25", source="Bureau, July"
        )
        for value in ("0", "a lot", "1.1234567"):
            with refused("WORTH-103"):
                worth.put_index_value(
                    actor=index.finance, index="CPI", year=2027, value=value, source="Bureau"
                )
        rows = worth.indices(index.finance)[0].values.order_by("year", "recorded_at")
        assert [(row.year, str(row.value), row.superseded_at is None) for row in rows] == [
            (2025, "100.000000", True), (2027, "100.000000", False), (2027, "104.250000", True)
        ]  # fmt: skip
        assert rows[1].pk == same.pk
    officer = index.of("agency_finance", "PARKS")
    with act_as(officer), refused("ACCESS-403", Forbidden):
        worth.put_index(actor=officer, code="X", name="X", source="X")

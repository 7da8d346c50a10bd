"""The second path finds what was tampered with; the same inputs give the same bytes."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pytest
from django.conf import settings
from django.db import DatabaseError, connection

from commonweal.kernel.access.public import SYSTEM, act_as
from commonweal.kernel.audit.public import head
from commonweal.kernel.metering.models import Partition
from commonweal.kernel.metering.public import UsageError
from commonweal.kernel.schema.public import CommonwealError
from commonweal.practices.charging.close_words import found_rows
from commonweal.practices.charging.models import Bill, BillLine, CloseRun, CloseStep, LineFunding
from commonweal.practices.charging.papers.pack import PackMaker
from commonweal.practices.charging.papers.pdf import bill_pdf
from commonweal.practices.charging.papers.tables import bill_csv
from commonweal.practices.charging.selectors.bill_document import bill_lines

from .copies import closed, copies, enter, world
from .world import AGENCIES, AUGUST, JULY, World, usage

__all__ = ["closed", "copies", "enter", "world"]


def rewrite_rated(world: World, agency: str, change: str, *, in_manifest: bool = True) -> None:
    """Change the newest rated file of an agency by SQL on a table `lines`; hash it anew or not."""
    with act_as(SYSTEM):
        row = (
            Partition.objects.filter(
                agency_id=world.agencies[agency], period=AUGUST, kind="rated"
            )
            .order_by("-version")
            .first()
        )  # fmt: skip
        assert row is not None
        place = Path(settings.DATA_DIR) / row.path
        base = duckdb.connect()
        base.execute("CREATE TABLE lines AS SELECT * FROM read_parquet(?)", [str(place)])
        base.execute(change)
        place.unlink()
        base.execute(f"COPY lines TO '{place}' (FORMAT parquet)")
        base.close()
        if in_manifest:
            row.sha256 = hashlib.sha256(place.read_bytes()).hexdigest()
            row.save(update_fields=["sha256"])


def test_a_damaged_rated_file_is_not_even_read(world: World) -> None:
    world.report(AUGUST)
    world.close(AUGUST, until="rate")
    rewrite_rated(world, "PARKS", "UPDATE lines SET amount = amount + 1", in_manifest=False)
    with pytest.raises(UsageError) as damaged:
        world.close(AUGUST)
    assert damaged.value.code == "USAGE-303"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ("UPDATE lines SET amount = amount + 0.000000001 WHERE charge_item = "
         "(SELECT max(charge_item) FROM lines)", "CLOSE-306"),
        ("DELETE FROM lines WHERE fact_id = (SELECT max(fact_id) FROM lines)", "CLOSE-306"),
        ("INSERT INTO lines SELECT * REPLACE (0 AS quantity, 0 AS amount) FROM lines LIMIT 1",
         "CLOSE-306"),
        ("UPDATE lines SET quantity = quantity + 1 WHERE fact_id = "
         "(SELECT max(fact_id) FROM lines)", "CLOSE-303"),
    ],
    ids=["a-billionth", "a-record-less", "a-record-more", "a-quantity"],
)  # fmt: skip
def test_a_manipulated_amount_stops_the_close(world: World, change: str, code: str) -> None:
    world.report(AUGUST)
    world.close(AUGUST, until="rate")
    rewrite_rated(world, "ROADS", change)
    with pytest.raises(CommonwealError) as found:
        world.close(AUGUST)
    assert found.value.code == code
    with act_as(SYSTEM):
        assert not Bill.objects.filter(period=AUGUST).exists()
        step = CloseStep.objects.get(run__period=AUGUST, code="prove")
        shown = found_rows(SYSTEM, AUGUST, step.detail)
    assert shown is not None
    assert {row["agency"] for row in shown.rows} == {"Office of Roads"}
    said = " ".join(value for row in shown.rows for value in row.values())
    assert not re.search(r"[0-9a-f]{8}-[0-9a-f]{4}-", said)
    if code == "CLOSE-306":
        for row in shown.rows:
            assert row["rate"].startswith(("payroll.", "helpdesk."))
            sums = [Decimal(row[key]) for key in ("by_records", "by_total", "difference")]
            assert sums[0] - sums[1] == sums[2]


@pytest.mark.parametrize(
    ("change", "code"),
    [("UPDATE lines SET amount = amount + 0.000000001 WHERE kind = 'correction'", "CLOSE-304"),
     ("UPDATE lines SET quantity = 0, amount = 0 WHERE kind = 'correction'", "CLOSE-303"),
     ("DELETE FROM lines WHERE kind = 'correction'", "CLOSE-303")],
    ids=["amount", "quantity", "deleted"],
)  # fmt: skip
def test_a_manipulated_correction_stops_the_close(world: World, change: str, code: str) -> None:
    world.send("desk", [usage("ROADS", "helpdesk.case", 77, "12", JULY)])
    world.report(AUGUST)
    world.close(AUGUST, until="rate")
    rewrite_rated(world, "ROADS", change)
    with pytest.raises(CommonwealError) as found:
        world.close(AUGUST)
    assert found.value.code == code


def content(world: World) -> dict[str, Any]:
    """Everything of a closed month that must be the same each time."""
    with act_as(SYSTEM):
        run = CloseRun.objects.get(period=AUGUST)
        bills = {code: world.bill(code, AUGUST) for code in AGENCIES}
        return {
            "run": (run.input_hash, run.engine_version),
            "files": list(
                Partition.objects.filter(period=AUGUST)
                .order_by("path")
                .values_list("path", "sha256")
            ),
            "bills": {code: (b.id, b.content_hash, b.pack_root) for code, b in bills.items()},
            "lines": list(BillLine.objects.order_by("id").values_list("id", "amount_exact")),
            "funding": list(LineFunding.objects.order_by("id").values_list("id", "amount_minor")),
            "packs": {code: world.paper(bill, "pack") for code, bill in bills.items()},
        }


def test_the_same_inputs_give_the_same_ids_hashes_and_bytes(
    enter: Callable[[str, str], World],
) -> None:
    """Closed twice, in two databases: files, bills, lines and packs are equal to the byte."""
    first = content(enter("one", "closed"))
    again = enter("two", "open")
    again.close_fully(AUGUST)
    second = content(again)
    for name, value in first.items():
        assert second[name] == value, name


def test_a_bill_makes_the_same_papers_every_time(closed: World) -> None:
    with act_as(SYSTEM):
        bill = closed.bill("PARKS", AUGUST)
        lines, chain = bill_lines(bill), str(head(bill.agency_id))
        made = [
            (
                PackMaker(SYSTEM).build(bill, lines).data,
                bill_pdf(SYSTEM, bill, chain),
                bill_csv(bill, lines, chain),
            )
            for _ in range(2)
        ]
    assert made[0] == made[1]
    assert made[0][0] == closed.paper(bill, "pack")


IMMUTABLE = (
    "UPDATE charging_bill SET total_minor = total_minor + 1 WHERE state = 'issued'",
    "UPDATE charging_bill SET state = 'draft'",
    "UPDATE charging_bill SET pack_root = ''",
    "DELETE FROM charging_bill",
    "UPDATE charging_billline SET amount_minor = 0",
    "DELETE FROM charging_billline",
    "UPDATE charging_linefunding SET amount_minor = 0",
    "DELETE FROM charging_linefunding",
    "INSERT INTO charging_linefunding (id, agency_id, line_id, source_id, amount_minor) "
    "SELECT gen_random_uuid(), agency_id, line_id, source_id, 1 FROM charging_linefunding LIMIT 1",
    "UPDATE ledger_posting SET amount = amount + 1",
    "DELETE FROM ledger_posting",
    "UPDATE ledger_journal SET description = ''",
    "DELETE FROM ledger_journal",
    "UPDATE audit_event SET payload = '{}'",
    "DELETE FROM audit_event",
    "UPDATE documents_document SET sha256 = ''",
    "UPDATE charging_rateversion SET model = '{}' WHERE state = 'approved'",
    "UPDATE charging_allocationrun SET total_minor = 0",
)


def test_what_is_issued_never_changes_for_the_app_role(closed: World) -> None:
    """One by one, each refused by trigger or grant; nothing has changed afterwards."""
    before = content(closed)
    accepted = []
    for statement in IMMUTABLE:
        try:
            with act_as(SYSTEM), connection.cursor() as cursor:
                cursor.execute(statement)
                if cursor.rowcount:
                    accepted.append(statement)
        except DatabaseError:
            continue
    assert not accepted
    assert content(closed) == before


def test_the_owner_is_held_by_the_same_triggers(closed: World) -> None:
    """The owner may write, but an issued bill is fixed for it too (and rows are hidden from it)."""
    with psycopg.connect(os.environ["DATABASE_URL"], dbname=closed.database) as owner:
        owner.execute("SET app.centre = 'on'")
        for statement in IMMUTABLE[:9]:
            with pytest.raises(psycopg.errors.CheckViolation):
                owner.execute(statement)
            owner.rollback()
            owner.execute("SET app.centre = 'on'")


def test_totals_are_the_same_in_every_figure_of_a_bill(closed: World) -> None:
    with act_as(SYSTEM):
        for code in AGENCIES:
            bill = closed.bill(code, AUGUST)
            lines = bill_lines(bill)
            assert bill.total_minor == sum(line.amount_minor for line in lines)
            for line in lines:
                parts = [part.amount_minor for part in line.funding.all()]
                assert sum(parts) == line.amount_minor
                assert Decimal(line.amount_minor) / 100 == line.amount_exact.quantize(
                    Decimal("0.01"), "ROUND_HALF_UP"
                )


def test_the_run_is_another_when_a_funding_share_is(enter: Callable[[str, str], World]) -> None:
    """Other shares before the freeze: another run, other amounts by funding source, same totals."""
    first = content(enter("one", "closed"))
    other = enter("two", "open")
    with psycopg.connect(os.environ["DATABASE_URL"], dbname=other.database) as owner:
        owner.execute("SET app.centre = 'on'")
        owner.execute("ALTER TABLE catalogue_fundingsource DISABLE TRIGGER guard_funding")
        changed = owner.execute(
            "UPDATE catalogue_fundingsource SET share_numerator ="
            " share_denominator - share_numerator WHERE share_numerator < share_denominator"
        )
        assert changed.rowcount
        owner.execute("SET CONSTRAINTS ALL IMMEDIATE")
        owner.execute("ALTER TABLE catalogue_fundingsource ENABLE TRIGGER guard_funding")
    other.close_fully(AUGUST)
    second = content(other)
    assert second["run"][0] != first["run"][0]
    assert second["run"][1] == first["run"][1]
    assert second["funding"] != first["funding"]
    assert second["lines"] == first["lines"]

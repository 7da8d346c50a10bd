"""Freezing, partitions, sealing: what counts stays the same on both sides of the seal."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.utils import DatabaseError

from commonweal.kernel.access.public import SYSTEM, act_as
from commonweal.kernel.catalogue import public as catalogue
from commonweal.kernel.errors import Forbidden, NotFound
from commonweal.kernel.metering import public as metering
from commonweal.kernel.metering.models import Partition, UsageFact
from commonweal.kernel.metering.selectors import last_used
from commonweal.kernel.metering.tasks import clean_orphans
from commonweal.kernel.schema.public import Place, place_text

from .world import World, event, person

PERIOD = "2026-10"


def send(*events: dict) -> metering.IntakeResult:
    return metering.submit(actor=SYSTEM, events=list(events))


def fill() -> None:
    """Usage of two agencies; one fact is replaced in time."""
    send(
        *(event(f"p{n}", quantity=f"{n}.25", dimensions={"n": str(n)}) for n in range(5)),
        event("hours", charge_item="hour", unit="HUR", quantity="3"),
        *(event(f"r{n}", agency="roads") for n in range(3)),
        event("p0-new", replaces="p0", quantity="7"),
    )


def seal(period: str = PERIOD) -> list[Partition]:
    metering.freeze_period(actor=SYSTEM, period=period)
    written = metering.write_partitions(actor=SYSTEM, period=period)
    metering.seal_period(actor=SYSTEM, period=period)
    return written


def everything(world: World) -> list[object]:
    """What every reading says of the period."""
    return [
        metering.totals(SYSTEM, PERIOD),
        metering.totals(SYSTEM, PERIOD, late=True),
        metering.history(SYSTEM, ["2026-09", PERIOD], agency_id=world.roads),
        metering.facts(SYSTEM, world.parks, PERIOD).rows,
        metering.facts(SYSTEM, world.roads, PERIOD).rows,
        "".join(metering.export_csv(SYSTEM, world.parks, PERIOD)),
        "".join(metering.export_csv(SYSTEM, world.parks, PERIOD, replaced=True)),
        [
            (check.count, check.total, check.problem)
            for check in metering.source_checks(SYSTEM, PERIOD)
        ],
    ]


def test_the_centres_zone_decides_the_period(world: World) -> None:
    send(
        event("a", **{"from": "2026-11-01T04:59:59Z", "to": "2026-11-01T06:00:00Z"}),
        event("b", **{"from": "2026-11-01T05:00:00Z", "to": "2026-11-01T06:00:00Z"}),
    )
    assert [row.external_id for row in metering.facts(SYSTEM, world.parks, PERIOD).rows] == ["a"]


def test_nothing_changes_when_a_period_is_sealed(world: World, data_dir: Path) -> None:
    fill()
    before = everything(world)
    replaced = metering.facts(SYSTEM, world.parks, PERIOD, replaced=True).rows
    assert [row.external_id for row in replaced] == ["p0"]
    metering.freeze_period(actor=SYSTEM, period=PERIOD)
    assert metering.period_state(PERIOD) == "frozen"
    written = metering.write_partitions(actor=SYSTEM, period=PERIOD)
    assert sorted(row.kind for row in written) == ["keys", "keys", "replaced", "usage", "usage"]
    assert everything(world) == before
    metering.seal_period(actor=SYSTEM, period=PERIOD)
    assert UsageFact.objects.count() == 0
    assert everything(world) == before
    (item,) = [
        each
        for each in metering.totals(SYSTEM, PERIOD, agency_id=world.parks)
        if each.charge_item_id == world.hour
    ]
    assert (item.quantity, item.count) == (Decimal(3), 1)


def test_writing_twice_gives_the_same_bytes_and_mends(world: World, data_dir: Path) -> None:
    fill()
    metering.freeze_period(actor=SYSTEM, period=PERIOD)
    first = metering.write_partitions(actor=SYSTEM, period=PERIOD)
    again = metering.write_partitions(actor=SYSTEM, period=PERIOD)
    assert [(row.id, row.sha256) for row in again] == [(row.id, row.sha256) for row in first]
    broken = data_dir / first[0].path
    broken.write_bytes(b"broken")
    with pytest.raises(metering.UsageError, match="USAGE-303"):
        metering.seal_period(actor=SYSTEM, period=PERIOD)
    assert UsageFact.objects.count() == 10
    metering.write_partitions(actor=SYSTEM, period=PERIOD)
    metering.seal_period(actor=SYSTEM, period=PERIOD)
    assert metering.write_partitions(actor=SYSTEM, period=PERIOD)
    metering.seal_period(actor=SYSTEM, period=PERIOD)


def test_order_of_steps(world: World) -> None:
    fill()
    for step in (metering.write_partitions, metering.seal_period):
        with pytest.raises(metering.UsageError, match="USAGE-301"):
            step(actor=SYSTEM, period=PERIOD)
    metering.freeze_period(actor=SYSTEM, period="2026-09")
    metering.freeze_period(actor=SYSTEM, period=PERIOD)
    with pytest.raises(metering.UsageError, match="USAGE-302"):
        metering.seal_period(actor=SYSTEM, period=PERIOD)
    metering.seal_period(actor=SYSTEM, period="2026-09")
    with pytest.raises(metering.UsageError, match="USAGE-305"):
        metering.seal_period(actor=SYSTEM, period=PERIOD)
    with pytest.raises(Forbidden):
        metering.freeze_period(actor=world.agency_actor(world.parks), period=PERIOD)


@pytest.mark.parametrize("sealed", [False, True])
def test_late_usage_is_a_correction_of_the_next_open_period(world: World, sealed: bool) -> None:
    fill()
    if sealed:
        seal()
    else:
        metering.freeze_period(actor=SYSTEM, period=PERIOD)
    before = metering.totals(SYSTEM, PERIOD)
    result = send(
        event("late", quantity="2"),
        event("p1-new", replaces="p1", quantity="1"),
        event("p1-newer", replaces="p1-new", quantity="5"),
    )
    assert result.accepted == 3
    rows = metering.late_facts(SYSTEM, booked_in="2026-11")
    assert [(row.external_id, row.delta, row.period) for row in rows] == [
        ("late", Decimal(2), PERIOD),
        ("p1-new", Decimal("-0.25"), PERIOD),
        ("p1-newer", Decimal(4), PERIOD),
    ]
    assert metering.totals(SYSTEM, PERIOD) == before
    (late,) = metering.totals(SYSTEM, "2026-11", late=True)
    assert (late.count, late.quantity) == (3, Decimal("5.75"))
    assert metering.totals(SYSTEM, "2026-11") == []
    seal("2026-11") if sealed else None
    assert metering.late_facts(SYSTEM, booked_in="2026-11") == rows
    assert metering.totals(SYSTEM, "2026-11", late=True) == [late]


def test_late_skips_every_closed_period(world: World) -> None:
    for period in (PERIOD, "2026-11", "2026-09"):
        metering.freeze_period(actor=SYSTEM, period=period)
    send(event("late"))
    assert metering.late_facts(SYSTEM)[0].booked_in == "2026-12"


def test_sealed_keys_are_known_for_ever(world: World) -> None:
    fill()
    seal()
    again = send(
        event("r0", agency="roads"),
        event("r1", agency="roads", quantity="9"),
        event("new"),
        event("p0-new", replaces="p0", quantity="7"),
    )
    assert (again.accepted, again.duplicates) == (1, 2)
    assert [problem.external_id for problem in again.conflicts] == ["r1"]
    assert metering.quarantine(SYSTEM)[0].agency_id == world.roads


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"replaces": "p0"}, "USAGE-125"),
        (
            {"replaces": "p1", "from": "2026-11-02T10:00:00Z", "to": "2026-11-02T11:00:00Z"},
            "USAGE-126",
        ),
        ({"replaces": "p1", "charge_item": "hour", "unit": "HUR"}, "USAGE-124"),
        ({"replaces": "r1"}, "USAGE-123"),
        ({"replaces": "p9"}, "USAGE-123"),
    ],
)
def test_replacing_sealed_usage_wrongly(world: World, changes: dict, code: str) -> None:
    fill()
    seal()
    assert [each.code for each in send(event("x", **changes)).rejected] == [code]


def test_a_lost_key_file_stops_intake(world: World, data_dir: Path) -> None:
    fill()
    keys = next(row for row in seal() if row.kind == "keys")
    (data_dir / keys.path).unlink()
    with pytest.raises(metering.UsageError, match="USAGE-303"):
        send(event("new"))


def test_orphans_are_cleaned_and_known_files_stay(world: World, data_dir: Path) -> None:
    fill()
    written = seal()
    folder = (data_dir / written[0].path).parent
    (folder / "v9.parquet").write_bytes(b"left by a killed writer")
    (folder / "v1.parquet.part").write_bytes(b"half")
    assert clean_orphans() == 2
    assert len(metering.partition_files(SYSTEM, PERIOD)) == 2


def test_rated_lines_are_files_of_the_manifest(world: World, data_dir: Path) -> None:
    def put(content: bytes) -> Partition:
        return metering.put_rated(
            actor=SYSTEM,
            agency_id=world.parks,
            period=PERIOD,
            rows=1,
            write=lambda path: path.write_bytes(content),
        )

    assert put(b"one").id == put(b"one").id
    assert put(b"two").version == 2
    (found,) = metering.partition_files(SYSTEM, PERIOD, kind="rated")
    assert found.path.read_bytes() == b"two"


def test_pages_are_the_same_before_and_after(world: World) -> None:
    send(*(event(f"p{n:02d}", **{"from": f"2026-10-02T10:{n % 3:02d}:00Z"}) for n in range(25)))

    def pages() -> list[str]:
        found, at = [], ""
        while True:
            place = Place(at, 10)
            page = metering.facts(
                SYSTEM, world.parks, PERIOD, place=place, charge_item=world.payslip
            )
            if page.previous:
                back = Place(page.previous, 10)
                before = metering.facts(
                    SYSTEM, world.parks, PERIOD, place=back, charge_item=world.payslip
                )
                assert [row.external_id for row in before] == found[-10:]
            found += [row.external_id for row in page]
            at = page.next
            if not at:
                return found

    before = pages()
    assert len(set(before)) == 25
    seal()
    assert pages() == before
    for at in ("nonsense", place_text(False, ["x", "p01", "payroll"])):
        with pytest.raises(NotFound, match="LIST-404"):
            metering.facts(SYSTEM, world.parks, PERIOD, place=Place(at))


def test_the_database_itself_refuses(world: World) -> None:
    fill()
    metering.freeze_period(actor=SYSTEM, period=PERIOD)
    for statement in (
        "DELETE FROM metering_usagefact",
        "UPDATE metering_usagefact SET quantity = 1",
        "UPDATE metering_periodstate SET state = 'open'",
        "INSERT INTO metering_usagefact SELECT (jsonb_populate_record(f, jsonb_build_object("
        "'id', gen_random_uuid(), 'external_id', 'zz'))).* FROM metering_usagefact f LIMIT 1",
    ):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    seal()
    with pytest.raises(DatabaseError), transaction.atomic():
        Partition.objects.update(path="usage/elsewhere")


def test_an_agency_reads_its_own_only(world: World) -> None:
    fill()
    parks = world.agency_actor(world.parks)
    for sealed in (False, True):
        if sealed:
            seal()
        with act_as(parks):
            assert {each.agency_id for each in metering.totals(parks, PERIOD)} == {world.parks}
            assert {each.agency_id for each in metering.manifest(parks, PERIOD)} <= {world.parks}
            assert len(metering.facts(parks, world.parks, PERIOD).rows) == 6
            for reading in (metering.facts, metering.export_csv):
                with pytest.raises(Forbidden):
                    list(reading(parks, world.roads, PERIOD))
            # the net: without any filter the database shows nothing of the other agency
            assert not UsageFact.objects.filter(agency_id=world.roads).exists()
            assert not Partition.objects.filter(agency_id=world.roads).exists()
            assert metering.quarantine(parks) == []


def test_missing_sources(world: World) -> None:
    def problems() -> dict[str, str]:
        found = metering.missing_sources(SYSTEM, PERIOD)
        assert all(check.sentence for check in found)
        return {check.source.code: check.problem for check in found}

    def report(source: str, count: int, total: str) -> None:
        metering.report_source(
            actor=SYSTEM,
            source=source,
            period=PERIOD,
            control_count=count,
            control_total=Decimal(total),
        )

    assert problems() == {"payrun": "no_usage"}
    send(event("a"), event("b", source="desk"))
    assert problems() == {"payrun": "no_report"}
    report("payrun", 2, "10")
    report("desk", 1, "10")
    assert problems() == {"payrun": "differs"}
    report("payrun", 1, "10")
    assert problems() == {}
    assert [source.code for source in metering.sources(SYSTEM, active=True)] == ["desk", "payrun"]


def test_an_order_never_changes_before_the_day_after_its_last_use(
    world: World, data_dir: Path
) -> None:
    payslip = world.lines["parks", "payslip"]
    order = catalogue.OrderLine.objects.get(pk=payslip).order
    given: dict[str, Any] = {
        "actor": person("finance_officer"),
        "order_id": order.pk,
        "starts": date(2026, 10, 15),
        "lines": [catalogue.NewLine("payslip", Decimal(5), 0)],
        "funding": [catalogue.NewFunding("Budget")],
        "reason": "Only payslips from now on",
    }
    send(event("late in the day", **{"from": "2026-10-20T04:30:00Z", "to": "2026-10-20T05:30:00Z"}))
    used = last_used(world.parks, [payslip], date(2026, 10, 15))
    assert used == date(2026, 10, 19)
    with pytest.raises(catalogue.CatalogueError, match="CATALOGUE-261"):
        catalogue.modify_order(**given)
    seal()
    assert catalogue.open_from() == date(2026, 11, 1)
    with pytest.raises(catalogue.CatalogueError, match="CATALOGUE-250"):
        catalogue.modify_order(**given)
    change = catalogue.modify_order(**given | {"starts": date(2026, 11, 1)})
    assert change.state == "proposed"


def test_what_a_closed_month_covered_stays_covered(world: World, data_dir: Path) -> None:
    seal()
    line = catalogue.OrderLine.objects.filter(pk=world.lines["parks", "payslip"])
    for values in ({"ends": date(2026, 10, 31)}, {"active": False}):
        stays = pytest.raises(DatabaseError, match="stays covered")
        with stays, transaction.atomic():
            line.update(**values)
    assert line.update(ends=date(2026, 11, 1)) == 1

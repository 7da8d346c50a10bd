"""Intake by batch: taken, duplicate, conflict, replaced, late."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from commonweal.kernel.access.public import SYSTEM
from commonweal.kernel.audit.public import events as audit_events
from commonweal.kernel.catalogue.public import ChargeItem
from commonweal.kernel.errors import Forbidden
from commonweal.kernel.metering import public as metering
from commonweal.kernel.metering.models import UsageFact

from .world import World, event


def send(*events: dict, actor=SYSTEM) -> metering.IntakeResult:
    return metering.submit(actor=actor, events=list(events))


def total(world: World, period: str = "2026-10") -> Decimal:
    return sum((each.quantity for each in metering.totals(SYSTEM, period)), Decimal(0))


def test_accepts_and_keeps_every_field(world: World) -> None:
    result = send(
        event(
            "a",
            quantity="12.5",
            bureau="north",
            origin="run-7",
            dimensions={"site": 'b "1" \\ ü', "grade": "7"},
        )
    )
    assert (result.accepted, result.complete) == (1, True)
    row = metering.facts(SYSTEM, world.parks, "2026-10").rows[0]
    assert row.quantity == Decimal("12.500000")
    assert row.dimensions == {"site": 'b "1" \\ ü', "grade": "7"}
    assert (row.source, row.external_id, row.origin_ref) == ("payrun", "a", "run-7")
    assert row.bureau_id == world.bureau
    assert row.order_line_id == world.lines["parks", "payslip"]
    assert (row.period, row.booked_in, row.late) == ("2026-10", "2026-10", False)


def test_same_id_and_content_is_a_duplicate(world: World) -> None:
    send(event("a"))
    again = send(event("a", quantity="10.000"), event("b"))
    assert (again.accepted, again.duplicates, again.complete) == (1, 1, True)
    assert UsageFact.objects.count() == 2


def test_other_content_is_a_conflict_and_goes_to_quarantine(world: World) -> None:
    send(event("a"))
    for _ in range(2):
        result = send(event("a", quantity="11"), event("c"))
        assert [problem.code for problem in result.conflicts] == ["USAGE-409"]
        assert result.conflicts[0].pointer == "/0/id"
    kept = metering.quarantine(SYSTEM)
    assert [(row.external_id, row.agency_id) for row in kept] == [("a", world.parks)]
    assert total(world) == 20


def test_conflict_inside_one_batch(world: World) -> None:
    result = send(event("a"), event("a", quantity="11"), event("a"))
    assert (result.accepted, result.duplicates, len(result.conflicts)) == (1, 1, 1)


def test_same_id_from_another_agency_is_a_conflict(world: World) -> None:
    send(event("a"))
    actor = world.agency_actor(world.roads)
    result = send(event("a", agency="roads"), actor=actor)
    assert (result.accepted, len(result.conflicts)) == (0, 1)


def test_same_id_of_another_source_is_another_record(world: World) -> None:
    assert send(event("a"), event("a", source="desk")).accepted == 2


def test_release_replaces_and_discard_keeps(world: World) -> None:
    send(event("a"), event("b"))
    send(event("a", quantity="11"), event("b", quantity="12"))
    second, first = metering.quarantine(SYSTEM)
    with pytest.raises(metering.UsageError, match="USAGE-322"):
        metering.release_quarantined(actor=SYSTEM, quarantine_id=first.id, note="it is so ")
    released = metering.release_quarantined(
        actor=SYSTEM, quarantine_id=first.id, note="The meter was read again"
    )
    assert released.accepted == 1
    (why,) = audit_events(SYSTEM, verb="usage.quarantine_released")
    assert why.payload["reason"] == "The meter was read again"
    metering.discard_quarantined(actor=SYSTEM, quarantine_id=second.id, note="wrong")
    assert total(world) == 21
    assert metering.quarantine(SYSTEM) == []
    with pytest.raises(metering.UsageError, match="USAGE-321"):
        metering.discard_quarantined(actor=SYSTEM, quarantine_id=first.id)


def test_release_that_cannot_enter_changes_nothing(world: World) -> None:
    send(event("a"))
    send(event("a", agency="roads"))
    (row,) = metering.quarantine(SYSTEM)
    with pytest.raises(metering.UsageError, match="USAGE-123"):
        metering.release_quarantined(
            actor=SYSTEM, quarantine_id=row.id, note="It is of another agency"
        )
    assert len(metering.quarantine(SYSTEM)) == 1


def test_replacing_in_an_open_period(world: World) -> None:
    send(event("a"), event("b", replaces="a", quantity="4"), event("c", replaces="b", quantity="0"))
    assert total(world) == 0
    rows = metering.facts(SYSTEM, world.parks, "2026-10").rows
    assert [(row.external_id, row.replaced_quantity) for row in rows] == [("c", 0)]
    assert send(event("b", replaces="a", quantity="4")).duplicates == 1


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"replaces": "nothing"}, "USAGE-123"),
        ({"replaces": "a", "agency": "roads"}, "USAGE-123"),
        ({"replaces": "a", "charge_item": "hour", "unit": "HUR"}, "USAGE-124"),
        ({"replaces": "b"}, "USAGE-125"),
        ({"replaces": "a", "from": "2026-09-02T10:00:00Z"}, "USAGE-126"),
        ({"replaces": "x"}, "USAGE-127"),
        ({"replaces": "a", "source": "desk"}, "USAGE-123"),
    ],
)
def test_replacing_wrongly(world: World, changes: dict, code: str) -> None:
    send(event("a"), event("b"), event("c", replaces="b"))
    result = send(event("x", **changes))
    assert [problem.code for problem in result.rejected] == [code]


def test_agency_sends_for_itself_only(world: World) -> None:
    actor = world.agency_actor(world.roads)
    result = send(event("a"), event("b", agency="roads"), event("c", agency="none"), actor=actor)
    assert result.accepted == 1
    assert [problem.code for problem in result.rejected] == ["USAGE-119", "USAGE-119"]
    assert metering.batches(actor)[0].agency_id == world.roads
    with pytest.raises(Forbidden):
        send(event("d", agency="roads"), actor=world.agency_actor(world.roads, "metering.view"))


def test_emit_takes_the_same_path(world: World) -> None:
    usage = metering.Usage(
        "k1",
        str(world.parks),
        "payslip",
        Decimal("10"),
        "C62",
        datetime(2026, 10, 2, 10, tzinfo=UTC),
        datetime(2026, 10, 2, 11, tzinfo=UTC),
    )
    assert metering.emit(actor=SYSTEM, source="payrun", facts=[usage]).accepted == 1
    assert send(event("k1")).duplicates == 1


def test_every_batch_leaves_one_event(world: World) -> None:
    send(event("a"))
    (found,) = audit_events(SYSTEM, verb="usage.received")
    assert found.payload == {
        "kind": "api",
        "accepted": 1,
        "duplicates": 0,
        "conflicts": 0,
        "rejected": 0,
    }


def test_a_duplicate_stays_one_when_the_item_has_ended(world: World) -> None:
    send(event("a"))
    ChargeItem.objects.filter(id=world.payslip).update(ends=date(2026, 10, 1))
    result = send(event("a"), event("b"))
    assert result.duplicates == 1
    assert [problem.code for problem in result.rejected] == ["USAGE-110"]


def test_a_source_sends_only_what_it_feeds(world: World) -> None:
    """Records of other items are refused; what it fed once it may still correct."""
    first = send(event("a"))
    metering.put_source(actor=SYSTEM, code="payrun", name="Payroll run", items=["hour"])
    again = send(event("a"), event("b"), event("c", quantity="0", replaces="a"))
    assert (first.accepted, again.duplicates, again.accepted) == (1, 1, 1)
    (refused,) = again.rejected
    assert (refused.code, refused.external_id) == ("USAGE-132", "b")
    assert "does not feed payslip" in refused.message


def test_usage_of_an_item_charged_by_order_is_refused(world: World) -> None:
    ChargeItem.objects.filter(code="payslip").update(kind="fixed")
    (refused,) = send(event("a")).rejected
    assert refused.code == "USAGE-131"

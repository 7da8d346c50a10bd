"""What becomes of late usage: the rule of its service, held records, decisions, exact bills."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from commonweal.kernel.access.public import SYSTEM, act_as
from commonweal.kernel.calendar.public import at
from commonweal.kernel.metering import public as metering
from commonweal.kernel.metering.models import LatePolicy, LateRecord
from commonweal.kernel.schema.public import CommonwealError, Forbidden, NotFound
from commonweal.practices.charging import public as charging
from commonweal.practices.charging.closing.drafting import CauseError
from commonweal.practices.charging.models import BillLine
from commonweal.practices.charging.papers.verifier import run as check_bill

from .copies import closed, copies, enter, world
from .world import AUGUST, JULY, SEPTEMBER, World, month_usage, usage

__all__ = ["closed", "copies", "enter", "world"]
SOON = datetime(2026, 9, 6, 15, tzinfo=UTC)
REASON = "The meter was read late."


def rule(world: World, kind: str, days: int = 0, starts: date = date(2026, 9, 5)) -> LatePolicy:
    """Propose and approve a rule of the help desk, by two people."""
    owner, director = world.of("service_owner"), world.of("director")
    with act_as(owner):
        row = metering.propose_late_policy(
            actor=owner, service="helpdesk", kind=kind, days=days, starts=starts,
            reason="Agreed with the agencies.",
        )  # fmt: skip
    with act_as(director):
        return metering.decide_late_policy(actor=director, policy_id=row.pk, approved=True)


def late(world: World, name: str, quantity: str, replaces: str = "", agency: str = "PARKS") -> None:
    world.send(
        "desk",
        [usage(agency, "helpdesk.case", 60, quantity, JULY, external_id=name, replaces=replaces)],
        SOON,
    )


def standing(name: str) -> LateRecord:
    with act_as(SYSTEM):
        return LateRecord.objects.get(external_id=name)


def lines(period: str = AUGUST) -> list[BillLine]:
    with act_as(SYSTEM):
        return list(BillLine.objects.filter(bill__period=period, kind="correction"))


def decide(world: World, name: str, accept: bool, reason: str = REASON) -> LateRecord:
    write = metering.accept_late if accept else metering.decline_late
    with world.clock(SOON), act_as(world.finance):
        return write(actor=world.finance, record_id=standing(name).pk, reason=reason)


def test_without_a_rule_late_usage_is_booked_as_a_correction(world: World) -> None:
    late(world, "x", "5")
    found = standing("x")
    assert (found.state, found.booked_in, found.delta) == ("booked", AUGUST, Decimal(5))


def test_a_held_record_is_on_no_bill_until_a_person_accepts_it(
    world: World, tmp_path: Path
) -> None:
    rule(world, "hold")
    late(world, "x", "5")
    assert standing("x").state == "held"
    world.close_fully(AUGUST)
    assert lines() == []
    accepted = decide(world, "x", True)
    assert (accepted.state, accepted.booked_in) == ("accepted", SEPTEMBER)
    world.send("desk", [usage("PARKS", "helpdesk.case", 1, "1", SEPTEMBER)])
    with act_as(SYSTEM):
        assert metering.late_counts(world.finance)["accepted"] == 1
    for source, facts in month_usage(SEPTEMBER).items():
        world.send(source, facts, datetime(2026, 10, 2, tzinfo=UTC))
    with at(datetime(2026, 10, 5, tzinfo=UTC)):
        world.report(SEPTEMBER)
        world.close(SEPTEMBER, no_costs_reason="The ledger of the month is late.")
    (line,) = lines(SEPTEMBER)
    assert (line.charge_period, line.quantity, line.facts) == (JULY, Decimal(5), 1)
    with act_as(SYSTEM):
        pack = world.paper(world.bill("PARKS", SEPTEMBER), "pack")
    (tmp_path / "pack.zip").write_bytes(pack)
    assert "it fits" in check_bill.check(str(tmp_path / "pack.zip"), "", False)[-1]


def test_a_declined_record_is_never_charged_and_says_why_to_its_agency(world: World) -> None:
    rule(world, "hold")
    late(world, "x", "5")
    decide(world, "x", False, "The agency showed that it was a test.")
    world.close_fully(AUGUST)
    assert lines() == []
    officer = world.of("agency_finance", "PARKS")
    with act_as(officer):
        (row,) = metering.late_records(officer, state="declined")
        assert row.reason == "The agency showed that it was a test."
        assert metering.late_counts(officer)["declined"] == 1
    other = world.of("agency_finance", "ROADS")
    with act_as(other):
        assert list(metering.late_records(other, state="declined")) == []
        with pytest.raises(NotFound):
            metering.late_record(other, row.pk)


@pytest.mark.parametrize(("days", "state"), [(36, "held"), (37, "booked")])
def test_a_window_takes_usage_for_its_days_and_holds_it_afterwards(
    world: World, days: int, state: str
) -> None:
    """6 September is the 37th day after July."""
    rule(world, "window", days)
    late(world, "x", "5")
    assert standing("x").state == state


def test_a_record_that_replaces_a_held_one_is_held_with_it_and_decided_after_it(
    world: World,
) -> None:
    """July was billed 20; 70 is held and declined; 80 corrects it: it counts 60 more than 20."""
    rule(world, "hold")
    first = next(
        f for f in month_usage(JULY)["desk"]
        if (f.agency, f.charge_item) == ("PARKS", "helpdesk.case")
    )  # fmt: skip
    late(world, "b", "70", first.external_id)
    late(world, "c", "80", "b")
    assert standing("c").state == "held"
    with pytest.raises(CommonwealError) as early:
        decide(world, "c", True)
    assert early.value.code == "USAGE-441"
    decide(world, "b", False)
    assert decide(world, "c", True).delta == Decimal(80) - first.quantity
    world.close_fully(AUGUST)
    (line,) = lines()
    assert line.quantity == Decimal(80) - first.quantity


def test_a_record_that_replaces_a_declined_one_counts_from_what_was_there_before(
    world: World,
) -> None:
    rule(world, "hold")
    late(world, "b", "70")
    decide(world, "b", False)
    rule(world, "correct", starts=date(2026, 9, 6))
    late(world, "c", "80", "b")
    found = standing("c")
    assert (found.state, found.delta) == ("booked", Decimal(80))


def test_a_second_decision_and_a_short_reason_are_refused(world: World) -> None:
    rule(world, "hold")
    late(world, "x", "5")
    with pytest.raises(CommonwealError) as short:
        decide(world, "x", True, "ok")
    assert short.value.code == "USAGE-440"
    decide(world, "x", True)
    with pytest.raises(CommonwealError) as again:
        decide(world, "x", False)
    assert again.value.code == "USAGE-439"
    with act_as(world.finance), pytest.raises(NotFound):
        metering.accept_late(actor=world.finance, record_id=uuid4(), reason=REASON)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"service": "nothing"}, "USAGE-435"),
        ({"kind": "burn"}, "USAGE-436"),
        ({"starts": date(2026, 1, 1)}, "USAGE-432"),
        ({"kind": "window", "days": 0}, "USAGE-433"),
        ({"kind": "hold", "days": 5}, "USAGE-433"),
        ({"reason": "so"}, "USAGE-434"),
    ],
)
def test_a_rule_that_cannot_be_is_refused(
    world: World, change: dict[str, object], code: str
) -> None:
    owner = world.of("service_owner")
    asked = {
        "service": "helpdesk", "kind": "hold", "starts": date(2026, 9, 5),
        "reason": "Agreed with the agencies.",
    } | change  # fmt: skip
    with act_as(owner), pytest.raises(CommonwealError) as refused:
        metering.propose_late_policy(actor=owner, **asked)  # type: ignore[arg-type]
    assert refused.value.code == code


def test_a_rule_takes_two_people_and_one_rule_starts_on_a_day(world: World) -> None:
    owner, director = world.of("service_owner"), world.of("director")
    with act_as(owner):
        row = metering.propose_late_policy(
            actor=owner, service="helpdesk", kind="hold", starts=date(2026, 9, 5),
            reason="Agreed with the agencies.",
        )  # fmt: skip
    with act_as(owner), pytest.raises(CommonwealError):
        metering.decide_late_policy(actor=owner, policy_id=row.pk, approved=True)
    late(world, "x", "5")
    assert standing("x").state == "booked"
    with act_as(director):
        refused = metering.decide_late_policy(
            actor=director, policy_id=row.pk, approved=False, reason="Not without the board."
        )
        assert refused.state == "rejected"
        with pytest.raises(NotFound):
            metering.decide_late_policy(actor=director, policy_id=uuid4(), approved=True)
        assert [each.state for each in metering.late_policies(director)] == ["rejected"]
    rule(world, "hold")
    with pytest.raises(CommonwealError) as twice:
        rule(world, "correct")
    assert twice.value.code == "USAGE-438"


def test_late_usage_without_a_standing_stops_the_close(world: World) -> None:
    late(world, "x", "5")
    world.report(AUGUST)
    world.close(AUGUST, until="rate")
    with psycopg.connect(os.environ["DATABASE_URL"], dbname=world.database) as owner:
        owner.execute("SET app.centre = 'on'")
        owner.execute("DELETE FROM metering_laterecord")
    with pytest.raises(CauseError) as lost:
        world.close(AUGUST, until="prove")
    assert lost.value.code == "CLOSE-307"


def test_what_the_next_bill_corrects_so_far_is_what_it_will_correct(world: World) -> None:
    """Worked out the moment the record arrived, equal to the line that is drafted later."""
    officer = world.of("agency_finance", "PARKS")
    with act_as(officer):
        assert charging.coming_corrections(officer, world.agencies["PARKS"]) == []
    late(world, "x", "150.5")
    late(world, "y", "5", agency="ROADS")
    with act_as(officer):
        (coming,) = charging.coming_corrections(officer, world.agencies["PARKS"])
        with pytest.raises(Forbidden):
            charging.coming_corrections(officer, world.agencies["ROADS"])
    assert (coming.period, coming.line.charge_period, coming.line.facts) == (AUGUST, JULY, 1)
    assert coming.corrects is not None
    world.close_fully(AUGUST)
    with act_as(SYSTEM):
        drafted = BillLine.objects.get(
            kind="correction", bill__period=AUGUST, agency_id=world.agencies["PARKS"]
        )
    assert (drafted.amount_exact, drafted.amount_minor, drafted.quantity) == (
        coming.line.amount_exact, coming.line.amount_minor, coming.line.quantity,
    )  # fmt: skip
    assert drafted.corrects_id == coming.corrects.pk

"""Two people issue a month's bills: one runs the close, another one approves (design law 9)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection

from commonweal.kernel.access.public import SYSTEM, Actor, act_as
from commonweal.kernel.audit.models import Event
from commonweal.kernel.authority.models import Decision
from commonweal.kernel.authority.public import approve as approve_decision
from commonweal.kernel.calendar.public import at, today
from commonweal.kernel.jobs.models import Job
from commonweal.kernel.jobs.public import Worker
from commonweal.kernel.notices.models import Message
from commonweal.kernel.party.public import actor_of_account, add_membership, delegate
from commonweal.kernel.schema.public import CommonwealError, Forbidden
from commonweal.practices.charging.actions.close import run_step
from commonweal.practices.charging.closing.approval import check_options
from commonweal.practices.charging.domain.close import Options
from commonweal.practices.charging.models import Bill, BillLine, CloseStep
from commonweal.practices.charging.public import (
    CloseOptions,
    IssueApproval,
    advance_close,
    answer_query,
    approve_bills,
    ask_close,
    close_run,
    issue_approval,
    raise_query,
    reject_bills,
)

from .copies import closed, copies, enter, world
from .world import AUGUST, World, after

__all__ = ["closed", "copies", "enter", "world"]
PATIENT = {"end_preview": False, "preview_reason": ""}
EARLY = {"end_preview": True, "preview_reason": "Every agency has confirmed its bill"}


def states() -> dict[str, str]:
    with act_as(SYSTEM):
        return dict(CloseStep.objects.filter(run__period=AUGUST).values_list("code", "state"))


def shown(actor: Actor) -> IssueApproval:
    with act_as(actor):
        found = issue_approval(actor, close_run(actor, AUGUST))
    assert found is not None
    return found


def drafted(world: World, **options: Any) -> IssueApproval:
    """August up to the approval, and what the director is shown."""
    world.report(AUGUST)
    world.close(AUGUST, until="approve", **{**PATIENT, **options})
    return shown(world.of("director"))


def decide(world: World, by: str = "director", reason: str = "") -> Decision:
    actor = world.of(by)
    with at(after(AUGUST)), act_as(actor):
        return approve_bills(actor=actor, period=AUGUST, reason=reason)


def dispute(world: World) -> BillLine:
    """PARKS disputes its first line."""
    officer = world.of("agency_finance", "PARKS")
    with act_as(officer):
        line = BillLine.objects.filter(bill__period=AUGUST, bill__agency__code="PARKS").first()
        assert line is not None
        raise_query(actor=officer, line_id=line.pk, kind="dispute", text="We never used this.")
    return line


def test_bills_wait_until_a_second_person_has_seen_count_total_and_recovery(world: World) -> None:
    found = drafted(world)
    with act_as(SYSTEM):
        bills = list(Bill.objects.filter(period=AUGUST))
    total = sum(bill.total_minor for bill in bills)
    effect = found.decision.effect
    assert found.waits
    assert (effect["bills"], effect["total_minor"]) == (len(bills), total)
    assert sum(row["charged"] for row in found.services) == total
    assert all(row["cost"] is not None for row in found.services)
    assert found.decision.statement.startswith("Issue 3 bills of August 2026, $")
    assert [each.name for each in found.deciders if not each.why_not] == ["director"]
    assert (states()["preview"], states()["approve"], states()["issue"]) == (
        "done", "waiting", "waiting",
    )  # fmt: skip
    with act_as(SYSTEM):
        told = Message.objects.filter(template="bills_to_approve")
        assert {message.to_user_id for message in told} == {world.of("director").user_id}
    again = world_run(world)  # asking again asks nothing new
    assert again.decision.pk == found.decision.pk
    with pytest.raises(CommonwealError) as refused, act_as(world.finance):
        run_step(actor=world.finance, period=AUGUST, code="issue", options=Options())
    assert refused.value.code == "CLOSE-410"
    with pytest.raises(CommonwealError) as step, act_as(world.finance):
        run_step(actor=world.finance, period=AUGUST, code="approve", options=Options())
    assert step.value.code == "CLOSE-501"
    with act_as(SYSTEM):
        assert {bill.state for bill in Bill.objects.filter(period=AUGUST)} == {"preview"}


def world_run(world: World) -> IssueApproval:
    with at(after(AUGUST)):
        advance_close(world.finance, AUGUST, CloseOptions())
    return shown(world.of("director"))


def test_after_the_approval_the_close_goes_on_to_its_end(world: World) -> None:
    drafted(world, **EARLY)
    decision = decide(world)
    assert decision.decided_by == world.of("director").user_id
    assert world.close(AUGUST, **PATIENT).state == "done"
    with act_as(SYSTEM):
        assert {bill.state for bill in Bill.objects.filter(period=AUGUST)} == {"issued"}
        event = Event.objects.get(verb="close.approve_done", payload__period=AUGUST)
        assert event.actor_id == world.of("director").user_id


def test_whoever_drafted_the_bills_never_approves_them(world: World) -> None:
    drafted(world)
    with pytest.raises(Forbidden):
        decide(world, by="finance_officer")
    officer = world.finance
    assert officer.person_id is not None
    assert officer.user_id is not None
    with act_as(SYSTEM):
        add_membership(actor=SYSTEM, person_id=officer.person_id, role="director")
        both = actor_of_account(officer.user_id)
    with pytest.raises(CommonwealError) as own, act_as(both):
        approve_bills(actor=both, period=AUGUST)
    assert own.value.code == "AUTHORITY-105"
    assert shown(both).why_not
    # a colleague who asks for the approval does not make the drafter a second person
    owner = world.of("service_owner")
    assert owner.person_id is not None
    assert owner.user_id is not None
    with act_as(SYSTEM):
        add_membership(actor=SYSTEM, person_id=owner.person_id, role="finance_officer")
        colleague = actor_of_account(owner.user_id)
    with at(after(AUGUST)):
        advance_close(colleague, AUGUST, CloseOptions(**EARLY))
    assert shown(world.of("director")).decision.proposed_by == owner.user_id
    with pytest.raises(CommonwealError) as drafter, act_as(both):
        approve_bills(actor=both, period=AUGUST)
    assert drafter.value.code == "CLOSE-503"
    assert "You drafted these bills" in shown(both).why_not
    assert states()["approve"] == "waiting"


@pytest.mark.parametrize("options", [{"end_preview": True}, {"preview_days": 0}])
def test_less_time_to_look_needs_a_reason(world: World, options: dict[str, Any]) -> None:
    world.report(AUGUST)
    with pytest.raises(CommonwealError) as bare:
        world.close(AUGUST, **{"end_preview": False, **options}, preview_reason="hurry")
    assert bare.value.code == "CLOSE-502"
    assert bare.value.details["field"] == "preview_reason"
    found = drafted(world, **options, preview_reason="The year-end comes early")
    assert found.decision.statement.endswith("The year-end comes early")


def test_ending_the_preview_early_takes_an_approval_of_its_own(world: World) -> None:
    drafted(world)
    decide(world)
    with pytest.raises(CommonwealError) as patient:
        world.close(AUGUST, **PATIENT)
    assert patient.value.code == "CLOSE-401"
    world.close(AUGUST, until="approve", **EARLY)
    found = shown(world.of("director"))
    assert found.waits
    assert "The preview ends now, before 11 September 2026" in found.decision.statement
    assert states()["approve"] == "waiting"
    decide(world)
    assert world.close(AUGUST, **PATIENT).state == "done"


def test_open_disputes_are_named_and_take_a_reason(world: World) -> None:
    drafted(world, **EARLY)
    line = dispute(world)
    (named,) = shown(world.of("director")).disputes
    assert named.line_id == line.pk
    with pytest.raises(CommonwealError) as bare:
        decide(world)
    assert bare.value.code == "CLOSE-504"
    assert "Office of Parks" in bare.value.message
    assert states()["approve"] == "waiting"
    decide(world, reason="It is answered with the November bill")
    assert world.close(AUGUST, **PATIENT).state == "done"
    with act_as(SYSTEM):
        step = CloseStep.objects.get(run__period=AUGUST, code="approve")
    assert (step.detail["disputes"], step.detail["reason"]) == (
        1, "It is answered with the November bill",
    )  # fmt: skip


def test_a_dispute_after_the_approval_needs_a_new_one(world: World) -> None:
    drafted(world, **EARLY)
    decide(world)
    with at(after(AUGUST).replace(hour=18)):
        dispute(world)
    with act_as(world.finance), pytest.raises(CommonwealError) as since:
        run_step(actor=world.finance, period=AUGUST, code="issue", options=Options())
    assert since.value.code == "CLOSE-507"
    assert since.value.details["rows"][0]["agency"] == "Office of Parks"
    world.close(AUGUST, until="approve", **PATIENT)
    found = shown(world.of("director"))
    assert found.waits
    assert len(found.decision.effect["disputes"]) == 1
    with act_as(SYSTEM):
        assert {bill.state for bill in Bill.objects.filter(period=AUGUST)} == {"preview"}


def test_a_rejection_stops_the_close_with_its_reason(world: World) -> None:
    drafted(world)
    director = world.of("director")
    with at(after(AUGUST)), act_as(director):
        reject_bills(actor=director, period=AUGUST, reason="Payroll cannot be right")
    with act_as(SYSTEM):
        step = CloseStep.objects.get(run__period=AUGUST, code="approve")
    assert (step.state, step.detail["code"]) == ("stopped", "CLOSE-506")
    assert "Payroll cannot be right" in step.detail["message"]
    with pytest.raises(CommonwealError) as nothing:
        decide(world)
    assert nothing.value.code == "CLOSE-508"
    assert world_run(world).waits
    assert states()["approve"] == "waiting"


def test_drafts_that_were_changed_are_not_approved_and_not_issued(world: World) -> None:
    drafted(world, **EARLY)
    with act_as(SYSTEM), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE charging_billline SET amount_minor = amount_minor + 1"
            " WHERE bill_id IN (SELECT id FROM charging_bill WHERE period = %s)",
            [AUGUST],
        )
    with pytest.raises(CommonwealError) as other:
        decide(world)
    assert other.value.code == "CLOSE-505"


def test_background_work_goes_on_after_the_approval_as_whoever_asked(world: World) -> None:
    world.report(AUGUST)
    with at(after(AUGUST)):
        with act_as(world.finance):
            ask_close(actor=world.finance, period=AUGUST, options=CloseOptions(**EARLY))
        Worker().run(once=True)
        assert states()["approve"] == "waiting"
        decide(world)
        with act_as(SYSTEM):
            job = Job.objects.get(idempotency_key=f"close:{AUGUST}")
            assert (job.state, job.asked_by) == ("queued", world.finance.user_id)
        Worker().run(once=True)
    assert set(states().values()) == {"done"}


def test_the_generic_door_of_decisions_obeys_the_same_rules(world: World) -> None:
    found = drafted(world)
    dispute(world)
    director = world.of("director")
    with act_as(director), pytest.raises(CommonwealError) as bare:
        approve_decision(actor=director, decision_id=found.decision.pk)
    assert bare.value.code == "CLOSE-504"


def test_a_decision_keeps_its_figures(world: World) -> None:
    drafted(world)
    decision = decide(world)
    with act_as(SYSTEM), pytest.raises(DatabaseError):
        Decision.objects.filter(pk=decision.pk).update(effect={"bills": 0})


def test_the_drafters_answer_takes_no_dispute_out_of_sight(world: World) -> None:
    drafted(world, **EARLY)
    dispute(world)
    with act_as(world.finance):
        (query,) = shown(world.of("director")).disputes
        answer_query(actor=world.finance, query_id=query.pk, answer="It was used all the same.")
    with pytest.raises(CommonwealError) as bare:
        decide(world)
    assert bare.value.code == "CLOSE-504"
    assert "It was used all the same." in str(bare.value.details["rows"])
    decide(world, reason="The agency agreed on the telephone")
    assert world.close(AUGUST, **PATIENT).state == "done"


def test_a_role_lent_by_whoever_drafted_does_not_approve(world: World) -> None:
    drafted(world)
    officer, owner, auditor = world.finance, world.of("service_owner"), world.of("auditor")
    people = [each.person_id for each in (officer, owner, auditor)]
    assert all(people)
    with act_as(SYSTEM):
        add_membership(actor=SYSTEM, person_id=people[0], role="director")
        add_membership(actor=SYSTEM, person_id=people[1], role="finance_officer")
    lender = actor_of_account(officer.user_id)
    with act_as(lender):
        delegate(
            actor=lender, from_person_id=people[0], to_person_id=people[2], role="director",
            ends=today("UTC") + timedelta(days=30), reason="Away for some weeks",
        )  # fmt: skip
    colleague = actor_of_account(owner.user_id)
    with at(after(AUGUST)):
        advance_close(colleague, AUGUST, CloseOptions(**EARLY))
    borrower = actor_of_account(auditor.user_id)
    with act_as(borrower), pytest.raises(CommonwealError) as refused:
        approve_bills(actor=borrower, period=AUGUST)
    assert refused.value.code == "CLOSE-503"


def test_days_to_look_are_what_people_can_mean() -> None:
    for days in (-5, 10**9):
        with pytest.raises(CommonwealError) as refused:
            check_options(Options(preview_days=days))
        assert refused.value.code == "CLOSE-509"


def test_another_proposal_than_the_one_read_is_not_approved(world: World) -> None:
    read = drafted(world).decision
    with at(after(AUGUST)):
        advance_close(world.finance, AUGUST, CloseOptions(**EARLY))
    director = world.of("director")
    with act_as(director), pytest.raises(CommonwealError) as refused:
        approve_bills(actor=director, period=AUGUST, seen=read.pk)
    assert refused.value.code == "CLOSE-511"

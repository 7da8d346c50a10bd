"""A case from its opening to its end, as people drive it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from commonweal.kernel.access.public import SYSTEM, act_as
from commonweal.kernel.calendar.public import at
from commonweal.kernel.casework import public as casework
from commonweal.kernel.casework.actions import trust
from commonweal.kernel.casework.actions.trust import code_of_check
from commonweal.kernel.casework.mailing import party_case
from commonweal.kernel.casework.models import CaseEvent, Clock
from commonweal.kernel.casework.tasks import fold_counts, send_identity_code
from commonweal.kernel.jobs.public import Job
from commonweal.kernel.schema.public import CommonwealError

from .conftest import MONDAY, Desk


def fails(error: str, act: Any, /, **given: Any) -> None:
    """The act is refused with a code."""
    with pytest.raises(CommonwealError) as caught:
        act(**given)
    assert caught.value.code == error


def clock(case: casework.Case, code: str) -> Clock:
    return Clock.objects.filter(case=case, definition__code=code).order_by("-cycle").first()


def test_a_case_is_numbered_routed_and_timed(desk: Desk) -> None:
    case = desk.case()
    assert case.number == "PRK-26-000001"
    assert (case.queue.code, case.state, case.phase, case.priority) == ("it", "new", "open", "P4")
    assert clock(case, "first").due_at == MONDAY + timedelta(hours=2)
    assert clock(case, "resolve").due_at == MONDAY + timedelta(hours=8)
    case.refresh_from_db()
    assert case.due_at == MONDAY + timedelta(hours=2)
    assert desk.case().number == "PRK-26-000002"


def test_answering_stops_the_first_clock_and_waiting_pauses_the_other(desk: Desk) -> None:
    case = desk.case()
    with at(MONDAY + timedelta(hours=1)):
        casework.answer(
            actor=desk.agent, case_id=case.pk, text="Is it plugged in?", then="waiting_requester"
        )
    assert clock(case, "first").state == "met"
    assert clock(case, "resolve").state == "paused"
    with at(MONDAY + timedelta(hours=3)):
        casework.receive_message(
            actor=desk.employee, case_id=case.pk, said=casework.Said("Yes, it is.")
        )
    case.refresh_from_db()
    assert (case.state, case.contacts) == ("in_progress", 2)
    running = clock(case, "resolve")
    assert running.state == "running"
    # 1 hour worked by 10:00, two hours paused: 7 more hours from 12:00 end on Tuesday at 10:00.
    assert running.due_at == MONDAY + timedelta(days=1, hours=1)
    assert clock(case, "next").started_at == MONDAY + timedelta(hours=3)


def test_resolving_needs_a_sentence_and_closes_after_quiet_days(desk: Desk) -> None:
    case = desk.case()
    fails("CASE-117", casework.move_case, actor=desk.agent, case_id=case.pk, state="resolved")
    casework.move_case(
        actor=desk.agent, case_id=case.pk, state="resolved", resolution="Changed the toner."
    )
    with at(MONDAY + timedelta(days=6)):
        casework.close_quiet(actor=SYSTEM)
    case.refresh_from_db()
    assert case.phase == "resolved"
    with at(MONDAY + timedelta(days=8)):
        casework.close_quiet(actor=SYSTEM)
    case.refresh_from_db()
    assert case.phase == "closed"
    fails(
        "CASE-128",
        lambda: [
            casework.rate_case(actor=desk.employee, case_id=case.pk, score=each) for each in (5, 4)
        ],
    )


def test_kinds_that_wait_long_keep_no_other_from_closing(desk: Desk) -> None:
    casework.CaseType.objects.filter(code="change").update(closes_after_days=90)
    slow = [desk.case(case_type="change", subject=f"Change {n}") for n in range(5)]
    casework.Case.objects.filter(pk__in=[each.pk for each in slow]).update(
        phase="resolved", state="done", resolved_at=MONDAY
    )
    quick = desk.case()
    with at(MONDAY + timedelta(hours=1)):
        casework.move_case(actor=desk.agent, case_id=quick.pk, state="resolved", resolution="Done.")
    with at(MONDAY + timedelta(days=8)):
        assert casework.close_quiet(actor=SYSTEM, limit=1) == 1
    quick.refresh_from_db()
    assert quick.phase == "closed"


def test_a_message_to_a_closed_case_opens_it_again(desk: Desk) -> None:
    case = desk.case()
    casework.move_case(actor=desk.agent, case_id=case.pk, state="resolved", resolution="Done it.")
    with at(MONDAY + timedelta(hours=4)):
        casework.receive_message(
            actor=desk.employee, case_id=case.pk, said=casework.Said("It is broken again.")
        )
    case.refresh_from_db()
    assert (case.phase, case.reopened, case.resolved_at) == ("open", 1, None)
    automatic = casework.Said("I am away.", channel="email", human=False)
    casework.move_case(actor=desk.agent, case_id=case.pk, state="resolved")
    casework.receive_message(actor=desk.employee, case_id=case.pk, said=automatic)
    case.refresh_from_db()
    assert case.phase == "resolved"


def test_who_sees_what(desk: Desk) -> None:
    case = desk.case()
    for who in (desk.agent, desk.director, desk.employee, desk.liaison):
        assert casework.case(who, case.pk).number == case.number
    for who in (desk.other, desk.colleague, desk.stranger):
        fails("CASE-404", casework.case, actor=who, case_id=case.pk)
    for who in (desk.other, desk.colleague, desk.stranger):
        fails("CASE-404", casework.watch_case, actor=who, case_id=case.pk)
    at_door = casework.citizen(desk.parks.pk)
    fails("CASE-404", casework.case, actor=at_door, case_id=case.pk)


def test_a_citizen_follows_a_report_by_its_code(desk: Desk) -> None:
    door = casework.citizen(desk.parks.pk)
    new = casework.NewCase(
        case_type="report", category="streetlight", subject="Dark corner", place="5 Elm Street",
        answers={"lamp": "L-17", "unknown": "x"},
    )  # fmt: skip
    with act_as(door):
        opened = casework.open_case(actor=door, agency_id=desk.parks.pk, new=new)
    assert len(opened.tracking_code) == 19
    typed = opened.tracking_code.lower().replace("-", " ")
    assert casework.case_by_code(door, desk.parks.pk, typed).pk == opened.case.pk
    assert opened.case.answers == {"lamp": "L-17"}
    fails("CASE-404", casework.case_by_code, actor=door, agency_id=desk.parks.pk, code="AAAA")
    fails(
        "CASE-404", casework.case_by_code, actor=casework.citizen(desk.water.pk),
        agency_id=desk.water.pk, code=opened.tracking_code,
    )  # fmt: skip
    own = casework.citizen(desk.parks.pk, [opened.case.pk])
    casework.receive_message(actor=own, case_id=opened.case.pk, said=casework.Said("Still dark."))
    casework.add_note(actor=desk.other, case_id=opened.case.pk, text="Ask the electrician.")
    shown = casework.interactions_of(own, opened.case)
    assert [row.direction for row in shown] == ["in"]


def test_places_and_answers_are_checked(desk: Desk) -> None:
    door = casework.citizen(desk.parks.pk)

    def open_it(**more: Any) -> Any:
        given = {"case_type": "report", "category": "streetlight", "subject": "Dark", "place": "5"}
        new = casework.NewCase(**(given | more))
        return casework.open_case(actor=door, agency_id=desk.parks.pk, new=new)

    fails("CASE-114", open_it, place="")
    fails("CASE-114", open_it, latitude=91, longitude=0)
    fails("CASE-113", open_it, subject=" ")
    fails("CASE-112", open_it, case_type="incident", category="")
    fails("CASE-112", open_it, category="nothing")
    fails("CASE-110", open_it, answers={"lamp": "x" * 300})


def test_merging_keeps_everything_and_the_earlier_start(desk: Desk) -> None:
    first = desk.case()
    with at(MONDAY + timedelta(hours=1)):
        second = desk.case(subject="Printer again")
        casework.merge_cases(actor=desk.agent, case_id=first.pk, into_id=second.pk)
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.phase, first.merged_into_id) == ("closed", second.pk)
    assert second.interactions.count() == 2
    assert clock(first, "resolve").state == "cancelled"
    assert clock(first, "resolve").reason == "merged"
    assert clock(second, "resolve").started_at == MONDAY
    fails("CASE-111", casework.move_case, actor=desk.agent, case_id=first.pk, state="in_progress")
    casework.receive_message(
        actor=desk.employee, case_id=first.pk, said=casework.Said("More about the first.")
    )
    assert second.interactions.count() == 3


def test_splitting_moves_messages_into_a_case_of_their_own(desk: Desk) -> None:
    case = desk.case()
    said = casework.receive_message(
        actor=desk.employee, case_id=case.pk, said=casework.Said("And my chair is broken.")
    )
    made = casework.split_case(
        actor=desk.agent, case_id=case.pk, interaction_ids=[said.pk], subject="Chair"
    )
    assert made.case.interactions.get().text == "And my chair is broken."
    assert [kind for kind, _ in casework.links_of(desk.agent, made.case)] == ["split_from"]
    left = list(case.interactions.values_list("pk", flat=True))
    fails(
        "CASE-132", casework.split_case, actor=desk.agent, case_id=case.pk,
        interaction_ids=left, subject="All",
    )  # fmt: skip


def test_access_needs_approval_tasks_and_an_identity(desk: Desk) -> None:
    case = desk.case(case_type="access", subject="Payroll access")

    def resolve() -> Any:
        return casework.move_case(
            actor=desk.agent, case_id=case.pk, state="resolved", resolution="Granted."
        )

    fails("CASE-118", resolve)
    casework.end_task(actor=desk.agent, task_id=case.tasks.get().pk, done=True)
    fails("CASE-119", resolve)
    approval = case.approvals.get()
    fails(
        "ACCESS-403", casework.decide_approval, actor=desk.colleague, approval_id=approval.pk,
        approved=True,
    )  # fmt: skip
    casework.decide_approval(actor=desk.liaison, approval_id=approval.pk, approved=True)
    fails("CASE-120", resolve)
    fails("CASE-139", casework.begin_check, actor=desk.agent, case_id=case.pk, method="call_back")
    check = casework.begin_check(actor=desk.agent, case_id=case.pk, method="code")
    code = code_of_check(check)
    casework.finish_check(actor=desk.agent, check_id=check.pk, code="none")
    fails("CASE-120", resolve)
    casework.finish_check(actor=desk.agent, check_id=check.pk, code=code)
    assert resolve().phase == "resolved"


def test_r23_a_case_is_not_listed_as_late_while_its_clock_is_paused(desk: Desk) -> None:
    case = desk.case()
    with at(MONDAY + timedelta(days=2)):
        case = casework.move_case(actor=desk.agent, case_id=case.pk, state="in_progress")
        assert case.breached
        casework.answer(actor=desk.agent, case_id=case.pk, text="Which printer is it?")
        case = casework.move_case(actor=desk.agent, case_id=case.pk, state="waiting_requester")
        assert clock(case, "resolve").state == "paused"
        assert clock(case, "resolve").breached_at is not None, "not forgotten"
        assert not case.breached
    with at(MONDAY + timedelta(days=3)):
        casework.receive_message(actor=SYSTEM, case_id=case.pk, said=casework.Said("That one."))
        case.refresh_from_db()
        assert case.breached


def test_several_people_act_for_one_business(desk: Desk) -> None:
    case = desk.case(desk.colleague, subject="A licence for the kiosk")
    business = casework.put_contact(
        actor=desk.agent, agency_id=desk.parks.pk, kind="business", name="Kiosk Ltd",
        register_number="HRB 77",
    )  # fmt: skip
    again = {"kind": "business", "name": "Kiosk Ltd", "register_number": "HRB 77"}
    assert casework.put_contact(actor=desk.agent, agency_id=desk.parks.pk, **again) == business
    acts = {"actor": desk.agent, "case_id": case.pk, "person": business.pk, "scope": "business"}
    fails("CASE-134", casework.act_for, **acts, how="so")
    fails("ACCESS-403", casework.act_for, **(acts | {"actor": desk.colleague}), how="signed")
    casework.act_for(**acts, how="Signed form of 3 October")
    fails("CASE-251", casework.act_for, **acts, how="Signed form of 3 October")
    case.refresh_from_db()
    assert case.requester == business
    assert case.reporter is not None
    assert case.reporter.person_id == desk.colleague.person_id
    fails("CASE-404", casework.case, actor=desk.employee, case_id=case.pk)
    second = casework.record_consent(
        actor=desk.agent, case_id=case.pk, person=business.pk,
        agent=desk.contact(desk.employee, email="").pk, how="Register of 4 October",
        scope="business", ends_on=MONDAY.date() + timedelta(days=9),
    )  # fmt: skip
    assert casework.case(desk.employee, case.pk) == case
    assert [row.scope for row in casework.consents_of(desk.agent, case)] == ["business"] * 2
    assert casework.consents_of(desk.employee, case) == []
    other = desk.case(desk.agent, subject="Bins", requester=business)
    assert casework.case(desk.employee, other.pk) == other
    own = casework.View("own", desk.parks.pk, order="newest")
    assert {case.pk, other.pk} <= {row.pk for row in casework.cases(desk.employee, own)}
    assert [row.pk for row in casework.search_cases(desk.employee, "kiosk licence")] == [case.pk]
    assert party_case(other.number, "ana@parks.example") == other
    assert party_case(other.number, "mallory@bad.example") is None
    with at(MONDAY + timedelta(days=10)):
        fails("CASE-404", casework.case, actor=desk.employee, case_id=other.pk)
        assert case.pk not in {row.pk for row in casework.cases(desk.employee, own)}
    casework.end_consent(actor=desk.agent, case_id=case.pk, consent_id=second.pk)
    fails("CASE-404", casework.case, actor=desk.employee, case_id=other.pk)


def test_a_code_is_tried_five_times_only(desk: Desk) -> None:
    case = desk.case(case_type="access", subject="Payroll access")
    check = casework.begin_check(actor=desk.agent, case_id=case.pk, method="code")
    for _ in range(5):
        row = casework.finish_check(actor=desk.agent, check_id=check.pk, code="wrong")
    assert row.state == "failed"
    fails("CASE-140", casework.finish_check, actor=desk.agent, check_id=check.pk, code="wrong")


def test_a_code_goes_to_the_address_known_and_nobody_here_sees_it(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = desk.case(case_type="access", subject="Payroll access")
    assert case.requester is not None
    casework.put_contact(
        actor=desk.agent, agency_id=desk.parks.pk, person_id=case.requester.person_id,
        email="mallory@bad.example",
    )  # fmt: skip
    check = casework.begin_check(actor=desk.agent, case_id=case.pk, method="code")
    job = Job.objects.get(kind="casework.send_code")
    code = code_of_check(check)
    assert code not in str(job.payload)
    sent: list[casework.Interaction] = []
    monkeypatch.setattr(trust, "sender", lambda _channel: sent.append)
    for _ in range(2):
        send_identity_code(actor=SYSTEM, job_id=job.pk, payload=job.payload)
    assert {each.contact.email for each in sent if each.contact} == {"ana@parks.example"}
    assert all(code in each.text for each in sent)
    assert not casework.Interaction.objects.filter(text__contains=code).exists()
    casework.finish_check(actor=desk.agent, check_id=check.pk, code=code)
    send_identity_code(actor=SYSTEM, job_id=job.pk, payload=job.payload)
    assert len(sent) == 2


def test_a_number_that_the_request_brought_is_never_called_back(desk: Desk) -> None:
    known = casework.put_contact(
        actor=desk.agent, agency_id=desk.parks.pk, name="Bo", email="bo@home.example",
        phone="+1 312 555 0142", verified=True,
    )  # fmt: skip
    with at(MONDAY + timedelta(days=2)):
        case = desk.case(desk.agent, case_type="access", subject="Bank account", requester=known)
        begin = {"actor": desk.agent, "case_id": case.pk}
        casework.begin_check(**begin, method="call_back")
        casework.begin_check(**begin, method="code")
        casework.put_contact(
            actor=desk.agent, agency_id=desk.parks.pk, email="bo@home.example",
            phone="+1 312 555 0199",
        )  # fmt: skip
        fails("CASE-139", casework.begin_check, **begin, method="call_back")
        known.refresh_from_db()
        known.email, known.verified_at = "bo@new.example", None
        known.save()
        fails("CASE-139", casework.begin_check, **begin, method="code")


def test_more_pressing_means_other_clocks_from_the_beginning(desk: Desk) -> None:
    case = desk.case()
    with at(MONDAY + timedelta(hours=1)):
        casework.classify_case(actor=desk.agent, case_id=case.pk, impact="high", urgency="high")
    rows = {row.definition.code: row for row in Clock.objects.filter(case=case)}
    assert rows["resolve"].state == "cancelled"
    assert rows["resolve"].reason == "superseded"
    assert rows["resolve-p1"].started_at == MONDAY
    assert rows["resolve-p1"].due_at == MONDAY + timedelta(hours=4)


def test_counters_follow_without_counting(desk: Desk) -> None:
    cases = [desk.case() for _ in range(3)]
    casework.move_case(actor=desk.agent, case_id=cases[0].pk, state="resolved", resolution="Done.")
    queue = cases[0].queue_id
    assert casework.queue_counts(desk.agent)[queue] == {"live": 2, "breached": 0, "done": 1}
    fold_counts(actor=SYSTEM, job_id=cases[0].pk, payload={})
    assert casework.queue_counts(desk.agent)[queue] == {"live": 2, "breached": 0, "done": 1}
    assert casework.counts(desk.liaison, desk.parks.pk)["live"] == 2


def test_lists_and_words(desk: Desk) -> None:
    one, two = desk.case(), desk.case(subject="Scanner is slow")
    view = casework.View(field="queue", key=one.queue_id)
    assert [row.pk for row in casework.cases(desk.agent, view)] == [one.pk, two.pk]
    assert list(casework.cases(desk.other, view)) == []
    newest = casework.View(field="own", key=desk.parks.pk, order="newest")
    assert {row.pk for row in casework.cases(desk.employee, newest)} == {one.pk, two.pk}
    assert list(casework.cases(desk.colleague, newest)) == []
    assert [row.pk for row in casework.search_cases(desk.agent, "SCÁNNER slow")] == [two.pk]
    assert [row.pk for row in casework.search_cases(desk.employee, one.number)] == [one.pk]
    for who in (desk.other, desk.colleague, desk.stranger):
        assert list(casework.search_cases(who, "scanner")) == []


def test_a_clock_explains_itself_to_the_second(desk: Desk) -> None:
    case = desk.case()
    with at(MONDAY + timedelta(days=1, hours=2)):
        casework.answer(actor=desk.agent, case_id=case.pk, text="Late, sorry.")
        row = clock(case, "first")
        parts = casework.explain_clock(desk.agent, row)
    assert row.state == "missed"
    assert row.breached_at == MONDAY + timedelta(hours=2)
    worked = sum(part["seconds"] for part in parts if part["kind"] == "working")
    assert worked == row.elapsed_us / 1_000_000 == 8 * 3600 + 3 * 3600


def test_events_are_never_changed_and_number_themselves(desk: Desk) -> None:
    case = desk.case()
    casework.assign_case(actor=desk.agent, case_id=case.pk, take=True)
    case.refresh_from_db()
    seqs = list(CaseEvent.objects.filter(case=case).order_by("seq").values_list("seq", flat=True))
    assert seqs == list(range(1, case.last_event + 1))
    with pytest.raises(DatabaseError), transaction.atomic():
        CaseEvent.objects.filter(case=case).update(kind="forged")


def test_nothing_of_one_agency_hangs_on_a_case_of_another(desk: Desk) -> None:
    """Not one row, and not one among many that are written at once."""
    ours, theirs = desk.case(), desk.case(agency_id=desk.water.pk, actor=desk.agent)

    def event(case: casework.Case, seq: int, agency: Any) -> CaseEvent:
        return CaseEvent(
            agency_id=agency, case=case, seq=seq, at=MONDAY, kind="note", actor_kind="system"
        )

    right = [event(ours, 50 + n, desk.parks.pk) for n in range(20)]
    for rows in (
        [event(theirs, 90, desk.parks.pk)],
        [*right, event(theirs, 91, desk.parks.pk), event(theirs, 92, desk.water.pk)],
    ):
        with pytest.raises(DatabaseError, match="another agency"), transaction.atomic():
            CaseEvent.objects.bulk_create(rows)
    CaseEvent.objects.bulk_create([*right, event(theirs, 92, desk.water.pk)])
    assert CaseEvent.objects.filter(case=ours, seq__gte=50).count() == 20

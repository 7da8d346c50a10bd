"""What agents and those who lead them work with: views, changes together, sums, similar cases."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from commonweal.kernel.access.public import SYSTEM, act_as
from commonweal.kernel.calendar.public import at
from commonweal.kernel.casework import public as casework
from commonweal.kernel.casework.models import Case, CaseEvent, CaseTally, CaseUsage, TeamMember
from commonweal.kernel.casework.tasks import ask_how_it_went, fold_counts
from commonweal.kernel.jobs.models import Job
from commonweal.kernel.party.public import put_invoice_details

from .conftest import MONDAY, Desk
from .test_life import fails

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


def together(desk: Desk, *cases: casework.Case, **change: Any) -> casework.CaseBatch:
    ids = [each.pk for each in cases]
    return casework.change_cases(actor=desk.agent, case_ids=ids, change=casework.Together(**change))


def undone(desk: Desk, batch: casework.CaseBatch, **more: Any) -> casework.CaseBatch:
    with at(MONDAY + more.get("after", MINUTE)):
        return casework.undo_changes(actor=desk.agent, batch_id=batch.pk)


def facts(case: casework.Case) -> tuple[Any, ...]:
    case.refresh_from_db()
    return (
        case.state, case.phase, case.assignee, case.impact, case.urgency, case.priority,
        case.resolution, case.reopened, case.resolved_at, case.closed_at, case.links.count(),
        CaseUsage.objects.filter(case=case).count(),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("change", "seen"),
    [
        ({"what": "take"}, lambda case, desk: case.assignee == desk.agent.user_id),
        (
            {"what": "move", "state": "resolved", "resolution": "One switch was off."},
            lambda case, desk: case.phase == "resolved",
        ),
        ({"what": "move", "state": "closed"}, lambda case, desk: case.phase == "closed"),
        (
            {"what": "classify", "impact": "high", "urgency": "high"},
            lambda case, desk: case.priority == "P1",
        ),
    ],
    ids=["take", "resolve", "close", "priority"],
)
def test_what_is_done_together_is_undone_together(
    desk: Desk, change: dict[str, Any], seen: Any
) -> None:
    cases = [desk.case(), desk.case()]
    before = [facts(each) for each in cases]
    batch = together(desk, *cases, **change)
    after = [facts(each) for each in cases]
    assert after != before
    assert all(seen(each, desk) for each in cases)
    assert undone(desk, batch).kept == 0
    assert [facts(each) for each in cases] == before
    fails("CASE-266", casework.undo_changes, actor=desk.agent, batch_id=batch.pk)


def test_cases_become_part_of_one_and_are_taken_out_again(desk: Desk) -> None:
    parent, cases = desk.case(), [desk.case(), desk.case()]
    batch = together(desk, *cases, what="part_of", parent=parent.pk)
    assert {kind for kind, _case in casework.links_of(desk.agent, parent)} == {"part_of_by"}
    undone(desk, batch)
    assert casework.links_of(desk.agent, parent) == []
    fails(
        "CASE-265", casework.change_cases, actor=desk.agent, case_ids=[cases[0].pk],
        change=casework.Together("part_of"),
    )  # fmt: skip


def test_given_back_goes_to_whoever_had_it(desk: Desk) -> None:
    case = desk.case()
    together(desk, case, what="take")
    batch = together(desk, case, what="give_back")
    case.refresh_from_db()
    assert case.assignee is None
    undone(desk, batch)
    case.refresh_from_db()
    assert case.assignee == desk.agent.user_id


def test_one_that_refuses_keeps_all_from_changing_and_is_named(desk: Desk) -> None:
    good, done = desk.case(), desk.case()
    together(desk, done, what="move", state="resolved", resolution="Done.")
    with pytest.raises(casework.CaseError, match=f"{done.number}: ") as caught:
        together(desk, good, done, what="move", state="waiting_supplier")
    assert caught.value.code == "CASE-102"
    fails(
        "CASE-263", casework.change_cases, actor=desk.agent, case_ids=[],
        change=casework.Together("take"),
    )  # fmt: skip
    fails(
        "CASE-263", casework.change_cases, actor=desk.agent,
        case_ids=[uuid4() for _ in range(51)], change=casework.Together("take"),
    )  # fmt: skip
    fails(
        "CASE-264", casework.change_cases, actor=desk.agent, case_ids=[good.pk],
        change=casework.Together("erase"),
    )  # fmt: skip
    fails(
        "CASE-404", casework.change_cases, actor=desk.other, case_ids=[good.pk],
        change=casework.Together("take"),
    )  # fmt: skip


def test_undoing_leaves_what_went_on_and_ends_after_ten_minutes(desk: Desk) -> None:
    one, other = desk.case(), desk.case()
    batch = together(desk, one, other, what="take")
    casework.add_note(actor=desk.agent, case_id=one.pk, text="Looked at it.")
    assert undone(desk, batch).kept == 1
    one.refresh_from_db()
    other.refresh_from_db()
    assert (one.assignee, other.assignee) == (desk.agent.user_id, None)
    late = together(desk, other, what="take")
    with at(MONDAY + 11 * MINUTE):
        fails("CASE-266", casework.undo_changes, actor=desk.agent, batch_id=late.pk)
    fails("CASE-419", casework.undo_changes, actor=desk.other, batch_id=late.pk)
    assert casework.batch_of(desk.agent, late.pk) == late
    fails("CASE-419", casework.batch_of, actor=desk.other, batch_id=late.pk)


def test_closing_is_undone_with_its_usage_unless_that_has_left(desk: Desk) -> None:
    casework.put_case_type(
        actor=desk.owner,
        draft=casework.TypeDraft(
            code="paid", name="Paid", family="incident", audience="agency", queue="it",
            service="it.helpdesk", machine=casework.HELP, items={"*": "helpdesk.case"},
        ),
    )  # fmt: skip
    case = desk.case(case_type="paid")
    batch = together(desk, case, what="move", state="closed")
    assert CaseUsage.objects.get(case=case).state == "waiting"
    undone(desk, batch)
    assert not CaseUsage.objects.filter(case=case).exists()
    again = together(desk, case, what="move", state="closed")
    assert casework.send_usage(actor=SYSTEM, before=MONDAY - MINUTE) == {"sent": 0, "refused": 0}
    CaseUsage.objects.filter(case=case).update(state="sent")
    assert undone(desk, again).kept == 1
    case.refresh_from_db()
    assert case.phase == "closed"


def test_views_are_of_oneself_or_of_a_team(desk: Desk) -> None:
    own = casework.save_view(
        actor=desk.agent, name="  Late,   urgent ",
        filters={"show": "queue", "queue": "it", "late": True, "priority": "P1", "order": ""},
    )  # fmt: skip
    assert (own.name, own.filters) == (
        "Late, urgent", {"show": "queue", "queue": "it", "late": True, "priority": "P1"},
    )  # fmt: skip
    again = casework.save_view(
        actor=desk.agent, name="Late, urgent", filters={"standing": "done", "order": "due"}
    )
    assert (again.pk, again.filters) == (own.pk, {"standing": "done", "order": "newest"})
    team = casework.save_view(actor=desk.agent, name="New", filters={}, team="it")
    assert casework.saved_views(desk.agent) == [team, own]
    assert casework.saved_view(desk.agent, team.pk) == team
    assert casework.saved_views(desk.other) == []
    fails("CASE-418", casework.saved_view, actor=desk.other, view_id=own.pk)
    fails("CASE-418", casework.drop_view, actor=desk.other, view_id=own.pk)
    fails("ACCESS-403", casework.drop_view, actor=desk.other, view_id=team.pk)
    fails("ACCESS-403", casework.save_view, actor=desk.other, name="X", filters={}, team="it")
    for who, view in ((desk.agent, own), (desk.owner, team)):
        casework.drop_view(actor=who, view_id=view.pk)
    assert casework.saved_views(desk.agent) == []


def test_a_view_that_no_list_knows_is_refused(desk: Desk) -> None:
    for filters in ({"show": "secret"}, {"colour": "red"}, {"late": "maybe"}):
        fails("CASE-261", casework.save_view, actor=desk.agent, name="X", filters=filters)
    fails("CASE-260", casework.save_view, actor=desk.agent, name="  ", filters={})
    fails("CASE-121", casework.save_view, actor=desk.agent, name="X", filters={"queue": "no"})
    fails("CASE-417", casework.save_view, actor=desk.agent, name="X", filters={}, team="no")
    for each in range(12):
        casework.save_view(actor=desk.agent, name=f"View {each}", filters={})
    fails("CASE-262", casework.save_view, actor=desk.agent, name="One more", filters={})


def recounted() -> Counter[tuple[str, ...]]:
    """The sums as the cases themselves say, by a second path."""
    found: Counter[tuple[str, ...]] = Counter()
    zone = ZoneInfo("America/Chicago")
    for case in Case.objects.filter(merged_into__isnull=True):
        live = case.phase in ("open", "waiting")
        came = {"came": 1, "live": int(live), "late": int(live and case.breached)}
        done = {
            "done": 1, "first": int(case.contacts <= 1 and not case.reopened),
            "again": int(case.reopened > 0), "rated": int(case.score is not None),
            "score": case.score or 0, "pleased": int((case.score or 0) >= 4),
        }  # fmt: skip
        for moment, sums in ((case.opened_at, came), (case.resolved_at, done)):
            if moment is None:
                continue
            day = moment.astimezone(zone).date()
            for by, key, when in (
                ("day", "", day), ("channel", case.channel, day.replace(day=1)),
                ("agent", str(case.assignee or ""), day.replace(day=1)),
            ):  # fmt: skip
                for name, number in sums.items():
                    found[by, key, str(when), str(case.queue_id), name] += number
    return +found


def kept() -> Counter[tuple[str, ...]]:
    found: Counter[tuple[str, ...]] = Counter()
    for row in CaseTally.objects.all():
        for name in ("came", "live", "late", "done", "first", "again", "rated", "score", "pleased"):
            found[row.by, row.key, str(row.day), str(row.queue_id), name] += getattr(row, name)
    assert all(number >= 0 for number in found.values())
    return +found


def test_kept_sums_say_what_the_cases_say(desk: Desk) -> None:
    cases = [desk.case() for _ in range(5)]
    report = casework.NewCase("report", "Dark lamp", place="Main Street", category="streetlight")
    with act_as(casework.citizen(desk.water.pk)):
        casework.open_case(
            actor=casework.citizen(desk.water.pk), agency_id=desk.water.pk, new=report
        )
    together(desk, *cases[:3], what="take")
    together(desk, *cases[:2], what="move", state="resolved", resolution="Done.")
    assert kept() == recounted()
    fold_counts(actor=SYSTEM, job_id=uuid4(), payload={})
    with at(MONDAY + 40 * DAY):
        casework.rate_case(actor=desk.employee, case_id=cases[0].pk, score=4)
        casework.receive_message(
            actor=desk.employee, case_id=cases[1].pk, said=casework.Said("Broken again.")
        )
        casework.assign_case(actor=desk.agent, case_id=cases[4].pk, queue="city")
        casework.merge_cases(actor=desk.agent, case_id=cases[3].pk, into_id=cases[2].pk)
        casework.move_case(
            actor=desk.agent, case_id=cases[1].pk, state="resolved", resolution="Done."
        )
        assert kept() == recounted()
        for _again in range(2):
            fold_counts(actor=SYSTEM, job_id=uuid4(), payload={})
            assert kept() == recounted()
    assert not CaseTally.objects.filter(fresh=True).exists()


def test_figures_of_a_desk(desk: Desk) -> None:
    cases = [desk.case() for _ in range(4)]
    together(desk, *cases[:2], what="take")
    together(desk, cases[0], what="move", state="resolved", resolution="Done.")
    casework.rate_case(actor=desk.employee, case_id=cases[0].pk, score=5)
    with at(MONDAY + 9 * DAY):
        desk.case()
        found = casework.desk_figures(desk.director, date(2026, 10, 17))
        queue = casework.queues(desk.director)[1].pk
        assert casework.desk_figures(desk.director, date(2026, 10, 17), queue) == found
        empty = casework.desk_figures(desk.director, date(2026, 9, 1), uuid4())
    assert (found.whole.came, found.whole.live, found.whole.done) == (5, 4, 1)
    assert (found.whole.first, found.whole.rated, found.whole.score) == (1, 1, 5)
    by = {each.key: (each.live, each.done) for each in found.agents}
    assert by == {str(desk.agent.user_id): (1, 1), "": (3, 0)}
    assert [(each.key, each.came, each.done) for each in found.channels] == [("web", 5, 1)]
    assert found.ages == [
        ("older", 0), ("quarter", 0), ("month", 3), ("week", 0), ("day", 1),
    ]  # fmt: skip
    assert (date(2026, 10, 5), 4, 1) in found.days
    assert len(found.days) == 56
    assert (empty.whole.came, empty.agents, empty.channels) == (0, [], [])
    fails("ACCESS-403", casework.desk_figures, actor=desk.agent, month=date(2026, 10, 1))
    assert casework.agents_of(desk.agent) == 2
    assert casework.agents_of(desk.agent, queue) == 1


def test_similar_cases_share_words_and_are_ones_own_to_see(desk: Desk) -> None:
    near = desk.case(subject="Printer prints blank paper", text="Blank since Monday.")
    desk.case(subject="Network is slow", text="Since Monday.")
    text = "the printer gives blank paper"
    assert casework.similar_cases(desk.agent, text) == [near]
    assert casework.similar_cases(desk.employee, text) == [near]
    for who in (desk.other, desk.colleague, desk.stranger):
        assert casework.similar_cases(who, text) == []
    assert casework.similar_cases(desk.agent, "a of") == []
    door = casework.citizen(desk.parks.pk)
    assert casework.similar_cases(door, text) == []
    with act_as(door):
        lamp = casework.open_case(
            actor=door, agency_id=desk.parks.pk,
            new=casework.NewCase(
                "report", "Lamp is dark", "Dark for days.", category="streetlight", place="Elm St"
            ),
        ).case  # fmt: skip
    assert casework.similar_cases(door, "lamp is dark here") == [lamp]
    assert casework.similar_cases(casework.citizen(desk.water.pk), "lamp is dark here") == []


def test_whoever_asked_is_asked_how_it_went_once(desk: Desk) -> None:
    case = desk.case()
    together(desk, case, what="move", state="resolved", resolution="Done.")
    job = Job.objects.get(kind="casework.ask_how")
    assert job.run_at == MONDAY + 15 * MINUTE
    with at(job.run_at):
        ask_how_it_went(actor=SYSTEM, job_id=job.pk, payload=job.payload)
    sent = case.interactions.get(direction="out")
    token = sent.text.split("/how/")[1].split("/")[0]
    assert "/help/prk/how/" in sent.text
    assert not sent.human
    with at(MONDAY + DAY):
        door = casework.citizen(desk.parks.pk)
        assert casework.case_by_how(door, desk.parks.pk, token) == case
        assert casework.case_by_how(door, desk.parks.pk, casework.how_token(case.pk)) == case
        for agency, said in ((desk.parks.pk, token[:-1]), (desk.water.pk, token),
                             (desk.parks.pk, "x")):  # fmt: skip
            fails("CASE-404", casework.case_by_how, actor=door, agency_id=agency, token=said)
        fails(
            "CASE-404", casework.case_by_how, actor=casework.citizen(desk.water.pk),
            agency_id=desk.parks.pk, token=token,
        )  # fmt: skip
        own = casework.citizen(desk.parks.pk, [case.pk])
        casework.rate_case(actor=own, case_id=case.pk, score=5)
    with at(MONDAY + 2 * DAY):
        casework.move_case(actor=desk.agent, case_id=case.pk, state="in_progress")
        casework.move_case(actor=desk.agent, case_id=case.pk, state="resolved")
    assert Job.objects.filter(kind="casework.ask_how").count() == 1


def test_an_undone_case_is_not_asked_about(desk: Desk) -> None:
    case = desk.case()
    batch = together(desk, case, what="move", state="closed")
    undone(desk, batch)
    casework.ask_how(actor=SYSTEM, case_id=case.pk)
    assert not case.interactions.filter(direction="out").exists()
    assert CaseEvent.objects.filter(case=case, kind="asked").get().data == {"asked": False}


def test_a_draft_sent_twice_is_one_case_with_one_code(desk: Desk) -> None:
    door = casework.citizen(desk.parks.pk)
    new = casework.NewCase(
        "report", "Dark lamp", place="Elm St", category="streetlight",
        source=casework.DRAFT, source_id=str(uuid4()),
    )  # fmt: skip
    with act_as(door):
        once, twice = (
            casework.open_case(actor=door, agency_id=desk.parks.pk, new=new) for _ in range(2)
        )
        assert (once.fresh, twice.fresh) == (True, False)
        assert once.case == twice.case
        assert once.tracking_code == twice.tracking_code
        found = casework.case_by_code(door, desk.parks.pk, once.tracking_code)
    assert found == once.case


def test_numbers_are_read_as_where_the_centre_is(desk: Desk, settings: Any) -> None:
    def made(phone: str) -> str:
        return casework.put_contact(
            actor=desk.agent, agency_id=desk.parks.pk, name=f"N {phone}", phone=phone
        ).phone

    assert made("312 555 0123") == "+13125550123"
    put_invoice_details(actor=SYSTEM, agency_id=desk.parks.pk, fields={"country": "FR"})
    assert made("312 555 0124") == "+13125550124"
    from commonweal.kernel.party.public import centre

    put_invoice_details(actor=SYSTEM, agency_id=centre().agency_id, fields={"country": "GB"})
    assert made("020 7946 0018") == "+442079460018"
    settings.PHONE_REGION = "DE"
    assert made("030 901820") == "+4930901820"
    with pytest.raises(casework.CaseError, match=r"\+49"):
        made("1")


def test_whoever_joins_or_leaves_a_team_has_its_queues_at_once(desk: Desk) -> None:
    def codes() -> list[str]:
        return [each.code for each in casework.own_queues(desk.agent)]

    def put(team: str, member: bool) -> None:
        casework.put_member(actor=desk.owner, team=team, person_id=who, member=member)
        TeamMember.objects.filter(person_id=who).update(user_id=desk.agent.user_id)

    who = TeamMember.objects.get(user_id=desk.agent.user_id).person_id
    assert codes() == codes() == ["it"]
    put("city", True)
    assert codes() == ["city", "it"]
    put("it", False)
    assert codes() == ["city"]
    casework.put_queue(actor=desk.owner, code="city", name="Z", team="it", service="it.helpdesk")
    assert codes() == []

"""The twenty-four rules of clocks, each by its number (docs/explanation/clocks.md)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from commonweal.kernel.calendar.public import (
    CalendarError,
    DayException,
    Window,
    WorkingCalendar,
    always,
    check_calendar,
    compile_days,
)
from commonweal.kernel.casework.domain.clocks import Event, run
from commonweal.kernel.casework.domain.clocks.tests.desk import (
    GLPI,
    HOUR,
    OFFICE,
    SECOND,
    Case,
    at,
    level,
    promise,
    said,
)

FIRST = {"metric": "first_response", "pauses": frozenset()}
NEXT = {"metric": "next_response", "pauses": frozenset()}


def test_r01_time_is_whole_microseconds_and_half_open() -> None:
    """What happens at the very end of opening hours lies outside; one microsecond counts."""
    plan = compile_days(OFFICE, date(2034, 6, 1), date(2034, 6, 30))
    closing = at("2034-06-09 18:00")
    assert plan.worked(closing) - plan.worked(closing - 1) == 1
    assert plan.worked(closing + 1) == plan.worked(closing)
    case = Case("2034-06-09 17:59:59.999999").resolved("2034-06-09 18:00:00")
    assert case.clock(promise(calendar=OFFICE), "2034-06-09 18:00").elapsed == 1
    same = Case("2034-06-09 12:00").resolved("2034-06-09 12:00")
    assert same.clock(promise(), "2034-06-09 13:00").state == "met"


@pytest.mark.parametrize(
    ("day", "hours"), [("2026-03-29", 23), ("2026-10-25", 25), ("2026-06-14", 24)]
)
def test_r02_a_day_is_as_long_as_it_is(day: str, hours: int) -> None:
    plan = compile_days(always("Europe/Paris"), date(2026, 1, 1), date(2026, 12, 31))
    begin = at(f"{day} 00:00")
    end = at(f"{day[:8]}{int(day[8:]) + 1} 00:00")
    assert plan.worked(end) - plan.worked(begin) == hours * HOUR * SECOND
    assert len(plan.starts) == 1, "days that touch are one interval"


def test_r02_windows_are_wall_time_on_both_sides_of_a_change() -> None:
    """The same office opens an hour earlier in UTC once summer time has begun."""
    week = WorkingCalendar("week", "America/Chicago", (Window(4, 480, 1020), Window(0, 480, 1020)))
    plan = compile_days(week, date(2026, 3, 6), date(2026, 3, 9))
    zone = "America/Chicago"
    assert plan.starts.tolist() == [
        at("2026-03-06 08:00", zone), at("2026-03-09 08:00", zone)
    ]  # fmt: skip
    assert int(plan.starts[1] - plan.starts[0]) == (72 - 1) * HOUR * SECOND


def test_r02_a_skipped_wall_time_is_the_jump_and_a_double_one_the_first() -> None:
    nights = WorkingCalendar("night", "Europe/Paris", (Window(6, 150, 240),))
    spring = compile_days(nights, date(2026, 3, 29), date(2026, 3, 29))
    assert int(spring.ends[0] - spring.starts[0]) == HOUR * SECOND
    autumn = compile_days(nights, date(2026, 10, 25), date(2026, 10, 25))
    assert int(autumn.ends[0] - autumn.starts[0]) == 2 * HOUR * SECOND + HOUR * SECOND // 2
    gone = WorkingCalendar("gone", "Europe/Paris", (Window(6, 120, 180),))
    with pytest.raises(CalendarError) as refused:
        compile_days(gone, date(2026, 3, 29), date(2026, 3, 29))
    assert refused.value.code == "CALENDAR-105"


def test_r03_working_time_and_its_inverse() -> None:
    split = tuple(Window(0, a, b) for a, b in ((480, 720), (780, 1080)))
    plan = compile_days(WorkingCalendar("split", "UTC", split), date(2034, 6, 5), date(2034, 6, 12))
    noon, one = at("2034-06-05 12:00", "UTC"), at("2034-06-05 13:00", "UTC")
    assert plan.worked(noon) == plan.worked(one) == 4 * HOUR * SECOND
    assert plan.moment(4 * HOUR * SECOND) == noon, "the earliest"
    assert plan.passed(4 * HOUR * SECOND) == one + 1, "more is gone only after the next opening"
    for work in (1, 4 * HOUR * SECOND + 1, plan.total):
        assert plan.worked(plan.moment(work)) == work
    with pytest.raises(CalendarError) as refused:
        plan.worked(at("2034-06-20 12:00", "UTC"))
    assert refused.value.code == "CALENDAR-106"
    with pytest.raises(CalendarError) as refused:
        plan.moment(plan.total + 1)
    assert refused.value.code == "CALENDAR-107"


def test_r04_met_exactly_when_elapsed_is_no_more_than_the_target() -> None:
    terms = promise(HOUR, calendar=OFFICE)
    case = Case("2034-06-09 17:00")
    for stop in ("2034-06-09 18:00", "2034-06-11 15:00", "2034-06-12 10:00"):
        cycle = Case("2034-06-09 17:00").resolved(stop).clock(terms, "2034-06-13 12:00")
        assert (cycle.state, cycle.elapsed) == ("met", HOUR * SECOND), stop
        assert said(cycle.due) == "2034-06-09 18:00:00", "the end of the window"
    late = case.resolved("2034-06-12 10:00:00.000001").clock(terms, "2034-06-13 12:00")
    assert late.state == "missed"
    assert said(late.breached) == "2034-06-09 18:00:00"


def test_r04_a_breach_is_a_fact_only_once_more_than_the_target_is_gone() -> None:
    terms = promise(HOUR, calendar=OFFICE)
    weekend = Case("2034-06-09 17:00").clock(terms, "2034-06-10 12:00")
    assert (weekend.state, weekend.breached) == ("running", None)
    assert said(weekend.passes) == "2034-06-12 10:00:00.000001"
    assert weekend.next_after(at("2034-06-10 12:00")) == weekend.passes
    monday = Case("2034-06-09 17:00").clock(terms, "2034-06-12 10:00:00.000001")
    assert said(monday.breached) == "2034-06-09 18:00:00"


def test_r05_a_pause_credits_only_if_it_begins_before_the_deadline() -> None:
    terms = promise(HOUR)
    before = Case("2034-06-09 09:00").waits("2034-06-09 09:59:59", "2034-06-09 12:00")
    assert said(before.clock(terms, "2034-06-09 12:00").due) == "2034-06-09 12:00:01"
    after = Case("2034-06-09 09:00").waits("2034-06-09 10:00", "2034-06-09 12:00")
    assert said(after.clock(terms, "2034-06-09 12:00").due) == "2034-06-09 10:00:00"


def test_r05_the_breach_never_moves() -> None:
    """A January breach stays in January, whatever is waited for in February."""
    terms = promise(HOUR)
    case = Case("2034-01-31 09:00").waits("2034-01-31 10:00:01", "2034-02-20 12:00")
    case.waits("2034-02-21 09:00", "2034-02-28 09:00").resolved("2034-03-01 09:00")
    cycle = case.clock(terms, "2034-03-02 12:00")
    assert (cycle.state, said(cycle.breached)) == ("missed", "2034-01-31 10:00:00")
    assert said(cycle.due) == "2034-01-31 10:00:00"


def test_r06_the_first_answer_never_pauses_unless_the_promise_says_so() -> None:
    case = Case("2034-06-09 09:00").waits("2034-06-09 09:10", "2034-06-09 11:00")
    assert said(case.clock(promise(HOUR, **FIRST), "2034-06-09 11:00").due) == "2034-06-09 10:00:00"
    pausing = promise(HOUR, metric="first_response")
    assert said(case.clock(pausing, "2034-06-09 11:00").due) == "2034-06-09 11:50:00"


def test_r07_a_case_created_paused_or_closed_is_evaluated_at_creation() -> None:
    waiting = Case("2034-06-09 09:00", phase="waiting", reason="requester")
    cycle = waiting.clock(promise(HOUR), "2034-06-09 15:00")
    assert (cycle.state, cycle.elapsed, cycle.due) == ("paused", 0, None)
    closed = Case("2034-06-09 09:00", phase="closed").clock(promise(HOUR), "2034-06-09 15:00")
    assert (closed.state, said(closed.stopped), closed.elapsed) == ("met", "2034-06-09 09:00:00", 0)


@pytest.mark.parametrize("phase", ["resolved", "closed"])
def test_r08_reopened_the_same_cycle_resumes_without_the_time_it_was_done(phase: str) -> None:
    case = Case("2034-06-09 09:00").resolved("2034-06-09 10:00", phase)
    case.reopened("2034-06-14 09:00").resolved("2034-06-14 10:30")
    cycle = case.clock(promise(4 * HOUR), "2034-06-15 09:00")
    assert (cycle.state, cycle.elapsed) == ("met", 5 * HOUR * SECOND // 2)
    assert said(cycle.due) == "2034-06-14 12:00:00"
    assert cycle.paused == 0, "done is not paused"


def test_r08_from_resolved_to_closed_changes_nothing() -> None:
    case = (
        Case("2034-06-09 09:00").resolved("2034-06-09 10:00").resolved("2034-06-13 10:00", "closed")
    )
    cycle = case.clock(promise(4 * HOUR), "2034-06-15 09:00")
    assert (said(cycle.stopped), cycle.elapsed) == ("2034-06-09 10:00:00", HOUR * SECOND)


def test_r08_or_a_new_cycle_begins_and_both_are_kept() -> None:
    case = Case("2034-06-09 09:00").resolved("2034-06-09 16:00").reopened("2034-06-14 09:00")
    first, second = case.cycles(promise(4 * HOUR, reopen="new_cycle"), "2034-06-14 10:00")
    assert (first.number, first.state) == (1, "missed")
    assert (second.number, second.state, second.elapsed) == (2, "running", HOUR * SECOND)


def test_r09_other_terms_hold_from_the_beginning_with_all_pauses() -> None:
    case = Case("2034-06-09 08:30").waits("2034-06-09 09:00", "2034-06-09 10:00")
    case.then("2034-06-09 10:30", "terms", code="quick")
    quick = replace(promise(2 * HOUR), code="quick")
    old, new = case.cycles([(1, promise()), (4, quick)], "2034-06-09 10:45")
    assert (old.state, old.reason, old.levels) == ("cancelled", "superseded", ())
    assert said(old.stopped) == "2034-06-09 10:30:00"
    assert (new.state, said(new.started)) == ("running", "2034-06-09 08:30:00")
    assert (said(new.due), new.paused) == ("2034-06-09 11:30:00", HOUR * SECOND)


def test_r09_or_from_now() -> None:
    case = Case("2034-06-09 08:30").then("2034-06-09 10:30", "terms", code="quick")
    quick = replace(promise(2 * HOUR, reclassify="from_now"), code="quick")
    _, new = case.cycles([(1, promise()), (2, quick)], "2034-06-09 10:45")
    assert (said(new.started), said(new.due)) == ("2034-06-09 10:30:00", "2034-06-09 12:30:00")


def test_r09_what_is_past_due_at_once_is_breached_by_reclassification_and_told_once() -> None:
    steps = tuple(level("percent", part, f"p{part}") for part in (50, 75, 100, 200))
    quick = replace(promise(HOUR, levels=steps), code="quick")
    case = Case("2034-06-09 08:30").then("2034-06-09 10:00", "terms", code="quick")
    _, new = case.cycles([(1, promise()), (2, quick)], "2034-06-09 10:00")
    assert (new.reason, said(new.breached)) == ("reclassified", "2034-06-09 10:00:00")
    assert said(new.due) == "2034-06-09 09:30:00"
    assert [code for code, _ in new.levels] == ["p100", "p200"], "of those passed, the last alone"


def test_r09_a_breach_of_the_old_terms_is_kept() -> None:
    slow = replace(promise(40 * HOUR), code="slow")
    case = Case("2034-06-09 08:30").then("2034-06-09 10:30", "terms", code="slow")
    old, new = case.cycles([(1, promise(HOUR)), (2, slow)], "2034-06-09 10:30")
    assert (old.state, said(old.breached)) == ("cancelled", "2034-06-09 09:30:00")
    assert new.breached is None


def test_r10_a_later_version_of_a_calendar_holds_from_its_day() -> None:
    """An open clock is projected anew; what was before that day stays as it was."""
    longer = tuple(Window(day, 510, 1200) for day in range(5))
    changed = replace(GLPI, changes=((date(2034, 6, 13), longer),))
    old = Case("2034-06-12 18:00").clock(promise(12 * HOUR), "2034-06-12 18:30")
    new = Case("2034-06-12 18:00").clock(promise(12 * HOUR, calendar=changed), "2034-06-12 18:30")
    assert (said(old.due), said(new.due)) == ("2034-06-14 09:00:00", "2034-06-13 19:30:00")
    assert old.elapsed == new.elapsed
    closed = replace(GLPI, exceptions=(DayException(date(2034, 6, 13), (), "feast"),))
    later = Case("2034-06-12 18:00").clock(promise(2 * HOUR, calendar=closed), "2034-06-12 18:30")
    assert said(later.due) == "2034-06-14 09:30:00"


def test_r11_a_promise_that_holds_no_longer_is_cancelled_and_sets_off_nothing() -> None:
    case = Case("2034-06-09 08:30").then("2034-06-09 09:00", "terms", code=None)
    terms = promise(levels=(level("percent", 10), level("seconds", 60, "late")))
    cycle = case.clock([(1, terms), (2, None)], "2034-06-09 12:00")
    assert (cycle.state, cycle.reason, cycle.levels) == ("cancelled", "withdrawn", ())
    assert cycle.next_after(at("2034-06-09 12:00")) is None


def test_r12_merged_the_loser_is_cancelled_and_the_survivor_keeps_the_earliest_start() -> None:
    loser = Case("2034-06-09 08:30").then("2034-06-09 10:00", "merged")
    cycle = loser.clock(promise(HOUR), "2034-06-12 12:00")
    assert (cycle.state, cycle.reason) == ("cancelled", "merged")
    assert said(cycle.stopped) == "2034-06-09 10:00:00"
    survivor = Case("2034-06-09 09:30")
    survivor.then("2034-06-09 10:00", "absorbed", opened_at=at("2034-06-09 08:30"))
    assert said(survivor.clock(promise(), "2034-06-09 10:00").due) == "2034-06-09 12:30:00"
    assert said(survivor.clock(promise(), "2034-06-09 09:45").due) == "2034-06-09 13:30:00"


def test_r12_nothing_brings_a_merged_case_back() -> None:
    case = Case("2034-06-09 08:30").resolved("2034-06-09 09:00").then("2034-06-09 10:00", "merged")
    case.reopened("2034-06-09 11:00").asks("2034-06-09 11:01")
    assert case.clock(promise(), "2034-06-12 12:00").state == "met"
    assert case.cycles(promise(**NEXT), "2034-06-12 12:00") == ()


def test_r13_only_a_persons_public_message_is_an_answer() -> None:
    case = Case("2034-06-09 09:00").answers("2034-06-09 09:01", human=False)
    case.answers("2034-06-09 09:10", public=False)
    terms = promise(HOUR, **FIRST)
    assert case.clock(terms, "2034-06-09 09:20").state == "running"
    answered = case.answers("2034-06-09 09:30").clock(terms, "2034-06-12 12:00")
    assert (answered.state, answered.elapsed) == ("met", HOUR * SECOND // 2)


@pytest.mark.parametrize(
    ("by", "channel", "state"),
    [("agent", "phone", "met"), ("agent", "counter", "met"), ("agent", "email", "running"),
     ("requester", "phone", "running")],
)  # fmt: skip
def test_r13_a_case_taken_on_the_phone_is_answered(by: str, channel: str, state: str) -> None:
    case = Case("2034-06-09 09:00", by=by, channel=channel)
    assert case.clock(promise(HOUR, **FIRST), "2034-06-09 09:00").state == state


def test_r13_a_first_answer_does_not_stop_the_resolution() -> None:
    case = Case("2034-06-09 09:00").answers("2034-06-09 09:30")
    assert case.clock(promise(), "2034-06-09 10:00").state == "running"


def test_r14_the_next_answer_counts_from_the_first_unanswered_message() -> None:
    case = Case("2034-06-09 09:00").answers("2034-06-09 09:10").asks("2034-06-09 10:00")
    case.asks("2034-06-09 10:50").answers("2034-06-09 11:30")
    case.asks("2034-06-09 12:00").answers("2034-06-09 12:05").asks("2034-06-09 15:00")
    cycles = case.cycles(promise(HOUR, **NEXT), "2034-06-09 15:30")
    assert [(said(each.started)[11:], each.state, each.elapsed // SECOND) for each in cycles] == [
        ("10:00:00", "missed", 5400), ("12:00:00", "met", 300), ("15:00:00", "running", 1800),
    ]  # fmt: skip
    assert [each.number for each in cycles] == [1, 2, 3]


def test_r14_what_a_program_sent_for_them_waits_for_no_answer() -> None:
    case = Case("2034-06-09 09:00").answers("2034-06-09 09:10")
    case.asks("2034-06-09 10:00", human=False)
    assert case.cycles(promise(HOUR, **NEXT), "2034-06-09 12:00") == ()


def test_r14_no_exchange_runs_on_in_a_resolved_case() -> None:
    case = Case("2034-06-09 09:00").answers("2034-06-09 09:10").asks("2034-06-09 10:00")
    case.resolved("2034-06-09 10:20").asks("2034-06-09 10:30")
    (only,) = case.cycles(promise(HOUR, **NEXT), "2034-06-20 12:00")
    assert (only.state, only.elapsed) == ("met", 20 * 60 * SECOND)
    case.reopened("2034-06-20 12:00")
    _, second = case.cycles(promise(HOUR, **NEXT), "2034-06-20 12:30")
    assert (second.state, said(second.started)) == ("running", "2034-06-20 12:00:00")


def test_r15_there_is_no_next_answer_before_the_first() -> None:
    case = Case("2034-06-09 09:00").asks("2034-06-09 09:30").asks("2034-06-09 10:30")
    assert case.cycles(promise(HOUR, **NEXT), "2034-06-09 12:00") == ()
    assert said(case.clock(promise(HOUR, **FIRST), "2034-06-09 12:00").due) == "2034-06-09 10:00:00"
    case.answers("2034-06-09 12:10")
    assert case.cycles(promise(HOUR, **NEXT), "2034-06-09 13:00") == ()


def test_r16_an_ola_counts_from_when_the_team_got_the_case() -> None:
    case = Case("2034-06-09 09:00").then("2034-06-09 10:00", "assigned", team="network")
    case.then("2034-06-09 11:00", "assigned", team="desk")
    case.then("2034-06-09 14:00", "assigned", team="network")
    ola = promise(2 * HOUR, kind="ola", teams=frozenset({"network"}))
    first, second = case.cycles(ola, "2034-06-09 15:00")
    assert (first.state, first.elapsed, said(first.due)[11:]) == ("met", HOUR * SECOND, "12:00:00")
    assert (second.state, said(second.due)[11:]) == ("running", "16:00:00")
    desk = promise(2 * HOUR, kind="ola", teams=frozenset({"desk"}))
    assert [each.state for each in case.cycles(desk, "2034-06-09 15:00")] == ["missed"]
    assert said(case.clock(promise(), "2034-06-09 15:00").due) == "2034-06-09 13:00:00"


def test_r16_a_contract_counts_while_the_supplier_has_it() -> None:
    case = Case("2034-06-09 09:00").then("2034-06-09 10:00", "supplier", handed=True)
    case.waits("2034-06-09 10:30", "2034-06-09 11:30", reason="third_party")
    case.then("2034-06-09 12:00", "supplier", handed=False)
    contract = promise(HOUR, kind="uc", pauses=frozenset())
    assert case.clock(contract, "2034-06-09 15:00").state == "missed"
    mine = case.clock(promise(pauses=frozenset({"third_party"})), "2034-06-09 15:00")
    assert mine.paused == HOUR * SECOND
    assert case.clock(promise(pauses=frozenset()), "2034-06-09 15:00").paused == 0


def test_r16_an_ola_on_the_first_answer_ends_with_it() -> None:
    case = Case("2034-06-09 09:00", team="desk").answers("2034-06-09 09:30")
    case.then("2034-06-09 10:00", "assigned", team="network")
    ola = promise(HOUR, kind="ola", **FIRST)
    assert [each.elapsed for each in case.cycles(ola, "2034-06-09 15:00")] == [1800 * SECOND]


@pytest.mark.parametrize(
    ("unit", "offset", "when"),
    [("seconds", -600, "06-09 09:06:12"), ("seconds", 0, "06-09 09:16:12"),
     ("seconds", HOUR, "06-09 10:16:12"), ("seconds", 10 * HOUR, "06-12 10:46:12"),
     ("seconds", -5 * HOUR, "06-09 08:46:12"), ("days", 1, "06-12 09:16:12"),
     ("days", -1, "06-09 08:46:12"), ("percent", 50, "06-09 09:01:12"),
     ("percent", 100, "06-09 09:16:12"), ("percent", 200, "06-09 09:46:12")],
)  # fmt: skip
def test_r17_levels_by_working_time_by_working_days_and_by_percent(
    unit: str, offset: int, when: str
) -> None:
    """None before the start, and none at midnight."""
    terms = promise(1800, levels=(level(unit, offset),))
    cycle = Case("2034-06-09 08:46:12").clock(terms, "2034-06-09 08:46:12")
    assert [said(moment)[5:] for _, moment in cycle.levels] == [when]


def test_r17_levels_are_planned_anew_after_a_pause_and_fire_once() -> None:
    terms = promise(HOUR, levels=(level("percent", 50, "half"), level("seconds", 0, "due")))
    case = Case("2034-06-09 09:00")
    before = case.clock(terms, "2034-06-09 09:45")
    assert before.next_after(at("2034-06-09 09:45"), ["half"]) == at("2034-06-09 10:00")
    paused = case.then("2034-06-09 09:45", "state", phase="waiting", reason="requester")
    assert [code for code, _ in paused.clock(terms, "2034-06-09 14:00").levels] == ["half"]
    again = paused.reopened("2034-06-09 15:00").clock(terms, "2034-06-09 15:00")
    assert {code: said(when)[11:] for code, when in again.levels} == {
        "half": "09:30:00", "due": "15:15:00",
    }  # fmt: skip
    assert again.next_after(at("2034-06-09 15:00"), ["half"]) == at("2034-06-09 15:15")
    assert again.next_after(at("2034-06-09 15:00")) == at("2034-06-09 15:00"), "missed: at once"


def test_r17_a_clock_that_stopped_plans_nothing() -> None:
    terms = promise(HOUR, levels=(level("percent", 50, "half"), level("seconds", 0, "due")))
    cycle = Case("2034-06-09 09:00").resolved("2034-06-09 09:40").clock(terms, "2034-06-12 12:00")
    assert [code for code, _ in cycle.levels] == ["half"]
    assert cycle.next_after(at("2034-06-09 09:40")) is None


def test_r18_days_keep_the_local_time_over_a_change_of_the_clocks() -> None:
    terms = promise(2, days=True, calendar=OFFICE)
    spring = Case("2026-03-27 11:30").clock(terms, "2026-03-27 12:00")
    assert said(spring.due) == "2026-03-31 11:30:00"
    autumn = Case("2026-10-23 11:30").clock(terms, "2026-10-23 12:00")
    assert said(autumn.due) == "2026-10-27 11:30:00"


def test_r18_a_pause_adds_working_time_after_it() -> None:
    terms = promise(2, days=True, calendar=OFFICE)
    case = Case("2034-06-07 11:30").waits("2034-06-07 17:00", "2034-06-08 10:30")
    assert said(case.clock(terms, "2034-06-08 12:00").due) == "2034-06-09 13:00:00"


def test_r18_what_comes_on_a_closed_day_counts_from_the_next_opening() -> None:
    """Never a promise of no working time at all."""
    terms = promise(1, days=True, calendar=OFFICE)
    cycle = Case("2034-06-10 06:00").clock(terms, "2034-06-10 07:00")
    assert said(cycle.due) == "2034-06-13 10:00:00"
    assert cycle.target == 8 * HOUR * SECOND
    odd = replace(
        OFFICE,
        weekly=(Window(0, 480, 600), Window(1, 1080, 1200)),
    )
    late = Case("2034-06-12 12:00").clock(promise(1, days=True, calendar=odd), "2034-06-12 13:00")
    assert (said(late.due), late.target) == ("2034-06-13 20:00:00", 2 * HOUR * SECOND)


def test_r19_a_calendar_without_working_time_is_refused() -> None:
    empty = WorkingCalendar("empty", "UTC", ())
    with pytest.raises(CalendarError) as refused:
        check_calendar(empty)
    assert refused.value.code == "CALENDAR-105"
    with pytest.raises(CalendarError) as refused:
        Case("2034-06-09 09:00").clock(promise(calendar=empty), "2034-06-09 12:00")
    assert refused.value.code == "CALENDAR-105"
    with pytest.raises(CalendarError) as refused:
        compile_days(OFFICE, date(2034, 6, 10), date(2034, 6, 11))
    assert refused.value.code == "CALENDAR-105"


def test_r20_the_zone_is_the_calendars() -> None:
    """Two offices with the same hours, the same instant: each goes by its own wall clock."""
    instant = "2034-06-09 09:00"
    here = Case(instant).clock(promise(HOUR, calendar=OFFICE), instant)
    there = replace(OFFICE, zone="America/Chicago")
    far = Case(instant).clock(promise(HOUR, calendar=there), instant)
    assert said(here.due) == "2034-06-09 11:00:00"
    assert said(far.due, "America/Chicago") == "2034-06-09 11:00:00"


def test_r21_pausing_out_of_hours_costs_nothing() -> None:
    feast = replace(OFFICE, exceptions=(DayException(date(2034, 6, 12), (), "feast"),))
    terms = promise(2 * HOUR, calendar=feast)
    plain = Case("2034-06-09 17:00").clock(terms, "2034-06-13 10:00")
    case = Case("2034-06-09 17:00").waits("2034-06-09 20:00", "2034-06-12 15:00")
    cycle = case.clock(terms, "2034-06-13 10:00")
    assert (cycle.due, cycle.elapsed, cycle.paused) == (plain.due, plain.elapsed, 0)
    assert cycle.intervals == plain.intervals, "and looks like nothing"


def test_r22_days_are_those_of_the_version_that_was_accepted() -> None:
    """A feed of feasts changes nothing by itself: only a day that is in the calendar counts."""
    terms = promise(2 * HOUR, calendar=OFFICE)
    assert said(Case("2034-12-24 23:00").clock(terms, "2034-12-24 23:00").due)[:10] == "2034-12-25"
    accepted = replace(OFFICE, exceptions=(DayException(date(2034, 12, 25), (), "Christmas"),))
    after = Case("2034-12-24 23:00").clock(promise(2 * HOUR, calendar=accepted), "2034-12-24 23:00")
    assert said(after.due)[:10] == "2034-12-26"


def test_r23_no_clock_is_breached_during_a_pause() -> None:
    case = Case("2034-06-09 09:00").waits("2034-06-09 09:30")
    for when in ("2034-06-09 09:30", "2034-06-09 18:00", "2034-09-09 12:00"):
        cycle = case.clock(promise(HOUR), when)
        assert (cycle.state, cycle.breached, cycle.due, cycle.passes) == (
            "paused",
            None,
            None,
            None,
        )
        assert cycle.next_after(at(when)) is None


def test_r23_what_was_breached_before_is_not_shown_so_while_it_is_paused() -> None:
    case = Case("2034-06-09 09:00").waits("2034-06-09 11:00")
    cycle = case.clock(promise(HOUR), "2034-06-09 15:00")
    assert (cycle.state, cycle.is_breached) == ("paused", False)
    assert said(cycle.breached) == "2034-06-09 10:00:00", "but not forgotten"
    assert case.reopened("2034-06-09 16:00").clock(promise(HOUR), "2034-06-09 16:00").is_breached


def test_r24_every_figure_is_the_sum_of_its_intervals() -> None:
    case = Case("2034-06-09 08:46:12").waits("2034-06-09 09:15:27", "2034-06-09 11:23:49")
    case.resolved("2034-06-09 12:00").reopened("2034-06-12 11:00").waits("2034-06-12 18:30")
    cycle = case.clock(promise(4 * HOUR), "2034-06-13 09:00")
    assert [(said(a)[8:], said(b)[8:], kind) for a, b, kind in cycle.intervals] == [
        ("09 08:46:12", "09 09:15:27", "working"),
        ("09 09:15:27", "09 11:23:49", "paused:requester"),
        ("09 11:23:49", "09 12:00:00", "working"),
        ("09 12:00:00", "09 19:00:00", "stopped"),
        ("09 19:00:00", "12 10:30:00", "outside"),
        ("12 10:30:00", "12 11:00:00", "stopped"),
        ("12 11:00:00", "12 18:30:00", "working"),
        ("12 18:30:00", "12 19:00:00", "paused:requester"),
        ("12 19:00:00", "13 08:30:00", "outside"),
        ("13 08:30:00", "13 09:00:00", "paused:requester"),
    ]
    for kind, figure in (("working", cycle.elapsed), ("paused:requester", cycle.paused)):
        assert sum(b - a for a, b, word in cycle.intervals if word == kind) == figure


def test_events_count_in_the_order_of_their_times() -> None:
    """One that was entered later, but took effect earlier, takes its place."""
    case = Case("2034-06-09 09:00").resolved("2034-06-09 12:00")
    late = [Event(8, at("2034-06-09 10:00"), "state", {"phase": "waiting", "reason": "requester"})]
    late.append(Event(9, at("2034-06-09 11:00"), "state", {"phase": "open"}))
    (cycle,) = run([*case.events, *late], promise(HOUR), at("2034-06-09 13:00"))
    assert (cycle.state, cycle.elapsed) == ("missed", 2 * HOUR * SECOND)

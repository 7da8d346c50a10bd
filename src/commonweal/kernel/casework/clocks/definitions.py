"""Which promises hold for a case, from which of its events on."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from datetime import date, datetime
from functools import cache
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from ...access.public import once
from ...calendar.public import WorkingCalendar
from ...party.public import centre
from ..domain.clocks import Level, Terms
from ..models import Case, CaseEvent, ClockDefinition
from .calendars import hours_accepted, hours_known, working_calendar

Track = list[tuple[int, ClockDefinition | None]]
Kept = tuple[str, str, str]
"""Of which a case has one promise at a time: kind, metric, and teams of an OLA."""
CHANGES = ("opened", "classified", "terms")


def terms_of(
    definition: ClockDefinition, calendar: Callable[[str], WorkingCalendar] = working_calendar
) -> Terms:
    """A definition as the engine takes it."""
    days = definition.target_days is not None
    target = definition.target_days if days else definition.target_seconds
    return Terms(
        code=definition.code,
        metric=definition.metric,
        target=int(target or 0),
        calendar=calendar(definition.calendar),
        kind=definition.kind,
        days=days,
        end_of_day=definition.end_of_day,
        pauses=frozenset(definition.pauses),
        pause_cap=definition.pause_cap,
        reopen=definition.reopen,
        reclassify=definition.reclassify,
        levels=tuple(
            Level(str(row["code"]), str(row["unit"]), int(row["offset"]))
            for row in definition.levels
        ),
        teams=frozenset(definition.conditions.get("team", ())),
    )


class Reader:
    """Reads definitions, each once, and each calendar once: for one piece of work."""

    def __init__(self, calendar: Callable[[str], WorkingCalendar] = working_calendar) -> None:
        self._hours = cache(calendar)
        self._accepted = cache(hours_accepted)
        self._then = cache(hours_known)
        self._known: dict[tuple[UUID, datetime | None], Terms] = {}

    def __call__(self, definition: ClockDefinition) -> Terms:
        """A definition on the hours of today."""
        key = definition.pk, None
        if key not in self._known:
            self._known[key] = terms_of(definition, self._hours)
        return self._known[key]

    def since(self, definition: ClockDefinition, moment: datetime) -> bool:
        """Whether other hours of its calendar were accepted after a moment."""
        accepted = self._accepted(definition.calendar)
        return bool(accepted) and accepted[-1] > moment

    def then(self, definition: ClockDefinition, moment: datetime) -> Terms:
        """A definition on the hours that were known at a moment; before any were, the first."""
        if not self.since(definition, moment):
            return self(definition)
        accepted = self._accepted(definition.calendar)
        held = accepted[max(bisect_right(accepted, moment) - 1, 0)]
        key = definition.pk, held
        if key not in self._known:
            self._known[key] = terms_of(definition, lambda code: self._then(code, held))
        return self._known[key]


def facts_of(case: Case) -> dict[str, str]:
    """What the conditions of definitions may ask of a case."""
    return {
        "case_type": case.case_type.code,
        "family": case.case_type.family,
        "service": str(case.case_type.service_id),
        "category": case.category.code if case.category else "",
        "agency": str(case.agency_id),
        "channel": case.channel,
        "priority": case.priority,
    }


def fits(definition: ClockDefinition, facts: Mapping[str, str]) -> bool:
    """Whether every condition holds; `team` is asked of each stay by the engine itself."""
    return all(
        facts.get(name, "") in values
        for name, values in definition.conditions.items()
        if name != "team"
    )


def best_of(
    definitions: Iterable[ClockDefinition], facts: Mapping[str, str], day: date, known: datetime
) -> list[ClockDefinition]:
    """The definitions that hold for such a case on a day, as far as they were known at a moment: of
    each kind and metric (an OLA: of each team) the one with the most conditions, then the smallest
    code. What was decided later changes no earlier answer (design law 4)."""
    found: dict[Kept, ClockDefinition] = {}
    for each in definitions:
        if not _holds(each, day, known) or not fits(each, facts):
            continue
        key = kept_of(each)
        rival = found.get(key)
        if rival is None or _rank(each) < _rank(rival):
            found[key] = each
    return list(found.values())


class Chooser:
    """`best_of` for very many cases: the same question is answered once."""

    def __init__(self, definitions: Sequence[ClockDefinition]) -> None:
        self.definitions = definitions
        marks = {each.recorded_at for each in definitions}
        marks |= {each.ended_at for each in definitions if each.ended_at is not None}
        self._marks = sorted(marks)
        self._answers: dict[Hashable, list[ClockDefinition]] = {}

    def __call__(
        self, facts: Mapping[str, str], day: date, known: datetime
    ) -> list[ClockDefinition]:
        """As `best_of`; what was known changes only where something was decided."""
        question = (tuple(facts.items()), day, bisect_right(self._marks, known))
        if question not in self._answers:
            self._answers[question] = best_of(self.definitions, facts, day, known)
        return self._answers[question]


def _holds(definition: ClockDefinition, day: date, known: datetime) -> bool:
    if definition.starts > day or definition.recorded_at > known:
        return False
    ended = definition.ended_at is None or definition.ended_at <= known
    return definition.ends is None or definition.ends > day or not ended


def _rank(definition: ClockDefinition) -> tuple[int, str]:
    return -len(definition.conditions), definition.code


def all_definitions() -> list[ClockDefinition]:
    """Every version of every definition."""
    rows = ClockDefinition.objects.order_by("code", "starts")
    return list(once(("promises",), lambda: tuple(rows)))


def on_calendar(code: str) -> list[ClockDefinition]:
    """Every version of every promise that runs on a calendar."""
    return [each for each in all_definitions() if each.calendar == code]


def tracks_of(
    case: Case, events: Sequence[CaseEvent], definitions: Sequence[ClockDefinition]
) -> list[Track]:
    """Of each kind of promise, which definition held from which event on."""
    chosen = chosen_by(case, events, Chooser(definitions))
    return [track for _kept, track in sorted(chosen.items())]


def chosen_by(case: Case, events: Sequence[CaseEvent], best: Chooser) -> dict[Kept, Track]:
    """Which definition of each kind of promise held from which event on.

    A case goes by the versions in force on the local day it came, and by those of the day on which
    it was classified anew (R9); a later version touches an open case only by a `terms` event, which
    its coming into force writes (R10).
    """
    zone = ZoneInfo(centre().zone)
    facts = facts_of(case)
    chosen: dict[Kept, Track] = defaultdict(list)
    for event in events:
        if event.kind not in CHANGES:
            continue
        facts = {**facts, **_facts_then(event.data, facts)}
        day = event.at.astimezone(zone).date()
        now_held = {kept_of(each): each for each in best(facts, day, event.recorded_at)}
        for key in {*chosen, *now_held}:
            held = now_held.get(key)
            track = chosen[key]
            if not track and held is None:
                continue
            if not track or track[-1][1] != held:
                track.append((event.seq, held))
    return dict(chosen)


def kept_of(definition: ClockDefinition) -> Kept:
    """Of which a case has one at a time (R9)."""
    teams = ",".join(sorted(definition.conditions.get("team", ())))
    return definition.kind, definition.metric, teams if definition.kind == "ola" else ""


def _facts_then(data: Mapping[str, Any], facts: Mapping[str, str]) -> dict[str, str]:
    """What an event said of the facts at its time."""
    return {name: str(data[name]) for name in ("priority", "category", "channel") if name in data}

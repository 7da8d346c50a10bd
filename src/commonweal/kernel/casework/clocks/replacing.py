"""Promises that take the place of others on very many open cases (R9, R11): on which, and what
becomes of their clocks.

Where the old and the new promise start, stop and stand still at the same things, the rows know
everything: the old clock ends now, the new one runs from the same start with the same gaps, and all
of one promise are computed at once. Any other case is computed from its events.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet

from ...calendar.public import micros, moment_of, now, today
from ...party.public import centre
from ...schema.public import uuid7
from ..copying import copy_rows, loaded
from ..domain.clocks import Cycle
from ..models import Case, CaseEvent, Clock, ClockDefinition, ClockFiring
from ..models.cases import FAR
from .bulk import Moved, Preview, Row, at_once, moved_of, open_rows_of
from .definitions import (
    CHANGES,
    Chooser,
    Kept,
    Reader,
    all_definitions,
    chosen_by,
    facts_of,
    kept_of,
)
from .projection import FIELDS, cycles_of, values_of
from .putting import written_levels

PUT_ON = "casework.apply_promises"
STEP = 2_000
"""Cases that are looked at, and then held, at a time."""
Pair = tuple[ClockDefinition | None, ClockDefinition | None]
"""The promise that a case went by, and the one in force today; None: there is none."""
Pairs = dict[Kept, Pair]
LIVE = ("running", "paused")
_ASKED = (
    "id", "agency_id", "channel", "priority", "last_event", "updated_at", "case_type__code",
    "case_type__family", "case_type__service_id", "category__code",
)  # fmt: skip


@dataclass
class Replaced(Preview):
    """What other promises do to open cases: how many cases of each agency go by others, how many
    clocks move which way, end without another, or begin."""

    cases: int = 0
    begun: int = 0
    withdrawn: int = 0
    cases_of: dict[UUID, int] = field(default_factory=dict)

    def add_case(self, agency: UUID) -> None:
        """Count a case that goes by other promises."""
        self.cases += 1
        self.cases_of[agency] = self.cases_of.get(agency, 0) + 1


@dataclass(frozen=True)
class Single:
    """A case as its events say, with its clocks that went on."""

    case: Case
    cycles: list[tuple[ClockDefinition, Cycle]]
    rows: dict[UUID, Row]


@dataclass
class Turn:
    """What becomes of some cases: the clocks that end, each with its reason, those that begin, each
    with its promise, and the cases of them; and the cases that were computed from their events."""

    cases: list[Case] = field(default_factory=list)
    ended: list[tuple[Moved, str]] = field(default_factory=list)
    begun: list[tuple[Moved, ClockDefinition]] = field(default_factory=list)
    singly: list[Single] = field(default_factory=list)

    @property
    def all_cases(self) -> list[Case]:
        """Every case that goes by other promises."""
        return [*self.cases, *(each.case for each in self.singly)]


def open_cases(after: UUID | None, limit: int) -> list[Case]:
    """The next open cases, as far as promises ask of them."""
    rows = _open() if after is None else _open().filter(pk__gt=after)
    return list(rows[:limit])


def open_cases_of(ids: Sequence[UUID]) -> list[Case]:
    """Those of some cases that are open."""
    return list(_open().filter(pk__in=ids))


def _open() -> QuerySet[Case]:
    rows = Case.objects.select_related("case_type", "category").only(*_ASKED)
    return rows.filter(phase__in=["open", "waiting"]).order_by("id")


def other_promises(cases: Sequence[Case], best: Chooser) -> dict[UUID, Pairs]:
    """Which of the cases would go by other promises if these were put on them now."""
    moment, day = now(), today(centre().zone)
    events: dict[UUID, list[CaseEvent]] = {}
    ids = [case.pk for case in cases]
    rows = CaseEvent.objects.filter(case_id__in=ids, kind__in=CHANGES).order_by("case_id", "seq")
    for event in rows:
        events.setdefault(event.case_id, []).append(event)
    found: dict[UUID, Pairs] = {}
    for case in cases:
        tracks = chosen_by(case, events.get(case.pk, []), best)
        after = {kept_of(each): each for each in best(facts_of(case), day, moment)}
        pairs: Pairs = {
            kept: (before, after.get(kept))
            for kept in sorted({*tracks, *after})
            if (before := tracks[kept][-1][1] if kept in tracks else None) != after.get(kept)
        }
        if pairs:
            found[case.pk] = pairs
    return found


def turn(cases: Sequence[Case], found: dict[UUID, Pairs], as_of: datetime) -> Turn:
    """What becomes of cases whose promises are others now."""
    result, read, rows = Turn(), Reader(), _open_clocks([case.pk for case in cases])
    old: dict[UUID, list[tuple[Row, Pair]]] = {}
    promises: dict[UUID, ClockDefinition] = {}
    singly: list[Case] = []
    for case in cases:
        own = rows.get(case.pk, {})
        pairs = [
            (own.get(pair[0].pk) if pair[0] else None, pair) for pair in found[case.pk].values()
        ]
        if not all(_rows_know(row, pair, read) for row, pair in pairs):
            singly.append(case)
            continue
        result.cases.append(case)
        for row, pair in pairs:
            for each in pair:
                if each is not None:
                    promises[each.pk] = each
            if row is not None:
                old.setdefault(row.definition, []).append((row, pair))
    for definition, some in old.items():
        _end(result, promises[definition], some, read, as_of)
    result.singly = list(_from_events(singly, rows, read, as_of))
    return result


def _from_events(
    cases: Sequence[Case], rows: dict[UUID, dict[UUID, Row]], read: Reader, as_of: datetime
) -> Iterator[Single]:
    """The cases with one more event, that other terms hold from now on."""
    if not cases:
        return
    events: dict[UUID, list[CaseEvent]] = {}
    ids = [case.pk for case in cases]
    for event in CaseEvent.objects.filter(case_id__in=ids).order_by("case_id", "seq"):
        events.setdefault(event.case_id, []).append(event)
    definitions = all_definitions()
    for case in cases:
        known = [*events.get(case.pk, []), _terms_event(case, as_of)]
        cycles = cycles_of(case, known, definitions, as_of, read)
        yield Single(case, cycles, rows.get(case.pk, {}))


def _open_clocks(cases: Sequence[UUID]) -> dict[UUID, dict[UUID, Row]]:
    found: dict[UUID, dict[UUID, Row]] = {}
    for row in open_rows_of(cases):
        found.setdefault(row.case, {})[row.definition] = row
    return found


def _rows_know(row: Row | None, pair: Pair, read: Reader) -> bool:
    """Whether the row of the old promise tells everything about the new one; one that says the same
    in other words goes on with the same clock."""
    before, after = pair
    if before is None:
        return False
    if row is not None and row.retaken and before.reclassify == "from_now":
        return False
    return after is None or (
        (before.pauses, before.reopen) == (after.pauses, after.reopen)
        and after.reclassify == "retroactive"
        and read(before) != read(after)
    )


def _end(
    result: Turn,
    before: ClockDefinition,
    some: Sequence[tuple[Row, Pair]],
    read: Reader,
    as_of: datetime,
) -> None:
    """End the clocks of one promise, and begin those of the promises that take its place."""
    moment = micros(as_of)
    ended = at_once([_closed(row, moment) for row, _pair in some], read(before), as_of, {})
    heirs: dict[UUID, tuple[ClockDefinition, list[Row]]] = {}
    for moved, (row, (_before, after)) in zip(ended, some, strict=True):
        result.ended.append((moved, "superseded" if after else "withdrawn"))
        if after is not None:
            heirs.setdefault(after.pk, (after, []))[1].append(row)
    for after, rows in heirs.values():
        for moved in at_once(rows, read(after), as_of, {}):
            result.begun.append((_taken_over(moved, as_of), after))


def _closed(row: Row, moment: int) -> Row:
    """A clock that ends now: so does its pause, and one that began now was none."""
    gaps = [[start, moment if end is None else end, reason] for start, end, reason in row.gaps]
    return replace(row, gaps=[gap for gap in gaps if gap[0] < gap[1]])


def _taken_over(moved: Moved, as_of: datetime) -> Moved:
    """A clock that takes over now: what is past due is breached by that, and of the levels that it
    has passed only the last is set off (R9)."""
    moment, reason = micros(as_of), moved.reason
    past = [level for level in moved.levels if level[1] <= moment]
    levels = moved.levels
    if len(past) > 1:
        coming = tuple(level for level in levels if level[1] > moment)
        levels = (max(past, key=lambda level: level[1]), *coming)
    if moved.breached is not None and moved.breached <= as_of and not reason:
        reason = "reclassified"
    return replace(moved, levels=levels, reason=reason)


def count(found: Replaced, step: Turn, as_of: datetime) -> None:
    """Add what becomes of some cases to the figures."""
    for case in step.all_cases:
        found.add_case(case.agency_id)
    for moved, _promise in step.begun:
        found.add(moved)
    found.withdrawn += sum(reason == "withdrawn" for _moved, reason in step.ended)
    by_id = {each.pk: each for each in all_definitions()}
    for single in step.singly:
        old = {kept_of(by_id[pk]): row for pk, row in single.rows.items()}
        for definition, cycle in single.cycles:
            row = single.rows.get(definition.pk)
            if row is not None and row.cycle == cycle.number:
                found.withdrawn += cycle.reason == "withdrawn"
            elif cycle.state in LIVE:
                before = old.get(kept_of(definition))
                if before is None:
                    found.begun += 1
                else:
                    found.add(moved_of(before, cycle, micros(as_of), set()))


def _terms_event(case: Case, as_of: datetime) -> CaseEvent:
    return CaseEvent(
        agency_id=case.agency_id, case_id=case.pk, seq=case.last_event + 1, at=as_of,
        recorded_at=as_of, kind="terms", actor_kind="user", data={},
    )  # fmt: skip


_SHAPE = """id uuid, due_at timestamptz, breached_at timestamptz, elapsed_us bigint,
  paused_us bigint, reason text, gaps jsonb"""
_COLUMNS = "id, due_at, breached_at, elapsed_us, paused_us, reason, gaps"
_ENDED = """
UPDATE casework_clock c SET state = 'cancelled', stopped_at = %(at)s, due_at = m.due_at,
  breached_at = m.breached_at, elapsed_us = m.elapsed_us, paused_us = m.paused_us,
  next_at = NULL, levels = '[]', reason = m.reason, gaps = m.gaps
FROM loaded m WHERE c.id = m.id"""
_SHOW = """
UPDATE casework_case k SET last_event = k.last_event + 1,
  updated_at = greatest(k.updated_at, %(at)s), due_at = s.due,
  sort_due = coalesce(s.due, %(far)s), breached = coalesce(s.breached, false)
FROM (SELECT t.id, min(c.due_at) AS due,
             bool_or(c.breached_at IS NOT NULL AND c.state = 'running') AS breached
      FROM unnest(%(ids)s::uuid[]) AS t (id)
      LEFT JOIN casework_clock c ON c.case_id = t.id AND c.kind = 'sla'
        AND c.state IN ('running', 'paused')
      GROUP BY t.id) AS s
WHERE k.id = s.id"""


def put(step: Turn, as_of: datetime, by: UUID | None) -> None:
    """Write it, in the caller's transaction, which holds the cases: in each an event `terms`, the
    old clocks kept as they ended, the new ones, and what the lists show."""
    _put_ended(step.ended, as_of)
    _put_singly(step.singly, as_of)
    copy_rows(Clock, [_clock(moved, promise, as_of) for moved, promise in step.begun])
    cases = step.all_cases
    events = [_terms_event(case, as_of) for case in cases]
    for event in events:
        event.actor_id = by
    copy_rows(CaseEvent, events)
    with connection.cursor() as cursor:
        ids = [case.pk for case in cases]
        cursor.execute(_SHOW, {"at": as_of, "far": FAR, "ids": ids})


def _put_singly(singly: Sequence[Single], as_of: datetime) -> None:
    """Write the clocks of cases that were computed from their events, where they differ."""
    ids, moment = [each.case.pk for each in singly], micros(as_of)
    old = {(row.case_id, row.definition_id, row.cycle): row
           for row in Clock.objects.filter(case_id__in=ids)}  # fmt: skip
    fired: dict[tuple[UUID, UUID, int], set[str]] = {}
    for each in ClockFiring.objects.filter(case_id__in=ids):
        fired.setdefault((each.case_id, each.definition_id, each.cycle), set()).add(each.level)
    fresh = []
    for single in singly:
        for definition, cycle in single.cycles:
            key = (single.case.pk, definition.pk, cycle.number)
            values = values_of(cycle, fired.get(key, set()), moment)
            row = old.get(key)
            if cycle.state in LIVE and cycle.breached and (row is None or not row.breached_at):
                values |= {"breached_at": None, "next_at": as_of}  # the timer notes and tells it
            if row is not None and all(getattr(row, name) == values[name] for name in FIELDS):
                del old[key]
                continue
            fresh.append(Clock(
                id=row.pk if row is not None else uuid7(), agency_id=single.case.agency_id,
                case_id=single.case.pk, definition=definition, cycle=cycle.number, **values,
            ))  # fmt: skip
    Clock.objects.filter(pk__in=[row.pk for row in old.values()]).delete()
    copy_rows(Clock, fresh)


def _put_ended(ended: Iterable[tuple[Moved, str]], as_of: datetime) -> None:
    rows = (
        (each.row.pk, each.due, each.breached, each.elapsed, each.paused, reason,
         json.dumps(each.row.gaps))
        for each, reason in ended
    )  # fmt: skip
    with loaded(_SHAPE, _COLUMNS, rows) as cursor:
        cursor.execute(_ENDED, {"at": as_of})


def _clock(moved: Moved, promise: ClockDefinition, as_of: datetime) -> Clock:
    """A clock that took over. If it is past due by that, the timer notes it, at once: it tells of
    it as of any other promise."""
    row = moved.row
    return Clock(
        id=uuid7(), agency_id=row.agency, case_id=row.case, definition=promise,
        cycle=row.cycle + 1, kind=promise.kind, metric=promise.metric,
        state="paused" if moved.standing else "running", started_at=moment_of(row.started),
        due_at=moved.due, elapsed_us=moved.elapsed, paused_us=moved.paused,
        reason=moved.reason, next_at=as_of if moved.breached else moved.coming,
        levels=written_levels(moved), gaps=row.gaps,
    )  # fmt: skip

"""Lists of cases: each goes by an order that an index holds, each counter is kept, never counted.

A list shows one *field* of cases (a queue, all of one's own, an agency's, a requester's), in one
*standing* (live or done), in one order. Every combination has its index in `models.cases`; the plan
test of the lists says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Q, QuerySet, Sum

from ...access.public import Actor, once, require, require_somewhere
from ...schema.public import FIRST, Listing, Place, listing, turn
from ..models import Case, CaseCount, Queue, TeamMember
from ..models.cases import LIVE
from ..rules import ASK, VIEW, VIEW_ALL, WORK, teams_of
from ..search import words_of

DONE = Q(phase__in=["resolved", "closed"])
STANDINGS = {"live": LIVE, "done": DONE}
ORDERS: dict[str, tuple[str, ...]] = {
    "due": ("sort_due", "id"),
    "newest": ("-opened_at", "-id"),
    "oldest": ("opened_at", "id"),
    "updated": ("-updated_at", "-id"),
    "priority": ("priority", "opened_at", "id"),
}
UNLISTED = (
    "answers",
    *(f"case_type__{each}" for each in ("form", "matrix", "skills", "tasks", "items",
                                        "description")),
    *(f"category__{each}" for each in ("form", "keywords", "skills", "description")),
)  # fmt: skip
"""What no list shows: read for every row, it was the greater part of reading a list."""


@dataclass(frozen=True)
class View:
    """What a list shows. `field`: queue mine unassigned agency all own; `key`: queue or agency."""

    field: str = "mine"
    key: UUID | None = None
    standing: str = "live"
    order: str = "due"
    priority: str = ""
    breached: bool = False

    @property
    def offered(self) -> bool:
        """Whether an index holds such a list: late ones go by due moment; done ones by when they
        came or changed, those of one priority only by when they came."""
        if self.standing == "live":
            return self.order == "due" or not self.breached
        by = ("newest", "oldest") if self.priority else ("newest", "oldest", "updated")
        return self.order in by and not self.breached


def own_queues(actor: Actor) -> list[Queue]:
    """The queues that an agent works on: those of their teams; every one with `view_all`."""
    rows = Queue.objects.filter(active=True).select_related("team")
    if not actor.may(VIEW_ALL):
        require(actor, WORK)
        teams = TeamMember.objects.filter(user_id=actor.user_id).values("team_id")
        rows = rows.filter(team_id__in=teams)
    every = actor.may(VIEW_ALL)
    whose = ("queues", None if every else actor.user_id)
    return list(once(whose, lambda: tuple(rows.order_by("name", "id"))))


def _field(actor: Actor, view: View) -> QuerySet[Case]:
    rows = Case.objects.all()
    if view.field == "mine":
        require(actor, WORK)
        return rows.filter(assignee=actor.user_id)
    if view.field in ("queue", "unassigned"):
        queue = next((each for each in own_queues(actor) if each.pk == view.key), None)
        if queue is None:
            return rows.none()
        rows = rows.filter(queue_id=queue.pk)
        return rows.filter(assignee__isnull=True) if view.field == "unassigned" else rows
    if view.field == "agency" and view.key is not None:
        if not actor.may(VIEW_ALL):
            require(actor, VIEW, view.key)
        return rows.filter(agency_id=view.key)
    if view.field == "own" and view.key is not None:
        require(actor, ASK, view.key)
        mine = Q(requester__person_id=actor.person_id) | Q(reporter__person_id=actor.person_id)
        return rows.filter(mine, agency_id=view.key)
    require(actor, VIEW_ALL)
    return rows


def cases(actor: Actor, view: View, place: Place = FIRST) -> Listing[Case]:
    """A page of cases that the actor may see."""
    rows = _field(actor, view).filter(STANDINGS[view.standing])
    if view.priority:
        rows = rows.filter(priority=view.priority)
    if view.breached:
        rows = rows.filter(breached=True)
    rows = rows.select_related("agency", "category", "case_type", "queue", "requester")
    return listing(rows.defer(*UNLISTED), ORDERS[view.order], place)


def queue_counts(actor: Actor) -> dict[UUID, dict[str, int]]:
    """Live, breached and done cases of each of the actor's queues, from the kept counters."""
    queues = [each.pk for each in own_queues(actor)]
    rows = (
        CaseCount.objects.filter(queue_id__in=queues)
        .values_list("queue_id", "phase", "breached")
        .annotate(n=Sum("number"))
        .order_by()
    )
    found: dict[UUID, dict[str, int]] = {
        queue: {"live": 0, "breached": 0, "done": 0} for queue in queues
    }
    for queue, phase, breached, number in rows:
        live = phase in ("open", "waiting")
        found[queue]["live" if live else "done"] += number
        if live and breached:
            found[queue]["breached"] += number
    return found


def counts(actor: Actor, agency_id: UUID) -> dict[str, int]:
    """Live, breached and done cases of an agency, from the kept counters."""
    if not actor.may(VIEW_ALL):
        require(actor, VIEW, agency_id)
    rows = (
        CaseCount.objects.filter(agency_id=agency_id)
        .values_list("phase", "breached")
        .annotate(n=Sum("number"))
        .order_by()
    )
    found = {"live": 0, "breached": 0, "done": 0}
    for phase, breached, number in rows:
        live = phase in ("open", "waiting")
        found["live" if live else "done"] += number
        if live and breached:
            found["breached"] += number
    return found


_FIND = """
SELECT first.case_id FROM casework_caseword AS first
WHERE {words} AND {behind}
ORDER BY first.case_id {way} LIMIT %s"""
_ALSO = """EXISTS (SELECT 1 FROM casework_caseword AS also
 WHERE also.case_id = first.case_id AND also.word = %s)"""


_THEIRS = """EXISTS (SELECT 1 FROM casework_case AS theirs
 WHERE theirs.id = first.case_id AND {theirs})"""


def search_cases(actor: Actor, text: str, place: Place = FIRST) -> Listing[Case]:
    """The newest cases with every word of a text, among those that the actor may see.

    An id tells when its case was written down (UUIDv7), so that the newest come first without
    sorting.
    """
    words = words_of([text])[:8]
    if not words:
        return Listing(())
    theirs, values = _theirs(actor)

    def read(start: list[str], backwards: bool, limit: int) -> Sequence[Case]:
        ids = _ids(words, (theirs, values), start, backwards, limit)
        rows = Case.objects.filter(pk__in=ids).select_related(
            "agency", "category", "case_type", "queue", "requester"
        ).defer(*UNLISTED)  # fmt: skip
        found = {row.pk: row for row in rows}
        return [found[each] for each in ids if each in found]

    return turn(read, place, 1, lambda row: [row.pk])


def _theirs(actor: Actor) -> tuple[str, list[Any]]:
    """Which of the cases in scope are the actor's: nothing to add for those who see all."""
    if actor.centre:
        if actor.may(VIEW_ALL):
            return "", []
        require(actor, WORK)
        return "(theirs.team_id = ANY(%s) OR theirs.assignee = %s)", [
            list(teams_of(actor)), actor.user_id,
        ]  # fmt: skip
    whole = list(actor.agencies_with(VIEW))
    require_somewhere(actor, ASK)
    mine = "(SELECT id FROM casework_contact WHERE person_id = %s)"
    return f"(theirs.agency_id = ANY(%s) OR theirs.requester_id IN {mine})", [
        whole, actor.person_id,
    ]  # fmt: skip


def _ids(
    words: Sequence[str],
    theirs: tuple[str, list[Any]],
    start: list[str],
    backwards: bool,
    limit: int,
) -> list[UUID]:
    lead, *others = sorted(words, key=len, reverse=True)
    terms, values = ["first.word = %s"], [lead, *others]
    terms += [_ALSO] * len(others)
    if theirs[0]:
        terms.append(_THEIRS.format(theirs=theirs[0]))
        values += theirs[1]
    behind = "true"
    if start:
        behind = "first.case_id > %s" if backwards else "first.case_id < %s"
        values.append(start[0])
    statement = _FIND.format(
        words=" AND ".join(terms), behind=behind, way="ASC" if backwards else "DESC"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [*values, limit])
        return [row[0] for row in cursor.fetchall()]

"""Lists of cases: each goes by an order that an index holds, each counter is kept, never counted.

A list shows one *field* of cases (a queue, all of one's own, an agency's, a requester's), in one
*standing* (live or done), in one order. Every combination has its index in `models.cases`; the plan
test of the lists says so.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from uuid import UUID

from django.db.models import Q, QuerySet, Sum

from ...access.public import Actor, once, require
from ...schema.public import FIRST, Listing, Place, listing_of
from ..models import Case, CaseCount, Queue, TeamMember
from ..models.cases import LIVE
from ..rules import ASK, VIEW, VIEW_ALL, WORK, own_contacts, represented

DONE = Q(phase__in=["resolved", "closed"])
STANDINGS = {"live": LIVE, "done": DONE}
ORDERS: dict[str, tuple[str, ...]] = {
    "due": ("sort_due", "id"),
    "newest": ("-opened_at", "-id"),
    "oldest": ("opened_at", "id"),
    "updated": ("-updated_at", "-id"),
    "priority": ("priority", "sort_due", "id"),
}
UNLISTED = (
    "answers",
    *(f"case_type__{each}" for each in ("form", "matrix", "skills", "tasks", "items",
                                        "description")),
    *(f"category__{each}" for each in ("form", "keywords", "skills", "description")),
)  # fmt: skip
"""What no list shows: read for every row, it was the greater part of reading a list."""
CAME = ("newest", "oldest")


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
        """Whether an index holds such a list.

        Live cases of one priority, and late ones, go by due moment; what nobody has is live and
        does not go by its last change. Done cases go by when they came or changed, those of one
        priority by when they came. One's own go by when they came, of every priority.
        """
        narrowed = bool(self.priority) or self.breached
        if self.field == "own":
            return self.order in CAME and not narrowed
        if self.standing == "done":
            orders = CAME if self.priority else (*CAME, "updated")
            return self.field != "unassigned" and not self.breached and self.order in orders
        if self.breached:
            return self.order == "due" and not (self.priority and self.field == "unassigned")
        if self.priority:
            return self.order in ("due", "priority")
        return self.order != "updated" or self.field != "unassigned"

    def near(self) -> View:
        """This list, or the one that is offered and nearest to it."""
        found = self
        if found.field == "own":
            found = replace(found, priority="", breached=False)
        elif found.breached or found.field == "unassigned":
            found = replace(found, standing="live")
        if found.breached and found.field == "unassigned":
            found = replace(found, priority="")
        orders = (found.order, "due", "newest")
        return next(
            each for each in (replace(found, order=order) for order in orders) if each.offered
        )


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
    require(actor, VIEW_ALL)
    return rows


def _own(actor: Actor, agency_id: UUID) -> list[QuerySet[Case]]:
    """What somebody asked for, or those for all of whose cases they act, and what they reported for
    others: each held by an index."""
    require(actor, ASK, agency_id)
    mine, rows = own_contacts(actor, [agency_id]), Case.objects.filter(agency_id=agency_id)
    if not mine:
        return []
    asked = [*mine, *represented(actor, [agency_id])]
    return [rows.filter(requester_id__in=asked), rows.filter(reporter_id__in=mine)]


def cases(actor: Actor, view: View, place: Place = FIRST) -> Listing[Case]:
    """A page of cases that the actor may see."""
    own = view.field == "own" and view.key is not None
    parts = _own(actor, view.key) if own and view.key else [_field(actor, view)]
    narrow = STANDINGS[view.standing]
    if view.priority:
        narrow &= Q(priority=view.priority)
    if view.breached:
        narrow &= Q(breached=True)
    with_names = ("agency", "category", "case_type", "queue", "requester")
    rows = [part.filter(narrow).select_related(*with_names).defer(*UNLISTED) for part in parts]
    return listing_of(rows, ORDERS[view.order], place)


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

"""How casework is set up, who is known, and what waits for an approval."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Q

from ...access.public import Actor, require
from ...schema.public import FIRST, Listing, Place, listing
from ..models import (
    Approval,
    Article,
    CaseType,
    Category,
    Contact,
    Queue,
    ReadyAnswer,
    RoutingRule,
    Team,
    TeamMember,
)
from ..rules import MANAGE, WORK
from ..search import words_of


def teams(actor: Actor) -> list[Team]:
    """Every team, by name."""
    require(actor, WORK)
    return list(Team.objects.order_by("name", "id"))


def members(actor: Actor, team: Team) -> list[TeamMember]:
    """Who belongs to a team."""
    require(actor, WORK)
    return list(team.members.order_by("person_id"))


def queues(actor: Actor) -> list[Queue]:
    """Every queue, by name."""
    require(actor, WORK)
    return list(Queue.objects.select_related("team", "service").order_by("name", "id"))


def rules(actor: Actor) -> list[RoutingRule]:
    """The routing rules in their order."""
    require(actor, MANAGE)
    return list(RoutingRule.objects.select_related("queue").order_by("position"))


def case_types(actor: Actor, audience: str = "") -> list[CaseType]:
    """The kinds of cases in use, by name; those of an audience ("agency", "citizen")."""
    rows = CaseType.objects.filter(active=True).select_related("service", "queue")
    if audience or not actor.centre:
        rows = rows.filter(audience__in=[audience or "agency", "both"])
    return list(rows.order_by("name", "id"))


def categories(actor: Actor, audience: str = "", agency_code: str = "") -> list[Category]:
    """What cases can be about, by name: for an audience, and what an agency offers to its own."""
    rows = Category.objects.filter(active=True, case_type__active=True).select_related("case_type")
    if audience or not actor.centre:
        rows = rows.filter(case_type__audience__in=[audience or "agency", "both"])
    if agency_code:
        rows = rows.filter(agency_code__in=["", agency_code])
    return list(rows.order_by("name", "id"))


def ready_answers(actor: Actor) -> list[ReadyAnswer]:
    """The answers that agents give often."""
    require(actor, WORK)
    return list(ReadyAnswer.objects.order_by("name", "id"))


def articles_for(actor: Actor, text: str, limit: int = 3) -> list[Article]:
    """The articles that share the most words with a text, of those that the actor may read."""
    spoken = set(words_of([text]))
    if not spoken:
        return []
    audiences = ["public"]
    if actor.kind not in ("anonymous", "citizen"):
        audiences.append("agency")
    if actor.centre:
        audiences.append("staff")
    rows = Article.objects.filter(active=True, audience__in=audiences)
    scored = []
    for row in rows.order_by("title", "id"):
        strong = spoken & set(words_of([row.title, " ".join(row.words)]))
        weak = spoken & set(words_of([row.text]))
        score = 3 * len(strong) + len(weak)
        if strong or len(weak) > 2:
            scored.append((-score, row.title, row))
    return [row for _score, _title, row in sorted(scored, key=lambda each: each[:2])[:limit]]


def contacts_like(actor: Actor, agency_id: UUID, text: str, limit: int = 10) -> list[Contact]:
    """The contacts of an agency whose name, address or telephone number begins as typed."""
    require(actor, WORK)
    typed = text.strip()
    if len(typed) < 2:
        return []
    rows = Contact.objects.filter(agency_id=agency_id, erased_at__isnull=True)
    found = rows.filter(
        Q(name__istartswith=typed) | Q(email__istartswith=typed) | Q(phone__startswith=typed)
    )
    return list(found.order_by("name", "id")[:limit])


def waiting_approvals(actor: Actor, agency_id: UUID, place: Place = FIRST) -> Listing[Approval]:
    """What waits for a yes or no in an agency, the oldest first, if the actor may give it."""
    rows = Approval.objects.filter(agency_id=agency_id, state="open")
    allowed = [
        name
        for name in rows.values_list("permission", flat=True).distinct()
        if actor.may(name, agency_id)
    ]
    rows = rows.filter(permission__in=allowed).select_related("case", "case__requester")
    return listing(rows, ("asked_at", "id"), place)

"""How casework is set up, who is known, and what waits for an approval."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db.models import Q

from ...access.public import SYSTEM, Actor, act_as, require
from ...schema.public import FIRST, Listing, NotFound, Place, listing
from ..models import (
    Approval,
    Article,
    Case,
    CaseType,
    Category,
    ClockDefinition,
    Contact,
    Queue,
    ReadyAnswer,
    RoutingRule,
    Team,
    TeamMember,
)
from ..phones import beginnings
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
    rows = Category.objects.filter(active=True, case_type__active=True).select_related(
        "case_type", "queue"
    )
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
    """The contacts of an agency whose name, address or telephone number begins as typed, a number
    also as people write it in the centre's country."""
    require(actor, WORK)
    typed = text.strip()
    if len(typed) < 2:
        return []
    rows = Contact.objects.filter(agency_id=agency_id, erased_at__isnull=True)
    fits = Q(name__istartswith=typed) | Q(email__istartswith=typed)
    for number in beginnings(typed):
        fits |= Q(phone__startswith=number)
    found = rows.filter(fits)
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


def article(actor: Actor, code: str) -> Article:
    """A piece of knowledge that the actor may read (CASE-411)."""
    found = Article.objects.filter(code=code, active=True).first()
    allowed = found is not None and (
        found.audience == "public"
        or (found.audience == "agency" and actor.kind not in ("anonymous", "citizen"))
        or actor.centre
    )
    if found is None or not allowed:
        raise NotFound("CASE-411", "There is no such article. Search for it.")
    return found


def articles(actor: Actor, place: Place | None = FIRST) -> Listing[Article]:
    """Every piece of knowledge, by title."""
    require(actor, WORK)
    return listing(Article.objects.all(), ("title", "id"), place)


def promises(actor: Actor) -> list[ClockDefinition]:
    """Every version of every promise about time."""
    require(actor, WORK)
    return list(ClockDefinition.objects.order_by("code", "-starts", "id"))


def contact(actor: Actor, agency_id: UUID, contact_id: UUID) -> Contact:
    """A contact of an agency, for those who work on cases (CASE-412)."""
    require(actor, WORK)
    found = Contact.objects.filter(pk=contact_id, agency_id=agency_id).first()
    if found is None:
        raise NotFound("CASE-412", "There is no such contact of this agency.")
    return found


def category(actor: Actor, code: str, audience: str = "", agency_code: str = "") -> Category:
    """What can be asked for by a code, by whoever may ask for it, of an agency (CASE-413)."""
    found = (
        Category.objects.filter(code=code, active=True, case_type__active=True)
        .select_related("case_type")
        .first()
    )
    wanted = audience or ("" if actor.centre else "agency")
    unfit = found is not None and (
        (wanted and found.case_type.audience not in (wanted, "both"))
        or (agency_code and found.agency_code not in ("", agency_code))
    )
    if found is None or unfit:
        raise NotFound("CASE-413", "There is nothing like this to ask for. Look at the list.")
    return found


@dataclass(frozen=True)
class Expected:
    """How long such cases took: half of them, and eight of ten, within so long; of how many."""

    half: timedelta
    most: timedelta
    cases: int


ENOUGH, LATEST = 10, 100


def expected_time(actor: Actor, category: Category) -> Expected | None:
    """How long the last hundred such cases took, of every agency in scope; None below ten.

    Durations only, nothing of any case.
    """
    rows = Case.objects.filter(
        category=category, phase__in=["resolved", "closed"], resolved_at__isnull=False
    ).order_by("-resolved_at")
    pairs = rows.values_list("opened_at", "resolved_at")[:LATEST]
    with act_as(SYSTEM):
        spans = sorted(end - start for start, end in pairs if end is not None)
    if len(spans) < ENOUGH:
        return None
    return Expected(spans[len(spans) // 2], spans[len(spans) * 4 // 5], len(spans))

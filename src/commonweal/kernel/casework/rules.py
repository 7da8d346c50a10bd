"""Who may do what with cases.

Agents see and work on the cases of their teams' queues; `casework.view_all` sees every queue. An
agency's people see their own cases, those with `casework.view` every case of their agency. A
citizen has no account: a door that has checked who knocks acts as `citizen(...)`, whose grants name
single cases, and whose scope is one agency.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from uuid import UUID

from django.db.models import Q, QuerySet

from ..access.public import Actor, once
from ..calendar.public import today
from ..party.public import centre
from ..schema.public import Forbidden, NotFound
from .domain.errors import CaseError
from .models import Case, Consent, Contact, Office, TeamMember

__all__ = [
    "CaseError",
    "citizen",
    "may_see",
    "may_serve",
    "require_case",
    "require_serve",
    "require_work",
    "side_of",
    "trusted",
]

WORK = "casework.work"
VIEW_ALL = "casework.view_all"
VIEW = "casework.view"
ASK = "casework.ask"
OPEN = "casework.open_as_citizen"
CASE = "casework.case"
MANAGE = "casework.manage"
TAKE = "casework.take_money"
WAIVE = "casework.waive_fees"
PAY_BACK = "casework.pay_back"
SERVED = ("called", "serving", "done")


def citizen(agency_id: UUID, cases: Iterable[UUID] = ()) -> Actor:
    """Whoever stands at a public door: may open cases with one agency, and act in those named."""
    grants = {(OPEN, agency_id), *((CASE, case_id) for case_id in cases)}
    return Actor(kind="citizen", agencies=frozenset({agency_id}), grants=frozenset(grants))


def trusted(actor: Actor, case_id: UUID) -> Actor:
    """Somebody whom a room has let act on a case that it owns, by its own permissions: the same
    person, who may see and speak in this one case."""
    grants = actor.grants | {(CASE, case_id)}
    scopes = actor.scopes | {CASE} if actor.scopes is not None else None
    return replace(actor, grants=grants, scopes=scopes)


def is_citizen(actor: Actor) -> bool:
    """Whether the actor stands at a public door."""
    return actor.kind == "citizen"


def teams_of(actor: Actor) -> frozenset[UUID]:
    """The teams that the actor's account belongs to."""
    if actor.user_id is None:
        return frozenset()
    rows = TeamMember.objects.filter(user_id=actor.user_id)
    return once(("teams", actor.user_id), lambda: frozenset(rows.values_list("team_id", flat=True)))


def may_see(actor: Actor, case: Case) -> bool:
    """Whether a case is the actor's to see."""
    if (CASE, case.pk) in actor.grants:
        return is_citizen(actor) or actor.centre or case.agency_id in actor.agencies
    if is_citizen(actor):
        return False
    if actor.kind == "system":
        return True
    if actor.centre:
        return actor.may(VIEW_ALL) or (actor.may(WORK) and _in_team(actor, case))
    if case.agency_id not in actor.agencies:
        return False
    return actor.may(VIEW, case.agency_id) or (
        actor.may(ASK, case.agency_id) and is_own(actor, case)
    )


def _in_team(actor: Actor, case: Case) -> bool:
    if actor.user_id is not None and case.assignee == actor.user_id:
        return True
    return case.team_id in teams_of(actor) or _serves(actor, case)


def _serves(actor: Actor, case: Case) -> bool:
    """Whether who asked stands at the actor's desk now, or did so in the last of their visits."""
    if actor.user_id is None:
        return False
    last = case.tickets.order_by("-id").values_list("clerk", "state").first()
    return last is not None and last[0] == actor.user_id and last[1] in SERVED


def may_serve(actor: Actor, office: Office) -> bool:
    """Whether the actor serves at an office: a member of its queue's team, or who sees all."""
    if actor.kind == "system":
        return True
    if not actor.centre or not actor.may(WORK):
        return False
    return actor.may(VIEW_ALL) or office.queue.team_id in teams_of(actor)


def require_serve(actor: Actor, office: Office) -> None:
    """Refuse whoever does not serve at an office (CASE-608)."""
    require_desk_work(actor)
    if not may_serve(actor, office):
        raise Forbidden(
            "CASE-608",
            f"You do not serve at {office.name}. Ask to be put into the team of its queue.",
        )


def is_own(actor: Actor, case: Case) -> bool:
    """Whether the actor asked for the case, for themselves or for somebody else."""
    known = [each for each in (case.requester, case.reporter) if each is not None]
    mine = actor.person_id is not None and any(each.person_id == actor.person_id for each in known)
    if mine or actor.user_id is None:
        return mine
    return bool(case.watchers.filter(user_id=actor.user_id).exists()) or _acts_for(actor, case)


def standing() -> QuerySet[Consent]:
    """The consents that hold today."""
    ends = Q(ends_on__isnull=True) | Q(ends_on__gte=today(centre().zone))
    return Consent.objects.filter(ends, ended_at__isnull=True)


def acting(case: Case) -> QuerySet[Consent]:
    """The consents under which somebody may act in a case today, for whom it is: several may, of a
    business."""
    for_case = Q(case=case) | Q(case__isnull=True, person_id=case.requester_id)
    return standing().filter(for_case, person_id=case.requester_id)


def _acts_for(actor: Actor, case: Case) -> bool:
    if actor.person_id is None or case.requester_id is None:
        return False
    return acting(case).filter(agent__person_id=actor.person_id).exists()


def own_contacts(actor: Actor, agencies: Iterable[UUID]) -> list[UUID]:
    """The contacts that the actor's person is, in these agencies: one in each, mostly."""
    if actor.person_id is None:
        return []
    rows = Contact.objects.filter(agency_id__in=list(agencies), person_id=actor.person_id)
    return list(rows.values_list("pk", flat=True))


def represented(actor: Actor, agencies: Iterable[UUID]) -> list[UUID]:
    """The contacts for all of whose cases the actor's person may act today: mostly businesses."""
    if actor.person_id is None:
        return []
    rows = standing().filter(
        agency_id__in=list(agencies), case__isnull=True, agent__person_id=actor.person_id
    )
    return list(rows.values_list("person_id", flat=True).distinct())


def gone() -> NotFound:
    """The error for a case that is not there, or not the actor's to see: both look alike."""
    return NotFound("CASE-404", "There is no such case among those you may see.")


def require_case(actor: Actor, case: Case | None) -> Case:
    """The case, if it is the actor's to see (CASE-404)."""
    if case is None or not may_see(actor, case):
        raise gone()
    return case


def require_work(actor: Actor, case: Case) -> None:
    """Refuse unless the actor works on the case (ACCESS-403)."""
    if not (actor.centre and (CASE, case.pk) in actor.grants):
        require_desk_work(actor)


def require_desk_work(actor: Actor) -> None:
    """Refuse unless the actor is of the centre and works on cases (ACCESS-403)."""
    permission = WORK
    if actor.kind != "system" and not (actor.centre and actor.may(permission)):
        raise Forbidden(
            "ACCESS-403",
            f"You may not do this ({permission}). "
            "Ask your administrator for a role that includes it.",
        )


def side_of(actor: Actor, case: Case) -> str:
    """Which side an actor is on in a case: agent, requester or system."""
    if actor.kind == "system":
        return "system"
    return "agent" if actor.centre else "requester"

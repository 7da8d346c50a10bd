"""Writes: who holds which role, and who lends it."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q

from ...access.public import SYSTEM, Actor, Role, act_as, put_role, require
from ...audit.public import action, record
from ...calendar.public import Span, today
from ...jobs.public import all_manifests
from ...schema.public import Conflict, NotFound
from ..models import Agency, Bureau, Delegation, Membership, Person
from ..rules import (
    CENTRE_SIDE,
    PartyError,
    check_side,
    require_may_manage,
    require_not_beyond,
    require_not_self,
)
from ..selectors import centre
from .people import find_person

ROLE_NAMES = {
    "director": "Director",
    "finance_officer": "Finance officer",
    "service_owner": "Service owner",
    "agent": "Agent",
    "clerk": "Clerk",
    "administrator": "Administrator",
    "auditor": "Auditor",
    "external_auditor": "External auditor",
    "board_member": "Board member",
    "agency_finance": "Agency finance officer",
    "agency_liaison": "Agency liaison",
    "agency_approver": "Agency approver",
    "agency_employee": "Agency employee",
    "agency_usage": "Agency usage reader",
}


def _role(code: str) -> Role:
    role = Role.objects.filter(pk=code).first()
    if role is None:
        raise NotFound("PARTY-407", f"There is no role “{code}”. Choose one of the roles listed.")
    return role


def _agency(agency_id: UUID) -> Agency:
    agency = Agency.objects.filter(pk=agency_id).first()
    if agency is None:
        raise NotFound("PARTY-405", "There is no such agency, or you may not see it.")
    return agency


def _check_limitable(role: Role) -> None:
    """A role may be limited to a bureau if each of its permissions knows bureaus (PARTY-126)."""
    known = {code for manifest in all_manifests() for code in manifest.by_bureau}
    beyond = sorted(set(role.permissions) - known)
    if role.side == CENTRE_SIDE or beyond or not role.permissions:
        names = f" ({', '.join(beyond[:3])})" if beyond else ""
        raise PartyError(
            "PARTY-126",
            f"The role “{role.name}” cannot be limited to a bureau: it is about more than one"
            f" bureau's records{names}. Give it for the whole agency, or give the role “Agency"
            " usage reader” for the bureau.",
        )


@action
def add_membership(
    *,
    actor: Actor,
    person_id: UUID,
    role: str,
    agency_id: UUID | None = None,
    bureau_id: UUID | None = None,
    starts: date | None = None,
    ends: date | None = None,
) -> Membership:
    """Give a person a role from `starts` (today) until before `ends` (open).

    `agency_id` None: the centre's own row, for centre roles. `bureau_id`: only for that bureau,
    which the role must allow (PARTY-126). PARTY-114 if the role is held already on some of these
    days; PARTY-111 if the role's side does not fit the agency.
    """
    wanted = _role(role)
    agency = _agency(agency_id or centre().agency_id)
    check_side(wanted.side, agency.kind)
    require_may_manage(actor, agency.pk, wanted.side)
    require_not_beyond(actor, wanted.permissions, agency.pk)
    require_not_self(actor, person_id)
    person = find_person(person_id)
    if bureau_id and not Bureau.objects.filter(pk=bureau_id, agency=agency).exists():
        raise NotFound("PARTY-408", "There is no such bureau in this agency.")
    if bureau_id:
        _check_limitable(wanted)
    span = Span(starts or today(centre().zone), ends)
    try:
        with transaction.atomic():
            membership = Membership.objects.create(
                agency=agency,
                person=person,
                user_id=person.user_id,
                role=wanted,
                bureau_id=bureau_id,
                starts=span.start,
                ends=span.end,
            )
    except IntegrityError as error:
        raise Conflict(
            "PARTY-114", "This person holds this role already on some of these days."
        ) from error
    record(
        actor=actor,
        verb="party.membership_added",
        target=membership,
        agency_id=agency.pk,
        payload={
            "person": person.pk,
            "role": wanted.code,
            "bureau": bureau_id,
            "starts": span.start,
            "ends": span.end,
        },
    )
    return membership


@action
def end_membership(*, actor: Actor, membership_id: UUID, ends: date | None = None) -> Membership:
    """End a role: `ends` (today) is the first day without it. What was lent from it ends with it.

    A role's past is not rewritten: an end before today, or later than a recorded end, is refused
    (PARTY-115). A role that has not begun is withdrawn as an empty span.
    """
    membership = (
        Membership.objects.select_for_update(of=("self",))
        .select_related("role")
        .filter(pk=membership_id)
        .first()
    )
    if membership is None:
        raise NotFound("PARTY-409", "There is no such membership, or you may not see it.")
    require_may_manage(actor, membership.agency_id, membership.role.side)
    day = today(centre().zone)
    end = max(ends or day, membership.starts)
    if (ends and ends < day) or (membership.ends and end > membership.ends):
        raise PartyError(
            "PARTY-115", "Choose an end that is not in the past and not after the present end."
        )
    membership.ends = end
    membership.save(update_fields=["ends"])
    lent = Delegation.objects.filter(
        from_person_id=membership.person_id,
        role=membership.role,
        agency_id=membership.agency_id,
        ends__gt=end,
    )
    for loan in lent:
        _cut(actor, loan, end)
    record(
        actor=actor,
        verb="party.membership_ended",
        target=membership,
        agency_id=membership.agency_id,
        payload={"ends": end},
    )
    return membership


def _check_lendable(lender: Person, role: Role, agency: Agency, span: Span) -> None:
    """The lender holds the role by membership on every day of the span (PARTY-116)."""
    held = Membership.objects.filter(
        Q(ends__isnull=True) | Q(ends__gte=span.end),
        person=lender,
        role=role,
        agency=agency,
        bureau__isnull=True,
        starts__lte=span.start,
    )
    if not held.exists():
        raise PartyError(
            "PARTY-116",
            "A role can be lent only by somebody who holds it themself, for the whole agency and "
            "on every day of the loan. Choose other days, or another role.",
        )


@action
def delegate(
    *,
    actor: Actor,
    from_person_id: UUID,
    to_person_id: UUID,
    role: str,
    agency_id: UUID | None = None,
    starts: date | None = None,
    ends: date,
    reason: str,
) -> Delegation:
    """Lend a role from `starts` (today) until before `ends`, with a reason of ten characters.

    The lender may do it, or whoever may give the role. A centre role is lent only inside the
    centre; an agency role may go to a person of another agency (a small agency's second approver).
    """
    wanted = _role(role)
    agency = _agency(agency_id or centre().agency_id)
    lender, borrower = find_person(from_person_id), find_person(to_person_id)
    if actor.person_id == lender.pk:
        require(actor, "party.delegate", agency.pk)
    else:
        require_may_manage(actor, agency.pk, wanted.side)
        require_not_beyond(actor, wanted.permissions, agency.pk)
        require_not_self(actor, borrower.pk)
    if lender.pk == borrower.pk:
        raise PartyError("PARTY-117", "Choose somebody else: a role is not lent to oneself.")
    if len(reason.strip()) < 10:
        raise PartyError("PARTY-118", "Say in at least ten characters why the role is lent.")
    if wanted.side == CENTRE_SIDE and borrower.home_agency_id not in (
        None,
        centre().agency_id,
    ):
        raise PartyError("PARTY-119", "A role of the centre can be lent only inside the centre.")
    day = today(centre().zone)
    span = Span(starts or day, ends)
    if span.start < day:
        raise PartyError("PARTY-120", "A loan cannot begin in the past. Choose a later start.")
    _check_lendable(lender, wanted, agency, span)
    try:
        with transaction.atomic():
            delegation = Delegation.objects.create(
                agency=agency,
                from_person=lender,
                to_person=borrower,
                to_user_id=borrower.user_id,
                role=wanted,
                starts=span.start,
                ends=ends,
                reason=reason.strip(),
                recorded_by=actor.user_id,
            )
    except IntegrityError as error:
        raise Conflict("PARTY-121", "This role is lent to them already on some days.") from error
    record(
        actor=actor,
        verb="party.role_lent",
        target=delegation,
        agency_id=agency.pk,
        payload={
            "from": lender.pk,
            "to": borrower.pk,
            "role": wanted.code,
            "starts": span.start,
            "ends": ends,
        },
    )
    return delegation


def _cut(actor: Actor, loan: Delegation, end: date) -> None:
    loan.ends = max(end, loan.starts)
    loan.save(update_fields=["ends"])
    record(
        actor=actor,
        verb="party.loan_ended",
        target=loan,
        agency_id=loan.agency_id,
        payload={"ends": loan.ends},
    )


@action
def end_delegation(*, actor: Actor, delegation_id: UUID) -> Delegation:
    """End a loan today. The lender, the borrower, or whoever may give the role."""
    loan = (
        Delegation.objects.select_for_update(of=("self",))
        .select_related("role")
        .filter(pk=delegation_id)
        .first()
    )
    if loan is None:
        raise NotFound("PARTY-410", "There is no such loan of a role, or you may not see it.")
    if actor.person_id not in (loan.from_person_id, loan.to_person_id):
        require_may_manage(actor, loan.agency_id, loan.role.side)
    _cut(actor, loan, min(loan.ends, today(centre().zone)))
    return loan


def sync_roles(*, actor: Actor = SYSTEM) -> list[str]:
    """Create the default roles of all manifests, and give existing ones permissions new to them.

    A permission that an administrator took from a role stays away unless it is new to this
    installation: known permissions are those that some role already names. Returns changed codes.
    """
    wanted: dict[str, set[str]] = defaultdict(set)
    for manifest in all_manifests():
        for code, permissions in manifest.roles.items():
            wanted[code].update(permissions)
    changed: list[str] = []
    with act_as(actor):
        present = {role.code: set(role.permissions) for role in Role.objects.all()}
        known: set[str] = set().union(*present.values())
        for code in sorted(ROLE_NAMES.keys() | wanted.keys()):
            fresh = wanted[code] if code not in present else wanted[code] - known
            if code in present and not fresh:
                continue
            put_role(
                actor=actor,
                code=code,
                name=ROLE_NAMES.get(code, code.replace("_", " ").capitalize()),
                side="agency" if code.startswith("agency_") else CENTRE_SIDE,
                permissions=present.get(code, set()) | fresh,
            )
            changed.append(code)
    return changed

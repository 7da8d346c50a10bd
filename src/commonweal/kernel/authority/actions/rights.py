"""Who may decide: amount limits and second approvers, themselves decided by two people."""

from __future__ import annotations

from datetime import date
from uuid import UUID, uuid5

from django.db import IntegrityError, transaction
from django.db.models import Q

from ...access.public import Actor, Role, require
from ...audit.public import action, record
from ...calendar.public import Span, today
from ...party.public import Delegation, Membership, agency, centre
from ...schema.public import Conflict, NotFound
from ...words.public import day as day_words
from ...words.public import money
from ..domain import LIMIT, SECOND, SIDES, AuthorityError, NotYours
from ..models import AmountLimit, Decision, SecondApprover
from ..registry import Amounts, amounts_of
from ..rules import in_force
from .decisions import propose

SET_LIMITS = "authority.set_limits"
NAME_SECOND = "authority.name_second_approver"
_KEYS = UUID("6a7d3f0e-6f5c-4d3e-9a52-7f0d5b1c9e11")
"""Names the thing that a proposal is about, so that one proposal at a time waits for it."""


def _local_day() -> date:
    return today(centre().zone)


def _role_for(role: str, amounts: Amounts, agency_id: UUID | None) -> Role:
    """The role, if it decides on such things at all, and is one that the asker may limit."""
    found = Role.objects.filter(pk=role).first()
    permission = amounts.permissions.get(found.side) if found else None
    if found is None or permission not in found.permissions:
        raise AuthorityError(
            "AUTHORITY-117", f"“{role}” is no role that may {amounts.words}. Choose one that may."
        )
    if agency_id is not None and found.side != SIDES[1]:
        raise AuthorityError(
            "AUTHORITY-118", "An agency limits its own roles. Choose a role of agencies."
        )
    return found


@action
def propose_limit(
    *,
    actor: Actor,
    role: str,
    subject_type: str,
    max_minor: int | None,
    starts: date | None = None,
    ends: date | None = None,
    agency_id: UUID | None = None,
) -> Decision:
    """Propose up to which amount (minor units of the centre's currency) a role may decide.

    From `starts` (today) on; `max_minor` None: no limit of its own from then on. `agency_id` None:
    for the centre and every agency. A second person with the same right approves it. Errors:
    AUTHORITY-113 negative, -116 in the past, -117 and -118 not such a role, -103 one waits.
    """
    amounts = amounts_of(subject_type)
    wanted = _role_for(role, amounts, agency_id)
    if max_minor is not None and max_minor < 0:
        raise AuthorityError("AUTHORITY-113", "A limit is zero or more. Enter such an amount.")
    span = Span(starts or _local_day(), ends)
    _require_future(span)
    own = agency(actor, agency_id) if agency_id else None
    currency = centre().currency
    many = f"up to {money(max_minor, currency)}" if max_minor is not None else "without a limit"
    until = f" until before {day_words(span.end)}" if span.end else ""
    place = own.name if own else "the centre and every agency"
    statement = (
        f"From {day_words(span.start)}{until} the role “{wanted.name}” may {amounts.words} {many} "
        f"for {place}."
    )
    return propose(
        actor=actor,
        subject_type=LIMIT,
        subject_id=uuid5(_KEYS, f"{agency_id}:{role}:{subject_type}"),
        label=f"Limit of the role “{wanted.name}”",
        statement=statement,
        permission=SET_LIMITS,
        agency_id=agency_id,
        effect={
            "role": role,
            "subject": subject_type,
            "max_minor": max_minor,
            "currency": currency,
            "starts": span.start,
            "ends": span.end,
        },
    )


def _require_future(span: Span) -> None:
    if span.start < _local_day():
        raise AuthorityError(
            "AUTHORITY-116", "It cannot begin in the past. Choose today or a later first day."
        )


def _span_of(decision: Decision) -> Span:
    """The days that were proposed, from the day of the decision at the earliest."""
    given = decision.effect
    ends = date.fromisoformat(given["ends"]) if given["ends"] else None
    start = max(date.fromisoformat(given["starts"]), _local_day())
    if ends is not None and ends <= start:
        raise AuthorityError(
            "AUTHORITY-119", "Its days are over. Reject or withdraw it, and propose it anew."
        )
    return Span(start, ends)


def put_limit(actor: Actor, decision: Decision) -> None:
    """Let an approved limit hold; a running one of the same role and subject ends where it begins.

    One that begins later must be withdrawn by another proposal first (AUTHORITY-112).
    """
    given, span = decision.effect, _span_of(decision)
    place = Q(agency_id=decision.agency_id) if decision.agency_id else Q(agency__isnull=True)
    same = AmountLimit.objects.select_for_update().filter(
        place, role_id=given["role"], subject_type=given["subject"]
    )
    same.filter(in_force(span.start)).update(ends=span.start)
    if given["max_minor"] is not None:
        try:
            with transaction.atomic():
                AmountLimit.objects.create(
                    agency_id=decision.agency_id,
                    role_id=given["role"],
                    subject_type=given["subject"],
                    max_minor=given["max_minor"],
                    currency=given["currency"],
                    starts=span.start,
                    ends=span.end,
                    decision=decision,
                )
        except IntegrityError as error:
            raise Conflict("AUTHORITY-112", "Another limit begins within these days.") from error
    record(
        actor=actor,
        verb="authority.limit_set",
        target=decision,
        agency_id=decision.agency_id,
        payload={"role": given["role"], "subject": given["subject"],
                 "max_minor": given["max_minor"], "starts": span.start, "ends": span.end},
    )  # fmt: skip


@action
def propose_second_approver(
    *,
    actor: Actor,
    agency_id: UUID,
    person_id: UUID,
    starts: date | None = None,
    ends: date | None = None,
) -> Decision:
    """Propose who approves what the agency's only officer proposes.

    The person must hold a role in the agency, or borrow one by recorded delegation from another
    agency (AUTHORITY-114). Nobody names themself (AUTHORITY-115). A second person approves it.
    """
    require(actor, NAME_SECOND, agency_id)
    span = Span(starts or _local_day(), ends)
    _require_future(span)
    _check_second(actor, agency_id, person_id, span.start)
    own = agency(actor, agency_id)
    until = f" until before {day_words(span.end)}" if span.end else ""
    return propose(
        actor=actor,
        subject_type=SECOND,
        subject_id=uuid5(_KEYS, f"{agency_id}:{person_id}"),
        label=f"Second approver of {own.name}",
        statement=(
            f"From {day_words(span.start)}{until} {own.name} has a second approver, who may decide "
            "what another of its people proposes."
        ),
        permission=NAME_SECOND,
        agency_id=agency_id,
        effect={"person": person_id, "starts": span.start, "ends": span.end},
    )


def _check_second(actor: Actor, agency_id: UUID, person_id: UUID, day: date) -> None:
    if actor.person_id == person_id:
        raise NotYours("AUTHORITY-115", "Somebody else must name you as second approver.")
    running = in_force(day)
    member = Membership.objects.filter(
        running, agency_id=agency_id, bureau__isnull=True, person_id=person_id
    )
    lent = Delegation.objects.filter(running, agency_id=agency_id, to_person_id=person_id)
    if not member.exists() and not lent.exists():
        raise AuthorityError(
            "AUTHORITY-114",
            "The second approver needs a role in this agency, or one lent to them from it. "
            "Give or lend them a role first.",
        )


def put_second_approver(actor: Actor, decision: Decision) -> None:
    """Let an approved naming hold; an earlier one of the same person ends where it begins."""
    agency_id, person_id = decision.agency_id, UUID(decision.effect["person"])
    if agency_id is None:
        raise AuthorityError("AUTHORITY-114", "A second approver is named for an agency.")
    span = _span_of(decision)
    _check_second(actor, agency_id, person_id, span.start)
    SecondApprover.objects.filter(
        Q(ends__isnull=True) | Q(ends__gt=span.start),
        agency_id=agency_id,
        person_id=person_id,
        starts__lte=span.start,
    ).update(ends=span.start)
    named = SecondApprover.objects.create(
        agency_id=agency_id,
        person_id=person_id,
        starts=span.start,
        ends=span.end,
        decision=decision,
    )
    record(
        actor=actor,
        verb="authority.second_approver_named",
        target=named,
        agency_id=agency_id,
        payload={"person": person_id, "starts": span.start, "ends": span.end},
    )


@action
def end_second_approver(*, actor: Actor, second_approver_id: UUID) -> SecondApprover:
    """End a second approver's naming today; one person alone may take this right away."""
    named = SecondApprover.objects.select_for_update().filter(pk=second_approver_id).first()
    if named is None:
        raise NotFound("AUTHORITY-405", "There is no such second approver, or you may not see it.")
    require(actor, NAME_SECOND, named.agency_id)
    named.ends = max(named.starts, _local_day())
    named.save(update_fields=["ends"])
    record(
        actor=actor,
        verb="authority.second_approver_ended",
        target=named,
        agency_id=named.agency_id,
        payload={"ends": named.ends},
    )
    return named

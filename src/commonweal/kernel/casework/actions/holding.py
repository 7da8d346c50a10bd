"""Legal holds: put by one person, lifted by two, always with a reason."""

from __future__ import annotations

from uuid import UUID

from ...access.public import SYSTEM, Actor, act_as, require
from ...audit.public import action, record
from ...calendar.public import now
from ...notices.public import notify_role
from ...party.public import centre
from ...schema.public import Conflict, NotFound
from ..domain.errors import CaseError
from ..models import Case, Contact, LegalHold
from ..rules import MANAGE
from .privacy import HOLDING, SHORTEST_REASON


@action
def put_legal_hold(
    *, actor: Actor, reason: str, case_id: UUID | None = None, contact_id: UUID | None = None
) -> LegalHold:
    """Keep everything of a case, or of a contact, from erasure until the hold is lifted.

    It stands at once: what waits for a second person could be erased meanwhile. Errors: CASE-147
    not exactly one of both, 148 no reason, 404, 406, 149 a hold stands already.
    """
    require(actor, MANAGE)
    if (case_id is None) == (contact_id is None):
        raise CaseError("CASE-147", "Hold either a case or a contact. Name one of them.")
    reason = _reason(reason)
    case = (
        Case.objects.select_for_update(of=("self",))
        .filter(pk__in=[case_id] if case_id else [])
        .first()
    )
    contact = (
        Contact.objects.select_for_update()
        .filter(pk__in=[contact_id] if contact_id else [])
        .first()
    )
    if case_id is not None and case is None:
        raise NotFound("CASE-404", "There is no such case among those you may see.")
    if contact_id is not None and contact is None:
        raise NotFound("CASE-406", "There is no such contact among those you may see.")
    if LegalHold.objects.filter(case=case, contact=contact, state__in=HOLDING).exists():
        raise Conflict("CASE-149", "A hold stands on this already. Lift it first to give another.")
    found = case or contact
    assert found is not None
    hold = LegalHold.objects.create(
        agency_id=found.agency_id, case=case, contact=contact, reason=reason, put_by=actor.user_id
    )
    _mark(case)
    _note(actor, hold, "case.hold_put")
    return hold


@action
def lift_hold(*, actor: Actor, hold_id: UUID, reason: str = "") -> LegalHold:
    """Ask to lift a hold, with a reason; or agree, if another person asked before.

    Errors: CASE-407 no such hold, 148 no reason, 151 lifted before, 152 the same person.
    """
    require(actor, MANAGE)
    hold = LegalHold.objects.select_for_update().filter(pk=hold_id).first()
    if hold is None:
        raise NotFound("CASE-407", "There is no such hold among those you may see.")
    if hold.state == "lifted":
        raise Conflict("CASE-151", "This hold was lifted before.")
    if hold.state == "held":
        hold.lift_reason = _reason(reason)
        hold.state, hold.lift_asked_by, hold.lift_asked_at = "ending", actor.user_id, now()
        hold.save()
        _note(actor, hold, "case.hold_ending")
        _ask_another(hold)
        return hold
    if actor.user_id is None or actor.user_id == hold.lift_asked_by:
        raise Conflict(
            "CASE-152", "You asked to lift this hold. Another person has to agree, not you."
        )
    hold.state, hold.lifted_by, hold.lifted_at = "lifted", actor.user_id, now()
    hold.save()
    _mark(hold.case)
    _note(actor, hold, "case.hold_lifted")
    return hold


@action
def keep_hold(*, actor: Actor, hold_id: UUID) -> LegalHold:
    """Do not lift a hold that somebody asked to lift (CASE-407, 153 nobody asked)."""
    require(actor, MANAGE)
    hold = LegalHold.objects.select_for_update().filter(pk=hold_id).first()
    if hold is None:
        raise NotFound("CASE-407", "There is no such hold among those you may see.")
    if hold.state != "ending":
        raise Conflict("CASE-153", "Nobody asked to lift this hold. It stands as it is.")
    hold.state, hold.lift_reason = "held", ""
    hold.lift_asked_by = hold.lift_asked_at = None
    hold.save()
    _note(actor, hold, "case.hold_kept")
    return hold


def _reason(text: str) -> str:
    if len(text.strip()) < SHORTEST_REASON:
        raise CaseError(
            "CASE-148", "Say in at least ten characters why: the reason is kept.", field="reason"
        )
    return text.strip()[:500]


def _mark(case: Case | None) -> None:
    if case is not None:
        held = LegalHold.objects.filter(case=case, state__in=HOLDING).exists()
        Case.objects.filter(pk=case.pk).update(hold=held)


def _note(who: Actor, hold: LegalHold, verb: str) -> None:
    record(
        actor=who,
        verb=verb,
        target=hold,
        agency_id=hold.agency_id,
        payload={"case": hold.case_id, "contact": hold.contact_id},
    )


def _ask_another(hold: LegalHold) -> None:
    with act_as(SYSTEM):
        notify_role(
            actor=SYSTEM,
            agency_id=centre().agency_id,
            permission=MANAGE,
            template="case_hold_ending",
            context={"hold": str(hold.pk), "asked": str(hold.lift_asked_at)},
        )

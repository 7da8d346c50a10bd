"""Who may act for whom, and whether somebody is who they say: consents, checks, approvals."""

from __future__ import annotations

import hashlib
import hmac
from datetime import date, timedelta
from uuid import UUID

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from ...access.public import SYSTEM, Actor, act_as, require
from ...audit.public import action
from ...calendar.public import now, today
from ...jobs.public import enqueue
from ...party.public import Person, centre
from ...schema.public import Conflict, Forbidden, NotFound
from ..domain.errors import CaseError
from ..models import Approval, Case, Consent, Contact, IdentityCheck, Interaction
from ..registry import sender
from ..rules import require_work
from .events import append, locked, require_whole

MINUTES = 15
HOWS = ("call_back", "code", "in_person")
SEND_CODE = "casework.send_code"
LONG_KNOWN = timedelta(days=1)


@action
def record_consent(
    *,
    actor: Actor,
    case_id: UUID,
    person: UUID,
    agent: UUID | None = None,
    how: str,
    scope: str = "case",
    ends_on: date | None = None,
) -> Consent:
    """Record that somebody agreed that another acts for them: how they said so, and until when.

    `scope`: this case, all of theirs, or a business's matters. Without an `agent` it is whoever
    records it, who fills in a form for them. CASE-134 how, 135 who, 136 end.
    """
    case = locked(actor, case_id)
    require_work(actor, case)
    asked = {each for each in (person, agent) if each is not None}
    known = Contact.objects.filter(agency_id=case.agency_id, pk__in=asked)
    found = {row.pk: row for row in known}
    if len(found) != len(asked) or person == agent:
        raise CaseError("CASE-135", "Choose two people whom this agency knows.", field="agent")
    if len(how.strip()) < 5 or scope not in ("case", "all", "business"):
        raise CaseError(
            "CASE-134", "Say how the consent was given, such as “signed form of 3 November”.",
            field="how",
        )  # fmt: skip
    if ends_on is not None and ends_on <= today(centre().zone):
        raise CaseError("CASE-136", "The consent would have ended. Give a later day.",
                        field="ends_on")  # fmt: skip
    made = Consent.objects.create(
        agency_id=case.agency_id,
        person=found[person],
        agent=found[agent] if agent is not None else None,
        scope=scope,
        case=case if scope == "case" else None,
        how=how.strip()[:200],
        ends_on=ends_on,
        recorded_by=actor.user_id,
    )
    append(actor, case, "consent", {"consent": str(made.pk), "scope": scope}, reproject=False)
    return made


@action
def end_consent(*, actor: Actor, case_id: UUID, consent_id: UUID) -> Consent:
    """A consent holds no more; what was done under it stays (CASE-137)."""
    case = locked(actor, case_id)
    require_work(actor, case)
    row = Consent.objects.filter(
        pk=consent_id, agency_id=case.agency_id, ended_at__isnull=True
    ).first()
    if row is None:
        raise CaseError("CASE-137", "There is no such consent that still holds.")
    row.ended_at = now()
    row.save(update_fields=["ended_at"])
    append(actor, case, "consent_ended", {"consent": str(row.pk)}, reproject=False)
    return row


def _hash(check_id: UUID, code: str) -> str:
    key = f"identity:{settings.SECRET_KEY}"
    return hmac.new(key.encode(), f"{check_id}:{code}".encode(), hashlib.sha256).hexdigest()


def _known_before(contact: Contact, case: Case) -> bool:
    """Whether a number was theirs a day before the case at least, as an agent or they themselves
    said: one that the request named, or a stranger at a door, proves nothing."""
    since = contact.phone_known_at
    return bool(contact.phone) and since is not None and since <= case.recorded_at - LONG_KNOWN


@action
def begin_check(*, actor: Actor, case_id: UUID, method: str) -> IdentityCheck:
    """Begin to check who asks: a call-back to a number known before, a code, or seen in person
    (CASE-138, 139). The code goes by e-mail to the address that is known to be theirs; nobody
    here sees it, so that whoever can say it has read it there."""
    case = locked(actor, case_id)
    require_work(actor, case)
    require_whole(case)
    contact = case.requester
    if contact is None:
        raise CaseError("CASE-138", "Nobody is named who could be checked. Name who asks first.")
    if method not in HOWS:
        raise CaseError("CASE-138", "Choose how to check who asks.", field="method")
    if method == "call_back" and not _known_before(contact, case):
        raise Conflict(
            "CASE-139",
            "No number of theirs was known before this case. Never call back a number that the "
            "request itself names: send a code, or ask them to come.",
        )
    if method == "code" and not _sure_address(contact):
        raise Conflict(
            "CASE-139",
            "No address of theirs is known to be theirs. Call back a number known before, or ask "
            "them to come.",
        )
    IdentityCheck.objects.filter(case=case, state="open").update(state="expired")
    row = IdentityCheck(
        agency_id=case.agency_id,
        case=case,
        contact=contact,
        method=method,
        expires_at=now() + timedelta(minutes=MINUTES if method == "code" else 24 * 60),
    )
    row.code_hash = _hash(row.pk, code_of_check(row)) if method == "code" else ""
    row.save(force_insert=True)
    append(actor, case, "identity_begun", {"check": str(row.pk), "method": method},
           reproject=False)  # fmt: skip
    if method == "code":
        with act_as(SYSTEM):
            enqueue(
                actor=SYSTEM,
                kind=SEND_CODE,
                payload={"check": str(row.pk)},
                key=f"code:{row.pk}",
                agency_id=case.agency_id,
            )
    return row


def _sure_address(contact: Contact) -> str:
    """The e-mail address that is known to be a contact's: that of their account here, else one of
    which they proved that it is theirs ("": none)."""
    if contact.person_id is not None:
        rows = Person.objects.filter(pk=contact.person_id)
        return str(rows.values_list("email", flat=True).first() or "")
    return contact.email if contact.verified_at is not None else ""


def code_of_check(row: IdentityCheck) -> str:
    """The code of a check: made of its id and our key, and kept nowhere."""
    key = f"identity code:{settings.SECRET_KEY}"
    made = hmac.new(key.encode(), str(row.pk).encode(), hashlib.sha256).digest()
    return f"{int.from_bytes(made[:8], 'big') % 10**8:08d}"


def send_code(check_id: UUID) -> None:
    """Send the code of a check that is open to whoever is checked; safe to repeat (CASE-180
    without anybody who sends mail)."""
    rows = IdentityCheck.objects.select_related("case__queue", "case__agency", "contact")
    row = rows.filter(pk=check_id, method="code", state="open", expires_at__gt=now()).first()
    to = _sure_address(row.contact) if row is not None and row.contact is not None else ""
    if row is None or row.contact is None or not to:
        return
    row.contact.email = to
    send = sender("email")
    if send is None:
        raise Conflict("CASE-180", "No outgoing mail is set up. Set it up, then try again.")
    with translation.override(row.contact.language or centre().locale):
        text = _(
            "Your code is %(code)s. Tell it to whoever works on %(number)s with you; it holds for "
            "%(minutes)s minutes.\n\nYou asked for nothing? Then tell it to nobody."
        ) % {"code": code_of_check(row), "number": row.case.number, "minutes": MINUTES}
    # Not a message of the case, where those who check would read it.
    letter = Interaction(id=row.pk, agency_id=row.agency_id, case=row.case, contact=row.contact,
                         at=now(), channel="email", direction="out", human=False)  # fmt: skip
    letter.text = text
    send(letter)


@action
def finish_check(
    *, actor: Actor, check_id: UUID, passed: bool = False, code: str = "", note: str = ""
) -> IdentityCheck:
    """Record how a check ended. A code is compared, with five tries in a quarter of an hour; for
    the other ways the agent says it, with a note of what was asked (CASE-140, 141)."""
    row = IdentityCheck.objects.filter(pk=check_id).first()
    if row is None:
        raise NotFound("CASE-406", "There is no such check among those you may see.")
    case = locked(actor, row.case_id)
    require_work(actor, case)
    row = IdentityCheck.objects.select_for_update().get(pk=check_id)
    if row.state != "open" or row.expires_at <= now():
        raise Conflict("CASE-140", "This check has ended or ran out. Begin another.")
    if row.method == "code":
        passed = hmac.compare_digest(row.code_hash, _hash(row.pk, code.strip()))
        row.tries_left -= 0 if passed else 1
    elif passed and len(note.strip()) < 5:
        raise CaseError("CASE-141", "Say how they were recognised.", field="note")
    if passed or row.method != "code" or row.tries_left == 0:
        row.state = "passed" if passed else "failed"
        row.checked_at, row.checked_by = now(), actor.user_id
    row.note = note.strip()[:200]
    row.save()
    append(actor, case, "identity", {"check": str(row.pk), "state": row.state}, reproject=False)
    return row


@action
def decide_approval(
    *, actor: Actor, approval_id: UUID, approved: bool, reason: str = ""
) -> Approval:
    """Say yes or no to what a case asks, with the permission it asks for and not for oneself.

    CASE-142 decided before, 143 one's own, 144 a no without its reason.
    """
    row = Approval.objects.filter(pk=approval_id).first()
    if row is None:
        raise NotFound("CASE-407", "There is no such approval among those you may see.")
    require(actor, row.permission, row.agency_id)
    case = locked(actor, row.case_id)
    row = Approval.objects.select_for_update().get(pk=approval_id)
    if row.state != "open":
        raise Conflict("CASE-142", "This was decided already. Look at the case.")
    asked = {row.asked_by}
    requester = case.requester
    if actor.user_id in asked or (
        requester is not None and requester.person_id and requester.person_id == actor.person_id
    ):
        raise Forbidden(
            "CASE-143", "You asked for this, or it is for you. Somebody else must decide it."
        )
    if not approved and not reason.strip():
        raise CaseError("CASE-144", "Say why not: whoever asked reads it.", field="reason")
    row.state = "approved" if approved else "refused"
    row.decided_by, row.decided_at = actor.user_id, now()
    row.reason = reason.strip()[:500]
    row.save()
    append(actor, case, "approval", {"approval": str(row.pk), "state": row.state}, reproject=False)
    return row

"""Where a readable message goes: into its case, into a new one, or nowhere, with the reason.

- Our own signed id among its references names its case. A case number in the subject counts only
  where the sender's address is of whoever asked, and no mail server of ours says it is forged.
- Whoever writes by e-mail speaks as somebody who asks, never as an agent.
- What is automatic opens, reopens and answers nothing; with a signed id it is kept in its case.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext as _

from commonweal.kernel.access.public import SYSTEM
from commonweal.kernel.calendar.public import now
from commonweal.kernel.casework.public import (
    Case,
    CaseError,
    Contact,
    Incoming,
    Interaction,
    MailReceipt,
    NewCase,
    Queue,
    Said,
    acknowledge,
    add_note,
    agency_of_sender,
    answered_by_itself,
    attach,
    mail_times,
    open_case,
    party_case,
    put_contact,
    receive_message,
    times_of,
)
from commonweal.kernel.documents.public import GuardError
from commonweal.kernel.party.public import Agency, Person, centre

from .loops import OPENINGS, REOPENS, REPLIES, allowed

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Delivered:
    """What became of a message, whose it is, and the interaction that people read."""

    receipt: MailReceipt
    agency_id: UUID | None = None
    interaction: UUID | None = None
    opened: bool = False


def deliver_to_cases(found: Incoming, desk: Queue, *, vouched: bool = False) -> Delivered:
    """Put a message where it belongs (inside the system's scope and one transaction). `vouched`: a
    person lets it in, however much its sender wrote today."""
    case = _case(found)
    if found.auto in {"bounce", "report"}:
        return _bounced(found, case)
    if found.auto == "loop":
        return Delivered(MailReceipt("dropped_loop", "loop"), case.agency_id if case else None)
    if case is not None:
        return _into(case, found)
    if found.auto:
        state = "quarantined" if found.auto in {"list", "bulk"} else "dropped_loop"
        return Delivered(MailReceipt(state, found.auto))
    return _opened(found, desk, vouched)


def _case(found: Incoming) -> Case | None:
    if found.thread is not None:
        rows = Case.objects.filter(pk=found.thread, erased_at__isnull=True)
        return rows.select_related("agency").first()
    if found.hint and found.human and found.proofs.get("dmarc") != "fail":
        return party_case(found.hint, found.sender)
    return None


def _bounced(found: Incoming, case: Case | None) -> Delivered:
    """A message of ours did not arrive: whoever works on its case should know, once in a while."""
    status = found.bounce.status if found.bounce else ""
    if case is None or found.thread is None:
        return Delivered(MailReceipt("bounce", status or "unknown"))
    failed = status.startswith(("5", "4")) or not status
    if failed and not case.interactions.filter(direction="note", at__date=now().date()).exists():
        add_note(
            actor=SYSTEM,
            case_id=case.pk,
            text=_("A message of this case did not arrive (%(status)s). Reach them another way.")
            % {"status": status or "?"},
        )
    return Delivered(
        MailReceipt("bounce", status or "unknown", case.pk, case.number), case.agency_id
    )


def _contact(found: Incoming, agency_id: UUID) -> Contact | None:
    try:
        return put_contact(
            actor=SYSTEM, agency_id=agency_id, name=found.sender_name, email=found.sender
        )
    except CaseError:
        return None  # an address that mail servers take and we do not; the message names it


def _into(case: Case, found: Incoming) -> Delivered:
    human = found.human and allowed(mail_times(case.pk), now(), REOPENS)
    said = Said(
        text=found.text,
        channel="email",
        contact=_contact(found, case.agency_id),
        human=human,
        html=found.html,
        folded=found.folded,
        message_id=found.message_id,
    )
    made = receive_message(actor=SYSTEM, case_id=case.pk, said=said)
    _files(found, made, made.case)
    receipt = MailReceipt("taken", found.auto, made.case_id, made.case.number)
    return Delivered(receipt, made.agency_id, made.pk)


def _files(found: Incoming, said: Interaction, held: Case) -> None:
    """Each file that may be kept; of the others a note says which and why. The message as it came,
    which is kept, holds them."""
    left = []
    for part in found.parts:
        try:
            attach(
                actor=SYSTEM,
                case_id=said.case_id,
                filename=part.name,
                media_type=part.declared,
                data=part.data,
                interaction_id=said.pk,
                held=held,
            )
        except (GuardError, CaseError) as error:
            left.append(f"{part.name[:80]} ({error.message})")
    if left:
        words = _("%(count)s files of the message are not among those of the case: %(names)s")
        names = "; ".join(left[:20])
        add_note(
            actor=SYSTEM, case_id=said.case_id, text=words % {"count": len(left), "names": names}
        )


def _agency(found: Incoming, desk: Queue) -> UUID:
    """Whose a new case is: the agency that the desk serves, the sender's own as we know them by
    their address, or the centre's, where somebody can tell. Never guessed from a domain."""
    if desk.agency_code:
        known = Agency.objects.filter(code=desk.agency_code).values_list("pk", flat=True).first()
        if known is not None:
            return known
    homes = Person.objects.filter(email__iexact=found.sender, home_agency_id__isnull=False)
    home = homes.order_by("id").values_list("home_agency_id", flat=True).first()
    return home or agency_of_sender(found.sender) or centre().agency_id


def _opened(found: Incoming, desk: Queue, vouched: bool) -> Delivered:
    if not vouched and not allowed(times_of(found.sender, opened=True), now(), OPENINGS):
        return Delivered(MailReceipt("quarantined", "flood"))
    if desk.default_type is None:
        return Delivered(MailReceipt("quarantined", "MAIL-209"))
    agency_id = _agency(found, desk)
    new = NewCase(
        case_type=desk.default_type.code,
        subject=found.subject or _("(no subject)"),
        text=found.text or found.folded,
        channel="email",
        requester=_contact(found, agency_id),
        html=found.html,
        folded=found.folded if found.text else "",
        message_id=found.message_id,
        queue=desk.code,
    )
    try:
        made = open_case(actor=SYSTEM, agency_id=agency_id, new=new)
    except CaseError as error:  # its form asks what no message can answer
        return Delivered(MailReceipt("quarantined", error.code), agency_id)
    case, said = made.case, made.said
    if said is None and found.parts:
        said = receive_message(
            actor=SYSTEM,
            case_id=case.pk,
            said=Said(text=_("(only files)"), channel="email", contact=case.requester),
        )
        case = said.case
    if case.requester is not None and allowed(answered_by_itself(found.sender), now(), REPLIES):
        acknowledge(actor=SYSTEM, case_id=case.pk, text=_greeting(case), held=case)
    if said is not None:
        _files(found, said, case)
    receipt = MailReceipt("taken", "", case.pk, case.number)
    return Delivered(receipt, agency_id, said.pk if said else None, opened=True)


def _greeting(case: Case) -> str:
    return _(
        "We have your message. Its number is %(number)s. To add something, answer this message."
    ) % {"number": case.number}

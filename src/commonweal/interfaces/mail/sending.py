"""Sends an interaction of a case by e-mail, through the mail server that notices use too."""

from __future__ import annotations

from email.message import EmailMessage as Composed
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from commonweal.kernel.access.public import SYSTEM, act_as
from commonweal.kernel.calendar.public import now
from commonweal.kernel.casework.public import Case, CaseError, Contact, Interaction, note_sent
from commonweal.kernel.casework.public import own_address as desk_address
from commonweal.kernel.party.public import Face, centre, face_of

from .compose import Outgoing, compose


class Wire:
    """A composed message as Django's mail servers ask for its bytes."""

    def __init__(self, composed: Composed) -> None:
        self.composed = composed

    def as_bytes(self, unixfrom: bool = False, linesep: str = "\n") -> bytes:
        """The bytes with the line ends asked for."""
        data = self.composed.as_bytes()
        return data if linesep == "\r\n" else data.replace(b"\r\n", b"\n")

    def get_charset(self) -> None:
        """Of a message on a console: UTF-8."""


class Letter(EmailMessage):
    """A composed message in the shape that Django's mail servers take."""

    def __init__(self, composed: Composed, desk: str, to: str) -> None:
        super().__init__(subject=str(composed["Subject"]), from_email=desk, to=[to])
        self.composed = composed

    def message(self, **_kwargs: Any) -> Any:
        """The message as it was composed."""
        return Wire(self.composed)


def face_of_case(case: Case) -> Face:
    """As whom a message of a case speaks: its agency as citizens meet it. A case that is nobody's
    yet stands with the centre, which citizens never meet: then it is the desk that speaks."""
    if case.agency.kind == "centre":
        return Face(name=case.queue.name)
    with act_as(SYSTEM):
        return face_of(SYSTEM, case.agency)


def signature(case: Case, asked: Contact, face: Face) -> str:
    """What stands below a message to a citizen: who writes, how to reach them, and where they say
    what they do with what they are told. Colleagues know it."""
    if case.case_type.audience == "agency" or asked.person_id or case.agency.kind == "centre":
        return ""
    with translation.override(asked.language or centre().locale):
        lines = [face.name, *filter(None, (face.phone, face.email, face.hours))]
        place = reverse("door:privacy", args=[case.agency.code.lower()])
        lines.append(_("Privacy: %(link)s") % {"link": f"{settings.BASE_URL.rstrip('/')}{place}"})
    return "\n\n-- \n" + "\n".join(lines)


def outgoing(row: Interaction) -> Outgoing:
    """What leaves for an interaction (CASE-181 if there is nobody to send it to)."""
    case = row.case
    asked = row.contact or case.requester
    if asked is None or not asked.email:
        raise CaseError("CASE-181", "Nobody with an e-mail address asked. Answer another way.")
    face, own = face_of_case(case), desk_address(case)
    desk = own or face.email or settings.DEFAULT_FROM_EMAIL
    earlier = (
        case.interactions.filter(at__lte=row.at)
        .exclude(message_id="")
        .exclude(pk=row.pk)
        .order_by("at", "id")
        .values_list("message_id", flat=True)
    )
    return Outgoing(
        case_id=case.pk,
        nonce=row.pk,
        number=case.number,
        subject=case.subject,
        text=row.text + signature(case, asked, face),
        desk=desk,
        name=face.name,
        sender="" if own else settings.DEFAULT_FROM_EMAIL,
        to=asked.email,
        to_name=asked.name,
        earlier=list(earlier),
        automatic=not row.human,
    )


def send_by_mail(row: Interaction) -> None:
    """Hand it to the mail server. Repeated after a crash it carries the same Message-ID."""
    out = outgoing(row)
    composed = compose(out, settings.MAIL_THREAD_KEYS, now())
    Letter(composed, out.sender or out.desk, out.to).send()
    note_sent(row, str(composed["Message-ID"]))

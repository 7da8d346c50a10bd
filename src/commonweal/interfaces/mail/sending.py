"""Sends an interaction of a case by e-mail, through the mail server that notices use too."""

from __future__ import annotations

from email.message import EmailMessage as Composed
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage

from commonweal.kernel.calendar.public import now
from commonweal.kernel.casework.public import CaseError, Interaction, note_sent
from commonweal.kernel.casework.public import own_address as desk_address

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


def outgoing(row: Interaction) -> Outgoing:
    """What leaves for an interaction (CASE-181 if there is nobody to send it to)."""
    case = row.case
    asked = row.contact or case.requester
    if asked is None or not asked.email:
        raise CaseError("CASE-181", "Nobody with an e-mail address asked. Answer another way.")
    desk = desk_address(case) or settings.DEFAULT_FROM_EMAIL
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
        text=row.text,
        desk=desk,
        name=case.agency.name,
        to=asked.email,
        to_name=asked.name,
        earlier=list(earlier),
        automatic=not row.human,
    )


def send_by_mail(row: Interaction) -> None:
    """Hand it to the mail server. Repeated after a crash it carries the same Message-ID."""
    out = outgoing(row)
    composed = compose(out, settings.MAIL_THREAD_KEYS, now())
    Letter(composed, out.desk, out.to).send()
    note_sent(row, str(composed["Message-ID"]))

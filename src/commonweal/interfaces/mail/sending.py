"""Sends an interaction of a case by e-mail, through the mail server that notices use too."""

from __future__ import annotations

from email.message import EmailMessage as Composed
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage

from commonweal.kernel.calendar.public import now
from commonweal.kernel.casework.public import Interaction, note_sent
from commonweal.kernel.casework.public import own_address as desk_address

from .compose import Outgoing, compose


class Letter(EmailMessage):
    """A composed message in the shape that Django's mail servers take."""

    def __init__(self, composed: Composed, desk: str, to: str) -> None:
        super().__init__(subject=str(composed["Subject"]), from_email=desk, to=[to])
        self.composed = composed

    def message(self, **_kwargs: Any) -> Any:
        """The message as it was composed."""
        return self.composed


def outgoing(row: Interaction) -> Outgoing:
    """What leaves for an interaction. Errors: CASE-404 never; a case without an address raises."""
    case = row.case
    asked = row.contact or case.requester
    assert asked is not None and asked.email  # noqa: S101  only such a message is queued
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

"""Sending what is in the outbox."""

from __future__ import annotations

import logging
import smtplib
from email.utils import formataddr
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMessage
from django.utils.translation import gettext as _

from ..access.public import SYSTEM, Actor, act_as
from ..calendar.public import now
from ..jobs.public import back_off, report, stepwise
from ..party.public import Person, centre
from ..schema.public import NotFound
from .models import Message, Subscription
from .templates import speaking, template

log = logging.getLogger("commonweal.notices")
MAX_ATTEMPTS = 8


class NoAddress(Exception):
    """The recipient has no e-mail address (any more)."""


@stepwise
def deliver(*, actor: Actor, job_id: UUID, payload: dict[str, Any]) -> int:
    """Send every message that is due, each in a transaction of its own; returns how many left.

    At least once: a worker killed between the mail server's answer and the commit sends again,
    with the same Message-ID. One message that cannot be sent does not hold up the others.
    """
    sent = tried = 0
    while True:
        with act_as(SYSTEM):
            message = (
                Message.objects.select_for_update(skip_locked=True)
                .filter(state="queued", next_try__lte=now())
                .order_by("next_try", "id")
                .first()
            )
            if message is None:
                return sent
            sent += _attempt(message)
        tried += 1
        report(job_id, tried)


def _attempt(message: Message) -> bool:
    """Try one message and keep what came of it."""
    if _switched_off(message):
        message.state = "suppressed"
    else:
        message.attempts += 1
        try:
            _mail(message).send()
            message.state, message.sent_at, message.last_error = "sent", now(), ""
        except (OSError, smtplib.SMTPException, NoAddress) as error:
            # The class only: a server's answer may quote the address.
            message.last_error = type(error).__name__
            final = isinstance(error, NoAddress | smtplib.SMTPRecipientsRefused)
            if final or message.attempts >= MAX_ATTEMPTS:
                message.state = "failed"
            message.next_try = now() + back_off(message.attempts)
            log.warning("message %s not sent: %s", message.pk, message.last_error)
    message.save()
    return message.state == "sent"


def _switched_off(message: Message) -> bool:
    if message.to_person_id is None or template(message.template).essential:
        return False
    return Subscription.objects.filter(
        person_id=message.to_person_id, topic=message.topic, on=False
    ).exists()


def _mail(message: Message) -> EmailMessage:
    """The e-mail: address and greeting are looked up now, so that an erased person gets none."""
    address, body = message.to_address, message.body
    if message.to_person_id is not None:
        person = Person.objects.filter(pk=message.to_person_id).first()
        address = person.email if person else ""
        if person:
            with speaking(message.to_user_id):
                body = _("Hello %(name)s,") % {"name": person.name} + "\n\n" + body
    if not address:
        raise NoAddress
    return EmailMessage(
        subject=message.subject,
        body=body + "\n",
        from_email=sender(),
        to=[address],
        headers={"Message-ID": message.message_id, "Auto-Submitted": "auto-generated"},
    )


def sender() -> str:
    """The address set up for mail, else the centre's own contact address under its name."""
    try:
        profile = centre()
    except NotFound:
        profile = None
    address = settings.MAIL_FROM or (profile.contact_email if profile else "")
    if not address:
        return str(settings.DEFAULT_FROM_EMAIL)
    return formataddr((profile.name if profile else "", address))

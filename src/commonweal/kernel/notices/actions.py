"""Writes: messages into the outbox, in the transaction of what they tell about."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.validators import validate_email

from ..access.public import Actor, require
from ..audit.public import action, canonical, record
from ..calendar.public import now
from ..errors import Forbidden
from ..party.public import Person, holders
from ..schema.public import NotFound, uuid7
from .models import Message, Subscription
from .templates import NoticeError, render, speaking, template, topics


def _require_scope(actor: Actor, agency_id: UUID | None) -> None:
    if not actor.centre and agency_id not in actor.agencies:
        raise Forbidden("NOTICES-403", "You can send messages only about your own agency.")


def _key(code: str, context: Mapping[str, Any], to: object) -> str:
    """The same words to the same person are one message, however often a resumed job says them."""
    return hashlib.sha256(canonical([code, dict(context), str(to)])).hexdigest()


def _words(code: str, context: Mapping[str, Any]) -> tuple[str, str]:
    values = {name: str(value) for name, value in context.items()}
    return render(code, {"base_url": settings.BASE_URL, **values})


def _compose(
    code: str,
    context: Mapping[str, Any],
    *,
    agency_id: UUID | None,
    person: tuple[UUID, UUID | None] | None,
    address: str,
    key: str | None,
    leaves: datetime | None = None,
) -> tuple[Message, bool]:
    with speaking(person[1] if person else None):
        subject, body = _words(code, context)
    identity = uuid7()
    domain = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].strip("> ")
    return Message.objects.get_or_create(
        agency_id=agency_id,
        key=key or _key(code, context, person[0] if person else address),
        defaults={
            "id": identity,
            "to_person_id": person[0] if person else None,
            "to_user_id": person[1] if person else None,
            "to_address": address,
            "topic": template(code).topic,
            "template": code,
            "subject": subject,
            "body": body,
            "message_id": f"<{identity}@{domain}>",
            "next_try": leaves or now(),
            "created_at": now(),
        },
    )


@action
def send(
    *,
    actor: Actor,
    template: str,
    context: Mapping[str, Any],
    agency_id: UUID | None = None,
    to_person_id: UUID | None = None,
    to_address: str = "",
    key: str | None = None,
) -> Message:
    """Put one message into the outbox; it leaves after the caller's transaction commits.

    `to_person_id` or `to_address` (one of them, NOTICES-103). `context`: ids and figures.
    `agency_id`: whose business it is. `key`: the same key is sent once; without one, the same
    template, context and recipient are. Returns the earlier message if there is one.
    """
    _require_scope(actor, agency_id)
    if (to_person_id is None) == (not to_address):
        raise NoticeError("NOTICES-103", "Give either a person or an address to send to.")
    if to_address:
        validate_email(to_address)
    person = None
    if to_person_id is not None:
        user = Person.objects.filter(pk=to_person_id).values_list("user_id", flat=True).first()
        person = (to_person_id, user)
    message, fresh = _compose(
        template, context, agency_id=agency_id, person=person, address=to_address, key=key
    )
    record(
        actor=actor,
        verb="notices.queued" if fresh else "notices.queued_already",
        target=message,
        agency_id=agency_id,
        payload={"template": template},
    )
    return message


@action
def notify_role(
    *,
    actor: Actor,
    agency_id: UUID,
    permission: str,
    template: str,
    context: Mapping[str, Any],
) -> int:
    """Send to everybody whose role in the agency today has a permission; returns how many are new.

    Repeating it with the same context sends nothing twice.
    """
    _require_scope(actor, agency_id)
    sent = 0
    for person in holders(agency_id, permission):
        _, fresh = _compose(
            template, context, agency_id=agency_id, person=person, address="", key=None
        )
        sent += fresh
    record(
        actor=actor,
        verb="notices.role_notified",
        target=("party.Agency", agency_id),
        agency_id=agency_id,
        payload={"template": template, "permission": permission, "new": sent},
    )
    return sent


@action
def notify_together(
    *,
    actor: Actor,
    agency_id: UUID,
    permission: str,
    template: str,
    context: Callable[[], Mapping[str, Any]],
    key: str,
    until: datetime,
) -> int:
    """One message for what comes in pieces: it leaves after `until`, and saying it again before
    that, with the same key, takes the place of what it said; after that it stays as it left.

    To everybody whose role in the agency today has a permission; `context` is asked in the language
    of each of them. Returns how many messages are new or say something else now.
    """
    _require_scope(actor, agency_id)
    changed = 0
    for person in holders(agency_id, permission):
        with speaking(person[1]):
            said = dict(context())
        message, fresh = _compose(
            template, said, agency_id=agency_id, person=person, address="",
            key=f"{key}:{person[0]}", leaves=until,
        )  # fmt: skip
        changed += fresh or _say_anew(message, template, said, person[1])
    record(
        actor=actor,
        verb="notices.role_notified",
        target=("party.Agency", agency_id),
        agency_id=agency_id,
        payload={"template": template, "permission": permission, "new": changed},
    )
    return changed


def _say_anew(message: Message, code: str, said: Mapping[str, Any], user_id: UUID | None) -> bool:
    """Put the present words into a message that has not left yet; whether they are others."""
    row = Message.objects.select_for_update().get(pk=message.pk)
    with speaking(user_id):
        subject, body = _words(code, said)
    if row.state != "queued" or row.attempts or (row.subject, row.body) == (subject, body):
        return False
    row.subject, row.body, row.read_at = subject, body, None
    row.save(update_fields=["subject", "body", "read_at"])
    return True


@action
def mark_read(*, actor: Actor, message_id: UUID) -> None:
    """Note that the actor has read a message of their own."""
    message = Message.objects.filter(pk=message_id, to_user_id=actor.user_id).first()
    if message is None or actor.user_id is None:
        raise NotFound("NOTICES-404", "There is no such message, or it is not yours.")
    message.read_at = message.read_at or now()
    message.save(update_fields=["read_at"])
    record(actor=actor, verb="notices.read", target=message, agency_id=message.agency_id)


@action
def subscribe(*, actor: Actor, topic: str, on: bool) -> Subscription:
    """Switch a topic's e-mail on or off for oneself (NOTICES-104 for an unknown topic)."""
    if topic not in topics():
        raise NoticeError(
            "NOTICES-104", f"There is no topic “{topic}”. Choose one of those listed."
        )
    person = Person.objects.filter(user_id=actor.user_id).first() if actor.user_id else None
    if person is None:
        raise NotFound("NOTICES-405", "Your account belongs to no person yet. Ask for help.")
    subscription, _ = Subscription.objects.update_or_create(
        person_id=person.pk,
        topic=topic,
        defaults={"on": on, "user_id": actor.user_id, "agency_id": person.home_agency_id},
    )
    record(
        actor=actor,
        verb="notices.subscribed" if on else "notices.unsubscribed",
        target=subscription,
        agency_id=person.home_agency_id,
        payload={"topic": topic},
    )
    return subscription


@action
def retry_failed(*, actor: Actor, message_id: UUID) -> Message:
    """Try a failed message again from its first attempt (NOTICES-105 in any other state)."""
    message = Message.objects.select_for_update().filter(pk=message_id).first()
    if message is None:
        raise NotFound("NOTICES-404", "There is no such message, or you may not see it.")
    require(actor, "notices.manage", message.agency_id)
    if message.state != "failed":
        raise NoticeError("NOTICES-105", f"This message is {message.state}, so it is not retried.")
    message.state, message.attempts, message.next_try = "queued", 0, now()
    message.save(update_fields=["state", "attempts", "next_try"])
    record(actor=actor, verb="notices.retried", target=message, agency_id=message.agency_id)
    return message


@action
def erase_messages(*, actor: Actor, person_id: UUID) -> int:
    """Remove every message to a person and what they subscribed to (design law 12)."""
    require(actor, "party.manage_people")
    count, _ = Message.objects.filter(to_person_id=person_id).delete()
    Subscription.objects.filter(person_id=person_id).delete()
    record(
        actor=actor,
        verb="notices.erased",
        target=("party.Person", person_id),
        payload={"messages": count},
    )
    return count

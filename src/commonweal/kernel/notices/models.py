"""Messages to people, waiting to be sent or sent, and what people asked not to get."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from ..calendar.public import now
from ..schema.public import IdModel, tenant

STATES = [(name, name) for name in ("queued", "sent", "failed", "suppressed")]


@tenant(own_user="to_user_id", delete=True)
class Message(IdModel):
    """One message to one person: personal data, erasable (design law 12).

    `agency_id`: whose business it is about (None: the centre's own). `key` makes it once-only;
    `message_id` stays the same over every attempt, so that a mail server can drop a repeat.
    """

    agency_id = models.UUIDField(null=True)
    to_person_id = models.UUIDField(null=True)
    to_user_id = models.UUIDField(null=True)
    to_address = models.EmailField(blank=True)
    topic = models.CharField(max_length=80)
    template = models.CharField(max_length=80)
    subject = models.CharField(max_length=200)
    body = models.TextField()
    key = models.CharField(max_length=160, null=True)
    message_id = models.CharField(max_length=200, unique=True)
    state = models.CharField(max_length=10, choices=STATES, default="queued")
    attempts = models.PositiveSmallIntegerField(default=0)
    next_try = models.DateTimeField(default=now)
    last_error = models.CharField(max_length=80, blank=True)
    created_at = models.DateTimeField(default=now)
    sent_at = models.DateTimeField(null=True)
    read_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["agency_id", "key"],
                condition=Q(key__isnull=False),
                name="notices_key_once_agency",
            ),
            models.UniqueConstraint(
                fields=["key"],
                condition=Q(key__isnull=False, agency_id__isnull=True),
                name="notices_key_once_centre",
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_try", "id"], condition=Q(state="queued"), name="notices_waiting"
            ),
            models.Index(fields=["to_user_id", "-id"], name="notices_inbox"),
            models.Index(fields=["state", "-id"], name="notices_state"),
            models.Index(fields=["to_person_id"], name="notices_person"),
        ]


@tenant(own_user="user_id", delete=True)
class Subscription(IdModel):
    """Whether a person wants a topic by e-mail. Without a row: yes. `agency_id`: their home."""

    agency_id = models.UUIDField(null=True)
    user_id = models.UUIDField(null=True)
    person_id = models.UUIDField()
    topic = models.CharField(max_length=80)
    on = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person_id", "topic"], name="notices_topic_once")
        ]

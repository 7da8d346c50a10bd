"""Messages to people, waiting to be sent or sent, and what people asked not to get."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from ..calendar.public import now
from ..schema.public import IdModel, TenantModel, tenant

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


HOOK_STATES = [(name, name) for name in ("active", "paused", "ended")]
DELIVERY_STATES = [(name, name) for name in ("waiting", "delivered", "failed")]


@tenant()
class WebhookSubscription(TenantModel):
    """An address that events are sent to. The centre's own rows hear of every agency.

    The key is derived from the installation's secret, the id and `generation`: nothing secret is
    here. `former_until`: until then the key of the generation before signs as well.
    `failing_since`: since when no attempt has succeeded.
    """

    name = models.CharField(max_length=80)
    url = models.CharField(max_length=500)
    types = models.JSONField(default=list)
    state = models.CharField(max_length=6, choices=HOOK_STATES, default="active")
    generation = models.PositiveIntegerField(default=1)
    former_until = models.DateTimeField(null=True)
    failing_since = models.DateTimeField(null=True)
    created_by = models.UUIDField(null=True)
    created_at = models.DateTimeField(default=now)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["agency", "-id"], name="notices_hook_agency"),
            models.Index(
                fields=["agency", "id"], condition=~Q(state="ended"), name="notices_hook_live"
            ),
        ]


@tenant(delete=True)
class WebhookDelivery(TenantModel):
    """One event for one address, and what came of sending it. `data`: ids, codes and figures.

    `next_at`: when it is tried next, or until when whoever tries it now has it alone.
    """

    webhook = models.ForeignKey(WebhookSubscription, on_delete=models.PROTECT, related_name="+")
    event_id = models.UUIDField()
    type = models.CharField(max_length=80)
    about = models.UUIDField()  # the agency that the event is about
    at = models.DateTimeField()
    data = models.JSONField(default=dict)
    state = models.CharField(max_length=9, choices=DELIVERY_STATES, default="waiting")
    attempts = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField(default=now)
    last_status = models.PositiveSmallIntegerField(null=True)
    last_error = models.CharField(max_length=20, blank=True)
    milliseconds = models.PositiveIntegerField(null=True)
    created_at = models.DateTimeField(default=now)
    delivered_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["agency", "webhook", "event_id"], name="notices_event_once"
            )
        ]
        indexes = [
            models.Index(
                fields=["webhook", "next_at", "id"],
                condition=Q(state="waiting"),
                name="notices_delivery_due",
            ),
            models.Index(fields=["webhook", "-id"], name="notices_delivery_list"),
            models.Index(fields=["webhook", "state", "-id"], name="notices_delivery_state"),
            models.Index(fields=["created_at"], name="notices_delivery_old"),
        ]

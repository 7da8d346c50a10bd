"""Audit events and the chains that seal them."""

from __future__ import annotations

from django.db import models

from ..schema.public import IdModel, tenant


@tenant(append_only=True, own_user="actor_id")
class Event(IdModel):
    """One write, by whom, on what. `agency_id` None: an event of the centre as a whole.

    A person may record and see their own events also where they belong to no agency (their token).
    """

    agency_id = models.UUIDField(null=True)
    recorded_at = models.DateTimeField()
    actor_kind = models.CharField(max_length=12)
    actor_id = models.UUIDField(null=True)
    verb = models.CharField(max_length=80)
    target_type = models.CharField(max_length=80)
    target_id = models.CharField(max_length=64)
    payload = models.JSONField(default=dict)
    hash = models.CharField(max_length=64)

    class Meta:
        indexes = [
            models.Index(fields=["agency_id", "-id"]),
            models.Index(fields=["target_type", "target_id", "-id"]),
            models.Index(fields=["verb", "-id"]),
        ]


@tenant(append_only=True)
class Link(models.Model):
    """One link of a chain: the event at a sequence, and the hash over all before it."""

    id = models.BigAutoField(primary_key=True)
    chain = models.CharField(max_length=36)
    agency_id = models.UUIDField(null=True)
    sequence = models.BigIntegerField()
    event = models.OneToOneField(Event, on_delete=models.PROTECT, related_name="link")
    hash = models.CharField(max_length=64)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["chain", "sequence"], name="link_once")]

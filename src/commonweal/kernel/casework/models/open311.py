"""The keys with which programs of others report through Open311."""

from __future__ import annotations

from django.db import models

from ...calendar.public import now
from ...schema.public import TenantModel, tenant


@tenant()
class Open311Key(TenantModel):
    """A program's key for the reports of one agency: kept as a hash, shown once.

    `last_used_at` is brought forward every few minutes only, so that programs never wait for it.
    """

    name = models.CharField(max_length=80)
    prefix = models.CharField(max_length=12, unique=True)
    secret_hash = models.CharField(max_length=64)
    created_at = models.DateTimeField(default=now)
    last_used_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["agency", "created_at", "id"], name="casework_open311_order"),
            models.Index(fields=["created_at", "id"], name="casework_open311_all"),
        ]

"""Abstract bases for every table."""

from __future__ import annotations

from django.db import models

from .ids import uuid7


class IdModel(models.Model):
    """A row with a time-ordered id made by the application (UUIDv7, RFC 9562)."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)

    class Meta:
        abstract = True


class TenantModel(IdModel):
    """A row that belongs to one agency (the centre is a party too)."""

    agency = models.ForeignKey("party.Agency", on_delete=models.PROTECT, related_name="+")

    class Meta:
        abstract = True

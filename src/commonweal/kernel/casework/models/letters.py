"""Letters that were scanned: filed with their case, or waiting for somebody to sort them."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from ...calendar.public import now
from ...schema.public import TenantModel, tenant
from .cases import Attachment, Case


@tenant()
class ScannedLetter(TenantModel):
    """One scanned file. It is the centre's until a case is known, then its agency's.

    `state`: waiting, filed, dropped (with its reason). `how`: by its cover sheet (`cover`), by hand
    (`hand`), or a case was opened for it (`opened`). `document` is the scan while it waits; a filed
    one is the case's file.
    """

    sha256 = models.CharField(max_length=64, unique=True)
    name = models.CharField(max_length=160)
    media_type = models.CharField(max_length=100)
    size = models.PositiveIntegerField()
    pages = models.PositiveSmallIntegerField(default=0)
    verdict = models.CharField(max_length=12, default="ok")
    sentence = models.CharField(max_length=300, blank=True)
    state = models.CharField(max_length=8, default="waiting")
    how = models.CharField(max_length=8, blank=True)
    reason = models.CharField(max_length=300, blank=True)
    case = models.ForeignKey(Case, null=True, on_delete=models.PROTECT, related_name="letters")
    attachment = models.ForeignKey(
        Attachment, null=True, on_delete=models.PROTECT, related_name="letters"
    )
    document = models.ForeignKey(
        "documents.Document", null=True, on_delete=models.PROTECT, related_name="+"
    )
    scanned_at = models.DateTimeField(default=now)
    scanned_by = models.UUIDField(null=True)
    sorted_at = models.DateTimeField(null=True)
    sorted_by = models.UUIDField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["id"], condition=Q(state="waiting"), name="casework_letter_waits"),
            models.Index(fields=["-id"], name="casework_letter_newest"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="filed") | Q(case__isnull=False, attachment__isnull=False),
                name="casework_letter_filed",
            )
        ]

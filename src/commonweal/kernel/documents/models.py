"""Files that the centre keeps: the row here, the bytes in the data folder."""

from __future__ import annotations

from django.db import models

from ..calendar.public import now
from ..schema.public import TenantModel, tenant


@tenant(append_only=True)
class Document(TenantModel):
    """One stored file. `path` is relative to the documents folder, made of hashes and ids only.

    `size` in bytes. The row is written after the bytes are safe on disk, and never changes.
    """

    owner_type = models.CharField(max_length=80)
    owner_id = models.UUIDField()
    kind = models.CharField(max_length=40)
    filename = models.CharField(max_length=160)
    media_type = models.CharField(max_length=100)
    size = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    path = models.CharField(max_length=200)
    stored_at = models.DateTimeField(default=now)
    stored_by = models.UUIDField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["agency", "owner_type", "owner_id"], name="documents_owner"),
            models.Index(fields=["agency", "-id"], name="documents_newest"),
        ]


@tenant(append_only=True)
class DocumentRemoval(TenantModel):
    """The bytes of a document were lawfully removed: its row stays, with its hash and size.

    `reason` is a code of whoever removed it (a schedule, a request), never a text about people.
    """

    document = models.OneToOneField(Document, on_delete=models.PROTECT, related_name="removal")
    reason = models.CharField(max_length=60)
    removed_at = models.DateTimeField(default=now)
    removed_by = models.UUIDField(null=True)


@tenant()
class TakeOut(TenantModel):
    """An archive of everything that an agency has here: who asked, and how long it is kept.

    It holds people's names: the file is removed after some days, and a lawful erasure does not have
    to reach into archives.
    """

    asked_by = models.UUIDField(null=True)
    asked_at = models.DateTimeField(default=now)
    finished_at = models.DateTimeField(null=True)
    filename = models.CharField(max_length=160, blank=True)
    files = models.IntegerField(default=0)
    size = models.BigIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True)
    removed_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["agency", "-id"], name="documents_take_outs"),
            models.Index(
                fields=["finished_at"],
                condition=models.Q(finished_at__isnull=False, removed_at__isnull=True),
                name="documents_take_outs_kept",
            ),
        ]

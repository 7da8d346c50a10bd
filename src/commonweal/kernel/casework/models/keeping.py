"""What keeping cases needs: imports, holds, erasures, what was billed, and the proof of clocks."""

from __future__ import annotations

from uuid import UUID

from django.db import models
from django.db.models import Q

from ...calendar.public import now
from ...schema.public import IdModel, TenantModel, shared, tenant
from .cases import Case, Contact


@shared()
class ImportMapping(IdModel):
    """How the columns and activities of a file read, remembered by a code for the next file."""

    code = models.CharField(max_length=40, unique=True)
    kind = models.CharField(max_length=8)  # cases events xes
    mapping = models.JSONField()
    updated_at = models.DateTimeField(default=now)
    updated_by = models.UUIDField(null=True)

    class Meta:
        indexes = [models.Index(fields=["code", "id"], name="casework_mapping_order")]


@tenant()
class CaseImport(TenantModel):
    """One file of cases on its way in. Its rows are of the agencies that they name; it is the
    centre's own. `problems`: the first hundred, as {row, code, sentence}; `refused` counts all."""

    source = models.CharField(max_length=60)
    kind = models.CharField(max_length=8)
    mapping = models.JSONField()
    sha256 = models.CharField(max_length=64)
    dry_run = models.BooleanField(default=False)
    state = models.CharField(max_length=8, default="running")  # running done
    expected = models.PositiveIntegerField(null=True)
    done = models.PositiveIntegerField(default=0)
    cases = models.PositiveIntegerField(default=0)
    events = models.PositiveIntegerField(default=0)
    known = models.PositiveIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0)
    problems = models.JSONField(default=list)
    problem = models.CharField(max_length=600, blank=True)
    started_by = models.UUIDField(null=True)
    started_at = models.DateTimeField(default=now)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["-id"], name="casework_import_newest")]


@tenant()
class LegalHold(TenantModel):
    """Nothing of a case or a contact may be erased while it stands. `state`: held, ending (one
    person asked to lift it), lifted (another agreed)."""

    case = models.ForeignKey(Case, null=True, on_delete=models.PROTECT, related_name="holds")
    contact = models.ForeignKey(Contact, null=True, on_delete=models.PROTECT, related_name="holds")
    reason = models.CharField(max_length=500)
    state = models.CharField(max_length=8, default="held")
    put_by = models.UUIDField(null=True)
    put_at = models.DateTimeField(default=now)
    lift_reason = models.CharField(max_length=500, blank=True)
    lift_asked_by = models.UUIDField(null=True)
    lift_asked_at = models.DateTimeField(null=True)
    lifted_by = models.UUIDField(null=True)
    lifted_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(case__isnull=True) ^ Q(contact__isnull=True),
                name="casework_hold_on_one",
            ),
            models.CheckConstraint(
                condition=~Q(state="lifted") | Q(lifted_at__isnull=False, lift_reason__gt=""),
                name="casework_hold_lifted_with_reason",
            ),
        ]
        indexes = [
            models.Index(fields=["-id"], name="casework_hold_newest"),
            models.Index(fields=["case"], condition=~Q(state="lifted"), name="casework_hold_case"),
            models.Index(
                fields=["contact"], condition=~Q(state="lifted"), name="casework_hold_contact"
            ),
        ]


@tenant(append_only=True)
class Erasure(TenantModel):
    """What was erased, when, and by which schedule or at whose request: counts, never contents."""

    case = models.ForeignKey(Case, null=True, on_delete=models.PROTECT, related_name="erasures")
    contact_id = models.UUIDField(null=True)
    cause = models.CharField(max_length=10)  # schedule request
    rule = models.CharField(max_length=120)
    counts = models.JSONField()
    erased_at = models.DateTimeField(default=now)
    erased_by = models.UUIDField(null=True)

    class Meta:
        indexes = [models.Index(fields=["-id"], name="casework_erasure_newest")]


@tenant(delete=True)
class CaseUsage(TenantModel):
    """The usage of one closed case, or (`period`: once, or a month) of what it ordered, or (c and
    the number of its event) of one contact. `state`:
    waiting, sent, or refused with the code and sentence of why; what was refused stays until
    somebody has it tried again. `ends`: where it covers a span that begins at `closed_at`. What
    waits goes when the closing is undone."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="usage")
    period = models.CharField(max_length=7, blank=True)
    quantity = models.DecimalField(max_digits=18, decimal_places=6, default=1)
    ends = models.DateTimeField(null=True)
    charge_item = models.CharField(max_length=60)
    channel = models.CharField(max_length=8)
    closed_at = models.DateTimeField()
    state = models.CharField(max_length=8, default="waiting")
    code = models.CharField(max_length=20, blank=True)
    sentence = models.CharField(max_length=400, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    tried_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["case", "period"], name="casework_usage_once")
        ]
        indexes = [
            models.Index(
                fields=["-id"], condition=Q(state="refused"), name="casework_usage_refused"
            ),
            models.Index(
                fields=["id"], condition=Q(state="waiting"), name="casework_usage_waiting"
            ),
        ]


@shared()
class ClockAudit(IdModel):
    """One run of the proof: how many clocks were computed anew from events, how many differed.

    It grows step by step: `place` is the last case proved, and until `ended_at` is set the figures
    are of the cases so far. What it came to is in the audit chain too."""

    began_at = models.DateTimeField(default=now)
    ended_at = models.DateTimeField(null=True)
    place = models.UUIDField(default=UUID(int=0))
    cases = models.PositiveIntegerField(default=0)
    clocks = models.PositiveIntegerField(default=0)
    drifted = models.PositiveIntegerField(default=0)

    class Meta:
        indexes = [models.Index(fields=["-id"], name="casework_audit_newest")]


@tenant(append_only=True)
class ClockDrift(TenantModel):
    """A clock row that did not say what its events say: what it held, and what is right."""

    audit = models.ForeignKey(ClockAudit, on_delete=models.PROTECT, related_name="drifts")
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="drifts")
    definition = models.CharField(max_length=60)
    cycle = models.PositiveSmallIntegerField()
    field = models.CharField(max_length=20)
    held = models.CharField(max_length=200, blank=True)
    computed = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes = [models.Index(fields=["-id"], name="casework_drift_newest")]

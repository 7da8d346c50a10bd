"""Decisions, the amounts a role may decide, and a small agency's second approver."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from ..calendar.public import now
from ..schema.public import IdModel, TenantModel, tenant

STATES = [(name, name) for name in ("proposed", "approved", "rejected", "withdrawn")]


@tenant()
class Decision(IdModel):
    """What was decided, on what, by whom. Once decided it never changes (schema.sql).

    `kind` is how it becomes binding: `four_eyes` here; other rooms register others. People are
    opaque ids; `proposed_by` and `decided_by` are accounts.
    """

    agency = models.ForeignKey(
        "party.Agency", on_delete=models.PROTECT, null=True, related_name="+"
    )
    kind = models.CharField(max_length=20, default="four_eyes")
    subject_type = models.CharField(max_length=80)
    subject_id = models.UUIDField()
    subject_label = models.CharField(max_length=200)
    statement = models.TextField()
    effect = models.JSONField(default=dict)
    amount_minor = models.BigIntegerField(null=True)
    currency = models.CharField(max_length=3, blank=True)
    state = models.CharField(max_length=10, choices=STATES, default="proposed")
    proposed_by = models.UUIDField(null=True)
    proposed_by_person = models.UUIDField(null=True)
    proposed_at = models.DateTimeField(default=now)
    decided_by = models.UUIDField(null=True)
    decided_by_person = models.UUIDField(null=True)
    decided_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=1000, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["subject_type", "subject_id"],
                condition=Q(state="proposed"),
                name="authority_one_open",
            ),
            models.CheckConstraint(
                condition=Q(state="proposed", decided_at__isnull=True)
                | (~Q(state="proposed") & Q(decided_at__isnull=False)),
                name="authority_decided_at",
            ),
            # Two people: an approval by the proposer is refused by the table itself.
            models.CheckConstraint(
                condition=~Q(state="approved", kind="four_eyes")
                | Q(proposed_by__isnull=True)
                | Q(decided_by__isnull=False) & ~Q(decided_by=F("proposed_by")),
                name="authority_two_people",
            ),
            models.CheckConstraint(
                condition=Q(amount_minor__isnull=True) | ~Q(currency=""),
                name="authority_amount_currency",
            ),
        ]
        indexes = [
            models.Index(fields=["subject_type", "subject_id"]),
            models.Index(fields=["-id"], condition=Q(state="proposed"), name="authority_waiting"),
            models.Index(fields=["agency", "-id"], name="authority_agency"),
            models.Index(fields=["state", "-id"], name="authority_state"),
        ]


@tenant(visible_when_null=True)
class AmountLimit(IdModel):
    """Up to which amount a role may decide on a subject, from one day to another.

    `agency` None: the centre's rule, for its own roles and for those of every agency. An agency's
    own limit goes before it. Without any limit for a side's roles, a subject and a day the role's
    permission alone suffices. `decision`: the proposal that two people made binding.
    """

    agency = models.ForeignKey(
        "party.Agency", on_delete=models.PROTECT, null=True, related_name="+"
    )
    role = models.ForeignKey("access.Role", on_delete=models.PROTECT, related_name="+")
    subject_type = models.CharField(max_length=80)
    max_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    starts = models.DateField()
    ends = models.DateField(null=True)
    decision = models.ForeignKey(Decision, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(default=now)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(ends__isnull=True) | Q(ends__gte=F("starts")),
                name="authority_limit_span",
            ),
            models.CheckConstraint(
                condition=Q(max_minor__gte=0), name="authority_limit_not_negative"
            ),
        ]


@tenant()
class SecondApprover(TenantModel):
    """Who approves what a small agency's only officer proposes.

    The person holds a role in the agency (its leadership), or is of another agency and borrows one
    by recorded delegation.
    """

    person = models.ForeignKey("party.Person", on_delete=models.PROTECT, related_name="+")
    starts = models.DateField()
    ends = models.DateField(null=True)
    decision = models.ForeignKey(Decision, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(default=now)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(ends__isnull=True) | Q(ends__gte=F("starts")),
                name="authority_second_span",
            )
        ]
        indexes = [models.Index(fields=["agency", "starts", "id"], name="authority_second_agency")]

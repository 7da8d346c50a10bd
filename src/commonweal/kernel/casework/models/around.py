"""What stands around a case: links, watchers, tasks, approvals, consents, identity checks."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from ...calendar.public import now
from ...schema.public import TenantModel, tenant
from .cases import Case, Contact
from .setup import Team

LINKS = [
    ("duplicate", "is a duplicate of"),
    ("caused_by", "is caused by"),
    ("part_of", "is part of"),
    ("split_from", "was split from"),
    ("related", "belongs with"),
]


@tenant(delete=True)
class CaseLink(TenantModel):
    """A case stands to another of the same agency in a relation, read from `case` to `other`."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="links")
    other = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="linked")
    kind = models.CharField(max_length=12, choices=LINKS)
    made_at = models.DateTimeField(default=now)
    made_by = models.UUIDField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["case", "other", "kind"], name="casework_link_once"),
            models.CheckConstraint(condition=~Q(case=F("other")), name="casework_link_other"),
        ]


@tenant(delete=True)
class Watcher(TenantModel):
    """Somebody who is told what happens to a case: an account, or a contact."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="watchers")
    user_id = models.UUIDField(null=True)
    contact = models.ForeignKey(Contact, null=True, on_delete=models.PROTECT, related_name="+")
    since = models.DateTimeField(default=now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["case", "user_id"],
                condition=Q(user_id__isnull=False),
                name="casework_watcher_account",
            ),
            models.UniqueConstraint(
                fields=["case", "contact"],
                condition=Q(contact__isnull=False),
                name="casework_watcher_contact",
            ),
        ]


@tenant()
class Task(TenantModel):
    """A step of a case that somebody does. `state`: open, done, or dropped with a reason."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="tasks")
    position = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=200)
    team = models.ForeignKey(Team, null=True, on_delete=models.PROTECT, related_name="+")
    assignee = models.UUIDField(null=True)
    state = models.CharField(max_length=8, default="open")
    reason = models.CharField(max_length=300, blank=True)
    due_on = models.DateField(null=True)
    done_at = models.DateTimeField(null=True)
    done_by = models.UUIDField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["case", "position", "id"], name="casework_task_order"),
            models.Index(
                fields=["team", "due_on", "id"],
                condition=Q(state="open"),
                name="casework_task_open",
            ),
        ]


@tenant()
class Approval(TenantModel):
    """A yes or no that a case needs from somebody with a permission, who did not ask for it."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="approvals")
    permission = models.CharField(max_length=60)
    asked_by = models.UUIDField(null=True)
    asked_at = models.DateTimeField(default=now)
    state = models.CharField(max_length=9, default="open")  # open approved refused withdrawn
    decided_by = models.UUIDField(null=True)
    decided_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=500, blank=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["agency", "asked_at", "id"],
                condition=Q(state="open"),
                name="casework_approval_open",
            ),
            models.Index(fields=["case", "asked_at", "id"], name="casework_approval_order"),
        ]


@tenant()
class Consent(TenantModel):
    """Somebody agreed that another acts for them: how it was given, and until when.

    `agent` null: whoever recorded it, who filled in a form for them at a counter.
    """

    person = models.ForeignKey(Contact, on_delete=models.PROTECT, related_name="consents")
    agent = models.ForeignKey(Contact, null=True, on_delete=models.PROTECT, related_name="acts_for")
    scope = models.CharField(max_length=12, default="case")  # case all business
    case = models.ForeignKey(Case, null=True, on_delete=models.PROTECT, related_name="consents")
    how = models.CharField(max_length=200)
    document = models.ForeignKey(
        "documents.Document", null=True, on_delete=models.PROTECT, related_name="+"
    )
    given_at = models.DateTimeField(default=now)
    ends_on = models.DateField(null=True)
    ended_at = models.DateTimeField(null=True)
    recorded_by = models.UUIDField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["agent", "given_at", "id"], name="casework_consent_agent"),
            models.Index(fields=["person", "given_at", "id"], name="casework_consent_person"),
        ]
        constraints = [
            models.CheckConstraint(condition=~Q(person=F("agent")), name="casework_consent_other")
        ]


@tenant()
class IdentityCheck(TenantModel):
    """That whoever asks is who they say: by a call-back to a number that was known before, or by a
    code that was sent. The code lies here as a hash, with its end and the tries left."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="identity_checks")
    contact = models.ForeignKey(Contact, on_delete=models.PROTECT, related_name="+")
    method = models.CharField(max_length=10)  # call_back code in_person
    state = models.CharField(max_length=8, default="open")  # open passed failed expired
    code_hash = models.CharField(max_length=128, blank=True)
    tries_left = models.PositiveSmallIntegerField(default=5)
    begun_at = models.DateTimeField(default=now)
    expires_at = models.DateTimeField()
    checked_at = models.DateTimeField(null=True)
    checked_by = models.UUIDField(null=True)
    note = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes = [models.Index(fields=["case", "begun_at", "id"], name="casework_identity_order")]

"""Cases and what belongs to them. Texts and names lie in tables that an erasure can empty; events
hold ids, codes and times only (design law 12)."""

from __future__ import annotations

from datetime import UTC, datetime

from django.db import models
from django.db.models import Q

from ...calendar.public import now
from ...schema.public import TenantModel, tenant
from .setup import CaseType, Category, Queue, Team

CHANNELS = [
    ("web", "Web"),
    ("mobile", "Mobile"),
    ("email", "E-mail"),
    ("phone", "Telephone"),
    ("counter", "Counter"),
    ("letter", "Letter"),
    ("api", "Program"),
    ("open311", "Open311"),
]
LIVE = Q(phase__in=["open", "waiting"])
DONE = Q(phase__in=["resolved", "closed"])
LATE = LIVE & Q(breached=True)
FAR = datetime(9999, 12, 31, tzinfo=UTC)
"""Where a case without a due moment stands in a list that goes by it: at the end."""
_LISTS = {"queue": "q", "assignee": "m", "agency": "g", "": "a"}
_LIVE_ORDERS = {
    "due": ["sort_due", "id"],
    "came": ["opened_at", "id"],
    "upd": ["updated_at", "id"],
    "prio": ["priority", "sort_due", "id"],
}
_DONE_ORDERS = {
    "came": ["opened_at", "id"],
    "upd": ["updated_at", "id"],
    "prio": ["priority", "opened_at", "id"],
}


def _list_indexes() -> list[models.Index]:
    """An index for each list of cases that is offered (`View.offered`): field by standing by
    order; what was passed by due moment, of all priorities and of one; what nobody has."""
    found = []
    for field, short in _LISTS.items():
        lead = [field] if field else []
        for name, order in _LIVE_ORDERS.items():
            label = f"casework_live_{short}_{name}"
            found.append(models.Index(fields=[*lead, *order], condition=LIVE, name=label))
        for name, order in _DONE_ORDERS.items():
            label = f"casework_done_{short}_{name}"
            found.append(models.Index(fields=[*lead, *order], condition=DONE, name=label))
        for name, label in (
            ("due", f"casework_late_{short}"),
            ("prio", f"casework_lateprio_{short}"),
        ):
            order = [*lead, *_LIVE_ORDERS[name]]
            found.append(models.Index(fields=order, condition=LATE, name=label))
    nobodys = LIVE & Q(assignee__isnull=True)
    for name in ("due", "came", "prio"):
        order = ["queue", *_LIVE_ORDERS[name]]
        found.append(models.Index(fields=order, condition=nobodys, name=f"casework_free_{name}"))
    late = LATE & Q(assignee__isnull=True)
    order = ["queue", *_LIVE_ORDERS["due"]]
    found.append(models.Index(fields=order, condition=late, name="casework_free_late"))
    return found


def _posting_indexes() -> list[models.Index]:
    """What is met with the words of a search: the ids of a team's and of an agent's cases, newest
    first. The agency beside them answers row-level security without reading the cases."""
    return [
        models.Index(fields=["team", "id"], include=["agency"], name="casework_case_by_team"),
        models.Index(fields=["assignee", "id"], include=["agency"], name="casework_case_by_agent",
                     condition=Q(assignee__isnull=False)),
    ]  # fmt: skip


@tenant()
class CaseNumber(TenantModel):
    """The last number given to a case of an agency in a year; a number once given stays used, so
    that a gap is only ever a case that was refused while it was being written."""

    year = models.PositiveSmallIntegerField()
    last = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["agency", "year"], name="casework_number_once")
        ]


@tenant(delete=True)
class Contact(TenantModel):
    """Somebody who asks or is told: a person of an agency, a citizen, or a business.

    Personal data, erasable. `person_id`: the person of `party`, if it is one. `verified_at`: when
    the e-mail address was shown to be theirs. `phone_known_at`: since when an agent, or the person
    signed in, says that the number is theirs (null: only a stranger at a door said so).
    """

    kind = models.CharField(max_length=8, default="person")  # person business
    name = models.CharField(max_length=160, blank=True)
    email = models.EmailField(blank=True)
    phone = models.CharField(max_length=40, blank=True)
    address = models.CharField(max_length=300, blank=True)
    language = models.CharField(max_length=8, blank=True)
    person_id = models.UUIDField(null=True)
    register_number = models.CharField(max_length=40, blank=True)
    verified_at = models.DateTimeField(null=True)
    phone_known_at = models.DateTimeField(null=True)
    erased_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=now)

    class Meta:
        indexes = [
            models.Index(fields=["agency", "email", "id"], name="casework_contact_email"),
            models.Index(fields=["agency", "phone", "id"], name="casework_contact_phone"),
            models.Index(fields=["agency", "name", "id"], name="casework_contact_name"),
            models.Index(fields=["email"], name="casework_contact_sender"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["agency", "person_id"],
                condition=Q(person_id__isnull=False),
                name="casework_contact_person",
            )
        ]


@tenant()
class Case(TenantModel):
    """One matter, whatever the channels it came and went by.

    `state` is of its type's machine; `phase` is what clocks and counters know of it. `answers`:
    what the form asked. `opened_at`: when it came; `recorded_at`: when it was written down.
    `due_at`, `sort_due` and `breached` repeat the nearest running clock for the lists.
    """

    number = models.CharField(max_length=32)
    case_type = models.ForeignKey(CaseType, on_delete=models.PROTECT, related_name="+")
    category = models.ForeignKey(Category, null=True, on_delete=models.PROTECT, related_name="+")
    subject = models.CharField(max_length=200)
    state = models.CharField(max_length=40)
    phase = models.CharField(max_length=8)
    impact = models.CharField(max_length=6)
    urgency = models.CharField(max_length=6)
    priority = models.CharField(max_length=2)
    queue = models.ForeignKey(Queue, on_delete=models.PROTECT, related_name="+")
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+", db_index=False)
    assignee = models.UUIDField(null=True)  # the account
    channel = models.CharField(max_length=8, choices=CHANNELS)
    requester = models.ForeignKey(
        Contact, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    reporter = models.ForeignKey(
        Contact, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    answers = models.JSONField(default=dict)
    place = models.CharField(max_length=300, blank=True)
    latitude = models.DecimalField(max_digits=9, decimal_places=6, null=True)
    longitude = models.DecimalField(max_digits=9, decimal_places=6, null=True)
    resolution = models.CharField(max_length=2000, blank=True)
    source = models.CharField(max_length=60, blank=True)
    source_id = models.CharField(max_length=120, blank=True)
    tracking_hash = models.CharField(max_length=64, blank=True)
    published = models.BooleanField(default=False)
    opened_at = models.DateTimeField()
    recorded_at = models.DateTimeField(default=now)
    updated_at = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)
    sort_due = models.DateTimeField(default=FAR)
    breached = models.BooleanField(default=False)
    merged_into = models.ForeignKey(
        "self", null=True, on_delete=models.PROTECT, related_name="absorbed"
    )
    reopened = models.PositiveSmallIntegerField(default=0)
    contacts = models.PositiveSmallIntegerField(default=1)
    score = models.PositiveSmallIntegerField(null=True)
    hold = models.BooleanField(default=False)
    erased_at = models.DateTimeField(null=True)
    last_event = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["agency", "number"], name="casework_case_number"),
            models.UniqueConstraint(
                fields=["agency", "source", "source_id"],
                condition=~Q(source=""),
                name="casework_case_source",
            ),
            models.CheckConstraint(
                condition=Q(phase__in=["open", "waiting", "resolved", "closed"]),
                name="casework_case_phase",
            ),
        ]
        indexes = [
            *_list_indexes(),
            *_posting_indexes(),
            models.Index(fields=["number"], name="casework_case_by_number"),
            models.Index(
                fields=["tracking_hash"],
                condition=~Q(tracking_hash=""),
                name="casework_case_tracking",
            ),
            models.Index(fields=["requester", "opened_at", "id"], name="casework_case_requester"),
            models.Index(
                fields=["reporter", "opened_at", "id"],
                condition=Q(reporter__isnull=False),
                name="casework_case_reporter",
            ),
            models.Index(
                fields=["case_type", "closed_at", "id"],
                condition=Q(phase="closed", erased_at__isnull=True, merged_into__isnull=True),
                name="casework_case_retention",
            ),
            models.Index(
                fields=["category", "resolved_at"],
                condition=Q(resolved_at__isnull=False),
                name="casework_case_expected",
            ),
            models.Index(
                fields=["agency", "opened_at", "id"],
                condition=Q(published=True),
                name="casework_case_published",
            ),
            models.Index(
                fields=["agency", "updated_at", "id"],
                condition=Q(published=True),
                name="casework_case_renewed",
            ),
            models.Index(fields=["merged_into"], condition=Q(merged_into__isnull=False),
                         name="casework_case_merged"),
        ]  # fmt: skip

    @property
    def survivor(self) -> Case:
        """The case in which this one goes on, if it was merged; else itself."""
        found = self
        while found.merged_into is not None:
            found = found.merged_into
        return found


@tenant(append_only=True)
class CaseEvent(TenantModel):
    """One thing that happened to a case: the only truth that clocks are computed from.

    `seq` counts within the case; `at` is when it took effect, `recorded_at` when it was written
    down. `data` holds codes, ids and figures, never a name or a text.
    """

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="events")
    seq = models.PositiveIntegerField()
    at = models.DateTimeField()
    recorded_at = models.DateTimeField(default=now)
    kind = models.CharField(max_length=20)
    actor_kind = models.CharField(max_length=10)
    actor_id = models.UUIDField(null=True)
    data = models.JSONField(default=dict)
    settles = True
    """Not kept: whether a clock of the case may have ended, or gone on again, by this event."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["case", "seq"], name="casework_event_once")]


@tenant(delete=True)
class Interaction(TenantModel):
    """What somebody said, by which channel: a message of or to the requester, or a note.

    Personal data, erasable. `direction`: in, out, or note (private, among those who work on it).
    `folded`: the quoted part of an e-mail, kept and folded away. `raw`: the message as it came.
    """

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="interactions")
    at = models.DateTimeField()
    channel = models.CharField(max_length=8, choices=CHANNELS)
    direction = models.CharField(max_length=4)
    human = models.BooleanField(default=True)
    author = models.UUIDField(null=True)  # the account, if one wrote it
    contact = models.ForeignKey(Contact, null=True, on_delete=models.PROTECT, related_name="+")
    text = models.TextField(blank=True)
    folded = models.TextField(blank=True)
    html = models.TextField(blank=True)
    message_id = models.CharField(max_length=250, blank=True)
    raw = models.ForeignKey(
        "documents.Document", null=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        indexes = [
            models.Index(fields=["case", "at", "id"], name="casework_interaction_order"),
            models.Index(
                fields=["message_id"],
                condition=~Q(message_id=""),
                name="casework_interaction_mail",
            ),
        ]


@tenant(delete=True)
class Attachment(TenantModel):
    """A file of a case. `verdict`: ok, or quarantine with its reason (never opened by a page).
    `shown` and `small`: the picture without its hidden data, at a page's size and as a thumbnail.
    """

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="attachments")
    interaction = models.ForeignKey(
        Interaction, null=True, on_delete=models.PROTECT, related_name="attachments"
    )
    name = models.CharField(max_length=160)
    media_type = models.CharField(max_length=100)
    size = models.PositiveIntegerField()
    verdict = models.CharField(max_length=12, default="ok")
    reason = models.CharField(max_length=300, blank=True)
    document = models.ForeignKey("documents.Document", on_delete=models.PROTECT, related_name="+")
    shown = models.ForeignKey(
        "documents.Document", null=True, on_delete=models.PROTECT, related_name="+"
    )
    small = models.ForeignKey(
        "documents.Document", null=True, on_delete=models.PROTECT, related_name="+"
    )
    public = models.BooleanField(default=False)
    added_at = models.DateTimeField(default=now)

    class Meta:
        indexes = [
            models.Index(fields=["case", "added_at", "id"], name="casework_attachment_order")
        ]


@tenant(delete=True)
class CaseWord(models.Model):
    """A word of a case, by which it is found; goes with its texts (search.py says why a table).

    The agency stands in the key, so that the index alone answers what row-level security asks.
    """

    pk = models.CompositePrimaryKey("word", "case_id", "agency_id")
    agency = models.ForeignKey(
        "party.Agency", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    word = models.CharField(max_length=40, db_collation="C")
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="+")

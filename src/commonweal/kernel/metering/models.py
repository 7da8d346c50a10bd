"""Sources, usage facts, batches, quarantine, the states of periods, and the files they end in."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import F, Q

from ..calendar.public import now
from ..schema.public import IdModel, TenantModel, shared, tenant, uuid7

BATCH_KINDS = [("api", "API"), ("csv", "CSV"), ("parquet", "Parquet"), ("kernel", "Kernel")]
PARTITION_KINDS = [
    ("usage", "Usage that counts"),
    ("replaced", "Usage that was replaced in time"),
    ("keys", "Keys of all usage in the partition"),
    ("rated", "Rated lines"),
]


def _reference(to: str, **options: Any) -> Any:
    """A reference from the one big table: intake has checked it, the database need not again."""
    return models.ForeignKey(
        to,
        on_delete=models.PROTECT,
        related_name="+",
        db_constraint=False,
        db_index=False,
        **options,
    )


@shared()
class Source(models.Model):
    """A system that sends usage. `code` and the sender's id name a record for ever.

    `expected`: the close names the source as missing when a period has nothing from it. `items`:
    the codes of the charge items it feeds; others are refused (none named: it may feed any).
    `late_policy`: what happens to late usage, in words.
    """

    id = models.SmallAutoField(primary_key=True)
    code = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=120)
    active = models.BooleanField(default=True)
    expected = models.BooleanField(default=False)
    items = models.JSONField(default=list)
    late_policy = models.CharField(
        max_length=300, default="Booked as a correction in the next open period."
    )

    class Meta:
        ordering = ["code"]

    def __str__(self) -> str:
        return self.name


@tenant(append_only=True, delete=True)
class UsageFact(models.Model):
    """Usage of one item by one agency on [starts, ends), as its source counted it.

    `period` holds `starts` in the centre's zone; `booked_in` is the period in which it counts: the
    same, or, when that was frozen before the fact arrived (`late`), the next open one, where it
    counts as a correction of `quantity - replaced_quantity`. A fact replaced in time counts no
    more. `order_line` is the covering line. Rows leave only into a sealed partition (schema.sql).

    The source and its id are the primary key; `id` has no index of its own, which would cost every
    insert and answer no question: a fact is always looked for inside its agency and period.
    """

    pk = models.CompositePrimaryKey("source_id", "external_id")
    id = models.UUIDField(default=uuid7, editable=False)
    agency = _reference("party.Agency")
    source = _reference("metering.Source")
    external_id = models.CharField(max_length=200, db_collation="C")
    bureau = _reference("party.Bureau", null=True)
    order_line = _reference("catalogue.OrderLine", null=True)
    charge_item = _reference("catalogue.ChargeItem")
    quantity = models.DecimalField(max_digits=18, decimal_places=6)
    unit = models.CharField(max_length=3)
    starts = models.DateTimeField()
    ends = models.DateTimeField()
    dimensions = models.JSONField(default=dict)
    origin_ref = models.CharField(max_length=200, blank=True)
    replaces_external_id = models.CharField(max_length=200, blank=True, db_collation="C")
    replaced_quantity = models.DecimalField(max_digits=18, decimal_places=6, default=0)
    payload_hash = models.UUIDField(help_text="First 128 bits of SHA-256 of the canonical form")
    received_at = models.DateTimeField()
    period = models.CharField(max_length=7)
    booked_in = models.CharField(max_length=7)
    late = models.BooleanField(default=False)
    batch = _reference("metering.UsageBatch")

    class Meta:
        indexes = [
            models.Index(
                fields=["agency", "booked_in", "starts", "external_id"], name="usage_by_period"
            ),
            models.Index(fields=["booked_in"], condition=Q(late=True), name="usage_late"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["source", "replaces_external_id"],
                condition=~Q(replaces_external_id=""),
                name="usage_replaced_once",
            ),
            models.CheckConstraint(condition=Q(quantity__gte=0), name="usage_not_negative"),
            models.CheckConstraint(condition=Q(ends__gt=F("starts")), name="usage_span"),
            models.CheckConstraint(
                condition=Q(late=False, booked_in=F("period"))
                | Q(late=True, booked_in__gt=F("period")),
                name="usage_booking",
            ),
        ]


@tenant(append_only=True)
class UsageBatch(IdModel):
    """One delivery: by whom, how, when, and what became of its records.

    `agency` is the sender's own agency; None: sent by the centre.
    """

    agency = models.ForeignKey("party.Agency", on_delete=models.PROTECT, null=True)
    kind = models.CharField(max_length=8, choices=BATCH_KINDS)
    upload_id = models.UUIDField(null=True)
    submitted_by = models.UUIDField(null=True)
    received_at = models.DateTimeField(default=now)
    accepted = models.IntegerField(default=0)
    duplicates = models.IntegerField(default=0)
    conflicts = models.IntegerField(default=0)
    rejected = models.IntegerField(default=0)

    class Meta:
        indexes = [models.Index(fields=["agency", "-id"], name="batch_newest")]


@tenant()
class Upload(IdModel):
    """One file on its way in. `rows_done` rows are committed: a repeated upload goes on from there.

    `problems_path` (relative to the data folder) lists every row that was not taken. `dry_run`: it
    says what would happen, and stores nothing else. `rows_expected`: about how many rows the file
    has, where it is taken in by a worker. `problem`: what is wrong with the file as a whole.
    """

    agency = models.ForeignKey("party.Agency", on_delete=models.PROTECT, null=True)
    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="+")
    format = models.CharField(max_length=8)
    sha256 = models.CharField(max_length=64)
    options = models.JSONField(default=dict)
    state = models.CharField(max_length=8, default="running")  # running done
    dry_run = models.BooleanField(default=False)
    rows_expected = models.BigIntegerField(null=True)
    problem = models.CharField(max_length=600, blank=True)
    rows_done = models.BigIntegerField(default=0)
    accepted = models.BigIntegerField(default=0)
    duplicates = models.BigIntegerField(default=0)
    conflicts = models.BigIntegerField(default=0)
    rejected = models.BigIntegerField(default=0)
    problems_path = models.CharField(max_length=200, blank=True)
    problems_bytes = models.BigIntegerField(default=0)
    started_by = models.UUIDField(null=True)
    started_at = models.DateTimeField(default=now)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["agency", "-id"], name="upload_newest")]


@tenant()
class Quarantine(TenantModel):
    """A record whose source and id were taken before with other content; a person decides."""

    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="+")
    external_id = models.CharField(max_length=200, db_collation="C")
    payload = models.JSONField()
    payload_hash = models.UUIDField()
    existing_hash = models.UUIDField()
    reason = models.CharField(max_length=12)
    batch_id = models.UUIDField()
    received_at = models.DateTimeField(default=now)
    state = models.CharField(max_length=10, default="open")  # open released discarded
    decided_by = models.UUIDField(null=True)
    decided_at = models.DateTimeField(null=True)
    note = models.CharField(max_length=500, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["state", "-id"], name="quarantine_newest"),
            models.Index(fields=["agency", "state", "-id"], name="quarantine_of_agency"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["source", "external_id", "payload_hash"], name="quarantined_once"
            )
        ]


@shared()
class PeriodState(models.Model):
    """Whether a period still counts what arrives. No row: open."""

    period = models.CharField(primary_key=True, max_length=7)
    state = models.CharField(max_length=7, default="open")  # open frozen sealed
    frozen_at = models.DateTimeField(null=True)
    sealed_at = models.DateTimeField(null=True)


@tenant()
class Partition(TenantModel):
    """The manifest of one file: one agency and one period. The only place that knows its path.

    `path` is relative to the data folder. `totals`: quantities by item and order line, counts by
    source. `sealed_at`: since then the file is the record, and the row never changes.
    """

    period = models.CharField(max_length=7)
    kind = models.CharField(max_length=8, choices=PARTITION_KINDS)
    version = models.PositiveIntegerField(default=1)
    path = models.CharField(max_length=200, unique=True)
    rows = models.BigIntegerField()
    size_bytes = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    totals = models.JSONField(default=dict)
    written_at = models.DateTimeField(default=now)
    sealed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["agency", "period", "kind", "version"], name="partition_once"
            )
        ]


@shared(append_only=True)
class SourceReport(IdModel):
    """A source says that a period is complete, with its own count and total quantity."""

    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="reports")
    period = models.CharField(max_length=7)
    control_count = models.BigIntegerField()
    control_total = models.DecimalField(max_digits=27, decimal_places=6)
    reported_by = models.UUIDField(null=True)
    recorded_at = models.DateTimeField(default=now)

    class Meta:
        indexes = [models.Index(fields=["source", "period", "-id"])]


LATE_KINDS = [
    ("correct", "Booked as a correction in the open month"),
    ("window", "Booked for some days after the month; then held for a decision"),
    ("hold", "Held until a person decides"),
]
LATE_STATES = [
    ("booked", "Booked as the service's rule says"),
    ("held", "Held until a person decides"),
    ("accepted", "Accepted by a person, and booked"),
    ("declined", "Declined by a person, with a reason"),
]


@shared()
class LatePolicy(IdModel):
    """What becomes of a service's usage that arrives after its month was frozen, from a day on.

    `days`: for how many days after the month's end a `window` takes it without a decision. Binding
    once two people decided it; without any, late usage is booked as a correction (`correct`).
    """

    service = models.ForeignKey(
        "catalogue.Service", on_delete=models.PROTECT, related_name="late_policies"
    )
    kind = models.CharField(max_length=8, choices=LATE_KINDS)
    days = models.PositiveSmallIntegerField(default=0)
    starts = models.DateField()
    reason = models.CharField(max_length=500)
    state = models.CharField(max_length=10, default="proposed")  # or approved rejected withdrawn
    decision_id = models.UUIDField(null=True)
    recorded_at = models.DateTimeField(default=now)
    approved_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["recorded_at", "id"], name="late_policy_newest"),
            models.Index(fields=["service", "state", "starts"], name="late_policy_in_force"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["service", "starts"], condition=Q(state="approved"), name="late_policy_once"
            )
        ]


@tenant()
class LateRecord(TenantModel):
    """A usage record that came after its month was frozen, and what became of it.

    It counts `quantity - base` where it is booked; `base` is what counted in its place before: the
    record that it replaces, or what that one would have replaced if it was declined. `booked_in` is
    empty while it is held, and for good once it is declined. `arrived_in`: the month in whose
    files it is kept. `reason`: what the agency reads of the decision.
    """

    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="+")
    external_id = models.CharField(max_length=200, db_collation="C")
    charge_item = models.ForeignKey(
        "catalogue.ChargeItem", on_delete=models.PROTECT, related_name="+"
    )
    order_line = models.ForeignKey(
        "catalogue.OrderLine", on_delete=models.PROTECT, related_name="+", null=True
    )
    quantity = models.DecimalField(max_digits=18, decimal_places=6)
    base = models.DecimalField(max_digits=18, decimal_places=6, default=0)
    unit = models.CharField(max_length=3)
    starts = models.DateTimeField()
    ends = models.DateTimeField()
    dimensions = models.JSONField(default=dict)
    replaces = models.CharField(max_length=200, blank=True, db_collation="C")
    received_at = models.DateTimeField()
    period = models.CharField(max_length=7)
    arrived_in = models.CharField(max_length=7)
    booked_in = models.CharField(max_length=7, blank=True)
    state = models.CharField(max_length=8, choices=LATE_STATES)
    reason = models.CharField(max_length=500, blank=True)
    decided_by = models.UUIDField(null=True)
    decided_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["state", "received_at", "id"], name="late_state"),
            models.Index(fields=["agency", "state", "received_at", "id"], name="late_of_agency"),
            models.Index(fields=["booked_in", "agency"], name="late_booked"),
            models.Index(fields=["arrived_in"], name="late_arrived"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["source", "external_id"], name="late_once"),
            models.CheckConstraint(
                condition=Q(state__in=["booked", "accepted"]) & ~Q(booked_in="")
                | Q(state__in=["held", "declined"], booked_in=""),
                name="late_booking",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["accepted", "declined"]) | ~Q(reason=""),
                name="late_reason",
            ),
        ]

    @property
    def delta(self) -> Any:
        """What it adds to its month, where it is booked."""
        return self.quantity - self.base

"""Bills, their lines, funding splits, queries, and an agency's own account strings."""

from __future__ import annotations

from django.db import models

from commonweal.kernel.schema.public import TenantModel, tenant


@tenant()
class Bill(TenantModel):
    """One agency's bill for one period. Immutable once issued (trigger).

    `document` is the whole bill as it was issued, names included; `content_hash` is its digest, and
    the event of its issue carries that digest too.
    """

    run = models.ForeignKey("charging.CloseRun", on_delete=models.PROTECT, related_name="bills")
    period = models.CharField(max_length=7)
    number = models.CharField(max_length=40, blank=True)
    state = models.CharField(max_length=8, default="draft")  # draft preview issued
    currency = models.CharField(max_length=3)
    total_minor = models.BigIntegerField(default=0)
    content_hash = models.CharField(max_length=64, blank=True)
    document = models.JSONField(null=True)
    pack_root = models.CharField(max_length=64, blank=True)
    issued_on = models.DateField(null=True)
    due_on = models.DateField(null=True)
    issued_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["agency", "period"], name="bill_once"),
            models.UniqueConstraint(
                fields=["agency", "number"], name="bill_number", condition=~models.Q(number="")
            ),
        ]
        indexes = [
            models.Index(fields=["period", "agency"]),
            models.Index(fields=["state", "period"], name="bill_state"),
            models.Index(fields=["number"], name="bill_by_number"),
        ]


@tenant(delete=True)
class BillLine(TenantModel):
    """One line: what, how much, at which rate version, under which order line.

    `amount_exact` is the rated amount to 9 decimals; `amount_minor` is rounded once by `rounding`.
    A correction names the `charge_period` it corrects and the line of the earlier bill. `cell`:
    which of a price's dimension values it is for ("phone"); empty where the price has none. A
    credit names that line and the portion of the credit that it is an instalment of; its quantity
    is 0.

    `exact_before`: what earlier lines for the same month came to before rounding; the line's cents
    are what rounding adds to theirs, so that a total never depends on when usage arrived.
    `priced_exact`: the amount in the rate's own currency, where `exchange` converted it, on top of
    `priced_before` of those earlier lines.
    """

    bill = models.ForeignKey(Bill, on_delete=models.PROTECT, related_name="lines")
    number = models.IntegerField()
    kind = models.CharField(max_length=10)  # usage fixed correction credit
    service = models.ForeignKey("catalogue.Service", on_delete=models.PROTECT)
    charge_item = models.ForeignKey("catalogue.ChargeItem", on_delete=models.PROTECT)
    rate_version = models.ForeignKey("charging.RateVersion", on_delete=models.PROTECT)
    order_line = models.ForeignKey("catalogue.OrderLine", on_delete=models.PROTECT)
    charge_period = models.CharField(max_length=7)
    cell = models.CharField(max_length=200, blank=True, default="")
    corrects = models.ForeignKey("self", null=True, on_delete=models.PROTECT)
    quantity = models.DecimalField(max_digits=18, decimal_places=6)
    facts = models.IntegerField(default=0)
    amount_exact = models.DecimalField(max_digits=27, decimal_places=9)
    amount_minor = models.BigIntegerField()
    rounding = models.CharField(max_length=12, default="half_up")
    exact_before = models.DecimalField(max_digits=27, decimal_places=9, default=0)
    exchange = models.ForeignKey(
        "charging.ExchangeRate", null=True, on_delete=models.PROTECT, related_name="+"
    )
    priced_exact = models.DecimalField(max_digits=27, decimal_places=9, null=True)
    priced_before = models.DecimalField(max_digits=27, decimal_places=9, default=0)
    credit = models.ForeignKey(
        "charging.CreditPortion", null=True, on_delete=models.PROTECT, related_name="lines"
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["bill", "number"], name="bill_line_once")]
        indexes = [models.Index(fields=["agency", "charge_item", "charge_period"])]


@tenant(delete=True)
class LineFunding(TenantModel):
    """The part of a line that one funding source pays; parts add up to the line."""

    line = models.ForeignKey(BillLine, on_delete=models.PROTECT, related_name="funding")
    source = models.ForeignKey("catalogue.FundingSource", on_delete=models.PROTECT)
    amount_minor = models.BigIntegerField()


@tenant()
class LineQuery(TenantModel):
    """An agency's question about one line, or its dispute of it, and the centre's answer.

    A dispute holds `disputed_minor` (never more than the line) until it is closed. `level`: who
    must answer now, `due_on`: the last day for it, `assigned_to`: the person named for the level.
    `outcome`: explained, credited or rejected; until `escalate_by` the agency may take it further.
    `credited_minor`: what was given back of it so far. `case`: its conversation and clocks.
    """

    line = models.ForeignKey(BillLine, on_delete=models.PROTECT, related_name="queries")
    kind = models.CharField(max_length=8)  # question dispute
    category = models.CharField(max_length=24, blank=True, default="")
    disputed_minor = models.BigIntegerField(default=0)
    text = models.CharField(max_length=2000)
    raised_by = models.UUIDField()
    raised_at = models.DateTimeField()
    state = models.CharField(max_length=10, default="open")  # open answered closed
    answer = models.CharField(max_length=2000, blank=True)
    answered_by = models.UUIDField(null=True)
    answered_at = models.DateTimeField(null=True)
    level = models.CharField(max_length=10, blank=True, default="")
    level_since = models.DateTimeField(null=True)
    due_on = models.DateField(null=True)
    assigned_to = models.UUIDField(null=True)
    outcome = models.CharField(max_length=10, blank=True, default="")
    credited_minor = models.BigIntegerField(default=0)
    escalate_by = models.DateField(null=True)
    closed_at = models.DateTimeField(null=True)
    closed_by = models.UUIDField(null=True)
    case = models.OneToOneField(
        "casework.Case", null=True, on_delete=models.PROTECT, related_name="+"
    )

    @property
    def held_minor(self) -> int:
        """What it holds back of its bill: what is disputed and not credited, until it is closed."""
        if self.kind != "dispute" or self.state == "closed":
            return 0
        return self.disputed_minor - self.credited_minor

    class Meta:
        indexes = [
            models.Index(
                fields=["due_on", "id"],
                condition=models.Q(kind="dispute", state="open"),
                name="line_query_due",
            ),
            models.Index(
                fields=["escalate_by", "id"],
                condition=models.Q(kind="dispute", state="answered"),
                name="line_query_lapse",
            ),
            models.Index(fields=["closed_at", "id"], name="line_query_closed"),
            models.Index(
                fields=["id"],
                condition=models.Q(kind="dispute", case__isnull=True),
                name="line_query_caseless",
            ),
            models.Index(fields=["state", "raised_at", "id"], name="line_query_state"),
            models.Index(fields=["raised_at", "id"], name="line_query_oldest"),
            models.Index(fields=["agency", "raised_at", "id"], name="line_query_agency"),
            models.Index(fields=["line", "raised_at", "id"], name="line_query_line"),
        ]


@tenant(delete=True)
class AccountMap(TenantModel):
    """An agency's own account string for a charge item, a service, or everything else."""

    service = models.ForeignKey("catalogue.Service", null=True, on_delete=models.PROTECT)
    charge_item = models.ForeignKey("catalogue.ChargeItem", null=True, on_delete=models.PROTECT)
    account_string = models.CharField(max_length=80)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["agency", "service", "charge_item"],
                name="account_map_once",
                nulls_distinct=False,
            ),
        ]

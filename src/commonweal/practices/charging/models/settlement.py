"""Acceptance of bills, bank statements, and what payments settled.

Statements and their entries belong to the centre's own party row; what was settled belongs to the
agency that paid. What was settled is undone by a reversal, never by an edit.
"""

from __future__ import annotations

from django.db import models

from commonweal.kernel.schema.public import TenantModel, tenant

from .bills import Bill


@tenant(append_only=True)
class BillAcceptance(TenantModel):
    """That an agency accepted a bill. `how`: by a `person`, by its `payment`, or by the `terms` of
    its order when its days to pay had passed without a word."""

    bill = models.OneToOneField(Bill, on_delete=models.PROTECT, related_name="acceptance")
    accepted_on = models.DateField()
    how = models.CharField(max_length=8)
    accepted_by = models.UUIDField(null=True)
    recorded_at = models.DateTimeField()


@tenant()
class PaymentMapping(TenantModel):
    """A saved reading of one bank's own layout: which column holds what, how values are written."""

    name = models.CharField(max_length=80)
    header_hash = models.CharField(max_length=64)
    columns = models.JSONField()
    options = models.JSONField(default=dict)
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["agency", "name"], name="payment_mapping_name"),
        ]


@tenant(append_only=True)
class BankStatement(TenantModel):
    """One imported file of a bank account. Opening and closing balance where the file says them:
    then opening + entries = closing, or the file was refused."""

    account = models.CharField(max_length=40)
    reference = models.CharField(max_length=80, blank=True)
    format = models.CharField(max_length=20)  # csv camt.053
    filename = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    currency = models.CharField(max_length=3)
    first_day = models.DateField(null=True)
    last_day = models.DateField(null=True)
    entries_total = models.IntegerField()
    entries_new = models.IntegerField()
    in_minor = models.BigIntegerField()
    out_minor = models.BigIntegerField()
    opening_minor = models.BigIntegerField(null=True)
    closing_minor = models.BigIntegerField(null=True)
    gap_minor = models.BigIntegerField(null=True)
    recorded_at = models.DateTimeField()
    recorded_by = models.UUIDField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["agency", "sha256", "account", "reference"], name="statement_once"
            ),
        ]
        indexes = [
            models.Index(fields=["recorded_at", "id"], name="statement_newest"),
            models.Index(fields=["account", "last_day"], name="statement_before"),
        ]


@tenant()
class BankEntry(TenantModel):
    """One line of a statement. `amount_minor`: in positive, out negative.

    `state`: unknown | proposed (money in that waits for a person) | assigned | returned | out
    (money out) | aside (not about bills). `proposal`: what the machine would do and why. Payer,
    account and text are the bank's; nothing else holds them (law 12).
    """

    statement = models.ForeignKey(BankStatement, on_delete=models.PROTECT, related_name="entries")
    row = models.IntegerField()
    key = models.CharField(max_length=64)
    booked_on = models.DateField()
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    reference = models.CharField(max_length=80, blank=True)
    payer = models.CharField(max_length=160, blank=True)
    payer_account = models.CharField(max_length=40, blank=True)
    text = models.CharField(max_length=1000, blank=True)
    named = models.JSONField(default=list)
    state = models.CharField(max_length=8)
    proposal = models.JSONField(default=dict)
    note = models.CharField(max_length=500, blank=True)
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["agency", "key"], name="bank_entry_once")]
        indexes = [
            models.Index(
                fields=["booked_on", "id"],
                condition=models.Q(state__in=["unknown", "proposed"]),
                name="bank_entry_waits",
            ),
            models.Index(fields=["statement", "row"], name="bank_entry_row"),
        ]


@tenant(delete=True)
class PayerAccount(TenantModel):
    """A bank account that an agency pays from, as a person said when assigning a payment."""

    account = models.CharField(max_length=40, unique=True)
    recorded_at = models.DateTimeField()


@tenant(append_only=True)
class Settlement(TenantModel):
    """One act between a bill, an advance and cash.

    `kind`: receipt (cash in) | apply (advance → bill) | credit (a bill below zero → advance) |
    refund (advance → cash) | reversal (of another act). `pair_id` names its journals in both books.
    """

    kind = models.CharField(max_length=8)
    key = models.CharField(max_length=100)
    entry = models.ForeignKey(
        BankEntry, null=True, on_delete=models.PROTECT, related_name="settlements"
    )
    reverses = models.OneToOneField(
        "self", null=True, on_delete=models.PROTECT, related_name="reversed_by"
    )
    day = models.DateField()
    period = models.CharField(max_length=7)
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    how = models.CharField(max_length=12, blank=True)
    reference = models.CharField(max_length=80, blank=True)
    reason = models.CharField(max_length=500, blank=True)
    decision_id = models.UUIDField(null=True)
    journal_id = models.UUIDField(null=True)
    recorded_at = models.DateTimeField()
    recorded_by = models.UUIDField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["agency", "key"], name="settlement_once")]
        indexes = [models.Index(fields=["agency", "recorded_at", "id"], name="settlement_newest")]


@tenant(append_only=True)
class SettlementPart(TenantModel):
    """What an act moves for one service: of a bill's open amount, or (no bill) of the advance."""

    settlement = models.ForeignKey(Settlement, on_delete=models.PROTECT, related_name="parts")
    bill = models.ForeignKey(Bill, null=True, on_delete=models.PROTECT, related_name="payments")
    fund = models.CharField(max_length=40)
    service_code = models.CharField(max_length=40)
    amount_minor = models.BigIntegerField()

    class Meta:
        indexes = [
            models.Index(fields=["bill", "fund", "service_code"], name="settlement_part_bill"),
            models.Index(fields=["agency", "fund", "service_code"], name="settlement_part_agency"),
        ]


@tenant(append_only=True)
class BillReminder(TenantModel):
    """That an agency was reminded of what is past due, and of how much."""

    sent_on = models.DateField()
    overdue_minor = models.BigIntegerField()
    sent_by = models.UUIDField(null=True)
    recorded_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["agency", "recorded_at", "id"], name="reminder_newest")]

"""Fees of cases: what is owed, each try to pay it, what providers said, tills and their receipts.

Nothing here names a person: a fee belongs to its case. Amounts are whole minor units.
"""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from ...calendar.public import now
from ...schema.public import IdModel, TenantModel, shared, tenant
from .cases import Case
from .setup import CaseType, Category

TO_SEE_TO = ("asked", "agreed", "sent", "failed")
"""States of what is to be given back in which somebody has something to do, or to wait for."""


@shared()
class FeeRule(IdModel):
    """What a kind of case (or one subject of it) costs, and what for. `automatic`: owed as soon as
    a case opens; otherwise an agent charges it. `before`: the state that a case cannot come into
    before it is paid ("": none)."""

    code = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=120)
    case_type = models.ForeignKey(CaseType, on_delete=models.PROTECT, related_name="fees")
    category = models.ForeignKey(Category, null=True, on_delete=models.PROTECT, related_name="fees")
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    before = models.CharField(max_length=40, blank=True)
    automatic = models.BooleanField(default=True)
    active = models.BooleanField(default=True)

    class Meta:
        indexes = [models.Index(fields=["case_type", "name", "id"], name="casework_fee_rule_order")]
        constraints = [
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="casework_fee_rule_some")
        ]

    def __str__(self) -> str:
        return self.name


@tenant()
class CaseFee(TenantModel):
    """A fee of a case. `state`, `paid_minor` and `refund_due_minor` repeat what follows from its
    attempts and words (domain/fees); amount and currency never change."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="fees")
    rule = models.ForeignKey(FeeRule, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=120)
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    before = models.CharField(max_length=40, blank=True)
    state = models.CharField(max_length=10, default="due")
    paid_minor = models.BigIntegerField(default=0)
    refund_due_minor = models.BigIntegerField(default=0)
    charged_at = models.DateTimeField(default=now)
    charged_by = models.UUIDField(null=True)
    waived = models.BooleanField(default=False)
    waive_reason = models.CharField(max_length=300, blank=True)
    waived_at = models.DateTimeField(null=True)
    waived_by = models.UUIDField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="casework_fee_some"),
            models.UniqueConstraint(
                fields=["case", "rule"],
                condition=Q(waived=False, state__in=["due", "started", "failed", "cancelled"]),
                name="casework_fee_owed_once",
            ),
        ]
        indexes = [
            models.Index(fields=["case", "charged_at", "id"], name="casework_fee_order"),
            models.Index(
                fields=["-id"], condition=Q(refund_due_minor__gt=0), name="casework_fee_to_return"
            ),
        ]

    @property
    def owed(self) -> bool:
        """Whether somebody still has to pay it."""
        return not self.waived and self.state not in ("paid", "refunded")

    @property
    def waits(self) -> bool:
        """Whether a bank has still to say what becomes of a payment of it."""
        return self.owed and any(each.waiting for each in self.attempts.all())


@tenant()
class PaymentAttempt(TenantModel):
    """One try to pay a fee: at a provider (its reference) or at a counter (the receipt's text)."""

    fee = models.ForeignKey(CaseFee, on_delete=models.PROTECT, related_name="attempts")
    position = models.PositiveSmallIntegerField()
    provider = models.CharField(max_length=20)
    reference = models.CharField(max_length=100)
    state = models.CharField(max_length=10, default="started")
    paid_minor = models.BigIntegerField(default=0)
    refunded_minor = models.BigIntegerField(default=0)
    waiting = models.BooleanField(default=False)
    begun_at = models.DateTimeField(default=now)
    changed_at = models.DateTimeField(default=now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["provider", "reference"], name="casework_attempt_once"),
            models.UniqueConstraint(fields=["fee", "position"], name="casework_attempt_order"),
            models.CheckConstraint(
                condition=Q(refunded_minor__gte=0, refunded_minor__lte=F("paid_minor")),
                name="casework_attempt_returned",
            ),
        ]


@tenant(append_only=True)
class PaymentWord(TenantModel):
    """What a provider said of a fee, and what it did: `moved`, `late` (only kept) or `twice`."""

    fee = models.ForeignKey(CaseFee, on_delete=models.PROTECT, related_name="words")
    position = models.PositiveSmallIntegerField()
    provider = models.CharField(max_length=20)
    event_id = models.CharField(max_length=160)
    reference = models.CharField(max_length=100)
    kind = models.CharField(max_length=20)
    refund = models.CharField(max_length=64, blank=True)
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    effect = models.CharField(max_length=6)
    told_at = models.DateTimeField(default=now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["provider", "event_id"], name="casework_word_once"),
            models.UniqueConstraint(fields=["fee", "position"], name="casework_word_order"),
        ]


@shared()
class Till(IdModel):
    """A place where money is taken. `session` counts from one closing to the next; receipts and
    what is paid out carry it."""

    code = models.CharField(max_length=12, unique=True)
    name = models.CharField(max_length=120)
    currency = models.CharField(max_length=3)
    session = models.PositiveIntegerField(default=1)
    active = models.BooleanField(default=True)

    class Meta:
        indexes = [models.Index(fields=["name", "id"], name="casework_till_name")]

    def __str__(self) -> str:
        return self.name


@shared()
class TillYear(IdModel):
    """The last receipt number of a till in a fiscal year. The number is taken in the transaction
    that writes its receipt, so that a refused payment leaves no gap."""

    till = models.ForeignKey(Till, on_delete=models.PROTECT, related_name="years")
    year = models.PositiveSmallIntegerField()
    last = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["till", "year"], name="casework_till_year_once")
        ]


@tenant(append_only=True)
class FeeReceipt(TenantModel):
    """A receipt of a counter: issued once, never changed. What was wrong is a `Payback`."""

    till = models.ForeignKey(Till, on_delete=models.PROTECT, related_name="receipts")
    session = models.PositiveIntegerField()
    year = models.PositiveSmallIntegerField()
    number = models.PositiveIntegerField()
    text = models.CharField(max_length=40, unique=True)
    fee = models.ForeignKey(CaseFee, on_delete=models.PROTECT, related_name="receipts")
    name = models.CharField(max_length=120)
    case_number = models.CharField(max_length=32)
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    method = models.CharField(max_length=8)  # cash card cheque
    tendered_minor = models.BigIntegerField()
    change_minor = models.BigIntegerField(default=0)
    issued_at = models.DateTimeField(default=now)
    issued_by = models.UUIDField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["till", "year", "number"], name="casework_receipt_number"
            ),
            models.CheckConstraint(
                condition=Q(tendered_minor=F("amount_minor") + F("change_minor")),
                name="casework_receipt_adds_up",
            ),
        ]
        indexes = [
            models.Index(fields=["till", "session", "id"], name="casework_receipt_session"),
            models.Index(fields=["till", "-id"], name="casework_receipt_newest"),
        ]

    @property
    def undone(self) -> Payback | None:
        """What undid it or gave of it back last, if anything did."""
        done = [each for each in self.paybacks.all() if each.state == "done"]
        return max(done, key=lambda each: each.pk, default=None)


@tenant()
class Payback(TenantModel):
    """Money to be given back, or a receipt that is undone: asked by one person, agreed by another.

    `kind`: refund, void (a receipt written in error), returned (a cheque that bounced). `state`:
    asked, agreed (waits to be sent to the provider), sent (the provider will say), done, refused;
    failed (the provider did not give it back), replaced (agreed on anew after that, in the row
    that `replaces` it).
    """

    fee = models.ForeignKey(CaseFee, on_delete=models.PROTECT, related_name="paybacks")
    attempt = models.ForeignKey(PaymentAttempt, on_delete=models.PROTECT, related_name="paybacks")
    receipt = models.ForeignKey(
        FeeReceipt, null=True, on_delete=models.PROTECT, related_name="paybacks"
    )
    kind = models.CharField(max_length=8)
    amount_minor = models.BigIntegerField()
    reason = models.CharField(max_length=300)
    state = models.CharField(max_length=8, default="asked")
    replaces = models.ForeignKey(
        "self", null=True, on_delete=models.PROTECT, related_name="replaced_by"
    )
    asked_at = models.DateTimeField(default=now)
    asked_by = models.UUIDField()
    decided_at = models.DateTimeField(null=True)
    decided_by = models.UUIDField(null=True)
    done_at = models.DateTimeField(null=True)
    till = models.ForeignKey(Till, null=True, on_delete=models.PROTECT, related_name="paybacks")
    session = models.PositiveIntegerField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True) | ~Q(decided_by=F("asked_by")),
                name="casework_payback_two_people",
            ),
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="casework_payback_some"),
        ]
        indexes = [
            models.Index(
                fields=["-id"], condition=Q(state__in=TO_SEE_TO), name="casework_payback_waits"
            ),
            models.Index(fields=["fee", "id"], name="casework_payback_fee"),
            models.Index(fields=["till", "session"], name="casework_payback_session"),
        ]


@shared()
class TillClosing(IdModel):
    """The end of a till's session: what should be in it, what was counted, who counted and who
    signed. Figures never change; a difference says why."""

    till = models.ForeignKey(Till, on_delete=models.PROTECT, related_name="closings")
    session = models.PositiveIntegerField()
    receipts = models.PositiveIntegerField()
    first = models.CharField(max_length=40, blank=True)
    last = models.CharField(max_length=40, blank=True)
    cash_expected = models.BigIntegerField()
    card_expected = models.BigIntegerField()
    cheque_expected = models.BigIntegerField()
    cash_counted = models.BigIntegerField()
    card_counted = models.BigIntegerField()
    cheque_counted = models.BigIntegerField()
    reason = models.CharField(max_length=300, blank=True)
    counted_at = models.DateTimeField(default=now)
    counted_by = models.UUIDField()
    signed_at = models.DateTimeField(null=True)
    signed_by = models.UUIDField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["till", "session"], name="casework_closing_once"),
            models.CheckConstraint(
                condition=Q(signed_by__isnull=True) | ~Q(signed_by=F("counted_by")),
                name="casework_closing_two_people",
            ),
        ]
        indexes = [models.Index(fields=["till", "-session"], name="casework_closing_newest")]

    @property
    def difference_minor(self) -> int:
        """Counted less expected, over all ways to pay."""
        return (
            self.cash_counted + self.card_counted + self.cheque_counted
            - self.cash_expected - self.card_expected - self.cheque_expected
        )  # fmt: skip

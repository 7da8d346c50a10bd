"""The books: charts of accounts, funds, periods, journals with their postings, and balances.

Everything that these tables promise is enforced in schema.sql, against raw SQL too.
"""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from ..calendar.public import now
from ..schema.public import TableRights, TenantModel, tenant

TYPES = [(name, name.title()) for name in ("asset", "liability", "equity", "revenue", "expense")]
STATES = [("open", "Open"), ("closed", "Closed")]
CODE = r"^[A-Z0-9][A-Z0-9-]{0,31}$"
PERIOD = r"^[0-9]{4}-(0[1-9]|1[0-2])$"
LIMIT = 9_000_000_000_000_000_000


@tenant()
class Account(TenantModel):
    """One account of one agency's chart. Code and type never change; the name may."""

    code = models.CharField(max_length=32)
    name = models.CharField(max_length=160)
    type = models.CharField(max_length=9, choices=TYPES)
    active = models.BooleanField(default=True)

    class Meta:
        ordering = ["code"]
        constraints = [
            models.UniqueConstraint(fields=["agency", "code"], name="ledger_account_code"),
            models.UniqueConstraint(fields=["id", "agency"], name="ledger_account_owner"),
            models.CheckConstraint(condition=Q(code__regex=CODE), name="ledger_account_code_form"),
            models.CheckConstraint(
                condition=Q(type__in=[name for name, _ in TYPES]), name="ledger_account_type"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


@tenant()
class Fund(TenantModel):
    """A self-balancing set of accounts: every journal balances in each fund by itself."""

    code = models.CharField(max_length=32)
    name = models.CharField(max_length=160)

    class Meta:
        ordering = ["code"]
        constraints = [
            models.UniqueConstraint(fields=["agency", "code"], name="ledger_fund_code"),
            models.UniqueConstraint(fields=["id", "agency"], name="ledger_fund_owner"),
            models.CheckConstraint(condition=Q(code__regex=CODE), name="ledger_fund_code_form"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


@tenant()
class LedgerPeriod(TenantModel):
    """One month (`2026-10`) of one agency's books, open or closed."""

    code = models.CharField(max_length=7)
    state = models.CharField(max_length=6, choices=STATES, default="open")
    opened_at = models.DateTimeField(default=now)
    closed_at = models.DateTimeField(null=True)
    reopen_reason = models.CharField(max_length=500, blank=True)

    class Meta:
        db_table = "ledger_period"
        ordering = ["code"]
        constraints = [
            models.UniqueConstraint(fields=["agency", "code"], name="ledger_period_code"),
            models.UniqueConstraint(fields=["id", "agency"], name="ledger_period_owner"),
            models.CheckConstraint(condition=Q(code__regex=PERIOD), name="ledger_period_form"),
            models.CheckConstraint(
                condition=Q(state="open", closed_at__isnull=True)
                | Q(state="closed", closed_at__isnull=False),
                name="ledger_period_state",
            ),
        ]

    def __str__(self) -> str:
        return self.code


@tenant(append_only=True)
class Journal(TenantModel):
    """The header of one posted journal; it never changes, and a correction is a reversal.

    `effective_date`: when the event took place. `recorded_at`: when the books learnt of it.
    `period`: where it counts. The description holds no name of a person. Agency and period are
    bound through the lines' balance rows (schema.sql).
    """

    agency = models.ForeignKey(
        "party.Agency", on_delete=models.PROTECT, db_constraint=False, related_name="+",
        db_index=False,
    )  # fmt: skip
    number = models.BigIntegerField()
    period = models.ForeignKey(
        LedgerPeriod, on_delete=models.PROTECT, db_constraint=False, related_name="journals",
        db_index=False,
    )  # fmt: skip
    effective_date = models.DateField()
    recorded_at = models.DateTimeField()
    description = models.CharField(max_length=200)
    source = models.CharField(max_length=40)
    idempotency_key = models.CharField(max_length=120)
    payload_hash = models.CharField(max_length=64)
    n_lines = models.PositiveIntegerField()
    currency = models.CharField(max_length=3)
    pair_id = models.UUIDField(null=True)
    reverses = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, related_name="reversed_by"
    )

    class Meta:
        indexes = [models.Index(fields=["period", "number"], name="ledger_journal_place")]
        constraints = [
            models.UniqueConstraint(
                fields=["agency", "source", "idempotency_key"], name="ledger_journal_key"
            ),
            models.UniqueConstraint(fields=["agency", "number"], name="ledger_journal_number"),
            models.UniqueConstraint(
                fields=["pair_id", "agency"], condition=Q(pair_id__isnull=False),
                name="ledger_journal_pair",
            ),
            models.CheckConstraint(condition=Q(n_lines__gte=2), name="ledger_journal_lines_two"),
            models.CheckConstraint(
                condition=Q(currency__regex=r"^[A-Z]{3}$"), name="ledger_journal_currency"
            ),
            models.CheckConstraint(
                condition=Q(reverses__isnull=True) | ~Q(reverses=F("id")),
                name="ledger_journal_not_itself",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"J{self.number}"


@tenant(append_only=True)
class Posting(models.Model):
    """One line of a journal: debit positive, credit negative, in minor units.

    `agency`, `period` and `currency` repeat the header's (checked by trigger). Account and fund
    are bound to the agency through the balance row that the same statement moves (schema.sql).
    """

    pk = models.CompositePrimaryKey("journal_id", "line")
    journal = models.ForeignKey(
        Journal, on_delete=models.PROTECT, db_constraint=False, db_index=False,
        related_name="postings",
    )  # fmt: skip
    line = models.IntegerField()
    agency = models.ForeignKey(
        "party.Agency", on_delete=models.PROTECT, db_constraint=False, db_index=False,
        related_name="+",
    )  # fmt: skip
    period = models.ForeignKey(
        LedgerPeriod, on_delete=models.PROTECT, db_constraint=False, db_index=False,
        related_name="+",
    )  # fmt: skip
    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, db_constraint=False, db_index=False,
        related_name="postings",
    )  # fmt: skip
    fund = models.ForeignKey(
        Fund, on_delete=models.PROTECT, db_constraint=False, db_index=False, related_name="+"
    )
    amount = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    cost_centre = models.CharField(max_length=40)
    service_code = models.CharField(max_length=40)
    object_code = models.CharField(max_length=40)
    trading_partner_id = models.UUIDField(null=True)
    reference = models.CharField(max_length=64)

    class Meta:
        indexes = [
            models.Index(
                fields=["account", "period", "journal", "line"], name="ledger_posting_account"
            ),
            models.Index(
                fields=["period", "trading_partner_id"],
                condition=Q(trading_partner_id__isnull=False),
                name="ledger_posting_partner",
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(amount__gte=-LIMIT, amount__lte=LIMIT) & ~Q(amount=0),
                name="ledger_posting_amount",
            ),
        ]


class Balance(models.Model):
    """What an account moved in one period, kept by the trigger that checks the postings.

    One key may have several rows (`shard`), one per writer at the same moment, so that writers
    never wait for one another; a balance is their sum. The app's role can only read it. The
    references are composite foreign keys in schema.sql.
    """

    rights = TableRights(tenant="agency_id", app_writes=False)

    pk = models.CompositePrimaryKey(
        "agency_id", "period_id", "account_id", "fund_id", "currency", "shard"
    )
    agency = models.ForeignKey(
        "party.Agency", on_delete=models.PROTECT, db_constraint=False, db_index=False,
        related_name="+",
    )  # fmt: skip
    period = models.ForeignKey(
        LedgerPeriod, on_delete=models.PROTECT, db_constraint=False, db_index=False,
        related_name="+",
    )  # fmt: skip
    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, db_constraint=False, related_name="+"
    )
    fund = models.ForeignKey(
        Fund, on_delete=models.PROTECT, db_constraint=False, db_index=False, related_name="+"
    )
    currency = models.CharField(max_length=3)
    shard = models.SmallIntegerField()
    debit = models.BigIntegerField()
    credit = models.BigIntegerField()


class Counter(models.Model):
    """The last journal number of an agency; only `ledger_reserve()` moves it, so no number is lost.

    A rolled-back posting gives its number back, because the row rolls back with it.
    """

    rights = TableRights(tenant="agency_id", app_writes=False)

    agency = models.OneToOneField(
        "party.Agency", on_delete=models.PROTECT, primary_key=True, related_name="+"
    )
    last = models.BigIntegerField(default=0)

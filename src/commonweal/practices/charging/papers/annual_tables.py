"""The tables of the yearly package: what an auditor asks of an internal service fund.

The contents follow “Section II” of a central service cost allocation plan (OMB A-87 Att. C §E.3.b,
read in a public copy): description, balance sheet, revenue and expense by source, non-operating
transfers, rate method, current rates, revenue (imputed revenue included) beside allowable cost with
how variances are handled, imputed revenue, and what the reserve, the adjustments and the decisions
were. Amounts are in major units; an amount that nobody knows is “cannot be determined”.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.db.models import Q, Sum

from commonweal.kernel.access.public import Actor
from commonweal.kernel.authority.public import Decision
from commonweal.kernel.calendar.public import FiscalPeriod
from commonweal.kernel.catalogue.public import Service
from commonweal.kernel.ledger.public import Posting
from commonweal.kernel.party.public import centre

from ..closing.posting import REVENUE
from ..domain.recovery import days_text
from ..models import (
    AccountEntry,
    Adjustment,
    AdjustmentPart,
    AllocationEdge,
    AllocationRun,
    Bill,
    BillLine,
    CostLine,
    LineFunding,
    PriceReduction,
    RateVersion,
)
from ..selectors.account_record import REDUCTION
from ..selectors.bill_document import money_text
from ..selectors.credits import unearned_lines
from ..selectors.fiscal import fiscal_periods
from ..selectors.recovery import ServiceRecovery, recoveries

UNKNOWN = "cannot be determined"
SUBJECTS = (
    "charging.RateVersion", "charging.CloseRun", "charging.PriceReduction",
    "charging.RecoveryRule", "charging.AccountEntry", "charging.Adjustment",
    "charging.Engagement", "charging.Disposal", "charging.IdlePolicy",
    "charging.AllocationMethod", "charging.ExchangeRate", "charging.Credit",
)  # fmt: skip
Table = tuple[Sequence[str], list[tuple[Any, ...]]]


class Tables:
    """The tables of one fiscal year, each (header, rows), in an order that never varies."""

    def __init__(self, actor: Actor, fiscal_year: int) -> None:
        self.actor, self.year = actor, fiscal_year
        self.months = fiscal_periods(fiscal_year)
        last = FiscalPeriod.parse(self.months[-1]).end_day - timedelta(days=1)
        self.accounts: list[ServiceRecovery] = recoveries(actor, fiscal_year, last)
        self.currency = centre().currency

    def money(self, minor: int | None) -> str:
        """An amount, or that it is not known."""
        return UNKNOWN if minor is None else money_text(minor, self.currency)

    def description(self) -> Table:
        """Each service, what it is, and its fund."""
        rows = [
            (row.code, row.name, row.description, row.fund_code, row.starts, row.ends or "")
            for row in Service.objects.order_by("code")
        ]
        return ("service", "name", "description", "fund", "starts", "ends"), rows

    def balance_sheet(self) -> Table:
        """Every account of the centre's books by fund and service, to the end of the year."""
        rows = (
            Posting.objects.filter(
                agency_id=centre().agency_id, period__code__lte=self.months[-1]
            )
            .values_list("fund__code", "service_code", "account__code", "account__name",
                         "account__type")
            .annotate(balance=Sum("amount"))
            .order_by("fund__code", "service_code", "account__code")
        )  # fmt: skip
        header = ("fund", "service", "account", "name", "type", "balance_debit_positive")
        return header, [(*row[:5], self.money(int(row[5]))) for row in rows]

    def revenue(self) -> Table:
        """Revenue by service and source: billings of each agency, imputed, other."""
        rows: list[tuple[Any, ...]] = []
        lines = (
            BillLine.objects.filter(bill__state="issued", bill__period__in=self.months)
            .exclude(id__in=unearned_lines())
            .values_list("service__code", "agency__code", "kind")
            .annotate(total=Sum("amount_minor"))
            .order_by("service__code", "agency__code", "kind")
        )
        for service, agency, kind, amount in lines:
            rows.append((service, f"billed: {kind}", agency, self.money(int(amount))))
            if kind == REDUCTION:
                rows.append((service, "imputed revenue", agency, self.money(-int(amount))))
        for entry in self._entries("other_revenue"):
            what = (entry.service.code, f"other: {entry.reason}", "")
            rows.append((*what, self.money(entry.amount_minor)))
        return ("service", "source", "agency", "amount"), sorted(rows)

    def expense(self) -> Table:
        """Cost by service and pool, as each month's allocation gave it."""
        newest: dict[str, AllocationRun] = {}
        runs = AllocationRun.objects.filter(basis="actual", label__in=self.months)
        for run in runs.defer("document", "result", "ledger").order_by("recorded_at", "id"):
            newest[run.label] = run
        sums: dict[tuple[str, str], int] = defaultdict(int)
        edges = AllocationEdge.objects.filter(run__in=[run.pk for run in newest.values()])
        for target, source, amount in edges.values_list("target", "source", "amount_minor"):
            sums[(target, source)] += amount
        rows = [(*key, self.money(amount)) for key, amount in sorted(sums.items())]
        return ("service", "cost_pool", "amount"), rows

    def categories(self) -> Table:
        """The ledger's cost of the year by object category and kind, before allocation."""
        rows = (
            CostLine.objects.filter(
                agency_id=centre().agency_id, basis="actual", period__in=self.months
            )
            .values_list("category", "kind")
            .annotate(total=Sum("amount_minor"))
            .order_by("category", "kind")
        )
        return ("category", "kind", "amount"), [
            (category, kind, self.money(int(amount))) for category, kind, amount in rows
        ]

    def _entries(self, *kinds: str) -> list[AccountEntry]:
        found = AccountEntry.objects.filter(
            state="approved", kind__in=kinds, period__in=self.months
        )
        return list(found.select_related("service").order_by("service__code", "period", "id"))

    def transfers(self) -> Table:
        """Opening balances, and transfers from and to funds outside; none is between services."""
        rows = [
            (
                entry.service.code,
                entry.fund_code,
                entry.period,
                entry.kind,
                entry.counterparty,
                self.money(entry.amount_minor),
                entry.reason,
                entry.decision_id,
            )
            for entry in self._entries("opening", "transfer_in", "transfer_out")
        ]
        header = ("service", "fund", "month", "kind", "counterparty", "amount", "reason",
                  "decision")  # fmt: skip
        return header, rows

    def _rates(self) -> list[RateVersion]:
        first, last = f"{self.months[0]}-01", f"{self.months[-1]}-28"
        found = RateVersion.objects.filter(state="approved", starts__lte=last).exclude(
            ends__lte=first
        )
        related = found.select_related("charge_item", "charge_item__service", "charge_item__unit")
        return list(related.order_by("charge_item__code", "starts"))

    def rate_method(self) -> Table:
        """How each rate of the year came about: cost, share, volume, allocation run, or reason."""
        header = ("rate", "service", "charge_item", "service_cost", "share", "scale", "adjustments",
                  "volume", "worked_out", "allocation_run", "reason")  # fmt: skip
        rows = []
        for row in self._rates():
            how = row.derivation
            share = how.get("share", {})
            scale = how.get("scale", {})
            adjustments = "; ".join(
                f"{each['name']}: {each['amount']}" for each in how.get("adjustments", ())
            )
            rows.append(
                (
                    row.code,
                    row.charge_item.service.code,
                    row.charge_item.code,
                    how.get("service_cost", ""),
                    f"{share['numerator']}/{share['denominator']}" if share else "",
                    f"{scale['numerator']}/{scale['denominator']}" if scale else "",
                    adjustments,
                    how.get("denominator", ""),
                    how.get("rate", ""),
                    how.get("run", ""),
                    row.reason,
                )
            )
        return header, rows

    def rates(self) -> Table:
        """The schedule of rates in force in the year."""
        header = ("rate", "service", "charge_item", "name", "unit", "model", "currency", "starts",
                  "ends", "decision")  # fmt: skip
        rows = [
            (
                row.code,
                row.charge_item.service.code,
                row.charge_item.code,
                row.charge_item.name,
                row.charge_item.unit.code,
                " ".join(f"{key}={value}" for key, value in sorted(row.model.items())),
                row.currency,
                row.starts,
                row.ends or "",
                row.decision_id,
            )
            for row in self._rates()
        ]
        return header, rows

    def comparison(self) -> Table:
        """Revenue, imputed revenue included, beside cost, for each service and month."""
        header = ("service", "fund", "month", "billed", "imputed", "other", "revenue", "full_cost",
                  "allowable_cost", "result")  # fmt: skip
        rows = [
            (
                row.account.service,
                row.account.fund,
                month.period,
                self.money(month.billed),
                self.money(month.imputed),
                self.money(month.other),
                self.money(month.revenue),
                self.money(month.cost),
                "" if month.allowable is None else self.money(month.allowable),
                self.money(month.result),
            )
            for row in self.accounts
            for month in row.account.months
        ]
        return header, rows

    def variances(self) -> Table:
        """Each service's year, and how its difference is handled; no two are added up."""
        header = ("service", "fund", "opening", "revenue", "cost", "result", "transfers",
                  "returned", "closing", "months_without_cost", "handled_by")  # fmt: skip
        rows = []
        for row in self.accounts:
            account = row.account
            made = [
                f"{each.method} of {self.money(each.amount_minor)} ({each.state})"
                for each in row.adjustments
                if each.fiscal_year == self.year
            ]
            rows.append(
                (
                    account.service,
                    account.fund,
                    self.money(account.opening),
                    self.money(account.of("revenue")),
                    self.money(account.of("cost")),
                    self.money(account.result),
                    self.money(account.of("transfers")),
                    self.money(account.of("returned")),
                    self.money(account.closing),
                    " ".join(account.missing),
                    "; ".join(sorted(made)) or "no adjustment was proposed",
                )
            )
        return header, rows

    def imputed(self) -> Table:
        """What users with a reduced price were not charged, by agency and item."""
        lines = (
            BillLine.objects.filter(
                bill__state="issued", bill__period__in=self.months, kind=REDUCTION
            )
            .values_list("service__code", "agency__code", "charge_item__code")
            .annotate(total=Sum("amount_minor"))
            .order_by("service__code", "agency__code", "charge_item__code")
        )
        decided: dict[tuple[str, str], list[str]] = defaultdict(list)
        reductions = PriceReduction.objects.filter(state="approved").select_related(
            "agency", "charge_item"
        )
        for row in reductions.order_by("starts", "id"):
            decided[(row.agency.code, row.charge_item.code)].append(
                f"{row.percent.normalize():f} percent from {row.starts} until {row.ends}: "
                f"{row.reason} ({row.decision_id})"
            )
        rows = [
            (service, agency, item, self.money(-int(amount)),
             "; ".join(decided[(agency, item)]))
            for service, agency, item, amount in lines
        ]  # fmt: skip
        return ("service", "agency", "charge_item", "imputed_revenue", "decided"), rows

    def reserves(self) -> Table:
        """The reserve test of each service after the last closed month of the year."""
        header = ("service", "fund", "after", "balance", "expense", "non_cash", "months_counted",
                  "days", "limit_days", "above_limit", "state")  # fmt: skip
        rows = []
        for row in self.accounts:
            reserve, days = row.reserve, days_text(row.reserve.days)
            rows.append(
                (
                    row.account.service,
                    row.account.fund,
                    row.account.last,
                    self.money(reserve.balance),
                    self.money(reserve.expense),
                    self.money(reserve.noncash),
                    reserve.counted,
                    UNKNOWN if days is None else days,
                    days_text(reserve.limit),
                    self.money(reserve.excess),
                    reserve.state,
                )
            )
        return header, rows

    def adjustments(self) -> Table:
        """Every adjustment of the year, decided or not; its document is in `adjustments/`."""
        header = ("id", "service", "fund", "method", "amount", "interest", "grants", "kept_back",
                  "disputed", "kept_as_reserve", "state", "approved_on", "carried_out_on",
                  "decision", "reason")  # fmt: skip
        rows = [
            (
                row.pk,
                row.service.code,
                row.fund_code,
                row.method,
                self.money(row.amount_minor),
                self.money(row.interest_minor),
                self.money(row.grant_minor),
                self.money(row.kept_back_minor),
                self.money(row.disputed_minor),
                self.money(row.reserve_minor),
                row.state,
                row.approved_on or "",
                row.carried_out_on or "",
                row.decision_id,
                row.reason,
            )
            for row in self.adjustment_rows()
        ]
        return header, rows

    def adjustment_rows(self) -> list[Adjustment]:
        """The adjustments of the year."""
        found = Adjustment.objects.filter(fiscal_year=self.year).select_related("service")
        return list(found.order_by("service__code", "id"))

    def grants(self) -> Table:
        """What each funding source paid of each service, and its share of the adjustments."""
        paid = (
            LineFunding.objects.filter(
                line__bill__state="issued", line__bill__period__in=self.months
            )
            .values_list("line__service__code", "agency__code", "source_id", "source__name",
                         "source__grant", "source__grant_ref")
            .annotate(total=Sum("amount_minor"))
            .order_by("line__service__code", "agency__code", "source_id")
        )  # fmt: skip
        shares: dict[tuple[str, Any], int] = defaultdict(int)
        parts = AdjustmentPart.objects.filter(fiscal_year=self.year, state="approved")
        for service, source, amount in parts.values_list(
            "service__code", "source_id", "amount_minor"
        ):
            shares[(service, source)] += amount
        header = ("service", "agency", "funding_source", "source_id", "grant", "grant_reference",
                  "paid", "adjustment_share")  # fmt: skip
        return header, [
            (service, agency, name, source, "yes" if grant else "no", reference,
             self.money(int(amount)), self.money(shares[(service, source)]))
            for service, agency, source, name, grant, reference, amount in paid
        ]  # fmt: skip

    def decisions(self) -> Table:
        """Decisions proposed in the year, and those of its adjustments; people by opaque ids."""
        header = ("decision", "subject", "about", "statement", "state", "amount", "proposed_at",
                  "proposed_by", "decided_at", "decided_by", "reason")  # fmt: skip
        ends = FiscalPeriod.parse(self.months[-1]).end_day
        adjusted = [row.decision_id for row in self.adjustment_rows() if row.decision_id]
        found = Decision.objects.filter(
            Q(proposed_at__date__lt=ends) | Q(pk__in=adjusted),
            subject_type__in=SUBJECTS,
            proposed_at__date__gte=f"{self.months[0]}-01",
        ).order_by("id")
        rows = [
            (
                row.pk,
                row.subject_type,
                row.subject_label,
                row.statement,
                row.state,
                "" if row.amount_minor is None else self.money(row.amount_minor),
                row.proposed_at.isoformat(),
                row.proposed_by,
                row.decided_at.isoformat() if row.decided_at else "",
                row.decided_by,
                row.reason,
            )
            for row in found
        ]
        return header, rows

    def bills(self) -> Table:
        """Every issued bill of the year with its hash and the root of its proof."""
        found = Bill.objects.filter(state="issued", period__in=self.months)
        rows = [
            (bill.number, bill.agency.code, bill.period, self.money(bill.total_minor),
             bill.issued_on, bill.content_hash, bill.pack_root)
            for bill in found.select_related("agency").order_by("period", "agency__code")
        ]  # fmt: skip
        header = ("bill", "agency", "month", "total", "issued_on", "content_hash", "pack_root")
        return header, rows

    def reconciliation(self) -> Table:
        """What issued bills charged beside what the books say was earned, by service.

        A charge for a pool's idle capacity is revenue in the books and no service's own.
        """
        idle = dict(
            BillLine.objects.filter(
                bill__state="issued", bill__period__in=self.months,
                credit__credit__kind="idle_pool",
            )
            .values_list("service__code")
            .annotate(total=Sum("amount_minor"))
            .order_by()
        )  # fmt: skip
        posted = dict(
            Posting.objects.filter(
                agency_id=centre().agency_id,
                account__code=REVENUE,
                period__code__in=self.months,
                journal__idempotency_key__startswith="bill:",
            )
            .values_list("service_code")
            .annotate(total=Sum("amount"))
            .order_by()
        )
        rows = []
        for row in self.accounts:
            billed = row.account.of("billed") or 0
            lying = int(idle.get(row.account.service, 0))
            earned = -int(posted.get(row.account.service, 0))
            rows.append(
                (row.account.service, self.money(billed), self.money(lying), self.money(earned),
                 self.money(billed + lying - earned))
            )  # fmt: skip
        header = ("service", "billed", "idle_capacity", "revenue_in_the_books", "difference")
        return header, rows

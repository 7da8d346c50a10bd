"""What travels about recovery."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from commonweal.kernel.money.public import Money as Amount
from commonweal.kernel.party.public import centre as profile
from commonweal.practices.charging import public as charging

from ..kit.types import AgencyKey, Code, Day, Exact, In, Money, Out, Period, Text, Year

Reason = Annotated[Text, Field(min_length=1, max_length=500)]
Maybe = Annotated[Text, Field(max_length=200)]


def money(minor: int | None, currency: str) -> str | None:
    """An amount in major units; None where it cannot be determined."""
    return None if minor is None else charging.money_text(minor, currency)


class RecoveryMonthOut(Out):
    """One month of an account; null where it cannot be determined."""

    period: str
    billed: Money
    imputed: Money
    other: Money
    transfers: Money
    returned: Money
    opening: Money
    cost: Money | None
    noncash: Money
    allowable: Money | None
    result: Money | None
    balance: Money | None


class RecoveryAccountOut(Out):
    """A service's own account in a fiscal year; null where it cannot be determined.

    `reserve_days`: the balance in days of cash expense. `state`: unknown, good, watch or bad.
    """

    service: str
    name: str
    fund: str
    fiscal_year: int
    through: str
    currency: str
    opening: Money | None
    revenue: Money | None
    imputed: Money | None
    cost: Money | None
    result: Money | None
    closing: Money | None
    reserve_days: Exact | None
    reserve_limit: Exact
    above_limit: Money | None
    foreseen: Money | None
    state: str
    missing: list[str]
    months: list[RecoveryMonthOut]


class ServicePositionOut(Out):
    """A service's position as everybody may read it."""

    service: str
    name: str
    fiscal_year: int
    through: str
    currency: str
    opening: Money | None
    revenue: Money | None
    cost: Money | None
    result: Money | None
    closing: Money | None
    reserve_days: Exact | None
    reserve_limit: Exact
    state: str
    missing: list[str]


def account_out(row: charging.ServiceRecovery) -> dict[str, Any]:
    """An account with its months, reserve and outlook."""
    account, reserve, currency = row.account, row.reserve, row.account.currency
    balances = dict(account.balances())
    names = ("billed", "imputed", "other", "transfers", "returned", "opening", "cost", "noncash",
             "allowable", "result")  # fmt: skip
    return {
        "service": account.service,
        "name": account.name,
        "fund": account.fund,
        "fiscal_year": account.fiscal_year,
        "through": account.last,
        "currency": currency,
        "opening": money(account.opening, currency),
        "revenue": money(account.of("revenue"), currency),
        "imputed": money(account.of("imputed"), currency),
        "cost": money(account.of("cost"), currency),
        "result": money(account.result, currency),
        "closing": money(account.closing, currency),
        "reserve_days": charging.days_text(reserve.days),
        "reserve_limit": charging.days_text(reserve.limit),
        "above_limit": money(reserve.excess, currency),
        "foreseen": money(row.outlook.over, currency) if row.outlook else None,
        "state": row.state,
        "missing": account.missing,
        "months": [
            {
                "period": month.period,
                "balance": money(balances[month.period], currency),
                **{name: money(getattr(month, name), currency) for name in names},
            }
            for month in account.months
        ],
    }


class AdjustmentPartOut(Out):
    """What one funding source gets back (+) or pays more (−)."""

    id: UUID
    adjustment_id: UUID
    agency: str
    service: str
    fiscal_year: int
    order: str
    order_line: int
    source: str
    grant: bool
    how: str
    amount: Money
    interest: Money
    currency: str


def part_out(part: charging.AdjustmentPart) -> dict[str, Any]:
    """A part with its codes and amounts."""
    return {
        "id": part.pk,
        "adjustment_id": part.adjustment_id,
        "agency": part.agency.code,
        "service": part.service.code,
        "fiscal_year": part.fiscal_year,
        "order": part.order_line.order.number,
        "order_line": part.order_line.number,
        "source": part.source.name,
        "grant": part.grant,
        "how": part.way,
        "amount": money(part.amount_minor, part.currency),
        "interest": money(part.interest_minor, part.currency),
        "currency": part.currency,
    }


class AdjustmentOut(Out):
    """A year-end adjustment; `amount` + is given back, − is charged."""

    id: UUID
    service: str
    fiscal_year: int
    method: str
    amount: Money
    interest: Money
    kept_back: Money
    grant: Money
    disputed: Money
    currency: str
    reason: str
    state: str
    decision_id: UUID | None
    approved_on: Day | None
    carried_out_on: Day | None
    input_hash: str


class AdjustmentRead(AdjustmentOut):
    """The same with everything that went in and came out."""

    document: dict[str, Any]
    parts: list[AdjustmentPartOut]


def adjustment_out(row: charging.YearEndAdjustment) -> dict[str, Any]:
    """An adjustment in major units."""
    amounts = ("amount", "interest", "kept_back", "grant", "disputed")
    return {
        "id": row.pk,
        "service": row.service.code,
        "fiscal_year": row.fiscal_year,
        "method": row.method,
        **{name: money(getattr(row, f"{name}_minor"), row.currency) for name in amounts},
        "currency": row.currency,
        "reason": row.reason,
        "state": row.state,
        "decision_id": row.decision_id,
        "approved_on": row.approved_on,
        "carried_out_on": row.carried_out_on,
        "input_hash": row.input_hash,
    }


class ChoicesIn(In):
    """What is decided about an adjustment; see the how-to of the year's end."""

    service: Code
    fiscal_year: Year
    method: Literal["refund", "credit", "future_rates", "allocated"]
    kept: Exact | None = Field(None, description="Stays in the service's own reserve.")
    reserve_disputed: bool = False
    refund_grants: bool = False
    rate: Exact | None = Field(None, description="Interest on what is refunded, percent a year.")
    interest_from: Day | None = None
    interest_to: Day | None = None
    months: list[Period] = Field(default_factory=list, max_length=36)
    into_year: Year | None = None


class YearEndAdjustmentIn(ChoicesIn):
    """The same, proposed, with the reason."""

    reason: Reason


class WorkedOut(Out):
    """An adjustment worked out; nothing is written."""

    document: dict[str, Any]


class ReductionIn(In):
    """An agency pays a part of an item's full price for some months."""

    agency: AgencyKey
    charge_item: Code
    percent: Exact = Field(description="The part that is billed, from 0 to below 100.")
    starts: Day
    ends: Day
    reason: Reason


class ReductionOut(Out):
    """A reduced price; it holds once its state is approved."""

    id: UUID
    agency: str
    charge_item: str
    percent: Exact
    starts: Day
    ends: Day
    reason: str
    state: str
    decision_id: UUID | None

    @staticmethod
    def resolve_agency(row: Any) -> str:
        """Its agency's code."""
        return str(row.agency.code)

    @staticmethod
    def resolve_charge_item(row: Any) -> str:
        """Its item's code."""
        return str(row.charge_item.code)


class EntryIn(In):
    """Something besides bills and costs that moves a service's account."""

    service: Code
    kind: Literal["opening", "other_revenue", "transfer_in", "transfer_out"]
    period: Period
    amount: Exact
    counterparty: Maybe = ""
    reason: Reason


class RecoveryEntryOut(Out):
    """An entry; it counts once its state is approved."""

    id: UUID
    service: str
    kind: str
    period: str
    amount: Money
    currency: str
    counterparty: str
    reason: str
    state: str
    decision_id: UUID | None

    @staticmethod
    def resolve_service(row: Any) -> str:
        """Its service's code."""
        return str(row.service.code)

    @staticmethod
    def resolve_amount(row: Any) -> str:
        """In major units."""
        return charging.money_text(row.amount_minor, row.currency)


class RuleIn(In):
    """Another limit; a reserve of more than 60 days names the federal approval and ends."""

    kind: Literal["reserve_days", "allocated_limit", "variance_percent"]
    value: Exact
    starts: Day
    ends: Day | None = None
    service: Annotated[str, Field(max_length=80)] = Field("", description="Empty: every service.")
    reference: Maybe = ""
    reason: Reason


class RuleOut(Out):
    """A limit; it holds once its state is approved."""

    id: UUID
    kind: str
    service: str
    value: Exact
    starts: Day
    ends: Day | None
    reference: str
    reason: str
    state: str
    decision_id: UUID | None
    recorded_at: datetime

    @staticmethod
    def resolve_service(row: Any) -> str:
        """Its service's code; empty for every service."""
        return str(row.service.code) if row.service else ""


class ReserveTestOut(Out):
    """The reserve test of one day."""

    day: Day
    through: str
    days: Exact | None
    limit_days: Exact
    state: str


def choices_of(data: ChoicesIn) -> charging.Choices:
    """The choices of a request."""
    currency = profile().currency
    return charging.Choices(
        method=data.method,
        kept_minor=Amount.exactly(str(data.kept), currency).minor if data.kept else 0,
        reserve_disputed=data.reserve_disputed,
        refund_grants=data.refund_grants,
        rate=data.rate,
        interest_from=data.interest_from,
        interest_to=data.interest_to,
        months=tuple(data.months),
        into_year=data.into_year,
    )

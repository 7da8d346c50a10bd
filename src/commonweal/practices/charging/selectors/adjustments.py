"""Working a year-end adjustment out from the record, and reading what was decided."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Sum

from commonweal.kernel.access.public import Actor, require
from commonweal.kernel.audit.public import digest, plain
from commonweal.kernel.calendar.public import FiscalPeriod, today
from commonweal.kernel.catalogue.public import Service
from commonweal.kernel.money.public import exponent
from commonweal.kernel.party.public import centre
from commonweal.kernel.schema.public import Conflict

from ..domain.recovery import Account, RecoveryError, Reserve, reserve_of
from ..domain.year_end import (
    DAY_COUNT,
    METHODS,
    RATE_METHODS,
    Interest,
    Plan,
    Use,
    amount_due,
    plan,
)
from ..models import Adjustment, AdjustmentPart, BillLine, LineFunding, LineQuery
from .account_record import REDUCTION
from .cost_model import VIEW
from .credits import unearned_lines
from .disputes import LIVE
from .fiscal import fiscal_periods
from .recovery import limit_of, recovery, rules_in_force

FORMAT = "commonweal-adjustment-1"


@dataclass(frozen=True)
class Choices:
    """What a person decides about an adjustment.

    `kept_minor`: stays in the service's own reserve (or is borne by it). `reserve_disputed`: go on
    although lines are disputed, without their amount. `refund_grants`: the grants' share of an
    excess reserve goes back in cash beside the method. `months`: the bills that credits appear on.
    `into_year`: the fiscal year whose rates take the result up.
    """

    method: str
    kept_minor: int = 0
    reserve_disputed: bool = False
    refund_grants: bool = False
    rate: Decimal | None = None
    interest_from: date | None = None
    interest_to: date | None = None
    months: tuple[str, ...] = ()
    into_year: int | None = None


@dataclass(frozen=True)
class Worked:
    """An adjustment worked out: the plan, and the document of everything that went in.

    `carried`: of years before, what this year's rates were to give back (+) or to bring in (−).
    """

    service: Service
    account: Account
    reserve: Reserve
    plan: Plan
    basis: str
    result: int
    disputed: int
    document: dict[str, Any]
    input_hash: str
    carried: int = 0


def uses_of(service_id: UUID, fiscal_year: int) -> list[Use]:
    """What each order line was charged for a service on the bills issued for a year, by the cents
    of its funding sources (HHS DAB 1766: the federal share is verified, not estimated)."""
    rows = (
        LineFunding.objects.filter(
            line__service_id=service_id,
            line__bill__state="issued",
            line__bill__period__in=fiscal_periods(fiscal_year),
        )
        .exclude(line_id__in=unearned_lines())
        .values_list("agency_id", "line__order_line_id", "line__kind", "source_id", "source__grant")
        .annotate(total=Sum("amount_minor"))
        .order_by()
    )
    full: dict[tuple[UUID, UUID], int] = defaultdict(int)
    reduced: dict[tuple[UUID, UUID], int] = defaultdict(int)
    paid: dict[tuple[UUID, UUID], dict[tuple[UUID, bool], int]] = defaultdict(
        lambda: defaultdict(int)
    )
    for agency, order_line, kind, source, grant, amount in rows:
        place = (agency, order_line)
        paid[place][(source, grant)] += int(amount)
        if kind == REDUCTION:
            reduced[place] -= int(amount)
        else:
            full[place] += int(amount)
    return [
        Use(
            place[0],
            place[1],
            full[place],
            reduced[place],
            tuple((source, grant, cents) for (source, grant), cents in sorted(parts.items())),
        )
        for place, parts in sorted(paid.items())
    ]


def source_lines(service_id: UUID, fiscal_year: int) -> dict[UUID, UUID]:
    """Per order line the newest issued bill line of the service in a year, which a credit names:
    one that charged for use, or else any (the year's only one may charge reserved capacity)."""
    rows = (
        BillLine.objects.filter(
            service_id=service_id,
            bill__state="issued",
            bill__period__in=fiscal_periods(fiscal_year),
        )
        .exclude(id__in=unearned_lines())
        .order_by("bill__period", "number")
    )
    charged = rows.filter(kind__in=("usage", "fixed", "correction"))
    return {
        **dict(rows.values_list("order_line_id", "id")),
        **dict(charged.values_list("order_line_id", "id")),
    }


def open_disputes(service_id: UUID, fiscal_year: int) -> list[LineQuery]:
    """Disputes of a service's lines on the bills of a year that are not answered yet."""
    found = LineQuery.objects.filter(
        kind="dispute",
        state__in=LIVE,
        line__service_id=service_id,
        line__bill__period__in=fiscal_periods(fiscal_year),
    )
    return list(found.select_related("line", "agency").order_by("raised_at", "id"))


def disputed_minor(disputes: Sequence[LineQuery]) -> int:
    """How much is disputed and not credited yet."""
    return sum(max(0, query.disputed_minor - query.credited_minor) for query in disputes)


def given_before(service_id: UUID, fiscal_year: int) -> int:
    """What approved adjustments of the service and year gave back (+) or charged (−) already."""
    found = Adjustment.objects.filter(
        service_id=service_id, fiscal_year=fiscal_year, state="approved"
    ).aggregate(total=Sum("amount_minor"))
    return int(found["total"] or 0)


def carried_from_before(service_id: UUID, fiscal_year: int) -> int:
    """What adjustments of years before put into a year's rates: given back by them (+), or brought
    in. The year's result holds it with the opposite sign, on purpose, so it is no result of its
    own."""
    rows = Adjustment.objects.filter(
        service_id=service_id,
        state="approved",
        fiscal_year__lt=fiscal_year,
        document__inputs__choices__into_year=fiscal_year,
    )
    found = AdjustmentPart.objects.filter(
        adjustment_id__in=rows.values("pk"), way__in=RATE_METHODS
    ).aggregate(total=Sum("amount_minor"))
    return int(found["total"] or 0)


def _on_its_way(service_id: UUID, account: Account) -> int:
    """What approved adjustments settle and the balance of the account's last month still holds: not
    carried out by then, or left to the rates of a later year."""
    rows = {
        row.pk: row for row in Adjustment.objects.filter(service_id=service_id, state="approved")
    }
    left = sum(row.amount_minor for row in rows.values())
    parts = AdjustmentPart.objects.filter(adjustment_id__in=list(rows)).values_list(
        "adjustment_id", "way"
    )
    for key, way, amount in parts.annotate(total=Sum("amount_minor")).order_by():
        row = rows[key]
        if way in RATE_METHODS:
            done = (choices_of(row.document).into_year or 0) <= account.fiscal_year
        else:
            day = row.carried_out_on
            done = day is not None and FiscalPeriod.of_date(day).code <= account.last
        left -= int(amount) if done else 0
    return left


def work_out(actor: Actor, *, service: str, fiscal_year: int, choices: Choices) -> Worked:
    """Work a service's adjustment out; nothing is written.

    Refused: a year not closed (RECOVERY-301) or with unknown costs (-302), nothing to adjust
    (-303), open disputes unless reserved (-306), an unknown method (-307), a reserve kept above
    its limit (-309), interest that is not complete (-312).
    """
    require(actor, VIEW)
    found = recovery(actor, service, fiscal_year)
    account = found.account
    _require_whole_year(account)
    result, basis = _result(account)
    disputes = open_disputes(found.service.pk, fiscal_year)
    disputed = _disputed(disputes, choices)
    rules = rules_in_force(today(centre().zone))
    reserve = reserve_of(account, limit_of(rules, "reserve_days", found.service.pk))
    given = given_before(found.service.pk, fiscal_year)
    carried = carried_from_before(found.service.pk, fiscal_year)
    own = result + carried
    excess = max(0, (reserve.excess or 0) - _on_its_way(found.service.pk, account))
    whole = max(own, excess + max(0, given)) if excess else own
    if choices.kept_minor < 0:
        raise RecoveryError(
            "RECOVERY-309", "What stays in the reserve is zero or more.", field="kept"
        )
    amount = amount_due(whole, disputed, choices.kept_minor, given)
    _check_choices(choices, amount, account, reserve)
    interest = _interest(choices, fiscal_year)
    if interest is not None:  # the days are kept, so that another day gives the same figures
        choices = replace(choices, interest_from=interest.starts, interest_to=interest.ends)
    uses = uses_of(found.service.pk, fiscal_year)
    limit = limit_of(rules, "allocated_limit", found.service.pk) * 10 ** exponent(account.currency)
    made = plan(
        amount=amount,
        method=choices.method,
        uses=uses,
        interest=interest,
        excess=excess,
        refund_grants=choices.refund_grants,
        allocated_limit=int(limit),
    )
    inputs = plain(
        {
            **_inputs(account, basis, result, disputed, given, reserve, choices, uses),
            "carried": carried,
        }
    )
    document = {"format": FORMAT, "inputs": inputs, "outcome": plain(_outcome(made, interest))}
    return Worked(
        found.service, account, reserve, made, basis, result, disputed, document, digest(inputs),
        carried,
    )  # fmt: skip


def _require_whole_year(account: Account) -> None:
    last = fiscal_periods(account.fiscal_year)[-1]
    if not account.months or account.months[-1].period != last:
        raise RecoveryError(
            "RECOVERY-301",
            f"The fiscal year {account.fiscal_year} is not closed: its last month is {last}. "
            "Close its months first.",
            field="year",
        )
    if account.missing:
        raise RecoveryError(
            "RECOVERY-302",
            f"{', '.join(account.missing)}: the costs of {account.service} are not known, so its "
            "result cannot be determined. Import and allocate them first.",
            field="year",
        )


def _result(account: Account) -> tuple[int, str]:
    """The year's result on the basis that the law asks for: allowable cost, where it is known."""
    allowable, revenue = account.of("allowable"), account.of("revenue")
    if allowable is not None and revenue is not None:
        return revenue - allowable, "allowable"
    result = account.result
    assert result is not None  # _require_whole_year saw to it
    return result, "full"


def _disputed(disputes: Sequence[LineQuery], choices: Choices) -> int:
    if disputes and not choices.reserve_disputed:
        raise RecoveryError(
            "RECOVERY-306",
            f"{len(disputes)} disputes of this service's lines are open. Answer them first, or "
            "adjust only the undisputed part and say so.",
            field="reserve_disputed",
            rows=[
                {"agency": query.agency.name, "amount_minor": query.line.amount_minor}
                for query in disputes[:50]
            ],
        )
    return disputed_minor(disputes)


def _check_choices(choices: Choices, amount: int, account: Account, reserve: Reserve) -> None:
    if choices.method not in METHODS:
        raise RecoveryError(
            "RECOVERY-307",
            f"“{choices.method}” is no way to adjust. Choose a refund, credits, future rates or "
            "allocated costs.",
            field="method",
        )
    allowed, closing = reserve.allowed, account.closing
    if choices.kept_minor and amount >= 0:
        left = None if closing is None else closing - amount
        if allowed is None or left is None or left > allowed:
            raise RecoveryError(
                "RECOVERY-309",
                f"Keeping this much would leave a reserve of more than {reserve.limit} days of "
                "cash expense, or nobody can say. Keep less.",
                field="kept",
            )
    if amount == 0:
        raise RecoveryError(
            "RECOVERY-303", "Nothing is left to adjust for this service and year.", field="year"
        )
    if choices.method == "credit":
        _check_months(choices.months)
    later = choices.into_year is not None and choices.into_year > account.fiscal_year
    if choices.method in RATE_METHODS and not later:
        raise RecoveryError(
            "RECOVERY-314",
            "Say which fiscal year's rates take the result up: one after the year that is "
            "adjusted.",
            field="into_year",
        )
    if choices.method == "refund" and amount < 0:
        raise RecoveryError(
            "RECOVERY-315",
            "The service recovered less than its cost, so there is nothing to refund. Charge the "
            "difference on future bills, or by future rates.",
            field="method",
        )


def _check_months(months: Sequence[str]) -> None:
    first = FiscalPeriod.of_date(today(centre().zone)).code
    codes = [FiscalPeriod.parse(month).code for month in months]
    if not codes or len(set(codes)) != len(codes) or len(codes) > 36 or min(codes) < first:
        raise RecoveryError(
            "RECOVERY-310",
            f"Credits appear on bills to come: name 1 to 36 months from {first} on, each once.",
            field="months",
        )


def _interest(choices: Choices, fiscal_year: int) -> Interest | None:
    if choices.rate is None:
        return None
    months = [FiscalPeriod.parse(code) for code in fiscal_periods(fiscal_year)]
    starts = choices.interest_from or months[6].first_day
    ends = choices.interest_to or today(centre().zone)
    if not 0 < choices.rate <= 30 or ends < starts or starts < months[0].first_day:
        raise RecoveryError(
            "RECOVERY-312",
            "Interest has a rate above 0 and up to 30 percent a year, and runs from a day within "
            "or after the year to a later one.",
            field="rate",
        )
    return Interest(choices.rate, starts, ends)


def _inputs(
    account: Account,
    basis: str,
    result: int,
    disputed: int,
    given: int,
    reserve: Reserve,
    choices: Choices,
    uses: Sequence[Use],
) -> dict[str, Any]:
    return {
        "service": account.service,
        "fund": account.fund,
        "fiscal_year": account.fiscal_year,
        "currency": account.currency,
        "basis": basis,
        "months": [
            {
                "period": month.period,
                "billed": month.billed,
                "imputed": month.imputed,
                "other": month.other,
                "cost": month.cost,
                "allowable": month.allowable,
                "noncash": month.noncash,
                "transfers": month.transfers,
                "returned": month.returned,
                "opening": month.opening,
            }
            for month in account.months
        ],
        "opening": account.opening,
        "closing": account.closing,
        "result": result,
        "disputed": disputed,
        "given": given,
        "reserve": {
            "allowed": reserve.allowed,
            "limit_days": str(reserve.limit),
            "cash_expense": str(reserve.cash_expense),
        },
        "choices": {
            "method": choices.method,
            "kept": choices.kept_minor,
            "reserve_disputed": choices.reserve_disputed,
            "refund_grants": choices.refund_grants,
            "months": list(choices.months),
            "into_year": choices.into_year,
            "rate": None if choices.rate is None else format(choices.rate, "f"),
            "interest_from": choices.interest_from,
            "interest_to": choices.interest_to,
        },
        "uses": [
            {
                "agency": use.agency_id,
                "order_line": use.order_line_id,
                "full": use.full,
                "reduced": use.reduced,
                "sources": [[source, grant, paid] for source, grant, paid in use.sources],
            }
            for use in uses
        ],
    }


def _outcome(made: Plan, interest: Interest | None) -> dict[str, Any]:
    return {
        "amount": made.amount,
        "kept_back": made.kept_back,
        "excess": made.excess,
        "grant": made.grant,
        "cash": made.cash,
        "interest": None
        if interest is None
        else {
            "rate": format(interest.rate, "f"),
            "from": interest.starts,
            "to": interest.ends,
            "days": interest.days,
            "day_count": DAY_COUNT,
            "amount": made.interest,
        },
        "parts": [
            [part.agency_id, part.order_line_id, part.source_id, part.grant, part.way,
             part.amount, part.interest]
            for part in made.parts
        ],
    }  # fmt: skip


def choices_of(document: dict[str, Any]) -> Choices:
    """The choices that a document keeps."""
    kept = document["inputs"]["choices"]

    def day(name: str) -> date | None:
        return date.fromisoformat(kept[name]) if kept[name] else None

    return Choices(
        method=kept["method"],
        kept_minor=kept["kept"],
        reserve_disputed=kept["reserve_disputed"],
        refund_grants=kept["refund_grants"],
        rate=None if kept["rate"] is None else Decimal(kept["rate"]),
        interest_from=day("interest_from"),
        interest_to=day("interest_to"),
        months=tuple(kept["months"]),
        into_year=kept["into_year"],
    )


def require_same(row: Adjustment, worked: Worked) -> None:
    """Refuse a proposal whose figures are not today's any more (RECOVERY-313)."""
    if worked.input_hash != row.input_hash:
        raise Conflict(
            "RECOVERY-313",
            "The figures are others than those that were proposed: something was booked since. "
            "Reject or withdraw this proposal, and propose it anew.",
        )

"""Prices that depend on more than one quantity: pools, agencies, days. Plain Python, for few rows.

**Pools.** All agencies' facts stand in one row: by agency, then in their own order (from, source,
id). With Q the pool's total, a fact from place s to place t of that row costs
R9(F(Q) × t ÷ Q) − R9(F(Q) × s ÷ Q). So facts add up to R9(F(Q)), an agency's total depends on the
agencies' totals alone and never on the order of arrival, and it is the exact share F(Q) × q ÷ Q to
within a billionth. Agencies are ordered by their id's text.

**Fixed shares** telescope in the same way over the agencies' shares, **proration** over the days
covered so far.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction

from commonweal.kernel.money.public import round_quotient

from .errors import EngineError
from .exact import AMOUNT_PLACES, EXACT, ZERO, exact_sum, r9
from .models import PriceModel
from .price import Fact, RatedFact, below_zero, price
from .shared_models import FixedShare, LumpSum, Pooled, Prorated


def r9_of(exact: Fraction) -> Decimal:
    """R9 of a fraction: nine decimals, half away from zero."""
    nano = exact * 10**AMOUNT_PLACES
    return Decimal(round_quotient(nano.numerator, nano.denominator, "half_up")).scaleb(
        -AMOUNT_PLACES
    )


def pool_parts(model: Pooled, quantities: Mapping[str, Decimal]) -> dict[str, Decimal]:
    """What each agency pays (9 decimals) of the price of all quantities together; the parts add up
    to R9(F(total)) exactly. A total below zero is refused (RATE-201)."""
    rated = rate_pool(
        {agency: [_single(quantity)] for agency, quantity in quantities.items()}, model
    )
    return {agency: facts[0].amount for agency, facts in rated.items()}


def _single(quantity: Decimal) -> Fact:
    """A total as the only fact of its agency; its moment has no effect."""
    return Fact(datetime(1970, 1, 1, tzinfo=UTC), "", "", quantity)


def rate_pool(facts: Mapping[str, Iterable[Fact]], model: Pooled) -> dict[str, list[RatedFact]]:
    """Rate a pool's facts, by agency; the oracle of the SQL kernel. RATE-202 names the fact that
    takes its agency's running total below zero."""
    ordered = {
        agency: sorted(facts[agency], key=lambda fact: fact.place) for agency in sorted(facts)
    }
    total = exact_sum(fact.quantity for found in ordered.values() for fact in found)
    whole = Fraction(price(model, total))
    place = ZERO
    charged = ZERO
    rated: dict[str, list[RatedFact]] = {}
    for agency, found in ordered.items():
        rated[agency] = []
        own = ZERO
        for fact in found:
            start, own = own, EXACT.add(own, fact.quantity)
            if own < 0:
                raise below_zero(fact.source, fact.id, own)
            place = EXACT.add(place, fact.quantity)
            reached = r9_of(whole * Fraction(place) / Fraction(total)) if total else ZERO
            rated[agency].append(RatedFact(fact, start, EXACT.subtract(reached, charged)))
            charged = reached
    return rated


def charge(
    model: PriceModel,
    *,
    agency: str = "",
    covered: int | None = None,
    days: int | None = None,
) -> Decimal:
    """What an agency pays for a period without any usage, in nine decimals.

    A price by quantity: that of 0 (a flat amount, a minimum commitment, a floor). A lump sum or a
    fixed share: the agency's (RATE-209 if it has none). A prorated amount: by `covered` days of
    the period's `days`. A pool costs nothing while nothing is used. A matrix is refused (RATE-212).
    """
    if isinstance(model, LumpSum):
        return r9(_named(model.amounts, agency))
    if isinstance(model, FixedShare):
        _named(model.shares, agency)
        return share_parts(model)[agency]
    if isinstance(model, Prorated):
        return prorate(model, covered, days)
    return r9(price(model, ZERO))


def _named(amounts: Mapping[str, Decimal] | Mapping[str, Fraction], agency: str) -> Decimal:
    if agency not in amounts:
        raise EngineError(
            "RATE-209",
            f"The price names no amount for agency “{agency}”. Add it, with 0 if it pays nothing.",
            agency=agency,
        )
    return amounts[agency]  # type: ignore[return-value]


def share_parts(model: FixedShare) -> dict[str, Decimal]:
    """Every agency's part of a fixed-share amount (9 decimals); together R9(amount × all shares).

    Shares that add up to 1 give parts that add up to the amount exactly.
    """
    parts = {}
    reached, before = Fraction(0), ZERO
    for agency in sorted(model.shares):
        reached += model.shares[agency]
        after = r9_of(Fraction(model.amount) * reached)
        parts[agency] = EXACT.subtract(after, before)
        before = after
    return parts


def prorate(model: Prorated, covered: int | None, days: int | None, before: int = 0) -> Decimal:
    """A period's amount by covered days, in nine decimals; `before` days were charged already.

    R9(amount × (before + covered) ÷ days) − R9(amount × before ÷ days), so that parts of a period
    add up to the whole. RATE-211: days are missing, or more than the period has.
    """
    if covered is None or days is None or days <= 0 or min(covered, before) < 0:
        raise EngineError(
            "RATE-211",
            "A prorated amount needs the days of the period (at least 1) and how many of them are"
            " covered. Give both.",
        )
    if before + covered > days:
        raise EngineError(
            "RATE-211",
            f"{before + covered} days are covered, but the period has {days}. Correct the days.",
        )
    whole = Fraction(model.amount) / days
    return EXACT.subtract(r9_of(whole * (before + covered)), r9_of(whole * before))

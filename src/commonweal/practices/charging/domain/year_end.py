"""A year's adjustment of one service: how much, whose, from which money, with which interest. Pure.

Law: at least once a year the revenue of each billed service is compared with its allowable cost,
and the difference is adjusted by a refund with interest, credits, future rates or, up to a limit,
allocated costs (2 CFR 200 App. V §G.4). Reserve above the limit: the federal share goes back in
cash, lower future charges alone are refused (HHS DAB 1811). The federal share follows from what
paid each charge (DAB 1766). One service never pays for another (DAB 1876 and 2010).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from uuid import UUID

from commonweal.kernel.money.public import largest_remainder, round_quotient

from .recovery import RecoveryError

METHODS = ("refund", "credit", "future_rates", "allocated")
CASH = "refund"
RATE_METHODS = ("future_rates", "allocated")
"""The methods that move no money: rates of a later year take the result up."""
DAY_COUNT = "actual/365"


@dataclass(frozen=True)
class Use:
    """What one order line was charged for a service over a year, in minor units.

    `full`: at the full price, corrections included. `reduced`: how much of it a price reduction
    took off (imputed revenue). `sources`: (funding source, grant or not, what it paid).
    """

    agency_id: UUID
    order_line_id: UUID
    full: int
    reduced: int
    sources: Sequence[tuple[UUID, bool, int]]

    @property
    def paid(self) -> int:
        """What was billed."""
        return self.full - self.reduced


@dataclass(frozen=True)
class Interest:
    """Simple interest: rate in percent a year, both days, and the days between over 365."""

    rate: Decimal
    starts: date
    ends: date

    @property
    def days(self) -> int:
        """Days from the first until before the last."""
        return (self.ends - self.starts).days

    def on(self, amount: int) -> int:
        """Interest on minor units, rounded once, half away from zero."""
        exact = Fraction(self.rate) * amount * self.days / (100 * 365)
        return round_quotient(exact.numerator, exact.denominator, "half_up")


@dataclass(frozen=True)
class Part:
    """What one funding source of one order line gets back (+) or pays more (−).

    `way`: `refund`, or the method of the adjustment. `interest` comes on top, in cash only.
    """

    agency_id: UUID
    order_line_id: UUID
    source_id: UUID
    grant: bool
    amount: int
    interest: int
    way: str


@dataclass(frozen=True)
class Plan:
    """An adjustment worked out. `amount` = parts + `kept_back`, to the minor unit.

    `kept_back`: the share of consumption that a price reduction paid for; nobody was charged it, so
    nobody gets it back. `excess`: what the reserve holds beyond its limit before the adjustment.
    """

    amount: int
    kept_back: int
    excess: int
    parts: Sequence[Part]

    @property
    def returned(self) -> int:
        """What all parts come to, without interest."""
        return sum(part.amount for part in self.parts)

    @property
    def interest(self) -> int:
        """All interest."""
        return sum(part.interest for part in self.parts)

    @property
    def grant(self) -> int:
        """What grants get back (or pay more), without interest."""
        return sum(part.amount for part in self.parts if part.grant)

    @property
    def cash(self) -> int:
        """What is refunded in cash, without interest."""
        return sum(part.amount for part in self.parts if part.way == CASH)


def amount_due(result: int, disputed: int, kept: int, given: int) -> int:
    """What is to be adjusted of a year's result.

    Over-recovered: without what is still disputed (`disputed`), what stays as a reserve (`kept`),
    and what was adjusted before (`given`). Under-recovered: without what the service's own reserve
    bears (`kept`), and what was adjusted before.
    """
    if result > 0:
        return max(0, result - disputed - kept - given)
    return min(0, result + kept - given)


def shares(amount: int, uses: Sequence[Use]) -> tuple[dict[UUID, int], int]:
    """An amount split by consumption at the full price: (by order line, kept back).

    Largest remainder over what was paid and what was reduced, so that who paid less than the full
    price gets back in proportion to what they paid, and nobody more for it. An order line whose
    year comes to nothing or less takes no part. RECOVERY-305 where nobody was charged.
    """
    weights: dict[str, int] = {}
    for use in uses:
        if use.full > 0:
            weights[f"{use.order_line_id}:paid"] = max(0, use.paid)
            weights[f"{use.order_line_id}:reduced"] = min(use.full, max(0, use.reduced))
    if not sum(weights.values()):
        raise RecoveryError(
            "RECOVERY-305",
            "Nobody was charged for this service in this year, so nobody has a share. Carry the "
            "result forward instead.",
        )
    split = dict(
        zip(weights, largest_remainder(amount, list(weights.values()), list(weights)), strict=True)
    )
    by_line = {
        use.order_line_id: split[f"{use.order_line_id}:paid"] for use in uses if use.full > 0
    }
    return by_line, amount - sum(by_line.values())


def sources_of(amount: int, use: Use) -> dict[UUID, int]:
    """An order line's part by the cents that each of its sources paid; a source whose year comes
    to less than nothing takes no part."""
    weights = {str(source): max(0, paid) for source, _, paid in use.sources}
    if not sum(weights.values()):
        weights = dict.fromkeys(weights, 1)
    split = largest_remainder(amount, list(weights.values()), list(weights))
    return {UUID(key): part for key, part in zip(weights, split, strict=True)}


def plan(
    *,
    amount: int,
    method: str,
    uses: Sequence[Use],
    interest: Interest | None = None,
    excess: int = 0,
    refund_grants: bool = False,
    allocated_limit: int = 0,
) -> Plan:
    """Work out an adjustment of `amount` (+ over-recovered) by a method.

    `excess`: the reserve beyond its limit; as far as grants paid for it, it must be refunded: by
    the method, or with `refund_grants` beside another one (RECOVERY-311). `allocated_limit`: the
    most that may go through allocated costs, all money together (RECOVERY-308).
    """
    by_line, kept_back = shares(amount, uses)
    if method == "allocated" and abs(amount) > allocated_limit:
        raise RecoveryError(
            "RECOVERY-308",
            "This adjustment is above the limit for allocated costs. Choose a refund, credits or "
            "future rates.",
            field="method",
        )
    parts = []
    for use in uses:
        grants = {source: grant for source, grant, _ in use.sources}
        for source, part in sources_of(by_line.get(use.order_line_id, 0), use).items():
            if part:
                parts.append(
                    Part(use.agency_id, use.order_line_id, source, grants[source], part, 0, method)
                )
    if method != CASH and excess > 0 and amount > 0:
        parts = _grants_in_cash(parts, refund_grants, min(excess, amount))
    return Plan(amount, kept_back, excess, _with_interest(parts, interest))


def _grants_in_cash(parts: list[Part], refund_grants: bool, excess: int) -> list[Part]:
    """Turn grants' shares of the excess into refunds (DAB 1811), or refuse the method."""
    granted = [part for part in parts if part.grant]
    whole = sum(part.amount for part in parts)
    if not granted or not whole:
        return parts
    if not refund_grants:
        raise RecoveryError(
            "RECOVERY-311",
            "The reserve is above its limit, and grants paid for part of it: their share goes back "
            "in cash, lower future charges alone are not enough (HHS DAB 1811). Choose the refund, "
            "or have the grants' share refunded beside this method.",
            field="method",
        )
    shares_of_grants = sum(part.amount for part in granted)
    due = min(
        shares_of_grants,
        round_quotient(excess * shares_of_grants, whole, "up"),
    )
    keys = [str(part.source_id) + str(part.order_line_id) for part in granted]
    cash = largest_remainder(due, [part.amount for part in granted], keys)
    found = [part for part in parts if not part.grant]
    for part, refunded in zip(granted, cash, strict=True):
        for way, some in ((CASH, refunded), (part.way, part.amount - refunded)):
            if some:
                found.append(
                    Part(
                        part.agency_id, part.order_line_id, part.source_id, True, some, 0, way
                    )
                )  # fmt: skip
    return found


def _with_interest(parts: list[Part], interest: Interest | None) -> list[Part]:
    """Interest on all cash together, rounded once and split over it by largest remainder."""
    ordered = sorted(
        parts, key=lambda part: (str(part.order_line_id), str(part.source_id), part.way)
    )
    cash = [part for part in ordered if part.way == CASH and part.amount > 0]
    if interest is None or not cash:
        return ordered
    due = interest.on(sum(part.amount for part in cash))
    keys = [f"{part.order_line_id}{part.source_id}" for part in cash]
    split = dict(
        zip(keys, largest_remainder(due, [part.amount for part in cash], keys), strict=True)
    )
    return [
        Part(
            part.agency_id,
            part.order_line_id,
            part.source_id,
            part.grant,
            part.amount,
            split[f"{part.order_line_id}{part.source_id}"],
            part.way,
        )
        if part in cash
        else part
        for part in ordered
    ]

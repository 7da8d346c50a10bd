"""One bill line with its causes: last month, rate, decision, costs behind it, questions."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import Any
from uuid import UUID

from commonweal.kernel.access.public import SYSTEM, Actor, act_as, asking
from commonweal.kernel.authority.public import decision_document
from commonweal.kernel.schema.public import FIRST, Listing, NotFound, Place

from ..domain.bills import AFTERWARDS
from ..domain.rates import from_ratio
from ..models import BillLine, LineQuery, RateVersion
from . import bills
from .cost_model import amount_of_pool
from .costs import LedgerLine, pool_lines
from .rates import RateEntry, entry, rate_version


@dataclass(frozen=True)
class PoolPart:
    """One cost pool's part of a service's cost: its share, by which driver, and the amount.

    `amount` in major units. `share` is exact.
    """

    code: str
    name: str
    driver: str
    share: Fraction
    amount: Decimal

    @property
    def own(self) -> bool:
        """Whether the whole pool is the service's own cost, shared with nobody."""
        return self.share == 1 and self.driver == "direct cost"


@dataclass(frozen=True)
class LineView:
    """Everything that explains one line; `before` is last month's line for the same item."""

    line: BillLine
    before: BillLine | None
    rate: RateEntry
    decision: Mapping[str, Any] | None
    pools: Sequence[PoolPart]
    queries: Sequence[LineQuery]

    @property
    def change_minor(self) -> int | None:
        """Cents more than last month, or None without a line to compare with."""
        return self.line.amount_minor - self.before.amount_minor if self.before else None

    @property
    def change_quantity(self) -> Decimal | None:
        """Units more than last month, or None without a line to compare with."""
        return self.line.quantity - self.before.quantity if self.before else None

    @property
    def same_rate(self) -> bool:
        """Both months were charged at the same rate version."""
        return self.before is not None and (
            self.before.rate_version_id == self.line.rate_version_id
        )


def line_view(actor: Actor, line_id: UUID) -> LineView:
    """A line with its causes (BILL-404 if it is not the actor's to see)."""
    line = bills.line(actor, line_id)
    version = line.rate_version
    return LineView(
        line=line,
        before=None if line.kind in AFTERWARDS else bills.same_line_before(line),
        rate=entry(version),
        decision=rate_decision(version),
        pools=pool_parts(version),
        queries=bills.queries(actor, line_id=line.pk),
    )


def rate_decision(version: RateVersion) -> Mapping[str, Any] | None:
    """The decision behind an approved rate, or None. Public: what was decided, when, by which role.

    `warnings`: what was unusual about it. The accounts of proposer and decider stay out of it.
    """
    if version.state != "approved" or version.decision_id is None:
        return None
    with act_as(SYSTEM):
        document = decision_document(version.decision_id)
    if document is None:
        return None
    hidden = {"proposed_by", "decided_by", "id", "effect"}
    shown = {key: value for key, value in document.items() if key not in hidden}
    return {**shown, "warnings": document["effect"].get("warnings", [])}


def pool_parts(version: RateVersion) -> list[PoolPart]:
    """The pools behind a rate, largest first; empty for a rate without a cost derivation."""
    document = version.derivation
    parts = [
        PoolPart(
            pool["pool"],
            pool["name"],
            pool["driver"],
            from_ratio(pool),
            Decimal(pool["amount"]),
        )
        for pool in document.get("pools", ())
    ]
    return sorted(parts, key=lambda part: (-abs(part.amount), part.code))


@dataclass(frozen=True)
class PoolLedger:
    """The ledger lines of a pool behind a rate, one page of them.

    `since_lines`, `since_minor`: what the pool has today beyond them, by later imports or rules;
    the rate does not stand on it.
    """

    version: RateVersion
    part: PoolPart
    first_period: str
    last_period: str
    page: Listing[LedgerLine]
    since_lines: int
    since_minor: int


_COUNTED = "SELECT ledger FROM charging_allocationrun WHERE id = %s"


def pool_ledger(actor: Actor, version_code: str, pool: str, place: Place = FIRST) -> PoolLedger:
    """The ledger lines that a published rate stands on, paged (CHARGING-404, CHARGING-407): those
    that its allocation counted, whatever was imported since.

    Published with the rate: read in the centre's scope, without supplier, reference or posting
    day, so that a line leads to no person (design law 12).
    """
    version = rate_version(actor, version_code)
    part = next((part for part in pool_parts(version) if part.code == pool), None)
    if part is None:
        raise NotFound(
            "CHARGING-407", f"Rate {version.code} does not stand on “{pool}”. See its derivation."
        )
    document = version.derivation
    first, last, basis = (document[key] for key in ("first_period", "last_period", "lines"))
    with asking(SYSTEM, _COUNTED, [document["run"]]) as row:
        if not row:
            raise NotFound("COSTS-406", "The allocation behind this rate is not there any more.")
        counted = json.loads(row[0])
        page = pool_lines(SYSTEM, pool, first, last, basis=basis, counted=counted, place=place)
        now = amount_of_pool(pool, basis, first, last)
        then = amount_of_pool(pool, basis, first, last, counted)
    rows = [replace(row, supplier="", reference="", posted_on=None) for row in page]
    shown = Listing(rows, page.previous, page.next)
    return PoolLedger(version, part, first, last, shown, now[0] - then[0], now[1] - then[1])

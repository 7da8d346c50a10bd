"""The auditor's two ways: whom a ledger line was charged to; the costs behind a bill line."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from ninja import Query
from pydantic import Field

from commonweal.practices.charging import public as charging

from ..kit import paging
from ..kit.doors import Asked
from ..kit.types import Money, Out, Page
from .bills import SEE as SEE_BILLS
from .bills import door as bills
from .costs import SEE, LedgerLineOut, PoolCode, door

__all__ = ["bills", "door"]


class Share(Out):
    """A part of an amount: an exact ratio, and the money by largest remainder."""

    numerator: str
    denominator: str
    amount: Money


class ServiceShare(Share):
    """A service's part of a ledger line."""

    service: str
    name: str


class ChargedShare(Share):
    """Where a part went; `agency` empty: nobody was billed for it, `service` says where it lies."""

    service: str
    agency: str


class TrailOut(Out):
    """Whom a ledger line was charged to. `services` and `charged` each add up to its amount."""

    line: LedgerLineOut
    run_id: UUID | None
    pool: str
    services: list[ServiceShare]
    charged: list[ChargedShare]
    agencies: dict[str, Money]


class CostPartOut(Share):
    """A pool's part (or an adjustment's, then `pool` is empty) of a bill line."""

    pool: str
    name: str
    driver: str


class LineCostsOut(Out):
    """What each cent of a bill line stands for; `parts` add up to `amount` unless there are none.

    `at_cost`: the price is the one that was derived from cost. `of_month`: it was set by hand, and
    the parts are what the service cost in the month.
    """

    line_id: UUID
    amount: Money
    currency: str
    at_cost: bool
    of_month: bool
    parts: list[CostPartOut]


class LedgerShare(Share):
    """A ledger line behind a bill line, with its part of it; the ratio is of the pool."""

    line: LedgerLineOut


class LedgerShares(Page[LedgerShare]):
    """Ledger lines of one pool; personal ones are told as a sum."""

    pool: str
    part: Money
    personal_lines: int
    personal_amount: Money
    personal_part: Money


def line_out(line: charging.LedgerLine) -> dict[str, Any]:
    """A ledger line as it travels."""
    return {**vars(line), "amount": charging.money_text(line.amount_minor, line.currency)}


@door.get("/ledger-lines/{ledger_line_id}/charged", access=SEE, returns=TrailOut)
def read_charged(
    request: Asked, ledger_line_id: UUID, run_id: UUID | None = Query(None)
) -> dict[str, Any]:
    """Whom a ledger line was charged to, by the allocation of its month or by another."""
    found = charging.ledger_trail(request.actor, ledger_line_id, run_id)
    currency = found.line.currency

    def share(part: Any) -> dict[str, str]:
        return {
            "numerator": format(part.share.numerator),
            "denominator": format(part.share.denominator),
            "amount": charging.money_text(part.minor, currency),
        }

    return {
        "line": line_out(found.line),
        "run_id": found.run.pk if found.run else None,
        "pool": found.pool,
        "services": [
            {"service": part.key, "name": found.names.get(part.key, part.key), **share(part)}
            for part in found.services
        ],
        "charged": [
            {"service": each.service, "agency": each.agency, **share(each)}
            for each in found.charged
        ],
        "agencies": {
            code: charging.money_text(minor, currency) for code, minor in found.agencies.items()
        },
    }


@bills.get("/bill-lines/{line_id}/costs", access=SEE_BILLS, returns=LineCostsOut)
def read_line_costs(request: Asked, line_id: UUID) -> dict[str, Any]:
    """The cost pools behind each cent of a bill line."""
    found = charging.line_costs(request.actor, line_id)
    currency = found.line.bill.currency
    return {
        "line_id": found.line.pk,
        "amount": charging.money_text(found.line.amount_minor, currency),
        "currency": currency,
        "at_cost": found.at_cost,
        "of_month": found.of_month,
        "parts": [
            {
                "pool": part.key.pool,
                "name": part.key.name,
                "driver": part.key.driver,
                **part.ratio,
                "amount": charging.money_text(part.minor, currency),
            }
            for part in found.parts
        ],
    }


@bills.get("/bill-lines/{line_id}/costs/{code}", access=SEE_BILLS, returns=LedgerShares)
def list_line_ledger(
    request: Asked,
    line_id: UUID,
    code: Annotated[PoolCode, Field(description="A pool's code.")],
    after: str = paging.after_query(),
    limit: int = paging.limit_query(),
) -> dict[str, Any]:
    """The ledger lines behind one pool's part of a bill line, with their parts of it."""
    found = charging.line_pool_shares(request.actor, line_id, code, paging.place(after, limit))
    currency = found.costs.line.bill.currency

    def text(minor: int) -> str:
        return charging.money_text(minor, currency)

    items = [
        {
            "line": line_out(row.line),
            "numerator": str(row.share.numerator),
            "denominator": str(row.share.denominator),
            "amount": text(row.minor),
        }
        for row in found.rows
    ]
    return {
        **paging.answer(found.rows),
        "items": items,
        "pool": code,
        "part": text(found.part.minor),
        "personal_lines": found.personal_lines,
        "personal_amount": text(found.personal_minor),
        "personal_part": text(found.personal_share),
    }

"""Where an agency's money went, and unit costs beside anonymous peers."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from django.http.response import HttpResponseBase
from ninja import Query
from pydantic import Field

from commonweal.kernel.party.public import agency as find_agency
from commonweal.practices.charging import public as charging

from ..kit import paging
from ..kit.doors import ALL, Asked, Door, File, attachment, needs
from ..kit.types import AgencyKey, Code, Exact, In, Money, Out, Page, Text, Year

door = Door("openness", "Where the money went, unit costs beside peers, who may read them.")
PEERS = needs("charging.view_bills", "charging.view_all_bills")
MaybeAgency = Annotated[str, Field(max_length=40, pattern=r"^[A-Za-z0-9._-]*$")]


class SpentItem(Out):
    """What was bought of one item, and why it changed: by volume, by price, by the rest."""

    charge_item: str
    quantity: Exact
    unit: str
    amount: Money
    unit_cost: str | None = Field(description="Major units for one, an exact fraction as text.")
    amount_before: Money
    by_volume: Money
    by_price: Money
    other: Money


class SpentService(Out):
    """A service's part of the money."""

    service: str
    name: str
    amount: Money
    amount_before: Money
    items: list[SpentItem]


class SpendingOut(Out):
    """An agency's fiscal year so far; `before`: the same months of the year before."""

    agency: str
    fiscal_year: int
    currency: str
    months: list[str]
    published: bool
    amount: Money
    amount_before: Money
    services: list[SpentService]


class OpenAgency(Out):
    """An agency whose page is open to everybody."""

    code: str
    name: str


class SwitchIn(In):
    """Open the page to everybody, or close it, with the reason."""

    published: bool
    reason: Annotated[Text, Field(min_length=10, max_length=300)]


class SwitchOut(Out):
    """A turn of the switch."""

    published: bool
    reason: str
    recorded_at: datetime


class PeerOut(Out):
    """One measure; exact fractions in major units as text, null where it must not be said."""

    kind: str
    service: str
    code: str
    name: str
    own: str | None
    quartile_1: str | None
    median: str | None
    quartile_3: str | None
    place: str


class PeersOut(Out):
    """Unit costs of a fiscal year so far beside the quartiles of five agencies at least."""

    fiscal_year: int
    currency: str
    months: list[str]
    rows: list[PeerOut]


class UnitCostOut(Out):
    """A service's full cost per employee served in a month; null where it must not be said."""

    period: str
    cost: str | None


class UnitCostsOut(Out):
    """Month by month."""

    service: str
    months: list[UnitCostOut]


@door.get("/money", access=ALL, returns=Page[OpenAgency])
def list_open_agencies(
    request: Asked, after: str = paging.after_query(), limit: int = paging.limit_query()
) -> dict[str, Any]:
    """The agencies that opened their page about their money to everybody."""
    found = charging.published_agencies(request.actor, paging.place(after, limit))
    return paging.answer(found)


@door.get("/money/{agency}/{fiscal_year}", access=ALL, returns=SpendingOut)
def read_money(request: Asked, agency: AgencyKey, fiscal_year: Year) -> dict[str, Any]:
    """Where an agency's money went, if its page is open to everybody."""
    return _shown(charging.spending(request.actor, agency, fiscal_year))


@door.get("/own-money/{agency}/{fiscal_year}", access=PEERS, returns=SpendingOut)
def read_own_money(request: Asked, agency: AgencyKey, fiscal_year: Year) -> dict[str, Any]:
    """The same for the agency's and the centre's people, open or not."""
    return _shown(charging.spending(request.actor, agency, fiscal_year))


def _shown(found: charging.Spending) -> dict[str, Any]:
    def text(minor: int) -> str:
        return charging.money_text(minor, found.currency)

    return {
        "agency": found.agency.code,
        "fiscal_year": found.fiscal_year,
        "currency": found.currency,
        "months": list(found.months),
        "published": found.published,
        "amount": text(found.now_minor),
        "amount_before": text(found.before_minor),
        "services": [
            {
                "service": service.code,
                "name": service.name,
                "amount": text(service.now_minor),
                "amount_before": text(service.before_minor),
                "items": [
                    {
                        "charge_item": item.code,
                        "quantity": row.now.quantity,
                        "unit": item.unit_id,
                        "amount": text(row.now.amount_minor),
                        "unit_cost": _fraction(row.now.unit_minor),
                        "amount_before": text(row.before.amount_minor),
                        "by_volume": text(row.change.volume),
                        "by_price": text(row.change.price),
                        "other": text(row.change.other),
                    }
                    for item, row in service.items
                ],
            }
            for service in found.services
        ],
    }


def _fraction(value: Any) -> str | None:
    return None if value is None else str(value)


@door.post(
    "/money-pages/{agency}/turns",
    access=needs("charging.publish_money"),
    returns=SwitchOut,
    status=201,
)
def publish_money(request: Asked, agency: AgencyKey, data: SwitchIn) -> Any:
    """Open an agency's page to everybody, or close it; every turn is kept."""
    return charging.publish_money(
        actor=request.actor,
        agency_id=find_agency(request.actor, agency).pk,
        **data.model_dump(),
    )


def _peers(request: Asked, fiscal_year: int, agency: str) -> charging.Peers:
    agency_id = find_agency(request.actor, agency).pk if agency else None
    return charging.peers(request.actor, fiscal_year, agency_id)


@door.get("/unit-costs/{fiscal_year}", access=PEERS, returns=PeersOut)
def read_peers(
    request: Asked,
    fiscal_year: Year,
    agency: MaybeAgency = Query("", description="Whose own values; left out: none, for the centre"),
) -> dict[str, Any]:
    """Own unit costs beside the quartiles of at least five agencies."""
    found = _peers(request, fiscal_year, agency)
    return {
        "fiscal_year": found.fiscal_year,
        "currency": found.currency,
        "months": list(found.months),
        "rows": [
            {
                "kind": row.kind,
                "service": row.service_code,
                "code": row.code,
                "name": row.name,
                "own": _fraction(row.own),
                "quartile_1": _fraction(row.group.low if row.group else None),
                "median": _fraction(row.group.middle if row.group else None),
                "quartile_3": _fraction(row.group.high if row.group else None),
                "place": row.place,
            }
            for row in found.rows
        ],
    }


@door.get("/unit-costs/{fiscal_year}/peers.csv", access=PEERS, returns=File("text/csv"))
def download_peers(
    request: Asked, fiscal_year: Year, agency: MaybeAgency = Query("")
) -> HttpResponseBase:
    """The same as CSV."""
    header, rows = charging.peers_table(_peers(request, fiscal_year, agency))
    data = charging.write_csv(header, rows)
    return attachment(f"unit-costs-{fiscal_year}.csv", "text/csv; charset=utf-8", data)


@door.get("/unit-costs/{fiscal_year}/services/{service}", access=PEERS, returns=UnitCostsOut)
def read_unit_costs(request: Asked, fiscal_year: Year, service: Code) -> dict[str, Any]:
    """A service's full cost per employee served, month by month."""
    found = charging.service_unit_costs(request.actor, service, fiscal_year)
    return {
        "service": service,
        "months": [{"period": row.period, "cost": _fraction(row.value)} for row in found],
    }

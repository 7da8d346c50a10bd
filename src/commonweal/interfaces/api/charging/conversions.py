"""Conversions of units and of currencies: dated, exact, decided by two people."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from commonweal.kernel.catalogue import public as catalogue
from commonweal.practices.charging import public as charging

from ..kit import paging
from ..kit.doors import ALL, Asked, Door, centre
from ..kit.types import Code, Day, In, Out, Page, Text

door = Door("conversions", "By how much other units and currencies count, from which day on.")
Reason = Annotated[Text, Field(max_length=500)]
Ratio = Annotated[str, Field(max_length=40, description="Exact: 1/60, 1000 or 1.0864.")]


class ConversionOut(Out):
    """One of `unit` is numerator ÷ denominator of the charge item's own unit."""

    id: UUID
    charge_item: str
    unit: str
    numerator: str
    denominator: str
    starts: Day
    reason: str
    state: str

    @staticmethod
    def resolve_charge_item(row: Any) -> str:
        """Its code."""
        return str(row.charge_item.code)

    @staticmethod
    def resolve_unit(row: Any) -> str:
        """Its code."""
        return str(row.unit_id)

    @staticmethod
    def resolve_numerator(row: Any) -> str:
        """As text: it may be long."""
        return str(row.numerator)

    @staticmethod
    def resolve_denominator(row: Any) -> str:
        """As text: it may be long."""
        return str(row.denominator)


class ConversionIn(In):
    """A conversion to propose."""

    charge_item: Code
    unit: Annotated[str, Field(max_length=3)]
    ratio: Ratio
    starts: Day
    reason: Reason


class ExchangeOut(Out):
    """One unit of `currency` is numerator ÷ denominator of the book currency."""

    id: UUID
    currency: str
    numerator: str
    denominator: str
    starts: Day
    source: str
    state: str

    @staticmethod
    def resolve_numerator(row: Any) -> str:
        """As text: it may be long."""
        return str(row.numerator)

    @staticmethod
    def resolve_denominator(row: Any) -> str:
        """As text: it may be long."""
        return str(row.denominator)


class ExchangeIn(In):
    """An exchange rate to propose."""

    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    ratio: Ratio
    starts: Day
    source: Annotated[Text, Field(max_length=200)]


class DecisionIn(In):
    """The decision of a second person; a rejection says why."""

    approved: bool
    reason: Reason = ""


@door.get("/conversions/units", access=ALL, returns=Page[ConversionOut])
def list_conversions(
    request: Asked, after: str = paging.after_query(), limit: int = paging.limit_query()
) -> dict[str, Any]:
    """Every conversion of units that was proposed, oldest first."""
    return paging.answer(catalogue.conversions(request.actor, paging.place(after, limit)))


@door.post(
    "/conversions/units",
    access=centre("catalogue.propose_conversion"),
    returns=ConversionOut,
    status=201,
)
def propose_conversion(request: Asked, data: ConversionIn) -> Any:
    """Propose how another unit counts in an item's own, for usage from a day on."""
    return catalogue.propose_conversion(actor=request.actor, **data.model_dump())


@door.post(
    "/conversions/units/{conversion_id}/decide",
    access=centre("catalogue.approve_conversion"),
    returns=ConversionOut,
)
def decide_conversion(request: Asked, conversion_id: UUID, data: DecisionIn) -> Any:
    """Approve or reject a proposed conversion, as a second person."""
    return catalogue.decide_conversion(
        actor=request.actor, conversion_id=conversion_id, **data.model_dump()
    )


@door.get("/conversions/currencies", access=ALL, returns=Page[ExchangeOut])
def list_exchange_rates(
    request: Asked, after: str = paging.after_query(), limit: int = paging.limit_query()
) -> dict[str, Any]:
    """Every exchange rate that was proposed, oldest first."""
    return paging.answer(charging.exchange_rates(request.actor, paging.place(after, limit)))


@door.post(
    "/conversions/currencies",
    access=centre("charging.propose_rates"),
    returns=ExchangeOut,
    status=201,
)
def propose_exchange_rate(request: Asked, data: ExchangeIn) -> Any:
    """Propose what a currency is worth in the book currency from a day on."""
    return charging.propose_exchange_rate(actor=request.actor, **data.model_dump())


@door.post(
    "/conversions/currencies/{exchange_id}/decide",
    access=centre("charging.approve_rates"),
    returns=ExchangeOut,
)
def decide_exchange_rate(request: Asked, exchange_id: UUID, data: DecisionIn) -> Any:
    """Approve or reject a proposed exchange rate, as a second person."""
    return charging.decide_exchange_rate(
        actor=request.actor, exchange_id=exchange_id, **data.model_dump()
    )

"""Services, charge items, units, bundles and service levels: everybody may read them."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from ninja import Query
from pydantic import Field

from commonweal.kernel.catalogue import public as catalogue

from ..kit import paging
from ..kit.doors import ALL, Asked, Door, centre
from ..kit.types import Code, Day, Exact, In, Name, Out, Page, Text

MANAGE = centre("catalogue.manage")
door = Door("catalogue", "What the centre offers, what is priced in it, and what it promises.")
Unit = Annotated[str, Field(pattern=r"^[A-Z0-9]{2,3}$", examples=["C62"])]
Words = Annotated[Text, Field(min_length=1)]
ServiceCode = Annotated[Code, Field(max_length=40)]
ItemCode = Annotated[Code, Field(max_length=60)]


class UnitOut(Out):
    """A unit by its code in UN/ECE Recommendation 20."""

    code: str
    name: str
    singular: str
    plural: str


class ServiceOut(Out):
    """A service; each is its own break-even account."""

    id: UUID
    code: str
    name: str
    description: str
    public_contact: str
    starts: Day
    ends: Day | None


class ServiceIn(In):
    """What a service shall be."""

    name: Annotated[Name, Field(max_length=120)]
    description: Words
    fund_code: Annotated[Code, Field(max_length=40)]
    starts: Day
    ends: Day | None = None
    owner_person_id: UUID | None = None
    public_contact: Annotated[Text, Field(max_length=160)] = ""
    tower: Annotated[Text, Field(max_length=60)] = ""
    cost_pool: Annotated[Text, Field(max_length=60)] = ""


class ItemOut(Out):
    """What is priced: one thing of a service, counted in one unit."""

    id: UUID
    code: str
    service: str
    name: str
    description: str
    unit: str = Field(alias="unit_id")
    kind: str
    measure_singular: str
    measure_plural: str
    late_policy: str
    starts: Day
    ends: Day | None

    @staticmethod
    def resolve_service(row: Any) -> str:
        """Its service's code."""
        return str(row.service.code)


class ItemIn(In):
    """What a charge item shall be."""

    service: ServiceCode
    name: Annotated[Name, Field(max_length=120)]
    description: Words
    unit: Unit
    measure_singular: Annotated[Name, Field(max_length=60)]
    measure_plural: Annotated[Name, Field(max_length=60)]
    starts: Day
    ends: Day | None = None
    kind: Literal["metered", "allocated", "fixed"] = "metered"
    late_policy: Text = ""


class BundleOut(Out):
    """An item that is ordered only together with others, so many for each one."""

    lead: str
    name: str
    companions: dict[str, Exact]

    @staticmethod
    def resolve_lead(row: Any) -> str:
        """The lead's code."""
        return str(row.lead.code)

    @staticmethod
    def resolve_companions(row: Any) -> dict[str, Any]:
        """Quantity by item code."""
        return {each.item.code: each.quantity for each in row.companions.all()}


class LevelOut(Out):
    """A promise, as data: met exactly when measured ≤ target (or ≥, by direction)."""

    service: str
    name: str
    metric: str
    target: Exact
    unit: str = Field(alias="unit_id")
    direction: str
    calendar: str
    starts: Day
    ends: Day | None

    @staticmethod
    def resolve_service(row: Any) -> str:
        """Its service's code."""
        return str(row.service.code)


@door.get("/units", access=ALL, returns=Page[UnitOut])
def list_units(
    request: Asked, after: str = paging.after_query(), limit: int = paging.limit_query()
) -> dict[str, Any]:
    """Every unit, by code."""
    return paging.answer(catalogue.units(request.actor, paging.place(after, limit)))


@door.get("/services", access=ALL, returns=Page[ServiceOut])
def list_services(
    request: Asked,
    on: Day | None = Query(None, description="Only those offered on this day."),
    after: str = paging.after_query(),
    limit: int = paging.limit_query(),
) -> dict[str, Any]:
    """The services, by code."""
    return paging.answer(catalogue.services(request.actor, on, paging.place(after, limit)))


@door.get("/services/{code}", access=ALL, returns=ServiceOut)
def read_service(request: Asked, code: ServiceCode) -> catalogue.Service:
    """One service."""
    return catalogue.service_by_code(request.actor, code)


@door.put("/services/{code}", access=MANAGE, returns=ServiceOut)
def put_service(request: Asked, code: ServiceCode, data: ServiceIn) -> catalogue.Service:
    """Create a service, or change it."""
    return catalogue.put_service(actor=request.actor, code=code, **data.model_dump())


@door.get("/charge-items", access=ALL, returns=Page[ItemOut])
def list_charge_items(
    request: Asked,
    service: Annotated[str, Field(max_length=40)] = Query("", description="Code; else all."),
    on: Day | None = Query(None, description="Only those offered on this day."),
    after: str = paging.after_query(),
    limit: int = paging.limit_query(),
) -> dict[str, Any]:
    """Charge items, by service and code."""
    only = catalogue.service_by_code(request.actor, service).pk if service else None
    place = paging.place(after, limit)
    return paging.answer(catalogue.charge_items_page(request.actor, only, place, on))


@door.get("/charge-items/{code}", access=ALL, returns=ItemOut)
def read_charge_item(request: Asked, code: ItemCode) -> catalogue.ChargeItem:
    """One charge item."""
    return catalogue.item_by_code(request.actor, code)


@door.put("/charge-items/{code}", access=MANAGE, returns=ItemOut)
def put_charge_item(request: Asked, code: ItemCode, data: ItemIn) -> catalogue.ChargeItem:
    """Create a charge item, or change it."""
    return catalogue.put_charge_item(actor=request.actor, code=code, **data.model_dump())


@door.get("/bundles", access=ALL, returns=Page[BundleOut])
def list_bundles(
    request: Asked, after: str = paging.after_query(), limit: int = paging.limit_query()
) -> dict[str, Any]:
    """Items that are ordered only together with others."""
    place = paging.place(after, limit)
    return paging.answer(catalogue.bundles(request.actor, place=place))


@door.get("/service-levels", access=ALL, returns=Page[LevelOut])
def list_service_levels(
    request: Asked,
    on: Day | None = Query(None),
    after: str = paging.after_query(),
    limit: int = paging.limit_query(),
) -> dict[str, Any]:
    """What the centre promises."""
    place = paging.place(after, limit)
    return paging.answer(catalogue.service_levels(request.actor, None, on, place))

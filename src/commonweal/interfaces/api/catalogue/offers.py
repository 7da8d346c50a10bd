"""Writing what belongs to a service: units, bundles with companions, service levels as data."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from commonweal.kernel.catalogue import public as catalogue

from ..kit.doors import Asked
from ..kit.types import Code, Day, Exact, In, Name
from .services import MANAGE, BundleOut, ItemCode, LevelOut, ServiceCode, Unit, UnitOut, door

__all__ = ["door"]

UnitWord = Annotated[Name, Field(max_length=40)]


class UnitIn(In):
    """The words for a unit."""

    name: Annotated[Name, Field(max_length=80)]
    singular: UnitWord
    plural: UnitWord


class BundleIn(In):
    """A bundle's name, and how many of each companion one lead needs, by item code."""

    name: Annotated[Name, Field(max_length=120)]
    companions: dict[ItemCode, Exact] = Field(
        min_length=1, max_length=50, examples=[{"payroll.payslip": "2"}]
    )


class LevelIn(In):
    """A promise from a day on, as data."""

    name: Name
    target: Exact
    unit: Unit
    calendar: Annotated[Code, Field(max_length=60)]
    starts: Day
    ends: Day | None = None
    direction: Literal["at_most", "at_least"] = "at_most"


@door.put("/units/{unit}", access=MANAGE, returns=UnitOut)
def put_unit(request: Asked, unit: Unit, data: UnitIn) -> catalogue.Unit:
    """Add a unit of UN/ECE Recommendation 20, or change the words for it."""
    return catalogue.put_unit(actor=request.actor, code=unit, **data.model_dump())


@door.put("/charge-items/{charge_item}/bundle", access=MANAGE, returns=BundleOut)
def put_bundle(request: Asked, charge_item: ItemCode, data: BundleIn) -> catalogue.Bundle:
    """Say which items must be ordered with this one; replaces what was said before."""
    return catalogue.put_bundle(actor=request.actor, lead=charge_item, **data.model_dump())


@door.put("/services/{service}/levels/{metric}", access=MANAGE, returns=LevelOut)
def put_service_level(
    request: Asked,
    service: ServiceCode,
    metric: Annotated[Code, Field(max_length=60)],
    data: LevelIn,
) -> catalogue.ServiceLevel:
    """Promise a service level from a day on; the promise before it ends there."""
    return catalogue.put_service_level(
        actor=request.actor, service=service, metric=metric, **data.model_dump()
    )

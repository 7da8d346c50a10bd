"""Facts about performance: what was done as promised, month by month, and the facts behind it."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from pydantic import Field

from commonweal.kernel.calendar.public import FiscalPeriod
from commonweal.kernel.catalogue.public import services
from commonweal.kernel.measures import public as measures
from commonweal.kernel.party.public import agency as find_agency

from ..kit import paging
from ..kit.doors import Asked, Door, needs
from ..kit.types import AgencyKey, Day, Exact, Out, Page, Period

VIEW = needs("measures.view")
door = Door("measures", "Facts about performance.")
DOORS = [door]


class MeasuredOut(Out):
    """What counts of a metric of a service in a month. `share`: as promised, of all that counts;
    null where nothing counted, which is never good news. `excluded`: facts left out, by reason."""

    service: str
    metric: str
    facts: int
    numerator: Exact
    denominator: Exact
    share: Exact | None
    excluded: dict[str, int]


class MeasuredMonthOut(Out):
    """A month of an agency, by service and metric."""

    measures: list[MeasuredOut]


class MeasureFactOut(Out):
    """One fact: so much (`numerator`) of so much (`denominator`) was as promised. `source_id` says
    of what: a case, its promise and the run of its clock. The highest `version` counts."""

    id: UUID
    source: str
    source_id: str
    version: int
    service: str
    metric: str
    numerator: Exact
    denominator: Exact
    exclusion: str = Field(description="Why it does not count; empty: it counts.")
    starts: datetime
    ends: datetime
    month: Day
    recorded_at: datetime

    @staticmethod
    def resolve_service(row: Any) -> str:
        """Its code."""
        return str(row.service.code)


@door.get("/agencies/{agency}/measures/{period}", access=VIEW, returns=MeasuredMonthOut)
def read_measures(request: Asked, agency: AgencyKey, period: Period) -> dict[str, Any]:
    """What was done as promised for an agency in a month, by service and metric."""
    whose = find_agency(request.actor, agency)
    month = FiscalPeriod.parse(period).first_day
    codes = {row.pk: row.code for row in services(request.actor)}
    rows = measures.shares(request.actor, month, whose.pk)
    return {
        "measures": [
            {
                "service": codes.get(row.service_id, ""),
                "metric": row.metric,
                "facts": row.facts,
                "numerator": row.numerator,
                "denominator": row.denominator,
                "share": None if row.share is None else round(row.share, 6) + Decimal(0),
                "excluded": row.excluded,
            }
            for row in rows
        ]
    }


@door.get("/agencies/{agency}/measure-facts", access=VIEW, returns=Page[MeasureFactOut])
def list_measure_facts(
    request: Asked,
    agency: AgencyKey,
    after: str = paging.after_query(),
    limit: int = paging.limit_query(),
) -> dict[str, Any]:
    """Every fact about an agency's performance with its versions, the newest first."""
    whose = find_agency(request.actor, agency)
    place = paging.place(after, limit)
    return paging.answer(measures.measure_facts(request.actor, whose.pk, place))

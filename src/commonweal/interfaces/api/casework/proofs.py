"""The nightly proof of clocks, frozen months, and usage of closed cases that was refused."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from commonweal.kernel.calendar.public import FiscalPeriod
from commonweal.kernel.casework import public as casework
from commonweal.kernel.party.public import agency as find_agency
from commonweal.kernel.schema.public import NotFound

from ..kit import paging
from ..kit.doors import Asked
from ..kit.types import AgencyKey, In, MaybePeriod, Out, Page, Period, Text
from .keeping import MANAGE, door


class ClockProofOut(Out):
    """One night's proof: clocks computed anew from events, and how many differed; without
    `ended_at` it goes on, or was stopped, and counts what was proved so far."""

    id: UUID
    began_at: datetime
    ended_at: datetime | None
    cases: int
    clocks: int
    drifted: int


@door.get("/clock-proofs", access=MANAGE, returns=Page[ClockProofOut])
def list_proofs(
    request: Asked, after: str = paging.after_query(), limit: int = paging.limit_query()
) -> dict[str, Any]:
    """The nightly proofs, the newest first."""
    return paging.answer(casework.clock_audits(request.actor, paging.place(after, limit)))


class ClockDriftOut(Out):
    """What a clock's row held, and what its events say."""

    id: UUID
    audit_id: UUID
    case_id: UUID
    definition: str
    cycle: int
    field: str
    held: str
    computed: str


@door.get("/clock-drifts", access=MANAGE, returns=Page[ClockDriftOut])
def list_drifts(
    request: Asked, after: str = paging.after_query(), limit: int = paging.limit_query()
) -> dict[str, Any]:
    """Everything in which a clock ever differed from its events, the newest first."""
    return paging.answer(casework.clock_drifts(request.actor, paging.place(after, limit)))


class Counted(Out):
    """Clocks that were met and missed."""

    met: int
    missed: int


class FrozenOut(Out):
    """An agency's month as it was counted. `counts`: by metric, promise and its first day; `digest`
    is the hash of them; a `version` above 1 has its reason."""

    id: UUID
    agency: str
    month: date
    version: int
    counts: dict[str, Counted]
    digest: str
    reason: str
    recorded_at: datetime

    @staticmethod
    def resolve_agency(row: Any) -> str:
        """Its code."""
        return str(row.agency.code)


@door.get("/frozen-months", access=MANAGE, returns=Page[FrozenOut])
def list_frozen(
    request: Asked,
    agency: Annotated[str, Field(max_length=40)] = "",
    month: MaybePeriod = "",
    after: str = paging.after_query(),
    limit: int = paging.limit_query(),
) -> dict[str, Any]:
    """Months as they were frozen and counted again, the newest month first."""
    agency_id = find_agency(request.actor, agency).pk if agency else None
    day = FiscalPeriod.parse(month).first_day if month else None
    place = paging.place(after, limit)
    return paging.answer(casework.clock_freezes(request.actor, agency_id, day, place))


class FrozenNowOut(Out):
    """A month's newest version beside what it would count today."""

    frozen: FrozenOut
    now: dict[str, Counted]
    differs: bool


@door.get("/agencies/{agency}/frozen-months/{period}", access=MANAGE, returns=FrozenNowOut)
def compare_frozen(request: Asked, agency: AgencyKey, period: Period) -> dict[str, Any]:
    """A frozen month compared with what it would count today: the look before a restatement."""
    agency_id = find_agency(request.actor, agency).pk
    day = FiscalPeriod.parse(period).first_day
    rows = casework.clock_freezes(request.actor, agency_id, day)
    if not rows:
        raise NotFound("CASE-409", "This month was not frozen for this agency.")
    return {
        "frozen": rows[0],
        "now": casework.counts_now(request.actor, rows[0]),
        "differs": casework.differs_now(request.actor, rows[0]),
    }


class RestateIn(In):
    """Why a month is counted again; agencies read it."""

    reason: Annotated[Text, Field(min_length=10, max_length=300)]


@door.post("/agencies/{agency}/frozen-months/{period}/restate", access=MANAGE, returns=FrozenOut)
def restate_month(
    request: Asked, agency: AgencyKey, period: Period, data: RestateIn
) -> casework.ClockFreeze:
    """Count a frozen month again, as a further version; the first stays."""
    return casework.restate_clocks(
        actor=request.actor,
        agency_id=find_agency(request.actor, agency).pk,
        month=FiscalPeriod.parse(period).first_day,
        reason=data.reason,
    )


class RefusedUsageOut(Out):
    """The usage of a closed case that was refused, with the code and sentence of why."""

    id: UUID
    case_id: UUID
    charge_item: str
    channel: str
    closed_at: datetime
    code: str
    sentence: str
    tries: int
    tried_at: datetime | None


@door.get("/refused-case-usage", access=MANAGE, returns=Page[RefusedUsageOut])
def list_refused(
    request: Asked, after: str = paging.after_query(), limit: int = paging.limit_query()
) -> dict[str, Any]:
    """Closed cases whose usage was refused, and why; the newest first."""
    return paging.answer(casework.refused_usage(request.actor, paging.place(after, limit)))


class RetryIn(In):
    """One refused record, or all of them."""

    usage_id: UUID | None = None


class RetriedOut(Out):
    """How many records are tried again."""

    records: int


@door.post("/refused-case-usage/retry", access=MANAGE, returns=RetriedOut)
def retry_refused(request: Asked, data: RetryIn) -> dict[str, int]:
    """Have refused usage tried again within minutes; nothing counts twice."""
    return {"records": casework.retry_usage(actor=request.actor, usage_id=data.usage_id)}

"""Unusual lines that hold a month's issue, tolerances, and the dates of bills."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from ninja import Query
from pydantic import Field

from commonweal.kernel.catalogue.public import item_by_code
from commonweal.kernel.money.public import Money as Exactly
from commonweal.kernel.party.public import agency as find_agency
from commonweal.kernel.party.public import centre as profile
from commonweal.practices.charging import public as charging

from ..kit import paging
from ..kit.doors import Asked, Door, centre, needs
from ..kit.types import Code, Day, Exact, In, Money, Out, Page, Text

SEE = needs("charging.view_bills", "charging.view_all_bills")
STATE = Literal["", "open", "acknowledged", "explained"]
door = Door("unusual-lines", "Lines that hold their bill, tolerances, and the dates of bills.")


class HoldOut(Out):
    """A line far from what is usual. `usual`: the median of the months before."""

    id: UUID
    agency: str
    bill: str
    line_id: UUID
    charge_item: str
    amount: Money
    usual: Money
    percent: int
    months: int
    state: str
    reason: str


class UnusualReasonIn(In):
    """A note, or why the amount is right."""

    reason: Annotated[Text, Field(max_length=500)] = ""


class ToleranceOut(Out):
    """From when an item's month is unusual."""

    charge_item: str
    percent: int
    minimum: Money
    months: int


class ToleranceIn(In):
    """Percent either way, the least difference in major units, and the months before."""

    percent: Annotated[int, Field(ge=1, le=1000)]
    minimum: Exact
    months: Annotated[int, Field(ge=1, le=24)] = 6


class BillLevelOut(Out):
    """A service level of a month's bills: met, not_met or unknown."""

    code: str
    state: str
    due: Day | None
    on: Day | None


class BillMonthOut(Out):
    """A month and its levels."""

    period: str
    levels: list[BillLevelOut]


class DatesOut(Out):
    """The newest months first, with the targets in working days."""

    targets: dict[str, int]
    months: list[BillMonthOut]


class TargetIn(In):
    """Working days."""

    days: Annotated[int, Field(ge=1, le=60)]


def _hold(row: charging.AnomalyHold) -> dict[str, Any]:
    currency = row.bill.currency
    return {
        "id": row.pk,
        "agency": row.agency.code,
        "bill": row.bill.number or str(row.bill_id),
        "line_id": row.line_id,
        "charge_item": row.line.charge_item.code,
        "amount": charging.money_text(row.amount_minor, currency),
        "usual": charging.money_text(row.usual_minor, currency),
        **{name: getattr(row, name) for name in ("percent", "months", "state", "reason")},
    }


class Settled(Out):
    """What a line's hold is now."""

    id: UUID
    state: str


@door.get("/unusual-lines", access=SEE, returns=Page[HoldOut])
def list_unusual(
    request: Asked,
    agency: Annotated[str, Field(max_length=40)] = Query("", description="Code or id; else all."),
    state: STATE = Query(""),
    after: str = paging.after_query(),
    limit: int = paging.limit_query(),
) -> dict[str, Any]:
    """Unusual lines, oldest first."""
    rows = charging.holds(
        request.actor,
        agency_id=find_agency(request.actor, agency).pk if agency else None,
        state=state,
        place=paging.place(after, limit),
    )
    return {**paging.answer(rows), "items": [_hold(row) for row in rows]}


@door.post(
    "/unusual-lines/{hold_id}/acknowledge", access=needs("charging.query_lines"), returns=Settled
)
def acknowledge(request: Asked, hold_id: UUID, data: UnusualReasonIn) -> charging.AnomalyHold:
    """Acknowledge an unusual line as its agency; it may still be disputed."""
    return charging.acknowledge_hold(actor=request.actor, hold_id=hold_id, reason=data.reason)


@door.post(
    "/unusual-lines/{hold_id}/explain", access=centre("charging.answer_queries"), returns=Settled
)
def explain(request: Asked, hold_id: UUID, data: UnusualReasonIn) -> charging.AnomalyHold:
    """Explain an unusual line after the preview, with a reason that the agency reads."""
    return charging.explain_hold(actor=request.actor, hold_id=hold_id, reason=data.reason)


def _tolerance(row: charging.ItemTolerance) -> dict[str, Any]:
    return {
        "charge_item": row.charge_item.code,
        "percent": row.percent,
        "minimum": charging.money_text(row.minimum_minor, profile().currency),
        "months": row.months,
    }


@door.get("/tolerances", access=centre("charging.view_all_bills"), returns=Page[ToleranceOut])
def list_tolerances(
    request: Asked, after: str = paging.after_query(), limit: int = paging.limit_query()
) -> dict[str, Any]:
    """Tolerances by charge item."""
    rows = charging.tolerances(request.actor, paging.place(after, limit))
    return {**paging.answer(rows), "items": [_tolerance(row) for row in rows]}


@door.put(
    "/tolerances/{charge_item}", access=centre("charging.set_tolerances"), returns=ToleranceOut
)
def put_tolerance(
    request: Asked, charge_item: Annotated[Code, Field(max_length=60)], data: ToleranceIn
) -> dict[str, Any]:
    """Set an item's tolerance; it counts from the next drafting."""
    row = charging.put_tolerance(
        actor=request.actor,
        charge_item_id=item_by_code(request.actor, charge_item).pk,
        percent=data.percent,
        minimum_minor=Exactly.exactly(str(data.minimum), profile().currency).minor,
        months=data.months,
    )
    return _tolerance(row)


def _dates(request: Asked, agency: str) -> dict[str, Any]:
    agency_id = find_agency(request.actor, agency).pk if agency else None
    return {
        "targets": dict(charging.bill_targets(request.actor)),
        "months": charging.bill_levels(request.actor, agency_id),
    }


@door.get("/bill-dates", access=SEE, returns=DatesOut)
def read_dates(
    request: Asked,
    agency: Annotated[str, Field(max_length=40)] = Query(
        "", description="Code or id; empty: the centre's, of all bills."
    ),
) -> dict[str, Any]:
    """The dates of bills as service levels, of the last 24 months."""
    return _dates(request, agency)


@door.put("/bill-targets/{target}", access=centre("charging.set_dispute_rules"), returns=DatesOut)
def put_target(
    request: Asked, target: Literal["draft", "preview", "issue"], data: TargetIn
) -> dict[str, Any]:
    """Set a target in working days."""
    charging.put_bill_target(actor=request.actor, code=target, days=data.days)
    return _dates(request, "")

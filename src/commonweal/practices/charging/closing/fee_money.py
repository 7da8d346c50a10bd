"""The journals of cases' fees: the centre takes them for the agency whose case it is.

Centre: debit cash (1110), credit fees collected for agencies (2340). Agency: debit fees collected
by the centre (1330), credit fees (4930). Money given back turns the sides round. A job posts them,
so that a closed month or a missing chart never stands in the way of somebody who pays.
"""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from commonweal.kernel.access.public import SYSTEM, Actor, act_as
from commonweal.kernel.calendar.public import today
from commonweal.kernel.jobs.public import enqueue
from commonweal.kernel.ledger.public import Draft, Line, post_pair
from commonweal.kernel.party.public import centre

from .cash import SOURCE, open_month
from .posting import CASH, Chart, prepare_books

FEE_MONEY = "charging.post_fee"
COLLECTED, AT_CENTRE, FEES = "2340", "1330", "4930"
OURS: Chart = {
    CASH: ("Cash", "asset"),
    COLLECTED: ("Fees collected for agencies", "liability"),
}
THEIRS: Chart = {
    AT_CENTRE: ("Fees collected by the centre", "asset"),
    FEES: ("Fees of cases", "revenue"),
}


def fee_moved(actor: Actor, moved: Any) -> None:
    """A fee was paid or given back: have it posted, once for its key."""
    service = moved.case.case_type.service
    payload = {
        "agency": str(moved.fee.agency_id),
        "minor": moved.minor,
        "currency": moved.fee.currency,
        "fund": service.fund_code,
        "service": service.code,
        "day": today(centre().zone).isoformat(),
        "key": moved.key,
        "fee": str(moved.fee.pk),
    }
    enqueue(
        actor=SYSTEM,
        kind=FEE_MONEY,
        payload=payload,
        key=f"fee:{moved.key}",
        agency_id=moved.fee.agency_id,
    )


def post_fee(*, actor: Actor, job_id: UUID, payload: dict[str, Any]) -> None:
    """Post one movement in both books; the same key posts once."""
    home, agency_id = centre().agency_id, UUID(payload["agency"])
    minor, fund = int(payload["minor"]), str(payload["fund"])
    day = date.fromisoformat(payload["day"])
    place: dict[str, Any] = {
        "fund": fund, "service_code": str(payload["service"]), "reference": str(payload["fee"]),
    }  # fmt: skip
    ours = [
        Line(CASH, minor, **place),
        Line(COLLECTED, -minor, trading_partner=agency_id, **place),
    ]
    theirs = [
        Line(AT_CENTRE, minor, trading_partner=home, **place),
        Line(FEES, -minor, **place),
    ]
    with act_as(SYSTEM):
        period = open_month((home, agency_id), day)
        prepare_books(SYSTEM, home, period, OURS, {fund})
        prepare_books(SYSTEM, agency_id, period, THEIRS, {fund})
        left, right = (
            Draft(
                agency_id=books,
                period=period,
                lines=lines,
                source=SOURCE,
                key=f"fee:{payload['key']}",
                description="Fee of a case",
                effective_date=day,
                currency=str(payload["currency"]),
            )
            for books, lines in ((home, ours), (agency_id, theirs))
        )
        post_pair(actor=SYSTEM, left=left, right=right)

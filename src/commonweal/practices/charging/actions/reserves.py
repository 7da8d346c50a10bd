"""The daily reserve test: kept as it came out, and told to whoever must act."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from commonweal.kernel.access.public import Actor, require
from commonweal.kernel.audit.public import action, record
from commonweal.kernel.calendar.public import today
from commonweal.kernel.notices.public import notify_role
from commonweal.kernel.party.public import centre
from commonweal.kernel.schema.public import derived_id

from ..models import ReserveTest
from ..selectors.cost_model import VIEW
from ..selectors.recovery import ServiceRecovery, recoveries
from .recovery import APPROVE


@action
def test_reserves(*, actor: Actor) -> list[ReserveTest]:
    """Test every service's reserve on its last closed month, and keep today's result once.

    Whoever approves recovery is told when a reserve has come above its limit since the test before.
    """
    require(actor, VIEW)
    day = today(centre().zone)
    found = []
    for row in recoveries(actor):
        test, made = _kept(row, day)
        found.append(test)
        if made:
            _tell(actor, test)
    record(
        actor=actor,
        verb="recovery.reserves_tested",
        target=("party.Agency", centre().agency_id),
        payload={"day": day, "states": {row.service.code: row.state for row in found}},
    )
    return found


def _kept(row: ServiceRecovery, day: date) -> tuple[ReserveTest, bool]:
    """The day's result, and whether it is new."""
    reserve, service = row.reserve, row.service
    days = None
    if reserve.days is not None:
        thousandths = reserve.days * 1000
        days = Decimal(round(thousandths)).scaleb(-3)
    return ReserveTest.objects.get_or_create(
        agency_id=centre().agency_id,
        service=service,
        fund_code=service.fund_code,
        day=day,
        defaults={
            "id": derived_id("reserve", service.pk, service.fund_code, day),
            "through": row.account.last,
            "balance_minor": reserve.balance,
            "days": days,
            "limit_days": Decimal(reserve.limit.numerator) / reserve.limit.denominator,
            "state": reserve.state,
        },
    )


def _tell(actor: Actor, test: ReserveTest) -> None:
    """Tell once, on the day on which the reserve came above its limit."""
    before = (
        ReserveTest.objects.filter(service_id=test.service_id, day__lt=test.day)
        .order_by("-day", "-id")
        .first()
    )
    if test.state != "bad" or (before is not None and before.state == "bad"):
        return
    notify_role(
        actor=actor,
        agency_id=centre().agency_id,
        permission=APPROVE,
        template="reserve_above",
        context={
            "service": test.service.name,
            "code": test.service.code,
            "days": test.days or "",
            "limit": test.limit_days,
            "day": test.day,
        },
    )

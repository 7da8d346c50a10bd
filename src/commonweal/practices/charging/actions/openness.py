"""Opening an agency's page about its money to everybody, and closing it."""

from __future__ import annotations

from uuid import UUID

from commonweal.kernel.access.public import Actor, require
from commonweal.kernel.audit.public import action, record
from commonweal.kernel.calendar.public import now
from commonweal.kernel.party.public import agency as find_agency
from commonweal.kernel.schema.public import CommonwealError, Conflict

from ..models import MoneyPage
from ..selectors.spending import is_published

PUBLISH = "charging.publish_money"


class OpennessError(CommonwealError):
    """The page cannot be opened or closed as asked."""


@action
def publish_money(*, actor: Actor, agency_id: UUID, published: bool, reason: str) -> MoneyPage:
    """Open the agency's page to everybody, or close it; every turn of the switch is kept.

    OPEN-101: the reason has fewer than ten characters. OPEN-102: it stands so already.
    """
    require(actor, PUBLISH, agency_id)
    found = find_agency(actor, agency_id)
    why = reason.strip()
    if not 10 <= len(why) <= 300 or not why.isprintable():
        raise OpennessError(
            "OPEN-101",
            "Say in 10 to 300 characters why the page is opened or closed.",
            field="reason",
        )
    if is_published(actor, found.pk) == published:
        raise Conflict(
            "OPEN-102",
            "The page is open to everybody already. Nothing was changed."
            if published
            else "The page is closed already. Nothing was changed.",
        )
    row = MoneyPage.objects.create(
        agency_id=found.pk,
        published=published,
        reason=why,
        recorded_by=actor.user_id,
        recorded_at=now(),
    )
    record(
        actor=actor,
        verb="money_page.opened" if published else "money_page.closed",
        target=row,
        agency_id=found.pk,
        payload={"published": published},
    )
    return row

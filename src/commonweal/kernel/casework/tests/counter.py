"""A small counter on the tests' desk: an office with two desks of the city, and what it offers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from commonweal.kernel.access.public import Actor
from commonweal.kernel.casework import public as casework
from commonweal.kernel.casework.models import TeamMember

from .conftest import HOUR, MONDAY, Desk, person


@dataclass
class Counter:
    """The office, its desks, its offers, and two clerks of its team."""

    desk: Desk
    office: casework.Office
    desks: list[casework.OfficeDesk]
    permit: casework.OfficeOffer
    visit: casework.OfficeOffer
    clerk: Actor
    second: Actor
    door: Actor

    def book(self, starts: datetime, **more: Any) -> casework.Booked:
        """A citizen's booking of a permit."""
        given = {"actor": self.door, "offer_id": self.permit.pk, "starts": starts}
        return casework.book_appointment(**(given | more))

    def take(self, offer: casework.OfficeOffer | None = None) -> casework.Ticket:
        """A ticket taken at the kiosk."""
        return casework.take_ticket(actor=self.door, offer_id=(offer or self.permit).pk)

    def sit(self) -> None:
        """Both clerks sit down."""
        for who, desk in zip((self.clerk, self.second), self.desks, strict=True):
            casework.sit_at_desk(actor=who, desk_id=desk.pk)


def make_counter(desk: Desk) -> Counter:
    """Set it up: permits of 30 minutes, visits of 20, in the office's hours (8 to 17)."""
    owner = desk.owner
    casework.put_case_type(
        actor=owner,
        draft=casework.TypeDraft(
            code="visit", name="Visit", family="appointment", audience="citizen",
            service="it.helpdesk", machine=casework.VISIT, queue="city",
        ),
    )  # fmt: skip
    asks = [{"code": "about", "label": "What about?", "kind": "string", "required": True}]
    casework.put_category(actor=owner, code="talk", name="Talk", case_type="visit", form=asks)
    casework.put_promise(
        actor=owner,
        promise=casework.Promise(
            code="called", name="Called within 15 minutes", metric="waiting", calendar="office",
            starts=MONDAY.date() - timedelta(days=90), target_seconds=HOUR // 4,
            pauses=("hold",),
        ),
    )  # fmt: skip
    office = casework.put_office(
        actor=owner,
        draft=casework.OfficeDraft(
            code="hall", name="Town hall", calendar="office", queue="city",
            address="1 Main Street", agency="PRK", step_minutes=30, days_ahead=14,
        ),
    )  # fmt: skip
    offers = [
        casework.put_office_offer(
            actor=owner,
            draft=casework.OfferDraft(
                office="hall", code=code, name=name, minutes=minutes, visit_type="visit",
                category=category, letter=letter,
            ),
        )
        for code, name, minutes, category, letter in (
            ("permit", "Permits", 30, "streetlight", "A"), ("talk", "Talk to us", 20, "talk", "B"),
        )
    ]  # fmt: skip
    desks = [
        casework.put_office_desk(actor=owner, office="hall", number=number) for number in (1, 2)
    ]
    second = person("agent")
    team = casework.teams(owner)[0]
    assert team.code == "city"
    TeamMember.objects.create(team=team, person_id=second.person_id, user_id=second.user_id)
    return Counter(
        desk, office, desks, *offers, desk.other, second, casework.citizen(desk.parks.pk)
    )

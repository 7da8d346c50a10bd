"""An office with two desks in the pages' small world, on its morning: numbers and appointments."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from commonweal.kernel.access.public import SYSTEM, act_as
from commonweal.kernel.casework import public as casework

if TYPE_CHECKING:
    from commonweal.interfaces.web.agency.tests.world import World

ELEVEN = datetime(2026, 11, 20, 17, 0, tzinfo=UTC)
"""Friday, at 11:00 in Chicago."""
CITIZEN = "Nora Newcomer"


def build_counter(world: World) -> None:
    """Set it up; a number in hand, one on hold, two that wait, three appointments."""
    owner = world.actors["owner"]
    with act_as(SYSTEM):
        casework.put_case_type(
            actor=owner,
            draft=casework.TypeDraft(
                code="visit", name="Appointment", family="appointment", audience="citizen",
                service="helpdesk", machine=casework.VISIT, queue="city",
            ),
        )  # fmt: skip
        asks = [{"code": "about", "label": "What is it about?", "kind": "string", "required": True}]
        casework.put_category(
            actor=owner, code="talk", name="Talk to somebody", case_type="visit", form=asks
        )
        casework.put_office(
            actor=owner,
            draft=casework.OfficeDraft(
                code="hall", name="Parks hall", calendar="office", queue="city",
                address="1 Main Street", agency="PARKS",
            ),
        )  # fmt: skip
        for code, name, category, minutes, letter in (
            ("lamp", "Report something", "streetlight", 15, "A"),
            ("talk", "Talk to somebody", "talk", 30, "B"),
        ):
            casework.put_office_offer(
                actor=owner,
                draft=casework.OfferDraft(
                    office="hall", code=code, name=name, minutes=minutes, visit_type="visit",
                    category=category, letter=letter,
                ),
            )  # fmt: skip
        for number in (1, 2):
            casework.put_office_desk(actor=owner, office="hall", number=number)
    _appointments(world)
    _numbers(world)


def _appointments(world: World) -> None:
    parks = world.agencies["PARKS"]
    door = casework.citizen(parks)
    with act_as(door):
        who = casework.put_contact(
            actor=door, agency_id=parks, name=CITIZEN, email="nora@home.example"
        )
        lamp = casework.office_offer(door, "hall", "lamp")
        talk = casework.office_offer(door, "hall", "talk")
        for offer, starts in (
            (lamp, ELEVEN), (talk, ELEVEN), (lamp, ELEVEN + timedelta(days=3)),
        ):  # fmt: skip
            casework.book_appointment(
                actor=door, offer_id=offer.pk, starts=starts,
                visitor=casework.Visitor(who, "", {"about": "My lamp"}, "web"),
            )  # fmt: skip


def _numbers(world: World) -> None:
    agent = world.actors["agent"]
    door = casework.citizen(world.agencies["PARKS"])
    with act_as(door):
        offer = casework.office_offer(door, "hall", "lamp")
        made = [casework.take_ticket(actor=door, offer_id=offer.pk) for _ in range(4)]
    with act_as(agent):
        desk = casework.office_desks(agent, casework.office(agent, "hall"))[0]
        casework.sit_at_desk(actor=agent, desk_id=desk.pk)
        casework.hold_ticket(actor=agent, ticket_id=made[0].pk)
        casework.call_next(actor=agent, desk_id=desk.pk)

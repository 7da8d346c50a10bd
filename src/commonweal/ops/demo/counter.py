"""The demo's counter: an office with three desks, a week of visitors, and appointments ahead.

What was is played as it happens, through the counter's own actions, at its own times; so waiting
times, clocks and the events of each case are real. Today's part ends at the moment of building.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from commonweal.kernel.access.public import SYSTEM, Actor, act_as
from commonweal.kernel.calendar.public import at, now
from commonweal.kernel.casework import public as casework

from .case_words import FIRST, LAST
from .data import CENTRE
from .people import World

ZONE = ZoneInfo(str(CENTRE["zone"]))
OFFICE = "service-point"
DAYS, VISITORS = 5, 12
"""Of how many working days there is a history, and how many came on each."""
BOOKED = 9
OFFERS = tuple(
    casework.OfferDraft(
        office=OFFICE, code=code, name=name, minutes=minutes, letter=letter, visit_type="visit",
        category=category, case_type=kind, agency=agency,
    )
    for code, name, minutes, letter, category, kind, agency in (
        ("appointment", "Certificates and other matters", 20, "A", "appointment", "", ""),
        ("licence", "Business licence", 30, "B", "business-licence", "", ""),
        ("parking", "Parking permit", 10, "C", "parking-permit", "", ""),
        ("streets", "Streets and lights", 10, "D", "", "report", "DOT"),
    )
)  # fmt: skip
"""The last two are another agency's, served at the same desks; for the last come those who reported
something before."""
TURN = timedelta(minutes=1)
"""From being called until serving begins."""


def set_up_counter(world: World) -> None:
    """The office, its desks and what is offered, once the desks of casework are laid."""
    owner = world.of("service_owner")
    with act_as(owner):
        casework.put_office(
            actor=owner,
            draft=casework.OfficeDraft(
                code=OFFICE, name="Meridian service point", calendar="office",
                queue="citizen-visits", address="200 Capitol Street, Meridian",
            ),
        )  # fmt: skip
        for draft in OFFERS:
            casework.put_office_offer(actor=owner, draft=draft)
        for number in (1, 2):
            casework.put_office_desk(actor=owner, office=OFFICE, number=number)
        casework.put_office_desk(
            actor=owner, office=OFFICE, number=3, only=["parking", "streets"], takes_bookings=False
        )


@dataclass(frozen=True)
class _Visit:
    """Somebody who comes: for what, when, when a desk is free for them, until when; or not."""

    offer: int
    came: datetime
    desk: int
    called: datetime
    ends: datetime
    gone: bool


def counter_history(world: World) -> int:
    """Play the last working days up to now, and book what lies ahead; how many came."""
    chance = random.Random("counter")
    moment = now()
    clerks = [world.of("clerk"), world.of("clerk-2")]
    with act_as(SYSTEM):
        office = casework.office(SYSTEM, OFFICE)
        desks = [row.pk for row in casework.office_desks(SYSTEM, office)][:2]
        known = {row.code: row.pk for row in casework.office_offers(SYSTEM, office)}
    offers = [known[draft.code] for draft in OFFERS]
    came = 0
    for day in _days(office, moment):
        visits = list(_visits(chance, day))
        came += _play(_Played(clerks, desks, offers, visits), moment)
    _book(chance, world, offers)
    return came


def _days(office: casework.Office, moment: datetime) -> Sequence[date]:
    """The last days on which the office was open, today included, oldest first."""
    found: list[date] = []
    day = moment.astimezone(ZONE).date()
    for _ in range(21):
        with at(_at(day, 10 * 60)), act_as(SYSTEM):
            if casework.office_open(SYSTEM, office):
                found.append(day)
        if len(found) > DAYS:
            break
        day -= timedelta(days=1)
    return found[::-1]


def _at(day: date, minutes: int) -> datetime:
    local = datetime.combine(day, time(), ZONE) + timedelta(minutes=minutes)
    return local.astimezone(UTC)


def _visits(chance: random.Random, day: date) -> Iterator[_Visit]:
    """Who comes on a day; whichever desk is free first calls them in turn."""
    free = [_at(day, 8 * 60)] * 2
    for minutes in sorted(chance.randrange(8 * 60 + 5, 15 * 60 + 30) for _ in range(VISITORS)):
        came = _at(day, minutes)
        desk = min(range(2), key=lambda each: free[each])
        called = max(came + timedelta(seconds=40), free[desk])
        gone = chance.random() < 0.06
        lasts = 3 if gone else chance.choices((6, 12, 20, 34), (35, 35, 20, 10))[0]
        free[desk] = called + TURN + timedelta(minutes=lasts, seconds=chance.randrange(50))
        yield _Visit(chance.choice((0, 0, 0, 1, 2)), came, desk, called, free[desk], gone)


class _Played:
    """A day at two desks: each step by the clerk of its desk, at its time."""

    def __init__(
        self,
        clerks: Sequence[Actor],
        desks: Sequence[UUID],
        offers: Sequence[UUID],
        visits: Sequence[_Visit],
    ) -> None:
        self.clerks, self.desks, self.offers, self.visits = clerks, desks, offers, visits
        self.tickets: dict[int, UUID] = {}

    def steps(self) -> list[tuple[datetime, int, str]]:
        """Every step in order: what ends at a moment ends before something else begins."""
        found = []
        for number, each in enumerate(self.visits):
            found += [(each.came, number, "1 take"), (each.called, number, "2 call")]
            if not each.gone:
                found.append((each.called + TURN, number, "3 serve"))
            found.append((each.ends, number, "0 end"))
        return sorted(found, key=lambda step: (step[0], step[2], step[1]))

    def do(self, number: int, what: str) -> None:
        """One step."""
        visit = self.visits[number]
        clerk, ticket = self.clerks[visit.desk], self.tickets.get(number)
        with act_as(clerk):
            if ticket is None:
                made = casework.take_ticket(actor=clerk, offer_id=self.offers[visit.offer])
                self.tickets[number] = made.pk
            elif what == "2 call":
                desk = self.desks[visit.desk]
                casework.call_ticket(actor=clerk, ticket_id=ticket, desk_id=desk)
            elif what == "3 serve":
                casework.serve_ticket(actor=clerk, ticket_id=ticket)
            elif visit.gone:
                casework.miss_ticket(actor=clerk, ticket_id=ticket)
            else:
                casework.finish_ticket(actor=clerk, ticket_id=ticket)

    def sit(self, moment: datetime, *, leave: bool = False) -> None:
        """Both clerks come in the morning, and leave in the evening."""
        with at(moment):
            for clerk, desk in zip(self.clerks, self.desks, strict=True):
                with act_as(clerk):
                    if leave:
                        casework.leave_desk(actor=clerk, desk_id=desk)
                    else:
                        casework.sit_at_desk(actor=clerk, desk_id=desk, over=True)


def _play(day: _Played, moment: datetime) -> int:
    """Play a day as far as it lies before now; how many came."""
    first = min(each.came for each in day.visits)
    if first >= moment:
        return 0
    day.sit(first)
    for when, number, what in day.steps():
        if when < moment:
            with at(when):
                day.do(number, what)
    closing = max(each.ends for each in day.visits) + timedelta(minutes=10)
    if closing < moment:
        day.sit(closing, leave=True)
    return len(day.tickets)


def _book(chance: random.Random, world: World, offers: Sequence[UUID]) -> None:
    """Appointments of the next days, each at the public door of its agency."""
    with act_as(SYSTEM):
        rows = {row.pk: row for row in casework.office_offers(SYSTEM)}
    for number in range(BOOKED):
        offer = rows[offers[number % 3]]
        agency = world.agencies[offer.agency_code]
        door = casework.citizen(agency)
        with act_as(door):
            first = casework.today_at(door, offer.office) + timedelta(days=number // 3)
            free = casework.free_times(door, offer, first, 6)
            if not free:
                continue
            name = f"{chance.choice(FIRST)} {chance.choice(LAST)}"
            who = casework.put_contact(
                actor=door, agency_id=agency, name=name,
                email=f"{name.lower().replace(' ', '.')}@home.example",
            )  # fmt: skip
            casework.book_appointment(
                actor=door, offer_id=offer.pk, starts=chance.choice(free[:12]).starts,
                visitor=casework.Visitor(who, "", {"about": "A certificate"}, "web"),
            )  # fmt: skip

"""The demo's counter: a week as it happened, today until now, and appointments ahead."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest

from commonweal.kernel.access.public import SYSTEM, act_as
from commonweal.kernel.calendar.public import at
from commonweal.kernel.casework import public as casework
from commonweal.kernel.party import public as party
from commonweal.kernel.party.selectors import forget_centre
from commonweal.ops.demo.counter import (
    BOOKED,
    DAYS,
    OFFICE,
    VISITORS,
    counter_history,
    set_up_counter,
)
from commonweal.ops.demo.desks import set_up_desks
from commonweal.ops.demo.faces import set_up_faces
from commonweal.ops.demo.people import World, build_catalogue, build_parties

START = date(2025, 3, 3)
NOON = datetime(2026, 10, 7, 17, 0, tzinfo=UTC)
"""A Wednesday, at noon where the office is."""


@pytest.fixture
def demo(db: None) -> Iterator[World]:
    forget_centre()
    with at(datetime(2025, 3, 3, 15, tzinfo=UTC)):
        world = build_parties(START)
        build_catalogue(world)
        set_up_desks(world)
        set_up_counter(world)
    yield world
    forget_centre()


def test_a_week_at_the_counter_is_played(demo: World) -> None:
    with at(NOON):
        came = counter_history(demo)
        with act_as(SYSTEM):
            office = casework.office(SYSTEM, OFFICE)
            rows = list(casework.Ticket.objects.order_by("taken_at"))
            booked = list(casework.Appointment.objects.all())
            shown = casework.queueing(SYSTEM, office)
            hours = casework.hours_of_day(
                SYSTEM, office, NOON.date() - timedelta(days=14), NOON.date()
            )
    assert DAYS * VISITORS < came == len(rows) < (DAYS + 1) * VISITORS
    assert len({row.day for row in rows}) == DAYS + 1
    assert all(row.taken_at < NOON for row in rows)
    ended = [row for row in rows if row.day < NOON.date()]
    assert {row.state for row in ended} <= {"done", "no_show"}
    assert len({row.agency_id for row in rows}) == 2
    assert len(booked) == BOOKED
    assert all(row.starts > NOON for row in booked)
    assert shown.visits > 0
    assert sum(row.visitors for row in hours) == came
    waits = casework.Clock.objects.filter(metric="waiting", state="met")
    with act_as(SYSTEM):
        assert waits.exists()


def test_two_agencies_say_how_they_are_reached(demo: World) -> None:
    set_up_faces(demo)
    with act_as(SYSTEM):
        roads, tax = (party.face_of(SYSTEM, party.agency(SYSTEM, code)) for code in ("DOT", "REV"))
    assert roads.notice
    assert not tax.notice
    assert (roads.privacy_email, tax.privacy_contact) == (
        "records@dot.example",
        "Taxpayer advocate",
    )
    for face in (roads, tax):
        assert face.phone
        assert "Shared Services" not in f"{face}"

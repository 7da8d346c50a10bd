"""A scratch centre for one measurement: a database of its own, the demo's parties and desks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from commonweal.kernel.access.public import SYSTEM, Actor, User, act_as, user_by_email
from commonweal.kernel.calendar.public import at
from commonweal.kernel.party.public import actor_for

BEGAN = datetime(2020, 2, 3, 12, tzinfo=UTC)
"""When the centre of the measurements began."""


@dataclass(frozen=True)
class Site:
    """The people of the measurements."""

    owner: Actor
    agent: Actor
    clerk: Actor
    employee: Actor
    liaison: Actor
    director: Actor


EMAILS = {
    "owner": "owner@meridian.example",
    "agent": "agent@meridian.example",
    "clerk": "clerk@meridian.example",
    "employee": "employee@lwd.example",
    "liaison": "liaison@lwd.example",
    "director": "director@meridian.example",
}


def user_of(who: str) -> User:
    """The account of one of them."""
    with act_as(SYSTEM):
        found = user_by_email(EMAILS[who])
    assert found is not None, who
    return found


def people() -> Site:
    """The actors as they are now."""
    return Site(**{who: actor_for(user_of(who)) for who in EMAILS})


def build() -> Site:
    """Parties, catalogue and both desks in an empty database that is migrated already."""
    from commonweal.ops.demo.desks import set_up_desks
    from commonweal.ops.demo.people import build_catalogue, build_parties

    with at(BEGAN):  # promises hold for what came after they were written down
        world = build_parties(BEGAN.date())
        build_catalogue(world)
        set_up_desks(world)
    return people()

"""A small world for the tests of party and of the rooms above it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from uuid import UUID

from commonweal.kernel.access.public import SYSTEM, Actor, User, act_as
from commonweal.kernel.party.public import (
    Agency,
    Person,
    actor_for,
    add_membership,
    create_agency,
    create_person,
    set_centre,
    sync_roles,
)

START = date(2026, 7, 1)
NOON = datetime(2026, 10, 15, 17, 0, tzinfo=UTC)  # noon in Chicago


@dataclass
class World:
    """The centre's own row and two agencies."""

    centre_id: UUID
    north: Agency
    south: Agency

    def somebody(self, name: str, role: str, home: Agency | None = None) -> tuple[User, Person]:
        """A person with an account and one role, at home where the role is held."""
        with act_as(SYSTEM):
            user = User(email=f"{name}@example.test")
            user.set_unusable_password()
            user.save()
            person = create_person(
                actor=SYSTEM,
                name=name.title(),
                email=user.email,
                user_id=user.pk,
                home_agency_id=home.pk if home else None,
            )
            add_membership(
                actor=SYSTEM,
                person_id=person.pk,
                role=role,
                agency_id=home.pk if home else None,
                starts=START,
            )
        return user, person

    def actor(self, name: str, role: str, home: Agency | None = None) -> Actor:
        """The actor of such a person."""
        return actor_for(self.somebody(name, role, home)[0])


def build_world() -> World:
    """The centre in Chicago, agencies NORTH and SOUTH, and the default roles."""
    with act_as(SYSTEM):
        profile = set_centre(actor=SYSTEM, name="Test Centre", short_name="TC")
        sync_roles()
        north = create_agency(actor=SYSTEM, code="north", name="North", size=40)
        south = create_agency(actor=SYSTEM, code="south", name="South", size=7)
    return World(profile.agency_id, north, south)

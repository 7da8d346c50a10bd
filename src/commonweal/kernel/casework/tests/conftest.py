"""A small centre with a help desk and a city's queue: people, kinds of cases, promises."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest

from commonweal.kernel.access.public import SYSTEM, Actor, act_as
from commonweal.kernel.calendar.public import at
from commonweal.kernel.casework import public as casework
from commonweal.kernel.casework.actions.clocks import Promise, put_promise
from commonweal.kernel.casework.domain.standard import CHANGE, HELP, ORDER
from commonweal.kernel.casework.manifest import MANIFEST
from commonweal.kernel.casework.models import TeamMember
from commonweal.kernel.catalogue import public as catalogue
from commonweal.kernel.party.models import Agency, CentreProfile, Person
from commonweal.kernel.party.selectors import forget_centre
from commonweal.kernel.schema.public import uuid7

MONDAY = datetime(2026, 10, 5, 14, 0, tzinfo=UTC)
"""Monday, 9:00 in Chicago."""
HOUR = 3600


def person(role: str, *agencies: UUID, user: UUID | None = None) -> Actor:
    """Somebody with one role, in these agencies or (none) at the centre."""
    permissions = MANIFEST.roles[role]
    reach: list[UUID | None] = [*agencies] or [None]
    return Actor(
        kind="person",
        user_id=user or uuid7(),
        person_id=uuid7(),
        centre=not agencies,
        agencies=frozenset(agencies),
        grants=frozenset((name, place) for name in permissions for place in reach),
        roles=frozenset({role}),
    )


@dataclass
class Desk:
    """Who and what the tests stand on."""

    parks: Agency
    water: Agency
    owner: Actor
    agent: Actor
    other: Actor
    director: Actor
    employee: Actor
    colleague: Actor
    liaison: Actor
    stranger: Actor

    def contact(self, actor: Actor, **more: Any) -> casework.Contact:
        """The contact that an actor of Parks is."""
        given = {"name": "Ana Ruiz", "email": "ana@parks.example", "person_id": actor.person_id}
        return casework.put_contact(actor=actor, agency_id=self.parks.pk, **(given | more))

    def case(self, actor: Actor | None = None, **more: Any) -> casework.Case:
        """A case of Parks, opened by its employee on the web."""
        who = actor or self.employee
        agency = more.pop("agency_id", self.parks.pk)
        given = {
            "case_type": "incident",
            "subject": "The printer prints nothing",
            "text": "It is on and blinks.",
            "requester": None if who.centre or who.kind == "citizen" else self.contact(who),
        }
        new = casework.NewCase(**(given | more))
        return casework.open_case(actor=who, agency_id=agency, new=new).case


def types(owner: Actor) -> None:
    """The kinds of cases of the tests."""
    drafts = [
        casework.TypeDraft(
            code="incident", name="Incident", family="incident", audience="agency",
            service="it.helpdesk", machine=HELP, queue="it",
        ),
        casework.TypeDraft(
            code="access", name="Access", family="request", audience="agency",
            service="it.helpdesk", machine=ORDER, queue="it", needs_identity=True,
            approval="casework.approve", tasks=[{"name": "Grant it"}],
        ),
        casework.TypeDraft(
            code="report", name="Report", family="service", audience="citizen",
            service="it.helpdesk", machine=HELP, queue="city", publication="public",
            form=[{"code": "lamp", "label": "Number of the lamp", "kind": "string"}],
        ),
        casework.TypeDraft(
            code="change", name="Change", family="change", audience="agency",
            service="it.helpdesk", machine=CHANGE, queue="it",
        ),
    ]  # fmt: skip
    for draft in drafts:
        casework.put_case_type(actor=owner, draft=draft)
    casework.put_category(
        actor=owner, code="streetlight", name="Street light", case_type="report",
        group="Streets", needs_place=True, public=True, keywords=["lamp", "dark"],
    )  # fmt: skip


def promises(owner: Actor) -> None:
    """First answer in 2 hours, resolution in 8 (pausing while whoever asked must answer)."""
    for code, metric, hours, pauses in (
        ("first", "first_response", 2, ()),
        ("next", "next_response", 4, ()),
        ("resolve", "resolution", 8, ("requester",)),
    ):
        put_promise(
            actor=owner,
            promise=Promise(
                code=code, name=code, metric=metric, calendar="office", starts=date(2026, 1, 1),
                target_seconds=hours * HOUR, pauses=pauses,
                levels=[{"code": "half", "unit": "percent", "offset": 50}],
            ),
        )  # fmt: skip
    put_promise(
        actor=owner,
        promise=Promise(
            code="resolve-p1", name="P1", metric="resolution", calendar="always",
            starts=date(2026, 1, 1), target_seconds=4 * HOUR, conditions={"priority": ["P1"]},
        ),
    )  # fmt: skip


def make_desk() -> Desk:
    """Two agencies, a help desk with two agents, a city queue; in the scope of the system."""
    home = Agency.objects.create(code="CTR", name="Centre", kind="centre")
    parks = Agency.objects.create(code="PRK", name="Parks")
    water = Agency.objects.create(code="WTR", name="Water")
    CentreProfile.objects.create(agency=home, name="Centre", short_name="C")
    owner = person("service_owner")
    catalogue.put_service(
        actor=SYSTEM, code="it.helpdesk", name="Help desk", description="Help.",
        fund_code="F1", starts=date(2026, 1, 1),
    )  # fmt: skip
    agent, other = person("agent"), person("agent")
    for who in (agent, other):
        Person.objects.create(id=who.person_id, name="Agent")
    employee, colleague = (person("agency_employee", parks.pk) for _ in range(2))
    for who in (employee, colleague):
        Person.objects.create(id=who.person_id, name="Ana Ruiz", email="ana@parks.example")
    for code in ("it", "city"):
        casework.put_team(actor=owner, code=code, name=code.upper())
        casework.put_queue(
            actor=owner, code=code, name=f"{code} queue", team=code, service="it.helpdesk"
        )
    for team, who in (("it", agent), ("city", other)):
        casework.put_member(actor=owner, team=team, person_id=who.person_id)
    for who in (agent, other):
        TeamMember.objects.filter(person_id=who.person_id).update(user_id=who.user_id)
    types(owner)
    promises(owner)
    return Desk(
        parks, water, owner, agent, other, person("director"),
        employee, colleague,
        person("agency_liaison", parks.pk), person("agency_liaison", water.pk),
    )  # fmt: skip


@pytest.fixture
def desk(db: None) -> Iterator[Desk]:
    """A desk on Monday at nine."""
    forget_centre()
    with at(MONDAY), act_as(SYSTEM):
        yield make_desk()
    forget_centre()

"""The demo's centre, agencies, people and catalogue."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from uuid import UUID

from commonweal.kernel.access.public import SYSTEM, Actor, act_as, create_user
from commonweal.kernel.catalogue.public import put_bundle, put_charge_item, put_service
from commonweal.kernel.metering.public import put_source
from commonweal.kernel.party.public import (
    actor_for,
    add_membership,
    create_agency,
    create_bureau,
    create_person,
    set_centre,
    sync_roles,
)

from .data import AGENCIES, BUNDLE, CENTRE, COLLEAGUES, PEOPLE, SERVICES, SOURCES
from .items import ITEMS


@dataclass
class World:
    """Who is who in the demo: ids by code, actors by role (and agency)."""

    start: date
    agencies: dict[str, UUID] = field(default_factory=dict)
    bureaus: dict[str, list[str]] = field(default_factory=dict)
    actors: dict[str, Actor] = field(default_factory=dict)
    logins: list[dict[str, str]] = field(default_factory=list)
    desks: UUID | None = None

    def of(self, role: str, agency: str = "") -> Actor:
        """The actor with a role, of the centre or of an agency."""
        return self.actors[f"{role}:{agency}"]


def password_for(email: str) -> str:
    """A demo password that is the same at every start and different for each person."""
    digest = hashlib.sha256(f"meridian:{email}".encode()).hexdigest()
    return f"meridian-{digest[:10]}"


def build_parties(start: date) -> World:
    """Centre, agencies with two bureaus each, and people with their roles from `start` on."""
    world = World(start)
    with act_as(SYSTEM):
        set_centre(actor=SYSTEM, **CENTRE)
        sync_roles()
        for seed in AGENCIES:
            agency = create_agency(
                actor=SYSTEM,
                code=seed.code,
                name=seed.name,
                size=seed.size,
                contact_email=f"finance@{seed.code.lower()}.example",
            )
            world.agencies[seed.code] = agency.id
            codes = ["HQ", "FIELD"] if seed.size > 60 else ["HQ"]
            names = {"HQ": "Headquarters", "FIELD": "Field offices"}
            for code in codes:
                create_bureau(actor=SYSTEM, agency_id=agency.id, code=code, name=names[code])
            world.bureaus[seed.code] = codes
    for label, name, email, role, agency_code in _everybody():
        _person(world, label, name, email, role, agency_code)
    for label, name, email, role, agency_code in COLLEAGUES:
        _person(world, label, name, email, role, agency_code, f"{role}-2")
    return world


def _everybody() -> list[tuple[str, str, str, str, str | None]]:
    """The named people, and an officer and an approver for every other agency."""
    found = list(PEOPLE)
    staffed = {(row[3], row[4]) for row in PEOPLE}
    for seed in AGENCIES:
        mail = f"{seed.code.lower()}.example"
        for role, word in (("agency_finance", "finance"), ("agency_approver", "approver")):
            if (role, seed.code) not in staffed:
                title = (
                    f"{seed.code} {word} officer" if word == "finance" else f"{seed.code} {word}"
                )
                found.append((title, title, f"{word}@{mail}", role, seed.code))
    return found


def _person(
    world: World, label: str, name: str, email: str, role: str, agency_code: str | None,
    known: str = "",
) -> None:  # fmt: skip
    home = world.agencies[agency_code] if agency_code else None
    named = any(email == row[2] for row in PEOPLE)
    password = password_for(email) if named else None
    with act_as(SYSTEM):
        user = create_user(actor=SYSTEM, email=email, password=password)
        person = create_person(
            actor=SYSTEM, name=name, email=email, user_id=user.id, home_agency_id=home
        )
        add_membership(
            actor=SYSTEM, person_id=person.id, role=role, agency_id=home, starts=world.start
        )
        world.actors[f"{known or role}:{agency_code or ''}"] = actor_for(user)
    if password:
        world.logins.append({"role": label, "user": email, "password": password})


def build_catalogue(world: World) -> None:
    """Services, charge items, the bundle and the sources of usage."""
    with act_as(SYSTEM):
        owner = world.of("service_owner")
        for seed in SERVICES:
            put_service(
                actor=SYSTEM,
                code=seed.code,
                name=seed.name,
                description=seed.description,
                fund_code=seed.fund,
                starts=world.start,
                owner_person_id=owner.person_id,
                public_contact=seed.contact,
            )
        for item in ITEMS:
            put_charge_item(
                actor=SYSTEM,
                code=item.code,
                service=item.service,
                name=item.name,
                description=item.description,
                unit=item.unit,
                measure_singular=item.one,
                measure_plural=item.many,
                kind="fixed" if item.flat else "metered",
                late_policy="Booked as a correction on the next bill.",
                starts=world.start,
            )
        lead, name, companions = BUNDLE
        put_bundle(actor=SYSTEM, lead=lead, name=name, companions=companions)
        for code, title, services in SOURCES:
            fed = [item.code for item in ITEMS if item.service in services and not item.flat]
            put_source(actor=SYSTEM, code=code, name=title, expected=True, items=fed)


def monthly_quantity(item_code: str, agency_code: str) -> Decimal:
    """What an agency is expected to use of an item in a month."""
    item = next(entry for entry in ITEMS if entry.code == item_code)
    size = next(entry.size for entry in AGENCIES if entry.code == agency_code)
    exact = item.volume.monthly * size + item.each
    if item.flat:
        return Decimal(1)
    return exact.quantize(Decimal(1) if item.whole else Decimal("0.1"))

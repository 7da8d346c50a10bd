"""Writes: people."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import Q

from ...access.public import Actor
from ...audit.public import action, record
from ...calendar.public import today
from ...schema.public import NotFound
from ..models import Delegation, Membership, Person
from ..rules import PartyError, require_may_manage
from ..selectors import centre
from .parties import check_name

_FIELDS = frozenset({"name", "email", "phone", "user_id"})


def _require_home(actor: Actor, home_agency_id: UUID | None) -> None:
    if home_agency_id is None or home_agency_id == centre().agency_id:
        require_may_manage(actor, centre().agency_id, "centre")
    else:
        require_may_manage(actor, home_agency_id, "agency")


def find_person(person_id: UUID) -> Person:
    """A person in scope, locked for writing (PARTY-406)."""
    person = Person.objects.select_for_update().filter(pk=person_id).first()
    if person is None:
        raise NotFound("PARTY-406", "There is no such person, or you may not see them.")
    return person


@action
def create_person(
    *,
    actor: Actor,
    name: str,
    email: str = "",
    phone: str = "",
    user_id: UUID | None = None,
    home_agency_id: UUID | None = None,
) -> Person:
    """Create a person. `home_agency_id`: the agency (or the centre's row) whose members see them.

    An account belongs to one person at most (PARTY-112). Only an administrator links accounts.
    """
    _require_home(actor, home_agency_id)
    if user_id is not None:
        require_may_manage(actor, centre().agency_id, "centre")
        if Person.objects.filter(user_id=user_id).exists():
            raise PartyError("PARTY-112", "This account already belongs to a person.")
    person = Person.objects.create(
        name=check_name(name),
        email=email.strip(),
        phone=phone.strip(),
        user_id=user_id,
        home_agency_id=home_agency_id,
    )
    record(actor=actor, verb="party.person_created", target=person, agency_id=home_agency_id)
    return person


@action
def update_person(*, actor: Actor, person_id: UUID, **changes: Any) -> Person:
    """Change a person's name, email, phone or (administrator) account `user_id`.

    The account is copied to the person's memberships and delegations, where signing in reads it.
    """
    person = find_person(person_id)
    _require_home(actor, person.home_agency_id)
    unknown = sorted(set(changes) - _FIELDS)
    if unknown:
        raise PartyError("PARTY-103", f"There is no such field: {', '.join(unknown)}.")
    if "name" in changes:
        changes["name"] = check_name(changes["name"])
    if "email" in changes and person.user_id and person.user_id != actor.user_id:
        # Notices and links of an account go there: moving them takes an administrator.
        require_may_manage(actor, centre().agency_id, "centre")
    if "user_id" in changes:
        _link_account(actor, person, changes["user_id"])
    for name, value in changes.items():
        setattr(person, name, value)
    person.save(update_fields=sorted(changes))
    record(
        actor=actor,
        verb="party.person_updated",
        target=person,
        agency_id=person.home_agency_id,
        payload={"changed": sorted(changes)},
    )
    return person


def _link_account(actor: Actor, person: Person, user_id: UUID | None) -> None:
    require_may_manage(actor, centre().agency_id, "centre")
    if user_id and Person.objects.filter(user_id=user_id).exclude(pk=person.pk).exists():
        raise PartyError("PARTY-112", "This account already belongs to a person.")
    Membership.objects.filter(person=person).update(user_id=user_id)
    Delegation.objects.filter(to_person=person).update(to_user_id=user_id)


@action
def erase_person(*, actor: Actor, person_id: UUID) -> None:
    """Remove the personal data of a person who holds no role any more (design law 12).

    The id stays, so that the records that point at it stay whole; nothing leads back to a human.
    """
    person = find_person(person_id)
    require_may_manage(actor, centre().agency_id, "centre")
    day = today(centre().zone)
    running = Q(ends__isnull=True) | Q(ends__gt=day)
    if Membership.objects.filter(running, person=person).exists():
        raise PartyError("PARTY-113", "This person still holds a role. End it first.")
    person.name, person.email, person.phone = "Erased person", "", ""
    person.save(update_fields=["name", "email", "phone"])
    _link_account(actor, person, None)
    Person.objects.filter(pk=person.pk).update(user=None)
    record(
        actor=actor,
        verb="party.person_erased",
        target=person,
        agency_id=person.home_agency_id,
    )

"""Accounts of people: made with an invitation, closed, reopened."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from commonweal.kernel.access import public as access
from commonweal.kernel.notices import public as notices
from commonweal.kernel.party import public as party
from commonweal.kernel.schema.public import NotFound

from ..kit.doors import Asked, Door, centre
from ..kit.types import Done, In, Out

MANAGE = centre("access.manage_people")
door = Door("accounts", "Accounts of people: made with an invitation, closed, reopened.")


class UserAccountOut(Out):
    """An account. `active`: it may sign in."""

    person_id: UUID
    email: str
    active: bool


class UserActiveIn(In):
    """Whether the account may sign in."""

    active: bool


def _account(request: Asked, person_id: UUID) -> access.User:
    user = party.person(request.actor, person_id).user
    if user is None:
        raise NotFound("API-406", "This person has no account yet. Make one first.")
    return user


def _out(person_id: UUID, user: access.User) -> dict[str, Any]:
    return {"person_id": person_id, "email": user.email, "active": user.is_active}


@door.post("/people/{person_id}/account", access=MANAGE, returns=UserAccountOut, status=201)
def create_account(request: Asked, person_id: UUID) -> dict[str, Any]:
    """Make an account with the person's address; an invitation leads to choosing a password."""
    person = party.person(request.actor, person_id)
    user = access.create_user(actor=request.actor, email=person.email)
    party.update_person(actor=request.actor, person_id=person_id, user_id=user.pk)
    notices.invite(actor=request.actor, user_id=user.pk)
    return _out(person_id, user)


@door.put("/people/{person_id}/account", access=MANAGE, returns=UserAccountOut)
def set_account_active(request: Asked, person_id: UUID, data: UserActiveIn) -> dict[str, Any]:
    """Close an account, or reopen it. Closed, it signs in no more and its tokens end with it."""
    user = _account(request, person_id)
    access.set_user_active(actor=request.actor, user_id=user.pk, active=data.active)
    return {"person_id": person_id, "email": user.email, "active": data.active}


@door.post("/people/{person_id}/account/invitation", access=MANAGE, returns=Done)
def invite(request: Asked, person_id: UUID) -> dict[str, Any]:
    """Send the person another link with which to choose a password."""
    notices.invite(actor=request.actor, user_id=_account(request, person_id).pk)
    return {}

"""Oneself, one's tokens, roles and elevation."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from commonweal.kernel.access import public as access
from commonweal.kernel.jobs.public import all_permissions

from ..kit import paging
from ..kit.doors import OWN, SIGNED_IN, Asked, Door, centre
from ..kit.types import Code, Done, In, Name, Out, Page, Text
from .accounts import door as accounts

door = Door("access", "Who you are, your tokens, and what roles may do.")
DOORS = [door, accounts]
Permission = Annotated[str, Field(max_length=80, examples=["charging.view_bills"])]


class Me(Out):
    """Who calls. `permissions`: where each holds; no agency means the centre, and so every agency;
    a bureau means that bureau alone.
    """

    kind: str
    user_id: UUID | None
    person_id: UUID | None
    centre: bool
    agencies: list[UUID]
    roles: list[str]
    elevated: bool
    permissions: list[dict[str, UUID | str | None]]


class TokenOut(Out):
    """A token without its secret."""

    id: UUID
    name: str
    prefix: str
    scopes: list[str]
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None


class NewToken(TokenOut):
    """A new token: the secret is shown this once and never again."""

    secret: str


class TokenIn(In):
    """What a token is for, what it may do, and how long it lives."""

    name: Annotated[Name, Field(max_length=80, examples=["payroll export"])]
    scopes: list[Permission] = Field(min_length=1, max_length=100)
    days: int = Field(90, ge=1, le=366)


class RoleOut(Out):
    """A named set of permissions."""

    code: str
    name: str
    side: str
    permissions: list[str]


class RoleIn(In):
    """What a role shall be."""

    name: Annotated[Name, Field(max_length=80)]
    side: Annotated[str, Field(pattern="^(centre|agency)$")]
    permissions: list[Permission] = Field(max_length=200)


class ElevationIn(In):
    """Why, what for, and how long."""

    reason: Annotated[Text, Field(min_length=10, max_length=500)]
    permissions: list[Permission] = Field(min_length=1, max_length=50)
    minutes: int = Field(60, ge=1, le=240)


class ElevationOut(Out):
    """More permissions for a short, logged time."""

    reason: str
    permissions: list[str]
    starts_at: datetime
    ends_at: datetime


class PermissionOut(Out):
    """A permission in plain words."""

    code: str
    words: str


@door.get("/me", access=SIGNED_IN, returns=Me)
def who_am_i(request: Asked) -> dict[str, Any]:
    """Who you are here, and what you may do."""
    actor = request.actor
    granted = [
        {"permission": name, "agency_id": agency, "bureau_id": None}
        for name, agency in sorted(actor.grants, key=lambda grant: (grant[0], str(grant[1])))
        if actor.may(name, agency)
    ]
    granted += [
        {"permission": name, "agency_id": agency, "bureau_id": bureau}
        for name, agency, bureau in sorted(actor.parts, key=str)
        if bureau in (actor.bureaus_with(name, agency) or ())
    ]
    return {
        "kind": actor.kind,
        "user_id": actor.user_id,
        "person_id": actor.person_id,
        "centre": actor.centre,
        "agencies": sorted(actor.seen_agencies),
        "roles": sorted(actor.roles),
        "elevated": actor.elevated,
        "permissions": granted,
    }


class LanguageIn(In):
    """A language that there are pages in, such as `es`."""

    language: Annotated[Code, Field(max_length=8, examples=["en-gb"])]


@door.put("/me/language", access=OWN, returns=Done)
def choose_language(request: Asked, data: LanguageIn) -> dict[str, Any]:
    """Choose the language of your own pages and messages."""
    access.choose_language(actor=request.actor, language=data.language)
    return {}


@door.get("/tokens", access=OWN, returns=Page[TokenOut])
def list_tokens(
    request: Asked, after: str = paging.after_query(), limit: int = paging.limit_query()
) -> dict[str, Any]:
    """Your own tokens, newest first."""
    return paging.answer(access.tokens(request.actor, paging.place(after, limit)))


@door.post("/tokens", access=OWN, returns=NewToken, status=201)
def create_token(request: Asked, data: TokenIn) -> dict[str, Any]:
    """Make a token for yourself. Only a signed-in session may: no token makes another."""
    token, secret = access.create_token(actor=request.actor, **data.model_dump())
    return {**{name: getattr(token, name) for name in TokenOut.model_fields}, "secret": secret}


@door.delete("/tokens/{token_id}", access=OWN, returns=Done)
def revoke_token(request: Asked, token_id: UUID) -> dict[str, Any]:
    """End one of your tokens at once."""
    access.revoke_token(actor=request.actor, token_id=token_id)
    return {}


@door.get("/permissions", access=SIGNED_IN, returns=Page[PermissionOut])
def list_permissions(
    request: Asked, after: str = paging.after_query(), limit: int = paging.limit_query(200)
) -> dict[str, Any]:
    """Every permission in plain words."""
    rows = [{"code": code, "words": words} for code, words in sorted(all_permissions().items())]
    return paging.part_of(rows, after, limit, lambda row: row["code"])


@door.get("/roles", access=centre("access.view_people"), returns=Page[RoleOut])
def list_roles(
    request: Asked, after: str = paging.after_query(), limit: int = paging.limit_query()
) -> dict[str, Any]:
    """Every role and what it may do."""
    return paging.answer(access.roles(request.actor, paging.place(after, limit)))


@door.put("/roles/{code}", access=centre("access.manage_roles"), returns=RoleOut)
def put_role(request: Asked, code: Annotated[Code, Field(max_length=40)], data: RoleIn) -> Any:
    """Create a role, or replace what it may do."""
    return access.put_role(actor=request.actor, code=code, **data.model_dump())


@door.post("/me/elevation", access=centre("access.elevate"), returns=ElevationOut, status=201)
def elevate(request: Asked, data: ElevationIn) -> access.Elevation:
    """Take more permissions for a short, logged time."""
    return access.elevate(actor=request.actor, **data.model_dump())


@door.delete("/me/elevation", access=centre("access.elevate"), returns=Done)
def end_elevation(request: Asked) -> dict[str, Any]:
    """End your running elevation."""
    access.end_elevation(actor=request.actor)
    return {}

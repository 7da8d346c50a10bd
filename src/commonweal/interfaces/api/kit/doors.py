"""Declaring operations: who may use each, one transaction in the actor's scope, one answer."""

from __future__ import annotations

import functools
import hashlib
import inspect
import typing
from collections.abc import Callable
from contextlib import nullcontext
from functools import partial
from typing import Any

from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from ninja import Router, Schema
from pydantic import BaseModel

from commonweal.kernel.access.public import (
    ANONYMOUS,
    OWN_ACCOUNT,
    Actor,
    act_as,
    require_somewhere,
)
from commonweal.kernel.schema.public import CommonwealError, Forbidden

from .problems import Problem
from .signing import signed

ALL = "all"
SIGNED_IN = "signed-in"
OWN = "own"
READS = ("GET",)
View = Callable[..., Any]


class ApiError(CommonwealError):
    """The request cannot be used as sent."""


class Asked(HttpRequest):
    """A request after signing in: `actor` is always set."""

    actor: Actor


def needs(*permissions: str) -> str:
    """Whoever holds one of the permissions, in the centre or in an agency."""
    return f"permission:{'|'.join(permissions)}"


def own_or(*permissions: str) -> str:
    """One's own affairs, or somebody else's with one of the permissions."""
    return f"{OWN}:{'|'.join(permissions)}"


def in_part(permission: str) -> str:
    """Whoever holds the permission, be it for one bureau of an agency."""
    return f"part:{permission}"


def centre(permission: str) -> str:
    """People of the centre who hold the permission."""
    return f"centre:{permission}"


def check_access(actor: Actor, access: str) -> None:
    """Refuse whoever the declaration does not admit; the selector or action decides the rest."""
    kind, _, names = access.partition(":")
    if kind == OWN and actor.as_oneself:
        return
    permissions = names.split("|") if names else []
    if kind == OWN and not permissions:
        raise Forbidden(
            "ACCESS-403",
            f"This token does not carry the scope {OWN_ACCOUNT}. Make one that does, or sign in.",
        )
    if kind == "part" and any(actor.may_in_part(permission) for permission in permissions):
        return
    if not any(actor.may_somewhere(permission) for permission in permissions):
        for permission in permissions:
            require_somewhere(actor, permission)
    if kind == "centre" and not actor.centre:
        raise Forbidden("ACCESS-403", "Only the centre may do this.")


class File:
    """A download of one media type; the operation returns `attachment(...)`."""

    def __init__(self, *media: str) -> None:
        self.media = media

    def described(self) -> dict[str, Any]:
        """As the description has it."""
        data = {"schema": {"type": "string", "format": "binary"}}
        forms = {"application/json": {"schema": {"type": "object"}}}
        content = {media: forms.get(media, data) for media in self.media}
        return {"description": "The file", "content": content}


def attachment(name: str, media_type: str, data: bytes | typing.IO[bytes]) -> HttpResponseBase:
    """A download."""
    if isinstance(data, bytes):
        response = HttpResponse(data, content_type=media_type)
        response["Content-Disposition"] = f'attachment; filename="{name}"'
        return response
    return FileResponse(data, as_attachment=True, filename=name, content_type=media_type)


def _refuse_nul(value: Any) -> None:
    """A NUL cannot be stored in PostgreSQL, wherever it comes from (API-104)."""
    if isinstance(value, str):
        if "\x00" in value:
            raise ApiError("API-104", "The text holds a NUL character. Remove it.")
    elif isinstance(value, BaseModel):
        _refuse_nul(list(value.__dict__.values()))
    elif isinstance(value, dict):
        _refuse_nul([*value.keys(), *value.values()])
    elif isinstance(value, list | tuple):
        for each in value:
            _refuse_nul(each)


def answer(request: HttpRequest, returns: Any, status: int, result: Any) -> HttpResponseBase:
    """A result as JSON, with an ETag on reads and the next page's address on lists."""
    if isinstance(result, HttpResponse) and result.status_code != 200:
        return result
    if isinstance(result, HttpResponseBase) and not isinstance(result, HttpResponse):
        return result
    if isinstance(result, HttpResponse):
        response = result
    else:
        made: Schema = result if isinstance(result, returns) else returns.model_validate(result)
        response = HttpResponse(
            made.model_dump_json(), status=status, content_type="application/json"
        )
        after = getattr(made, "after", None)
        if after:
            query = request.GET.copy()
            query["after"] = after
            response["Link"] = f'<{request.path}?{query.urlencode()}>; rel="next"'
    if request.method in READS:
        return _unless_known(request, response)
    return response


def _unless_known(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    tag = f'"{hashlib.sha256(response.content).hexdigest()[:32]}"'
    known = [each.strip() for each in request.headers.get("if-none-match", "").split(",")]
    if tag in known:
        response = HttpResponse(status=304)
    response["ETag"] = tag
    response["Cache-Control"] = "private, no-cache"
    return response


class Door:
    """The operations of one module, under one tag."""

    def __init__(self, tag: str, about: str) -> None:
        self.tag = tag
        self.about = about
        self.router = Router(tags=[tag])

    def operation(
        self,
        method: str,
        path: str,
        *,
        access: str,
        returns: Any,
        status: int = 200,
        errors: tuple[int, ...] = (),
        own_transactions: bool = False,
        extra: dict[str, Any] | None = None,
    ) -> Callable[[View], View]:
        """Register a function as an operation.

        `access`: `ALL`, `SIGNED_IN` (any account or token: only names), `OWN` (one's own affairs; a
        token needs the scope for it), `own_or(permission)`, `needs(permission)`,
        `in_part(permission)` or `centre(permission)`; it is asked before anything sent is looked
        at. `returns`: the schema of the answer, or a `File`. `own_transactions`: the function
        commits step by step.
        """

        def decorate(view: View) -> View:
            wrapped = _guarded(view, access, returns, status, own_transactions)
            details = dict(extra or {})
            shown = None if isinstance(returns, File) else returns
            if isinstance(returns, File):
                details.setdefault("responses", {})[status] = returns.described()
            details["x-access"] = access
            responses = {status: shown, **dict.fromkeys(_errors(method, access, errors), Problem)}
            register = self.router.api_operation(
                [method],
                path,
                auth=None if access == ALL else signed(partial(check_access, access=access)),
                response=responses,
                operation_id=f"{self.tag}.{view.__name__}",
                summary=_summary(view),
                description=inspect.getdoc(view),
                openapi_extra=details,
            )
            register(wrapped)
            return wrapped

        return decorate

    def get(self, path: str, **declared: Any) -> Callable[[View], View]:
        """A read."""
        return self.operation("GET", path, **declared)

    def post(self, path: str, **declared: Any) -> Callable[[View], View]:
        """A write that may be refused the second time."""
        return self.operation("POST", path, **declared)

    def put(self, path: str, **declared: Any) -> Callable[[View], View]:
        """A write that may be repeated: it says what shall be."""
        return self.operation("PUT", path, **declared)

    def patch(self, path: str, **declared: Any) -> Callable[[View], View]:
        """A change of the fields given."""
        return self.operation("PATCH", path, **declared)

    def delete(self, path: str, **declared: Any) -> Callable[[View], View]:
        """An end."""
        return self.operation("DELETE", path, **declared)


def _errors(method: str, access: str, more: tuple[int, ...]) -> list[int]:
    found = {404, 422, *more}
    if access != ALL:
        found |= {401, 403}
    if method not in READS:
        found |= {400, 409}
    return sorted(found)


def _summary(view: View) -> str:
    return view.__name__.replace("_", " ").capitalize()


def _guarded(view: View, access: str, returns: Any, status: int, own_transactions: bool) -> View:
    @functools.wraps(view)
    def guarded(request: Any, **values: Any) -> HttpResponseBase:
        actor = ANONYMOUS if access == ALL else request.auth
        request.actor = actor
        _refuse_nul(values)
        with nullcontext() if own_transactions else act_as(actor):
            return answer(request, returns, status, view(request, **values))

    hints = typing.get_type_hints(view, include_extras=True)
    signature = inspect.signature(view)
    guarded.__signature__ = signature.replace(  # type: ignore[attr-defined]
        parameters=[
            each.replace(annotation=hints.get(each.name, each.annotation))
            for each in signature.parameters.values()
        ],
        return_annotation=inspect.Signature.empty,
    )
    guarded.access = access  # type: ignore[attr-defined]
    return guarded

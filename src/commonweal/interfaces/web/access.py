"""Each view declares who may use it; a meta-test reads the declarations (design §7)."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar, cast

from django.contrib.auth.views import redirect_to_login
from django.http import HttpResponse

from commonweal.kernel.access.public import require_somewhere

View = TypeVar("View", bound=Callable[..., HttpResponse])


def open_to_all(view: View) -> View:
    """Anybody, signed in or not."""
    view.access = "all"  # type: ignore[attr-defined]
    return view


def signed_in(view: View) -> View:
    """Any signed-in person; others are asked to sign in first."""
    return _guarded(view, "signed-in", None, None)


def centre_only(permission: str) -> Callable[[View], View]:
    """People of the centre who hold the permission."""

    def decorate(view: View) -> View:
        return _guarded(view, f"centre:{permission}", permission, True)

    return decorate


def agency_only(permission: str) -> Callable[[View], View]:
    """People of an agency who hold the permission there."""

    def decorate(view: View) -> View:
        return _guarded(view, f"agency:{permission}", permission, False)

    return decorate


def anyone_with(permission: str) -> Callable[[View], View]:
    """Whoever holds the permission, in the centre or an agency."""

    def decorate(view: View) -> View:
        return _guarded(view, f"permission:{permission}", permission, None)

    return decorate


def _guarded(view: View, access: str, permission: str | None, centre: bool | None) -> View:
    @functools.wraps(view)
    def guarded(request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        actor = request.actor
        if actor.kind == "anonymous":
            return redirect_to_login(request.get_full_path())
        if permission is not None:
            require_somewhere(actor, permission)
        if centre is not None and actor.centre is not centre:
            require_somewhere(actor, "access.other_side")
        response: HttpResponse = view(request, *args, **kwargs)
        return response

    guarded.access = access  # type: ignore[attr-defined]
    return cast(View, guarded)

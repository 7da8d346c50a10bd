"""Each view declares who may use it; a meta-test reads the declarations (design §7)."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar, cast

from django.contrib.auth.views import redirect_to_login
from django.http import HttpResponse
from django.urls import resolve
from django.utils.translation import gettext as _

from commonweal.kernel.access.public import Actor, require_somewhere
from commonweal.kernel.schema.public import Forbidden

View = TypeVar("View", bound=Callable[..., Any])


def open_to_all(view: View) -> View:
    """Anybody, signed in or not."""
    view.access = "all"  # type: ignore[attr-defined]
    return view


def signed_in(view: View) -> View:
    """Any signed-in person; others are asked to sign in first."""
    return _guarded(view, "signed-in", (), None)


def centre_only(*permissions: str) -> Callable[[View], View]:
    """People of the centre who hold the permission, or one of several."""

    def decorate(view: View) -> View:
        return _guarded(view, f"centre:{'|'.join(permissions)}", permissions, True)

    return decorate


def agency_only(permission: str, *, in_part: bool = False) -> Callable[[View], View]:
    """People of an agency who hold the permission there; `in_part`: be it for one bureau."""

    def decorate(view: View) -> View:
        return _guarded(view, f"agency:{permission}", (permission,), False, in_part)

    return decorate


def anyone_with(*permissions: str) -> Callable[[View], View]:
    """Whoever holds one of the permissions, in the centre or an agency."""

    def decorate(view: View) -> View:
        return _guarded(view, f"permission:{'|'.join(permissions)}", permissions, None)

    return decorate


def require_side(actor: Actor, centre: bool | None) -> None:
    """Refuse people of the other side (ACCESS-404): their own pages are elsewhere."""
    if centre is None or actor.centre is centre:
        return
    if centre:
        words = _("This page is for the centre's people.")
    else:
        words = _("This page is for an agency's people.")
    own = _("Your own pages are behind the name at the top.")
    raise Forbidden("ACCESS-404", " ".join((words, own)))


def require_one(actor: Actor, permissions: tuple[str, ...]) -> None:
    """Refuse unless the actor holds one of the permissions somewhere; the first is named."""
    if permissions and not any(actor.may_somewhere(name) for name in permissions):
        require_somewhere(actor, permissions[0])


def may_open(actor: Actor, place: str) -> bool:
    """Whether the view at an address lets the actor in by its declaration."""
    kind, _colon, names = str(getattr(resolve(place).func, "access", "all")).partition(":")
    side = {"centre": True, "agency": False}.get(kind, actor.centre)
    if kind == "all" or actor.kind == "anonymous":
        return kind == "all"
    return actor.centre is side and (
        not names or any(actor.may_somewhere(name) for name in names.split("|"))
    )


def _guarded(
    view: View,
    access: str,
    permissions: tuple[str, ...],
    centre: bool | None,
    in_part: bool = False,
) -> View:
    @functools.wraps(view)
    def guarded(request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        actor = request.actor
        if actor.kind == "anonymous":
            return redirect_to_login(request.get_full_path())
        require_side(actor, centre)
        if not (in_part and any(actor.may_in_part(name) for name in permissions)):
            require_one(actor, permissions)
        response: HttpResponse = view(request, *args, **kwargs)
        return response

    guarded.access = access  # type: ignore[attr-defined]
    return cast(View, guarded)

"""What each role may do, in plain words; an administrator changes it."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from commonweal.kernel.access.public import Role, put_role
from commonweal.kernel.access.public import roles as all_roles
from commonweal.kernel.jobs.public import all_manifests
from commonweal.kernel.schema.public import NotFound

from ..access import centre_only
from ..lists import lists, pages, place
from ..requests import Asked
from .base import attempt, done, show
from .people import people_tabs

VIEW = "access.view_people"
MANAGE = "access.manage_roles"


@centre_only(VIEW)
@lists("access.Role")
def roles(request: Asked) -> HttpResponse:
    """The roles with how much each may do."""
    rows = all_roles(request.actor, place(request))
    context = {
        "rows": rows,
        "pages": pages(request, rows),
        "tabs": people_tabs(request.actor, "roles"),
        "may_change": request.actor.may(MANAGE),
    }
    return show(request, "centre/roles.jinja", context)


@centre_only(VIEW)
def role(request: Asked, code: str) -> HttpResponse:
    """One role's permissions, by module; an administrator ticks and unticks them."""
    found = role_of(request, code)
    errors: tuple[Any, ...] = ()
    if request.method == "POST":
        wanted = keep_own(request, found, request.POST.getlist("permission"))
        errors = attempt(
            lambda: put_role(
                actor=request.actor,
                code=found.code,
                name=found.name,
                side=found.side,
                permissions=wanted,
            )
        )
        if not errors:
            shape = ngettext(
                "%(role)s may do %(count)s thing now.",
                "%(role)s may do %(count)s things now.",
                len(wanted),
            )
            words = shape % {"role": _(found.name), "count": len(wanted)}
            return done(request, words, "role", code)
    context = {
        "found": found,
        "held": set(found.permissions),
        "modules": [
            (
                manifest.name,
                [(code, _(said)) for code, said in sorted(manifest.permissions.items())],
            )
            for manifest in all_manifests()
            if manifest.permissions
        ],
        "may_change": request.actor.may(MANAGE),
    }
    return show(request, "centre/role.jinja", context, errors)


def role_of(request: Asked, code: str) -> Role:
    """A role (PARTY-407)."""
    found = next((row for row in all_roles(request.actor) if row.code == code), None)
    if found is None:
        raise NotFound("PARTY-407", _("There is no such role. Choose one of the roles listed."))
    return found


def keep_own(request: Asked, found: Role, wanted: list[str]) -> list[str]:
    """Known permissions only; nobody takes the right to change roles from their own role."""
    known = {code for manifest in all_manifests() for code in manifest.permissions}
    kept = [code for code in wanted if code in known]
    if found.code in request.actor.roles and MANAGE in found.permissions:
        kept += [VIEW, MANAGE]
    return sorted(set(kept))

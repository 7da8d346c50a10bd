"""The two doors to the same pages: the centre's workspace and the agency's portal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _

from commonweal.kernel.party.public import agencies

from ..centre.base import show
from ..look.page import Link, Problem
from ..requests import Asked

VIEW = "agreements.view"
PROPOSE = "agreements.propose"
ESTIMATE = "agreements.sign_estimate"


@dataclass(frozen=True)
class Door:
    """For which side the reader is here (“centre” or “agency”), and the frame of its pages."""

    side: str

    @property
    def layout(self) -> str:
        """The template that frames the page."""
        return "layouts/workspace.jinja" if self.side == "centre" else "layouts/agency.jinja"

    def url(self, name: str, *args: Any, **query: Any) -> str:
        """The address of a page of this side with a query; empty values are left out."""
        kept = {key: value for key, value in query.items() if value not in ("", None)}
        found = reverse(f"{self.side}:{name}", args=args)
        return found + (f"?{urlencode(kept)}" if kept else "")

    def done(
        self, request: Asked, text: str, name: str, *args: Any, **query: Any
    ) -> HttpResponseRedirect:
        """Say what was done, on the page that shows it."""
        messages.success(request, text)
        return HttpResponseRedirect(self.url(name, *args, **query))

    def tabs(self, here: str) -> list[Link]:
        """The pages about agreements."""
        pages = (
            ("agreements", _("Agreements and orders")),
            ("to_sign", _("Waiting to be signed")),
            ("approvers", _("Who may sign")),
        )
        return [Link(label, self.url(name), name == here) for name, label in pages]


def page(
    request: Asked,
    template: str,
    context: dict[str, Any],
    errors: tuple[Problem, ...] = (),
) -> HttpResponse:
    """A page of this side; `said` holds what is wrong with each field."""
    said = {error.field: error.text for error in errors if error.field}
    whole = {"door": door(request), "said": said, "asked": request.POST, **context}
    return show(request, f"agreements/{template}.jinja", whole, errors)


def door(request: Asked) -> Door:
    """The door through which the reader came."""
    return Door("centre" if request.actor.centre else "agency")


def may(request: Asked, permission: str, agency_id: UUID) -> bool:
    """Whether the reader holds a permission for an agency, from their own side."""
    actor = request.actor
    return actor.may(permission) if actor.centre else actor.may(permission, agency_id)


def own_agencies(request: Asked, permission: str) -> list[tuple[str, str]]:
    """The agencies for which the reader holds a permission, as choices of a select."""
    return [
        (str(row.pk), row.name)
        for row in agencies(request.actor)
        if may(request, permission, row.pk)
    ]

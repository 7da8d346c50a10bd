"""What the portal's views share: the agency acted for, its fiscal year, downloads, problems."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.http import HttpResponse, StreamingHttpResponse

from commonweal.kernel.access.public import Actor
from commonweal.kernel.party.public import Agency, agencies, centre
from commonweal.kernel.schema.public import CommonwealError, Forbidden
from commonweal.kernel.words.public import told

from ..look.page import Problem
from ..requests import Asked

VIEW = "charging.view_bills"
VIEW_ALL = "charging.view_all_bills"


def own_agencies(actor: Actor, permission: str = VIEW) -> list[Agency]:
    """The agencies for which the person holds a permission, by code."""
    allowed = actor.agencies_with(permission)
    return [agency for agency in agencies(actor) if agency.pk in allowed]


def own_agency(request: Asked, permission: str = VIEW) -> Agency:
    """The agency that the person acts for: the one asked for among their own, else the first."""
    return chosen_among(request, own_agencies(request.actor, permission))


def chosen_among(request: Asked, own: list[Agency]) -> Agency:
    """The agency asked for among one's own, else the first of them (ACCESS-405)."""
    asked = request.GET.get("agency", "") or request.POST.get("agency", "")
    found = next((agency for agency in own if asked in (agency.code, str(agency.pk))), None)
    if found is None and own and not asked:
        found = own[0]
    if found is None:
        raise Forbidden(
            "ACCESS-405", "You hold no role for this in that agency. Choose one of your own."
        )
    return found


def choices(request: Asked, permission: str = VIEW) -> dict[str, Any]:
    """Template context for choosing among several agencies: all `mine`, and the one `chosen`."""
    own = own_agencies(request.actor, permission)
    return {"mine": own, "chosen": chosen_among(request, own)}


def fiscal_start() -> int:
    """The month in which the centre's fiscal year starts."""
    return centre().fiscal_year_start_month


def attachment(name: str, media_type: str, data: bytes) -> HttpResponse:
    """A download."""
    response = HttpResponse(data, content_type=media_type)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def stream(name: str, media_type: str, pieces: Iterable[bytes]) -> StreamingHttpResponse:
    """A download that is made while it is sent; the pieces need no database."""
    response = StreamingHttpResponse(pieces, content_type=media_type)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def problem_of(error: CommonwealError, field: str = "") -> Problem:
    """An error as an entry of the page's error summary."""
    return Problem(told(error.message), field, error.code)

"""The pages for what went wrong."""

from __future__ import annotations

import sys

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string

from commonweal.kernel.schema.public import outage_of

from .context import DOORS, nameless_page


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """The request could not be understood."""
    return render(request, "errors/400.jinja", status=400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """The person may not do this."""
    return render(request, "errors/403.jinja", status=403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Nothing is here."""
    return render(request, "errors/404.jinja", status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    """Our fault, or an outage. Uses neither the database nor the session: they may be what is
    broken."""
    outage = outage_of(sys.exc_info()[1])
    frame = {"page": nameless_page()} if at_door(request) else {}
    if outage is not None:
        page = render_to_string("errors/outage.jinja", {"error": outage, **frame})
        return HttpResponse(page, status=outage.status)
    return HttpResponse(render_to_string("errors/500.jinja", frame), status=500)


def at_door(request: HttpRequest) -> bool:
    """Whether citizens or their programs knock: nobody behind the agency is named to them."""
    return request.path.startswith(DOORS)

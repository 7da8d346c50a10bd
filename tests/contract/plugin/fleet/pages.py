"""The page of the vehicles."""

from django.http import HttpResponse
from django.shortcuts import render

from commonweal.interfaces.web.access import anyone_with
from commonweal.interfaces.web.plugins import Place, Section
from commonweal.interfaces.web.requests import Asked

from .models import Vehicle

HERE = (Place("Vehicles", "fleet:vehicles", "fleet.view"),)
SECTION = Section("fleet/", "fleet.urls", centre=HERE, agency=HERE)


@anyone_with("fleet.view")
def vehicles(request: Asked) -> HttpResponse:
    """Plates in order, of the agencies where one may see them.

    Row-level security keeps other agencies out but is not enough: it also shows the rows of an
    agency in which one's role is limited to a bureau, and such a role grants nothing here (ADR 13).
    """
    found, actor = Vehicle.objects.order_by("plate"), request.actor
    if not actor.may("fleet.view"):  # not for the whole centre
        found = found.filter(agency_id__in=actor.agencies_with("fleet.view"))
    return render(request, "fleet/vehicles.jinja", {"vehicles": found})

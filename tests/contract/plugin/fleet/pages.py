"""The page of the vehicles."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from commonweal.interfaces.web.access import anyone_with
from commonweal.interfaces.web.plugins import Place, Section

from .models import Vehicle

HERE = (Place("Vehicles", "fleet:vehicles", "fleet.view"),)
SECTION = Section("fleet/", "fleet.urls", centre=HERE, agency=HERE)


@anyone_with("fleet.view")
def vehicles(request: HttpRequest) -> HttpResponse:
    """Plates in order; which rows there are, the database decides (row-level security)."""
    found = Vehicle.objects.order_by("plate")
    return render(request, "fleet/vehicles.jinja", {"vehicles": found})

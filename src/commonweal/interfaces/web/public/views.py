"""The public site. No sign-in."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render

from ..access import open_to_all
from ..requests import Asked


@open_to_all
def start(request: Asked) -> HttpResponse:
    """The first page: what the centre is for."""
    return render(request, "public/start.jinja")


@open_to_all
def alive(request: Asked) -> HttpResponse:
    """For a load balancer: the process answers."""
    return HttpResponse("ok", content_type="text/plain")

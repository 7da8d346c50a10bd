"""Addresses of Open311, each in both formats."""

from __future__ import annotations

from django.urls import URLPattern, path

from . import reports, services, sight, updates
from .answers import FORMS

app_name = "open311"
V2 = "v2/"


def _both(address: str, view: object, name: str) -> list[URLPattern]:
    return [
        path(f"{V2}{address}.{form}", view, {"form": form}, name=f"{name}_{form}")  # type: ignore[call-overload]
        for form in FORMS
    ]


urlpatterns: list[URLPattern] = [
    *_both("discovery", services.discovery, "discovery"),
    *_both("services", services.services, "services"),
    *_both("services/<str:code>", services.definition, "definition"),
    *_both("requests", reports.requests, "requests"),
    *_both("requests/<str:number>", reports.one, "request"),
    *_both("tokens/<str:code>", reports.token, "token"),
    *_both("servicerequestupdates", updates.updates, "updates"),
    path(f"{V2}media/<str:agency>/<str:number>/<uuid:attachment_id>/", reports.media, name="media"),
    path("map/<str:agency>/", sight.sight, name="map"),
]

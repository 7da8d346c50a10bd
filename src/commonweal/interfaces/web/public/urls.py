"""Addresses of the public site."""

from __future__ import annotations

from django.urls import path

from . import views, what_if

app_name = "public"
urlpatterns = [
    path("", views.start, name="start"),
    path("services/", views.catalogue, name="catalogue"),
    path("services/<slug:code>/", views.service, name="service"),
    path("rates/", views.rates, name="rates"),
    path("rates/<str:code>/", views.rate, name="rate"),
    path("rates/<str:code>/what-if/", what_if.what_if, name="what_if"),
    path("how-charging-works/", views.how, name="how"),
]

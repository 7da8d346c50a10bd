"""Addresses of the centre's workspace."""

from __future__ import annotations

from django.urls import path

from . import director

app_name = "centre"
urlpatterns = [
    path("", director.start, name="start"),
    path("overview/", director.director, name="director"),
]

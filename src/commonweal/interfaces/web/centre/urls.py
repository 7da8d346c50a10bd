"""Addresses of the centre pages."""

from __future__ import annotations

from django.urls import path

from . import views

app_name = "centre"
urlpatterns = [path("", views.start, name="start")]

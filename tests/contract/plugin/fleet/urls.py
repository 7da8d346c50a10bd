"""Addresses of the vehicles' pages."""

from django.urls import path

from . import pages

app_name = "fleet"
urlpatterns = [path("", pages.vehicles, name="vehicles")]

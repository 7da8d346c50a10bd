"""Addresses of a person's own account pages."""

from __future__ import annotations

from django.urls import path

from . import views

urlpatterns = [path("", views.account, name="account_home")]

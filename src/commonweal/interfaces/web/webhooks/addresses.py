"""The addresses of the pages about webhooks, below either side's own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.urls import URLPattern, path

from . import one, overview
from .overview import MANAGE

View = Callable[..., Any]
PAGES: tuple[tuple[str, View, str], ...] = (
    ("webhooks/", overview.webhooks, "webhooks"),
    ("webhooks/new/", overview.new_webhook, "new_webhook"),
    ("webhooks/events/", overview.webhook_events, "webhook_events"),
    ("webhooks/<uuid:webhook_id>/", one.webhook, "webhook"),
)


def addresses(side_only: Callable[[str], Callable[[View], View]]) -> list[URLPattern]:
    """The pages as one side reaches them (`centre_only` or `agency_only`)."""
    return [path(route, side_only(MANAGE)(view), name=name) for route, view, name in PAGES]

"""The addresses of the pages about agreements, below either side's own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.urls import URLPattern, path

from . import endings, orders, overview, terms
from .door import PROPOSE, VIEW

View = Callable[..., Any]
PAGES: tuple[tuple[str, View, str, str], ...] = (
    ("agreements/", overview.agreements, "agreements", VIEW),
    ("agreements/to-sign/", overview.to_sign, "to_sign", VIEW),
    ("agreements/new/", terms.new_agreement, "new_agreement", PROPOSE),
    ("agreements/<uuid:agreement_id>/", terms.agreement, "agreement", VIEW),
    ("agreements/<uuid:agreement_id>/order/", orders.new_order, "new_order", PROPOSE),
    ("agreements/<uuid:agreement_id>/end/", endings.end_agreement, "end_agreement", PROPOSE),
    ("orders/<uuid:order_id>/", orders.order, "order", VIEW),
    ("orders/<uuid:order_id>/modify/", orders.modify_order, "modify_order", PROPOSE),
    ("orders/<uuid:order_id>/end/", endings.end_order, "end_order", PROPOSE),
    ("endings/<uuid:ending_id>/", endings.ending, "ending", VIEW),
)


def addresses(side_only: Callable[[str], Callable[[View], View]]) -> list[URLPattern]:
    """The pages as one side reaches them (`centre_only` or `agency_only`)."""
    return [path(route, side_only(need)(view), name=name) for route, view, name, need in PAGES]

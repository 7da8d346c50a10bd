"""Who may set up what, and the rooms of the set-up as tabs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext as _

from commonweal.kernel.access.public import Actor

from ..access import centre_only
from ..context import SETS_UP
from ..look.page import Link
from .kit import to

PEOPLE = "party.view_people"
CATALOGUE = "catalogue.manage"
SOURCES = "metering.manage_sources"
MAIL = "notices.manage"
BOOKS = "ledger.view"

anyone: Callable[[Any], Any] = centre_only(*SETS_UP)
"""Whoever sets up anything may read what is set up; each form asks for its own permission."""


def rooms(actor: Actor, here: str) -> list[Link]:
    """The tabs that the actor may open."""
    pages = (
        ("start", _("What is set up"), SETS_UP),
        ("centre:agencies", _("Agencies"), (PEOPLE,)),
        ("services", _("Services"), SETS_UP),
        ("units", _("Units"), SETS_UP),
        ("centre:suppliers", _("Suppliers"), (PEOPLE,)),
        ("sources", _("Sources of usage"), SETS_UP),
        ("messages", _("Unsent messages"), (MAIL,)),
        ("books", _("Books"), (BOOKS,)),
        ("centre:settings", _("Centre"), (PEOPLE,)),
    )
    return [
        Link(label, to(name), name == here)
        for name, label, needs in pages
        if any(actor.may(need) for need in needs)
    ]

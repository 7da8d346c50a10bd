"""What every page knows: the centre, who is looking, on whose behalf, and the way around."""

from __future__ import annotations

from typing import Any

from allauth.socialaccount.adapter import get_adapter
from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from commonweal.kernel.access.public import ANONYMOUS, Actor
from commonweal.kernel.party.public import Centre, agencies, centre
from commonweal.kernel.schema.public import NotFound

from .look.page import Link, Page
from .plugins import places

SETS_UP = (
    "party.manage_agencies",
    "party.set_centre",
    "catalogue.manage",
    "metering.manage_sources",
    "notices.manage",
    "ledger.view",
)
"""Whoever holds one of these finds the set-up among the places at the top."""


def page(request: HttpRequest) -> dict[str, Any]:
    """Context of every template: `page` (the frame), `actor` and `centre`."""
    actor: Actor = getattr(request, "actor", ANONYMOUS)
    profile = profile_of_centre()
    signed_in = actor.kind == "person"
    contact = profile.contact_email if profile else ""
    frame = Page(
        centre=profile.name if profile else "Commonweal",
        on_behalf=behalf(actor, profile),
        nav=navigation(actor, request.path),
        person=name_of(actor, request) if signed_in else "",
        home_href=reverse("home") if signed_in else reverse("public:start"),
        account_href=reverse("account_home") if signed_in else "",
        sign_in_href="" if signed_in else reverse("account_login"),
        sign_out_href=reverse("account_logout") if signed_in else "",
        help_href=reverse("public:how"),
        contact=contact,
        contact_href=f"mailto:{contact}" if contact else "",
        footer=footer(signed_in),
        language=get_language() or settings.LANGUAGE_CODE,
        languages=tuple(settings.LANGUAGES),
        language_href=reverse("set_language"),
        notice=_(
            "Demonstration: every agency and person here is invented. Prices are published ones."
        )
        if profile and profile.is_demo
        else "",
    )
    return {"page": frame, "actor": actor, "centre": profile, "providers": providers(request)}


def providers(request: HttpRequest) -> tuple[Link, ...]:
    """The outside sign-ins (OpenID Connect) that are set up; asked for on the sign-in page only."""
    if request.path != reverse("account_login"):
        return ()
    found = get_adapter().list_providers(request)
    return tuple(Link(each.name, each.get_login_url(request)) for each in found)


def profile_of_centre() -> Centre | None:
    """The centre's settings, or None before they are set."""
    try:
        return centre()
    except NotFound:
        return None


def name_of(actor: Actor, request: HttpRequest) -> str:
    """The person's name, or the address that they sign in with."""
    return str(getattr(request, "person_name", "") or getattr(request.user, "email", ""))


def behalf(actor: Actor, profile: Centre | None) -> str:
    """On whose behalf the person acts: the agency's or the centre's name."""
    if actor.kind == "anonymous" or profile is None:
        return ""
    if actor.centre:
        return profile.name
    return ", ".join(agency.name for agency in agencies(actor)) if actor.seen_agencies else ""


SECTIONS = {
    "/orders/": "/agreements/",
    "/endings/": "/agreements/",
    "/agency/lines/": "/agency/bills/",
    "/agency/changes/": "/agency/bills/",
    "/agency/unusual/": "/agency/bills/",
    "/agency/dates/": "/agency/bills/",
    "/agency/disputes/": "/agency/bills/",
    "/agency/credits/": "/agency/bills/",
    "/agency/rates/": "/agency/bills/",
    "/agency/proposed-rates/": "/agency/budget/",
}
"""Pages whose address does not begin with that of the section they belong to."""


def links(entries: list[tuple[str, str]], path: str) -> tuple[Link, ...]:
    """Links to named pages.

    The one whose address is the longest beginning of the present path is the current one; orders
    and early ends belong to agreements, lines and the costs behind them to bills.
    """
    for part, home in SECTIONS.items():
        path = path.replace(part, home)
    found = [(label, reverse(name)) for label, name in entries]
    inside = [href for _label, href in found if path.startswith(href)]
    here = max(inside, key=len, default="")
    return tuple(Link(label, href, current=href == here) for label, href in found)


def navigation(actor: Actor, path: str) -> tuple[Link, ...]:
    """The places that the actor may go to."""
    if actor.centre:  # its people read an agency's bill on the agency's page
        return _centre_links(actor, centre_path(path.replace("/agency/worth/", "/centre/worth/")))
    own = [*_agency_pages(actor), *places(actor)]
    return links(own or public_pages(), path)


def centre_path(path: str) -> str:
    """Where in the workspace an agency's page belongs when the centre's people read it."""
    if path.startswith("/agency/budget/"):
        return "/centre/rates/"
    return path.replace("/agency/", "/centre/bills/")


def _agency_pages(actor: Actor) -> list[tuple[str, str]]:
    entries = [
        ("agency:bills", _("My bills"), "charging.view_bills"),
        ("agency:account", _("What we owe"), "charging.view_bills"),
        ("agency:usage", _("My usage"), "charging.view_bills"),
        ("agency:agreements", _("My agreements"), "agreements.view"),
        ("agency:adjustments", _("My year-end adjustments"), "charging.view_bills"),
        ("agency:forecasts", _("My forecasts"), "charging.view_bills"),
        ("agency:budget", _("My budget"), "charging.view_bills"),
        ("agency:accounts", _("My accounts"), "charging.view_bills"),
        ("agency:worth", _("Was it worth it?"), "consolidation.view"),
        ("agency:peers", _("Our unit costs"), "charging.view_bills"),
        ("agency:openness", _("Where our money went"), "charging.view_bills"),
        ("agency:take_out", _("My data"), "documents.take_out"),
    ]
    found = [(label, name) for name, label, need in entries if actor.agencies_with(need)]
    if not actor.agencies_with("charging.view_bills") and actor.may_in_part("metering.view"):
        found.append((_("Usage records"), "agency:records"))
    return found


def public_pages() -> list[tuple[str, str]]:
    """The public site's pages."""
    return [
        (_("Services"), "public:catalogue"),
        (_("Rates"), "public:rates"),
        (_("Where the money went"), "public:money_agencies"),
        (_("How charging works"), "public:how"),
    ]


def _centre_links(actor: Actor, path: str) -> tuple[Link, ...]:
    entries = [
        ("centre:director", _("Overview"), "charging.view_all_bills"),
        ("centre:close", _("Close"), "charging.view_all_bills"),
        ("centre:bills", _("Bills"), "charging.view_all_bills"),
        ("centre:owed", _("Payments"), "charging.view_payments"),
        ("centre:rates", _("Rate desk"), "charging.view_costs"),
        ("centre:costs", _("Costs"), "charging.view_costs"),
        ("centre:recovery", _("Recovery"), "charging.view_costs"),
        ("centre:room", _("Data room"), "charging.read_room"),
        ("centre:agreements", _("Agreements"), "agreements.view"),
        ("centre:intake", _("Usage intake"), "metering.view"),
        ("centre:worth", _("Was it worth it?"), "consolidation.view"),
        ("centre:people", _("People"), "party.view_people"),
        ("centre:audit", _("Audit trail"), "audit.view"),
    ]
    shown = [(label, name) for name, label, need in entries if actor.may(need)]
    shown += places(actor)
    if any(actor.may(need) for need in SETS_UP):
        shown.append((_("Set-up"), "setup:start"))
    return links(shown, path)


def footer(signed_in: bool) -> tuple[Link, ...]:
    """The public pages, for people who are signed in and have others at the top."""
    return links(public_pages(), "") if signed_in else ()

"""What every page knows: the centre, who is looking, on whose behalf, and the way around."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from allauth.socialaccount.adapter import get_adapter
from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.crypto import salted_hmac
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from commonweal.kernel.access.public import ANONYMOUS, SYSTEM, Actor, act_as
from commonweal.kernel.party.public import Agency, Centre, agencies, agency, centre, face_of
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
    door = door_of(request)
    if door is not None:
        named = "" if isinstance(door, str) else door.code
        return {"page": door_page(request, door), "actor": actor, "centre": profile,
                "providers": (), "kept_by": f"door-{named}"}  # fmt: skip
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
    return {"page": frame, "actor": actor, "centre": profile, "providers": providers(request),
            "kept_by": kept_by(actor)}  # fmt: skip


def kept_by(actor: Actor) -> str:
    """A mark of an account, by which a device knows whose the drafts are that it keeps."""
    return salted_hmac("drafts", str(actor.user_id)).hexdigest()[:32] if actor.user_id else ""


DOORS = ("/help/", "/open311/", "/pay/", "/display/", "/kiosk/")
"""Where citizens and their programs knock; what is not found there names nobody behind it."""


def door_of(request: HttpRequest) -> Agency | str | None:
    """The agency whose door a page is at: as its view found it, else as the address names it; ""
    where it names none; None for every other page."""
    found: Agency | None = getattr(request, "door", None)
    if found is not None or not request.path.startswith(DOORS):
        return found
    code = request.path.split("/")[2].upper().replace("\x00", "")
    try:
        with act_as(SYSTEM):
            return agency(SYSTEM, code) if request.path.startswith("/help/") else ""
    except NotFound:
        return ""


def nameless_page() -> Page:
    """The frame at a door of which it is not known whose it is."""
    return Page(centre=_("Online services"), home_href="#main", door=True)


def door_page(request: HttpRequest, door: Agency | str) -> Page:
    """The frame of a page that speaks as one agency to its citizens: its name, contact and privacy
    notice, and no word of the centre behind it. Without an agency it names nobody."""
    languages: dict[str, Any] = {
        "language": get_language() or settings.LANGUAGE_CODE,
        "languages": tuple(settings.LANGUAGES),
        "language_href": reverse("set_language"),
    }
    if isinstance(door, str) or door.kind == "centre":
        return replace(nameless_page(), **languages)
    with act_as(SYSTEM):
        face = face_of(SYSTEM, door)
    code = door.code.lower()
    return Page(
        centre=face.name,
        home_href=reverse("door:start", args=[code]),
        door=True,
        face=face,
        privacy_href=reverse("door:privacy", args=[code]),
        **languages,
    )


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
    "/agency/what-if/": "/agency/usage/",
}
"""Pages whose address does not begin with that of the section they belong to."""


Entry = tuple[str, str]
"""Words and the named page to which they lead."""


def links(entries: list[Entry], path: str) -> tuple[Link, ...]:
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


def grouped(groups: list[tuple[str, list[Entry]]], path: str) -> tuple[Link, ...]:
    """Sections at the top, each with its pages; one with a single page is that page's own link."""
    found = iter(links([entry for _words, pages in groups for entry in pages], path))
    shown = []
    for words, entries in groups:
        pages = tuple(next(found) for _entry in entries)
        if len(pages) > 1:
            current = any(each.current for each in pages)
            shown.append(Link(words, pages[0].href, current, pages))
        else:
            shown += pages
    return tuple(shown)


def navigation(actor: Actor, path: str) -> tuple[Link, ...]:
    """The places that the actor may go to."""
    if actor.centre:  # its people read an agency's bill on the agency's page
        path = centre_path(path.replace("/agency/worth/", "/centre/worth/"))
        return grouped(_centre_sections(actor), path)
    own = [*_agency_sections(actor), *(("", [entry]) for entry in places(actor))]
    return grouped(own, path) if any(pages for _words, pages in own) else public_links(path)


def centre_path(path: str) -> str:
    """Where in the workspace an agency's page belongs when the centre's people read it."""
    if path.startswith("/agency/budget/"):
        return "/centre/rates/"
    return path.replace("/agency/", "/centre/bills/")


def _agency_sections(actor: Actor) -> list[tuple[str, list[Entry]]]:
    bills = "charging.view_bills"
    found = [
        ("", [(_("My bills"), "agency:bills", bills)]),
        ("", [(_("Requests and help"), "cases:cases", "casework.ask")]),
        (
            _("Money"),
            [
                (_("What we owe"), "agency:account", bills),
                (_("My budget"), "agency:budget", bills),
                (_("My forecasts"), "agency:forecasts", bills),
                (_("My accounts"), "agency:accounts", bills),
                (_("My year-end adjustments"), "agency:adjustments", bills),
            ],
        ),
        ("", [(_("My usage"), "agency:usage", bills)]),
        ("", [(_("My agreements"), "agency:agreements", "agreements.view")]),
        (
            _("Value for money"),
            [
                (_("Was it worth it?"), "agency:worth", "consolidation.view"),
                (_("Our unit costs"), "agency:peers", bills),
                (_("Where our money went"), "agency:openness", bills),
            ],
        ),
        (
            _("Data and programs"),
            [
                (_("My data"), "agency:take_out", "documents.take_out"),
                (_("How citizens reach us"), "agency:public_face", "party.put_public_face"),
                (_("Webhooks"), "agency:webhooks", "notices.manage_webhooks"),
            ],
        ),
    ]
    shown = [(words, _open(pages, actor.agencies_with)) for words, pages in found]
    if not actor.agencies_with(bills) and actor.may_in_part("metering.view"):
        shown.append(("", [(_("Usage records"), "agency:records")]))
    return shown


def _open(pages: list[tuple[str, str, str]], may: Callable[[str], object]) -> list[Entry]:
    """Those of the pages whose permission the reader has."""
    return [(label, name) for label, name, need in pages if may(need)]


def public_pages() -> list[Entry]:
    """The public site's pages."""
    return [
        (_("Services"), "public:catalogue"),
        (_("Rates"), "public:rates"),
        (_("Where the money went"), "public:money_agencies"),
        (_("How charging works"), "public:how"),
    ]


def public_links(path: str) -> tuple[Link, ...]:
    """Links to the public site's pages."""
    return links(public_pages(), path)


def _centre_sections(actor: Actor) -> list[tuple[str, list[Entry]]]:
    bills, costs = "charging.view_all_bills", "charging.view_costs"
    money = ("casework.take_money", "casework.pay_back", "casework.manage")
    till = next((need for need in money if actor.may(need)), money[0])
    found = [
        ("", [(_("Overview"), "centre:director", bills)]),
        (
            _("Cases"),
            [
                (_("Cases"), "desk:work", "casework.work"),
                (_("Letters"), "desk:letters", "casework.work"),
                (_("Tills"), "desk:tills", till),
                (_("Counter"), "counter:places", "casework.work"),
                (_("Opening hours"), "centre:calendars", "casework.work"),
                (_("Keeping and erasing"), "keeping:retention", "casework.manage"),
            ],
        ),
        (
            _("Billing"),
            [
                (_("Close"), "centre:close", bills),
                (_("Bills"), "centre:bills", bills),
                (_("Payments"), "centre:owed", "charging.view_payments"),
            ],
        ),
        (
            _("Costs and rates"),
            [
                (_("Costs"), "centre:costs", costs),
                (_("Rate desk"), "centre:rates", costs),
                (_("Recovery"), "centre:recovery", costs),
            ],
        ),
        (
            _("Agreements and usage"),
            [
                (_("Agreements"), "centre:agreements", "agreements.view"),
                (_("Usage intake"), "centre:intake", "metering.view"),
            ],
        ),
        ("", [(_("Was it worth it?"), "centre:worth", "consolidation.view")]),
        (
            _("Audit"),
            [
                (_("Audit trail"), "centre:audit", "audit.view"),
                (_("Data room"), "centre:room", "charging.read_room"),
            ],
        ),
    ]
    shown = [(words, _open(pages, actor.may)) for words, pages in found]
    shown += [("", [entry]) for entry in places(actor)]
    setting_up = _open([(_("People"), "centre:people", "party.view_people")], actor.may)
    if any(actor.may(need) for need in SETS_UP):
        setting_up.append((_("Set-up"), "setup:start"))
    further = [
        (_("Cases set-up"), "desk:setup", "casework.manage"),
        (_("Counter set-up"), "counter:setup", "casework.manage"),
        (_("Webhooks"), "centre:webhooks", "notices.manage_webhooks"),
    ]
    setting_up += _open(further, actor.may)
    return [*shown, (_("People and set-up"), setting_up)]


def footer(signed_in: bool) -> tuple[Link, ...]:
    """The public pages, for people who are signed in and have others at the top."""
    return public_links("") if signed_in else ()

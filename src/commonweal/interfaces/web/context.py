"""What every page knows: the centre, who is looking, on whose behalf, and the way around."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from commonweal.kernel.access.public import ANONYMOUS, Actor
from commonweal.kernel.party.public import Centre, agencies, centre, person

from .look.page import Link, Page

def page(request: HttpRequest) -> dict[str, Any]:
    """Context of every template: `page` (the frame), `actor` and `centre`."""
    actor: Actor = getattr(request, "actor", ANONYMOUS)
    profile = centre()
    signed_in = actor.kind == "person"
    frame = Page(
        centre=profile.name if profile else "Commonweal",
        on_behalf=behalf(actor, profile),
        nav=navigation(actor, request.path),
        person=person(actor, actor.person_id).name if actor.person_id else "",
        home_href="/",
        account_href=reverse("account_home") if signed_in else "",
        sign_in_href="" if signed_in else reverse("account_login"),
        sign_out_href=reverse("account_logout") if signed_in else "",
        help_href=reverse("public:how"),
        contact=profile.contact_email if profile else "",
        contact_href=f"mailto:{profile.contact_email}" if profile else "",
        language=get_language() or settings.LANGUAGE_CODE,
        languages=tuple(settings.LANGUAGES),
        language_href=reverse("set_language"),
        notice=_("Demonstration: every agency, person and figure here is invented.")
        if profile and profile.is_demo
        else "",
    )
    return {"page": frame, "actor": actor, "centre": profile}


def behalf(actor: Actor, profile: Centre | None) -> str:
    """On whose behalf the person acts: the agency's or the centre's name."""
    if actor.kind == "anonymous" or profile is None:
        return ""
    if actor.centre:
        return profile.name
    return ", ".join(agency.name for agency in agencies(actor))


def _link(label: str, name: str, path: str) -> Link:
    href = reverse(name)
    return Link(label, href, current=path.startswith(href))


def navigation(actor: Actor, path: str) -> tuple[Link, ...]:
    """The places that the actor may go to."""
    if actor.centre:
        entries = [
            ("centre:director", _("Overview"), "charging.view_all_bills"),
            ("centre:close", _("Close"), "charging.view_all_bills"),
            ("centre:bills", _("Bills"), "charging.view_all_bills"),
            ("centre:rates", _("Rate desk"), "charging.view_costs"),
            ("centre:costs", _("Costs"), "charging.view_costs"),
            ("centre:agreements", _("Agreements"), "agreements.view"),
            ("centre:intake", _("Usage intake"), "metering.view_intake"),
            ("centre:people", _("People"), "access.view_people"),
            ("centre:audit", _("Audit trail"), "audit.view"),
        ]
        return tuple(_link(label, name, path) for name, label, need in entries if actor.may(need))
    own = (
        _link(_("My bills"), "agency:bills", path),
        _link(_("My usage"), "agency:usage", path),
        _link(_("My agreements"), "agency:agreements", path),
        _link(_("My accounts"), "agency:accounts", path),
    )
    public = (
        _link(_("Services"), "public:catalogue", path),
        _link(_("Rates"), "public:rates", path),
        _link(_("How charging works"), "public:how", path),
    )
    return own if actor.agencies else public

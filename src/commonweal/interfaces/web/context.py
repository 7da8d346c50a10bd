"""What every page knows: the centre, who is looking, on whose behalf, and the way around."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from commonweal.kernel.access.public import ANONYMOUS, Actor
from commonweal.kernel.party.public import agencies, centre, person

Link = dict[str, Any]


def page(request: HttpRequest) -> dict[str, Any]:
    """Context of every template: `actor`, `centre`, `frame` (public, agency, workspace), `nav`."""
    actor: Actor = getattr(request, "actor", ANONYMOUS)
    match = request.resolver_match
    frame = match.namespace.split(":")[0] if match and match.namespace else "public"
    return {
        "actor": actor,
        "centre": centre(),
        "frame": frame,
        "nav": navigation(actor, frame, request.path),
        "behalf": behalf(actor),
        "who": person(actor, actor.person_id).name if actor.person_id else "",
    }


def behalf(actor: Actor) -> str:
    """On whose behalf the person acts: the agency's or the centre's name."""
    if actor.kind == "anonymous":
        return ""
    if actor.centre:
        profile = centre()
        return profile.name if profile else ""
    return ", ".join(agency.name for agency in agencies(actor))


def _item(label: str, name: str, path: str) -> Link:
    href = reverse(name)
    return {"label": label, "href": href, "current": path.startswith(href) and href != "/"}


def navigation(actor: Actor, frame: str, path: str) -> list[Link]:
    """The links of the frame that the actor may use."""
    if actor.kind == "anonymous" or frame == "public":
        return [
            _item(_("Services"), "public:catalogue", path),
            _item(_("Rates"), "public:rates", path),
            _item(_("How charging works"), "public:how", path),
        ]
    if not actor.centre:
        return [
            _item(_("My bills"), "agency:bills", path),
            _item(_("My usage"), "agency:usage", path),
            _item(_("My agreements"), "agency:agreements", path),
            _item(_("My accounts"), "agency:accounts", path),
        ]
    entries = [
        ("centre:director", _("Overview"), "charging.view_all_bills"),
        ("centre:close", _("Close"), "charging.view_all_bills"),
        ("centre:bills", _("Bills"), "charging.view_all_bills"),
        ("centre:rates", _("Rates"), "charging.view_costs"),
        ("centre:costs", _("Costs"), "charging.view_costs"),
        ("centre:agreements", _("Agreements"), "agreements.view"),
        ("centre:intake", _("Usage intake"), "metering.view_intake"),
        ("centre:people", _("People"), "access.view_people"),
        ("centre:audit", _("Audit trail"), "audit.view"),
    ]
    return [_item(label, name, path) for name, label, need in entries if actor.may(need)]

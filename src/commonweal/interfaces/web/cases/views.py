"""Saved views: lists of cases under a name, as tabs above the queue; and the sheet of keys."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qsl, urlencode

from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _

from commonweal.kernel.casework import public as casework

from ..access import centre_only
from ..centre.base import as_id, attempt, required_id, said_on, show, text
from ..look.page import Link, Problem
from ..requests import Asked

WORK = "casework.work"


def saved(request: Asked, queues: Sequence[casework.Queue]) -> list[Link]:
    """The views that somebody saved, or somebody of their teams, as tabs."""
    rows = casework.saved_views(request.actor)
    now_on = request.GET.get("view", "")
    codes = {each.code: each.pk for each in queues}
    return [
        Link(
            f"{row.name} ({row.team.name})" if row.team else row.name,
            address_of(row, codes),
            now_on == str(row.pk),
        )
        for row in rows
    ]


def address_of(row: casework.SavedView, codes: dict[str, Any]) -> str:
    """The address of the list that a view names."""
    filters = dict(row.filters)
    if "queue" in filters:
        filters["queue"] = codes.get(filters["queue"], "")
    if filters.pop("late", False):
        filters["late"] = "1"
    return f"{reverse('desk:work')}?{urlencode({**filters, 'view': str(row.pk)})}"


def own_teams(queues: Sequence[casework.Queue]) -> list[tuple[str, str]]:
    """Whose a view can be: one's own, or of a team that works on these queues."""
    found = {each.team.code: each.team.name for each in queues}
    return [("", _("Only mine")), *sorted(found.items(), key=lambda each: each[1])]


@centre_only(WORK)
def views(request: Asked) -> HttpResponse:
    """Save the list that is shown under a name, or take a saved view away."""
    if request.method != "POST":
        return HttpResponseRedirect(reverse("desk:work"))
    if text(request, "what") == "drop":
        view = required_id(request, "view", _("Choose a view."))
        casework.drop_view(actor=request.actor, view_id=view)
        return said_on(request, "desk:work", _("The view is taken away."))
    made: list[casework.SavedView] = []
    errors = attempt(
        lambda: made.append(
            casework.save_view(
                actor=request.actor,
                name=text(request, "name"),
                filters=_filters(request),
                team=text(request, "team"),
            )
        )
    )
    if errors:
        return _again(request, errors)
    codes = {each.code: each.pk for each in casework.queues(request.actor)}
    return HttpResponseRedirect(address_of(made[0], codes))


def _filters(request: Asked) -> dict[str, Any]:
    """What the list's address shows, by the names that a view keeps."""
    asked = dict(parse_qsl(text(request, "here").partition("?")[2]))
    names = ("show", "standing", "order", "priority")
    found: dict[str, Any] = {name: asked.get(name, "") for name in names}
    queue = as_id(asked.get("queue", ""))
    rows = casework.queues(request.actor) if queue else []
    found["queue"] = next((each.code for each in rows if each.pk == queue), "")
    found["late"] = asked.get("late") == "1"
    return found


def _again(request: Asked, errors: tuple[Problem, ...]) -> HttpResponse:
    queues = casework.own_queues(request.actor)
    context = {"asked": request.POST, "teams": own_teams(queues), "here": text(request, "here")}
    return show(request, "cases/view.jinja", context, errors)


def keys() -> list[tuple[str, str, str]]:
    """Each key, what it does in a list of cases, and what in a case."""
    return [
        ("j", _("The next case"), _("–")),
        ("k", _("The case before"), _("–")),
        ("x", _("Choose the case, or not"), _("–")),
        ("o", _("Open the case"), _("–")),
        ("a", _("Take the cases chosen, or this one"), _("Take the case")),
        ("r", _("Open the case to answer it"), _("Write an answer")),
        ("c", _("Resolve the cases chosen, or this one"), _("Answer and resolve")),
        ("z", _("Undo what was just done"), _("–")),
        ("u", _("–"), _("Back to the list")),
        ("/", _("Search"), _("–")),
        ("Ctrl + Enter", _("Send what you are writing"), _("Send what you are writing")),
        ("Esc", _("Leave the field"), _("Leave the field")),
        ("?", _("This sheet"), _("This sheet")),
    ]


@centre_only(WORK)
def help_sheet(request: Asked) -> HttpResponse:
    """Every key, and a switch for whoever does not want them."""
    return show(request, "cases/keys.jinja", {"keys": keys()})

"""The agents' work place: queues with their counters, the list with what is about to be late first,
many cases at once, one search."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _

from commonweal.kernel.calendar.public import now
from commonweal.kernel.casework import public as casework
from commonweal.kernel.party.public import people_of_accounts

from ..access import centre_only
from ..centre.base import as_id, show
from ..lists import lists, pages, place, report
from ..look.page import Link, Problem
from ..requests import Asked
from .said import pressing, state_name, state_tag
from .together import steps_of, to_undo, together
from .views import own_teams, saved

WORK = "casework.work"
SOON = timedelta(hours=1)
"""What is due so soon is marked before it is late."""


@dataclass(frozen=True)
class Shown:
    """One row of a list of cases, in words."""

    case: casework.Case
    state: str
    kind: str
    href: str
    who: str
    soon: bool = False


def shown(request: Asked, rows: Sequence[casework.Case], name: str = "desk:case") -> list[Shown]:
    """Rows of a list of cases as they read, with the names of those who have them."""
    accounts = {row.assignee for row in rows if row.assignee}
    names = people_of_accounts(request.actor, accounts) if accounts else {}
    here = now()
    return [
        Shown(
            row,
            state_name(row),
            state_tag(row),
            reverse(name, args=[row.number]),
            names[row.assignee].name if row.assignee in names else "",
            row.due_at is not None and not row.breached and here <= row.due_at < here + SOON,
        )
        for row in rows
    ]


def view_asked(request: Asked) -> casework.View:
    """What the address asks for, or the nearest that is offered; what it does not know counts as
    the default."""
    field = request.GET.get("show", "mine")
    order, priority = request.GET.get("order", "due"), request.GET.get("priority", "")
    standing = request.GET.get("standing", "live")
    queue = as_id(request.GET.get("queue", ""))
    return casework.View(
        field=field if field in ("mine", "queue", "unassigned", "all") else "mine",
        key=queue,
        standing=standing if standing in casework.STANDINGS else "live",
        order=order if order in casework.ORDERS else "due",
        priority=priority if priority in casework.PRIORITIES else "",
        breached=request.GET.get("late") == "1",
    ).near()


def _address(**query: Any) -> str:
    kept = {name: value for name, value in query.items() if value not in ("", None, False)}
    return reverse("desk:work") + (f"?{urlencode(kept)}" if kept else "")


@centre_only(WORK)
@lists("casework.Case")
def work(request: Asked) -> HttpResponse:
    """The list of cases to work on, and what is done with several of them at once."""
    problem: tuple[Problem, ...] = ()
    if request.method == "POST":
        answer = together(request)
        if isinstance(answer, HttpResponse):
            return answer
        problem = answer
    view = view_asked(request)
    queues = casework.own_queues(request.actor)
    counts = casework.queue_counts(request.actor)
    if view.field in ("queue", "unassigned") and view.key is None and queues:
        fullest = max(queues, key=lambda each: counts.get(each.pk, {}).get("live", 0))
        view = replace(view, key=fullest.pk)
    rows = casework.cases(request.actor, view, place(request))
    chosen = next((each for each in queues if each.pk == view.key), None)
    context = {
        "rows": shown(request, rows.rows),
        "pages": pages(request, rows),
        "view": view,
        "title": _title(view, chosen),
        "sections": _sections(view),
        "queues": [
            (each, counts.get(each.pk, {}), _address(show="queue", queue=each.pk),
             each.pk == view.key)
            for each in queues
        ],
        "orders": _orders(view),
        "priorities": _priorities(view),
        "standings": _standings(view),
        "here": request.get_full_path(),
        "undo": to_undo(request),
        "views": saved(request, queues),
        "steps": steps_of(rows.rows),
        "pressing": [("", _("As it is")), *pressing().items()],
        "asked": request.POST,
        "chosen": request.POST.getlist("cases"),
        "teams": own_teams(queues),
        "view_now": request.GET.get("view", ""),
    }  # fmt: skip
    return show(request, "cases/work.jinja", context, problem)


def _query(view: casework.View, **more: str) -> str:
    kept = {"show": view.field, "queue": view.key, "order": view.order, "priority": view.priority}
    return _address(**(kept | more))


def _title(view: casework.View, queue: casework.Queue | None) -> str:
    if view.field == "all":
        return _("All cases")
    if view.field == "mine" or queue is None:
        return _("My cases")
    if view.field == "unassigned":
        return _("%(queue)s: nobody has them") % {"queue": queue.name}
    return queue.name


def _sections(view: casework.View) -> list[Link]:
    words = {"mine": _("Mine"), "queue": _("My queues"), "unassigned": _("Nobody's")}
    return [
        Link(label, _address(show=code, queue=view.key if code != "mine" else ""),
             view.field == code)
        for code, label in words.items()
    ]  # fmt: skip


def _orders(view: casework.View) -> list[Link]:
    words = {
        "due": _("Most urgent first"),
        "newest": _("Newest first"),
        "oldest": _("Oldest first"),
        "updated": _("Last change first"),
        "priority": _("Priority"),
    }
    return [
        Link(label, _query(view, order=code, standing=view.standing, late=_late(view)),
             view.order == code)
        for code, label in words.items() if replace(view, order=code).offered
    ]  # fmt: skip


def _priorities(view: casework.View) -> list[Link]:
    words = {"": _("Any priority"), **{each: each for each in casework.PRIORITIES}}
    return [
        Link(label, _query(view, standing=view.standing, priority=code, late=_late(view)),
             view.priority == code)
        for code, label in words.items() if replace(view, priority=code).near().priority == code
    ]  # fmt: skip


def _standings(view: casework.View) -> list[Link]:
    found = [Link(_("To do"), _query(view, standing="live"),
                  view.standing == "live" and not view.breached)]  # fmt: skip
    if view.field != "unassigned":
        found.append(Link(_("Done"), _query(view, standing="done"), view.standing == "done"))
    return [*found, Link(_("Late"), _query(view, standing="live", late="1"), view.breached)]


def _late(view: casework.View) -> str:
    return "1" if view.breached else ""


@centre_only(WORK)
@report("the cases with the words asked for, fifty at a time")
def search(request: Asked) -> HttpResponse:
    """Cases by words or number."""
    text = request.GET.get("q", "").strip()[:200]
    rows = casework.search_cases(request.actor, text, place(request)) if text else None
    if rows is not None and len(rows) == 1 and rows[0].number == text.upper():
        return HttpResponseRedirect(reverse("desk:case", args=[rows[0].number]))
    context = {
        "text": text,
        "rows": shown(request, rows.rows) if rows is not None else [],
        "pages": pages(request, rows) if rows is not None else None,
        "partial": rows is not None and rows.partial,
    }
    return show(request, "cases/search.jinja", context)

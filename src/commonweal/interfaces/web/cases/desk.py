"""The agents' work place: queues with their counters, the list with what is about to be late first,
many cases at once, one search."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from commonweal.kernel.casework import public as casework
from commonweal.kernel.party.public import people_of_accounts
from commonweal.kernel.schema.public import CommonwealError
from commonweal.kernel.words.public import told

from ..access import centre_only
from ..centre.base import as_id, show
from ..lists import lists, pages, place, report
from ..look.page import Link, Problem
from ..requests import Asked
from .said import state_name, state_tag

WORK = "casework.work"
MOST = 50


@dataclass(frozen=True)
class Shown:
    """One row of a list of cases, in words."""

    case: casework.Case
    state: str
    kind: str
    href: str
    who: str


def shown(request: Asked, rows: Sequence[casework.Case], name: str = "desk:case") -> list[Shown]:
    """Rows of a list of cases as they read, with the names of those who have them."""
    accounts = {row.assignee for row in rows if row.assignee}
    names = people_of_accounts(request.actor, accounts) if accounts else {}
    return [
        Shown(
            row,
            state_name(row),
            state_tag(row),
            reverse(name, args=[row.number]),
            names[row.assignee].name if row.assignee in names else "",
        )
        for row in rows
    ]


def view_asked(request: Asked) -> casework.View:
    """What the address asks for; what it does not know counts as the default."""
    field = request.GET.get("show", "mine")
    order = request.GET.get("order", "due")
    standing = request.GET.get("standing", "live")
    queue = as_id(request.GET.get("queue", ""))
    late = request.GET.get("late") == "1"
    if late:
        standing, order = "live", "due"  # late ones go by how late they are
    elif standing == "done" and order not in ("newest", "oldest", "updated"):
        order = "newest"
    return casework.View(
        field=field if field in ("mine", "queue", "unassigned", "all") else "mine",
        key=queue,
        standing=standing if standing in casework.STANDINGS else "live",
        order=order if order in casework.ORDERS else "due",
        breached=late,
    )


def _address(**query: Any) -> str:
    kept = {name: value for name, value in query.items() if value not in ("", None, False)}
    return reverse("desk:work") + (f"?{urlencode(kept)}" if kept else "")


@centre_only(WORK)
@lists("casework.Case")
def work(request: Asked) -> HttpResponse:
    """The list of cases to work on, and what is done with several of them at once."""
    problem: tuple[Problem, ...] = ()
    if request.method == "POST":
        answer = _together(request)
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
        "standings": [
            Link(_("To do"), _query(view, standing="live"), view.standing == "live"),
            Link(_("Done"), _query(view, standing="done"), view.standing == "done"),
            Link(_("Late"), _query(view, standing="live", late="1"), view.breached),
        ],
        "here": request.get_full_path(),
        "undo": request.session.pop("cases_undo", None),
    }  # fmt: skip
    return show(request, "cases/work.jinja", context, problem)


def _query(view: casework.View, **more: str) -> str:
    kept = {"show": view.field, "queue": view.key, "order": view.order}
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
    if view.standing == "done":
        words = {code: words[code] for code in ("newest", "oldest", "updated")}
    return [
        Link(label, _query(view, order=code, standing=view.standing), view.order == code)
        for code, label in words.items()
    ]


def _together(request: Asked) -> HttpResponse | tuple[Problem, ...]:
    """Take, give back or close many cases; all of them or none."""
    ids = [found for found in map(as_id, request.POST.getlist("cases")) if found][:MOST]
    what = request.POST.get("what", "")
    if not ids:
        return (Problem(_("Choose one case at least."), "cases", "CASE-190"),)
    done: list[tuple[UUID, str | None]] = []
    try:
        for each in ids:
            case = casework.case(request.actor, each)
            done.append((each, str(case.assignee) if case.assignee else None))
            if what == "take":
                casework.assign_case(actor=request.actor, case_id=each, take=True)
            elif what == "give_back":
                casework.assign_case(actor=request.actor, case_id=each)
    except CommonwealError as error:
        if error.status in (403, 404):
            raise
        return (Problem(told(error.message), "cases", error.code),)
    request.session["cases_undo"] = {
        "text": ngettext("%(n)s case changed.", "%(n)s cases changed.", len(done))
        % {"n": len(done)},
        "before": [[str(pk), who] for pk, who in done],
    }
    request.session["cases_undone"] = [[str(pk), who] for pk, who in done]
    return HttpResponseRedirect(request.get_full_path())


@centre_only(WORK)
def undo(request: Asked) -> HttpResponse:
    """Put the cases that were changed together back as they were."""
    before = request.session.pop("cases_undone", [])
    if request.method == "POST":
        for pk, who in before:
            case = casework.case(request.actor, UUID(pk))
            if who is None:
                casework.assign_case(actor=request.actor, case_id=case.pk)
            elif str(case.assignee) != who:
                casework.assign_case(actor=request.actor, case_id=case.pk, to=UUID(who))
    back = request.POST.get("back", "")
    inside = back.startswith(reverse("desk:work"))
    return HttpResponseRedirect(back if inside else reverse("desk:work"))


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
    }
    return show(request, "cases/search.jinja", context)

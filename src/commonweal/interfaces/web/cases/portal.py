"""An agency's people: ask for something, follow it, answer, approve what others ask for."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _

from commonweal.kernel.casework import public as casework
from commonweal.kernel.party.public import Agency
from commonweal.kernel.schema.public import Place

from ..access import agency_only
from ..agency.frame import choices
from ..centre.base import FormError, attempt, required_id, show, text
from ..lists import lists, pages, place, report
from ..look.page import Link, Problem
from ..requests import Asked
from .app import draft_of, source_of, taken
from .desk import shown
from .fees import portal_fees
from .forms import answers_of, fields_of
from .look import asked_to_look, offered, written_in
from .one import explained, given_clock
from .ordering import order_on_page
from .said import channels, clock_tag, event_words, hours, metrics, state_name, state_tag

ASK, VIEW = "casework.ask", "casework.view"


@agency_only(ASK)
@lists("casework.Case")
def cases(request: Asked) -> HttpResponse:
    """One's own cases, or all of the agency's for those who may see them."""
    mine = choices(request, ASK)
    agency: Agency = mine["chosen"]
    actor = request.actor
    sees_all = actor.may(VIEW, agency.pk)
    show_all = sees_all and request.GET.get("show", "all") == "all"
    done = request.GET.get("standing") == "done"
    view = casework.View(
        field="agency" if show_all else "own",
        key=agency.pk,
        standing="done" if done else "live",
        order="newest" if done or not show_all else "due",
    )
    rows = casework.cases(actor, view, place(request))
    here = {"agency": agency.code} if len(mine["mine"]) > 1 else {}
    context = {
        "rows": shown(request, rows.rows, "cases:case"),
        "pages": pages(request, rows),
        "counts": casework.counts(actor, agency.pk) if sees_all else None,
        "whose": [
            Link(_("All of %(agency)s") % {"agency": agency.name}, _href("all", done, here),
                 show_all),
            Link(_("My own"), _href("own", done, here), not show_all),
        ]
        if sees_all
        else [],
        "standings": [
            Link(_("In progress"), _href("all" if show_all else "own", False, here), not done),
            Link(_("Done"), _href("all" if show_all else "own", True, here), done),
        ],
        "waiting": casework.waiting_approvals(actor, agency.pk, Place(limit=5)),
        **mine,
    }  # fmt: skip
    return show(request, "cases/mine.jinja", context)


def _href(whose: str, done: bool, here: dict[str, str]) -> str:
    query = {**here, "show": whose, **({"standing": "done"} if done else {})}
    return f"{reverse('cases:cases')}?{urlencode(query)}"


@agency_only(ASK)
@report("what can be asked for: as many as the centre offers")
def ask(request: Asked) -> HttpResponse:
    """Everything that can be asked for, by group, found by plain words."""
    words = request.GET.get("q", "").strip().casefold()
    mine = choices(request, ASK)
    rows = [
        row
        for row in casework.categories(request.actor, "agency", mine["chosen"].code)
        if not row.order_item and (not words or words in _words(row))
    ]
    groups: dict[str, list[casework.Category]] = {}
    for row in rows:
        groups.setdefault(row.group or row.case_type.name, []).append(row)
    context = {
        "groups": sorted(groups.items()),
        "q": request.GET.get("q", ""),
        "articles": casework.articles_for(request.actor, words) if words else [],
        **mine,
    }
    return show(request, "cases/ask.jinja", context)


def _words(row: casework.Category) -> str:
    return " ".join([row.name, row.description, *row.keywords]).casefold()


@agency_only(ASK)
@report("the questions of one form")
def new(request: Asked, code: str) -> HttpResponse:
    """The form of one thing that can be asked for: how long it takes first, then questions."""
    mine = choices(request, ASK)
    category = casework.category(request.actor, code, "agency", mine["chosen"].code)
    if category.order_item:
        return HttpResponseRedirect(reverse("cases:offer", args=[code]))
    errors: tuple[Problem, ...] = ()
    looks = asked_to_look(request)
    if request.method == "POST" and not looks:
        made: list[casework.Case] = []
        errors = attempt(lambda: made.append(_open(request, mine["chosen"], category)))
        if not errors:
            words = _("We have it: %(number)s. You can follow it here.")
            number = made[0].number
            where = reverse("cases:case", args=[number])
            return taken(request, number, where, words % {"number": number})
    context = {
        "category": category,
        "fields": fields_of(category, request.POST),
        "asked": request.POST,
        "expected": casework.expected_time(request.actor, category),
        "fee_rules": casework.fees_for(request.actor, category),
        "draft": draft_of(request),
        "found": offered(
            request, written_in(request) if looks or errors else category.name, "cases"
        ),
        **mine,
    }
    return show(request, "cases/new.jinja", context, errors)


def _open(request: Asked, agency: Agency, category: casework.Category) -> casework.Case:
    actor = request.actor
    requester = casework.put_own_contact(actor=actor, agency_id=agency.pk)
    fresh = casework.NewCase(
        case_type="",
        category=category.code,
        subject=text(request, "subject") or category.name,
        text=text(request, "text"),
        channel="web",
        requester=requester,
        answers=answers_of(category, request.POST),
        place=text(request, "place"),
        **source_of(request),
    )
    opened = casework.open_case(actor=actor, agency_id=agency.pk, new=fresh)
    if opened.fresh:
        keep_files(request, opened.case)
    return opened.case


def keep_files(
    request: Asked,
    case: casework.Case,
    public: bool = False,
    message: casework.Interaction | None = None,
) -> None:
    """Keep the files that a form sent with a case, or with a message of it."""
    for file in request.FILES.getlist("files"):
        casework.attach(
            actor=request.actor,
            case_id=case.pk,
            filename=file.name or "",
            media_type=file.content_type or "",
            data=file.read(),
            interaction_id=message.pk if message else None,
            public=public,
        )


@agency_only(ASK)
@lists("casework.Interaction")
def case(request: Asked, number: str) -> HttpResponse:
    """One case as whoever asked follows it."""
    found = casework.case_by_number(request.actor, number)
    errors: tuple[Problem, ...] = ()
    if request.method == "POST":
        said: list[str] = []
        errors = attempt(lambda: said.append(_act(request, found)))
        if not errors:
            messages.success(request, said[0])
            return HttpResponseRedirect(reverse("cases:case", args=[found.number]))
        found = casework.case_by_number(request.actor, number)
    context = {**follow(request, found), "fees": portal_fees(request, found)}
    return show(request, "cases/follow.jinja", context, errors)


def follow(request: Asked, case: casework.Case) -> dict[str, Any]:
    """What whoever asked sees of a case."""
    actor = request.actor
    talk = casework.interactions_of(actor, case, place(request))
    clocks, timed = casework.clocks_of(actor, case), metrics()
    states = {row["code"]: row["phase"] for row in case.case_type.machine["states"]}
    return {
        "case": case,
        "order": order_on_page(request, case),
        "state": state_name(case),
        "state_kind": state_tag(case),
        "talk": talk,
        "pages": pages(request, talk),
        "channels": channels(),
        "clocks": [
            (row, timed.get(row.metric, row.metric), *clock_tag(row), hours(row.elapsed_us / 1e6))
            for row in clocks
        ],
        "events": [
            (row, event_words(row, case))
            for row in reversed(casework.events_of(actor, case))
            if row.kind not in ("watched", "unwatched", "level", "breached", "terms")
        ],
        "steps": [
            (move.end, _(move.name), states.get(move.end, ""))
            for move in casework.moves_of(actor, case)
        ],
        "approvals": [
            row
            for row in case.approvals.order_by("asked_at", "id")
            if row.state == "open" and actor.may(row.permission, case.agency_id)
        ],
        "files": [row for row in casework.files_of(actor, case)
                  if row.verdict == "ok" and row.interaction_id is None],
        "asked": request.POST,
    }  # fmt: skip


def _act(request: Asked, case: casework.Case) -> str:
    what = text(request, "what")
    if what == "decide":
        casework.decide_approval(
            actor=request.actor,
            approval_id=required_id(request, "approval", _("Choose what you decide.")),
            approved=text(request, "yes") == "yes",
            reason=text(request, "reason"),
        )
        return _("Your decision is kept.")
    if what == "end_order":
        casework.end_order(actor=request.actor, case_id=case.pk)
        return _("Given up. This month is its last.")
    if what == "watch":
        casework.watch_case(actor=request.actor, case_id=case.pk, on=text(request, "on") != "no")
        return _("Done.")
    return act_as_requester(request, case)


def act_as_requester(request: Asked, case: casework.Case) -> str:
    """What whoever asked may do with a case: write, move it on, rate it."""
    what = text(request, "what")
    if what == "write":
        made = casework.receive_message(
            actor=request.actor,
            case_id=case.pk,
            said=casework.Said(text(request, "text"), contact=case.requester),
        )
        keep_files(request, case, message=made)
        return _("Your message is sent.")
    if what == "move":
        casework.move_case(actor=request.actor, case_id=case.pk, state=text(request, "state"))
        return _("Done.")
    if what == "rate":
        score = text(request, "score")
        casework.rate_case(
            actor=request.actor,
            case_id=case.pk,
            score=int(score) if score.isdigit() else 0,
            text=text(request, "why"),
        )
        return _("Thank you for telling us.")
    raise FormError("CASE-194", _("Choose what to do."), field="what")


@agency_only(ASK)
def clock(request: Asked, number: str, place_in_list: int) -> HttpResponse:
    """Why a promised time says what it says."""
    return explained(request, number, place_in_list, "cases:case")


@agency_only(ASK)
def clock_file(request: Asked, number: str, place_in_list: int) -> HttpResponseBase:
    """What that time is computed from, as a file."""
    return given_clock(request, number, place_in_list)

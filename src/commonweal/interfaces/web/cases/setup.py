"""Setting casework up on pages: teams, queues, kinds of cases, subjects, rules, promises, answers.

What is given in a form is checked whole before anything is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date

from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _

from commonweal.kernel.access.public import Actor
from commonweal.kernel.casework import public as casework
from commonweal.kernel.jobs.public import cancel, remedy

from ..access import centre_only
from ..centre.base import (
    again_asked,
    attempt,
    day_field,
    money_field,
    required_id,
    said_on,
    show,
    silence,
    text,
    watched,
    whole_field,
)
from ..lists import report
from ..look.page import Link, Problem
from ..requests import Asked
from . import fee_sheets, sheets, typed
from .asks import FORM_PARTS, Sheet

MANAGE = "casework.manage"
UNASKED_TYPE = ("matrix", "default_impact", "default_urgency", "skills", "closes_after_days")
"""What a kind of case has that its form does not ask: a change by the form keeps it."""


def _words(request: Asked, name: str) -> list[str]:
    return typed.comma_words(text(request, name))


def _put_team(request: Asked) -> None:
    casework.put_team(actor=request.actor, code=text(request, "code"), name=text(request, "name"))


def _put_member(request: Asked) -> None:
    casework.put_member(
        actor=request.actor,
        team=text(request, "team"),
        person_id=required_id(request, "person_id", _("Choose a person.")),
        skills=_words(request, "skills"),
        member=not text(request, "out"),
    )


def _put_queue(request: Asked) -> None:
    casework.put_queue(
        actor=request.actor,
        code=text(request, "code"),
        name=text(request, "name"),
        team=text(request, "team"),
        service=text(request, "service"),
        address=text(request, "address"),
        agency=text(request, "agency"),
        default_type=text(request, "default_type"),
    )


def _put_type(request: Asked) -> None:
    code = text(request, "code")
    known = next((row for row in casework.case_types(request.actor) if row.code == code), None)
    kept = {name: getattr(known, name) for name in UNASKED_TYPE} if known else {}
    draft = casework.TypeDraft(
        **kept,
        items=_items(request),
        code=code,
        name=text(request, "name"),
        description=text(request, "description"),
        family=text(request, "family"),
        audience=text(request, "audience"),
        service=text(request, "service"),
        queue=text(request, "queue"),
        machine=typed.machine_of(request.POST, text(request, "family")),
        form=typed.questions_of(typed.questions_ask(_("Questions")), request.POST),
        tasks=[{"name": each} for each in text(request, "tasks").splitlines() if each.strip()],
        approval="casework.approve" if text(request, "approval") else "",
        needs_identity=bool(text(request, "needs_identity")),
        publication=text(request, "publication"),
        retention_days=whole_field(request, "retention_days", _("Days kept after closing"), 1095),
    )
    casework.put_case_type(actor=request.actor, draft=draft)


def _items(request: Asked) -> dict[str, str]:
    """What is charged by channel: `channel = charge item` in each line (CASE-250)."""
    lines = [line.strip() for line in text(request, "items").splitlines() if line.strip()]
    pairs = [line.partition("=") for line in lines]
    return {channel.strip(): item.strip() for channel, _equal, item in pairs}


def _put_category(request: Asked) -> None:
    code = text(request, "code")
    known = next((row for row in casework.categories(request.actor) if row.code == code), None)
    kept = {"skills": known.skills, "agency": known.agency_code} if known else {}
    casework.put_category(
        **kept,
        actor=request.actor,
        code=code,
        name=text(request, "name"),
        case_type=text(request, "case_type"),
        description=text(request, "description"),
        group=text(request, "group"),
        queue=text(request, "queue"),
        form=typed.questions_of(typed.questions_ask(_("Further questions")), request.POST),
        keywords=_words(request, "keywords"),
        needs_place=bool(text(request, "needs_place")),
        public=bool(text(request, "public")),
        order_item=text(request, "order_item"),
        order_recurs=text(request, "order_recurs"),
    )


def _put_rule(request: Asked) -> None:
    position = whole_field(request, "position", _("Place"))
    if text(request, "out"):
        casework.drop_rule(actor=request.actor, position=position)
        return
    casework.put_rule(
        actor=request.actor,
        position=position,
        queue=text(request, "queue"),
        conditions=typed.conditions_of(
            typed.conditions_ask(request.actor, promise=False), request.POST
        ),
    )


def _put_promise(request: Asked) -> None:
    starts: date = day_field(request, "starts", _("From"))
    if text(request, "out"):
        casework.end_promise(actor=request.actor, code=text(request, "code"), ends=starts)
        return
    target = whole_field(request, "target", _("How long"))
    unit = text(request, "target_unit")
    cap = whole_field(request, "pause_cap", _("Longest pause"), 0)
    versions = [
        each for each in casework.promises(request.actor) if each.code == text(request, "code")
    ]
    before = max(versions, key=lambda each: each.starts, default=None)
    casework.put_promise(
        actor=request.actor,
        promise=casework.Promise(
            code=text(request, "code"),
            name=text(request, "name"),
            metric=text(request, "metric"),
            kind=text(request, "kind"),
            calendar=text(request, "calendar"),
            starts=starts,
            target_seconds=typed.seconds_of(target, unit),
            target_days=target if unit == "days" else None,
            end_of_day=bool(text(request, "end_of_day")),
            pauses=request.POST.getlist("pauses"),
            pause_cap=typed.seconds_of(cap, text(request, "pause_unit")),
            reopen=text(request, "reopen") or "resume",
            reclassify=text(request, "reclassify") or "retroactive",
            conditions=typed.conditions_of(
                typed.conditions_ask(request.actor, promise=True), request.POST
            ),
            levels=typed.levels_of(typed.levels_ask(request.actor), request.POST),
            level=before.level if before else None,
        ),
    )


def _put_answer(request: Asked) -> None:
    code, name, words = (text(request, each) for each in ("code", "name", "text"))
    casework.put_ready_answer(actor=request.actor, code=code, name=name, text=words)


def _put_article(request: Asked) -> None:
    casework.put_article(
        actor=request.actor,
        code=text(request, "code"),
        title=text(request, "title"),
        text=text(request, "text"),
        audience=text(request, "audience"),
        category=text(request, "category"),
        words=_words(request, "words"),
    )


def _put_fee(request: Asked) -> None:
    kind, _colon, category = text(request, "of").partition(":")
    casework.put_fee(
        actor=request.actor,
        code=text(request, "code"),
        name=text(request, "name"),
        case_type=kind,
        category=category,
        amount_minor=money_field(request, "amount", _("Amount")),
        before=text(request, "before"),
        automatic=not text(request, "by_hand"),
        active=not text(request, "out"),
    )


def _put_till(request: Asked) -> None:
    code, name = (text(request, each) for each in ("code", "name"))
    active = not text(request, "out")
    casework.put_till(actor=request.actor, code=code, name=name, active=active)


SHEETS: Mapping[str, tuple[Callable[[Actor], Sheet], Callable[[Asked], None]]] = {
    "teams": (sheets.teams_sheet, _put_team),
    "members": (sheets.members_sheet, _put_member),
    "queues": (sheets.queues_sheet, _put_queue),
    "kinds": (sheets.types_sheet, _put_type),
    "subjects": (sheets.categories_sheet, _put_category),
    "rules": (sheets.rules_sheet, _put_rule),
    "promises": (sheets.promises_sheet, _put_promise),
    "answers": (sheets.answers_sheet, _put_answer),
    "knowledge": (sheets.articles_sheet, _put_article),
    "fees": (fee_sheets.fees_sheet, _put_fee),
    "tills": (fee_sheets.tills_sheet, _put_till),
}


@centre_only(MANAGE)
@report("what administrators set up: a few of each")
def sheet(request: Asked, name: str) -> HttpResponse:
    """One page of the set-up of cases."""
    found = SHEETS.get(name) or SHEETS["teams"]
    errors: tuple[Problem, ...] = ()
    if request.method == "POST":
        errors = attempt(lambda: found[1](request))
        if not errors:
            return said_on(request, "desk:sheet", _("It is saved."), name)
    shown = found[0](request.actor)
    context = {
        "sheet": shown,
        "name": name,
        "asked": request.POST or shown.known.get(request.GET.get("code", ""), {}),
        **FORM_PARTS,
        "tabs_of": set_up_tabs(name),
    }
    return show(request, "cases/setup.jinja", context, errors)


def set_up_tabs(here: str) -> list[Link]:
    """The set-up pages side by side."""
    return [Link(words, address_of(code), code == here) for code, words in titles().items()]


def titles() -> dict[str, str]:
    """The set-up pages in their order."""
    return {
        "teams": _("Teams"),
        "members": _("Members"),
        "queues": _("Queues"),
        "kinds": _("Kinds of cases"),
        "subjects": _("Subjects"),
        "rules": _("Routing rules"),
        "promises": _("Promised times"),
        "answers": _("Ready answers"),
        "knowledge": _("Knowledge"),
        "fees": _("Fees"),
        "tills": _("Tills"),
        "city-apps": _("City apps"),
    }


def address_of(code: str) -> str:
    """The address of a set-up page."""
    return reverse("desk:sheet", args=[code])


@centre_only(MANAGE)
@report("what the promises of today do to open cases, with at most twenty of them")
def apply(request: Asked) -> HttpResponse:
    """What putting the promises of today on the open cases would do; putting them on, and how far
    that is."""
    errors: tuple[Problem, ...] = ()
    if request.method == "POST":
        errors = attempt(lambda: _put_on(request))
        if not errors:
            return HttpResponseRedirect(reverse("desk:apply"))
    job = casework.putting_on(request.actor)
    live = job is not None and job.state in ("queued", "running")
    found = None if live else casework.promise_changes(request.actor)
    context = {
        "job": job,
        "live": live,
        "again": live and again_asked(request),
        "silence": silence() if job and job.silent else "",
        "failure": _(remedy(job.last_error)) if job and job.state == "dead" else "",
        "found": found,
        "examples": casework.promise_examples(request.actor, found) if found else [],
    }
    return watched(request, show(request, "cases/promises.jinja", context, errors), live)


def _put_on(request: Asked) -> None:
    job = casework.putting_on(request.actor)
    if text(request, "what") == "cancel" and job is not None:
        cancel(actor=request.actor, job_id=job.pk)
    else:
        casework.put_promises_on(actor=request.actor)

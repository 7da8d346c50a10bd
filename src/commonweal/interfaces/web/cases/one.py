"""One case as those who work on it see it: the conversation, its clocks, and what can be done."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _

from commonweal.kernel.casework import public as casework
from commonweal.kernel.party.public import people_of_accounts
from commonweal.kernel.schema.public import NotFound
from commonweal.kernel.words.public import money

from ..access import centre_only
from ..centre.base import FormError, as_id, attempt, required_id, show, text
from ..files import handed_out
from ..lists import lists, pages, place
from ..look.page import Problem
from ..requests import Asked
from .fees import charge, desk_fees, waive
from .ordering import order_on_page
from .said import (
    channels,
    clock_tag,
    event_words,
    hours,
    interval_kind,
    metrics,
    opened_words,
    pressing,
    relations,
    state_name,
    state_tag,
)

WORK = "casework.work"


@centre_only(WORK)
@lists("casework.Interaction")
def case(request: Asked, number: str) -> HttpResponse:
    """A case, and everything that is done with it."""
    found = casework.case_by_number(request.actor, number)
    errors: tuple[Problem, ...] = ()
    if request.method == "POST":
        write = WRITES.get(text(request, "what"))
        if write is not None and not text(request, "ready"):
            before = found.last_event
            seen = text(request, "seen")
            if text(request, "what") == "answer" and seen.isdigit() and int(seen) < before:
                errors = _collision(request, found, int(seen))
            said: list[str] = []
            errors = errors or attempt(lambda: said.append(write(request, found)))
            if not errors:
                messages.success(request, said[0])
                return HttpResponseRedirect(reverse("desk:case", args=[found.number]))
            found = casework.case_by_number(request.actor, number)
    return show(request, "cases/case.jinja", _context(request, found), errors)


def _collision(request: Asked, case: casework.Case, seen: int) -> tuple[Problem, ...]:
    """Somebody else wrote while this answer was being written: say so once, keep what was typed."""
    if text(request, "anyway"):
        return ()
    fresh = [
        row
        for row in casework.events_of(request.actor, case)
        if row.seq > seen and row.actor_id != request.actor.user_id
        and row.kind in ("message", "state", "note", "merged")
    ]  # fmt: skip
    if not fresh:
        return ()
    what = ", ".join(event_words(row, case) for row in fresh)
    words = _(
        "While you were writing, something happened in this case: %(what)s. Read it below, then "
        "send your answer again if it still fits."
    )
    return (Problem(words % {"what": what}, "text", "CASE-191"),)


def _context(request: Asked, case: casework.Case) -> dict[str, Any]:
    actor = request.actor
    talk = casework.interactions_of(actor, case, place(request))
    clocks, timed = casework.clocks_of(actor, case), metrics()
    events = casework.events_of(actor, case)
    accounts = {row.author for row in talk if row.author} | {row.actor_id for row in events}
    accounts |= {case.assignee}
    people = people_of_accounts(actor, {each for each in accounts if each})
    names = {account: person.name for account, person in people.items()}
    team = casework.members(actor, case.team)
    mates = people_of_accounts(actor, {row.user_id for row in team if row.user_id})
    queues = casework.queues(actor)
    ready = casework.ready_texts(actor, case)
    return {
        "case": case,
        "order": order_on_page(request, case),
        "state": state_name(case),
        "state_kind": state_tag(case),
        "talk": talk,
        "pages": pages(request, talk),
        "files": [row for row in casework.files_of(actor, case) if row.interaction_id is None],
        "names": names,
        "steps": [(move.end, _(move.name)) for move in casework.moves_of(actor, case)],
        "own_links": list(case.links.select_related("other").order_by("made_at", "id")),
        "clocks": [
            (
                row,
                timed.get(row.metric, row.metric),
                *clock_tag(row),
                hours(row.elapsed_us / 1e6),
            )
            for row in clocks
        ],
        "events": [
            (row, event_words(row, case), names.get(row.actor_id, "") if row.actor_id else "")
            for row in reversed(events)
        ],
        "channels": channels(),
        "pressing": list(pressing().items()),
        "relations": relations(),
        "linked": casework.links_of(actor, case),
        "tasks": list(case.tasks.order_by("position", "id")),
        "approvals": list(case.approvals.order_by("asked_at", "id")),
        "checks": list(case.identity_checks.order_by("-begun_at", "-id")[:5]),
        "consents": casework.consents_of(actor, case),
        "contacts": _contacts(case),
        "queues": [(row.code, row.name) for row in queues],
        "mates": [(str(account), person.name) for account, person in mates.items()],
        "ready": ready,
        "draft": _draft(request, ready),
        "articles": casework.articles_for(actor, f"{case.subject} {case.place}"),
        "categories": [
            (row.code, row.name)
            for row in casework.categories(actor)
            if row.case_type_id == case.case_type_id
        ],
        "fees": desk_fees(request, case),
        "fee_rules": _fee_rules(request, case),
        "answered": _answers(case),
        "asked": request.POST,
    }


def _fee_rules(request: Asked, case: casework.Case) -> list[tuple[str, str]]:
    """What may be charged, with its amount."""
    return [
        (row.code, f"{row.name}: {money(row.amount_minor, row.currency)}")
        for row in casework.fees_to_charge(request.actor, case)
    ]


def _draft(request: Asked, ready: list[tuple[casework.ReadyAnswer, str]]) -> str:
    """What is written of an answer so far, with the ready one that was asked for after it."""
    asked = request.POST
    written = asked.get("text", "") if asked.get("what") == "answer" else ""
    added = [words for row, words in ready if row.code == asked.get("ready")]
    return "\n\n".join(each for each in (written.strip(), *added) if each)


def _contacts(case: casework.Case) -> list[casework.Contact]:
    return [each for each in (case.requester, case.reporter) if each is not None]


def _answers(case: casework.Case) -> list[tuple[str, str]]:
    """What the form asked and was answered, in words."""
    fields = [*case.case_type.form, *(case.category.form if case.category else [])]
    found = []
    for row in fields:
        value = case.answers.get(row["code"])
        if value:
            options = dict(row.get("options", ()))
            values = value if isinstance(value, list) else [value]
            said = [str(options.get(each, each)) for each in values]
            found.append((str(row["label"]), ", ".join(said)))
    return found


def _answer(request: Asked, case: casework.Case) -> str:
    then = text(request, "then")
    casework.answer(
        actor=request.actor,
        case_id=case.pk,
        text=text(request, "text"),
        channel=text(request, "channel"),
        then=then,
        resolution=bool(then) and _resolves(case, then),
    )
    return _("Your answer is sent.")


def _resolves(case: casework.Case, state: str) -> bool:
    rows = case.case_type.machine["states"]
    return any(row["code"] == state and row["phase"] == "resolved" for row in rows)


def _note(request: Asked, case: casework.Case) -> str:
    casework.add_note(actor=request.actor, case_id=case.pk, text=text(request, "note"))
    return _("The note is kept; whoever asked does not see it.")


def _move(request: Asked, case: casework.Case) -> str:
    casework.move_case(
        actor=request.actor,
        case_id=case.pk,
        state=text(request, "state"),
        resolution=text(request, "resolution"),
    )
    return _("The case has moved on.")


def _take(request: Asked, case: casework.Case) -> str:
    casework.assign_case(actor=request.actor, case_id=case.pk, take=True)
    return _("The case is yours.")


def _give(request: Asked, case: casework.Case) -> str:
    casework.assign_case(
        actor=request.actor,
        case_id=case.pk,
        queue=text(request, "queue"),
        to=as_id(text(request, "to")),
    )
    return _("The case is given on.")


def _classify(request: Asked, case: casework.Case) -> str:
    casework.classify_case(
        actor=request.actor,
        case_id=case.pk,
        impact=text(request, "impact"),
        urgency=text(request, "urgency"),
        category=text(request, "category"),
    )
    return _("Priority and subject are saved; the clocks follow.")


def _task(request: Asked, case: casework.Case) -> str:
    if text(request, "task"):
        casework.end_task(
            actor=request.actor,
            task_id=required_id(request, "task", _("Choose a task.")),
            done=text(request, "done") != "no",
            reason=text(request, "reason"),
        )
        return _("The task has ended.")
    casework.add_task(actor=request.actor, case_id=case.pk, name=text(request, "name"))
    return _("The task is added.")


def _other(request: Asked) -> casework.Case:
    """The other case that a form names by its number (CASE-192)."""
    try:
        return casework.case_by_number(request.actor, text(request, "other"))
    except NotFound as none:
        words = _("There is no case of this number among those you may see. Check the number.")
        raise FormError("CASE-192", words, field="other") from none


def _link(request: Asked, case: casework.Case) -> str:
    other = _other(request)
    kind = text(request, "kind")
    if kind == "merge":
        casework.merge_cases(
            actor=request.actor, case_id=case.pk, into_id=other.pk,
            same_person=text(request, "same_person") == "1",
        )  # fmt: skip
        return _("Merged. It goes on in %(number)s.") % {"number": other.number}
    casework.link_cases(actor=request.actor, case_id=case.pk, other_id=other.pk, kind=kind)
    return _("The cases are linked.")


def _unlink(request: Asked, case: casework.Case) -> str:
    link = required_id(request, "link", _("Choose a link."))
    casework.unlink_cases(actor=request.actor, case_id=case.pk, link_id=link)
    return _("The link is taken away.")


def _split(request: Asked, case: casework.Case) -> str:
    ids = [found for found in map(as_id, request.POST.getlist("messages")) if found]
    made = casework.split_case(
        actor=request.actor, case_id=case.pk, interaction_ids=ids, subject=text(request, "subject")
    )
    return opened_words(made)


def _watch(request: Asked, case: casework.Case) -> str:
    on = text(request, "on") != "no"
    casework.watch_case(actor=request.actor, case_id=case.pk, on=on)
    return _("You are told what happens here.") if on else _("You are told no more.")


def _end_order(request: Asked, case: casework.Case) -> str:
    casework.end_order(actor=request.actor, case_id=case.pk)
    return _("Given up. This month is its last.")


def _supplier(request: Asked, case: casework.Case) -> str:
    handed = text(request, "handed") == "yes"
    casework.hand_to_supplier(
        actor=request.actor, case_id=case.pk, handed=handed, supplier=text(request, "supplier")
    )
    return _("Noted; the supplier's clock follows.")


def _callback(request: Asked, case: casework.Case) -> str:
    kept = text(request, "kept") == "yes"
    casework.promise_callback(actor=request.actor, case_id=case.pk, kept=kept)
    return _("Called back.") if kept else _("The call-back is promised; its clock runs.")


def _begin_check(request: Asked, case: casework.Case) -> str:
    row = casework.begin_check(actor=request.actor, case_id=case.pk, method=text(request, "method"))
    if row.method == "code":
        return _("A code is on its way to them by e-mail. Ask them for it, and enter it.")
    return _("The check has begun.")


def _finish_check(request: Asked, case: casework.Case) -> str:
    row = casework.finish_check(
        actor=request.actor,
        check_id=required_id(request, "check", _("Choose a check.")),
        passed=text(request, "passed") == "yes",
        code=text(request, "code"),
        note=text(request, "checked_how"),
    )
    if row.state == "passed":
        return _("Recorded: they are who they say.")
    return _("Recorded: not passed.") if row.state == "failed" else _("The code is not right.")


def _consent(request: Asked, case: casework.Case) -> str:
    if text(request, "consent"):
        casework.end_consent(
            actor=request.actor,
            case_id=case.pk,
            consent_id=required_id(request, "consent", _("Choose a consent.")),
        )
        return _("The consent holds no more.")
    casework.record_consent(
        actor=request.actor,
        case_id=case.pk,
        person=required_id(request, "person", _("Choose who agreed.")),
        agent=required_id(request, "agent", _("Choose who acts for them.")),
        how=text(request, "how"),
        scope=text(request, "scope") or "case",
    )
    return _("The consent is recorded.")


def _act_for(request: Asked, case: casework.Case) -> str:
    whose = casework.put_contact(
        actor=request.actor,
        agency_id=case.agency_id,
        kind="business" if text(request, "sort") == "business" else "person",
        name=text(request, "whose"),
        register_number=text(request, "register_number"),
    )
    casework.act_for(
        actor=request.actor,
        case_id=case.pk,
        person=whose.pk,
        how=text(request, "how"),
        scope=text(request, "scope") or "case",
    )
    return _("The case is theirs now, and who asked acts for them.")


def _rebuild(request: Asked, case: casework.Case) -> str:
    casework.rebuild_clocks(actor=request.actor, case_id=case.pk)
    return _("The clocks are computed anew from the case's events.")


WRITES: dict[str, Callable[[Asked, casework.Case], str]] = {
    "answer": _answer,
    "note": _note,
    "move": _move,
    "take": _take,
    "give": _give,
    "classify": _classify,
    "task": _task,
    "link": _link,
    "unlink": _unlink,
    "split": _split,
    "watch": _watch,
    "end_order": _end_order,
    "supplier": _supplier,
    "callback": _callback,
    "begin_check": _begin_check,
    "finish_check": _finish_check,
    "consent": _consent,
    "act_for": _act_for,
    "rebuild": _rebuild,
    "charge": charge,
    "waive": waive,
}


@centre_only(WORK)
def clock(request: Asked, number: str, place_in_list: int) -> HttpResponse:
    """Why a clock says what it says: every interval, and what it counted as."""
    return explained(request, number, place_in_list, "desk:case")


def _clock_at(request: Asked, case: casework.Case, place_in_list: int) -> casework.Clock:
    clocks = casework.clocks_of(request.actor, case)
    if not 1 <= place_in_list <= len(clocks):
        raise NotFound("CASE-408", "There is no such clock. Look at the case again.")
    return clocks[place_in_list - 1]


@centre_only(WORK)
def clock_file(request: Asked, number: str, place_in_list: int) -> HttpResponseBase:
    """What a clock is computed from, as a file for `commonweal engine clock`."""
    return given_clock(request, number, place_in_list)


def given_clock(request: Asked, number: str, place_in_list: int) -> HttpResponseBase:
    """The file of a clock, for either side."""
    found = casework.case_by_number(request.actor, number)
    row = _clock_at(request, found, place_in_list)
    document = casework.clock_document(request.actor, row)
    data = json.dumps(document, ensure_ascii=False, indent=1).encode()
    return handed_out(f"{found.number}-{row.metric}.json", "application/json", data)


def explained(request: Asked, number: str, place_in_list: int, back: str) -> HttpResponse:
    """The intervals of the clock at a place among those of a case, for either side."""
    found = casework.case_by_number(request.actor, number)
    row = _clock_at(request, found, place_in_list)
    parts = casework.explain_clock(request.actor, row)
    worked = sum(part["seconds"] for part in parts if part["kind"] == "working")
    context = {
        "case": found,
        "clock": row,
        "name": metrics().get(row.metric, row.metric),
        "state": clock_tag(row),
        "parts": [
            {**part, "words": interval_kind(part["kind"]), "length": hours(part["seconds"])}
            for part in parts
        ],
        "worked": hours(worked),
        "back": reverse(back, args=[found.number]),
        "file": reverse(f"{back.partition(':')[0]}:clock_file", args=[number, place_in_list]),
    }
    return show(request, "cases/clock.jinja", context)

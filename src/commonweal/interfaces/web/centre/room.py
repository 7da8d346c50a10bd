"""The data room: opened by two people for a time; populations, samples, overrides, pairs."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from django.http import HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.utils.translation import gettext as _

from commonweal.kernel.access.public import Actor
from commonweal.kernel.calendar.public import FiscalPeriod
from commonweal.kernel.party.public import centre, people, people_of_accounts, person_names
from commonweal.kernel.schema.public import Place
from commonweal.kernel.words import public as words
from commonweal.practices.charging import public as charging

from ..access import centre_only, may_open
from ..lists import lists, pages, place, report
from ..look.page import Link
from ..requests import Asked
from .base import (
    address,
    attachment,
    attempt,
    day_field,
    done,
    local_day,
    money_field,
    open_links,
    required_id,
    safe_csv,
    show,
    text,
    whole_field,
)
from .trail_words import plain, value

READ, OPEN = "charging.read_room", "charging.open_engagement"
INTO = (READ, OPEN, "charging.approve_engagement")
SAMPLED = ("bills", "lines", "credits", "journals")


def names_of(request: Asked, person_ids: Iterable[UUID]) -> dict[UUID, str]:
    """Names behind opaque ids, for whoever may see people; nobody else is told."""
    if not request.actor.may("party.view_people"):
        return {}
    return person_names(request.actor, person_ids)


def room_tabs(actor: Actor, here: str) -> list[Link]:
    """The pages around the data room that the actor may open."""
    found = (("room", _("Data rooms")), ("reviews", _("Who may do what")))
    return open_links(actor, here, found)


@centre_only(*INTO)
@lists("charging.Engagement")
def room(request: Asked) -> HttpResponse:
    """Data rooms, newest first; for whoever may open one, the form."""
    errors: tuple[Any, ...] = ()
    if request.method == "POST" and request.actor.may(OPEN):
        errors = attempt(lambda: _propose(request))
        if not errors:
            return done(request, _("Proposed. A second person decides."), "room")
    rows = charging.engagements(request.actor, place(request))
    names = names_of(request, [row.person_id for row in rows])
    may_open = request.actor.may(OPEN)
    last = FiscalPeriod.of_date(local_day()).shift(-1)
    context = {
        "rows": [
            {
                "row": row,
                "who": names.get(row.person_id, _("A person")),
                "open": row.is_open(local_day()),
            }
            for row in rows
        ],
        "pages": pages(request, rows),
        "may_open": may_open,
        "people": [
            ("", _("Choose a person")),
            *(
                (str(each.pk), each.name)
                for each in (people(request.actor, place=Place(limit=200)) if may_open else ())
            ),
        ],
        "populations": [(name, charging.population_words(name)) for name in charging.POPULATIONS],
        "chosen": request.POST.getlist("populations")
        if request.method == "POST"
        else list(charging.POPULATIONS),
        "first": last.shift(-11).code,
        "last": last.code,
        "asked": request.POST,
        "said": {problem.field: problem.text for problem in errors},
        "tabs": room_tabs(request.actor, "room"),
    }
    return show(request, "centre/room.jinja", context, errors)


def _propose(request: Asked) -> None:
    charging.propose_engagement(
        actor=request.actor,
        person_id=required_id(request, "person", _("Choose who may look in.")),
        purpose=text(request, "purpose"),
        populations=request.POST.getlist("populations"),
        first_period=text(request, "first_period"),
        last_period=text(request, "last_period"),
        starts=day_field(request, "starts", _("First day")),
        ends=day_field(request, "ends", _("First day without it")),
    )


@centre_only(*INTO)
@report("one line for each population of a room, and there are six at most")
def room_one(request: Asked, engagement_id: UUID, errors: tuple[Any, ...] = ()) -> HttpResponse:
    """What a room holds, with control totals; the ways in."""
    row = charging.engagement(request.actor, engagement_id)
    context = {
        "row": row,
        "who": names_of(request, [row.person_id]).get(row.person_id, _("A person")),
        "open": row.is_open(local_day()),
        "controls": [
            {
                "name": each.population.name,
                "title": each.population.title(),
                "count": each.count,
                "total": each.total,
            }
            for each in charging.controls(request.actor, row.pk)
        ],
        "sampled": [
            (name, charging.population_words(name)) for name in SAMPLED if name in row.populations
        ],
        "currency": centre().currency,
        "asked": request.POST,
        "said": {problem.field: problem.text for problem in errors},
        "may_review": may_open(request.actor, address("reviews")),
        "may_end": charging.is_keeper(request.actor) and row.state == "approved",
    }
    return show(request, "centre/room_one.jinja", context, errors)


@centre_only(*INTO)
def room_end(request: Asked, engagement_id: UUID) -> HttpResponse:
    """End a room before its last day."""
    if request.method == "POST":
        errors = attempt(
            lambda: charging.end_engagement(actor=request.actor, engagement_id=engagement_id)
        )
        if errors:
            return room_one(request, engagement_id, errors)
        return done(request, _("The data room is closed."), "room")
    return HttpResponseRedirect(address("room"))


@centre_only(*INTO)
@lists("charging.BillLine")
def room_population(request: Asked, engagement_id: UUID, name: str) -> HttpResponse:
    """A population's rows, by id."""
    row = charging.engagement(request.actor, engagement_id)
    found = charging.population_page(request.actor, engagement_id, name, place(request))
    columns = charging.population(request.actor, row, name).columns
    context = {
        "row": row,
        "name": name,
        "title": charging.population_words(name),
        "columns": [(each, plain(each)) for each in columns],
        "rows": [dict(zip(columns, map(value, cells), strict=True)) for cells in found],
        "pages": pages(request, found),
    }
    return show(request, "centre/room_population.jinja", context)


@centre_only(*INTO)
def room_csv(request: Asked, engagement_id: UUID, name: str) -> StreamingHttpResponse:
    """A whole population as CSV."""
    row = charging.engagement(request.actor, engagement_id)
    columns = charging.population(request.actor, row, name).columns
    rows = charging.population_rows(request.actor, engagement_id, name)
    response = StreamingHttpResponse(
        _pieces(columns, list(rows)), content_type="text/csv; charset=utf-8"
    )
    response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response


def _pieces(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[bytes]:
    """CSV a thousand rows at a time."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(columns)
    for number, cells in enumerate(rows, start=1):
        writer.writerow([charging.safe_cell(cell) for cell in cells])
        if number % 1000 == 0:
            yield out.getvalue().encode()
            out.seek(0)
            out.truncate()
    yield out.getvalue().encode()


@centre_only(*INTO)
@lists("charging.Sample")
def samples(request: Asked, engagement_id: UUID) -> HttpResponse:
    """The samples drawn in a room; drawing one."""
    row = charging.engagement(request.actor, engagement_id)
    if request.method == "POST":
        errors = attempt(lambda: _draw(request, engagement_id))
        if errors:
            return room_one(request, engagement_id, errors)
        return done(request, _("The sample is drawn and kept."), "samples", engagement_id)
    found = charging.samples(request.actor, engagement_id, place(request))
    context = {
        "row": row,
        "rows": [
            {
                "sample": each,
                "title": charging.population_words(each.population),
                "picked": len(each.picked["top"]) + len(each.picked["picked"]),
            }
            for each in found
        ],
        "pages": pages(request, found),
        "currency": centre().currency,
        "zone": centre().zone,
    }
    return show(request, "centre/samples.jinja", context)


def _draw(request: Asked, engagement_id: UUID) -> None:
    by_interval = bool(text(request, "interval"))
    charging.draw_sample(
        actor=request.actor,
        engagement_id=engagement_id,
        population=text(request, "population"),
        seed=text(request, "seed"),
        interval_minor=money_field(request, "interval", _("Interval")) if by_interval else None,
        wanted=None if by_interval else whole_field(request, "wanted", _("How many items")),
    )


@centre_only(*INTO)
@report("a sample as it was drawn, which is short and never grows")
def sample(request: Asked, sample_id: UUID) -> HttpResponse:
    """One sample: seed, interval, start, and every item picked."""
    found = charging.sample(request.actor, sample_id)
    picked = [
        {
            "id": key,
            "name": value(key),
            "amount": amount,
            "unit": None,
            "why": _("At least the interval"),
        }
        for key, amount in found.picked["top"]
    ] + [
        {"id": key, "name": value(key), "amount": amount, "unit": unit, "why": _("Hit by a unit")}
        for key, amount, unit in found.picked["picked"]
    ]
    context = {
        "sample": found,
        "row": found.engagement,
        "title": charging.population_words(found.population),
        "picked": picked,
        "currency": centre().currency,
        "leads_to": "agency:line"
        if found.population in {"lines", "credits"}
        else ("agency:bill" if found.population == "bills" else ""),
    }
    return show(request, "centre/sample.jinja", context)


@centre_only(*INTO)
def sample_zip(request: Asked, sample_id: UUID) -> HttpResponse:
    """The sample, its population, and the plain script that draws it again."""
    name, data = charging.sample_pack(request.actor, sample_id)
    return attachment(name, "application/zip", data)


@centre_only(*INTO)
@report("every override of the room's months, which an auditor reads to the last")
def room_overrides(request: Asked, engagement_id: UUID) -> HttpResponse:
    """Every override and elevation of the room's months; `?csv=1` as a file."""
    row = charging.engagement(request.actor, engagement_id)
    found = charging.overrides(request.actor, engagement_id)
    if request.GET.get("csv"):
        head: list[list[object]] = [["kind", "at", "what", "by", "reason", "decision"]]
        cells: list[list[object]] = [
            [each.kind, each.at, each.what, each.by or "", each.reason, each.decision_id or ""]
            for each in found
        ]
        return safe_csv(head + cells, "overrides.csv")
    names = people_of_accounts(request.actor, [each.by for each in found if each.by])
    context = {
        "row": row,
        "rows": [
            {
                "kind": each.title(),
                "at": words.day(date.fromisoformat(each.at[:10])),
                "what": each.what,
                "by": _named(names, each.by),
                "reason": each.reason,
            }
            for each in found
        ],
    }
    return show(request, "centre/room_overrides.jinja", context)


def _named(names: dict[UUID, Any], account: UUID | None) -> str:
    """A name where the reader may see it, else the beginning of the opaque id."""
    if account is None:
        return "–"
    person = names.get(account)
    return person.name if person is not None else str(account)[:8]


@centre_only(*INTO)
@report("who approves whose proposals: a row for each pair of people, who are few")
def room_pairs(request: Asked, engagement_id: UUID) -> HttpResponse:
    """Who approves whose proposals in the room's months, most decisions first."""
    row = charging.engagement(request.actor, engagement_id)
    found = charging.pairs(request.actor, engagement_id)
    accounts = {account for pair in found for account in (pair.one, pair.other)}
    names = people_of_accounts(request.actor, accounts)
    currency = centre().currency
    context = {
        "row": row,
        "always": sum(1 for pair in found if pair.always),
        "currency": currency,
        "rows": [
            {
                "one": _named(names, pair.one),
                "other": _named(names, pair.other),
                "there": pair.there[0],
                "back": pair.back[0],
                "share_there": pair.share_there,
                "share_back": pair.share_back,
                "amount": pair.there[1].get(currency, 0) + pair.back[1].get(currency, 0),
                "always": pair.always,
            }
            for pair in found
        ],
    }
    return show(request, "centre/room_pairs.jinja", context)

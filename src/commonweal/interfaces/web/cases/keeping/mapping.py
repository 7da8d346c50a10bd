"""Uploading a file of cases: which column is what, what its words mean, then trying it."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _

from commonweal.kernel.casework import public as casework
from commonweal.kernel.party.public import centre
from commonweal.kernel.schema.public import CommonwealError, Forbidden, NotFound

from ...access import centre_only
from ...centre.base import FormError, as_id, problems, show, text
from ...centre.holding import held, hold, release, still_held
from ...lists import report
from ...look.page import Problem
from ...requests import Asked
from .base import MANAGE, tabs_of
from .imports import kinds

MEANINGS = ("open", "resolved", "closed", "in", "out", *(f"waiting {why}" for why in (
    "requester", "third_party", "change_window", "force_majeure", "appointment", "approval",
)))  # fmt: skip
ALSO = {
    "id": ("case", "case_id", "number", "ticket", "ticket_id", "incident", "key"),
    "agency": ("customer", "department"),
    "case_type": ("kind", "type", "case_kind"),
    "subject": ("title", "summary", "short_description"),
    "text": ("description", "details"),
    "requester_name": ("requester", "caller", "reporter"),
    "requester_email": ("email", "e-mail"),
    "opened_at": ("opened", "created", "created_at", "open_date"),
    "resolved_at": ("resolved", "solved"),
    "closed_at": ("closed", "close_date"),
    "activity": ("event", "action", "concept:name"),
    "at": ("timestamp", "time", "when", "date", "time:timestamp"),
}
"""What other systems often call a field."""
LOOKED_AT, MOST_WORDS = 1 << 20, 40


def field_words() -> dict[str, str]:
    """What each field of a case is, in the order of the form."""
    return {
        "id": _("The old system's own number of the case"),
        "agency": _("Agency (code)"),
        "case_type": _("Kind of case (code)"),
        "category": _("Subject (code)"),
        "subject": _("In a few words"),
        "text": _("What was asked"),
        "channel": _("Came by (code, such as email)"),
        "priority": _("Priority (P1 to P5)"),
        "queue": _("Queue (code)"),
        "requester_name": _("Who asked: name"),
        "requester_email": _("Who asked: e-mail"),
        "opened_at": _("Opened"),
        "resolved_at": _("Solved"),
        "closed_at": _("Closed"),
        "activity": _("What happened"),
        "at": _("When it happened"),
    }


@centre_only(MANAGE)
@report("the columns of one file")
def new_import(request: Asked) -> HttpResponse:
    """Choose a file, say how it reads, and try it. `?mapping=`: read it as one remembered."""
    try:
        return _take(request) if request.method == "POST" else _form(request)
    except (NotFound, Forbidden):
        raise
    except CommonwealError as error:
        return _form(request, errors=problems(error))


def _take(request: Asked) -> HttpResponse:
    """Do what the form's button says: show the columns, or have the file tried."""
    token = as_id(text(request, "token"))
    if token is None:
        if text(request, "kind") not in kinds():
            raise FormError("FORM-101", _("Choose what a row of the file is."), field="kind")
        return _form(request, hold(request.actor, request.FILES.get("file")))
    path, mapping = held(request.actor, token), mapping_of(request.POST)
    code = text(request, "remember")
    if code:
        casework.remember_mapping(actor=request.actor, code=code, mapping=mapping)
    row = casework.import_later(
        actor=request.actor, path=path, source=text(request, "source"), mapping=mapping,
        dry_run=True,
    )  # fmt: skip
    release(request.actor, token)
    return HttpResponseRedirect(reverse("keeping:import", args=[row.pk]))


def mapping_of(asked: Mapping[str, str]) -> dict[str, Any]:
    """The mapping that a form says (FORM-111: a word whose meaning is not understood)."""
    columns, defaults = {}, {}
    for name in casework.IMPORT_FIELDS:
        column, value = asked.get(f"column-{name}", ""), asked.get(f"constant-{name}", "").strip()
        if column:
            columns[name] = column
        if value:
            defaults[name] = value
    return {
        "kind": asked.get("kind", ""),
        "columns": columns,
        "defaults": defaults,
        "activities": dict(map(_meaning, _lines(asked.get("activities", "")))),
        "zone": asked.get("zone", "").strip() or "UTC",
        "format": asked.get("format", "").strip(),
    }


def _lines(given: str) -> list[str]:
    found = [line.strip() for line in given.splitlines()]
    return [line for line in found if line and not line.endswith("=")]


def _meaning(line: str) -> tuple[str, dict[str, str]]:
    """`Customer replied = in` as the word and what it means."""
    word, _sign, said = (each.strip() for each in line.rpartition("="))
    said = " ".join(said.split())
    if not word or said not in MEANINGS:
        raise FormError(
            "FORM-111",
            _("“%(line)s” is not understood. Write the file's word, =, and one of: %(known)s.")
            % {"line": line[:60], "known": ", ".join(MEANINGS)},
            field="activities",
        )
    if said in ("in", "out"):
        return word, {"direction": said}
    phase, _space, reason = said.partition(" ")
    return word, {"phase": phase, "reason": reason}


def written(activities: Mapping[str, Any]) -> str:
    """Meanings as the form's lines."""
    return "\n".join(
        f"{word} = {row['direction'] or ' '.join(filter(None, (row['phase'], row['reason'])))}"
        for word, row in activities.items()
    )


def _form(
    request: Asked, token: UUID | None = None, errors: tuple[Problem, ...] = ()
) -> HttpResponse:
    """The form at its present step."""
    actor = request.actor
    token = still_held(actor, token or as_id(text(request, "token")))
    known = {row.code: row for row in casework.import_mappings(actor)}
    chosen = known.get(request.POST.get("mapping", "") or request.GET.get("mapping", ""))
    kind = text(request, "kind") or (chosen.kind if chosen else "")
    columns, seen = _looked_at(held(actor, token)) if token and kind != "xes" else ([], [])
    asked: Mapping[str, str] = request.POST
    if token and "source" not in request.POST:
        asked = _first(kind, columns, chosen.mapping if chosen else {}, seen)
    context = {
        "token": token or "",
        "kind": kind,
        "kinds": list(kinds().items()),
        "mapping": chosen.code if chosen else "",
        "known": [("", _("Say anew how it reads")), *((code, code) for code in known)],
        "fields": [(name, words) for name, words in field_words().items() if _of(kind, name)],
        "columns": [("", _("Not in the file")), *((each, each) for each in columns if each)],
        "meanings": MEANINGS,
        "asked": asked,
        "tabs_of": tabs_of("imports"),
    }
    return show(request, "cases/keeping/new_import.jinja", context, errors)


def _of(kind: str, name: str) -> bool:
    """Whether a field belongs to a kind of file."""
    own = {"activity", "at"} if kind != "cases" else {"opened_at", "resolved_at", "closed_at"}
    every = {"activity", "at", "opened_at", "resolved_at", "closed_at"}
    return name in own or name not in every


def _first(
    kind: str, columns: list[str], mapping: Mapping[str, Any], seen: list[dict[str, str]]
) -> dict[str, str]:
    """What the form says to begin with: as remembered, else by the names of the columns."""
    folded = {each.strip().lower().replace(" ", "_"): each for each in columns}
    found = {"source": "", "zone": str(mapping.get("zone", centre().zone))}
    found["format"] = str(mapping.get("format", ""))
    told = dict(mapping.get("columns", {}))
    for name in casework.IMPORT_FIELDS:
        known = (folded.get(each, "") for each in (name, *ALSO.get(name, ())))
        column = told.get(name, "") if mapping else next(filter(None, known), "")
        found[f"column-{name}"] = column
        found[f"constant-{name}"] = str(dict(mapping.get("defaults", {})).get(name, ""))
    if kind == "xes" and not mapping:
        found |= {"column-id": "concept:name", "column-activity": "concept:name",
                  "column-at": "time:timestamp"}  # fmt: skip
    lines = written(mapping.get("activities", {}))
    words = dict.fromkeys(row.get(found["column-activity"], "") for row in seen)
    fresh = [each for each in words if each and each not in mapping.get("activities", {})]
    found["activities"] = "\n".join([*lines.splitlines(), *(f"{w} =" for w in fresh[:MOST_WORDS])])
    return found


def _looked_at(path: Path) -> tuple[list[str], list[dict[str, str]]]:
    """A file's columns and its first rows, as far as they can be read; the import is strict."""
    with path.open("rb") as stream:
        packed = stream.read(2) == b"\x1f\x8b"
    opened: Any = gzip.open if packed else open
    try:
        with opened(path, "rb") as stream:
            whole = stream.read(LOOKED_AT).decode("utf-8-sig", "replace")
        rows = csv.reader(io.StringIO(whole, newline=""))
        heads = [each.strip() for each in next(rows, [])][:200]
        return heads, [dict(zip(heads, row, strict=False)) for row in rows]
    except (OSError, EOFError, csv.Error):
        return [], []


@centre_only(MANAGE)
@report("the remembered mappings, of which a centre has a few")
def mappings(request: Asked) -> HttpResponse:
    """The remembered ways to read files."""
    context = {
        "rows": [
            (row, written(row.mapping.get("activities", {})).splitlines())
            for row in casework.import_mappings(request.actor)
        ],
        "kinds": kinds(),
        "words": field_words(),
        "tabs_of": tabs_of("imports"),
    }
    return show(request, "cases/keeping/mappings.jinja", context)

"""Cases as files: CSV, JSON lines and XES (IEEE 1849), piece by piece, in constant memory.

Whoever writes a cell that a spreadsheet would take for a formula gets an apostrophe before it.
Notes among agents are written for the centre only, never into what an agency takes away.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID
from xml.sax.saxutils import quoteattr

from django.db.models import QuerySet

from ..access.public import Actor, require
from ..metering.public import safe_cell
from ..party.public import agency
from .domain.errors import CaseError
from .models import Case, CaseEvent, Clock, Interaction, Queue
from .rules import MANAGE, VIEW

FORMATS = ("csv", "jsonl", "xes")
CHUNK = 500
COLUMNS = (
    "number", "agency", "case_type", "category", "subject", "state", "phase", "priority", "queue",
    "channel", "requester_name", "requester_email", "place", "opened_at", "resolved_at",
    "closed_at", "reopened", "score", "source", "source_id", "merged_into", "erased_at",
    "resolution",
)  # fmt: skip


def export_cases(
    actor: Actor, form: str, agency_id: UUID | None = None, queue: str = ""
) -> Iterator[str]:
    """All cases of an agency, or of a queue, in a form: csv (a row a case), jsonl (with events,
    messages and clocks) or xes (an event log).

    Errors: ACCESS-403, CASE-158 a form, 121 a queue.
    """
    if form not in FORMATS:
        raise CaseError(
            "CASE-158", f"“{form[:10]}” is no form of export. Choose csv, jsonl or xes.",
            field="form",
        )  # fmt: skip
    if actor.centre or agency_id is None:
        require(actor, MANAGE)
    else:
        require(actor, VIEW, agency(actor, agency_id).pk)
    rows = Case.objects.all()
    if agency_id is not None:
        rows = rows.filter(agency_id=agency_id)
    if queue:
        if not Queue.objects.filter(code=queue).exists():
            raise CaseError("CASE-121", f"There is no queue “{queue[:40]}”.", field="queue")
        rows = rows.filter(queue__code=queue)
    return _pieces(form, rows, notes=actor.centre)


def case_files(actor: Actor, agency_id: UUID) -> Iterator[tuple[str, str, Iterable[str]]]:
    """What an agency takes away of its cases beside their tables: (name, what, pieces)."""
    rows = Case.objects.filter(agency_id=agency_id)
    yield "cases/cases.csv", "The cases, a row each.", _pieces("csv", rows, notes=False)
    yield (
        "cases/cases.jsonl",
        "The cases with what was said, what happened and every clock, a line each.",
        _pieces("jsonl", rows, notes=False),
    )
    yield "cases/cases.xes", "What happened, as an event log.", _pieces("xes", rows, notes=False)


def _pieces(form: str, rows: QuerySet[Case], *, notes: bool) -> Iterator[str]:
    if form == "csv":
        return _csv(rows)
    if form == "jsonl":
        return _jsonl(rows, notes)
    return _xes(rows)


def _chunks(rows: QuerySet[Case]) -> Iterator[list[Case]]:
    """Cases some at a time, by id, so that nothing is held open while somebody downloads."""
    full = rows.select_related(
        "agency", "case_type", "category", "queue", "requester", "merged_into"
    ).order_by("id")
    last: UUID | None = None
    while True:
        some = list((full.filter(id__gt=last) if last else full)[:CHUNK])
        if not some:
            return
        last = some[-1].pk
        yield some


def _values(case: Case) -> dict[str, Any]:
    who = case.requester
    return {
        "number": case.number,
        "agency": case.agency.code,
        "case_type": case.case_type.code,
        "category": case.category.code if case.category else "",
        "subject": case.subject,
        "state": case.state,
        "phase": case.phase,
        "priority": case.priority,
        "queue": case.queue.code,
        "channel": case.channel,
        "requester_name": who.name if who else "",
        "requester_email": who.email if who else "",
        "place": case.place,
        "opened_at": _iso(case.opened_at),
        "resolved_at": _iso(case.resolved_at),
        "closed_at": _iso(case.closed_at),
        "reopened": case.reopened,
        "score": case.score,
        "source": case.source,
        "source_id": case.source_id,
        "merged_into": case.merged_into.number if case.merged_into else "",
        "erased_at": _iso(case.erased_at),
        "resolution": case.resolution,
    }


def _iso(moment: datetime | None) -> str:
    return moment.astimezone(UTC).isoformat() if moment else ""


def _line(cells: Sequence[object]) -> str:
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\r\n").writerow([safe_cell(cell) for cell in cells])
    return stream.getvalue()


def _csv(rows: QuerySet[Case]) -> Iterator[str]:
    yield _line(COLUMNS)
    for some in _chunks(rows):
        yield "".join(_line([_values(case)[name] for name in COLUMNS]) for case in some)


def _grouped(rows: Iterable[Any]) -> dict[UUID, list[Any]]:
    found: dict[UUID, list[Any]] = {}
    for row in rows:
        found.setdefault(row.case_id, []).append(row)
    return found


def _jsonl(rows: QuerySet[Case], notes: bool) -> Iterator[str]:
    for some in _chunks(rows):
        ids = [case.pk for case in some]
        said = Interaction.objects.filter(case_id__in=ids)
        if not notes:
            said = said.exclude(direction="note")
        said_by = _grouped(said.order_by("case_id", "at", "id"))
        events = _grouped(CaseEvent.objects.filter(case_id__in=ids).order_by("case_id", "seq"))
        clocks = _grouped(
            Clock.objects.filter(case_id__in=ids).select_related("definition").order_by("id")
        )
        for case in some:
            whole = {
                **_values(case),
                "answers": case.answers,
                "latitude": str(case.latitude) if case.latitude is not None else None,
                "longitude": str(case.longitude) if case.longitude is not None else None,
                "events": [_event(row) for row in events.get(case.pk, ())],
                "interactions": [_said(row) for row in said_by.get(case.pk, ())],
                "clocks": [_clock(row) for row in clocks.get(case.pk, ())],
            }
            yield json.dumps(whole, ensure_ascii=False, sort_keys=True) + "\n"


def _event(row: CaseEvent) -> dict[str, Any]:
    return {"seq": row.seq, "at": _iso(row.at), "kind": row.kind, "data": row.data}


def _said(row: Interaction) -> dict[str, Any]:
    return {
        "at": _iso(row.at),
        "channel": row.channel,
        "direction": row.direction,
        "text": row.text,
        "folded": row.folded,
    }


def _clock(row: Clock) -> dict[str, Any]:
    return {
        "promise": row.definition.code,
        "kind": row.kind,
        "metric": row.metric,
        "cycle": row.cycle,
        "state": row.state,
        "started_at": _iso(row.started_at),
        "due_at": _iso(row.due_at),
        "stopped_at": _iso(row.stopped_at),
        "elapsed_us": row.elapsed_us,
        "paused_us": row.paused_us,
        "breached_at": _iso(row.breached_at),
    }


_HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<log xes.version="1.0" xes.features="nested-attributes" xmlns="http://www.xes-standard.org/">
<extension name="Concept" prefix="concept" uri="http://www.xes-standard.org/concept.xesext"/>
<extension name="Time" prefix="time" uri="http://www.xes-standard.org/time.xesext"/>
"""


def _text(key: str, value: object) -> str:
    plain = "".join(each for each in str(value) if each.isprintable() or each in "\n\t")
    return f"<string key={quoteattr(key)} value={quoteattr(plain)}/>"


def _date(key: str, value: datetime) -> str:
    return f"<date key={quoteattr(key)} value={quoteattr(_iso(value))}/>"


def _xes(rows: QuerySet[Case]) -> Iterator[str]:
    """A trace a case, its events with their activity: the state reached, or the kind of event."""
    yield _HEAD
    for some in _chunks(rows):
        events = _grouped(
            CaseEvent.objects.filter(case_id__in=[case.pk for case in some]).order_by(
                "case_id", "seq"
            )
        )
        yield "".join(_trace(case, events.get(case.pk, [])) for case in some)
    yield "</log>\n"


def _trace(case: Case, events: Sequence[CaseEvent]) -> str:
    values = _values(case)
    names = ("agency", "case_type", "category", "priority", "queue", "channel", "subject")
    parts = ["<trace>", _text("concept:name", case.number)]
    parts += [_text(name, values[name]) for name in names if values[name]]
    for row in events:
        to = row.data.get("to") or row.data.get("activity") or row.kind
        parts += ["<event>", _text("concept:name", to), _date("time:timestamp", row.at)]
        parts += [_text("kind", row.kind), *_facts(row), "</event>"]
    return "".join([*parts, "</trace>\n"])


def _facts(row: CaseEvent) -> Iterator[str]:
    for key in ("phase", "reason", "direction", "channel", "priority"):
        if row.data.get(key):
            yield _text(key, row.data[key])

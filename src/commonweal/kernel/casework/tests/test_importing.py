"""Cases from files: dry run, problems row by row, times replayed, safe to repeat."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from commonweal.kernel.access.public import SYSTEM
from commonweal.kernel.calendar.public import at
from commonweal.kernel.casework import public as casework
from commonweal.kernel.casework.clocks.timer import tick
from commonweal.kernel.casework.domain.errors import CaseError
from commonweal.kernel.casework.models import Case, CaseCount, CaseEvent, CaseImport, Clock
from commonweal.kernel.schema.public import Forbidden

from .conftest import MONDAY, Desk

LOG = {
    "kind": "events",
    "columns": {"id": "Case", "activity": "What", "at": "When", "subject": "About"},
    "defaults": {"agency": "PRK", "case_type": "incident"},
    "activities": {
        "Ask": {"phase": "waiting", "reason": "requester"},
        "Begin": {"phase": "open"},
        "Answer": {"direction": "out"},
        "Close": {"phase": "closed"},
    },
}
ROWS = """Case,What,When,About
b,Come,2026-09-28T14:00:00Z,Second
a,Come,2026-09-28T14:00:00Z,=Printer
a,Close,2026-09-28T21:00:00Z,
a,Ask,2026-09-28T15:00:00Z,
a,Begin,2026-09-28T17:00:00Z,
c,Come,yesterday,Third
"""


def taken(desk: Desk, path: Path, mapping: dict[str, Any], **more: Any) -> CaseImport:
    row = casework.start_import(actor=desk.owner, path=path, source="old", mapping=mapping, **more)
    return casework.run_import(desk.owner, row, path)


def test_events_are_replayed_with_their_times_and_clocks_computed(
    desk: Desk, tmp_path: Path
) -> None:
    file = tmp_path / "log.csv"
    file.write_text(ROWS)
    tried = taken(desk, file, LOG, dry_run=True)
    assert (tried.cases, tried.refused, Case.objects.count()) == (2, 1, 0)
    assert tried.problems[0]["row"] == 7
    assert tried.problems[0]["code"] == "CASE-189"
    done = taken(desk, file, LOG)
    assert (done.state, done.cases, done.events) == ("done", 2, 7)
    case = Case.objects.get(source_id="a")
    clock = Clock.objects.get(case=case, definition__code="resolve")
    assert (clock.state, clock.elapsed_us) == ("met", 5 * 3_600_000_000)
    assert clock.paused_us == 2 * 3_600_000_000
    assert case.closed_at == MONDAY - timedelta(days=6, hours=17)
    assert [each.pk for each in casework.search_cases(desk.owner, "printer")] == [case.pk]
    closed = CaseCount.objects.filter(phase="closed").values_list("number", flat=True)
    assert sum(closed) == 1
    with at(MONDAY + timedelta(minutes=1)):
        assert casework.audit_clocks(actor=SYSTEM).drifted == 0
    again = taken(desk, file, LOG)
    assert (again.cases, again.known, Case.objects.count()) == (0, 2, 2)


def test_history_tells_nobody(desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "log.csv"
    file.write_text("Case,What,When,About\nb,Come,2026-09-01T14:00:00Z,Old\n")
    taken(desk, file, LOG)
    before = CaseEvent.objects.count()
    tick()
    assert CaseEvent.objects.count() == before


def test_a_log_in_xes_is_read_and_entities_are_refused(desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "log.xes"
    event = (
        '<event><string key="concept:name" value="{}"/><date key="time:timestamp" value="{}"/>'
        "</event>"
    )
    trace = (
        '<trace><string key="concept:name" value="t1"/>'
        + event.format("Come", "2026-09-28T14:00:00+00:00")
        + event.format("Close", "2026-09-28T15:00:00+00:00")
        + "</trace>"
    )
    file.write_text(f'<log xmlns="http://www.xes-standard.org/">{trace}</log>')
    mapping = {**LOG, "kind": "xes", "columns": {}}
    assert taken(desk, file, mapping).cases == 1
    assert Case.objects.get().phase == "closed"
    file.write_text('<!DOCTYPE log [<!ENTITY a "b">]><log>&a;</log>')
    with pytest.raises(CaseError, match="entities"):
        taken(desk, file, mapping)


def test_a_row_a_case(desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "cases.csv"
    file.write_text(
        "Id,Agency,Kind,Opened,Closed,Name\n"
        "1,PRK,incident,2026-09-28T14:00:00Z,2026-09-28T15:00:00Z,Ana\n"
        "2,NOBODY,incident,2026-09-28T14:00:00Z,,\n"
        "3,WTR,incident,2026-09-28T14:00:00Z,2026-09-27T14:00:00Z,\n"
    )
    columns = {"id": "Id", "agency": "Agency", "case_type": "Kind", "opened_at": "Opened",
               "closed_at": "Closed", "requester_name": "Name"}  # fmt: skip
    done = taken(desk, file, {"kind": "cases", "columns": columns})
    assert (done.cases, [each["code"] for each in done.problems]) == (1, ["CASE-186", "CASE-189"])
    case = Case.objects.select_related("requester").get()
    assert case.requester is not None
    assert case.requester.name == "Ana"


@pytest.mark.parametrize(
    "wrong",
    [{"kind": "cases"}, {**LOG, "columns": {"secret": "x"}}, {**LOG, "zone": "Mars/Base"},
     {**LOG, "activities": {"x": {"phase": "waiting"}}}],
)  # fmt: skip
def test_a_mapping_that_cannot_be_used_is_refused(
    desk: Desk, tmp_path: Path, wrong: dict[str, Any]
) -> None:
    file = tmp_path / "log.csv"
    file.write_text(ROWS)
    with pytest.raises(CaseError, match="mapping"):
        taken(desk, file, wrong)


def test_an_agent_imports_nothing(desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "log.csv"
    file.write_text(ROWS)
    with pytest.raises(Forbidden):
        casework.start_import(actor=desk.agent, path=file, source="old", mapping=LOG)


def test_rows_of_many_cases_are_checked_against_them_once_a_statement(desk: Desk) -> None:
    """A check row by row, asked with the agency, read all of its cases for each: 40 s a step."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgrelid::regclass::text FROM pg_trigger JOIN pg_proc ON pg_proc.oid = tgfoid"
            " WHERE proname = 'casework_same_agency' AND (tgtype & 1) = 0"
            " AND tgnewtable = 'fresh'"
        )
        checked = {row[0] for row in cursor.fetchall()}
    assert {"casework_caseevent", "casework_clock", "casework_interaction"} <= checked
    assert len(checked) == 16

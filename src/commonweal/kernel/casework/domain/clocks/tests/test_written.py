"""A clock written as a document says what the engine says of the case itself."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from importlib import resources
from zoneinfo import ZoneInfo

import pytest
from jsonschema import Draft202012Validator

from commonweal.kernel.casework.domain.clocks import Level, documents, run, trial
from commonweal.kernel.casework.domain.clocks.documents import run_document, told
from commonweal.kernel.casework.domain.clocks.tests.desk import GLPI, OFFICE, Case, at, promise
from commonweal.kernel.casework.domain.clocks.written import written
from commonweal.kernel.casework.domain.errors import CaseError

SCHEMA = resources.files(documents.__package__ or "").joinpath("schemas", "clock.schema.json")
DAY = 86_400_000_000


@pytest.mark.parametrize("seed", range(60))
def test_a_written_clock_gives_the_same_cycles(seed: int) -> None:
    chance = random.Random(f"written:{seed}")
    reader = Draft202012Validator(json.loads(SCHEMA.read_text()))
    calendar = trial.random_calendar(chance)
    zone = ZoneInfo(calendar.zone)
    for _case in range(15):
        first = trial.random_terms(chance, calendar)
        first = replace(first, levels=(*first.levels, Level("last", "percent", 99)))
        events = trial.random_events(chance, calendar, at("2026-03-20 00:00"))
        later = replace(first, target=first.target + 1, levels=())
        track = [(1, first)]
        for event in events[1:]:
            if event.kind == "classified" or chance.random() < 0.2:
                track.append((event.seq, chance.choice((first, later, None))))
        as_of = max(each.at for each in events) + chance.choice((0, 1, 3 * DAY))
        document = json.loads(json.dumps(written(track, events, as_of)))
        assert list(reader.iter_errors(document)) == []
        found = run_document(document)["cycles"]
        wanted = [told(cycle, as_of, zone) for cycle in run(events, track, as_of)]
        for row in (*found, *wanted):
            del row["service_level"]
        assert found == wanted


def test_nothing_that_was_said_and_no_team_is_written() -> None:
    case = Case("2026-03-23 10:00", team="red", subject="Anna Weber calls")
    case.then("2026-03-23 11:00", "message", direction="in", human=True, public=True, text="Hello")
    case.then("2026-03-23 11:05", "assigned", team="red", by="Anna Weber")
    case.then("2026-03-23 11:06", "note", text="They are rude")
    case.then("2026-03-23 11:07", "visit", stage="joined", ticket="D7")
    text = json.dumps(written([(1, promise())], case.events, at("2026-03-23 12:00")))
    assert not any(word in text for word in ("Anna", "Hello", "rude", "red", "D7"))
    ours = replace(promise(), kind="ola", teams=frozenset({"red"}))
    assert '"team": "red"' in json.dumps(written([(1, ours)], case.events, at("2026-03-24 12:00")))


def test_two_calendars_do_not_fit_into_one_file() -> None:
    case = Case("2026-03-23 10:00")
    track = [(1, promise()), (2, replace(promise(), calendar=OFFICE))]
    assert GLPI != OFFICE
    with pytest.raises(CaseError) as refused:
        written(track, case.events, at("2026-03-23 12:00"))
    assert refused.value.code == "CASE-197"

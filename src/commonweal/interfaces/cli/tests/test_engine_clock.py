"""`commonweal engine clock`: the documented example, and documents that cannot be used."""

from __future__ import annotations

import copy
import io
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from commonweal.interfaces.cli.engine import clock_schema
from commonweal.interfaces.cli.main import main

ROOT = Path(__file__).resolve().parents[5]
EXAMPLE = ROOT / "docs" / "reference" / "examples" / "clock.json"
Door = Callable[[Any], tuple[int, Any, str]]


@pytest.fixture
def door(capsysbinary: pytest.CaptureFixture[bytes], tmp_path: Path) -> Door:
    """Status, result and message for a document, or for a file's bytes."""

    def run(document: Any) -> tuple[int, Any, str]:
        file = tmp_path / "clock.json"
        raw = document if isinstance(document, bytes) else json.dumps(document).encode()
        file.write_bytes(raw)
        status = main(["engine", "clock", str(file)])
        out, error = capsysbinary.readouterr()
        return status, json.loads(out) if out else None, error.decode().removeprefix(str(file))

    return run


def example() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(EXAMPLE.read_text(encoding="utf-8"))
    return loaded


def test_the_example_by_hand(door: Door) -> None:
    """As docs/reference/engine-clock.md works it out."""
    status, result, error = door(example())
    assert (status, error) == (0, "")
    (cycle,) = result["cycles"]
    hours = {name: int(cycle[name]) / 3600 for name in ("target", "elapsed", "paused", "left")}
    assert hours == {"target": 14, "elapsed": 22, "paused": 9, "left": -8}
    assert (cycle["due"], cycle["breached"]) == ("2026-10-28T16:00:00+01:00",) * 2
    assert cycle["next"] == "2026-10-29T16:00:00+01:00"
    assert {each["code"]: each["at"][5:16] for each in cycle["escalations"]} == {
        "half": "10-26T18:00", "team-lead": "10-28T14:00", "director": "10-29T16:00",
    }  # fmt: skip
    sums = {"working": 0, "paused:requester": 0, "outside": 0}
    for each in cycle["intervals"]:
        sums[each["counts_as"]] += int(each["seconds"])
    assert sums["working"] == int(cycle["elapsed"])
    assert sums["paused:requester"] == int(cycle["paused"])


def test_standard_input_and_microseconds(
    monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    document = example()
    document["events"][0]["at"] = "2026-10-22T16:00:00.000001+02:00"
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(json.dumps(document).encode())))
    assert main(["engine", "clock", "-"]) == 0
    result = json.loads(capsysbinary.readouterr().out)
    assert result["cycles"][0]["elapsed"] == "79199.999999"


def test_another_service_level_takes_over_and_none_holds_any_more(door: Door) -> None:
    document = example()
    document["service_levels"].append(
        {"code": "quick", "metric": "resolution", "target": {"seconds": 3600}}
    )
    at = "2026-10-26T17:00:00+01:00"
    document["events"] += [
        {"at": at, "kind": "terms", "data": {"code": "quick"}},
        {"at": "2026-10-28T09:00:00+01:00", "kind": "terms", "data": {"code": None}},
    ]
    _, result, _ = door(document)
    first, second = result["cycles"]
    assert (first["state"], first["reason"]) == ("cancelled", "superseded")
    assert (second["service_level"], second["reason"]) == ("quick", "withdrawn")
    document["events"].pop()
    _, result, _ = door(document)
    assert result["cycles"][1]["reason"] == "reclassified"
    assert result["cycles"][1]["breached"] == at


def _set(path: str, value: Any) -> Callable[[dict[str, Any]], None]:
    def change(document: dict[str, Any]) -> None:
        *above, last = [int(part) if part.isdigit() else part for part in path.split("/")]
        place: Any = document
        for part in above:
            place = place[part]
        place[last] = value

    return change


REFUSED = [
    ("as_of", "yesterday", "/as_of", "CASE-191"),
    ("as_of", "2026-10-29T15:00:00", "/as_of", "CASE-191"),
    ("as_of", "2199-10-29T15:00:00Z", "/as_of", "CASE-191"),
    ("calendar/zone", "Middle/Earth", "/calendar", "CALENDAR-104"),
    ("calendar/zone", "../../etc/passwd", "/calendar", "CALENDAR-104"),
    ("calendar/weekly", [], "/calendar/weekly", "ENGINE-104"),
    ("calendar/weekly/0/from", "8am", "/calendar/weekly/0/from", "ENGINE-104"),
    ("calendar/weekly/0/to", "09:00", "/calendar", "CALENDAR-103"),
    ("calendar/weekly/0/day", "funday", "/calendar/weekly/0/day", "ENGINE-104"),
    ("calendar/exceptions/0/day", "2026-02-30", "/calendar/exceptions/0/day", "CASE-192"),
    ("calendar/exceptions/1/day", "2026-10-27", "/calendar", "CALENDAR-103"),
    ("service_levels/0/target", {}, "/service_levels/0/target", "ENGINE-104"),
    ("service_levels/0/target", {"days": 1, "seconds": 1}, "/service_levels/0/target", "CASE-193"),
    ("service_levels/0/target", {"seconds": 9, "end_of_day": True}, "/service_levels/0/target",
     "CASE-193"),
    ("service_levels/0/target", {"seconds": 0}, "/service_levels/0", "CASE-170"),
    ("service_levels/0/target", {"seconds": "60"}, "/service_levels/0/target/seconds",
     "ENGINE-104"),
    ("service_levels/0/target", {"days": 10**20}, "/service_levels/0", "CASE-170"),
    ("service_levels/0/pause_cap_seconds", -1, "/service_levels/0", "CASE-170"),
    ("service_levels/0/metric", "speed", "/service_levels/0/metric", "ENGINE-104"),
    ("service_levels/0/levels/0/offset", 10**30, "/service_levels/0", "CASE-170"),
    ("service_levels/0/levels/1/offset", 10**30, "/events", "CALENDAR-107"),
    ("service_levels/0/levels/2/offset", 10**30, "/events", "CALENDAR-107"),
    ("service_levels/0/levels/2/offset", -(10**30), "/events", "CALENDAR-107"),
    ("service_levels/0/target", {"seconds": 340_000_000}, "/events", "CALENDAR-107"),
    ("events", [], "/events", "ENGINE-104"),
    ("events/0/kind", "update", "/events", "CASE-190"),
    ("events/0/at", "2026-10-22", "/events/0/at", "CASE-191"),
    ("events/1/data", {"phase": "sleeping"}, "/events/1/data/phase", "ENGINE-104"),
    ("events/1/data", {}, "/events/1/data/phase", "ENGINE-104"),
    ("events/2", {"at": "2026-10-26T16:00:00+01:00", "kind": "terms", "data": {"code": "gold"}},
     "/events/2/data/code", "CASE-196"),
    ("events/2", {"at": "2026-10-26T16:00:00+01:00", "kind": "absorbed", "data": {"opened_at": ""}},
     "/events/2/data/opened_at", "CASE-191"),
    ("events/2", {"at": "2026-10-26T16:00:00+01:00", "kind": "message", "data": {"human": 1}},
     "/events/2/data/direction", "ENGINE-104"),
    ("surprise", 1, "/surprise", "ENGINE-104"),
]  # fmt: skip


@pytest.mark.parametrize(("path", "value", "place", "code"), REFUSED)
def test_what_cannot_be_used_is_refused_with_its_place(
    door: Door, path: str, value: Any, place: str, code: str
) -> None:
    document = example()
    _set(path, value)(document)
    status, result, error = door(document)
    assert (status, result) == (2, None)
    assert error.startswith(f"#{place}: "), error
    assert error.rstrip().endswith(f"({code})"), error


@pytest.mark.parametrize("raw", [b"", b"[]", b"\xff\xfe", b"{", b"[" * 100_000, b'{"as_of": 1.5}'])
def test_what_is_no_document_at_all(door: Door, raw: bytes) -> None:
    status, result, error = door(raw)
    assert (status, result) == (2, None)
    assert "(ENGINE-10" in error


def test_service_levels_of_one_document_are_of_one_promise(door: Door) -> None:
    twice = example()
    twice["service_levels"].append(copy.deepcopy(twice["service_levels"][0]))
    assert "CASE-194" in door(twice)[2]
    other = example()
    other["service_levels"].append(
        {"code": "call", "metric": "callback", "target": {"seconds": 60}}
    )
    assert "CASE-195" in door(other)[2]


def test_a_far_away_past_ends(door: Door) -> None:
    """An event of 1901, read today: a long answer, or a refusal, but an end."""
    document = example()
    document["events"][0]["at"] = "1901-10-22T16:00:00+02:00"
    status, _, error = door(document)
    assert status in (0, 2), error


def test_the_schema_is_one_and_the_example_meets_it() -> None:
    Draft202012Validator.check_schema(clock_schema())
    Draft202012Validator(clock_schema()).validate(example())

"""Bad input, one row each: the code, and the place it points at."""

from __future__ import annotations

import pytest

from commonweal.kernel.access.public import SYSTEM
from commonweal.kernel.metering import public as metering
from commonweal.kernel.metering.models import UsageFact

from .world import World, event

CASES = [
    ({"quantity": ""}, "USAGE-104", "quantity"),
    ({"quantity": None}, "USAGE-104", "quantity"),
    ({"quantity": "1,5"}, "USAGE-105", "quantity"),
    ({"quantity": "1e3"}, "USAGE-105", "quantity"),
    ({"quantity": "0.1234567"}, "USAGE-105", "quantity"),
    ({"quantity": "NaN"}, "USAGE-105", "quantity"),
    ({"quantity": "٣"}, "USAGE-105", "quantity"),
    ({"quantity": "1\n"}, "USAGE-105", "quantity"),
    ({"quantity": "-1"}, "USAGE-106", "quantity"),
    ({"quantity": "1234567890123"}, "USAGE-107", "quantity"),
    ({"quantity": 3.5}, "USAGE-128", "quantity"),
    ({"agency": "nobody"}, "USAGE-108", "agency"),
    ({"charge_item": "nothing"}, "USAGE-109", "charge_item"),
    ({"charge_item": "old"}, "USAGE-110", "charge_item"),
    ({"origin": "ann@parks.example"}, "USAGE-111", "origin"),
    ({"dimensions": {"who": "ann@parks.example"}}, "USAGE-111", "dimensions/who"),
    ({"unit": "HUR"}, "USAGE-112", "unit"),
    ({"from": "2026-10-02"}, "USAGE-113", "from"),
    ({"from": "2026-10-02T10:00:00"}, "USAGE-113", "from"),
    ({"to": "tomorrow"}, "USAGE-113", "to"),
    ({"to": "2026-10-02T10:00:00Z"}, "USAGE-114", "to"),
    ({"from": "2027-02-02T10:00:00Z", "to": "2027-02-02T11:00:00Z"}, "USAGE-115", "from"),
    ({"order_line": "A-0001-01/2"}, "USAGE-116", "order_line"),
    ({"order_line": "A-9/1"}, "USAGE-116", "order_line"),
    (
        {"order_line": "A-0001-01/1", "from": "2025-12-02T10:00:00Z"},
        "USAGE-117",
        "order_line",
    ),
    ({"bureau": "south"}, "USAGE-118", "bureau"),
    ({"origin": "x" * 201}, "USAGE-121", "origin"),
    ({"origin": "a\tb"}, "USAGE-121", "origin"),
    ({"dimensions": {"Big Name": "x"}}, "USAGE-122", "dimensions"),
    ({"dimensions": {"n": 5}}, "USAGE-122", "dimensions"),
    ({"colour": "red"}, "USAGE-129", None),
]


ENVELOPES: list[tuple[object, str, str]] = [
    ("text", "USAGE-128", "/event"),
    ({}, "USAGE-120", "/specversion"),
    (event("a", type="other"), "USAGE-120", "/type"),
    ({**event("a"), "data": []}, "USAGE-128", "/data"),
    ({**event("a"), "id": ""}, "USAGE-101", "/id"),
    ({**event("a"), "id": "a@b"}, "USAGE-111", "/id"),
    (event("a", source="nowhere"), "USAGE-102", "/source"),
    (event("a", source=""), "USAGE-102", "/source"),
]


def test_bad_fields_are_refused_one_by_one(world: World) -> None:
    bad = [event(f"bad-{number}", **changes) for number, (changes, _, _) in enumerate(CASES)]
    result = metering.submit(actor=SYSTEM, events=[event("good"), *bad, event("good too")])
    assert result.accepted == UsageFact.objects.count() == 2
    assert len(result.rejected) == len(CASES)
    for row, (problem, (changes, code, field)) in enumerate(
        zip(result.rejected, CASES, strict=True), start=1
    ):
        assert (problem.code, problem.row) == (code, row), changes
        assert problem.external_id == f"bad-{row - 1}"
        assert problem.message.startswith(f"Record {row + 1}: ")
        if field:
            assert problem.pointer == f"/{row}/data/{field}"


def test_bad_envelopes_are_refused_one_by_one(world: World) -> None:
    result = metering.submit(actor=SYSTEM, events=[bad for bad, _, _ in ENVELOPES])
    found = [(problem.code, problem.pointer) for problem in result.rejected]
    assert found == [(code, f"/{row}{at}") for row, (_, code, at) in enumerate(ENVELOPES)]


def test_closed_source_and_batch_limit(world: World) -> None:
    metering.put_source(actor=SYSTEM, code="desk", name="Desk", active=False)
    result = metering.submit(actor=SYSTEM, events=[event("a", source="desk")])
    assert result.rejected[0].code == "USAGE-103"
    with pytest.raises(metering.UsageError, match="USAGE-130"):
        metering.submit(actor=SYSTEM, events=[event("a")] * 10_001)


def test_good_odd_input_is_taken(world: World) -> None:
    result = metering.submit(
        actor=SYSTEM,
        events=[
            event("zero", quantity="0"),
            event("line", order_line="A-0001-01/1"),
            event("line-id", order_line=str(world.lines["parks", "payslip"])),
            event("ids", agency=str(world.parks), charge_item=str(world.payslip)),
            event("back\\slash\\N"),
            event("offset", **{"from": "2026-10-02T05:00:00-05:00"}),
            event("hint", source=None),
        ],
        source_hint="desk",
    )
    assert result.rejected == ()
    assert result.accepted == 7

"""From the ledger to the bills: every equation holds, and a tampered figure shows."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.db import connections

from commonweal.kernel.access.public import act_as
from commonweal.kernel.schema.public import Forbidden
from commonweal.practices.charging.domain.trace import STEPS, Step, Sums, steps_of, whole
from commonweal.practices.charging.public import ledger_to_bills

from .copies import copies, enter, world
from .world import AUGUST, JULY, World

__all__ = ["copies", "enter", "world"]
MONTH = Sums(
    period=JULY, ledger=1000, allocated={"a": 600, "b": 300}, edges={"a": 600, "b": 300},
    unallocated=100, positions={"a": -100, "b": 50}, bills=850, lines={"a": 500, "b": 350},
    funding=850, revenue={"a": 500, "b": 350}, expense={"a": 500, "b": 350},
)  # fmt: skip


def differing(steps: list[Step]) -> list[tuple[str, str, int | None]]:
    return [(step.code, step.service, step.difference) for step in steps if step.difference != 0]


def test_a_sound_month_has_no_difference() -> None:
    found = steps_of(MONTH)
    assert differing(found) == []
    assert {step.code for step in found} == set(STEPS)
    assert {step.state for step in found} == {"equal"}


@pytest.mark.parametrize(
    ("change", "wanted"),
    [
        ({"ledger": 1001}, [("cost", "", 1)]),
        ({"unallocated": 99}, [("cost", "", 1)]),
        ({"edges": {"a": 599, "b": 300}}, [("shares", "a", 1)]),
        ({"positions": {"a": -101, "b": 50}}, [("recovery", "a", -1)]),
        ({"bills": 849}, [("lines", "", -1)]),
        ({"funding": 851}, [("funding", "", -1)]),
        ({"revenue": {"a": 499, "b": 351}}, [("revenue", "a", 1), ("revenue", "b", -1)]),
        ({"expense": {"a": 500}}, [("expense", "", 350), ("expense", "b", 350)]),
    ],
)
def test_a_tampered_figure_shows_as_a_difference(
    change: dict[str, object], wanted: list[tuple[str, str, int]]
) -> None:
    assert sorted(differing(steps_of(replace(MONTH, **change)))) == sorted(wanted)


def test_what_is_not_there_is_unknown_and_never_zero() -> None:
    found = steps_of(replace(MONTH, allocated=None, unallocated=None))
    assert [step.code for step in found if step.state == "unknown"] == ["cost"]
    lacking = steps_of(replace(MONTH, positions={"a": -100}))
    assert [(step.code, step.service) for step in lacking if step.state == "unknown"] == [
        ("recovery", "b")
    ]
    summed = whole([steps_of(MONTH), found])
    assert {step.code: step.state for step in summed}["cost"] == "unknown"
    assert {step.code: step.left for step in summed}["lines"] == 1700
    assert whole([]) == []


def test_a_closed_month_reconciles_to_the_cent_and_an_open_one_is_not_counted(
    world: World,
) -> None:
    auditor = world.of("auditor")
    with act_as(auditor):
        found = ledger_to_bills(auditor, [JULY, AUGUST])
    assert found.open == [AUGUST]
    assert [month.period for month in found.months] == [JULY]
    assert found.differences == []
    assert found.unknown == []
    assert {step.code for step in found.steps} == set(STEPS)
    assert found.months[0].run_id is not None
    assert all(step.left for step in found.total)
    officer = world.of("agency_finance", "PARKS")
    with act_as(officer), pytest.raises(Forbidden):
        ledger_to_bills(officer, [JULY])


LABEL = "run_id IN (SELECT id FROM charging_allocationrun WHERE label = '2026-07')"
ROWS = (
    ("cost", "charging_costline", "amount_minor", "basis = 'actual' AND period = '2026-07'"),
    ("shares", "charging_allocationedge", "amount_minor", f"target = 'payroll' AND {LABEL}"),
    ("lines", "charging_bill", "total_minor", "period = '2026-07'"),
    ("funding", "charging_linefunding", "amount_minor", "true"),
    ("revenue", "charging_billline", "amount_minor", "true"),
    ("expense", "ledger_posting", "amount",
     "account_id IN (SELECT id FROM ledger_account WHERE code = '6100')"),
)  # fmt: skip


def test_whoever_changes_a_row_behind_the_triggers_is_seen(world: World) -> None:
    auditor = world.of("auditor")
    for code, table, column, where in ROWS:
        for change in (1, -1):
            with connections["owner"].cursor() as cursor:
                cursor.execute("SET app.centre = 'on'")
                cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
                cursor.execute(f"UPDATE {table} SET {column} = {column} + {change} WHERE {where}")
                assert cursor.rowcount
                cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
            with act_as(auditor):
                found = {step.code for step in ledger_to_bills(auditor, [JULY]).differences}
            assert (code in found) == (change == 1), (code, found)

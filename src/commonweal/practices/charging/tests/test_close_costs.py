"""A month without ledger costs: never called recovered, and mended by late costs."""

from __future__ import annotations

from datetime import date

import pytest

from commonweal.kernel.access.public import ANONYMOUS, SYSTEM, act_as
from commonweal.kernel.calendar.public import at
from commonweal.practices.charging.closing.usage import CostsMissing
from commonweal.practices.charging.models import AllocationRun, Bill, CloseStep
from commonweal.practices.charging.public import (
    CostRequest,
    import_costs,
    no_costs_reason,
    rate_book,
    service_positions,
)

from .copies import closed, copies, enter, world
from .world import AGENCIES, MAPPING, SEPTEMBER, World, after, month_usage

__all__ = ["closed", "copies", "enter", "world"]
REASON = "The ledger of September comes next week"
LATE = f"Period,Unit,Amount\n{SEPTEMBER},payroll,1000.00\n{SEPTEMBER},helpdesk,500.00\n"


def close_september(world: World, **options: str) -> None:
    with at(after(SEPTEMBER)):
        for source, facts in month_usage(SEPTEMBER).items():
            world.send(source, facts)
        world.report(SEPTEMBER)
    world.close(SEPTEMBER, **options)


def positions(world: World) -> dict[str, tuple[list[str], list[str], int]]:
    with act_as(world.finance):
        return {
            row.service_code: (list(row.months), list(row.missing), row.expense)
            for row in service_positions(world.finance, periods=[SEPTEMBER])
        }


def test_a_month_without_costs_stops_the_close(closed: World) -> None:
    with pytest.raises(CostsMissing) as bare:
        close_september(closed)
    assert bare.value.code == "CLOSE-203"
    assert "2026-08, has 3 ledger lines" in bare.value.message
    assert bare.value.details["rows"] == [
        {"month": "2026-08", "lines": 3}, {"month": SEPTEMBER, "lines": 0},
    ]  # fmt: skip
    with pytest.raises(CostsMissing) as short:
        closed.close(SEPTEMBER, no_costs_reason="no idea")
    assert short.value.code == "CLOSE-204"


def test_closed_with_a_reason_nothing_can_be_said_until_late_costs_come(closed: World) -> None:
    close_september(closed, no_costs_reason=REASON)
    with act_as(SYSTEM):
        step = CloseStep.objects.get(run__period=SEPTEMBER, code="allocate")
        assert step.detail == {"no_costs_reason": REASON}
        assert not AllocationRun.objects.filter(label=SEPTEMBER).exists()
        assert no_costs_reason(SYSTEM, SEPTEMBER) == REASON
        assert no_costs_reason(SYSTEM, "2026-08") is None
        billed = dict(Bill.objects.filter(period=SEPTEMBER).values_list("number", "content_hash"))
    assert len(billed) == len(AGENCIES)
    assert positions(closed)["payroll"] == ([], [SEPTEMBER], 0)
    with act_as(ANONYMOUS):
        book = rate_book(ANONYMOUS, date(2026, 10, 6)).services[0].position
    assert book is not None
    assert book.reserve_days is None
    shown = book.counted
    assert (list(shown.months), list(shown.missing)) == (["2026-07", "2026-08"], [SEPTEMBER])

    with at(after("2026-10")), act_as(closed.finance):
        report = import_costs(
            actor=closed.finance,
            request=CostRequest(
                filename="late.csv", data=LATE.encode(), given=MAPPING, currency="USD",
                late_reason="The ledger was a week late",
            ),
        )  # fmt: skip
    assert positions(closed)["payroll"] == ([SEPTEMBER], [], 100_000)
    with act_as(SYSTEM):
        made = AllocationRun.objects.get(label=SEPTEMBER)
        assert made.cost_import_id == report.cost_import.pk
        assert made.recorded_at == report.cost_import.recorded_at == after("2026-10")
        assert billed == dict(
            Bill.objects.filter(period=SEPTEMBER).values_list("number", "content_hash")
        )

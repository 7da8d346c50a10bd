"""An agency, its closed month, and the few things that the tests do again and again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from commonweal.kernel.access.public import act_as
from commonweal.kernel.schema.public import CommonwealError
from commonweal.practices.charging.tests.world import World
from commonweal.practices.consolidation import public as worth
from commonweal.practices.consolidation.models import Baseline, Claim, OwnCost

BEFORE = datetime(2026, 6, 1, 15, tzinfo=UTC)
PDF = b"%PDF-1.7 a budget"
LINES = (
    worth.NewCost("staff", "Two payroll clerks", 600_000, varies=True),
    worth.NewCost("hosting", "The payroll server", 120_000),
)
GIVEN = worth.NewBaseline(
    LINES, "Paid by the 25th, one late run in two years", 2025, "CPI", "payroll.payslip",
    Decimal(972), 60_000,
)  # fmt: skip
AMOUNT = 600_000 + 120_000


@pytest.fixture
def index(world: World) -> World:
    with act_as(world.finance):
        worth.put_index(actor=world.finance, code="CPI", name="Consumer prices", source="Bureau")
        for year, value in ((2025, "100"), (2027, "100")):
            worth.put_index_value(
                actor=world.finance, index="CPI", year=year, value=value, source="Bureau, June"
            )
    return world


def draft(world: World, given: worth.NewBaseline = GIVEN, evidence: bool = True) -> Baseline:
    officer = world.of("agency_finance", "PARKS")
    with act_as(officer):
        row = worth.put_baseline(
            actor=officer, agency_id=world.agencies["PARKS"], service="payroll", given=given
        )
        if evidence:
            worth.add_evidence(
                actor=officer, baseline_id=row.pk, filename="budget.pdf",
                media_type="application/pdf", data=PDF,
            )  # fmt: skip
    return row


def sign(world: World, when: datetime | None = BEFORE, **more: Any) -> Baseline:
    with world.clock(when):
        row = draft(world, **more)
        officer, second = world.of("agency_finance", "PARKS"), world.of("agency_approver", "PARKS")
        with act_as(officer):
            worth.propose_baseline(actor=officer, baseline_id=row.pk)
        with act_as(second):
            return worth.sign_baseline(actor=second, baseline_id=row.pk)


def own(world: World, kind: str, period: str, amount: int) -> OwnCost:
    officer = world.of("agency_finance", "PARKS")
    with act_as(officer):
        return worth.put_own_cost(
            actor=officer, agency_id=world.agencies["PARKS"], service="payroll", period=period,
            kind=kind, amount_minor=amount,
        )  # fmt: skip


def own_all(world: World, amount: int = 0) -> None:
    for kind in worth.OWN_KINDS:
        own(world, kind, "2026-07", amount)


def view(world: World, service: str = "payroll", year: int = 2027) -> worth.YearView:
    officer = world.of("agency_finance", "PARKS")
    with act_as(officer):
        found = worth.year_views(
            officer, year, agency_id=world.agencies["PARKS"], service_code=service
        )
    return found[0]


def claim(world: World, row: Baseline, **more: Any) -> Claim:
    owner = world.of("agency_approver", "PARKS")
    values = {"cashable_minor": 100, "budget_minor": 100, "attributed_to": "Old payroll"} | more
    with act_as(owner):
        return worth.propose_claim(actor=owner, baseline_id=row.pk, fiscal_year=2027, **values)


def confirm(world: World, row: Claim) -> Claim:
    officer = world.of("agency_finance", "PARKS")
    with act_as(officer):
        return worth.confirm_claim(actor=officer, claim_id=row.pk)


@contextmanager
def refused(code: str, kind: type[CommonwealError] = CommonwealError) -> Iterator[None]:
    with pytest.raises(kind) as caught:
        yield
    assert caught.value.code == code


def saving(world: World) -> Baseline:
    """A signed baseline dear enough for a saving, with all own costs entered as none."""
    dear = replace(GIVEN, lines=(replace(LINES[1], amount_minor=60_000_000),))
    row = sign(world, given=dear)
    own_all(world)
    return row

"""Was sharing worth it? Three baselines signed before the orders, one of each outcome.

Veterans' payroll saves money, and the claim is confirmed. Education's hosting cost more alone, but
such services have become cheaper everywhere since: counted in today's prices it is a loss. The help
desk of Labor costs more than it did alone. The other agencies signed nothing, so theirs cannot be
determined.
"""

from __future__ import annotations

from dataclasses import dataclass

from commonweal.kernel.access.public import act_as
from commonweal.practices.consolidation.public import (
    OWN_KINDS,
    NewBaseline,
    NewCost,
    add_claim_evidence,
    add_evidence,
    baseline_of,
    confirm_claim,
    propose_baseline,
    propose_claim,
    put_baseline,
    put_index,
    put_index_value,
    put_own_cost,
    sign_baseline,
    year_view,
)

from .people import World

HOSTING, PRICES = "HOST", "CPI"
INDICES = (
    (PRICES, "Consumer prices", ((-3, "100"), (-1, "103.1"), (0, "105.9"), (1, "108.4"))),
    (HOSTING, "Hosting and data processing", ((-3, "100"), (-1, "96.4"), (0, "93.5"), (1, "91.2"))),
)
"""Code, name, and values by year, counted from the fiscal year that the demo's months begin in."""


@dataclass(frozen=True)
class Alone:
    """What a service cost an agency alone in a year, and what it still costs it beside ours."""

    agency: str
    service: str
    index: str
    level: str
    lines: tuple[NewCost, ...]
    retained: int = 0


BASELINES = (
    Alone(
        "VET", "payroll", PRICES, "Paid by the 25th; two late runs in three years",
        (NewCost("staff", "One and a half payroll clerks", 86_400_00),
         NewCost("licences", "Payroll program, with support", 18_500_00)),
        retained=4_800_00,
    ),
    Alone(
        "EDU", "hosting", HOSTING, "Two machine rooms; out of service for nineteen hours in a year",
        (NewCost("staff", "Four operators", 412_000_00),
         NewCost("hosting", "Racks, power and cooling of two rooms", 538_000_00),
         NewCost("licences", "Operating systems and backup", 276_000_00)),
    ),
    Alone(
        "LWD", "helpdesk", PRICES, "Office hours; a first answer within the day",
        (NewCost("staff", "Seven agents", 602_000_00),
         NewCost("licences", "Ticket program", 41_000_00)),
    ),
)  # fmt: skip
SAVER = BASELINES[0]
PAPER = "Post;Year's cost\n"


def sign_baselines(world: World, fiscal_year: int) -> None:
    """Indices by the centre; each baseline written by one person of the agency with the page of
    its budget, and signed by another, before the first order."""
    finance = world.of("finance_officer")
    with act_as(finance):
        for code, name, values in INDICES:
            put_index(actor=finance, code=code, name=name, source="Office of statistics, table 7")
            for step, value in values:
                put_index_value(
                    actor=finance, index=code, year=fiscal_year + step, value=value,
                    source="Office of statistics, table 7",
                )  # fmt: skip
    for alone in BASELINES:
        officer = world.of("agency_finance", alone.agency)
        approver = world.of("agency_approver", alone.agency)
        posts = (f"{row.text};{row.amount_minor // 100}\n" for row in alone.lines)
        budget = PAPER + "".join(posts)
        with act_as(officer):
            row = put_baseline(
                actor=officer, agency_id=world.agencies[alone.agency], service=alone.service,
                given=NewBaseline(alone.lines, alone.level, fiscal_year - 3, alone.index),
            )  # fmt: skip
            add_evidence(
                actor=officer, baseline_id=row.pk, filename="budget.csv", media_type="text/csv",
                data=budget.encode(),
            )  # fmt: skip
            propose_baseline(actor=officer, baseline_id=row.pk)
        with act_as(approver):
            sign_baseline(actor=approver, baseline_id=row.pk)


def own_costs(world: World, fiscal_year: int) -> None:
    """What the agencies kept paying beside our bills, entered once for the year."""
    for alone in BASELINES:
        officer = world.of("agency_finance", alone.agency)
        with act_as(officer):
            for kind in OWN_KINDS:
                put_own_cost(
                    actor=officer, agency_id=world.agencies[alone.agency], service=alone.service,
                    period=str(fiscal_year), kind=kind,
                    amount_minor=alone.retained if kind == "retained" else 0,
                )  # fmt: skip


def claim_saving(world: World, fiscal_year: int) -> None:
    """The one who saved claims it for the ended year; the finance officer confirms it."""
    agency_id = world.agencies[SAVER.agency]
    approver = world.of("agency_approver", SAVER.agency)
    officer = world.of("agency_finance", SAVER.agency)
    with act_as(approver):
        row = baseline_of(approver, agency_id, SAVER.service)
        if row is None:
            raise ValueError("the demo's saver signed no baseline")
        saved = year_view(approver, row.agency, SAVER.service, fiscal_year).saving.minor or 0
        claim = propose_claim(
            actor=approver, baseline_id=row.pk, fiscal_year=fiscal_year,
            cashable_minor=saved // 2, budget_minor=saved // 2,
            attributed_to="The old payroll program, switched off",
        )  # fmt: skip
        add_claim_evidence(
            actor=approver, claim_id=claim.pk, filename="switched-off.csv", media_type="text/csv",
            data=b"System;Last day\nPayroll program;2025-09-30\n",
        )  # fmt: skip
    with act_as(officer):
        confirm_claim(actor=officer, claim_id=claim.pk)

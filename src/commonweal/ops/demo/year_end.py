"""The end of the demo's fiscal year: adjustments of two services, never netted; the yearly package;
a data room with a sample; next year's figures; invoices; a page that every citizen can read."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

from commonweal.kernel.access.public import SYSTEM, act_as
from commonweal.kernel.authority.public import approve
from commonweal.kernel.calendar.public import FiscalPeriod
from commonweal.kernel.catalogue.public import service_by_code
from commonweal.kernel.party.public import agencies, centre, put_invoice_details
from commonweal.practices.charging.public import (
    POPULATIONS,
    Choices,
    carry_out_adjustment,
    draw_sample,
    issue_budget_figure,
    make_package_here,
    propose_adjustment,
    propose_engagement,
    publish_money,
)

from .people import World
from .turns import LEAVER

SURPLUS, SHORTFALL = "hosting", "helpdesk"
OPEN_PAGE = "LIB"
"""The agency whose page “Where did our money go?” everybody may read."""
SELLER = {
    "legal_name": "State of Meridian Shared Services", "street": "100 Capitol Way",
    "city": "Meridian", "postal_code": "59000", "country": "US", "endpoint_scheme": "9959",
    "endpoint_id": "81-0302402", "registration_id": "81-0302402", "vat_category": "O",
    "vat_reason": "Not subject to VAT",
}  # fmt: skip


def invoice_details(world: World) -> None:
    """What electronic invoices say of both sides."""
    with act_as(SYSTEM):
        own = centre().agency_id
        put_invoice_details(actor=SYSTEM, agency_id=own, fields=SELLER)
        for number, agency in enumerate(agencies(SYSTEM), start=1):
            said = {
                "legal_name": agency.name, "street": f"{number}00 Agency Row", "city": "Meridian",
                "postal_code": "59001", "country": "US", "endpoint_scheme": "9959",
                "endpoint_id": f"81-04{number:05d}", "registration_id": f"81-04{number:05d}",
            }  # fmt: skip
            put_invoice_details(actor=SYSTEM, agency_id=agency.pk, fields=said)


def adjust(world: World, ended: int, day: date) -> None:
    """Hosting gives its surplus back with interest; the help desk's lack goes into coming rates."""
    finance = world.of("finance_officer")
    first = date(ended, 7, 1)
    for service, choices, reason in (
        (SURPLUS, Choices("refund", rate=Decimal("4.25"), interest_from=first, interest_to=day),
         "Disks and power became cheaper than the rates supposed."),
        (SHORTFALL, Choices("future_rates", into_year=ended + 2),
         "More cases than forecast, each cheaper than its cost."),
    ):  # fmt: skip
        with act_as(finance):
            row = propose_adjustment(
                actor=finance, service_id=service_by_code(finance, service).pk, fiscal_year=ended,
                choices=choices, reason=reason,
            )  # fmt: skip
        _approve(world, row.decision_id, "Accounts compared.")
        if choices.method == "refund":
            with act_as(finance):
                carry_out_adjustment(actor=finance, adjustment_id=row.pk)


def _approve(world: World, decision_id: UUID | None, reason: str) -> None:
    """The director's part of a decision."""
    director = world.of("director")
    if decision_id is None:
        raise ValueError("nothing was proposed")
    with act_as(director):
        approve(actor=director, decision_id=decision_id, reason=reason)


def audit(world: World, first: FiscalPeriod, last: FiscalPeriod, ended: int, day: date) -> None:
    """The yearly package, a data room for the auditor, and a sample of its lines."""
    finance, auditor = world.of("finance_officer"), world.of("auditor")
    if auditor.person_id is None:
        raise ValueError("the demo's auditor is no person")
    with act_as(finance):
        room = propose_engagement(
            actor=finance, person_id=auditor.person_id, purpose="The yearly audit of the state.",
            populations=tuple(POPULATIONS), first_period=first.code, last_period=last.code,
            starts=day, ends=day + timedelta(days=180),
        )  # fmt: skip
    _approve(world, room.decision_id, "As every year.")
    with act_as(auditor):
        draw_sample(
            actor=auditor, engagement_id=room.pk, population="lines", seed="Audit 17/4", wanted=25
        )
        make_package_here(actor=auditor, fiscal_year=ended)


def budget_figures(world: World, fiscal_year: int) -> None:
    """Next year's figure for each agency that stays."""
    finance = world.of("finance_officer")
    with act_as(finance):
        for agency in agencies(finance):
            if agency.code != LEAVER:
                issue_budget_figure(actor=finance, agency_id=agency.pk, fiscal_year=fiscal_year)


def open_page(world: World) -> None:
    """A council decides that every citizen may read where its money went."""
    officer = world.of("agency_finance", OPEN_PAGE)
    with act_as(officer):
        publish_money(
            actor=officer, agency_id=world.agencies[OPEN_PAGE], published=True,
            reason="Decided by the library board on its spring meeting.",
        )  # fmt: skip

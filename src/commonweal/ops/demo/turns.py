"""What a year brings besides the months: a dispute that is credited, a price changed within the
year, and a customer that leaves."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from uuid import UUID

from commonweal.kernel.access.public import act_as
from commonweal.kernel.authority.public import approve, open_proposals
from commonweal.kernel.calendar.public import FiscalPeriod
from commonweal.kernel.catalogue.public import agreements, propose_ending, sign_ending
from commonweal.practices.charging.public import (
    accept_outcome,
    approve_rate,
    propose_rate,
    raise_query,
    rates_in_force,
    resolve_dispute,
)

from .people import World

LEAVER = "ART"
"""The agency that leaves the centre in the demo's year."""
DISPUTED = ("DNR", "hosting.rack-unit")
DISPUTE = "charging.LineQuery"


def dispute_and_credit(world: World, line_of: Callable[[str, str], UUID]) -> None:
    """An agency disputes a line; the centre finds it right in part; a second person approves."""
    agency, item = DISPUTED
    officer, finance = world.of("agency_finance", agency), world.of("finance_officer")
    with act_as(officer):
        query = raise_query(
            actor=officer,
            line_id=line_of(agency, item),
            kind="dispute",
            text="Two of the racks were handed back on the 3rd. The count is of the 1st.",
        )
    with act_as(finance):
        resolve_dispute(
            actor=finance,
            query_id=query.pk,
            outcome="credited",
            answer="The hand-over note is of the 3rd, and we counted the 1st. You are right.",
            amount_minor=max(1, query.disputed_minor // 8),
        )
        decision = open_proposals(finance, DISPUTE, [query.pk])[query.pk]
    director = world.of("director")
    with act_as(director):
        approve(actor=director, decision_id=decision.pk, reason="Hand-over note seen.")
    with act_as(officer):
        accept_outcome(actor=officer, query_id=query.pk)


def mid_year_change(world: World, item: str, starts: date, rate: str) -> None:
    """A price changes within the year, with the reason that everybody can read."""
    owner, director = world.of("service_owner"), world.of("director")
    with act_as(owner):
        known = next(
            version for version in rates_in_force(owner, starts) if version.charge_item.code == item
        )
        version = propose_rate(
            actor=owner,
            charge_item_id=known.charge_item_id,
            model={"kind": "per_unit", "rate": rate},
            starts=starts,
            reason="The carrier's new contract is cheaper; agencies have the saving at once.",
            mid_year=True,
            authority_ref="Council resolution 2026-07",
        )
    with act_as(director):
        approve_rate(actor=director, rate_version_id=version.pk)


def leave(world: World, ends: date) -> None:
    """An agency's agreement ends by both signatures; its orders end with it."""
    owner, officer = world.of("service_owner"), world.of("agency_approver", LEAVER)
    with act_as(owner):
        found = next(row for row in agreements(owner) if row.agency_id == world.agencies[LEAVER])
        ending = propose_ending(
            actor=owner,
            agreement_id=found.pk,
            ends=ends,
            reason="The council joins the university's services.",
        )
    director = world.of("director")
    for actor, side in ((officer, "agency"), (director, "centre")):
        with act_as(actor):
            sign_ending(actor=actor, ending_id=ending.pk, side=side)


def month_after(period: FiscalPeriod) -> date:
    """The first day of the next month."""
    return period.shift(1).first_day

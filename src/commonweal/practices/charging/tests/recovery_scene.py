"""The closed world with a fiscal year that ended in August 2026, and what its tests do often."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from commonweal.kernel.access.public import SYSTEM, act_as
from commonweal.kernel.authority.public import approve, reject
from commonweal.kernel.catalogue.public import Service
from commonweal.kernel.party.public import set_centre
from commonweal.practices.charging import public as charging
from commonweal.practices.charging.models import Adjustment

from .world import ZONE, World

YEAR = 2026


def end_the_year(world: World) -> None:
    """Let the fiscal year begin in September, so that July and August are the whole record of the
    year that ended."""
    with act_as(SYSTEM):
        set_centre(
            actor=SYSTEM, name="Meridian Shared Services", short_name="MSS", currency="USD",
            zone=ZONE, fiscal_year_start_month=9, contact_email="billing@example.org",
            contact_name="Billing desk", locale="en-us",
        )  # fmt: skip


def service_id(code: str) -> UUID:
    """A service's id."""
    return Service.objects.get(code=code).pk


def decide(world: World, decision_id: UUID | None, by: str = "director", reason: str = "") -> None:
    """Approve a proposal as the second person."""
    assert decision_id is not None
    actor = world.of(by)
    with act_as(actor):
        approve(actor=actor, decision_id=decision_id, reason=reason)


def refuse(world: World, decision_id: UUID | None) -> None:
    """Reject a proposal as the second person."""
    assert decision_id is not None
    actor = world.of("director")
    with act_as(actor):
        reject(actor=actor, decision_id=decision_id, reason="Not like this, please.")


def proposed(world: World, service: str, method: str = "refund", **chosen: Any) -> Adjustment:
    """Propose a year-end adjustment."""
    with act_as(world.finance):
        return charging.propose_adjustment(
            actor=world.finance, service_id=service_id(service), fiscal_year=YEAR,
            choices=charging.Choices(method=method, **chosen),
            reason="The comparison of revenue and cost of the year.",
        )  # fmt: skip


def entered(
    world: World, service: str, kind: str, amount: int, period: str = "2026-07", other: str = ""
) -> Any:
    """Enter and approve something in a service's account."""
    with act_as(world.finance):
        row = charging.propose_entry(
            actor=world.finance, service_id=service_id(service), kind=kind, period=period,
            amount_minor=amount, counterparty=other, reason="As the state's books say.",
        )  # fmt: skip
    decide(world, row.decision_id)
    return row

"""The small world, at noon of 15 October 2026 in the centre's zone, and something to decide."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from commonweal.kernel.access.public import SYSTEM, Actor, act_as, put_role
from commonweal.kernel.authority import public as authority
from commonweal.kernel.authority.models import Decision
from commonweal.kernel.calendar.public import at
from commonweal.kernel.party.tests.world import NOON, World, build_world

SUBJECT = "test.Rate"


@pytest.fixture
def world(db: None) -> Iterator[World]:
    """The centre and two agencies."""
    with at(NOON):
        yield build_world()


@pytest.fixture
def effects(monkeypatch: pytest.MonkeyPatch, world: World) -> list[tuple[str, str]]:
    """What happened; the test's subject and the permissions to propose and approve it."""
    from commonweal.kernel.authority import registry

    monkeypatch.setattr(registry, "_subjects", dict(registry._subjects))
    monkeypatch.setattr(registry, "_amounts", dict(registry._amounts))
    sides = {"centre": "test.approve", "agency": "test.approve"}
    authority.register_amounts(SUBJECT, "approve a rate", sides)
    happened: list[tuple[str, str]] = []
    authority.register_subject(
        SUBJECT,
        "test.approve",
        lambda actor, decision: happened.append(("approved", str(decision.subject_id))),
        lambda actor, decision: happened.append((decision.state, str(decision.subject_id))),
    )
    rights = ["authority.set_limits", "authority.name_second_approver"]
    grants = {
        "finance_officer": ["test.propose", "test.approve", "party.delegate"],
        "director": ["test.propose", "test.approve", *rights],
        "agency_finance": ["test.propose", "test.approve", "party.delegate", *rights],
        "agency_approver": ["test.approve", *rights],
    }
    with act_as(SYSTEM):
        for code, permissions in grants.items():
            side = "agency" if code.startswith("agency") else "centre"
            put_role(actor=SYSTEM, code=code, name=code, side=side, permissions=permissions)
    return happened


def proposed(actor: Actor, **more: Any) -> Decision:
    wanted: dict[str, Any] = {
        "subject_type": SUBJECT,
        "subject_id": uuid4(),
        "label": "Rate of a payslip",
        "statement": "A payslip costs $4.10 from 1 November.",
        "permission": "test.propose",
    }
    with act_as(actor):
        return authority.propose(actor=actor, **(wanted | more))


def approve(actor: Actor, decision: Decision) -> Decision:
    with act_as(actor):
        return authority.approve(actor=actor, decision_id=decision.pk)

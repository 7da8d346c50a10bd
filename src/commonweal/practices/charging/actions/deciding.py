"""Deciding what a row of this room waits for, as the second person."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from commonweal.kernel.access.public import Actor
from commonweal.kernel.authority.public import approve, reject


def decide(actor: Actor, row: Any, decision_id: UUID, approved: bool, reason: str) -> None:
    """Approve or reject the decision that a row waits for; the row says afterwards what became of
    it. Called inside the action of whatever is decided."""
    if approved:
        approve(actor=actor, decision_id=decision_id, reason=reason)
    else:
        reject(actor=actor, decision_id=decision_id, reason=reason)
    row.refresh_from_db()

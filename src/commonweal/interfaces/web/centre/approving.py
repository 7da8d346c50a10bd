"""The approval of a month's bills as people read it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from commonweal.kernel.access.public import Actor
from commonweal.kernel.audit.public import digest
from commonweal.practices.charging import public as charging

from .closes import CloseView
from .director import Recovered


@dataclass(frozen=True)
class Approving:
    """The proposal, and what each service would recover.

    `seen`: names this proposal and these disputes, so that nobody decides on what they did not
    read.
    """

    found: charging.IssueApproval
    seen: str
    services: Sequence[Recovered]

    @classmethod
    def of(cls, found: charging.IssueApproval) -> Approving:
        """A proposal in words."""
        asked = [str(found.decision.pk), *(str(query.pk) for query in found.disputes)]
        rows = [
            Recovered(
                row["name"],
                row["service"],
                row["charged"],
                row["cost"] or 0,
                row["charged"] - (row["cost"] or 0),
                row["cost"] is not None,
            )
            for row in found.services
        ]
        return cls(found, digest(asked)[:16], rows)


def approving(actor: Actor, view: CloseView) -> Approving | None:
    """The approval that a month's close waits for, or has; three queries at most."""
    if view.run is None or view.next is None or view.next.code not in {"approve", "issue"}:
        return None
    found = charging.issue_approval(actor, view.run)
    return None if found is None else Approving.of(found)

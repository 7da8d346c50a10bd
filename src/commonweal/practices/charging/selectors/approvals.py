"""What the second person reads before a month's bills are issued, and who that may be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from commonweal.kernel.access.public import Actor, require
from commonweal.kernel.authority.public import Decider, Deciders, Decision

from ..closing.anomalies import open_holds
from ..closing.approval import disputes, drafted_by, latest, window_open
from ..models import AnomalyHold, CloseRun, LineQuery
from .closes import VIEW


@dataclass(frozen=True)
class IssueApproval:
    """The newest proposal to issue a month's bills.

    `disputes`: what agencies dispute at this moment. `holds`: unusual lines that nobody has
    acknowledged or explained; bills wait for them. `deciders`: who holds the right, and what keeps
    them from it; `why_not`: what keeps the reader from it, empty if they may.
    """

    decision: Decision
    disputes: Sequence[LineQuery]
    deciders: Sequence[Decider]
    why_not: str
    window_open: bool
    holds: Sequence[AnomalyHold] = ()

    @property
    def waits(self) -> bool:
        """Whether it is still to be decided."""
        return self.decision.state == "proposed"

    @property
    def services(self) -> Sequence[Mapping[str, Any]]:
        """What each service charges beside what it cost (None: not known), in minor units."""
        found: Sequence[Mapping[str, Any]] = self.decision.effect["services"]
        return found


def issue_approval(actor: Actor, run: CloseRun) -> IssueApproval | None:
    """The approval of a month's bills, waiting or given; None before it was proposed."""
    require(actor, VIEW)
    decision = latest(actor, run)
    if decision is None:
        return None
    step = next((step for step in run.steps.all() if step.code == "draft"), None)
    drafted = step.run_by if step else None
    known = Deciders(actor, [])
    why_not = known.why_not_on(actor, decision)
    if not why_not and drafted_by(actor, drafted, decision.agency_id):
        why_not = _("You drafted these bills, so somebody else must approve that they go out.")
    return IssueApproval(
        decision,
        disputes(run),
        known.on(decision),
        why_not,
        window_open(run),
        open_holds(run),
    )

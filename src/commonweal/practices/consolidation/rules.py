"""Who may read, enter, sign, claim and confirm."""

from __future__ import annotations

from uuid import UUID

from commonweal.kernel.access.public import Actor, require

VIEW = "consolidation.view"
ENTER = "consolidation.enter"
SIGN = "consolidation.sign"
CLAIM = "consolidation.claim"
CONFIRM = "consolidation.confirm"
INDEX = "consolidation.put_index"
BASELINE, CLAIMED = "consolidation.Baseline", "consolidation.Claim"


def require_view(actor: Actor, agency_id: UUID | None = None) -> None:
    """Refuse unless the actor may read an agency's figures, or (None) everybody's (ACCESS-403)."""
    require(actor, VIEW, agency_id)

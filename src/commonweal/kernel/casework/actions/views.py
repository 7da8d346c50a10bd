"""Saved views: named lists of cases, of an account or of a team."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from ...access.public import Actor, require
from ...audit.public import action, record
from ...party.public import centre
from ...schema.public import Forbidden, NotFound
from ..domain.errors import CaseError
from ..domain.states import PRIORITIES
from ..models import Queue, SavedView, Team
from ..rules import MANAGE, WORK, teams_of
from ..selectors.lists import ORDERS, STANDINGS

SHOWN = ("mine", "queue", "unassigned", "all")
MOST_VIEWS = 12


def plain_filters(filters: Mapping[str, Any]) -> dict[str, Any]:
    """The filters of a view as they are kept (CASE-261 where the list does not know one)."""
    kept = {name: value for name, value in filters.items() if value not in ("", None, False)}
    allowed: dict[str, Any] = {
        "show": SHOWN, "standing": tuple(STANDINGS), "order": tuple(ORDERS),
        "priority": PRIORITIES, "late": (True,), "queue": None,
    }  # fmt: skip
    for name, value in kept.items():
        known = allowed.get(name, ())
        if known is not None and value not in known:
            raise CaseError(
                "CASE-261",
                f"A list of cases has no “{name[:20]}” of this kind. Choose it in the list, then "
                "save the view.",
                field=name[:20],
            )
    if kept.get("standing") == "done" and kept.get("order") in ("due", "priority"):
        kept["order"] = "newest"
    if "queue" in kept and not Queue.objects.filter(code=str(kept["queue"])).exists():
        raise CaseError("CASE-121", "There is no such queue. Choose one of the list.",
                        field="queue")  # fmt: skip
    return kept


@action
def save_view(*, actor: Actor, name: str, filters: Mapping[str, Any], team: str = "") -> SavedView:
    """Keep a list under a name for oneself, or for a team that one belongs to; the same name is
    replaced. CASE-260 no name, 261 an unknown filter, 262 too many, 121 no such queue."""
    require(actor, WORK)
    plain = " ".join(name.split())[:60]
    if not plain:
        raise CaseError("CASE-260", "Give the view a name, such as “Late, urgent”.", field="name")
    kept = plain_filters(filters)
    theirs = _team(actor, team) if team else None
    whose: dict[str, Any] = {"team": theirs} if theirs else {"user_id": actor.user_id}
    others = SavedView.objects.filter(**whose).exclude(name=plain)
    if others.count() >= MOST_VIEWS:
        raise CaseError(
            "CASE-262",
            f"There are {MOST_VIEWS} views already, as many as fit above the list. Take one away "
            "first.",
            field="name",
        )
    row, _fresh = SavedView.objects.update_or_create(
        name=plain,
        **whose,
        defaults={
            "agency_id": centre().agency_id, "filters": kept, "made_by": actor.user_id,
        },
    )  # fmt: skip
    record(actor=actor, verb="casework.view_saved", target=row, payload={"team": bool(theirs)})
    return row


def _team(actor: Actor, code: str) -> Team:
    """A team whose views the actor may set: their own, or any with `manage` (ACCESS-403)."""
    found = Team.objects.filter(code=code).first()
    if found is None:
        raise NotFound("CASE-417", "There is no such team. Choose one of the list.")
    if found.pk not in teams_of(actor) and not actor.may(MANAGE):
        raise Forbidden("ACCESS-403", "You do not belong to this team. Save the view for yourself.")
    return found


@action
def drop_view(*, actor: Actor, view_id: UUID) -> None:
    """Take a saved view away: one's own, or that of a team that one belongs to (CASE-418)."""
    require(actor, WORK)
    row = SavedView.objects.select_related("team").filter(pk=view_id).first()
    own = row is not None and actor.user_id is not None and row.user_id == actor.user_id
    if row is None or not (own or row.team):
        raise NotFound("CASE-418", "There is no such view among yours.")
    if row.team is not None:
        _team(actor, row.team.code)
    record(actor=actor, verb="casework.view_dropped", target=row)
    row.delete()

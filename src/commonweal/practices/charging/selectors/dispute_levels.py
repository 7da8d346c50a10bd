"""The levels at which disputes are answered, as set by the centre."""

from __future__ import annotations

from commonweal.kernel.access.public import Actor

from ..domain.disputes import LEVELS, Level
from ..models import DisputeLevel


def dispute_levels(actor: Actor) -> tuple[Level, ...]:
    """Every level in order with its days and the person named for it, if any. Anybody may know."""
    return levels_now()


def levels_now() -> tuple[Level, ...]:
    """The same for the room itself."""
    rows = {row.code: row for row in DisputeLevel.objects.all()}
    return tuple(
        Level(level.code, row.days, row.agency_days, row.person_id)
        if (row := rows.get(level.code))
        else level
        for level in LEVELS
    )


def level_now(code: str) -> Level:
    """One level."""
    return next(level for level in levels_now() if level.code == code)

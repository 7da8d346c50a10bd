"""Disputes of bill lines: categories, levels, outcomes, and what of a line can be disputed. Pure.

The levels follow the reference (domain.md §1.7: an owner within days, the director, then the board,
which hears of disputes raised, open and resolved at each meeting).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from commonweal.kernel.schema.public import CommonwealError

CATEGORIES = ("quantity", "rate", "agency", "service", "funding", "duplicate", "other")
OUTCOMES = ("explained", "credited", "rejected")
ENOUGH = 10
LARGEST_FILE = 5_000_000
MOST_FILES = 20


class DisputeError(CommonwealError):
    """A dispute cannot go on as asked; the message says what to do."""


@dataclass(frozen=True)
class Level:
    """Who answers: a right that roles hold, perhaps a person, and how long each side has.

    `days`: working days to answer. `agency_days`: working days in which the agency may take the
    outcome further.
    """

    code: str
    days: int
    agency_days: int
    person_id: UUID | None = None

    @property
    def permission(self) -> str:
        """The right to answer at this level."""
        return f"charging.disputes_{self.code}"


LEVELS: tuple[Level, ...] = (
    Level("owner", 5, 10),
    Level("finance", 5, 10),
    Level("director", 10, 10),
    Level("board", 65, 0),
)
"""The levels where nobody set others: owner of the service, finance officer, director, board."""
CODES = tuple(level.code for level in LEVELS)


def next_level(code: str) -> str:
    """The level above; empty at the board, whose answer is final."""
    place = CODES.index(code) + 1
    return CODES[place] if place < len(CODES) else ""


def rights_from(code: str) -> tuple[str, ...]:
    """The rights that let somebody answer at a level: its own, and those of the levels above."""
    return tuple(level.permission for level in LEVELS[CODES.index(code) :])


@dataclass(frozen=True)
class Claim:
    """What a new dispute of a line comes to: an amount of its own, or the one it joins."""

    amount: int
    joins: UUID | None = None


def claim(
    line_minor: int, live: Sequence[tuple[UUID, int]], amount: int | None, shown: str
) -> Claim:
    """What two people who dispute one line get.

    Without an amount the first disputes the whole line, and whoever comes later joins the oldest
    dispute that is open. An amount may be disputed of what is left; where nothing is, they join.
    The sum never exceeds the line (BILL-108). `live`: open disputes, oldest first, with amounts.
    `shown`: what is left, in words.
    """
    left = room(line_minor, live)
    if live and (amount is None or left == 0):
        return Claim(0, live[0][0])
    wanted = left if amount is None else amount
    if wanted > left or (wanted < 1 and line_minor):
        raise DisputeError(
            "BILL-108",
            f"You can dispute up to {shown} of this line: no more of it is undisputed. Give such "
            "an amount, or none, to join the dispute that is open or dispute the whole line.",
            field="amount",
        )
    return Claim(wanted)


def room(line_minor: int, live: Sequence[tuple[UUID, int]]) -> int:
    """What of a line nobody disputes, in minor units; of a credit or correction its size counts."""
    return max(0, abs(line_minor) - sum(amount for _key, amount in live))


def check_category(category: str) -> str:
    """A category of the list (BILL-107)."""
    if category not in CATEGORIES:
        raise DisputeError(
            "BILL-107",
            "Choose what is wrong with the line: quantity, rate, wrong agency, service not "
            "received, funding, charged twice, or something else.",
            field="category",
        )
    return category


def check_outcome(outcome: str, reason: str, amount: int | None, left: int, shown: str) -> None:
    """An outcome needs an answer (BILL-105), one against the agency or for money a reason
    (BILL-119), and a credit an amount within what is disputed (BILL-109, BILL-110)."""
    if outcome not in OUTCOMES:
        raise DisputeError(
            "BILL-109", "Choose an outcome: explained, credited or rejected.", field="outcome"
        )
    if not reason.strip():
        raise DisputeError(
            "BILL-105",
            "The answer is empty. Write what the agency should know.",
            field="answer",
        )
    if outcome != "explained" and len(reason.strip()) < ENOUGH:
        raise DisputeError(
            "BILL-119",
            "Say in at least ten characters why the dispute is credited or rejected.",
            field="answer",
        )
    if outcome == "credited" and (amount is None or not 0 < amount <= left):
        raise DisputeError(
            "BILL-110",
            f"A credit needs an amount above zero, and {shown} at most: no more is disputed.",
            field="amount",
        )

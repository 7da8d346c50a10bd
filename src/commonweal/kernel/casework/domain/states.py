"""State machines as data, and priority from impact and urgency. Pure.

A case type names its states and the moves between them. What clocks, lists and counters need to
know of a state is only its *phase*: open, waiting (with the reason that pauses clocks), resolved or
closed. Who moves is a side: `agent` (the centre), `requester`, or `system`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .errors import CaseError

PHASES = ("open", "waiting", "resolved", "closed")
LIVE = ("open", "waiting")
SIDES = ("agent", "requester", "system")
PAUSES = (
    "requester",
    "third_party",
    "change_window",
    "force_majeure",
    "appointment",
    "approval",
)
"""Reasons for waiting. Whether one stops a clock is said by the clock's definition (R6)."""
STOPS = (*PAUSES, "hold")
"""What a promise may name to stop its clock: those, and a ticket on hold at a counter."""

PRIORITIES = ("P1", "P2", "P3", "P4", "P5")
LEVELS = ("high", "medium", "low")
MATRIX: dict[str, str] = {
    "high/high": "P1",
    "high/medium": "P1",
    "high/low": "P2",
    "medium/high": "P2",
    "medium/medium": "P3",
    "medium/low": "P4",
    "low/high": "P3",
    "low/medium": "P4",
    "low/low": "P5",
}
"""Impact/urgency to priority (UK Cabinet Office Digital, Digital Handbook, incident priority)."""


@dataclass(frozen=True)
class State:
    """One state of a machine; `reason` names the pause of a waiting one."""

    code: str
    name: str
    phase: str
    reason: str = ""


@dataclass(frozen=True)
class Move:
    """A move that a side may make. `needs`: what must be there: `resolution` (a text that the
    requester reads), `tasks` (all done), `approval` (given), `identity` (checked), `fee` (every fee
    of the case paid or waived), `owner` (only the room that keeps something of its own beside the
    case makes it)."""

    start: str
    end: str
    name: str
    by: tuple[str, ...] = ("agent",)
    needs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Machine:
    """The states and moves of a case type; the first state is where a case begins."""

    states: tuple[State, ...]
    moves: tuple[Move, ...]

    def state(self, code: str) -> State:
        """The state of a code (CASE-101)."""
        for each in self.states:
            if each.code == code:
                return each
        raise CaseError("CASE-101", f"There is no state “{code[:40]}”. Choose one of the list.")

    @property
    def first(self) -> State:
        """Where a case begins."""
        return self.states[0]

    def moves_from(self, code: str, side: str) -> tuple[Move, ...]:
        """The moves that a side may make from a state."""
        return tuple(each for each in self.moves if each.start == code and side in each.by)

    def move(self, start: str, end: str, side: str) -> Move:
        """The move, if this side may make it (CASE-102)."""
        for each in self.moves_from(start, side):
            if each.end == end:
                return each
        here, there = self.state(start).name, self.state(end).name
        raise CaseError(
            "CASE-102",
            f"From “{here}” a case cannot go to “{there}” like this. Choose one of the moves "
            "that the case offers.",
        )

    def reopening(self) -> State:
        """The state that a message of the requester brings a resolved case back to."""
        found = [each for each in self.states if each.phase == "open"]
        return found[1] if len(found) > 1 else found[0]

    def comes_back(self, code: str) -> bool:
        """Whether a message of the requester brings a case of a state back: a move leads there."""
        end = self.reopening().code
        return any(
            move.end == end and {"requester", "system"} & set(move.by) and "owner" not in move.needs
            for move in self.moves
            if move.start == code
        )

    def in_phase(self, phase: str) -> State | None:
        """The first state of a phase."""
        return next((each for each in self.states if each.phase == phase), None)


def machine_of(data: Mapping[str, Any]) -> Machine:
    """The machine that a case type's data describe (CASE-103 where they hang together badly)."""
    try:
        states = tuple(
            State(str(row["code"]), str(row["name"]), str(row["phase"]), str(row.get("reason", "")))
            for row in data["states"]
        )
        moves = tuple(
            Move(
                str(row["from"]),
                str(row["to"]),
                str(row["name"]),
                tuple(row.get("by", ("agent",))),
                tuple(row.get("needs", ())),
            )
            for row in data["moves"]
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise CaseError(
            "CASE-103",
            f"The states of a case type need codes, names and phases ({error}).",
            field="machine",
        ) from error
    found = Machine(states, moves)
    _check(found)
    return found


def _check(machine: Machine) -> None:
    problem = next(_problems(machine), "")
    if problem:
        raise CaseError(
            "CASE-103", f"The states of a case type do not hang together: {problem}.",
            field="machine",
        )  # fmt: skip


def _problems(machine: Machine) -> Any:
    codes = [each.code for each in machine.states]
    if not codes:
        yield "there is none"
        return
    if len(codes) != len(set(codes)):
        yield "a code is there twice"
    for each in machine.states:
        if each.phase not in PHASES:
            yield f"{each.code} has no known phase"
        if (each.phase == "waiting") != bool(each.reason) or each.reason not in ("", *PAUSES):
            yield f"{each.code} needs the reason for which it waits, and only then"
    if machine.first.phase != "open":
        yield "the first one is not open"
    if not any(each.phase == "closed" for each in machine.states):
        yield "none is closed"
    yield from _move_problems(machine, codes)


def _move_problems(machine: Machine, codes: Sequence[str]) -> Any:
    for move in machine.moves:
        if move.start not in codes or move.end not in codes:
            yield f"a move goes from {move.start} to {move.end}, which is not there"
        elif not set(move.by) <= set(SIDES):
            yield f"nobody can make the move from {move.start} to {move.end}"
    reached, new = {codes[0]}, {codes[0]}
    while new:
        new = {move.end for move in machine.moves if move.start in new} - reached
        reached |= new
    for code in codes:
        if code not in reached:
            yield f"no move leads to {code}"


def priority_of(impact: str, urgency: str, matrix: Mapping[str, str] = MATRIX) -> str:
    """The priority of an impact and an urgency (CASE-104)."""
    found = matrix.get(f"{impact}/{urgency}")
    if found is None:
        raise CaseError(
            "CASE-104",
            "Give impact and urgency as high, medium or low.",
            field="impact" if impact not in LEVELS else "urgency",
        )
    return found


def check_matrix(matrix: Mapping[str, str]) -> dict[str, str]:
    """A whole matrix of known priorities (CASE-105)."""
    wanted = {f"{impact}/{urgency}" for impact in LEVELS for urgency in LEVELS}
    if set(matrix) != wanted or not set(matrix.values()) <= set(PRIORITIES):
        raise CaseError(
            "CASE-105",
            "A priority matrix has nine cells, each with P1 to P5. Fill in what is missing.",
            field="matrix",
        )
    return dict(matrix)


def best(priorities: Sequence[str]) -> str:
    """The most pressing of several priorities."""
    return min(priorities, key=PRIORITIES.index)

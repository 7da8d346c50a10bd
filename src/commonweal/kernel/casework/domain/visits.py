"""What happens to a ticket at a counter, as data; and how long somebody who comes now waits. Pure.

Each deed leads from some states to one, and leaves an event `visit` of a stage on the case, from
which the clock of waiting is computed (domain/clocks/runs.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ...schema.public import Conflict
from .waiting import Waiting, waiting

IN_HAND = ("called", "serving")
LIVE = ("waiting", "hold", *IN_HAND)
WORDS = {
    "waiting": "waits",
    "called": "is called",
    "serving": "is being served",
    "hold": "is on hold",
    "done": "is done",
    "no_show": "did not come",
}


@dataclass(frozen=True)
class Deed:
    """From which states, to which, and the stage of the event."""

    start: tuple[str, ...]
    end: str
    stage: str


DEEDS = {
    "call": Deed(("waiting", "hold"), "called", "invited"),
    "recall": Deed(("called",), "called", "recalled"),
    "start": Deed(("called",), "serving", "served"),
    "hold": Deed(("waiting", *IN_HAND), "hold", "hold"),
    "release": Deed(("hold",), "waiting", "waiting"),
    "transfer": Deed(IN_HAND, "waiting", "waiting"),
    "no_show": Deed(("waiting", "hold", "called"), "no_show", "no_show"),
    "finish": Deed(IN_HAND, "done", "done"),
}


def after(label: str, state: str, deed: str) -> Deed:
    """The deed, where the ticket's state allows it (CASE-607)."""
    found = DEEDS[deed]
    if state not in found.start:
        raise Conflict(
            "CASE-607",
            f"Ticket {label} {WORDS.get(state, state)}. Look at the counter again.",
        )
    return found


def label(letter: str, number: int) -> str:
    """What stands on a ticket: `A001`."""
    return f"{letter}{number:03d}"


def expected_wait(ahead: int, busy: int, desks: int, seconds: float) -> float | None:
    """How long somebody who comes now waits, in seconds, with so many waiting before them.

    `desks`: where somebody serves now, `busy` of them with a visitor; `seconds`: what serving one
    takes on average. Where all are busy, one visitor leaves every seconds ÷ desks, and the turn
    comes when `ahead` + 1 have left. None while no desk is open.
    """
    if desks <= 0:
        return None
    before = ahead + busy + 1 - desks
    return max(0, before) * seconds / desks


@dataclass(frozen=True)
class HourOfDay:
    """What an hour of the day was like over some days: how many came, how long they waited and were
    served, at how many desks. Seconds; `days`: on how many days somebody came then; None: nobody
    was called, so that nothing is known."""

    hour: int
    days: int
    visitors: int
    waited: float | None
    waited_most: float | None
    served: float
    desks: float


@dataclass(frozen=True)
class WithDesks:
    """How waiting in an hour would be with its usual desks, and with so many more."""

    hour: HourOfDay
    now: Waiting
    more: Waiting


def with_more(hours: Sequence[HourOfDay], extra: int = 1, within: float = 600.0) -> list[WithDesks]:
    """Each hour as the queue model sees it (domain/waiting), with its desks and with `extra` more.

    `within`: the seconds for which to say which share is called until then.
    """
    found = []
    for each in hours:
        rate = each.visitors / max(each.days, 1) / 3600
        desks = max(1, round(each.desks))
        found.append(
            WithDesks(
                each,
                waiting(desks, rate, each.served, within),
                waiting(desks + extra, rate, each.served, within),
            )
        )
    return found

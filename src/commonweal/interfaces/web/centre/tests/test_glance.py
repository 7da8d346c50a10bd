"""The director's four figures say what they count, and never more than is known."""

from __future__ import annotations

from types import SimpleNamespace as Thing
from typing import Any

import pytest

from commonweal.interfaces.web.centre.director import Late, Recovered
from commonweal.interfaces.web.centre.glance import glance


def late(**more: Any) -> Any:
    view = Thing(done=False, stopped=None, period="2026-11")
    return Late(view, more.pop("sources", ()), more.pop("waits", True))


def service(position: int, known: bool = True, name: str = "Payroll") -> Recovered:
    return Recovered(name, "payroll", 1000, 1000, position, known)


@pytest.mark.parametrize(
    ("found", "figure", "note", "status"),
    [
        (late(), "0", "All of November 2026 is there", "good"),
        (late(waits=False), "–", "Not known for November 2026", "unknown"),
        (late(sources=["desk"]), "1", "source of November 2026 is late", "watch"),
        (late(sources=["desk", "pay"]), "2", "sources of November 2026 are late", "watch"),
    ],
)
def test_what_is_late(found: Late, figure: str, note: str, status: str) -> None:
    said = glance(found, [], [], [])[0]
    assert (said.figure, said.note, said.status) == (figure, note, status)


def test_a_close_that_is_done_or_stopped() -> None:
    done = Late(Thing(done=True, period="2026-10"), (), True)
    assert glance(done, [], [], [])[0].note == "October 2026 is closed"
    stopped = Late(Thing(done=False, stopped="rate", period="2026-10"), (), True)
    assert glance(stopped, [], [], [])[0].status == "bad"


@pytest.mark.parametrize(
    ("services", "figure", "note", "status"),
    [
        ([service(0)], "1 of 1", "Every service", "good"),
        ([service(0), service(90)], "2 of 2", "1 charged more than cost", "watch"),
        ([service(-90), service(0)], "1 of 2", "Payroll short of cost", "bad"),
        ([service(0), service(0, known=False)], "1 of 2", "The others cannot be determined",
         "unknown"),
    ],
)  # fmt: skip
def test_what_is_recovered(services: list[Recovered], figure: str, note: str, status: str) -> None:
    said = glance(late(), services, [], [])[1]
    assert (said.figure, said.note, said.status) == (figure, note, status)


def test_what_is_disputed_and_to_be_decided() -> None:
    dispute, question = Thing(kind="dispute"), Thing(kind="question")
    *_, asked, decisions = glance(late(), [], [dispute, question], ["rate", "limit"])
    assert (asked.figure, asked.note, asked.status) == ("1", "and 1 question", "bad")
    assert (decisions.figure, decisions.note) == ("2", "Waits for you")
    *_, asked, decisions = glance(late(), [], [], [])
    assert (asked.figure, asked.note, asked.status) == ("0", "No open question", "good")
    assert (decisions.figure, decisions.note) == ("0", "Nothing waits for you")

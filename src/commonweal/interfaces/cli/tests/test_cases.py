"""Cases on the command line: opened, listed, shown, answered, moved."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from commonweal.interfaces.api.tests.scene import Scene
from commonweal.kernel.access.public import act_as
from commonweal.ops.demo.desks import set_up_desks

Run = Callable[..., tuple[int, str, str]]
AGENT = "agent@meridian.example"


@pytest.fixture
def desk(scene: Scene, run: Run) -> Run:
    """The scene with both desks."""
    owner = scene.world.of("service_owner")
    with act_as(owner):
        set_up_desks(scene.world)
    return run


def opened(run: Run, *words: str) -> str:
    given = ("cases", "open", "LWD", "--category", "bill", "--subject", "A charge",
             "--text", "At every page", "--name", "Ana Ruiz", "--json", *words)  # fmt: skip
    status, out, said = run(*given)
    assert status == 0, said
    return str(json.loads(out)["number"])


def test_a_case_is_opened_listed_shown_answered_and_moved(desk: Run) -> None:
    number = opened(desk, "--answer", "bill=LWD-2026-10")
    status, out, _ = desk("cases", "list", "--queue", "helpdesk", "--json")
    assert status == 0
    assert number in [row["number"] for row in json.loads(out)]
    shown = json.loads(desk("cases", "show", number, "--json")[1])
    assert (shown["state"], shown["late"]) == ("new", "no")
    assert "At every page" in shown["said 1"]
    assert any(name.startswith("helpdesk.first.") for name in shown)
    assert desk("cases", "move", number, "in_progress", "--as", AGENT)[0] == 0
    done = ("cases", "answer", number, "It has a new drum.", "--then", "resolved", "--as", AGENT)
    assert desk(*done)[0] == 0
    shown = json.loads(desk("cases", "show", number, "--json")[1])
    assert shown["state"] == "resolved"
    listed = desk("cases", "list", "--agency", "LWD", "--done", "--json")[1]
    assert number in [row["number"] for row in json.loads(listed)]
    assert number not in desk("cases", "list", "--agency", "LWD", "--late")[1]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("list", "--queue", "nowhere"), "CLI-134"),
        (("show", "LWD-26-999999"), "CASE-404"),
        (("open", "LWD", "--category", "nothing", "--subject", "x"), "CASE-112"),
        (("open", "LWD", "--category", "rights", "--subject", "x"), "CASE-110"),
        (("open", "LWD", "--category", "mail", "--subject", " "), "CASE-113"),
        (("open", "LWD", "--category", "mail", "--subject", "x", "--answer", "room"), "CLI-104"),
    ],
)
def test_what_cannot_be_done_is_said(desk: Run, words: tuple[str, ...], code: str) -> None:
    status, _, said = desk("cases", *words)
    assert status == 2
    assert code in said


def test_a_state_that_no_move_leads_to_is_refused(desk: Run) -> None:
    number = opened(desk)
    status, _, said = desk("cases", "move", number, "closed_for_ever", "--as", AGENT)
    assert (status, "CASE-101" in said) == (2, True)

"""Setting up a centre by command: services, items, units, people, sources, an agreement."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.core import mail

from commonweal.interfaces.api.tests.scene import Scene
from commonweal.kernel.jobs.public import Worker

Run = Callable[..., tuple[int, str, str]]
AGENT = "finance@lwd.example"


@pytest.fixture
def ask(run: Run) -> Callable[..., Any]:
    """Run a command that succeeds; its JSON."""

    def call(*words: str) -> Any:
        status, out, said = run(*words)
        assert status == 0, said
        return json.loads(out)

    return call


@pytest.fixture
def refused(run: Run) -> Callable[..., str]:
    """Run a command that is refused; what it says."""

    def call(*words: str) -> str:
        status, _, said = run(*words)
        assert status == 2
        return said

    return call


def test_units(ask, refused, run) -> None:
    assert ask("units", "add", "KGM", "kilogram", "kilogram", "kilograms")["code"] == "KGM"
    assert "CLI-116" in refused("units", "add", "KGM", "kilogram", "kilogram", "kilograms")
    ask("units", "change", "KGM", "--many", "kilos")
    assert ask("units", "show", "KGM", "--json") == {
        "code": "KGM", "name": "kilogram", "one": "kilogram", "many": "kilos",
    }  # fmt: skip
    assert "KGM" in {row["code"] for row in ask("units", "list", "--json")}
    assert "CLI-117" in refused("units", "change", "KGM")
    assert "CLI-118" in refused("units", "show", "ZZZ")
    assert "kilos" in run("units", "list")[1]


def test_services_and_items(ask, refused, run) -> None:
    made = ask(
        "services", "add", "archive", "Archive", "--about", "Keeps papers.", "--fund", "ARCHIVE",
        "--starts", "2025-07-01", "--owner", "owner@meridian.example",
    )  # fmt: skip
    again = ("--about", "x", "--fund", "A", "--starts", "2025-07-01")
    assert "CLI-116" in refused("services", "add", "archive", "Archive", *again)
    assert ask("services", "change", "archive", "--contact", "papers@meridian.example") == made
    shown = ask("services", "show", "archive", "--json")
    assert (shown["name"], shown["fund"]) == ("Archive", "ARCHIVE")
    assert shown["contact"] == "papers@meridian.example"
    assert "CLI-117" in refused("services", "change", "archive")
    assert "CATALOGUE-401" in refused("services", "show", "nothing")
    item = ask(
        "items", "add", "archive.box", "Boxes", "--about", "A box on a shelf.", "--unit", "MON",
        "--one", "box", "--many", "boxes", "--starts", "2025-07-01",
    )  # fmt: skip
    ask("items", "change", "archive.box", "--late", "On the next bill.", "--unit", "C62")
    shown = ask("items", "show", "archive.box", "--json")
    assert shown["id"] == item["id"]
    assert (shown["service"], shown["unit"], shown["one"]) == ("archive", "C62", "box")
    assert shown["late"] == "On the next bill."
    listed = ask("items", "list", "--service", "archive", "--json")
    assert [row["code"] for row in listed] == ["archive.box"]
    assert "archive.box" in run("items", "list")[1]
    assert "Archive" in run("services", "list")[1]
    assert "CATALOGUE-402" in refused("items", "show", "archive.shelf")


def test_sources(ask, refused, run) -> None:
    ask("sources", "add", "shelves", "Shelves", "--expected", "--item", "payroll.payslip")
    assert "CLI-116" in refused("sources", "add", "shelves", "Shelves")
    ask("sources", "change", "shelves", "--not-expected", "--closed")
    shown = ask("sources", "show", "shelves", "--json")
    assert (shown["open"], shown["expected"], shown["items"]) == (False, False, "payroll.payslip")
    assert "shelves" in {row["code"] for row in ask("sources", "list", "--json")}
    assert "USAGE-102" in refused("sources", "show", "drawers")
    assert "Shelves" in run("sources", "show", "shelves")[1]


def test_people_their_invitation_and_their_roles(ask, refused, run, scene: Scene) -> None:
    made = ask("people", "add", "Ann Reed", "ann@vet.example", "--agency", "VET")
    assert made["invited"]
    Worker().run(once=True)
    assert ["ann@vet.example"] in [letter.to for letter in mail.outbox]
    assert "CLI-116" in refused("people", "add", "Ann Reed", "ann@vet.example")
    ask("people", "change", "ann@vet.example", "--name", "Ann Read")
    held = ask("people", "give", "ann@vet.example", "agency_liaison", "--agency", "VET")
    shown = ask("people", "show", "ann@vet.example", "--json")
    assert (shown["name"], shown["of"], shown["account"]) == ("Ann Read", "VET", True)
    assert [(row["role"], row["at"]) for row in shown["roles"]] == [("agency_liaison", "VET")]
    assert "agency_liaison" in run("people", "show", made["id"])[1]
    assert ask("people", "end", held["id"])["ends"]
    silent = ask("people", "add", "Bo", "bo@vet.example", "--agency", "VET", "--no-account")
    assert not silent["invited"]
    names = {row["name"] for row in ask("people", "list", "--agency", "VET", "--json")}
    assert {"Ann Read", "Bo"} <= names
    assert "director" in {row["code"] for row in ask("people", "roles", "--json")}


def test_an_agreement_is_proposed(ask) -> None:
    words = ("--terms", "Billed monthly.", "--starts", "2026-07-01")
    made = ask("agreements", "propose", "VET", "More support", *words)
    assert made["state"] == "proposed"


def test_a_person_of_an_agency_sets_nothing_up(refused) -> None:
    about = ("--about", "x", "--fund", "A", "--starts", "2025-07-01")
    for words in (
        ("services", "add", "own", "Own", *about),
        ("units", "add", "LTR", "litre", "litre", "litres"),
        ("sources", "add", "own", "Own"),
        ("people", "add", "Eve", "eve@dot.example", "--agency", "DOT"),
        ("people", "give", "finance@lwd.example", "director"),
    ):
        said = refused(*words, "--as", AGENT)
        assert "ACCESS-" in said or "PARTY-" in said, words


def test_how_citizens_reach_an_agency(run, refused, tmp_path) -> None:
    words = tmp_path / "notice.txt"
    words.write_text("We keep little.", encoding="utf-8")
    said = ("--set", "phone=+1 555 010 0100", "--notice", str(words))
    status, out, _said = run("parties", "face", "LWD", *said)
    assert status == 0
    assert "We keep little." in out
    assert "+1 555 010 0100" in run("parties", "face", "LWD")[1]
    assert "PARTY-141" in refused("parties", "face", "LWD", "--set", "notice_href=http://x.example")
    assert "CLI-" in refused("parties", "face", "LWD", "--notice", str(tmp_path / "none.txt"))

"""The reference follows the code: error codes, commands, settings."""

from __future__ import annotations

import argparse
import ast
import re
import shlex
from collections import defaultdict
from pathlib import Path

import pytest
from tests.documentation.pages import ROOT
from tests.documentation.test_pages import check_words

from commonweal.interfaces.cli.main import build_parser
from commonweal.ops.reference import FOLDER, HOMES, PAGES, messages, said, verbs

SOURCE = ROOT / "src" / "commonweal"
SHARED = {"ACCESS-403": "who may not, wherever it is asked", "JOBS-201": "work that was stopped"}
"""Codes that several rooms give, for one meaning."""
NAME = re.compile(r"\b(?:COMMONWEAL_[A-Z_]*[A-Z]|DATABASE(?:_APP)?_URL)\b")
SECRETS = ("_secret", "_given_secret")
OF_TESTS = {"COMMONWEAL_CONTRACT_EXAMPLES", "COMMONWEAL_TEST_DATA"}
UPDATE = "run: python -m commonweal.ops.reference"


@pytest.mark.parametrize("name", PAGES)
def test_a_page_made_from_code_is_in_step(name: str) -> None:
    assert (FOLDER / name).read_text(encoding="utf-8") == PAGES[name](), UPDATE


def test_every_code_says_something() -> None:
    assert len(messages()) > 350
    assert not [code for code, texts in messages().items() if not texts], (
        "give their words in ELSEWHERE of ops/reference.py"
    )
    assert {code[:-4] for code in messages()} == set(HOMES)


def test_a_code_has_one_home() -> None:
    """Interfaces may find what a room would refuse; no two rooms share a code or a family."""
    rooms, families = defaultdict(set), defaultdict(set)
    for one in said():
        floor, _, rest = one.file.partition("/")
        if floor in ("kernel", "practices"):
            room = f"{floor}/{rest.split('/')[0]}"
            rooms[one.code].add(room)
            if one.code not in SHARED:
                families[one.code[:-4]].add(room)
    assert {code for code, found in rooms.items() if len(found) > 1} == set(SHARED)
    assert not {name: found for name, found in families.items() if len(found) > 1}


def test_commands_that_messages_name_exist() -> None:
    for texts in messages().values():
        for command in re.findall(
            r"`?((?:commonweal|\./run) [a-z]+(?: [a-z-]+)?)`", "".join(texts)
        ):
            check_words(command.split())


def examples(parser: argparse.ArgumentParser) -> list[str]:
    text = re.sub(r" *\\\n *", " ", parser.epilog or "")
    return [
        re.split(r"\s{2,}", line.strip())[0] for line in text.splitlines()
        if line.strip().startswith(("commonweal ", "./run "))
    ]  # fmt: skip


@pytest.mark.parametrize("verb", [words for words, _, _ in verbs(build_parser())])
def test_examples_of_the_help_can_be_typed(verb: str) -> None:
    parser = next(inner for words, _, inner in verbs(build_parser()) if words == verb)
    for example in examples(parser):
        words = shlex.split(example)
        if "engine" not in words and words[:2] not in (["./run", "demo"], ["./run", "deep"]):
            build_parser().parse_args(words[2:] if words[:2] == ["./run", "cli"] else words[1:])


def read_names(path: Path) -> set[str]:
    """The variables that a module reads, secrets by their names included."""
    tree, found = ast.parse(path.read_text(encoding="utf-8")), set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            found |= {node.value} if NAME.fullmatch(node.value) else set()
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in SECRETS:
            found.add("COMMONWEAL_" + ast.literal_eval(node.args[1]).upper())
    return found


def test_every_setting_is_listed_and_no_other() -> None:
    read = set(NAME.findall((ROOT / "run").read_text())) - OF_TESTS
    for path in SOURCE.rglob("*.py"):
        if "tests" not in path.parts:
            read |= read_names(path)
    page = (FOLDER / "settings.md").read_text(encoding="utf-8")
    listed = set(re.findall(r"^\| `([A-Z_]+)`", page, re.MULTILINE))
    assert len(listed) > 10
    assert listed == read

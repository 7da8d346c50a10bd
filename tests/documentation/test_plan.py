"""The plan names things and proofs that exist."""

from __future__ import annotations

import re

import pytest
from tests.documentation.pages import ROOT, Page

PLANS = [Page(path) for path in sorted((ROOT / "docs" / "plan").glob("*.md"))]
TESTS = [
    path for folder in ("src", "tests") for path in (ROOT / folder).rglob("test_*.py")
    if "__pycache__" not in path.parts
]  # fmt: skip
FILES = [
    str(path.relative_to(ROOT))
    for top in ("src", "tests", "docs")
    for path in (ROOT / top).rglob("*")
    if "__pycache__" not in path.parts
]
STATES = re.compile(r"(done|partly: .+|missing(: .+)?|partly|state)$")
TICKED = re.compile(r"`([^`]+)`")


def rows(sheet: Page) -> list[tuple[int, list[str]]]:
    """The cells of every row that names something."""
    found = []
    for number, line in sheet.prose:
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("|") and cells[0] not in ("thing", "law") and set(cells[0]) != {"-"}:
            found.append((number, cells))
    return found


@pytest.mark.parametrize("sheet", PLANS, ids=lambda sheet: sheet.name)
def test_every_row_has_a_state_and_a_proof(sheet: Page) -> None:
    assert len(rows(sheet)) > 20
    for number, (_thing, _where, proof, state) in rows(sheet):
        assert STATES.match(state), f"{number}: {state}"
        assert TICKED.search(proof) or not state.startswith("done"), f"{number}: no proof"


@pytest.mark.parametrize("sheet", PLANS, ids=lambda sheet: sheet.name)
def test_every_proof_exists(sheet: Page) -> None:
    for number, (_thing, _where, proof, _state) in rows(sheet):
        for named in TICKED.findall(proof):
            if named.startswith("./run"):
                continue
            file, _, name = named.partition("::")
            texts = [p.read_text() for p in TESTS if str(p).endswith("/" + file)]
            assert texts, f"{number}: no file {file}"
            assert any(f"def {name}(" in text for text in texts), f"{number}: no test {named}"


@pytest.mark.parametrize("sheet", PLANS, ids=lambda sheet: sheet.name)
def test_every_place_exists(sheet: Page) -> None:
    for number, (_thing, where, _proof, _state) in rows(sheet):
        for named in TICKED.findall(where):
            found = (ROOT / named).exists() or any(
                f"/{path}".endswith(f"/{named}") for path in FILES
            )
            assert found, f"{number}: there is no {named}"


def test_every_bad_input_has_a_test_that_exists() -> None:
    page = (ROOT / "docs" / "reference" / "bad-input.md").read_text()
    named = re.findall(r"`(test_\w+\.py)::(test_\w+)`", page)
    assert len(named) >= 12
    for file, name in named:
        assert any(
            f"def {name}(" in path.read_text() for path in TESTS if path.name == file
        ), f"{file}::{name}"  # fmt: skip

"""Every write that a module offers is an action: keyword-only, with an actor, and audited."""

from __future__ import annotations

import ast
import importlib
import inspect
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

SOURCE = Path(__file__).resolve().parents[2] / "src"
ROOM = SOURCE / "commonweal"
PUBLICS = sorted(path for path in ROOM.rglob("public.py") if "tests" not in path.parts)
FILES = sorted(
    path
    for path in [*ROOM.rglob("actions.py"), *ROOM.glob("**/actions/*.py")]
    if "tests" not in path.parts and path.name != "__init__.py"
)
NOT_ACTIONS = {
    "commonweal.practices.charging.actions.cost_files.is_large_ledger": "only looks",
    "commonweal.kernel.audit.actions.action": "makes the actions",
    "commonweal.kernel.audit.actions.record": "writes their events",
    "commonweal.kernel.party.actions.roles.sync_roles": "calls one action for each role",
}


def module_of(path: Path) -> Any:
    return importlib.import_module(".".join(path.relative_to(SOURCE).with_suffix("").parts))


def name_of(function: Any) -> str:
    return f"{function.__module__}.{function.__qualname__}"


def offered() -> Iterator[Callable[..., Any]]:
    """Every function of an actions module that another module can reach."""
    for path in PUBLICS:
        for _, found in inspect.getmembers(module_of(path), inspect.isfunction):
            if ".actions" in found.__module__:
                yield found


def functions(path: Path) -> Iterator[ast.FunctionDef]:
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.FunctionDef):
            yield node


def is_action(node: ast.FunctionDef) -> bool:
    return any(isinstance(each, ast.Name) and each.id == "action" for each in node.decorator_list)


def test_there_is_something_to_look_at() -> None:
    assert len(FILES) > 10
    assert len({name_of(found) for found in offered()}) > 50


def test_what_a_module_offers_is_an_action() -> None:
    bare = {
        name_of(found)
        for found in offered()
        if not getattr(found, "is_action", False) and name_of(found) not in NOT_ACTIONS
    }
    assert not bare, "decorate with @action, or say in NOT_ACTIONS why not"


def test_every_exception_is_still_there() -> None:
    assert {name_of(found) for found in offered()} >= set(NOT_ACTIONS)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOM)))
def test_actions_are_keyword_only_with_an_actor(path: Path) -> None:
    module = module_of(path)
    for node in functions(path):
        given = node.args
        where = f"{path.name}:{node.lineno} {node.name}"
        if is_action(node):
            assert not given.args, f"{where}: an action takes keyword arguments only"
            assert not given.posonlyargs, where
            assert not given.vararg, where
            assert "actor" in {each.arg for each in given.kwonlyargs}, f"{where}: no actor"
            assert getattr(module, node.name).is_action
            assert ast.get_docstring(node), f"{where}: no docstring"
        elif not node.name.startswith("_"):
            keyword = {each.arg for each in given.kwonlyargs}
            full = f"{module.__name__}.{node.name}"
            assert "actor" not in keyword or full in NOT_ACTIONS, f"{where}: decorate with @action"


def test_helpers_of_actions_are_not_reached_from_outside() -> None:
    """What is not an action is imported by its own module only."""
    reached = []
    for path in ROOM.rglob("*.py"):
        if "tests" in path.parts:
            continue
        own = ".".join(path.relative_to(SOURCE).parts[:3])
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and not node.level and node.module:
                inside = ".".join(node.module.split(".")[:3])
                if ".actions" in node.module and inside != own:
                    reached.append(f"{path.relative_to(ROOM)}: {node.module}")
    assert not reached, "import from the module's public.py"

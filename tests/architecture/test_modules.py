"""The house: each room's files, its manifest, the sizes of functions and files, exact figures."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path

import pytest

from commonweal.kernel.jobs.public import all_manifests, all_permissions
from commonweal.kernel.party.actions.roles import ROLE_NAMES
from commonweal.kernel.schema.public import own_apps

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "commonweal"
ROOMS = sorted(
    path
    for floor in ("kernel", "practices", "services")
    for path in (SOURCE / floor).iterdir()
    if path.is_dir() and path.name != "__pycache__"
)
CODE = sorted(path for path in SOURCE.rglob("*.py") if "migrations" not in path.parts)
KNOWN_FILES = {
    "__init__", "actions", "domain", "manifest", "models", "public", "rules", "selectors", "tasks",
}  # fmt: skip
ROLES = {
    "director", "finance_officer", "service_owner", "agent", "clerk", "administrator", "auditor",
    "external_auditor", "board_member", "agency_finance", "agency_liaison", "agency_approver",
    "agency_employee", "agency_usage",
}  # fmt: skip
STAND_ALONE = {
    "practices/charging": ("engine",),
    "kernel/schema": ("domain",),
    "kernel/casework": ("domain.clocks",),
}
"""What runs without Django and database, and so without its room's public file."""
ACTORLESS = {
    "access.selectors.language_of": "asked while a person signs in, before there is an actor",
    "access.selectors.role_permissions": "makes actors",
    "access.selectors.running_elevation": "makes actors",
    "access.selectors.token_by_secret": "makes actors",
    "access.selectors.user_by_email": "makes actors",
    "authority.selectors.decisions.decision_document": "of a decision that was read before",
    "catalogue.selectors.conversions_in_force": "for intake, inside the scope of whoever sends",
    "catalogue.selectors.coverage": "for intake, inside the scope of whoever sends",
    "casework.selectors.how.how_token": "the keyed code of a mail that goes out",
    "charging.selectors.bill_document.bill_document": "of a bill that was read before",
    "charging.selectors.bill_document.line_document": "of a line that was read before",
    "charging.selectors.bill_document.money_text": "of a figure",
    "charging.selectors.lines.pool_parts": "of a rate version that was read before",
    "charging.selectors.lines.rate_decision": "of a rate version that was read before",
    "charging.selectors.portal.line_of_change": "of a bill that was read before",
    "charging.selectors.rates.entry": "of a rate version that was read before",
    "consolidation.selectors.years.total_of": "of years that were read before",
    "metering.selectors.period_state": "one word about a month, the same for everybody",
    "party.selectors.centre": "one row: the centre itself, whom everybody may see",
    "party.selectors.person_of_user": "makes actors; the scope shows one's own row only",
}
"""Reads that others may use without saying who asks, and why."""
MONEY = ("money", "catalogue", "metering", "ledger", "charging", "consolidation")
CLOCKS = re.compile(r"datetime\.(now|utcnow|today)\(|date\.today\(|timezone\.now\(|time\.time\(")


def room(path: Path) -> str:
    return "/".join(path.relative_to(SOURCE).parts)


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


@cache
def imported(path: Path) -> tuple[str, ...]:
    """The full name of every module that a file imports from, relative ones included."""
    package, found = ("commonweal", *path.relative_to(SOURCE).parts[:-1]), []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom):
            above = package[: len(package) + 1 - node.level] if node.level else ()
            found.append(".".join([*above, node.module] if node.module else above))
    return tuple(found)


def says_what_it_is(readme: Path) -> None:
    """One page: what it is, its invariants, its words."""
    text = readme.read_text()
    name = readme.parent.name
    assert text.startswith(f"# {name}"), f"{name}: begin with its name"
    assert len(text.split()) < 600, f"{name}: one page"
    about = text.split("\n\n")[1]
    assert not about.startswith(("-", "|", "#")), f"{name}: say what it is, in a sentence"
    assert re.search(r"^(- |\*\*\w)", text, re.MULTILINE), f"{name}: say what always holds"
    words = re.search(r"^(?:\*\*|## )?Words\b", text, re.MULTILINE)
    assert words, f"{name}: say its words"
    assert re.search(r"\*\w|`\w", text[words.start() :].replace("**Words**", "")), f"{name}: words"


@pytest.mark.parametrize("readme", sorted((SOURCE / "ops").glob("*/README.md")), ids=str)
def test_a_tool_room_says_what_it_is(readme: Path) -> None:
    says_what_it_is(readme)


@pytest.mark.parametrize("path", ROOMS, ids=room)
def test_every_room_says_what_it_is_and_what_it_offers(path: Path) -> None:
    says_what_it_is(path / "README.md")
    if (path / "__init__.py").exists():
        assert (path / "public.py").exists()
        assert (path / "tests").is_dir(), "tests stand beside the code"


@pytest.mark.parametrize("path", ROOMS, ids=room)
def test_others_import_a_room_by_its_public_file_only(path: Path) -> None:
    """Pure rules (domain) may import another room's pure rules, to stay free of Django."""
    own = ".".join(("commonweal", *path.relative_to(SOURCE).parts))
    allowed = {f"{own}.public", f"{own}.manifest", own}
    standing_alone = tuple(f"{own}.{name}" for name in STAND_ALONE.get(room(path), ()))
    wrong = []
    for other in CODE:
        if path in other.parents or "tests" in other.parts or other.name == "conftest.py":
            continue
        for module in imported(other):
            if not module.startswith(f"{own}.") or module in allowed:
                continue
            pure = "domain" in (other.stem, other.parent.name) and module == f"{own}.domain"
            if not (pure or module.startswith(standing_alone or " ")):
                wrong.append(f"{other.relative_to(SOURCE)}: {module}")
    assert not wrong


def test_what_a_person_reads_is_asked_for_by_an_actor() -> None:
    """A read that another module can reach takes the actor first, or is named in ACTORLESS."""
    bare = set()
    for path in SOURCE.rglob("public.py"):
        module = import_module(".".join(("commonweal", *path.relative_to(SOURCE).parts))[:-3])
        for _, found in inspect.getmembers(module, inspect.isfunction):
            if ".selectors" in found.__module__:
                first = next(iter(inspect.signature(found).parameters), "")
                if first != "actor":
                    bare.add(".".join(f"{found.__module__}.{found.__qualname__}".split(".")[2:]))
    assert bare == set(ACTORLESS)


def test_every_app_is_a_room_without_an_apps_file() -> None:
    for app in own_apps():
        assert app.label == app.name.rpartition(".")[2]
    assert not list(SOURCE.rglob("apps.py"))


def test_manifests_name_permissions_and_roles_that_exist() -> None:
    known = all_permissions()
    names = [manifest.name for manifest in all_manifests()]
    assert len(names) == len(set(names))
    for manifest in all_manifests():
        for code, permissions in manifest.roles.items():
            assert code in ROLES, f"{manifest.name}: {code} is no role"
            assert code in ROLE_NAMES
            assert set(permissions) <= set(known), f"{manifest.name}: {code}"
        for permission, words in manifest.permissions.items():
            assert re.fullmatch(r"[a-z]+\.[a-z_]+", permission)
            assert words
            assert words[0].isupper()


def test_permissions_that_code_asks_for_are_announced() -> None:
    known = set(all_permissions())
    for path in CODE:
        if "tests" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call):
                continue
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            if name in ("require", "require_somewhere", "may", "may_somewhere", "agencies_with"):
                for value in node.args:
                    if isinstance(value, ast.Constant) and isinstance(value.value, str):
                        assert value.value in known, f"{room(path)}:{node.lineno} {value.value}"


def test_jobs_and_schedules_are_functions_that_can_be_called() -> None:
    for manifest in all_manifests():
        for kind, run in manifest.jobs.items():
            assert callable(run), kind
            assert kind.partition(".")[0] == manifest.name
        assert set(manifest.schedules) <= {
            kind for each in all_manifests() for kind in each.jobs
        }, manifest.name


def test_no_function_is_longer_than_70_lines() -> None:
    long = [
        f"{room(path)}:{node.lineno} {node.name}"
        for path in CODE
        for node in functions(path)
        if (node.end_lineno or 0) - node.lineno + 1 > 70
    ]
    assert not long


def test_no_file_is_longer_than_500_lines() -> None:
    assert not [room(path) for path in CODE if len(path.read_text().splitlines()) > 500]


def test_what_is_public_explains_itself() -> None:
    bare = [
        f"{room(path)}:{node.lineno} {node.name}"
        for path in CODE
        if path.name in ("public.py", "actions.py", "selectors.py", "domain.py")
        or {"actions", "selectors", "domain"} & set(path.parts)
        if "tests" not in path.parts
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
        if not node.name.startswith("_") and not ast.get_docstring(node)
    ]
    assert not bare


def test_no_float_comes_near_money_or_quantities() -> None:
    """No float(), no decimal literal with a point, no FloatField where amounts are at home."""
    found = []
    for path in CODE:
        parts = set(path.relative_to(SOURCE).parts)
        if not parts & set(MONEY) or "tests" in parts or "bench" in path.stem:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            where = f"{room(path)}:{getattr(node, 'lineno', 0)}"
            if isinstance(node, ast.Call):
                name = getattr(node.func, "id", getattr(node.func, "attr", ""))
                if name in ("float", "FloatField"):
                    found.append(f"{where} {name}")
            if isinstance(node, ast.Constant) and isinstance(node.value, float):
                found.append(f"{where} {node.value}")
    assert not found


def test_time_comes_from_the_one_clock() -> None:
    """History can be built and replayed only if everybody asks calendar.now()."""
    allowed = {"kernel/calendar/clock.py"}
    found = [
        f"{room(path)}:{number}"
        for path in CODE
        if room(path) not in allowed and "tests" not in path.parts
        if path.relative_to(SOURCE).parts[0] in ("kernel", "practices", "services")
        for number, line in enumerate(path.read_text().splitlines(), start=1)
        if CLOCKS.search(line)
    ]
    assert not found


def test_there_are_no_signals_and_nothing_left_for_later() -> None:
    words = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b|django\.dispatch|models\.signals|@receiver")
    found = [
        f"{room(path)}:{number}"
        for path in CODE
        if "tests" not in path.parts
        for number, line in enumerate(path.read_text().splitlines(), start=1)
        if words.search(line)
    ]
    assert not found

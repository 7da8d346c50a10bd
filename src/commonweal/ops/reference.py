"""`python -m commonweal.ops.reference`: writes the pages of docs/reference that follow from code.

The errors come from the sources (every call, table or message that names a code), the commands
from the parser of the command line. A test compares the pages with what this makes.
"""

from __future__ import annotations

import argparse
import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ..interfaces.cli.main import build_parser

PACKAGE = Path(__file__).resolve().parents[1]
FOLDER = PACKAGE.parents[1] / "docs" / "reference"
CODE = re.compile(r"[A-Z]{3,10}-\d{3}")
IN_SQL = re.compile(rf"'({CODE.pattern}): ([^']+)'")
_UNREAD = {"tests", "migrations", "gallery.py", "reference.py"}
_MARKS = {"_", "gettext", "gettext_lazy", "gettext_noop", "noop", "ngettext", "sentence"}
HOMES = {
    "PAYMENT": "paying online, and what providers say",
    "MEASURES": "facts about performance",
    "MAIL": "e-mail that comes in",
    "DOOR": "pages of agencies for citizens",
    "WORTH": "what sharing saved",
    "WHATIF": "trying out a bill",
    "UBL": "open invoices",
    "SCENARIO": "scenarios of rates",
    "RECOVERY": "recovery and year-end adjustments",
    "RATES": "rules for rates",
    "PAY": "payments and what is owed",
    "OPEN": "pages that anybody may read",
    "DISPUTE": "disputes",
    "CREDIT": "credits on bills to come",
    "BUILDUP": "building a rate up from zero",
    "BUDGET": "budgets and budget figures",
    "ANOMALY": "anomaly",
    "ACCESS": "signing in, roles, tokens",
    "ALLOC": "the allocation engine",
    "API": "the HTTP API",
    "AUDIT": "the audit trail",
    "AUTHORITY": "decisions by two people",
    "BILL": "bills and questions about them",
    "CALENDAR": "months, days and opening hours",
    "CASE": "cases, clocks and who works on them",
    "CATALOGUE": "services, agreements, orders",
    "CHARGING": "rates and forecasts",
    "CLI": "the command line",
    "CLOSE": "closing a month",
    "COSTS": "cost imports, pools, allocation",
    "DEMO": "the demo",
    "DOCUMENTS": "stored files",
    "ENGINE": "the engines' documents",
    "FORM": "forms of the centre's pages",
    "HOUSE": "the database and the disk",
    "JOBS": "background work",
    "LEDGER": "the books",
    "LIST": "pages of a list",
    "LOCALDB": "the local database",
    "MONEY": "amounts and numbers",
    "NOTICES": "messages",
    "PLUGIN": "packages from outside",
    "PARTY": "the centre, agencies, people",
    "RATE": "the rating engine",
    "SCHEMA": "tables that only grow",
    "SERVE": "serving",
    "SETTINGS": "settings",
    "USAGE": "usage records",
}
"""What each family of codes is about. A new family needs its words here."""


@dataclass(frozen=True)
class Said:
    """One place where a code is used; `text` is "" where the message is made elsewhere."""

    code: str
    text: str
    file: str


ELSEWHERE = {
    "CASE-604": "The offer cannot be kept: the words say which field, and what to write.",
    "CASE-108": "The answer does not fit its question: the words say what to write.",
    "CASE-110": "Answers of the form are missing or cannot be kept; each is named with the reason.",
    "PAY-119": "This layout is new. Look at the columns found, and confirm them by a name.",
    "ACCESS-404": "This page is for people of the centre, or for an agency's people.",
    "API-422": "What is wrong, by its place in what was sent. Correct it and send it again.",
    "CATALOGUE-202": "The total of the order is not the sum of its lines. Correct one of them.",
    "CATALOGUE-223": "The advances of the order are not those of its lines. Correct one of them.",
    "ENGINE-104": "What does not fit the JSON Schema, and where. Correct it as documented.",
    "FORM-111": "Fields that cannot be read, each with what to write. Correct them and send again.",
    "JOBS-202": "Background work waits for something; it is tried again by itself.",
    "RATE-101": "The rate or fixed amount is negative, too large or has too many decimals.",
    "LEDGER-105": "There is no account with this code in these books. Add it to the chart first.",
    "LEDGER-106": "There is no fund with this code in these books. Add it first.",
}
"""What is put together where it is said. A new code of that kind needs its words here."""


def said() -> Iterator[Said]:
    """Every use of an error code in the sources."""
    for path in sorted(PACKAGE.rglob("*.py")):
        if not _UNREAD & {*path.parts}:
            name = path.relative_to(PACKAGE).as_posix()
            for code, text in _Uses(ast.parse(path.read_text(encoding="utf-8"))).found():
                yield Said(code, text, name)
    for path in sorted(PACKAGE.rglob("schema.sql")):
        name = path.relative_to(PACKAGE).as_posix()
        for code, text in IN_SQL.findall(path.read_text(encoding="utf-8")):
            yield Said(code, text.replace("%", "…"), name)


class _Uses:
    """The codes of one module, each with the longest text of the call or table it stands in."""

    def __init__(self, tree: ast.Module) -> None:
        self.tree = tree
        self.prose = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        self.names: dict[str, list[tuple[int, ast.expr]]] = {}
        for node in ast.walk(tree):
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                known = self.names.setdefault(node.targets[0].id, [])
                known.append((node.lineno, node.value))

    def found(self) -> Iterator[tuple[str, str]]:
        """(code, text) of every use; the text is "" where it is made elsewhere."""
        done: set[int] = set()
        for node in ast.walk(self.tree):
            for key, text in self._groups(node):
                done.add(id(key))
                yield str(key.value), text
        for node in ast.walk(self.tree):
            if isinstance(node, ast.JoinedStr):
                done |= {id(part) for part in node.values}
                yield from _in_brackets(self.text(node))
        for node in ast.walk(self.tree):
            if not isinstance(node, ast.Constant) or not isinstance(node.value, str):
                continue
            if id(node) not in done | self.prose:
                yield from _in_brackets(node.value)
                if CODE.fullmatch(node.value):
                    yield node.value, ""

    def _groups(self, node: ast.AST) -> Iterator[tuple[ast.Constant, str]]:
        together: list[list[ast.expr | None]] = []
        if isinstance(node, ast.Call):
            together = [[*node.args]]
        elif isinstance(node, ast.Tuple):
            together = [[*node.elts]]
        elif isinstance(node, ast.Dict):
            together = [[key, value] for key, value in zip(node.keys, node.values, strict=True)]
        for group in together:
            for part in group:
                if isinstance(part, ast.Constant) and CODE.fullmatch(str(part.value)):
                    yield part, max((self.text(each) for each in group), key=len)

    def text(self, node: ast.AST | None) -> str:
        """A text as it is read: what is filled in is `…`; "" where it is no text."""
        if isinstance(node, ast.Constant):
            text = node.value if isinstance(node.value, str) else ""
            return "" if CODE.fullmatch(text) else re.sub(r"%\(\w+\)\w|\{[^{}]*\}", "…", text)
        if isinstance(node, ast.JoinedStr):
            parts = [part.value if isinstance(part, ast.Constant) else "…" for part in node.values]
            return "".join(map(str, parts))
        if isinstance(node, ast.Name):
            known = [(line, value) for line, value in self.names.get(node.id, ())
                     if line < node.lineno and not isinstance(value, ast.Name)]  # fmt: skip
            return self.text(max(known, key=lambda pair: pair[0])[1]) if known else ""
        if isinstance(node, ast.Call):
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            if name == "format" and isinstance(node.func, ast.Attribute):
                return self.text(node.func.value)
            return self.text(node.args[0]) if name in _MARKS and node.args else ""
        if isinstance(node, ast.BinOp):
            right = self.text(node.right) if isinstance(node.op, ast.Add) else ""
            return self.text(node.left) + right
        return self.text(node.body) if isinstance(node, ast.IfExp) else ""


def _in_brackets(text: str) -> Iterator[tuple[str, str]]:
    """`What is wrong. What to do. (CODE-123)`."""
    found = re.search(rf"^(.*)\(({CODE.pattern})\)$", text, re.DOTALL)
    if found:
        yield found[2], found[1].removeprefix("commonweal: ").strip()


def messages() -> dict[str, list[str]]:
    """Each code with the sentences that it stands at, in the order of the sources."""
    found: dict[str, list[str]] = {}
    for one in said():
        texts = found.setdefault(one.code, [])
        words = " ".join(one.text.split())
        if " " in words and words not in texts:
            texts.append(words)
    for code, words in ELSEWHERE.items():
        found[code].append(words)
    return found


def errors_page() -> str:
    """docs/reference/errors.md."""
    lines = [
        "# Error codes",
        "",
        "Made from the sources by `python -m commonweal.ops.reference`. A message says what is",
        "wrong, where, and what to do; `…` is filled in. A code never changes its meaning; where",
        "it has several messages, they are cases of one thing. The API gives it as `code`.",
    ]
    family = ""
    for code, texts in sorted(messages().items()):
        if code[:-4] != family:
            family = code[:-4]
            lines += [
                "",
                f"## {family}: {HOMES.get(family, '')}",
                "",
                "| code | says |",
                "|---|---|",
            ]
        lines.append(f"| {code} | {'<br>'.join(_cell(text) for text in texts)} |")
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    text = text.replace("|", "\\|").replace("<", "&lt;")
    return text[:1].upper() + text[1:]


def verbs(
    parser: argparse.ArgumentParser, path: str = ""
) -> Iterator[tuple[str, str, argparse.ArgumentParser]]:
    """Every verb below a parser: its words, its line of help, its parser."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            lines = {each.dest: each.help or "" for each in action._choices_actions}
            for name, inner in action.choices.items():
                words = f"{path} {name}".strip()
                yield words, lines.get(name, ""), inner
                yield from verbs(inner, words)


def commands_page() -> str:
    """docs/reference/commands.md."""
    lines = [
        "# Commands",
        "",
        "Made from the command itself by `python -m commonweal.ops.reference`. In a checkout",
        "`commonweal` is `./run cli`. Each verb explains itself: `commonweal close --help`. Most",
        "take `--data DIR` (the data folder) and `--as EMAIL` (act as this person, with their",
        "rights only). Exit status: 0 done · 1 done, but something needs your attention ·",
        "2 not done, the message says why.",
        "",
    ]
    for words, line, parser in verbs(build_parser()):
        if any(isinstance(each, argparse._SubParsersAction) for each in parser._actions):
            lines += ["", f"## {words}", "", line[:1].upper() + line[1:] + ".", ""]
            continue
        if " " not in words:
            lines += ["", f"## {words}", ""]
        lines.append(f"- **{words}{_places(parser)}**: {line.replace('%%', '%')}")
        lines += [f"  - `{shown}` {text}".rstrip() for shown, text in _options(parser)]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)) + "\n"


def _places(parser: argparse.ArgumentParser) -> str:
    found = []
    for action in parser._get_positional_actions():
        name = str(action.metavar or action.dest).replace("rest", "…")
        if action.choices and not action.metavar:
            name = "|".join(str(each) for each in action.choices)
        found.append(f" [{name}]" if action.nargs in ("?", "*") else f" {name}")
    return "".join(found)


def _options(parser: argparse.ArgumentParser) -> Iterator[tuple[str, str]]:
    for action in parser._get_optional_actions():
        name = action.option_strings[-1]
        if name in ("--help", "--data", "--as"):
            continue
        value = action.metavar or (action.dest.upper() if action.nargs is None else "")
        if action.choices:
            value = "|".join(str(each) for each in action.choices)
        text = "" if action.help in (None, argparse.SUPPRESS) else str(action.help)
        yield f"{name} {value}".strip().replace("|", "\\|"), text.replace("%%", "%")


PAGES = {"errors.md": errors_page, "commands.md": commands_page}


def main() -> int:
    """Write every page."""
    for name, make in PAGES.items():
        (FOLDER / name).write_text(make(), encoding="utf-8")
        print(FOLDER.relative_to(Path.cwd()) / name if FOLDER.is_relative_to(Path.cwd()) else name)
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Where words stand in Python code: babel's extractor for our files.

Besides `_()` and its kin, pure code says words as data, without Django:

- `Manifest(name=…, permissions={…})`, `StepRule(code, words, …)`, and the dictionaries named in
  `DECLARED`, whose values are words;
- the names of an event's figures, `record(…, payload={"pack_root": …})`, which the trail shows;
- errors, `Error("CODE-123", f"What is wrong with “{name}”. What to do.")`, dictionaries from codes
  to such sentences, a row's `"problem"`, and what a property called `sentence` says. Their
  catalogue entry is the sentence with its values named, and `words.told` finds it again from the
  finished sentence.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from io import BytesIO
from typing import Any, BinaryIO

from babel.messages.extract import extract_python

DECLARED = {"FIELDS", "ROLE_NAMES"}
CODE = re.compile(r"[A-Z]+[A-Z0-9]*-\d{3}")
Found = Iterator[tuple[int, str, Any, list[str]]]


def said(source: BinaryIO, keywords: Any, tags: Any, options: Any) -> Found:
    """Every word of a Python file for the catalogues: (line, function, text, comments)."""
    text = source.read()
    yield from extract_python(BytesIO(text), keywords, tags, options)
    for line, words in declared(ast.parse(text)):
        yield line, "gettext", words, []


def declared(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """The words that stand in the code as data, each with its line."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield from _announced(node)
            yield from _error(node)
        elif isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, ast.Dict):
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            if isinstance(target, ast.Name) and target.id in DECLARED:
                yield from (each for each in _plain(node.value.values) if not _name_of(each[1]))
        elif isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                if _code(key) or (isinstance(key, ast.Constant) and key.value == "problem"):
                    yield from _shapes(value)
        elif isinstance(node, ast.FunctionDef) and node.name == "sentence":
            for each in ast.walk(node):
                yield from _shapes(*each.values) if isinstance(each, ast.Dict) else ()


def _announced(call: ast.Call) -> Iterator[tuple[int, str]]:
    name = call.func.id if isinstance(call.func, ast.Name) else ""
    if name == "StepRule":
        yield from _plain(call.args[1:])
    for given in call.keywords if name == "record" else ():
        if given.arg == "payload" and isinstance(given.value, ast.Dict):
            for line, key in _plain([key for key in given.value.keys if key is not None]):
                yield line, key.replace("_", " ").capitalize()
    for given in call.keywords if name == "Manifest" else ():
        if given.arg == "permissions" and isinstance(given.value, ast.Dict):
            yield from _plain(given.value.values)
        elif given.arg == "name" and isinstance(given.value, ast.Constant):
            yield given.value.lineno, str(given.value.value).capitalize()


def _plain(nodes: list[ast.expr]) -> Iterator[tuple[int, str]]:
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.lineno, node.value


def _name_of(text: str) -> bool:
    """Whether a text is a column's or a field's name, no words: `charge_item`."""
    return text.isidentifier() and text.islower()


def _code(node: ast.expr | None) -> bool:
    text = node.value if isinstance(node, ast.Constant) else None
    return isinstance(text, str) and bool(CODE.fullmatch(text))


def _error(call: ast.Call) -> Iterator[tuple[int, str]]:
    """What is wrong, after its code; between them may stand the place, in words too."""
    for number, given in enumerate(call.args):
        if _code(given):
            following = call.args[number + 1 : number + 3]
            yield from _shapes(*following)
            # The place may be one word: `Problem("CODE-123", "Dates", "…")`.
            yield from (each for each in _plain(following[:1]) if each[1].istitle())


def _shapes(*nodes: ast.expr) -> Iterator[tuple[int, str]]:
    for node in nodes:
        for each in (node.body, node.orelse) if isinstance(node, ast.IfExp) else (node,):
            if words := shape(each):
                yield each.lineno, words


def shape(node: ast.expr) -> str:
    """A sentence with its values named: `f"No “{item.code}”."` is `No “{code}”.`; "" for others."""
    if isinstance(node, ast.Constant):
        text = node.value if isinstance(node.value, str) else ""
        return text if " " in text and not CODE.fullmatch(text) else ""
    if not isinstance(node, ast.JoinedStr):
        return ""
    parts, used = [], set()
    for part in node.values:
        if isinstance(part, ast.FormattedValue):
            name = stem = _name(part.value)
            tries = 1
            while name in used:
                tries += 1
                name = f"{stem}{tries}"
            used.add(name)
            parts.append(f"{{{name}}}")
        else:
            assert isinstance(part, ast.Constant)
            parts.append(str(part.value))
    text = "".join(parts)
    return text if re.search(r" [a-z]|[a-z] ", re.sub(r"{\w+}", "", text)) else ""


def _name(node: ast.expr) -> str:
    """What a translator reads for a value: the last plain name in it."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case ast.Subscript(value=inner, slice=ast.Constant(value=str(name))):
            return name if name.isidentifier() else _name(inner)
        case ast.Subscript(value=inner) | ast.Await(value=inner):
            return _name(inner)
        case ast.Call(args=[first, *_]):
            return _name(first)
        case ast.Call(func=ast.Attribute(value=inner)):
            return _name(inner)
        case ast.BinOp(left=left):
            return _name(left)
        case ast.IfExp(body=body):
            return _name(body)
        case _:
            return "value"

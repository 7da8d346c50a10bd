"""The stand-alone verifier, in parts that read well; `joined` makes the one file that leaves.

Each part imports the standard library and earlier parts, and nothing else, so that the joined file
runs with Python 3.8 and no package. `run` is last: its docstring is the file's own.
"""

from __future__ import annotations

import ast
from importlib import resources

PARTS = (
    "basis", "prices", "exchange", "conversions", "usage", "lines", "credits", "costs", "rates",
    "run",
)  # fmt: skip


def joined() -> str:
    """`check_bill.py`: every part in order, its imports of other parts left out."""
    plain: set[str] = set()
    named: dict[str, set[str]] = {}
    bodies, about = [], ""
    for part in PARTS:
        source = (resources.files(__package__) / f"{part}.py").read_text("utf-8")
        tree, lines = ast.parse(source), source.splitlines(keepends=True)
        about = ast.get_docstring(tree) or ""
        left_out = [tree.body[0]]
        for node in tree.body[1:]:
            if isinstance(node, ast.Import):
                plain |= {name.name for name in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level:
                named.setdefault(str(node.module), set()).update(n.name for n in node.names)
            elif not isinstance(node, ast.ImportFrom) and not _typing_of_a_part(node):
                continue
            left_out.append(node)
        gone = {n for node in left_out for n in range(node.lineno, (node.end_lineno or 0) + 1)}
        kept = [line for number, line in enumerate(lines, start=1) if number not in gone]
        bodies.append("".join(kept).strip("\n") + "\n")
    named.pop("__future__")
    head = [f"import {name}\n" for name in sorted(plain)]
    head += [f"from {name} import {', '.join(sorted(named[name]))}\n" for name in sorted(named)]
    start = f'#!/usr/bin/env python3\n"""{about}\n"""\n\nfrom __future__ import annotations\n\n'
    return start + "".join(head) + "\n" + "\n\n".join(bodies)


def _typing_of_a_part(node: ast.stmt) -> bool:
    """Whether this is a part's own block of imports for annotations, which nothing runs."""
    return (
        isinstance(node, ast.If)
        and isinstance(node.test, ast.Name)
        and node.test.id == "TYPE_CHECKING"
        and all(isinstance(each, ast.ImportFrom) for each in node.body)
    )

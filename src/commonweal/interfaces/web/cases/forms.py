"""The questions of a case as fields of a page, and what was answered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import QueryDict

from commonweal.kernel.casework import public as casework


def rows_of(category: casework.Category) -> list[Mapping[str, Any]]:
    """What the kind of case and the category ask."""
    return [*category.case_type.form, *category.form]


def fields_of(category: casework.Category, asked: QueryDict) -> list[dict[str, Any]]:
    """Each question with what was typed."""
    return [
        {
            **row,
            "name": f"q_{row['code']}",
            "value": asked.get(f"q_{row['code']}", ""),
            "values": asked.getlist(f"q_{row['code']}"),
            "options": [tuple(pair) for pair in row.get("options", ())],
            "required": bool(row.get("required")),
            "help": row.get("help", ""),
        }
        for row in rows_of(category)
    ]


def answers_of(category: casework.Category, asked: QueryDict) -> dict[str, Any]:
    """What was answered, by the code of the question."""
    found: dict[str, Any] = {}
    for row in rows_of(category):
        name = f"q_{row['code']}"
        many = row["kind"] == "multivaluelist"
        found[str(row["code"])] = asked.getlist(name) if many else asked.get(name, "")
    return found

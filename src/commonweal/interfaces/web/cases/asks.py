"""A set-up page: its rows, the fields of its form, and what was filled in.

Beside plain fields there are `many` (ticks), `group` (fields behind a heading that opens) and
`rows` (the same few fields again and again, with empty ones at the end): all without JavaScript.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from django.http import QueryDict

Options = Sequence[tuple[str, str]]
Known = Mapping[str, str | list[str]]
"""What a form shows: a text for each field, or a list where several are ticked."""
FURTHER = 2
"""Empty rows after the filled ones."""


@dataclass(frozen=True)
class Ask:
    """A field of a set-up form: kind text, area, choice, check, number, many, group or rows.
    `fields`: those of a group, or of each row; `row`: what one row is called; `opens`: a field and
    its value with which a group stands open, else it does where something is filled in."""

    name: str
    label: str
    kind: str = "text"
    options: Options = ()
    hint: str = ""
    default: str = ""
    fields: Sequence[Ask] = ()
    row: str = ""
    opens: tuple[str, str] | None = None


@dataclass(frozen=True)
class Sheet:
    """A set-up page: what it is about, its rows as (heading, cells), its fields, its write.
    `known`: what the form shows when one is changed, by a key of its own and in the rows' order."""

    title: str
    about: str
    heads: Sequence[str]
    rows: Sequence[Sequence[str]]
    fields: Sequence[Ask]
    save: str
    known: Mapping[str, Known] = field(default_factory=dict)


def picked(asked: QueryDict | Known, name: str) -> list[str]:
    """What is ticked of a field."""
    if isinstance(asked, QueryDict):
        return asked.getlist(name)
    found = asked.get(name, [])
    return [found] if isinstance(found, str) else list(found)


def offered(ask: Ask, asked: QueryDict | Known, name: str) -> list[tuple[str, str]]:
    """The options of a field, with what was kept and is offered no more: saving loses nothing."""
    known = {value for value, _words in ask.options}
    gone = [value for value in picked(asked, name) if value and value not in known]
    return [*ask.options, *((value, value) for value in gone)]


def is_open(ask: Ask, asked: QueryDict | Known) -> bool:
    """Whether a group stands open."""
    if ask.opens is not None:
        return ask.opens[1] in picked(asked, ask.opens[0])
    return any(
        len(places(each, asked)) > FURTHER if each.kind == "rows" else any(picked(asked, each.name))
        for each in ask.fields
    )


def places(ask: Ask, asked: QueryDict | Known) -> range:
    """The rows that a page shows of a field: the filled ones, then empty ones. A row counts as
    filled by its first field, because choices always say something."""
    pattern = re.compile(rf"{re.escape(ask.name)}-(\d{{1,3}})-{re.escape(ask.fields[0].name)}\Z")
    filled = [
        int(match[1])
        for name in asked
        if (match := pattern.match(name)) and any(picked(asked, name))
    ]
    return range(max(filled, default=-1) + 1 + FURTHER)


def rows_of(ask: Ask, asked: QueryDict | Known) -> list[dict[str, list[str]]]:
    """The rows that were filled in, each as the values of its fields; one whose first field is
    empty is taken away."""
    found = []
    for place in places(ask, asked):
        row = {
            each.name: [
                value.replace("\x00", "").strip()
                for value in picked(asked, f"{ask.name}-{place}-{each.name}")
            ]
            for each in ask.fields
        }
        if any(row[ask.fields[0].name]):
            found.append(row)
    return found


def as_rows(name: str, rows: Sequence[Mapping[str, str | list[str]]]) -> dict[str, str | list[str]]:
    """Rows as a form shows them."""
    return {
        f"{name}-{place}-{key}": value
        for place, row in enumerate(rows)
        for key, value in row.items()
    }


FORM_PARTS = {"picked": picked, "offered": offered, "is_open": is_open, "places": places}
"""What the page of a sheet asks of its fields."""

"""The statements of real pages, recorded with their values and transactions, and run again bare.

What is run again is what was recorded, in as many round trips and the same transactions, with three
changes without which no write can be repeated: ids that the request made are new ones each time,
so is the number of a case that it opened, and events of an older case go on counting.
"""

from __future__ import annotations

import itertools
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from psycopg.types.json import Json, Jsonb

from commonweal.kernel.schema.public import uuid7

_INSERT = re.compile(r'INSERT INTO "(\w+)" \(([^)]*)\) VALUES ')
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")
_UPDATE = re.compile(r'UPDATE "casework_case" ')
LAST, _NEXT = '"last_event" = %s', '"last_event" = "casework_case"."last_event" + 1'
EVENTS = "casework_caseevent"


@dataclass(frozen=True)
class Statement:
    """One round trip. `block`: which transaction of the request (0: none of its own)."""

    sql: str
    values: Any
    many: bool
    block: int


@dataclass
class Recording:
    """A whole request: its statements, and the answer that was given."""

    statements: list[Statement] = field(default_factory=list)
    status: int = 0
    body: bytes = b""
    media: str = ""
    began: str = ""


@contextmanager
def recorded() -> Iterator[Recording]:
    """Whatever the block asks of the database, with its transactions."""
    found = Recording(began=str(uuid7()))
    seen: list[object] = []

    def note(execute: Callable[..., Any], sql: Any, values: Any, many: bool, context: Any) -> Any:
        block = 0
        if connection.in_atomic_block:
            outermost = connection.atomic_blocks[0]
            if not seen or seen[-1] is not outermost:
                seen.append(outermost)
            block = len(seen)
        found.statements.append(Statement(str(sql), values, many, block))
        return execute(sql, values, many, context)

    with connection.execute_wrapper(note):
        yield found


class Replay:
    """A recording, made ready to be run again and again."""

    def __init__(self, recording: Recording) -> None:
        self.recording = recording
        made, number = _made(recording)
        self.made, self.number = made, number
        told = [re.escape(each) for each in (*map(str, made), *([number] if number else ()))]
        self.tokens = re.compile("|".join(told)) if told else None
        self.steps = [
            (block, [_Step(each, self) for each in steps])
            for block, steps in itertools.groupby(recording.statements, key=lambda row: row.block)
        ]

    def run(self, count: int) -> None:
        """Every statement, with what is new under `count`."""
        fresh: dict[Any, Any] = {each: uuid7() for each in self.made}
        fresh |= {str(old): str(new) for old, new in fresh.items()}
        if self.number:
            fresh[self.number] = f"{self.number}{count}"
        for block, steps in self.steps:
            if block:
                with transaction.atomic():
                    _run(steps, fresh, count)
            else:
                _run(steps, fresh, count)


class _Step:
    """A statement, and what of it is not the same each time."""

    def __init__(self, statement: Statement, of: Replay) -> None:
        self.sql, self.values, self.many = statement.sql, statement.values, statement.many
        if _UPDATE.match(self.sql) and LAST in self.sql:  # no case goes back to an earlier event
            place = self.sql[: self.sql.index(LAST)].count("%s")
            self.sql = self.sql.replace(LAST, _NEXT, 1)
            self.values = [*self.values[:place], *self.values[place + 1 :]]
        self.tokens = of.tokens
        self.changes = of.tokens is not None and of.tokens.search(_shown(self.values)) is not None
        self.counted = _counted(statement, of.made)

    def given(self, fresh: Mapping[Any, Any], count: int) -> Any:
        values = self.values
        if self.changes:
            values = _renewed(values, fresh, self.tokens)
        if self.counted:
            values = list(values)
            for place in self.counted:
                values[place] = count
        return values


def _run(steps: Sequence[_Step], fresh: Mapping[Any, Any], count: int) -> None:
    for step in steps:
        with connection.cursor() as cursor:
            if step.many:
                cursor.executemany(step.sql, step.given(fresh, count))
                continue
            cursor.execute(step.sql, step.given(fresh, count))
            while True:
                if cursor.description is not None:
                    cursor.fetchall()
                if not cursor.nextset():
                    break


def _made(recording: Recording) -> tuple[list[UUID], str]:
    """The ids that a request made (they tell their time), and the number of its new case."""
    found: dict[UUID, None] = {}
    number = ""
    for each in recording.statements:
        for text in _UUID.findall(_shown(each.values)):
            if text[:13] >= recording.began[:13]:  # the time stands first
                found[UUID(text)] = None
        insert = _INSERT.match(each.sql)
        if insert and insert[1] == "casework_case":
            number = str(each.values[_columns(insert[2]).index("number")])
    return list(found), number


def _counted(statement: Statement, made: Sequence[UUID]) -> list[int]:
    """Where a statement's values hold the place of an event in a case that was there before."""
    insert = _INSERT.match(statement.sql)
    if insert is None or insert[1] != EVENTS:
        return []
    columns = _columns(insert[2])
    case, place = columns.index("case_id"), columns.index("seq")
    rows = range(0, len(statement.values), len(columns))
    return [row + place for row in rows if statement.values[row + case] not in made]


def _columns(text: str) -> list[str]:
    return [each.strip().strip('"') for each in text.split(",")]


def _shown(values: Any) -> str:
    """Values as a text in which ids can be looked for."""
    if isinstance(values, Json | Jsonb):
        return _shown(values.obj)
    if isinstance(values, Mapping):
        return " ".join(map(_shown, values.values()))
    if isinstance(values, list | tuple):
        return " ".join(map(_shown, values))
    return str(values)


def _renewed(value: Any, fresh: Mapping[Any, Any], tokens: Any) -> Any:
    if isinstance(value, UUID):
        return fresh.get(value, value)
    if isinstance(value, str):
        return tokens.sub(lambda found: fresh[found[0]], value)
    if isinstance(value, Json | Jsonb):
        return type(value)(_renewed(value.obj, fresh, tokens), value.dumps)
    if isinstance(value, Mapping):
        return {name: _renewed(each, fresh, tokens) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_renewed(each, fresh, tokens) for each in value]
    return value


def counter() -> Iterator[int]:
    """Numbers that no earlier process of the last days gave: events and cases count by them."""
    return itertools.count(int(time.time()) % 1_000_000 * 1_000 + 1)

"""`commonweal engine`: the engines that need no database, each on one JSON document.

Allocation and rating are charging's own; the clock is casework's, behind the same strict reading.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from importlib import resources
from typing import Any

from jsonschema import Draft202012Validator

from commonweal.kernel.casework.domain.clocks import documents as clocks
from commonweal.practices.charging.engine.documents import main as run_engine
from commonweal.practices.charging.engine.errors import EngineInputError
from commonweal.practices.charging.engine.reading import check_schema, pointer

_TIME = "Write a time as 08:30; beyond 24:00 it is on the next day."
_DAY = "Write a day as 2026-03-27."
PATTERNS = {"from": _TIME, "to": _TIME, "day": _DAY, "default": _TIME}


@cache
def clock_schema() -> dict[str, Any]:
    """The shipped JSON Schema of a clock's document."""
    file = resources.files(clocks.__package__).joinpath("schemas", "clock.schema.json")
    loaded: dict[str, Any] = json.loads(file.read_text("utf-8"))
    return loaded


def run_clock(document: dict[str, Any]) -> dict[str, Any]:
    """The cycles of a `commonweal.engine.clock.v1` document; refused with the place."""
    check_schema(document, Draft202012Validator(clock_schema()), PATTERNS)
    try:
        return clocks.run_document(document)
    except clocks.DocumentError as error:
        raise EngineInputError(pointer(error.where), error.code, error.message) from None


DOORS = {"clock": ("read the clock of a case from its events, and explain every second", run_clock)}


def main(argv: Sequence[str]) -> int:
    """Run one engine on a file."""
    return run_engine(argv, DOORS)

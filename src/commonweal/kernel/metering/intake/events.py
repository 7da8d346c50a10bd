"""From CloudEvents 1.0 (type commonweal.usage.v1) to raw records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..domain import Problem, Raw, Usage
from ..domain.problems import Refused, refuse

TYPE = "commonweal.usage.v1"
_FIELDS = {
    "agency": "agency",
    "bureau": "bureau",
    "charge_item": "charge_item",
    "order_line": "order_line",
    "quantity": "quantity",
    "unit": "unit",
    "from": "starts",
    "to": "ends",
    "origin": "origin",
    "replaces": "replaces",
}


@dataclass(frozen=True)
class Delivery:
    """Raw records by source code, and the problems of those that were no records at all."""

    records: Mapping[str, list[Raw]]
    problems: list[Problem]


def pointer(row: int, field: str) -> str:
    """The JSON pointer of a field in a batch of events."""
    inside = field in _FIELDS or field.startswith("dimensions")
    return f"/{row}/data/{field.replace('.', '/')}" if inside else f"/{row}/{field}"


def _text(event: Mapping[str, Any], name: str, default: str = "") -> str:
    value = event.get(name, default)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise refuse(name, "USAGE-128")
    return value


def _read(row: int, event: Any, source_hint: str) -> tuple[str, Raw]:
    if not isinstance(event, Mapping):
        raise refuse("event", "USAGE-128")
    for name, wanted in (("specversion", "1.0"), ("type", TYPE)):
        if event.get(name) != wanted:
            raise refuse(name, "USAGE-120", value=str(event.get(name))[:40])
    data = event.get("data")
    if not isinstance(data, Mapping):
        raise refuse("data", "USAGE-128")
    for name in data:
        if name not in _FIELDS and name != "dimensions":
            raise refuse(str(name)[:40], "USAGE-129")
    dimensions = data.get("dimensions") or {}
    if not isinstance(dimensions, Mapping) or not all(
        isinstance(part, str) for pair in dimensions.items() for part in pair
    ):
        raise refuse("dimensions", "USAGE-122", value="dimensions")
    fields = {target: _text(data, name) for name, target in _FIELDS.items()}
    source = _text(event, "source", source_hint) or source_hint
    return source, Raw(row, _text(event, "id"), dimensions=dimensions, **fields)


def read_events(events: Sequence[Any], source_hint: str) -> Delivery:
    """Sort a batch's events by source; one that cannot be read becomes a problem."""
    records: dict[str, list[Raw]] = {}
    problems = []
    for row, event in enumerate(events):
        try:
            source, raw = _read(row, event, source_hint)
        except Refused as refused:
            name = event.get("id") if isinstance(event, Mapping) else ""
            known = name if isinstance(name, str) else ""
            problems.append(place(refused, row, pointer(row, refused.field), known))
            continue
        records.setdefault(source, []).append(raw)
    return Delivery(records, problems)


def place(refused: Refused, row: int, where: str, external_id: str) -> Problem:
    """A refusal as the problem of one record."""
    message = f"Record {row + 1}: {refused.message}"
    return Problem(row, where, refused.code, message, external_id[:200])


def read_usage(facts: Sequence[Usage]) -> list[Raw]:
    """Raw records of usage that a service of the kernel sends."""
    return [
        Raw(
            row,
            fact.external_id,
            str(fact.agency),
            str(fact.bureau or ""),
            str(fact.charge_item),
            str(fact.order_line or ""),
            format(fact.quantity, "f"),
            fact.unit,
            fact.starts.isoformat(),
            fact.ends.isoformat(),
            fact.origin,
            fact.replaces,
            fact.dimensions,
        )
        for row, fact in enumerate(facts)
    ]

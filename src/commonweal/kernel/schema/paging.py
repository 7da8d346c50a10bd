"""Lists by key: every list goes by an order that an index holds, and by the key of its last row.

Nothing is counted and nothing skipped (no OFFSET), so that page ten thousand costs what page one
costs. Whether each order has its index is tested by the plans of the lists themselves
(interfaces/web/tests/test_lists.py).
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, TypeVar, overload

from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db.models import F, Field, Model, Q, QuerySet
from django.db.models.fields.tuple_lookups import Tuple, TupleGreaterThan, TupleLessThan

from ..errors import NotFound

PAGE = 50
Row = TypeVar("Row")
ModelT = TypeVar("ModelT", bound=Model)


@dataclass(frozen=True)
class Place:
    """Where a list is read: `at` comes from a `Listing` ("": its beginning); at most `limit`."""

    at: str = ""
    limit: int = PAGE


FIRST = Place()


class Listing(Sequence[Row], Generic[Row]):
    """One page of a list. `previous` and `next` are places beside it ("": there is none)."""

    def __init__(self, rows: Sequence[Row], previous: str = "", next: str = "") -> None:
        self.rows = rows
        self.previous = previous
        self.next = next

    @overload
    def __getitem__(self, place: int) -> Row: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Row]: ...
    def __getitem__(self, place: int | slice) -> Row | Sequence[Row]:
        return self.rows[place]

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows)

    def __eq__(self, other: object) -> bool:
        return list(self) == list(other) if isinstance(other, Sequence) else NotImplemented

    __hash__ = None  # type: ignore[assignment]


def gone() -> NotFound:
    """The error for a place that is not one of the list's."""
    return NotFound("LIST-404", "This page does not exist. Go back to the first page.")


def place_text(backwards: bool, key: Sequence[Any]) -> str:
    """A place as text that an address can carry."""
    raw = json.dumps(["<" if backwards else ">", *map(str, key)], ensure_ascii=False).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def place_parts(at: str, parts: int) -> tuple[bool, list[str]]:
    """Whether a place looks backwards, and its key (LIST-404 if it is not one of ours)."""
    try:
        raw = base64.b64decode(at + "=" * (-len(at) % 4), altchars=b"-_", validate=True)
        found = json.loads(raw)
        json.dumps(found, ensure_ascii=False).encode()  # half a surrogate is no text
    except (ValueError, binascii.Error):
        found = None
    if (
        not isinstance(found, list)
        or len(found) != parts + 1
        or not all(isinstance(part, str) and "\x00" not in part for part in found)
        or found[0] not in ("<", ">")
    ):
        raise gone()
    return found[0] == "<", found[1:]


def turn(
    read: Callable[[list[str], bool, int], Sequence[Row]],
    place: Place,
    parts: int,
    key: Callable[[Row], Sequence[Any]],
) -> Listing[Row]:
    """The page at a place. `read(key, backwards, limit)` gives rows behind a key ([]: all), the
    nearest first."""
    backwards, start = place_parts(place.at, parts) if place.at else (False, [])
    rows = list(read(start, backwards, place.limit + 1))
    more = len(rows) > place.limit
    rows = rows[: place.limit]
    if backwards:
        rows.reverse()
    if not rows:
        return Listing((), place_text(True, start) if start and not backwards else "")
    before = more if backwards else bool(start)
    behind = backwards or more
    return Listing(
        rows,
        place_text(True, key(rows[0])) if before else "",
        place_text(False, key(rows[-1])) if behind else "",
    )


def listing(
    rows: QuerySet[ModelT], order: Sequence[str], place: Place | None = FIRST
) -> Listing[ModelT]:
    """A page of a query in an order of fields that are never null (`-` before one: descending).

    The last field must tell rows apart that are alike in the others. Fields that go both ways
    are read from the first field's value on, so that one may hold few rows only. `place` None:
    every row, for the short lists of what administrators set up.
    """
    if place is None:
        return Listing(list(rows.order_by(*order)))
    return listing_of([rows], order, place)


def listing_of(
    parts: Sequence[QuerySet[ModelT]], order: Sequence[str], place: Place = FIRST
) -> Listing[ModelT]:
    """A page of what is in any of several queries of one model: each is read by its own index, and
    what two of them hold is shown once."""
    if not parts:
        return Listing(())
    names = [name.removeprefix("-") for name in order]
    fields = [_field(parts[0].model, name) for name in names]

    def read(start: list[str], backwards: bool, limit: int) -> list[ModelT]:
        turned = [_turned(name) for name in order] if backwards else list(order)
        found: dict[Any, ModelT] = {}
        for rows in parts:
            behind = rows.filter(_behind(turned, _values(fields, start))) if start else rows
            found |= {row.pk: row for row in behind.order_by(*turned)[:limit]}
        ordered = list(found.values())
        for name in reversed(turned if len(parts) > 1 else []):
            plain = name.removeprefix("-")
            ordered.sort(key=partial(_get, name=plain), reverse=name != plain)
        return ordered[:limit]

    return turn(read, place, len(order), lambda row: [_get(row, name) for name in names])


def _turned(name: str) -> str:
    return name[1:] if name.startswith("-") else f"-{name}"


def _field(model: type[Model], name: str) -> Field[Any, Any]:
    first, _, rest = name.partition("__")
    found: Any = model._meta.get_field(first)
    if rest:
        return _field(found.related_model, rest)
    if found.null or not found.concrete:
        raise FieldDoesNotExist(f"{model._meta.label}.{name} cannot order a list")
    leaf: Field[Any, Any] = found.target_field if found.is_relation else found
    return leaf


def _values(fields: Sequence[Field[Any, Any]], start: Sequence[str]) -> list[Any]:
    try:
        return [field.to_python(part) for field, part in zip(fields, start, strict=True)]
    except (ValidationError, ValueError, OverflowError) as wrong:
        raise gone() from wrong


def _behind(order: Sequence[str], values: Sequence[Any]) -> Q | TupleGreaterThan | TupleLessThan:
    """The rows behind a key. One direction: one comparison of rows, which an index can answer."""
    names = [name.removeprefix("-") for name in order]
    down = [name.startswith("-") for name in order]
    if len(names) == 1:
        return Q(**{f"{names[0]}__{'lt' if down[0] else 'gt'}": values[0]})
    if len(set(down)) == 1:
        compare = TupleLessThan if down[0] else TupleGreaterThan
        return compare(Tuple(*map(F, names)), tuple(values))
    behind = Q(pk__in=[])
    for place, name in enumerate(names):
        same = Q(**dict(zip(names[:place], values[:place], strict=True)))
        behind |= same & Q(**{f"{name}__{'lt' if down[place] else 'gt'}": values[place]})
    return behind & Q(**{f"{names[0]}__{'lte' if down[0] else 'gte'}": values[0]})


def _get(row: Any, name: str) -> Any:
    for part in name.split("__"):
        row = getattr(row, part)
    return row

"""Lists by key: `after` says where to go on, `limit` how much to read (at most 200)."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from typing import Any, TypeVar
from uuid import UUID

from django.db.models import Q, QuerySet
from ninja import Query

from commonweal.kernel.schema.public import Listing, Place

from .doors import ApiError

T = TypeVar("T")
MAX = 200


def limit_query(default: int = 50) -> Any:
    """The parameter `limit`."""
    return Query(default, ge=1, le=MAX, description=f"How many at most, 1 to {MAX}.")


def after_query() -> Any:
    """The parameter `after`."""
    return Query("", max_length=600, description="`after` of the page before.")


def place(after: str, limit: int) -> Place:
    """Where a selector reads its list."""
    return Place(after, limit)


def answer(rows: Listing[Any]) -> dict[str, Any]:
    """A page that a selector read."""
    return {"items": list(rows), "after": rows.next or None}


def encode(*parts: Any) -> str:
    """An opaque cursor."""
    raw = json.dumps([str(part) for part in parts], ensure_ascii=False).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def decode(after: str, parts: int) -> list[str]:
    """The parts of a cursor (API-103 if it is not one of ours); empty without a cursor."""
    if not after:
        return []
    try:
        raw = base64.b64decode(after + "=" * (-len(after) % 4), altchars=b"-_", validate=True)
        found = json.loads(raw)
    except (ValueError, binascii.Error):
        found = None
    if (
        not isinstance(found, list)
        or len(found) != parts
        or not all(isinstance(part, str) and "\x00" not in part for part in found)
    ):
        raise ApiError("API-103", "This page does not exist. Go back to the first page.")
    return found


def id_after(after: str) -> UUID | None:
    """A cursor that is one id."""
    parts = decode(after, 1)
    if not parts:
        return None
    try:
        return UUID(parts[0])
    except ValueError:
        raise ApiError("API-103", "This page does not exist. Go back to the first page.") from None


def number_after(after: str) -> int | None:
    """A cursor that is one number."""
    parts = decode(after, 1)
    if parts and not (parts[0].isascii() and parts[0].isdigit() and len(parts[0]) < 19):
        raise ApiError("API-103", "This page does not exist. Go back to the first page.")
    return int(parts[0]) if parts else None


def page(rows: Sequence[T], limit: int, key: Callable[[T], Sequence[Any]]) -> dict[str, Any]:
    """A page of rows read with `limit + 1`."""
    more = len(rows) > limit
    return {
        "items": list(rows[:limit]),
        "after": encode(*key(rows[limit - 1])) if more else None,
    }


def by_id(rows: Sequence[Any], limit: int) -> dict[str, Any]:
    """A page of rows read with `limit + 1` whose key is their id."""
    return page(rows, limit, lambda row: [row.pk])


def part_of(rows: Sequence[T], after: str, limit: int, key: Callable[[T], Any]) -> dict[str, Any]:
    """A page of a short list that was read whole, going on behind the row with the cursor's key."""
    start = 0
    parts = decode(after, 1)
    if parts:
        places = [at for at, row in enumerate(rows) if str(key(row)) == parts[0]]
        if not places:
            raise ApiError("API-103", "This page does not exist any more. Go back to the first.")
        start = places[0] + 1
    return page(rows[start : start + limit + 1], limit, lambda row: [key(row)])


def keyset(rows: QuerySet[Any], after: str, limit: int, order: Sequence[str]) -> dict[str, Any]:
    """A page of a query in an order of fields (`-` before a field: descending), all of them text.

    The last field must tell rows apart that are alike in the others.
    """
    names = [name.removeprefix("-") for name in order]
    parts = decode(after, len(order))
    if parts:
        behind = Q(pk__in=[])
        for place, field in enumerate(order):
            same = Q(**dict(zip(names[:place], parts[:place], strict=True)))
            word = "lt" if field.startswith("-") else "gt"
            behind |= same & Q(**{f"{names[place]}__{word}": parts[place]})
        rows = rows.filter(behind)
    found = list(rows.order_by(*order)[: limit + 1])
    return page(found, limit, lambda row: [_get(row, name) for name in names])


def _get(row: Any, name: str) -> Any:
    for part in name.split("__"):
        row = getattr(row, part)
    return row

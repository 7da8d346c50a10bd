"""What an agency takes with it: its rows of every tenant table, and files that modules announce.

Tables are found, not listed: a table that a module or plug-in adds leaves by itself, unless its
manifest says that it stays, and why.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import models

from ..access.public import Actor
from ..jobs.public import all_manifests, all_permissions
from ..schema.public import TableRights, declared_models
from .models import Document
from .selectors import open_document

Piece = bytes | str
ROWS = 2_000


@dataclass(frozen=True)
class Leaving:
    """One file of the archive: its name, what it holds, and its pieces, made when it is written."""

    name: str
    about: str
    pieces: Iterable[Piece]


def actor_of(actor: Actor, agency_id: UUID) -> Actor:
    """The same person, seeing this agency and no other, with every right in it.

    Who may take everything need not hold the right to each page; and who belongs to several
    agencies, or to the centre, takes one agency's data only: row-level security reads this too.
    """
    return Actor(
        kind=actor.kind,
        user_id=actor.user_id,
        person_id=actor.person_id,
        agencies=frozenset({agency_id}),
        grants=frozenset((code, agency_id) for code in all_permissions()),
    )


def own_tables() -> dict[str, tuple[type[models.Model], str]]:
    """The tables whose rows belong to agencies: label → (model, the column with the agency)."""
    found = {}
    for model in declared_models():
        rights: TableRights = getattr(model, "rights", TableRights())
        if rights.tenant is not None:
            found[model._meta.label] = (model, rights.tenant)
    return dict(sorted(found.items()))


def staying() -> dict[str, str]:
    """Tables whose rows stay as rows, and why: what the manifests say."""
    return {label: why for each in all_manifests() for label, why in each.stays.items()}


def _only() -> dict[str, dict[str, Any]]:
    return {
        label: dict(lookups) for each in all_manifests() for label, lookups in each.shown.items()
    }


def everything(actor: Actor, agency_id: UUID) -> Iterator[Leaving]:
    """Every file, for an actor made by `actor_of`: tables, then what they refer to, then files."""
    only, stays = _only(), staying()
    for label, (model, column) in own_tables().items():
        if label not in stays:
            rows = model._default_manager.filter(**{column: agency_id, **only.get(label, {})})
            yield _table("tables", label, rows)
    for each in all_manifests():
        for label in each.refers:
            model = next(m for m in declared_models() if m._meta.label == label)
            rows = model._default_manager.filter(**only.get(label, {}))
            yield _table("reference", label, rows)
    yield from _documents(actor, agency_id)
    for each in all_manifests():
        if each.leaves is not None:
            for name, about, pieces in each.leaves(actor, agency_id):
                yield Leaving(name, about, pieces)


def _table(folder: str, label: str, rows: models.QuerySet[Any]) -> Leaving:
    about = (rows.model.__doc__ or label).strip().splitlines()[0]
    return Leaving(f"{folder}/{label.lower()}.csv", about, _csv(rows))


def _csv(rows: models.QuerySet[Any]) -> Iterator[str]:
    names = [field.attname for field in rows.model._meta.concrete_fields]
    yield _line(names)
    for values in rows.order_by("pk").values_list(*names).iterator(chunk_size=ROWS):
        yield _line([_cell(value) for value in values])


def _line(cells: list[str]) -> str:
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerow(cells)
    return stream.getvalue()


def _cell(value: object) -> str:
    """A value as text that reads back: ISO moments, plain decimals, JSON for what has parts.

    A text that a spreadsheet would take for a formula gets an apostrophe before it.
    """
    if value is None:
        return ""
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False, sort_keys=True)
    text = str(value)
    return f"'{text}" if isinstance(value, str) and text[:1] in ("=", "+", "-", "@") else text


def _documents(actor: Actor, agency_id: UUID) -> Iterator[Leaving]:
    """The stored files, each once under its own name."""
    taken: set[str] = set()
    rows = Document.objects.filter(agency_id=agency_id, removal__isnull=True)
    for row in rows.order_by("id").iterator():
        name = f"files/{row.kind}/{row.filename}"
        if name in taken:
            name = f"files/{row.kind}/{row.pk}-{row.filename}"
        taken.add(name)
        yield Leaving(name, f"A stored file of {row.owner_type}.", _bytes(actor, row.pk))


def _bytes(actor: Actor, document_id: UUID) -> Iterator[bytes]:
    yield open_document(actor, document_id)

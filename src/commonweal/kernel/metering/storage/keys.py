"""Key files: the ids of sealed usage, so that nothing is counted twice after it left PostgreSQL.

A key file is a NumPy array of unsigned 64-bit numbers, one row a fact, sorted: key hash (high,
low) and content hash (high, low). Every process keeps the high halves of all sealed keys in one
sorted array with the place of each, and opens a file only to confirm a hit.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np

from ..models import Partition
from .files import checked, data_folder

Keys = Any  # numpy.ndarray of uint64, shape (n, 4)
_LOW = (1 << 64) - 1


@dataclass(frozen=True)
class Hit:
    """A key that is sealed already: its position among those asked for, and what is recorded."""

    position: int
    content: UUID
    partition_id: UUID


@dataclass(frozen=True)
class Index:
    """The resident part: its files by partition, their keys' high halves and where each lies."""

    folder: Path
    files: tuple[tuple[UUID, Any], ...]
    high: Any
    place: Any  # file number * 2^32 + row


_guard = threading.Lock()
_resident: Index | None = None


def _empty(folder: Path) -> Index:
    return Index(folder, (), np.empty(0, np.uint64), np.empty(0, np.uint64))


def key_rows(keys: Sequence[UUID], contents: Sequence[UUID]) -> Keys:
    """Key and content hashes as rows of numbers, in the order given."""
    raw = b"".join(
        part for pair in zip(keys, contents, strict=True) for part in (pair[0].bytes, pair[1].bytes)
    )
    return np.frombuffer(raw, dtype=">u8").astype(np.uint64).reshape(-1, 4)


def write_keys(path: Path, keys: Keys) -> None:
    """Write a key file: sorted by key, the same bytes for the same keys."""
    order = np.lexsort((keys[:, 1], keys[:, 0]))
    with path.open("wb") as stream:
        np.save(stream, np.ascontiguousarray(keys[order]), allow_pickle=False)


def _with(index: Index, partition: Partition) -> Index:
    """The index with one more key file, its hash checked once per process."""
    place = checked(partition.path, partition.sha256)
    rows = np.load(place, mmap_mode="r", allow_pickle=False)
    high = np.concatenate([index.high, rows[:, 0]])
    first = np.uint64(len(index.files) << 32)
    where = np.concatenate([index.place, np.arange(len(rows), dtype=np.uint64) + first])
    order = np.argsort(high, kind="stable")
    files = (*index.files, (partition.id, rows))
    return Index(index.folder, files, high[order], where[order])


def sealed_index() -> Index:
    """The resident index, brought up to date with the manifest. Needs the centre's scope."""
    global _resident
    with _guard:
        folder = data_folder()
        index = _resident if _resident and _resident.folder == folder else _empty(folder)
        sealed = Partition.objects.filter(kind="keys", sealed_at__isnull=False)
        names = set(sealed.values_list("id", flat=True))
        if not names.issuperset(known for known, _ in index.files):  # another database
            index = _empty(folder)
        fresh = names.difference(known for known, _ in index.files)
        for partition in sealed.filter(id__in=fresh).order_by("id") if fresh else ():
            index = _with(index, partition)
        _resident = index
        return index


def find(index: Index, keys: Keys) -> list[Hit]:
    """Which of these keys are sealed already."""
    if not len(index.high) or not len(keys):
        return []
    first: Any = np.searchsorted(index.high, keys[:, 0], side="left")
    last: Any = np.searchsorted(index.high, keys[:, 0], side="right")
    hits = []
    found_at: Any = np.nonzero(last > first)[0]
    for position in found_at.tolist():
        for spot in range(int(first[position]), int(last[position])):
            number, row = divmod(int(index.place[spot]), 1 << 32)
            partition_id, rows = index.files[number]
            found = rows[row]
            if found[1] == keys[position, 1]:
                content = UUID(int=(int(found[2]) << 64) | int(found[3]))
                hits.append(Hit(position, content, partition_id))
    return hits


def content_of(keys: Keys, position: int) -> UUID:
    """The content hash of one row."""
    return UUID(int=(int(keys[position, 2]) << 64) | (int(keys[position, 3]) & _LOW))

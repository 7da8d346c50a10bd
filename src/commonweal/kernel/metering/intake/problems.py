"""The list of rows that were not taken, as a CSV file that a person can open and mend."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterable
from pathlib import Path
from uuid import UUID

from ..domain import Problem, Raw
from ..domain.cells import safe_cell
from ..domain.problems import Refused
from ..storage.files import data_folder, sync_folders
from .options import FIELDS

HEADER = ["row", "id", "column", "code", "problem"]
_COLUMNS = {target: name for name, target in FIELDS.items()}


def place_in_file(refused: Refused, raw: Raw) -> Problem:
    """A refusal of one row of a file."""
    message = f"Row {raw.row}: {refused.message}"
    return Problem(raw.row, refused.field, refused.code, message, raw.external_id[:200])


class ProblemFile:
    """An appended CSV file; what was written and not committed is cut off when work goes on."""

    def __init__(self, upload_id: UUID, committed_bytes: int) -> None:
        self.relative = f"uploads/{upload_id}/problems.csv"
        self.path: Path = data_folder() / self.relative
        self._bytes = committed_bytes
        if self.path.exists():
            with self.path.open("r+b") as stream:
                stream.truncate(committed_bytes)

    def append(self, problems: Iterable[Problem]) -> int:
        """Write problems in the order of rows, to disk; gives the length of the file."""
        rows = sorted(problems, key=lambda problem: problem.row)
        if not rows:
            return self._bytes
        stream = io.StringIO()
        writer = csv.writer(stream, lineterminator="\r\n")
        if not self._bytes:
            writer.writerow(HEADER)
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        for each in rows:
            cells = (each.row, each.external_id, each.pointer, each.code, each.message)
            writer.writerow([safe_cell(cell) for cell in cells])
        content = stream.getvalue().encode("utf-8-sig" if not self._bytes else "utf-8")
        with self.path.open("r+b" if self.path.exists() else "w+b") as target:
            target.seek(self._bytes)
            target.truncate()
            target.write(content)
            target.flush()
            os.fsync(target.fileno())
        if not self._bytes:
            sync_folders(self.path.parent)
        self._bytes += len(content)
        return self._bytes

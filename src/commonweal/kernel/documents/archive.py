"""The archive of an agency's data: one zip of open files with its README and its hashes."""

from __future__ import annotations

import hashlib
import json
import os
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from .leaving import Leaving

Tell = Callable[[int, str], None]
FORMAT = 1
STAMP = (1980, 1, 1, 0, 0, 0)
README = """\
All data of {agency} ({code}) kept by {centre}, as of {moment}.

contents.json     what every file holds, its size and its SHA-256
manifest.sha256   the same hashes for `sha256sum --check manifest.sha256`
tables/           the agency's rows of every table, one CSV file each: UTF-8, comma, first row the
                  names. Moments are in UTC, amounts that end in _minor are in the smallest unit of
                  the currency, parts are JSON. A text that begins with = + - or @ has an
                  apostrophe before it, so that no spreadsheet takes it for a formula.
reference/        what those rows refer to: services, charge items, units, decided rates, roles
usage/            the usage records that count in each month, and in replaced-….csv those that
                  others replaced in time, which count nowhere
journals/         each bill as a journal by the agency's own account strings
files/            every stored file: bills as PDF and CSV, and the pack that proves each bill
check_bill.py     the program that checks a pack
stays.json        what is not here as rows, and why

The columns that end in _id name rows of other tables. Each bill's pack is checked by the program
check_bill.py. The format is described in docs/reference/take-out.md
of Commonweal.
"""


@dataclass(frozen=True)
class Sealed:
    """What was written: how many files, how many bytes, and the hash of the whole."""

    files: int
    size: int
    sha256: str


def write_archive(
    path: Path,
    files: Iterable[Leaving],
    *,
    about: dict[str, str],
    stays: dict[str, str],
    tell: Tell,
) -> Sealed:
    """Write the zip, whole or not at all; `tell(done, name)` before each file.

    `about`: agency, code, centre, moment. Nothing in it but its moment depends on when it is made.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f"{path.name}.part")
    contents: list[dict[str, object]] = []
    try:
        with zipfile.ZipFile(draft, "w", zipfile.ZIP_DEFLATED) as archive:
            _put(archive, contents, Leaving("README.txt", "Read this first.", [_readme(about)]))
            for file in files:
                tell(len(contents), file.name)
                _put(archive, contents, file)
            _put(archive, contents, Leaving(
                "stays.json", "What is not here as rows, and why.", [_json(stays)]
            ))  # fmt: skip
            listed = _json({"format": FORMAT, **about, "files": contents})
            _put(archive, contents, Leaving("contents.json", "What every file holds.", [listed]))
            hashes = "".join(f"{row['sha256']}  {row['name']}\n" for row in contents)
            _put(archive, [], Leaving("manifest.sha256", "The hashes of all others.", [hashes]))
        with draft.open("rb") as stream:
            os.fsync(stream.fileno())
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
        draft.chmod(0o600)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    return Sealed(len(contents), path.stat().st_size, digest)


def _readme(about: dict[str, str]) -> str:
    return README.format_map(about)


def _json(value: object) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def _put(archive: zipfile.ZipFile, contents: list[dict[str, object]], file: Leaving) -> None:
    """Write a file piece by piece, and note its size and hash."""
    info = zipfile.ZipInfo(file.name, STAMP)
    info.compress_type, info.external_attr = zipfile.ZIP_DEFLATED, 0o600 << 16
    digest, size = hashlib.sha256(), 0
    with archive.open(info, "w", force_zip64=True) as out:
        for piece in file.pieces:
            data = piece.encode() if isinstance(piece, str) else piece
            digest.update(data)
            size += len(data)
            out.write(data)
    contents.append(
        {"name": file.name, "holds": file.about, "bytes": size, "sha256": digest.hexdigest()}
    )

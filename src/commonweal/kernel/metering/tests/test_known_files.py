"""The files of the manifest as pages read them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from commonweal.kernel.metering.public import UsageError
from commonweal.kernel.metering.storage import files


def test_a_file_is_hashed_once_and_again_when_it_was_touched(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And never remembered while its times could hide a change."""
    row = files.write_whole("usage/one/file.parquet", lambda path: path.write_bytes(b"facts"))
    counted: list[Path] = []
    real = files.file_sha256
    monkeypatch.setattr(files, "file_sha256", lambda path: counted.append(path) or real(path))
    monkeypatch.setattr(files, "_SETTLED", 10**15)
    for times in (1, 2):
        files.known(row.path, row.sha256)
        assert len(counted) == times
    monkeypatch.setattr(files, "_SETTLED", 0)
    files.known(row.path, row.sha256)
    place = files.known(row.path, row.sha256)
    assert len(counted) == 3
    whole = place.read_bytes()
    place.write_bytes(bytes(reversed(whole)))
    with pytest.raises(UsageError, match="USAGE-303"):
        files.known(row.path, row.sha256)
    place.write_bytes(whole)
    os.utime(place, ns=(0, 0))
    files.known(row.path, row.sha256)
    place.unlink()
    with pytest.raises(UsageError, match="USAGE-303"):
        files.known(row.path, row.sha256)

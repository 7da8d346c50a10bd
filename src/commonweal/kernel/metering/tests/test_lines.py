"""Lines of files: broken quotes, and rows that meet earlier ones many chunks before."""

from __future__ import annotations

from pathlib import Path

import pytest

from commonweal.kernel.metering.intake import files
from commonweal.kernel.metering.intake.lines import SoundLines
from commonweal.kernel.metering.models import UsageFact

from .test_files import HEADER, problems, row, take, write
from .world import World


def test_a_dry_run_of_many_chunks_knows_the_rows_before(
    world: World, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Repeated ids, other content, replacements and a second replacement, each chunks apart."""
    monkeypatch.setattr(files, "CHUNK_ROWS", 4)
    lines = [row(f"n{number:02d}") + "," for number in range(20)]
    lines += [row("n01") + ",", row("n02", "11") + ",", row("r1", "7") + ",n03"]
    lines += [row(f"m{number:02d}") + "," for number in range(8)]
    lines += [row("r1", "7") + ",n03", row("r2", "6") + ",r1", row("r3", "5") + ",n03"]
    lines += [row("r4", "5") + ",nowhere", row("n02", "11") + ","]
    path = write(data_dir, *lines, header=HEADER + ",replaces")
    dry = take(path, dry_run=True)
    listed = problems(dry, data_dir)
    assert not UsageFact.objects.exists()
    real = take(path)
    counts = ("rows", "accepted", "duplicates", "conflicts", "rejected", "problems")
    assert [getattr(dry, name) for name in counts] == [getattr(real, name) for name in counts]
    assert (real.accepted, real.duplicates, real.conflicts, real.rejected) == (30, 2, 2, 2)
    assert listed == problems(real, data_dir)
    after = take(path, dry_run=True)
    assert (after.accepted, after.duplicates) == (0, 32)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_an_unclosed_quote_costs_its_own_row_alone(
    world: World, data_dir: Path, encoding: str
) -> None:
    path = write(
        data_dir,
        row("a"),
        '"' + row("b"),
        row("c"),
        row('"d"'),
        row("e").replace("payslip", 'pay"slip'),
        "too,few",
        row("f"),
        '"' + row("g"),
        encoding=encoding,
    )
    result = take(path)
    assert (result.accepted, result.rejected) == (4, 4)
    named = [(each[0], each[3]) for each in problems(result, data_dir)[1:]]
    assert named == [
        ("3", "USAGE-220"), ("6", "USAGE-220"), ("7", "USAGE-206"), ("9", "USAGE-220"),
    ]  # fmt: skip
    assert set(UsageFact.objects.values_list("external_id", flat=True)) == set("acdf")


@pytest.mark.parametrize("size", [1, 7, 64, 5000])
def test_lines_are_sound_wherever_the_pieces_end(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    monkeypatch.setattr("commonweal.kernel.metering.intake.lines._READ", size)
    path = data_dir / "lines.csv"
    path.write_bytes(b'a,b\n"x","y""z"\n"open,1\n\n2,"3\n4,5')
    lines = SoundLines(path, "utf-8", b",,,")
    assert b"".join(iter(lambda: lines.read(3), b"")) == b'a,b\n"x","y""z"\n,,,\n\n,,,\n4,5'
    assert lines.broken == {3, 5}

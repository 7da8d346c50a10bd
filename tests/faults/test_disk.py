"""The disk that forgets: what was synced comes back, what was not does not."""

from __future__ import annotations

import os
import random
import signal
from pathlib import Path

import pytest

from commonweal.ops.deep.disk import Disk


@pytest.fixture
def disk(tmp_path: Path) -> Disk:
    root = tmp_path / "root"
    (root / "old").mkdir(parents=True)
    (root / "old" / "kept").write_text("before")
    made = Disk(root, tmp_path / "aside")
    made.take_all()
    return made


def in_process(disk: Disk, work: str, die_at: int = 0) -> int:
    """Run statements in a forked process that watches its syncs; its exit status."""
    pid = os.fork()
    if not pid:
        try:
            disk.install(die_at)
            exec(work, {"os": os, "root": disk.root})
        except BaseException:
            os._exit(1)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


SYNC_FOLDER = "handle = os.open({0}, os.O_RDONLY); os.fsync(handle); os.close(handle)\n"
WRITE = """
with open(root / "new.part", "w") as stream:
    stream.write("whole"); stream.flush(); os.fsync(stream.fileno())
os.replace(root / "new.part", root / "new")
"""


def names(root: Path) -> set[str]:
    return {str(path.relative_to(root)) for path in root.rglob("*")}


def test_a_name_needs_its_folder_synced(disk: Disk) -> None:
    assert in_process(disk, WRITE) == 0
    assert disk.lose_power() > 0
    assert names(disk.root) == {"old", "old/kept"}
    assert in_process(disk, WRITE + SYNC_FOLDER.format("root")) == 0
    disk.lose_power()
    assert (disk.root / "new").read_text() == "whole"


def test_bytes_need_their_file_synced(disk: Disk) -> None:
    work = 'open(root / "old" / "kept", "w").write("after")\n'
    work += 'open(root / "old" / "empty", "w").write("text")\n' + SYNC_FOLDER.format('root / "old"')
    assert in_process(disk, work) == 0
    assert disk.lose_power() == 2
    assert (disk.root / "old" / "kept").read_text() == "before"
    assert (disk.root / "old" / "empty").read_text() == ""


def test_a_deletion_and_a_new_folder_need_it_too(disk: Disk) -> None:
    work = 'os.unlink(root / "old" / "kept"); os.mkdir(root / "fresh")\n'
    assert in_process(disk, work) == 0
    disk.lose_power()
    assert names(disk.root) == {"old", "old/kept"}
    assert (disk.root / "old" / "kept").read_text() == "before"


def test_by_chance_newer_things_survive_in_part(disk: Disk) -> None:
    seen = set()
    for seed in range(30):
        assert in_process(disk, 'open(root / "old" / "kept", "w").write("after!")') == 0
        disk.lose_power(random.Random(seed))
        seen.add((disk.root / "old" / "kept").read_text())
        (disk.root / "old" / "kept").write_text("before")
        disk.take_all()
    assert {"before", "after!", "aft", ""} == seen


def test_it_dies_before_the_operation_asked_for(disk: Disk) -> None:
    for die_at, left in ((1, set()), (2, {"new.part"}), (3, {"new.part"}), (4, {"new"})):
        work = WRITE.replace("open(", "os.fdopen(os.open(").replace(
            '"new.part", "w")', '"new.part", os.O_CREAT | os.O_WRONLY, 0o600), "w")'
        )
        assert in_process(disk, work + SYNC_FOLDER.format("root"), die_at) == -signal.SIGKILL
        assert names(disk.root) - {"old", "old/kept"} == left
        disk.lose_power()

"""What a disk holds after a loss of power, for one folder tree: only what was synced to it.

`install` wraps `os.fsync` in the process that writes. Syncing a file keeps its bytes aside;
syncing a folder keeps its names aside. A write, a new folder, a rename or a deletion is lost until
the file or the folder it happened in is synced, which is all that POSIX promises. The tree as it
was when the disk was made counts as synced. A kill without a loss keeps everything, synced or not,
as the system's page cache does; what is kept aside lives in files and so outlives a kill too.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

Entries = dict[str, int]
_real_fsync = os.fsync
_real_replace = os.replace
_WATCHED = ("mkdir", "replace", "rename", "unlink", "fsync", "open", "truncate")


class Disk:
    """The synced state of the tree below `root`, kept in the folder `aside` (same filesystem)."""

    def __init__(self, root: Path, aside: Path) -> None:
        self.root, self.aside = root, aside
        self.names, self.bytes, self.pins = aside / "names", aside / "bytes", aside / "pins"
        for folder in (aside, self.names, self.bytes, self.pins):
            folder.mkdir(exist_ok=True)

    def take_all(self) -> None:
        """Count the whole tree as synced."""
        for folder, _, files in os.walk(self.root):
            self._take_folder(Path(folder))
            for name in files:
                self._take_file(Path(folder) / name)

    def install(self, die_at: int = 0) -> None:
        """Watch syncs in this process; die by SIGKILL before its `die_at`-th file operation."""
        disk = self

        def fsync(handle: Any) -> None:
            _real_fsync(handle)
            number = handle if isinstance(handle, int) else handle.fileno()
            path = Path(os.readlink(f"/proc/self/fd/{number}"))
            if path == disk.root or disk.root in path.parents:
                disk.take(path)

        for name in ("fsync", "fdatasync"):
            setattr(os, name, fsync)
        if die_at:
            _die_before(die_at, str(self.root))

    def take(self, path: Path) -> None:
        """A file or folder was synced."""
        if path.is_dir():
            self._take_folder(path)
        elif path.exists():
            self._take_file(path)

    def _take_folder(self, folder: Path) -> None:
        entries = {entry.name: entry.inode() for entry in os.scandir(folder)}
        self._keep(self.names / str(folder.stat().st_ino), json.dumps(entries).encode())

    def _take_file(self, path: Path) -> None:
        inode = path.stat().st_ino
        self._keep(self.bytes / str(inode), path.read_bytes())
        pin = self.pins / str(inode)  # so that nobody else gets this inode number
        if not pin.exists():
            os.link(path, pin)

    def _keep(self, place: Path, data: bytes) -> None:
        draft = place.with_suffix(f".{os.getpid()}")
        draft.write_bytes(data)
        _real_replace(draft, place)

    def lose_power(self, chance: random.Random | None = None) -> int:
        """Put the tree back to what was synced; how many names and files changed by it.

        With `chance`, each newer change survives or not, and unsynced bytes may survive in part.
        """
        found = self.aside / "found"
        shutil.rmtree(found, ignore_errors=True)
        now = {path.stat().st_ino: path for path in self.root.rglob("*")}
        changed = self._rebuild(self.root, found, now, chance)
        for path in self.root.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        for path in found.iterdir():
            path.rename(self.root / path.name)
        for kept in (self.names, self.bytes, self.pins):
            shutil.rmtree(kept)
            kept.mkdir()
        self.take_all()
        return changed

    def _rebuild(
        self, old: Path, new: Path, now: dict[int, Path], chance: random.Random | None
    ) -> int:
        new.mkdir(mode=0o700)
        known = self.names / str(old.stat().st_ino)
        synced: Entries = json.loads(known.read_bytes()) if known.exists() else {}
        present: Entries = {entry.name: entry.inode() for entry in os.scandir(old)}
        changed = 0
        for name in sorted(synced.keys() | present.keys()):
            inode = synced.get(name)
            if inode != present.get(name):
                changed += 1
                if chance is not None and chance.random() < 0.5:
                    inode = present.get(name)
            if inode is None:
                continue
            source = now.get(inode, self.pins / str(inode))
            if source.is_dir():
                changed += self._rebuild(source, new / name, now, chance)
            elif source.exists():
                changed += self._put_back(inode, source, new / name, chance)
        return changed

    def _put_back(self, inode: int, source: Path, place: Path, chance: random.Random | None) -> int:
        kept = self.bytes / str(inode)
        synced = kept.read_bytes() if kept.exists() else b""
        present = source.read_bytes()
        data = synced
        if chance is not None and synced != present:
            data = chance.choice([synced, present, present[: len(present) // 2], b""])
        place.write_bytes(data)
        place.chmod(stat.S_IMODE(source.stat().st_mode))
        return int(synced != present)


def _die_before(number: int, root: str) -> None:
    """Count the file operations below `root`, and die instead of the `number`-th."""
    left = [number]

    def watch(name: str) -> Callable[..., Any]:
        real = getattr(os, name)

        def watched(path: Any, *args: Any, **options: Any) -> Any:
            if isinstance(path, int):
                place = os.readlink(f"/proc/self/fd/{path}")
            else:
                place = os.path.abspath(os.fspath(path))
            if str(place).startswith(root):
                left[0] -= 1
                if left[0] <= 0:
                    os.kill(os.getpid(), signal.SIGKILL)
            return real(path, *args, **options)

        return watched

    for name in _WATCHED:
        setattr(os, name, watch(name))

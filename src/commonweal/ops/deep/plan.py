"""How long and how hard a campaign goes on, and its seeded chance."""

from __future__ import annotations

import pickle
import random
import shutil
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from .centre import Centre, build_centre
from .children import in_child
from .report import Result
from .site import Site


@dataclass
class Plan:
    """A campaign's site, its share of kills and time, and its result."""

    site: Site
    seed: int
    kills: int
    seconds: float
    result: Result
    chance: random.Random = field(init=False)
    ends: float = field(init=False)

    def __post_init__(self) -> None:
        self.chance = random.Random(f"{self.result.name}:{self.seed}")
        self.ends = time.monotonic() + self.seconds

    def centre(self, name: str, data: Path) -> Centre:
        """Make the campaign's database and data folder, with the tiny centre in them, and let
        children work there. The centre is built once for each site."""
        basis = self.site.work / "centre"
        kept = self.site.work / "centre.pickle"
        if not kept.exists():
            self.site.copy("centre")
            self.site.use("centre", basis)
            kept.write_bytes(pickle.dumps(in_child(build_centre, self.site.work)))
        self.site.quiet("centre")
        self.site.copy(name, "centre")
        shutil.copytree(basis, data)
        self.site.use(name, data)
        found: Centre = pickle.loads(kept.read_bytes())
        return found

    def begin(self) -> None:
        """Everything is set up: the time runs from now."""
        self.ends = time.monotonic() + self.seconds

    def goes_on(self) -> bool:
        """Whether kills and time are left."""
        return self.result.total_kills < self.kills and self.on_time()

    def on_time(self) -> bool:
        """Whether time is left."""
        return time.monotonic() < self.ends

    def pause(self, longest: float) -> None:
        """Wait for a seeded time, short ones more often."""
        time.sleep(longest * self.chance.random() ** 2)

    def say(self, text: str) -> None:
        """Progress, on standard error."""
        print(f"deep: {self.result.name}: {text}", file=sys.stderr, flush=True)

    def kill_database(self) -> None:
        """SIGKILL to the postmaster, often to all its children too; counted."""
        whole = self.chance.random() < 0.5
        if self.site.kill_server(whole=whole):
            self.result.killed("database and its children" if whole else "database")

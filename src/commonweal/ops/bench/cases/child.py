"""One measurement in a process of its own; JSON on the last line of standard output."""

from __future__ import annotations

import json
import sys
from importlib import import_module
from pathlib import Path


def main(folder: str, part: str, given: str) -> None:
    """Build a centre in an empty folder and measure one part in it."""
    from commonweal.interfaces.cli.main import setup

    Path(folder).mkdir(parents=True, exist_ok=True)
    setup(Path(folder))
    from commonweal.ops.schema import migrate, sync

    from .site import build

    migrate()
    site = build()
    sync()
    work = import_module(f"commonweal.ops.bench.cases.{part}")
    print(json.dumps(work.measure(site, **json.loads(given))))


if __name__ == "__main__":
    main(*sys.argv[1:])

"""One campaign, or several on one site, in a process of their own: `python -m … CAMPAIGN …`."""

from __future__ import annotations

import argparse
import signal
import sys
import time
from pathlib import Path

from .report import Result
from .site import Site


def main(argv: list[str] | None = None) -> int:
    """Run the named campaigns one after the other on a site in `--data`; results as JSON."""
    parser = argparse.ArgumentParser(prog="commonweal.ops.deep")
    parser.add_argument(
        "campaigns",
        nargs="+",
        choices=("intake", "close", "jobs", "power", "pages", "prices", "clocks"),
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--kills", type=int, required=True, help="for each campaign")
    parser.add_argument("--seconds", type=float, required=True, help="for each campaign")
    args = parser.parse_args(argv)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(130))
    wrong = 0
    site = Site.open(args.data.resolve())
    try:
        for name in args.campaigns:
            result = campaign(site, name, args.seed, args.kills, args.seconds)
            result.save(args.out / f"{name}.json")
            wrong += len(result.findings)
    finally:
        site.discard()
    return 1 if wrong else 0


def campaign(site: Site, name: str, seed: int, kills: int, seconds: float) -> Result:
    """Run one campaign on a site."""
    from importlib import import_module

    from .plan import Plan

    result = Result(name, seed, versions={"PostgreSQL": site.database.version})
    began = time.monotonic()
    plan = Plan(site, seed, kills, seconds, result)
    import_module(f"{__package__}.{name}").run(plan)
    # The page is committed: it names no folder of this machine.
    result.findings = [text.replace(str(site.folder), "…") for text in result.findings]
    result.seconds = round(time.monotonic() - began)
    plan.say(f"done: {result.total_kills} kills, {len(result.findings)} findings")
    return result


if __name__ == "__main__":
    sys.exit(main())

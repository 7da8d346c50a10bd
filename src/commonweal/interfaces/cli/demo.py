"""`commonweal demo`: build the demo centre, then serve it, or report it and exit (`--once`)."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

HELP = "build State of Meridian Shared Services, close thirteen months, and serve it"
EPILOG = """\
Examples:
  ./run demo                          build (once) and serve until Ctrl-C
  ./run demo --port 8100 --data ./d2  another demo beside it
  ./run demo --once --json            for scripts: one JSON document, then exit
"""


def register(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the verb."""
    parser = verbs.add_parser(
        "demo",
        help=HELP,
        description=HELP.capitalize() + ".",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--size", choices=("small", "medium", "large"), default="small")
    parser.add_argument("--as-of", metavar="YYYY-MM", default="", help="the last closed month")
    parser.add_argument(
        "--months", type=int, choices=range(2, 14), default=13, help="closed months (default 13)"
    )
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--data", type=Path, default=argparse.SUPPRESS, help="data folder")
    parser.add_argument("--once", action="store_true", help="build and exit without serving")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.set_defaults(run=run, prepare=prepare)


def prepare(args: argparse.Namespace) -> None:
    """Links in the demo's messages lead to where it serves; settings are read after this."""
    os.environ["COMMONWEAL_URL"] = f"http://127.0.0.1:{args.port}"


def say(text: str) -> None:
    """Progress goes to standard error."""
    print(text, file=sys.stderr, flush=True)


def run(args: argparse.Namespace) -> int:
    """Build what is missing, then report and serve."""
    from commonweal.ops.demo.site import open_demo
    from commonweal.ops.serve import require_free, serve

    if not args.once:
        require_free(args.port)
    began = time.monotonic()
    report: dict[str, Any] = open_demo(args.size, args.as_of, args.port, say, args.months)
    report["seconds"] = round(time.monotonic() - began, 1)
    if args.json:
        print(json.dumps(report, indent=1))
    else:
        tell(report)
    if args.once:
        return 0
    return serve(args.port)


def tell(report: dict[str, Any]) -> None:
    """The address, the logins and three things to try, for people."""
    print(f"\n  {report['url']}\n")
    for login in report["logins"]:
        print(f"  {login['role']:<32}{login['user']:<28}{login['password']}")
    print(
        f"""
  Three things to try
  1. Sign in as the agency finance officer: why did the bill rise? Follow “why?” to the records.
  2. Check that bill yourself:  python3 {report["verifier"]} {report["proof_pack"]}
  3. Sign in as the director: what was charged, recovered, late, disputed, and is to be decided.

  Ctrl-C stops the server; the data stays. Built in {report["seconds"]} s.
"""
    )

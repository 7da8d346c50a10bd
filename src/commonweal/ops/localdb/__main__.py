"""`python -m commonweal.ops.localdb start|stop|status|exec`: what `./run` calls.

`exec` starts the data folder's database and replaces itself by a command that finds it in
`DATABASE_URL` and `DATABASE_APP_URL`; the passwords are on no command line.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from commonweal.kernel.errors import CommonwealError

from .provider import ensure_database, status, stop_database


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="localdb", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    for verb in ("start", "stop", "status", "exec"):
        sub = verbs.add_parser(verb)
        sub.add_argument("--data", type=Path, action="append", required=True, help="data folder")
        if verb in ("start", "exec"):
            sub.add_argument(
                "--no-sync", action="store_true", help="for tests: no wait for the disk"
            )
            sub.add_argument(
                "--private", action="store_true", help="a new cluster lies in /var/tmp"
            )
        if verb == "exec":
            sub.add_argument("command", nargs=argparse.REMAINDER)
    return parser


def _start(args: argparse.Namespace) -> int:
    for data in args.data:
        database = ensure_database(
            data, durable=not args.no_sync, isolation="private" if args.private else ""
        )
        if args.verb == "exec":
            os.environ["DATABASE_URL"] = database.owner_url
            os.environ["DATABASE_APP_URL"] = database.app_url
            os.environ["COMMONWEAL_DATA"] = str(data.resolve())
            words = args.command[1:] if args.command[:1] == ["--"] else args.command
            os.execvp(words[0], words)
        print(f"PostgreSQL {database.version} answers, data folder {data}")
    return 0


def _stop(args: argparse.Namespace) -> int:
    for data in args.data:
        stopped = stop_database(data)
        print(f"{data}: {'stopped, the data is kept' if stopped else 'nothing was running'}")
    return 0


def _status(args: argparse.Namespace) -> int:
    for data in args.data:
        found = status(data)
        word = "running" if found.running else "stopped" if found.exists else "absent"
        print(f"{data}: {word}" + (f", process {found.pid}" if found.pid else ""))
    return 0


def main(argv: list[str] | None = None) -> int:
    """Run one verb; our errors become one line and exit status 2."""
    args = _parser().parse_args(argv)
    verbs = {"start": _start, "exec": _start, "stop": _stop, "status": _status}
    try:
        return verbs[args.verb](args)
    except CommonwealError as error:
        print(f"localdb: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())

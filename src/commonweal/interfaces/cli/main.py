"""`commonweal`: the command for operators and for the engines.

Every verb uses the data folder.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path

Register = Callable[["argparse._SubParsersAction[argparse.ArgumentParser]"], None]
VERBS = (
    "demo",
    "database",
    "usage",
    "costs",
    "close",
    "bills",
    "audit",
    "ledger",
    "doctor",
    "jobs",
)


def build_parser() -> argparse.ArgumentParser:
    """Every verb, each from its own module under `interfaces/cli/<verb>.py`."""
    parser = argparse.ArgumentParser(
        prog="commonweal",
        description="Run a shared services centre: usage in, rates, bills, books, proof.",
        epilog="Each command explains itself: commonweal close --help",
    )
    parser.add_argument(
        "--data", type=Path, help="data folder (default: $COMMONWEAL_DATA or ./.commonweal)"
    )
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="COMMAND")
    for verb in VERBS:
        if (Path(__file__).parent / f"{verb}.py").exists():
            module = import_module(f"commonweal.interfaces.cli.{verb}")
            module.register(verbs)
    return parser


def setup(data: Path) -> None:
    """Point at the data folder's database (starting a local one if none is given), load Django."""
    os.environ["COMMONWEAL_DATA"] = str(data)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "commonweal.settings")
    if "DATABASE_URL" not in os.environ and "DATABASE_APP_URL" not in os.environ:
        from commonweal.ops.localdb import ensure_database

        database = ensure_database(data)
        os.environ["DATABASE_URL"] = database.owner_url
        os.environ["DATABASE_APP_URL"] = database.app_url
    import django

    django.setup()


def main(argv: Sequence[str] | None = None) -> int:
    """Parse, run one verb, and turn our errors into one line and exit status 2."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    from commonweal.kernel.errors import CommonwealError

    args = build_parser().parse_args(arguments)
    data = args.data or Path(os.environ.get("COMMONWEAL_DATA", ".commonweal"))
    try:
        if getattr(args, "needs_database", True):
            setup(data.resolve())
        return int(args.run(args) or 0)
    except CommonwealError as error:
        print(f"commonweal: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())

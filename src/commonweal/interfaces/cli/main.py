"""`commonweal`: the command for operators and for the engines.

`commonweal engine …` needs no database and no settings; every other verb uses the data folder.
Each verb is a module beside this one with `register(verbs)`; a plug-in announces its own by an
entry point of the group `commonweal.verbs` that names such a function.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from importlib import import_module
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path

from .kit import Register, say

GROUP = "commonweal.verbs"
VERBS = (
    "demo", "init", "serve", "parties", "people", "services", "items", "units", "sources",
    "agreements", "calendar", "usage", "late", "costs", "conversions", "what_if", "ratedesk",
    "budgets", "close", "bills", "disputes", "credits", "unusual", "payments", "recovery",
    "worth", "reconcile", "money", "audit", "ledger", "jobs", "database", "doctor", "bench",
    "open311", "deep", "mail", "cases",
)  # fmt: skip
EPILOG = """\
Examples:
  commonweal demo                         a believable centre with thirteen closed months
  commonweal init --name "Shire Shared Services" --short-name Shire --admin ada@shire.example
  commonweal agreements waiting           what waits for whose signature
  commonweal usage load june.csv --source payroll-engine
  commonweal close 2026-10                close a month; repeat the command to go on
  commonweal bills show LWD-2026-10
  commonweal audit check-bill LWD-2026-10
  commonweal engine rate FILE.json        the engine alone; needs no database

Each command explains itself: commonweal close --help
Exit status: 0 done · 1 done, but something needs your attention · 2 not done, the message says why
"""


def registers() -> Iterator[Register]:
    """The verbs of this house, then those of plug-ins."""
    package = __package__ or "commonweal.interfaces.cli"
    for verb in VERBS:
        if find_spec(f"{package}.{verb}") is not None:
            yield import_module(f"{package}.{verb}").register
    for point in sorted(entry_points(group=GROUP), key=lambda item: item.name):
        yield point.load()


def build_parser() -> argparse.ArgumentParser:
    """Every verb with its help."""
    parser = argparse.ArgumentParser(
        prog="commonweal",
        description="Run a shared services centre: usage in, rates, bills, books, proof.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--data", type=Path, help="data folder (default: $COMMONWEAL_DATA or ./.commonweal)"
    )
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="COMMAND")
    engine = verbs.add_parser(
        "engine", help="allocate, rate or time a JSON file; needs no database"
    )
    engine.add_argument("rest", nargs=argparse.REMAINDER)
    for register in registers():
        register(verbs)
    return parser


def setup(data: Path) -> None:
    """Point at the data folder's database (starting a local one if none is given), load Django."""
    os.environ["COMMONWEAL_DATA"] = str(data)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "commonweal.settings")
    if "DATABASE_URL" not in os.environ and "DATABASE_APP_URL" not in os.environ:
        from commonweal.ops.localdb import LOCAL_DATABASE, ensure_database

        database = ensure_database(data)
        os.environ["DATABASE_URL"] = database.owner_url
        os.environ["DATABASE_APP_URL"] = database.app_url
        os.environ[LOCAL_DATABASE] = "1"
    import django

    django.setup()


def main(argv: Sequence[str] | None = None) -> int:
    """Parse, run one verb, and turn our errors into one line and exit status 2."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if arguments[:1] == ["engine"]:
        from .engine import main as engine_main

        return engine_main(arguments[1:])
    if arguments[:1] == ["--data"] and arguments[2:3] == ["engine"]:
        return main(arguments[2:])  # it needs no data
    args = build_parser().parse_args(arguments)
    args.data = (args.data or Path(os.environ.get("COMMONWEAL_DATA", ".commonweal"))).resolve()
    try:
        getattr(args, "prepare", lambda _args: None)(args)
        if getattr(args, "needs_database", True):
            setup(args.data)
        return int(args.run(args) or 0)
    except KeyboardInterrupt:
        say("Stopped. What was done stays done; the same command goes on.")
        return 130
    except BrokenPipeError:
        sys.stderr.close()
        return 0
    except Exception as error:
        return explain(error)


def explain(error: Exception) -> int:
    """Our errors as one line and status 2; anything else is a defect and keeps its trace."""
    from django.db import OperationalError, ProgrammingError

    from commonweal.kernel.errors import CommonwealError

    if isinstance(error, CommonwealError):
        say(f"commonweal: {error}")
    elif isinstance(error, OperationalError):
        say("commonweal: The database does not answer. Run `commonweal doctor`. (CLI-501)")
    elif isinstance(error, ProgrammingError) and "does not exist" in str(error):
        say(
            "commonweal: The database lacks this version's tables. Run `commonweal database "
            "migrate`, or build a demo with `commonweal demo`. (CLI-502)"
        )
    else:
        raise error
    return 2


if __name__ == "__main__":
    sys.exit(main())

"""`commonweal reconcile`: from the ledger to the bills, each sum against what it must equal."""

from __future__ import annotations

import argparse
from pathlib import Path

from .kit import Verbs, acting, add_json, add_verb, show_rows, write

EXAMPLES = """\
  commonweal reconcile 2026-10
  commonweal reconcile 2026-07 2026-08 2026-09 --csv quarter.csv
"""


def register(verbs: Verbs) -> None:
    """Add the verb."""
    own = add_verb(
        verbs, "reconcile", help="from the ledger to the bills: every sum, every difference",
        about="Exit status 1 if a sum differs or cannot be determined.", examples=EXAMPLES,
        run=reconcile,
    )  # fmt: skip
    own.add_argument("periods", nargs="+", metavar="YYYY-MM")
    own.add_argument("--csv", type=Path, help="write every sum with its parts to a file")
    add_json(own)


def reconcile(args: argparse.Namespace) -> int:
    """A row for each sum, and whether all are equal."""
    from commonweal.kernel.calendar.public import FiscalPeriod
    from commonweal.practices.charging.public import ledger_to_bills, trace_table, write_csv

    periods = [FiscalPeriod.parse(each).code for each in args.periods]
    with acting(args) as actor:
        trace = ledger_to_bills(actor, periods)
    header, rows = trace_table(trace)
    if args.csv:
        write(args.csv, write_csv(header, rows))
    else:
        names = ("period", "equation", "service", "left", "right", "difference", "state")
        picked = [[dict(zip(header, row, strict=True))[name] for name in names] for row in rows]
        show_rows(args, names, picked, "None of these months is closed yet.")
    wrong = len(trace.differences) + len(trace.unknown)
    if not args.json:
        print(f"{len(rows)} sums compared, {wrong} not proved equal.")
    return 1 if wrong else 0

"""`commonweal ledger`: the books, their balance and their export."""

from __future__ import annotations

import argparse
from pathlib import Path

from .kit import CommandError, Verbs, acting, add_group, add_verb, agency_id, say, table, write

EXAMPLES = """\
  commonweal ledger trial-balance centre 2026-10
  commonweal ledger export LWD 2026-09 2026-10 --format hledger --out lwd.journal
  hledger -f lwd.journal check --strict            an independent tool re-balances it
  commonweal ledger check centre                   stored balances against the sum of all postings
"""


def register(verbs: Verbs) -> None:
    """Add the verb."""
    own = add_group(verbs, "ledger", help="balance and export of the books", examples=EXAMPLES)
    trial = add_verb(
        own, "trial-balance", help="every account of an agency's (or the centre's) books",
        examples="  commonweal ledger trial-balance centre 2026-10", run=trial_balance,
    )  # fmt: skip
    trial.add_argument("agency", help="code or id, or `centre`")
    trial.add_argument("period", metavar="YYYY-MM")
    export = add_verb(
        own, "export", help="journals of some months for hledger or beancount",
        examples="  commonweal ledger export centre 2026-10 --format beancount --out c.beancount",
        run=export_books,
    )  # fmt: skip
    export.add_argument("agency")
    export.add_argument("periods", nargs="*", metavar="YYYY-MM", help="default: every period")
    export.add_argument("--format", choices=("hledger", "beancount"), default="hledger")
    export.add_argument("--out", type=Path)
    check = add_verb(
        own, "check", help="sum every posting anew and compare with the stored balances",
        about="Exit status 1 if a balance differs.",
        examples="  commonweal ledger check centre", run=check_books,
    )  # fmt: skip
    check.add_argument("agency")


def trial_balance(args: argparse.Namespace) -> int:
    """The balance, and whether it is one."""
    from commonweal.kernel.ledger.public import trial_balance as balance
    from commonweal.kernel.money.public import Money

    with acting(args) as actor:
        lines = balance(actor, agency_id(actor, args.agency), args.period)
    rows = [
        (line.account, line.name, line.fund,
         *(Money(part, line.currency).text
           for part in (line.opening, line.debit, line.credit, line.closing)))
        for line in lines
    ]  # fmt: skip
    header = ("account", "name", "fund", "opening", "debit", "credit", "closing")
    table(header, rows, f"These books moved nothing up to {args.period}.")
    off = sum(line.closing for line in lines)
    print("Debits equal credits." if off == 0 else f"The books are off by {off} minor units!")
    return 0 if off == 0 else 1


def export_books(args: argparse.Namespace) -> int:
    """A text that another program re-balances."""
    from commonweal.kernel.ledger.public import export_beancount, export_hledger, periods

    make = export_hledger if args.format == "hledger" else export_beancount
    with acting(args) as actor:
        agency = agency_id(actor, args.agency)
        codes = args.periods or [row.code for row in periods(actor, agency)]
        if not codes:
            raise CommandError("CLI-108", "These books have no period: nothing can be exported.")
        write(args.out, make(actor, agency, codes).encode())
    return 0


def check_books(args: argparse.Namespace) -> int:
    """The stored balances against the postings."""
    from commonweal.kernel.ledger.public import recompute_balances

    with acting(args) as actor:
        found = recompute_balances(actor, agency_id(actor, args.agency))
    for row in found:
        say(f"{row.period} {row.account} {row.fund}: stored {row.stored}, summed {row.summed}")
    print("Every stored balance is the sum of its postings." if not found else
          f"{len(found)} balances differ from their postings.")  # fmt: skip
    return 1 if found else 0

"""`commonweal disputes`: disputes of bill lines, their outcomes, and the board's report."""

from __future__ import annotations

import argparse
from datetime import date
from pathlib import Path

from .kit import Verbs, acting, add_group, add_json, add_verb, agency_id, as_id, show_rows, write

EXAMPLES = """\
  commonweal disputes list --state open
  commonweal disputes report --since 2026-09-15
  commonweal disputes escalate-overdue
"""


def register(verbs: Verbs) -> None:
    """Add the verb."""
    own = add_group(verbs, "disputes", help="disputed bill lines", examples=EXAMPLES)
    listed = add_verb(
        own, "list", help="disputes, oldest first",
        examples="  commonweal disputes list --state open --agency LWD", run=list_disputes,
    )  # fmt: skip
    listed.add_argument("--agency", default="", help="code or id of one agency")
    listed.add_argument("--state", default="", choices=["", "open", "answered", "closed"])
    listed.add_argument("--limit", type=int, default=60)
    add_json(listed)
    answered = add_verb(
        own, "answer", help="give a dispute its outcome",
        about="A credit counts once a second person has approved it.",
        examples="  commonweal disputes answer ID rejected --reason 'The records say otherwise' "
        "--as owner@centre.example",
        run=answer,
    )  # fmt: skip
    answered.add_argument("dispute", help="id of the dispute")
    answered.add_argument("outcome", choices=["explained", "credited", "rejected"])
    answered.add_argument("--reason", required=True, help="what the agency reads")
    answered.add_argument("--amount", default=None, help="for a credit, in major units")
    reported = add_verb(
        own, "report", help="disputes raised, open and resolved since a day",
        about="Without a day: since the board's last meeting. Counts and amounts, no names.",
        examples="  commonweal disputes report\n  commonweal disputes report --csv disputes.csv",
        run=report,
    )  # fmt: skip
    reported.add_argument("--since", type=date.fromisoformat, default=None, metavar="YYYY-MM-DD")
    reported.add_argument("--csv", type=Path, default=None, help="write CSV to this file")
    add_json(reported)
    add_verb(
        own, "escalate-overdue", help="take overdue disputes to the next level",
        about="The worker does it each morning; once for each dispute and level.",
        examples="  commonweal disputes escalate-overdue", run=escalate,
    )  # fmt: skip


def list_disputes(args: argparse.Namespace) -> int:
    """A table of disputes."""
    from commonweal.kernel.schema.public import Place
    from commonweal.practices.charging.public import disputes, money_text

    with acting(args) as actor:
        agency = agency_id(actor, args.agency) if args.agency else None
        found = disputes(actor, agency_id=agency, state=args.state, place=Place(limit=args.limit))
        rows = [
            (row.pk, row.agency.code, row.line.bill.number or "draft", row.line.charge_item.code,
             row.category, money_text(row.disputed_minor, row.line.bill.currency), row.state,
             row.level, row.due_on, row.outcome)
            for row in found
        ]  # fmt: skip
    header = ("id", "agency", "bill", "item", "category", "disputed", "state", "level", "due",
              "outcome")  # fmt: skip
    return show_rows(args, header, rows, "There are no such disputes.")


def answer(args: argparse.Namespace) -> int:
    """Explain, credit or reject."""
    from commonweal.kernel.money.public import Money
    from commonweal.kernel.party.public import centre
    from commonweal.practices.charging.public import resolve_dispute

    with acting(args) as actor:
        amount = args.amount and Money.exactly(args.amount, centre().currency).minor
        found = resolve_dispute(
            actor=actor,
            query_id=as_id(args.dispute, "dispute"),
            outcome=args.outcome,
            answer=args.reason,
            amount_minor=amount or None,
        )
        waits = found.state == "open"
    print("Proposed. A second person decides." if waits else "The agency sees the outcome now.")
    return 0


def report(args: argparse.Namespace) -> int:
    """What the board hears."""
    from commonweal.practices.charging.public import (
        decimal_of,
        dispute_report,
        dispute_report_csv,
        money_text,
    )

    with acting(args) as actor:
        found = dispute_report(actor, args.since)
        if args.csv is not None:
            write(args.csv, dispute_report_csv(found))
            return 0
        rows = [
            (row.service, row.category, row.raised, row.still_open, row.resolved,
             decimal_of(row.share_upheld, 100), decimal_of(row.median_days),
             money_text(row.credited_minor, found.currency))
            for row in found.rows
        ]  # fmt: skip
    header = ("service", "category", "raised", "open", "resolved", "upheld %", "median days",
              "credited")  # fmt: skip
    return show_rows(args, header, rows, f"No dispute since {found.since}.")


def escalate(args: argparse.Namespace) -> int:
    """The clocks, now."""
    from commonweal.practices.charging.public import run_clocks

    with acting(args) as actor:
        done = run_clocks(actor=actor)
    print(f"{done['escalated']} taken to the next level, {done['closed']} closed.")
    return 0

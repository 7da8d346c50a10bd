"""`commonweal budgets`: budget figures, deadlines, budgets, and the year to its end."""

from __future__ import annotations

import argparse
from datetime import date
from pathlib import Path

from .kit import (
    Verbs,
    acting,
    add_group,
    add_json,
    add_verb,
    agency_id,
    as_id,
    show_rows,
    write,
)

EXAMPLES = """\
  commonweal budgets due --year 2028              whose figure is overdue
  commonweal budgets issue LWD --year 2028        issue next year's figure
  commonweal budgets year LWD --year 2027         spent, and what the rest may bring
  commonweal budgets put LWD 250000.00 --year 2027 --service payroll --as ana@lwd.example
"""


def register(verbs: Verbs) -> None:
    """Add the verb."""
    own = add_group(
        verbs, "budgets", help="budget figures, budgets and the forecast to year end",
        examples=EXAMPLES,
    )  # fmt: skip
    _of_centre(own)
    _of_agency(own)


def _agency_year(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("agency", help="code or id of the agency")
    parser.add_argument("--year", type=int, required=True, metavar="YYYY")


def _of_centre(own: Verbs) -> None:
    due = add_verb(
        own, "due", help="every agency's deadline and figure of a year",
        examples="  commonweal budgets due --year 2028", run=show_due,
    )  # fmt: skip
    due.add_argument("--year", type=int, required=True, metavar="YYYY")
    add_json(due)
    issued = add_verb(
        own, "issue", help="issue an agency's figure; it never changes",
        examples="  commonweal budgets issue LWD --year 2028", run=issue,
    )  # fmt: skip
    _agency_year(issued)
    listed = add_verb(
        own, "figures", help="figures that were issued",
        examples="  commonweal budgets figures --agency LWD", run=list_figures,
    )  # fmt: skip
    listed.add_argument("--agency", default="")
    add_json(listed)
    csv = add_verb(
        own, "csv", help="write a figure as CSV",
        examples="  commonweal budgets csv ID --out figure.csv", run=write_figure,
    )  # fmt: skip
    csv.add_argument("figure", help="id of the figure")
    csv.add_argument("--out", type=Path, help="file (default: standard output)")
    told = add_verb(
        own, "tell", help="tell an agency now what is spent of its budgets",
        examples="  commonweal budgets tell LWD", run=tell,
    )  # fmt: skip
    told.add_argument("agency", help="code or id of the agency")


def _of_agency(own: Verbs) -> None:
    year = add_verb(
        own, "year", help="spent, and what the rest of the year may bring",
        examples="  commonweal budgets year LWD --year 2027", run=show_year,
    )  # fmt: skip
    _agency_year(year)
    add_json(year)
    put = add_verb(
        own, "put", help="enter what an agency has budgeted",
        examples="  commonweal budgets put LWD 250000.00 --year 2027 --as ana@lwd.example",
        run=put_amount,
    )  # fmt: skip
    _agency_year(put)
    put.add_argument("amount", help="in major units")
    put.add_argument("--service", default="", help="code of a service; without it, altogether")
    day = add_verb(
        own, "deadline", help="set the day by which an agency needs its figure",
        examples="  commonweal budgets deadline LWD 2027-02-15 --year 2028", run=set_deadline,
    )  # fmt: skip
    _agency_year(day)
    day.add_argument("day", type=date.fromisoformat, metavar="YYYY-MM-DD")
    at = add_verb(
        own, "alerts", help="set at which percentages an agency is told",
        examples="  commonweal budgets alerts LWD 50 80 100 110 --as ana@lwd.example",
        run=set_alerts,
    )  # fmt: skip
    at.add_argument("agency", help="code or id of the agency")
    at.add_argument("percentages", type=int, nargs="+")


def show_due(args: argparse.Namespace) -> int:
    """Deadlines and figures."""
    from commonweal.kernel.party.public import agencies
    from commonweal.practices.charging.public import deadlines

    with acting(args) as actor:
        found = deadlines(actor, args.year, agencies(actor))
        rows = [
            (row.agency.code, row.day, row.state, row.figure.issued_on if row.figure else None)
            for row in found
        ]
    show_rows(args, ("agency", "deadline", "state", "issued"), rows, "There are no agencies yet.")
    return 1 if any(row.state == "overdue" for row in found) else 0


def issue(args: argparse.Namespace) -> int:
    """Issue a figure."""
    from commonweal.practices.charging.public import issue_budget_figure, money_text

    with acting(args) as actor:
        row = issue_budget_figure(
            actor=actor, agency_id=agency_id(actor, args.agency), fiscal_year=args.year
        )
    low, expected, high = (
        money_text(value, row.currency)
        for value in (row.low_minor, row.expected_minor, row.high_minor)
    )
    print(f"{row.pk}: number {row.number}, low {low}, expected {expected}, high {high} "
          f"{row.currency}")  # fmt: skip
    return 0


def list_figures(args: argparse.Namespace) -> int:
    """Issued figures with how they came out."""
    from commonweal.practices.charging.public import accuracy, figures, money_text

    with acting(args) as actor:
        own = agency_id(actor, args.agency) if args.agency else None
        rows = []
        for row in figures(actor, own):
            found = accuracy(actor, row)
            rows.append(
                (row.pk, row.agency.code, row.fiscal_year, row.number, row.issued_on,
                 money_text(row.expected_minor, row.currency),
                 money_text(found.actual, row.currency), found.months)
            )  # fmt: skip
    header = ("id", "agency", "fiscal year", "number", "issued", "expected", "billed", "months")
    return show_rows(args, header, rows, "No figure is issued yet.")


def write_figure(args: argparse.Namespace) -> int:
    """A figure as CSV."""
    from commonweal.practices.charging.public import FIGURE_HEADER, figure, figure_rows, write_csv

    with acting(args) as actor:
        row = figure(actor, as_id(args.figure, "budget figure"))
        data = write_csv(FIGURE_HEADER, figure_rows(row))
    write(args.out, data)
    return 0


def tell(args: argparse.Namespace) -> int:
    """Tell what is spent."""
    from commonweal.practices.charging.public import tell_budgets

    with acting(args) as actor:
        told = tell_budgets(actor=actor, agency_id=agency_id(actor, args.agency))
    print(f"{told} new percentages told.")
    return 0


def show_year(args: argparse.Namespace) -> int:
    """The year to its end."""
    from commonweal.practices.charging.public import money_text, year_end

    with acting(args) as actor:
        found = year_end(actor, agency_id(actor, args.agency), args.year)

        def money(minor: int | None) -> str | None:
            return None if minor is None else money_text(minor, found.currency)

        rows = [
            (row.service.code if row.service else "total", money(row.spent), money(row.year.low),
             money(row.year.expected), money(row.year.high), money(row.budget), row.state)
            for row in (*found.rows, found.total)
        ]  # fmt: skip
    header = ("service", "spent", "low", "expected", "high", "budget", "state")
    return show_rows(args, header, rows, "")


def put_amount(args: argparse.Namespace) -> int:
    """Enter a budget."""
    from commonweal.kernel.money.public import Money
    from commonweal.kernel.party.public import centre
    from commonweal.practices.charging.public import put_budget

    with acting(args) as actor:
        minor = Money.exactly(args.amount, centre().currency).minor
        put_budget(
            actor=actor, agency_id=agency_id(actor, args.agency), fiscal_year=args.year,
            amount_minor=minor, service=args.service,
        )  # fmt: skip
    print(f"{args.agency}: {args.amount} for {args.service or 'all services'}.")
    return 0


def set_deadline(args: argparse.Namespace) -> int:
    """Set a deadline."""
    from commonweal.practices.charging.public import set_budget_deadline

    with acting(args) as actor:
        row = set_budget_deadline(
            actor=actor, agency_id=agency_id(actor, args.agency), fiscal_year=args.year,
            day=args.day,
        )  # fmt: skip
    print(f"{args.agency} needs the figure of fiscal year {args.year} by {row.day}.")
    return 0


def set_alerts(args: argparse.Namespace) -> int:
    """Set thresholds."""
    from commonweal.practices.charging.public import set_budget_thresholds

    with acting(args) as actor:
        row = set_budget_thresholds(
            actor=actor, agency_id=agency_id(actor, args.agency), percentages=args.percentages
        )
    print(f"{args.agency} is told at {', '.join(f'{each} %' for each in row.percentages)}.")
    return 0

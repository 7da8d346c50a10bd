"""`commonweal recovery`: each service's account, its reserve, its year-end adjustments."""

from __future__ import annotations

import argparse
from pathlib import Path

from .kit import Verbs, acting, add_group, add_verb, as_id, print_json, table, write

EXAMPLES = """\
  commonweal recovery list --year 2026              every service's own account
  commonweal recovery show payroll --year 2026      one service, month by month
  commonweal recovery adjustments                   year-end adjustments
  commonweal recovery test                          the reserve test of today
"""


def register(verbs: Verbs) -> None:
    """Add the verb."""
    own = add_group(
        verbs, "recovery", help="accounts of services, reserves, year-end adjustments",
        examples=EXAMPLES,
    )  # fmt: skip
    listed = add_verb(
        own, "list", help="every service's own account; none are added up",
        examples="  commonweal recovery list --year 2026", run=list_accounts,
    )  # fmt: skip
    listed.add_argument("--year", type=int, default=None, help="fiscal year; the present one")
    shown = add_verb(
        own, "show", help="one service's account, month by month",
        examples="  commonweal recovery show payroll --year 2026", run=show,
    )  # fmt: skip
    shown.add_argument("service", help="the service's code")
    shown.add_argument("--year", type=int, default=None)
    add_verb(
        own, "adjustments", help="year-end adjustments, newest first",
        examples="  commonweal recovery adjustments", run=list_adjustments,
    )  # fmt: skip
    one = add_verb(
        own, "adjustment", help="everything that went into an adjustment, as JSON",
        examples="  commonweal recovery adjustment 0198…", run=show_adjustment,
    )  # fmt: skip
    one.add_argument("id")
    carried = add_verb(
        own, "carry-out", help="carry an approved adjustment out",
        about="Posts the journals with every agency, and makes its credits and refunds.",
        examples="  commonweal recovery carry-out 0198… --as finance@example.org", run=carry_out,
    )  # fmt: skip
    carried.add_argument("id")
    packed = add_verb(
        own, "package", help="make the yearly package for auditors, and write it",
        about="Open tables with hashes; the same record gives the same bytes.",
        examples="  commonweal recovery package --year 2026 --out ./audit", run=write_package,
    )  # fmt: skip
    packed.add_argument("--year", type=int, required=True, help="fiscal year")
    packed.add_argument("--out", type=Path, default=Path("."), help="folder (made if missing)")
    roomed = add_verb(
        own, "room", help="control totals of a data room; its populations as CSV with --out",
        examples="  commonweal recovery room 0198…\n  commonweal recovery room 0198… --out ./room",
        run=show_room,
    )  # fmt: skip
    roomed.add_argument("id", help="the data room's id")
    roomed.add_argument("--out", type=Path, default=None, help="folder (made if missing)")
    reviewed = add_verb(
        own, "review", help="who may do what at the end of a quarter, as JSON",
        examples="  commonweal recovery review 2026-Q3", run=show_review,
    )  # fmt: skip
    reviewed.add_argument("quarter", metavar="YYYY-Qn")
    add_verb(
        own, "test", help="run the reserve test of today and keep it",
        examples="  commonweal recovery test", run=test_today,
    )  # fmt: skip


def _money(minor: int | None, currency: str) -> str:
    from commonweal.practices.charging.public import money_text

    return "?" if minor is None else money_text(minor, currency)


def list_accounts(args: argparse.Namespace) -> int:
    """A row for each service; `?` where it cannot be determined."""
    from commonweal.practices.charging.public import days_text, recoveries

    with acting(args) as actor:
        rows = []
        for each in recoveries(actor, args.year):
            account, currency = each.account, each.account.currency
            days = days_text(each.reserve.days)
            rows.append(
                (account.service, account.fund, account.last,
                 _money(account.of("revenue"), currency), _money(account.of("cost"), currency),
                 _money(account.result, currency), _money(account.closing, currency),
                 "?" if days is None else days, each.state)
            )  # fmt: skip
    header = ("service", "fund", "through", "revenue", "cost", "result", "balance", "days", "state")
    table(header, rows, "There are no services. Put some into the catalogue: commonweal services.")
    return 0


def show(args: argparse.Namespace) -> int:
    """The months of one service's account."""
    from commonweal.practices.charging.public import recovery

    with acting(args) as actor:
        account = recovery(actor, args.service, args.year).account
    currency, balances = account.currency, dict(account.balances())
    rows = [
        (month.period, _money(month.billed, currency), _money(month.imputed, currency),
         _money(month.other, currency), _money(month.cost, currency),
         _money(month.result, currency), _money(balances[month.period], currency))
        for month in account.months
    ]  # fmt: skip
    header = ("month", "billed", "imputed", "other", "cost", "result", "balance")
    table(header, rows, f"No month of {account.fiscal_year} is closed yet.")
    print(f"Balance {_money(account.closing, currency)} {currency}")
    return 0


def list_adjustments(args: argparse.Namespace) -> int:
    """A row for each adjustment."""
    from commonweal.practices.charging.public import adjustments

    with acting(args) as actor:
        rows = [
            (row.pk, row.service.code, row.fiscal_year, row.method,
             _money(row.amount_minor, row.currency), _money(row.grant_minor, row.currency),
             row.state, row.carried_out_on or "")
            for row in adjustments(actor)
        ]  # fmt: skip
    header = ("id", "service", "year", "how", "amount", "grants", "state", "carried out")
    table(header, rows, "No year-end adjustment was proposed yet.")
    return 0


def show_adjustment(args: argparse.Namespace) -> int:
    """The adjustment's document."""
    from commonweal.practices.charging.public import adjustment

    with acting(args) as actor:
        print_json(adjustment(actor, as_id(args.id, "an adjustment")).document)
    return 0


def carry_out(args: argparse.Namespace) -> int:
    """Journals, credits, refunds."""
    from commonweal.practices.charging.public import carry_out_adjustment

    with acting(args) as actor:
        row = carry_out_adjustment(actor=actor, adjustment_id=as_id(args.id, "an adjustment"))
    print(f"Carried out on {row.carried_out_on}.")
    return 0


def write_package(args: argparse.Namespace) -> int:
    """Made here and now, kept like every other, and written."""
    from commonweal.practices.charging.public import make_package_here, package_file

    with acting(args) as actor:
        row = make_package_here(actor=actor, fiscal_year=args.year)
        name, data = package_file(actor, row.pk)
    args.out.mkdir(parents=True, exist_ok=True)
    write(args.out / name, data)
    print(f"Root {row.root}")
    return 0


def show_room(args: argparse.Namespace) -> int:
    """Rows and control totals; each population as a file where a folder is given."""
    from commonweal.kernel.party.public import centre
    from commonweal.practices.charging.public import (
        controls,
        engagement,
        population,
        population_rows,
        write_csv,
    )

    with acting(args) as actor:
        room = engagement(actor, as_id(args.id, "a data room"))
        currency = centre().currency
        rows = [
            (each.population.name, each.count,
             "" if each.total is None else _money(each.total, currency))
            for each in controls(actor, room.pk)
        ]  # fmt: skip
        if args.out is not None:
            args.out.mkdir(parents=True, exist_ok=True)
            for name in room.populations:
                cells = population_rows(actor, room.pk, name)
                write(
                    args.out / f"{name}.csv",
                    write_csv(population(actor, room, name).columns, cells),
                )
    table(("population", "rows", "control total"), rows, "The data room holds nothing.")
    return 0


def show_review(args: argparse.Namespace) -> int:
    """The signed review, or the one to be signed."""
    from commonweal.kernel.audit.public import plain
    from commonweal.practices.charging.public import access_review, review_document

    with acting(args) as actor:
        row = access_review(actor, args.quarter)
        print_json(row.document if row else plain(review_document(actor, args.quarter)))
    return 0


def test_today(args: argparse.Namespace) -> int:
    """One line for each service; 1 where a reserve is above its limit or near it."""
    from commonweal.practices.charging.public import test_reserves

    with acting(args) as actor:
        rows = [
            (row.service.code, row.day, "?" if row.days is None else row.days, row.limit_days,
             row.state)
            for row in test_reserves(actor=actor)
        ]  # fmt: skip
    table(("service", "day", "days", "allowed", "state"), rows, "There are no services to test.")
    return 1 if any(row[4] in {"bad", "watch"} for row in rows) else 0

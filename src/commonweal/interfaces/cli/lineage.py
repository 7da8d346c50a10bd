"""`commonweal costs lines|charged|behind`: from a ledger line to agencies, and from a bill back."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

from .kit import acting, add_json, as_id, print_json, table

EPILOG = """\
Examples:
  commonweal costs lines premises --from 2026-10 --to 2026-10     ledger lines with their ids
  commonweal costs charged 018f3c6a-0000-7000-8000-000000000000   who was charged for one of them
  commonweal costs behind 018f3c6b-0000-7000-8000-000000000000    what a bill line pays for
"""


def register(verbs: Any, verb: Callable[..., argparse.ArgumentParser]) -> None:
    """Add the verbs to those of `costs`."""
    lines = verb(verbs, "lines", "list a pool's ledger lines, or those no rule takes", show_lines)
    lines.add_argument("pool", help="a pool's code, or unassigned")
    lines.add_argument("--from", dest="first", required=True, metavar="YYYY-MM")
    lines.add_argument("--to", dest="last", required=True, metavar="YYYY-MM")
    lines.add_argument("--basis", choices=("actual", "budget"), default="actual")
    lines.add_argument("--limit", type=int, default=50)
    charged = verb(verbs, "charged", "show whom a ledger line was charged to", show_charged, EPILOG)
    charged.add_argument("line", help="the ledger line's id")
    charged.add_argument(
        "--run", dest="allocation", default="", metavar="ID", help="by this allocation"
    )
    add_json(charged)
    behind = verb(verbs, "behind", "show the costs behind a bill line", show_behind, EPILOG)
    behind.add_argument("line", help="the bill line's id (bills show NUMBER --json)")
    behind.add_argument("--pool", default="", help="the ledger lines of this pool")
    behind.add_argument("--limit", type=int, default=50)
    add_json(behind)


def _money(minor: int, currency: str) -> str:
    from commonweal.practices.charging.public import money_text

    return money_text(minor, currency)


def show_lines(args: argparse.Namespace) -> int:
    """A pool's ledger lines."""
    from commonweal.kernel.schema.public import Place
    from commonweal.practices.charging.public import cost_pool_lines

    with acting(args) as actor:
        found = cost_pool_lines(
            actor, args.pool, args.first, args.last, basis=args.basis, place=Place(limit=args.limit)
        )
    rows = [
        (line.id, line.period, line.category or line.unit, line.account,
         _money(line.amount_minor, line.currency))
        for line in found
    ]  # fmt: skip
    header = ("id", "month", "spent on", "account", "amount")
    table(header, rows, "This pool holds no cost in these months.")
    return 0


def show_charged(args: argparse.Namespace) -> int:
    """Service by service and agency by agency, adding up to the line."""
    from commonweal.practices.charging.public import ledger_trail

    run = as_id(args.allocation, "allocation") if args.allocation else None
    with acting(args) as actor:
        found = ledger_trail(actor, as_id(args.line, "ledger line"), run)
    currency = found.line.currency
    rows = [
        (each.service, each.agency or "nobody yet", f"{each.share.numerator}/"
         f"{each.share.denominator}", _money(each.minor, currency))
        for each in found.charged
    ]  # fmt: skip
    if args.json:
        names = ("service", "agency", "share", "amount")
        print_json(
            {
                "line": found.line.id,
                "amount": _money(found.line.amount_minor, currency),
                "run": found.run.pk if found.run else None,
                "pool": found.pool,
                "charged": [dict(zip(names, row, strict=True)) for row in rows],
            }
        )
        return 0
    print(
        f"{found.line.category or found.line.unit or found.line.filename}, {found.line.period}: "
        f"{_money(found.line.amount_minor, currency)} {currency}, pool {found.pool or 'none yet'}"
    )
    table(("service", "agency", "share", currency), rows, "No allocation has counted it yet.")
    return 0


def show_behind(args: argparse.Namespace) -> int:
    """The pools behind a bill line, or with `--pool` their ledger lines."""
    from commonweal.kernel.schema.public import Place
    from commonweal.practices.charging.public import line_costs, line_pool_shares

    line_id = as_id(args.line, "bill line")
    with acting(args) as actor:
        if args.pool:
            found = line_pool_shares(actor, line_id, args.pool, Place(limit=args.limit))
            currency = found.costs.line.bill.currency
            header = ("ledger line", "month", "spent on", "share", "of the bill line")
            rows: list[tuple[Any, ...]] = [
                (row.line.id, row.line.period, row.line.category or row.line.unit,
                 f"{row.share.numerator}/{row.share.denominator}", _money(row.minor, currency))
                for row in found.rows
            ]  # fmt: skip
            if found.personal_lines:
                rows.append(
                    (f"{found.personal_lines} personal lines", "", "", "",
                     _money(found.personal_share, currency))
                )  # fmt: skip
        else:
            costs = line_costs(actor, line_id)
            currency = costs.line.bill.currency
            header = ("pool", "name", "shared by", "share", "of the bill line")
            rows = [
                (part.key.pool or "–", part.key.name, part.key.driver,
                 f"{part.share.numerator}/{part.share.denominator}", _money(part.minor, currency))
                for part in costs.parts
            ]  # fmt: skip
    if args.json:
        print_json([dict(zip(header, row, strict=True)) for row in rows])
        return 0
    table(header, rows, "This line's price was not worked out from ledger costs.")
    return 0

"""`commonweal money`: where an agency's money went, and unit costs beside anonymous peers."""

from __future__ import annotations

import argparse
from pathlib import Path

from .kit import (
    Verbs,
    acting,
    add_group,
    add_json,
    add_verb,
    agency_id,
    print_json,
    show_rows,
    write,
)

EXAMPLES = """\
  commonweal money show LWD 2027
  commonweal money publish LWD "Decided by the council on 3 November" --as pat@lwd.example
  commonweal money peers 2027 --agency LWD
"""


def register(verbs: Verbs) -> None:
    """Add the verb."""
    own = add_group(
        verbs, "money", help="where an agency's money went; unit costs beside peers",
        examples=EXAMPLES,
    )  # fmt: skip
    shown = add_verb(
        own, "show", help="an agency's fiscal year by service and item",
        examples="  commonweal money show LWD 2027 --csv money.csv", run=show,
    )  # fmt: skip
    shown.add_argument("agency", help="code of the agency")
    for name, words, run in (
        ("publish", "open the agency's page to everybody", publish),
        ("close", "close the agency's page", close),
    ):
        turned = add_verb(
            own, name, help=words, run=run,
            examples=f'  commonweal money {name} LWD "Decided by the council on 3 November"',
        )  # fmt: skip
        turned.add_argument("agency")
        turned.add_argument("reason")
    peers = add_verb(
        own, "peers", help="unit costs beside the quartiles of at least five agencies",
        examples="  commonweal money peers 2027 --agency LWD", run=show_peers,
    )  # fmt: skip
    for each in (shown, peers):
        each.add_argument("year", type=int, help="fiscal year")
        each.add_argument("--csv", type=Path, help="write the complete rows to a file")
        add_json(each)
    peers.add_argument("--agency", default="", help="whose own values")


def show(args: argparse.Namespace) -> int:
    """A row for each item."""
    from commonweal.practices.charging.public import spending, spending_table, write_csv

    with acting(args) as actor:
        header, rows = spending_table(spending(actor, args.agency, args.year))
    if args.csv:
        write(args.csv, write_csv(header, rows))
        return 0
    names = ("service", "charge_item", "quantity", "amount", "amount_before", "currency")
    picked = [[dict(zip(header, row, strict=True))[name] for name in names] for row in rows]
    return show_rows(args, names, picked, "Nothing was billed in this year.")


def publish(args: argparse.Namespace) -> int:
    """Open the page."""
    return _turn(args, published=True)


def close(args: argparse.Namespace) -> int:
    """Close the page."""
    return _turn(args, published=False)


def _turn(args: argparse.Namespace, *, published: bool) -> int:
    from commonweal.practices.charging.public import publish_money

    with acting(args) as actor:
        row = publish_money(
            actor=actor, agency_id=agency_id(actor, args.agency), published=published,
            reason=args.reason,
        )  # fmt: skip
        print_json({"agency": args.agency, "published": row.published})
    return 0


def show_peers(args: argparse.Namespace) -> int:
    """A row for each measure."""
    from commonweal.practices.charging.public import peers, peers_table, write_csv

    with acting(args) as actor:
        agency = agency_id(actor, args.agency) if args.agency else None
        header, rows = peers_table(peers(actor, args.year, agency))
    if args.csv:
        write(args.csv, write_csv(header, rows))
        return 0
    return show_rows(args, header, rows, "Nothing was billed in this year.")

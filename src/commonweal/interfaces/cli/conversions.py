"""`commonweal conversions`: how other units and currencies count, from which day on."""

from __future__ import annotations

import argparse
from datetime import date

from .kit import CommandError, Verbs, acting, add_group, add_json, add_verb, as_id, show_rows

EXAMPLES = """\
  commonweal conversions list
"""


def register(verbs: Verbs) -> None:
    """Add the verb."""
    own = add_group(
        verbs, "conversions", help="how other units and currencies count", examples=EXAMPLES
    )
    found = add_verb(
        own, "list", help="both tables, oldest first",
        examples="  commonweal conversions list", run=list_both,
    )  # fmt: skip
    found.add_argument("--limit", type=int, default=50)
    add_json(found)
    unit = add_verb(
        own, "unit", help="propose how another unit counts in an item's own",
        examples="  commonweal conversions unit helpdesk.hour MIN 1/60 --starts 2027-01-01 \\\n"
        "      --reason 'an hour has 60 minutes'",
        run=propose_unit,
    )  # fmt: skip
    unit.add_argument("charge_item")
    unit.add_argument("unit")
    unit.add_argument("ratio")
    unit.add_argument("--starts", required=True, metavar="YYYY-MM-DD")
    unit.add_argument("--reason", required=True)
    money = add_verb(
        own, "currency", help="propose what a currency is worth in the book currency",
        examples="  commonweal conversions currency EUR 1.0864 --starts 2027-01-01 \\\n"
        "      --source 'ECB reference rate'",
        run=propose_currency,
    )  # fmt: skip
    money.add_argument("currency")
    money.add_argument("ratio")
    money.add_argument("--starts", required=True, metavar="YYYY-MM-DD")
    money.add_argument("--source", required=True)
    for what in ("approve", "reject"):
        verb = add_verb(
            own, what, help=f"{what} a row of either table, as a second person",
            examples=f"  commonweal conversions {what} unit ID --reason 'as published there'",
            run=decide,
        )  # fmt: skip
        verb.add_argument("table", choices=("unit", "currency"))
        verb.add_argument("id")
        verb.add_argument("--reason", default="")
        verb.set_defaults(what=what)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise CommandError("CLI-132", f"“{text}” is not a day. Write it like 2027-01-01.") from None


def list_both(args: argparse.Namespace) -> int:
    """Both tables as one."""
    from commonweal.kernel.catalogue.public import conversions
    from commonweal.kernel.schema.public import Place
    from commonweal.practices.charging.public import exchange_rates

    with acting(args) as actor:
        place = Place(limit=args.limit)
        rows = [
            (row.id, "unit", row.charge_item.code, row.unit_id,
             f"{row.numerator}/{row.denominator}", row.starts, row.state, row.reason)
            for row in conversions(actor, place)
        ]  # fmt: skip
        rows += [
            (row.id, "currency", "-", row.currency, f"{row.numerator}/{row.denominator}",
             row.starts, row.state, row.source)
            for row in exchange_rates(actor, place)
        ]  # fmt: skip
    header = ("id", "table", "item", "from", "ratio", "starts", "state", "source")
    return show_rows(args, header, rows, "Nothing is converted: no unit, and no currency.")


def propose_unit(args: argparse.Namespace) -> int:
    """Propose a conversion of a unit."""
    from commonweal.kernel.catalogue.public import propose_conversion

    with acting(args) as actor:
        row = propose_conversion(
            actor=actor, charge_item=args.charge_item, unit=args.unit, ratio=args.ratio,
            starts=_day(args.starts), reason=args.reason,
        )  # fmt: skip
    print(f"Proposed ({row.id}). A second person decides.")
    return 0


def propose_currency(args: argparse.Namespace) -> int:
    """Propose an exchange rate."""
    from commonweal.practices.charging.public import propose_exchange_rate

    with acting(args) as actor:
        row = propose_exchange_rate(
            actor=actor, currency=args.currency, ratio=args.ratio, starts=_day(args.starts),
            source=args.source,
        )  # fmt: skip
    print(f"Proposed ({row.id}). A second person decides.")
    return 0


def decide(args: argparse.Namespace) -> int:
    """Approve or reject."""
    from commonweal.kernel.catalogue.public import decide_conversion
    from commonweal.practices.charging.public import decide_exchange_rate

    key, approved = as_id(args.id, "conversion"), args.what == "approve"
    with acting(args) as actor:
        if args.table == "unit":
            state = decide_conversion(
                actor=actor, conversion_id=key, approved=approved, reason=args.reason
            ).state
        else:
            state = decide_exchange_rate(
                actor=actor, exchange_id=key, approved=approved, reason=args.reason
            ).state
    print(f"It is {state}.")
    return 0

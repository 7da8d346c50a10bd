"""`commonweal unusual`: lines that hold their bill, tolerances, and the dates of bills."""

from __future__ import annotations

import argparse

from .kit import Verbs, acting, add_group, add_json, add_verb, agency_id, as_id, show_rows

EXAMPLES = """\
  commonweal unusual list --state open
  commonweal unusual tolerance helpdesk.case --percent 30 --minimum 100.00
  commonweal unusual dates --agency LWD
"""


def register(verbs: Verbs) -> None:
    """Add the verb."""
    own = add_group(
        verbs, "unusual", help="unusual bill lines, and the dates of bills", examples=EXAMPLES
    )
    listed = add_verb(
        own, "list", help="lines that hold or held a month's issue",
        examples="  commonweal unusual list --state open", run=list_holds,
    )  # fmt: skip
    listed.add_argument("--agency", default="", help="code or id of one agency")
    listed.add_argument("--state", default="", choices=["", "open", "acknowledged", "explained"])
    listed.add_argument("--limit", type=int, default=60)
    add_json(listed)
    settled = add_verb(
        own, "explain", help="explain a line after the preview ended",
        examples="  commonweal unusual explain ID --reason 'A second campus opened in October'",
        run=explain,
    )  # fmt: skip
    settled.add_argument("hold", help="id of the unusual line")
    settled.add_argument("--reason", required=True, help="what the agency reads")
    known = add_verb(
        own, "acknowledge", help="acknowledge a line as its agency",
        examples="  commonweal unusual acknowledge ID --as officer@agency.example",
        run=acknowledge,
    )  # fmt: skip
    known.add_argument("hold", help="id of the unusual line")
    tolerance = add_verb(
        own, "tolerance", help="set from when an item is unusual",
        examples="  commonweal unusual tolerance helpdesk.case --percent 30 --minimum 100.00",
        run=put,
    )  # fmt: skip
    tolerance.add_argument("item", help="code of the charge item")
    tolerance.add_argument("--percent", type=int, required=True)
    tolerance.add_argument("--minimum", required=True, help="least difference, in major units")
    tolerance.add_argument("--months", type=int, default=6)
    dated = add_verb(
        own, "dates", help="the dates of bills as service levels",
        examples="  commonweal unusual dates --agency LWD", run=dates,
    )  # fmt: skip
    dated.add_argument("--agency", default="", help="code or id of one agency")
    add_json(dated)


def list_holds(args: argparse.Namespace) -> int:
    """A table of unusual lines."""
    from commonweal.kernel.schema.public import Place
    from commonweal.practices.charging.public import holds, money_text

    with acting(args) as actor:
        agency = agency_id(actor, args.agency) if args.agency else None
        found = holds(actor, agency_id=agency, state=args.state, place=Place(limit=args.limit))
        rows = [
            (row.pk, row.agency.code, row.bill.period, row.line.charge_item.code,
             money_text(row.usual_minor, row.bill.currency),
             money_text(row.amount_minor, row.bill.currency), row.state)
            for row in found
        ]  # fmt: skip
    header = ("id", "agency", "month", "item", "usual", "amount", "state")
    return show_rows(args, header, rows, "No line is unusual.")


def explain(args: argparse.Namespace) -> int:
    """Explain a line."""
    from commonweal.practices.charging.public import explain_hold

    with acting(args) as actor:
        explain_hold(actor=actor, hold_id=as_id(args.hold, "unusual line"), reason=args.reason)
    print("Explained. The bills no longer wait for this line.")
    return 0


def acknowledge(args: argparse.Namespace) -> int:
    """Acknowledge a line."""
    from commonweal.practices.charging.public import acknowledge_hold

    with acting(args) as actor:
        acknowledge_hold(actor=actor, hold_id=as_id(args.hold, "unusual line"))
    print("Acknowledged.")
    return 0


def put(args: argparse.Namespace) -> int:
    """Set a tolerance."""
    from commonweal.kernel.catalogue.public import item_by_code
    from commonweal.kernel.money.public import Money
    from commonweal.kernel.party.public import centre
    from commonweal.practices.charging.public import put_tolerance

    with acting(args) as actor:
        put_tolerance(
            actor=actor,
            charge_item_id=item_by_code(actor, args.item).pk,
            percent=args.percent,
            minimum_minor=Money.exactly(args.minimum, centre().currency).minor,
            months=args.months,
        )
    print("Saved. It counts from the next drafting.")
    return 0


def dates(args: argparse.Namespace) -> int:
    """Months and levels."""
    from commonweal.practices.charging.public import bill_levels, level_state_words

    with acting(args) as actor:
        found = bill_levels(actor, agency_id(actor, args.agency) if args.agency else None)
    states = level_state_words()
    rows = [(month.period, *(states[level.state] for level in month.levels)) for month in found]
    header = ("month", "draft", "preview", "issue", "disputes")
    return show_rows(args, header, rows, "No bill was drafted yet.")

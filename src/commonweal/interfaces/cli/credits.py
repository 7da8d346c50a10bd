"""`commonweal credits`: credits to agencies and their schedules."""

from __future__ import annotations

import argparse

from .kit import Verbs, acting, add_group, add_json, add_verb, agency_id, as_id, pairs, show_rows

EXAMPLES = """\
  commonweal credits list --agency LWD
  commonweal credits show ID
  commonweal credits propose --line ID=1200.00 --from 2026-12 --bills 24 --reason 'Service level'
"""


def register(verbs: Verbs) -> None:
    """Add the verb."""
    own = add_group(verbs, "credits", help="credits on bills to come", examples=EXAMPLES)
    listed = add_verb(
        own, "list", help="credits, newest first",
        examples="  commonweal credits list --agency LWD", run=list_credits,
    )  # fmt: skip
    listed.add_argument("--agency", default="", help="code or id of one agency")
    listed.add_argument("--limit", type=int, default=60)
    add_json(listed)
    shown = add_verb(
        own, "show", help="a credit's schedule, month by month",
        examples="  commonweal credits show ID", run=show,
    )  # fmt: skip
    shown.add_argument("credit", help="id of the credit")
    add_json(shown)
    proposed = add_verb(
        own, "propose", help="propose a service credit",
        about="A second person decides. Equal parts appear on the bills of the months.",
        examples="  commonweal credits propose --line ID=1200.00 --from 2026-12 --bills 24 "
        "--reason 'Availability in October' --as officer@centre.example",
        run=propose,
    )  # fmt: skip
    proposed.add_argument("--line", action="append", required=True, metavar="ID=AMOUNT")
    proposed.add_argument("--from", dest="first", required=True, metavar="YYYY-MM")
    proposed.add_argument("--bills", type=int, default=1, help="how many months (default 1)")
    proposed.add_argument("--reason", required=True, help="what the agency reads")


def list_credits(args: argparse.Namespace) -> int:
    """A table of credits with what is left."""
    from commonweal.kernel.schema.public import Place
    from commonweal.practices.charging.public import credit_left, credits, money_text

    with acting(args) as actor:
        agency = agency_id(actor, args.agency) if args.agency else None
        found = credits(actor, agency, Place(limit=args.limit))
        left = credit_left(actor, found)
        rows = [
            (row.pk, row.agency.code, row.kind, money_text(row.total_minor, row.currency),
             money_text(left[row.pk], row.currency), len(row.months), row.months[0])
            for row in found
        ]  # fmt: skip
    header = ("id", "agency", "kind", "total", "left", "bills", "first")
    return show_rows(args, header, rows, "No credit was given yet.")


def show(args: argparse.Namespace) -> int:
    """The schedule of one credit."""
    from commonweal.practices.charging.public import credit_view, money_text

    with acting(args) as actor:
        view = credit_view(actor, as_id(args.credit, "credit"))
        currency = view.credit.currency
        rows = [
            (each.month, money_text(each.planned, currency),
             "" if each.taken is None else money_text(each.taken, currency),
             each.bill.number if each.bill else "")
            for each in view.months
        ]  # fmt: skip
    return show_rows(args, ("month", "planned", "taken", "bill"), rows, "It has no months.")


def propose(args: argparse.Namespace) -> int:
    """Propose a service credit."""
    from commonweal.kernel.money.public import Money
    from commonweal.kernel.party.public import centre
    from commonweal.practices.charging.public import months_from, propose_credit

    with acting(args) as actor:
        currency = centre().currency
        found = propose_credit(
            actor=actor,
            reason=args.reason,
            portions={
                as_id(line, "bill line"): Money.exactly(amount, currency).minor
                for line, amount in pairs(args.line, "--line").items()
            },
            months=months_from(args.first, max(0, min(args.bills, 1000))),
        )
        print(f"{found.statement}\nProposed as {found.pk}. A second person decides.")
    return 0

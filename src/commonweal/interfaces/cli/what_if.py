"""`commonweal what-if`: what another volume or price would cost an agency; nothing is written."""

from __future__ import annotations

import argparse
from decimal import Decimal, InvalidOperation

from .kit import CommandError, Verbs, acting, add_json, add_verb, agency_id, pairs, show_rows

EXAMPLES = """\
  commonweal what-if LWD
  commonweal what-if LWD --item payroll.payslip=450
"""


def register(verbs: Verbs) -> None:
    """Add the verb."""
    verb = add_verb(
        verbs, "what-if", help="what another volume or price would cost an agency",
        about="Starts from the agency's last twelve billed months; nothing is written.",
        examples=EXAMPLES, run=what_if,
    )  # fmt: skip
    verb.add_argument("agency", help="code or id of the agency")
    verb.add_argument("--item", action="append", default=[], metavar="CODE=UNITS-A-MONTH")
    verb.add_argument("--rate", action="append", default=[], metavar="CODE=RATE-VERSION")
    add_json(verb)


def what_if(args: argparse.Namespace) -> int:
    """The effect item by item."""
    from commonweal.practices.charging.public import WhatIfAsked, what_if_sentence
    from commonweal.practices.charging.public import what_if as work_out

    volumes, rates = pairs(args.item, "--item"), pairs(args.rate, "--rate")
    try:
        asked = {
            code: WhatIfAsked(
                quantity=Decimal(volumes[code]) if code in volumes else None,
                version=rates.get(code, ""),
            )
            for code in volumes | rates
        }
    except InvalidOperation:
        raise CommandError("CLI-133", "A volume is not a number. Write CODE=450.") from None
    with acting(args) as actor:
        found = work_out(actor, agency_id(actor, args.agency), asked)
        rows = [
            (each.start.item.code, each.start.average, each.version.code, each.before_minor,
             each.after_minor, each.change_minor)
            for each in found.items
        ]  # fmt: skip
        sentence = what_if_sentence(found)
    header = ("item", "average", "rate", "before_minor", "after_minor", "change_minor")
    show_rows(args, header, rows, "Nothing was billed.")
    if not args.json:
        print(sentence)
    return 0

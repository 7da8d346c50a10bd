"""`commonweal late`: usage that arrived after its month was frozen, and the rules about it."""

from __future__ import annotations

import argparse
from datetime import date

from .kit import (
    CommandError,
    Verbs,
    acting,
    add_group,
    add_json,
    add_verb,
    agency_id,
    as_id,
    show_rows,
)

EXAMPLES = """\
  commonweal late list
  commonweal late rules
"""


def register(verbs: Verbs) -> None:
    """Add the verb."""
    own = add_group(
        verbs, "late", help="late usage: what is held, decisions, rules", examples=EXAMPLES
    )
    found = add_verb(
        own, "list", help="late records by their standing",
        examples="  commonweal late list\n  commonweal late list --state declined", run=list_late,
    )  # fmt: skip
    states = ("held", "accepted", "declined", "booked")
    found.add_argument("--state", choices=states, default="held")
    found.add_argument("--limit", type=int, default=50)
    add_json(found)
    for what, told in (("accept", "charge it as a correction"), ("decline", "never charge it")):
        verb = add_verb(
            own, what, help=f"decide a held record: {told}",
            examples=f"  commonweal late {what} ID --reason 'the meter was read late'", run=decide,
        )  # fmt: skip
        verb.add_argument("id")
        verb.add_argument("--reason", required=True, help="at least ten characters; agencies read")
        verb.set_defaults(what=what)
    coming = add_verb(
        own, "coming", help="what an agency's next bill corrects so far",
        examples="  commonweal late coming LWD", run=list_coming,
    )  # fmt: skip
    coming.add_argument("agency", help="code or id of the agency")
    add_json(coming)
    rules = add_verb(
        own, "rules", help="the rules of services about late usage",
        examples="  commonweal late rules", run=list_rules,
    )  # fmt: skip
    rules.add_argument("--limit", type=int, default=50)
    add_json(rules)
    rule = add_verb(
        own, "propose", help="propose a service's rule about late usage",
        examples="  commonweal late propose payroll window --days 60 --starts 2027-01-01 \\\n"
        "      --reason 'agreed with the agencies'",
        run=propose,
    )  # fmt: skip
    rule.add_argument("service", help="code of the service")
    rule.add_argument("kind", choices=("correct", "window", "hold"))
    rule.add_argument("--days", type=int, default=0, help="after the month, for a window")
    rule.add_argument("--starts", required=True, metavar="YYYY-MM-DD")
    rule.add_argument("--reason", required=True)
    for what in ("approve", "reject"):
        verb = add_verb(
            own, what, help=f"{what} a proposed rule, as a second person",
            examples=f"  commonweal late {what} ID --reason 'as the board agreed'",
            run=decide_rule,
        )  # fmt: skip
        verb.add_argument("id")
        verb.add_argument("--reason", default="")
        verb.set_defaults(what=what)


def list_late(args: argparse.Namespace) -> int:
    """Late records of a standing, with the counts of all."""
    from commonweal.kernel.metering.public import late_counts, late_records
    from commonweal.kernel.schema.public import Place

    with acting(args) as actor:
        found = late_records(actor, state=args.state, place=Place(limit=args.limit))
        rows = [
            (row.id, row.agency.code, row.charge_item.code,
             f"{row.source.code} {row.external_id}", row.period, row.delta,
             row.booked_in or "-", row.reason or "-")
            for row in found
        ]  # fmt: skip
        counts = late_counts(actor)
    header = ("id", "agency", "item", "record", "month", "counts", "booked", "reason")
    show_rows(args, header, rows, "No late record has this standing.")
    if not args.json:
        print(", ".join(f"{state}: {count:,}" for state, count in counts.items()))
    return 0


def decide(args: argparse.Namespace) -> int:
    """Accept or decline a held record."""
    from commonweal.kernel.metering.public import accept_late, decline_late

    with acting(args) as actor:
        write = accept_late if args.what == "accept" else decline_late
        row = write(actor=actor, record_id=as_id(args.id, "late record"), reason=args.reason)
    print(f"Accepted: on the bill of {row.booked_in}." if row.booked_in else "Declined.")
    return 0


def list_coming(args: argparse.Namespace) -> int:
    """The corrections of the next bill, worked out now."""
    from commonweal.practices.charging.public import coming_corrections

    with acting(args) as actor:
        rows = [
            (each.period, each.item.code, each.line.charge_period, each.line.quantity,
             each.line.facts, each.line.amount_minor)
            for each in coming_corrections(actor, agency_id(actor, args.agency))
        ]  # fmt: skip
    header = ("bill", "item", "corrects", "quantity", "records", "amount_minor")
    return show_rows(args, header, rows, "Nothing late counts in an open month.")


def list_rules(args: argparse.Namespace) -> int:
    """Every rule that was proposed."""
    from commonweal.kernel.metering.public import late_policies
    from commonweal.kernel.schema.public import Place

    with acting(args) as actor:
        rows = [
            (row.id, row.service.code, row.kind, row.days, row.starts, row.state)
            for row in late_policies(actor, Place(limit=args.limit))
        ]
    header = ("id", "service", "rule", "days", "starts", "state")
    show_rows(args, header, rows, "No rule was proposed: late usage is booked as a correction.")
    return 0


def propose(args: argparse.Namespace) -> int:
    """Propose a rule."""
    from commonweal.kernel.metering.public import propose_late_policy

    try:
        starts = date.fromisoformat(args.starts)
    except ValueError:
        raise CommandError(
            "CLI-131", f"“{args.starts}” is not a day. Write it like 2027-01-01."
        ) from None
    with acting(args) as actor:
        row = propose_late_policy(
            actor=actor, service=args.service, kind=args.kind, days=args.days, starts=starts,
            reason=args.reason,
        )  # fmt: skip
    print(f"Proposed ({row.id}). A second person decides.")
    return 0


def decide_rule(args: argparse.Namespace) -> int:
    """Approve or reject a rule."""
    from commonweal.kernel.metering.public import decide_late_policy

    with acting(args) as actor:
        row = decide_late_policy(
            actor=actor, policy_id=as_id(args.id, "rule"), approved=args.what == "approve",
            reason=args.reason,
        )  # fmt: skip
    print(f"The rule is {row.state}.")
    return 0

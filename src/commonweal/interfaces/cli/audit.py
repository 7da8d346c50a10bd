"""`commonweal audit`: verify the trail, and compare printed heads and bills with it."""

from __future__ import annotations

import argparse
from typing import Any

from .kit import Verbs, acting, add_group, add_verb, agency_id, say, table

EXAMPLES = """\
  commonweal audit verify                                   re-read every event and every link
  commonweal audit head LWD                                 the present end of an agency's chain
  commonweal audit check-head LWD 512:9f2c…                 is an old bill's head still there?
  commonweal audit check-bill LWD-2026-10 --head 512:9f2c…  is the bill what was issued?
  commonweal audit events --verb bill.issued
"""


def register(verbs: Verbs) -> None:
    """Add the verb."""
    own = add_group(verbs, "audit", help="verify the audit trail and bills", examples=EXAMPLES)
    add_verb(
        own, "verify", help="re-read every event and link, and name what does not fit",
        about="Exit status 1 if the trail is not sound.",
        examples="  commonweal audit verify", run=verify_trail,
    )  # fmt: skip
    head = add_verb(
        own, "head", help="the present head of an agency's chain (or `centre`)",
        examples="  commonweal audit head LWD\n  commonweal audit head centre", run=show_head,
    )  # fmt: skip
    head.add_argument("agency", help="code or id, or `centre` for the centre's own chain")
    check = add_verb(
        own, "check-head", help="whether a head printed earlier is still part of the chain",
        about="Exit status 1 if history was rewritten.",
        examples="  commonweal audit check-head LWD 512:9f2c…", run=check_printed,
    )  # fmt: skip
    check.add_argument("agency")
    check.add_argument("head", metavar="SEQUENCE:HASH")
    bill = add_verb(
        own, "check-bill", help="whether a bill is still what was issued",
        about="Compares the rows of today, the document kept with the bill, and the sealed events "
        "of its issue and of its proof pack. With --head, all of the agency's trail up to the head "
        "printed on the paper is computed anew, so that not even a rewriting of the whole database "
        "goes unnoticed. Exit status 1 if something does not fit.",
        examples="  commonweal audit check-bill LWD-2026-10", run=check_bill,
    )  # fmt: skip
    bill.add_argument("number")
    bill.add_argument("--head", default="", metavar="SEQUENCE:HASH", help="as printed on the bill")
    bill.add_argument("--root", default="", metavar="HASH", help="of its proof pack, as printed")
    events = add_verb(
        own, "events", help="the newest events",
        examples="  commonweal audit events --agency LWD --limit 20", run=list_events,
    )  # fmt: skip
    events.add_argument("--agency", default="")
    events.add_argument("--verb", default="", dest="event_verb")
    events.add_argument("--limit", type=int, default=50)


def _chain(actor: Any, key: str) -> Any:
    return None if key == "centre" else agency_id(actor, key)


def verify_trail(args: argparse.Namespace) -> int:
    """Re-read everything in scope."""
    from commonweal.kernel.audit.public import verify

    with acting(args):
        report = verify()
    for problem in report.problems:
        say(problem)
    print(f"{report.events:,} events, {report.unsealed:,} not sealed yet: "
          f"{'sound' if report.sound else f'{len(report.problems)} problems'}.")  # fmt: skip
    return 0 if report.sound else 1


def show_head(args: argparse.Namespace) -> int:
    """Sequence and hash, as printed on bills."""
    from commonweal.kernel.audit.public import head

    with acting(args) as actor:
        print(head(_chain(actor, args.agency)))
    return 0


def check_printed(args: argparse.Namespace) -> int:
    """An old head against today's chain."""
    from commonweal.kernel.audit.public import check_head

    with acting(args) as actor:
        good = check_head(_chain(actor, args.agency), args.head)
    if good:
        print("This head is part of the chain.")
    else:
        print("This head is NOT part of the chain: what was recorded up to then was changed.")
    return 0 if good else 1


def check_bill(args: argparse.Namespace) -> int:
    """The bill's rows, its document, the event of its issue, and the head printed on its paper."""
    from commonweal.practices.charging.public import bill, bill_problems

    with acting(args) as actor:
        found = bill(actor, args.number)
        problems = bill_problems(actor, found, args.head, args.root)
    for problem in problems:
        print(problem)
    if not problems and args.head:
        print(f"Bill {found.number} is what was issued: content {found.content_hash}.")
    elif not problems:
        print(
            f"Bill {found.number} agrees with itself and with the trail: content"
            f" {found.content_hash}.\nGive --head as printed on the paper to expose a rewriting of"
            " the whole database."
        )
    return 1 if problems else 0


def list_events(args: argparse.Namespace) -> int:
    """The newest events in scope."""
    from commonweal.kernel.audit.public import events
    from commonweal.kernel.schema.public import Place

    with acting(args) as actor:
        agency = agency_id(actor, args.agency) if args.agency else None
        found = events(actor, agency_id=agency, verb=args.event_verb, place=Place(limit=args.limit))
        rows = [
            (f"{event.recorded_at:%Y-%m-%d %H:%M:%S}", event.verb, event.target_type,
             event.target_id, event.actor_kind)
            for event in found
        ]  # fmt: skip
    table(("recorded (UTC)", "what", "on", "id", "by"), rows, "There are no such events.")
    return 0

"""`commonweal calendar`: opening hours, their versions and days; files in and out."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from .kit import (
    CommandError,
    Verbs,
    acting,
    add_group,
    add_json,
    add_verb,
    as_id,
    readable,
    show_rows,
    write,
)

EXAMPLES = """\
  commonweal calendar list
  commonweal calendar export office
"""


def register(verbs: Verbs) -> None:
    """Add the verb."""
    own = add_group(verbs, "calendar", help="opening hours that clocks run on", examples=EXAMPLES)
    found = add_verb(
        own, "list", help="every calendar by its code",
        examples="  commonweal calendar list", run=list_all,
    )  # fmt: skip
    found.add_argument("--limit", type=int, default=50)
    add_json(found)
    one = add_verb(
        own, "show", help="the versions of a calendar, newest first",
        examples="  commonweal calendar show office", run=show,
    )  # fmt: skip
    one.add_argument("code")
    one.add_argument("--limit", type=int, default=50)
    add_json(one)
    out = add_verb(
        own, "export", help="the newest accepted hours as JSON, or their days as iCalendar",
        examples="  commonweal calendar export office", run=export,
    )  # fmt: skip
    out.add_argument("code")
    out.add_argument("--ics", action="store_true", help="the days with other hours, as .ics")
    out.add_argument("--out", type=Path, metavar="FILE")
    into = add_verb(
        own, "import", help="draft the hours of a file; its days wait to be looked at",
        examples="  commonweal calendar import hours.json", run=import_file,
    )  # fmt: skip
    into.add_argument("file", type=Path)
    for what in ("propose", "accept", "reject", "withdraw"):
        verb = add_verb(
            own, what, help=f"{what} drafted or proposed hours",
            examples=f"  commonweal calendar {what} ID", run=move,
        )  # fmt: skip
        verb.add_argument("id")
        verb.add_argument("--reason", default="")
        verb.set_defaults(what=what)


def list_all(args: argparse.Namespace) -> int:
    """Every calendar."""
    from commonweal.kernel.catalogue.public import calendars, zone_of
    from commonweal.kernel.schema.public import Place

    with acting(args) as actor:
        rows = [
            (row.code, row.name, zone_of(row)) for row in calendars(actor, Place(limit=args.limit))
        ]
    return show_rows(args, ("code", "name", "zone"), rows, "There is no calendar.")


def show(args: argparse.Namespace) -> int:
    """The versions of one, with the hours of each day of the week."""
    from commonweal.kernel.catalogue.public import (
        calendar,
        calendar_versions,
        spans_of,
        spans_text,
    )
    from commonweal.kernel.schema.public import Place

    days = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
    with acting(args) as actor:
        found = calendar(actor, args.code)
        rows = [
            (row.id, row.starts, row.state,
             *(spans_text(spans_of(row.weekly, day)) or "-" for day in range(7)), row.note)
            for row in calendar_versions(actor, found.pk, Place(limit=args.limit))
        ]  # fmt: skip
    return show_rows(args, ("id", "starts", "state", *days, "note"), rows, "It has no hours yet.")


def export(args: argparse.Namespace) -> int:
    """The accepted version that begins last, as a document or its days as iCalendar."""
    from commonweal.kernel.calendar.public import now
    from commonweal.kernel.catalogue import public as catalogue

    with acting(args) as actor:
        found = catalogue.calendar(actor, args.code)
        held = [
            row for row in catalogue.calendar_versions(actor, found.pk) if row.state == "accepted"
        ]
        if not held:
            raise catalogue.no_hours(args.code)
        last = max(held, key=lambda row: (row.starts, row.accepted_at))
        version = catalogue.calendar_version(actor, last.pk)
        if args.ics:
            days = [catalogue.day_hours(row) for row in version.days.all() if row.accepted]
            text = catalogue.ics(found.code, found.name, catalogue.zone_of(found), days, now())
        else:
            document = catalogue.calendar_document(version)
            text = json.dumps(document, indent=2, ensure_ascii=False) + "\n"
    write(args.out, text.encode())
    return 0


def import_file(args: argparse.Namespace) -> int:
    """Draft what a file says."""
    from commonweal.kernel.catalogue.public import import_calendar

    try:
        document = json.loads(readable(args.file).read_text(encoding="utf-8"))
    except ValueError:
        document = None
    if not isinstance(document, dict):
        raise CommandError(
            "CLI-145", f"{args.file.name} is no JSON object. Export a calendar to see one."
        )
    with acting(args) as actor:
        made = import_calendar(actor=actor, document=document)
    print(f"Drafted ({made.id}). Look at its days, then propose it.")
    return 0


def move(args: argparse.Namespace) -> int:
    """Propose, accept, reject or withdraw."""
    from commonweal.kernel.catalogue import public as catalogue

    key = as_id(args.id, "calendar version")
    with acting(args) as actor:
        if args.what == "propose":
            made = catalogue.propose_calendar(actor=actor, version_id=key)
        elif args.what == "withdraw":
            made = catalogue.withdraw_calendar(actor=actor, version_id=key)
        else:
            made = catalogue.decide_calendar(
                actor=actor, version_id=key, approved=args.what == "accept", reason=args.reason
            )
    print(f"It is {made.state}.")
    return 0

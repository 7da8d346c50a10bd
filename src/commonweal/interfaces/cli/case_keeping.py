"""The verbs of `commonweal cases` that keep: import, export, holds, erasure, proofs of clocks."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from .kit import (
    CommandError,
    Verbs,
    acting,
    add_json,
    add_verb,
    agency_id,
    as_id,
    show_rows,
)

LISTS = {
    "holds": "legal holds that stand",
    "erasures": "what was erased, when, by which schedule or request",
    "proofs": "the nightly proofs of clocks",
    "refused": "closed cases whose usage was refused, and why",
}


def add_keeping(own: Verbs) -> None:
    """Add these verbs to the group of cases."""
    taken = add_verb(
        own, "import", help="take in cases or events from CSV, or an event log (XES)",
        about="The mapping is a JSON file, or the code of one that is remembered.",
        examples="  commonweal cases import log.xes.gz --source old --mapping log.json",
        run=import_file,
    )  # fmt: skip
    taken.add_argument("file", type=Path)
    taken.add_argument("--source", required=True, help="names the file's system for ever")
    taken.add_argument("--mapping", required=True, help="JSON file, or a remembered code")
    taken.add_argument("--remember", metavar="CODE", default="", help="keep the mapping so")
    taken.add_argument("--dry-run", action="store_true", help="check all, write nothing")
    given = add_verb(
        own, "export", help="write all cases of an agency or a queue",
        examples="  commonweal cases export --queue it --form xes --to it.xes", run=export,
    )  # fmt: skip
    given.add_argument("--agency", default="", help="code or id")
    given.add_argument("--queue", default="", help="code")
    given.add_argument("--form", choices=("csv", "jsonl", "xes"), default="csv")
    given.add_argument("--to", type=Path, help="file (default: standard output)")
    _keeping(own)


def _keeping(own: Any) -> None:
    """The verbs of erasure, holds and proofs."""
    hold = add_verb(
        own, "hold", help="keep a case from erasure",
        examples="  commonweal cases hold LWD-2026-00012 --reason 'A court asked for it'",
        run=put_hold,
    )  # fmt: skip
    hold.add_argument("number")
    hold.add_argument("--reason", required=True)
    lifting = add_verb(
        own, "lift", help="ask to lift a hold, or agree as a second person",
        examples="  commonweal cases lift ID --reason 'The court has decided'", run=lift,
    )  # fmt: skip
    lifting.add_argument("id")
    lifting.add_argument("--reason", default="")
    erase = add_verb(
        own, "erase", help="erase a closed case",
        examples="  commonweal cases erase LWD-2026-00012 --reason 'Asked for in writing'",
        run=erase_one,
    )  # fmt: skip
    erase.add_argument("number")
    erase.add_argument("--reason", required=True, help="kept for ever: names nobody")
    for name, told in LISTS.items():
        verb = add_verb(own, name, help=told, examples=f"  commonweal cases {name}", run=show_list)
        verb.set_defaults(what=name)
        add_json(verb)


def _mapping(actor: Any, given: str) -> dict[str, Any]:
    from commonweal.kernel.casework.public import import_mappings

    path = Path(given)
    if path.is_file():
        try:
            found: dict[str, Any] = json.loads(path.read_text("utf-8"))
        except ValueError as wrong:
            raise CommandError("CLI-141", f"{given} is not JSON: {wrong}. Mend it.") from wrong
        return found
    for row in import_mappings(actor):
        if row.code == given:
            return dict(row.mapping)
    raise CommandError("CLI-142", f"There is no file and no remembered mapping “{given}”.")


def import_file(args: argparse.Namespace) -> int:
    """Take a file in; repeated, it goes on where it stopped."""
    from commonweal.kernel.casework.public import remember_mapping, run_import, start_import

    if not args.file.is_file():
        raise CommandError("CLI-143", f"There is no file {args.file}. Check its name.")
    with acting(args) as actor:
        mapping = _mapping(actor, args.mapping)
        if args.remember:
            remember_mapping(actor=actor, code=args.remember, mapping=mapping)
        row = start_import(
            actor=actor, path=args.file, source=args.source, mapping=mapping,
            dry_run=args.dry_run,
        )  # fmt: skip
    row = run_import(actor, row, args.file, lambda done: print(f"{done:,} …", file=sys.stderr))
    for each in row.problems:
        print(f"Row {each['row']}: {each['sentence']} ({each['code']})", file=sys.stderr)
    word = "would be taken in" if row.dry_run else "taken in"
    print(
        f"{row.cases:,} cases with {row.events:,} events {word}; {row.known:,} were there, "
        f"{row.refused:,} refused."
    )
    return 1 if row.refused else 0


def export(args: argparse.Namespace) -> int:
    """Write cases piece by piece."""
    from commonweal.kernel.casework.public import export_cases

    with acting(args) as actor:
        agency = agency_id(actor, args.agency) if args.agency else None
        pieces = export_cases(actor, args.form, agency, args.queue)
        if args.to is None:
            for piece in pieces:
                sys.stdout.write(piece)
            return 0
        with args.to.open("w", encoding="utf-8", newline="") as stream:
            for piece in pieces:
                stream.write(piece)
    print(f"Written to {args.to}.")
    return 0


def put_hold(args: argparse.Namespace) -> int:
    """Put a hold on a case."""
    from commonweal.kernel.casework.public import case_by_number, put_legal_hold

    with acting(args) as actor:
        case = case_by_number(actor, args.number)
        hold = put_legal_hold(actor=actor, case_id=case.pk, reason=args.reason)
    print(f"Held ({hold.pk}). Two people lift it.")
    return 0


def lift(args: argparse.Namespace) -> int:
    """Ask to lift a hold, or agree."""
    from commonweal.kernel.casework.public import lift_hold

    with acting(args) as actor:
        hold = lift_hold(actor=actor, hold_id=as_id(args.id, "hold"), reason=args.reason)
    print("Lifted." if hold.state == "lifted" else "Asked for. A second person has to agree.")
    return 0


def erase_one(args: argparse.Namespace) -> int:
    """Erase a case."""
    from commonweal.kernel.casework.public import case_by_number, erase_case

    with acting(args) as actor:
        case = case_by_number(actor, args.number)
        row = erase_case(actor=actor, case_id=case.pk, reason=args.reason)
    print(", ".join(f"{name}: {count}" for name, count in row.counts.items()))
    return 0


def show_list(args: argparse.Namespace) -> int:
    """One of the lists of keeping."""
    from commonweal.kernel.casework import public as casework

    with acting(args) as actor:
        if args.what == "holds":
            header: tuple[str, ...] = ("id", "case", "contact", "state", "reason")
            rows: list[tuple[object, ...]] = [
                (row.pk, row.case.number if row.case else "-", row.contact_id or "-", row.state,
                 row.reason)
                for row in casework.legal_holds(actor)
            ]  # fmt: skip
        elif args.what == "erasures":
            header = ("when", "case", "cause", "rule", "counts")
            rows = [
                (row.erased_at, row.case.number if row.case else "-", row.cause, row.rule,
                 row.counts)
                for row in casework.erasures(actor)
            ]  # fmt: skip
        elif args.what == "proofs":
            header = ("when", "cases", "clocks", "drifted")
            rows = [
                (row.ended_at, row.cases, row.clocks, row.drifted)
                for row in casework.clock_audits(actor)
            ]
        else:
            header = ("id", "case", "item", "code", "why")
            rows = [
                (row.pk, row.case.number, row.charge_item, row.code, row.sentence)
                for row in casework.refused_usage(actor)
            ]
    return show_rows(args, header, rows, "There is none.")

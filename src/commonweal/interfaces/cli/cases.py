"""`commonweal cases`: the cases of a queue or an agency; one of them; open, answer, move."""
"""`commonweal cases`: cases and their events from files, and all of them into files."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING
import json
import sys
from pathlib import Path
from typing import Any

from .kit import (
    CommandError,
    Verbs,
    acting,
    add_group,
    add_json,
    add_verb,
    agency_id,
    pairs,
    show_one,
    show_rows,
)

if TYPE_CHECKING:
    from commonweal.kernel.access.public import Actor
    from commonweal.kernel.casework.public import Case, View

EXAMPLES = """\
  commonweal cases list --queue helpdesk
  commonweal cases list --agency LWD --done
  commonweal cases open LWD --category printer --subject 'Paper jam' --answer room=2.14
"""
CHANNELS = ("web", "mobile", "email", "phone", "counter", "letter", "api")
    as_id,
    show_rows,
)

EXAMPLES = """\
  commonweal cases import helpdesk.csv --source old-desk --mapping helpdesk.json --dry-run
  commonweal cases export --agency LWD --form jsonl --to lwd.jsonl
"""


LISTS = {
    "holds": "legal holds that stand",
    "erasures": "what was erased, when, by which schedule or request",
    "proofs": "the nightly proofs of clocks",
    "refused": "closed cases whose usage was refused, and why",
}


def register(verbs: Verbs) -> None:
    """Add the verb."""
    own = add_group(verbs, "cases", help="cases of the help desk and of citizens",
                    examples=EXAMPLES)  # fmt: skip
    listed = add_verb(
        own, "list", help="cases, those due first at the top",
        about="Without a queue or an agency: every case, or with --as the person's own.",
        examples="  commonweal cases list --queue helpdesk --late", run=list_cases,
    )  # fmt: skip
    where = listed.add_mutually_exclusive_group()
    where.add_argument("--queue", default="", help="code of one queue")
    where.add_argument("--agency", default="", help="code or id of one agency")
    listed.add_argument("--done", action="store_true", help="those that are done")
    listed.add_argument("--late", action="store_true", help="those beyond a promised time")
    listed.add_argument("--limit", type=int, default=60)
    add_json(listed)
    shown = add_verb(
        own, "show", help="one case: how it stands, what was said, its clocks",
        examples="  commonweal cases show LWD-26-000012", run=show,
    )  # fmt: skip
    shown.add_argument("number", help="number of the case")
    add_json(shown)
    _add_open(own)
    answered = add_verb(
        own, "answer", help="answer whoever asked",
        about="By the channel they last used, unless one is named.",
        examples="  commonweal cases answer LWD-26-000012 'It works again.' --then resolved",
        run=answer,
    )  # fmt: skip
    answered.add_argument("number", help="number of the case")
    answered.add_argument("text")
    answered.add_argument("--channel", default="", choices=["", *CHANNELS])
    answered.add_argument("--then", default="", help="state that the case then goes to")
    moved = add_verb(
        own, "move", help="move a case to another state",
        examples="  commonweal cases move LWD-26-000012 in_progress --as agent@centre.example",
        run=move,
    )  # fmt: skip
    moved.add_argument("number", help="number of the case")
    moved.add_argument("state", help="code of the state; `show` names the next ones")
    moved.add_argument("--resolution", default="", help="what was done; whoever asked reads it")


def _add_open(own: Verbs) -> None:
    opened = add_verb(
        own, "open", help="open a case",
        examples="  commonweal cases open LWD --category printer --subject 'Paper jam' "
        "--name 'Ana Ruiz' --answer room=2.14", run=open_one,
    )  # fmt: skip
    opened.add_argument("agency", help="code or id of the agency")
    opened.add_argument("--category", default="", help="code of what it is about")
    opened.add_argument("--kind", default="", help="code of the kind of case, without a category")
    opened.add_argument("--subject", required=True)
    opened.add_argument("--text", default="")
    opened.add_argument("--channel", default="phone", choices=CHANNELS)
    opened.add_argument("--place", default="")
    opened.add_argument("--name", default="", help="who asks")
    opened.add_argument("--email", default="", help="their address")
    opened.add_argument("--phone", default="", help="their number")
    opened.add_argument("--answer", action="append", default=[], metavar="NAME=VALUE",
                        help="an answer of the form; repeat it")  # fmt: skip
    add_json(opened)


def _view(args: argparse.Namespace, actor: Actor) -> View:
    from commonweal.kernel.casework.public import View, queues

    standing = "done" if args.done else "live"
    order = "newest" if args.done else "due"
    if args.queue:
        found = next((each for each in queues(actor) if each.code == args.queue), None)
        if found is None:
            raise CommandError(
                "CLI-134", f"There is no queue “{args.queue}”. Look at the set-up of cases."
            )
        field, key = "queue", found.pk
    elif args.agency:
        field, key = "agency", agency_id(actor, args.agency)
    else:
        field, key = ("all" if actor.kind == "system" else "mine"), None
    return View(field=field, key=key, standing=standing, order=order, breached=args.late)


def list_cases(args: argparse.Namespace) -> int:
    """A table of cases."""
    from commonweal.kernel.casework.public import cases
    from commonweal.kernel.schema.public import Place

    with acting(args) as actor:
        found = cases(actor, _view(args, actor), Place(limit=args.limit))
        rows = [
            (row.number, row.priority, row.state, "late" if row.breached else "",
             _minute(row.due_at), row.queue.code, row.subject)
            for row in found
        ]  # fmt: skip
    header = ("number", "priority", "state", "late", "due", "queue", "subject")
    return show_rows(args, header, rows, "There are no such cases.")


def _minute(moment: object) -> str:
    return moment.strftime("%Y-%m-%d %H:%MZ") if hasattr(moment, "strftime") else ""


def show(args: argparse.Namespace) -> int:
    """One case."""
    from commonweal.kernel.casework.public import (
        case_by_number,
        clocks_of,
        interactions_of,
        moves_of,
    )

    with acting(args) as actor:
        case = case_by_number(actor, args.number)
        facts: dict[str, object] = {
            "number": case.number,
            "subject": case.subject,
            "agency": case.agency.code,
            "kind": case.case_type.code,
            "category": case.category.code if case.category else "",
            "state": case.state,
            "priority": case.priority,
            "queue": case.queue.code,
            "came": _minute(case.opened_at),
            "due": _minute(case.due_at),
            "late": "yes" if case.breached else "no",
            "next": ", ".join(move.end for move in moves_of(actor, case)),
        }
        for clock in clocks_of(actor, case):
            name = f"{clock.definition.code} {clock.cycle}"
            facts[name] = f"{clock.state} {_minute(clock.due_at)}".strip()
        for number, said in enumerate(interactions_of(actor, case), start=1):
            facts[f"said {number}"] = f"{_minute(said.at)} {said.direction}: {said.text}"
    return show_one(args, facts)


def open_one(args: argparse.Namespace) -> int:
    """A case of an agency, as somebody told it."""
    from commonweal.kernel.casework.public import NewCase, open_case, put_contact

    with acting(args) as actor:
        home = agency_id(actor, args.agency)
        requester = None
        if args.name or args.email or args.phone:
            requester = put_contact(
                actor=actor, agency_id=home, name=args.name, email=args.email, phone=args.phone
            )
        new = NewCase(
            case_type=args.kind,
            category=args.category,
            subject=args.subject,
            text=args.text,
            channel=args.channel,
            place=args.place,
            requester=requester,
            answers=pairs(args.answer, "--answer"),
        )
        opened = open_case(actor=actor, agency_id=home, new=new)
        facts = {
            "number": opened.case.number,
            "queue": opened.case.queue.code,
            "priority": opened.case.priority,
            "due": _minute(opened.case.due_at),
            "code": opened.tracking_code,
        }
    return show_one(args, facts)


def answer(args: argparse.Namespace) -> int:
    """What whoever asked reads."""
    from commonweal.kernel.casework.public import answer as answer_case

    with acting(args) as actor:
        case = _case(actor, args.number)
        answer_case(
            actor=actor,
            case_id=case.pk,
            text=args.text,
            channel=args.channel,
            then=args.then,
            resolution=bool(args.then),
        )
    print(f"{case.number} is answered.")
    return 0


def move(args: argparse.Namespace) -> int:
    """Another state, as a move of the case says."""
    from commonweal.kernel.casework.public import move_case

    with acting(args) as actor:
        case = move_case(
            actor=actor,
            case_id=_case(actor, args.number).pk,
            state=args.state,
            resolution=args.resolution,
        )
        print(f"{case.number} is {case.state}.")
    return 0


def _case(actor: Actor, number: str) -> Case:
    from commonweal.kernel.casework.public import case_by_number

    return case_by_number(actor, number)
    own = add_group(verbs, "cases", help="cases from files and into files", examples=EXAMPLES)
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

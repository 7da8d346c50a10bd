"""`commonweal cases`: the cases of a queue or an agency; one of them; open, answer, move."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from .case_keeping import add_keeping
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
  commonweal cases import helpdesk.csv --source old-desk --mapping helpdesk.json --dry-run
  commonweal cases export --agency LWD --form jsonl --to lwd.jsonl
"""
CHANNELS = ("web", "mobile", "email", "phone", "counter", "letter", "api")


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
    add_keeping(own)


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
    opened.add_argument("--email", dest="write_to", default="", help="their address")
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
    asked = View(field=field, key=key, standing=standing, order=order, breached=args.late)
    return asked.near()


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
        if args.name or args.write_to or args.phone:
            requester = put_contact(
                actor=actor, agency_id=home, name=args.name, email=args.write_to, phone=args.phone
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

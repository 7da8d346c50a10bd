"""`commonweal agreements`: what was agreed and ordered, what waits, and proposing changes.

Signing, refusing and approving are for a person who is signed in, on the pages or by the API.
"""

from __future__ import annotations

import argparse
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .kit import (
    CommandError,
    Verbs,
    acting,
    add_group,
    add_verb,
    agency_id,
    as_id,
    print_json,
    readable,
    table,
)

if TYPE_CHECKING:
    from commonweal.kernel.access.public import Actor

EXAMPLES = """\
  commonweal agreements list --agency LWD
  commonweal agreements orders --agency LWD --state active
  commonweal agreements waiting                  what waits for whose signature
  commonweal agreements modify ORDER change.json --try     what would change; writes nothing
"""
BODY = (
    "FILE.json is what the API takes: starts, ends, reason, lines (item, estimated_quantity, "
    "estimated_amount_minor, bureau_id, funding) and funding (name, share_numerator, "
    "share_denominator)."
)


def register(verbs: Verbs) -> None:
    """Add the verb."""
    own = add_group(
        verbs, "agreements", help="agreements and orders: read, propose, see who must sign",
        examples=EXAMPLES,
    )  # fmt: skip
    _reading(own)
    _proposing(own)
    _limits(own)


def _reading(own: Verbs) -> None:
    listed = add_verb(
        own, "list", help="agreements by agency and number",
        examples="  commonweal agreements list --agency LWD", run=list_agreements,
    )  # fmt: skip
    listed.add_argument("--agency", default="", help="code or id of one agency")
    listed.add_argument("--limit", type=int, default=100)
    orders = add_verb(
        own, "orders", help="orders and their modifications",
        examples="  commonweal agreements orders --agency LWD --state active", run=list_orders,
    )  # fmt: skip
    orders.add_argument("--agency", default="", help="code or id of one agency")
    orders.add_argument(
        "--state", default="",
        help="draft, proposed, active, superseded, ended, withdrawn or refused",
    )  # fmt: skip
    orders.add_argument("--limit", type=int, default=100)
    shown = add_verb(
        own, "show", help="one order with its lines, and what a modification changes",
        examples="  commonweal agreements show ORDER", run=show,
    )  # fmt: skip
    shown.add_argument("order", help="the order's id")
    waits = add_verb(
        own, "waiting", help="what waits for signatures, and who may give them",
        examples="  commonweal agreements waiting", run=waiting,
    )  # fmt: skip
    waits.add_argument("--limit", type=int, default=100)


def _proposing(own: Verbs) -> None:
    terms = add_verb(
        own, "propose", help="propose an agreement with an agency; both sides sign it",
        examples='  commonweal agreements propose PARKS "Support services" --starts 2026-10-01 \\\n'
        '      --terms "Billed monthly at the rates decided."',
        run=propose_agreement,
    )  # fmt: skip
    terms.add_argument("agency", help="code or id")
    terms.add_argument("title")
    terms.add_argument("--terms", required=True, help="what both sides agree, in plain words")
    terms.add_argument("--starts", required=True, type=date.fromisoformat, metavar="YYYY-MM-DD")
    terms.add_argument(
        "--ends", type=date.fromisoformat, metavar="YYYY-MM-DD", help="first day without it"
    )
    new = add_verb(
        own, "order", help="propose an order under an agreement", about=BODY,
        examples="  commonweal agreements order AGREEMENT order.json", run=propose_order,
    )  # fmt: skip
    new.add_argument("agreement", help="the agreement's id")
    new.add_argument("file", type=Path)
    change = add_verb(
        own, "modify", help="propose what an order shall be from a day on", about=BODY,
        examples="  commonweal agreements modify ORDER change.json --try", run=modify,
    )  # fmt: skip
    change.add_argument("order", help="the order's id")
    change.add_argument("file", type=Path)
    change.add_argument(
        "--try", dest="preview", action="store_true", help="show what would change; write nothing"
    )
    end = add_verb(
        own, "end", help="propose that an order, or an agreement with its orders, ends early",
        examples='  commonweal agreements end --order ORDER --on 2027-01-01 --reason "We leave."',
        run=propose_end,
    )  # fmt: skip
    what = end.add_mutually_exclusive_group(required=True)
    what.add_argument("--order", default="", help="the order's id")
    what.add_argument("--agreement", default="", help="the agreement's id")
    end.add_argument("--on", required=True, type=date.fromisoformat, help="first day without it")
    end.add_argument("--reason", required=True)


def _limits(own: Verbs) -> None:
    add_verb(
        own, "limits", help="up to which amount each role may sign orders",
        examples="  commonweal agreements limits", run=list_limits,
    )  # fmt: skip
    limit = add_verb(
        own, "set-limit", help="propose up to which amount a role may sign orders",
        about="A second person approves it, on the page or by the API, before it holds.",
        examples="  commonweal agreements set-limit agency_approver 50000.00 --agency LWD",
        run=propose_limit,
    )  # fmt: skip
    limit.add_argument("role", help="a role's code, such as agency_approver")
    limit.add_argument("amount", help="in the centre's currency; “none”: no limit of its own")
    limit.add_argument("--agency", default="", help="only for this agency's own people")
    limit.add_argument("--starts", type=date.fromisoformat, default=None, metavar="YYYY-MM-DD")


def list_agreements(args: argparse.Namespace) -> int:
    """A table of agreements."""
    from commonweal.kernel.catalogue.public import agreements

    with acting(args) as actor:
        found = agreements(actor, _agency(actor, args.agency))[: args.limit]
        rows = [
            (row.agency.code, row.number, row.title, row.starts, row.ended_on or row.ends,
             row.state, row.pk)
            for row in found
        ]  # fmt: skip
    header = ("agency", "number", "title", "from", "until before", "state", "id")
    table(header, rows, "There is no agreement. Either side proposes one on its page.")
    return 0


def list_orders(args: argparse.Namespace) -> int:
    """A table of orders."""
    from commonweal.kernel.catalogue.public import orders
    from commonweal.kernel.money.public import Money

    with acting(args) as actor:
        found = orders(actor, _agency(actor, args.agency), state=args.state)[: args.limit]
        rows = [
            (row.agency.code, str(row), row.starts, row.ended_on or row.ends,
             Money(row.total_minor, row.currency).text, row.state, row.pk)
            for row in found
        ]  # fmt: skip
    table(
        ("agency", "order", "from", "until before", "estimated", "state", "id"),
        rows,
        "There is no such order.",
    )
    return 0


def _agency(actor: Actor, key: str) -> Any:
    return agency_id(actor, key) if key else None


def show(args: argparse.Namespace) -> int:
    """An order's lines, then what it changes."""
    from commonweal.kernel.catalogue.public import changes, order
    from commonweal.kernel.money.public import Money

    with acting(args) as actor:
        found = order(actor, as_id(args.order, "order"))
        total = Money(found.total_minor, found.currency).text
        end = found.ended_on or found.ends or "no end"
        print(
            f"Order {found} of {found.agency.name}: {found.state}, {found.starts} to before {end}, "
            f"{total} {found.currency} estimated"
        )
        rows = [
            (line.number, line.charge_item.code, line.bureau.code if line.bureau else "",
             format(line.estimated_quantity.normalize(), "f"),
             Money(line.estimated_amount_minor, found.currency).text,
             ", ".join(f"{each.name} {each.share_numerator}/{each.share_denominator}"
                       for each in line.funding.all()))
            for line in found.lines.all()
        ]  # fmt: skip
        table(("line", "item", "bureau", "quantity", "amount", "paid by"), rows, "No lines.")
        if found.supersedes_id:
            _print_changes(changes(actor, found), found.currency)
    return 0


def _print_changes(found: Any, currency: str) -> None:
    from commonweal.kernel.money.public import Money

    def cells(line: Any) -> tuple[str, str]:
        if line is None:
            return "", ""
        amount = Money(line.estimated_amount_minor, currency).text
        return format(line.estimated_quantity.normalize(), "f"), amount

    print(f"Changes from {found.starts} on; estimates before are of the days that remain:")
    rows = [
        (each.kind, each.line.item, *cells(each.before), *cells(each.after))
        for each in found.changed
    ]
    header = ("what", "item", "quantity before", "amount before", "quantity", "amount")
    table(header, rows, "No line changes.")
    for term in found.terms:
        print(f"{term.name}: {term.before} becomes {term.after}")


def waiting(args: argparse.Namespace) -> int:
    """What waits, for whom; 1 if something does."""
    from commonweal.kernel.authority.public import Deciders
    from commonweal.kernel.catalogue.public import matter, pending
    from commonweal.kernel.schema.public import Place

    with acting(args) as actor:
        found = pending(actor, place=Place(limit=args.limit))
        deciders = Deciders(actor, {row.paper.agency_id for row in found})
        rows = [
            (row.kind, str(row.paper), row.paper.agency.code, side,
             "; ".join(each.name or each.role for each in deciders.of(matter(row.paper, side))
                       if not each.hindrance) or "nobody", row.paper.pk)
            for row in found
            for side in row.missing
        ]  # fmt: skip
    header = ("what", "number", "agency", "side", "may sign", "id")
    table(header, rows, "Nothing waits for a signature.")
    return 1 if rows else 0


def _body(path: Path, kind: str) -> Any:
    """The file as the API would take it (CLI-113 names what does not fit)."""
    from pydantic import ValidationError

    from commonweal.interfaces.api.catalogue.agreements import ModificationIn, OrderIn

    model = ModificationIn if kind == "modify" else OrderIn
    try:
        return model.model_validate_json(readable(path).read_bytes())
    except ValidationError as error:
        first = error.errors()[0]
        place = "/".join(str(part) for part in first["loc"]) or "the file"
        raise CommandError(
            "CLI-113", f"{path.name} does not fit at {place}: {first['msg']}. Correct it."
        ) from error


def propose_agreement(args: argparse.Namespace) -> int:
    """Propose an agreement; its id as JSON."""
    from commonweal.kernel.catalogue.public import create_agreement

    with acting(args) as actor:
        made = create_agreement(
            actor=actor,
            agency_id=agency_id(actor, args.agency),
            title=args.title,
            terms=args.terms,
            starts=args.starts,
            ends=args.ends,
        )
        print_json({"id": made.pk, "number": made.number, "state": made.state})
    return 0


def propose_order(args: argparse.Namespace) -> int:
    """Propose an order; its id as JSON."""
    from commonweal.interfaces.api.catalogue.agreements import funding_of, lines_of
    from commonweal.kernel.catalogue.public import create_order

    data = _body(args.file, "order")
    with acting(args) as actor:
        given = data.model_dump(exclude={"agreement_id", "lines", "funding"})
        made = create_order(
            actor=actor,
            agreement_id=as_id(args.agreement, "agreement"),
            lines=lines_of(data.lines),
            funding=funding_of(data.funding),
            **given,
        )
        print_json({"id": made.pk, "number": str(made), "state": made.state})
    return 0


def modify(args: argparse.Namespace) -> int:
    """Propose a modification, or (`--try`) show what it would change."""
    from commonweal.interfaces.api.catalogue.agreements import funding_of, lines_of
    from commonweal.kernel.catalogue.public import (
        Terms,
        modify_order,
        order,
        preview_modification,
    )

    data = _body(args.file, "modify")
    lines, funding = lines_of(data.lines), funding_of(data.funding)
    given = data.model_dump(exclude={"lines", "funding"})
    with acting(args) as actor:
        old = order(actor, as_id(args.order, "order"))
        if args.preview:
            terms = Terms(
                data.starts, data.ends, old.currency, data.total_minor, data.advance_total_minor,
                old.advance_recognition, old.payment_days, old.billing_frequency,
                old.location_code,
            )  # fmt: skip
            found = preview_modification(actor, old, lines=lines, funding=funding, terms=terms)
            _print_changes(found, old.currency)
            return 0
        made = modify_order(actor=actor, order_id=old.pk, lines=lines, funding=funding, **given)
        print_json({"id": made.pk, "number": str(made), "state": made.state})
    return 0


def propose_end(args: argparse.Namespace) -> int:
    """Propose an early end; its id as JSON."""
    from commonweal.kernel.catalogue.public import propose_ending

    with acting(args) as actor:
        made = propose_ending(
            actor=actor,
            ends=args.on,
            reason=args.reason,
            order_id=as_id(args.order, "order") if args.order else None,
            agreement_id=as_id(args.agreement, "agreement") if args.agreement else None,
        )
        print_json({"id": made.pk, "what": str(made), "ends": made.ends, "state": made.state})
    return 0


def list_limits(args: argparse.Namespace) -> int:
    """A table of amount limits."""
    from commonweal.kernel.authority.public import limits
    from commonweal.kernel.money.public import Money

    with acting(args) as actor:
        rows = [
            (row.agency.code if row.agency else "all", row.role_id,
             Money(row.max_minor, row.currency).text, row.currency, row.starts, row.ends)
            for row in limits(actor)
        ]  # fmt: skip
    table(
        ("for", "role", "up to", "currency", "from", "until before"),
        rows,
        "No limit is set: whoever holds a role that may sign, may sign any amount.",
    )
    return 0


def propose_limit(args: argparse.Namespace) -> int:
    """Propose a limit; the decision that waits as JSON."""
    from commonweal.kernel.authority import public as authority
    from commonweal.kernel.money.public import Money
    from commonweal.kernel.party.public import centre

    with acting(args) as actor:
        none = args.amount.strip().lower() == "none"
        decision = authority.propose_limit(
            actor=actor,
            role=args.role,
            subject_type="catalogue.Order",
            max_minor=None if none else Money.exactly(args.amount, centre().currency).minor,
            starts=args.starts,
            agency_id=_agency(actor, args.agency),
        )
        print_json({"decision": decision.pk, "what": decision.statement, "state": decision.state})
    return 0

"""`commonweal payments`: bank statements in, payments assigned, and who owes what."""

from __future__ import annotations

import argparse
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
    as_id,
    pairs,
    readable,
    show_one,
    show_rows,
    table,
    write,
)

EXAMPLES = """\
  commonweal payments import september.xml --dry-run
  commonweal payments waiting
  commonweal payments owed
"""


def register(verbs: Verbs) -> None:
    """Add the verb."""
    own = add_group(verbs, "payments", help="import bank statements; who owes what",
        examples=EXAMPLES)  # fmt: skip
    _register_files(own)
    _register_waiting(own)
    _register_owed(own)


def _register_files(own: Verbs) -> None:
    brought = add_verb(
        own, "import", help="import a bank statement (camt.053, CSV or XLSX)",
        about="Each entry counts once, however often the file is imported.",
        examples="  commonweal payments import september.xml\n"
        "  commonweal payments import bank.csv --accept-as 'Our bank' --column amount=Betrag",
        run=bring,
    )  # fmt: skip
    brought.add_argument("file", type=Path)
    brought.add_argument("--dry-run", action="store_true", help="only say what would happen")
    brought.add_argument("--account", default="", help="the bank account, where the file is CSV")
    brought.add_argument("--reference", default="", help="the statement's number")
    brought.add_argument("--opening", default="", help="its opening balance, such as 1000.00")
    brought.add_argument("--closing", default="", help="its closing balance")
    brought.add_argument("--mapping", default="", help="a saved layout")
    brought.add_argument("--accept-as", default="", metavar="NAME", help="save the layout found")
    brought.add_argument("--column", action="append", default=[], metavar="FIELD=COLUMN")
    brought.add_argument("--date-format", default="", metavar="DD/MM/YYYY")
    brought.add_argument("--decimal", default="", choices=("", ".", ","))
    listed = add_verb(own, "statements", help="imported statements, newest first",
        examples="  commonweal payments statements", run=list_statements)  # fmt: skip
    add_json(listed)


def _register_waiting(own: Verbs) -> None:
    waits = add_verb(own, "waiting", help="payments that wait for a person, oldest first",
        examples="  commonweal payments waiting --json", run=list_waiting)  # fmt: skip
    add_json(waits)
    assigned = add_verb(
        own, "assign", help="say whose a waiting payment is and which bills it pays",
        about="What is left becomes an advance.",
        examples="  commonweal payments assign PAYMENT-ID --agency LWD --bill LWD-2026-10=120.00",
        run=assign,
    )  # fmt: skip
    assigned.add_argument("payment", help="its id, from `payments waiting`")
    assigned.add_argument("--agency", required=True, help="code or id")
    assigned.add_argument("--bill", action="append", default=[], metavar="NUMBER=AMOUNT",
        help="a bill and an amount; NUMBER/SERVICE=AMOUNT for one service")  # fmt: skip
    assigned.add_argument("--advance-service", default="", help="the service of what is left")
    assigned.add_argument("--remember", action="store_true",
        help="the payer's account is the agency's from now on")  # fmt: skip
    for name, words, run in (
        ("aside", "say that an entry is not about bills", aside),
        ("return", "propose to send a payment back (a second person approves)", give_back),
    ):
        made = add_verb(own, name, help=words, run=run,
            examples=f"  commonweal payments {name} PAYMENT-ID --reason 'Interest of the bank'",
        )  # fmt: skip
        made.add_argument("payment")
        made.add_argument("--reason", required=True)
    undone = add_verb(own, "undo", help="undo what was settled, by its reversal",
        examples="  commonweal payments undo SETTLEMENT-ID --reason 'It was meant for DOT'",
        run=undo)  # fmt: skip
    undone.add_argument("settlement", help="its id, from `payments account`")
    undone.add_argument("--reason", required=True)


def _register_owed(own: Verbs) -> None:
    owes = add_verb(own, "owed", help="who has not paid, the longest overdue first",
        examples="  commonweal payments owed\n  commonweal payments owed --csv owed.csv",
        run=list_owed)  # fmt: skip
    owes.add_argument("--csv", type=Path, help="write it as CSV")
    add_json(owes)
    shown = add_verb(own, "account", help="one agency's bills to pay, advances and payments",
        examples="  commonweal payments account LWD", run=show_account)  # fmt: skip
    shown.add_argument("agency")
    reminded = add_verb(own, "remind", help="remind an agency politely of what is past due",
        examples="  commonweal payments remind LWD", run=remind)  # fmt: skip
    reminded.add_argument("agency")
    refund = add_verb(own, "refund", help="propose to pay an advance back, for a second yes",
        examples="  commonweal payments refund LWD --reason 'They left in June'",
        run=refund_agency)  # fmt: skip
    refund.add_argument("agency")
    refund.add_argument("--reason", required=True)
    applied = add_verb(own, "apply", help="pay a bill from its agency's advance",
        examples="  commonweal payments apply LWD-2026-10", run=apply)  # fmt: skip
    applied.add_argument("bill")
    credit = add_verb(own, "credit", help="turn a bill below zero into an advance",
        examples="  commonweal payments credit LWD-2026-10", run=credit_bill)  # fmt: skip
    credit.add_argument("bill")
    accepted = add_verb(own, "accept", help="accept a bill for its agency, or all past their terms",
        examples="  commonweal payments accept LWD-2026-10 --as finance@lwd.example\n"
        "  commonweal payments accept --due", run=accept)  # fmt: skip
    accepted.add_argument("bill", nargs="?", default="")
    accepted.add_argument("--due", action="store_true",
        help="every bill whose days to pay have passed")  # fmt: skip
    checked = add_verb(own, "check", help="compare the books with bills and payments",
        examples="  commonweal payments check", run=check)  # fmt: skip
    add_json(checked)


def bring(args: argparse.Namespace) -> int:
    """Import a file, or say what would happen."""
    from commonweal.practices.charging.public import (
        PaymentLayout,
        PaymentRequest,
        import_payments,
        look_at_payments,
    )

    path = readable(args.file)
    request = PaymentRequest(
        path.name, path.read_bytes(), args.account, args.reference, args.opening, args.closing,
        args.mapping, PaymentLayout(pairs(args.column, "--column"), args.date_format, args.decimal),
        args.accept_as,
    )  # fmt: skip
    with acting(args) as actor:
        report = (
            look_at_payments(actor, request)
            if args.dry_run
            else import_payments(actor=actor, request=request)
        )
        rows = [
            (each.entry.row, each.entry.booked_on, _text(each.entry.minor),
             "known already" if each.known else each.match.how,
             ", ".join(share.number for share in each.match.shares))
            for each in report.entries
        ]  # fmt: skip
    for ask in report.reading.ask:
        print(ask)
    if report.reading.problems:
        wrong = [(each.row, each.code, each.message) for each in report.reading.problems]
        table(("row", "code", "what is wrong"), wrong, "")
        return 1
    table(("row", "day", "amount", "match", "bills"), rows, "The file holds no entries.")
    print(f"{report.fresh} of {len(rows)} entries are new.")
    return 1 if report.reading.ask else 0


def _text(minor: int) -> str:
    from commonweal.kernel.party.public import centre
    from commonweal.practices.charging.public import money_text

    return money_text(minor, centre().currency)


def list_statements(args: argparse.Namespace) -> int:
    """A table of imported files."""
    from commonweal.practices.charging.public import statements

    with acting(args) as actor:
        rows = [
            (row.pk, row.account, row.reference, row.first_day, row.last_day, row.entries_total,
             row.entries_new, _text(row.in_minor), _text(row.out_minor))
            for row in statements(actor)
        ]  # fmt: skip
    header = ("id", "account", "statement", "from", "to", "entries", "new", "in", "out")
    return show_rows(args, header, rows, "No statement was imported yet.")


def list_waiting(args: argparse.Namespace) -> int:
    """A table of payments nobody recognises, or that wait for a yes."""
    from commonweal.practices.charging.public import waiting_payments

    with acting(args) as actor:
        rows = [
            (row.pk, row.booked_on, _text(row.amount_minor), row.state,
             ", ".join(each["number"] for each in row.proposal.get("shares", ())), row.text)
            for row in waiting_payments(actor)
        ]  # fmt: skip
    header = ("id", "day", "amount", "state", "proposal", "text")
    return show_rows(args, header, rows, "No payment waits.")


def assign(args: argparse.Namespace) -> int:
    """Assign one payment."""
    from commonweal.kernel.money.public import Money
    from commonweal.kernel.party.public import centre
    from commonweal.practices.charging.public import assign_payment, bill

    with acting(args) as actor:
        shares = []
        for key, amount in pairs(args.bill, "--bill").items():
            number, _, service = key.partition("/")
            minor = Money.exactly(amount, centre().currency).minor
            shares.append((bill(actor, number).pk, minor, service))
        made = assign_payment(
            actor=actor, entry_id=as_id(args.payment, "payment"),
            agency_id=agency_id(actor, args.agency), shares=shares,
            advance_service=args.advance_service, remember=args.remember,
        )  # fmt: skip
    print(f"Assigned: {made.pk}")
    return 0


def aside(args: argparse.Namespace) -> int:
    """Set one entry aside."""
    from commonweal.practices.charging.public import set_payment_aside

    with acting(args) as actor:
        entry = as_id(args.payment, "payment")
        set_payment_aside(actor=actor, entry_id=entry, reason=args.reason)
    print("Set aside.")
    return 0


def give_back(args: argparse.Namespace) -> int:
    """Propose a return."""
    from commonweal.practices.charging.public import propose_return

    with acting(args) as actor:
        entry = as_id(args.payment, "payment")
        made = propose_return(actor=actor, entry_id=entry, reason=args.reason)
    print(f"Proposed, a second person approves it: {made.pk}")
    return 0


def undo(args: argparse.Namespace) -> int:
    """Undo one act."""
    from commonweal.practices.charging.public import undo_settlement

    with acting(args) as actor:
        made = undo_settlement(
            actor=actor, settlement_id=as_id(args.settlement, "settlement"), reason=args.reason
        )
    print(f"Undone by {made.pk}")
    return 0


def list_owed(args: argparse.Namespace) -> int:
    """A table of who owes, or a CSV file."""
    from commonweal.practices.charging.public import BUCKETS, owed, owed_csv

    with acting(args) as actor:
        if args.csv:
            write(args.csv, owed_csv(actor))
            return 0
        rows = [
            (row.agency.code, _text(row.open_minor), _text(row.not_due_minor),
             *(_text(row.buckets[name]) for name in BUCKETS), _text(row.held_minor),
             _text(row.advance_minor), row.reminded_on)
            for row in owed(actor)
        ]  # fmt: skip
    header = ("agency", "open", "not due", *BUCKETS, "disputed", "advance", "reminded")
    return show_rows(args, header, rows, "Nobody owes anything.")


def show_account(args: argparse.Namespace) -> int:
    """An agency's bills to pay, its advances and its payments."""
    from commonweal.practices.charging.public import account

    with acting(args) as actor:
        found = account(actor, agency_id(actor, args.agency))
        bills = [
            (each.bill.number, each.code, _text(each.open_minor), _text(each.held_minor),
             each.bill.due_on, each.bucket if each.late else "")
            for each in found.open
        ]  # fmt: skip
        ahead = [(key[1], _text(minor)) for key, minor in sorted(found.advances.items())]
        paid = [
            (row.pk, row.day, row.kind, _text(row.amount_minor), row.reference)
            for row in found.payments
        ]
    table(("bill", "standing", "open", "disputed", "due", "late"), bills, "No bill is open.")
    table(("service", "advance"), ahead, "There is no advance.")
    table(("id", "day", "kind", "amount", "bills"), paid, "Nothing was paid yet.")
    return 0


def remind(args: argparse.Namespace) -> int:
    """Send one reminder."""
    from commonweal.practices.charging.public import remind_agency

    with acting(args) as actor:
        made = remind_agency(actor=actor, agency_id=agency_id(actor, args.agency))
        print(f"Reminded of {_text(made.overdue_minor)}.")
    return 0


def refund_agency(args: argparse.Namespace) -> int:
    """Propose to pay the whole advance back."""
    from commonweal.practices.charging.public import propose_refund

    with acting(args) as actor:
        made = propose_refund(
            actor=actor, agency_id=agency_id(actor, args.agency), reason=args.reason
        )
    print(f"Proposed, a second person approves it: {made.pk}")
    return 0


def apply(args: argparse.Namespace) -> int:
    """Pay one bill from an advance."""
    from commonweal.practices.charging.public import apply_advance, bill

    with acting(args) as actor:
        made = apply_advance(actor=actor, bill_id=bill(actor, args.bill).pk)
    print(f"Paid from the advance: {made.pk}")
    return 0


def credit_bill(args: argparse.Namespace) -> int:
    """Turn one bill below zero into an advance."""
    from commonweal.practices.charging.public import bill, credit_to_advance

    with acting(args) as actor:
        made = credit_to_advance(actor=actor, bill_id=bill(actor, args.bill).pk)
    print(f"It is an advance now: {made.pk}")
    return 0


def accept(args: argparse.Namespace) -> int:
    """Accept one bill, or those past their terms."""
    from commonweal.practices.charging.public import accept_bill, accept_due_bills, bill

    if bool(args.bill) == args.due:
        raise CommandError("CLI-121", "Name one bill, or give --due for all past their terms.")
    with acting(args) as actor:
        if args.due:
            print(f"{accept_due_bills(actor=actor)} bills were accepted by their orders' terms.")
            return 0
        made = accept_bill(actor=actor, bill_id=bill(actor, args.bill).pk)
    return show_one(argparse.Namespace(json=False), _accepted(made))


def _accepted(made: Any) -> dict[str, object]:
    return {"accepted_on": made.accepted_on, "how": made.how}


def check(args: argparse.Namespace) -> int:
    """Exit status 1 where the books differ from bills and payments."""
    from commonweal.practices.charging.public import cash_problems

    with acting(args) as actor:
        rows = [
            (each.agency, each.what, _text(each.books_minor), _text(each.bills_minor))
            for each in cash_problems(actor)
        ]
    header = ("agency", "what", "books", "bills")
    show_rows(args, header, rows, "The books agree with bills and payments.")
    return 1 if rows else 0

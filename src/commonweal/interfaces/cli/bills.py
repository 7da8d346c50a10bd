"""`commonweal bills`: the bills of a month, one bill, and its files."""

from __future__ import annotations

import argparse
from pathlib import Path

from .kit import (
    Verbs,
    acting,
    add_group,
    add_json,
    add_verb,
    agency_id,
    print_json,
    show_rows,
    table,
    write,
)

EXAMPLES = """\
  commonweal bills list --period 2026-10
  commonweal bills show LWD-2026-10
  commonweal bills files LWD-2026-10 --out ./papers    PDF, CSV, journal, proof pack, verifier
"""


def register(verbs: Verbs) -> None:
    """Add the verb."""
    own = add_group(verbs, "bills", help="list, read and download bills", examples=EXAMPLES)
    listed = add_verb(
        own, "list", help="bills, newest month first",
        examples="  commonweal bills list --period 2026-10 --agency LWD", run=list_bills,
    )  # fmt: skip
    listed.add_argument("--period", default="", metavar="YYYY-MM")
    listed.add_argument("--agency", default="", help="code or id of one agency")
    listed.add_argument("--limit", type=int, default=60)
    shown = add_verb(
        own, "show", help="one bill with its lines",
        examples="  commonweal bills show LWD-2026-10\n  commonweal bills show LWD-2026-10 --json",
        run=show,
    )  # fmt: skip
    shown.add_argument("number", help="number or id of the bill")
    shown.add_argument("--json", action="store_true", help="the complete bill as JSON")
    changed = add_verb(
        own, "changes", help="why an agency's bill changed between two months",
        about="The terms add up to the change exactly.",
        examples="  commonweal bills changes LWD 2026-07 2026-10", run=changes,
    )  # fmt: skip
    changed.add_argument("agency", help="code or id of the agency")
    changed.add_argument("before", metavar="YYYY-MM")
    changed.add_argument("after", metavar="YYYY-MM")
    add_json(changed)
    files = add_verb(
        own, "files", help="write an issued bill's PDF, CSV, journal, invoice, pack and verifier",
        about="The files are those that were issued, compared with their hash.",
        examples="  commonweal bills files LWD-2026-10 --out ./papers", run=write_files,
    )  # fmt: skip
    invoice = add_verb(
        own, "invoice", help="an issued bill as UBL invoice or credit note",
        about="Names what is missing where nobody entered it yet (see `parties invoice`).",
        examples="  commonweal bills invoice LWD-2026-10 --out LWD-2026-10.xml", run=invoice_file,
    )  # fmt: skip
    intragov = add_verb(
        own, "intragov", help="an issued bill as agreement, order and performance",
        about="Mapped from our records, not certified.",
        examples="  commonweal bills intragov LWD-2026-10 --out LWD.json", run=intragov_file,
    )  # fmt: skip
    for each in (invoice, intragov):
        each.add_argument("number")
        each.add_argument("--out", type=Path, help="file to write; else standard output")
    files.add_argument("number")
    files.add_argument("--out", type=Path, default=Path("."), help="folder (made if missing)")


def list_bills(args: argparse.Namespace) -> int:
    """A table of bills and their sum."""
    from commonweal.kernel.schema.public import Place
    from commonweal.practices.charging.public import bills, money_text

    with acting(args) as actor:
        agency = agency_id(actor, args.agency) if args.agency else None
        found = bills(actor, agency_id=agency, period=args.period, place=Place(limit=args.limit))
        rows = [
            (bill.number or str(bill.id), bill.period, bill.agency.code, bill.state,
             money_text(bill.total_minor, bill.currency), bill.currency, bill.due_on)
            for bill in found
        ]  # fmt: skip
    header = ("number", "period", "agency", "state", "total", "currency", "due")
    table(header, rows, "There are no bills. Close a month: commonweal close YYYY-MM.")
    return 0


def show(args: argparse.Namespace) -> int:
    """The bill's own document, as a table or JSON."""
    from commonweal.practices.charging.public import bill, bill_document

    with acting(args) as actor:
        document = bill_document(bill(actor, args.number))
    if args.json:
        print_json(document)
        return 0
    print(
        f"{document['number'] or 'Draft'} · {document['agency_name']} · {document['period']} · "
        f"issued {document['issued_on'] or 'not yet'}, due {document['due_on'] or 'not yet'}"
    )
    rows = [
        (line["number"], line["service_name"], line["charge_item_name"], line["quantity"],
         line["rate_version"], line["amount"])
        for line in document["lines"]
    ]  # fmt: skip
    header = ("line", "service", "item", "quantity", "rate", document["currency"])
    table(header, rows, "The bill has no lines.")
    print(f"Total {document['total']} {document['currency']}")
    return 0


def changes(args: argparse.Namespace) -> int:
    """The terms of a change, and its sentence."""
    from commonweal.practices.charging.public import (
        CHANGE_TERMS,
        bill_move,
        cause_sentence,
        change_sentence,
        money_text,
        term_words,
    )

    with acting(args) as actor:
        move = bill_move(actor, agency_id(actor, args.agency), args.before, args.after)
    names, currency = term_words(), move.after.currency
    if not args.json:
        print(f"{change_sentence(move)} {cause_sentence(move)}".rstrip())
    rows = [
        (term, names[term], money_text(move.found.terms[term], currency)) for term in CHANGE_TERMS
    ]
    return show_rows(args, ("term", "what changed", "amount"), rows, "Nothing changed.")


def write_files(args: argparse.Namespace) -> int:
    """The stored papers, the journal, and the program that checks the pack."""
    from commonweal.kernel.documents.public import documents_of, open_document
    from commonweal.practices.charging.public import (
        agency_journal,
        bill,
        intragov_json,
        verifier_source,
    )

    with acting(args) as actor:
        found = bill(actor, args.number)
        papers = documents_of(actor, ("charging.Bill", str(found.id)))
        data = [(paper.filename, open_document(actor, paper.id)) for paper in papers]
        if data:
            data += [
                agency_journal(actor, found.number),
                intragov_json(actor, found.number),
                ("check_bill.py", verifier_source()),
            ]
    args.out.mkdir(parents=True, exist_ok=True)
    for name, content in data:
        write(args.out / name, content)
    if not data:
        print("This bill has no files yet. They are made when it is issued.")
        return 1
    return 0


def invoice_file(args: argparse.Namespace) -> int:
    """The open invoice."""
    from commonweal.practices.charging.public import invoice_xml

    with acting(args) as actor:
        _name, data = invoice_xml(actor, args.number)
    write(args.out, data)
    return 0


def intragov_file(args: argparse.Namespace) -> int:
    """The intragovernmental file."""
    from commonweal.practices.charging.public import intragov_json

    with acting(args) as actor:
        _name, data = intragov_json(actor, args.number)
    write(args.out, data)
    return 0

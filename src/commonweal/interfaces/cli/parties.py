"""`commonweal parties`: agencies with their bureaus, and suppliers."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from .kit import (
    Verbs,
    acting,
    add_group,
    add_verb,
    agency_id,
    as_id,
    pairs,
    print_json,
    readable,
    table,
    write,
)

EXAMPLES = """\
  commonweal parties agencies
  commonweal parties add-agency FIRE "Fire Service" --size 1200
  commonweal parties bureaus --agency FIRE
  commonweal parties add-bureau FIRE NORTH "Northern district"
"""


def register(verbs: Verbs) -> None:
    """Add the verb."""
    own = add_group(
        verbs, "parties", help="agencies, bureaus and suppliers: list, add, rename",
        examples=EXAMPLES,
    )  # fmt: skip
    for name, words, run in (
        ("agencies", "the agencies by code", list_agencies),
        ("suppliers", "the suppliers by code", list_suppliers),
    ):
        add_verb(own, name, help=words, examples=f"  commonweal parties {name}", run=run)
    listed = add_verb(
        own, "bureaus", help="bureaus by agency and code",
        examples="  commonweal parties bureaus --agency FIRE", run=list_bureaus,
    )  # fmt: skip
    listed.add_argument("--agency", default="", help="code or id of one agency")
    agency = add_verb(
        own, "add-agency", help="add an agency",
        examples='  commonweal parties add-agency FIRE "Fire Service" --size 1200',
        run=add_agency,
    )  # fmt: skip
    agency.add_argument("code")
    agency.add_argument("name")
    agency.add_argument("--size", type=int, default=0, help="headcount")
    bureau = add_verb(
        own, "add-bureau", help="add a part of an agency",
        examples='  commonweal parties add-bureau FIRE NORTH "Northern district"', run=add_bureau,
    )  # fmt: skip
    bureau.add_argument("agency", help="code or id")
    bureau.add_argument("code")
    bureau.add_argument("name")
    away = add_verb(
        own, "take-out", help="put everything of an agency into one zip of open files",
        about="The agency can do the same under “My data”. See docs/reference/take-out.md.",
        examples="  commonweal parties take-out FIRE --out fire.zip", run=take_out,
    )  # fmt: skip
    away.add_argument("agency", help="code or id")
    away.add_argument("--out", type=Path, default=None, help="file to write")
    invoice = add_verb(
        own, "invoice", help="what electronic invoices say of a party; set fields of it",
        about="The centre is called `centre`. Without --set it shows what is there and missing.",
        examples="  commonweal parties invoice FIRE\n"
        "  commonweal parties invoice FIRE --set country=US --set city=Meridian", run=invoicing,
    )  # fmt: skip
    invoice.add_argument("agency", help="code or id, or `centre`")
    invoice.add_argument("--set", action="append", default=[], metavar="FIELD=VALUE")
    face = add_verb(
        own, "face", help="how citizens reach an agency; set fields of it",
        about="A file given by --notice is its privacy notice, as plain text.",
        examples="  commonweal parties face FIRE\n"
        '  commonweal parties face FIRE --set phone="555-0100" --notice notice.txt', run=facing,
    )  # fmt: skip
    face.add_argument("agency", help="code or id")
    face.add_argument("--set", action="append", default=[], metavar="FIELD=VALUE")
    face.add_argument("--notice", type=Path, default=None, metavar="FILE")
    supplier = add_verb(
        own, "add-supplier", help="add a company that the centre buys from",
        examples='  commonweal parties add-supplier CLOUD-9 "Cloud Nine Ltd"', run=add_supplier,
    )  # fmt: skip
    supplier.add_argument("code")
    supplier.add_argument("name")
    for name, words in (("bureau", "a bureau"), ("supplier", "a supplier")):
        each = add_verb(
            own, f"rename-{name}", help=f"rename {words}; its code stays",
            examples=f'  commonweal parties rename-{name} ID "New name"', run=rename,
        )  # fmt: skip
        each.add_argument("id")
        each.add_argument("name")


def list_agencies(args: argparse.Namespace) -> int:
    """A table of agencies."""
    from commonweal.kernel.party.public import agencies

    with acting(args) as actor:
        rows = [(row.code, row.name, row.size, row.pk) for row in agencies(actor)]
    table(("code", "name", "people", "id"), rows, "There is no agency. Add one: add-agency.")
    return 0


def list_bureaus(args: argparse.Namespace) -> int:
    """A table of bureaus."""
    from commonweal.kernel.party.public import bureaus

    with acting(args) as actor:
        only = agency_id(actor, args.agency) if args.agency else None
        rows = [(row.agency.code, row.code, row.name, row.pk) for row in bureaus(actor, only)]
    table(("agency", "code", "name", "id"), rows, "There is no bureau. Add one: add-bureau.")
    return 0


def list_suppliers(args: argparse.Namespace) -> int:
    """A table of the first suppliers."""
    from commonweal.kernel.party.public import suppliers
    from commonweal.kernel.schema.public import Place

    with acting(args) as actor:
        rows = [(row.code, row.name, row.pk) for row in suppliers(actor, Place(limit=1000))]
    table(("code", "name", "id"), rows, "There is no supplier. Add one: add-supplier.")
    return 0


def add_agency(args: argparse.Namespace) -> int:
    """Add an agency; its id as JSON."""
    from commonweal.kernel.party.public import create_agency

    with acting(args) as actor:
        made = create_agency(actor=actor, code=args.code, name=args.name, size=args.size)
        print_json({"id": made.pk, "code": made.code})
    return 0


def add_bureau(args: argparse.Namespace) -> int:
    """Add a bureau; its id as JSON."""
    from commonweal.kernel.party.public import create_bureau

    with acting(args) as actor:
        made = create_bureau(
            actor=actor, agency_id=agency_id(actor, args.agency), code=args.code, name=args.name
        )
        print_json({"id": made.pk, "code": made.code})
    return 0


def add_supplier(args: argparse.Namespace) -> int:
    """Add a supplier; its id as JSON."""
    from commonweal.kernel.party.public import create_supplier

    with acting(args) as actor:
        made = create_supplier(actor=actor, code=args.code, name=args.name)
        print_json({"id": made.pk, "code": made.code})
    return 0


def rename(args: argparse.Namespace) -> int:
    """Rename a bureau or a supplier."""
    from commonweal.kernel.party.public import update_bureau, update_supplier

    with acting(args) as actor:
        if args.parties_verb == "rename-bureau":
            key = as_id(args.id, "bureau")
            update_bureau(actor=actor, bureau_id=key, name=args.name)
        else:
            key = as_id(args.id, "supplier")
            update_supplier(actor=actor, supplier_id=key, name=args.name)
        print_json({"id": key, "name": args.name})
    return 0


def take_out(args: argparse.Namespace) -> int:
    """Make the archive here, and put it where it was asked for."""
    from commonweal.kernel.documents.public import archive_path, begin_here, make_take_out

    def tell(done: int, name: str) -> None:
        if sys.stderr.isatty():
            print(f"\r{done} files", end="", file=sys.stderr, flush=True)

    with acting(args) as actor:
        asked = begin_here(actor=actor, agency_id=agency_id(actor, args.agency))
    with acting(args) as actor:
        made = make_take_out(actor=actor, take_out_id=asked.pk, tell=tell)
        path = args.out or Path(made.filename)
        write(path, archive_path(made).read_bytes())
        facts = {"file": path, "files": made.files, "bytes": made.size, "sha256": made.sha256}
    print_json(facts)
    return 0


def invoicing(args: argparse.Namespace) -> int:
    """The details, one a line; exit status 1 while something is missing."""
    from commonweal.kernel.party.public import (
        INVOICE_FIELDS,
        centre,
        invoice_details,
        missing_details,
        put_invoice_details,
    )

    with acting(args) as actor:
        key = agency_id(actor, args.agency)
        if args.set:
            put_invoice_details(actor=actor, agency_id=key, fields=pairs(args.set, "--set"))
        found = invoice_details(actor, key)
        rows = [(name, getattr(found, name)) for name in INVOICE_FIELDS]
        missing = missing_details(found, seller=key == centre().agency_id)
    table(("field", "value"), rows, "")
    if missing:
        print(f"Missing: {', '.join(missing)}")
    return 1 if missing else 0


def facing(args: argparse.Namespace) -> int:
    """What was said, one field a line."""
    from commonweal.kernel.party.public import FACE_FIELDS, public_face, put_public_face

    fields = pairs(args.set, "--set")
    if args.notice:
        fields["notice"] = readable(args.notice).read_text(encoding="utf-8")
    with acting(args) as actor:
        key = agency_id(actor, args.agency)
        if fields:
            put_public_face(actor=actor, agency_id=key, fields=fields)
        found = public_face(actor, key)
        rows = [(name, getattr(found, name)) for name in FACE_FIELDS]
    table(("field", "value"), rows, "")
    return 0

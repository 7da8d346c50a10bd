"""`commonweal items`: charge items, what is priced: one thing of a service, in one unit."""

from __future__ import annotations

import argparse
from datetime import date
from typing import TYPE_CHECKING, Any

from .kit import (
    Verbs,
    acting,
    add_group,
    add_json,
    add_verb,
    given,
    print_json,
    require_change,
    require_new,
    show_one,
    show_rows,
)

if TYPE_CHECKING:
    from commonweal.kernel.catalogue.public import ChargeItem

EXAMPLES = """\
  commonweal items list --service payroll
  commonweal items add payroll.payslip "Payslips" --about "Each payslip that was sent." \\
      --unit C62 --one payslip --many payslips --starts 2026-07-01
  commonweal items change payroll.payslip --late "Booked on the next bill."
"""
KINDS = ("metered", "allocated", "fixed")
FIELDS = {
    "name": "name",
    "description": "about",
    "unit": "unit",
    "measure_singular": "one",
    "measure_plural": "many",
    "kind": "kind",
    "starts": "starts",
    "ends": "ends",
    "late_policy": "late",
}


def register(verbs: Verbs) -> None:
    """Add the verb."""
    own = add_group(
        verbs, "items", help="charge items, what is priced: list, show, add, change",
        examples=EXAMPLES,
    )  # fmt: skip
    listed = add_verb(
        own, "list", help="charge items by code",
        examples="  commonweal items list --service payroll --json", run=list_items,
    )  # fmt: skip
    listed.add_argument("--service", default="", help="code of one service")
    shown = add_verb(
        own, "show", help="one charge item", examples="  commonweal items show payroll.payslip",
        run=show,
    )  # fmt: skip
    shown.add_argument("code")
    for each in (listed, shown):
        add_json(each)
    new = add_verb(
        own, "add", help="add a charge item",
        about="Its service is what stands before the first dot of its code. It charges nothing "
        "before a rate is approved.",
        examples='  commonweal items add payroll.payslip "Payslips" --about "Each one sent." \\\n'
        "      --unit C62 --one payslip --many payslips --starts 2026-07-01",
        run=add,
    )  # fmt: skip
    new.add_argument("code", help="such as payroll.payslip; it never changes")
    new.add_argument("name")
    change = add_verb(
        own, "change", help="change a charge item; what is not given stays",
        about="Once an order names it, its service, unit and kind stay.",
        examples='  commonweal items change payroll.payslip --late "Booked on the next bill."',
        run=change_item,
    )  # fmt: skip
    change.add_argument("code")
    change.add_argument("--name", default=None)
    for each, must in ((new, True), (change, False)):
        _options(each, must)


def _options(parser: argparse.ArgumentParser, must: bool) -> None:
    day = date.fromisoformat
    parser.add_argument("--about", required=must, help="what is counted, in plain words")
    parser.add_argument("--unit", required=must, help="of UN/ECE Recommendation 20, such as C62")
    parser.add_argument("--one", required=must, help="the bill's word for one: payslip")
    parser.add_argument("--many", required=must, help="the bill's word for many: payslips")
    parser.add_argument(
        "--kind", choices=KINDS, default="metered" if must else None,
        help="metered by usage records, allocated, or fixed for each order line",
    )  # fmt: skip
    parser.add_argument("--starts", required=must, type=day, metavar="YYYY-MM-DD")
    parser.add_argument("--ends", type=day, metavar="YYYY-MM-DD", help="first day without it")
    parser.add_argument("--late", help="what happens to usage that arrives after its month closed")


def _facts(row: ChargeItem) -> dict[str, Any]:
    return {
        "code": row.code, "service": row.service.code, "name": row.name, "about": row.description,
        "kind": row.kind, "unit": row.unit_id, "one": row.measure_singular,
        "many": row.measure_plural, "late": row.late_policy, "starts": row.starts,
        "ends": row.ends, "id": row.pk,
    }  # fmt: skip


def list_items(args: argparse.Namespace) -> int:
    """A table of charge items."""
    from commonweal.kernel.catalogue.public import charge_items, service_by_code

    header = ("code", "name", "kind", "unit", "one", "many", "starts", "ends")
    with acting(args) as actor:
        service = service_by_code(actor, args.service).pk if args.service else None
        found = charge_items(actor, service)
        rows = [[_facts(row)[name] for name in header] for row in found]
    return show_rows(args, header, rows, "There is no charge item. Add one: commonweal items add.")


def show(args: argparse.Namespace) -> int:
    """One charge item."""
    from commonweal.kernel.catalogue.public import item_by_code

    with acting(args) as actor:
        return show_one(args, _facts(item_by_code(actor, args.code)))


def add(args: argparse.Namespace) -> int:
    """Add a charge item; its id as JSON."""
    from commonweal.kernel.catalogue.public import item_by_code, put_charge_item

    with acting(args) as actor:
        require_new(lambda: item_by_code(actor, args.code), "a charge item", args.code)
        made = put_charge_item(
            actor=actor,
            code=args.code,
            service=args.code.partition(".")[0],
            **given(args, **FIELDS),
        )
        print_json({"id": made.pk, "code": made.code})
    return 0


def change_item(args: argparse.Namespace) -> int:
    """Change what is given; its id as JSON."""
    from commonweal.kernel.catalogue.public import item_by_code, put_charge_item

    with acting(args) as actor:
        row = item_by_code(actor, args.code)
        changes = given(args, **FIELDS)
        require_change(changes)
        before = {name: getattr(row, name) for name in FIELDS if name != "unit"}
        before |= {"unit": row.unit_id, "service": row.service.code}
        made = put_charge_item(actor=actor, code=row.code, **(before | changes))
        print_json({"id": made.pk, "code": made.code})
    return 0

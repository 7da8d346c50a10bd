"""`commonweal sources`: who sends usage records; ids are unique within a source."""

from __future__ import annotations

import argparse
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
    from commonweal.kernel.metering.public import Source

EXAMPLES = """\
  commonweal sources list
  commonweal sources add payroll-engine "Payroll engine" --expected --item payroll.payslip
  commonweal sources change payroll-engine --not-expected
  commonweal usage sources 2026-10        what each sent for a month
"""
FIELDS = {
    "name": "name",
    "active": "active",
    "expected": "expected",
    "items": "item",
    "late_policy": "late",
}


def register(verbs: Verbs) -> None:
    """Add the verb."""
    own = add_group(
        verbs, "sources", help="sources of usage records: list, show, add, change",
        examples=EXAMPLES,
    )  # fmt: skip
    listed = add_verb(
        own, "list", help="the sources by code", examples="  commonweal sources list --json",
        run=list_sources,
    )  # fmt: skip
    shown = add_verb(
        own, "show", help="one source", examples="  commonweal sources show payroll-engine",
        run=show,
    )  # fmt: skip
    shown.add_argument("code")
    for each in (listed, shown):
        add_json(each)
    new = add_verb(
        own, "add", help="register a source",
        about="A close waits for every expected source to report its month complete.",
        examples='  commonweal sources add payroll-engine "Payroll engine" --expected \\\n'
        "      --item payroll.payslip",
        run=add,
    )  # fmt: skip
    new.add_argument("code", help="it never changes")
    new.add_argument("name")
    change = add_verb(
        own, "change", help="change a source; what is not given stays",
        examples="  commonweal sources change payroll-engine --closed", run=change_source,
    )  # fmt: skip
    change.add_argument("code")
    change.add_argument("--name", default=None)
    for each in (new, change):
        _options(each)


def _options(parser: argparse.ArgumentParser) -> None:
    waits = parser.add_mutually_exclusive_group()
    waits.add_argument(
        "--expected", action="store_true", default=None, help="a close waits for its report"
    )
    waits.add_argument("--not-expected", dest="expected", action="store_false", default=None)
    takes = parser.add_mutually_exclusive_group()
    takes.add_argument(
        "--open", dest="active", action="store_true", default=None, help="records are taken"
    )
    takes.add_argument(
        "--closed", dest="active", action="store_false", default=None, help="records are refused"
    )
    parser.add_argument(
        "--item", action="append", metavar="CODE", help="a charge item it may report; repeat it"
    )
    parser.add_argument("--late", help="what happens to records after their month closed")


def _facts(row: Source) -> dict[str, Any]:
    return {
        "code": row.code, "name": row.name, "open": row.active, "expected": row.expected,
        "items": ", ".join(row.items), "late": row.late_policy,
    }  # fmt: skip


def list_sources(args: argparse.Namespace) -> int:
    """A table of sources."""
    from commonweal.kernel.metering.public import sources

    header = ("code", "name", "open", "expected", "items")
    with acting(args) as actor:
        rows = [[_facts(row)[name] for name in header] for row in sources(actor)]
    return show_rows(args, header, rows, "There is no source. Add one: commonweal sources add.")


def show(args: argparse.Namespace) -> int:
    """One source."""
    from commonweal.kernel.metering.public import source_by_code

    with acting(args) as actor:
        return show_one(args, _facts(source_by_code(actor, args.code)))


def add(args: argparse.Namespace) -> int:
    """Register a source; its code as JSON."""
    from commonweal.kernel.metering.public import put_source, source_by_code

    with acting(args) as actor:
        require_new(lambda: source_by_code(actor, args.code), "a source", args.code)
        made = put_source(actor=actor, code=args.code, **given(args, **FIELDS))
        print_json({"code": made.code, "name": made.name})
    return 0


def change_source(args: argparse.Namespace) -> int:
    """Change what is given; its code as JSON."""
    from commonweal.kernel.metering.public import put_source, source_by_code

    with acting(args) as actor:
        row = source_by_code(actor, args.code)
        changes = given(args, **FIELDS)
        require_change(changes)
        before = {name: getattr(row, name) for name in FIELDS}
        made = put_source(actor=actor, code=row.code, **(before | changes))
        print_json({"code": made.code, "name": made.name})
    return 0

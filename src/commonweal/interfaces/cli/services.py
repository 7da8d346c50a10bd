"""`commonweal services`: what the centre does for agencies; each is its own break-even account."""

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
    from commonweal.kernel.access.public import Actor
    from commonweal.kernel.catalogue.public import Service

EXAMPLES = """\
  commonweal services list
  commonweal services add payroll "Payroll" --about "Pays employees on time." --fund PAYROLL \\
      --starts 2026-07-01 --owner sofia@shire.example
  commonweal services change payroll --contact payroll@shire.example
  commonweal services show payroll --json
"""
FIELDS = {
    "name": "name",
    "description": "about",
    "fund_code": "fund",
    "starts": "starts",
    "ends": "ends",
    "public_contact": "contact",
}


def register(verbs: Verbs) -> None:
    """Add the verb."""
    own = add_group(
        verbs, "services", help="services: list, show, add, change", examples=EXAMPLES
    )  # fmt: skip
    listed = add_verb(
        own, "list", help="the services by code", examples="  commonweal services list --json",
        run=list_services,
    )  # fmt: skip
    shown = add_verb(
        own, "show", help="one service", examples="  commonweal services show payroll", run=show
    )
    shown.add_argument("code")
    for each in (listed, shown):
        add_json(each)
    new = add_verb(
        own, "add", help="add a service",
        about="Nothing is charged for it before it has charge items and rates.",
        examples='  commonweal services add payroll "Payroll" --about "Pays employees." \\\n'
        "      --fund PAYROLL --starts 2026-07-01",
        run=add,
    )  # fmt: skip
    new.add_argument("code", help="short, in small letters; it never changes")
    new.add_argument("name")
    change = add_verb(
        own, "change", help="change a service; what is not given stays",
        examples="  commonweal services change payroll --contact payroll@shire.example",
        run=change_service,
    )  # fmt: skip
    change.add_argument("code")
    change.add_argument("--name", default=None)
    for each, must in ((new, True), (change, False)):
        _options(each, must)


def _options(parser: argparse.ArgumentParser, must: bool) -> None:
    day = date.fromisoformat
    parser.add_argument("--about", required=must, help="what it does, in plain words")
    parser.add_argument("--fund", required=must, help="code of its fund in the books")
    parser.add_argument("--starts", required=must, type=day, metavar="YYYY-MM-DD")
    parser.add_argument("--ends", type=day, metavar="YYYY-MM-DD", help="first day without it")
    parser.add_argument("--owner", metavar="EMAIL", help="the person who answers for it")
    parser.add_argument("--contact", help="where the public can ask")


def _facts(row: Service) -> dict[str, Any]:
    return {
        "code": row.code, "name": row.name, "about": row.description, "fund": row.fund_code,
        "contact": row.public_contact, "starts": row.starts, "ends": row.ends, "id": row.pk,
    }  # fmt: skip


def list_services(args: argparse.Namespace) -> int:
    """A table of services."""
    from commonweal.kernel.catalogue.public import services

    header = ("code", "name", "fund", "contact", "starts", "ends")
    with acting(args) as actor:
        rows = [[_facts(row)[name] for name in header] for row in services(actor)]
    return show_rows(args, header, rows, "There is no service. Add one: commonweal services add.")


def show(args: argparse.Namespace) -> int:
    """One service."""
    from commonweal.kernel.catalogue.public import service_by_code

    with acting(args) as actor:
        return show_one(args, _facts(service_by_code(actor, args.code)))


def _owner(actor: Actor, args: argparse.Namespace) -> dict[str, Any]:
    from commonweal.kernel.party.public import person_by_email

    return {"owner_person_id": person_by_email(actor, args.owner).pk} if args.owner else {}


def add(args: argparse.Namespace) -> int:
    """Add a service; its id as JSON."""
    from commonweal.kernel.catalogue.public import put_service, service_by_code

    with acting(args) as actor:
        require_new(lambda: service_by_code(actor, args.code), "a service", args.code)
        made = put_service(
            actor=actor, code=args.code, **given(args, **FIELDS), **_owner(actor, args)
        )
        print_json({"id": made.pk, "code": made.code})
    return 0


def change_service(args: argparse.Namespace) -> int:
    """Change what is given; its id as JSON."""
    from commonweal.kernel.catalogue.public import put_service, service_by_code

    with acting(args) as actor:
        row = service_by_code(actor, args.code)
        changes = given(args, **FIELDS) | _owner(actor, args)
        require_change(changes)
        before = {name: getattr(row, name) for name in (*FIELDS, "tower", "cost_pool")}
        before["owner_person_id"] = row.owner_person_id
        made = put_service(actor=actor, code=row.code, **(before | changes))
        print_json({"id": made.pk, "code": made.code})
    return 0

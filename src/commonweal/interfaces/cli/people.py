"""`commonweal people`: the people of the centre and of its agencies, their accounts and roles.

Who has an account chooses a password by the invitation that they are sent; nobody else sees it.
"""

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
    agency_id,
    as_id,
    given,
    known_already,
    print_json,
    require_change,
    show_one,
    show_rows,
)

if TYPE_CHECKING:
    from uuid import UUID

    from commonweal.kernel.access.public import Actor
    from commonweal.kernel.party.public import Person

EXAMPLES = """\
  commonweal people list --agency PARKS
  commonweal people add "Ann Reed" ann@parks.example --agency PARKS
  commonweal people give ann@parks.example agency_approver --agency PARKS
  commonweal people roles
  commonweal people end ROLE-HELD --on 2027-01-01
"""


def register(verbs: Verbs) -> None:
    """Add the verb."""
    own = add_group(
        verbs, "people", help="people, accounts and roles: list, show, add, change, give, end",
        examples=EXAMPLES,
    )  # fmt: skip
    _reading(own)
    _adding(own)
    _roles(own)


def _reading(own: Verbs) -> None:
    listed = add_verb(
        own, "list", help="the first thousand people by name",
        examples="  commonweal people list --agency PARKS --json", run=list_people,
    )  # fmt: skip
    listed.add_argument("--agency", default="", help="code or id of one agency")
    shown = add_verb(
        own, "show", help="one person with the roles they hold",
        examples="  commonweal people show ann@parks.example", run=show,
    )  # fmt: skip
    shown.add_argument("person", help="e-mail address or id")
    known = add_verb(
        own, "roles", help="the roles there are, and on which side",
        examples="  commonweal people roles", run=list_roles,
    )  # fmt: skip
    for each in (listed, shown, known):
        add_json(each)


def _adding(own: Verbs) -> None:
    new = add_verb(
        own, "add", help="add a person, with an account and an invitation to it",
        about="The invitation goes to their address (in a demo: to the mail folder). A person "
        "holds no right before they are given a role.",
        examples='  commonweal people add "Ann Reed" ann@parks.example --agency PARKS', run=add,
    )  # fmt: skip
    new.add_argument("name")
    new.add_argument("address", help="e-mail address")
    new.add_argument("--agency", default="centre", help="whose: code or id (default: the centre)")
    new.add_argument("--phone", default="")
    new.add_argument("--no-account", action="store_true", help="they shall not sign in")
    change = add_verb(
        own, "change", help="change a person; what is not given stays",
        examples="  commonweal people change ann@parks.example --phone 555-0199",
        run=change_person,
    )  # fmt: skip
    change.add_argument("person", help="e-mail address or id")
    change.add_argument("--name", default=None)
    change.add_argument("--email", dest="address", default=None)
    change.add_argument("--phone", default=None)


def _roles(own: Verbs) -> None:
    day = date.fromisoformat
    give = add_verb(
        own, "give", help="give a person a role, from a day on",
        examples="  commonweal people give ann@parks.example agency_approver --agency PARKS",
        run=give_role,
    )  # fmt: skip
    give.add_argument("person", help="e-mail address or id")
    give.add_argument("role", help="code of a role; see: commonweal people roles")
    give.add_argument("--agency", default="centre", help="where: code or id (default: the centre)")
    give.add_argument("--starts", type=day, metavar="YYYY-MM-DD", help="default: today")
    give.add_argument("--ends", type=day, metavar="YYYY-MM-DD", help="first day without it")
    end = add_verb(
        own, "end", help="end a role that is held",
        examples="  commonweal people end ROLE-HELD --on 2027-01-01", run=end_role,
    )  # fmt: skip
    end.add_argument("held", help="id of the role held, from: commonweal people show")
    end.add_argument("--on", type=day, metavar="YYYY-MM-DD", help="first day without it: today")


def _find(actor: Actor, key: str) -> Person:
    from commonweal.kernel.party.public import person, person_by_email

    return person_by_email(actor, key) if "@" in key else person(actor, as_id(key, "person"))


def list_people(args: argparse.Namespace) -> int:
    """A table of people."""
    from commonweal.kernel.party.public import people
    from commonweal.kernel.schema.public import Place

    header = ("name", "email", "of", "account", "id")
    with acting(args) as actor:
        only = agency_id(actor, args.agency) if args.agency else None
        rows = [
            (row.name, row.email, row.home_agency.code if row.home_agency else "",
             row.user_id is not None, row.pk)
            for row in people(actor, agency_id=only, place=Place(limit=1000))
        ]  # fmt: skip
    return show_rows(args, header, rows, "There is nobody. Add somebody: commonweal people add.")


def _held(actor: Actor, key: UUID) -> list[dict[str, Any]]:
    from commonweal.kernel.party.public import memberships
    from commonweal.kernel.schema.public import Place

    return [
        {"role": row.role_id, "at": row.agency.code, "starts": row.starts, "ends": row.ends,
         "id": row.pk}
        for row in memberships(actor, person_id=key, place=Place(limit=1000))
    ]  # fmt: skip


def show(args: argparse.Namespace) -> int:
    """One person, then the roles they hold."""
    with acting(args) as actor:
        row = _find(actor, args.person)
        held = _held(actor, row.pk)
        facts = {
            "name": row.name, "email": row.email, "phone": row.phone,
            "of": row.home_agency.code if row.home_agency else "",
            "account": row.user_id is not None, "id": row.pk,
        }  # fmt: skip
    if args.json:
        return show_one(args, {**facts, "roles": held})
    show_one(args, facts)
    header = ("role", "at", "starts", "ends", "id")
    rows = [[each[name] for name in header] for each in held]
    return show_rows(args, header, rows, "They hold no role. Give one: commonweal people give.")


def list_roles(args: argparse.Namespace) -> int:
    """A table of roles."""
    from commonweal.kernel.access.public import roles

    with acting(args) as actor:
        rows = [(row.code, row.side, row.name) for row in roles(actor)]
    return show_rows(args, ("code", "side", "name"), rows, "There is no role.")


def add(args: argparse.Namespace) -> int:
    """Add a person, an account with its invitation; their id as JSON."""
    from commonweal.kernel.access.public import create_user, user_by_email
    from commonweal.kernel.notices.public import invite
    from commonweal.kernel.party.public import create_person

    with acting(args) as actor:
        if user_by_email(args.address) is not None:
            raise known_already("an account", args.address)
        user = None if args.no_account else create_user(actor=actor, email=args.address)
        made = create_person(
            actor=actor,
            name=args.name,
            email=args.address,
            phone=args.phone,
            user_id=user.pk if user else None,
            home_agency_id=agency_id(actor, args.agency),
        )
        if user:
            invite(actor=actor, user_id=user.pk)
        print_json({"id": made.pk, "email": made.email, "invited": user is not None})
    return 0


def change_person(args: argparse.Namespace) -> int:
    """Change what is given; their id as JSON."""
    from commonweal.kernel.party.public import update_person

    with acting(args) as actor:
        row = _find(actor, args.person)
        changes = given(args, name="name", email="address", phone="phone")
        require_change(changes)
        made = update_person(actor=actor, person_id=row.pk, **changes)
        print_json({"id": made.pk, "email": made.email})
    return 0


def give_role(args: argparse.Namespace) -> int:
    """Give a role; the id of what is held as JSON."""
    from commonweal.kernel.party.public import add_membership

    with acting(args) as actor:
        made = add_membership(
            actor=actor,
            person_id=_find(actor, args.person).pk,
            role=args.role,
            agency_id=agency_id(actor, args.agency),
            starts=args.starts,
            ends=args.ends,
        )
        print_json({"id": made.pk, "role": made.role_id, "starts": made.starts})
    return 0


def end_role(args: argparse.Namespace) -> int:
    """End a role that is held; its last state as JSON."""
    from commonweal.kernel.party.public import end_membership

    with acting(args) as actor:
        made = end_membership(
            actor=actor, membership_id=as_id(args.held, "role held"), ends=args.on
        )
        print_json({"id": made.pk, "role": made.role_id, "ends": made.ends})
    return 0

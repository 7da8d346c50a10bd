"""`commonweal open311`: the keys with which other programs report to an agency."""

from __future__ import annotations

import argparse

from .kit import Verbs, acting, add_group, add_json, add_verb, agency_id, as_id, show_one, show_rows

EXAMPLES = """\
  commonweal open311 keys list PARKS
  commonweal open311 keys add PARKS "City app"
  commonweal open311 keys end KEY
"""


def register(verbs: Verbs) -> None:
    """Add the verb."""
    own = add_group(verbs, "open311", help="reports of other programs: keys", examples=EXAMPLES)
    keys = add_group(own, "keys", help="keys of programs: list, add, end", examples=EXAMPLES)
    listed = add_verb(
        keys, "list", help="the keys of an agency, without their secrets",
        examples="  commonweal open311 keys list PARKS --json", run=list_keys,
    )  # fmt: skip
    listed.add_argument("agency", help="code or id")
    new = add_verb(
        keys, "add", help="make a key for a program, and show its secret once",
        about="Only a hash of it is kept. Hand it over by a way that others do not read.",
        examples='  commonweal open311 keys add PARKS "City app"', run=add,
    )  # fmt: skip
    new.add_argument("agency", help="code or id")
    new.add_argument("name", help="whose it is")
    end = add_verb(
        keys, "end", help="end a key at once; what it reported stays",
        examples="  commonweal open311 keys end KEY", run=end_key,
    )  # fmt: skip
    end.add_argument("key", help="id, from: commonweal open311 keys list")
    for each in (listed, new, end):
        add_json(each)


def list_keys(args: argparse.Namespace) -> int:
    """A table of keys."""
    from commonweal.kernel.casework.public import open311_keys

    header = ("name", "begins", "made", "last used", "ended", "id")
    with acting(args) as actor:
        rows = [
            (row.name, row.prefix, row.created_at, row.last_used_at, row.ended_at, row.pk)
            for row in open311_keys(actor, agency_id(actor, args.agency))
        ]
    return show_rows(args, header, rows, "There is no key. Make one: commonweal open311 keys add.")


def add(args: argparse.Namespace) -> int:
    """Make a key; its secret is printed this once."""
    from commonweal.kernel.casework.public import put_open311_key

    with acting(args) as actor:
        made, secret = put_open311_key(
            actor=actor, agency_id=agency_id(actor, args.agency), name=args.name
        )
    return show_one(args, {"name": made.name, "id": made.pk, "api_key": secret})


def end_key(args: argparse.Namespace) -> int:
    """End a key."""
    from commonweal.kernel.casework.public import end_open311_key

    with acting(args) as actor:
        row = end_open311_key(actor=actor, key_id=as_id(args.key, "key"))
    return show_one(args, {"name": row.name, "ended": row.ended_at, "id": row.pk})

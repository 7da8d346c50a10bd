"""`commonweal units`: what quantities are counted in, by the codes of UN/ECE Recommendation 20."""

from __future__ import annotations

import argparse

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

EXAMPLES = """\
  commonweal units list
  commonweal units add E34 gigabyte gigabyte gigabytes
  commonweal units change E34 --many "gigabytes (10^9)"
"""
HEADER = ("code", "name", "one", "many")
MISSING = "There is no such unit. Add it: commonweal units add."


def register(verbs: Verbs) -> None:
    """Add the verb."""
    own = add_group(
        verbs, "units", help="units of quantities: list, show, add, change", examples=EXAMPLES
    )
    listed = add_verb(
        own, "list", help="the units by code", examples="  commonweal units list --json",
        run=list_units,
    )  # fmt: skip
    shown = add_verb(own, "show", help="one unit", examples="  commonweal units show HUR", run=show)
    shown.add_argument("code")
    for each in (listed, shown):
        add_json(each)
    new = add_verb(
        own, "add", help="add a unit with its words",
        examples="  commonweal units add E34 gigabyte gigabyte gigabytes", run=add,
    )  # fmt: skip
    for name in HEADER:
        new.add_argument(name)
    change = add_verb(
        own, "change", help="change the words for a unit; what is not given stays",
        examples='  commonweal units change E34 --many "gigabytes (10^9)"', run=change_unit,
    )  # fmt: skip
    change.add_argument("code")
    for name in HEADER[1:]:
        change.add_argument(f"--{name}", default=None)


def _known(args: argparse.Namespace) -> dict[str, tuple[str, str, str, str]]:
    from commonweal.kernel.catalogue.public import units

    with acting(args) as actor:
        return {row.code: (row.code, row.name, row.singular, row.plural) for row in units(actor)}


def list_units(args: argparse.Namespace) -> int:
    """A table of units."""
    return show_rows(args, HEADER, list(_known(args).values()), MISSING)


def _find(args: argparse.Namespace) -> tuple[str, str, str, str]:
    from commonweal.kernel.errors import NotFound

    found = _known(args).get(args.code)
    if found is None:
        raise NotFound("CLI-118", f"There is no unit “{args.code}”. See: commonweal units list.")
    return found


def show(args: argparse.Namespace) -> int:
    """One unit."""
    return show_one(args, dict(zip(HEADER, _find(args), strict=True)))


def _put(args: argparse.Namespace, words: tuple[str, ...]) -> int:
    from commonweal.kernel.catalogue.public import put_unit

    name, singular, plural = words
    with acting(args) as actor:
        made = put_unit(actor=actor, code=args.code, name=name, singular=singular, plural=plural)
        print_json({"code": made.code, "name": made.name})
    return 0


def add(args: argparse.Namespace) -> int:
    """Add a unit; its code as JSON."""
    require_new(lambda: _find(args), "a unit", args.code)
    return _put(args, (args.name, args.one, args.many))


def change_unit(args: argparse.Namespace) -> int:
    """Change the words that are given; its code as JSON."""
    changes = given(args, name="name", one="one", many="many")
    require_change(changes)
    before = dict(zip(HEADER, _find(args), strict=True))
    return _put(args, tuple(changes.get(name, before[name]) for name in HEADER[1:]))

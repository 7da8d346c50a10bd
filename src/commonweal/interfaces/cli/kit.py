"""What every verb uses: its parser, whom it acts as, its tables and its progress."""

from __future__ import annotations

import argparse
import json
import os
import sys
import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from commonweal.kernel.errors import CommonwealError, NotFound

if TYPE_CHECKING:
    from uuid import UUID

    from commonweal.kernel.access.public import Actor

Verbs: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"
Register = Callable[[Verbs], None]


class CommandError(CommonwealError):
    """The command cannot be run as it was typed."""


def say(text: str) -> None:
    """Progress and remarks go to standard error; standard output belongs to the result."""
    print(text, file=sys.stderr, flush=True)


def add_verb(
    verbs: Verbs,
    name: str,
    *,
    help: str,
    examples: str,
    about: str = "",
    run: Callable[[argparse.Namespace], int | None] | None = None,
) -> argparse.ArgumentParser:
    """A verb that explains itself: one line in the list, more in its own help, and examples."""
    parser = verbs.add_parser(
        name,
        help=help,
        description=textwrap.fill(f"{help[:1].upper()}{help[1:]}. {about}".strip(), 88),
        epilog=f"Examples:\n{examples.rstrip()}\n",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--data", type=Path, default=argparse.SUPPRESS, help="data folder of the centre"
    )
    if run is not None:
        parser.add_argument(
            "--as", dest="email", default="", metavar="EMAIL",
            help="act as this person, with their rights only (default: as the operator)",
        )  # fmt: skip
        parser.set_defaults(run=run)
    return parser


def add_group(verbs: Verbs, name: str, *, help: str, examples: str) -> Verbs:
    """A verb that has verbs of its own."""
    parser = add_verb(verbs, name, help=help, examples=examples)
    return parser.add_subparsers(dest=f"{name}_verb", required=True, metavar="COMMAND")


def actor_of(args: argparse.Namespace) -> Actor:
    """The operator (the system itself), or the person named by `--as` (CLI-102)."""
    from commonweal.kernel.access.public import SYSTEM, user_by_email
    from commonweal.kernel.party.public import actor_for

    if not args.email:
        return SYSTEM
    user = user_by_email(args.email)
    if user is None:
        raise NotFound(
            "CLI-102", f"There is no account “{args.email}”. Check the address, or leave --as out."
        )
    return actor_for(user)


@contextmanager
def acting(args: argparse.Namespace) -> Iterator[Actor]:
    """One transaction in the actor's scope."""
    from commonweal.kernel.access.public import act_as

    with act_as(actor_of(args)) as actor:
        yield actor


def agency_id(actor: Actor, key: str) -> UUID:
    """An agency's id by its code or id; `centre` is the centre's own row."""
    from commonweal.kernel.party.public import agency, centre

    return centre().agency_id if key == "centre" else agency(actor, key).pk


def as_id(text: str, what: str) -> UUID:
    """An id as it was typed (CLI-103)."""
    from uuid import UUID

    try:
        return UUID(text)
    except ValueError:
        raise CommandError(
            "CLI-103", f"“{text}” is not the id of a {what}. Copy it from the list."
        ) from None


def readable(path: Path) -> Path:
    """A file that can be read (CLI-101)."""
    if not path.is_file() or not os.access(path, os.R_OK):
        raise CommandError("CLI-101", f"There is no file {path} that can be read. Check its name.")
    return path


def pairs(words: Sequence[str], option: str) -> dict[str, str]:
    """`a=b` words as a mapping (CLI-104)."""
    found = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not name or not equals:
            raise CommandError("CLI-104", f"“{word}” is not a pair. Write {option} NAME=VALUE.")
        found[name] = value
    return found


def write(path: Path | None, data: bytes) -> None:
    """Bytes to a file, whole or not at all, or to standard output."""
    if path is None:
        sys.stdout.flush()
        stream = getattr(sys.stdout, "buffer", None)
        if stream is None:
            sys.stdout.write(data.decode("utf-8", "replace"))
        else:
            stream.write(data)
            stream.flush()
        return
    draft = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        draft.write_bytes(data)
        draft.replace(path)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise CommandError(
            "CLI-105", f"{path} cannot be written: {error.strerror}. Choose another place."
        ) from error
    say(f"Wrote {path} ({len(data):,} bytes)")


def print_json(value: Any) -> None:
    """A value as JSON for scripts: decimals, ids and dates as text."""
    print(json.dumps(value, indent=1, ensure_ascii=False, default=str))


def table(header: Sequence[str], rows: Sequence[Sequence[object]], empty: str) -> None:
    """Rows under a heading; numbers to the right, words to the left."""
    if not rows:
        print(empty)
        return
    cells = [["" if cell is None else str(cell) for cell in row] for row in rows]
    widths = [max(len(title), *(len(row[at]) for row in cells)) for at, title in enumerate(header)]
    numeric = [all(_is_number(row[at]) for row in cells) for at in range(len(header))]
    for line in ([list(header)], cells):
        for row in line:
            print(
                "  ".join(
                    cell.rjust(width) if right else cell.ljust(width)
                    for cell, width, right in zip(row, widths, numeric, strict=True)
                ).rstrip()
            )


def add_json(parser: argparse.ArgumentParser) -> None:
    """The option of what lists and shows."""
    parser.add_argument("--json", action="store_true", help="print JSON, for scripts")


def show_rows(
    args: argparse.Namespace,
    header: Sequence[str],
    rows: Sequence[Sequence[object]],
    empty: str,
) -> int:
    """A table, or with `--json` a list of objects with the same names."""
    if args.json:
        print_json([dict(zip(header, row, strict=True)) for row in rows])
    else:
        table(header, rows, empty)
    return 0


def show_one(args: argparse.Namespace, facts: Mapping[str, object]) -> int:
    """One thing, a line for each fact, or with `--json` an object."""
    if args.json:
        print_json(facts)
        return 0
    width = max(map(len, facts))
    for name, value in facts.items():
        print(f"{name.ljust(width)}  {'' if value is None else value}".rstrip())
    return 0


def given(args: argparse.Namespace, **fields: str) -> dict[str, Any]:
    """What was typed: the value of each option that was given, under the name of its field."""
    values = {field: getattr(args, option) for field, option in fields.items()}
    return {field: value for field, value in values.items() if value is not None}


def known_already(what: str, code: str) -> CommandError:
    """The refusal to add what is there (CLI-116): `change` is another verb."""
    return CommandError("CLI-116", f"There is {what} “{code}” already. Change it with `change`.")


def require_new(find: Callable[[], object], what: str, code: str) -> None:
    """Refuse to add what `find` finds; it raises NotFound for what is new."""
    with suppress(NotFound):
        find()
        raise known_already(what, code)


def require_change(changes: Mapping[str, Any]) -> None:
    """Refuse a change that names nothing (CLI-117)."""
    if not changes:
        raise CommandError("CLI-117", "Nothing to change was given. See --help for the options.")


def _is_number(text: str) -> bool:
    return text.lstrip("-−").replace(",", "").replace(".", "", 1).isdigit() or text == ""

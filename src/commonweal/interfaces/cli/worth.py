"""`commonweal worth`: baselines, own costs, price indices, and what sharing saved or lost."""

from __future__ import annotations

import argparse
import json
import mimetypes
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
    print_json,
    readable,
    show_rows,
    write,
)

EXAMPLES = """\
  commonweal worth show 2027 --agency LWD
  commonweal worth index CPI-U "Consumer prices" "Bureau of Labor Statistics"
  commonweal worth index-value CPI-U 2025 313.689 "Published in January 2026"
  commonweal worth baseline LWD payroll alone.json --paper budget.pdf
  commonweal worth own-cost LWD payroll retained 2026-10 120000
"""


def register(verbs: Verbs) -> None:
    """Add the verb."""
    own = add_group(
        verbs, "worth", help="was sharing worth it: baselines, savings, losses", examples=EXAMPLES
    )
    shown = add_verb(
        own, "show", help="what each service saved or lost in a fiscal year",
        examples="  commonweal worth show 2027 --agency LWD --csv worth.csv", run=show,
    )  # fmt: skip
    shown.add_argument("year", type=int, help="fiscal year, by the year in which it ends")
    shown.add_argument("--agency", default="", help="code or id; default: every agency")
    shown.add_argument("--csv", type=Path, help="write the complete rows to a file")
    add_json(shown)
    _index_verbs(own)
    drafted = add_verb(
        own, "baseline", help="write the draft of a baseline from a JSON file",
        about="The file holds lines, service_level, price_year, index, and if the volume was"
        " counted charge_item and volume. A person proposes it and another signs it, on the page"
        " or with `propose` and `sign`.",
        examples="  commonweal worth baseline LWD payroll alone.json --paper budget.pdf",
        run=baseline,
    )  # fmt: skip
    drafted.add_argument("agency")
    drafted.add_argument("service")
    drafted.add_argument("file", type=Path)
    drafted.add_argument("--paper", type=Path, action="append", default=[], help="evidence")
    for name, words, run in (
        ("propose", "ask a second person of the agency to sign", propose),
        ("sign", "sign as the agency's second person (with --as)", sign),
    ):
        asked = add_verb(
            own, name, help=words, run=run,
            examples=f"  commonweal worth {name} LWD payroll --as pat@lwd.example",
        )  # fmt: skip
        asked.add_argument("agency")
        asked.add_argument("service")
    cost = add_verb(
        own, "own-cost", help="what a service still costs the agency itself",
        about="In minor units of the currency; 0 says that there was none.",
        examples="  commonweal worth own-cost LWD payroll retained 2026-10 120000", run=own_cost,
    )  # fmt: skip
    for name in ("agency", "service"):
        cost.add_argument(name)
    cost.add_argument("kind", choices=("retained", "transition", "dual_running"))
    cost.add_argument("period", help="a month (2026-10) or a fiscal year (2027)")
    cost.add_argument("amount", type=int)
    cost.add_argument("--note", default="")


def _index_verbs(own: Verbs) -> None:
    index = add_verb(
        own, "index", help="add a price index",
        examples='  commonweal worth index CPI-U "Consumer prices" "Bureau of Labor Statistics"',
        run=put_index,
    )  # fmt: skip
    for name in ("code", "name", "source"):
        index.add_argument(name)
    value = add_verb(
        own, "index-value", help="enter the index of a fiscal year",
        examples='  commonweal worth index-value CPI-U 2025 313.689 "Published in January 2026"',
        run=put_index_value,
    )  # fmt: skip
    value.add_argument("code")
    value.add_argument("year", type=int)
    value.add_argument("value")
    value.add_argument("source")


def show(args: argparse.Namespace) -> int:
    """A row for each agency and service, and the sum."""
    from commonweal.kernel.money.public import Money
    from commonweal.kernel.party.public import centre
    from commonweal.practices.charging.public import write_csv
    from commonweal.practices.consolidation.public import total_of, worth_rows, year_views

    with acting(args) as actor:
        agency = agency_id(actor, args.agency) if args.agency else None
        views = year_views(actor, args.year, agency_id=agency)
        currency = centre().currency
        header, rows = worth_rows(views)
        total = total_of(views)
    if args.csv:
        write(args.csv, write_csv(header, rows))
        return 0
    names = ("agency", "service", "charges", "nominal", "real", "saving", "outcome", "verified")
    picked = [[dict(zip(header, row, strict=True))[name] for name in names] for row in rows]
    show_rows(args, names, picked, "Nothing was ordered or charged in this year.")
    if not args.json:
        text = [
            f"{name.replace('_', ' ')} {Money(getattr(total, name), currency).text}"
            for name in ("claimed", "verified", "not_proved", "losses")
        ]
        print(f"{', '.join(text)}; {total.unknown} of {total.rows} cannot be determined")
    return 0


def put_index(args: argparse.Namespace) -> int:
    """Add or rename a price index."""
    from commonweal.practices.consolidation.public import put_index as put

    with acting(args) as actor:
        row = put(actor=actor, code=args.code, name=args.name, source=args.source)
        print_json({"id": row.pk, "code": row.code})
    return 0


def put_index_value(args: argparse.Namespace) -> int:
    """Enter a value."""
    from commonweal.practices.consolidation.public import put_index_value as put

    with acting(args) as actor:
        row = put(
            actor=actor, index=args.code, year=args.year, value=args.value, source=args.source
        )
        print_json({"id": row.pk, "year": row.year, "value": row.value})
    return 0


def baseline(args: argparse.Namespace) -> int:
    """Write the draft, and keep its papers."""
    from commonweal.practices.consolidation.public import add_evidence, put_baseline

    given = _given(args.file)
    papers = [readable(path) for path in args.paper]
    with acting(args) as actor:
        row = put_baseline(
            actor=actor, agency_id=agency_id(actor, args.agency), service=args.service, given=given
        )
        for path in papers:
            add_evidence(
                actor=actor, baseline_id=row.pk, filename=path.name,
                media_type=mimetypes.guess_type(path.name)[0] or "", data=path.read_bytes(),
            )  # fmt: skip
        print_json({"id": row.pk, "state": row.state})
    return 0


def _given(path: Path) -> Any:
    from commonweal.practices.consolidation.public import NewBaseline, NewCost

    try:
        document = json.loads(readable(path).read_text("utf-8"), parse_float=str)
        lines = [NewCost(**line) for line in document.pop("lines")]
        return NewBaseline(lines=lines, **document)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise CommandError(
            "CLI-160", f"{path} is not a baseline ({error}). See `commonweal worth baseline -h`."
        ) from error


def _one(actor: Any, args: argparse.Namespace) -> Any:
    from commonweal.practices.consolidation.public import baseline_of

    found = baseline_of(actor, agency_id(actor, args.agency), args.service)
    if found is None:
        raise CommandError(
            "CLI-161", f"{args.agency} has no baseline of {args.service}. Write one first."
        )
    return found


def propose(args: argparse.Namespace) -> int:
    """Propose the draft for signature."""
    from commonweal.practices.consolidation.public import propose_baseline

    with acting(args) as actor:
        row = propose_baseline(actor=actor, baseline_id=_one(actor, args).pk)
        print_json({"id": row.pk, "state": row.state})
    return 0


def sign(args: argparse.Namespace) -> int:
    """Sign what was proposed."""
    from commonweal.practices.consolidation.public import sign_baseline

    with acting(args) as actor:
        row = sign_baseline(actor=actor, baseline_id=_one(actor, args).pk)
        print_json({"id": row.pk, "state": row.state, "late": row.late, "hash": row.content_hash})
    return 0


def own_cost(args: argparse.Namespace) -> int:
    """Enter a cost."""
    from commonweal.practices.consolidation.public import put_own_cost

    with acting(args) as actor:
        row = put_own_cost(
            actor=actor, agency_id=agency_id(actor, args.agency), service=args.service,
            period=args.period, kind=args.kind, amount_minor=args.amount, note=args.note,
        )  # fmt: skip
        print_json({"id": row.pk, "period": row.period, "kind": row.kind})
    return 0

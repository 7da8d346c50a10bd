"""`commonweal costs`: ledger files in, pools filled, costs allocated, rates derived."""

from __future__ import annotations

import argparse
import csv
import json
from collections.abc import Callable
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias
from uuid import UUID

from . import cost_terms, lineage
from .kit import CommandError, acting

if TYPE_CHECKING:
    from commonweal.kernel.access.public import Actor
    from commonweal.practices.charging.public import CostReading, CostRequest, MappingNeeded

HELP = "import ledger costs, fill cost pools, allocate them, derive rates"
EPILOG = """\
From a ledger file to a proposed rate:
  commonweal costs import spend.csv --accept-mapping council   read it, confirm its columns, store
  commonweal costs model pools.json                            pools, rules, drivers
  commonweal costs pools --from 2017-10 --to 2017-12           what each pool holds
  commonweal costs allocate --from 2017-10 --to 2017-12 --label "Quarter 3"
  commonweal costs derive payments.invoice --run "Quarter 3" --volume 3855 --because "payments made"

A walk through with a council's real files: docs/how-to/bill-from-council-spending.md
"""
IMPORT_EPILOG = """\
A mapping is found by the file's header, or asked for; nothing is guessed silently. The first import
of a layout shows what was found and stops; --accept-mapping NAME confirms and saves it, and later
files with the same header need nothing more.

Examples:
  commonweal costs import spend.csv                          what would be read, and what is unclear
  commonweal costs import spend.csv --accept-mapping council
  commonweal costs import next.csv                           same layout: read by the saved mapping
  commonweal costs import old.csv --period 2014-06 --accept-mapping old   a file without dates
  commonweal costs import odd.csv --column amount="Net" --decimal , --date-format DD.MM.YYYY \\
      --accept-mapping odd
  commonweal costs import spend.csv --dry-run --rejects rejects.csv

Exit status: 0 stored (or read, with --dry-run), 2 refused or still to be confirmed.
"""
OPTIONS = {
    "accept_as": "--accept-mapping NAME",
    "mapping": "--mapping NAME",
    "period": "--period YYYY-MM",
    "date_format": "--date-format",
    "decimal": "--decimal . or --decimal ,",
    "encoding": "--encoding",
    "delimiter": "--delimiter",
    "sheet": "--sheet",
    "header_row": "--header-row N",
    "late_reason": "--late REASON",
}
"""Which option says here what a message asks for, by the field that pages have for it."""
Parser = argparse.ArgumentParser
Run = Callable[[argparse.Namespace], int]
Verbs: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def register(verbs: Verbs) -> None:
    """Add the verb and its own verbs."""
    parser = verbs.add_parser(
        "costs",
        help=HELP,
        description=HELP.capitalize() + ".",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    inner = parser.add_subparsers(dest="costs_verb", required=True, metavar="COMMAND")
    _import_parser(inner)
    model = _verb(inner, "model", "put pools, rules and drivers from a JSON file", put_model)
    model.add_argument("file", type=Path, metavar="FILE.json")
    pools = _verb(inner, "pools", "show what each pool holds in some months", show_pools)
    _months(pools)
    pools.add_argument("--basis", choices=("actual", "budget"), default="actual")
    allocate = _verb(inner, "allocate", "allocate the costs of some months to services", allocated)
    _months(allocate)
    allocate.add_argument("--label", required=True, help="what the run is for: “Quarter 3”")
    allocate.add_argument("--basis", choices=("actual", "budget"), default="actual")
    allocate.add_argument(
        "--method", default="",
        choices=("direct", "step_down", "double_step_down", "reciprocal"),
        help="how pools give to pools (default: as decided for the first month)",
    )  # fmt: skip
    _derive_parser(inner)
    lineage.register(inner, _verb)
    cost_terms.register(inner, _verb)


def _verb(verbs: Verbs, name: str, text: str, run: Run, epilog: str = "") -> Parser:
    parser = verbs.add_parser(
        name,
        help=text,
        description=text.capitalize() + ".",
        epilog=epilog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--as", dest="email", default="", metavar="EMAIL",
        help="act as this person, with their rights only (default: as the operator)",
    )  # fmt: skip
    parser.set_defaults(run=run)
    return parser


def _months(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--from", dest="first", required=True, metavar="YYYY-MM")
    parser.add_argument("--to", dest="last", required=True, metavar="YYYY-MM")


def _import_parser(verbs: Verbs) -> None:
    parser = _verb(verbs, "import", "import a CSV or XLSX ledger file", import_file, IMPORT_EPILOG)
    parser.add_argument("file", type=Path, metavar="FILE")
    parser.add_argument("--mapping", default="", help="a saved mapping, by name")
    parser.add_argument("--accept-mapping", default="", metavar="NAME", help="confirm and save")
    parser.add_argument(
        "--column", action="append", default=[], metavar="FIELD=COLUMN",
        help='which column holds a field, such as amount="Net amount", or amount="column 3" '
        "where names repeat; repeatable",
    )  # fmt: skip
    parser.add_argument("--date-format", default="", help="DD/MM/YYYY, MM/DD/YYYY, YYYY-MM-DD, …")
    parser.add_argument("--decimal", choices=(".", ","), default="", help="the decimal mark")
    parser.add_argument("--period", default="", metavar="YYYY-MM", help="month of the whole file")
    parser.add_argument("--currency", default="", help="must be the centre's book currency")
    parser.add_argument("--budget", action="store_true", help="planned costs, not actual ones")
    parser.add_argument("--late", default="", metavar="REASON", help="why costs of closed months "
                        "come only now; each of these months is allocated anew")  # fmt: skip
    parser.add_argument("--keep-repeats", action="store_true",
                        help="lines that stand in the file twice are all right")  # fmt: skip
    parser.add_argument("--encoding", default="", help="utf-8 unless said: cp1252, utf-16, …")
    parser.add_argument("--delimiter", default="", help="found in the header unless said")
    parser.add_argument("--sheet", default="", help="the sheet of a workbook")
    parser.add_argument("--header-row", type=int, default=1, metavar="N")
    parser.add_argument("--rejects", type=Path, metavar="CSV", help="write every unusable row here")
    parser.add_argument("--dry-run", action="store_true", help="read and reconcile, store nothing")


def _derive_parser(verbs: Verbs) -> None:
    parser = _verb(verbs, "derive", "derive an item's rate from cost and volume", derive)
    parser.add_argument("item", help="the charge item's code")
    parser.add_argument("--run", dest="allocation", required=True, metavar="LABEL|ID")
    parser.add_argument("--volume", help="units in the run's months")
    parser.add_argument("--because", default="", help="where that volume is from")
    parser.add_argument("--fiscal-year", type=int, help="use the agencies' forecasts of this year")
    parser.add_argument("--share", default="1", help="part of the service's cost: 1/4, 25%%, 0.25")
    parser.add_argument("--share-because", default="", metavar="REASON", help="why that part")
    parser.add_argument("--places", type=int, default=4, help="decimals of the rate (default 4)")
    parser.add_argument("--rounding", default="half_up", help="half_up, half_even, down or up")
    parser.add_argument("--cost-base", choices=("full", "allowable"), default="full",
                        help="full cost, or what grants allow")  # fmt: skip
    parser.add_argument("--at-capacity", action="store_true",
                        help="go by the item's practical capacity, not the volume")  # fmt: skip
    parser.add_argument("--propose", metavar="YYYY-MM-DD", help="propose it from this day on")
    parser.add_argument("--reason", default="", help="a note for the rate book")


def read_bytes(path: Path) -> bytes:
    """A file's bytes, or an error that a person understands."""
    from commonweal.practices.charging.public import CostError

    try:
        return path.read_bytes()
    except OSError as error:
        raise CostError(
            "COSTS-101", f"{path} cannot be read: {error.strerror}. Check its name and rights."
        ) from error


def request_of(args: argparse.Namespace) -> CostRequest:
    """What the command line asks for."""
    from commonweal.practices.charging.public import (
        ColumnMapping,
        CostFileOptions,
        CostRequest,
        parse_columns,
    )

    return CostRequest(
        filename=args.file.name,
        data=read_bytes(args.file),
        mapping=args.mapping,
        given=ColumnMapping(parse_columns(args.column), args.date_format, args.decimal),
        accept_as=args.accept_mapping,
        period=args.period,
        currency=args.currency,
        basis="budget" if args.budget else "actual",
        late_reason=args.late,
        keep_repeats=args.keep_repeats,
        options=CostFileOptions(args.encoding, args.delimiter, args.sheet, args.header_row),
    )


def import_file(args: argparse.Namespace) -> int:
    """Import, or read without storing; show what was found where it must be confirmed."""
    from commonweal.practices.charging.public import (
        CostError,
        MappingNeeded,
        import_costs,
        read_costs,
    )

    asked = request_of(args)
    try:
        with acting(args) as actor:
            if args.dry_run:
                reading = read_costs(actor, asked)
            else:
                reading = import_costs(actor=actor, request=asked).reading
    except MappingNeeded as needed:
        print(suggestion_text(needed, args.file.name))
        return 2
    except CostError as error:
        option = option_of(str(error.details.get("field", "")))
        if not option:
            raise
        raise CostError(error.code, f"{error.message} Use {option}.") from error
    print(reading_text(reading, stored=not args.dry_run))
    if args.rejects:
        write_rejects(args.rejects, reading)
        print(f"Every unusable row, with reason: {args.rejects}")
    return 0


def option_of(field: str) -> str:
    """The option that answers what a message asks for; empty if none does."""
    if field.startswith("column-"):
        return f'--column {field.removeprefix("column-")}="…"'
    return OPTIONS.get(field, "")


def suggestion_text(needed: MappingNeeded, filename: str) -> str:
    """What was found in a layout, and what a person must say or confirm."""
    found = needed.suggestion
    lines = ["No saved mapping reads this header. Found, by name:", ""]
    lines += [f"  {name:<14} “{column}”" for name, column in found.mapping.columns.items()]
    if found.mapping.date_format:
        lines.append(f"  {'dates':<14} written {found.mapping.date_format}")
    lines.append(f"  {'decimal mark':<14} {found.mapping.decimal}")
    if found.unused:
        lines += ["", "Not used: " + ", ".join(f"“{name}”" for name in found.unused)]
    if found.ask:
        lines += [
            "",
            "Still to say:",
            *(f"  - {each.text} Use {option_of(each.field)}." for each in found.ask),
        ]
    lines += [
        "",
        "Correct it with --column FIELD=COLUMN. When it is right, confirm and save it:",
        f"  commonweal costs import {filename} --accept-mapping NAME",
    ]
    return "\n".join(lines)


def _money(minor: int, currency: str) -> str:
    from commonweal.kernel.words.public import money

    return money(minor, currency)


def reading_text(reading: CostReading, *, stored: bool) -> str:
    """Rows, months, what cannot be used, and the reconciliation."""
    money = reading.currency
    lines = [
        f"{reading.rows_total:,} rows read: {len(reading.lines):,} usable, "
        f"{len(reading.rejects):,} not.",
        *(
            f"  {period}  {count:>7,} rows  {_money(amount, money):>18}"
            for period, (count, amount) in reading.by_period.items()
        ),
    ]
    lines += [f"  {reject.message} ({reject.code})" for reject in reading.rejects[:20]]
    if len(reading.rejects) > 20:
        lines.append(f"  … and {len(reading.rejects) - 20:,} more; --rejects FILE writes them all.")
    if any(reject.code == "COSTS-133" for reject in reading.rejects):
        lines.append("  Are lines that repeat right? Then use --keep-repeats.")
    lines.append(
        f"Reconciled: usable {_money(reading.used_minor, money)} + not usable "
        f"{_money(reading.rejected_minor, money)} = {_money(reading.control.minor, money)}, "
        "an independent sum of the file."
    )
    if reading.unreadable:
        lines.append(f"{reading.unreadable:,} rows have no amount that could be added.")
    lines.append("Stored." if stored else "Nothing was stored (--dry-run).")
    return "\n".join(lines)


def write_rejects(path: Path, reading: CostReading) -> None:
    """Every unusable row as CSV; no cell becomes a formula."""
    from commonweal.practices.charging.public import safe_cell

    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["row", "code", "amount", "message"])
        for reject in reading.rejects:
            cells = (reject.code, reject.amount_text, reject.message)
            writer.writerow([reject.row, *map(safe_cell, cells)])


def put_model(args: argparse.Namespace) -> int:
    """Put the cost model of a JSON file."""
    from commonweal.practices.charging.public import CostError, put_cost_model

    try:
        document = json.loads(read_bytes(args.file), parse_float=Decimal)
    except (json.JSONDecodeError, UnicodeDecodeError) as wrong:
        raise CostError("COSTS-214", f"{args.file.name} is not JSON: {wrong}.") from wrong
    if not isinstance(document, dict):
        raise CostError("COSTS-214", f"{args.file.name} holds no object with pools and rules.")
    with acting(args) as actor:
        counts = put_cost_model(actor=actor, document=document)
    print(", ".join(f"{count} {name}" for name, count in counts.items()) + ".")
    return 0


def show_pools(args: argparse.Namespace) -> int:
    """What each pool holds, and what no rule took."""
    from commonweal.kernel.party.public import centre
    from commonweal.practices.charging.public import cost_by_pool

    with acting(args) as actor:
        found, currency = cost_by_pool(actor, args.first, args.last, args.basis), centre().currency
    for row in found:
        print(f"{row.code:<24}{row.lines:>8,} rows{_money(row.amount_minor, currency):>20}")
    total = sum(row.amount_minor for row in found)
    count = sum(row.lines for row in found)
    print(f"{'total':<24}{count:>8,} rows{_money(total, currency):>20}")
    return 0


def allocated(args: argparse.Namespace) -> int:
    """Allocate, and show each service's full cost and what stays unallocated."""
    from commonweal.practices.charging.public import allocate, cost_reconciliation

    with acting(args) as actor:
        run = allocate(
            actor=actor,
            basis=args.basis,
            first_period=args.first,
            last_period=args.last,
            label=args.label,
            method=args.method,
        )
        checked = cost_reconciliation(actor, run.pk)
    for entry in run.result["totals"]:
        print(f"{entry['target']:<32}{entry['amount']:>18} {run.currency}")
    print(f"{'total':<32}{run.result['total']:>18} {run.currency}")
    for pool in run.result["pools_without_driver"]:
        print(f"Not allocated, for want of a driver: {pool}")
    print(
        f"Ledger {_money(checked.ledger, run.currency)} = allocated "
        f"{_money(checked.allocated, run.currency)} + unallocated "
        f"{_money(checked.unallocated, run.currency)}."
    )
    print(f"Run {run.pk}")
    return 0 if checked.agrees else 2


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as wrong:
        raise CommandError("CLI-112", f"“{text}” is not a day. Write it YYYY-MM-DD.") from wrong


def _decimal(text: str) -> Decimal:
    from commonweal.practices.charging.public import RateError

    try:
        return Decimal(text)
    except InvalidOperation as wrong:
        raise RateError("CHARGING-215", f"“{text}” is not a number. Write it like 1200.") from wrong


def _run_id(actor: Actor, text: str) -> UUID:
    """A run by its id, or the newest one by its label."""
    from commonweal.practices.charging.public import RateError, latest_run

    try:
        return UUID(text)
    except ValueError:
        runs = [latest_run(actor, basis, text) for basis in ("actual", "budget")]
    found = sorted((run for run in runs if run), key=lambda run: run.recorded_at)
    if not found:
        raise RateError(
            "CHARGING-216", f"There is no run “{text}”. `costs allocate` prints its id and label."
        )
    return found[-1].pk


def derive(args: argparse.Namespace) -> int:
    """Derive a rate, explain it, and propose it if asked; a person approves it on the rate desk."""
    from commonweal.kernel.catalogue.public import item_by_code
    from commonweal.practices.charging.public import (
        RateTerms,
        RateVersion,
        Volume,
        derivation_sentences,
        derive_rate,
        propose_rate,
    )

    volume = Volume(
        quantity=_decimal(args.volume) if args.volume else None,
        reason=args.because,
        fiscal_year=args.fiscal_year,
    )
    with acting(args) as actor:
        item = item_by_code(actor, args.item)
        found = derive_rate(
            actor,
            charge_item_id=item.pk,
            run_id=_run_id(actor, args.allocation),
            volume=volume,
            share=args.share,
            share_reason=args.share_because,
            places=args.places,
            policy=args.rounding,
            terms=RateTerms(args.cost_base, args.at_capacity),
        )
        version = RateVersion(
            charge_item=item,
            model={"kind": "per_unit", "rate": found["rate"]},
            currency=found["currency"],
            derivation=found,
        )
        print("\n".join(derivation_sentences(version)))
        print(
            f"At 10 % less volume it would be {found['rate_at_90_percent']}, "
            f"at 10 % more {found['rate_at_110_percent']}."
        )
        if args.propose:
            version = propose_rate(
                actor=actor,
                charge_item_id=item.pk,
                model=version.model,
                starts=_day(args.propose),
                derivation=found,
                reason=args.reason,
            )
            print(f"Proposed as {version.code}. It charges nothing until a person approves it.")
    return 0

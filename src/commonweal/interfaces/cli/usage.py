"""`commonweal usage`: usage in from files, out as CSV, and the records in quarantine."""

from __future__ import annotations

import argparse
import time
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from .kit import (
    CommandError,
    Verbs,
    acting,
    actor_of,
    add_group,
    add_verb,
    agency_id,
    as_id,
    pairs,
    print_json,
    readable,
    say,
    table,
    write,
)

EXAMPLES = """\
  commonweal usage load june.csv --source payroll-engine --dry-run
  commonweal usage load june.parquet --source desk --column Dept=agency --zone Europe/London
  commonweal usage export LWD 2026-10 --out lwd.csv
  commonweal usage quarantine list
  commonweal usage sources 2026-10
"""
LOAD_EXAMPLES = """\
  commonweal usage load june.csv --source payroll-engine --dry-run
      says what would happen; stores nothing
  commonweal usage load june.csv --source desk --column Dept=agency --column When=from \\
      --constant unit=C62 --date-format "%d/%m/%Y %H:%M" --zone America/Chicago
  commonweal usage load june.csv --source desk
      once more after an interruption: goes on with the first row that was not committed

Fields: id agency charge_item quantity unit from to (needed); bureau order_line origin replaces
dimensions.NAME (optional). Without --column the file's own headings must be these names.
"""


def register(verbs: Verbs) -> None:
    """Add the verb."""
    own = add_group(verbs, "usage", help="load, export and check usage records", examples=EXAMPLES)
    _register_load(own)
    export = add_verb(
        own, "export", help="write an agency's usage of a month as CSV",
        examples="  commonweal usage export LWD 2026-10 --out lwd.csv", run=export_usage,
    )  # fmt: skip
    export.add_argument("agency", help="code or id of the agency")
    export.add_argument("period", metavar="YYYY-MM")
    export.add_argument("--item", default="", help="code of one charge item only")
    export.add_argument("--out", type=Path, help="file to write (default: standard output)")
    quarantine = add_verb(
        own, "quarantine", help="records whose id was sent before with other content",
        about="Release a record if its content is right: it then replaces the recorded one.",
        examples="  commonweal usage quarantine list\n"
        "  commonweal usage quarantine release ID --note 'meter was re-read'\n"
        "  commonweal usage quarantine discard ID",
        run=decide_quarantine,
    )  # fmt: skip
    quarantine.add_argument("what", choices=("list", "release", "discard"))
    quarantine.add_argument("id", nargs="?", default="")
    quarantine.add_argument("--note", default="", help="why; a release needs ten characters")
    quarantine.add_argument("--limit", type=int, default=50)
    sources = add_verb(
        own, "sources", help="what each source sent for a month, and what it reported itself",
        examples="  commonweal usage sources 2026-10", run=check_sources,
    )  # fmt: skip
    sources.add_argument("period", metavar="YYYY-MM")
    report = add_verb(
        own, "report", help="report a month complete for a source, with its own count and total",
        examples="  commonweal usage report payroll-engine 2026-10 --count 1204 --total 1204",
        run=report_complete,
    )  # fmt: skip
    report.add_argument("source")
    report.add_argument("period", metavar="YYYY-MM")
    report.add_argument("--count", type=int, required=True, help="records that count")
    report.add_argument("--total", required=True, help="their total quantity")


def _register_load(own: Verbs) -> None:
    load = add_verb(
        own, "load", help="take in a CSV or Parquet file, row by row accepted or refused",
        about="Each row is taken or refused alone; every refused row is named with its remedy. "
        "Exit status 1 if some rows were refused.",
        examples=LOAD_EXAMPLES, run=load_file,
    )  # fmt: skip
    load.add_argument("file", type=Path)
    load.add_argument("--source", required=True, help="code of the registered source")
    load.add_argument("--format", choices=("csv", "parquet"), help="default: by the file's ending")
    load.add_argument("--column", action="append", default=[], metavar="HEADING=FIELD")
    load.add_argument("--constant", action="append", default=[], metavar="FIELD=VALUE")
    load.add_argument("--encoding", default="", help="utf-8, utf-16, latin-1, windows-1252 …")
    load.add_argument("--delimiter", default="", help="what separates the columns")
    load.add_argument("--decimal-comma", action="store_true", help="numbers are written 1.204,50")
    load.add_argument("--date-format", action="append", default=[], metavar="PATTERN")
    load.add_argument("--zone", default="", help="zone of moments written without an offset")
    load.add_argument("--dry-run", action="store_true", help="say what would happen; store nothing")
    load.add_argument("--resume", default="", metavar="ID", help="go on with this upload")
    load.add_argument("--json", action="store_true", help="print the result as JSON")


def _options(args: argparse.Namespace) -> Any:
    from commonweal.kernel.metering.public import FileOptions

    return FileOptions(
        mapping=pairs(args.column, "--column"),
        constants=pairs(args.constant, "--constant"),
        encoding=args.encoding,
        delimiter={"tab": "\t", "\\t": "\t"}.get(args.delimiter, args.delimiter),
        decimal_comma=args.decimal_comma,
        date_formats=tuple(args.date_format),
        zone=args.zone,
    )


def load_file(args: argparse.Namespace) -> int:
    """Take a file in; resumable."""
    from commonweal.kernel.metering.public import submit_file

    path = readable(args.file)
    kind = args.format or ("parquet" if path.suffix.lower() in (".parquet", ".pq") else "csv")
    began = time.monotonic()

    def progress(rows: int, refused: int) -> None:
        speed = rows / max(time.monotonic() - began, 0.001)
        say(f"{rows:,} rows, {refused:,} refused, {speed:,.0f} rows/s")

    result = submit_file(
        actor=actor_of(args),
        source=args.source,
        path=path,
        kind=kind,
        options=_options(args),
        dry_run=args.dry_run,
        resume=as_id(args.resume, "upload") if args.resume else None,
        progress=progress,
    )
    refused = result.rejected + result.conflicts
    if args.json:
        print_json(vars(result) | {"problems": [vars(each) for each in result.problems]})
        return 1 if refused else 0
    for problem in result.problems:
        say(f"{problem.message} ({problem.code})")
    verb = "would be accepted" if result.dry_run else "accepted"
    print(
        f"{result.rows:,} rows: {result.accepted:,} {verb}, {result.duplicates:,} known already, "
        f"{result.conflicts:,} in quarantine, {result.rejected:,} refused."
    )
    if result.problems_path:
        print(f"Every refused row with its reason: {args.data / result.problems_path}")
    return 1 if refused else 0


def export_usage(args: argparse.Namespace) -> int:
    """An agency's month as CSV."""
    from commonweal.kernel.catalogue.public import item_by_code
    from commonweal.kernel.metering.public import export_csv

    with acting(args) as actor:
        item = item_by_code(actor, args.item).pk if args.item else None
        agency = agency_id(actor, args.agency)
        parts = export_csv(actor, agency, args.period, charge_item=item)
        write(args.out, "".join(parts).encode())
    return 0


def decide_quarantine(args: argparse.Namespace) -> int:
    """List, release or discard."""
    from commonweal.kernel.metering.public import (
        discard_quarantined,
        quarantine,
        release_quarantined,
    )
    from commonweal.kernel.schema.public import Place

    with acting(args) as actor:
        if args.what == "list":
            found = quarantine(actor, place=Place(limit=args.limit))
            rows = [
                (row.id, row.source.code, row.external_id, row.payload["quantity"],
                 f"{row.received_at:%Y-%m-%d %H:%M}", row.reason)
                for row in found
            ]  # fmt: skip
            header = ("id", "source", "record", "quantity", "received (UTC)", "why")
            table(header, rows, "Nothing is in quarantine.")
            return 1 if rows else 0
        if not args.id:
            raise CommandError("CLI-106", f"Say which record to {args.what}: copy its id.")
        decide = release_quarantined if args.what == "release" else discard_quarantined
        decide(actor=actor, quarantine_id=as_id(args.id, "quarantined record"), note=args.note)
    print("Released: the record replaces the one before." if args.what == "release"
          else "Discarded: the recorded content stands.")  # fmt: skip
    return 0


def check_sources(args: argparse.Namespace) -> int:
    """Each source's count and report; status 1 if one is missing or differs."""
    from commonweal.kernel.metering.public import source_checks

    with acting(args) as actor:
        checks = source_checks(actor, args.period)
    for check in checks:
        print(check.sentence)
    return 1 if any(check.problem and check.source.expected for check in checks) else 0


def report_complete(args: argparse.Namespace) -> int:
    """A source's own count and total."""
    from commonweal.kernel.metering.public import report_source

    try:
        total = Decimal(args.total)
    except InvalidOperation:
        raise CommandError("CLI-107", f"“{args.total}” is not a number. Write 1204.5.") from None
    with acting(args) as actor:
        report_source(
            actor=actor,
            source=args.source,
            period=args.period,
            control_count=args.count,
            control_total=total,
        )
    print(f"{args.source} is reported complete for {args.period}: {args.count:,} records.")
    return 0

"""The yearly package for auditors: a zip of open files with hashes, and a summary to read.

Same record, same bytes: no clock, fixed order, fixed zip times.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from html import escape

from django.utils.translation import gettext_noop as _

from commonweal.kernel.access.public import Actor
from commonweal.kernel.party.public import centre

from .annual_pdf import annual_pdf
from .annual_tables import Table, Tables
from .pack import zipped
from .tables import write_csv

FORMAT = "commonweal-annual-1"
FILES = (
    ("01-description.csv", "description", _("what each service is, and its fund")),
    ("02-balance-sheet.csv", "balance_sheet", _("the books by fund, service and account")),
    ("03-revenue-by-source.csv", "revenue", _("revenue by service and source")),
    ("04-expense-by-pool.csv", "expense", _("cost by service and cost pool")),
    ("05-cost-by-category.csv", "categories", _("the ledger's cost by object category")),
    ("06-transfers.csv", "transfers", _("opening balances and non-operating transfers")),
    ("07-rate-method.csv", "rate_method", _("how each rate came about")),
    ("08-rates.csv", "rates", _("the schedule of rates")),
    ("09-revenue-and-cost.csv", "comparison", _("revenue beside cost, by service and month")),
    ("10-variances.csv", "variances", _("each service's year, and how its variance is handled")),
    ("11-imputed-revenue.csv", "imputed", _("what users with a reduced price were not charged")),
    ("12-reserves.csv", "reserves", _("the reserve test in days of cash expense")),
    ("13-adjustments.csv", "adjustments", _("year-end adjustments")),
    ("14-grants.csv", "grants", _("what each funding source paid, and its share")),
    ("15-decisions.csv", "decisions", _("who decided what; people by opaque ids")),
    ("16-bills.csv", "bills", _("every issued bill with its hash")),
    ("17-reconciliation.csv", "reconciliation", _("bills beside the books")),
)
"""The tables by name: the file, the method of `Tables`, and what it holds."""


@dataclass(frozen=True)
class AnnualFiles:
    """The zip's bytes, its root (the SHA-256 of the manifest) and its name."""

    data: bytes
    root: str
    filename: str


def annual_package(
    actor: Actor, fiscal_year: int, tell: Callable[[int, int], None] = lambda done, total: None
) -> AnnualFiles:
    """Make the package of a fiscal year; `tell` hears of each table made."""
    tables = Tables(actor, fiscal_year)
    files: dict[str, bytes] = {}
    for number, (name, method, _about) in enumerate(FILES):
        tell(number, len(FILES))
        header, rows = getattr(tables, method)()
        files[name] = write_csv(header, rows)
    for row in tables.adjustment_rows():
        body = json.dumps(row.document, indent=1, sort_keys=True, ensure_ascii=False)
        files[f"adjustments/{row.service.code}-{row.pk}.json"] = (body + "\n").encode()
    files["summary.html"] = _summary(tables).encode()
    files["summary.pdf"] = annual_pdf(tables)
    files["README.txt"] = _readme(fiscal_year).encode()
    manifest = "".join(
        f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in sorted(files.items())
    ).encode()
    files["manifest.sha256"] = manifest
    return AnnualFiles(
        zipped(files), hashlib.sha256(manifest).hexdigest(), f"annual-package-{fiscal_year}.zip"
    )


def _readme(fiscal_year: int) -> str:
    listed = "".join(f"{name:<28}{about}\n" for name, _method, about in FILES)
    return (
        f"The recovery of {centre().name} in the fiscal year {fiscal_year}.\n\n"
        f"Format {FORMAT}. Amounts are in {centre().currency}, in major units. Each service is an "
        "account\nof its own: nothing is netted between services. Where the record does not say, "
        "the file says\n“cannot be determined”; nothing is estimated.\n\n"
        f"summary.html                the year on one page\nsummary.pdf                 the same "
        f"to print and to sign: positions, reserves, grants, controls\n{listed}"
        "adjustments/                everything that went into each adjustment, to work it out "
        "again\nmanifest.sha256             a hash of each file; its own hash is the package's "
        "root\n\nTo check the hashes: sha256sum -c manifest.sha256\n"
    )


def _summary(tables: Tables) -> str:
    """One page that any browser shows; nothing in it is loaded from elsewhere."""
    parts = [
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n',
        f"<title>Recovery {tables.year}</title>\n</head>\n<body>\n",
        f"<h1>{escape(centre().name)}: recovery in the fiscal year {tables.year}</h1>\n",
        f"<p>Amounts in {tables.currency}. Each service stands for itself.</p>\n",
        _html("Each service's year", tables.variances()),
        _html("The reserve test", tables.reserves()),
        _html("Year-end adjustments", tables.adjustments()),
        _html("Bills beside the books", tables.reconciliation()),
        "</body>\n</html>\n",
    ]
    return "".join(parts)


def _html(title: str, table: Table) -> str:
    header, rows = table
    if not rows:
        return f"<h2>{escape(title)}</h2>\n<p>None.</p>\n"
    head = "".join(f'<th scope="col">{escape(name.replace("_", " "))}</th>' for name in header)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(str(cell))}</td>" for cell in row) + "</tr>\n"
        for row in rows
    )
    return (
        f"<h2>{escape(title)}</h2>\n<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}"
        "</tbody>\n</table>\n"
    )

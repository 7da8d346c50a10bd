"""The proof pack of an issued bill: open files with hashes (docs/reference/proof-pack.md).

Same bill, same bytes: fixed order, fixed zip times. Holds the agency's own usage and nothing of
another agency; the cost allocation holds pools, drivers and services only.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from commonweal.kernel.access.public import Actor
from commonweal.kernel.authority.public import decision_document

from ..models import AllocationRun, Bill, BillLine, RateVersion
from ..selectors.bill_document import bill_document
from ..selectors.conversions import conversions_document
from ..selectors.credits import credit_facts
from ..selectors.pools import pool_places
from ..selectors.rated import rated_rows
from ..selectors.reductions import reduction_rows
from .tables import agency_journal_csv, safe_cell
from .verifier import joined

FORMAT = 1
_MOMENT = (1980, 1, 1, 0, 0, 0)
USAGE_COLUMNS = (
    "kind", "charge_period", "charge_item", "rate_version", "order_line_id", "source", "id", "from",
    "quantity", "quantity_before", "amount", "cell", "counted",
)  # fmt: skip
README = """\
This folder lets you check one bill yourself, with nothing but Python 3.

    python3 check_bill.py {name}

bill.json        the bill as issued
usage.csv        every usage record behind it, in the order in which it was priced
rates.json       the rates used: who decided each, when, and from which cost and volume
allocation.json  how the centre's costs came to the service behind each rate
conversions.json how quantities in another unit were converted, where there are any
orders.json      the order lines and the funding shares
pools.json       for prices of all agencies' quantities together: their total, without names
credits.json     the credits on the bill, if any: their instalments, and who decided them
journal.csv      the bill as a journal
manifest.sha256  a hash of each file; the hash of this list is the proof root printed on your bill

What it proves: that the bill follows from these records, rates and costs. What it cannot prove:
that the records are all there and none is invented. For that, compare the counts that the program
prints with your own records.
"""


@dataclass(frozen=True)
class Pack:
    """The zip's bytes and its root: the SHA-256 of the manifest."""

    data: bytes
    root: str


class PackMaker:
    """Makes packs of one close: rates and allocations are written out once for all its bills."""

    def __init__(self, actor: Actor) -> None:
        self.actor = actor
        self._rates: dict[Any, dict[str, Any]] = {}
        self._runs: dict[str, dict[str, Any]] = {}

    def rate(self, version: RateVersion) -> dict[str, Any]:
        """A rate version as the pack holds it."""
        if version.id not in self._rates:
            self._rates[version.id] = _rate(version)
        return self._rates[version.id]

    def allocations(self, versions: Iterable[RateVersion]) -> dict[str, Any]:
        """The allocation runs behind the derivations of some rates."""
        wanted = {v.derivation["run"] for v in versions if v.derivation.get("run")}
        missing = wanted - self._runs.keys()
        for run in AllocationRun.objects.filter(id__in=missing):
            self._runs[str(run.id)] = {"document": run.document, "result": run.result}
        return {"format": FORMAT, "runs": {key: self._runs[key] for key in sorted(wanted)}}

    def build(self, bill: Bill, lines: Sequence[BillLine]) -> Pack:
        """The pack of an issued bill with its lines."""
        return _build(self, bill, lines)


def _build(maker: PackMaker, bill: Bill, lines: Sequence[BillLine]) -> Pack:
    versions = {line.rate_version_id: line.rate_version for line in lines}
    ordered = sorted(versions.values(), key=lambda version: version.code)
    files = {
        "README.txt": README.format(name=f"{bill.number}-proof.zip").encode(),
        "allocation.json": _json(maker.allocations(ordered)),
        "bill.json": _json(bill_document(bill, lines)),
        "journal.csv": agency_journal_csv(bill, lines, ()),
        "orders.json": _json(_orders(lines)),
        "pools.json": _json({"format": FORMAT, "pools": pool_places(bill, lines)}),
        "rates.json": _json({"format": FORMAT, "rates": [maker.rate(v) for v in ordered]}),
        "usage.csv": _usage(maker.actor, bill, versions),
    }
    converted = conversions_document(maker.actor, bill.agency_id, bill.period)
    if converted is not None:
        files["conversions.json"] = _json(converted)
    reduced = reduction_rows(bill, lines)
    if reduced:
        files["reductions.json"] = _json({"format": FORMAT, "reductions": reduced})
    credits = credit_facts(bill, lines)
    if credits:
        files["credits.json"] = _json({"format": FORMAT, "credits": credits})
    manifest = "".join(
        f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in sorted(files.items())
    ).encode()
    files["manifest.sha256"] = manifest
    return Pack(zipped(files), hashlib.sha256(manifest).hexdigest())


def verifier_source() -> bytes:
    """The stand-alone verifier: one file, Python's standard library only."""
    return joined().encode()


def _json(value: Any) -> bytes:
    return (json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False) + "\n").encode()


def zipped(files: dict[str, bytes]) -> bytes:
    """A zip of files by name: the same files give the same bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, _MOMENT)
            entry.external_attr = 0o644 << 16
            entry.create_system = 3
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, files[name])
    return out.getvalue()


def _usage(actor: Actor, bill: Bill, versions: dict[Any, RateVersion]) -> bytes:
    codes = {str(version.id): version.code for version in versions.values()}
    items = {str(v.charge_item_id): v.charge_item.code for v in versions.values()}
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(USAGE_COLUMNS)
    for row in rated_rows(actor, bill.agency_id, bill.period):
        writer.writerow(
            (
                row.kind, row.charge_period or bill.period, items[str(row.charge_item)],
                codes[str(row.rate_version)], row.order_line, safe_cell(row.source),
                safe_cell(row.fact_id),
                row.from_time.isoformat(), format(row.quantity, "f"),
                format(row.quantity_before, "f"), format(row.amount, "f"),
                safe_cell(row.cell), format(row.counted, "f"),
            )
        )  # fmt: skip
    return out.getvalue().encode()


def _rate(version: RateVersion) -> dict[str, Any]:
    return {
        "code": version.code,
        "charge_item": version.charge_item.code,
        "currency": version.currency,
        "model": version.model,
        "starts": str(version.starts),
        "reason": version.reason,
        "derivation": version.derivation,
        "decision": decision_document(version.decision_id) if version.decision_id else None,
    }


def _orders(lines: Iterable[BillLine]) -> dict[str, Any]:
    orders = {}
    for line in lines:
        sources = sorted((part.source for part in line.funding.all()), key=lambda s: str(s.id))
        orders[str(line.order_line_id)] = {
            "order": line.order_line.order.number,
            "line": line.order_line.number,
            "starts": str(line.order_line.starts),
            "ends": str(line.order_line.ends) if line.order_line.ends else None,
            "funding": [
                {
                    "id": str(source.id),
                    "source": source.name,
                    "numerator": source.share_numerator,
                    "denominator": source.share_denominator,
                }
                for source in sources
            ],
        }
    return {"format": FORMAT, "order_lines": orders}

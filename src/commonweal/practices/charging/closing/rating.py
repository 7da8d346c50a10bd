"""Rating a period's usage files, and proving the result by totals.

Rated files hold one agency and one period each (design law 9), as kind `rated` of metering's
manifest. Late records and fixed charges do not go through the SQL kernel: they are few.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

from commonweal.kernel.access.public import Actor
from commonweal.kernel.audit.public import digest
from commonweal.kernel.calendar.public import FiscalPeriod
from commonweal.kernel.catalogue.public import LineInForce, order_lines_in_force
from commonweal.kernel.metering.public import (
    PartitionFile,
    Total,
    late_arrived,
    late_totals,
    partition_files,
    put_rated,
    totals,
)
from commonweal.kernel.party.public import Agency, centre

from ..engine import ENGINE_VERSION
from ..engine.cases import dimension_names
from ..engine.connection import open_connection
from ..engine.errors import EngineDefect
from ..engine.price import PriceModel
from ..engine.rating import Difference, prove_totals, rate_to_table, require_proof
from ..engine.rating_sql import dimension_columns
from ..selectors.rated import PRICED_ORDER
from .correction_proof import prove_corrections
from .corrections import corrected_line, corrections
from .drafting import CauseError, Funding, RatedGroup, funding_shares
from .fixed import fixed_charges, fixed_items, refuse_fixed_usage
from .late import Corrected, Place
from .rated_tables import RATED, add_labels, line_totals, plan_of, used_by_version, without_cell
from .rates import RateIndex, approved_rates

MOST_ROWS = 100


@dataclass
class Prepared:
    """Everything that rating a period depends on; its hash is the run's identity."""

    period: str
    zone: str
    files: list[PartitionFile]
    rates: RateIndex
    fixed: list[RatedGroup]
    funding: Funding
    input_hash: str


@dataclass
class Workspace:
    """A DuckDB with a folder to spill into; both go away at the end."""

    connection: Any = None
    folder: Path = field(default_factory=Path)

    def __enter__(self) -> Workspace:
        self.folder = Path(tempfile.mkdtemp(prefix="commonweal-rating-"))
        self.connection = open_connection(spill=self.folder)
        return self

    def __exit__(self, *_: object) -> None:
        self.connection.close()
        shutil.rmtree(self.folder, ignore_errors=True)


def prepare(actor: Actor, period: str) -> Prepared:
    """Collect usage files, approved rates, order lines and their funding, and hash them."""
    zone = centre().zone
    files = partition_files(actor, period, kind="usage")
    rates = approved_rates(zone)
    lines = order_lines_in_force(actor, None, FiscalPeriod.parse(period))
    used = {(row.agency_id, row.charge_item_id) for row in totals(actor, period)}
    fixed = fixed_charges(lines, period, zone, rates, agency_codes(lines), used)
    funding = funding_of(actor, period, lines)
    identity = digest(
        {
            "engine": ENGINE_VERSION,
            "period": period,
            "zone": zone,
            "usage": [[file.relative, file.sha256] for file in files],
            "rates": [
                [span.version_id, span.start, span.end, rates.documents[span.version_id]]
                for span in rates.spans
            ],
            "late": [
                [row.agency_id, row.charge_item_id, row.order_line_id, row.count, row.quantity]
                for row in late_totals(actor, period)
            ],
            "fixed": [[g.agency_id, g.charge_item_id, g.order_line_id, g.amount] for g in fixed],
            "funding": [
                [line, [[share.source_id, share.weight] for share in funding[line]]]
                for line in sorted(funding, key=str)
            ],
        }
    )
    return Prepared(period, zone, files, rates, fixed, funding, identity)


def agency_codes(lines: Iterable[LineInForce]) -> dict[UUID, str]:
    """The codes of the agencies of some order lines, by which prices name agencies."""
    wanted = {line.agency_id for line in lines}
    return dict(Agency.objects.filter(id__in=wanted).values_list("id", "code"))


def funding_of(actor: Actor, period: str, lines: Iterable[LineInForce]) -> Funding:
    """The funding of every order line that the month may charge: those in force, and those that
    its usage and its corrections were recorded under."""
    used = (*totals(actor, period), *late_totals(actor, period))
    wanted = {line.id for line in lines} | {each.order_line_id for each in used}
    return funding_shares(line_id for line_id in wanted if line_id is not None)


def _list(files: Iterable[PartitionFile]) -> str:
    return ", ".join("'" + str(file.path).replace("'", "''") + "'" for file in files)


def load(work: Workspace, prepared: Prepared) -> None:
    """Make the relation `usage` that the kernel rates, and `uncovered` with what has no cause."""
    base = work.connection
    base.execute(
        "CREATE TABLE rates (rate_version UUID, charge_item UUID, starts TIMESTAMPTZ,"
        " ends TIMESTAMPTZ)"
    )
    for span in prepared.rates.spans:
        base.execute(
            "INSERT INTO rates VALUES (?, ?, ?, ?)",
            [str(span.version_id), str(span.charge_item_id), span.start, span.end],
        )
    if prepared.files:
        facts = f"read_parquet([{_list(prepared.files)}])"
    else:
        facts = (
            "(SELECT NULL::UUID AS agency_id, NULL::UUID AS charge_item_id,"
            " NULL::UUID AS order_line_id, '' AS source, '' AS external_id,"
            " NULL::TIMESTAMPTZ AS starts, 0::DECIMAL(18,6) AS quantity, '' AS dimensions,"
            " NULL::UUID AS bureau_id,"
            " false AS late WHERE 1 = 0)"
        )
    base.execute("CREATE TABLE by_order (item UUID)")
    for item in sorted(fixed_items(), key=str):
        base.execute("INSERT INTO by_order VALUES (?)", [str(item)])
    names = dimension_names(prepared.rates.models.values())
    dimensions = f", {dimension_columns(names, 'f.dimensions')}" if names else ""
    base.execute(
        f"""CREATE TABLE joined AS SELECT f.agency_id, f.charge_item_id AS charge_item,
        r.rate_version, f.order_line_id AS order_line, f.source, f.external_id AS fact_id,
        f.starts AS from_time, f.quantity, f.bureau_id AS bureau,
        f.charge_item_id IN (SELECT item FROM by_order) AS fixed{dimensions}
        FROM {facts} f LEFT JOIN rates r ON r.charge_item = f.charge_item_id
        AND r.starts <= f.starts AND f.starts < r.ends WHERE NOT f.late"""
    )
    base.execute(
        "CREATE VIEW usage AS SELECT * FROM joined"
        " WHERE rate_version IS NOT NULL AND order_line IS NOT NULL"
    )


def require_causes(work: Workspace, prepared: Prepared) -> None:
    """Refuse to go on while a record or a fixed charge has no rate or no order line, or a record is
    of an item that its order charges (design law 5); show the rows."""
    rows = work.connection.execute(
        """SELECT agency_id, charge_item, rate_version IS NULL, count(*),
        min(source || ' ' || fact_id), fixed FROM joined
        WHERE rate_version IS NULL OR order_line IS NULL OR fixed
        GROUP BY ALL ORDER BY 1, 2, 3"""
    ).fetchall()
    missing = [
        {
            "agency": str(agency),
            "item": str(item),
            "problem": "its order charges it already"
            if fixed
            else ("no rate was in force" if no_rate else "no order covers it"),
            "records": count,
            "example": example,
        }
        for agency, item, no_rate, count, example, fixed in rows
    ]
    missing += without_cell(work.connection, prepared.rates.models)
    missing += prepared.rates.missing
    if missing:
        raise CauseError(
            "CLOSE-302",
            f"{sum(row['records'] for row in missing)} usage records or order lines have no cause: "
            "no rate was in force, no order covers them, or their order charges them already. "
            "Approve the rate or sign the order, then resume.",
            rows=missing[:200],
        )


def write_rated(
    work: Workspace,
    prepared: Prepared,
    actor: Actor,
    period: str,
    tell: Callable[[int, int | None], None],
) -> int:
    """Rate everything, then write one file per agency: ordinary records and corrections."""
    late = corrections(actor, period, prepared.rates, used_by_version(work.connection))
    require_causes(work, prepared)
    models = by_text(prepared)
    plan = plan_of(work.connection, prepared.rates.models, period)
    result = rate_to_table(work.connection, plan, models, "rated")
    add_labels(work.connection, plan, models)
    _add_corrections(work, late)
    agencies = work.connection.execute(
        "SELECT agency_id, count(*) FROM lines GROUP BY agency_id ORDER BY agency_id"
    ).fetchall()
    for number, (agency_id, rows) in enumerate(agencies):
        tell(number, len(agencies))
        put_rated(
            actor=actor,
            agency_id=agency_id,
            period=period,
            write=partial(_write, work, agency_id),
            rows=rows,
            totals={
                "input_hash": prepared.input_hash,
                "lines": line_totals(work.connection, agency_id),
            },
        )
    return result.facts + sum(1 for each in late if each.fact is not None)


def by_text(prepared: Prepared) -> Mapping[str, PriceModel]:
    """The prices by the text of their rate version, as the engine names them."""
    return {str(key): model for key, model in prepared.rates.models.items()}


def _add_corrections(work: Workspace, late: Sequence[Corrected]) -> None:
    """Late records as rows beside the others; without a record where a shared price moved."""
    for each in late:
        fact, place = each.fact, each.place
        work.connection.execute(
            f"INSERT INTO lines (kind, charge_period, {RATED}, cell, counted)"
            " VALUES ('correction', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                place.charge_period,
                str(place.agency_id),
                str(place.charge_item_id),
                str(place.rate_version_id),
                str(each.order_line_id),
                "" if fact is None else fact.source,
                "" if fact is None else fact.external_id,
                _start_of(place.charge_period) if fact is None else fact.starts,
                each.quantity,
                each.before,
                each.amount,
                place.cell,
                each.counted,
            ],
        )


def _start_of(period: str) -> datetime:
    return datetime.combine(FiscalPeriod.parse(period).first_day, datetime.min.time(), UTC)


def _write(work: Workspace, agency_id: UUID, path: Path) -> None:
    place = str(path).replace("'", "''")
    work.connection.execute(
        f"""COPY (SELECT * FROM lines WHERE agency_id = '{UUID(str(agency_id))}'
        ORDER BY {PRICED_ORDER})
        TO '{place}' (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 122880)"""
    )


@dataclass(frozen=True)
class Proof:
    """What the second path compared."""

    groups: int
    total: str


def prove(actor: Actor, period: str) -> Proof:
    """Three comparisons: facts against the price of totals (engine's second path); the totals that
    PostgreSQL counted at the freeze against those of the files; corrections against their span."""
    refuse_fixed_usage(actor, period)
    _require_standing(actor, period)
    prepared = prepare(actor, period)
    rated = partition_files(actor, period, kind="rated")
    with Workspace() as work:
        load(work, prepared)
        base = work.connection
        plan = plan_of(base, prepared.rates.models, period)
        if rated:
            base.execute(
                f"CREATE VIEW rated AS SELECT * FROM read_parquet([{_list(rated)}])"
                " WHERE kind = 'usage'"
            )
        else:
            base.execute("CREATE VIEW rated AS SELECT *, 0::DECIMAL(27,9) AS amount FROM usage")
        _require_proof(
            prove_totals(
                base, "usage", "rated", by_text(prepared),
                dimensions=plan.dimensions, openings=plan.openings,
            )
        )  # fmt: skip
        _compare_counts(base, "rated", totals(actor, period))
        if rated:
            base.execute(
                f"CREATE VIEW corrected AS SELECT * FROM read_parquet([{_list(rated)}])"
                " WHERE kind = 'correction' AND source <> ''"
            )
            base.execute(
                f"CREATE VIEW moved AS SELECT * FROM read_parquet([{_list(rated)}])"
                " WHERE kind = 'correction'"
            )
            used = used_by_version(base)
            prove_corrections(actor, period, base, prepared.rates, used)
            _compare_counts(base, "corrected", late_totals(actor, period))
        count, total = base.execute(
            "SELECT count(DISTINCT (agency_id, charge_item, rate_version)),"
            " coalesce(sum(amount), 0)::VARCHAR FROM rated"
        ).fetchone()
    return Proof(count, str(total))


def _require_standing(actor: Actor, period: str) -> None:
    """Every late record of the month's files is booked, held or decided: none was lost."""
    kept = sum(row.count for row in totals(actor, period, late=True))
    noted = late_arrived(actor, period)
    if kept != noted:
        raise CauseError(
            "CLOSE-307",
            f"{kept} late records are in the files of {period}, and {noted} have a standing. "
            "Nothing may be billed: keep the files and report this.",
            rows=[{"month": period, "files": kept, "standing": noted}],
        )


def _require_proof(differences: Sequence[Difference]) -> None:
    """Show every group in which the two paths differ, with both sums (CLOSE-306)."""
    try:
        require_proof(differences)
    except EngineDefect as defect:
        rows = [
            {
                "agency": agency,
                "item": item,
                "rate": version,
                "by_records": _figure(each.found),
                "by_total": _figure(each.expected),
                "difference": _figure(
                    None
                    if each.found is None or each.expected is None
                    else each.found - each.expected
                ),
                "records": f"{each.found_facts or 0} / {each.facts or 0}",
            }
            for each in differences[:MOST_ROWS]
            for agency, item, version in [each.group]
        ]
        raise CauseError(
            "CLOSE-306",
            f"{len(differences)} groups differ between the two ways to price them. Nothing may be "
            "billed: keep the files and report this.",
            rows=rows,
        ) from defect


def _counted(value: tuple[int, Decimal] | None) -> str:
    """`12 / 340.5`: how many records, and their quantity together."""
    return "–" if value is None else f"{value[0]} / {format(value[1].normalize(), 'f')}"


def _figure(value: Decimal | None) -> str:
    return "–" if value is None else format(value, "f")


def _compare_counts(base: Any, relation: str, counted: Iterable[Total]) -> None:
    """The manifest's totals were summed at the freeze; the rated files must agree with them."""
    stated: dict[tuple[str, str], tuple[int, Decimal]] = {}
    for row in counted:
        key = (str(row.agency_id), str(row.charge_item_id))
        count, quantity = stated.get(key, (0, Decimal(0)))
        stated[key] = (count + row.count, quantity + row.quantity)
    # A late record that moved to another price has two rows.
    records = "count(*)" if relation == "rated" else "count(DISTINCT (source, fact_id))"
    rows = base.execute(
        f"SELECT agency_id::VARCHAR, charge_item::VARCHAR, {records}, sum(quantity)"
        f" FROM {relation} GROUP BY 1, 2"
    ).fetchall()
    found = {(agency, item): (count, quantity) for agency, item, count, quantity in rows}
    wrong = [key for key in stated.keys() | found.keys() if stated.get(key) != found.get(key)]
    if wrong:
        raise CauseError(
            "CLOSE-303",
            f"{len(wrong)} totals of the rated records differ from those counted at the freeze. "
            "Nothing may be billed: keep the files and report this.",
            rows=[
                {
                    "agency": agency,
                    "item": item,
                    "frozen": _counted(stated.get((agency, item))),
                    "rated": _counted(found.get((agency, item))),
                }
                for agency, item in sorted(wrong)[:MOST_ROWS]
            ],
        )


def groups(actor: Actor, period: str, prepared: Prepared) -> list[RatedGroup]:
    """The sums that become bill lines: rated files by line, and the fixed charges."""
    rated = partition_files(actor, period, kind="rated")
    found = list(prepared.fixed)
    if rated:
        with Workspace() as work:
            rows = work.connection.execute(
                f"""SELECT agency_id, kind, charge_period, charge_item, rate_version, order_line,
                cell,                 sum(counted)::DECIMAL(18,6), count(*) FILTER (source <> ''),
                sum(amount)::DECIMAL(27,9) FROM
                read_parquet([{_list(rated)}]) GROUP BY ALL ORDER BY ALL"""
            ).fetchall()
        found += [_group(period, *row) for row in rows]
    return found


def _group(
    period: str,
    agency_id: UUID,
    kind: str,
    charge_period: str,
    item: UUID,
    version: UUID,
    order_line: UUID,
    cell: str,
    quantity: Decimal,
    facts: int,
    amount: Decimal,
) -> RatedGroup:
    corrects = None
    if kind == "correction":
        place = Place(agency_id, item, version, charge_period, cell)
        corrects = corrected_line(place, order_line)
    return RatedGroup(
        agency_id,
        kind,
        charge_period or period,
        item,
        version,
        order_line,
        quantity,
        facts,
        amount,
        corrects,
        cell,
    )

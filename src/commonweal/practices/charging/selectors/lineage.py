"""The auditor's two ways: from a ledger line to whom it was charged, and from a bill line back."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any
from uuid import UUID

from django.db.models import Sum

from commonweal.kernel.access.public import SYSTEM, Actor, asking, require
from commonweal.kernel.money.public import Money
from commonweal.kernel.party.public import centre
from commonweal.kernel.schema.public import FIRST, Listing, NotFound, Place, listing

from ..domain.cost_terms import IDLE
from ..domain.costs import CostError
from ..domain.lineage import (
    COST_OVER_VOLUME,
    Charged,
    CostPart,
    Part,
    behind,
    by_agency,
    charged,
    split_signed,
)
from ..models import AllocationEdge, AllocationRun, BillLine, CostLine, IdleCharge, IdleCost
from . import bills
from .cost_model import VIEW, lines_with_pool
from .costs import LedgerLine, shown_line
from .credits import unearned_lines
from .marks import PERSONAL, mark_rows, marked

RUNS = 50


@dataclass(frozen=True)
class LedgerTrail:
    """Whom a ledger line was charged to, by one allocation that counted it.

    `run` None: no allocation counted it yet. `pool`: "unassigned" where no rule took it. `services`
    and `charged` each add up to the line; `agencies`: minor units by agency's code.
    """

    line: LedgerLine
    run: AllocationRun | None
    runs: Sequence[AllocationRun]
    pool: str
    pool_name: str
    services: Sequence[Part[str]]
    charged: Sequence[Charged]
    names: Mapping[str, str]

    @property
    def agencies(self) -> dict[str, int]:
        """Minor units per agency's code, largest first; "" for what nobody was billed for."""
        found = by_agency(self.charged)
        return dict(sorted(found.items(), key=lambda entry: (not entry[0], -abs(entry[1]))))


def ledger_trail(actor: Actor, line_id: UUID, run_id: UUID | None = None) -> LedgerTrail:
    """Whom a ledger line was charged to (COSTS-407): its pool, services, and their customers.

    By the newest allocation of the line's own month that counted it, or else the newest at all;
    `run_id`: by another that counted it (COSTS-406). A service's part goes to agencies by what they
    were billed for it in the allocation's months.
    """
    require(actor, VIEW)
    line = CostLine.objects.select_related("cost_import").filter(
        agency_id=centre().agency_id, pk=line_id
    ).first()  # fmt: skip
    if line is None:
        raise NotFound("COSTS-407", "There is no such ledger line. Choose one of a pool's lines.")
    runs = list(_counting(line)[:RUNS])
    run = _chosen(runs, line.period, run_id)
    if run is None:
        shown = replace(shown_line(line, ""), pool="")
        return LedgerTrail(shown, None, runs, "", "", [], [], {})
    span = (line.basis, run.first_period, run.last_period)
    pool = lines_with_pool(*span, run.ledger).values_list("pool_code", flat=True).get(pk=line.pk)
    return _trail(run, runs, shown_line(line, pool), line.amount_minor)


def _counting(line: CostLine) -> Any:
    """The allocations that counted a line, newest first, without their long documents."""
    found = AllocationRun.objects.filter(
        agency_id=line.agency_id,
        first_period__lte=line.period,
        last_period__gte=line.period,
        result__lines=line.basis,
        ledger__imports__contains=[str(line.cost_import_id)],
    )
    return found.order_by("-recorded_at", "-id").defer("document", "result")


def _chosen(
    runs: Sequence[AllocationRun], period: str, run_id: UUID | None
) -> AllocationRun | None:
    if run_id is not None:
        named = [run for run in runs if run.pk == run_id]
        if not named:
            raise NotFound(
                "COSTS-406", "No such allocation counted this ledger line. Choose one of the list."
            )
        return named[0]
    own = [run for run in runs if run.basis == "actual" and run.label == period]
    return next(iter(own or runs), None)


def _trail(
    run: AllocationRun, runs: Sequence[AllocationRun], line: LedgerLine, minor: int
) -> LedgerTrail:
    document = AllocationRun.objects.values_list("document", flat=True).get(pk=run.pk)
    names = {target["id"]: target["name"] for target in document["targets"]}
    pools = {pool["id"].removeprefix("direct:"): pool["name"] for pool in document["pools"]}
    edges = AllocationEdge.objects.filter(run=run, source=line.pool).values_list(
        "target", "numerator", "denominator"
    )
    shares = {
        target: Fraction(int(numerator), int(denominator))
        for target, numerator, denominator in sorted(edges)
    }
    idle = _idle_charged(run)
    kept = frozenset(
        target for target in shares if target not in idle and (target not in names or ":" in target)
    )
    billed = _billed(run, set(shares) - kept) | idle
    found = charged(minor, shares, billed, kept)
    services = split_signed(minor, shares)
    return LedgerTrail(line, run, runs, line.pool, pools.get(line.pool, ""), services, found, names)


def _billed(run: AllocationRun, services: set[str]) -> dict[str, dict[str, int]]:
    """Minor units of issued bills per service and agency for the run's months; one query.

    Without what hands on an asset's proceeds or a year's adjustment, and idle charges of pools:
    they are no charge for the service's cost (and idle cost has a place of its own).
    """
    rows = (
        BillLine.objects.filter(
            bill__state="issued",
            service__code__in=services,
            charge_period__gte=run.first_period,
            charge_period__lte=run.last_period,
        )
        .exclude(pk__in=unearned_lines())
        .values_list("service__code", "agency__code")
        .annotate(total=Sum("amount_minor"))
    )
    found: dict[str, dict[str, int]] = {}
    for service, agency, total in rows:
        found.setdefault(service, {})[agency] = int(total)
    return found


def _idle_charged(run: AllocationRun) -> dict[str, dict[str, int]]:
    """Minor units charged for the idle part of pools in the run's months, by its place in the run
    and agency; "" for what of it nobody was charged (never billed before, or known too late).

    Charged by the close's own run, and true of every later allocation of the same months.
    """
    if run.basis != "actual":
        return {}
    rows = IdleCharge.objects.filter(period__gte=run.first_period, period__lte=run.last_period)
    found: dict[str, dict[str, int]] = {}
    for pool, agency, minor in rows.exclude(pool="").values_list(
        "pool", "agency__code", "amount_minor"
    ):
        own = found.setdefault(IDLE + pool, {})
        own[agency] = own.get(agency, 0) + minor
    whole = IdleCost.objects.filter(run=run, capacity__pool__isnull=False)
    for pool, minor in whole.values_list("capacity__pool__code", "idle_minor"):
        known = found.get(IDLE + pool, {})
        if known and minor > sum(known.values()):
            known[""] = minor - sum(known.values())
    return found


@dataclass(frozen=True)
class LineCosts:
    """What a bill line's minor units stand for: the pools behind its rate, and adjustments.

    `parts` add up to the line. `at_cost`: the price is the one derived from cost. `of_month`: the
    price was set by hand, so the parts are what its service cost in the month charged for (none
    where that month has no allocation). `ground`: the derivation, or the like of the month. `idle`:
    the line charges reserved capacity that lay idle, and the parts are what that cost.
    """

    line: BillLine
    parts: Sequence[Part[CostPart]]
    at_cost: bool
    of_month: bool
    ground: Mapping[str, Any]
    idle: bool = False

    def of_pool(self, pool: str) -> Part[CostPart]:
        """One pool's part (CHARGING-407)."""
        for part in self.parts:
            if part.key.pool == pool and pool:
                return part
        raise NotFound(
            "CHARGING-407",
            f"Rate {self.line.rate_version.code} does not stand on “{pool}”. See its derivation.",
        )


def line_costs(actor: Actor, line_id: UUID) -> LineCosts:
    """The costs behind each cent of a bill line (BILL-404)."""
    line = bills.line(actor, line_id)
    idle = charge_of_idle(line)
    if idle is not None:
        place = IDLE + idle.pool if idle.pool else line.service.code
        ground = _month_of(idle.period, place, idle.run_id)
        return LineCosts(line, behind(line.amount_minor, ground), False, True, ground, True)
    version = line.rate_version
    derived, charged_rate = version.derivation.get("rate"), version.model.get("rate")
    at_cost = derived is not None and Fraction(derived) == Fraction(charged_rate or 0)
    by_hand = version.derivation.get("kind") != COST_OVER_VOLUME
    ground = version.derivation
    if by_hand:
        ground = _month_of(line.charge_period, line.service.code)
    return LineCosts(line, behind(line.amount_minor, ground), at_cost, by_hand, ground)


_MONTH = """SELECT json_build_object(
  'run', r.id, 'lines', r.result->>'lines', 'first_period', r.first_period,
  'last_period', r.last_period, 'currency', r.currency, 'named', r.document->'pools',
  'pools', (SELECT coalesce(json_agg(json_build_array(e.source, e.driver, e.amount_minor)
                                     ORDER BY e.source), '[]')
            FROM charging_allocationedge e WHERE e.run_id = r.id AND e.target = %s))::text
FROM charging_allocationrun r WHERE r.basis = 'actual' AND r.label = %s
  AND r.id = coalesce(%s, r.id)
ORDER BY r.recorded_at DESC, r.id DESC LIMIT 1"""


def charge_of_idle(line: BillLine) -> IdleCharge | None:
    """What reserved and idle capacity a line charges, if it does."""
    if line.kind != "credit":
        return None
    return IdleCharge.objects.filter(credit__portions=line.credit_id).first()


def _month_of(period: str, target: str, run_id: UUID | None = None) -> dict[str, Any]:
    """What a service, or a pool's idle part, cost in a month, as a derivation would say it; by the
    month's newest allocation, or by the one that a charge was made by."""
    with asking(SYSTEM, _MONTH, [target, period, run_id]) as row:
        if not row:
            return {}
        found = json.loads(row[0])
    names = {pool["id"].removeprefix("direct:"): pool["name"] for pool in found.pop("named")}
    whole = {"numerator": "1", "denominator": "1"}
    pools = [
        {"pool": source, "name": names.get(source, source), "driver": driver,
         "amount": Money(minor, found["currency"]).text}
        for source, driver, minor in found["pools"]
    ]  # fmt: skip
    return {
        **found, "kind": COST_OVER_VOLUME, "share": whole, "scale": whole, "pools": pools,
        "adjustments": [],
    }  # fmt: skip


@dataclass(frozen=True)
class CostShare:
    """A ledger line and the minor units of a bill line that stand for it; `share` of the pool."""

    line: LedgerLine
    share: Fraction
    minor: int


@dataclass(frozen=True)
class PoolShares:
    """A page of the ledger lines behind one pool's part of a bill line.

    Lines that are personal are told together: how many, their cost, and their minor units of the
    bill line. `rows` over all pages and `personal_share` add up to the part.
    """

    costs: LineCosts
    part: Part[CostPart]
    first_period: str
    last_period: str
    rows: Listing[CostShare]
    personal_lines: int
    personal_minor: int
    personal_share: int


def line_pool_shares(actor: Actor, line_id: UUID, pool: str, place: Place = FIRST) -> PoolShares:
    """The ledger lines behind one pool's part of a bill line, each with its minor units of it.

    Published to whoever may see the line: read in the centre's scope, without supplier, reference
    or posting day; personal lines only as one sum (design law 12).
    """
    costs = line_costs(actor, line_id)
    part = costs.of_pool(pool)
    document = costs.ground
    with asking(SYSTEM, _COUNTED, [document["run"]]) as row:
        if not row:
            raise NotFound("COSTS-406", "The allocation behind this rate is not there any more.")
        counted = json.loads(row[0])
        span = (document["lines"], document["first_period"], document["last_period"])
        lines = lines_with_pool(*span, counted).filter(pool_code=pool)
        private = marked(mark_rows(PERSONAL))
        amounts = dict(lines.order_by("period", "id").values_list("id", "amount_minor"))
        personal = set(lines.filter(private).values_list("id", flat=True))
        try:
            parts = {each.key: each for each in split_signed(part.minor, amounts)}
        except CostError:  # the pool's lines cancel out, so none of them carries anything
            parts = {key: Part(key, Fraction(0), 0) for key in amounts}
        page = listing(
            lines.exclude(private).select_related("cost_import"), ["period", "id"], place
        )
        rows = [CostShare(_open(row), parts[row.pk].share, parts[row.pk].minor) for row in page]
    return PoolShares(
        costs, part, span[1], span[2], Listing(rows, page.previous, page.next),
        len(personal), sum(amounts[key] for key in personal),
        sum(parts[key].minor for key in personal),
    )  # fmt: skip


_COUNTED = "SELECT ledger FROM charging_allocationrun WHERE id = %s"


def _open(row: Any) -> LedgerLine:
    shown = shown_line(row, row.pool_code)
    return replace(shown, supplier="", reference="", posted_on=None)

"""What lies idle of a reserved capacity, charged to those who reserved it, on their next bill.

A month's idle cost is known when its bills are out, so the charge stands on the bill of the month
after, beside the lines whose funding it takes over.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import override

from commonweal.kernel.access.public import Actor, require
from commonweal.kernel.audit.public import action, record
from commonweal.kernel.calendar.public import FiscalPeriod
from commonweal.kernel.money.public import largest_remainder
from commonweal.kernel.party.public import centre
from commonweal.kernel.schema.public import derived_id
from commonweal.kernel.words import public as words

from ..actions.credits import put_charge
from ..models import AllocationRun, BillLine, CloseRun, IdleCharge, IdleCost
from ..selectors.allocation_inputs import store_item_idle
from ..selectors.capacity import item_reaches, policy_of
from ..selectors.costs import reached
from ..selectors.credits import first_open_month

BEARS = ("usage", "fixed")
"""The kinds of bill line that a charge may stand beside."""


@action
def charge_idle(*, actor: Actor, run: CloseRun) -> dict[str, int]:
    """Keep the idle lines of charge items, whose use is now billed, and charge what was reserved.

    By the allocation of the month's own close; doing it again charges nothing twice. An agency that
    was never billed bears nothing: that part stays with the centre, and the trail says so.
    """
    require(actor, "charging.run_close")
    allocation = _allocation(run)
    counts = {"count": 0, "left": 0}
    if allocation is not None:
        month = FiscalPeriod.parse(run.period)
        known = set(IdleCost.objects.filter(run=allocation).values_list("capacity_id", flat=True))
        for reach in item_reaches(month, month):
            decided = policy_of(reach.capacity) is not None and reach.used is not None
            if decided and reach.capacity.pk not in known:
                store_item_idle(allocation, reach)
        rows = IdleCost.objects.filter(run=allocation, policy="reserved", idle_minor__gt=0)
        for idle in rows.select_related(
            "capacity", "capacity__pool", "capacity__charge_item"
        ).order_by("id"):
            for agency, minor in sorted(idle.shares.items()):
                done = not minor or _charge(actor, run, idle, UUID(agency), minor)
                counts["count" if done else "left"] += bool(minor)
    record(
        actor=actor,
        verb="costs.idle_charged",
        target=run,
        payload={"count": counts["count"], "left": counts["left"]},
    )
    return counts


def _allocation(run: CloseRun) -> AllocationRun | None:
    step = run.steps.filter(code="allocate", state="done").first()
    key = step.detail.get("run") if step else None
    return AllocationRun.objects.filter(pk=key).first() if key else None


def _charge(actor: Actor, run: CloseRun, idle: IdleCost, agency: UUID, minor: int) -> bool:
    """Charge one agency its part; whether it is charged (or was before)."""
    key = derived_id("idle", idle.pk, agency)
    if IdleCharge.objects.filter(idle=idle, agency_id=agency).exists():
        return True
    portions = _portions(idle, agency, run.period, minor)
    if not portions or idle.decision_id is None:
        return False
    of, capacity = _of(idle), idle.capacity
    reserved = {who: Decimal(quantity) for who, quantity in idle.reserved.items()}
    credit = put_charge(
        actor=actor,
        kind="idle_item" if capacity.charge_item_id else "idle_pool",
        reason=_reason(of, run.period),
        decision_id=idle.decision_id,
        portions={line: -part for line, part in portions.items()},
        months=(first_open_month(),),
        credit_id=key,
    )
    IdleCharge.objects.create(
        id=key,
        agency_id=agency,
        idle=idle,
        credit=credit,
        run_id=idle.run_id,
        period=run.period,
        pool=capacity.pool.code if capacity.pool else "",
        name=of,
        unit=capacity.unit,
        practical=idle.practical,
        used=idle.used,
        cost_minor=idle.cost_minor,
        idle_minor=idle.idle_minor,
        recovered_minor=idle.recovered_minor,
        reserved=reserved[str(agency)],
        reserved_all=sum(reserved.values(), Decimal(0)),
        amount_minor=minor,
    )
    return True


def _reason(of: str, period: str) -> str:
    with override(centre().locale):  # a record reads the same whoever closes the month
        shape = _("Reserved capacity of “%(name)s” that lay idle in %(month)s")
        return (shape % {"name": of, "month": words.period(period)})[:500]


def _of(idle: IdleCost) -> str:
    thing = idle.capacity.pool or idle.capacity.charge_item
    return thing.name if thing else ""


def _portions(idle: IdleCost, agency: UUID, period: str, minor: int) -> Mapping[UUID, int]:
    """The lines that the charge stands beside, one of each service, and each line's part.

    A pool's: of the services that it gives to; an item's: of that item, or else its service. By
    what the agency paid for each; without such lines, by all of its newest bill.
    """
    own = BillLine.objects.filter(agency_id=agency, kind__in=BEARS, amount_minor__gt=0)
    issued = own.filter(bill__state="issued", bill__period__lte=period)
    item, pool = idle.capacity.charge_item, idle.capacity.pool
    month = issued.filter(charge_period=period)
    if item is not None:
        choices = [month.filter(charge_item=item), month.filter(service_id=item.service_id)]
    else:
        choices = [month.filter(service__code__in=reached(idle.run_id, pool.code if pool else ""))]
    newest = issued.order_by("-bill__period").values_list("bill_id", flat=True)[:1]
    for found in (*choices, issued.filter(bill_id__in=list(newest))):
        weights: dict[UUID, int] = {}
        lines: dict[UUID, UUID] = {}
        for line in found.order_by("-amount_minor", "id"):
            lines.setdefault(line.service_id, line.pk)
            weights[line.service_id] = weights.get(line.service_id, 0) + line.amount_minor
        if weights:
            keys = sorted(weights)
            parts = largest_remainder(minor, [weights[key] for key in keys], [str(k) for k in keys])
            return {lines[key]: part for key, part in zip(keys, parts, strict=True) if part}
    return {}

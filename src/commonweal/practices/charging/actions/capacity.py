"""Practical capacity, its use and reservations, and the decision about what lies idle."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from uuid import UUID

from django.db import IntegrityError, transaction

from commonweal.kernel.access.public import Actor, require
from commonweal.kernel.audit.public import action, record
from commonweal.kernel.authority.public import Decision, propose
from commonweal.kernel.calendar.public import FiscalPeriod, Span, now
from commonweal.kernel.catalogue.public import ChargeItem
from commonweal.kernel.money.public import MoneyError, exact_decimal
from commonweal.kernel.party.public import agency, centre
from commonweal.kernel.schema.public import NotFound
from commonweal.kernel.words.public import quantity as figure

from ..domain.cost_terms import POLICIES
from ..domain.costs import CostError
from ..models import Capacity, CapacityUse, IdlePolicy, Reservation
from ..selectors.capacity import capacity as capacity_row
from ..selectors.capacity import reserved_now
from ..selectors.cost_model import closed_periods
from .cost_model import MAX_VALUE, PERMISSION, pool_by_code
from .deciding import decide

SUBJECT = "charging.IdlePolicy"
APPROVE = "charging.approve_rates"
WORDS = {
    "absorbed": "the centre bears it as under-recovery",
    "reserved": "those who reserved it bear it, by what they reserved",
    "spread": "it is spread over all users with the rest of the cost",
}


def _quantity(given: Decimal | int | str, field: str, least: int = 0) -> Decimal:
    try:
        value = exact_decimal(given)
    except MoneyError as wrong:
        raise CostError("COSTS-241", wrong.message, field=field) from wrong
    if not least <= value < MAX_VALUE or value != value.quantize(Decimal("0.000001")):
        raise CostError(
            "COSTS-241",
            f"{given} is not a quantity that can be kept. Give a number from {least} with at most "
            "6 decimals.",
            field=field,
        )
    return value


@action
def put_capacity(
    *,
    actor: Actor,
    pool: str = "",
    charge_item: str = "",
    quantity: Decimal | int | str,
    unit: str,
    owner: str,
    evidence: str,
    starts: date,
    ends: date | None = None,
) -> Capacity:
    """Record what a pool or a charge item can practically deliver in a month, from a day on.

    One that is open at its end closes where the new one begins; another overlap is refused
    (COSTS-244). Errors: COSTS-241 quantity, COSTS-242 of what, COSTS-243 words missing.
    """
    require(actor, PERMISSION)
    item = ChargeItem.objects.filter(code=charge_item).first() if charge_item else None
    if bool(pool) == bool(charge_item) or (charge_item and item is None):
        raise CostError(
            "COSTS-242", "Name either one pool or one charge item that there is.", field="of"
        )
    for name, words in (("owner", owner), ("evidence", evidence), ("unit", unit)):
        if not words.strip():
            raise CostError(
                "COSTS-243",
                "A capacity needs its unit, an owner of what lies idle, and the evidence for it.",
                field=name,
            )
    amount, span = _quantity(quantity, "quantity"), Span(starts, ends)
    if not amount:
        raise CostError("COSTS-241", "The capacity is zero. Give what can be delivered.",
                        field="quantity")  # fmt: skip
    of = {"pool": pool_by_code(pool) if pool else None, "charge_item": item}
    Capacity.objects.filter(**of, ends__isnull=True, starts__lt=starts).update(ends=starts)
    made = Capacity(
        agency_id=centre().agency_id, **of, quantity=amount, unit=unit.strip()[:40],
        owner=owner.strip()[:120], evidence=evidence.strip()[:300], starts=span.start,
        ends=span.end, recorded_at=now(),
    )  # fmt: skip
    try:
        with transaction.atomic():
            made.save(force_insert=True)
    except IntegrityError as overlap:
        raise CostError(
            "COSTS-244", "Another capacity counts on some of these days. Begin after it.",
            field="starts",
        ) from overlap  # fmt: skip
    record(
        actor=actor, verb="costs.capacity_put", target=made,
        payload={"pool": pool, "charge_item": charge_item, "quantity": amount, "starts": starts},
    )  # fmt: skip
    return made


@action
def record_use(
    *,
    actor: Actor,
    capacity_id: UUID,
    period: str,
    used: Decimal | int | str,
    evidence: str = "",
) -> CapacityUse:
    """Record how much of a pool's capacity a month used; not of a month allocated already
    (COSTS-246), nor of a charge item, whose use is what is billed (COSTS-247)."""
    require(actor, PERMISSION)
    found = capacity_row(actor, capacity_id)
    FiscalPeriod.parse(period)
    if found.charge_item_id:
        raise CostError("COSTS-247", "The use of a charge item is what is billed of it.")
    if closed_periods([period]):
        raise CostError("COSTS-246", f"{period} is allocated already and keeps its use.",
                        field="period")  # fmt: skip
    made, _ = CapacityUse.objects.update_or_create(
        capacity=found,
        period=period,
        defaults={
            "agency_id": found.agency_id,
            "used": _quantity(used, "used"),
            "evidence": evidence.strip()[:300],
        },
    )
    record(actor=actor, verb="costs.capacity_used", target=made,
           payload={"period": period, "used": made.used})  # fmt: skip
    return made


@action
def reserve_capacity(
    *, actor: Actor, capacity_id: UUID, agency_id: UUID, quantity: Decimal | int | str
) -> Reservation:
    """Record how much of a capacity an agency reserved; zero: nothing any more.

    Where those who reserved bear what lies idle, it counts once a second person approves the policy
    again: what agencies are charged by is never one person's word."""
    require(actor, PERMISSION)
    found, customer = capacity_row(actor, capacity_id), agency(actor, agency_id)
    made, _ = Reservation.objects.update_or_create(
        capacity=found,
        customer=customer,
        defaults={"agency_id": found.agency_id, "quantity": _quantity(quantity, "reserved")},
    )
    record(actor=actor, verb="costs.capacity_reserved", target=made,
           payload={"customer": customer.pk, "quantity": made.quantity})  # fmt: skip
    return made


@action
def propose_idle_policy(*, actor: Actor, capacity_id: UUID, policy: str, reason: str) -> IdlePolicy:
    """Propose who bears what a capacity leaves idle; a second person decides (COSTS-248, 249).

    For who reserved, the decision holds what each did (COSTS-245: nobody did)."""
    require(actor, PERMISSION)
    found = capacity_row(actor, capacity_id)
    if policy not in POLICIES:
        raise CostError(
            "COSTS-248", f"“{policy}” is not a policy. Use one of: {', '.join(POLICIES)}.",
            field="policy",
        )  # fmt: skip
    if len(reason.strip()) < 10:
        raise CostError("COSTS-249", "Say in at least ten characters why.", field="policy-reason")
    reserved = reserved_now(found) if policy == "reserved" else {}
    if policy == "reserved" and not reserved:
        raise CostError("COSTS-245", "Nobody reserved any of this capacity. Enter who did, or "
                        "choose another policy.", field="policy")  # fmt: skip
    made = IdlePolicy.objects.create(
        agency_id=found.agency_id, capacity=found, policy=policy, reason=reason.strip()[:500],
        recorded_at=now(),
    )  # fmt: skip
    what = found.pool.name if found.pool else found.charge_item.name if found.charge_item else ""
    decision = propose(
        actor=actor,
        subject_type=SUBJECT,
        subject_id=found.pk,
        label=f"Idle capacity of {what}",
        statement=f"What “{what}” leaves idle of its capacity: {WORDS[policy]}"
        f"{_how_much(found, reserved)}. {reason.strip()}",
        permission=PERMISSION,
        effect={
            "policy": policy,
            "row": made.pk,
            "reserved": {agency: str(part) for agency, part in sorted(reserved.items())},
        },
    )
    made.decision_id = decision.pk
    made.save(update_fields=["decision_id"])
    record(actor=actor, verb="costs.idle_policy_proposed", target=made, payload={"policy": policy})
    return made


def _how_much(of: Capacity, reserved: Mapping[str, Decimal]) -> str:
    """How much was reserved together, for the words that every one of them reads: no names."""
    if not reserved:
        return ""
    together = figure(sum(reserved.values(), Decimal(0)))
    return f" (together {together} of {figure(of.quantity)} {of.unit} a month)"


@action
def decide_idle_policy(
    *, actor: Actor, policy_id: UUID, approved: bool, reason: str = ""
) -> IdlePolicy:
    """Approve or reject a proposed policy, as a second person."""
    found = IdlePolicy.objects.filter(pk=policy_id, agency_id=centre().agency_id).first()
    if found is None or found.decision_id is None:
        raise NotFound("COSTS-411", "There is no such proposal. Choose one of a capacity's.")
    record(actor=actor, verb="costs.idle_policy_asked", target=found)
    decide(actor, found, found.decision_id, approved, reason)
    return found


def policy_approved(actor: Actor, decision: Decision) -> None:
    """Let an approved policy count; the one before it is replaced. Called by authority.

    COSTS-276 where other reservations are recorded by now than those that were proposed."""
    found = IdlePolicy.objects.get(decision_id=decision.pk)
    kept = {agency: Decimal(part) for agency, part in decision.effect["reserved"].items()}
    if found.policy == "reserved" and kept != reserved_now(found.capacity):
        raise CostError(
            "COSTS-276",
            "What agencies reserved was changed after this was proposed. Reject it, and have it "
            "proposed again with what is reserved now.",
        )
    IdlePolicy.objects.filter(capacity_id=found.capacity_id, state="approved").update(
        state="replaced"
    )
    found.state, found.approved_at = "approved", now()
    found.save(update_fields=["state", "approved_at"])
    record(actor=actor, verb="costs.idle_policy_set", target=found,
           payload={"policy": found.policy})  # fmt: skip


def policy_not_approved(actor: Actor, decision: Decision) -> None:
    """A rejected or withdrawn policy never counts. Called by authority."""
    found = IdlePolicy.objects.get(decision_id=decision.pk)
    found.state = "rejected"
    found.save(update_fields=["state"])
    record(actor=actor, verb="costs.idle_policy_refused", target=found,
           payload={"state": decision.state})  # fmt: skip

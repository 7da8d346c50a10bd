"""Deciding how pools give to pools from a month on: proposed by one, approved by another."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from commonweal.kernel.access.public import Actor, require
from commonweal.kernel.audit.public import action, record
from commonweal.kernel.authority.public import Decision, propose
from commonweal.kernel.calendar.public import FiscalPeriod, now
from commonweal.kernel.party.public import centre
from commonweal.kernel.schema.public import CommonwealError

from ..domain.cost_terms import check_method
from ..domain.costs import CostError
from ..engine.documents import run_allocate
from ..models import AllocationMethod
from ..selectors.allocation_inputs import document_of, inputs
from ..selectors.allocation_method import last_allocation, method_on, proposed_method
from ..selectors.cost_model import require_open
from .cost_model import PERMISSION
from .deciding import decide

SUBJECT = "charging.AllocationMethod"
WORDS = {
    "direct": "pools give to services only (direct)",
    "step_down": "each pool also gives to the pools after it (step-down)",
    "double_step_down": "pools give to all others first, then to those after (double step-down)",
    "reciprocal": "all pools give to one another and the circle is solved (reciprocal)",
}


@action
def propose_allocation_method(
    *, actor: Actor, method: str, starts: date, reason: str
) -> AllocationMethod:
    """Propose how pools give to pools from the first of a month on; a second person decides.

    COSTS-271 unknown method, COSTS-231 not a first of a month, COSTS-236 a month that is allocated,
    COSTS-272 no reason, COSTS-273 it counts already, COSTS-274 the costs cannot be shared so. Equal
    treatment from year to year: 2 CFR 200.403(d) asks for consistency, so the reason is kept.
    """
    require(actor, PERMISSION)
    check_method(method, starts, reason)
    require_open(starts)
    if method_on(starts) == method:
        raise CostError(
            "COSTS-273", f"On {starts} it counts already that {WORDS[method]}.", field="method"
        )
    _require_solvable(method)
    made = AllocationMethod.objects.create(
        agency_id=centre().agency_id, method=method, starts=starts, reason=reason.strip()[:500],
        recorded_at=now(),
    )  # fmt: skip
    month = FiscalPeriod.of_date(starts).code
    decision = propose(
        actor=actor,
        subject_type=SUBJECT,
        subject_id=centre().agency_id,
        label=f"How pools give to pools from {month} on",
        statement=f"From {month} on, {WORDS[method]}. {reason.strip()}",
        permission=PERMISSION,
        effect={"method": method, "starts": starts.isoformat(), "row": made.pk},
    )
    made.decision_id = decision.pk
    made.save(update_fields=["decision_id"])
    record(
        actor=actor, verb="costs.allocation_method_proposed", target=made,
        payload={"method": method, "starts": starts},
    )  # fmt: skip
    return made


def _require_solvable(method: str) -> None:
    """Refuse a method by which the last allocated month's costs cannot be shared as pools and
    drivers stand now (COSTS-274)."""
    last = last_allocation()
    if last is None:
        return
    month = FiscalPeriod.parse(last.last_period)
    try:
        run_allocate(document_of(inputs("actual", month, month), method))
    except CommonwealError as problem:
        raise CostError(
            "COSTS-274",
            f"The costs of {month.code} cannot be shared so: {problem.message}",
            field="method",
        ) from problem


@action
def decide_allocation_method(
    *, actor: Actor, method_id: UUID, approved: bool, reason: str = ""
) -> AllocationMethod:
    """Approve or reject a proposed method, as a second person."""
    found = proposed_method(actor, method_id)
    record(actor=actor, verb="costs.allocation_method_asked", target=found)
    if found.decision_id is None:
        raise CostError("COSTS-275", "Nothing waits for a decision here. Propose it again.")
    decide(actor, found, found.decision_id, approved, reason)
    return found


def method_approved(actor: Actor, decision: Decision) -> None:
    """Let an approved method count, unless its first month was allocated meanwhile (COSTS-236).

    Called by authority. One of the same first day is replaced.
    """
    found = AllocationMethod.objects.get(decision_id=decision.pk)
    require_open(found.starts)
    AllocationMethod.objects.filter(
        agency_id=found.agency_id, starts=found.starts, state="approved"
    ).update(state="replaced")
    found.state, found.approved_at = "approved", now()
    found.save(update_fields=["state", "approved_at"])
    record(
        actor=actor, verb="costs.allocation_method_set", target=found,
        payload={"method": found.method, "starts": found.starts},
    )  # fmt: skip


def method_not_approved(actor: Actor, decision: Decision) -> None:
    """A rejected or withdrawn method never counts. Called by authority."""
    found = AllocationMethod.objects.get(decision_id=decision.pk)
    found.state = "rejected"
    found.save(update_fields=["state"])
    record(
        actor=actor, verb="costs.allocation_method_refused", target=found,
        payload={"state": decision.state},
    )  # fmt: skip

"""What cases cost, and the tills at which it is paid: how both are set up."""

from __future__ import annotations

from ...access.public import Actor, require
from ...audit.public import action, record
from ...party.public import centre
from ...schema.public import Conflict
from ..domain.errors import CaseError
from ..domain.receipts import Till as PureTill
from ..domain.receipts import next_receipt
from ..domain.states import machine_of
from ..models import CaseType, Category, FeeRule, Till
from ..rules import MANAGE
from .setup import _named, _require_names

MOST = 10**12


@action
def put_fee(
    *,
    actor: Actor,
    code: str,
    name: str,
    case_type: str,
    amount_minor: int,
    category: str = "",
    before: str = "",
    automatic: bool = True,
    active: bool = True,
) -> FeeRule:
    """Say what a kind of case costs, in minor units of the centre's currency; cases that are open
    keep what they were charged. `before`: the state that needs it paid.

    Errors: CASE-150, 151, 217 the amount, 218 a state or a subject that the kind has not.
    """
    require(actor, MANAGE)
    _require_names(code, name)
    kind = _named(CaseType, case_type, "kind of case", "case_type")
    subject = _named(Category, category, "subject", "category") if category else None
    if not 0 < amount_minor <= MOST:
        raise CaseError("CASE-217", "A fee is more than nothing. Enter its amount.", field="amount")
    if subject is not None and subject.case_type_id != kind.pk:
        raise CaseError(
            "CASE-218", "That subject belongs to another kind of case. Choose one of this kind.",
            field="category",
        )  # fmt: skip
    if before and before not in {state.code for state in machine_of(kind.machine).states}:
        raise CaseError(
            "CASE-218", f"“{kind.name}” has no state “{before[:40]}”. Choose one of its states.",
            field="before",
        )  # fmt: skip
    row, _fresh = FeeRule.objects.update_or_create(
        code=code.strip(),
        defaults={
            "name": name.strip()[:120],
            "case_type": kind,
            "category": subject,
            "amount_minor": amount_minor,
            "currency": centre().currency,
            "before": before,
            "automatic": automatic,
            "active": active,
        },
    )
    record(
        actor=actor,
        verb="casework.fee_put",
        target=row,
        payload={"amount_minor": amount_minor, "currency": row.currency},
    )
    return row


@action
def put_till(*, actor: Actor, code: str, name: str, active: bool = True) -> Till:
    """Make a till of the centre's currency, or change its name (CASE-151, 212 its code, 219 money
    in it while it is taken out of use)."""
    require(actor, MANAGE)
    code = code.strip().upper()
    _require_names(code, name)
    next_receipt(PureTill(code, centre().currency, {}), 2000)  # says what is wrong with the code
    known = Till.objects.select_for_update().filter(code=code).first()
    if known is not None and not active and known.receipts.filter(session=known.session).exists():
        raise Conflict("CASE-219", "Money lies in this till. Close it first, then take it away.")
    row, _fresh = Till.objects.update_or_create(
        code=code,
        defaults={"name": name.strip()[:120], "active": active},
        create_defaults={"name": name.strip()[:120], "active": active,
                         "currency": centre().currency},
    )  # fmt: skip
    record(actor=actor, verb="casework.till_put", target=row, payload={"code": code})
    return row

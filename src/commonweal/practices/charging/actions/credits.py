"""Writes of credits: given by a decision of two people, then on bills to come."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from django.db.models import Sum
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override

from commonweal.kernel.access.public import Actor, require
from commonweal.kernel.audit.public import action, record
from commonweal.kernel.authority.public import Decision, approve, propose, reject
from commonweal.kernel.authority.public import get as decision_of
from commonweal.kernel.calendar.public import now
from commonweal.kernel.party.public import centre
from commonweal.kernel.schema.public import uuid7
from commonweal.kernel.words import public as words

from ..domain.credits import (
    CHARGES,
    IDLE_KINDS,
    KINDS,
    OF_LINES,
    CreditError,
    parse_months,
)
from ..models import BillLine, Credit, CreditPortion
from ..selectors.credits import first_open_month

SUBJECT = "charging.Credit"
PROPOSE = "charging.propose_credits"
APPROVE = "charging.approve_credits"
ENOUGH = 10


@action
def propose_credit(
    *, actor: Actor, reason: str, portions: Mapping[UUID, int], months: Sequence[str]
) -> Decision:
    """Propose a service credit: minor units by bill line, in equal parts on the bills of `months`.

    A second person's approval makes it binding. Errors: as of `put_credit`, and CREDIT-108.
    """
    require(actor, PROPOSE)
    if len(reason.strip()) < ENOUGH:
        raise CreditError(
            "CREDIT-108",
            "Say in at least ten characters what the credit is for. The agency reads it.",
            field="reason",
        )
    spread = parse_months(months, first_open_month())
    lines = credited_lines(portions, "service_level")
    bill, total = lines[0].bill, sum(portions.values())
    with override(centre().locale):  # a record reads the same whoever proposes it
        label = _("Credit for %(agency)s") % {"agency": bill.agency.name}
        statement = credit_statement(bill.agency.name, total, bill.currency, spread, reason)
    decision = propose(
        actor=actor,
        subject_type=SUBJECT,
        subject_id=uuid7(),
        label=label,
        statement=statement,
        permission=PROPOSE,
        effect={
            "kind": "service_level",
            "reason": reason.strip()[:500],
            "portions": {str(line.pk): portions[line.pk] for line in lines},
            "months": spread,
        },
        amount_minor=total,
        currency=bill.currency,
        agency_id=bill.agency_id,
    )
    record(
        actor=actor,
        verb="credit.proposed",
        target=decision,
        agency_id=bill.agency_id,
        payload={"total_minor": total, "months": spread, "lines": len(lines)},
    )
    return decision


def credit_statement(
    agency: str, total: int, currency: str, months: Sequence[str], reason: str
) -> str:
    """What is decided, in plain words: whom, how much, on which bills, and why."""
    shape = ngettext(
        "Credit %(agency)s %(amount)s on its bill of %(first)s: %(reason)s",
        "Credit %(agency)s %(amount)s in equal parts on %(count)s bills, the first of "
        "%(first)s: %(reason)s",
        len(months),
    )
    return shape % {
        "agency": agency,
        "amount": words.money(total, currency),
        "count": len(months),
        "first": words.period(months[0]),
        "reason": reason.strip(),
    }


@action
def approve_credit(*, actor: Actor, decision_id: UUID, reason: str = "") -> Decision:
    """Approve a proposed credit as the second person; it is given in the same transaction."""
    return approve(actor=actor, decision_id=decision_id, reason=reason)


@action
def reject_credit(*, actor: Actor, decision_id: UUID, reason: str) -> Decision:
    """Reject a proposed credit as the second person, with a reason."""
    return reject(actor=actor, decision_id=decision_id, reason=reason)


def credit_approved(actor: Actor, decision: Decision) -> None:
    """Give the credit that was approved; called by authority in the decision's transaction.

    CREDIT-103 where its first month was drafted meanwhile: it is proposed again.
    """
    effect = decision.effect
    put_credit(
        actor=actor,
        kind=effect["kind"],
        reason=effect["reason"],
        decision_id=decision.pk,
        portions={UUID(line): amount for line, amount in effect["portions"].items()},
        months=effect["months"],
        credit_id=decision.subject_id,
    )


@action
def put_credit(
    *,
    actor: Actor,
    kind: str,
    reason: str,
    decision_id: UUID,
    portions: Mapping[UUID, int],
    months: Sequence[str],
    credit_id: UUID | None = None,
) -> Credit:
    """Give an agency a credit that a decision of two people grants.

    `portions`: minor units by source bill line, positive in the agency's favour (negative only for
    the kinds that charge). `months`: the billing months whose bills hold its equal instalments.
    Errors: CREDIT-101 kind, 102 and 103 months, 104 portions, 105 lines, 106 decision, 107 more
    than the line charged.
    """
    require(actor, APPROVE)
    return _give(
        actor=actor, kind=kind, reason=reason, decision_id=decision_id, portions=portions,
        months=months, credit_id=credit_id,
    )  # fmt: skip


@action
def put_charge(
    *,
    actor: Actor,
    kind: str,
    reason: str,
    decision_id: UUID,
    portions: Mapping[UUID, int],
    months: Sequence[str],
    credit_id: UUID,
) -> Credit:
    """Charge an agency what a decision of two people says of every month: idle capacity that it
    reserved. `portions`: minor units below zero. A step of the close; errors as of `put_credit`."""
    require(actor, "charging.run_close")
    if kind not in IDLE_KINDS:
        raise CreditError("CREDIT-101", f"“{kind}” is no charge. Use {', '.join(IDLE_KINDS)}.")
    return _give(
        actor=actor, kind=kind, reason=reason, decision_id=decision_id, portions=portions,
        months=months, credit_id=credit_id,
    )  # fmt: skip


def _give(
    *,
    actor: Actor,
    kind: str,
    reason: str,
    decision_id: UUID,
    portions: Mapping[UUID, int],
    months: Sequence[str],
    credit_id: UUID | None = None,
) -> Credit:
    if kind not in KINDS:
        raise CreditError("CREDIT-101", f"“{kind}” is no kind of credit. Use {', '.join(KINDS)}.")
    decision = decision_of(actor, decision_id)
    if decision.state != "approved":
        raise CreditError("CREDIT-106", "A credit needs a decision that two people have made.")
    spread = parse_months(months, first_open_month())
    lines = credited_lines(portions, kind)
    credit = Credit.objects.create(
        id=credit_id or uuid7(),
        agency_id=lines[0].agency_id,
        kind=kind,
        reason=reason.strip()[:500],
        decision_id=decision_id,
        currency=lines[0].bill.currency,
        total_minor=sum(portions.values()),
        months=list(spread),
        recorded_at=now(),
        recorded_by=actor.user_id,
    )
    CreditPortion.objects.bulk_create(
        CreditPortion(
            id=uuid7(),
            agency_id=credit.agency_id,
            credit=credit,
            line=line,
            amount_minor=portions[line.pk],
        )
        for line in lines
    )
    record(
        actor=actor,
        verb="credit.given",
        target=credit,
        agency_id=credit.agency_id,
        payload={
            "kind": kind,
            "decision": decision_id,
            "total_minor": credit.total_minor,
            "currency": credit.currency,
            "months": credit.months,
            "lines": len(lines),
        },
    )
    return credit


def credited_lines(portions: Mapping[UUID, int], kind: str) -> list[BillLine]:
    """The lines that a credit is for, checked: of one agency, shown to it, amounts that make sense
    (CREDIT-104, CREDIT-105)."""
    wrong = [amount for amount in portions.values() if not amount or abs(amount) >= 2**62]
    if not portions or wrong or (kind not in CHARGES and min(portions.values()) < 0):
        raise CreditError(
            "CREDIT-104",
            "Every line of a credit needs an amount above zero. Only a year-end adjustment and "
            "idle capacity that was reserved may charge instead.",
            field="amount",
        )
    found = BillLine.objects.filter(pk__in=portions).exclude(bill__state="draft")
    related = found.select_related("bill", "bill__agency", "charge_item")
    lines = list(related.order_by("bill__period", "number", "pk"))
    if len(lines) != len(portions) or len({line.agency_id for line in lines}) != 1:
        raise CreditError(
            "CREDIT-105",
            "A credit is for lines of one agency's bills, in preview or issued. Choose such lines.",
            field="lines",
        )
    if kind in OF_LINES:
        _within_lines(lines, portions)
    return lines


def _within_lines(lines: Sequence[BillLine], portions: Mapping[UUID, int]) -> None:
    """All credits of a line together stay within what it came to (CREDIT-107)."""
    given = dict(
        CreditPortion.objects.filter(line__in=lines, amount_minor__gt=0)
        .filter(credit__kind__in=OF_LINES)
        .values_list("line_id")
        .annotate(total=Sum("amount_minor"))
        .order_by()
    )
    for line in lines:
        room = abs(line.amount_minor) - given.get(line.pk, 0)
        if portions[line.pk] > room:
            left = words.money(max(0, room), line.bill.currency)
            raise CreditError(
                "CREDIT-107",
                f"A credit for {line.charge_item.name} of {line.bill.period} may be {left} at "
                "most: more than a line came to is not given back on it.",
                field="amount",
            )

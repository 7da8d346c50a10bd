"""The demo's agreements and orders: proposed by the centre, signed by both sides."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal

from commonweal.kernel.access.public import Actor, act_as
from commonweal.kernel.authority.public import approve, propose_limit, propose_second_approver
from commonweal.kernel.catalogue.public import (
    NewFunding,
    NewLine,
    Order,
    create_agreement,
    create_order,
    draft,
    modify_order,
    orders,
    remaining,
    sign_agreement,
    sign_order,
)

from .data import AGENCIES, AgencySeed
from .items import ITEMS
from .people import World, monthly_quantity

TERMS = (
    "The centre delivers the services ordered at the rates decided for each fiscal year, bills "
    "them monthly, and shows every record behind every charge. The agency pays within 30 days of "
    "the bill, and may ask about or dispute any line. Each modification needs both signatures."
)


ORDERS = (("payroll", "accounting", "procurement", "citizen"), ("helpdesk", "hosting"))
"""The services of an agency's orders: business services, and technology."""


def funding_of(seed: AgencySeed) -> list[NewFunding]:
    """The general fund, and for some agencies a federal grant that pays its percentage."""
    if not seed.grant_percent:
        return [NewFunding("General fund", f"01-{seed.code}-4510", 1, 1)]
    return [
        NewFunding("General fund", f"01-{seed.code}-4510", 100 - seed.grant_percent, 100),
        NewFunding(
            "Federal programme grant", f"20-{seed.code}-4510", seed.grant_percent, 100, True,
            f"G-{seed.code}-26",
        ),
    ]  # fmt: skip


def build_agreements(world: World, first: date, last: date) -> None:
    """One agreement for each agency, two orders over the demo's fiscal years."""
    ends = date(last.year + 1, 7, 1)
    for seed in AGENCIES:
        _agreement(world, seed, first, ends)


def _agreement(world: World, seed: AgencySeed, starts: date, ends: date) -> None:
    owner, director = world.of("service_owner"), world.of("director")
    officer = world.of("agency_approver", seed.code)
    with act_as(owner):
        agreement = create_agreement(
            actor=owner,
            agency_id=world.agencies[seed.code],
            title=f"Shared services for {seed.name}"[:160],
            terms=TERMS,
            starts=starts,
            ends=ends,
        )
    for actor, side in ((officer, "agency"), (director, "centre")):
        with act_as(actor):
            sign_agreement(actor=actor, agreement_id=agreement.id, side=side)
    months = (ends.year - starts.year) * 12 + ends.month - starts.month
    for services in ORDERS:
        lines = [
            NewLine(item.code, quantity * months, _amount(item.price, quantity * months))
            for item in ITEMS
            if item.service in services and (quantity := monthly_quantity(item.code, seed.code)) > 0
        ]
        with act_as(owner):
            order = create_order(
                actor=owner,
                agreement_id=agreement.id,
                starts=starts,
                ends=ends,
                lines=lines,
                funding=funding_of(seed),
            )
        for actor, side in ((officer, "agency"), (director, "centre")):
            with act_as(actor):
                sign_order(actor=actor, order_id=order.id, side=side)


def _amount(price: Decimal, quantity: Decimal) -> int:
    return int((price * quantity * 100).quantize(Decimal(1)))


@dataclass(frozen=True)
class Change:
    """How a modification changes a line: so many times the quantity and the amount, and why."""

    times: Decimal
    reason: str

    def of(self, line: NewLine) -> NewLine:
        """The line with its changed estimate, in whole units."""
        quantity = (line.estimated_quantity * self.times).quantize(Decimal(1), ROUND_HALF_EVEN)
        amount = (line.estimated_amount_minor * self.times).quantize(Decimal(1), ROUND_HALF_EVEN)
        return replace(line, estimated_quantity=quantity, estimated_amount_minor=int(amount))


def modify(
    world: World, agency: str, actor: Actor, number: str, starts: date, item: str, change: Change
) -> Order:
    """Propose a modification of an agency's order from a day on: one line changed, as `change`
    says, the others with what remains of their estimates."""
    with act_as(actor):
        [old] = [
            row
            for row in orders(actor, world.agencies[agency], state="active")
            if row.number.endswith(number)
        ]
        before = draft(actor, old)
        kept = [line for row in before.lines if (line := remaining(before, row, starts))]
        return modify_order(
            actor=actor,
            order_id=old.pk,
            starts=starts,
            lines=[change.of(line) if line.item == item else line for line in kept],
            reason=change.reason,
        )


def signed_modification(world: World, agency: str, starts: date) -> None:
    """An agency asks for more help-desk cases; both sides sign before the first day."""
    change = Change(Decimal("1.25"), "The laptop replacement brings more help-desk cases.")
    officer = world.of("agency_finance", agency)
    order = modify(world, agency, officer, "-02", starts, "helpdesk.case", change)
    for actor, side in (
        (world.of("agency_approver", agency), "agency"),
        (world.of("director"), "centre"),
    ):
        with act_as(actor):
            sign_order(actor=actor, order_id=order.pk, side=side)


def waiting_modification(world: World, agency: str, starts: date) -> None:
    """The centre proposes fewer payslips and has signed; the agency's signature is missing."""
    change = Change(Decimal("0.9"), "Two programmes have moved to another department.")
    owner, director = world.of("service_owner"), world.of("director")
    order = modify(world, agency, owner, "-01", starts, "payroll.payslip", change)
    with act_as(director):
        sign_order(actor=director, order_id=order.pk, side="centre")


LIMITS = (
    ("director", 10_000_000_00),
    ("finance_officer", 250_000_00),
    ("agency_approver", 10_000_000_00),
    ("agency_finance", 100_000_00),
)
"""Up to which amount (minor units) a role may sign an order."""


def limits_and_second_approver(world: World, agency: str) -> None:
    """Two people set what each role may sign; a naming waits for somebody of the agency."""
    admin, director = world.of("administrator"), world.of("director")
    for role, amount in LIMITS:
        with act_as(admin):
            decision = propose_limit(
                actor=admin, role=role, subject_type="catalogue.Order", max_minor=amount
            )
        with act_as(director):
            approve(actor=director, decision_id=decision.pk)
    officer, liaison = world.of("agency_finance", agency), world.of("agency_liaison", agency)
    if liaison.person_id is None:
        raise LookupError(f"{agency}'s liaison is nobody")
    with act_as(officer):
        propose_second_approver(
            actor=officer, agency_id=world.agencies[agency], person_id=liaison.person_id
        )

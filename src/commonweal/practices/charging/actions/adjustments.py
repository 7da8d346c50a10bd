"""Year-end adjustments: proposed by one person, approved by another, then carried out."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import override

from commonweal.kernel.access.public import Actor, require
from commonweal.kernel.audit.public import action, record
from commonweal.kernel.authority.public import Decision, propose
from commonweal.kernel.calendar.public import FiscalPeriod, now, today
from commonweal.kernel.ledger.public import Draft, Line, open_period, post_pair, put_chart
from commonweal.kernel.party.public import centre
from commonweal.kernel.schema.public import Conflict, derived_id, uuid7
from commonweal.kernel.words import public as words

from ..closing.posting import DUE, EXPENSE, INTEREST_EARNED, INTEREST_PAID, OWED, REVENUE
from ..domain.recovery import RecoveryError
from ..models import Adjustment, AdjustmentPart
from ..recovery_words import method_words
from ..selectors.adjustments import (
    Choices,
    Worked,
    choices_of,
    require_same,
    source_lines,
    work_out,
)
from .credits import put_credit
from .recovery import PROPOSE, need_reason, service_by_id
from .settlement import post_refund

SUBJECT = "charging.Adjustment"
CENTRE_CHART = [
    (REVENUE, "Charges to agencies", "revenue"),
    (OWED, "Due to agencies for over-recovery and assets", "liability"),
    (INTEREST_PAID, "Interest expense", "expense"),
]
AGENCY_CHART = [
    (EXPENSE, "Shared services", "expense"),
    (DUE, "Due from the centre", "asset"),
    (INTEREST_EARNED, "Interest revenue", "revenue"),
]


@action
def propose_adjustment(
    *, actor: Actor, service_id: UUID, fiscal_year: int, choices: Choices, reason: str
) -> Adjustment:
    """Propose the year-end adjustment of one service; never of two together (DAB 1876).

    RECOVERY-304 while another proposal of the service and year waits; what `work_out` refuses.
    """
    require(actor, PROPOSE)
    service = service_by_id(service_id)
    known = Adjustment.objects.filter(service=service, fiscal_year=fiscal_year, state="proposed")
    if known.exists():
        raise Conflict(
            "RECOVERY-304",
            f"An adjustment of {service.name} for {fiscal_year} waits already. Have it decided "
            "first.",
        )
    said = need_reason(reason)
    worked = work_out(actor, service=service.code, fiscal_year=fiscal_year, choices=choices)
    row = _written(worked, choices, fiscal_year, said)
    with override(centre().locale):  # a record reads the same whoever proposes it
        label = _("Year-end adjustment of %(service)s for %(year)s") % {
            "service": service.name,
            "year": fiscal_year,
        }
        statement = _statement(row, worked, choices)
    decision = propose(
        actor=actor,
        subject_type=SUBJECT,
        subject_id=row.pk,
        label=label,
        statement=statement,
        permission=PROPOSE,
        effect={
            "service": service.code,
            "fiscal_year": fiscal_year,
            "method": choices.method,
            "amount_minor": row.amount_minor,
            "grant_minor": row.grant_minor,
            "interest_minor": row.interest_minor,
            "input_hash": row.input_hash,
        },
        amount_minor=abs(row.amount_minor) + row.interest_minor,
        currency=row.currency,
    )
    row.decision_id = decision.pk
    row.save(update_fields=["decision_id"])
    record(
        actor=actor,
        verb="recovery.adjustment_proposed",
        target=row,
        payload={
            "service": service.code,
            "year": fiscal_year,
            "method": choices.method,
            "amount_minor": row.amount_minor,
            "input_hash": row.input_hash,
            "decision": decision.pk,
        },
    )
    return row


def _written(worked: Worked, choices: Choices, fiscal_year: int, reason: str) -> Adjustment:
    made, account = worked.plan, worked.account
    row = Adjustment.objects.create(
        id=uuid7(),
        agency_id=centre().agency_id,
        service=worked.service,
        fund_code=account.fund,
        fiscal_year=fiscal_year,
        method=choices.method,
        amount_minor=made.amount,
        interest_minor=made.interest,
        kept_back_minor=made.kept_back,
        grant_minor=made.grant,
        disputed_minor=worked.disputed,
        reserve_minor=choices.kept_minor,
        currency=account.currency,
        months=list(choices.months),
        reason=reason,
        document=worked.document,
        input_hash=worked.input_hash,
        recorded_at=now(),
    )
    AdjustmentPart.objects.bulk_create(
        AdjustmentPart(
            id=derived_id("adjustment", row.pk, part.order_line_id, part.source_id, part.way),
            agency_id=part.agency_id,
            adjustment_id=row.pk,
            service=worked.service,
            fiscal_year=fiscal_year,
            order_line_id=part.order_line_id,
            source_id=part.source_id,
            grant=part.grant,
            way=part.way,
            amount_minor=part.amount,
            interest_minor=part.interest,
            currency=account.currency,
        )
        for part in made.parts
    )
    return row


def _statement(row: Adjustment, worked: Worked, choices: Choices) -> str:
    money = {
        "service": row.service.name,
        "year": row.fiscal_year,
        "amount": words.money(abs(row.amount_minor), row.currency),
        "grant": words.money(abs(row.grant_minor), row.currency),
        "method": method_words(row.method),
    }
    shape = (
        _("%(service)s gives back %(amount)s of %(year)s, %(grant)s of it to grants. %(method)s.")
        if row.amount_minor > 0
        else _("%(service)s charges %(amount)s more for %(year)s, %(grant)s to grants. %(method)s.")
    )
    said = [shape % money]
    if row.interest_minor:
        interest = worked.document["outcome"]["interest"]
        said.append(
            _("Interest of %(rate)s percent a year for %(days)s days: %(amount)s.")
            % {
                "rate": interest["rate"],
                "days": interest["days"],
                "amount": words.money(row.interest_minor, row.currency),
            }
        )
    if row.disputed_minor:
        said.append(
            _("%(amount)s is disputed and stays out.")
            % {"amount": words.money(row.disputed_minor, row.currency)}
        )
    return " ".join([*said, row.reason])


def adjustment_decided(actor: Actor, decision: Decision) -> Adjustment:
    """What a decision does: approved, the adjustment is fixed; the figures must be today's.

    Called by authority in the transaction of the decision; what it raises undoes the decision.
    """
    row = Adjustment.objects.select_for_update().get(pk=decision.subject_id)
    if decision.state == "approved":
        chosen = choices_of(row.document)
        worked = work_out(
            actor, service=row.service.code, fiscal_year=row.fiscal_year, choices=chosen
        )
        require_same(row, worked)
        row.approved_on = today(centre().zone)
        _give_credits(actor, row, decision)
    AdjustmentPart.objects.filter(adjustment_id=row.pk).update(state=decision.state)
    row.state, row.decision_id = decision.state, decision.pk
    row.save(update_fields=["state", "decision_id", "approved_on"])
    record(
        actor=actor,
        verb=f"recovery.adjustment_{decision.state}",
        target=row,
        payload={"decision": decision.pk, "amount_minor": row.amount_minor},
    )
    return row


def _give_credits(actor: Actor, row: Adjustment, decision: Decision) -> None:
    """Credits (or charges) on bills to come, an agency each; they inherit each order line's cause
    and funding from its newest line of the year."""
    sources = source_lines(row.service_id, row.fiscal_year)
    portions: dict[UUID, dict[UUID, int]] = defaultdict(lambda: defaultdict(int))
    for part in AdjustmentPart.objects.filter(adjustment_id=row.pk, way="credit"):
        portions[part.agency_id][sources[part.order_line_id]] += part.amount_minor
    for _agency_id, own in sorted(portions.items()):
        put_credit(
            actor=actor,
            kind="year_end",
            reason=row.reason,
            decision_id=decision.pk,
            portions=dict(own),
            months=row.months,
        )


@action
def carry_out_adjustment(*, actor: Actor, adjustment_id: UUID) -> Adjustment:
    """Carry an approved adjustment out: journals and refunds, by service and fund. (Credits were
    given with the approval.)

    What goes through future rates moves no money now: the next derivation takes it up. Doing it
    again changes nothing. RECOVERY-316 before the approval.
    """
    require(actor, PROPOSE)
    row = Adjustment.objects.select_for_update().filter(pk=adjustment_id).first()
    if row is None or row.state != "approved":
        raise RecoveryError(
            "RECOVERY-316", "This adjustment is not approved, so it cannot be carried out."
        )
    if row.carried_out_on is not None:
        record(actor=actor, verb="recovery.adjustment_repeated", target=row)
        return row
    day = today(centre().zone)
    parts = list(AdjustmentPart.objects.filter(adjustment_id=row.pk, way__in=("refund", "credit")))
    by_agency: dict[UUID, list[AdjustmentPart]] = defaultdict(list)
    for part in parts:
        by_agency[part.agency_id].append(part)
    for agency_id, own in sorted(by_agency.items()):
        _post(actor, row, agency_id, own, day)
        _refund(actor, row, agency_id, own, day)
    row.carried_out_on = day
    row.save(update_fields=["carried_out_on"])
    record(
        actor=actor,
        verb="recovery.adjustment_carried_out",
        target=row,
        payload={"agencies": len(by_agency), "amount_minor": row.amount_minor},
    )
    return row


def _post(
    actor: Actor, row: Adjustment, agency_id: UUID, parts: list[AdjustmentPart], day: date
) -> None:
    """The paired journals of one agency: less revenue here, less expense there, what is owed."""
    amount = sum(part.amount_minor for part in parts)
    interest = sum(part.interest_minor for part in parts)
    service, fund = row.service.code, row.fund_code
    ours: list[Line] = []
    theirs: list[Line] = []
    for minor, debit, credit, own_debit, own_credit in (
        (amount, REVENUE, OWED, DUE, EXPENSE),
        (interest, INTEREST_PAID, OWED, DUE, INTEREST_EARNED),
    ):
        if minor:
            reference = str(row.pk)
            ours += [
                Line(debit, minor, fund=fund, service_code=service, reference=reference),
                Line(credit, -minor, fund=fund, service_code=service, reference=reference),
            ]
            theirs += [
                Line(own_debit, minor, fund=fund, service_code=service, reference=reference),
                Line(own_credit, -minor, fund=fund, service_code=service, reference=reference),
            ]
    if not ours:
        return
    period = FiscalPeriod.of_date(day).code
    for owner, chart in ((centre().agency_id, CENTRE_CHART), (agency_id, AGENCY_CHART)):
        put_chart(actor=actor, agency_id=owner, accounts=chart, funds=[(fund, f"Fund {fund}")])
        open_period(actor=actor, agency_id=owner, period=period)

    def draft(owner: UUID, lines: list[Line]) -> Draft:
        return Draft(
            agency_id=owner,
            period=period,
            lines=lines,
            description=f"Year-end adjustment of {service} for {row.fiscal_year}",
            source="charging",
            key=f"adjustment:{row.pk}:{agency_id}",
            effective_date=day,
            currency=row.currency,
        )

    post_pair(actor=actor, left=draft(centre().agency_id, ours), right=draft(agency_id, theirs))


def _refund(
    actor: Actor, row: Adjustment, agency_id: UUID, parts: list[AdjustmentPart], day: date
) -> None:
    """Pay back in cash what the adjustment owes the agency, interest included."""
    minor = sum(part.amount_minor + part.interest_minor for part in parts if part.way == "refund")
    if minor <= 0 or row.decision_id is None:
        return
    post_refund(
        actor=actor,
        agency_id=agency_id,
        amounts={(row.fund_code, row.service.code): minor},
        currency=row.currency,
        day=day,
        reason=row.reason,
        decision_id=row.decision_id,
        key=f"adjustment:{row.pk}",
        out_of=(OWED, DUE),
    )

"""A second person's approval before a month's bills are issued (design law 9).

The proposal is made when agencies see their drafts, by whoever runs the close, and holds what the
second person must know: count and total, recovery of each service, the time that agencies had to
look, and what they dispute. It covers exactly these drafts: others, an earlier end of the preview
or a new dispute need a new approval.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import Q, Sum
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override

from commonweal.kernel.access.public import Actor
from commonweal.kernel.audit.public import digest
from commonweal.kernel.authority.public import Decision, decisions, propose
from commonweal.kernel.calendar.public import today
from commonweal.kernel.catalogue.public import Service
from commonweal.kernel.money.public import Money
from commonweal.kernel.notices.public import notify_role
from commonweal.kernel.party.public import actor_of_account, centre, permission_sources
from commonweal.kernel.schema.public import CommonwealError, Place
from commonweal.kernel.words import public as words

from ..domain.close import PREVIEW_DAYS, Options
from ..domain.cost_model import total_of
from ..models import AllocationRun, AnomalyHold, Bill, BillLine, CloseRun, CloseStep, LineQuery

RUN = "charging.run_close"
SUBJECT = "charging.CloseRun"
APPROVE = "charging.approve_bills"
ENOUGH = 10
WAITS = "The bills wait for the approval of a second person. It is given on the close page."


class ApprovalError(CommonwealError):
    """The bills may not be issued as things are; the message says what to do."""


def check_options(options: Options) -> None:
    """Less than the usual time to look takes a reason, which the second person reads; the time
    stays within what people can mean (CLOSE-509)."""
    if options.preview_days is not None and not 0 <= options.preview_days <= 60:
        raise ApprovalError(
            "CLOSE-509",
            f"Agencies cannot have {options.preview_days} working days to look. Give 0 to 60.",
            field="preview_days",
        )
    if options.hurried and len(options.preview_reason.strip()) < ENOUGH:
        raise ApprovalError(
            "CLOSE-502",
            f"Agencies would have less than the usual {PREVIEW_DAYS} working days to look at their "
            "bills. Say in at least ten characters why. Whoever approves the bills reads it.",
            field="preview_reason",
        )


def refuse(**_given: Any) -> dict[str, Any]:
    """The step of the approval is done by the approval itself, and by nothing else."""
    raise ApprovalError("CLOSE-501", WAITS)


def disputes(run: CloseRun) -> list[LineQuery]:
    """Lines of the month's bills that are disputed and not answered, oldest first.

    An answer by whoever drafted the bills does not count: nobody takes a dispute out of the second
    person's sight alone. What the agency accepted, or two people credited, is out of it.
    """
    drafter = CloseStep.objects.get(run=run, code="draft").run_by
    alone = Q(answered_by=drafter) if drafter else Q(answered_by=None)
    still = Q(state="open") | (alone & Q(closed_by=None) & ~Q(outcome="credited"))
    found = LineQuery.objects.filter(still, line__bill__run=run, kind="dispute")
    related = found.select_related("line", "line__bill", "line__charge_item", "agency")
    return list(related.order_by("raised_at", "id"))


def dispute_rows(found: list[LineQuery]) -> list[dict[str, str]]:
    """Disputes as a stopped step shows them: whose, which line, what it comes to."""
    return [
        {
            "agency": query.agency.name,
            "item": query.line.charge_item.name,
            "amount": words.money(
                query.disputed_minor or query.line.amount_minor, query.line.bill.currency
            ),
            "text": " – ".join(filter(None, (query.text, query.answer))),
        }
        for query in found
    ]


def drafted_by(actor: Actor, drafter: UUID | None, agency_id: UUID | None) -> bool:
    """Whether somebody is whoever drafted the bills, or may approve only by a role of theirs."""
    if drafter is None or actor.user_id is None:
        return False
    if drafter == actor.user_id:
        return True
    lender = actor_of_account(drafter).person_id
    return lender is not None and (
        permission_sources(actor.user_id, APPROVE, agency_id) == {lender}
    )


def drafts_digest(run: CloseRun) -> str:
    """What the drafts are, as one hash: every line of every bill."""
    rows = BillLine.objects.filter(bill__run=run).order_by("bill_id", "number")
    columns = ("bill_id", "number", "id", "rate_version_id", "quantity", "amount_minor")
    return digest([[str(value) for value in row] for row in rows.values_list(*columns)])


def recovery(run: CloseRun) -> list[dict[str, Any]]:
    """What the month's drafts charge for each service beside what it cost, in minor units.

    `cost` None: the month was closed without ledger costs, so that nobody can say.
    """
    currency = centre().currency
    lines = BillLine.objects.filter(bill__run=run).values_list("service_id")
    charged = dict(lines.annotate(total=Sum("amount_minor")))
    month = run.period
    allocated = AllocationRun.objects.filter(
        agency_id=run.agency_id, basis="actual", label=month, first_period=month, last_period=month
    ).order_by("-recorded_at", "-id")
    costs = allocated.first()
    return [
        {
            "service": service.code,
            "name": service.name,
            "charged": int(charged.get(service.pk) or 0),
            "cost": None
            if costs is None
            else Money.exactly(total_of(costs.result, service.code), currency).minor,
        }
        for service in Service.objects.order_by("code")
    ]


def latest(actor: Actor, run: CloseRun) -> Decision | None:
    """The newest proposal to issue a month's bills, whatever became of it."""
    found = decisions(actor, subject=(SUBJECT, run.pk), place=Place(limit=1))
    return next(iter(found), None)


def window_open(run: CloseRun) -> bool:
    """Whether agencies may still look at their drafts."""
    return run.preview_ends is not None and today(centre().zone) < run.preview_ends


def lacks(run: CloseRun, decision: Decision | None) -> ApprovalError | None:
    """Why a decision does not cover the bills as they are now; None if it does."""
    if decision is None or decision.state != "approved":
        return ApprovalError("CLOSE-501", WAITS)
    if decision.effect["drafts"] != drafts_digest(run):
        return ApprovalError(
            "CLOSE-505", "The drafts are others than those that were approved. Ask again."
        )
    seen = CloseStep.objects.get(run=run, code="approve").detail["seen"]
    since = [query for query in disputes(run) if str(query.pk) not in seen]
    if since:
        return ApprovalError(
            "CLOSE-507",
            f"{len(since)} lines were disputed since the bills were approved. Answer the agencies, "
            "or resume: the approval is asked for again, with these lines.",
            rows=dispute_rows(since),
        )
    return None


def covers(run: CloseRun, decision: Decision | None, *, early: bool) -> bool:
    """Whether an approval lets the bills go out; `early`: before the preview ends."""
    if lacks(run, decision) is not None or decision is None:
        return False
    return not early or bool(decision.effect["ends_preview"])


def waits_alike(run: CloseRun, decision: Decision | None, *, early: bool) -> bool:
    """Whether a proposal that waits says the same as a new one would."""
    if decision is None or decision.state != "proposed":
        return False
    if decision.effect["drafts"] != drafts_digest(run):
        return False
    return not early or bool(decision.effect["ends_preview"])


def ask(actor: Actor, run: CloseRun, options: Options) -> Decision:
    """Propose that the month's bills are issued, in place of a proposal that waits; tell those who
    may approve."""
    before = latest(actor, run)
    shown = CloseStep.objects.get(run=run, code="preview").detail.get("days")
    usual = PREVIEW_DAYS if options.preview_days is None else options.preview_days
    reason = options.preview_reason.strip()
    bills = Bill.objects.filter(run=run)
    count, total = bills.count(), int(bills.aggregate(total=Sum("total_minor"))["total"] or 0)
    effect = {
        "period": run.period,
        "bills": count,
        "total_minor": total,
        "drafts": drafts_digest(run),
        "services": recovery(run),
        "preview_ends": run.preview_ends,
        "ends_preview": options.end_preview and window_open(run),
        "preview_days": usual if shown is None else shown,
        "preview_reason": reason or (before.effect["preview_reason"] if before else ""),
        "disputes": [query.pk for query in disputes(run)],
        "unusual": AnomalyHold.objects.filter(bill__run=run, state="open").count(),
    }
    with override(centre().locale):  # a record reads the same whoever proposes it
        month = words.period(run.period)
        label = _("Bills of %(month)s") % {"month": month}
        statement = _statement(run, effect)
    decision = propose(
        actor=actor,
        subject_type=SUBJECT,
        subject_id=run.pk,
        label=label,
        statement=statement,
        permission=RUN,
        effect=effect,
        amount_minor=total,
        currency=centre().currency,
        replace=True,
    )
    notify_role(
        actor=actor,
        agency_id=run.agency_id,
        permission=APPROVE,
        template="bills_to_approve",
        context={"period": run.period, "bills": str(count), "decision": str(decision.pk)},
    )
    return decision


def _statement(run: CloseRun, effect: dict[str, Any]) -> str:
    currency = centre().currency
    said = [
        ngettext(
            "Issue %(count)s bill of %(month)s, %(total)s together.",
            "Issue %(count)s bills of %(month)s, %(total)s together.",
            effect["bills"],
        )
        % {
            "count": effect["bills"],
            "month": words.period(run.period),
            "total": words.money(effect["total_minor"], currency),
        }
    ]
    if effect["ends_preview"]:
        said.append(
            _("The preview ends now, before %(day)s: %(reason)s")
            % {"day": words.day(run.preview_ends), "reason": effect["preview_reason"]}
        )
    elif effect["preview_days"] < PREVIEW_DAYS:
        said.append(
            _("Agencies have %(days)s working days to look, not %(usual)s: %(reason)s")
            % {
                "days": effect["preview_days"],
                "usual": PREVIEW_DAYS,
                "reason": effect["preview_reason"],
            }
        )
    return " ".join(said)

"""Writes on bills: draft, preview, issue, questions about lines, account strings."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from commonweal.kernel.access.public import Actor, require
from commonweal.kernel.audit.public import action, digest, record
from commonweal.kernel.calendar.public import FiscalPeriod, now
from commonweal.kernel.money.public import largest_remainder
from commonweal.kernel.schema.public import CommonwealError, derived_id

from ..domain.bills import DraftLine
from ..models import AccountMap, Bill, BillLine, CloseRun, LineFunding, LineQuery
from ..selectors.bill_document import drawn_document
from .disputes import open_dispute, resolve_dispute


class BillError(CommonwealError):
    """A bill cannot be changed as asked."""


@action
def draft_bill(
    *, actor: Actor, run: CloseRun, agency_id: UUID, currency: str, lines: Sequence[DraftLine]
) -> Bill:
    """Write (or rewrite) an agency's draft bill for the run's period from its draft lines.

    Ids derive from the run's inputs, so that the same run makes the same bill (design §8).
    """
    require(actor, "charging.run_close")
    bill_id = derived_id("bill", agency_id, run.period)
    bill = Bill.objects.select_for_update().filter(agency_id=agency_id, period=run.period).first()
    if bill is not None and bill.state == "issued":
        raise BillError(
            "BILL-101",
            f"Bill {bill.number} is issued and cannot be drafted again. "
            "Correct it in the next open month.",
        )
    if bill is None:
        bill = Bill(id=bill_id, agency_id=agency_id, run=run, period=run.period, currency=currency)
    LineFunding.objects.filter(line__bill_id=bill.id).delete()
    BillLine.objects.filter(bill_id=bill.id, corrects__bill_id=bill.id).delete()
    BillLine.objects.filter(bill_id=bill.id).delete()
    bill.state = "draft"
    bill.total_minor = sum(line.amount_minor for line in lines)
    bill.save()
    _write_lines(bill, lines)
    record(
        actor=actor,
        verb="bill.drafted",
        target=bill,
        agency_id=agency_id,
        payload={"period": run.period, "lines": len(lines), "total_minor": bill.total_minor},
    )
    return bill


def _write_lines(bill: Bill, lines: Sequence[DraftLine]) -> None:
    rows, splits = [], []
    for number, line in enumerate(lines, start=1):
        line_id = derived_id("line", bill.id, *line.key)
        rows.append(
            BillLine(
                id=line_id,
                agency_id=bill.agency_id,
                bill=bill,
                number=number,
                kind=line.kind,
                service_id=line.service_id,
                charge_item_id=line.charge_item_id,
                rate_version_id=line.rate_version_id,
                order_line_id=line.order_line_id,
                charge_period=line.charge_period,
                cell=line.cell,
                corrects_id=line.corrects_id,
                credit_id=line.credit_id,
                quantity=line.quantity,
                facts=line.facts,
                amount_exact=line.amount_exact,
                amount_minor=line.amount_minor,
                rounding=line.rounding,
                exact_before=line.exact_before,
                priced_exact=line.priced,
                priced_before=line.priced_before,
                exchange_id=line.exchange_id,
            )
        )
        weights = [share.weight for share in line.funding]
        keys = [str(share.source_id) for share in line.funding]
        for share, part in zip(
            line.funding, largest_remainder(line.amount_minor, weights, keys), strict=True
        ):
            splits.append(
                LineFunding(
                    id=derived_id("funding", line_id, share.source_id),
                    agency_id=bill.agency_id,
                    line_id=line_id,
                    source_id=share.source_id,
                    amount_minor=part,
                )
            )
    BillLine.objects.bulk_create(rows)
    LineFunding.objects.bulk_create(splits)


@action
def open_preview(*, actor: Actor, bill_id: UUID) -> Bill:
    """Show a draft to its agency; questions may be raised, nothing is due yet."""
    require(actor, "charging.run_close")
    bill = Bill.objects.select_for_update().get(pk=bill_id)
    if bill.state == "draft":
        bill.state = "preview"
        bill.save(update_fields=["state"])
    record(actor=actor, verb="bill.preview_opened", target=bill, agency_id=bill.agency_id)
    return bill


def bill_number(agency_code: str, period: FiscalPeriod) -> str:
    """The number that people read: one per agency and month, so that a gap explains itself."""
    return f"{agency_code}-{period.code}"


@action
def issue_bill(*, actor: Actor, bill_id: UUID, issued_on: date, due_on: date) -> Bill:
    """Issue a bill: from here on it never changes. The event carries the hash of its content."""
    require(actor, "charging.run_close")
    bill = Bill.objects.select_for_update(of=("self",)).select_related("agency").get(pk=bill_id)
    if bill.state == "issued":
        record(actor=actor, verb="bill.issue_repeated", target=bill, agency_id=bill.agency_id)
        return bill
    bill.number = bill_number(bill.agency.code, FiscalPeriod.parse(bill.period))
    bill.issued_on, bill.due_on, bill.issued_at = issued_on, due_on, now()
    bill.document = drawn_document(bill)
    bill.content_hash = digest(bill.document)
    bill.state = "issued"
    bill.save()
    record(
        actor=actor,
        verb="bill.issued",
        target=bill,
        agency_id=bill.agency_id,
        payload={
            "number": bill.number,
            "total_minor": bill.total_minor,
            "currency": bill.currency,
            "content_hash": bill.content_hash,
        },
    )
    return bill


@action
def set_pack_root(*, actor: Actor, bill_id: UUID, root: str) -> Bill:
    """Record the root hash of the bill's proof pack, once."""
    require(actor, "charging.run_close")
    bill = Bill.objects.select_for_update().get(pk=bill_id)
    if bill.pack_root and bill.pack_root != root:
        raise BillError("BILL-102", f"Bill {bill.number} already has another proof pack.")
    bill.pack_root = root
    bill.save(update_fields=["pack_root"])
    record(
        actor=actor,
        verb="bill.pack_made",
        target=bill,
        agency_id=bill.agency_id,
        payload={"root": root},
    )
    return bill


@action
def raise_query(
    *,
    actor: Actor,
    line_id: UUID,
    kind: str,
    text: str,
    category: str = "",
    amount_minor: int | None = None,
) -> LineQuery:
    """Ask about a line, or dispute it, during preview or after issue. Holds nothing else up.

    `amount_minor`: how much of the line is disputed; None: all of it, or the dispute that is open
    already is joined (BILL-107 category, BILL-108 more than is left).
    """
    line = (
        BillLine.objects.select_related("bill", "service")
        .filter(pk=line_id)
        .exclude(bill__state="draft")
        .first()
    )
    if line is None or not (actor.centre or line.agency_id in actor.agencies):
        raise BillError(
            "BILL-404", "There is no such bill line. Go back to the bill and choose one."
        )
    require(actor, "charging.query_lines", line.agency_id)
    if actor.user_id is None:
        raise BillError("BILL-106", "Sign in first: a question is asked by a person.")
    if kind not in {"question", "dispute"}:
        raise BillError(
            "BILL-103", "Choose whether you are asking a question or disputing the line."
        )
    if not text.strip():
        raise BillError("BILL-104", "The text is empty. Say what you would like to know or change.")
    said, fresh = text.strip()[:2000], True
    if kind == "dispute":
        query, fresh = open_dispute(actor, actor.user_id, line, said, category, amount_minor)
    else:
        query = LineQuery.objects.create(
            agency_id=line.agency_id,
            line=line,
            kind=kind,
            text=said,
            raised_by=actor.user_id,
            raised_at=now(),
        )
    record(
        actor=actor,
        verb="bill.line_queried" if fresh else "dispute.joined",
        target=query,
        agency_id=line.agency_id,
        payload={"kind": kind, "line": line.id, "amount_minor": query.disputed_minor},
    )
    return query


@action
def answer_query(*, actor: Actor, query_id: UUID, answer: str) -> LineQuery:
    """Answer a question. To answer a dispute so is to explain the line (`resolve_dispute`)."""
    require(actor, "charging.answer_queries")
    query = LineQuery.objects.select_for_update().filter(pk=query_id).first()
    if query is None:
        raise BillError("BILL-405", "There is no such question.")
    if not answer.strip():
        raise BillError("BILL-105", "The answer is empty. Write what the agency should know.")
    if query.kind == "dispute":
        explained = resolve_dispute(
            actor=actor, query_id=query_id, outcome="explained", answer=answer
        )
        record(actor=actor, verb="bill.query_answered", target=query, agency_id=query.agency_id)
        return explained
    query.answer, query.state = answer.strip()[:2000], "answered"
    query.answered_by, query.answered_at = actor.user_id, now()
    query.save()
    record(actor=actor, verb="bill.query_answered", target=query, agency_id=query.agency_id)
    return query


@action
def map_account(
    *,
    actor: Actor,
    agency_id: UUID,
    account_string: str,
    service_id: UUID | None = None,
    charge_item_id: UUID | None = None,
) -> AccountMap | None:
    """Set (empty: clear) the agency's own account for an item, a service or the rest."""
    require(actor, "charging.map_accounts", agency_id)
    key: dict[str, Any] = {
        "agency_id": agency_id,
        "service_id": service_id,
        "charge_item_id": charge_item_id,
    }
    text = account_string.strip()
    mapping = None
    if text:
        mapping, _ = AccountMap.objects.update_or_create(**key, defaults={"account_string": text})
    else:
        AccountMap.objects.filter(**key).delete()
    record(
        actor=actor,
        verb="bill.account_mapped",
        target=("charging.AccountMap", charge_item_id or service_id or "default"),
        agency_id=agency_id,
        payload={"account": text},
    )
    return mapping

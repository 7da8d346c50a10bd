"""Preview, issue, post, notify: from drafts to bills that never change."""

from __future__ import annotations

from contextlib import suppress
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Max

from commonweal.kernel.access.public import Actor
from commonweal.kernel.audit.public import head, seal
from commonweal.kernel.calendar.public import add_working_days, today
from commonweal.kernel.documents.public import store
from commonweal.kernel.notices.public import notify_role
from commonweal.kernel.party.public import centre
from commonweal.kernel.schema.public import CommonwealError

from ..actions.bills import issue_bill, open_preview, set_pack_root
from ..domain.close import PREVIEW_DAYS
from ..models import Bill, BillLine, CloseRun
from ..papers.pack import PackMaker
from ..papers.pdf import bill_pdf
from ..papers.tables import bill_csv
from ..papers.ubl import InvoiceError
from ..selectors.bill_document import bill_lines
from ..selectors.open_bills import UBL, make_invoice
from .anomalies import hold_rows, open_holds
from .approval import WAITS, ApprovalError, ask, lacks, latest, window_open
from .idle import charge_idle
from .posting import post_bills
from .usage import Tell


class PreviewOpen(CommonwealError):
    """The preview window has not ended."""


def preview(*, actor: Actor, run: CloseRun, options: Any, tell: Tell) -> dict[str, Any]:
    """Show every draft to its agency, set the window's end in working days from today, and propose
    that the bills are issued."""
    days = PREVIEW_DAYS if options.preview_days is None else options.preview_days
    run.preview_ends = add_working_days(today(centre().zone), days)
    bills = list(Bill.objects.filter(run=run, state="draft").order_by("agency__code"))
    for number, bill in enumerate(bills):
        tell(number, len(bills))
        open_preview(actor=actor, bill_id=bill.id)
        notify_role(
            actor=actor,
            agency_id=bill.agency_id,
            permission="charging.view_bills",
            template="bill_preview",
            context={"bill": str(bill.id), "period": run.period, "until": str(run.preview_ends)},
        )
    ask(actor, run, options)
    return {"bills": len(bills), "ends": str(run.preview_ends), "days": days}


PAYMENT_DAYS = 30
"""Days to pay where no order says: an order's own default."""


def issue(*, actor: Actor, run: CloseRun, options: Any, tell: Tell) -> dict[str, Any]:
    """Issue every bill, seal the trail, and make pack, PDF and CSV with the printed head.

    Only what a second person approved, and not before the day that they approved.
    """
    day, decision = today(centre().zone), latest(actor, run)
    missing = lacks(run, decision)
    if missing is not None or decision is None:
        raise missing or ApprovalError("CLOSE-501", WAITS)
    if window_open(run) and not decision.effect["ends_preview"]:
        raise PreviewOpen(
            "CLOSE-401",
            f"Agencies may look at their bills until {run.preview_ends}. Resume on that day, "
            "or ask for approval to end the preview earlier, and say why.",
        )
    held = open_holds(run)
    if held:
        raise ApprovalError(
            "CLOSE-512",
            f"{len(held)} unusual lines wait for their agencies. They acknowledge them in the "
            "preview; after it ended, explain them with a reason, then resume.",
            rows=hold_rows(held),
        )
    days, dues = payment_days(run), set()
    bills = list(Bill.objects.filter(run=run).select_related("agency").order_by("agency__code"))
    for bill in bills:
        due = day + timedelta(days=days.get(bill.pk, PAYMENT_DAYS))
        dues.add(due)
        issue_bill(actor=actor, bill_id=bill.id, issued_on=day, due_on=due)
        tell(0, len(bills))
    seal()
    maker = PackMaker(actor)
    for number, bill in enumerate(bills):
        tell(number, len(bills))
        make_papers(maker, Bill.objects.select_related("agency").get(pk=bill.pk))
    return {
        "bills": len(bills),
        "total_minor": sum(bill.total_minor for bill in bills),
        "due": str(dues.pop()) if len(dues) == 1 else "",
    }


def payment_days(run: CloseRun) -> dict[UUID, int]:
    """Days that each bill's agency has to pay: the longest of those that its orders give, so that
    nothing is due earlier than both sides signed. A bill that no order covers is not named."""
    covered = BillLine.objects.filter(bill__run=run, order_line__isnull=False)
    longest = covered.values_list("bill_id").annotate(days=Max("order_line__order__payment_days"))
    return dict(longest.order_by())


def make_papers(maker: PackMaker, bill: Bill) -> None:
    """The pack (whose root goes on the bill), then the PDF and the CSV that print it."""
    actor, lines = maker.actor, bill_lines(bill)
    chain = str(head(bill.agency_id))
    pack = maker.build(bill, lines)
    bill.pack_root = set_pack_root(actor=actor, bill_id=bill.id, root=pack.root).pack_root
    owner = ("charging.Bill", str(bill.id))
    papers = [
        ("pack", f"{bill.number}-proof.zip", "application/zip", pack.data),
        ("pdf", f"{bill.number}.pdf", "application/pdf", bill_pdf(actor, bill, chain, lines)),
        ("csv", f"{bill.number}.csv", "text/csv", bill_csv(bill, lines, chain)),
    ]
    with suppress(InvoiceError):  # what is missing is shown where invoices are asked for
        data = make_invoice(actor, bill)
        papers.append((UBL, f"{bill.number}.xml", "application/xml", data))
    for kind, filename, media_type, data in papers:
        store(
            actor=actor,
            agency_id=bill.agency_id,
            owner=owner,
            kind=kind,
            filename=filename,
            media_type=media_type,
            data=data,
        )


def post(*, actor: Actor, run: CloseRun, options: Any, tell: Tell) -> dict[str, Any]:
    """Post the paired journals of every issued bill and close the month's books."""
    day = journal_day(run)
    bills = list(Bill.objects.filter(run=run, state="issued").order_by("agency__code"))
    pairs = post_bills(actor, bills, centre().agency_id, day, tell)
    return {"pairs": pairs, "idle": charge_idle(actor=actor, run=run)}


def journal_day(run: CloseRun) -> date:
    """Bills count on the last day of the month they are for."""
    from commonweal.kernel.calendar.public import FiscalPeriod

    return FiscalPeriod.parse(run.period).end_day - timedelta(days=1)


def notify(*, actor: Actor, run: CloseRun, options: Any, tell: Tell) -> dict[str, Any]:
    """Tell each agency's people that their bill is there."""
    bills = list(Bill.objects.filter(run=run, state="issued").order_by("agency__code"))
    sent = 0
    for number, bill in enumerate(bills):
        tell(number, len(bills))
        sent += notify_role(
            actor=actor,
            agency_id=bill.agency_id,
            permission="charging.view_bills",
            template="bill_issued",
            context={"bill": str(bill.id), "number": bill.number, "period": run.period},
        )
    return {"notices": sent}

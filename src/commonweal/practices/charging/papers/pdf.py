"""The bill as a tagged PDF (PDF/UA-1), made by typst: same bill, same bytes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.translation import get_language, override
from django.utils.translation import gettext as _

from commonweal.kernel.access.public import Actor
from commonweal.kernel.party.public import centre

from .. import sentences
from ..domain.bills import UNCOUNTED
from ..models import Bill, BillLine
from ..selectors.bills import BillView, bill_view
from .typeset import typeset


def bill_pdf(
    actor: Actor, bill: Bill, chain_head: str, lines: Sequence[BillLine] | None = None
) -> bytes:
    """The PDF's bytes. `chain_head` and the pack's root are printed on it (design laws 7 and 8).
    `lines`: the bill's, where they were read before."""
    # In the centre's language, whoever issues it: the paper must not depend on who pressed.
    with override(centre().locale):
        said = pdf_data(actor, bill, chain_head, lines)
    return typeset("bill.typ", said, bill.issued_on)


def pdf_data(
    actor: Actor, bill: Bill, chain_head: str, lines: Sequence[BillLine] | None = None
) -> dict[str, Any]:
    """Everything that the template prints, already in words."""
    profile = centre()
    view = bill_view(actor, bill.id, profile.fiscal_year_start_month, lines)
    say = sentences.Words(bill.currency)
    return {
        "title": _("Bill {number} for {month}").format(
            number=bill.number, month=sentences.month(bill.period)
        ),
        "centre": profile.name,
        "number": bill.number,
        "lang": (get_language() or "en").split("-")[0],
        "headline": say.headline(view),
        "cause": say.cause(view),
        "summary": _summary(view, say),
        "services": [_service(entry, say) for entry in view.services],
        "total": say.money(bill.total_minor),
        "head": chain_head,
        "root": bill.pack_root,
        "check": _(
            "Download “Check this bill yourself” from the bill's page. It recomputes every amount "
            "from your usage records, the rates and the cost allocation with nothing but Python, "
            "and compares them with the two lines below."
        ),
        "words": {
            "summary": _("Summary"), "amount": _("Amount"), "lines": _("What you used"),
            "item": _("Item"), "quantity": _("Quantity"), "rate": _("Rate"),
            "subtotal": _("Service total"), "total": _("Total"),
            "check": _("Check this bill yourself"), "head": _("Audit trail head"),
            "root": _("Proof root"),
        },
    }  # fmt: skip


def _summary(view: BillView, say: sentences.Words) -> list[dict[str, str]]:
    bill, profile = view.bill, centre()
    contact = profile.contact_name, profile.contact_email, profile.contact_phone
    rows = [
        (_("For"), bill.agency.name),
        (sentences.month(bill.period), say.money(bill.total_minor)),
    ]
    if view.previous:
        rows.append((sentences.month(view.previous.period), say.money(view.previous.total_minor)))
    if view.year_ago:
        rows.append((sentences.month(view.year_ago.period), say.money(view.year_ago.total_minor)))
    rows += [
        (_("This fiscal year so far"), say.money(view.year_to_date_minor)),
        (_("Issued"), sentences.day(bill.issued_on)),
        (_("Please pay by"), sentences.day(bill.due_on)),
        (_("Questions"), ", ".join(filter(None, contact))),
    ]
    return [{"label": label, "value": value} for label, value in rows]


def _service(entry: tuple[Any, list[Any], int], say: sentences.Words) -> dict[str, Any]:
    service, lines, total = entry
    return {
        "name": service.name,
        "total": say.money(total),
        "lines": [
            {
                "name": line.charge_item.name,
                "note": say.line_note(line),
                "quantity": "–" if line.kind in UNCOUNTED else say.quantity(line),
                "rate": "–" if line.kind in UNCOUNTED else say.rate(line.rate_version),
                "amount": say.money(line.amount_minor),
            }
            for line in lines
        ],
    }

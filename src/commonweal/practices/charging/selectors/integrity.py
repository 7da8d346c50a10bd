"""Is an issued bill still what was issued? (design law 8)

Four things must agree: today's rows, the document kept with the bill, the event of its issue, and
the head printed on the paper. The first three lie in the database, so whoever can rewrite one can
rewrite them all; only the paper in somebody else's hands exposes that.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _

from commonweal.kernel.access.public import Actor
from commonweal.kernel.audit.public import check_head, digest, events, sealed_within

from ..models import Bill
from .bill_document import drawn_document

# Names may be corrected later; the bill keeps those of its day.
_NAMES = {"centre", "agency_name", "service_name", "charge_item_name", "source", "account"}


def bill_problems(actor: Actor, bill: Bill, printed: str = "", root: str = "") -> list[str]:
    """What does not fit, a sentence for each; empty when the bill is what was issued.

    `printed`: the head on the bill's paper (`sequence:hash`). The event of the issue must lie in
    the part of the trail which that head covers; that part is computed anew from its first event.
    `root`: the root of the proof pack as the paper shows it.
    """
    return [*_problems(actor, bill, printed), *_about_pack(actor, bill, root)]


def _problems(actor: Actor, bill: Bill, printed: str) -> Iterator[str]:
    if bill.state != "issued":
        yield _("This bill is not issued yet, so nothing is sealed.")
        return
    kept = digest(bill.document)
    if kept != bill.content_hash:
        yield _("The bill's document does not have the hash that was kept with it.")
    if _figures(drawn_document(bill)) != _figures(bill.document):
        yield _("The bill's lines differ from the document that was issued.")
    issued = events(actor, target=("charging.Bill", str(bill.pk)), verb="bill.issued")
    if not issued:
        yield _("The audit trail holds no event of this bill's issue.")
    for event in issued:
        if event.payload.get("content_hash") != kept:
            yield _("The bill's document differs from what the audit trail says was issued.")
        if getattr(event, "link", None) is None:
            yield _("The event of the issue is not sealed yet. Try again in a minute.")
        elif printed and not sealed_within(event, printed):
            yield _("The head given was printed before this bill was issued: it is another bill's.")
    if printed and not check_head(bill.agency_id, printed):
        yield _("The head printed on the bill does not fit the audit trail: history was changed.")


def _about_pack(actor: Actor, bill: Bill, root: str) -> Iterator[str]:
    """The pack's root beside the event that recorded it, and beside the one on the paper."""
    if bill.state != "issued":
        return
    made = events(actor, target=("charging.Bill", str(bill.pk)), verb="bill.pack_made")
    if bill.pack_root and not made:
        yield _("The audit trail holds no event of this bill's proof pack.")
    if any(event.payload.get("root") != bill.pack_root for event in made):
        yield _("The root of the bill's proof pack differs from the one in the audit trail.")
    if root and root.strip().lower() != bill.pack_root:
        yield _("The root given is not that of this bill's proof pack.")


def _figures(document: Any) -> Any:
    """A document without the names in it."""
    if isinstance(document, dict):
        return {key: _figures(value) for key, value in document.items() if key not in _NAMES}
    if isinstance(document, list):
        return [_figures(entry) for entry in document]
    return document

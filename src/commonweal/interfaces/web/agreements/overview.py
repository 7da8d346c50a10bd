"""Every agreement and order, and what waits for whom to sign."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _

from commonweal.kernel.authority.public import Deciders
from commonweal.kernel.catalogue import public as catalogue
from commonweal.kernel.schema.public import Listing

from ..centre.base import agency_choices, as_id, local_day
from ..lists import lists, pages, place
from ..requests import Asked
from .door import PROPOSE, door, may, page
from .show import Missing, missing, party, state

HIDDEN = ("superseded", "withdrawn", "refused")
"""Versions of orders that an agency finds behind the order in force."""


@lists("catalogue.Agreement", "catalogue.Order")
def agreements(request: Asked) -> HttpResponse:
    """The agreements that the reader may see; an agency also sees its orders."""
    here, asked = door(request), request.GET.get("agency", "")
    agency, today = as_id(asked), local_day()
    rows = catalogue.agreements(request.actor, agency, place(request))
    orders: Listing[catalogue.Order] = Listing(())
    if not request.actor.centre:
        orders = catalogue.orders(request.actor, hidden=HIDDEN, place=place(request, "orders"))
    context = {
        "rows": rows,
        "pages": pages(request, rows),
        "orders": orders,
        "order_pages": pages(request, orders, "orders"),
        "state": lambda row: state(row, today),
        "agency": asked,
        "agencies": agency_choices(request, _("All agencies")) if request.actor.centre else [],
        "may_propose": request.actor.may_somewhere(PROPOSE),
        "tabs": here.tabs("agreements"),
    }
    return page(request, "agreements", context)


@lists("catalogue.Agreement", "catalogue.Order", "catalogue.Ending")
def to_sign(request: Asked) -> HttpResponse:
    """What waits for signatures: whose, and why not the reader's. A page begins with those that the
    reader can sign; otherwise oldest first."""
    here, actor = door(request), request.actor
    found = catalogue.pending(actor, place=place(request))
    deciders = Deciders(actor, {row.paper.agency_id for row in found})
    rows = [_row(request, row, missing(actor, row.paper, deciders)) for row in found]
    rows.sort(key=lambda row: not row["mine"])
    context = {
        "rows": rows,
        "mine": [row for row in rows if row["mine"]],
        "pages": pages(request, found),
        "tabs": here.tabs("to_sign"),
    }
    return page(request, "to_sign", context)


def _row(request: Asked, row: catalogue.Pending, waits: list[Missing]) -> dict[str, Any]:
    own = "centre" if request.actor.centre else "agency"
    mine = next((each for each in waits if each.side == own), None)
    words = {
        "agreement": _("Agreement %(number)s"),
        "order": _("Order %(number)s"),
        "modification": _("Modification %(number)s"),
        "ending": _("%(number)s"),
    }
    return {
        "label": ending_words(row.paper)
        if isinstance(row.paper, catalogue.Ending)
        else words[row.kind] % {"number": row.paper},
        "href": door(request).url(page_of(row.paper), row.paper.pk),
        "agency": row.paper.agency.name,
        "by": party(row.paper, row.paper.proposed_side),
        "at": row.paper.recorded_at,
        "missing": waits,
        "mine": mine is not None and not mine.why_not,
        "why_not": mine.why_not if mine else "",
    }


def page_of(paper: catalogue.Paper) -> str:
    """The name of the page that shows a paper."""
    if isinstance(paper, catalogue.Order):
        return "order"
    return "agreement" if isinstance(paper, catalogue.Agreement) else "ending"


def ending_words(paper: catalogue.Ending) -> str:
    """What would end, in words."""
    if paper.order is not None:
        return _("End of order %(number)s") % {"number": paper.order}
    return _("End of agreement %(number)s") % {"number": paper.agreement}


def may_propose(request: Asked, paper: catalogue.Paper) -> bool:
    """Whether the reader may propose something about a paper."""
    return may(request, PROPOSE, paper.agency_id)

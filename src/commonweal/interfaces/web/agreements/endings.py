"""Ending an order or an agreement early: proposing it, and signing or refusing that it ends."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.utils.translation import gettext as _

from commonweal.kernel.catalogue import public as catalogue

from ..centre.base import attempt, day_field, text
from ..requests import Asked
from .door import door, page
from .overview import ending_words
from .show import paper_context, span_words
from .signing import decide


def end_order(request: Asked, order_id: UUID) -> HttpResponse:
    """Propose that an order ends early."""
    found = catalogue.order(request.actor, order_id)
    return _propose(request, found, "order", {"order_id": order_id})


def end_agreement(request: Asked, agreement_id: UUID) -> HttpResponse:
    """Propose that an agreement ends early, with all its orders."""
    found = catalogue.agreement(request.actor, agreement_id)
    return _propose(request, found, "agreement", {"agreement_id": agreement_id})


def _propose(
    request: Asked,
    found: catalogue.Agreement | catalogue.Order,
    name: str,
    key: dict[str, Any],
) -> HttpResponse:
    here = door(request)
    errors: tuple[Any, ...] = ()
    if request.method == "POST":
        made: list[catalogue.Ending] = []
        errors = attempt(
            lambda: made.append(
                catalogue.propose_ending(
                    actor=request.actor,
                    ends=day_field(request, "ends", _("First day without it")),
                    reason=text(request, "reason"),
                    **key,
                )
            )
        )
        if not errors:
            words = _("The end is proposed. Both sides sign it now.")
            return here.done(request, words, "ending", made[0].pk)
    context = {
        "found": found,
        "name": name,
        "span": span_words(found.starts, found.ends),
    }
    return page(request, "end", context, errors)


def ending(request: Asked, ending_id: UUID) -> HttpResponse:
    """One proposed or past end: signing, refusing and withdrawing it."""
    here = door(request)
    found = catalogue.ending(request.actor, ending_id)
    errors: tuple[Any, ...] = ()
    if request.method == "POST":
        errors, said = decide(request, found)
        if not errors:
            return here.done(request, said, "ending", ending_id)
        found = catalogue.ending(request.actor, ending_id)
    context = {
        "found": found,
        "title": ending_words(found),
        **paper_context(request, found),
    }
    return page(request, "ending", context, errors)

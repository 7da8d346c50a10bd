"""General terms with an agency: proposing, renewing, signing, and the orders that stand on them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from commonweal.kernel.catalogue import public as catalogue
from commonweal.kernel.party.public import centre

from ..centre.base import as_id, attempt, day_field, local_day, optional_day, text
from ..centre.base import required_id as id_field
from ..lists import lists, pages, place
from ..requests import Asked
from .door import PROPOSE, door, own_agencies, page
from .overview import may_propose
from .show import paper_context, state
from .signing import decide


@lists("catalogue.Order")
def agreement(request: Asked, agreement_id: UUID) -> HttpResponse:
    """One agreement: its terms, who signed, its orders; signing, refusing, withdrawing it."""
    here = door(request)
    found = catalogue.agreement(request.actor, agreement_id)
    errors: tuple[Any, ...] = ()
    if request.method == "POST":
        errors, said = decide(request, found)
        if not errors:
            return here.done(request, said, "agreement", agreement_id)
        found = catalogue.agreement(request.actor, agreement_id)
    today = local_day()
    orders = catalogue.orders(request.actor, agreement_id=agreement_id, place=place(request))
    end = found.ended_on or found.ends
    context = {
        "found": found,
        "orders": orders,
        "pages": pages(request, orders),
        "endings": catalogue.endings(request.actor, agreement_id=agreement_id),
        "order_state": lambda row: state(row, today),
        "may_order": found.state == "active" and may_propose(request, found),
        "may_end": found.state == "active" and may_propose(request, found),
        "may_renew": end is not None
        and found.state in ("active", "ended")
        and may_propose(request, found),
        **paper_context(request, found),
    }
    return page(request, "agreement", context, errors)


def new_agreement(request: Asked) -> HttpResponse:
    """Propose general terms: new ones, or (`?renews=`) such as follow on others."""
    here = door(request)
    renews = as_id(request.GET.get("renews", "") or text(request, "renews"))
    old = catalogue.agreement(request.actor, renews) if renews else None
    errors: tuple[Any, ...] = ()
    if request.method == "POST":
        made: list[catalogue.Agreement] = []
        errors = attempt(lambda: made.append(_propose(request, old)))
        if not errors:
            words = _("The agreement is proposed. Both sides sign it now.")
            return here.done(request, words, "agreement", made[0].pk)
    asked: Any = request.POST if request.method == "POST" else _prefilled(old)
    context = {
        "old": old,
        "agencies": own_agencies(request, PROPOSE),
        "profiles": [(name, _(words)) for name, words in profile_words().items()],
        "federal": centre().federal_forms,
        "asked": asked,
    }
    return page(request, "new_agreement", context, errors)


def _prefilled(old: catalogue.Agreement | None) -> dict[str, str]:
    if old is None:
        return {"profile": "plain"}
    end = old.ended_on or old.ends
    return {
        "agency": str(old.agency_id),
        "title": old.title,
        "terms": old.terms,
        "starts": end.isoformat() if end else "",
        "profile": old.profile,
        "requesting_aid": old.requesting_aid,
        "servicing_aid": old.servicing_aid,
        "location_code": old.location_code,
    }


def _propose(request: Asked, old: catalogue.Agreement | None) -> catalogue.Agreement:
    agency_id = old.agency_id if old else id_field(request, "agency", _("Choose the agency."))
    return catalogue.create_agreement(
        actor=request.actor,
        agency_id=agency_id,
        title=text(request, "title"),
        terms=text(request, "terms"),
        starts=day_field(request, "starts", _("First day")),
        ends=optional_day(request, "ends", _("First day without it")),
        profile_name=text(request, "profile") or "plain",
        requesting_aid=text(request, "requesting_aid"),
        servicing_aid=text(request, "servicing_aid"),
        location_code=text(request, "location_code"),
        renews=old.pk if old else None,
    )


def profile_words() -> dict[str, str]:
    """The numbering rules that this installation knows, in words."""
    words = {
        "plain": gettext_noop("The centre's own numbers"),
        "7600": gettext_noop("Forms 7600A and 7600B"),
    }
    return {name: words.get(name, name) for name in catalogue.PROFILES}

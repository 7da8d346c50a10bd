"""Agreements of all agencies, their orders; proposing and signing for the centre."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from commonweal.kernel.catalogue.public import (
    PROFILES,
    Agreement,
    NewFunding,
    NewLine,
    charge_items,
    create_agreement,
    create_order,
    sign_agreement,
    sign_order,
    withdraw_agreement,
    withdraw_order,
)
from commonweal.kernel.catalogue.public import agreement as find_agreement
from commonweal.kernel.catalogue.public import agreements as all_agreements
from commonweal.kernel.catalogue.public import order as find_order
from commonweal.kernel.catalogue.public import orders as all_orders
from commonweal.kernel.money.public import Money, parse_decimal
from commonweal.kernel.party.public import centre
from commonweal.kernel.schema.public import CommonwealError
from commonweal.kernel.words.public import told

from ..access import centre_only
from ..requests import Asked
from .base import (
    FormError,
    agency_choices,
    as_id,
    attempt,
    day_field,
    done,
    local_day,
    optional_day,
    required_id,
    show,
    text,
)

VIEW = "agreements.view"
PROPOSE = "agreements.propose"
SIGN = "agreements.sign_centre"
EMPTY_LINES = 5


@centre_only(VIEW)
def agreements(request: Asked) -> HttpResponse:
    """Every agreement, those that wait for a signature first."""
    agency = as_id(request.GET.get("agency", ""))
    rows = all_agreements(request.actor, agency)
    waiting = all_orders(request.actor, agency, state="proposed")
    order = {"proposed": 0, "draft": 1, "active": 2}
    context = {
        "rows": sorted(rows, key=lambda row: (order.get(row.state, 3), row.agency.name)),
        "waiting": waiting,
        "agency": request.GET.get("agency", ""),
        "agencies": agency_choices(request, _("All agencies")),
        "may_propose": request.actor.may(PROPOSE),
    }
    return show(request, "centre/agreements.jinja", context)


@centre_only(VIEW)
def agreement(request: Asked, agreement_id: UUID) -> HttpResponse:
    """One agreement: its terms, its orders; signing or withdrawing it for the centre."""
    errors: tuple[Any, ...] = ()
    if request.method == "POST":
        if text(request, "do") == "sign":
            errors = attempt(
                lambda: sign_agreement(
                    actor=request.actor, agreement_id=agreement_id, side="centre"
                )
            )
            words = _("Signed for the centre.")
        else:
            errors = attempt(
                lambda: withdraw_agreement(
                    actor=request.actor, agreement_id=agreement_id, reason=text(request, "reason")
                )
            )
            words = _("The agreement was withdrawn.")
        if not errors:
            return done(request, words, "agreement", agreement_id)
    found = find_agreement(request.actor, agreement_id)
    context = {
        "found": found,
        "orders": all_orders(request.actor, agreement_id=agreement_id),
        "may_sign": may_sign(request, found),
        "may_propose": request.actor.may(PROPOSE),
    }
    return show(request, "centre/agreement.jinja", context, errors)


def may_sign(request: Asked, found: Any) -> bool:
    """Whether the centre's signature is missing and this person may give it."""
    own = found.proposed_side == "centre" and found.proposed_by == request.actor.user_id
    return (
        found.state == "proposed"
        and found.signed_by_centre is None
        and not own
        and request.actor.may(SIGN)
    )


@centre_only(PROPOSE)
def new_agreement(request: Asked) -> HttpResponse:
    """Propose general terms to an agency."""
    errors: tuple[Any, ...] = ()
    if request.method == "POST":
        made: list[Agreement] = []
        errors = attempt(
            lambda: made.append(
                create_agreement(
                    actor=request.actor,
                    agency_id=required_id(request, "agency", _("Choose the agency.")),
                    title=text(request, "title"),
                    terms=text(request, "terms"),
                    starts=day_field(request, "starts", _("First day")),
                    ends=optional_day(request, "ends", _("First day without it")),
                    profile_name=text(request, "profile") or "plain",
                    requesting_aid=text(request, "requesting_aid"),
                    servicing_aid=text(request, "servicing_aid"),
                    location_code=text(request, "location_code"),
                )
            )
        )
        if not errors:
            words = _("The agreement is proposed. Both sides sign it now.")
            return done(request, words, "agreement", made[0].pk)
    context = {
        "agencies": agency_choices(request),
        "profiles": [(name, _(words)) for name, words in profile_words().items()],
        "asked": request.POST,
    }
    return show(request, "centre/new_agreement.jinja", context, errors)


def profile_words() -> dict[str, str]:
    """The numbering rules that this installation knows, in words."""
    words = {
        "plain": gettext_noop("The centre's own numbers"),
        "7600": gettext_noop("Forms 7600A and 7600B"),
    }
    return {name: words.get(name, name) for name in PROFILES}


@centre_only(PROPOSE)
def new_order(request: Asked, agreement_id: UUID) -> HttpResponse:
    """Propose an order under an agreement: its lines, and who pays which share."""
    errors: tuple[Any, ...] = ()
    if request.method == "POST":
        made: list[Any] = []
        errors = attempt(
            lambda: made.append(
                create_order(
                    actor=request.actor,
                    agreement_id=agreement_id,
                    starts=day_field(request, "starts", _("First day")),
                    ends=optional_day(request, "ends", _("First day without it")),
                    lines=lines_of(request),
                    funding=funding_of(request),
                )
            )
        )
        if not errors:
            return done(
                request, _("The order is proposed. Both sides sign it now."), "order", made[0].pk
            )
    context = {
        "found": find_agreement(request.actor, agreement_id),
        "items": [
            ("", _("No item")),
            *((row.code, f"{row.service.name}: {row.name}") for row in charge_items(
                request.actor, on=local_day())),
        ],
        "numbers": range(1, EMPTY_LINES + 1),
        "sources": range(1, 4),
        "currency": centre().currency,
        "asked": request.POST,
    }  # fmt: skip
    return show(request, "centre/new_order.jinja", context, errors)


def lines_of(request: Asked) -> list[NewLine]:
    """The order lines of the form; a line without an item is left out."""
    found = []
    for number in range(1, EMPTY_LINES + 1):
        item = text(request, f"item-{number}")
        if item:
            where = _("Line %(number)s") % {"number": number}
            quantity = number_of(request, f"quantity-{number}", where)
            amount = number_of(request, f"amount-{number}", where)
            minor = Money.exactly(str(amount), centre().currency).minor
            found.append(NewLine(item, quantity, minor))
    return found


def number_of(request: Asked, name: str, where: str) -> Decimal:
    """A number of one line (FORM-103)."""
    given = text(request, name).replace(",", "")
    try:
        return parse_decimal(given)
    except CommonwealError as wrong:
        raise FormError("FORM-103", f"{where}: {told(wrong.message)}", field=name) from wrong


def funding_of(request: Asked) -> list[NewFunding]:
    """The funding sources of the form, each with its percent of every line."""
    found = []
    for number in range(1, 4):
        name = text(request, f"source-{number}")
        if name:
            share = number_of(request, f"share-{number}", name)
            top, bottom = (share / 100).as_integer_ratio()
            grant = text(request, f"grant-{number}")
            account = text(request, f"account-{number}")
            found.append(NewFunding(name, account, top, bottom, bool(grant), grant))
    return found


@centre_only(VIEW)
def order(request: Asked, order_id: UUID) -> HttpResponse:
    """One order: lines, funding, signatures; signing or withdrawing it for the centre."""
    errors: tuple[Any, ...] = ()
    if request.method == "POST":
        if text(request, "do") == "sign":
            errors = attempt(
                lambda: sign_order(actor=request.actor, order_id=order_id, side="centre")
            )
            words = _("Signed for the centre.")
        else:
            errors = attempt(
                lambda: withdraw_order(
                    actor=request.actor, order_id=order_id, reason=text(request, "reason")
                )
            )
            words = _("The order was withdrawn.")
        if not errors:
            return done(request, words, "order", order_id)
    found = find_order(request.actor, order_id)
    context = {
        "found": found,
        "lines": list(found.lines.all()),
        "may_sign": may_sign(request, found),
        "may_propose": request.actor.may(PROPOSE),
    }
    return show(request, "centre/order.jinja", context, errors)

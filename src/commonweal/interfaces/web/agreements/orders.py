"""An order: what it covers, what a modification changes, its history; proposing either."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.utils.translation import gettext as _

from commonweal.kernel.calendar.public import FiscalPeriod
from commonweal.kernel.catalogue import public as catalogue
from commonweal.kernel.party.public import bureaus, centre
from commonweal.kernel.words import public as words

from ..centre.base import as_id, attempt, local_day, text
from ..lists import report
from ..look.page import Problem
from ..requests import Asked
from .door import ESTIMATE, door, page
from .form import OrderForm, Reader, blank, of_draft, refill, typed
from .overview import may_propose
from .show import (
    Lines,
    Names,
    change_sentence,
    funding_text,
    paper_context,
    share_text,
    signatures,
    span_words,
    state,
    terms_of,
)
from .signing import answer_estimates, decide


@report("an order's own lines and modifications, which its two parties agreed on one by one")
def order(request: Asked, order_id: UUID) -> HttpResponse:
    """One order: lines, funding, what it changes, its history; signing and refusing it."""
    here, actor = door(request), request.actor
    found = catalogue.order(actor, order_id)
    errors: tuple[Problem, ...] = ()
    if request.method == "POST":
        errors, said = _act(request, found)
        if not errors:
            return here.done(request, said, "order", order_id)
        found = catalogue.order(actor, order_id)
    versions = catalogue.versions(actor, found)
    endings = catalogue.endings(actor, order_ids=[row.pk for row in versions])
    names, today = Names(actor, [*versions, *endings]), local_day()
    rows = list(found.lines.all())
    context = {
        "found": found,
        "lines": rows,
        "answers": {row.pk: _answer(row) for row in rows},
        "changes": _changes(request, found) if found.supersedes_id else None,
        "versions": [
            {"row": row, "state": state(row, today), "signed": signatures(row, names)}
            for row in versions
        ],
        "endings": [
            {"row": row, "state": state(row, today), "signed": signatures(row, names)}
            for row in endings
        ],
        "share": share_text,
        "unsigned": [row for row in rows if _open(row)],
        "choices": [(row.number, f"{row.number}. {row.charge_item.name}") for row in rows],
        "may_modify": found.state == "active" and may_propose(request, found),
        "may_answer": found.state in ("draft", "proposed")
        and not actor.centre
        and actor.may(ESTIMATE, found.agency_id),
        **paper_context(request, found),
    }
    return page(request, "order", context, errors)


def _act(request: Asked, found: catalogue.Order) -> tuple[tuple[Problem, ...], str]:
    do = text(request, "do")
    if do not in ("estimates", "estimate", "refuse_estimate"):
        return decide(request, found)
    lines = [row for row in found.lines.all() if do != "estimates" or _open(row)]
    return answer_estimates(request, lines)


def _open(line: catalogue.OrderLine) -> bool:
    """Whether nobody of the agency answered the line's estimated quantity yet."""
    return not line.signatures.all()


def _answer(line: catalogue.OrderLine) -> dict[str, Any]:
    """The agency's last answer to a line's estimated quantity."""
    last = max(line.signatures.all(), key=lambda each: (each.signed_at, each.pk), default=None)
    return {
        "signed_at": last.signed_at if last and not last.refusal else None,
        "refusal": last.refusal if last else "",
    }


def _changes(request: Asked, found: catalogue.Order) -> dict[str, Any]:
    return _shown(request, found.agency_id, catalogue.changes(request.actor, found), found.currency)


def _shown(
    request: Asked, agency_id: UUID, found: catalogue.Changes, currency: str
) -> dict[str, Any]:
    """Changes as the pages show them."""
    lines = Lines(request.actor, agency_id)
    return {
        "sentence": change_sentence(found),
        "rows": lines.changes(found, currency),
        "terms": terms_of(found, currency),
        "same": [
            {
                "item": lines.items[each.line.item].name
                if each.line.item in lines.items
                else each.line.item,
                "bureau": lines.bureau(each.line.bureau_id),
                "amount": each.line.estimated_amount_minor,
                "funding": funding_text(each.line.funding),
            }
            for each in found.lines
            if each.kind == "same"
        ],
    }


def new_order(request: Asked, agreement_id: UUID) -> HttpResponse:
    """Propose an order under an agreement: its lines, and who pays which share."""
    here, actor = door(request), request.actor
    found = catalogue.agreement(actor, agreement_id)
    form = _first_form(request, found)

    def propose(given: dict[str, Any]) -> catalogue.Order:
        terms = vars(given.pop("terms"))
        return catalogue.create_order(actor=actor, agreement_id=agreement_id, **given, **terms)

    def preview(given: dict[str, Any]) -> dict[str, Any]:
        changes = catalogue.preview_order(actor, agreement_id, **given)
        return _shown(request, found.agency_id, changes, centre().currency)

    made, shown, errors = _attempted(request, form, propose, preview)
    if made is not None:
        said = _("The order is proposed. Both sides sign it now.")
        return here.done(request, said, "order", made.pk)
    return _form_page(request, form, {"found": found, "old": None, "shown": shown}, errors)


def _first_form(request: Asked, found: catalogue.Agreement) -> OrderForm:
    """What was typed; else an empty form, or (`?like=`) the lines of another order."""
    if request.method == "POST":
        return typed(request)
    like = as_id(request.GET.get("like", ""))
    form = blank()
    if like:
        old = catalogue.order(request.actor, like)
        form = of_draft(catalogue.draft(request.actor, old), old.starts, old.currency)
        form.head |= {"starts": found.starts.isoformat(), "ends": "", "reason": ""}
        form.prefilled = ""
    form.head["location_code"] = found.location_code
    return form


Made = tuple[catalogue.Order | None, dict[str, Any] | None, tuple[Problem, ...]]


def _attempted(
    request: Asked,
    form: OrderForm,
    propose: Callable[[dict[str, Any]], catalogue.Order],
    preview: Callable[[dict[str, Any]], dict[str, Any]],
) -> Made:
    """What a button of the form brought: the order proposed, or what it would be, or problems."""
    made: list[catalogue.Order] = []
    shown: list[dict[str, Any]] = []
    do = text(request, "do")

    def act() -> None:
        given = _given(form)
        try:
            if do == "propose":
                made.append(propose(given))
            else:
                shown.append(preview(given))
        except catalogue.CatalogueError as error:
            for each in error.details.get("problems", ()):
                line = re.fullmatch(r"Line (\d+)", each["where"])
                each["field"] = f"item-{line[1]}" if line else ""
            raise

    errors = attempt(act) if do in ("propose", "show") else ()
    return made[0] if made else None, shown[0] if shown else None, errors


def modify_order(request: Asked, order_id: UUID) -> HttpResponse:
    """Propose what an order shall be from a day on: first its lines as they are, to be changed."""
    here, actor = door(request), request.actor
    old = catalogue.order(actor, order_id)
    before = catalogue.draft(actor, old)
    form = (
        typed(request)
        if request.method == "POST"
        else of_draft(before, _first_day(old), old.currency)
    )
    if text(request, "do") == "day":
        refill(form, before, old.currency)

    def propose(given: dict[str, Any]) -> catalogue.Order:
        return _modify(request, old, form.head["reason"], given)

    def preview(given: dict[str, Any]) -> dict[str, Any]:
        changes = catalogue.preview_modification(actor, old, **given)
        return _shown(request, old.agency_id, changes, old.currency)

    made, shown, errors = _attempted(request, form, propose, preview)
    if made is not None:
        said = _("The modification is proposed. Until both sides sign it the order stays.")
        return here.done(request, said, "order", made.pk)
    return _form_page(request, form, {"found": old.agreement, "old": old, "shown": shown}, errors)


def _modify(
    request: Asked, old: catalogue.Order, reason: str, given: dict[str, Any]
) -> catalogue.Order:
    terms: catalogue.Terms = given["terms"]
    return catalogue.modify_order(
        actor=request.actor,
        order_id=old.pk,
        starts=terms.starts,
        ends=terms.ends,
        total_minor=terms.total_minor,
        advance_total_minor=terms.advance_total_minor,
        reason=reason,
        lines=given["lines"],
        funding=given["funding"],
    )


def _first_day(old: catalogue.Order) -> date:
    """The first day of next month, or the order's own if that is later."""
    coming = FiscalPeriod.of_date(local_day()).shift(1).first_day
    last = date.fromordinal(old.ends.toordinal() - 1) if old.ends else coming
    return max(old.starts, min(coming, last), catalogue.open_from() or old.starts)


def _given(form: OrderForm) -> dict[str, Any]:
    reader = Reader(form, centre().currency)
    found = {"terms": reader.terms(), "lines": reader.lines(), "funding": reader.funding()}
    reader.refuse()
    return found


def _day_words(given: str) -> str:
    try:
        return words.day(date.fromisoformat(given))
    except ValueError:
        return given


def _form_page(
    request: Asked, form: OrderForm, context: dict[str, Any], errors: tuple[Problem, ...]
) -> HttpResponse:
    here = door(request)
    found: catalogue.Agreement = context["found"]
    old: catalogue.Order | None = context["old"]
    offered = catalogue.charge_items(request.actor, on=local_day())
    known = {row.code for row in offered}
    named = {row["item"] for row in form.lines if row["item"]} - known
    rows = offered + [row for row in catalogue.charge_items(request.actor) if row.code in named]
    whole = {
        **context,
        "form": form,
        "items": [("", _("Choose an item")),
                  *((row.code, f"{row.service.name}: {row.name}") for row in rows)],
        "bureaus": [("", _("Whole agency")),
                    *((str(row.pk), row.name) for row in bureaus(request.actor, found.agency_id))],
        "federal": found.profile == "7600",
        "currency": centre().currency,
        "place": here.url("modify_order", old.pk) if old else here.url("new_order", found.pk),
        "span": span_words(found.starts, found.ends),
        "prefilled": _day_words(form.prefilled),
    }  # fmt: skip
    return page(request, "order_form", whole, errors)

"""Why a bill changed between any two months, for the agency and for the centre."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from commonweal.kernel.party.public import agencies
from commonweal.kernel.schema.public import CommonwealError
from commonweal.kernel.words import public as words
from commonweal.practices.charging import public as charging

from ..access import anyone_with
from ..lists import report
from ..look import charts
from ..look.page import Link
from ..requests import Asked
from . import says
from .frame import VIEW, VIEW_ALL, chosen_among, own_agencies, problem_of


@anyone_with(VIEW, VIEW_ALL)
@report("the terms of one change, and its twenty largest items")
def changes(request: Asked) -> HttpResponse:
    """The change between two months: in words, as a picture that adds up, and item by item.

    `?agency=&before=&after=`; without months the newest bill and the one before it.
    """
    own = agencies(request.actor) if request.actor.centre else own_agencies(request.actor)
    chosen = chosen_among(request, list(own))
    months = charging.bill_months(request.actor, chosen.pk)
    asked = {name: request.GET.get(name, "") for name in ("before", "after")}
    after = asked["after"] or (months[0] if months else "")
    before = asked["before"] or next((month for month in months if month < after), after)
    move, problems = None, []
    if months:
        try:
            move = charging.bill_move(request.actor, chosen.pk, before, after)
        except CommonwealError as error:
            problems = [problem_of(error, "before")]
    context = {
        "mine": own,
        "chosen": chosen,
        "agencies": [(each.code, each.name) for each in own],
        "months": [(month, words.period(month)) for month in months],
        "before": before,
        "after": after,
        "errors": problems,
        **(shown(move) if move else {"move": None}),
    }
    return render(request, "agency/changes.jinja", context, status=422 if problems else 200)


def shown(move: charging.BillMove) -> dict[str, Any]:
    """What the page says of a change."""
    names, meanings = charging.term_words(), charging.term_meanings()
    return {
        "move": move,
        "currency": move.after.currency,
        "sentence": charging.change_sentence(move),
        "cause": charging.cause_sentence(move),
        "terms": [
            {"name": names[term], "meaning": meanings[term], "amount": move.found.terms[term]}
            for term in charging.CHANGE_TERMS
        ],
        "bills": [_link(move.before), _link(move.after)],
        "chart": _chart(move),
        "rises": [_item(*each) for each in move.rises],
        "falls": [_item(*each) for each in move.falls],
    }


def _link(bill: charging.Bill) -> Link:
    return Link(words.period(bill.period), says.address("agency:bill", says.bill_key(bill)))


def _item(change: Any, item: Any) -> dict[str, Any]:
    return {
        "name": item.name,
        "amount": change.change,
        "main": charging.term_words()[change.main],
    }


def _chart(move: charging.BillMove) -> Any:
    names, currency = charging.term_words(), move.after.currency
    moved = [term for term in charging.CHANGE_TERMS if move.found.terms[term]]
    return charts.waterfall(
        charging.change_sentence(move),
        _point(move.before),
        [
            charts.Point(
                names[term],
                move.found.terms[term],
                words.money(abs(move.found.terms[term]), currency),
            )
            for term in moved
        ],
        _point(move.after),
        label=_("What changed"),
        unit=_("Amount"),
    )


def _point(bill: charging.Bill) -> charts.Point:
    amount = words.money(bill.total_minor, bill.currency)
    return charts.Point(words.period(bill.period), bill.total_minor, amount)

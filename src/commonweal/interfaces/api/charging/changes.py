"""Why an agency's bill changed between any two months."""

from __future__ import annotations

from typing import Any

from ninja import Query

from commonweal.kernel.party.public import agency as find_agency
from commonweal.practices.charging import public as charging

from ..kit.doors import Asked
from ..kit.types import AgencyKey, Money, Out, Period
from .bills import SEE
from .questions import door

__all__ = ["door"]


class TermOut(Out):
    """One term of a change: volume, rate, tier, calendar, one_off, correction or rounding."""

    term: str
    name: str
    amount: Money


class ChangedItemOut(Out):
    """A charge item's part of the change, and the term that it mostly is."""

    charge_item: str
    name: str
    mostly: str
    amount: Money


class ChangeOut(Out):
    """A change whose terms add up to it exactly; `rises` and `falls` are the ten largest each."""

    agency: str
    before: Period
    after: Period
    currency: str
    sentence: str
    cause: str
    change: Money
    terms: list[TermOut]
    rises: list[ChangedItemOut]
    falls: list[ChangedItemOut]


@door.get(
    "/agencies/{agency}/bill-changes",
    access=SEE,
    returns=ChangeOut,
)
def explain_change(
    request: Asked, agency: AgencyKey, first: Period = Query(...), last: Period = Query(...)
) -> dict[str, Any]:
    """Why the bill of `last` differs from that of `first`: terms that add up, and items."""
    found = find_agency(request.actor, agency)
    move = charging.bill_move(request.actor, found.pk, first, last)
    currency, names = move.after.currency, charging.term_words()

    def items(rows: Any) -> list[dict[str, Any]]:
        return [
            {
                "charge_item": item.code,
                "name": item.name,
                "mostly": each.main,
                "amount": charging.money_text(each.change, currency),
            }
            for each, item in rows
        ]

    return {
        "agency": found.code,
        "before": move.before.period,
        "after": move.after.period,
        "currency": currency,
        "sentence": charging.change_sentence(move),
        "cause": charging.cause_sentence(move),
        "change": charging.money_text(move.found.change, currency),
        "terms": [
            {
                "term": term,
                "name": names[term],
                "amount": charging.money_text(move.found.terms[term], currency),
            }
            for term in charging.CHANGE_TERMS
        ],
        "rises": items(move.rises),
        "falls": items(move.falls),
    }

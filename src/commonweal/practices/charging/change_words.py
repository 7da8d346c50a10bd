"""The terms of a changed bill in words."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext as _

from commonweal.kernel.words import public as words

from .domain.waterfall import TERMS, main_term
from .selectors.waterfall import BillMove


def term_words() -> Mapping[str, str]:
    """Each term's name, in the order of the picture."""
    named = {
        "volume": _("Use"),
        "rate": _("Rates"),
        "tier": _("Tiers and mix"),
        "calendar": _("Working days"),
        "one_off": _("Fixed charges, credits and other one-offs"),
        "correction": _("Corrections"),
        "rounding": _("Rounding"),
    }
    return {term: named[term] for term in TERMS}


def term_meanings() -> Mapping[str, str]:
    """What each term says, in one sentence."""
    named = {
        "volume": _("More or fewer units than the working days explain, at the earlier price."),
        "rate": _("The new prices for the new quantity."),
        "tier": _("Other tiers reached, or a fixed part spread over other quantities."),
        "calendar": _("The same pace a working day, in a month with more or fewer of them."),
        "one_off": _("Fixed amounts, credits and year-end adjustments."),
        "correction": _("Late or corrected usage of earlier months."),
        "rounding": _("What rounding each line once came to."),
    }
    return {term: named[term] for term in TERMS}


def change_sentence(move: BillMove) -> str:
    """`October 2026 is $6,402.10 more than July 2026. Most of the rise is: use, $5,000.00.`"""
    found, currency = move.found, move.after.currency
    parts = {
        "after": words.period(move.after.period),
        "before": words.period(move.before.period),
        "amount": words.money(abs(found.change), currency),
    }
    if not found.change:
        return _("The bill of %(after)s is the same as that of %(before)s.") % parts
    shape = (
        _("The bill of %(after)s is %(amount)s more than that of %(before)s.")
        if found.change > 0
        else _("The bill of %(after)s is %(amount)s less than that of %(before)s.")
    )
    return shape % parts


def cause_sentence(move: BillMove) -> str:
    """`Most of the rise is use: $5,000.00.`; empty where no term stands out."""
    main = main_term(move.found)
    if main is None:
        return ""
    term, most = main
    shape = {
        (True, True): _("Most of the rise is: %(term)s, %(amount)s."),
        (True, False): _("Most of the fall is: %(term)s, %(amount)s."),
        (False, True): _("The largest part of the rise is: %(term)s, %(amount)s."),
        (False, False): _("The largest part of the fall is: %(term)s, %(amount)s."),
    }[(most, move.found.change > 0)]
    amount = words.money(abs(move.found.terms[term]), move.after.currency)
    return shape % {"term": term_words()[term].lower(), "amount": amount}

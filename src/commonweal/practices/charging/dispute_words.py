"""What disputes, their levels, categories and outcomes are called, in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext as _

from commonweal.kernel.words import public as words

from .domain.disputes import CATEGORIES, CODES
from .models import DisputeEntry, LineQuery


def category_words() -> Mapping[str, str]:
    """Each category in words, in the order in which they are offered."""
    named = {
        "quantity": _("The quantity is wrong"),
        "rate": _("The rate is wrong"),
        "agency": _("It is another agency's"),
        "service": _("The service was not received"),
        "funding": _("The funding is wrong"),
        "duplicate": _("It is charged twice"),
        "other": _("Something else"),
    }
    return {code: named[code] for code in CATEGORIES}


def level_words() -> Mapping[str, str]:
    """Who answers at each level."""
    named = {
        "owner": _("Service owner"),
        "finance": _("Finance officer"),
        "director": _("Director"),
        "board": _("Board"),
    }
    return {code: named[code] for code in CODES}


def outcome_words() -> Mapping[str, str]:
    """Each outcome in words."""
    return {
        "explained": _("Explained"),
        "credited": _("Credited"),
        "rejected": _("Rejected"),
    }


def state_words(query: LineQuery) -> str:
    """How far a dispute is, with its level or outcome."""
    if query.state == "open":
        return _("Waits for: %(level)s") % {"level": level_words()[query.level or CODES[0]]}
    said = outcome_words().get(query.outcome, _("Answered"))
    if query.state == "answered":
        return _("%(outcome)s; the agency may take it further") % {"outcome": said}
    return _("%(outcome)s; closed") % {"outcome": said}


def entry_words(entry: DisputeEntry, currency: str) -> str:
    """What happened, without the text that goes with it."""
    amount = words.money(entry.amount_minor, currency)
    level = level_words()[entry.level]
    said = {
        "raised": _("Disputed %(amount)s"),
        "joined": _("Another person of the agency joined"),
        "message": _("The centre wrote") if entry.centre_side else _("The agency wrote"),
        "evidence": _("Evidence added"),
        "proposed": _("A credit of %(amount)s proposed; a second person decides"),
        "refused": _("The credit of %(amount)s was not approved"),
        "outcome": _outcome_words(entry),
        "escalated": _("Taken further by the agency"),
        "overdue": _("Not answered in time by: %(level)s"),
        "accepted": _("The agency accepted the outcome"),
        "closed": _("Closed: the agency let the outcome stand"),
    }[entry.kind]
    return said % {"amount": amount, "level": level}


def _outcome_words(entry: DisputeEntry) -> str:
    if entry.outcome == "credited":
        return _("Credited %(amount)s, by: %(level)s")
    if entry.outcome == "rejected":
        return _("Rejected, by: %(level)s")
    return _("Explained, by: %(level)s")


def credit_words() -> Mapping[str, str]:
    """The kinds of credit in words."""
    return {
        "dispute": _("Disputed line"),
        "service_level": _("Service level missed"),
        "year_end": _("Year-end adjustment"),
        "idle_pool": _("Reserved capacity that lay idle"),
        "idle_item": _("Reserved capacity that lay idle"),
        "disposal": _("Proceeds of an asset"),
    }

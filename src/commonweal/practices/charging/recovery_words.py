"""What kinds of entries, limits and ways to adjust are called on pages."""

from __future__ import annotations

from django.utils.translation import gettext as _


def rule_words(kind: str) -> str:
    """A limit of recovery in words."""
    return {
        "reserve_days": _("The largest reserve, in days of cash expense,"),
        "allocated_limit": _("The largest adjustment through allocated costs"),
        "variance_percent": _("The foreseen difference, in percent of cost, that asks for action,"),
    }[kind]


def entry_words(kind: str) -> str:
    """An entry of a service's account in words."""
    return {
        "opening": _("Opening balance"),
        "other_revenue": _("Other revenue"),
        "transfer_in": _("Transfer into the fund"),
        "transfer_out": _("Transfer out of the fund"),
    }[kind]


def method_words(method: str) -> str:
    """A way to adjust, in words."""
    return {
        "refund": _("Refund in cash"),
        "credit": _("On bills to come"),
        "future_rates": _("Rates of a year to come"),
        "allocated": _("Allocated costs"),
    }.get(method, method)


def population_words(name: str) -> str:
    """A population in words."""
    return {
        "bills": _("Issued bills"),
        "lines": _("Bill lines"),
        "credits": _("Credits and reductions"),
        "journals": _("Journals of the centre"),
        "rates": _("Rates"),
        "decisions": _("Decisions"),
    }[name]

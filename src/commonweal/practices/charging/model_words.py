"""A price in a few words, in the reader's language, whatever its model."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.utils.translation import gettext as _

from commonweal.kernel.words import public as words

Document = Mapping[str, Any]


def model_text(model: Document, currency: str) -> str:
    """`$4.10`, `$0.85 to $1.20, by volume`, `$25.00 for every 100 begun`, `2.5% of the amount`."""
    kind = str(model.get("kind", "per_unit"))
    return _SHAPES.get(kind, _tiers)(model, currency)


def _money(value: str, currency: str) -> str:
    return words.rate(value, currency)


def _tiers(model: Document, currency: str) -> str:
    rates = sorted(Decimal(tier["rate"]) for tier in model["tiers"])
    return _("%(low)s to %(high)s, by volume") % {
        "low": words.rate(rates[0], currency),
        "high": words.rate(rates[-1], currency),
    }


def _blocks(model: Document, currency: str) -> str:
    parts = {
        "amount": _money(model["price"], currency),
        "size": words.quantity(Decimal(model["size"])),
    }
    if model.get("cap") is None:
        return _("%(amount)s for every %(size)s begun") % parts
    parts["cap"] = _money(model["cap"], currency)
    return _("%(amount)s for every %(size)s begun, at most %(cap)s") % parts


def _percentage(model: Document, currency: str) -> str:
    return _("%(percent)s of the amount") % {
        "percent": words.percent(Fraction(model["percent"]) / 100)
    }


def _at_cost(model: Document, currency: str) -> str:
    return _("at cost, plus %(percent)s for overhead") % {
        "percent": words.percent(Fraction(model["overhead"]) / 100)
    }


def _minimum(model: Document, currency: str) -> str:
    return _("%(price)s, at least %(amount)s") % {
        "price": model_text(model["model"], currency),
        "amount": _money(model["amount"], currency),
    }


_SHAPES: dict[str, Callable[[Document, str], str]] = {
    "flat": lambda m, c: _("%(amount)s a month") % {"amount": _money(m["amount"], c)},
    "per_unit": lambda m, c: _money(m["rate"], c),
    "package": _blocks,
    "step": _blocks,
    "percentage": _percentage,
    "at_cost": _at_cost,
    "minimum": _minimum,
    "peak": lambda m, c: (
        _("%(price)s, for the largest quantity") % {"price": model_text(m["model"], c)}
    ),
    "pooled": lambda m, c: (
        _("%(price)s, for all agencies together") % {"price": model_text(m["model"], c)}
    ),
    "channel": lambda m, c: _("by channel"),
    "matrix": lambda m, c: _("by the kind of use"),
    "fixed_share": lambda m, c: (
        _("a fixed share of %(amount)s") % {"amount": _money(m["amount"], c)}
    ),
    "lump_sum": lambda m, c: _("an amount set for each agency"),
    "prorated": lambda m, c: (
        _("%(amount)s a month, by the day") % {"amount": _money(m["amount"], c)}
    ),
}

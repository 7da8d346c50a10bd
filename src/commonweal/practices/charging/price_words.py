"""Price models in a few plain words, and what such a price made of a line's quantity."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from commonweal.kernel.words import public as words

from .closing.cells import OTHER, label

Document = Mapping[str, Any]


class PriceWords:
    """Price models in one currency."""

    def __init__(self, currency: str) -> None:
        self.currency = currency
        self._shapes: dict[str, Callable[[Document], str]] = {
            "flat": lambda m: _("%(amount)s a month") % {"amount": self._money(m["amount"])},
            "per_unit": lambda m: self._with_fixed(m, self._money(m["rate"])),
            "graduated": self._tiers,
            "volume": self._tiers,
            "package": self._blocks,
            "step": self._blocks,
            "percentage": self._percentage,
            "at_cost": self._at_cost,
            "minimum": self._minimum,
            "peak": lambda m: (
                _("%(price)s, for the month's largest quantity") % {"price": self.price(m["model"])}
            ),
            "pooled": lambda m: (
                _("%(price)s of all agencies together") % {"price": self.price(m["model"])}
            ),
            "matrix": self._cells,
            "channel": self._cells,
            "lump_sum": lambda m: _("an amount set for each agency"),
            "fixed_share": lambda m: (
                _("a fixed share of %(amount)s a month") % {"amount": self._money(m["amount"])}
            ),
            "prorated": lambda m: (
                _("%(amount)s a month, by the day") % {"amount": self._money(m["amount"])}
            ),
        }

    def _money(self, amount: str | Decimal) -> str:
        return words.rate(Decimal(amount), self.currency)

    def price(self, model: Document) -> str:
        """`$4.10`, `$4.50 for every 10 or part of it`, `phone $20.00, web $2.50`."""
        return self._shapes[model.get("kind", "per_unit")](model)

    def _with_fixed(self, model: Document, text: str) -> str:
        if not Decimal(model.get("fixed", "0")):
            return text
        return _("%(fixed)s a month and %(price)s") % {
            "fixed": self._money(model["fixed"]),
            "price": text,
        }

    def _tiers(self, model: Document) -> str:
        rates = sorted(Decimal(tier["rate"]) for tier in model["tiers"])
        shape = (
            _("%(low)s to %(high)s, by volume")
            if model["kind"] == "graduated"
            else _("%(low)s to %(high)s, the whole quantity by the tier it reaches")
        )
        return shape % {"low": self._money(rates[0]), "high": self._money(rates[-1])}

    def _blocks(self, model: Document) -> str:
        text = _("%(price)s for every %(size)s or part of it") % {
            "price": self._money(model["price"]),
            "size": words.quantity(Decimal(model["size"])),
        }
        return self._limits(model, self._with_fixed(model, text))

    def _limits(self, model: Document, text: str) -> str:
        year = model.get("over") == "year"
        if model.get("floor") is not None:
            shape = _("%(price)s, at least %(floor)s")
            text = shape % {"price": text, "floor": self._money(model["floor"])}
        if model.get("cap") is not None:
            shape = (
                _("%(price)s, at most %(cap)s a year")
                if year
                else _("%(price)s, at most %(cap)s a month")
            )
            text = shape % {"price": text, "cap": self._money(model["cap"])}
        return text

    def _percentage(self, model: Document) -> str:
        text = _("%(percent)s %% of the amount") % {
            "percent": words.quantity(Decimal(model["percent"]))
        }
        return self._limits(model, text)

    def _at_cost(self, model: Document) -> str:
        overhead = Decimal(model["overhead"])
        if not overhead:
            return _("at cost")
        text = _("at cost plus %(percent)s %%") % {"percent": words.quantity(overhead)}
        if model.get("cap") is None:
            return text
        return _("%(price)s, which is at most %(cap)s") % {
            "price": text,
            "cap": self._money(model["cap"]),
        }

    def _minimum(self, model: Document) -> str:
        return _("%(price)s, at least %(amount)s a month") % {
            "price": self.price(model["model"]),
            "amount": self._money(model["amount"]),
        }

    def _cells(self, model: Document) -> str:
        found = [(name, self.price(inner)) for name, inner in cells_of(model)]
        said = [f"{name} {price}" for name, price in found[:4]]
        if len(found) > 4:
            said.append(_("and %(count)s more") % {"count": len(found) - 4})
        return ", ".join(said)

    def made(self, line: Any, counted: str) -> str:
        """What stands before “= total” for a line: `3 cases × $20.00`; empty: no such sum."""
        model = in_words_of(line)
        kind = model.get("kind", "per_unit")
        if kind == "percentage":
            return _("%(percent)s %% of %(amount)s") % {
                "percent": words.quantity(Decimal(model["percent"])),
                "amount": self._money(line.quantity),
            }
        if kind == "fixed_share":
            share = model["shares"].get(line.agency.code, "")
            return _("%(share)s of %(amount)s") % {
                "share": share,
                "amount": self._money(model["amount"]),
            }
        if kind == "prorated":
            return _("%(days)s days of %(price)s") % {
                "days": words.quantity(line.quantity),
                "price": self.price(model),
            }
        if kind == "minimum" and line.kind == "fixed":
            return _("Nothing was used; the least to pay")
        if kind == "lump_sum":
            return _("An amount set for the agency")
        if kind == "pooled":
            return _("The part of %(quantity)s in the price of all agencies' use together") % {
                "quantity": counted
            }
        if kind == "at_cost":
            return f"{counted} {self.price(model)}"
        if kind == "per_unit" and not Decimal(model.get("fixed", "0")):
            return f"{counted} × {self.price(model)}"
        return _("%(quantity)s at %(rate)s") % {"quantity": counted, "rate": self.price(model)}


def cells_of(model: Document) -> list[tuple[str, Document]]:
    """The cells of a price by dimensions, by the names that people read."""
    if model["kind"] == "channel":
        found = list(model["channels"].items())
    else:
        found = [(label(tuple(cell["values"])), cell["model"]) for cell in model["cells"]]
    if isinstance(model["otherwise"], Mapping):
        found.append((_("all other"), model["otherwise"]))
    return found


def cell_name(cell: str) -> str:
    """A line's cell as people read it."""
    return _("all other") if cell == OTHER else cell


def in_words_of(line: Any) -> Document:
    """The price model that a line was charged by: its cell's, for a price by dimensions."""
    model: Document = line.rate_version.model
    if model.get("kind") not in ("matrix", "channel"):
        return model
    if line.cell == OTHER:
        return dict(model["otherwise"])
    named = dict(
        model["channels"].items()
        if model["kind"] == "channel"
        else ((label(tuple(cell["values"])), cell["model"]) for cell in model["cells"])
    )
    return dict(named[line.cell])

"""The part of a form that describes a price: one set of fields for every kind of it.

What a kind does not use is left empty and not read, so the form needs no script. Cells, shares and
lump sums are lines of text: what a line starts with is whose price it is, and it ends with it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from commonweal.kernel.money.public import parse_decimal
from commonweal.kernel.schema.public import CommonwealError

from ..requests import Asked
from .base import FormError, decimal_field, text

Document = dict[str, Any]


def kinds() -> list[tuple[str, str]]:
    """Every kind of price, with the words of the form."""
    return [
        ("per_unit", _("A price for each unit")),
        ("graduated", _("Tiers: each part of the quantity at its own price")),
        ("volume", _("Tiers: the whole quantity at the price of the tier it reaches")),
        ("package", _("A price for every block, started ones included")),
        ("step", _("A price for every started step, up to a most")),
        ("percentage", _("A percentage of an amount of money")),
        ("at_cost", _("At cost, with a percentage for overhead")),
        ("minimum", _("At least an amount a month, else by use")),
        ("peak", _("By the month's largest quantity")),
        ("matrix", _("A price for each channel or other dimension")),
        ("pooled", _("One price of all agencies' use together, shared by quantity")),
        ("flat", _("A fixed amount a month")),
        ("prorated", _("A fixed amount a month, by the days covered")),
        ("fixed_share", _("A fixed share of an amount for each agency")),
        ("lump_sum", _("An amount for each agency, as enacted")),
    ]


def inner_kinds() -> list[tuple[str, str]]:
    """What a price of a minimum, a largest quantity or a shared use is made up of."""
    wanted = ("per_unit", "graduated", "volume", "package")
    return [(code, words) for code, words in kinds() if code in wanted]


def price_of(request: Asked, derivation: Mapping[str, Any]) -> Document:
    """The price model's document that the form describes (FORM-105, FORM-106, FORM-125)."""
    kind = text(request, "kind")
    if kind in ("minimum", "peak", "pooled"):
        inner = _simple(request, text(request, "inner") or "per_unit", derivation)
        least = {"amount": _amount(request)} if kind == "minimum" else {}
        return {"kind": kind, **least, "model": inner}
    reader = _BY_AGENCY.get(kind)
    return reader(request) if reader else _simple(request, kind, derivation)


def _simple(request: Asked, kind: str, derivation: Mapping[str, Any]) -> Document:
    """A price by one quantity."""
    if kind == "per_unit":
        if derivation and not text(request, "rate"):
            return {"kind": "per_unit", "rate": derivation["rate"]}
        return {"kind": kind, "rate": _decimal(request, "rate", _("Price for each unit"))}
    if kind in ("graduated", "volume"):
        return {"kind": kind, "tiers": tiers_of(text(request, "tiers"))}
    if kind in ("package", "step"):
        found = {
            "kind": kind,
            "size": _decimal(request, "size", _("Units in a block or step")),
            "price": _decimal(request, "rate", _("Price for each unit")),
        }
        return found | (_limits(request, "cap") if kind == "step" else {})
    if kind == "percentage":
        percent = _decimal(request, "percent", _("Percent"))
        return {"kind": kind, "percent": percent, **_limits(request, "floor", "cap")}
    if kind == "at_cost":
        overhead = _decimal(request, "percent", _("Percent"))
        return {"kind": kind, "overhead": overhead, **_limits(request, "cap")}
    if kind in ("flat", "prorated"):
        return {"kind": kind, "amount": _amount(request)}
    raise FormError("FORM-105", _("Choose how the price is made up."), field="kind")


def _decimal(request: Asked, name: str, words: str) -> str:
    return format(decimal_field(request, name, words), "f")


def _amount(request: Asked) -> str:
    return _decimal(request, "amount", _("Amount a month"))


def _limits(request: Asked, *names: str) -> Document:
    words = {"floor": _("At least"), "cap": _("At most")}
    found = {name: _decimal(request, name, words[name]) for name in names if text(request, name)}
    if "cap" in found and text(request, "over") == "year":
        found["over"] = "year"
    return found


def _lines(request: Asked, name: str, example: str) -> list[tuple[str, str]]:
    """Lines such as `phone 20.00`: all but the last word, and the last word (FORM-125)."""
    found = []
    for number, line in enumerate(text(request, name).splitlines(), start=1):
        if not line.strip():
            continue
        start, _space, end = line.strip().rpartition(" ")
        if not start:
            raise FormError(
                "FORM-125",
                _("Line %(number)s: “%(line)s” lacks a name or an amount. Write: %(example)s")
                % {"number": number, "line": line[:40], "example": example},
                field=name,
            )
        found.append((start.strip(), end))
    if not found:
        raise FormError(
            "FORM-125",
            _("Write one line for each, such as: %(example)s") % {"example": example},
            field=name,
        )
    return found


def _matrix(request: Asked) -> Document:
    dimensions = [name.strip() for name in (text(request, "dimensions") or "channel").split(",")]
    otherwise: Any = "refuse"
    if text(request, "otherwise"):
        rate = _decimal(request, "otherwise", _("Price of everything else"))
        otherwise = {"kind": "per_unit", "rate": rate}
    cells = [
        (start, {"kind": "per_unit", "rate": _exact(end, "cells")})
        for start, end in _lines(request, "cells", "phone 20.00")
    ]
    if dimensions == ["channel"]:
        return {"kind": "channel", "channels": dict(cells), "otherwise": otherwise}
    return {
        "kind": "matrix",
        "dimensions": dimensions,
        "cells": [
            {"values": [value.strip() for value in start.split(",")], "model": model}
            for start, model in cells
        ],
        "otherwise": otherwise,
    }


def _exact(given: str, field: str) -> str:
    try:
        return format(parse_decimal(given.replace(",", "")), "f")
    except CommonwealError as wrong:
        raise FormError(
            "FORM-125",
            _("“%(given)s” is not an amount. Write it like 20.00.") % {"given": given[:40]},
            field=field,
        ) from wrong


def _fixed_share(request: Asked) -> Document:
    shares = dict(_lines(request, "shares", "PARKS 1/3"))
    return {"kind": "fixed_share", "amount": _amount(request), "shares": shares}


def _lump_sum(request: Asked) -> Document:
    found = _lines(request, "amounts", "PARKS 1200.00")
    return {"kind": "lump_sum", "amounts": {name: _exact(end, "amounts") for name, end in found}}


_BY_AGENCY: dict[str, Callable[[Asked], Document]] = {
    "matrix": _matrix,
    "fixed_share": _fixed_share,
    "lump_sum": _lump_sum,
}


def tiers_of(written: str) -> list[dict[str, str]]:
    """Tiers from lines such as `0 0.85` and `1000 0.70` (FORM-106): from which quantity, price."""
    found: list[tuple[Decimal, Decimal]] = []
    for number, line in enumerate(written.splitlines(), start=1):
        if not line.strip():
            continue
        parts = line.replace(",", "").split()
        try:
            start, rate = (parse_decimal(part) for part in parts)
        except (ValueError, CommonwealError) as wrong:
            raise FormError(
                "FORM-106",
                _("Tier %(number)s: “%(line)s” is not a quantity and a price. Write: 1000 0.70")
                % {"number": number, "line": line[:40]},
                field="tiers",
            ) from wrong
        found.append((start, rate))
    found.sort()
    return [
        {"from": format(start, "f"), "rate": format(rate, "f")}
        | ({"to": format(found[place + 1][0], "f")} if place + 1 < len(found) else {})
        for place, (start, rate) in enumerate(found)
    ]


def plainly(request: Asked, error: CommonwealError) -> CommonwealError:
    """A finding of the engine, which names a place in its document, in the words of the form."""
    pointer = str(error.details.get("where", ""))
    if not pointer:
        return error
    kind, parts = text(request, "kind"), pointer.removeprefix("model/").split("/")
    fields = {
        "rate": (_("The price for each unit"), "rate"),
        "price": (_("The price for each unit"), "rate"),
        "amount": (_("The amount a month"), "amount"),
        "size": (_("The units in a block or step"), "size"),
        "percent": (_("The percentage"), "percent"),
        "overhead": (_("The percentage"), "percent"),
        "floor": (_("The least"), "floor"),
        "cap": (_("The most"), "cap"),
    }
    tiered = {kind, text(request, "inner")} & {"graduated", "volume"}
    if tiered and parts[0] == "tiers" and len(parts) > 1:
        what = {
            "from": _("The start of tier %(number)s"),
            "to": _("The end of tier %(number)s"),
        }.get(parts[-1], _("The price of tier %(number)s"))
        named, field = what % {"number": int(parts[1]) + 1}, "tiers"
    elif parts[0] in ("shares", "amounts"):
        named, field = "/".join(parts[1:]), parts[0]
    elif parts[0] in ("cells", "channels", "dimensions", "otherwise"):
        field = "cells" if parts[0] == "channels" else parts[0]
        named = _("The price of everything else") if field == "otherwise" else parts[1]
        named = named if field != "cells" or not named.isdigit() else f"{int(named) + 1}"
    else:
        named, field = fields.get(parts[-1], fields["amount" if kind == "flat" else "rate"])
    message = error.message.replace(pointer, named, 1)
    return FormError(error.code, message, field=field)

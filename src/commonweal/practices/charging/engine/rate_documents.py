"""`commonweal engine rate`: a document of rate versions, usage and charges, priced and explained.

The same kernel and second path as a month's close; charges that no usage causes (lump sums, fixed
shares, parts of a period, minimum commitments) are few and go through plain Python, twice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pyarrow

from commonweal.kernel.money.public import Money, MoneyError, Rounding, exponent

from .cases import dimension_names
from .charge_documents import day_of, known_version, priced_charges
from .connection import open_connection
from .errors import EngineDefect, EngineError, EngineInputError
from .exact import EXACT, plain
from .explain import rounding_sentence
from .models import PriceModel
from .price import from_document
from .rate_lines import Line, lines_of
from .rating import prove_totals, rate_to_table, require_proof
from .rating_sql import RatingPlan
from .reading import check_document, pointer
from .version import ENGINE_VERSION
from .warn import warnings

_COLUMNS = ("agency", "charge_item", "rate_version", "order_line", "source", "id")
_NAMES = ("agency_id", "charge_item", "rate_version", "order_line", "source", "fact_id")
_FOUND = "agency_id, charge_item, rate_version, source, fact_id, quantity, quantity_before, amount"
Group = tuple[str, str, str]


def run_rate(document: dict[str, Any]) -> dict[str, Any]:
    """Rate the usage of a `commonweal.engine.rate.v1` document; proved by a second path."""
    check_document(document, "rate")
    currency = _currency(document)
    models = _models(document)
    period = _period(document)
    openings = _openings(document, models)
    rows = _usage_rows(document, models, dimension_names(models.values()))
    facts = _rated(document, models, rows, openings)
    used = {fact[:3] for fact in facts}
    charges = priced_charges(document, models, period, used)
    lines = lines_of(facts, charges, models, openings, _units(document), currency)
    return _rate_document(document, currency, models, lines, facts)


def _currency(document: dict[str, Any]) -> str:
    code = str(document["currency"])
    try:
        exponent(code)
    except MoneyError as error:
        raise EngineInputError("/currency", error.code, error.message) from None
    return code


def _units(document: dict[str, Any]) -> dict[str, str]:
    return {v["id"]: v.get("unit", "units") for v in document["rate_versions"]}


def _models(document: dict[str, Any]) -> dict[str, PriceModel]:
    models: dict[str, PriceModel] = {}
    for number, version in enumerate(document["rate_versions"]):
        here: list[object] = ["rate_versions", number]
        if version["id"] in models:
            raise EngineInputError(
                pointer([*here, "id"]),
                "RATE-108",
                f"The rate version “{version['id']}” is given twice. Keep one.",
            )
        try:
            models[version["id"]] = from_document(version["model"])
        except EngineError as error:
            place = pointer([*here, "model", *error.where.split("/")])
            raise EngineInputError(place, error.code, error.message) from None
    return models


def _period(document: dict[str, Any]) -> tuple[date, date] | None:
    """The period's first day and the day after its last."""
    given = document.get("period")
    if given is None:
        return None
    first, end = (day_of(given[key], pointer(["period", key])) for key in ("from", "to"))
    if first >= end:
        raise EngineInputError(
            "/period/to", "RATE-211", f"The period ends on {end}, not after {first}. Correct it."
        )
    return first, end


def _openings(document: dict[str, Any], models: Mapping[str, PriceModel]) -> dict[Group, Decimal]:
    """What was counted before, by group; only prices that run over the year have it."""
    found: dict[Group, Decimal] = {}
    for number, given in enumerate(document.get("openings", ())):
        here: list[object] = ["openings", number]
        model = known_version(models, given["rate_version"], here)
        if model.span != "year":
            raise EngineInputError(
                pointer([*here, "rate_version"]),
                "RATE-216",
                f"The price of {given['rate_version']} runs over the period alone, so nothing"
                " before it counts. Leave the opening out, or give the price “over”: “year”.",
            )
        group = (given["agency"], given["charge_item"], given["rate_version"])
        if group in found:
            raise EngineInputError(
                pointer(here), "RATE-214", f"{' / '.join(group)} is given twice. Keep one."
            )
        found[group] = Decimal(given["quantity"])
    return found


def _usage_rows(
    document: dict[str, Any], models: dict[str, PriceModel], dimensions: Sequence[str]
) -> pyarrow.Table:
    """The usage facts as an Arrow table, in the kernel's columns."""
    seen: set[tuple[str, str]] = set()
    moments = []
    for number, fact in enumerate(document["usage"]):
        here: list[object] = ["usage", number]
        model = known_version(models, fact["rate_version"], here)
        if model.basis in ("agency", "days"):
            raise EngineInputError(
                pointer([*here, "rate_version"]),
                "RATE-212",
                f"{fact['rate_version']} is a {model.kind}: nothing of it is measured. List it"
                " under charges.",
            )
        key = (fact["source"], fact["id"])
        if key in seen:
            raise EngineInputError(
                pointer([*here, "id"]),
                "RATE-206",
                f"Usage record {fact['id']} of {fact['source']} is given twice. Keep one.",
            )
        seen.add(key)
        moments.append(_moment(fact["from"], pointer([*here, "from"])))
    facts = document["usage"]
    columns = {
        name: pyarrow.array([fact.get(key) for fact in facts], pyarrow.string())
        for name, key in zip(_NAMES, _COLUMNS, strict=True)
    }
    for name in dimensions:
        values = [fact.get("dimensions", {}).get(name) for fact in facts]
        columns[f"dimension_{name}"] = pyarrow.array(values, pyarrow.string())
    columns["from_time"] = pyarrow.array(moments, pyarrow.timestamp("us", tz="UTC"))
    columns["quantity"] = pyarrow.array(
        [Decimal(fact["quantity"]) for fact in facts], pyarrow.decimal128(18, 6)
    )
    return pyarrow.table(columns)


def _moment(text: str, place: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is not None:
            return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise EngineInputError(
        place,
        "RATE-207",
        f"“{text}” is not a moment with an offset. Write it like 2026-10-01T00:00:00Z.",
    )


def _rated(
    document: dict[str, Any],
    models: dict[str, PriceModel],
    rows: pyarrow.Table,
    openings: Mapping[Group, Decimal],
) -> list[tuple[Any, ...]]:
    """Every fact rated by the kernel and proved, in order; dimensions at the end."""
    dimensions = dimension_names(models.values())
    plan = RatingPlan(dimensions=dimensions, openings="openings" if openings else "")
    extra = "".join(f", coalesce(dimension_{name}, '')" for name in dimensions)
    with open_connection() as connection:
        connection.register("usage", rows)
        if openings:
            connection.register("openings", _opening_rows(openings))
        try:
            rate_to_table(connection, plan, models, "rated")
        except EngineDefect:
            raise
        except EngineError as error:
            raise _pointed_usage(error, document) from None
        require_proof(
            prove_totals(
                connection,
                "usage",
                "rated",
                models,
                dimensions=dimensions,
                openings=plan.openings,
            )
        )
        found: list[tuple[Any, ...]] = connection.execute(
            f"SELECT {_FOUND}{extra} FROM rated"
            " ORDER BY agency_id, charge_item, rate_version, from_time, source, fact_id"
        ).fetchall()
    return found


def _opening_rows(openings: Mapping[Group, Decimal]) -> pyarrow.Table:
    columns = {
        name: pyarrow.array([group[place] for group in openings], pyarrow.string())
        for place, name in enumerate(_NAMES[:3])
    }
    columns["quantity"] = pyarrow.array(list(openings.values()), pyarrow.decimal128(18, 6))
    return pyarrow.table(columns)


def _pointed_usage(error: EngineError, document: dict[str, Any]) -> EngineInputError:
    """A rating error with the pointer to its usage fact, where it has one."""
    key = (error.details.get("source"), error.details.get("fact"))
    last = "dimensions" if error.code == "RATE-208" else "quantity"
    for number, fact in enumerate(document["usage"]):
        if (fact["source"], fact["id"]) == key:
            place = pointer(["usage", number, last])
            return EngineInputError(place, error.code, error.message)
    return EngineInputError("/usage", error.code, error.message)


def _rate_document(
    document: dict[str, Any],
    currency: str,
    models: Mapping[str, PriceModel],
    lines: Sequence[Line],
    facts: Sequence[tuple[Any, ...]],
) -> dict[str, Any]:
    policy = document.get("rounding", Rounding.HALF_UP.value)
    posted = [_posted(line, currency, policy) for line in lines]
    return {
        "format": "commonweal.engine.rate-result.v1",
        "engine": ENGINE_VERSION,
        "currency": currency,
        "rounding": policy,
        "total": Money(sum(each.minor for each in posted), currency).text,
        "lines": [
            _line_document(line, money, policy) for line, money in zip(lines, posted, strict=True)
        ],
        "facts": [
            {
                "source": fact[3],
                "id": fact[4],
                "quantity": plain(fact[5]),
                "quantity_before": plain(fact[6]),
                "amount": f"{fact[7]:f}",
            }
            for fact in facts
        ],
        "warnings": [
            {"rate_version": key, "code": w.code, "where": w.where, "message": w.message}
            for key in sorted(models)
            for w in warnings(models[key])
        ],
        "proof": {"paths": 2, "groups": len(lines), "differences": 0},
    }


def _line_document(line: Line, posted: Money, policy: str) -> dict[str, Any]:
    agency, item, version = line.group
    cells = {"cells": list(line.cells)} if line.cells else {}
    return {
        "agency": agency,
        "charge_item": item,
        "rate_version": version,
        "quantity": None if line.quantity is None else plain(line.quantity),
        "facts": line.facts,
        "exact": f"{line.exact:f}",
        "amount": posted.text,
        "rounding": f"{EXACT.subtract(posted.decimal, line.exact):f}",
        **cells,
        "explanation": [*line.sentences, *rounding_sentence(line.exact, posted, policy)],
    }


def _posted(line: Line, currency: str, policy: str) -> Money:
    try:
        return Money.from_decimal(line.exact, currency, policy)
    except MoneyError as error:
        place = "/usage" if line.facts else "/charges"
        raise EngineInputError(place, error.code, error.message) from None

"""The `charges` of a rate document: what is charged without usage, priced twice."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Set
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Any

from .charges import charge, prorate
from .errors import EngineDefect, EngineError, EngineInputError
from .exact import exact_sum
from .models import PriceModel
from .reading import pointer
from .shared_models import Prorated
from .totals import charge_of_totals

Group = tuple[str, str, str]
Span = tuple[date, date]


@dataclass(frozen=True, slots=True)
class Charged:
    """A group's charge without usage: its amount in nine decimals, and days for a part of a
    period (`covered` of `days`)."""

    exact: Decimal
    covered: int = 0
    days: int = 0


def priced_charges(
    document: Mapping[str, Any],
    models: Mapping[str, PriceModel],
    period: Span | None,
    used: Set[Group],
) -> dict[Group, Charged]:
    """Every group that is charged without usage. A group with usage is covered already: its facts
    bear the flat amount or the minimum, so its charge adds nothing."""
    spans: dict[Group, list[tuple[int, Span | None]]] = defaultdict(list)
    for number, given in enumerate(document.get("charges", ())):
        here: list[object] = ["charges", number]
        model = known_version(models, given["rate_version"], here)
        group = (given["agency"], given["charge_item"], given["rate_version"])
        span = _covered(given, model, period, here)
        if group in spans and not isinstance(model, Prorated):
            raise EngineInputError(
                pointer(here), "RATE-214", f"{' / '.join(group)} is given twice. Keep one."
            )
        spans[group].append((number, span))
    return {
        group: _priced(models[group[2]], group, found, period)
        for group, found in spans.items()
        if group not in used
    }


def _covered(
    given: Mapping[str, Any], model: PriceModel, period: Span | None, here: list[object]
) -> Span | None:
    """The covered days of a prorated charge: all of the period unless it says less."""
    if not isinstance(model, Prorated):
        if "covered" in given:
            raise EngineInputError(
                pointer([*here, "covered"]),
                "RATE-217",
                f"A price of kind {model.kind} does not depend on covered days. Leave them out.",
            )
        return None
    if period is None:
        raise EngineInputError(
            "/period", "RATE-211", "A prorated amount needs the document's period. Give its days."
        )
    if "covered" not in given:
        return period
    place = pointer([*here, "covered"])
    first, end = (day_of(given["covered"][key], f"{place}/{key}") for key in ("from", "to"))
    if not period[0] <= first < end <= period[1]:
        raise EngineInputError(
            place,
            "RATE-211",
            f"The days from {first} up to {end} are not days of the period, {period[0]} up to"
            f" {period[1]}. Correct them.",
        )
    return first, end


def day_of(text: str, place: str) -> date:
    """A civil date (RATE-215)."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise EngineInputError(
            place, "RATE-215", f"“{text}” is not a date. Write it like 2026-10-01."
        ) from None


def known_version(models: Mapping[str, PriceModel], version: str, here: list[object]) -> PriceModel:
    """The model of a rate version named in the document (RATE-203)."""
    if version not in models:
        raise EngineInputError(
            pointer([*here, "rate_version"]),
            "RATE-203",
            f"There is no rate version “{version}”. Add it to rate_versions.",
        )
    return models[version]


def _priced(
    model: PriceModel,
    group: Group,
    found: list[tuple[int, Span | None]],
    period: Span | None,
) -> Charged:
    """Priced part by part, and again at once."""
    number = found[0][0]
    if isinstance(model, Prorated):
        assert period is not None
        spans = sorted((span, n) for n, span in found if span is not None)
        for (before, _), (after, twice) in pairwise(spans):
            if after[0] < before[1]:
                raise EngineInputError(
                    pointer(["charges", twice, "covered"]),
                    "RATE-213",
                    f"The days from {after[0]} on are covered twice. Let no days overlap.",
                )
        days, covered, parts = (period[1] - period[0]).days, 0, []
        for (first, end), _ in spans:
            parts.append(prorate(model, (end - first).days, days, covered))
            covered += (end - first).days
        charged = Charged(exact_sum(parts), covered, days)
    else:
        try:
            charged = Charged(charge(model, agency=group[0]))
        except EngineError as error:
            last = "agency" if error.code == "RATE-209" else "rate_version"
            place = pointer(["charges", number, last])
            raise EngineInputError(place, error.code, error.message) from None
    again = charge_of_totals(model, group[0], charged.covered, charged.days)
    if again != charged.exact:
        raise EngineDefect(
            "RATE-902",
            f"The two ways to price {' / '.join(group)} differ: {charged.exact} and {again}."
            " Nothing may be billed: keep the file and report this.",
        )
    return charged

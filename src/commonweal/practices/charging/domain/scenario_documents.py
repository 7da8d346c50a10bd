"""A scenario as JSON: the present that it started from, and what a person assumed. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

from commonweal.kernel.money.public import MoneyError, exact_decimal

from ..engine.price import from_document
from .effects import Key, Use, Uses
from .rates import RateError, from_ratio, parse_share, ratio, text
from .scenarios import KEEP, RECOVER, Assumptions, Base, CostPart, Idle, Move, ScenarioItem

NEW = "new:"
"""What the key of a customer that is not one yet begins with."""
MOVES = ("leaves", "arrives")
POLICIES = ("absorbed", "spread")
PARTS = ("volumes", "growth", "costs", "variable", "idle", "prices", "moves")
MOST = Decimal(10**12)


class ScenarioError(RateError):
    """A scenario cannot be worked out as asked."""


def customer_name(code: str, agencies: Mapping[str, str]) -> str:
    """A customer's name: an agency's, or that of one that is not a customer yet."""
    return code.removeprefix(NEW) if code.startswith(NEW) else agencies.get(code, code)


def base_document(base: Base) -> dict[str, Any]:
    """The present as it is kept with a scenario."""
    return {
        "currency": base.currency,
        "items": {code: [item.service, item.kind] for code, item in base.items.items()},
        "models": {code: dict(model) for code, model in base.models.items()},
        "parts": [[part.service, part.pool, ratio(part.amount)] for part in base.parts],
        "uses": [
            [agency, item, [[text(use.quantity), use.first, use.end] for use in uses]]
            for (agency, item), uses in sorted(base.uses.items())
        ],
        "mixes": [
            [agency, item, [[dict(values), text(quantity)] for values, quantity in mix]]
            for (agency, item), mix in sorted(base.mixes.items())
        ],
    }


def parse_base(document: Mapping[str, Any]) -> Base:
    """The present that `base_document` kept. One kept without mixes works out as it did then."""
    uses: Uses = {
        (agency, item): tuple(Use(Decimal(quantity), first, end) for quantity, first, end in found)
        for agency, item, found in document["uses"]
    }
    return Base(
        items={code: ScenarioItem(*item) for code, item in document["items"].items()},
        uses=uses,
        models=document["models"],
        parts=tuple(
            CostPart(service, pool, from_ratio(amount))
            for service, pool, amount in document["parts"]
        ),
        currency=document["currency"],
        mixes={
            (agency, item): tuple((values, Decimal(quantity)) for values, quantity in mix)
            for agency, item, mix in document.get("mixes", ())
        },
    )


def _known(name: str, known: Collection[str]) -> str:
    if name not in known:
        raise ScenarioError(
            "SCENARIO-101",
            f"There is no “{name}” in this scenario. Use the code of a customer, charge item, "
            "service or pool that it has.",
            field="assumptions",
        )
    return name


def _share(given: Any, where: str, low: int, high: int | None) -> Fraction:
    try:
        found = parse_share(str(given))
    except RateError:
        found = None
    if found is None or found < low or (high is not None and found > high):
        raise ScenarioError(
            "SCENARIO-102",
            f"{where}: “{given}” is not a share that can stand here. Write it like 5%, -10% or "
            "1/4.",
            field="assumptions",
        )
    return found


def _volume(given: Any, where: str) -> Decimal:
    try:
        found = exact_decimal(given)
        if 0 <= found < MOST and found == found.quantize(Decimal("0.000001")):
            return found
    except (MoneyError, TypeError):
        pass
    raise ScenarioError(
        "SCENARIO-103",
        f"{where}: “{given}” is not a yearly volume. Give a number from 0 with at most 6 decimals.",
        field="assumptions",
    )


def parse_assumptions(given: Mapping[str, Any], base: Base, periods: Sequence[str]) -> Assumptions:
    """What a person assumes (SCENARIO-101 to 107); `periods`: the twelve months of the year."""
    unknown = set(given) - set(PARTS)
    if unknown:
        raise ScenarioError(
            "SCENARIO-107",
            f"“{sorted(unknown)[0]}” is nothing that can be assumed. Use {', '.join(PARTS)}.",
            field="assumptions",
        )
    agencies = {agency for agency, _item in base.uses}
    services = {item.service for item in base.items.values()}
    pools = {f"pool:{part.pool}" for part in base.parts}
    volumes: dict[Key, Decimal] = {}
    for agency, own in given.get("volumes", {}).items():
        _known(agency, agencies)
        volumes |= {
            (agency, _known(item, base.items)): _volume(value, f"{agency}, {item}")
            for item, value in own.items()
        }
    return Assumptions(
        volumes=volumes,
        growth={
            _known(item, base.items): _share(value, item, -1, None)
            for item, value in given.get("growth", {}).items()
        },
        costs={
            _known(service, services): _share(value, service, -1, None)
            for service, value in given.get("costs", {}).items()
        },
        variable={
            _known(name, services | pools): _share(value, name, 0, 1)
            for name, value in given.get("variable", {}).items()
        },
        idle={
            _known(service, services): _idle(value, service)
            for service, value in given.get("idle", {}).items()
        },
        prices={
            _known(item, base.items): _price(value)
            for item, value in given.get("prices", {}).items()
        },
        moves=tuple(_move(each, base, agencies, periods) for each in given.get("moves", ())),
    )


def _idle(given: Mapping[str, Any], service: str) -> Idle:
    policy = str(given.get("policy", "absorbed"))
    if policy not in POLICIES:
        raise ScenarioError(
            "SCENARIO-104",
            f"{service}: “{policy}” does not say who bears idle capacity. Use absorbed or spread.",
            field="assumptions",
        )
    return Idle(_share(given.get("share", "0"), service, 0, 1), policy)


def _price(given: Any) -> Mapping[str, Any] | str:
    if isinstance(given, Mapping):
        return from_document(given).document()
    return RECOVER if given == RECOVER else KEEP


def _move(
    given: Mapping[str, Any], base: Base, agencies: Collection[str], periods: Sequence[str]
) -> Move:
    kind, agency = str(given.get("kind", "")), str(given.get("agency", "")).strip()
    if kind not in MOVES or not agency:
        raise ScenarioError(
            "SCENARIO-105",
            "A customer that moves has a name, and leaves or arrives. Say which.",
            field="assumptions",
        )
    month = str(given.get("from") or periods[0])[:7]
    if month not in periods:
        raise ScenarioError(
            "SCENARIO-106",
            f"{agency}: {month} is not a month of this fiscal year. Choose one from {periods[0]} "
            f"to {periods[-1]}.",
            field="assumptions",
        )
    if kind == "leaves":
        _known(agency, agencies)
        return Move(agency, kind, periods.index(month))
    volumes = {
        _known(item, base.items): _volume(value, f"{agency}, {item}")
        for item, value in given.get("volumes", {}).items()
    }
    if not volumes:
        raise ScenarioError(
            "SCENARIO-108",
            f"{agency} arrives without any volume. Say what it will use in a year, by charge item.",
            field="assumptions",
        )
    key = agency if agency in agencies or agency.startswith(NEW) else NEW + agency
    return Move(key, kind, periods.index(month), volumes)

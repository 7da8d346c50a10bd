"""Scenarios: other volumes, costs and prices, and what they mean to everybody. Pure.

The present is `Base`; a scenario is `Assumptions` about it; `play` works both out. Nothing is
netted between services: each recovers its own cost, over or under (design law 5).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

from commonweal.kernel.money.public import exponent, round_quotient

from ..engine.errors import EngineError
from ..engine.price import PriceModel, from_document
from .effects import (
    MONTHS,
    Effect,
    Key,
    Mixes,
    Use,
    Uses,
    at_dearest,
    bills_of,
    effects,
    exact_of,
    quantity_of,
)
from .rates import quotient, text

RECOVER, KEEP = "recover", "keep"
PLACES = 4
SCALED = ("per_unit", "flat", "graduated")
"""Kinds of price whose every figure is money: they can be raised or lowered as a whole."""
STEPS = 1000
MOST = 5 * STEPS


@dataclass(frozen=True)
class ScenarioItem:
    """A charge item of the desk: its service, and whether it is charged without usage."""

    service: str
    kind: str = "metered"


@dataclass(frozen=True)
class CostPart:
    """A service's cost for a year from one pool, in major units."""

    service: str
    pool: str
    amount: Fraction


@dataclass(frozen=True)
class Base:
    """The present: who uses what, at which prices, and what each service costs.

    `mixes`: what customers recorded by dimensions, of items whose price depends on them.
    """

    items: Mapping[str, ScenarioItem]
    uses: Uses
    models: Mapping[str, Mapping[str, Any]]
    parts: tuple[CostPart, ...]
    currency: str
    mixes: Mixes = field(default_factory=dict)


@dataclass(frozen=True)
class Idle:
    """Capacity that nobody uses, as a share of a service's cost, and who bears it.

    `absorbed`: the centre, as under-recovery; `spread`: everybody, in the rates.
    """

    share: Fraction
    policy: str = "absorbed"


@dataclass(frozen=True)
class Move:
    """A customer that leaves, or one that arrives with its yearly volumes, from a month on."""

    agency: str
    kind: str
    month: int = 0
    volumes: Mapping[str, Decimal] = field(default_factory=dict)


@dataclass(frozen=True)
class Assumptions:
    """What is different in a scenario; everything not named stays as it is.

    `volumes`: by customer and item, a year's. `growth`: by item, for every customer. `costs`: by
    service, a relative change. `variable`: by pool (`pool:code`) or service, the share of the cost
    that goes with volume; what is not named stays. `prices`: by item, a price, `keep` or `recover`.
    """

    volumes: Mapping[Key, Decimal] = field(default_factory=dict)
    growth: Mapping[str, Fraction] = field(default_factory=dict)
    costs: Mapping[str, Fraction] = field(default_factory=dict)
    variable: Mapping[str, Fraction] = field(default_factory=dict)
    idle: Mapping[str, Idle] = field(default_factory=dict)
    prices: Mapping[str, Mapping[str, Any] | str] = field(default_factory=dict)
    moves: tuple[Move, ...] = ()


@dataclass(frozen=True)
class ServiceResult:
    """One service in a scenario, in minor units.

    `cost`: what it costs then. `lost`: revenue that goes at present prices (negative: more comes);
    `gone`: cost that goes with it; `idle`: the part of the cost that the centre absorbs.
    """

    service: str
    cost_before: int
    cost: int
    revenue_before: int
    revenue: int
    lost: int
    gone: int
    idle: int
    known: bool = True
    """Whether anything is known of its cost."""

    @property
    def position(self) -> int:
        """Recovered beyond cost (negative: not recovered)."""
        return self.revenue - self.cost

    @property
    def stranded(self) -> int:
        """Revenue lost whose cost stays (negative: the change pays for more than it costs)."""
        return self.lost - self.gone


@dataclass(frozen=True)
class Result:
    """A scenario worked out. `unscaled`: items whose price cannot be raised as a whole, and stays;
    `unpaid`: services whose cost no price can recover: nothing is used, or no cost is known.
    `dearest`: uses priced at the dearest cell, because none is recorded by dimensions."""

    models: Mapping[str, Mapping[str, Any]]
    uses: Uses
    before: Mapping[Key, int]
    after: Mapping[Key, int]
    services: tuple[ServiceResult, ...]
    unscaled: tuple[str, ...] = ()
    unpaid: tuple[str, ...] = ()
    dearest: tuple[Key, ...] = ()

    @property
    def effects(self) -> list[Effect]:
        """Every customer's effect, the largest first."""
        return effects(self.before, self.after)

    @property
    def revenue_change(self) -> int:
        """Minor units more revenue than now; the sum of the effects."""
        return sum(self.after.values()) - sum(self.before.values())


def moved(base: Base, assumed: Assumptions) -> dict[Key, tuple[Use, ...]]:
    """Who uses what in the scenario."""
    found = dict(base.uses)
    for key, quantity in assumed.volumes.items():
        found[key] = (Use(quantity),)
    for key, uses in found.items():
        grown = assumed.growth.get(key[1])
        if grown is not None and key not in assumed.volumes:
            found[key] = tuple(grown_use(use, 1 + grown) for use in uses)
    for move in assumed.moves:
        _move(found, move)
    return found


def grown_use(use: Use, factor: Fraction) -> Use:
    """A use of so many times the quantity, to six decimals."""
    return replace(use, quantity=quotient(Fraction(use.quantity) * factor, 6, "half_up"))


def _move(found: dict[Key, tuple[Use, ...]], move: Move) -> None:
    if move.kind == "leaves":
        for key in [key for key in found if key[0] == move.agency]:
            cut = (replace(use, end=min(use.end, move.month)) for use in found[key])
            found[key] = tuple(use for use in cut if use.first < use.end)
        return
    for item, quantity in move.volumes.items():
        key = (move.agency, item)
        found[key] = (*found.get(key, ()), Use(quantity, move.month, MONTHS))


def rescaled(model: Mapping[str, Any], factor: Fraction) -> Mapping[str, Any] | None:
    """A price with every amount times a factor, to four decimals at least as many as it had.

    None for kinds whose figures are not all amounts: those are decided by a person.
    """
    if model.get("kind") not in SCALED:
        return None

    def times(amount: str) -> str:
        given = Decimal(amount)
        places = max(PLACES, -int(given.as_tuple().exponent))
        return text(quotient(Fraction(given) * factor, min(places, 9), "half_up"))

    money = {name: times(model[name]) for name in ("rate", "amount", "fixed") if name in model}
    tiers = [{**tier, "rate": times(tier["rate"])} for tier in model.get("tiers", ())]
    return {**model, **money, **({"tiers": tiers} if tiers else {})}


def by_service(bills: Mapping[Key, int], items: Mapping[str, ScenarioItem]) -> dict[str, int]:
    """Revenue of each service."""
    found: dict[str, int] = defaultdict(int)
    for (_agency, item), amount in bills.items():
        found[items[item].service] += amount
    return found


def priced(models: Mapping[str, Mapping[str, Any]]) -> dict[str, PriceModel]:
    """The engine's prices of some documents."""
    return {item: from_document(document) for item, document in models.items()}


def _variable(part: CostPart, assumed: Assumptions) -> Fraction:
    own = assumed.variable.get(f"pool:{part.pool}")
    return own if own is not None else assumed.variable.get(part.service, Fraction(0))


def _minor(amount: Fraction, currency: str) -> int:
    scaled = amount * 10 ** exponent(currency)
    return round_quotient(scaled.numerator, scaled.denominator, "half_up")


@dataclass
class _Costs:
    """A service's cost while it is worked out, in major units, exact."""

    before: Fraction = Fraction(0)
    after: Fraction = Fraction(0)
    gone: Fraction = Fraction(0)


def costs_of(
    base: Base, assumed: Assumptions, now: Mapping[str, int], then: Mapping[str, int]
) -> dict[str, _Costs]:
    """What each service costs then: changed by decision, and by volume where it is variable.

    Volume is measured by revenue at present prices, so that items of one service add up.
    """
    found: dict[str, _Costs] = defaultdict(_Costs)
    for part in base.parts:
        row = found[part.service]
        changed = part.amount * (1 + assumed.costs.get(part.service, Fraction(0)))
        revenue = now.get(part.service, 0)
        volume = Fraction(then.get(part.service, 0), revenue) if revenue else Fraction(1)
        gone = changed * _variable(part, assumed) * (1 - volume)
        row.before += part.amount
        row.after += changed - gone
        row.gone += gone
    return found


def play(base: Base, assumed: Assumptions) -> Result:
    """Work a scenario out: who pays what, and how each service stands."""
    present = priced(base.models)
    before = bills_of(base.uses, present, base.currency, base.mixes)
    uses = moved(base, assumed)
    same = bills_of(uses, present, base.currency, base.mixes)
    now, then = by_service(before, base.items), by_service(same, base.items)
    costs = costs_of(base, assumed, now, then)
    models, unscaled, unpaid = _prices(base, assumed, costs)
    then_priced = priced(models)
    after = bills_of(uses, then_priced, base.currency, base.mixes)
    revenue = by_service(after, base.items)
    services, known = [], {part.service for part in base.parts}
    for service in sorted({*costs, *now, *revenue}):
        row = costs[service]
        idle = assumed.idle.get(service, Idle(Fraction(0), "spread"))
        absorbed = row.after * idle.share if idle.policy == "absorbed" else Fraction(0)
        services.append(
            ServiceResult(
                service,
                cost_before=_minor(row.before, base.currency),
                cost=_minor(row.after, base.currency),
                revenue_before=now.get(service, 0),
                revenue=revenue.get(service, 0),
                lost=now.get(service, 0) - then.get(service, 0),
                gone=_minor(row.gone, base.currency),
                idle=_minor(absorbed, base.currency),
                known=service in known,
            )
        )
    return Result(
        models,
        uses,
        before,
        after,
        tuple(services),
        tuple(unscaled),
        tuple(unpaid),
        tuple(at_dearest(uses, then_priced, base.mixes)),
    )


def _prices(
    base: Base, assumed: Assumptions, costs: Mapping[str, _Costs]
) -> tuple[dict[str, Mapping[str, Any]], list[str], list[str]]:
    """The scenario's prices: given, kept, or raised alike within a service to recover its cost."""
    models: dict[str, Mapping[str, Any]] = dict(base.models)
    wanted: dict[str, list[str]] = defaultdict(list)
    unscaled = []
    for item, choice in assumed.prices.items():
        if isinstance(choice, Mapping):
            models[item] = choice
        elif choice == RECOVER and item in base.models:
            if base.models[item].get("kind") in SCALED:
                wanted[base.items[item].service].append(item)
            else:
                unscaled.append(item)
    uses, known = moved(base, assumed), {part.service for part in base.parts}
    given = bills_of(uses, priced(models), base.currency, base.mixes)
    now, none = exact_of(uses, priced(base.models), base.mixes), Fraction(0)
    unpaid = []
    for service, items in wanted.items():
        chosen = set(items)
        kept = sum(
            amount
            for (_agency, item), amount in given.items()
            if base.items[item].service == service and item not in chosen
        )
        raised = sum((exact for (_agency, item), exact in now.items() if item in chosen), none)
        if not raised or service not in known:
            unpaid.append(service)
            continue
        idle = assumed.idle.get(service, Idle(Fraction(0), "spread"))
        share = 1 - idle.share if idle.policy == "absorbed" else Fraction(1)
        target = costs[service].after * share - Fraction(kept, 10 ** exponent(base.currency))
        factor = max(target / raised, none)
        try:
            made = {item: rescaled(base.models[item], factor) or {} for item in items}
            priced(made)
        except EngineError:  # no price may be that high: next to nothing is used
            unpaid.append(service)
        else:
            models |= made
    return models, unscaled, unpaid


@dataclass(frozen=True)
class Sensitivity:
    """A service at another volume, its prices unchanged, in minor units."""

    service: str
    volume: Fraction
    revenue: int
    cost: int

    @property
    def position(self) -> int:
        """Recovered beyond cost."""
        return self.revenue - self.cost


def at_volume(
    base: Base, assumed: Assumptions, result: Result, service: str, volume: Fraction
) -> Sensitivity:
    """A service of a scenario with so many times its volume: prices stay, variable cost moves."""
    own = {key: uses for key, uses in result.uses.items() if base.items[key[1]].service == service}
    models = priced({item: result.models[item] for _agency, item in own if item in result.models})
    grown = {
        key: tuple(grown_use(use, volume) for use in uses)
        if base.items[key[1]].kind != "fixed"
        else uses
        for key, uses in own.items()
    }
    revenue = sum(bills_of(grown, models, base.currency, base.mixes).values())
    row = next(each for each in result.services if each.service == service)
    variable = sum(
        (
            part.amount * (1 + assumed.costs.get(service, Fraction(0))) * _variable(part, assumed)
            for part in base.parts
            if part.service == service
        ),
        Fraction(0),
    )
    moving = Fraction(_minor(variable, base.currency)) * _ratio(row) * (volume - 1)
    cost = row.cost + round_quotient(moving.numerator, moving.denominator, "half_up")
    return Sensitivity(service, volume, revenue, cost)


def _ratio(row: ServiceResult) -> Fraction:
    """How the scenario's volume compares with the present one, by revenue at present prices."""
    if not row.revenue_before:
        return Fraction(1)
    return Fraction(row.revenue_before - row.lost, row.revenue_before)


def break_even(base: Base, assumed: Assumptions, result: Result, service: str) -> Fraction | None:
    """The smallest part of the volume, in tenths of a percent, at which a service recovers its
    cost; None where five times the volume does not."""
    low, high = 0, MOST
    if at_volume(base, assumed, result, service, Fraction(high, STEPS)).position < 0:
        return None
    while low < high:
        middle = (low + high) // 2
        if at_volume(base, assumed, result, service, Fraction(middle, STEPS)).position >= 0:
            high = middle
        else:
            low = middle + 1
    return Fraction(high, STEPS)


def sensitivities(
    base: Base, assumed: Assumptions, result: Result, services: Sequence[str]
) -> list[tuple[Sensitivity, Sensitivity, Sensitivity, Fraction | None]]:
    """Each service at 90, 100 and 110 % of its volume, and where it breaks even."""
    parts = (Fraction(9, 10), Fraction(1), Fraction(11, 10))
    found = []
    for service in services:
        less, same, more = (at_volume(base, assumed, result, service, part) for part in parts)
        found.append((less, same, more, break_even(base, assumed, result, service)))
    return found


def volumes_by_item(uses: Uses) -> dict[str, Decimal]:
    """What everybody uses of each item in the year."""
    found: dict[str, Decimal] = defaultdict(Decimal)
    for (_agency, item), own in uses.items():
        found[item] += quantity_of(own)
    return found

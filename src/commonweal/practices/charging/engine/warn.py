"""What is unusual about a price: allowed, and said before anybody decides on it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction

from .exact import EXACT, plain, product
from .models import AtCost, Blocks, Minimum, Peak, Percentage, PriceModel, Tier, Tiered
from .shared_models import FixedShare, LumpSum, Matrix, Pooled, Prorated


@dataclass(frozen=True, slots=True)
class Warning:
    """A stable code (RATE-401 to 406), whole sentences, and where in the model's document.

    `details` hold the figures of the sentences as text, for readers in other languages.
    """

    code: str
    message: str
    where: str
    details: tuple[tuple[str, str], ...] = ()


def warnings(model: PriceModel) -> list[Warning]:
    """Everything unusual about a price, in the order of its document; empty: nothing is.

    RATE-401 a price or rate of zero; 402 a cliff (more use costs less); 403 a jump (one more unit
    costs the whole quantity's higher rate); 404 a limit that always or never holds; 405 shares
    below the whole; 406 a tier that changes nothing.
    """
    if isinstance(model, Tiered):
        return _zero_tiers(model) + _edges(model)
    if isinstance(model, Blocks | Percentage | AtCost):
        return _limited(model)
    if isinstance(model, Minimum | Peak | Pooled):
        own = _minimum(model) if isinstance(model, Minimum) else []
        return own + _below(model.inner, "model")
    if isinstance(model, Matrix):
        return _matrix(model)
    if isinstance(model, LumpSum):
        return [
            _zero(f"amounts/{agency}", f"Agency {agency} pays nothing")
            for agency, amount in sorted(model.amounts.items())
            if amount == 0
        ]
    if isinstance(model, FixedShare):
        return _shares(model)
    assert isinstance(model, Prorated)
    return [] if model.amount else [_zero("amount", "The amount is 0")]


def _below(model: PriceModel, where: str) -> list[Warning]:
    return [replace(found, where=f"{where}/{found.where}".rstrip("/")) for found in warnings(model)]


def _zero(where: str, said: str) -> Warning:
    return Warning("RATE-401", f"{said}: nothing is recovered there. Say why it is free.", where)


def _zero_tiers(model: Tiered) -> list[Warning]:
    if model.kind == "flat":
        return [] if model.fixed else [_zero("amount", "The amount is 0")]
    if model.kind == "per_unit":
        return [] if model.tiers[0].rate else [_zero("rate", "The rate is 0")]
    return [
        _zero(f"tiers/{number}/rate", f"The rate from {plain(tier.lo)} on is 0")
        for number, tier in enumerate(model.tiers)
        if tier.rate == 0
    ]


def _edges(model: Tiered) -> list[Warning]:
    """Where one tier meets the next."""
    found = []
    for number in range(1, len(model.tiers)):
        before, tier = model.tiers[number - 1], model.tiers[number]
        where = f"tiers/{number}"
        if tier.rate == before.rate:
            found.append(
                Warning(
                    "RATE-406",
                    f"The tier from {plain(tier.lo)} on has the rate of the one before it, so it"
                    " changes nothing. Join the two.",
                    where,
                )
            )
        elif model.kind == "volume":
            found.append(_edge(before, tier, where))
    return found


def _edge(before: Tier, tier: Tier, where: str) -> Warning:
    """A volume price jumps at every bound: down (a cliff), or up."""
    bound, low, high = tier.lo, product(tier.lo, tier.rate), product(tier.lo, before.rate)
    details = {
        "bound": plain(bound),
        "at": plain(low),
        "just_before": plain(high),
    }
    if low < high:
        even = _even(low, before)
        details["from"] = plain(even)
        return Warning(
            "RATE-402",
            f"A cliff: {plain(bound)} cost {plain(low)}, but just below that it is {plain(high)}."
            f" Whoever uses more than {plain(even)} and less than {plain(bound)} pays less by using"
            " more. Graduated tiers have no cliffs.",
            where,
            tuple(details.items()),
        )
    return Warning(
        "RATE-403",
        f"A jump: just below {plain(bound)} the price is {plain(high)}, at {plain(bound)} it is"
        f" {plain(low)}, for no more use. Graduated tiers have no jumps.",
        where,
        tuple(details.items()),
    )


def _even(amount: Decimal, tier: Tier) -> Decimal:
    """The largest quantity, in millionths, that costs no more than `amount` at the tier's rate;
    at least the tier's start."""
    micro = Fraction(amount) / Fraction(tier.rate) * 10**6
    even = Decimal(micro.numerator // micro.denominator).scaleb(-6)
    return max(even, tier.lo)


def _limited(model: Blocks | Percentage | AtCost) -> list[Warning]:
    """Zero rates, and caps that hold from the start."""
    found = []
    if isinstance(model, Blocks):
        if model.rate == 0:
            found.append(_zero("price", "The price of a block is 0"))
        first = EXACT.add(model.fixed, model.rate)
        if model.cap is not None and first > model.cap:
            found.append(_always("cap", "Already the first block costs more than the cap"))
    elif isinstance(model, Percentage):
        if model.percent == 0:
            found.append(_zero("percent", "The percentage is 0"))
        if model.cap is not None and model.cap == model.floor:
            found.append(_always("cap", "Floor and cap are the same amount"))
    if model.cap is not None and model.cap == 0 and not isinstance(model, AtCost):
        found.append(_zero("cap", "The cap is 0"))
    if (
        isinstance(model, AtCost)
        and model.cap is not None
        and (model.cap == 0) != (model.overhead == 0)
    ):
        found.append(_always("cap", "Only one of overhead and cap is 0, so there is no overhead"))
    return found


def _always(where: str, said: str) -> Warning:
    return Warning("RATE-404", f"{said}, so use changes nothing. Check the amounts.", where)


def _minimum(model: Minimum) -> list[Warning]:
    if model.amount == 0:
        return [Warning("RATE-404", "A minimum of 0 never holds. Leave it out.", "amount")]
    return []


def _matrix(model: Matrix) -> list[Warning]:
    found: list[Warning] = []
    for number, cell in enumerate(model.cells):
        where = f"channels/{cell.values[0]}"
        found += _below(cell.model, where if model.kind == "channel" else f"cells/{number}/model")
    if model.otherwise is not None:
        found += _below(model.otherwise, "otherwise")
    return found


def _shares(model: FixedShare) -> list[Warning]:
    found = [
        _zero(f"shares/{agency}", f"Agency {agency} pays nothing")
        for agency, share in sorted(model.shares.items())
        if share == 0
    ]
    if not model.amount:
        found.append(_zero("amount", "The amount is 0"))
    whole = sum(model.shares.values(), Fraction(0))
    if whole < 1:
        found.append(
            Warning(
                "RATE-405",
                f"The shares add up to {whole}, so {1 - whole} of the amount is charged to nobody."
                " Say who bears it, or raise the shares to 1 together.",
                "shares",
                (("whole", str(whole)), ("rest", str(1 - whole))),
            )
        )
    return found

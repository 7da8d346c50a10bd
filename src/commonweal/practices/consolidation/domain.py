"""What sharing saved or lost: pure rules over frozen figures. Amounts in minor units, exact.

Source: reference/domain.md §5 (saving = frozen, volume- and price-adjusted baseline less new
charges, retained cost, transition and dual running) and its rules R31 to R33.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from commonweal.kernel.errors import CommonwealError

COST_KINDS = ("staff", "contracts", "licences", "hosting", "overhead", "other")
OWN_KINDS = ("retained", "transition", "dual_running")
FIGURES = ("nominal", "volume", "real", "saving")
YEAR = 12


class WorthError(CommonwealError):
    """A baseline, a cost or a claim cannot be used as given."""


@dataclass(frozen=True)
class CostLine:
    """One kind of cost of the service before sharing, for a year; `varies`: with the volume."""

    kind: str
    amount_minor: int
    varies: bool = False


@dataclass(frozen=True)
class Frozen:
    """A signed baseline: its lines, its yearly volume (None: not counted), its price year."""

    lines: Sequence[CostLine]
    volume: Fraction | None
    price_year: int
    late: bool = False
    forecast_minor: int | None = None

    @property
    def total(self) -> int:
        """What the service cost in the baseline's year, minor units."""
        return sum(line.amount_minor for line in self.lines)

    @property
    def varying(self) -> int:
        """The part of it that goes with the volume."""
        return sum(line.amount_minor for line in self.lines if line.varies)


@dataclass(frozen=True)
class Now:
    """What is known of one service in one fiscal year of an agency.

    `months`: how many months count (covered by an order, books closed). `charges`: by the books of
    all closed months of the year. `own`: amount by kind, None where the agency entered nothing for
    some month. `volume`: over the months counted, in the baseline's unit. `index_then`,
    `index_now`: the price index of the baseline's price year and of this year.
    """

    months: int
    charges: int
    own: Mapping[str, int | None] = field(default_factory=dict)
    volume: Fraction | None = None
    index_then: Fraction | None = None
    index_now: Fraction | None = None


@dataclass(frozen=True)
class Figure:
    """One way to read a year: the baseline's side, what it costs now, and the difference.

    `missing` names what would have to be known; then there is no figure.
    """

    name: str
    baseline_minor: int | None
    spent_minor: int | None
    missing: tuple[str, ...] = ()

    @property
    def minor(self) -> int | None:
        """Saved (above zero) or lost (below), minor units; None: cannot be determined."""
        if self.baseline_minor is None or self.spent_minor is None:
            return None
        return self.baseline_minor - self.spent_minor

    @property
    def outcome(self) -> str:
        """`saving`, `loss`, `even` or `unknown`: a loss is called a loss, whatever made it one."""
        if self.minor is None:
            return "unknown"
        return "saving" if self.minor > 0 else "loss" if self.minor < 0 else "even"


def rounded(value: Fraction) -> int:
    """To a whole number of minor units, half away from zero."""
    whole, rest = divmod(abs(value.numerator), value.denominator)
    whole += 2 * rest >= value.denominator
    return whole if value >= 0 else -whole


def figures(baseline: Frozen | None, now: Now) -> dict[str, Figure]:
    """The four figures of a year. With m months counted of 12, prices I and volumes v:

    nominal = baseline × m/12 − spent; volume = (fixed × m/12 + varying × v ÷ v₀) − spent;
    real = baseline × m/12 − spent × I₀ ÷ I, in prices of the price year;
    saving = (fixed × m/12 + varying × v ÷ v₀) × I ÷ I₀ − spent, in prices of this year.
    Spent = charges + retained + transition + dual running. Each side is rounded once, half up.
    """
    lacking = tuple(_lacking(baseline, now))
    volume, prices = _volume_lacks(baseline, now), _index_lacks(now)
    wanted = {"nominal": (), "volume": volume, "real": prices, "saving": (*volume, *prices)}
    found = {}
    for name, more in wanted.items():
        missing = (*lacking, *more)
        if missing or baseline is None:
            found[name] = Figure(name, None, None, missing)
            continue
        left, right = _sides(name, baseline, now)
        found[name] = Figure(name, rounded(left), rounded(right))
    return found


def _lacking(baseline: Frozen | None, now: Now) -> Iterable[str]:
    if baseline is None:
        yield "baseline"
    if now.months == 0:
        yield "months"
    yield from (kind for kind in OWN_KINDS if now.own.get(kind) is None)


def _volume_lacks(baseline: Frozen | None, now: Now) -> tuple[str, ...]:
    """The volume is needed only where some cost goes with it."""
    if baseline is None or not baseline.varying:
        return ()
    return () if baseline.volume and now.volume is not None else ("volume",)


def _index_lacks(now: Now) -> tuple[str, ...]:
    return tuple(
        name
        for name, value in (("index_then", now.index_then), ("index_now", now.index_now))
        if value is None
    )


def _sides(name: str, baseline: Frozen, now: Now) -> tuple[Fraction, Fraction]:
    part = Fraction(now.months, YEAR)
    left = baseline.total * part
    right = Fraction(now.charges + sum(now.own[kind] or 0 for kind in OWN_KINDS))
    if name in ("volume", "saving") and baseline.varying:
        fixed = (baseline.total - baseline.varying) * part
        left = fixed + baseline.varying * _ratio(now.volume, baseline.volume)
    if name in ("real", "saving"):
        if name == "real":
            right = right * _ratio(now.index_then, now.index_now)
        else:
            left = left * _ratio(now.index_now, now.index_then)
    return left, right


def _ratio(up: Fraction | None, down: Fraction | None) -> Fraction:
    """Of two figures that are known: `figures` asks for what is missing before."""
    return (up or Fraction(0)) / (down or Fraction(1))


@dataclass(frozen=True)
class Confirmed:
    """What an agency's finance officer confirmed of a year; `evidence`: how many papers."""

    saving_minor: int
    cashable_minor: int
    avoidance_minor: int
    budget_minor: int
    evidence: int


@dataclass(frozen=True)
class Proof:
    """How much of a saving is verified, and why the rest is not proved."""

    claimed: int
    verified: int
    doubts: tuple[str, ...] = ()

    @property
    def not_proved(self) -> int:
        """What is claimed and not verified."""
        return self.claimed - self.verified


def prove(figure: Figure, baseline: Frozen | None, confirmed: Confirmed | None) -> Proof:
    """What of a figure is verified: signed in time, confirmed by the agency's finance, evidenced.

    A loss needs no proof and always counts. A cashable part counts up to the budget reduced, and
    nothing counts beyond what the books show today.
    """
    amount = figure.minor
    if amount is None or baseline is None:
        return Proof(0, 0)
    if amount <= 0:
        return Proof(amount, amount)
    doubts = []
    if baseline.late:
        doubts.append("late")
    if confirmed is None:
        doubts.append("unconfirmed")
    elif not confirmed.evidence:
        doubts.append("no_evidence")
    if doubts or confirmed is None:
        return Proof(amount, 0, tuple(doubts))
    real = confirmed.avoidance_minor + min(confirmed.cashable_minor, confirmed.budget_minor)
    if confirmed.cashable_minor > confirmed.budget_minor:
        doubts.append("budget")
    if confirmed.saving_minor != amount:
        doubts.append("changed")
    return Proof(amount, min(real, amount), tuple(doubts))


@dataclass(frozen=True)
class Row:
    """One agency's service in a year, as the sum counts it."""

    key: tuple[str, str]
    figure: Figure
    proof: Proof
    charges: int
    forecast_minor: int | None = None


@dataclass(frozen=True)
class Total:
    """The sum of many rows, with the same honesty as each of them.

    `unknown` of `rows` cannot be determined, and `unknown_charges` was charged for them. `losses`
    is part of `claimed` and of `verified`. `optimism`: realised ÷ forecast over the rows that have
    both; None without any.
    """

    rows: int
    claimed: int
    verified: int
    losses: int
    unknown: int
    unknown_charges: int
    optimism: Fraction | None

    @property
    def not_proved(self) -> int:
        """What is claimed and not verified."""
        return self.claimed - self.verified


def sum_up(rows: Iterable[Row]) -> Total:
    """Add rows up; an agency's service twice is refused (WORTH-901): nothing counts twice."""
    found = list(rows)
    keys = {row.key for row in found}
    if len(keys) != len(found):
        raise WorthError(
            "WORTH-901",
            "An agency's service stands twice in the sum. Count each once.",
        )
    known = [row for row in found if row.figure.minor is not None]
    compared = [row for row in known if row.forecast_minor]
    forecast = sum(row.forecast_minor or 0 for row in compared)
    return Total(
        rows=len(found),
        claimed=sum(row.proof.claimed for row in found),
        verified=sum(row.proof.verified for row in found),
        losses=sum(min(row.figure.minor or 0, 0) for row in known),
        unknown=len(found) - len(known),
        unknown_charges=sum(row.charges for row in found if row.figure.minor is None),
        optimism=Fraction(sum(row.figure.minor or 0 for row in compared), forecast)
        if forecast
        else None,
    )


@dataclass(frozen=True)
class Entry:
    """A cost that the agency bore itself: for a month (`2026-10`) or a fiscal year (`2027`)."""

    period: str
    kind: str
    amount_minor: int


def own_costs(
    entries: Iterable[Entry], fiscal_year: int, counted: Sequence[str], covered: Sequence[str]
) -> dict[str, int | None]:
    """What was borne by kind over the months counted; None where some month has no entry.

    A figure for the whole year stands for the months `covered` by an order, and counts by those
    that are counted while the year runs, rounded half up.
    """
    rows = list(entries)
    found: dict[str, int | None] = {}
    for kind in OWN_KINDS:
        of_kind = {row.period: row.amount_minor for row in rows if row.kind == kind}
        whole = of_kind.get(str(fiscal_year))
        if whole is not None:
            part = Fraction(len(counted), len(covered)) if covered else Fraction(0)
            found[kind] = rounded(whole * part)
        elif counted and all(month in of_kind for month in counted):
            found[kind] = sum(of_kind[month] for month in counted)
        else:
            found[kind] = None
    return found


def missing_months(entries: Iterable[Entry], kind: str, counted: Sequence[str]) -> list[str]:
    """The counted months for which nothing of a kind was entered."""
    known = {row.period for row in entries if row.kind == kind}
    return [month for month in counted if month not in known]

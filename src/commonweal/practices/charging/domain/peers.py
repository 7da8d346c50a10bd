"""Unit costs beside anonymous peers: quartiles of groups of five at least. Pure, exact.

Quartile method: R. J. Hyndman and Y. Fan, Sample Quantiles in Statistical Packages (1996),
definition 7: with the values in order, the p-quantile lies at h = (n − 1)·p + 1 and is
interpolated linearly between its neighbours. In fractions, so without rounding.

Disclosure: only these three interpolated order statistics leave a group. Never a sum, a mean, a
count, a smallest or a largest value, so that nobody can subtract themselves from a total; one group
for each measure and year, which no reader can cut smaller; nothing at all below five members.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

LEAST = 5


@dataclass(frozen=True)
class Quartiles:
    """The three quartiles of a group, and nothing else of it."""

    low: Fraction
    middle: Fraction
    high: Fraction


def quantile(ordered: Sequence[Fraction], part: Fraction) -> Fraction:
    """The value below which `part` of the ordered values lie (definition 7)."""
    place = (len(ordered) - 1) * part
    below = place.numerator // place.denominator
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (place - below) * (ordered[above] - ordered[below])


def quartiles(values: Iterable[Fraction]) -> Quartiles | None:
    """The quartiles of a group; None below five members, whatever they are."""
    found = sorted(values)
    if len(found) < LEAST:
        return None
    return Quartiles(*(quantile(found, Fraction(part, 4)) for part in (1, 2, 3)))


def place_of(own: Fraction | None, group: Quartiles | None) -> str:
    """Where one's own value lies: `lowest`, `middle`, `highest` quarter or half; else `unknown`."""
    if own is None or group is None:
        return "unknown"
    if own < group.low:
        return "lowest"
    return "highest" if own > group.high else "middle"

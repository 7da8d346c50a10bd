"""Distributions of daily counts, exact as vectors of probabilities. Pure; floats, never money.

A count with mean m and variance v is taken as a member of the (a, b, 0) class: p(k) = p(k−1)·(a +
b/k), which is Poisson (v = m), negative binomial (v > m, arrivals that come in bursts) or binomial
(v < m, steady work). Source: H. H. Panjer, "Recursive evaluation of a family of compound
distributions", ASTIN Bulletin 12 (1981); that these three are all: Sundt and Jewell (1981).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

Vector = Any
"""A float64 array."""
TAIL = 1e-12
FFT_FROM = 200_000
NONE = 1e-9
"""Fewer cases a day than this are none."""


@dataclass(frozen=True)
class Spread:
    """Probabilities of whole numbers from `low` on; what lies outside weighs less than 10⁻¹²."""

    low: int
    weights: Vector

    @property
    def mean(self) -> float:
        """The expected value."""
        return float(self.low + self.weights @ np.arange(len(self.weights)))

    def quantile(self, share: float) -> int:
        """The smallest number that is not exceeded with at least this probability."""
        place = int(np.searchsorted(np.cumsum(self.weights), share - 1e-12))
        return self.low + min(place, len(self.weights) - 1)

    def at_most(self, number: float) -> float:
        """The probability of this number or less."""
        upto = math.floor(number) - self.low + 1
        return float(min(1.0, self.weights[: max(0, upto)].sum()))


def exactly(number: int) -> Spread:
    """A number that is known."""
    return Spread(number, np.ones(1))


def count(mean: float, dispersion: float) -> Spread:
    """A count with a mean, and variance ÷ mean = `dispersion`.

    A binomial needs a whole number of trials; the part of one that is over is a trial of its own,
    with as much less chance. So the mean is kept, and more work never makes less likely.
    """
    if mean <= NONE:
        return exactly(0)
    if dispersion < 1.0 - 1e-9:
        return _binomial(mean, 1.0 - dispersion)
    most = math.ceil(mean + _reach(mean, dispersion))
    places: Vector = np.arange(0, most + 1, dtype=np.float64)
    if dispersion > 1.0 + 1e-9:
        logs = _logs(places, 1.0 - 1.0 / dispersion, mean / (dispersion - 1.0))
    else:
        logs = _logs(places, 0.0, mean)
    return _of_logs(logs)


def _reach(mean: float, dispersion: float) -> float:
    """How far above the mean anything of weight lies."""
    return 12.0 * math.sqrt(mean * dispersion) + 40.0 * dispersion


def _binomial(mean: float, chance: float) -> Spread:
    trials, over = divmod(mean / chance, 1.0)
    most = min(trials, math.ceil(mean + _reach(mean, 1.0)))
    places: Vector = np.arange(0, int(most) + 1, dtype=np.float64)
    whole = _of_logs(_logs(places, -chance / (1.0 - chance), -trials))
    return added(whole, Spread(0, np.array([1.0 - over * chance, over * chance])))


def _of_logs(logs: Vector) -> Spread:
    weights = np.exp(logs - logs.max())
    return _trimmed(0, weights / weights.sum())


def _logs(places: Vector, slope: float, size: float) -> Vector:
    """Logarithms of p(k)/p(0) by the recursion; `size` is the mean itself for Poisson."""
    steps = places[1:]
    ratio = size / steps if slope == 0.0 else slope * (size + (steps - 1.0)) / steps
    return np.concatenate(([0.0], np.cumsum(np.log(ratio))))


def added(one: Spread, other: Spread) -> Spread:
    """The sum of two independent counts."""
    size = len(one.weights) * len(other.weights)
    convolve = _by_fft if size > FFT_FROM else np.convolve
    return _trimmed(one.low + other.low, convolve(one.weights, other.weights))


def _by_fft(one: Vector, other: Vector) -> Vector:
    length = len(one) + len(other) - 1
    size = 1 << (length - 1).bit_length()
    both = np.fft.irfft(np.fft.rfft(one, size) * np.fft.rfft(other, size), size)
    return np.maximum(both[:length], 0.0)


def less(one: Spread, other: Spread) -> Spread:
    """The difference of two independent counts, never below zero."""
    turned = Spread(-(other.low + len(other.weights) - 1), other.weights[::-1])
    found = added(one, turned)
    if found.low >= 0:
        return found
    below = min(-found.low, len(found.weights) - 1)
    if found.low + len(found.weights) - 1 <= 0:
        return exactly(0)
    weights = found.weights[below:].copy()
    weights[0] += found.weights[:below].sum()
    return Spread(0, weights)


def mixed(parts: list[tuple[float, Spread]]) -> Spread:
    """One of several spreads, each with its weight."""
    low = min(spread.low for _weight, spread in parts)
    high = max(spread.low + len(spread.weights) for _weight, spread in parts)
    weights = np.zeros(high - low)
    for weight, spread in parts:
        begin = spread.low - low
        weights[begin : begin + len(spread.weights)] += weight * spread.weights
    return Spread(low, weights / weights.sum())


def _trimmed(low: int, weights: Vector) -> Spread:
    """Without the ends that weigh less than 10⁻¹² together."""
    running = np.cumsum(weights)
    begin = int(np.searchsorted(running, TAIL / 2))
    end = int(np.searchsorted(running, running[-1] - TAIL / 2)) + 1
    kept = weights[begin:end]
    return Spread(low + begin, kept / kept.sum())

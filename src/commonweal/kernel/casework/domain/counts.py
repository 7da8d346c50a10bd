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
    """Probabilities of whole numbers from `low` on, every `step`th (`low` is one of its multiples);
    what lies outside weighs less than 10⁻¹²."""

    low: int
    weights: Vector
    step: int = 1

    @property
    def mean(self) -> float:
        """The expected value."""
        return float(self.low + self.step * (self.weights @ np.arange(len(self.weights))))

    @property
    def variance(self) -> float:
        """The expected square of what lies between it and its mean."""
        places = self.low + self.step * np.arange(len(self.weights)) - self.mean
        return float(self.weights @ places**2)

    def quantile(self, share: float) -> int:
        """The smallest number that is not exceeded with at least this probability."""
        place = int(np.searchsorted(np.cumsum(self.weights), share - 1e-12))
        return self.low + self.step * min(place, len(self.weights) - 1)

    def at_most(self, number: float) -> float:
        """The probability of this number or less."""
        upto = (math.floor(number) - self.low) // self.step + 1
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


def coarse(spread: Spread, step: int) -> Spread:
    """The same in steps of `step`: each number's weight goes to its neighbours in inverse ratio to
    their distance. The mean is kept, the variance grows by at most a quarter of step², and what was
    never less stays so."""
    if step == 1:
        return spread
    places: Vector = spread.low + np.arange(len(spread.weights))
    first = int(places[0]) // step
    whole, over = np.divmod(places, step)
    upper = spread.weights * over / step
    size = int(whole[-1]) - first + 2
    weights = np.bincount(whole - first, spread.weights - upper, size)
    weights += np.bincount(whole - first + 1, upper, size)
    return _trimmed(first * step, weights, step)


def added(one: Spread, other: Spread) -> Spread:
    """The sum of two independent counts (in the same steps)."""
    size = len(one.weights) * len(other.weights)
    convolve = _by_fft if size > FFT_FROM else np.convolve
    return _trimmed(one.low + other.low, convolve(one.weights, other.weights), one.step)


def _by_fft(one: Vector, other: Vector) -> Vector:
    length = len(one) + len(other) - 1
    size = 1 << (length - 1).bit_length()
    both = np.fft.irfft(np.fft.rfft(one, size) * np.fft.rfft(other, size), size)
    return np.maximum(both[:length], 0.0)


def turned(one: Spread) -> Spread:
    """What is taken away: the same numbers below zero."""
    last = one.low + one.step * (len(one.weights) - 1)
    return Spread(-last, one.weights[::-1], one.step)


def floored(found: Spread) -> Spread:
    """What is never below zero: whatever lies there is zero."""
    if found.low >= 0:
        return found
    below = -found.low // found.step
    if below >= len(found.weights) - 1:
        return Spread(0, np.ones(1), found.step)
    weights = found.weights[below:].copy()
    weights[0] += found.weights[:below].sum()
    return Spread(0, weights, found.step)


def less(one: Spread, other: Spread) -> Spread:
    """The difference of two independent counts, never below zero."""
    return floored(added(one, turned(other)))


def mixed(parts: list[tuple[float, Spread]]) -> Spread:
    """One of several spreads in the same steps, each with its weight."""
    step = parts[0][1].step
    low = min(spread.low for _weight, spread in parts)
    high = max(spread.low // step + len(spread.weights) for _weight, spread in parts)
    weights = np.zeros(high - low // step)
    for weight, spread in parts:
        begin = (spread.low - low) // step
        weights[begin : begin + len(spread.weights)] += weight * spread.weights
    return Spread(low, weights / weights.sum(), step)


def _trimmed(low: int, weights: Vector, step: int = 1) -> Spread:
    """Without the ends that weigh less than 10⁻¹² together."""
    running = np.cumsum(weights)
    begin = int(np.searchsorted(running, TAIL / 2))
    end = int(np.searchsorted(running, running[-1] - TAIL / 2)) + 1
    kept = weights[begin:end]
    return Spread(low + step * begin, kept / kept.sum(), step)

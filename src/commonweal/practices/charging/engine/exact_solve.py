"""Whole-number linear systems solved exactly, by p-adic lifting. Pure.

`solve(matrix, right, …)` gives X with matrix · X = right as whole numerators over one common
denominator. The solution is first found modulo a prime, then digit by digit modulo its powers
(J. D. Dixon, “Exact solution of linear equations using p-adic expansions”, Numerische Mathematik
40, 1982), so that the cost of 200 dense unknowns is seconds, where elimination in fractions takes
hours. Every number is whole and exact.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import isqrt, prod
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

_LIMB = 21
"""For up to 2,047 unknowns n · 2²¹ · 2²¹ stays below 2⁵³: sums of products of whole numbers of so
many bits are exact in a double, whatever their order, and so the fast matrix product may be used.
"""
_PRIMES_BELOW = 2**_LIMB
MOST = 2047
Whole: TypeAlias = npt.NDArray[np.int64]
Double: TypeAlias = npt.NDArray[np.float64]
Large: TypeAlias = npt.NDArray[np.object_]


def solve(
    matrix: Sequence[Sequence[int]], right: Sequence[Sequence[int]], largest: int
) -> tuple[list[list[int]], int]:
    """Numerators (rows as in `right`) and their common denominator.

    `matrix`: square, regular, and such that its determinant is at most the product of its diagonal
    (any matrix of allocation: Fischer's inequality for M-matrices). `largest`: no numerator over
    the determinant is larger than so many times that product.
    """
    rows = [list(row) for row in matrix]
    residue: Any = np.array(right, dtype=object)
    denominator_at_most = prod(rows[place][place] for place in range(len(rows)))
    numerator_at_most = denominator_at_most * max(largest, 1)
    inverse, prime = _inverse(rows)
    limbs = _limbs(rows)
    if len(limbs) == 1 and abs(residue).max(initial=0) < 2**60:
        residue = residue.astype(np.int64)
    digits, modulus = [], 1
    while modulus <= 2 * numerator_at_most * denominator_at_most:
        digit = inverse @ (residue % prime).astype(np.float64) % prime
        digits.append(digit.astype(np.int64).astype(object))
        residue = (residue - _product(limbs, digit)) // prime
        modulus *= prime
    return _fractions(_joined(digits, prime), modulus, numerator_at_most)


def _primes() -> Iterator[int]:
    for number in range(_PRIMES_BELOW - 1, 3, -2):
        if all(number % divisor for divisor in range(3, isqrt(number) + 1, 2)):
            yield number


def _inverse(rows: list[list[int]]) -> tuple[Double, int]:
    """The matrix's inverse modulo the first prime for which there is one."""
    for prime in _primes():
        found = _inverse_modulo(rows, prime)
        if found is not None:
            return found.astype(np.float64), prime
    raise AssertionError("a regular matrix is regular modulo some prime")  # pragma: no cover


def _inverse_modulo(rows: list[list[int]], prime: int) -> Whole | None:
    size = len(rows)
    work = np.array([[cell % prime for cell in row] for row in rows], dtype=np.int64)
    work = np.concatenate([work, np.eye(size, dtype=np.int64)], axis=1)
    for place in range(size):
        pivots = np.flatnonzero(work[place:, place])
        if not pivots.size:
            return None
        other = place + int(pivots[0])
        work[[place, other]] = work[[other, place]]
        work[place] = work[place] * pow(int(work[place, place]), -1, prime) % prime
        factors = work[:, place].copy()
        factors[place] = 0
        work = (work - factors[:, None] * work[place]) % prime
    found: Whole = work[:, size:]
    return found


def _limbs(rows: list[list[int]]) -> list[tuple[int, Double]]:
    """The matrix as Σ 2^shift · (small matrix), so that products stay exact."""
    sizes = np.array(rows, dtype=object)
    signs = np.where(sizes < 0, -1, 1)
    sizes, shift = abs(sizes), 0
    found: list[tuple[int, Double]] = []
    while sizes.any() or not found:
        found.append((shift, (sizes % 2**_LIMB * signs).astype(np.float64)))
        sizes, shift = sizes // 2**_LIMB, shift + _LIMB
    return found


def _product(limbs: list[tuple[int, Double]], digit: Double) -> Any:
    if len(limbs) == 1:
        return (limbs[0][1] @ digit).astype(np.int64)
    total: Any = 0
    for shift, small in limbs:
        total = total + (small @ digit).astype(np.int64).astype(object) * 2**shift
    return total


def _joined(digits: list[Large], prime: int) -> Large:
    """Σ digit · prime^place, joined in pairs so that long numbers are multiplied seldom."""
    while len(digits) > 1:
        pairs = [low + high * prime for low, high in zip(digits[::2], digits[1::2], strict=False)]
        digits = pairs + digits[len(pairs) * 2 :]
        prime *= prime
    return digits[0]


def _fractions(found: Large, modulus: int, numerator_at_most: int) -> tuple[list[list[int]], int]:
    """Each residue as a numerator over one denominator, which grows as entries ask for it.

    A small residue of entry · denominator *is* the numerator: both sides of the congruence lie
    below half of the modulus, so they are equal.
    """
    denominator = 1
    flat: list[tuple[int, int]] = []
    for entry in found.ravel():
        value = entry * denominator % modulus
        value -= modulus if value > modulus // 2 else 0
        if abs(value) > numerator_at_most:
            more = _denominator(value % modulus, modulus, numerator_at_most)
            denominator *= more
            value = value * more % modulus
            value -= modulus if value > modulus // 2 else 0
        flat.append((value, denominator))
    whole = [value * (denominator // under) for value, under in flat]
    width = found.shape[1]
    return [whole[at : at + width] for at in range(0, len(whole), width)], denominator


def _denominator(residue: int, modulus: int, numerator_at_most: int) -> int:
    """The denominator of the one small fraction with this residue (Wang, 1981)."""
    before, rest, outer, inner = modulus, residue, 0, 1
    while rest > numerator_at_most:
        times = before // rest
        before, rest = rest, before - times * rest
        outer, inner = inner, outer - times * inner
    return abs(inner)

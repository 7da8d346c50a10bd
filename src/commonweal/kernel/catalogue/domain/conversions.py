"""Exact ratios as people write them. Pure."""

from __future__ import annotations

import re
from fractions import Fraction

from .orders import CatalogueError

LIMIT = 10**15
_RATIO = re.compile(r"(\d{1,15}(?:\.\d{1,9})?)(?:\s*/\s*(\d{1,15}))?\Z")


def parse_ratio(text: str) -> Fraction:
    """A ratio above zero, written `1/60`, `1000` or `1.0864` (CATALOGUE-121)."""
    match = _RATIO.match(text.strip())
    top = Fraction(match[1]) if match else Fraction(0)
    bottom = int(match[2]) if match and match[2] else 1
    if top <= 0 or bottom <= 0:
        raise CatalogueError(
            "CATALOGUE-121",
            f"“{text[:40]}” is not a ratio above zero. Write it like 1/60, 1000 or 1.0864.",
            field="ratio",
        )
    found = top / bottom
    if max(found.numerator, found.denominator) >= LIMIT:
        raise CatalogueError(
            "CATALOGUE-121",
            f"“{text[:40]}” is too fine or too large a ratio. Use at most 15 digits on each side.",
            field="ratio",
        )
    return found


def ratio_text(ratio: Fraction) -> str:
    """`1000`, or `1/60`."""
    return str(ratio.numerator) if ratio.denominator == 1 else str(ratio)

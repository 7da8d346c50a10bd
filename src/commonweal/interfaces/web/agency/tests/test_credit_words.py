"""What the page of a credit says first: what it comes to, and what is still to come."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from django.utils.translation import override

from ..credits import sentence


@pytest.mark.parametrize(
    ("total", "left", "said"),
    [
        (900, 300, "$3.00 of this credit of $9.00 is still to come."),
        (900, 0, "The bills hold all of this credit of $9.00."),
        (-900, -900, "$9.00 will be charged."),
        (-900, -300, "$3.00 of this charge of $9.00 is still to come."),
        (-900, 0, "The bills hold this charge of $9.00."),
    ],
)
def test_a_credit_and_a_charge_say_what_is_left(total: int, left: int, said: str) -> None:
    credit = SimpleNamespace(total_minor=total, currency="USD", months=["2026-09"] * 3)
    view: Any = SimpleNamespace(credit=credit, left=left)
    with override("en-us"):
        assert sentence(view) == said

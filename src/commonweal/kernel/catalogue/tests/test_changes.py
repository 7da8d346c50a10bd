"""Before and after: what a modification changes, over the same days."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any
from uuid import uuid4

from hypothesis import given
from hypothesis import strategies as st

from commonweal.kernel.calendar.public import Span
from commonweal.kernel.catalogue.domain import (
    NewFunding,
    NewLine,
    OrderDraft,
    compare,
    remaining,
)

START, END = date(2026, 1, 1), date(2027, 1, 1)
FUND = (NewFunding("General fund", "1000"),)


def line(item: str = "slip", **changes: Any) -> NewLine:
    given: dict[str, Any] = {
        "estimated_quantity": Decimal(365),
        "estimated_amount_minor": 36_500,
        "funding": FUND,
        **changes,
    }
    return NewLine(item, **given)


def order(*lines: NewLine, starts: date = START, ends: date | None = END) -> OrderDraft:
    return OrderDraft(
        number="A-0001-01",
        span=Span(starts, ends),
        agreement_span=Span(START, None),
        currency="USD",
        book_currency="USD",
        total_minor=sum(each.estimated_amount_minor for each in lines),
        lines=lines,
    )


def test_what_remains_is_the_share_of_the_days() -> None:
    whole = order(line())
    left = remaining(whole, whole.lines[0], date(2026, 12, 2))
    assert left is not None
    assert (left.estimated_quantity, left.estimated_amount_minor) == (Decimal(30), 3_000)
    assert (left.starts, left.ends) == (date(2026, 12, 2), END)
    assert remaining(whole, line(ends=date(2026, 6, 1)), date(2026, 6, 1)) is None
    late = line(starts=date(2026, 9, 1))
    kept = remaining(whole, late, date(2026, 6, 1))
    assert kept is not None
    assert kept.estimated_quantity == late.estimated_quantity
    endless = order(line(), ends=None)
    kept = remaining(endless, endless.lines[0], date(2026, 6, 1))
    assert kept is not None
    assert (kept.starts, kept.ends, kept.estimated_amount_minor) == (date(2026, 6, 1), None, 36_500)


@given(
    quantity=st.decimals(0, 10**6, places=3, allow_nan=False),
    amount=st.integers(0, 10**9),
    day=st.integers(0, 364),
)
def test_what_remains_never_exceeds_the_whole(quantity: Decimal, amount: int, day: int) -> None:
    whole = order(line(estimated_quantity=quantity, estimated_amount_minor=amount))
    left = remaining(whole, whole.lines[0], START + timedelta(days=day))
    assert left is not None
    assert 0 <= left.estimated_quantity <= quantity
    exact = Fraction(amount) * (365 - day) / 365
    assert abs(left.estimated_amount_minor - exact) <= Fraction(1, 2)


def test_lines_are_added_ended_changed_or_the_same() -> None:
    bureau, july = uuid4(), date(2026, 7, 1)
    before = order(line(), line("desk"), line("archive"), line("slip", bureau_id=bureau))
    kept = [remaining(before, each, july) for each in before.lines]
    assert all(kept)
    slip, desk, _archive, bureau_slip = (each for each in kept if each)
    dearer = replace(desk, estimated_amount_minor=1, funding=(NewFunding("Grant", "", 1, 1),))
    after = order(slip, dearer, line("box"), replace(bureau_slip, ends=date(2026, 9, 1)),
                  starts=july)  # fmt: skip
    found = compare(before, after)
    assert bool(found)
    kinds = {(each.line.item, each.line.bureau_id): each.kind for each in found.lines}
    assert kinds == {
        ("slip", None): "same",
        ("desk", None): "changed",
        ("archive", None): "ended",
        ("slip", bureau): "changed",
        ("box", None): "added",
    }
    what = {each.line.item: each.what for each in found.changed if each.kind == "changed"}
    assert what["desk"] == {"amount", "funding"}
    assert what["slip"] == {"dates"}
    assert [found.count(kind) for kind in ("added", "ended", "changed", "same")] == [1, 1, 2, 1]
    assert [(each.name, each.before) for each in found.terms] == [
        ("total_minor", sum(each.estimated_amount_minor for each in kept if each))
    ]


def test_terms_and_the_end_are_compared_too() -> None:
    before = order(line())
    after = replace(
        order(line(ends=END), ends=date(2027, 7, 1)), payment_days=45, total_minor=36_500
    )
    found = compare(before, after)
    assert [(each.name, each.before, each.after) for each in found.terms] == [
        ("ends", END, date(2027, 7, 1)),
        ("payment_days", 30, 45),
    ]
    assert not found.changed
    assert bool(found)
    assert not compare(before, before)


def test_spans_of_one_item_are_compared_in_their_order() -> None:
    summer, autumn = date(2026, 6, 1), date(2026, 9, 1)
    before = order(line(ends=summer), line(starts=summer, ends=autumn))
    after = order(line(starts=summer, ends=autumn, description="Two clinics"), line(ends=summer))
    found = compare(before, after)
    assert [each.kind for each in found.lines] == ["same", "changed"]
    assert found.changed[0].what == {"description"}

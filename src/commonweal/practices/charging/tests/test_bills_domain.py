"""What changed between two bills, and the steps of a close. Pure."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from commonweal.practices.charging.domain.bills import (
    ItemTotal,
    changes,
    main_cause,
    totals_by_item,
)
from commonweal.practices.charging.domain.close import CODES, STEPS, next_step

ITEMS = [UUID(int=number) for number in range(4)]
rows = st.lists(
    st.tuples(
        st.sampled_from(ITEMS),
        st.sampled_from(["usage", "fixed", "correction"]),
        st.decimals(-1000, 1000, places=6),
        st.integers(-100_000, 100_000),
    ),
    max_size=12,
)


@given(rows, rows)
def test_changes_add_up_to_the_change_of_the_bill(
    before: list[tuple[UUID, str, Decimal, int]], now: list[tuple[UUID, str, Decimal, int]]
) -> None:
    moved = changes(totals_by_item(before), totals_by_item(now))
    assert sum(change.amount for change in moved) == sum(row[3] for row in now) - sum(
        row[3] for row in before
    )
    assert [abs(change.amount) for change in moved] == sorted(
        (abs(change.amount) for change in moved), reverse=True
    )
    cause = main_cause(moved)
    if cause is not None:
        total = sum(change.amount for change in moved)
        assert (cause.amount > 0) == (total > 0)
        assert 3 * abs(cause.amount) >= abs(total)


def test_a_correction_is_no_use_of_the_month() -> None:
    item = ITEMS[0]
    totals = totals_by_item(
        [(item, "usage", Decimal(10), 1000), (item, "correction", Decimal(2), 200)]
    )
    assert totals == {item: ItemTotal(item, Decimal(10), 1000, 200)}
    (change,) = changes({item: ItemTotal(item, Decimal(10), 900)}, totals)
    assert (change.quantity, change.amount, change.rate_only) == (0, 300, True)


def test_no_cause_stands_out_when_nothing_moved_or_everything_did() -> None:
    assert main_cause([]) is None
    many = {item: ItemTotal(item, Decimal(1), 100) for item in ITEMS}
    assert main_cause(changes(many, many)) is None
    assert main_cause(changes({}, many)) is None  # a quarter each is less than a third


def test_the_next_step_is_the_first_that_is_not_done() -> None:
    assert next_step({}) == CODES[0] == "freeze"
    for place, code in enumerate(CODES):
        states = dict.fromkeys(CODES[:place], "done") | {code: "stopped"}
        assert next_step(states) == code
    assert next_step(dict.fromkeys(CODES, "done")) is None
    assert all(step.label and step.explanation.endswith(".") for step in STEPS)

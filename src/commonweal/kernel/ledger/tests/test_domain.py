"""Drafts: what is refused in words, and a hash that no two drafts share."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonweal.kernel.ledger.domain import (
    LIMIT,
    Draft,
    LedgerError,
    Line,
    check_draft,
    check_pair,
    negated,
    partnered,
    payload_hash,
)

ONE, TWO = UUID(int=1), UUID(int=2)
GOOD = Draft(
    ONE, "2026-10", (Line("5100", 5), Line("1000", -5)), "Test", "test", "k", date(2026, 10, 1)
)


def changed(**fields: object) -> Draft:
    return replace(GOOD, **fields)


def with_line(**fields: object) -> Draft:
    return replace(GOOD, lines=(replace(GOOD.lines[0], **fields), GOOD.lines[1]))


@pytest.mark.parametrize(
    ("draft", "code"),
    [
        (changed(source=""), "LEDGER-101"),
        (changed(key=""), "LEDGER-101"),
        (changed(description="x" * 201), "LEDGER-102"),
        (changed(description="two\nlines"), "LEDGER-102"),
        (changed(key="a\tb"), "LEDGER-102"),
        (changed(lines=GOOD.lines[:1]), "LEDGER-103"),
        (changed(lines=()), "LEDGER-103"),
        (with_line(amount=0), "LEDGER-107"),
        (with_line(amount=LIMIT + 1), "LEDGER-107"),
        (with_line(amount=5.0), "LEDGER-107"),
        (with_line(amount=True), "LEDGER-107"),
        (with_line(cost_centre="c" * 41), "LEDGER-108"),
        (with_line(reference="r" * 65), "LEDGER-108"),
        (with_line(object_code="\x1f"), "LEDGER-108"),
        (with_line(amount=6), "LEDGER-208"),
        (with_line(fund="ISF"), "LEDGER-208"),
    ],
)
def test_a_bad_draft_is_refused_in_words(draft: Draft, code: str) -> None:
    with pytest.raises(LedgerError) as caught:
        check_draft(draft)
    assert caught.value.code == code


def test_a_good_draft_passes() -> None:
    check_draft(GOOD)


words = st.text(st.characters(exclude_categories=["C", "Z"]), max_size=4)
line = st.builds(
    Line, words, st.integers(-9, 9), words, words, words, words,
    st.sampled_from([None, ONE, TWO]), words,
)  # fmt: skip
draft = st.builds(
    Draft, st.sampled_from([ONE, TWO]), st.sampled_from(["2026-10", "2026-11"]),
    st.lists(line, max_size=3).map(tuple), words, words, words,
    st.just(date(2026, 10, 1)), st.sampled_from(["USD", "EUR"]),
)  # fmt: skip


@given(draft, draft)
def test_equal_hashes_mean_equal_drafts(left: Draft, right: Draft) -> None:
    assert (payload_hash(left) == payload_hash(right)) == (left == right)


def test_every_field_moves_the_hash() -> None:
    others = [
        changed(agency_id=TWO), changed(period="2026-11"), changed(description="x"),
        changed(source="x"), changed(key="x"), changed(effective_date=date(2026, 10, 2)),
        changed(currency="EUR"), with_line(account="1"), with_line(amount=6),
        with_line(fund="x"), with_line(cost_centre="x"), with_line(service_code="x"),
        with_line(object_code="x"), with_line(trading_partner=TWO), with_line(reference="x"),
    ]  # fmt: skip
    hashes = {payload_hash(each) for each in [GOOD, *others]} | {payload_hash(GOOD, "pair")}
    assert len(hashes) == len(others) + 2


@given(st.lists(line, max_size=5))
def test_negating_twice_gives_the_lines_back(lines: list[Line]) -> None:
    assert negated(negated(lines)) == lines


def test_a_pair_names_the_other_agency_where_no_line_does() -> None:
    assert {each.trading_partner for each in partnered(GOOD, TWO).lines} == {TWO}
    some = with_line(trading_partner=TWO)
    assert partnered(some, TWO) is some
    with pytest.raises(LedgerError, match="LEDGER-213"):
        partnered(with_line(trading_partner=uuid4()), TWO)


def test_a_pair_is_of_two_agencies_in_one_period_and_currency() -> None:
    check_pair(GOOD, changed(agency_id=TWO))
    for other in (GOOD, changed(agency_id=TWO, period="2026-11"),
                  changed(agency_id=TWO, currency="EUR")):  # fmt: skip
        with pytest.raises(LedgerError, match="LEDGER-212"):
            check_pair(GOOD, other)

"""The pure rules: sums, shares, companions, numbers, states, coverage."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonweal.kernel.calendar.public import Span
from commonweal.kernel.catalogue.domain import (
    ORDER_MOVES,
    PROFILES,
    CatalogueError,
    Companion,
    Cover,
    CoverageIndex,
    FundingShare,
    ItemInfo,
    LineInForce,
    NewFunding,
    NewLine,
    OrderDraft,
    check_catalogue,
    check_order,
    check_signature,
    covering_line,
    funding_problems,
    move,
    profile,
    refuse,
)

YEAR = Span(date(2026, 1, 1), date(2027, 1, 1))
FULL = (NewFunding("General fund"),)
LINE = NewLine("a", Decimal(10), 500, funding=FULL)
DRAFT = OrderDraft("A-0001-01", YEAR, YEAR, "USD", "USD", 500, (LINE,))


def codes(draft: OrderDraft) -> list[str]:
    return [problem.code for problem in check_order(draft)]


def with_line(**changes: Any) -> OrderDraft:
    line = replace(LINE, **changes)
    return replace(
        DRAFT,
        lines=(line,),
        total_minor=line.estimated_amount_minor,
        advance_total_minor=line.advance_minor,
    )


def uid(number: int) -> UUID:
    return UUID(int=number)


def test_a_good_order_has_no_problem() -> None:
    assert check_order(DRAFT) == []
    refuse([])


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"agreement_span": Span(date(2026, 2, 1))}, "CATALOGUE-201"),
        ({"total_minor": 501}, "CATALOGUE-202"),
        ({"advance_total_minor": 1}, "CATALOGUE-223"),
        ({"currency": "EUR"}, "CATALOGUE-212"),
        ({"lines": (), "total_minor": 0}, "CATALOGUE-208"),
    ],
)
def test_what_an_order_must_be(changes: dict[str, Any], code: str) -> None:
    assert codes(replace(DRAFT, **changes)) == [code]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"starts": date(2025, 12, 31)}, "CATALOGUE-216"),
        ({"ends": date(2026, 1, 1)}, "CATALOGUE-216"),
        ({"estimated_quantity": Decimal("-1")}, "CATALOGUE-206"),
        ({"estimated_quantity": Decimal("0.0000001")}, "CATALOGUE-206"),
        ({"estimated_quantity": Decimal("NaN")}, "CATALOGUE-206"),
        ({"estimated_quantity": Decimal("1e12")}, "CATALOGUE-206"),
        ({"estimated_amount_minor": -1}, "CATALOGUE-207"),
        ({"advance_minor": -1}, "CATALOGUE-207"),
        ({"funding": ()}, "CATALOGUE-204"),
        ({"funding": (NewFunding("a", "", 0, 1),)}, "CATALOGUE-205"),
        ({"funding": (NewFunding("a", "", 3, 2),)}, "CATALOGUE-205"),
        ({"funding": (NewFunding("a", grant=True),)}, "CATALOGUE-217"),
        ({"funding": (NewFunding(" "),)}, "CATALOGUE-218"),
        ({"funding": (NewFunding("a", "", 1, 2), NewFunding("A", "", 1, 2))}, "CATALOGUE-218"),
        ({"funding": (NewFunding("a", "", 1, 3), NewFunding("b", "", 2, 4))}, "CATALOGUE-203"),
    ],
)
def test_what_a_line_must_be(changes: dict[str, Any], code: str) -> None:
    assert codes(with_line(**changes)) == [code]


def test_all_problems_are_told_at_once_with_their_place() -> None:
    bad = replace(with_line(funding=(), starts=date(2030, 1, 1)), currency="EUR")
    with pytest.raises(CatalogueError) as caught:
        refuse(check_order(bad))
    assert caught.value.code == "CATALOGUE-212"
    found = caught.value.details["problems"]
    assert [each["code"] for each in found] == ["CATALOGUE-212", "CATALOGUE-216", "CATALOGUE-204"]
    assert found[1]["where"] == "Line 1"


@given(st.lists(st.integers(1, 10**6), min_size=1, max_size=12), st.integers(1, 50))
def test_any_split_of_a_whole_is_accepted(weights: list[int], scale: int) -> None:
    total = sum(weights) * scale
    sources = tuple(
        NewFunding(f"s{place}", "", weight * scale, total) for place, weight in enumerate(weights)
    )
    assert codes(with_line(funding=sources)) == []


@given(st.lists(st.tuples(st.integers(1, 30), st.integers(1, 30)), min_size=1, max_size=6))
def test_shares_are_compared_exactly(shares: list[tuple[int, int]]) -> None:
    fair = [(min(pair), max(pair)) for pair in shares]
    sources = tuple(NewFunding(f"s{n}", "", *pair) for n, pair in enumerate(fair))
    whole = sum((Fraction(*pair) for pair in fair), Fraction(0)) == 1
    assert codes(with_line(funding=sources)) == ([] if whole else ["CATALOGUE-203"])


def test_one_item_and_bureau_once_a_day() -> None:
    early = replace(LINE, ends=date(2026, 7, 1))
    late = replace(LINE, starts=date(2026, 7, 1))
    north = replace(LINE, bureau_id=uid(1))
    fine = replace(DRAFT, lines=(early, late, north), total_minor=1500)
    assert codes(fine) == []
    assert codes(replace(fine, lines=(early, LINE, north))) == ["CATALOGUE-215"]
    endless = Span(date(2026, 1, 1))
    open_order = replace(fine, span=endless, agreement_span=endless)
    assert codes(replace(open_order, lines=(LINE, LINE), total_minor=1000)) == ["CATALOGUE-215"]
    assert codes(replace(open_order, lines=(LINE, early), total_minor=1000)) == ["CATALOGUE-215"]


COMPANION = Companion("b", "Bravo", Decimal("0.5"))
ITEMS = {
    "a": ItemInfo("a", "Alpha", Span(date(2020, 1, 1)), (COMPANION,)),
    "b": ItemInfo("b", "Bravo", Span(date(2026, 1, 1), date(2027, 1, 1))),
}


def catalogue_codes(*lines: NewLine) -> list[str]:
    draft = replace(DRAFT, lines=lines)
    return [problem.code for problem in check_catalogue(draft, ITEMS)]


def test_companions_are_named_when_they_are_missing() -> None:
    [problem] = check_catalogue(DRAFT, ITEMS)
    assert problem.code == "CATALOGUE-210"
    assert "Bravo (b)" in problem.message


def test_companions_cover_the_same_bureau_and_days_in_sufficient_number() -> None:
    mate = replace(LINE, item="b", estimated_quantity=Decimal(5))
    north, south = replace(mate, bureau_id=uid(1)), replace(mate, bureau_id=uid(2))
    assert catalogue_codes(LINE, mate) == []
    assert catalogue_codes(replace(LINE, bureau_id=uid(1)), mate) == []
    assert catalogue_codes(replace(LINE, bureau_id=uid(1)), north) == []
    assert catalogue_codes(replace(LINE, bureau_id=uid(1)), south) == ["CATALOGUE-210"]
    assert catalogue_codes(LINE, north) == ["CATALOGUE-210"]
    assert catalogue_codes(LINE, replace(mate, starts=date(2026, 2, 1))) == ["CATALOGUE-210"]
    few = replace(mate, estimated_quantity=Decimal(4))
    assert catalogue_codes(LINE, few) == ["CATALOGUE-220"]


def test_items_exist_and_are_offered() -> None:
    assert catalogue_codes(replace(LINE, item="z")) == ["CATALOGUE-209"]
    longer = replace(DRAFT, span=Span(date(2026, 1, 1)), lines=(replace(LINE, item="b"),))
    assert [each.code for each in check_catalogue(longer, ITEMS)] == ["CATALOGUE-219"]


def test_plain_numbers() -> None:
    plain = profile("plain")
    agreement = plain.agreement_number(starts=YEAR.start, sequence=1)
    assert agreement == "A-0001"
    assert plain.number(agreement=agreement, starts=YEAR.start, sequence=2) == "A-0001-02"
    assert not plain.counts_per_agency
    assert plain.check(DRAFT) == []


FORM = replace(
    DRAFT,
    number="O2601-012-345-000007",
    location_code="12345678",
    agreement_location_code="12345678",
    requesting_aid="012",
    servicing_aid="345",
)


def test_numbers_of_7600() -> None:
    form = profile("7600")
    aids = {"requesting_aid": "012", "servicing_aid": "345"}
    assert form.agreement_number(starts=YEAR.start, sequence=7, **aids) == "A2601-012-345-000007"
    number = form.number(agreement="x", starts=YEAR.start, sequence=7, **aids)
    assert number == FORM.number
    assert len(number) == 20
    assert form.counts_per_agency
    assert form.check(FORM) == []
    with pytest.raises(CatalogueError, match="CATALOGUE-241"):
        form.number(agreement="x", starts=YEAR.start, sequence=7, requesting_aid="12")
    with pytest.raises(CatalogueError, match="CATALOGUE-248"):
        form.number(agreement="x", starts=YEAR.start, sequence=10**6, **aids)
    with pytest.raises(CatalogueError, match="CATALOGUE-200"):
        profile("1080")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"number": "A-0001-01"}, "CATALOGUE-240"),
        ({"number": "O2613-012-345-000007"}, "CATALOGUE-240"),
        ({"span": Span(date(2026, 1, 1))}, "CATALOGUE-242"),
        ({"location_code": "1234"}, "CATALOGUE-243"),
        ({"location_code": "87654321"}, "CATALOGUE-244"),
        ({"agreement_location_code": ""}, "CATALOGUE-244"),
        ({"payment_days": 0}, "CATALOGUE-245"),
        ({"billing_frequency": "daily"}, "CATALOGUE-246"),
        ({"advance_total_minor": 5}, "CATALOGUE-247"),
    ],
)
def test_what_form_7600b_asks(changes: dict[str, Any], code: str) -> None:
    assert [each.code for each in PROFILES["7600"].check(replace(FORM, **changes))] == [code]


def test_states_move_only_along_their_arrows() -> None:
    assert move(ORDER_MOVES, "draft", "proposed", "Order 1") == "proposed"
    for state, to in (("draft", "active"), ("ended", "active"), ("nowhere", "draft")):
        with pytest.raises(CatalogueError, match="CATALOGUE-230"):
            move(ORDER_MOVES, state, to, "Order 1")


SIGNING: dict[str, Any] = {
    "side": "centre",
    "user_id": uid(1),
    "proposed_by": uid(2),
    "proposed_person": uid(20),
    "proposed_side": "centre",
    "other_signer": None,
}


def test_who_may_sign() -> None:
    assert check_signature(**SIGNING) == uid(1)
    assert check_signature(**SIGNING, lenders={None, uid(20)}) == uid(1)
    assert check_signature(**SIGNING, lenders={uid(21)}) == uid(1)
    other_side = {**SIGNING, "user_id": uid(2), "side": "agency"}
    assert check_signature(**other_side) == uid(2)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"side": "vendor"}, "CATALOGUE-231"),
        ({"user_id": None}, "CATALOGUE-232"),
        ({"user_id": uid(2)}, "CATALOGUE-233"),
        ({"lenders": {uid(20)}}, "CATALOGUE-233"),
        ({"other_signer": uid(1)}, "CATALOGUE-234"),
    ],
)
def test_who_may_not_sign(changes: dict[str, Any], code: str) -> None:
    with pytest.raises(CatalogueError, match=code):
        check_signature(**{**SIGNING, **changes})


DAY = date(2026, 1, 1)


@st.composite
def covers(draw: st.DrawFn) -> list[Cover]:
    """Lines that do not overlap for one item and bureau, as the database keeps them."""
    lines, number = [], 0
    for agency in (1, 2):
        for item in (1, 2):
            for bureau in (None, 1, 2):
                cuts = sorted(draw(st.sets(st.integers(0, 60), max_size=5)))
                for place, start in enumerate(cuts):
                    number += 1
                    last = place == len(cuts) - 1
                    ends = None if last else DAY + timedelta(days=cuts[place + 1])
                    lines.append(
                        Cover(
                            uid(number),
                            uid(agency),
                            uid(item),
                            uid(bureau) if bureau else None,
                            DAY + timedelta(days=start),
                            ends,
                        )
                    )
    return draw(st.permutations(lines))


@given(
    covers(),
    st.sampled_from([1, 2, 3]),
    st.sampled_from([1, 2, 3]),
    st.sampled_from([None, 1, 2, 3]),
    st.integers(-2, 63),
)
def test_coverage_prefers_the_bureaus_own_line(
    lines: list[Cover], agency: int, item: int, bureau: int | None, offset: int
) -> None:
    day = DAY + timedelta(days=offset)
    wanted = uid(bureau) if bureau else None
    fits = [
        line
        for line in lines
        if (line.agency_id, line.item_id) == (uid(agency), uid(item)) and line.covers(day)
    ]
    own = [line.line_id for line in fits if bureau and line.bureau_id == wanted]
    whole = [line.line_id for line in fits if line.bureau_id is None]
    expected = (own or whole or [None])[0]
    index = CoverageIndex(lines)
    assert index.resolve(uid(agency), uid(item), wanted, day) == expected
    agency_lines = [line for line in lines if line.agency_id == uid(agency)]
    assert covering_line(agency_lines, uid(item), wanted, day) == expected
    assert len(index) == len(lines)
    if expected:
        found = index.line(expected)
        assert found is not None
        assert found.covers(day)
    assert index.line(uid(10**9)) is None


def test_funding_of_a_line_in_force() -> None:
    half = FundingShare(uid(1), "General", "", Fraction(1, 2), False, "")
    line = LineInForce(
        id=uid(9), number=1, agency_id=uid(1), bureau_id=None, order_id=uid(2),
        order_number="A-0001-01", modification=0, agreement_id=uid(3), agreement_number="A-0001",
        service_id=uid(4), charge_item_id=uid(5), item_code="a", unit_code="C62", kind="metered",
        starts=DAY, ends=None, estimated_quantity=Decimal(1), estimated_amount_minor=1,
        currency="USD", funding=(half, half),
    )  # fmt: skip
    assert funding_problems(line) == []
    assert line.cover.covers(DAY)
    assert "1/2" in funding_problems(replace(line, funding=(half,)))[0]
    assert "no funding source" in funding_problems(replace(line, funding=()))[0]

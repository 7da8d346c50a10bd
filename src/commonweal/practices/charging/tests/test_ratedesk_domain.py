"""Effects, build-ups, scenarios: what adds up exactly, and what is refused."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commonweal.practices.charging.domain.build_up import (
    LESS,
    BuildItem,
    build_up,
    parse_item,
    parse_line,
    rework_zero_base,
    zero_base_document,
)
from commonweal.practices.charging.domain.effects import (
    Use,
    bills_of,
    effects,
    months_of,
    quantity_of,
    spread,
)
from commonweal.practices.charging.domain.rates import RateError
from commonweal.practices.charging.domain.scenario_documents import (
    NEW,
    ScenarioError,
    base_document,
    customer_name,
    parse_assumptions,
    parse_base,
)
from commonweal.practices.charging.domain.scenarios import (
    RECOVER,
    Assumptions,
    Base,
    CostPart,
    Idle,
    Move,
    ScenarioItem,
    at_volume,
    break_even,
    play,
    rescaled,
    sensitivities,
    volumes_by_item,
)
from commonweal.practices.charging.engine.price import from_document

MONTHS = [f"2026-{month:02d}" for month in range(7, 13)] + [f"2027-{m:02d}" for m in range(1, 7)]
ITEMS = {
    "pay.slip": ScenarioItem("pay"),
    "pay.base": ScenarioItem("pay", "fixed"),
    "desk.case": ScenarioItem("desk"),
}
TIERED: dict[str, Any] = {
    "kind": "graduated",
    "fixed": "10",
    "tiers": [{"from": "0", "to": "100", "rate": "4.3333"}, {"from": "100", "rate": "3.1"}],
}
MODELS: dict[str, dict[str, Any]] = {
    "pay.slip": {"kind": "per_unit", "rate": "4.10"},
    "pay.base": {"kind": "flat", "amount": "120"},
    "desk.case": TIERED,
}
QUANTITIES = st.decimals(0, 10**6, places=6, allow_nan=False)
AGENCIES = st.sampled_from(["PARKS", "ROADS", "CLERK", "WATER"])


@st.composite
def bases(draw: Any) -> Base:
    """A present with some customers; every service has a cost."""
    keys = draw(
        st.lists(st.tuples(AGENCIES, st.sampled_from(sorted(ITEMS))), min_size=1, unique=True)
    )
    uses = {key: (Use(Decimal(0) if key[1] == "pay.base" else draw(QUANTITIES)),) for key in keys}
    parts = tuple(
        CostPart(service, pool, Fraction(draw(st.integers(0, 10**8)), 100))
        for service in ("pay", "desk")
        for pool in ("own", "premises")
    )
    return Base(ITEMS, uses, MODELS, parts, "USD")


def sample() -> Base:
    """Two customers of payslips, one of cases."""
    return Base(
        ITEMS,
        {
            ("PARKS", "pay.slip"): (Use(Decimal(1200)),),
            ("ROADS", "pay.slip"): (Use(Decimal(600)),),
            ("ROADS", "pay.base"): (Use(Decimal(0)),),
            ("PARKS", "desk.case"): (Use(Decimal(2400)),),
        },
        MODELS,
        (
            CostPart("pay", "own", Fraction(6000)),
            CostPart("pay", "premises", Fraction(3000)),
            CostPart("desk", "own", Fraction(9000)),
        ),
        "USD",
    )


@given(QUANTITIES)
def test_a_years_quantity_is_spread_exactly(quantity: Decimal) -> None:
    parts = spread(quantity)
    assert len(parts) == 12
    assert sum(parts) == quantity
    assert max(parts) - min(parts) <= Decimal("0.000001")


@given(QUANTITIES, st.integers(0, 12))
def test_what_leaves_and_comes_back_the_same_month_is_what_it_was(
    quantity: Decimal, month: int
) -> None:
    whole = months_of([Use(quantity)])
    assert months_of([Use(quantity, 0, month), Use(quantity, month, 12)]) == whole
    assert quantity_of([Use(quantity)]) == quantity


@settings(deadline=None)
@given(bases(), st.dictionaries(st.sampled_from(sorted(ITEMS)), st.fractions(-1, 2)))
def test_effects_add_up_to_the_change_of_revenue(base: Base, growth: dict[str, Fraction]) -> None:
    result = play(base, Assumptions(growth=growth, prices=dict.fromkeys(ITEMS, RECOVER)))
    assert sum(effect.change for effect in result.effects) == result.revenue_change
    by_service = sum(row.revenue - row.revenue_before for row in result.services)
    assert by_service == result.revenue_change


@settings(deadline=None)
@given(bases(), AGENCIES, st.integers(0, 11))
def test_a_loss_and_the_same_arrival_return_to_the_start(
    base: Base, agency: str, month: int
) -> None:
    own = {item: base.uses[a, item][0].quantity for a, item in base.uses if a == agency}
    moves = (Move(agency, "leaves", month), *([Move(agency, "arrives", month, own)] if own else []))
    both = play(base, Assumptions(prices=dict.fromkeys(ITEMS, RECOVER), moves=moves))
    none = play(base, Assumptions(prices=dict.fromkeys(ITEMS, RECOVER)))
    assert both.after == none.after
    assert both.models == none.models
    assert [row.stranded for row in both.services] == [0] * len(both.services)


@settings(deadline=None)
@given(bases())
def test_prices_that_recover_bring_in_the_cost_but_for_rounding(base: Base) -> None:
    """Each month of each customer and item is rounded to cents, and each price to 4 decimals."""
    result = play(base, Assumptions(prices=dict.fromkeys(ITEMS, RECOVER)))
    for row in result.services:
        own = {key for key in base.uses if ITEMS[key[1]].service == row.service}
        units = sum((quantity_of(base.uses[key]) for key in own), Decimal(0))
        cents = len(own) * 12 * Decimal("0.505") + units * Decimal("0.005") + 1
        if row.service not in result.unpaid and all(row.revenue for row in result.services):
            assert abs(row.position) <= cents


def test_a_scenario_without_assumptions_is_the_present() -> None:
    result = play(sample(), Assumptions())
    assert result.revenue_change == 0
    assert all(not row.change for row in result.effects)
    assert [(row.service, row.position) for row in result.services] == [
        ("desk", row_revenue(result, "desk") - 900_000),
        ("pay", row_revenue(result, "pay") - 900_000),
    ]


def row_revenue(result: Any, service: str) -> int:
    return int(next(row.revenue for row in result.services if row.service == service))


def test_a_customer_that_leaves_strands_the_fixed_cost() -> None:
    base = sample()
    assumed = Assumptions(
        moves=(Move("ROADS", "leaves", 0),),
        variable={"pay": Fraction(1, 2), "pool:premises": Fraction(0)},
        prices={"pay.slip": RECOVER},
    )
    result = play(base, assumed)
    pay = next(row for row in result.services if row.service == "pay")
    # ROADS paid 600 payslips at 4.10 and twelve months of 120: 3,900.00 of 8,820.00.
    assert pay.lost == 390_000
    assert pay.revenue_before == 882_000
    # Half of the own cost of 6,000 goes with that part of the volume: 3,000 × 3,900 ÷ 8,820.
    assert pay.gone == round(Fraction(3000 * 390_000, 882_000) * 100)
    assert pay.stranded == pay.lost - pay.gone
    assert pay.cost == 900_000 - pay.gone
    assert {effect.agency: effect.after for effect in result.effects}["ROADS"] == 0
    assert abs(pay.position) < 10


def test_costs_that_change_and_capacity_that_is_idle() -> None:
    base = sample()
    rise = play(base, Assumptions(costs={"pay": Fraction(1, 10)}))
    assert next(row for row in rise.services if row.service == "pay").cost == 990_000
    idle = Assumptions(
        idle={"pay": Idle(Fraction(1, 5)), "desk": Idle(Fraction(1, 5), "spread")},
        prices=dict.fromkeys(ITEMS, RECOVER),
    )
    result = play(base, idle)
    found = {row.service: row for row in result.services}
    assert found["pay"].idle == 180_000
    assert found["desk"].idle == 0
    assert abs(found["pay"].position + 180_000) < 20  # the centre bears it
    assert abs(found["desk"].position) < 20


def test_prices_that_are_set_stay_beside_those_that_recover() -> None:
    base = sample()
    fixed = {"kind": "flat", "amount": "50"}
    result = play(base, Assumptions(prices={"pay.base": fixed, "pay.slip": RECOVER}))
    assert result.models["pay.base"] == fixed
    assert abs(next(row for row in result.services if row.service == "pay").position) < 20
    nothing = play(base, Assumptions(prices={"pay.slip": "keep"}))
    assert nothing.models == base.models


def test_what_no_price_can_recover_is_said() -> None:
    base = sample()
    unused = Base(base.items, {}, base.models, base.parts, "USD")
    assert play(unused, Assumptions(prices={"pay.slip": RECOVER})).unpaid == ("pay",)
    uncosted = Base(base.items, base.uses, base.models, (), "USD")
    result = play(uncosted, Assumptions(prices={"pay.slip": RECOVER}))
    assert result.unpaid == ("pay",)
    assert not any(row.known for row in result.services)
    odd: dict[str, Any] = {"kind": "volume", "tiers": []}
    assert rescaled(odd, Fraction(2)) is None


def test_items_of_other_price_models_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    base = sample()
    monkeypatch.setattr(
        "commonweal.practices.charging.domain.scenarios.SCALED", ("per_unit", "flat")
    )
    result = play(base, Assumptions(prices={"desk.case": RECOVER}))
    assert result.unscaled == ("desk.case",)
    assert result.models["desk.case"] == TIERED


def test_a_price_is_raised_as_a_whole() -> None:
    assert rescaled(MODELS["pay.slip"], Fraction(3, 2)) == {"kind": "per_unit", "rate": "6.15"}
    assert rescaled(MODELS["pay.base"], Fraction(1, 3)) == {"kind": "flat", "amount": "40"}
    found = rescaled(TIERED, Fraction(2))
    assert found is not None
    assert found["fixed"] == "20"
    assert [tier["rate"] for tier in found["tiers"]] == ["8.6666", "6.2"]
    assert from_document(found).fixed == 20


def test_sensitivity_and_break_even() -> None:
    base = sample()
    assumed = Assumptions(variable={"pay": Fraction(1, 3)}, prices=dict.fromkeys(ITEMS, RECOVER))
    result = play(base, assumed)
    less, same, more, even = next(
        row for row in sensitivities(base, assumed, result, ["pay"]) if row[0].service == "pay"
    )
    assert less.position < same.position < more.position
    assert more.cost - same.cost == same.cost - less.cost == 30_000
    assert even is not None
    assert abs(even - 1) <= Fraction(2, 1000)
    assert at_volume(base, assumed, result, "pay", even).position >= 0
    dear = Assumptions(costs={"pay": Fraction(100)})
    assert break_even(base, dear, play(base, dear), "pay") is None


def test_the_sensitivity_of_a_service_that_nobody_used_before() -> None:
    base = sample()
    unused = Base(base.items, {}, base.models, base.parts, "USD")
    move = Move(NEW + "Water", "arrives", 0, {"pay.slip": Decimal(100)})
    assumed = Assumptions(moves=(move,), variable={"pay": Fraction(1)})
    result = play(unused, assumed)
    assert at_volume(unused, assumed, result, "pay", Fraction(2)).cost == 1_800_000
    assert result.effects[0].agency == "new:Water"
    assert result.effects[0].share is None


def test_volumes_of_single_customers() -> None:
    base = sample()
    result = play(base, Assumptions(volumes={("PARKS", "pay.slip"): Decimal(2400)},
                                    growth={"pay.slip": Fraction(-1, 2)}))  # fmt: skip
    assert volumes_by_item(result.uses)["pay.slip"] == 2400 + 300


def test_effects_name_the_largest_first() -> None:
    models = {"pay.slip": from_document(MODELS["pay.slip"])}
    before = bills_of(sample().uses, models, "USD")
    assert set(before) == {("PARKS", "pay.slip"), ("ROADS", "pay.slip")}
    after = {("PARKS", "pay.slip"): 0, ("ROADS", "pay.slip"): before["ROADS", "pay.slip"] + 1}
    assert [row.agency for row in effects(before, after)] == ["PARKS", "ROADS"]
    assert effects(before, after)[0].share == -1


@settings(deadline=None)
@given(bases())
def test_a_present_survives_its_document(base: Base) -> None:
    assert parse_base(base_document(base)) == base


def assumptions(**given_: Any) -> Assumptions:
    return parse_assumptions(given_, sample(), MONTHS)


def test_assumptions_are_read_from_their_document() -> None:
    found = assumptions(
        volumes={"PARKS": {"pay.slip": "900"}},
        growth={"desk.case": "-10%"},
        costs={"pay": "5%"},
        variable={"pay": "40%", "pool:premises": "0"},
        idle={"pay": {"share": "1/10"}, "desk": {"share": "0", "policy": "spread"}},
        prices={"pay.slip": "recover", "pay.base": "keep", "desk.case": MODELS["pay.slip"]},
        moves=[
            {"agency": "ROADS", "kind": "leaves", "from": "2027-01-01"},
            {"agency": "Water Board", "kind": "arrives", "volumes": {"pay.slip": "12"}},
            {"agency": "PARKS", "kind": "arrives", "volumes": {"desk.case": "12"}},
        ],
    )
    assert found.volumes == {("PARKS", "pay.slip"): Decimal(900)}
    assert found.growth == {"desk.case": Fraction(-1, 10)}
    assert found.variable["pay"] == Fraction(2, 5)
    assert [move.agency for move in found.moves] == ["ROADS", "new:Water Board", "PARKS"]
    assert [move.month for move in found.moves] == [6, 0, 0]
    assert customer_name("new:Water Board", {}) == "Water Board"
    assert customer_name("PARKS", {"PARKS": "Parks"}) == "Parks"


@pytest.mark.parametrize(
    ("code", "wrong"),
    [
        ("SCENARIO-101", {"volumes": {"NOBODY": {"pay.slip": "1"}}}),
        ("SCENARIO-101", {"growth": {"pay.nothing": "1%"}}),
        ("SCENARIO-101", {"variable": {"pool:none": "1%"}}),
        ("SCENARIO-101", {"moves": [{"agency": "WATER", "kind": "leaves"}]}),
        ("SCENARIO-102", {"growth": {"pay.slip": "-200%"}}),
        ("SCENARIO-102", {"growth": {"pay.slip": "a tenth"}}),
        ("SCENARIO-102", {"variable": {"pay": "120%"}}),
        ("SCENARIO-103", {"volumes": {"PARKS": {"pay.slip": "-1"}}}),
        ("SCENARIO-103", {"volumes": {"PARKS": {"pay.slip": "many"}}}),
        ("SCENARIO-104", {"idle": {"pay": {"share": "1/2", "policy": "nobody"}}}),
        ("SCENARIO-105", {"moves": [{"agency": "PARKS", "kind": "sleeps"}]}),
        ("SCENARIO-106", {"moves": [{"agency": "PARKS", "kind": "leaves", "from": "2029-01"}]}),
        ("SCENARIO-107", {"weather": {}}),
        ("SCENARIO-108", {"moves": [{"agency": "Water", "kind": "arrives"}]}),
    ],
)
def test_what_cannot_be_assumed(code: str, wrong: dict[str, Any]) -> None:
    with pytest.raises(ScenarioError) as error:
        assumptions(**wrong)
    assert error.value.code == code


LINES: list[dict[str, Any]] = [
    {"kind": "position", "name": "Analyst", "count": "2", "salary": "64000", "share": "1/2"},
    {"kind": "purchase", "name": "Software", "amount": "18000"},
    {"kind": "depreciation", "name": "Printer", "cost": "12000", "residual": "2000", "years": "5"},
    {"kind": "pool", "name": "Premises", "amount": "5200.50", "overhead": True},
    {"kind": "revenue", "name": "Sales", "amount": "3000"},
    {"kind": "prior", "name": "Last year", "amount": "-900"},
    {"kind": "reserve", "name": "Reserve", "amount": "500"},
]


def line(**given_: Any) -> dict[str, Any]:
    return {"source": "The plan", "reason": "It is needed", **given_}


def made_lines() -> list[Any]:
    return [parse_line(line(**each), at) for at, each in enumerate(LINES, start=1)]


def test_a_build_up_adds_every_line_up() -> None:
    items = [BuildItem("pay.slip", Fraction(3, 4), Decimal(60000), "forecasts"),
             BuildItem("pay.base", Fraction(1, 4), Decimal(36), "3 agencies", 2)]  # fmt: skip
    built = build_up(made_lines(), items)
    assert built.total == Fraction("85800.50")
    assert [line.amount for line in built.lines] == [
        64000, 18000, 2000, Fraction("5200.5"), -3000, -900, 500,
    ]  # fmt: skip
    assert built.rates[0].rate == Decimal("1.0725")
    assert built.overhead == Fraction("5200.5") / Fraction("89200.5")
    document = zero_base_document(built, built.rates[0], {"fiscal_year": 2027})
    assert rework_zero_base(document) == built.rates[0].rate


@given(
    st.lists(st.decimals(1, 10**7, places=2), min_size=1, max_size=6),
    st.decimals("0.5", 10**7, places=6),
    st.integers(0, 9),
)
def test_rate_times_volume_recovers_the_cost_but_for_what_rounding_leaves(
    amounts: list[Decimal], volume: Decimal, places: int
) -> None:
    """Utah Code 63A-16-301: no more and no less, and the remainder is known to the last digit."""
    lines = [
        parse_line(line(kind="purchase", name=f"Part {at}", amount=format(amount, "f")))
        for at, amount in enumerate(amounts)
    ]
    built = build_up(lines, [BuildItem("x", Fraction(1), volume, "known", places)])
    rate = built.rates[0]
    assert rate.recovered + rate.remainder == sum(map(Fraction, amounts))
    assert abs(rate.remainder) <= Fraction(volume) / (2 * 10**places)
    assert rate.at(LESS) >= rate.rate


@pytest.mark.parametrize(
    ("code", "wrong"),
    [
        ("BUILDUP-101", {"kind": "magic", "name": "A line"}),
        ("BUILDUP-102", {"kind": "purchase", "name": "A line"}),
        ("BUILDUP-102", {"kind": "position", "name": "A line", "count": "two", "salary": "1"}),
        ("BUILDUP-103", {"kind": "purchase", "name": "A line", "amount": "1", "reason": ""}),
        ("BUILDUP-104", {"kind": "purchase", "name": "A line", "amount": "-1"}),
        ("BUILDUP-104", {"kind": "depreciation", "name": "A line", "cost": "1", "years": "0"}),
        ("CHARGING-206", {"kind": "purchase", "name": "A line", "amount": "1", "share": "2"}),
    ],
)
def test_lines_that_cannot_be_used(code: str, wrong: dict[str, Any]) -> None:
    with pytest.raises(RateError) as error:
        parse_line(line(**wrong))
    assert error.value.code == code


def item(**given_: Any) -> dict[str, Any]:
    return {"item": "pay.slip", "volume": "10", "volume_reason": "forecasts", **given_}


@pytest.mark.parametrize(
    ("code", "wrong"),
    [
        ("BUILDUP-102", item(volume="ten")),
        ("BUILDUP-105", item(volume_reason="")),
        ("CHARGING-207", item(volume="0")),
        ("CHARGING-208", item(places="12")),
    ],
)
def test_items_that_cannot_bear_a_cost(code: str, wrong: dict[str, Any]) -> None:
    with pytest.raises(RateError) as error:
        parse_item(wrong)
    assert error.value.code == code


def test_shares_recover_the_whole_cost() -> None:
    lines = made_lines()
    with pytest.raises(RateError) as error:
        build_up(lines, [parse_item(item(share="1/2"))])
    assert error.value.code == "BUILDUP-107"
    with pytest.raises(RateError) as error:
        build_up(lines[4:], [parse_item(item())])
    assert error.value.code == "BUILDUP-106"
    with pytest.raises(RateError) as error:
        build_up([lines[1], parse_line(line(kind="revenue", name="Much", amount="99999"))],
                 [parse_item(item())])  # fmt: skip
    assert error.value.code == "CHARGING-209"
    again = parse_item(parse_item(item(share="1")).document())
    assert build_up(lines[:1], [again]).overhead == 0
    assert parse_line(lines[0].document()).amount == lines[0].amount

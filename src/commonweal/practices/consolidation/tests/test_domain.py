"""The rules of savings: each figure against plain arithmetic, proof, and the honest sum."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonweal.practices.consolidation.domain import (
    OWN_KINDS,
    Confirmed,
    CostLine,
    Entry,
    Figure,
    Frozen,
    Now,
    Row,
    WorthError,
    figures,
    missing_months,
    own_costs,
    prove,
    rounded,
    sum_up,
)

ALONE = Frozen(
    [CostLine("staff", 900_000, varies=True), CostLine("hosting", 300_000)], Fraction(600), 2024
)
NONE = dict.fromkeys(OWN_KINDS, 0)
YEAR = Now(12, 1_000_000, {**NONE, "retained": 50_000}, Fraction(600), Fraction(100), Fraction(100))


def test_a_plain_year_saves_the_difference_in_every_figure() -> None:
    found = figures(ALONE, YEAR)
    assert {name: each.minor for name, each in found.items()} == dict.fromkeys(found, 150_000)
    assert found["saving"].outcome == "saving"


def test_a_saving_that_real_prices_turn_into_a_loss_is_printed_as_a_loss() -> None:
    """Prices of what the agency would buy alone fell by a fifth: it would have paid less, too."""
    found = figures(ALONE, replace(YEAR, index_now=Fraction(80)))
    assert (found["nominal"].minor, found["nominal"].outcome) == (150_000, "saving")
    assert (found["real"].minor, found["real"].outcome) == (1_200_000 - 1_312_500, "loss")
    assert (found["saving"].minor, found["saving"].outcome) == (960_000 - 1_050_000, "loss")


def test_rising_prices_make_a_nominal_loss_a_saving() -> None:
    found = figures(ALONE, replace(YEAR, charges=1_200_000, index_now=Fraction(110)))
    assert found["nominal"].outcome == "loss"
    assert found["saving"].minor == 1_320_000 - 1_250_000


def test_volume_turns_the_sign_too() -> None:
    found = figures(ALONE, replace(YEAR, volume=Fraction(300)))
    assert found["volume"].minor == 300_000 + 450_000 - 1_050_000
    assert found["saving"].outcome == "loss"


def test_some_months_count_by_twelfths() -> None:
    found = figures(ALONE, replace(YEAR, months=3, volume=Fraction(150), charges=200_000))
    assert found["nominal"].baseline_minor == 300_000
    assert found["volume"].baseline_minor == 75_000 + 225_000


def test_what_is_missing_is_named_and_nothing_is_guessed() -> None:
    found = figures(None, Now(0, 5, {"retained": 0}))
    assert found["nominal"].missing == ("baseline", "months", "transition", "dual_running")
    assert found["saving"].missing[-2:] == ("index_then", "index_now")
    assert {each.outcome for each in found.values()} == {"unknown"}
    no_volume = figures(ALONE, replace(YEAR, volume=None))
    assert no_volume["volume"].missing == ("volume",)
    assert no_volume["nominal"].minor == no_volume["real"].minor == 150_000
    assert no_volume["saving"].minor is None
    assert figures(replace(ALONE, volume=None), YEAR)["saving"].missing == ("volume",)


def test_without_varying_cost_no_volume_is_needed() -> None:
    fixed = Frozen([CostLine("hosting", 1_200_000)], None, 2024)
    assert figures(fixed, replace(YEAR, volume=None))["saving"].minor == 150_000


@pytest.mark.parametrize(
    ("value", "cents"),
    [("1/2", 1), ("-1/2", -1), ("49/100", 0), ("3/2", 2), ("-3/2", -2), ("-7/5", -1), ("5", 5)],
)
def test_rounding_is_half_away_from_zero(value: str, cents: int) -> None:
    assert rounded(Fraction(value)) == cents


amounts = st.integers(0, 10**12)
some = st.fractions(Fraction(1, 1000), 10**6)


@given(
    fixed=amounts, varying=amounts, charges=st.integers(-(10**12), 10**12), own=amounts,
    months=st.integers(1, 12), then=some, now=some, before=some, used=some,
)  # fmt: skip
def test_figures_are_the_formula(
    fixed: int, varying: int, charges: int, own: int, months: int, then: Fraction, now: Fraction,
    before: Fraction, used: Fraction,
) -> None:  # fmt: skip
    lines = [CostLine("staff", varying, True), CostLine("other", fixed)]
    known = Now(months, charges, {**NONE, "transition": own}, used, then, now)
    found = figures(Frozen(lines, before, 2024), known)
    spent, m = charges + own, Fraction(months, 12)
    by_volume = fixed * m + varying * used / before if varying else fixed * m
    wanted = {
        "nominal": ((fixed + varying) * m, Fraction(spent)),
        "volume": (by_volume, Fraction(spent)),
        "real": ((fixed + varying) * m, spent * then / now),
        "saving": (by_volume * now / then, Fraction(spent)),
    }
    for name, (left, right) in wanted.items():
        assert abs(left - (found[name].baseline_minor or 0)) <= Fraction(1, 2)
        assert abs(right - (found[name].spent_minor or 0)) <= Fraction(1, 2)
        exact = left - right
        if abs(exact) > 1:
            assert (exact > 0) == (found[name].outcome == "saving")


GOOD = Confirmed(150_000, 100_000, 50_000, 100_000, evidence=1)
SAVED = Figure("saving", 1_200_000, 1_050_000)


@pytest.mark.parametrize(
    ("baseline", "confirmed", "verified", "doubts"),
    [
        (ALONE, GOOD, 150_000, ()),
        (replace(ALONE, late=True), GOOD, 0, ("late",)),
        (ALONE, None, 0, ("unconfirmed",)),
        (replace(ALONE, late=True), None, 0, ("late", "unconfirmed")),
        (ALONE, replace(GOOD, evidence=0), 0, ("no_evidence",)),
        (ALONE, replace(GOOD, budget_minor=20_000), 70_000, ("budget",)),
        (ALONE, Confirmed(200_000, 0, 200_000, 0, 1), 150_000, ("changed",)),
        (ALONE, Confirmed(90_000, 0, 90_000, 0, 1), 90_000, ("changed",)),
    ],
)
def test_only_what_is_signed_in_time_confirmed_and_evidenced_is_verified(
    baseline: Frozen, confirmed: Confirmed | None, verified: int, doubts: tuple[str, ...]
) -> None:
    found = prove(SAVED, baseline, confirmed)
    assert (found.claimed, found.verified, found.doubts) == (150_000, verified, doubts)
    assert found.not_proved == 150_000 - verified


def test_a_loss_counts_without_anybody_claiming_it_and_the_unknown_counts_nothing() -> None:
    lost = prove(Figure("saving", 1, 501), replace(ALONE, late=True), None)
    assert (lost.claimed, lost.verified, lost.not_proved) == (-500, -500, 0)
    unknown = prove(Figure("saving", None, None, ("months",)), ALONE, GOOD)
    assert (unknown.claimed, unknown.verified) == (0, 0)
    assert prove(SAVED, None, None).claimed == 0


def _row(
    agency: str, figure: Figure, confirmed: Confirmed | None, promised: int | None = None
) -> Row:
    return Row((agency, "payroll"), figure, prove(figure, ALONE, confirmed), 700, promised)


def test_the_sum_is_as_honest_as_its_rows() -> None:
    loss, unknown = Figure("saving", 0, 40_000), Figure("saving", None, None, ("retained",))
    found = sum_up([
        _row("A", SAVED, GOOD, 100_000), _row("B", SAVED, None, 200_000), _row("C", loss, None),
        _row("D", unknown, None, 999),
    ])  # fmt: skip
    assert (found.rows, found.claimed, found.verified) == (4, 260_000, 110_000)
    assert (found.not_proved, found.losses) == (150_000, -40_000)
    assert (found.unknown, found.unknown_charges) == (1, 700)
    assert found.optimism == Fraction(300_000, 300_000)
    assert sum_up([]).optimism is None


def test_nothing_counts_twice() -> None:
    with pytest.raises(WorthError, match="WORTH-901"):
        sum_up([_row("A", SAVED, GOOD), _row("A", SAVED, GOOD)])


COUNTED, COVERED = ["2026-07", "2026-08"], ["2026-07", "2026-08", "2026-09"]


def test_own_costs_are_complete_or_missing() -> None:
    rows = [
        Entry("2026-07", "retained", 10), Entry("2026-08", "retained", 0),
        Entry("2026-07", "transition", 5), Entry("2027", "dual_running", 100),
    ]  # fmt: skip
    found = own_costs(rows, 2027, COUNTED, COVERED)
    assert found == {"retained": 10, "transition": None, "dual_running": 67}
    assert missing_months(rows, "transition", COUNTED) == ["2026-08"]
    nothing = own_costs([Entry("2027", "retained", 100)], 2027, [], [])
    assert nothing == {"retained": 0, "transition": None, "dual_running": None}

"""Forecasts, proposals, decisions, the rate book."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from commonweal.kernel.access.public import ANONYMOUS, SYSTEM, act_as
from commonweal.kernel.authority.public import AuthorityError, withdraw
from commonweal.kernel.calendar.public import now
from commonweal.kernel.catalogue.public import ChargeItem
from commonweal.kernel.party.public import sync_roles
from commonweal.kernel.schema.public import Forbidden, NotFound, uuid7
from commonweal.practices.charging.actions.cost_model import put_cost_model
from commonweal.practices.charging.actions.costs import allocate, import_costs
from commonweal.practices.charging.actions.rates import (
    approve_rate,
    propose_rate,
    put_forecast,
    reject_rate,
    sign_forecast,
    sign_forecasts,
)
from commonweal.practices.charging.domain.rates import (
    Adjustment,
    RateError,
    mean_error,
)
from commonweal.practices.charging.engine import EngineError
from commonweal.practices.charging.models import AllocationRun, CloseRun, RateVersion
from commonweal.practices.charging.selectors import rates

from .costs_scene import Scene, request, scene
from .test_costs_allocation import DOCUMENT

__all__ = ["scene"]
APRIL = date(2018, 4, 1)
PRICE = {"kind": "per_unit", "rate": "4.5"}


@pytest.fixture
def run(scene: Scene) -> AllocationRun:
    """The quarter's costs, allocated: payroll 1,350.00, network 550.00."""
    sync_roles(actor=SYSTEM)
    import_costs(actor=scene.officer, request=request())
    put_cost_model(actor=scene.officer, document=DOCUMENT)
    return allocate(
        actor=scene.officer, basis="budget", first_period="2017-10", last_period="2017-12",
        label="2018/19",
    )  # fmt: skip


def sign(scene: Scene, parks: str = "700", water: str = "500") -> None:
    """Both agencies forecast and sign payslips for the fiscal year 2019."""
    for actor, agency, quantity in [
        (scene.parks_finance, scene.parks, parks), (scene.water_finance, scene.water, water),
    ]:  # fmt: skip
        row = put_forecast(
            actor=actor, agency_id=agency, charge_item_id=scene.payslip, fiscal_year=2019,
            quantity=quantity,
        )  # fmt: skip
        sign_forecast(actor=actor, forecast_id=row.pk)


def derive(scene: Scene, run: AllocationRun, **changes: Any) -> dict[str, Any]:
    """The derivation of the payslip's rate from forecasts."""
    given: dict[str, Any] = {
        "charge_item_id": scene.payslip, "run_id": run.pk,
        "volume": rates.Volume(fiscal_year=2019), **changes,
    }  # fmt: skip
    return rates.derive_rate(scene.officer, **given)


def propose(scene: Scene, **changes: Any) -> RateVersion:
    """A proposed price of payslips with a reason."""
    given: dict[str, Any] = {
        "charge_item_id": scene.payslip, "model": PRICE, "starts": APRIL, "reason": "As last year",
        **changes,
    }  # fmt: skip
    return propose_rate(actor=scene.officer, **given)


def decided(scene: Scene, **changes: Any) -> RateVersion:
    """The same, approved by the director."""
    return approve_rate(actor=scene.director, rate_version_id=propose(scene, **changes).pk)


def refused(scene: Scene, **changes: Any) -> str:
    """The code with which a proposal is refused."""
    with pytest.raises(RateError) as error:
        propose(scene, **changes)
    return error.value.code


def test_from_costs_and_signed_forecasts_to_a_rate_in_force(
    scene: Scene, run: AllocationRun
) -> None:
    sign(scene)
    derivation = derive(scene, run, places=2)
    assert derivation["numerator"] == {"numerator": "5400", "denominator": "1"}
    assert (derivation["denominator"], derivation["rate"]) == ("1200", "4.50")
    assert (derivation["run"], derivation["basis"]) == (str(run.pk), "budget")
    assert {pool["pool"]: pool["amount"] for pool in derivation["pools"]} == {
        "premises": "750.00", "payroll": "600.00",
    }  # fmt: skip
    version = decided(scene, derivation=derivation, reason="The newest costs there are")
    assert (version.state, version.code) == ("approved", "payroll.payslip-2018-04-01")
    assert version.decided_by_label
    assert [row.pk for row in rates.rates_in_force(ANONYMOUS, APRIL)] == [version.pk]
    assert rates.rates_in_force(ANONYMOUS, date(2018, 3, 31)) == []


def test_the_public_rate_book_tells_how_and_who(scene: Scene, run: AllocationRun) -> None:
    sign(scene)
    derivation = derive(
        scene, run, places=2, share="1/2", share_reason="Half the work",
        adjustments=[Adjustment("Last year's surplus", Decimal("-300"), "given back")],
    )  # fmt: skip
    decided(scene, derivation=derivation, reason="Rounded for the year")
    with act_as(ANONYMOUS):
        book = rates.rate_book(ANONYMOUS, APRIL)
    entry = next(s for s in book.services if s.service.code == "payroll").items[0].now
    assert entry is not None
    told = " ".join(entry.sentences)
    assert entry.rate == "£4.50 per payslip"
    for part in [
        "£1,350.00", "October 2017", "£600.00 is the service's own cost (pool “Payroll office”)",
        "75.0% of Premises, shared by floor area", "50.0% of it", "×4", "£-300" , "given back",
        "£2,400.00 ÷ 1,200", "= £2.00", "2 agencies forecast",
    ]:  # fmt: skip
        assert part.replace("£-300", "300.00") in told, (part, told)
    assert "8 January 2018" in entry.decided
    assert entry.span == "From 1 April 2018"


def test_volumes_given_with_their_source(scene: Scene, run: AllocationRun) -> None:
    volume = rates.Volume(quantity=Decimal(300), reason="payslips of the quarter")
    derivation = derive(scene, run, volume=volume)
    assert derivation["rate"] == "4.5000"
    assert derivation["scale"] == {"numerator": "1", "denominator": "1"}
    version = decided(scene, derivation=derivation, reason="")
    assert "payslips of the quarter" in rates.entry(version).sentences[-1]


def test_forecasts_must_be_signed_unless_one_says_so(scene: Scene, run: AllocationRun) -> None:
    with pytest.raises(RateError) as error:
        derive(scene, run)
    assert error.value.code == "CHARGING-211"
    sign(scene)
    row = put_forecast(
        actor=scene.officer, agency_id=scene.water, charge_item_id=scene.payslip,
        fiscal_year=2019, quantity=800,
    )  # fmt: skip
    assert row.signed_at is None
    with pytest.raises(RateError) as error:
        derive(scene, run)
    assert error.value.details["unsigned"] == [str(scene.water)]
    found = derive(scene, run, volume=rates.Volume(fiscal_year=2019, allow_unsigned=True))
    assert (found["denominator"], found["forecast_signed"]) == ("1500", 1)
    version = decided(scene, derivation=found)
    *_, volume, charged = rates.entry(version).sentences
    assert volume.endswith("1 of them signed.")
    assert charged == "Charged is £4.50 per payslip. As last year"


@pytest.mark.parametrize(
    "volume", [rates.Volume(), rates.Volume(quantity=Decimal(5)), rates.Volume(reason="x")]
)
def test_a_volume_needs_a_source(scene: Scene, run: AllocationRun, volume: rates.Volume) -> None:
    with pytest.raises(RateError) as error:
        derive(scene, run, volume=volume)
    assert error.value.code == "CHARGING-210"


def test_only_the_agencys_own_people_sign(scene: Scene) -> None:
    row = put_forecast(
        actor=scene.officer, agency_id=scene.parks, charge_item_id=scene.payslip,
        fiscal_year=2019, quantity=7,
    )  # fmt: skip
    with pytest.raises(Forbidden):
        sign_forecast(actor=scene.officer, forecast_id=row.pk)
    with pytest.raises(NotFound):
        sign_forecast(actor=scene.water_finance, forecast_id=row.pk)
    with pytest.raises(RateError) as error:
        sign_forecast(actor=SYSTEM, forecast_id=row.pk)
    assert error.value.code == "CHARGING-223"
    signed = sign_forecast(actor=scene.parks_finance, forecast_id=row.pk)
    again = sign_forecast(actor=scene.parks_finance, forecast_id=row.pk)
    assert again.signed_at == signed.signed_at
    same = put_forecast(
        actor=scene.parks_finance, agency_id=scene.parks, charge_item_id=scene.payslip,
        fiscal_year=2019, quantity="7.000000",
    )  # fmt: skip
    assert same.signed_by == scene.parks_finance.user_id
    with pytest.raises(Forbidden):
        put_forecast(
            actor=scene.parks_finance, agency_id=scene.water, charge_item_id=scene.payslip,
            fiscal_year=2019, quantity=7,
        )  # fmt: skip


@pytest.mark.parametrize(
    ("year", "quantity", "code"),
    [(19, 5, "CHARGING-221"), (2019, "x", "CHARGING-222"), (2019, -1, "CHARGING-222"),
     (2019, "0.0000001", "CHARGING-222")],
)  # fmt: skip
def test_what_cannot_be_forecast(scene: Scene, year: int, quantity: Any, code: str) -> None:
    with pytest.raises(RateError) as error:
        put_forecast(
            actor=scene.officer, agency_id=scene.parks, charge_item_id=scene.payslip,
            fiscal_year=year, quantity=quantity,
        )  # fmt: skip
    assert error.value.code == code


def test_forecasts_are_the_agencys_own_and_compared_later(scene: Scene) -> None:
    sign(scene)
    with act_as(scene.parks_finance):
        own = rates.forecasts(scene.parks_finance, 2019)
    assert [row.agency_id for row in own] == [scene.parks]
    assert rates.forecasts(scene.officer, 2019, agency_id=scene.water)[0].quantity == 500
    checks = rates.forecast_checks(
        scene.officer, 2019, {(scene.parks, scene.payslip): Decimal(1000)}
    )
    assert mean_error(checks) == Decimal("30.0")


def test_a_proposal_charges_nothing_and_its_proposer_cannot_approve_it(scene: Scene) -> None:
    version = propose(scene)
    assert rates.rates_in_force(ANONYMOUS, APRIL) == []
    assert rates.rate_proposals(scene.officer) == [version]
    with pytest.raises(Forbidden):
        approve_rate(actor=scene.officer, rate_version_id=version.pk)
    with pytest.raises(NotFound):
        rates.rate_version(scene.parks_finance, version.code)
    assert rates.rate_version(scene.officer, version.pk) == version
    assert rates.entry(version).decided == "Proposed, not decided yet"


def test_nobody_approves_what_they_proposed(scene: Scene) -> None:
    both = scene.director.__class__(
        **{**scene.director.__dict__, "grants": scene.director.grants | scene.officer.grants}
    )
    version = propose_rate(
        actor=both, charge_item_id=scene.payslip, model=PRICE, starts=APRIL, reason="Because"
    )
    with pytest.raises(AuthorityError) as error:
        approve_rate(actor=both, rate_version_id=version.pk)
    assert error.value.code == "AUTHORITY-105"
    version.refresh_from_db()
    assert version.state == "proposed"


def test_the_rate_before_ends_where_the_next_starts(scene: Scene) -> None:
    first = decided(scene)
    second = decided(scene, starts=date(2018, 7, 1), model={"kind": "per_unit", "rate": "4.75"})
    first.refresh_from_db()
    assert first.ends == second.starts
    history = rates.rate_history(ANONYMOUS, "payroll.payslip", on=date(2018, 8, 1))
    assert history.now is not None
    assert history.now.version == second
    assert [entry.span for entry in history.past] == ["1 April 2018 to 30 June 2018"]
    early = rates.rate_history(ANONYMOUS, "payroll.payslip")
    assert early.now is None
    assert [entry.version for entry in early.coming] == [first, second]
    with pytest.raises(NotFound):
        rates.rate_history(ANONYMOUS, "no.such")


def test_rates_never_overlap(scene: Scene) -> None:
    decided(scene, ends=date(2019, 4, 1))
    assert refused(scene, starts=date(2018, 5, 1)) == "CHARGING-201"
    assert refused(scene, starts=date(2018, 2, 1)) == "CHARGING-201"
    decided(scene, starts=date(2018, 2, 1), ends=APRIL)
    decided(scene, starts=date(2019, 4, 1))


def test_an_overlap_that_arises_before_the_decision_undoes_it(scene: Scene) -> None:
    later = propose(scene, starts=date(2018, 6, 1), ends=date(2018, 9, 1))
    decided(scene, ends=date(2018, 7, 1))
    with pytest.raises(RateError) as error:
        approve_rate(actor=scene.director, rate_version_id=later.pk)
    assert error.value.code == "CHARGING-201"
    later.refresh_from_db()
    assert later.state == "proposed"
    assert rates.rate_proposals(scene.officer) == [later]


def test_a_rate_never_reaches_back(scene: Scene) -> None:
    CloseRun.objects.create(
        agency_id=scene.centre, period="2018-01", state="done", engine_version="1",
        started_at=now(),
    )  # fmt: skip
    assert refused(scene, starts=date(2018, 1, 15)) == "CHARGING-202"
    assert refused(scene, starts=date(2017, 6, 1)) == "CHARGING-202"
    assert decided(scene, starts=date(2018, 2, 1)).state == "approved"


def test_a_price_needs_its_derivation_or_a_reason(scene: Scene, run: AllocationRun) -> None:
    derivation = derive(
        scene, run, volume=rates.Volume(quantity=Decimal(300), reason="the quarter")
    )
    assert refused(scene, reason=" ") == "CHARGING-203"
    other = {"kind": "per_unit", "rate": "4.6"}
    assert refused(scene, reason="", derivation=derivation, model=other) == "CHARGING-203"
    flat = {"kind": "flat", "amount": "4.5"}
    assert refused(scene, reason="", derivation=derivation, model=flat) == "CHARGING-203"
    assert propose(scene, derivation=derivation, model=other).reason == "As last year"


def test_a_fixed_charge_has_a_flat_price(scene: Scene) -> None:
    ChargeItem.objects.filter(pk=scene.payslip).update(kind="fixed")
    assert refused(scene) == "CHARGING-214"
    assert propose(scene, model={"kind": "flat", "amount": "4.5"}).state == "proposed"


def test_what_cannot_be_proposed(scene: Scene) -> None:
    assert refused(scene, starts=date(2016, 12, 1)) == "CHARGING-204"
    with pytest.raises(NotFound):
        propose(scene, charge_item_id=scene.parks)
    with pytest.raises(EngineError) as error:
        propose(scene, model={"kind": "graduated", "tiers": [{"from": "5", "rate": "1"}]})
    assert error.value.code == "RATE-104"
    with pytest.raises(NotFound, match="CHARGING-405"):
        propose(scene, charge_item_id=uuid7())
    with pytest.raises(Forbidden):
        propose_rate(actor=scene.director, charge_item_id=scene.payslip, model=PRICE, starts=APRIL)
    propose(scene)
    assert refused(scene) == "CHARGING-205"


def test_tiers_and_flat_charges_in_words(scene: Scene) -> None:
    tiers = {"kind": "graduated", "tiers": [
        {"from": "0", "to": "100", "rate": "2"}, {"from": "100", "rate": "1.50"},
    ]}  # fmt: skip
    assert "£1.50" in rates.entry(decided(scene, model=tiers)).rate
    flat = decided(scene, charge_item_id=scene.port, model={"kind": "flat", "amount": "12"})
    assert rates.entry(flat).rate == "£12.00 a month"
    assert rates.entry(flat).sentences == ["As last year"]


def test_rejected_and_withdrawn_proposals_charge_nothing(scene: Scene) -> None:
    first = propose(scene)
    done = reject_rate(
        actor=scene.director, rate_version_id=first.pk, reason="The volume is a guess."
    )
    assert done.state == "rejected"
    assert rates.entry(done).decided == "Not approved"
    second = propose(scene)
    assert second.code == "payroll.payslip-2018-04-01-2"
    withdraw(actor=scene.officer, decision_id=second.decision_id)
    second.refresh_from_db()
    assert second.state == "withdrawn"
    with pytest.raises(NotFound):
        approve_rate(actor=scene.director, rate_version_id=scene.parks)


def test_an_approved_rate_is_fixed(scene: Scene) -> None:
    version = decided(scene)
    for change in ({"model": {"kind": "flat", "amount": "1"}}, {"starts": date(2018, 5, 1)}):
        with pytest.raises(DatabaseError), transaction.atomic():
            RateVersion.objects.filter(pk=version.pk).update(**change)
    with pytest.raises(DatabaseError), transaction.atomic():
        RateVersion.objects.filter(pk=version.pk).delete()


def test_positions_are_each_services_own(scene: Scene, run: AllocationRun) -> None:
    for period in ("2017-10", "2017-11"):
        allocate(
            actor=SYSTEM, basis="actual", first_period=period, last_period=period, label=period
        )
        CloseRun.objects.create(
            agency_id=scene.centre, period=period, state="done", engine_version="1",
            started_at=now(),
        )  # fmt: skip
    CloseRun.objects.create(
        agency_id=scene.centre, period="2017-12", state="done", engine_version="1",
        started_at=now(),
    )  # fmt: skip
    found = {p.service_code: p for p in rates.service_positions(scene.officer, fiscal_year=2018)}
    assert found["payroll"].months == ["2017-10", "2017-11"]
    assert found["payroll"].missing == ["2017-12"]
    assert (found["payroll"].expense, found["payroll"].position) == (135_000, -135_000)
    assert found["network"].expense == 55_000
    one = rates.service_positions(scene.officer, periods=["2017-10"])
    assert [row.expense for row in one] == [30_000, 60_000]
    with act_as(ANONYMOUS):
        book = rates.rate_book(ANONYMOUS, date(2018, 1, 8))
        assert rates.rate_book(ANONYMOUS, APRIL).services[0].position is None
    assert [s.position.counted.expense for s in book.services if s.position] == [55_000, 135_000]
    with pytest.raises(Forbidden):
        rates.service_positions(scene.parks_finance, fiscal_year=2018)


def test_unknown_items_have_no_derivation(scene: Scene, run: AllocationRun) -> None:
    with pytest.raises(NotFound):
        derive(scene, run, charge_item_id=scene.parks)


def test_a_year_is_forecast_and_signed_at_once(scene: Scene) -> None:
    """One action for every item: signed, replacing what was there, by the agency's people only."""
    put_forecast(
        actor=scene.parks_finance, agency_id=scene.parks, charge_item_id=scene.payslip,
        fiscal_year=2019, quantity="1",
    )  # fmt: skip
    sign_forecasts(
        actor=scene.parks_finance, agency_id=scene.parks, fiscal_year=2019,
        quantities={scene.payslip: "700.5"},
    )  # fmt: skip
    (row,) = rates.forecasts(scene.parks_finance, 2019, charge_item_id=scene.payslip)
    assert (row.quantity, row.signed_by) == (Decimal("700.5"), scene.parks_finance.user_id)
    for actor, error in ((scene.water_finance, Forbidden), (scene.officer, Forbidden)):
        with pytest.raises(error):
            sign_forecasts(
                actor=actor, agency_id=scene.parks, fiscal_year=2019,
                quantities={scene.payslip: "1"},
            )  # fmt: skip
    with pytest.raises(RateError) as caught:
        sign_forecasts(
            actor=SYSTEM, agency_id=scene.parks, fiscal_year=2019, quantities={scene.payslip: "1"}
        )
    assert caught.value.code == "CHARGING-223"

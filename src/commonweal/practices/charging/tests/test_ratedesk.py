"""The rate desk at work in a small centre: build-ups, scenarios, rules, and who is told."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from commonweal.kernel.access.public import SYSTEM, act_as
from commonweal.kernel.authority.public import open_proposals
from commonweal.kernel.calendar.public import at
from commonweal.kernel.catalogue.public import Agreement
from commonweal.kernel.notices.models import Message
from commonweal.kernel.schema.public import Conflict, Forbidden, NotFound, uuid7
from commonweal.practices.charging import public as charging
from commonweal.practices.charging.models import RateEffect, ScenarioEffect
from commonweal.practices.charging.notice_words import RATE_DECIDED, SCENARIO

from .copies import copies, enter, world
from .world import World, after

__all__ = ["copies", "enter", "world"]
NEXT = date(2027, 7, 1)
WITHIN = date(2027, 1, 1)
WHY = "The contract for the next year is dearer."
LINES: list[dict[str, Any]] = [
    {"kind": "position", "name": "Analyst", "count": "1", "salary": "12000.01",
     "source": "Staffing plan", "reason": "Payroll runs"},
    {"kind": "pool", "name": "Premises", "amount": "2400", "overhead": True,
     "source": "Budget", "reason": "By people"},
    {"kind": "prior", "name": "Last year", "amount": "-400",
     "source": "Position of 2026", "reason": "Given back"},
]  # fmt: skip
ITEMS = [
    {"item": "payroll.payslip", "share": "3/4", "volume": "5000", "volume_reason": "Forecasts"},
    {"item": "payroll.base", "share": "1/4", "volume": "36", "volume_reason": "3 agencies",
     "places": 2},
]  # fmt: skip


def refused(expected: str, write: Any, **given: Any) -> None:
    with pytest.raises(charging.RateError) as error, transaction.atomic():
        write(**given)
    assert error.value.code == expected


def propose(world: World, item: str = "payroll.payslip", **given: Any) -> charging.RateVersion:
    owner = world.of("service_owner")
    values = {"model": {"kind": "per_unit", "rate": "4"}, "starts": NEXT, "reason": WHY, **given}
    with act_as(owner):
        return charging.propose_rate(actor=owner, charge_item_id=world.items[item], **values)


def approve(world: World, version: charging.RateVersion) -> charging.RateVersion:
    director = world.of("director")
    with act_as(director):
        return charging.approve_rate(actor=director, rate_version_id=version.pk)


def rules(world: World, **given: Any) -> None:
    director = world.of("director")
    with act_as(director):
        charging.set_rate_rules(actor=director, **{"notice_days": 0, "freeze": False, **given})


def build(world: World, **given: Any) -> charging.RateBuild:
    owner = world.of("service_owner")
    values = {"service": "payroll", "fiscal_year": 2028, "lines": LINES, "items": ITEMS, **given}
    with act_as(owner):
        return charging.put_build_up(actor=owner, **values)


def test_from_a_build_up_to_rates_in_the_book(world: World) -> None:
    first, row = build(world), build(world, note="After the talks")
    assert (first.version, row.version, row.total_minor) == (1, 2, 1_400_001)
    owner = world.of("service_owner")
    with act_as(owner):
        found = charging.propose_build_up(actor=owner, build_id=row.pk, starts=NEXT, reason=WHY)
    slip, base = found
    assert slip.model == {"kind": "per_unit", "rate": "2.1"}
    assert base.model == {"kind": "flat", "amount": "97.22"}
    assert slip.derivation["kind"] == "zero_base"
    assert [line["name"] for line in slip.derivation["lines"]] == ["Analyst", "Premises",
                                                                   "Last year"]  # fmt: skip
    said = " ".join(charging.derivation_sentences(slip))
    assert "Analyst" in said
    assert "Payroll runs" in said
    assert "÷ 5,000" in said
    assert "Rounding the rate" in " ".join(charging.derivation_sentences(base))
    approved = approve(world, slip)
    with act_as(world.finance):
        book = charging.rate_history(world.finance, "payroll.payslip")
    assert book.coming[0].version.pk == approved.pk
    assert book.coming[0].life == "Approved and announced to the agencies"


def test_rate_times_volume_beside_the_cost_of_a_kept_build_up(world: World) -> None:
    row = build(world)
    with act_as(world.finance):
        view = charging.build_view(world.finance, row.pk)
        assert [each.pk for each in charging.build_ups(world.finance)] == [row.pk]
    for rate in view.made.rates:
        assert rate.recovered + rate.remainder == view.made.total * rate.item.share
    with act_as(world.finance), pytest.raises(NotFound):
        charging.build_view(world.finance, uuid7())


def test_build_ups_that_are_refused(world: World) -> None:
    refused("BUILDUP-108", build, world=world, items=[{**ITEMS[0], "share": "1",
                                                       "item": "helpdesk.case"}])  # fmt: skip
    refused("BUILDUP-107", build, world=world, items=ITEMS[:1])
    refused("CHARGING-221", build, world=world, fiscal_year=12)
    with pytest.raises(NotFound):
        build(world, service="nothing")
    finance = world.of("agency_finance", "PARKS")
    with act_as(finance), pytest.raises(Forbidden):
        charging.put_build_up(
            actor=finance, service="payroll", fiscal_year=2028, lines=LINES, items=ITEMS
        )


def test_a_build_up_starts_from_the_shared_pools(world: World) -> None:
    with act_as(world.finance):
        lines = charging.pool_lines_of(world.finance, "payroll", 2027)
        total = sum(line["amount"] for line in lines)
    assert {line["overhead"] for line in lines} == {True, False}
    assert total == (Decimal("1200.50") + Decimal("42.86")) * 12  # a seventh of 300: 42.857…


def test_a_proposal_says_what_it_means_to_everybody(world: World) -> None:
    version = propose(world)
    with act_as(world.finance):
        rows = charging.effects_of(world.finance, [version.pk])[version.pk]
        decision = open_proposals(world.finance, "charging.RateVersion", [version.pk])[version.pk]
    # Nobody has signed a forecast for 2028: twelve times July's payslips.
    assert {row.agency.code: row.quantity for row in rows} == {
        "PARKS": 81 * 12, "ROADS": 345 * 12, "CLERK": 3 * 12,
    }  # fmt: skip
    assert {row.agency.code: row.after_minor for row in rows}["PARKS"] == 972 * 400
    more = sum(row.after_minor - row.before_minor for row in rows)
    assert decision.effect["yearly_change_minor"] == more
    assert abs(rows[0].after_minor - rows[0].before_minor) >= abs(
        rows[-1].after_minor - rows[-1].before_minor
    )


def test_agencies_are_told_of_an_approved_rate_with_their_own_effect(world: World) -> None:
    version = approve(world, propose(world))
    assert version.announced_at is not None
    with act_as(SYSTEM):
        sent = Message.objects.filter(template=RATE_DECIDED.code)
        parks = sent.filter(agency_id=world.agencies["PARKS"]).order_by("-created_at").first()
        assert parks is not None
        assert "$3,888.00" in parks.body
        assert WHY in parks.body
        assert set(sent.values_list("agency_id", flat=True)) == set(world.agencies.values())
    officer = world.of("agency_finance", "PARKS")
    with act_as(officer):
        news = charging.coming_rates(officer, world.agencies["PARKS"])
        assert [each.version.pk for each in news] == [version.pk]
        assert news[0].effect.after == 388_800
        assert (
            RateEffect.objects.count()
            == RateEffect.objects.filter(agency_id=world.agencies["PARKS"]).count()
        )
        with pytest.raises(Forbidden):
            charging.coming_rates(officer, world.agencies["ROADS"])


def test_a_change_within_the_year_takes_a_recorded_reason(world: World) -> None:
    version = propose(world, starts=WITHIN)
    assert version.mid_year
    with act_as(world.finance):
        found = open_proposals(world.finance, "charging.RateVersion", [version.pk])[version.pk]
    assert "within fiscal year 2027" in found.statement
    refused("RATES-502", propose, world=world, item="helpdesk.hour", starts=WITHIN,
            reason="Because", model={"kind": "per_unit", "rate": "55"})  # fmt: skip
    refused("RATES-506", propose, world=world, mid_year=True)


def test_a_frozen_year(world: World) -> None:
    rules(world, freeze=True, authority_needed=True, authority_name="Rate Committee")
    refused("RATES-501", propose, world=world, starts=WITHIN)
    refused("RATES-503", propose, world=world, starts=WITHIN, mid_year=True)
    version = propose(world, starts=WITHIN, mid_year=True, authority_ref="Resolution 12 of 2026")
    assert version.authority_ref == "Resolution 12 of 2026"
    approve(world, version)
    with act_as(world.finance):
        said = charging.rate_timing(version)
    assert "Resolution 12" in said


def test_notice_of_the_centre_and_of_an_agreement(world: World) -> None:
    rules(world, notice_days=90)
    refused("RATES-504", propose, world=world, starts=date(2026, 11, 1))
    director = world.of("director")
    with act_as(director):
        agreement = Agreement.objects.get(agency_id=world.agencies["PARKS"])
        charging.set_agreement_notice(actor=director, agreement_id=agreement.pk, days=400)
        assert [row.days for row in charging.agreement_notices(director)] == [400]
    refused("RATES-504", propose, world=world, starts=WITHIN)
    version = propose(world, starts=WITHIN, short_notice="The law changes on the first of July.")
    assert approve(world, version).short_notice.startswith("The law")
    with act_as(director), pytest.raises(NotFound):
        charging.set_agreement_notice(actor=director, agreement_id=uuid7(), days=1)


def test_a_proposal_that_waited_too_long_is_not_approved(world: World) -> None:
    version = propose(world)
    rules(world, notice_days=700)
    refused("RATES-504", approve, world=world, version=version)


def test_limits_that_refuse_and_limits_that_warn(world: World) -> None:
    director = world.of("director")
    cap: dict[str, Any] = {"source": "Budget act, section 4", "starts": date(2026, 1, 1)}
    with act_as(director):
        charging.put_rate_cap(actor=director, code="SLIP", kind="rate", limit="3.99",
                              charge_item="payroll.payslip", **cap)  # fmt: skip
    refused("RATES-505", propose, world=world)
    with act_as(director):
        charging.put_rate_cap(actor=director, code="SLIP", kind="rate", limit="3.99",
                              charge_item="payroll.payslip", refuse=False, **cap)  # fmt: skip
        charging.put_rate_cap(actor=director, code="OVER", kind="overhead", limit="0.05",
                              service="payroll", refuse=False, **cap)  # fmt: skip
        assert [row.code for row in charging.rate_caps(director)] == ["OVER", "SLIP"]
    with act_as(world.finance):
        found = open_proposals(world.finance, "charging.RateVersion", [propose(world).pk])
    [decision] = found.values()
    assert any("SLIP" in warning for warning in decision.effect["warnings"])
    owner, row = world.of("service_owner"), build(world)
    with act_as(owner):
        charging.propose_build_up(actor=owner, build_id=row.pk, starts=date(2027, 8, 1), reason=WHY)
    with act_as(director):
        charging.put_rate_cap(actor=director, code="OVER", kind="overhead", limit="0.05",
                              service="payroll", **cap)  # fmt: skip
    with act_as(owner):
        refused("RATES-505", charging.propose_build_up, actor=owner, build_id=row.pk,
                starts=date(2027, 9, 1), reason=WHY)  # fmt: skip


def test_limits_that_cannot_be_kept(world: World) -> None:
    director = world.of("director")
    cap: dict[str, Any] = {"actor": director, "code": "X", "kind": "rate", "limit": "1",
                           "source": "An act", "starts": date(2026, 1, 1)}  # fmt: skip
    with act_as(director):
        refused("RATES-513", charging.put_rate_cap, **{**cap, "limit": "much"})
        refused("RATES-513", charging.put_rate_cap, **{**cap, "kind": "overhead", "limit": "2"})
        refused("RATES-514", charging.put_rate_cap, **{**cap, "kind": "sun"})
        refused("RATES-515", charging.put_rate_cap, **{**cap, "source": ""})
        with pytest.raises(NotFound):
            charging.put_rate_cap(**{**cap, "service": "nothing"})
        refused("RATES-511", charging.set_rate_rules, actor=director, notice_days=-1, freeze=True)
        refused("RATES-512", charging.set_rate_rules, actor=director, notice_days=1, freeze=True,
                jump_percent=0)  # fmt: skip


def test_a_price_of_nothing_takes_a_reason(world: World) -> None:
    with pytest.raises(charging.RateError) as error:
        propose(world, model={"kind": "per_unit", "rate": "0"}, reason="Free")
    assert error.value.code == "CHARGING-225"
    assert "price is zero" in error.value.message


def test_the_jump_that_takes_a_reason_is_a_rule(world: World) -> None:
    rules(world, jump_percent=1000)
    with act_as(world.finance):
        assert charging.rate_rules(world.finance).jump == 10
        warnings = charging.rate_warnings(
            world.finance, charge_item_id=world.items["payroll.payslip"],
            model={"kind": "per_unit", "rate": "5"}, starts=NEXT, derivation={},
        )  # fmt: skip
    assert warnings == []


def keep(world: World, name: str = "Recover", **given: Any) -> charging.Scenario:
    owner = world.of("service_owner")
    assumed = {"prices": {"payroll.payslip": "recover", "payroll.base": "recover"}}
    values = {"fiscal_year": 2027, "assumptions": assumed, "reason": "A first look", **given}
    with act_as(owner):
        return charging.put_scenario(actor=owner, name=name, **values)


def test_the_present_comes_from_forecasts_rates_and_budget(world: World) -> None:
    with act_as(world.finance):
        found = charging.present(world.finance, 2027)
    assert found.methods["PARKS", "payroll.payslip"] == "signed"
    assert found.methods["PARKS", "helpdesk.case"] == "trend"
    assert found.base.uses["PARKS", "helpdesk.case"][0].quantity == 42 * 12  # July's 20 + 13 + 9
    assert found.methods["CLERK", "payroll.base"] == "fixed"
    assert found.sources["payroll"] == ("budget", "Budget 2027")
    cost = sum((p.amount for p in found.base.parts if p.service == "payroll"), Fraction(0))
    assert cost == (Fraction("1200.50") + Fraction("42.86")) * 12
    build(world, fiscal_year=2027)
    with act_as(world.finance):
        again = charging.present(world.finance, 2027)
    assert again.sources["payroll"] == ("build", "1")
    assert sum((p.amount for p in again.base.parts if p.service == "payroll"), Fraction(0)) == (
        Fraction("14000.01")
    )


def test_a_kept_scenario_works_out_alike_when_the_present_has_moved_on(world: World) -> None:
    row = keep(world)
    with act_as(world.finance):
        before = charging.scenario(world.finance, row.pk).result
    approve(world, propose(world, starts=date(2026, 10, 1)))
    with act_as(world.finance):
        after = charging.scenario(world.finance, row.pk)
        assert after.result == before
        assert after.service("payroll") is not None
        assert after.service("nothing") is None
        assert after.volumes["payroll.payslip"] == 5000
        assert {each[0].service for each in after.sensitivities} >= {"payroll"}
        with pytest.raises(NotFound):
            charging.scenario(world.finance, uuid7())


def test_two_scenarios_side_by_side(world: World) -> None:
    one, two = keep(world), keep(world, "Fewer payslips", assumptions={
        "growth": {"payroll.payslip": "-10%"}})  # fmt: skip
    with act_as(world.finance):
        found = charging.side_by_side(world.finance, [one.pk, two.pk, one.pk])
        assert [each.scenario.name for each in found] == ["Recover", "Fewer payslips"]
        assert [each.pk for each in charging.scenarios(world.finance)] == [two.pk, one.pk]


def test_a_scenario_is_changed_until_agencies_have_seen_it(world: World) -> None:
    row = keep(world)
    changed = keep(world, "Another name", scenario_id=row.pk)
    assert (changed.pk, changed.name) == (row.pk, "Another name")
    with pytest.raises(Conflict):
        keep(world, "Another name")
    refused("SCENARIO-110", keep, world=world, name="x")
    refused("CHARGING-221", keep, world=world, fiscal_year=12)
    publish(world, row)
    refused("SCENARIO-112", keep, world=world, name="Third", scenario_id=row.pk)
    with pytest.raises(NotFound):
        keep(world, "Fourth", scenario_id=uuid7())


def publish(world: World, row: charging.Scenario, **given: Any) -> list[ScenarioEffect]:
    owner = world.of("service_owner")
    values = {"comment_until": date(2026, 10, 1), "reason": WHY, **given}
    with act_as(owner):
        return charging.publish_scenario(actor=owner, scenario_id=row.pk, **values)


def test_agencies_see_their_own_effect_of_a_published_scenario_and_comment(world: World) -> None:
    arrives = {"agency": "Water", "kind": "arrives", "volumes": {"payroll.payslip": "1000"}}
    assumed = {"prices": {"payroll.payslip": "recover"}, "moves": [arrives]}
    row = keep(world, assumptions=assumed)
    made = publish(world, row)
    assert {effect.agency_id for effect in made} == set(world.agencies.values())
    parks, roads = (world.of("agency_finance", code) for code in ("PARKS", "ROADS"))
    own = world.agencies["PARKS"]
    with act_as(parks):
        [seen] = charging.proposed_to(parks, own)
        assert seen.before_minor == sum(each["before"] for each in seen.items)
        assert seen.after_minor == sum(each["after"] for each in seen.items)
        assert ScenarioEffect.objects.count() == 1
        assert charging.scenario_effect(parks, seen.pk) == seen
        charging.comment_scenario(actor=parks, effect_id=seen.pk, text="We can live with it.")
        with pytest.raises(Forbidden):
            charging.proposed_to(parks, world.agencies["ROADS"])
    with act_as(roads), pytest.raises(NotFound):
        charging.comment_scenario(actor=roads, effect_id=seen.pk, text="Not ours")
    with act_as(roads), pytest.raises(NotFound):
        charging.scenario_effect(roads, seen.pk)
    with act_as(world.finance):
        [said] = charging.scenario_comments(world.finance, row.pk)
        assert (said.agency_id, said.text) == (own, "We can live with it.")
    with act_as(SYSTEM):
        letter = Message.objects.filter(template=SCENARIO.code, agency_id=own).first()
        assert letter is not None
        assert "Nothing is decided" in letter.body
        with pytest.raises(DatabaseError), transaction.atomic():
            ScenarioEffect.objects.filter(pk=seen.pk).update(after_minor=0)
    assert {effect.edition for effect in publish(world, row)} == {2}


def test_what_cannot_be_published_or_said(world: World) -> None:
    row = keep(world)
    refused("SCENARIO-113", publish, world=world, row=row, comment_until=date(2026, 8, 1))
    refused("SCENARIO-114", publish, world=world, row=row, reason="short")
    made = publish(world, row, comment_until=date(2026, 9, 5))
    parks = world.of("agency_finance", "PARKS")
    [own] = [each for each in made if each.agency_id == world.agencies["PARKS"]]
    say: dict[str, Any] = {"actor": parks, "effect_id": own.pk}
    with act_as(parks):
        refused("SCENARIO-116", charging.comment_scenario, text=" ", **say)
    with at(after("2026-09")), act_as(parks):
        refused("SCENARIO-115", charging.comment_scenario, text="Too late", **say)
    with act_as(SYSTEM):
        refused("CHARGING-223", charging.comment_scenario, actor=SYSTEM, effect_id=own.pk,
                text="A robot")  # fmt: skip


def test_a_scenario_becomes_proposals_in_one_action(world: World) -> None:
    row, owner = keep(world), world.of("service_owner")
    with act_as(owner):
        found = charging.propose_scenario(actor=owner, scenario_id=row.pk, starts=NEXT, reason=WHY)
        played = charging.scenario(owner, row.pk)
    assert played.scenario.state == "proposed"
    assert [each.charge_item.code for each in found] == ["payroll.base", "payroll.payslip"]
    assert all(each.from_scenario == row.pk for each in found)
    assert {each.charge_item.code: each.model for each in found} == {
        code: played.result.models[code] for code in ("payroll.base", "payroll.payslip")
    }
    nothing = keep(world, "Nothing", assumptions={})
    with act_as(owner):
        refused("SCENARIO-117", charging.propose_scenario, actor=owner, scenario_id=nothing.pk,
                starts=NEXT, reason=WHY)  # fmt: skip


def test_a_customer_leaves_and_everybody_sees_what_stays(world: World) -> None:
    recover = dict.fromkeys(world.items, "recover")
    with act_as(world.finance):
        found, result = charging.try_scenario(
            world.finance, 2027,
            {"moves": [{"agency": "ROADS", "kind": "leaves"}], "prices": recover,
             "variable": {"payroll": "1/4", "helpdesk": "1/4"}},
        )  # fmt: skip
        _same, back = charging.try_scenario(
            world.finance, 2027,
            {"moves": [
                {"agency": "ROADS", "kind": "leaves"},
                {"agency": "ROADS", "kind": "arrives", "volumes": {
                    item: format(uses[0].quantity, "f")
                    for (agency, item), uses in found.base.uses.items() if agency == "ROADS"}},
            ], "prices": recover, "variable": {"payroll": "1/4", "helpdesk": "1/4"}},
        )  # fmt: skip
        _none, none = charging.try_scenario(world.finance, 2027, {"prices": recover})
    changes = {effect.agency: effect for effect in result.effects}
    assert changes["ROADS"].after == 0
    assert changes["PARKS"].change > 0  # those who stay pay the cost that stays
    assert all(row.stranded == row.lost - row.gone > 0 for row in result.services)
    assert back.after == none.after

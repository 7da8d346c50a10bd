"""Year-end adjustments: proposed, approved by another person, carried out, never netted."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, connection

from commonweal.kernel.access.public import SYSTEM, act_as
from commonweal.kernel.authority.public import withdraw
from commonweal.kernel.ledger.public import Posting
from commonweal.kernel.party.public import centre
from commonweal.kernel.schema.public import CommonwealError
from commonweal.practices.charging import public as charging
from commonweal.practices.charging.models import (
    Adjustment,
    AdjustmentPart,
    Bill,
    BillLine,
    Credit,
    CreditPortion,
)
from commonweal.practices.charging.selectors import adjustments as working
from commonweal.practices.charging.selectors import recovery as accounts

from .copies import closed, copies, enter, world
from .recovery_scene import YEAR, decide, end_the_year, entered, proposed, refuse, service_id
from .world import MAPPING, SEPTEMBER, World, after, month_usage

__all__ = ["closed", "copies", "enter", "world"]


def rich(world: World, amount: int = 100_000, service: str = "payroll") -> None:
    end_the_year(world)
    entered(world, service, "other_revenue", amount, "2026-08")


def carried(world: World, row: Adjustment) -> Adjustment:
    with act_as(world.finance):
        return charging.carry_out_adjustment(actor=world.finance, adjustment_id=row.pk)


def balances(agency_id: Any, accounts: tuple[str, ...]) -> dict[str, int]:
    """What some accounts of a set of books hold, debit positive."""
    with act_as(SYSTEM):
        rows = Posting.objects.filter(agency_id=agency_id, account__code__in=accounts)
        found = dict.fromkeys(accounts, 0)
        for code, amount in rows.values_list("account__code", "amount"):
            found[code] += amount
    return found


def test_a_refund_with_interest_pays_every_funding_source_back(closed: World) -> None:
    rich(closed)
    row = proposed(
        closed, "payroll", rate=Decimal("4.25"), interest_from=date(2026, 7, 1),
        interest_to=date(2026, 9, 5),
    )  # fmt: skip
    exact = Decimal(row.amount_minor) * Decimal("4.25") * 66 / (100 * 365)
    assert abs(row.interest_minor - exact) <= Decimal("0.5")
    decide(closed, row.decision_id)
    assert carried(closed, row).carried_out_on == date(2026, 9, 5)
    carried(closed, row)
    with act_as(SYSTEM):
        parts = list(AdjustmentPart.objects.filter(adjustment_id=row.pk))
        assert {part.state for part in parts} == {"approved"}
        assert sum(part.interest_minor for part in parts) == row.interest_minor
    ours = balances(centre().agency_id, ("2320", "6910"))
    assert ours == {"2320": 0, "6910": row.interest_minor}
    for code, agency_id in closed.agencies.items():
        own = [part for part in parts if part.agency_id == agency_id]
        theirs = balances(agency_id, ("1320", "4910", "1110"))
        assert theirs["1320"] == 0
        assert theirs["4910"] == -sum(part.interest_minor for part in own)
        back = sum(part.amount_minor + part.interest_minor for part in own)
        assert theirs["1110"] == back, code
    director = closed.of("director")
    with act_as(director):
        later = charging.recovery(director, "payroll", YEAR)
    assert later.adjustments[0].carried_out_on is not None


def test_credits_come_on_bills_to_come_and_are_no_revenue_of_their_month(closed: World) -> None:
    rich(closed, 10_000)
    row = proposed(closed, "payroll", "credit", months=("2026-09", "2026-10"))
    decide(closed, row.decision_id)
    with act_as(SYSTEM):
        credits = list(Credit.objects.all())
        portions = sum(CreditPortion.objects.values_list("amount_minor", flat=True))
    assert {credit.kind for credit in credits} == {"year_end"}
    assert portions == row.amount_minor - row.kept_back_minor
    carried(closed, row)
    assert balances(centre().agency_id, ("2320",))["2320"] == -portions
    for source, facts in month_usage(SEPTEMBER, 1).items():
        closed.send(source, facts, after(SEPTEMBER))
    closed.report(SEPTEMBER)
    closed.close(SEPTEMBER, no_costs_reason="Costs of September come next week.")
    with act_as(SYSTEM):
        lines = list(BillLine.objects.filter(bill__period=SEPTEMBER, kind="credit"))
        taken = -sum(line.amount_minor for line in lines)
    assert taken > 0
    assert balances(centre().agency_id, ("2320",))["2320"] == taken - portions
    director = closed.of("director")
    with act_as(director):
        months = charging.recovery(director, "payroll", 2027).account.months
    with act_as(SYSTEM):
        charged = BillLine.objects.filter(bill__period=SEPTEMBER, service__code="payroll")
        full = sum(line.amount_minor for line in charged if line.kind != "credit")
    assert months[0].billed == full


def late_cost(world: World, service: str, amount: str) -> None:
    """More cost of August than anybody knew when it was closed."""
    text = f"Period,Unit,Amount\n2026-08,{service},{amount}\n"
    with act_as(world.finance):
        charging.import_costs(
            actor=world.finance,
            request=charging.CostRequest(
                filename="late.csv", data=text.encode(), given=MAPPING, accept_as="Ledger",
                basis="actual", currency="USD", late_reason="The invoice came in September.",
            ),
        )  # fmt: skip


def test_what_a_service_lacks_is_charged_by_the_same_shares(closed: World) -> None:
    end_the_year(closed)
    code, director = "helpdesk", closed.of("director")
    late_cost(closed, code, "9000.00")
    with act_as(director):
        short = charging.recovery(director, code, YEAR)
    assert short.account.result < 0
    with pytest.raises(CommonwealError) as refused:
        proposed(closed, code, "refund")
    assert refused.value.code == "RECOVERY-315"
    row = proposed(closed, code, "credit", months=("2026-09",))
    assert row.amount_minor == short.account.result
    borne = proposed_again(closed, row, code, kept_minor=100)
    assert borne.amount_minor == row.amount_minor + 100
    decide(closed, borne.decision_id)
    with act_as(SYSTEM):
        assert sum(CreditPortion.objects.values_list("amount_minor", flat=True)) == (
            borne.amount_minor - borne.kept_back_minor
        )
    carried(closed, borne)


def proposed_again(world: World, row: Adjustment, code: str, **chosen: Any) -> Adjustment:
    """Withdraw a proposal and propose another."""
    with act_as(world.finance):
        withdraw(actor=world.finance, decision_id=row.decision_id)
    return proposed(world, code, "credit", months=("2026-09",), **chosen)


def test_future_rates_take_the_result_up(closed: World) -> None:
    rich(closed, 5_000)
    row = proposed(closed, "payroll", "future_rates", into_year=2027)
    decide(closed, row.decision_id)
    owner, item = closed.of("service_owner"), closed.items["payroll.payslip"]
    with act_as(owner):
        whole = charging.carried_into(owner, item, 2027)
        half = charging.carried_into(owner, item, 2027, "1/2")
        assert charging.carried_into(owner, item, 2028) == []
    moved = row.amount_minor - row.kept_back_minor
    assert [each.amount for each in whole] == [Decimal(-moved) / 100]
    assert abs(half[0].amount * 2 - whole[0].amount) <= Decimal("0.01")
    before = balances(centre().agency_id, ("2320",))
    carried(closed, row)
    assert balances(centre().agency_id, ("2320",)) == before


def test_what_future_rates_gave_back_is_not_taken_again_a_year_later(
    closed: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """July stands for a year and August for the next: its result is measured with what the year
    before had put into its rates, in either direction."""
    years = {2026: ["2026-07"], 2027: ["2026-08"]}
    for module in (working, accounts):
        monkeypatch.setattr(module, "fiscal_periods", lambda year: years[year])
    monkeypatch.setattr(accounts, "fiscal_year_of", lambda day: 2027)
    entered(closed, "helpdesk", "other_revenue", 50_000, "2026-07")
    row = proposed(closed, "helpdesk", "future_rates", into_year=2027, refund_grants=True)
    decide(closed, row.decision_id)
    with act_as(SYSTEM):
        parts = AdjustmentPart.objects.filter(adjustment_id=row.pk, way="future_rates")
        put_into_rates = sum(part.amount_minor for part in parts)
    asked = charging.Choices("credit", months=("2026-10",), refund_grants=True)
    with act_as(closed.finance):
        worked = charging.work_out(
            closed.finance, service="helpdesk", fiscal_year=2027, choices=asked
        )
    assert put_into_rates > 0
    assert worked.carried == put_into_rates
    assert worked.plan.amount == worked.result + put_into_rates
    assert worked.document["inputs"]["carried"] == put_into_rates
    # had the rates given all of it back, the year would end even and nothing would be charged
    late_cost(closed, "helpdesk", f"{(worked.plan.amount) / 100:.2f}")
    with act_as(closed.finance), pytest.raises(CommonwealError) as even:
        charging.work_out(closed.finance, service="helpdesk", fiscal_year=2027, choices=asked)
    assert even.value.code == "RECOVERY-303"


def test_an_excess_left_to_future_rates_is_adjusted_once(closed: World) -> None:
    rich(closed, 2_000_000)
    row = proposed(closed, "payroll", "future_rates", into_year=2027, refund_grants=True)
    decide(closed, row.decision_id)
    for done in (False, True):
        if done:
            carried(closed, row)
        with pytest.raises(CommonwealError) as refused:
            proposed(closed, "payroll", "future_rates", into_year=2027, refund_grants=True)
        assert refused.value.code == "RECOVERY-303"


def test_allocated_costs_take_no_more_than_their_limit(closed: World) -> None:
    rich(closed, 5_000)
    with act_as(closed.finance):
        rule = charging.propose_rule(
            actor=closed.finance, kind="allocated_limit", value="10", starts=date(2026, 9, 1),
            service_id=service_id("payroll"), reason="A small fund, a small limit.",
        )  # fmt: skip
    decide(closed, rule.decision_id)
    with pytest.raises(CommonwealError) as refused:
        proposed(closed, "payroll", "allocated", into_year=2027)
    assert refused.value.code == "RECOVERY-308"


@pytest.mark.parametrize(
    ("chosen", "code"),
    [
        ({"method": "lottery"}, "RECOVERY-307"),
        ({"method": "credit"}, "RECOVERY-310"),
        ({"method": "credit", "months": ("2026-09", "2026-09")}, "RECOVERY-310"),
        ({"method": "credit", "months": ("2026-07",)}, "RECOVERY-310"),
        ({"method": "future_rates"}, "RECOVERY-314"),
        ({"method": "future_rates", "into_year": YEAR}, "RECOVERY-314"),
        ({"kept_minor": -1}, "RECOVERY-309"),
        ({"rate": Decimal(0)}, "RECOVERY-312"),
        ({"rate": Decimal(31)}, "RECOVERY-312"),
        ({"rate": Decimal(4), "interest_from": date(2020, 1, 1)}, "RECOVERY-312"),
        ({"rate": Decimal(4), "interest_to": date(2026, 1, 1)}, "RECOVERY-312"),
    ],
)
def test_adjustments_that_are_refused(closed: World, chosen: dict[str, Any], code: str) -> None:
    rich(closed, 5_000)
    with pytest.raises(CommonwealError) as refused:
        proposed(closed, "payroll", **{"method": "refund", **chosen})
    assert refused.value.code == code


def test_a_reserve_is_kept_within_its_limit_only(closed: World) -> None:
    rich(closed, 2_000_000)
    with pytest.raises(CommonwealError) as refused:
        proposed(closed, "payroll", kept_minor=1_900_000)
    assert refused.value.code == "RECOVERY-309"
    director = closed.of("director")
    with act_as(director):
        allowed = charging.recovery(director, "payroll", YEAR).reserve.allowed
    row = proposed(closed, "payroll", kept_minor=allowed)
    with act_as(director):
        closing = charging.recovery(director, "payroll", YEAR).account.closing
    assert closing - row.amount_minor == allowed


def test_a_true_up_for_a_year_with_open_disputes_leaves_the_disputed_part_out(
    closed: World,
) -> None:
    rich(closed, 100_000)
    officer = closed.of("agency_finance", "PARKS")
    with act_as(SYSTEM):
        line = BillLine.objects.filter(
            bill=closed.bill("PARKS", "2026-08"), service__code="payroll"
        ).first()
    with act_as(officer):
        charging.raise_query(
            actor=officer, line_id=line.pk, kind="dispute", text="We had fewer people.",
        )  # fmt: skip
    with pytest.raises(CommonwealError) as refused:
        proposed(closed, "payroll")
    assert refused.value.code == "RECOVERY-306"
    assert refused.value.details["rows"]
    row = proposed(closed, "payroll", reserve_disputed=True)
    assert row.disputed_minor == line.amount_minor
    director = closed.of("director")
    with act_as(director):
        result = charging.recovery(director, "payroll", YEAR).account.result
    assert row.amount_minor == result - line.amount_minor


def test_an_adjustment_whose_figures_moved_is_not_approved(closed: World) -> None:
    rich(closed)
    row = proposed(closed, "payroll")
    with pytest.raises(CommonwealError) as twice:
        proposed(closed, "payroll")
    assert twice.value.code == "RECOVERY-304"
    entered(closed, "payroll", "other_revenue", 7, "2026-08")
    with pytest.raises(CommonwealError) as refused:
        decide(closed, row.decision_id)
    assert refused.value.code == "RECOVERY-313"
    refuse(closed, row.decision_id)
    with act_as(SYSTEM):
        row.refresh_from_db()
    assert row.state == "rejected"
    with pytest.raises(CommonwealError) as not_yet:
        carried(closed, row)
    assert not_yet.value.code == "RECOVERY-316"


def test_a_year_is_adjusted_once(closed: World) -> None:
    rich(closed)
    row = proposed(closed, "payroll")
    decide(closed, row.decision_id)
    with pytest.raises(CommonwealError) as refused:
        proposed(closed, "payroll")
    assert refused.value.code == "RECOVERY-303"


def test_a_year_that_is_not_closed_is_refused(closed: World) -> None:
    with act_as(closed.finance), pytest.raises(CommonwealError) as refused:
        charging.work_out(
            closed.finance, service="payroll", fiscal_year=2027,
            choices=charging.Choices(method="refund"),
        )  # fmt: skip
    assert refused.value.code == "RECOVERY-301"


def test_an_approved_adjustment_never_changes(closed: World) -> None:
    rich(closed)
    row = proposed(closed, "payroll")
    decide(closed, row.decision_id)
    for statement in (
        "UPDATE charging_adjustment SET amount_minor = 1",
        "UPDATE charging_adjustmentpart SET amount_minor = 1",
        "DELETE FROM charging_adjustmentpart",
    ):
        with act_as(SYSTEM), pytest.raises(DatabaseError), connection.cursor() as cursor:
            cursor.execute(statement)
    carried(closed, row)
    with act_as(SYSTEM), pytest.raises(DatabaseError), connection.cursor() as cursor:
        cursor.execute("UPDATE charging_adjustment SET carried_out_on = '2020-01-01'")


def test_an_agency_sees_its_own_part_alone(closed: World) -> None:
    rich(closed)
    row = proposed(closed, "payroll")
    officer = closed.of("agency_finance", "PARKS")
    with act_as(officer):
        assert list(charging.own_adjustments(officer)) == []
    decide(closed, row.decision_id)
    with act_as(officer):
        own = list(charging.own_adjustments(officer))
        assert {part.agency_id for part in own} == {closed.agencies["PARKS"]}
        assert {part.agency_id for part in AdjustmentPart.objects.all()} == {
            closed.agencies["PARKS"]
        }
        assert not Adjustment.objects.exists()


def test_bills_are_what_they_were(closed: World) -> None:
    """No adjustment touches an issued bill."""
    rich(closed)
    with act_as(SYSTEM):
        before = dict(Bill.objects.values_list("number", "content_hash"))
    row = proposed(closed, "payroll")
    decide(closed, row.decision_id)
    carried(closed, row)
    with act_as(SYSTEM):
        assert dict(Bill.objects.values_list("number", "content_hash")) == before

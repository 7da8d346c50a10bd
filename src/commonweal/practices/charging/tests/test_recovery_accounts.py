"""Each service's own account: its months, what is not known, its reserve, its public position."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from commonweal.kernel.access.public import ANONYMOUS, SYSTEM, act_as
from commonweal.kernel.schema.public import CommonwealError, NotFound
from commonweal.practices.charging import public as charging
from commonweal.practices.charging.models import AllocationRun, BillLine
from commonweal.practices.charging.selectors import account_record

from .copies import closed, copies, enter, world
from .recovery_scene import decide, end_the_year, entered, service_id
from .world import SEPTEMBER, World

__all__ = ["closed", "copies", "enter", "world"]
BILLED = {"payroll", "helpdesk"}


def billed(service: str) -> int:
    with act_as(SYSTEM):
        lines = BillLine.objects.filter(service__code=service, bill__state="issued")
        return sum(line.amount_minor for line in lines)


def cost(service: str) -> int:
    with act_as(SYSTEM):
        runs = AllocationRun.objects.filter(basis="actual")
        found = [t for run in runs for t in run.result["totals"] if t["target"] == service]
        return sum(int(Decimal(entry["amount"]) * 100) for entry in found)


def test_an_account_is_what_was_billed_less_what_it_cost(closed: World) -> None:
    auditor = closed.of("auditor")
    with act_as(auditor):
        rows = charging.recoveries(auditor, 2027)
    assert {row.service.code for row in rows} == BILLED
    for row in rows:
        assert [month.period for month in row.account.months] == ["2026-07", "2026-08"]
        assert row.account.of("billed") == billed(row.service.code)
        assert row.account.of("cost") == cost(row.service.code)
        assert row.account.result == billed(row.service.code) - cost(row.service.code)
        assert row.account.closing == row.account.result
        assert row.account.fund == row.service.code.upper()


def test_a_month_without_allocated_cost_is_not_zero(closed: World) -> None:
    """Design law 6: what is missing cannot be determined, and says which month."""
    closed.report(SEPTEMBER)
    closed.close(SEPTEMBER, no_costs_reason="The ledger of September is not there yet.")
    director = closed.of("director")
    with act_as(director):
        found = charging.recovery(director, "payroll", 2027)
    assert found.account.missing == ["2026-09"]
    assert found.account.result is None
    assert found.account.closing is None
    assert found.reserve.days is None
    assert found.reserve.state == "unknown"
    assert found.outlook is None
    assert found.state == "unknown"
    position = {row.service_code: row for row in charging.public_positions(fiscal_year=2027)}[
        "payroll"
    ]
    assert position.closing is None
    assert position.missing == ["2026-09"]


def test_the_next_year_opens_with_what_this_one_left(closed: World) -> None:
    end_the_year(closed)
    entered(closed, "payroll", "opening", -500)
    entered(closed, "payroll", "other_revenue", 300, "2026-08")
    entered(closed, "payroll", "transfer_in", 250, "2026-08", "General fund of the state")
    entered(closed, "payroll", "transfer_out", 50, "2026-08", "General fund of the state")
    director = closed.of("director")
    with act_as(director):
        ended = charging.recovery(director, "payroll", 2026).account
        opened = charging.recovery(director, "payroll", 2027).account
    assert ended.opening == -500
    assert ended.of("other") == 300
    assert ended.of("transfers") == 200
    assert ended.closing == billed("payroll") - cost("payroll") - 500 + 300 + 200
    assert opened.opening == ended.closing
    assert opened.months == []
    assert opened.closing == ended.closing
    assert ended.balances()[-1] == ("2026-08", ended.closing)


def test_entries_that_would_net_services_are_refused(closed: World) -> None:
    for other in ("Help desk", "helpdesk", "HELPDESK"):
        with pytest.raises(CommonwealError) as refused:
            entered(closed, "payroll", "transfer_in", 10_000, other=other)
        assert refused.value.code == "RECOVERY-107"


@pytest.mark.parametrize(
    ("kind", "amount", "other", "code"),
    [
        ("gift", 100, "", "RECOVERY-106"),
        ("other_revenue", 0, "", "RECOVERY-108"),
        ("other_revenue", -5, "", "RECOVERY-108"),
        ("transfer_out", 5, " ", "RECOVERY-109"),
    ],
)
def test_entries_that_say_too_little(
    closed: World,
    kind: str,
    amount: int,
    other: str,
    code: str,
) -> None:
    with pytest.raises(CommonwealError) as refused:
        entered(closed, "payroll", kind, amount, other=other)
    assert refused.value.code == code


def test_an_account_opens_once(closed: World) -> None:
    entered(closed, "payroll", "opening", 100)
    with pytest.raises(CommonwealError) as refused:
        entered(closed, "payroll", "opening", 100)
    assert refused.value.code == "RECOVERY-110"


def test_the_proposer_cannot_approve_an_entry(closed: World) -> None:
    with act_as(closed.finance):
        row = charging.propose_entry(
            actor=closed.finance, service_id=service_id("payroll"), kind="other_revenue",
            period="2026-07", amount_minor=5, reason="Interest of the bank account.",
        )  # fmt: skip
    with pytest.raises(CommonwealError):
        decide(closed, row.decision_id, by="finance_officer")


def test_a_reserve_above_sixty_days_takes_an_authority(closed: World) -> None:
    from datetime import date

    finance, director = closed.finance, closed.of("director")
    with act_as(director):
        before = charging.recovery(director, "payroll", 2027).reserve
    assert before.limit == 60

    def ask(**more: object) -> charging.RecoveryRule:
        given = {
            "actor": finance, "kind": "reserve_days", "value": "75", "starts": date(2026, 9, 1),
            "ends": date(2027, 9, 1), "service_id": service_id("payroll"),
            "reason": "Printing paper is bought once a year.", "reference": "DCA letter 2026-117",
        }  # fmt: skip
        with act_as(finance):
            return charging.propose_rule(**{**given, **more})  # type: ignore[arg-type]

    for more, code in (
        ({"reference": ""}, "RECOVERY-202"),
        ({"ends": None}, "RECOVERY-203"),
        ({"kind": "anything"}, "RECOVERY-201"),
        ({"value": "400"}, "RECOVERY-102"),
        ({"value": "many"}, "RECOVERY-102"),
        ({"reason": "short"}, "RECOVERY-101"),
        ({"service_id": closed.agencies["PARKS"]}, "RECOVERY-404"),
    ):
        with pytest.raises(CommonwealError) as refused:
            ask(**more)
        assert refused.value.code == code
    row = ask()
    with act_as(director):
        assert charging.recovery(director, "payroll", 2027).reserve.limit == 60
    decide(closed, row.decision_id)
    with act_as(director):
        assert charging.recovery(director, "payroll", 2027).reserve.limit == 75
        assert charging.recovery(director, "helpdesk", 2027).reserve.limit == 60


def test_a_limit_for_every_service_yields_to_its_own(closed: World) -> None:
    from datetime import date

    for service, value in ((None, "30"), ("helpdesk", "45")):
        with act_as(closed.finance):
            row = charging.propose_rule(
                actor=closed.finance, kind="reserve_days", value=value, starts=date(2026, 9, 1),
                service_id=service_id(service) if service else None, reason="The board decided so.",
            )  # fmt: skip
        decide(closed, row.decision_id)
    director = closed.of("director")
    with act_as(director):
        limits = {r.service.code: r.reserve.limit for r in charging.recoveries(director, 2027)}
    assert limits == {"payroll": 30, "helpdesk": 45}


def test_the_public_sees_positions_and_no_agency(closed: World) -> None:
    rows = charging.public_positions()
    assert {row.service_code for row in rows} == BILLED
    for row in rows:
        assert row.result == billed(row.service_code) - cost(row.service_code)
        assert row.through == "2026-08"
        assert row.reserve_limit == 60


def test_the_rate_book_says_each_services_position_and_reserve(
    closed: World, django_assert_num_queries: Any
) -> None:
    """The figures of the list of positions; four questions (items, rates, the record, limits) and
    four statements that set the scope, however many months are closed."""
    told = {row.service_code: row for row in charging.public_positions()}
    closed.report(SEPTEMBER)
    for _months in (2, 3):
        with act_as(ANONYMOUS), django_assert_num_queries(8):
            book = charging.rate_book(ANONYMOUS, date(2026, 9, 30))
        shown = {group.service.code: group.position for group in book.services}
        assert {code: shown[code] for code in BILLED} == told
        closed.close(SEPTEMBER, no_costs_reason="The ledger of September is not there yet.")
        told = {row.service_code: row for row in charging.public_positions()}
    assert told["payroll"].counted.months == ["2026-07", "2026-08"]
    assert told["payroll"].counted.missing == ["2026-09"]


def test_what_costs_no_cash_follows_the_rules_and_shares_of_its_run(
    closed: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Were every kind of cost without cash, all of each service's cost would be."""
    monkeypatch.setattr(account_record, "NON_CASH", ("",))
    director = closed.of("director")
    with act_as(director):
        for row in charging.recoveries(director, 2027):
            months = row.account.months
            assert [month.noncash for month in months] == [month.cost for month in months]
            assert sum(month.noncash for month in months) == cost(row.service.code) > 0
            assert row.reserve.days is None


def test_there_is_no_account_of_a_service_that_is_none(closed: World) -> None:
    director = closed.of("director")
    with act_as(director), pytest.raises(NotFound):
        charging.recovery(director, "nothing")
    with act_as(director):
        assert charging.recovery_years(director) == [2027]

"""The four decisions of the HHS Departmental Appeals Board, as tests (reference/domain.md §2.4).

1811 Michigan (2002): reserve above 60 days – the federal share goes back in cash, lower charges of
later years are not enough. 1876 New Mexico (2003): over-recovery of one service is not set off
against another's under-recovery. 2010 Arkansas (2006): data kept for each service and year, or the
auditor estimates. 1766 Wisconsin (2001): the federal share is verified by what paid each charge.
"""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction

import pytest

from commonweal.kernel.access.public import SYSTEM, act_as
from commonweal.kernel.schema.public import CommonwealError
from commonweal.practices.charging import public as charging
from commonweal.practices.charging.models import AdjustmentPart, LineFunding

from .copies import closed, copies, enter, world
from .recovery_scene import YEAR, decide, end_the_year, entered, proposed
from .world import World

__all__ = ["closed", "copies", "enter", "world"]


def reserve_of(world: World, service: str) -> charging.Reserve:
    director = world.of("director")
    with act_as(director):
        return charging.recovery(director, service, YEAR).reserve


def rich(world: World, service: str = "payroll", amount: int = 2_000_000) -> None:
    """A year that ended with far more than 60 days of reserve."""
    end_the_year(world)
    entered(world, service, "other_revenue", amount, "2026-08")


def granted(service: str) -> dict[object, int]:
    """What each grant paid for a service over the year, straight from the lines' funding."""
    found: dict[object, int] = defaultdict(int)
    with act_as(SYSTEM):
        rows = LineFunding.objects.filter(
            line__service__code=service, line__bill__state="issued", source__grant=True
        )
        for row in rows:
            found[row.source_id] += row.amount_minor
    return found


def test_dab_1811_michigan_the_federal_share_of_an_excess_reserve_is_refunded_in_cash(
    closed: World,
) -> None:
    rich(closed)
    held = reserve_of(closed, "payroll")
    assert held.state == "bad"
    assert held.days > 60
    with pytest.raises(CommonwealError) as refused:
        proposed(closed, "payroll", "future_rates", into_year=2027)
    assert refused.value.code == "RECOVERY-311"
    row = proposed(closed, "payroll", "future_rates", into_year=2027, refund_grants=True)
    with act_as(SYSTEM):
        parts = list(AdjustmentPart.objects.filter(adjustment_id=row.pk))
    cash = [part for part in parts if part.way == "refund"]
    assert cash
    assert all(part.grant for part in cash)
    assert {part.way for part in parts if not part.grant} == {"future_rates"}
    share = Fraction(row.grant_minor, sum(part.amount_minor for part in parts))
    due = min(held.excess, row.amount_minor) * share
    assert sum(part.amount_minor for part in cash) >= due
    assert sum(part.amount_minor for part in cash) - due < 1


def test_dab_1811_within_sixty_days_future_rates_are_enough(closed: World) -> None:
    rich(closed, amount=100)
    assert reserve_of(closed, "helpdesk").state != "bad"
    row = proposed(closed, "helpdesk", "future_rates", into_year=2027)
    with act_as(SYSTEM):
        ways = set(
            AdjustmentPart.objects.filter(adjustment_id=row.pk).values_list("way", flat=True)
        )
    assert ways == {"future_rates"}


def test_dab_1876_new_mexico_one_service_never_pays_for_another(closed: World) -> None:
    """What one service recovered too much stays whole, whatever another one lacks."""
    end_the_year(closed)
    entered(closed, "payroll", "other_revenue", 5_000_000, "2026-08")
    entered(closed, "helpdesk", "transfer_out", 4_000_000, "2026-08", "Highways fund")
    director = closed.of("director")
    with act_as(director):
        rows = {row.service.code: row.account for row in charging.recoveries(director, YEAR)}
    assert rows["payroll"].closing > 0 > rows["helpdesk"].closing
    with act_as(director):
        alone = charging.recovery(director, "payroll", YEAR).account
    assert alone.closing == rows["payroll"].closing
    made = proposed(closed, "payroll")
    assert made.amount_minor == rows["payroll"].result
    with pytest.raises(CommonwealError) as refused:
        entered(closed, "helpdesk", "transfer_in", 100, "2026-08", "Payroll")
    assert refused.value.code == "RECOVERY-107"


def test_dab_2010_arkansas_every_service_and_year_is_kept_without_estimates(closed: World) -> None:
    end_the_year(closed)
    auditor = closed.of("auditor")
    with act_as(auditor):
        accounts = [row.account for row in charging.recoveries(auditor, YEAR)]
    for account in accounts:
        assert not account.missing
        assert account.result == account.of("revenue") - account.of("cost")
        assert [month.period for month in account.months] == ["2026-07", "2026-08"]
    with act_as(closed.finance):
        worked = charging.work_out(
            closed.finance, service="payroll", fiscal_year=YEAR,
            choices=charging.Choices(method="future_rates", into_year=2027, refund_grants=True),
        )  # fmt: skip
    months = worked.document["inputs"]["months"]
    assert [month["period"] for month in months] == ["2026-07", "2026-08"]
    assert all(month["cost"] is not None for month in months)


def test_dab_2010_a_year_without_its_costs_is_refused_not_estimated(closed: World) -> None:
    closed.report("2026-09")
    closed.close("2026-09", no_costs_reason="The ledger of September is not there yet.")
    from commonweal.kernel.party.public import set_centre

    with act_as(SYSTEM):
        set_centre(
            actor=SYSTEM, name="Meridian", short_name="MSS", currency="USD",
            zone="America/Chicago", fiscal_year_start_month=10, contact_email="b@example.org",
            contact_name="Desk", locale="en-us",
        )  # fmt: skip
    with pytest.raises(CommonwealError) as refused:
        proposed(closed, "payroll")
    assert refused.value.code == "RECOVERY-302"
    assert "2026-09" in refused.value.message


def test_dab_1766_wisconsin_the_federal_share_follows_the_funding_on_the_lines(
    closed: World,
) -> None:
    rich(closed, amount=123_457)
    row = proposed(closed, "payroll")
    with act_as(SYSTEM):
        parts = list(AdjustmentPart.objects.filter(adjustment_id=row.pk).select_related("source"))
        paid = granted("payroll")
        everything = sum(
            LineFunding.objects.filter(
                line__service__code="payroll", line__bill__state="issued"
            ).values_list("amount_minor", flat=True)
        )
    assert sum(part.amount_minor for part in parts) == row.amount_minor
    assert row.grant_minor == sum(part.amount_minor for part in parts if part.source.grant)
    exact = Fraction(row.amount_minor * sum(paid.values()), everything)
    assert abs(row.grant_minor - exact) <= len(parts)
    by_source: dict[object, int] = defaultdict(int)
    for part in parts:
        by_source[part.source_id] += part.amount_minor
        assert part.grant is part.source.grant
    for source, cents in paid.items():
        assert abs(by_source[source] - Fraction(row.amount_minor * cents, everything)) < 2
    director = closed.of("director")
    with act_as(director):
        grants = charging.grant_shares(director, row.pk)
    assert sum(grant.amount_minor for grant in grants) == row.grant_minor
    assert all(grant.reference == "G-26" for grant in grants)


def test_dab_1766_an_exception_to_sixty_days_needs_the_federal_approval(closed: World) -> None:
    from datetime import date

    with act_as(closed.finance), pytest.raises(CommonwealError) as refused:
        charging.propose_rule(
            actor=closed.finance, kind="reserve_days", value="90", starts=date(2026, 9, 1),
            ends=date(2027, 9, 1), reason="We would like to keep some more.",
        )  # fmt: skip
    assert refused.value.code == "RECOVERY-202"
    rich(closed)
    row = proposed(closed, "payroll")
    decide(closed, row.decision_id)
    with act_as(SYSTEM):
        row.refresh_from_db()
    assert row.state == "approved"

"""Proceeds of a shared asset: credits on bills, refunds and what is held, to the cent, once."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from commonweal.kernel.access.public import SYSTEM, act_as
from commonweal.kernel.authority.models import Decision
from commonweal.kernel.authority.public import get as decision_of
from commonweal.kernel.calendar.public import at
from commonweal.kernel.ledger.public import Posting
from commonweal.kernel.party.public import create_agency
from commonweal.kernel.schema.public import CommonwealError
from commonweal.practices.charging import public as charging
from commonweal.practices.charging.actions.assets import disposal_approved
from commonweal.practices.charging.actions.proceeds import split_over
from commonweal.practices.charging.models import (
    BillLine,
    ContributorCredit,
    CostLine,
    Credit,
    Disposal,
    LineFunding,
    Settlement,
)
from commonweal.practices.charging.selectors.bill_document import bill_lines

from .copies import copies, enter, world
from .test_credits import close, pack_is_sound
from .test_idle_charges import reserve
from .world import AUGUST, JULY, SEPTEMBER, World, after

__all__ = ["copies", "enter", "world"]
PROCEEDS = 40_003


def put(world: World, contributors: dict[str, int], **given: Any) -> None:
    asked = {"code": "san", "name": "Storage array", "pool": "premises", "cost_minor": 100_000,
             "in_service": date(2026, 9, 1), "life_months": 7, **given}  # fmt: skip
    with act_as(world.finance):
        charging.put_asset(actor=world.finance, contributors=contributors, **asked)


def dispose(world: World, bills: int = 1, proceeds: int = PROCEEDS) -> Disposal:
    """Sold in September, approved by the director."""
    director = world.of("director")
    with act_as(world.finance):
        asked = charging.propose_disposal(
            actor=world.finance, code="san", day=date(2026, 9, 3), proceeds_minor=proceeds,
            reason="Replaced by the cloud", bills=bills,
        )  # fmt: skip
    with act_as(director):
        return charging.decide_disposal(actor=director, disposal_id=asked.pk, approved=True)


def leave(world: World) -> UUID:
    """An agency that paid once and has no services with the centre."""
    with act_as(SYSTEM):
        return create_agency(actor=SYSTEM, code="GONE", name="Office of Gone").pk


def shares(world: World, disposal: Disposal) -> dict[str, charging.ShareOut]:
    with act_as(world.finance):
        asset = charging.asset_by_code(world.finance, "san")
        (row,) = charging.disposals(world.finance, asset)
        assert row.pk == disposal.pk
        found = charging.proceeds_of(world.finance, row)
    return {share.code or share.grant or "centre": share for share in found}


def balance(account: str, agency: UUID | None = None, **more: Any) -> int:
    with act_as(SYSTEM):
        rows = Posting.objects.filter(account__code=account, **more)
        rows = rows.filter(agency_id=agency) if agency else rows
        return sum(row.amount for row in rows)


@given(st.integers(1, 10**9), st.lists(st.integers(1, 10**9), min_size=1, max_size=6))
def test_a_part_over_lines_adds_up(minor: int, amounts: list[int]) -> None:
    parts = split_over(minor, {uuid4(): each for each in amounts})
    assert sum(parts.values()) == minor
    assert all(part > 0 for part in parts.values())


def test_each_contributor_gets_its_part_and_the_parts_are_the_proceeds(world: World) -> None:
    gone = leave(world)
    put(world, {"PARKS": 30_000, "CLERK": 10_000, "GONE": 20_000, "grant:SLFRF-7": 15_000})
    done = dispose(world, bills=2)
    found = shares(world, done)
    assert {key: (row.way, row.minor) for key, row in found.items()} == {
        "centre": ("pool", 10_001), "PARKS": ("credit", 12_001), "CLERK": ("credit", 4_000),
        "GONE": ("refund", 8_001), "SLFRF-7": ("held", 6_000),
    }  # fmt: skip
    assert sum(row.minor for row in found.values()) == PROCEEDS
    with act_as(SYSTEM):
        said = Decision.objects.get(pk=done.decision_id).statement
        assert "of which $300.02 belongs to those who paid for it" in said
        assert "on their next 2 bills" in said
        assert balance("1110") == PROCEEDS - 10_001 - 8_001 + balance("1110", gone)
        assert balance("2320") == -(12_001 + 4_000)
        assert balance("2330") == -6_000
        assert balance("1320", gone) == 0
        assert balance("4920", gone) == -8_001
        credit = Credit.objects.get(agency_id=world.agencies["PARKS"])
        assert (credit.kind, credit.months, credit.total_minor) == (
            "disposal", [AUGUST, SEPTEMBER], 12_001,
        )  # fmt: skip
        refund = Settlement.objects.get(agency_id=gone)
        assert (refund.kind, refund.decision_id) == ("refund", done.decision_id)
    # Lines of the services that the pool reaches; premises go to both.
    with act_as(SYSTEM):
        lines = BillLine.objects.filter(credited__credit=credit).select_related("service", "bill")
        assert {line.bill.period for line in lines} == {JULY}
        assert {line.service.code for line in lines} == {"payroll", "helpdesk"}


def test_the_credit_is_on_the_bills_and_no_revenue_is_lost(world: World) -> None:
    put(world, {"PARKS": 50_000, "ROADS": 25_000})
    done = dispose(world, bills=2, proceeds=3_001)
    close(world, AUGUST)
    officer = world.of("agency_finance", "PARKS")
    with act_as(officer):
        bill = world.bill("PARKS", AUGUST)
        own = [line for line in bill_lines(bill) if line.kind == "credit"]
        taken = -sum(line.amount_minor for line in own)
        assert 751 <= taken <= 750 + len(own)  # half of 1501, each line in equal parts
        say = charging.Words("USD")
        wanted = "Your share of what “Storage array” brought on 3 September 2026. Replaced by"
        assert all(wanted in say.line_note(line) and wanted in say.line(line) for line in own)
        (row,) = charging.given(officer, charging.contributor_credits(officer))
        assert (row.share.way, row.share.left, row.share.minor) == ("credit", 1501 - taken, 1501)
        assert list(row.share.bills) == [bill.number]
    with act_as(SYSTEM):  # a third of each line is the federal grant's, as in the order
        parts = LineFunding.objects.filter(line__in=own, source__grant=True)
        whole = sum(line.amount_minor for line in own)
        assert abs(3 * sum(part.amount_minor for part in parts) - whole) <= 2 * len(own)
        pack_is_sound(world, "PARKS", AUGUST)
    with act_as(world.finance):
        trace = charging.ledger_to_bills(world.finance, [AUGUST])
        assert trace.differences == []
        codes = {each.service.code: each for each in charging.recoveries(world.finance)}
        charged = {
            code: sum(
                line.amount_minor for line in BillLine.objects.filter(
                    bill__period__in=[JULY, AUGUST], bill__state="issued", service__code=code,
                ).exclude(kind="credit")
            )
            for code in codes
        }  # fmt: skip
        assert {code: row.account.of("billed") for code, row in codes.items()} == charged
    close(world, SEPTEMBER)
    left = shares(world, done)
    assert (left["PARKS"].left, left["ROADS"].left) == (0, 0)
    assert balance("2320") == 0
    assert balance("1320") == 0


def test_a_service_that_the_pool_does_not_reach_gives_nothing(world: World) -> None:
    put(world, {"PARKS": 50_000}, pool="desk-direct")
    dispose(world)
    with act_as(SYSTEM):
        lines = BillLine.objects.filter(credited__credit__kind="disposal")
        assert {line.service.code for line in lines.select_related("service")} == {"helpdesk"}


def test_it_happens_once_by_two_people(world: World) -> None:
    put(world, {"PARKS": 50_000})
    done = dispose(world)
    director = world.of("director")
    with act_as(director), pytest.raises(CommonwealError):
        charging.decide_disposal(actor=director, disposal_id=done.pk, approved=True)
    assert done.decision_id is not None
    with act_as(director):
        decision = decision_of(director, done.decision_id)
        with pytest.raises(CommonwealError) as again:
            disposal_approved(director, decision)
    assert again.value.code == "COSTS-269"
    with act_as(SYSTEM):
        assert Credit.objects.count() == ContributorCredit.objects.count() == 1
        decided = Decision.objects.get(pk=done.decision_id)
        assert decided.proposed_by != decided.decided_by


def test_nothing_is_given_for_nothing_and_bills_have_a_limit(world: World) -> None:
    put(world, {"PARKS": 50_000, "grant:SLFRF-7": 50_000})
    for bills in (0, 121):
        with act_as(world.finance), pytest.raises(CommonwealError) as wrong:
            charging.propose_disposal(
                actor=world.finance, code="san", day=date(2026, 9, 3), proceeds_minor=5,
                reason="Replaced by the cloud", bills=bills,
            )  # fmt: skip
        assert wrong.value.code == "COSTS-268"
    done = dispose(world, proceeds=0)
    assert {row.way for row in shares(world, done).values()} == {"nothing"}
    with act_as(SYSTEM):
        assert not Credit.objects.exists()
        assert balance("2330") == 0


def test_an_agency_sees_its_own_part_alone(world: World) -> None:
    put(world, {"PARKS": 50_000, "ROADS": 50_000})
    dispose(world)
    for code in ("PARKS", "ROADS"):
        officer = world.of("agency_finance", code)
        with act_as(officer):
            rows = charging.given(officer, charging.contributor_credits(officer))
            assert [(row.share.code, row.share.way) for row in rows] == [(code, "credit")]


def test_proceeds_and_idle_charges_never_change_whom_a_cost_was_charged_to(world: World) -> None:
    reserve(world)
    close(world, AUGUST)

    def charged() -> list[tuple[str, str, int]]:
        with act_as(world.finance):
            line = CostLine.objects.get(period=AUGUST, basis="actual", unit="premises")
            found = charging.ledger_trail(world.finance, line.pk)
        return [(each.service, each.agency, each.minor) for each in found.charged]

    before = charged()
    put(world, {"PARKS": 90})
    dispose(world)
    close(world, SEPTEMBER)
    assert charged() == before
    officer = world.of("agency_finance", "PARKS")
    with act_as(SYSTEM):
        line = BillLine.objects.filter(bill__period=SEPTEMBER, credit__credit__kind="disposal")[0]
        credit = line.credit.credit if line.credit else None
    assert credit is not None
    with at(after(SEPTEMBER)):
        browser = Client(headers={"accept-language": "en-us"})
        browser.force_login(get_user_model().objects.get(pk=officer.user_id))
        page = browser.get(f"/agency/lines/{line.pk}/").content.decode()
        assert f"/agency/credits/{credit.pk}/" in page, "the way to what was decided"
        assert "How the rate is worked out" not in page, "the rate decided nothing of it"
        assert "that it corrects" not in page
        read = browser.get(f"/agency/credits/{credit.pk}/").content.decode()
        assert "Two people, on " in read

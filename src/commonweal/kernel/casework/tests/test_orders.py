"""Orders from the catalogue: the price first, an approval, in service, billed while it lasts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from commonweal.kernel.access.public import SYSTEM, Actor
from commonweal.kernel.calendar.public import at
from commonweal.kernel.casework import public as casework
from commonweal.kernel.casework.domain.ordering import months_due
from commonweal.kernel.casework.models import CaseUsage
from commonweal.kernel.casework.selectors import ordering
from commonweal.kernel.catalogue import public as catalogue
from commonweal.kernel.schema.public import CommonwealError, uuid7

from .conftest import MONDAY, Desk
from .test_life import clock, fails

HOUR = timedelta(hours=1)


def pricer(
    actor: Actor, agency_id: UUID, wanted: Mapping[str, casework.Units]
) -> dict[str, casework.Priced]:
    """A laptop costs 78.70 a month, an hour 100.00; of a pool nobody can say it."""
    prices = {"it.laptop": (7870, 12), "it.hour": (10000, 1)}
    return {
        code: casework.Priced(
            f"{code}-1", "$", "USD", int(units.quantity * prices[code][0]),
            int(units.quantity * prices[code][0]) * prices[code][1],
        )
        for code, units in wanted.items()
        if code in prices
    }  # fmt: skip


class Lines:
    """Order lines that cover everything, or nothing."""

    covers = True

    def resolve(self, *_given: Any) -> UUID | None:
        return uuid7() if self.covers else None


@pytest.fixture
def shop(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """The desk with three things that can be ordered."""
    for code, unit in (("it.laptop", "MON"), ("it.hour", "HUR"), ("it.pool", "C62")):
        catalogue.put_charge_item(
            actor=SYSTEM, code=code, service="it.helpdesk", name=code, description=code,
            unit=unit, measure_singular="one", measure_plural="many", starts=date(2026, 1, 1),
        )  # fmt: skip
    for code, approval in (("order", "casework.approve"), ("quick", "")):
        draft = casework.TypeDraft(
            code=code, name=code, family="order", audience="agency", service="it.helpdesk",
            machine=casework.CATALOGUE_ORDER, queue="it", approval=approval,
        )  # fmt: skip
        casework.put_case_type(actor=desk.owner, draft=draft)
    for code, kind, item, recurs in (
        ("laptop", "order", "it.laptop", "monthly"),
        ("hour", "quick", "it.hour", "once"),
        ("pool", "quick", "it.pool", "once"),
    ):
        casework.put_category(
            actor=desk.owner, code=code, name=code.title(), case_type=kind, order_item=item,
            order_recurs=recurs,
        )  # fmt: skip
    casework.put_promise(
        actor=desk.owner,
        promise=casework.Promise(
            code="deliver", name="In service", metric="fulfilment", calendar="office",
            starts=date(2026, 1, 1), target_seconds=16 * 3600, pauses=("approval",),
            conditions={"family": ["order"]},
        ),
    )  # fmt: skip
    monkeypatch.setattr(ordering, "prices", pricer)
    monkeypatch.setattr(ordering, "coverage", lambda *_given: Lines())
    monkeypatch.setattr(Lines, "covers", True)
    return desk


def order(shop: Desk, code: str = "laptop", many: str = "2", **more: Any) -> casework.Case:
    quantity = Decimal(many)
    shown = casework.offer(shop.employee, shop.parks.pk, code, quantity)
    given = {
        "offer": code, "quantity": quantity, "requester": shop.contact(shop.employee),
        "year_minor": shown.price.year_minor if shown.price else 0,
    }  # fmt: skip
    return casework.place_order(
        actor=shop.employee, agency_id=shop.parks.pk, order=casework.NewOrder(**(given | more))
    ).case


def approve(shop: Desk, case: casework.Case, yes: bool = True) -> None:
    row = case.approvals.get()
    casework.decide_approval(
        actor=shop.liaison, approval_id=row.pk, approved=yes, reason="" if yes else "Too many."
    )


def deliver(shop: Desk, case: casework.Case) -> None:
    casework.move_case(
        actor=shop.agent, case_id=case.pk, state="resolved", resolution="On your desk."
    )


def state(case: casework.Case) -> tuple[str, str]:
    case.refresh_from_db()
    return case.order.state, case.state


def fresh(case: casework.Case) -> casework.Case:
    return casework.Case.objects.get(pk=case.pk)


def test_price_and_promise_are_shown_before_anything_is_ordered(shop: Desk) -> None:
    shown = casework.offer(shop.employee, shop.parks.pk, "laptop", Decimal(3))
    assert shown.price is not None
    assert (shown.price.first_minor, shown.price.year_minor) == (23610, 283320)
    # Monday at nine, sixteen hours of an office day of nine.
    assert shown.due == MONDAY + timedelta(days=1, hours=7)
    assert (shown.approval, shown.recurs, shown.orderable) == (True, "monthly", True)
    names = [
        (each.category.code, each.orderable)
        for each in casework.offers(shop.employee, shop.parks.pk, "PRK")
    ]
    assert names == [("hour", True), ("laptop", True), ("pool", False)]


def test_an_order_waits_for_approval_then_comes_into_service_and_is_billed_monthly(
    shop: Desk,
) -> None:
    case = order(shop)
    assert state(case) == ("asked", "waiting_approval")
    assert case.order.promised_at == MONDAY + timedelta(days=1, hours=7)
    assert clock(case, "deliver").state == "paused"
    own = replace(shop.employee, grants=shop.employee.grants | shop.liaison.grants)
    fails("CASE-143", casework.decide_approval, actor=own,
          approval_id=case.approvals.get().pk, approved=True)  # fmt: skip
    with at(MONDAY + timedelta(days=2)):
        approve(shop, case)
    assert state(fresh(case)) == ("ordered", "in_progress")
    with at(MONDAY + timedelta(days=3)):
        deliver(shop, case)
    assert state(fresh(case)) == ("in_service", "resolved")
    done = clock(case, "deliver")
    assert (done.state, done.elapsed_us) == ("met", 9 * 3600 * 10**6)  # the wait is not counted
    [row] = CaseUsage.objects.filter(case=case)
    assert (row.period, row.quantity, row.charge_item) == ("2026-10", 2, "it.laptop")
    with at(datetime(2026, 12, 2, 12, tzinfo=UTC)):
        casework.send_usage(actor=SYSTEM)
        assert months(case) == ["2026-10", "2026-11", "2026-12"]
        casework.send_usage(actor=SYSTEM)  # repeated: nothing counts twice
        assert months(case) == ["2026-10", "2026-11", "2026-12"]
        casework.end_order(actor=shop.employee, case_id=case.pk)
    with at(datetime(2027, 1, 2, 12, tzinfo=UTC)):
        casework.send_usage(actor=SYSTEM)
    assert months(case) == ["2026-10", "2026-11", "2026-12"]
    assert fresh(case).order.state == "ended"
    fails("CASE-247", casework.end_order, actor=shop.employee, case_id=case.pk)


def months(case: casework.Case) -> list[str]:
    return list(CaseUsage.objects.filter(case=case).order_by("period").values_list(
        "period", flat=True))  # fmt: skip


def test_what_is_used_once_is_noted_once_even_if_it_has_to_be_mended(shop: Desk) -> None:
    case = order(shop, "hour", "1.5")
    assert state(case) == ("ordered", "new")
    casework.move_case(actor=shop.agent, case_id=case.pk, state="in_progress")
    deliver(shop, case)
    casework.move_case(actor=shop.employee, case_id=case.pk, state="in_progress")
    deliver(shop, case)
    [row] = CaseUsage.objects.filter(case=case)
    assert (row.period, row.quantity) == ("once", Decimal("1.5"))
    fails("CASE-247", casework.end_order, actor=shop.agent, case_id=case.pk)


def test_whoever_ordered_cancels_until_it_is_approved(shop: Desk) -> None:
    case = order(shop)
    casework.move_case(actor=shop.employee, case_id=case.pk, state="closed")
    assert state(fresh(case)) == ("cancelled", "closed")
    assert case.approvals.get().state == "withdrawn"
    # A word about it opens the conversation again, but nothing is delivered without approval.
    casework.receive_message(
        actor=shop.employee, case_id=case.pk, said=casework.Said("I did not mean that.")
    )
    fails("CASE-102", deliver, shop=shop, case=case)
    again = order(shop)
    approve(shop, again)
    fails("CASE-102", casework.move_case, actor=shop.employee, case_id=again.pk, state="closed")
    assert not CaseUsage.objects.exists()


def test_a_refusal_ends_the_order(shop: Desk) -> None:
    case = order(shop)
    approve(shop, case, yes=False)
    assert state(fresh(case)) == ("refused", "closed")


@pytest.mark.parametrize(
    ("code", "many", "more", "error"),
    [
        ("laptop", "2", {"year_minor": 1}, "CASE-245"),
        ("pool", "1", {}, "CASE-243"),
        ("laptop", "0", {}, "CASE-240"),
        ("nothing", "1", {}, "CASE-413"),
    ],
)
def test_what_cannot_be_ordered_says_why(
    shop: Desk, code: str, many: str, more: dict[str, Any], error: str
) -> None:
    with pytest.raises(CommonwealError) as refused:
        order(shop, code, many, **more)
    assert refused.value.code == error
    assert not casework.CaseOrder.objects.exists()


def test_nothing_is_ordered_that_no_agreement_covers(
    shop: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Lines, "covers", False)
    fails("CASE-244", order, shop=shop)


def test_an_order_is_not_opened_as_a_plain_case_and_never_twice(shop: Desk) -> None:
    fails("CASE-242", shop.case, case_type="", category="laptop")
    first = order(shop, source="test", source_id="1")
    assert order(shop, source="test", source_id="1").pk == first.pk


def test_only_orders_order_something(shop: Desk) -> None:
    for kind, item, recurs in (
        ("incident", "it.hour", "once"),
        ("order", "", ""),
        ("order", "it.hour", "weekly"),
        ("order", "it.nothing", "once"),
    ):
        fails(
            "CASE-241", casework.put_category, actor=shop.owner, code="x", name="X",
            case_type=kind, order_item=item, order_recurs=recurs,
        )  # fmt: skip


def test_an_agency_sees_its_orders_and_one_person_their_own(shop: Desk) -> None:
    case = order(shop)
    theirs = casework.orders(shop.liaison, shop.parks.pk)
    assert [row.case_id for row in theirs] == [case.pk]
    assert not casework.orders(shop.colleague, shop.parks.pk).rows
    assert casework.order_of(shop.employee, case) == theirs.rows[0]
    fails("ACCESS-403", casework.orders, actor=shop.stranger, agency_id=shop.parks.pk)
    fails("ACCESS-403", casework.offers, actor=shop.stranger, agency_id=shop.parks.pk,
          agency_code="PRK")  # fmt: skip
    fails("CASE-404", casework.end_order, actor=shop.stranger, case_id=case.pk)


def test_a_month_that_has_begun_counts_whole_and_each_once() -> None:
    found = [str(each) for each in months_due(date(2026, 10, 31), None, date(2026, 12, 1))]
    assert found == ["2026-10", "2026-11", "2026-12"]
    again = months_due(date(2026, 10, 31), date(2026, 11, 1), date(2026, 12, 1))
    assert [str(each) for each in again] == ["2026-12"]
    assert not list(months_due(date(2026, 10, 1), date(2026, 12, 1), date(2026, 12, 31)))

"""The close of a month: its ten steps, what stops it, and how it goes on."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest
from django.db import connections, transaction

from commonweal.kernel.access.public import SYSTEM, Actor, act_as
from commonweal.kernel.audit.public import events
from commonweal.kernel.calendar.public import at
from commonweal.kernel.catalogue.models import Agreement, ChargeItem
from commonweal.kernel.catalogue.public import NewFunding, put_charge_item
from commonweal.kernel.metering.models import Source, UsageFact
from commonweal.kernel.metering.public import Usage, period_state, put_source
from commonweal.kernel.notices.models import Message
from commonweal.kernel.schema.public import CommonwealError, Conflict, Forbidden, NotFound, uuid7
from commonweal.practices.charging import running
from commonweal.practices.charging.actions.bills import BillError, open_preview
from commonweal.practices.charging.actions.close import request_stop, run_step, start_close
from commonweal.practices.charging.closing import held, steps
from commonweal.practices.charging.closing.drafting import CauseError
from commonweal.practices.charging.closing.issuing import PreviewOpen
from commonweal.practices.charging.closing.usage import SourcesMissing
from commonweal.practices.charging.domain.close import CODES, Options
from commonweal.practices.charging.models import Bill, BillLine, CloseRun, CloseStep, LineFunding
from commonweal.practices.charging.selectors.closes import unclosed_months

from .copies import closed, copies, enter, world
from .world import (
    AGENCIES,
    AUGUST,
    JULY,
    SEPTEMBER,
    TIERS,
    World,
    add_order,
    after,
    month_usage,
    put_rate,
    usage,
)

__all__ = ["closed", "copies", "enter", "world"]
CENT = Decimal("0.01")


def states(period: str) -> dict[str, str]:
    with act_as(SYSTEM):
        return dict(CloseStep.objects.filter(run__period=period).values_list("code", "state"))


def step(period: str, code: str) -> CloseStep:
    with act_as(SYSTEM):
        return CloseStep.objects.get(run__period=period, code=code)


def ask_elsewhere(write: Callable[[], Any], actor: Actor) -> None:
    """Do a write in another connection, as another process would, and wait for it."""

    def work() -> None:
        try:
            with act_as(actor):
                write()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as other:
        other.submit(copy_context().run, work).result(30)


def by_hand(agency: str, facts: list[Usage], payslip: Decimal) -> int:
    """The bill in cents, worked out from the records without any code of the product."""
    used: dict[str, Decimal] = defaultdict(Decimal)
    for fact in facts:
        if fact.agency == agency:
            used[fact.charge_item] += fact.quantity
    lines = [Decimal("99.995"), used["payroll.payslip"] * payslip]
    cases, price = used["helpdesk.case"], Decimal(TIERS["fixed"])
    for tier in TIERS["tiers"]:
        low, high = Decimal(tier["from"]), Decimal(tier.get("to", "1e9"))
        price += max(Decimal(0), min(cases, high) - low) * Decimal(tier["rate"])
    lines += [price if cases else Decimal(0), used["helpdesk.hour"] * Decimal("55.005")]
    return int(sum(amount.quantize(CENT, ROUND_HALF_UP) for amount in lines) * 100)


def test_all_ten_steps_make_bills_that_a_hand_calculation_confirms(world: World) -> None:
    run = world.close_fully(AUGUST)
    assert run.state == "done"
    assert states(AUGUST) == dict.fromkeys(CODES, "done")
    facts = [fact for found in month_usage(AUGUST, 2).values() for fact in found]
    with act_as(SYSTEM):
        assert period_state(AUGUST) == "sealed"
        rate = BillLine.objects.filter(charge_item__code="payroll.payslip").first()
        assert rate is not None
        payslip = Decimal(rate.rate_version.model["rate"])
        for agency in AGENCIES:
            bill = world.bill(agency, AUGUST)
            assert (bill.state, bill.number) == ("issued", f"{agency}-{AUGUST}")
            assert bill.total_minor == by_hand(agency, facts, payslip)
        assert Message.objects.exists()
    assert step(AUGUST, "freeze").detail["records"] == len(facts)
    assert step(AUGUST, "issue").detail["bills"] == len(AGENCIES)
    # a closed month stays closed: the same call does nothing more
    assert world.close(AUGUST).state == "done"


def test_a_missing_source_stops_the_close_until_it_reports(world: World) -> None:
    with pytest.raises(SourcesMissing) as missing:
        world.close(AUGUST)
    assert missing.value.code == "CLOSE-201"
    assert [row["code"] for row in missing.value.details["sources"]] == ["desk", "payrun"]
    stopped = step(AUGUST, "freeze")
    assert (stopped.state, stopped.detail["code"]) == ("stopped", "CLOSE-201")
    with act_as(SYSTEM):
        assert CloseRun.objects.get(period=AUGUST).state == "stopped"
        assert period_state(AUGUST) == "open"
    world.report(AUGUST)
    run = world.close(AUGUST, until="freeze")
    assert (run.state, states(AUGUST)["freeze"]) == ("open", "done")


def test_going_on_without_a_source_needs_its_name_and_a_reason(world: World) -> None:
    with pytest.raises(SourcesMissing) as unreasoned:
        world.close(AUGUST, waived=("desk", "payrun"), waive_reason="because")
    assert unreasoned.value.code == "CLOSE-202"
    with pytest.raises(SourcesMissing, match="The payrun") as one:
        world.close(AUGUST, waived=("desk",), waive_reason="The desk is being moved")
    assert "The desk" not in one.value.message
    world.close(
        AUGUST, until="freeze", waived=("desk", "payrun"), waive_reason="Both are being moved"
    )
    assert step(AUGUST, "freeze").detail["waive_reason"] == "Both are being moved"


def test_a_close_stops_as_asked_and_goes_on(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Asked while a step runs: the step is taken back, what was done stays done."""
    world.report(AUGUST)
    world.close(AUGUST, until="rate")
    with act_as(world.finance), pytest.raises(Conflict) as idle:
        request_stop(actor=world.finance, period=AUGUST)
    assert idle.value.code == "CLOSE-411"
    good = steps.HANDLERS["draft"]

    def asked_meanwhile(**given: Any) -> dict[str, Any]:
        ask_elsewhere(lambda: request_stop(actor=world.finance, period=AUGUST), world.finance)
        assert step(AUGUST, "draft").state == "running"
        return good(**given)

    monkeypatch.setitem(steps.HANDLERS, "draft", asked_meanwhile)
    monkeypatch.setattr(running, "LOOK_NANOSECONDS", 0)
    run = world.close(AUGUST)
    assert (run.state, run.cancel_requested) == ("open", False)
    assert states(AUGUST)["prove"] == "done"
    assert states(AUGUST)["draft"] == "waiting"
    with act_as(SYSTEM):
        assert not Bill.objects.filter(period=AUGUST).exists()
    monkeypatch.setitem(steps.HANDLERS, "draft", good)
    world.close(AUGUST, until="draft")
    assert states(AUGUST)["draft"] == "done"
    assert states(AUGUST)["preview"] == "waiting"


def test_only_a_month_that_was_started_can_be_stopped(world: World) -> None:
    with act_as(world.finance), pytest.raises(NotFound) as unknown:
        request_stop(actor=world.finance, period=AUGUST)
    assert unknown.value.code == "CLOSE-404"


def test_bills_wait_for_the_end_of_the_preview(world: World) -> None:
    world.report(AUGUST)
    with pytest.raises(PreviewOpen) as waiting:
        world.close(AUGUST, end_preview=False)
    assert waiting.value.code == "CLOSE-401"
    assert step(AUGUST, "preview").detail["ends"] == "2026-09-11"  # five working days later
    with act_as(SYSTEM):
        assert set(Bill.objects.filter(period=AUGUST).values_list("state", flat=True)) == {
            "preview"
        }
    officer = world.of("agency_finance", "PARKS")
    with act_as(officer):
        assert list(Bill.objects.filter(period=AUGUST).values_list("agency__code", flat=True)) == [
            "PARKS"
        ]
    world.close(AUGUST, until="issue")
    with act_as(SYSTEM):
        bill = world.bill("PARKS", AUGUST)
        assert (bill.issued_on, bill.due_on) == (date(2026, 9, 5), date(2026, 10, 5))
        assert world.bill("ROADS", AUGUST).due_on == date(2026, 10, 20)  # as its orders say


def test_a_record_without_a_rate_stops_the_close_and_shows_the_rows(world: World) -> None:
    owner = world.of("service_owner")
    with act_as(owner):
        put_charge_item(
            actor=owner, code="helpdesk.visit", service="helpdesk", name="Visits",
            description="A visit", unit="C62", measure_singular="visit", measure_plural="visits",
            starts=date(2026, 1, 1),
        )  # fmt: skip
    with act_as(SYSTEM):
        desk = Source.objects.get(code="desk")
        put_source(
            actor=SYSTEM, code="desk", name=desk.name, expected=True,
            items=[*desk.items, "helpdesk.visit"],
        )  # fmt: skip
        agreement = Agreement.objects.get(agency_id=world.agencies["PARKS"])
    add_order(world, "PARKS", agreement.id, ["helpdesk.visit"], [NewFunding("General fund")])
    world.send("desk", [usage("PARKS", "helpdesk.visit", n, "1", AUGUST) for n in (1, 2)])
    world.report(AUGUST)
    with pytest.raises(CauseError) as bare:
        world.close(AUGUST)
    assert bare.value.code == "CLOSE-302"
    (row,) = bare.value.details["rows"]
    assert (row["problem"], row["records"]) == ("no rate was in force", 2)
    assert row["agency"] == str(world.agencies["PARKS"])
    assert row["example"].startswith("desk 2026-08-PARKS-helpdesk.visit")
    assert step(AUGUST, "rate").detail["rows"] == [row]
    with act_as(SYSTEM):
        world.items["helpdesk.visit"] = ChargeItem.objects.get(code="helpdesk.visit").id
    put_rate(world, "helpdesk.visit", {"kind": "per_unit", "rate": "12"}, date(2026, 8, 1))
    world.close(AUGUST, until="draft")
    with act_as(SYSTEM):
        line = BillLine.objects.get(charge_item__code="helpdesk.visit")
        assert (line.amount_minor, line.facts) == (2400, 2)


def test_a_record_without_an_order_stops_the_close(world: World) -> None:
    """Intake refuses it (CLERK ordered payroll only); the close would stop on it all the same."""
    result = world.send("desk", [usage("CLERK", "helpdesk.case", 1, "5", AUGUST)])
    assert [problem.code for problem in result.rejected] == ["USAGE-115"]
    with act_as(SYSTEM):
        fact = UsageFact.objects.filter(agency_id=world.agencies["CLERK"]).first()
        assert fact is not None
        fact.id, fact.external_id, fact.order_line = uuid7(), "smuggled", None
        fact.save(force_insert=True)
    world.report(AUGUST)
    with pytest.raises(CauseError) as bare:
        world.close(AUGUST)
    assert bare.value.code == "CLOSE-302"
    (row,) = bare.value.details["rows"]
    assert (row["problem"], row["agency"]) == ("no order covers it", str(world.agencies["CLERK"]))
    assert row["example"] == "payrun smuggled"


def test_an_order_signed_after_the_rating_is_rated_before_it_is_billed(world: World) -> None:
    owner = world.of("service_owner")
    with act_as(owner):
        item = put_charge_item(
            actor=owner, code="helpdesk.base", service="helpdesk", name="Base", description="Base",
            unit="C62", measure_singular="base", measure_plural="bases", kind="fixed",
            starts=date(2026, 1, 1),
        )  # fmt: skip
    world.items["helpdesk.base"] = item.id
    put_rate(world, "helpdesk.base", {"kind": "flat", "amount": "7"}, date(2026, 8, 1))
    world.report(AUGUST)
    rated = world.close(AUGUST, until="prove").input_hash
    with act_as(SYSTEM):
        agreement = Agreement.objects.get(agency_id=world.agencies["CLERK"])
    add_order(world, "CLERK", agreement.id, ["helpdesk.base"], [NewFunding("General fund")])
    drafted = world.close(AUGUST, until="draft").input_hash
    assert drafted != rated
    with act_as(SYSTEM):
        lines = world.bill("CLERK", AUGUST).lines.filter(kind="fixed")
        assert sorted(lines.values_list("amount_minor", flat=True)) == [700, 10000]


def test_months_are_closed_in_order_and_not_before_they_end(world: World) -> None:
    with act_as(world.finance), pytest.raises(CommonwealError, match="CLOSE-101"):
        start_close(actor=world.finance, period=SEPTEMBER)
    with act_as(world.finance):
        start_close(actor=world.finance, period=AUGUST)
    with at(after(SEPTEMBER)), act_as(world.finance), pytest.raises(CommonwealError) as order:
        start_close(actor=world.finance, period=SEPTEMBER)
    assert order.value.code == "CLOSE-102"


def test_a_month_with_usage_or_costs_is_never_skipped_in_silence(world: World) -> None:
    with at(after(SEPTEMBER)):
        with act_as(world.finance), pytest.raises(CommonwealError) as skipped:
            start_close(actor=world.finance, period=SEPTEMBER)
        assert skipped.value.code == "CLOSE-105"
        (row,) = skipped.value.details["rows"]
        assert row["month"] == AUGUST
        assert row["records"] == sum(len(facts) for facts in month_usage(AUGUST).values())
        assert row["lines"] > 0
        why = "August is billed by the old system"
        with act_as(world.finance):
            run = start_close(actor=world.finance, period=SEPTEMBER, skip_reason=why)
            assert run.skipped == {"months": [AUGUST], "reason": why}
            assert unclosed_months(world.finance, "2026-10") == []  # named once, with its reason
            event = events(world.finance, verb="close.started").rows[0]
            assert event.payload["skipped"]["reason"] == why
            # a month without either is named too: something fixed may have run on in it
            (silent,) = unclosed_months(world.finance, "2026-11")
            assert silent == {"month": "2026-10", "records": 0, "lines": 0}
    with act_as(world.finance):  # what was left open can still be closed
        assert start_close(actor=world.finance, period=AUGUST).skipped == {}


@pytest.mark.parametrize("role", ["director", "auditor", "service_owner"])
def test_only_finance_closes_a_month(world: World, role: str) -> None:
    other = world.of(role)
    with act_as(other), pytest.raises(Forbidden):
        start_close(actor=other, period=AUGUST)
    with act_as(other), pytest.raises(Forbidden):
        run_step(actor=other, period=JULY, code="notify", options=Options())


def test_steps_go_in_order_and_each_once(world: World) -> None:
    world.report(AUGUST)
    world.close(AUGUST, until="allocate")
    for code in ("freeze", "issue"):
        with pytest.raises(Conflict) as wrong, act_as(world.finance):
            run_step(actor=world.finance, period=AUGUST, code=code, options=Options())
        assert wrong.value.code == "CLOSE-410"


def test_two_closes_at_once_one_is_refused(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.report(AUGUST)
    inside, go_on = threading.Event(), threading.Event()
    good = steps.HANDLERS["freeze"]
    raised: list[BaseException] = []

    def slow(**given: Any) -> dict[str, Any]:
        inside.set()
        assert go_on.wait(30)
        return good(**given)

    def close() -> None:
        try:
            world.close(AUGUST, until="allocate")
        except BaseException as error:  # shown below
            raised.append(error)
        finally:
            connections.close_all()

    monkeypatch.setitem(steps.HANDLERS, "freeze", slow)
    first = threading.Thread(target=close)
    first.start()
    try:
        assert inside.wait(30)
        with pytest.raises(Conflict) as busy:
            world.close(AUGUST)
        assert busy.value.code == "CLOSE-409"
        assert "finance_officer runs it since 5 September 2026, 12:00" in busy.value.message
        assert "at the step “Freeze usage”" in busy.value.message
    finally:
        go_on.set()
        first.join(60)
    assert not raised
    assert states(AUGUST)["allocate"] == "done"
    assert states(AUGUST)["rate"] == "waiting"


def contents(world: World, agency: str) -> tuple[Any, ...]:
    """A draft's id, its total, and its lines with what each funding source pays."""
    with act_as(SYSTEM):
        bill = world.bill(agency, AUGUST)
        lines = BillLine.objects.filter(bill=bill).order_by("id")
        shares = LineFunding.objects.filter(line__bill=bill).order_by("id")
        return (
            bill.pk,
            bill.total_minor,
            list(lines.values_list("id", "amount_minor")),
            list(shares.values_list("id", "amount_minor")),
        )


def draft_again(world: World) -> None:
    run = CloseRun.objects.get(period=AUGUST)
    given = {"actor": world.finance, "run": run, "options": Options(), "tell": lambda *_: None}
    steps.HANDLERS["draft"](**given)


def test_a_draft_is_written_again_in_its_place_until_it_is_issued(world: World) -> None:
    world.report(AUGUST)
    world.close(AUGUST, until="draft")
    first = [contents(world, code) for code in AGENCIES]
    with act_as(world.finance), at(after(AUGUST)):
        draft_again(world)
        assert [contents(world, code) for code in AGENCIES] == first
        bill = world.bill("PARKS", AUGUST)
        assert [open_preview(actor=world.finance, bill_id=bill.pk).state for _ in "12"] == [
            "preview", "preview",
        ]  # fmt: skip
    world.close(AUGUST)
    issued = [contents(world, code) for code in AGENCIES]
    with act_as(world.finance), at(after(AUGUST)), pytest.raises(BillError, match="BILL-101"):
        draft_again(world)
    assert [contents(world, code) for code in AGENCIES] == issued


def test_a_step_waits_for_nobody_who_has_the_month_in_hand(world: World) -> None:
    world.report(AUGUST)
    with act_as(world.finance), at(after(AUGUST)):
        start_close(actor=world.finance, period=AUGUST)
        with transaction.atomic(using="owner"), connections["owner"].cursor() as elsewhere:
            elsewhere.execute(
                "SELECT pg_advisory_xact_lock(%s, %s)", [held._CLOSE, held._number(AUGUST)]
            )
            with pytest.raises(Conflict, match="CLOSE-409"):
                run_step(actor=world.finance, period=AUGUST, code="freeze", options=Options())
        assert states(AUGUST)["freeze"] == "waiting"
        run_step(actor=world.finance, period=AUGUST, code="freeze", options=Options())
    assert states(AUGUST)["freeze"] == "done"

"""Fees of cases, from the database's side: charged, waited for, paid, given back, counted."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from commonweal.kernel.access.public import SYSTEM, Actor, act_as
from commonweal.kernel.casework import public as casework
from commonweal.kernel.casework import registry
from commonweal.kernel.casework.models import (
    CaseFee,
    FeeReceipt,
    Payback,
    PaymentAttempt,
    PaymentWord,
    TillClosing,
    TillYear,
)
from commonweal.kernel.casework.tasks import end_abandoned, send_payback
from commonweal.kernel.jobs.models import Job
from commonweal.kernel.schema.public import uuid7

from .conftest import MONDAY, Desk, person
from .test_life import fails

FEE = 4_500


@pytest.fixture
def clerk() -> Actor:
    return person("clerk")


@pytest.fixture
def paid_kind(desk: Desk) -> Desk:
    """Reports cost 45.00 as soon as they open; a copy is charged by an agent. A till."""
    casework.put_fee(actor=desk.owner, code="permit", name="Permit", case_type="report",
                     amount_minor=FEE, before="resolved")  # fmt: skip
    casework.put_fee(actor=desk.owner, code="copy", name="Copy", case_type="report",
                     amount_minor=300, automatic=False)  # fmt: skip
    casework.put_till(actor=desk.owner, code="front", name="Front desk")
    return desk


def opened(desk: Desk) -> tuple[casework.Case, CaseFee]:
    case = desk.case(casework.citizen(desk.parks.pk), case_type="", category="streetlight",
                     place="Elm Street 4")  # fmt: skip
    return case, CaseFee.objects.get(case=case, rule__code="permit")


def said(fee: CaseFee, reference: str, kind: str = "paid", **more: Any) -> casework.PaymentEvent:
    given = {"id": f"{reference}:{kind}", "amount_minor": fee.amount_minor,
             "currency": fee.currency}  # fmt: skip
    return casework.PaymentEvent(provider="test", reference=reference, fee_id=str(fee.pk),
                                 kind=kind, **(given | more))  # fmt: skip


def pay(fee: CaseFee, reference: str = "r-1") -> casework.PaymentOutcome:
    casework.begin_payment(actor=SYSTEM, fee_id=fee.pk, provider="test", reference=reference)
    return casework.take_payment(actor=SYSTEM, event=said(fee, reference))


def test_a_case_that_opens_owes_what_its_kind_costs(paid_kind: Desk) -> None:
    case, fee = opened(paid_kind)
    assert (fee.amount_minor, fee.currency, fee.state, fee.owed) == (FEE, "USD", "due", True)
    assert [row.name for row in casework.fees_of(paid_kind.other, case)] == ["Permit"]
    plain = paid_kind.case()
    assert casework.fees_of(paid_kind.agent, plain) == []
    (shown,) = casework.fees_for(paid_kind.other, case.category)
    assert shown.amount_minor == FEE
    fails("CASE-404", casework.fees_of, actor=paid_kind.stranger, case=case)
    fails("CASE-420", casework.fee, actor=paid_kind.stranger, fee_id=fee.pk)


def test_set_up_is_checked(paid_kind: Desk) -> None:
    given: dict[str, Any] = {"actor": paid_kind.owner, "code": "x", "name": "X",
                             "case_type": "report", "amount_minor": 1}  # fmt: skip
    fails("CASE-217", casework.put_fee, **given | {"amount_minor": 0})
    fails("CASE-218", casework.put_fee, **given | {"before": "nowhere"})
    fails("CASE-218", casework.put_fee, **given | {"case_type": "incident",
                                                   "category": "streetlight"})  # fmt: skip
    fails("CASE-150", casework.put_fee, **given | {"case_type": "none"})
    fails("ACCESS-403", casework.put_fee, **given | {"actor": paid_kind.agent})
    fails("CASE-212", casework.put_till, actor=paid_kind.owner, code="a-b", name="A")
    row = casework.put_fee(**given | {"category": "streetlight", "automatic": False})
    assert (row.category.code, row.automatic) == ("streetlight", False)
    assert len(casework.fee_rules(paid_kind.owner)) == 3


def test_a_move_waits_for_the_fee_by_either_way(paid_kind: Desk) -> None:
    desk = paid_kind
    case, fee = opened(desk)
    agent = desk.other
    move = {"actor": agent, "case_id": case.pk, "state": "resolved", "resolution": "Done it."}
    fails("CASE-216", casework.move_case, **move)
    fails("CASE-216", casework.answer, actor=agent, case_id=case.pk, text="Here.", then="resolved",
          resolution=True)  # fmt: skip
    assert pay(fee).effect == "moved"
    assert casework.move_case(**move).phase == "resolved"


def test_needs_of_a_move_name_every_fee(paid_kind: Desk) -> None:
    desk, machine = paid_kind, {**casework.HELP}
    machine["moves"] = [
        {**move, "needs": ["fee"]} if move["to"] == "in_progress" else move
        for move in machine["moves"]
    ]
    draft = casework.TypeDraft(code="report", name="Report", family="service", audience="citizen",
                               service="it.helpdesk", machine=machine, queue="city")  # fmt: skip
    casework.put_case_type(actor=desk.owner, draft=draft)
    case, fee = opened(desk)
    begin = {"actor": desk.other, "case_id": case.pk, "state": "in_progress"}
    fails("CASE-216", casework.move_case, **begin)
    casework.waive_fee(actor=desk.director, fee_id=fee.pk, reason="The council said so.")
    assert casework.move_case(**begin).state == "in_progress"


def test_an_agent_charges_what_the_kind_has_once(paid_kind: Desk) -> None:
    desk = paid_kind
    case, _fee = opened(desk)
    rule = {"actor": desk.other, "case_id": case.pk}
    assert {row.code for row in casework.fees_to_charge(desk.other, case)} == {"copy", "permit"}
    made = casework.charge_fee(**rule, rule="copy")
    assert made.charged_by == desk.other.user_id
    fails("CASE-222", casework.charge_fee, **rule, rule="copy")
    fails("CASE-221", casework.charge_fee, **rule, rule="none")
    fails("CASE-404", casework.charge_fee, actor=desk.agent, case_id=case.pk, rule="copy")
    pay(made, "r-9")
    assert casework.charge_fee(**rule, rule="copy").pk != made.pk


def test_waiving_needs_authority_and_a_reason(paid_kind: Desk) -> None:
    desk = paid_kind
    case, fee = opened(desk)
    why = "Decided by the council."
    fails("ACCESS-403", casework.waive_fee, actor=desk.other, fee_id=fee.pk, reason=why)
    fails("CASE-215", casework.waive_fee, actor=desk.director, fee_id=fee.pk, reason="no")
    waived = casework.waive_fee(actor=desk.director, fee_id=fee.pk, reason=why)
    assert (waived.state, waived.owed) == ("cancelled", False)
    fails("CASE-206", casework.begin_payment, actor=desk.other, fee_id=fee.pk, provider="test",
          reference="r-1")  # fmt: skip
    with pytest.raises(DatabaseError), transaction.atomic():
        CaseFee.objects.filter(pk=fee.pk).update(waived=False)
    with pytest.raises(DatabaseError), transaction.atomic():
        CaseFee.objects.filter(pk=fee.pk).update(amount_minor=1)
    other = opened(desk)[1]
    pay(other)
    fails("CASE-207", casework.waive_fee, actor=desk.director, fee_id=other.pk, reason=why)
    assert [row.data["what"] for row in case.events.filter(kind="fee")] == ["charged", "waived"]


def test_paid_online_once_whatever_is_said_twice(paid_kind: Desk) -> None:
    case, fee = opened(paid_kind)
    citizen = casework.citizen(paid_kind.parks.pk, [case.pk])
    with act_as(citizen):
        casework.begin_payment(actor=citizen, fee_id=fee.pk, provider="test", reference="r-1")
        casework.begin_payment(actor=citizen, fee_id=fee.pk, provider="test", reference="r-1")
    assert PaymentAttempt.objects.get(fee=fee).state == "started"
    assert CaseFee.objects.get(pk=fee.pk).state == "started"
    event = said(fee, "r-1")
    fails("ACCESS-403", casework.take_payment, actor=citizen, event=event)
    assert casework.take_payment(actor=SYSTEM, event=event).effect == "moved"
    assert casework.take_payment(actor=SYSTEM, event=event).effect == "again"
    row = CaseFee.objects.get(pk=fee.pk)
    assert (row.state, row.paid_minor, row.refund_due_minor) == ("paid", FEE, 0)
    assert PaymentWord.objects.filter(fee=fee).count() == 1
    fails("CASE-206", casework.begin_payment, actor=citizen, fee_id=fee.pk, provider="test",
          reference="r-2")  # fmt: skip


def test_a_payment_that_was_left_does_not_stay_begun(paid_kind: Desk) -> None:
    case, fee = opened(paid_kind)
    for reference in ("left", "bank"):
        casework.begin_payment(actor=SYSTEM, fee_id=fee.pk, provider="test", reference=reference)
    casework.take_payment(actor=SYSTEM, event=said(fee, "bank", "pending"))
    jobs = list(Job.objects.filter(kind="casework.lapse_payment").order_by("created_at"))
    assert [job.run_at for job in jobs] == [MONDAY + timedelta(days=1)] * 2
    for job in [*jobs, *jobs]:
        end_abandoned(actor=SYSTEM, job_id=job.pk, payload=job.payload)
    states = dict(PaymentAttempt.objects.values_list("reference", "state"))
    assert states == {"left": "cancelled", "bank": "started"}
    assert [row.data["what"] for row in case.events.filter(kind="fee")][-1] == "lapsed"
    # The provider may say after all that it was paid.
    assert casework.take_payment(actor=SYSTEM, event=said(fee, "left")).effect == "moved"
    assert CaseFee.objects.get(pk=fee.pk).state == "paid"


def test_wrong_words_change_nothing(paid_kind: Desk) -> None:
    _case, fee = opened(paid_kind)
    casework.begin_payment(actor=SYSTEM, fee_id=fee.pk, provider="test", reference="r-1")
    for code, more in (
        ("CASE-204", {"amount_minor": 1}),
        ("CASE-204", {"currency": "EUR"}),
        ("CASE-202", {"reference": "r-7"}),
    ):
        fails(code, casework.take_payment, actor=SYSTEM, event=said(fee, "r-1", **{}) if not more
              else casework.PaymentEvent(**{**vars(said(fee, "r-1")), **more}))  # fmt: skip
    for fee_id in ("nonsense", str(uuid7())):
        event = casework.PaymentEvent(**{**vars(said(fee, "r-1")), "fee_id": fee_id})
        fails("CASE-420", casework.take_payment, actor=SYSTEM, event=event)
    assert CaseFee.objects.get(pk=fee.pk).state == "started"
    assert not PaymentWord.objects.exists()


def test_declined_then_another_card_and_paid_twice_is_shown(paid_kind: Desk, clerk: Actor) -> None:
    _case, fee = opened(paid_kind)
    for reference in ("r-1", "r-2"):
        casework.begin_payment(actor=SYSTEM, fee_id=fee.pk, provider="test", reference=reference)
        if reference == "r-1":
            casework.take_payment(actor=SYSTEM, event=said(fee, "r-1", "failed"))
            assert CaseFee.objects.get(pk=fee.pk).state == "failed"
    casework.take_payment(actor=SYSTEM, event=said(fee, "r-1"))
    assert casework.take_payment(actor=SYSTEM, event=said(fee, "r-2")).effect == "twice"
    assert CaseFee.objects.get(pk=fee.pk).refund_due_minor == FEE
    assert [row.pk for row in casework.fees_to_return(clerk)] == [fee.pk]


def test_a_counter_takes_money_with_receipts_without_gaps(paid_kind: Desk, clerk: Actor) -> None:
    desk = paid_kind
    fees = [opened(desk)[1] for _ in range(3)]
    given = {"actor": clerk, "till": "front"}
    taken = casework.take_at_counter(**given, fee_id=fees[0].pk, method="cash",
                                     tendered_minor=5_000)  # fmt: skip
    assert (taken.change_minor, taken.receipt.text[:17]) == (500, "FRONT-2027-000001")
    fails("CASE-206", casework.take_at_counter, **given, fee_id=fees[0].pk, method="cash",
          tendered_minor=FEE)  # fmt: skip
    fails("CASE-208", casework.take_at_counter, **given, fee_id=fees[1].pk, method="card",
          tendered_minor=5_000)  # fmt: skip
    fails("CASE-210", casework.take_at_counter, **given, fee_id=fees[1].pk, method="shells",
          tendered_minor=FEE)  # fmt: skip
    fails("CASE-223", casework.take_at_counter, **given | {"till": "no"}, fee_id=fees[1].pk,
          method="card", tendered_minor=FEE)  # fmt: skip
    fails("ACCESS-403", casework.take_at_counter, **given | {"actor": desk.agent},
          fee_id=fees[1].pk, method="card", tendered_minor=FEE)  # fmt: skip
    second = casework.take_at_counter(**given, fee_id=fees[1].pk, method="card",
                                      tendered_minor=FEE)  # fmt: skip
    assert second.receipt.number == 2
    assert TillYear.objects.get().last == 2
    for change in ("UPDATE casework_feereceipt SET amount_minor = 1", "DELETE FROM "
                   "casework_feereceipt"):  # fmt: skip
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(change)
    assert casework.fee_receipt(clerk, taken.receipt.text.lower()).pk == taken.receipt.pk
    fails("CASE-214", casework.fee_receipt, actor=clerk, text="FRONT-2027-000001-00")
    fails("CASE-425", casework.fee_receipt, actor=desk.stranger, text=taken.receipt.text)
    (found,) = casework.counter_fees(clerk, taken.receipt.case_number)
    assert (found.fee.state, found.agency) == ("paid", "Parks")


def test_undoing_takes_two_people(paid_kind: Desk, clerk: Actor) -> None:
    desk = paid_kind
    case, fee = opened(desk)
    taken = casework.take_at_counter(actor=clerk, fee_id=fee.pk, till="FRONT", method="cash",
                                     tendered_minor=FEE)  # fmt: skip
    attempt = PaymentAttempt.objects.get(fee=fee)
    ask = {"actor": clerk, "attempt_id": attempt.pk, "reason": "Typed for the wrong case"}
    fails("CASE-215", casework.ask_payback, **ask | {"reason": "so"}, kind="void")
    fails("CASE-225", casework.ask_payback, **ask, kind="returned")
    fails("CASE-225", casework.ask_payback, **ask, kind="gift")
    fails("CASE-224", casework.ask_payback, **ask, kind="refund", amount_minor=FEE + 1)
    asked = casework.ask_payback(**ask, kind="void")
    fails("CASE-226", casework.ask_payback, **ask, kind="refund")
    assert [row.pk for row in casework.waiting_paybacks(clerk)] == [asked.pk]
    both = person("service_owner", user=clerk.user_id)
    fails("CASE-227", casework.decide_payback, actor=both, payback_id=asked.pk, agreed=True)
    fails("ACCESS-403", casework.decide_payback, actor=clerk, payback_id=asked.pk, agreed=True)
    done = casework.decide_payback(actor=desk.director, payback_id=asked.pk, agreed=True)
    assert (done.state, done.session) == ("done", 1)
    fails("CASE-228", casework.decide_payback, actor=desk.owner, payback_id=asked.pk, agreed=True)
    fee.refresh_from_db()
    assert (fee.state, fee.owed, fee.paid_minor) == ("cancelled", True, 0)
    assert taken.receipt.undone.kind == "void"
    assert FeeReceipt.objects.count() == 1
    with pytest.raises(DatabaseError), transaction.atomic():
        Payback.objects.filter(pk=asked.pk).update(amount_minor=1)
    figures = casework.till_figures(clerk, casework.till(clerk, "front"))
    assert (figures.expected["cash"], figures.receipts, figures.paid_out) == (0, 1, FEE)
    assert case.events.filter(kind="fee").count() == 4


def test_a_till_is_counted_and_signed(paid_kind: Desk, clerk: Actor) -> None:
    desk = paid_kind
    fails("CASE-230", casework.close_till, actor=clerk, till="front", cash_minor=0)
    for method in ("cash", "card", "cheque"):
        casework.take_at_counter(actor=clerk, fee_id=opened(desk)[1].pk, till="front",
                                 method=method, tendered_minor=FEE)  # fmt: skip
    fails("CASE-219", casework.put_till, actor=desk.owner, code="front", name="F", active=False)
    count = {"actor": clerk, "till": "front", "card_minor": FEE, "cheque_minor": FEE}
    fails("CASE-231", casework.close_till, **count, cash_minor=FEE - 100)
    fails("CASE-231", casework.close_till, **count, cash_minor=-1)
    closing = casework.close_till(**count, cash_minor=FEE - 100, reason="A dollar is missing.")
    assert (closing.difference_minor, closing.receipts, closing.session) == (-100, 3, 1)
    fails("CASE-227", casework.sign_till, actor=person("director", user=clerk.user_id),
          closing_id=closing.pk)  # fmt: skip
    with pytest.raises(DatabaseError), transaction.atomic():
        TillClosing.objects.filter(pk=closing.pk).update(cash_counted=FEE)
    assert casework.sign_till(actor=desk.director, closing_id=closing.pk).signed_at
    fails("CASE-228", casework.sign_till, actor=desk.owner, closing_id=closing.pk)
    place = casework.till(clerk, "front")
    assert place.session == 2
    assert [row.pk for row in casework.till_closings(clerk, place)] == [closing.pk]
    # A receipt of a closed session is no longer written in error: its money is given back.
    attempt = PaymentAttempt.objects.filter(provider="counter").order_by("id")[0]
    why = {"actor": clerk, "attempt_id": attempt.pk, "reason": "The permit was refused"}
    fails("CASE-225", casework.ask_payback, **why, kind="void")
    asked = casework.ask_payback(**why, kind="refund", amount_minor=1_000)
    casework.decide_payback(actor=desk.director, payback_id=asked.pk, agreed=True)
    fee = CaseFee.objects.get(pk=attempt.fee_id)
    assert (fee.state, fee.paid_minor) == ("paid", FEE - 1_000)
    assert casework.till_figures(clerk, place).expected["cash"] == -1_000
    numbers = [row.number for row in casework.till_receipts(clerk, place)]
    assert numbers == [3, 2, 1]


def test_a_bounced_cheque_is_owed_again(paid_kind: Desk, clerk: Actor) -> None:
    _case, fee = opened(paid_kind)
    casework.take_at_counter(actor=clerk, fee_id=fee.pk, till="front", method="cheque",
                             tendered_minor=FEE)  # fmt: skip
    casework.close_till(actor=clerk, till="front", cash_minor=0, cheque_minor=FEE)
    attempt = PaymentAttempt.objects.get(fee=fee)
    asked = casework.ask_payback(actor=clerk, attempt_id=attempt.pk, kind="returned",
                                 reason="The bank sent it back")  # fmt: skip
    casework.decide_payback(actor=paid_kind.director, payback_id=asked.pk, agreed=True)
    fee.refresh_from_db()
    assert (fee.state, fee.owed) == ("failed", True)
    assert casework.till_figures(clerk, casework.till(clerk, "front")).expected["cheque"] == 0


def test_a_refund_goes_through_the_provider_once(
    paid_kind: Desk, clerk: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    _case, fee = opened(paid_kind)
    pay(fee)
    attempt = PaymentAttempt.objects.get(fee=fee)
    asked = casework.ask_payback(actor=clerk, attempt_id=attempt.pk, kind="refund",
                                 reason="The permit was refused")  # fmt: skip
    casework.decide_payback(actor=paid_kind.director, payback_id=asked.pk, agreed=True)
    assert Job.objects.filter(kind="casework.pay_back").count() == 1
    job = {"actor": SYSTEM, "job_id": uuid7(), "payload": {"payback": str(asked.pk)}}
    monkeypatch.setattr(registry, "_payers", [])
    fails("CASE-229", send_payback, **job)
    calls = []

    def give(paid: casework.PaymentEvent, minor: int, key: str) -> casework.PaymentEvent:
        calls.append(key)
        return said(fee, paid.reference, "refunded", id=f"back:{key}", amount_minor=minor)

    monkeypatch.setattr(registry, "_payers", [give])
    for _ in range(2):
        send_payback(**job)
    assert calls == [str(asked.pk)]
    fee.refresh_from_db()
    assert (fee.state, fee.paid_minor) == ("refunded", 0)
    assert Payback.objects.get().state == "done"


def test_a_provider_that_answers_later(
    paid_kind: Desk, clerk: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    _case, fee = opened(paid_kind)
    pay(fee)
    attempt = PaymentAttempt.objects.get(fee=fee)
    asked = casework.ask_payback(actor=clerk, attempt_id=attempt.pk, kind="refund",
                                 amount_minor=500, reason="A part was too much")  # fmt: skip
    casework.decide_payback(actor=paid_kind.director, payback_id=asked.pk, agreed=True)
    monkeypatch.setattr(registry, "_payers", [lambda *_: None])
    send_payback(actor=SYSTEM, job_id=uuid7(), payload={"payback": str(asked.pk)})
    assert Payback.objects.get().state == "sent"
    casework.take_payment(actor=SYSTEM, event=said(fee, "r-1", "refunded", amount_minor=500))
    assert Payback.objects.get().state == "done"
    fee.refresh_from_db()
    assert (fee.state, fee.paid_minor) == ("paid", FEE - 500)


def test_refusing_a_payback_leaves_the_money(paid_kind: Desk, clerk: Actor) -> None:
    _case, fee = opened(paid_kind)
    pay(fee)
    asked = casework.ask_payback(actor=clerk, attempt_id=PaymentAttempt.objects.get().pk,
                                 kind="refund", reason="They asked for it")  # fmt: skip
    casework.decide_payback(actor=paid_kind.owner, payback_id=asked.pk, agreed=False)
    fee.refresh_from_db()
    assert fee.paid_minor == FEE
    assert not casework.waiting_paybacks(clerk).rows


def test_whoever_keeps_books_hears_of_every_amount(
    paid_kind: Desk, clerk: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[tuple[str, int]] = []
    monkeypatch.setattr(
        registry, "_money", [lambda _who, moved: heard.append((moved.key, moved.minor))]
    )
    _case, fee = opened(paid_kind)
    pay(fee)
    assert heard == [("test:r-1:paid", FEE)]
    _case, other = opened(paid_kind)
    taken = casework.take_at_counter(actor=clerk, fee_id=other.pk, till="front", method="cash",
                                     tendered_minor=FEE)  # fmt: skip
    attempt = PaymentAttempt.objects.get(fee=other)
    asked = casework.ask_payback(actor=clerk, attempt_id=attempt.pk, kind="void",
                                 reason="Typed for the wrong case")  # fmt: skip
    casework.decide_payback(actor=paid_kind.owner, payback_id=asked.pk, agreed=True)
    assert heard[1:] == [(f"receipt:{taken.receipt.text}", FEE), (f"payback:{asked.pk}", -FEE)]


def test_fees_of_a_merged_case_go_with_it(paid_kind: Desk) -> None:
    desk = paid_kind
    case, fee = opened(desk)
    into, own = opened(desk)
    pay(own)
    casework.merge_cases(actor=desk.other, case_id=case.pk, into_id=into.pk)
    assert {row.pk for row in casework.fees_of(desk.other, into)} == {fee.pk, own.pk}
    fails("CASE-216", casework.move_case, actor=desk.other, case_id=into.pk, state="resolved",
          resolution="Done it.")  # fmt: skip


def test_a_refund_that_the_provider_does_not_make_is_seen_to_and_asked_anew(
    paid_kind: Desk, clerk: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    case, fee = opened(paid_kind)
    pay(fee)
    attempt = PaymentAttempt.objects.get(fee=fee)
    ask = {"actor": clerk, "attempt_id": attempt.pk, "kind": "refund",
           "reason": "The permit was refused"}  # fmt: skip
    first = casework.ask_payback(**ask)
    casework.decide_payback(actor=paid_kind.director, payback_id=first.pk, agreed=True)
    monkeypatch.setattr(registry, "_payers", [lambda *_: None])
    send_payback(actor=SYSTEM, job_id=uuid7(), payload={"payback": str(first.pk)})
    casework.take_payment(actor=SYSTEM, event=said(fee, "r-1", "refund_refused"))
    fee.refresh_from_db()
    assert (fee.state, fee.paid_minor) == ("paid", FEE)
    assert [row.state for row in casework.waiting_paybacks(clerk)] == ["failed"]
    assert case.events.filter(kind="fee").last().data["what"] == "refund_refused"
    second = casework.ask_payback(**ask)
    rows = casework.waiting_paybacks(clerk)
    assert [row.pk for row in rows] == [second.pk, first.pk]
    assert second.replaces_id == first.pk
    casework.decide_payback(actor=paid_kind.director, payback_id=second.pk, agreed=True)
    casework.take_payment(actor=SYSTEM, event=said(fee, "r-1", "refunded"))
    states = dict(Payback.objects.values_list("pk", "state"))
    assert states == {first.pk: "replaced", second.pk: "done"}


def test_while_the_bank_has_to_answer_a_fee_waits(paid_kind: Desk) -> None:
    _case, fee = opened(paid_kind)
    begin = {"actor": SYSTEM, "fee_id": fee.pk, "provider": "test"}
    casework.begin_payment(**begin, reference="r-1")
    casework.take_payment(actor=SYSTEM, event=said(fee, "r-1", "pending"))
    assert CaseFee.objects.get(pk=fee.pk).waits
    fails("CASE-232", casework.begin_payment, **begin, reference="r-2")
    casework.begin_payment(**begin, reference="r-2", anyway=True)
    casework.take_payment(actor=SYSTEM, event=said(fee, "r-1", "failed"))
    assert not CaseFee.objects.get(pk=fee.pk).waits


def test_of_two_refunds_each_ends_as_its_provider_says(paid_kind: Desk, clerk: Actor) -> None:
    _case, fee = opened(paid_kind)
    pay(fee)
    attempt = PaymentAttempt.objects.get(fee=fee)
    ask = {"actor": clerk, "attempt_id": attempt.pk, "kind": "refund",
           "reason": "A part was too much"}  # fmt: skip
    rows = [casework.ask_payback(**ask, amount_minor=500) for _ in range(2)]
    for row in rows:
        casework.decide_payback(actor=paid_kind.director, payback_id=row.pk, agreed=True)
    Payback.objects.update(state="sent")
    back = {"amount_minor": 500}
    casework.take_payment(
        actor=SYSTEM,
        event=said(fee, "r-1", "refund_refused", id="1", refund=str(rows[1].pk), **back),
    )
    casework.take_payment(actor=SYSTEM, event=said(fee, "r-1", "refunded", id="2", **back))
    states = dict(Payback.objects.values_list("pk", "state"))
    assert states == {rows[0].pk: "done", rows[1].pk: "failed"}
    # The bank gives the other one back to us, after all.
    bounced = said(fee, "r-1", "refund_refused", id="3", refund=str(rows[0].pk), **back)
    casework.take_payment(actor=SYSTEM, event=bounced)
    assert set(Payback.objects.values_list("state", flat=True)) == {"failed"}
    refused = casework.ask_payback(**ask, amount_minor=500)
    casework.decide_payback(actor=paid_kind.director, payback_id=refused.pk, agreed=False)
    assert [row.state for row in casework.waiting_paybacks(clerk)] == ["failed", "failed"]

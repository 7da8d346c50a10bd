from __future__ import annotations
from typing import Any
import pytest
from django.db import transaction
from commonweal.kernel.access.public import SYSTEM, Actor, act_as, forget
from commonweal.kernel.access.scope import once
from commonweal.kernel.casework import public as casework
from commonweal.kernel.casework import registry
from commonweal.kernel.casework.models import *
from commonweal.kernel.casework.models import CaseFee, Payback, PaymentAttempt, Team
from commonweal.kernel.casework.tasks import send_payback
from commonweal.kernel.schema.public import uuid7
from .conftest import Desk, person
from .test_fee_life import FEE, clerk, opened, paid_kind, pay, said
from .test_life import fails

def ask(clerk, attempt, n):
    return casework.ask_payback(actor=clerk, attempt_id=attempt.pk, kind="refund", amount_minor=n, reason="The permit was refused")

def test_many(paid_kind: Desk, clerk: Actor, monkeypatch: Any) -> None:
    monkeypatch.setattr(registry, "_payers", [lambda *_: None])
    case, fee = opened(paid_kind); pay(fee)
    at = PaymentAttempt.objects.get(fee=fee)
    def sent(n):
        p = ask(clerk, at, n)
        casework.decide_payback(actor=paid_kind.director, payback_id=p.pk, agreed=True)
        send_payback(actor=SYSTEM, job_id=uuid7(), payload={"payback": str(p.pk)})
        return p
    a = sent(500); b = sent(700)
    for x, n in ((a, 500), (b, 700)):
        casework.take_payment(actor=SYSTEM, event=said(fee, "r-1", "refund_refused", id=f"x{n}", amount_minor=n))
    print("A both failed", dict(Payback.objects.values_list("amount_minor", "state")))
    c = ask(clerk, at, 500)
    print("A after asking one anew", list(Payback.objects.order_by("id").values_list("amount_minor", "state")))
    casework.decide_payback(actor=paid_kind.director, payback_id=c.pk, agreed=False)
    print("A after refusing it, list:", [(r.amount_minor, r.state) for r in casework.waiting_paybacks(clerk)])

def test_equal(paid_kind: Desk, clerk: Actor, monkeypatch: Any) -> None:
    monkeypatch.setattr(registry, "_payers", [lambda *_: None])
    case, fee = opened(paid_kind); pay(fee)
    at = PaymentAttempt.objects.get(fee=fee)
    ps = [ask(clerk, at, 500) for _ in range(2)]
    for p in ps:
        casework.decide_payback(actor=paid_kind.director, payback_id=p.pk, agreed=True)
        send_payback(actor=SYSTEM, job_id=uuid7(), payload={"payback": str(p.pk)})
    casework.take_payment(actor=SYSTEM, event=said(fee, "r-1", "refund_refused", id="x1", amount_minor=500))
    casework.take_payment(actor=SYSTEM, event=said(fee, "r-1", "refunded", id="x2", amount_minor=500))
    print("B one refused, one given:", list(Payback.objects.order_by("id").values_list("amount_minor", "state")))
    # late refusal after it was given back
    case, fee = opened(paid_kind); pay(fee, "r-9")
    at = PaymentAttempt.objects.get(fee=fee)
    p = ask(clerk, at, 500)
    casework.decide_payback(actor=paid_kind.director, payback_id=p.pk, agreed=True)
    send_payback(actor=SYSTEM, job_id=uuid7(), payload={"payback": str(p.pk)})
    casework.take_payment(actor=SYSTEM, event=said(fee, "r-9", "refunded", id="y1", amount_minor=500))
    o = casework.take_payment(actor=SYSTEM, event=said(fee, "r-9", "refund_refused", id="y2", amount_minor=500))
    p.refresh_from_db(); fee.refresh_from_db()
    print("C refunded, then bounced (part):", o.effect, p.state, fee.paid_minor, [r.state for r in casework.waiting_paybacks(clerk) if r.fee_id == fee.pk])

def test_counter_and_pending(paid_kind: Desk, clerk: Actor) -> None:
    _c, fee = opened(paid_kind)
    casework.begin_payment(actor=SYSTEM, fee_id=fee.pk, provider="test", reference="r-1")
    casework.take_payment(actor=SYSTEM, event=said(fee, "r-1", "pending"))
    t = casework.take_at_counter(actor=clerk, fee_id=fee.pk, till="front", method="cash", tendered_minor=FEE)
    print("D counter took while waits:", t.receipt.text)
    _c, fee = opened(paid_kind)
    casework.begin_payment(actor=SYSTEM, fee_id=fee.pk, provider="test", reference="q-1")
    casework.take_payment(actor=SYSTEM, event=said(fee, "q-1", "failed"))
    print("E", casework.take_payment(actor=SYSTEM, event=said(fee, "q-1", "pending")).effect, CaseFee.objects.get(pk=fee.pk).waits)
    casework.begin_payment(actor=SYSTEM, fee_id=fee.pk, provider="test", reference="q-2")
    for r in ("q-1", "q-2"):
        print("E", casework.take_payment(actor=SYSTEM, event=said(fee, r, "paid")).effect)

def test_once(desk: Desk) -> None:
    read = lambda: once(("zz",), lambda: list(Team.objects.filter(code="zz").values_list("code", flat=True)))
    with act_as(SYSTEM):
        print("F before", read())
        try:
            with act_as(SYSTEM):
                casework.put_team(actor=desk.owner, code="zz", name="Zz")
                print("F inside", read())
                raise ValueError
        except ValueError:
            pass
        print("F after rollback", read(), list(Team.objects.filter(code="zz")))

def test_dups(desk: Desk) -> None:
    from commonweal.interfaces.web.cases import typed
    from commonweal.kernel.casework.domain.forms import form_of, check_answers
    q = {"code": "size", "label": "How many", "kind": "singlevaluelist", "required": True, "options": [typed._option(x) for x in ("< 10 people", "> 10 people", "= 5")]}
    f = form_of([q]); print("G accepted", f[0].options, check_answers(f, {"size": ""}))

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

def test_settle(desk: Desk) -> None:
    from commonweal.kernel.casework.models import Clock, ClockFiring
    from commonweal.kernel.casework.settling import name_of, SOURCE
    from commonweal.kernel.measures.public import newest
    case = desk.case()
    print("S", list(Clock.objects.filter(case=case).values_list("metric","state")))
    row = Clock.objects.filter(case=case, stopped_at__isnull=True).first()
    if row is None: print("S no open"); return
    # a drifted row, ended though its events say it runs, told as a fact at the next event
    from commonweal.kernel.casework.settling import fact_of
    from commonweal.kernel.measures.public import emit_measures
    from commonweal.kernel.calendar.public import now
    row.state, row.stopped_at = "met", now()
    with act_as(SYSTEM):
        emit_measures(actor=SYSTEM, source=SOURCE, measures=[fact_of(case, row)])
        Clock.objects.filter(case=case).exclude(pk=row.pk).filter(stopped_at__isnull=False)
    n = name_of(case.pk, row)
    ended = Clock.objects.filter(case=case, stopped_at__isnull=False).count()
    casework.classify_case(actor=desk.agent, case_id=case.pk, impact="high") if 0 else None
    casework.rebuild_clocks(actor=desk.agent, case_id=case.pk)
    casework.answer(actor=desk.agent, case_id=case.pk, text="x") if 0 else casework.classify_case(actor=desk.agent, case_id=case.pk, impact="high", urgency="high")
    k = newest(SYSTEM, SOURCE, [n])
    print("S ended rows", ended, "fact still stands:", n in k and not k[n].exclusion)

def test_unfinished(desk: Desk, monkeypatch: Any) -> None:
    from commonweal.kernel.casework.actions.proving import audit_clocks
    from commonweal.kernel.casework.models import Clock, ClockAudit
    from commonweal.kernel.notices.models import Notice
    monkeypatch.setattr("commonweal.kernel.casework.clocks.audit.CHUNK", 1)
    a, b = desk.case(), desk.case()
    with act_as(SYSTEM):
        x = min(a.pk, b.pk)
        Clock.objects.filter(case_id=x).update(elapsed_us=1, due_at=None)
        run = uuid7()
        n = Notice.objects.count()
        audit_clocks(actor=SYSTEM, run=run, step=True)
        r = ClockAudit.objects.get(pk=run)
        print("U drifted", r.drifted, "ended", r.ended_at, "new notices", Notice.objects.count() - n)

"""The demo's fees: some owed, some paid each way, a till that agrees, letters that wait."""

from __future__ import annotations

import random
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from commonweal.kernel.access.public import act_as
from commonweal.kernel.casework import public as casework
from commonweal.kernel.casework.models import (
    CaseFee,
    PaymentAttempt,
    ScannedLetter,
    TeamMember,
    TillClosing,
)
from commonweal.kernel.casework.tests.conftest import Desk, desk, person
from commonweal.kernel.party.models import Person
from commonweal.ops.demo.fees import take_fees

__all__ = ["desk"]


def test_fees_are_taken_each_way(desk: Desk, tmp_path: Path, settings: Any) -> None:
    settings.DATA_DIR = tmp_path
    clerks = {"clerk": person("clerk"), "clerk-2": person("clerk"), "service_owner": desk.owner}
    for role in ("clerk", "clerk-2"):
        who = clerks[role]
        Person.objects.create(id=who.person_id, name=role)
        casework.put_member(actor=desk.owner, team="city", person_id=who.person_id)
        TeamMember.objects.filter(person_id=who.person_id).update(user_id=who.user_id)
    draft = casework.TypeDraft(
        code="parking", name="Parking", family="permit", audience="citizen",
        service="it.helpdesk", machine=casework.HELP, queue="city",
    )  # fmt: skip
    casework.put_case_type(actor=desk.owner, draft=draft)
    casework.put_fee(actor=desk.owner, code="parking-year", name="Permit", case_type="parking",
                     amount_minor=4_500, automatic=False)  # fmt: skip
    for _ in range(12):
        desk.case(casework.citizen(desk.parks.pk), case_type="parking")
    world = SimpleNamespace(of=clerks.__getitem__)
    assert take_fees(world, random.Random(1)) == 12
    with act_as(desk.owner):
        assert {row.state for row in CaseFee.objects.all()} == {"due", "paid"}
        assert set(PaymentAttempt.objects.values_list("provider", flat=True)) == {"test", "counter"}
        closing = TillClosing.objects.get()
        assert closing.signed_by
        assert not closing.difference_minor
        assert ScannedLetter.objects.filter(state="waiting").count() == 2

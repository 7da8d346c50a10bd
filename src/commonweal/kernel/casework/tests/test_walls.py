"""Between people: what one said is not shown to another, and a hold keeps all of its person."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from commonweal.kernel.access.public import SYSTEM, act_as
from commonweal.kernel.calendar.public import at
from commonweal.kernel.casework import public as casework
from commonweal.kernel.casework.actions.privacy import due
from commonweal.kernel.casework.models import CaseType, Interaction
from commonweal.kernel.schema.public import Conflict

from .conftest import MONDAY, Desk
from .test_life import fails

WHY = "Asked for in writing"


def somebody(desk: Desk, name: str) -> casework.Contact:
    """A citizen of Parks with an address."""
    return casework.put_contact(
        actor=desk.agent, agency_id=desk.parks.pk, name=name, email=f"{name.lower()}@home.example"
    )


def report(desk: Desk, **more: Any) -> casework.Case:
    """A citizen's report of a dark lamp."""
    door = casework.citizen(desk.parks.pk)
    given = {"case_type": "report", "subject": "Dark", "text": "By my house.", **more}
    with act_as(door):
        new = casework.NewCase(**given)
        return casework.open_case(actor=door, agency_id=desk.parks.pk, new=new).case


def close(desk: Desk, case: casework.Case) -> None:
    casework.move_case(actor=desk.owner, case_id=case.pk, state="resolved", resolution="Mended.")
    casework.move_case(actor=desk.owner, case_id=case.pk, state="closed")


@pytest.mark.parametrize("how", ["wrote in it", "asked for what was merged into it"])
def test_a_hold_on_a_person_keeps_what_they_said_in_the_case_of_another(
    desk: Desk, how: str
) -> None:
    ana, ben = somebody(desk, "Ana"), somebody(desk, "Ben")
    case = report(desk, requester=ana)
    if how == "wrote in it":
        said = casework.Said(text="I saw it too", channel="email", contact=ben)
        casework.receive_message(actor=SYSTEM, case_id=case.pk, said=said)
    else:
        other = report(desk, requester=ben, text="I saw it too")
        casework.merge_cases(actor=desk.owner, case_id=other.pk, into_id=case.pk, same_person=True)
    close(desk, case)
    casework.put_legal_hold(actor=desk.owner, contact_id=ben.pk, reason="A court asked for it")
    assert casework.case_plan(desk.owner, case.pk).why_not == "held"
    with pytest.raises(Conflict, match="hold stands"):
        casework.erase_case(actor=desk.owner, case_id=case.pk, reason=WHY)
    with at(MONDAY + timedelta(days=2000)):
        kind = CaseType.objects.get(code="report")
        assert not due(kind, MONDAY + timedelta(days=2000)).exists()
        assert casework.erase_due(actor=SYSTEM) == 0
    assert Interaction.objects.filter(text="I saw it too").exists()


def test_cases_of_two_people_are_merged_only_where_they_are_one(desk: Desk) -> None:
    ana, ben = somebody(desk, "Ana"), somebody(desk, "Ben")
    first, second = report(desk, requester=ana), report(desk, requester=ben, text="Ben's own words")
    both = {"actor": desk.owner, "case_id": second.pk, "into_id": first.pk}
    fails("CASE-131", casework.merge_cases, **both)
    mine = casework.citizen(desk.parks.pk, [first.pk])
    assert [row.text for row in casework.interactions_of(mine, first)] == ["By my house."]
    unnamed = report(desk)
    casework.merge_cases(actor=desk.owner, case_id=unnamed.pk, into_id=first.pk)
    casework.merge_cases(**both, same_person=True)
    assert casework.interactions_of(mine, first).rows[0].text


def test_nobody_asks_one_agency_for_what_another_offers(desk: Desk) -> None:
    casework.put_category(
        actor=desk.owner, code="taps", name="Taps", case_type="report", agency="WTR"
    )
    fails("CASE-112", report, desk=desk, case_type="", category="taps")

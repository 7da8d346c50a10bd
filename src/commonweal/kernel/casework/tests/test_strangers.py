"""What strangers say of themselves changes nothing that is known, and proves nothing."""

from __future__ import annotations

from datetime import timedelta

from commonweal.kernel.access.public import SYSTEM, act_as
from commonweal.kernel.calendar.public import at
from commonweal.kernel.casework import public as casework
from commonweal.kernel.casework.tests.conftest import MONDAY, Desk

from .test_life import fails

WEEK = timedelta(days=7)


def called(desk: Desk, contact: casework.Contact, **more: str) -> casework.Case:
    """A case that an agent opens for somebody who telephones."""
    return desk.case(desk.agent, requester=contact, channel="phone", **more)


def test_a_number_that_the_request_itself_names_is_never_called_back(desk: Desk) -> None:
    number = "+1 312 555 0123"
    with at(MONDAY):
        new = casework.put_contact(
            actor=desk.agent, agency_id=desk.parks.pk, name="Ana", phone=number
        )
    with at(MONDAY + timedelta(seconds=1)):
        case = called(desk, new)
        fails("CASE-139", casework.begin_check, actor=desk.agent, case_id=case.pk,
              method="call_back")  # fmt: skip
    with at(MONDAY + WEEK):
        later = called(desk, new)
        casework.begin_check(actor=desk.agent, case_id=later.pk, method="call_back")


def test_a_stranger_cannot_put_their_own_number_into_somebodys_contact(desk: Desk) -> None:
    with at(MONDAY):
        ana = desk.contact(desk.employee)
    door = casework.citizen(desk.parks.pk)
    with at(MONDAY + WEEK), act_as(door):
        same = casework.put_contact(
            actor=door, agency_id=desk.parks.pk, name="Ana", email=ana.email,
            phone="+1 312 555 0199",
        )  # fmt: skip
    assert (same.pk, same.phone_known_at) == (ana.pk, None)
    with at(MONDAY + 2 * WEEK):
        case = called(desk, same)
        fails("CASE-139", casework.begin_check, actor=desk.agent, case_id=case.pk,
              method="call_back")  # fmt: skip


def test_a_mail_renames_nobody(desk: Desk) -> None:
    with at(MONDAY):
        ana = desk.contact(desk.employee)
        with act_as(SYSTEM):
            same = casework.put_contact(
                actor=SYSTEM, agency_id=desk.parks.pk, name="The Director", email=ana.email
            )
    assert (same.pk, same.name) == (ana.pk, "Ana Ruiz")


def test_a_search_tells_whoever_asked_nothing_of_notes(desk: Desk) -> None:
    with at(MONDAY):
        case = desk.case(text="It blinks.")
        casework.add_note(actor=desk.agent, case_id=case.pk, text="Looks like sabotage.")
        twin = desk.case(subject="Another printer")
        casework.merge_cases(actor=desk.agent, case_id=case.pk, into_id=twin.pk)
        with act_as(desk.employee):
            assert casework.search_cases(desk.employee, "blinks").rows
            assert not casework.search_cases(desk.employee, "sabotage").rows

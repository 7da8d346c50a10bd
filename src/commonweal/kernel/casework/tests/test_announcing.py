"""Programs hear of cases by webhook: each thing once, with its cause, and nothing personal."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction

from commonweal.kernel.access.public import SYSTEM, act_as
from commonweal.kernel.calendar.public import at
from commonweal.kernel.casework import announcing
from commonweal.kernel.casework import public as casework
from commonweal.kernel.casework.actions.clocks import Promise, put_promise
from commonweal.kernel.casework.clocks.timer import tick
from commonweal.kernel.casework.models import CaseType
from commonweal.kernel.catalogue.public import CalendarVersion
from commonweal.kernel.notices import public as notices
from commonweal.kernel.notices.models import WebhookDelivery
from commonweal.kernel.party.models import Agency
from commonweal.kernel.party.public import centre

from .conftest import HOUR, MONDAY, Desk

CASES = [kind.code for kind in notices.event_types() if kind.code.startswith("commonweal.case.")]
TEXTS = ("printer", "blinks", "plugged", "Ana", "ana@")


@pytest.fixture
def hooked(desk: Desk) -> Desk:
    """Parks, Water and the centre each hear of everything about cases."""
    for agency in (desk.parks.pk, desk.water.pk, centre().agency_id):
        notices.create_webhook(
            actor=SYSTEM, agency_id=agency, name="Ours", url="https://hooks.parks.org/", types=CASES
        )
    return desk


def heard(agency: Agency | None = None) -> list[WebhookDelivery]:
    """What waits for an agency's webhook, in order; for the centre's unless one is named."""
    whose = agency.pk if agency else centre().agency_id
    return list(WebhookDelivery.objects.filter(agency_id=whose).order_by("id"))


def kinds(rows: list[WebhookDelivery]) -> list[str]:
    return [row.type.removeprefix("commonweal.case.").removesuffix(".v1") for row in rows]


def test_a_case_from_its_opening_to_its_end(hooked: Desk) -> None:
    case = hooked.case()
    act: dict[str, Any] = {"actor": hooked.agent, "case_id": case.pk}
    casework.answer(**act, text="Is it plugged in?", then="waiting_requester")
    casework.add_note(**act, text="Ana calls often.")
    casework.receive_message(
        actor=hooked.employee, case_id=case.pk, said=casework.Said("Yes, it blinks.")
    )
    casework.move_case(**act, state="resolved", resolution="Ana changed it.")
    casework.move_case(**act, state="closed")
    found = heard()
    assert kinds(found) == ["opened", "answered", "moved", "written", "moved", "moved", "closed"]
    assert kinds(heard(hooked.parks)) == kinds(found)
    assert heard(hooked.water) == []
    assert [row.event_id for row in heard(hooked.parks)] == [row.event_id for row in found]
    assert [row.data["seq"] for row in found] == [1, 2, 3, 5, 6, 7, 8]
    assert [row.data["standing"] for row in found] == [
        "on_time", "on_time", "paused", "on_time", "on_time", "done", "done"
    ]  # fmt: skip
    assert found[2].data["from"] == "new"
    assert (found[1].data["by"], found[1].data["automatic"]) == ("web", False)
    said = json.dumps([row.data for row in found])
    assert not [text for text in TEXTS if text in said]


def test_what_an_event_carries(hooked: Desk) -> None:
    case = hooked.case()
    (opened,) = heard()
    assert opened.at == MONDAY
    assert opened.about == hooked.parks.pk
    assert opened.data == {
        "agency": "PRK", "case": str(case.pk), "number": "PRK-26-000001",
        "href": "http://127.0.0.1:8000/api/v1/cases/PRK-26-000001",
        "seq": 1, "happened": "opened", "type": "incident", "category": "", "state": "new",
        "phase": "open", "standing": "on_time", "priority": "P4", "channel": "web",
        "due_at": "2026-10-05T16:00:00Z",
    }  # fmt: skip
    for kind in notices.event_types():
        assert re.fullmatch(r"commonweal\.[a-z_.]+\.v[1-9]", kind.code)
        assert all(kind.fields.values())


def test_a_promise_that_is_near_and_one_that_is_missed_are_told_once(hooked: Desk) -> None:
    case = hooked.case()
    with at(MONDAY + timedelta(minutes=61)):
        tick()
        tick()
    with at(MONDAY + timedelta(hours=2, seconds=1)):
        tick()
        tick()
        casework.answer(actor=hooked.agent, case_id=case.pk, text="We come.")
    _opened, near, missed, answered = heard(hooked.parks)
    assert kinds([near, missed, answered]) == ["promise_at_risk", "promise_missed", "answered"]
    assert near.at == MONDAY + timedelta(hours=1)
    assert (near.data["promise"], near.data["level"]) == ("first", "half")
    assert near.data["promised_at"] == missed.data["promised_at"] == "2026-10-05T16:00:00Z"
    assert (near.data["standing"], missed.data["standing"]) == ("on_time", "late")
    assert (missed.data["metric"], missed.data["cycle"]) == ("first_response", 1)
    assert missed.at == MONDAY + timedelta(hours=2)


def test_changed_hours_are_told_once_for_each_agency_and_what_they_miss_case_by_case(
    hooked: Desk,
) -> None:
    with at(MONDAY + timedelta(hours=10)):
        cases = [hooked.case() for _ in range(3)]
    with at(MONDAY + timedelta(hours=23, minutes=30)):
        tick()
        before = len(heard(hooked.parks))
        held = CalendarVersion.objects.filter(calendar__code="office").first()
        assert held is not None
        CalendarVersion.objects.create(
            calendar=held.calendar, starts=MONDAY.date(), note="As was agreed.", state="accepted",
            weekly=[[day, 360, 1020] for day in range(5)], accepted_at=MONDAY,
        )  # fmt: skip
        casework.apply_calendar(actor=hooked.owner, code="office")
        casework.apply_calendar(actor=hooked.owner, code="always")
        tick()
        tick()
        casework.apply_calendar(actor=hooked.owner, code="office")
    applied, *missed = heard(hooked.parks)[before:]
    assert kinds([applied]) == ["hours_applied"]
    assert applied.data == {
        "agency": "PRK", "calendar": "office", "earlier": 6, "later": 0, "newly_missed": 3,
        "no_longer_missed": 0,
    }  # fmt: skip
    assert kinds(missed) == ["promise_at_risk", "promise_missed"] * 3
    assert {row.data["case"] for row in missed} == {str(each.pk) for each in cases}
    assert [row.event_id for row in heard() if row.type == announcing.HOURS] == [applied.event_id]
    assert heard(hooked.water) == []


def test_other_promises_on_an_open_case_are_told(hooked: Desk) -> None:
    hooked.case()
    promise = Promise(
        code="first", name="First", metric="first_response", calendar="office",
        starts=MONDAY.date(), target_seconds=HOUR,
    )  # fmt: skip
    with at(MONDAY + timedelta(minutes=5)):
        put_promise(actor=hooked.owner, promise=promise)
    with at(MONDAY + timedelta(minutes=10)):
        casework.apply_promises(actor=hooked.owner)
    (_opened, applied) = heard(hooked.parks)
    assert (kinds([applied]), applied.data) == (
        ["promises_applied"],
        {"agency": "PRK", "cases": 1, "earlier": 1, "later": 0, "newly_missed": 0},
    )
    assert heard(hooked.water) == []


def test_a_promise_missed_while_no_timer_ran_is_told_by_what_happens_next(hooked: Desk) -> None:
    case = hooked.case()
    with at(MONDAY + timedelta(hours=3)):
        casework.answer(actor=hooked.agent, case_id=case.pk, text="We come.")
        tick()
    assert kinds(heard()) == ["opened", "answered", "promise_missed"]


def test_what_the_centre_promises_itself_is_its_own(hooked: Desk) -> None:
    put_promise(
        actor=hooked.owner,
        promise=Promise(
            code="inner", name="Inner", metric="resolution", kind="ola", calendar="always",
            starts=MONDAY.date() - timedelta(days=9), target_seconds=HOUR // 2,
            levels=[{"code": "half", "unit": "percent", "offset": 50}],
        ),
    )  # fmt: skip
    case = hooked.case()
    with at(MONDAY + timedelta(minutes=40)):
        assert tick() == 1
    assert case.clocks.filter(kind="ola", breached_at__isnull=False).exists()
    assert kinds(heard()) == ["opened"]


def test_a_merged_case_says_which_one_goes_on(hooked: Desk) -> None:
    one, other = hooked.case(), hooked.case()
    casework.merge_cases(actor=hooked.agent, case_id=one.pk, into_id=other.pk)
    _one, _other, merged, closed, absorbed = heard()
    assert kinds([merged, closed, absorbed]) == ["merged", "closed", "changed"]
    assert merged.data["into"] == str(other.pk)
    assert absorbed.data["happened"] == "absorbed"
    assert absorbed.data["case"] == str(other.pk)


def test_what_is_rolled_back_was_never_announced(hooked: Desk) -> None:
    with transaction.atomic():
        hooked.case()
        assert kinds(heard()) == ["opened"]
        transaction.set_rollback(True)
    assert heard() == []


def test_a_code_with_odd_signs_stops_nobody(hooked: Desk) -> None:
    CaseType.objects.filter(code="incident").update(code="störung (neu)")
    hooked.case(case_type="störung (neu)")
    (opened,) = heard()
    assert opened.data["type"] == "st-rung--neu-"


def test_a_person_of_an_agency_tells_the_centre_without_seeing_its_webhook(hooked: Desk) -> None:
    with act_as(hooked.employee):
        hooked.case()
        assert {row.agency_id for row in WebhookDelivery.objects.all()} == {hooked.parks.pk}
    assert kinds(heard()) == ["opened"]


def test_only_what_was_asked_for(desk: Desk) -> None:
    notices.create_webhook(
        actor=SYSTEM, agency_id=desk.parks.pk, name="Ends", url="https://hooks.parks.org/",
        types=[announcing.CLOSED],
    )  # fmt: skip
    case = desk.case()
    casework.move_case(
        actor=desk.agent, case_id=case.pk, state="resolved", resolution="It was off."
    )
    assert heard(desk.parks) == []
    casework.move_case(actor=desk.agent, case_id=case.pk, state="closed")
    assert kinds(heard(desk.parks)) == ["closed"]

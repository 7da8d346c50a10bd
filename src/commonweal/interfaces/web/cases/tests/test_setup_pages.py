"""What is set up opens as it was filled in, and saving it unchanged changes nothing."""

from __future__ import annotations

import re
from datetime import date
from html import escape
from typing import Any

import pytest
from django.apps import apps

from commonweal.interfaces.web.agency.tests.world import World
from commonweal.interfaces.web.cases import typed
from commonweal.interfaces.web.cases.setup import SHEETS
from commonweal.interfaces.web.counter.setup import SHEETS as COUNTER
from commonweal.kernel.access.public import SYSTEM, act_as
from commonweal.kernel.casework import public as casework
from commonweal.kernel.schema.public import NotFound

from .test_pages import browser, page

EVERY = [("/centre/cases/set-up/", name) for name in SHEETS] + [
    ("/centre/counter/set-up/", name) for name in COUNTER
]
WHEN = ("updated_at", "updated_by")
MODELS = (
    "Team", "Queue", "CaseType", "Category", "ReadyAnswer", "Article", "FeeRule", "Till", "Office",
    "OfficeDesk", "OfficeOffer",
)  # fmt: skip


def kept() -> dict[str, list[dict[str, Any]]]:
    with act_as(SYSTEM):
        return {
            name: [
                {key: value for key, value in row.items() if key not in WHEN}
                for row in apps.get_model("casework", name).objects.order_by("pk").values()
            ]
            for name in MODELS
        }


@pytest.mark.parametrize(("base", "name"), EVERY)
def test_saving_what_was_not_changed_changes_nothing(world: World, base: str, name: str) -> None:
    actor, owner = world.actors["owner"], browser(world, "owner")
    with act_as(actor):
        casework.put_fee(actor=actor, code="copy", name="Copy", case_type="incident",
                         amount_minor=123_456, automatic=False)  # fmt: skip
        casework.put_till(actor=actor, code="FRONT", name="Front desk")
        casework.put_queue(
            actor=actor, code="mail", name="Mail", team=casework.teams(actor)[0].code,
            service="helpdesk", address="mail@parks.example", agency="PARKS",
            default_type="incident",
        )  # fmt: skip
        sheet = {**SHEETS, **COUNTER}[name][0](actor)
    if name == "members":
        assert not sheet.known
        return
    assert len(sheet.known) == len(sheet.rows) > 0
    before = kept()
    for key, filled in sheet.known.items():
        shown = page(owner, f"{base}{name}/?code={key}")
        assert f"?code={escape(key).replace(' ', '%20')}#change" in shown
        for field in sheet.fields:
            if field.kind not in ("group", "rows"):
                assert field.name in filled or field.name in ("out", "new_key"), field.name
        if name == "promises":
            filled = {**filled, "starts": "2027-02-01"}
        answer = owner.post(f"{base}{name}/", dict(filled))
        assert answer.status_code == 302, answer.content.decode()
    assert kept() == before
    if name == "promises":
        assert_versions_repeat(sheet.known)
    if name == "rules":
        with act_as(actor):
            assert SHEETS["rules"][0](actor).known == sheet.known


NEXT = ("id", "starts", "ends", "recorded_at", "recorded_by", "ended_at")


def assert_versions_repeat(known: Any) -> None:
    """Each promise has a next version, which promises what the one before did."""
    with act_as(SYSTEM):
        rows = apps.get_model("casework", "ClockDefinition").objects.order_by("code", "-starts")
        found: dict[str, list[dict[str, Any]]] = {}
        for row in rows.values():
            found.setdefault(row["code"], []).append(
                {key: value for key, value in row.items() if key not in NEXT}
            )
    assert set(found) == {each["code"] for each in known.values()}
    for after, before, *_older in found.values():
        assert after == before


def test_a_promise_and_a_rule_are_made_by_ticks_and_rows(world: World) -> None:
    actor, owner = world.actors["owner"], browser(world, "owner")
    with act_as(actor):
        calendar = casework.promises(actor)[0].calendar
        queue = casework.queues(actor)[0]
    asked = {
        "code": "quick", "name": "Quick answer", "metric": "first_response", "kind": "sla",
        "target": "45", "target_unit": "minutes", "calendar": calendar, "starts": "2027-02-01",
        "if_priority": ["P1", "P2"], "if_channel": "phone", "pauses": ["requester", "approval"],
        "pause_cap": "90", "pause_unit": "minutes", "reopen": "new_cycle", "reclassify": "from_now",
        "levels-0-offset": "75", "levels-0-unit": "percent", "levels-0-whom": "",
        "levels-1-offset": "", "levels-1-unit": "percent",
        "levels-2-offset": "30", "levels-2-unit": "minutes_before",
        "levels-2-whom": "may:casework.manage", "levels-2-code": "soon",
    }  # fmt: skip
    where = "/centre/cases/set-up/promises/"
    for wrong in ({"levels-0-offset": "soon"}, {"levels-2-offset": "-30"}, {"target": ""}):
        answer = owner.post(where, asked | wrong)
        assert answer.status_code == 422
        assert "Quick answer" in answer.content.decode()
    assert owner.post(where, asked).status_code == 302
    with act_as(actor):
        row = next(each for each in casework.promises(actor) if each.code == "quick")
        assert row.conditions == {"priority": ["P1", "P2"], "channel": ["phone"]}
        assert row.levels == [
            {"code": "75-percent", "unit": "percent", "offset": 75},
            {"code": "soon", "unit": "seconds", "offset": -1800, "permission": "casework.manage"},
        ]
        assert (row.target_seconds, row.pauses, row.pause_cap) == (
            2700, ["approval", "requester"], 5400,
        )  # fmt: skip
        assert (row.reopen, row.reclassify) == ("new_cycle", "from_now")
    shown = page(owner, where)
    assert "Priorities: P1, P2; Channels: Telephone" in shown
    assert "75 per cent of the promised time; 30 minutes before it is due" in shown
    rule = {"position": "900", "queue": queue.code, "if_words": "payroll, salary slip",
            "if_agency": "PARKS"}  # fmt: skip
    assert owner.post("/centre/cases/set-up/rules/", rule).status_code == 302
    shown = page(owner, "/centre/cases/set-up/rules/")
    assert "Words in its text: payroll, salary slip" in shown
    with act_as(actor):
        made = next(each for each in casework.rules(actor) if each.position == 900)
        assert made.conditions == {"agency": ["PARKS"], "words": ["payroll", "salary slip"]}


def test_a_kind_of_case_asks_and_moves_as_it_was_typed(world: World) -> None:
    actor, owner = world.actors["owner"], browser(world, "owner")
    with act_as(actor):
        service = casework.case_types(actor)[0].service.code
    asked = {
        "code": "badge", "name": "Badge", "family": "request", "audience": "agency",
        "service": service, "publication": "private", "pattern": "own",
        "form-0-label": "Which door?", "form-0-kind": "singlevaluelist",
        "form-0-options": "Front door\nback = The back door", "form-0-required": "1",
        "form-1-label": "Which door?", "form-1-kind": "string",
        "states-0-name": "Asked", "states-0-phase": "open",
        "states-1-name": "At the printer", "states-1-code": "printing",
        "states-1-phase": "waiting", "states-1-reason": "third_party",
        "states-2-name": "Done", "states-2-phase": "closed",
        "moves-0-name": "Print", "moves-0-from": "asked", "moves-0-to": "printing",
        "moves-0-by": "agent", "moves-1-name": "Hand over", "moves-1-from": "printing",
        "moves-1-to": "done", "moves-1-by": ["agent", "system"], "moves-1-needs": "identity",
    }  # fmt: skip
    where = "/centre/cases/set-up/kinds/"
    answer = owner.post(where, asked | {"moves-1-to": "nowhere"})
    assert answer.status_code == 422
    assert "which is not there" in answer.content.decode()
    assert owner.post(where, asked).status_code == 302
    with act_as(actor):
        row = next(each for each in casework.case_types(actor) if each.code == "badge")
    assert row.form == [
        {"code": "which_door", "label": "Which door?", "kind": "singlevaluelist",
         "required": True,
         "options": [["front_door", "Front door"], ["back", "The back door"]]},
        {"code": "which_door_2", "label": "Which door?", "kind": "string"},
    ]  # fmt: skip
    assert row.machine["states"][1] == {
        "code": "printing", "name": "At the printer", "phase": "waiting", "reason": "third_party",
    }  # fmt: skip
    assert row.machine["moves"][1] == {
        "from": "printing", "to": "done", "name": "Hand over", "by": ["agent", "system"],
        "needs": ["identity"],
    }  # fmt: skip
    assert '<details class="cw-details" open><summary>States and moves' in answer.content.decode()
    again = page(owner, f"{where}?code=badge")
    assert "back = The back door" in again
    assert "Front door" in again
    assert owner.post(where, asked | {"pattern": "visit"}).status_code == 302
    with act_as(actor):
        row = next(each for each in casework.case_types(actor) if each.code == "badge")
    assert row.machine == casework.VISIT


def test_a_city_app_gets_a_key_which_is_shown_once_and_ended(world: World) -> None:
    owner, where = browser(world, "owner"), "/centre/cases/set-up/city-apps/"
    assert "No program has a key yet" in page(owner, where)
    assert owner.post(where, {"name": "", "agency": "PARKS"}).status_code == 422
    assert owner.post(where, {"name": "Potholes", "agency": "NONE"}).status_code == 422
    made = owner.post(where, {"name": "Potholes", "agency": "PARKS"})
    (secret,) = re.findall(r"<code>(cwo_[\w-]{20,})</code>", made.content.decode())
    assert made["Cache-Control"] == "no-store"
    shown = page(owner, where)
    assert secret not in shown
    assert secret[:12] in shown
    parks = world.agencies["PARKS"]
    with act_as(SYSTEM):
        key = casework.open311_key(SYSTEM, parks, secret)
        assert [row.pk for row in casework.open311_keys(world.actors["owner"])] == [key.pk]
    assert owner.post(where, {"what": "end", "key": str(key.pk)}).status_code == 302
    assert "Ended" in page(owner, where)
    with act_as(SYSTEM), pytest.raises(NotFound):
        casework.open311_key(SYSTEM, parks, secret)
    page(browser(world, "agent"), where, 403)


def test_answers_to_choose_from_keep_their_keys(world: World) -> None:
    actor, owner = world.actors["owner"], browser(world, "owner")
    kept = [["less", "< 10"], ["x_y", "x = y"], ["a=b", "c"]]
    with act_as(actor):
        row = casework.categories(actor)[0]
        draft = {"code": row.code, "name": row.name, "case_type": row.case_type.code}
    shown = typed.questions_shown(
        [{"code": "size", "label": "Size", "kind": "singlevaluelist", "options": kept}]
    )
    where = "/centre/cases/set-up/subjects/"
    assert owner.post(where, draft | dict(shown)).status_code == 302
    with act_as(actor):
        row = next(each for each in casework.categories(actor) if each.code == row.code)
    assert row.form[0]["options"] == kept
    lines = "< 10\n> 10\nC\nC++\n\u662f\n\u5426\n= 5\nbig = Large"
    asked = draft | dict(shown) | {"form-0-options": lines}
    assert owner.post(where, asked).status_code == 302
    with act_as(actor):
        row = next(each for each in casework.categories(actor) if each.code == row.code)
    keys = [key for key, _words in row.form[0]["options"]]
    assert len(set(keys)) == len(keys) == 8
    assert all(keys)
    assert row.form[0]["options"][-1] == ["big", "Large"]
    twice = asked | {"form-0-options": "a = One\na = Two"}
    assert owner.post(where, twice).status_code == 422


def test_a_promise_in_seconds_and_a_warning_for_two_open_as_they_are(world: World) -> None:
    actor, owner = world.actors["owner"], browser(world, "owner")
    levels = [{"code": "75", "unit": "percent", "offset": 75, "permission": "casework.work",
               "person_id": str(actor.person_id)},
              {"code": "odd", "unit": "seconds", "offset": -90}]  # fmt: skip
    with act_as(actor):
        calendar = casework.promises(actor)[0].calendar
        casework.put_promise(actor=actor, promise=casework.Promise(
            code="brief", name="Brief", metric="first_response", calendar=calendar,
            starts=date(2026, 12, 1), target_seconds=90, pauses=("requester",), pause_cap=30,
            levels=levels,
        ))  # fmt: skip
        shown = SHEETS["promises"][0](actor).known["brief 2026-12-01"]
    where = "/centre/cases/set-up/promises/"
    assert "90 seconds" in page(owner, where)
    assert owner.post(where, {**shown, "starts": "2027-02-01"}).status_code == 302
    with act_as(actor):
        after = max(
            (each for each in casework.promises(actor) if each.code == "brief"),
            key=lambda each: each.starts,
        )
    assert (after.target_seconds, after.pause_cap, after.levels) == (90, 30, levels)

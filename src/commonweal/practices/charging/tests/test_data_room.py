"""The dated data room: who may look in, control totals, samples drawn again, overrides, pairs."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import zipfile
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from commonweal.kernel.access.public import SYSTEM, act_as, create_user, elevate
from commonweal.kernel.calendar.public import at
from commonweal.kernel.party.public import add_membership, create_person
from commonweal.kernel.schema.public import CommonwealError, Forbidden, NotFound
from commonweal.practices.charging import public as charging
from commonweal.practices.charging.models import Bill, BillLine, Engagement

from .copies import closed, copies, enter, world
from .recovery_scene import decide, refuse
from .world import AUGUST, JULY, World, after

__all__ = ["closed", "copies", "enter", "world"]
EVERY = tuple(charging.POPULATIONS)


def opened(world: World, *, approve: bool = True, **more: Any) -> Engagement:
    """A room for the auditor over July and August, open in September."""
    auditor = world.of("auditor")
    given: dict[str, Any] = {
        "person_id": auditor.person_id, "purpose": "The yearly audit of the state.",
        "populations": EVERY, "first_period": JULY, "last_period": AUGUST,
        "starts": date(2026, 9, 1), "ends": date(2026, 10, 1),
    }  # fmt: skip
    with act_as(world.finance):
        row = charging.propose_engagement(actor=world.finance, **{**given, **more})
    if approve:
        decide(world, row.decision_id)
        with act_as(SYSTEM):
            row.refresh_from_db()
    return row


def test_a_room_opens_by_two_people_and_ends_by_itself(closed: World) -> None:
    auditor = closed.of("auditor")
    row = opened(closed, approve=False)
    with act_as(auditor), pytest.raises(Forbidden):
        charging.controls(auditor, row.pk)
    decide(closed, row.decision_id)
    with act_as(auditor):
        assert charging.controls(auditor, row.pk)
        assert [each.pk for each in charging.engagements(auditor)] == [row.pk]
    for moment in (after("2026-09"), after(JULY)):
        with at(moment), act_as(auditor), pytest.raises(Forbidden) as shut:
            charging.controls(auditor, row.pk)
        assert shut.value.code == "RECOVERY-510"


def test_a_room_that_was_refused_never_opens(closed: World) -> None:
    auditor = closed.of("auditor")
    row = opened(closed, approve=False)
    refuse(closed, row.decision_id)
    with act_as(auditor), pytest.raises(Forbidden):
        charging.controls(auditor, row.pk)
    with act_as(closed.finance), pytest.raises(NotFound):
        charging.end_engagement(actor=closed.finance, engagement_id=row.pk)


def test_a_room_ended_early_stays_shut(closed: World) -> None:
    auditor, row = closed.of("auditor"), opened(closed)
    with act_as(closed.finance):
        charging.end_engagement(actor=closed.finance, engagement_id=row.pk)
        charging.end_engagement(actor=closed.finance, engagement_id=row.pk)
    with act_as(auditor), pytest.raises(Forbidden):
        charging.controls(auditor, row.pk)


def test_nobody_else_looks_in(closed: World) -> None:
    row = opened(closed)
    stranger = replace(closed.of("auditor"), person_id=closed.of("service_owner").person_id)
    with act_as(stranger), pytest.raises(NotFound):
        charging.controls(stranger, row.pk)
    clerk = closed.of("agency_finance", "PARKS")
    with act_as(clerk), pytest.raises(CommonwealError):
        charging.controls(clerk, row.pk)
    with act_as(closed.finance):
        assert charging.controls(closed.finance, row.pk)


def test_nobody_opens_the_room_to_themselves(closed: World) -> None:
    director = closed.of("director")
    row = opened(closed, approve=False, person_id=director.person_id)
    with pytest.raises(CommonwealError) as refused:
        decide(closed, row.decision_id)
    assert refused.value.code == "RECOVERY-514"


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"populations": ()}, "RECOVERY-511"),
        ({"populations": ("bills", "people")}, "RECOVERY-511"),
        ({"ends": date(2028, 9, 1)}, "RECOVERY-512"),
        ({"starts": date(2026, 8, 1), "ends": date(2026, 8, 5)}, "RECOVERY-512"),
        ({"first_period": AUGUST, "last_period": JULY}, "RECOVERY-513"),
        ({"purpose": "audit"}, "RECOVERY-101"),
        ({"ends": date(2026, 9, 1)}, "CALENDAR-102"),
    ],
)
def test_a_room_that_cannot_be_opened(closed: World, more: dict[str, Any], code: str) -> None:
    with pytest.raises(CommonwealError) as refused:
        opened(closed, **more)
    assert refused.value.code == code


def test_populations_have_control_totals(closed: World) -> None:
    auditor, row = closed.of("auditor"), opened(closed)
    with act_as(auditor):
        found = {each.population.name: each for each in charging.controls(auditor, row.pk)}
    with act_as(SYSTEM):
        bills = list(Bill.objects.filter(state="issued"))
        lines = BillLine.objects.filter(bill__state="issued").count()
    assert found["bills"].count == len(bills)
    assert found["bills"].total == sum(bill.total_minor for bill in bills)
    assert found["lines"].count == lines
    assert found["lines"].total == found["bills"].total
    assert found["credits"].count == 0
    assert found["journals"].total == found["bills"].total
    assert found["rates"].total is None
    assert found["decisions"].count > 0
    with act_as(auditor):
        for name in EVERY:
            rows = list(charging.population_rows(auditor, row.pk, name))
            assert len(rows) == found[name].count
            assert all(len(cells) == len(charging.POPULATIONS[name].columns) for cells in rows)
            page = charging.population_page(auditor, row.pk, name)
            assert list(page) == rows[: len(page)]


def test_a_room_holds_what_was_decided_and_nothing_else(closed: World) -> None:
    auditor, row = closed.of("auditor"), opened(closed, populations=("bills",))
    with act_as(auditor), pytest.raises(NotFound) as refused:
        charging.population_page(auditor, row.pk, "lines")
    assert refused.value.code == "RECOVERY-408"


def drawn(world: World, row: Engagement, **more: Any) -> Any:
    auditor = world.of("auditor")
    given: dict[str, Any] = {"population": "lines", "seed": "audit 2026", "interval_minor": 20_000}
    with act_as(auditor):
        return charging.draw_sample(actor=auditor, engagement_id=row.pk, **{**given, **more})


def test_the_same_seed_draws_the_same_sample(closed: World) -> None:
    row = opened(closed)
    one, two, other = drawn(closed, row), drawn(closed, row), drawn(closed, row, seed="another")
    assert one.picked == two.picked
    assert one.population_hash == two.population_hash == other.population_hash
    assert one.picked["picked"] != other.picked["picked"]
    with act_as(SYSTEM):
        large = [
            str(line.pk)
            for line in BillLine.objects.filter(bill__state="issued").order_by("id")
            if abs(line.amount_minor) >= 20_000
        ]
    assert [key for key, _amount in one.picked["top"]] == large
    about = drawn(closed, row, interval_minor=None, wanted=5)
    assert 4 <= len(about.picked["top"]) + len(about.picked["picked"]) <= 6


def test_anybody_draws_a_sample_again_with_the_plain_script(closed: World, tmp_path: Path) -> None:
    auditor, row = closed.of("auditor"), opened(closed)
    made = drawn(closed, row)
    with act_as(auditor):
        name, data = charging.sample_pack(auditor, made.pk)
    assert name.startswith("sample-lines-")
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        archive.extractall(tmp_path)
    command = [sys.executable, "-I", "check_sample.py", "population.csv", "sample.json"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    sample = json.loads((tmp_path / "sample.json").read_text())
    sample["picked"] = sample["picked"][1:]
    (tmp_path / "sample.json").write_text(json.dumps(sample))
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "NOT the same: picked" in done.stdout
    done = subprocess.run(command[:4], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 2


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"population": "rates"}, "RECOVERY-504"),
        ({"population": "credits"}, "RECOVERY-505"),
        ({"seed": " "}, "RECOVERY-503"),
        ({"interval_minor": 0}, "RECOVERY-503"),
        ({"interval_minor": None, "wanted": 0}, "RECOVERY-502"),
        ({"population": "people"}, "RECOVERY-408"),
    ],
)
def test_samples_that_cannot_be_drawn(closed: World, more: dict[str, Any], code: str) -> None:
    row = opened(closed)
    with pytest.raises(CommonwealError) as refused:
        drawn(closed, row, **more)
    assert refused.value.code == code


def test_every_override_and_elevation_is_there(closed: World) -> None:
    finance, auditor = closed.finance, closed.of("auditor")
    moment = datetime(2026, 8, 20, 12, tzinfo=UTC)
    able = replace(finance, grants=finance.grants | {("access.elevate", None)})
    with at(moment), act_as(able):
        elevate(
            actor=able, permissions=["charging.approve_rates"],
            reason="The director is ill today.", minutes=30,
        )  # fmt: skip
    row = opened(closed)
    with act_as(auditor):
        found = charging.overrides(auditor, row.pk)
    kinds = {each.kind for each in found}
    assert {"elevation", "rate", "preview"} <= kinds
    taken = next(each for each in found if each.kind == "elevation")
    assert taken.by == finance.user_id
    assert taken.reason == "The director is ill today."
    assert taken.what == "charging.approve_rates"
    assert [each.at for each in found] == sorted(each.at for each in found)
    assert all(each.title() for each in found)


def test_pairs_that_only_decide_for_each_other_are_pointed_out(closed: World) -> None:
    auditor, row = closed.of("auditor"), opened(closed, first_period="2026-05")
    with act_as(auditor):
        found = charging.pairs(auditor, row.pk)
    owner, director = closed.of("service_owner"), closed.of("director")
    pair = next(
        each for each in found if {each.one, each.other} == {owner.user_id, director.user_id}
    )
    assert pair.count == 4
    assert pair.always
    shares = {pair.share_there, pair.share_back}
    assert shares == {0, 1}
    closes = next(
        each
        for each in found
        if {each.one, each.other} == {closed.finance.user_id, director.user_id}
    )
    with act_as(SYSTEM):
        total = sum(
            Bill.objects.filter(state="issued", period=JULY).values_list("total_minor", flat=True)
        )
    assert sum(amounts.get("USD", 0) for _count, amounts in (closes.there, closes.back)) >= total


def test_a_quarter_is_reviewed_once_by_a_person(closed: World) -> None:
    director, auditor = closed.of("director"), closed.of("auditor")
    assert charging.quarters(closed.of("director"), date(2026, 9, 5))[0] == "2026-Q2"
    with act_as(director):
        document = charging.review_document(director, "2026-Q2")
    assert {row["role"] for row in document["roles"]} >= {"director", "finance_officer", "auditor"}
    assert all(set(row) == {"person", "account", "role", "agency", "bureau", "starts", "ends",
                            "last_use"} for row in document["roles"])  # fmt: skip
    assert {"unused_role"} <= {each["kind"] for each in document["findings"]}

    def sign(quarter: str = "2026-Q2", **more: Any) -> Any:
        given = {
            "statement": "I looked at every role and every token.",
            "exceptions": [{"what": "A role nobody used", "action": "Ended on 5 September"}],
        }
        actor = more.pop("actor", director)
        with act_as(actor):
            return charging.sign_review(actor=actor, quarter=quarter, **{**given, **more})

    for quarter, more, code in (
        ("2026-Q3", {}, "RECOVERY-521"),
        ("2026-Q5", {}, "RECOVERY-410"),
        ("2026-Q2", {"exceptions": [{"what": "x", "action": ""}]}, "RECOVERY-523"),
        ("2026-Q2", {"statement": "fine"}, "RECOVERY-101"),
        ("2026-Q2", {"actor": SYSTEM}, "RECOVERY-520"),
        ("2026-Q2", {"actor": auditor}, "ACCESS-403"),
    ):
        with pytest.raises(CommonwealError) as refused:
            sign(quarter, **more)
        assert refused.value.code == code
    row = sign()
    assert row.signed_by == director.user_id
    with pytest.raises(CommonwealError) as refused:
        sign()
    assert refused.value.code == "RECOVERY-522"
    with act_as(auditor):
        assert charging.access_review(auditor, "2026-Q2").content_hash == row.content_hash
        assert [each.quarter for each in charging.access_reviews(auditor)] == ["2026-Q2"]
        assert charging.access_review(auditor, "2026-Q1") is None
    outsider = closed.of("agency_finance", "PARKS")
    with act_as(outsider), pytest.raises(Forbidden):
        charging.access_reviews(outsider)


def test_a_token_and_a_lent_role_are_in_the_review(closed: World) -> None:
    from commonweal.kernel.access.public import create_token
    from commonweal.kernel.party.public import delegate

    director, finance = closed.of("director"), closed.finance
    with at(datetime(2026, 6, 1, 12, tzinfo=UTC)):
        with act_as(finance):
            create_token(
                actor=finance, name="ledger", scopes=["charging.view_costs"],
                days=90,
            )  # fmt: skip
        with act_as(director):
            delegate(
                actor=director, from_person_id=director.person_id,
                to_person_id=closed.of("service_owner").person_id,
                role="director", starts=date(2026, 6, 2), ends=date(2026, 6, 20),
                reason="Holidays in June, as every year.",
            )  # fmt: skip
    with act_as(director):
        document = charging.review_document(director, "2026-Q2")
    assert [row["scopes"] for row in document["tokens"]] == [["charging.view_costs"]]
    assert [row["role"] for row in document["lent"]] == ["director"]
    assert {"unused_token", "lent_role"} <= {each["kind"] for each in document["findings"]}


def test_an_external_auditor_sees_the_room_while_it_is_open_and_nothing_else(
    closed: World,
) -> None:
    with act_as(SYSTEM):
        user = create_user(actor=SYSTEM, email="external@example.org")
        known = create_person(
            actor=SYSTEM, name="External", email="external@example.org", user_id=user.id
        )
        add_membership(
            actor=SYSTEM, person_id=known.id, role="external_auditor", starts=date(2026, 1, 1)
        )
    row = opened(closed, person_id=known.pk)
    browser = Client()
    browser.force_login(user)

    def seen(address: str) -> int:
        return int(browser.get(address).status_code)

    with at(datetime(2026, 9, 10, 15, tzinfo=UTC)):
        assert browser.get("/home/").headers["Location"] == "/centre/room/"
        assert seen("/centre/room/") == 200
        assert seen(f"/centre/room/{row.pk}/") == 200
        assert seen(f"/centre/room/{row.pk}/all/bills/") == 200
        for address in ("/centre/", "/centre/bills/", "/centre/costs/", "/centre/recovery/",
                        "/centre/owed/", "/centre/audit/", "/centre/people/"):  # fmt: skip
            assert seen(address) in (403, 404), address
    with at(datetime(2026, 10, 2, 15, tzinfo=UTC)):
        assert seen(f"/centre/room/{row.pk}/all/bills/") == 403

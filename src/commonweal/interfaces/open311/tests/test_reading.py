"""What is read: services, definitions, published reports; both formats, the standard's shapes."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client

from commonweal.interfaces.open311.sight import HIGH, WIDE, pins
from commonweal.interfaces.open311.tests.conftest import HERE, MONDAY, Town
from commonweal.interfaces.open311.tests.standard import (
    DEFINITION,
    DISCOVERY,
    ERRORS,
    RECEIPT,
    REQUESTS,
    SERVICES,
    UPDATES,
)
from commonweal.kernel.access.public import SYSTEM
from commonweal.kernel.calendar.public import at, now
from commonweal.kernel.casework import public as casework
from commonweal.kernel.casework.models import Case
from commonweal.kernel.party.public import put_public_face


def test_services_are_public_categories_for_citizens(town: Town) -> None:
    rows = {row["service_code"]: row for row in town.get("services", SERVICES)}
    assert set(rows) == {"streetlight", "neighbour"}
    lamp = rows["streetlight"]
    assert (lamp["type"], lamp["metadata"], lamp["keywords"]) == ("realtime", True, "lamp,dark")
    assert (rows["neighbour"]["type"], rows["neighbour"]["metadata"]) == ("batch", False)


def test_a_definition_has_the_questions_of_the_forms(town: Town) -> None:
    found = town.get("services/streetlight", DEFINITION)
    kinds = {row["code"]: row["datatype"] for row in found["attributes"]}
    assert next(iter(kinds)) == "lamp"  # of the kind of case, before the category's
    assert kinds["colour"] == "singlevaluelist"
    assert [row["order"] for row in found["attributes"]] == list(range(1, len(kinds) + 1))
    [colour] = [row for row in found["attributes"] if row["code"] == "colour"]
    assert colour["values"][0] == {"key": "red", "name": "Red"}
    assert "service_code was not found" in town.refused("services/nothing", 404)[0]


def test_a_report_is_read_back_without_anybody_s_name(town: Town) -> None:
    case = town.report(first_name="Cleo", last_name="Citizen", email="cleo@example.test",
                       **{"attribute[owner_name]": "Mr Secret"})  # fmt: skip
    [row] = town.get(f"requests/{case.number}", REQUESTS)
    assert row["description"] == "The lamp is dark."
    assert (row["lat"], row["long"]) == (41.8781, -87.6298)
    assert row["requested_datetime"] == "2026-10-05T09:00:00-05:00"
    assert row["agency_responsible"] == "Parks"
    assert row["expected_datetime"].startswith("2026-10-05T")
    assert "Cleo" not in str(row)
    assert "Secret" not in str(row)
    assert town.get("requests", REQUESTS) == [row]
    raw = town.client.get(f"{HERE}requests/{case.number}.xml?jurisdiction_id=PRK")
    assert raw.content.startswith(b"<?xml version='1.0' encoding='utf-8'?>")


@pytest.mark.parametrize(
    "change",
    [{"published": False}, {"erased_at": MONDAY}],
    ids=["no longer published", "erased"],
)
def test_what_is_private_vanishes_from_every_shape(town: Town, change: dict[str, object]) -> None:
    case = town.report()
    photo = f"requests/{case.number}"
    assert len(town.get("requests", REQUESTS)) == 1
    Case.objects.filter(pk=case.pk).update(**change)
    _gone(town, case, photo)


def test_a_category_or_kind_that_is_made_private_takes_its_reports_along(town: Town) -> None:
    case = town.report()
    casework.Category.objects.filter(code="streetlight").update(public=False)
    _gone(town, case, f"requests/{case.number}")


def _gone(town: Town, case: Case, item: str) -> None:
    assert town.get("requests", REQUESTS) == []
    assert town.get("requests", REQUESTS, service_request_id=case.number) == []
    assert town.get("servicerequestupdates", UPDATES) == []
    assert "no such report" in town.refused(item, 404)[0]
    page = town.client.get("/open311/map/PRK/").content.decode()
    assert case.number not in page


def test_another_agency_s_reports_and_guessed_numbers_are_not_there(town: Town) -> None:
    case = town.report()
    for number in (case.number, "WTR-26-000001", "PRK-26-999999", "%00", "' OR 1=1"):
        town.refused(f"requests/{number}", 404, jurisdiction_id="WTR")
    inner = town.desk.case()
    town.refused(f"requests/{inner.number}", 404)
    assert town.get("requests", REQUESTS, jurisdiction_id="WTR") == []


def test_the_jurisdiction_is_needed_where_there_are_several(town: Town) -> None:
    answer = town.client.get(f"{HERE}services.json")
    assert (answer.status_code, answer.json()[0]["code"]) == (400, 400)
    assert "jurisdiction_id was not provided" in answer.json()[0]["description"]
    assert "was not found" in town.refused("services", 404, jurisdiction_id="NOWHERE")[0]
    casework.Category.objects.update(agency_code="PRK")
    assert len(town.client.get(f"{HERE}services.json").json()) == 2
    town.refused("services", 404, jurisdiction_id="WTR")


def test_ninety_days_and_a_list_of_numbers_that_overrides_all(town: Town) -> None:
    old = town.report()
    Case.objects.filter(pk=old.pk).update(opened_at=MONDAY - timedelta(days=91))
    new = town.report(description="Another lamp.")
    listed = [row["service_request_id"] for row in town.get("requests", REQUESTS)]
    assert listed == [new.number]
    asked = f"{old.number},{new.number}"
    both = town.get("requests", REQUESTS, service_request_id=asked, status="closed")
    assert {row["service_request_id"] for row in both} == {old.number, new.number}
    start = (MONDAY - timedelta(days=100)).isoformat()
    found = town.get("requests", REQUESTS, start_date=start)
    assert [row["service_request_id"] for row in found] == [old.number]
    end = MONDAY.isoformat()
    assert "90 days" in town.refused("requests", 400, start_date=start, end_date=end)[0]
    assert "no date" in town.refused("requests", 400, start_date="yesterday")[0]


def test_a_thousand_at_most(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    from commonweal.kernel.casework.selectors import published

    assert published.MOST == 1000
    monkeypatch.setattr(published, "MOST", 2)
    last = [town.report(description=f"Lamp {number}").number for number in range(3)][1:]
    found = [row["service_request_id"] for row in town.get("requests", REQUESTS)]
    assert sorted(found) == last


def test_filters_by_state_and_service(town: Town) -> None:
    case = town.report()
    one, none = [case.number], []
    for query, wanted in (
        ({"status": "open"}, one),
        ({"status": "closed"}, none),
        ({"status": "open,closed"}, one),
        ({"service_code": "streetlight,other"}, one),
        ({"service_code": "other"}, none),
    ):
        found = [row["service_request_id"] for row in town.get("requests", REQUESTS, **query)]
        assert found == wanted, query
    town.refused("requests", 400, status="sleeping")


def test_updates_are_changes_of_state_in_time(town: Town) -> None:
    case = town.report()
    owner = town.desk.owner
    with at(now() + timedelta(minutes=5)):
        casework.answer(actor=owner, case_id=case.pk, text="To you only.", then="in_progress")
        casework.move_case(actor=owner, case_id=case.pk, state="resolved", resolution="New bulb.")
        rows = town.get("servicerequestupdates", UPDATES)
        [row] = town.get(f"requests/{case.number}", REQUESTS)
    assert [(each["status"], each["description"]) for each in rows] == [
        ("open", "In progress"), ("closed", "Resolved"),
    ]  # fmt: skip
    assert (row["status"], row["status_notes"]) == ("closed", "Resolved")
    assert "To you only" not in str(rows)


def test_words_that_a_merge_brought_are_not_published(town: Town) -> None:
    case = town.report(description="")
    inner = casework.open_case(
        actor=town.desk.owner, agency_id=town.desk.parks.pk,
        new=casework.NewCase("", "Private", "My name is Cleo.", category="neighbour"),
    ).case  # fmt: skip
    casework.merge_cases(actor=town.desk.owner, case_id=inner.pk, into_id=case.pk)
    [row] = town.get("requests", REQUESTS)
    assert (row["service_request_id"], row["description"]) == (case.number, "")


def test_the_map_draws_every_place_within_its_frame(town: Town) -> None:
    for number, (lat, long) in enumerate((("41.8", "-87.7"), ("41.9", "-87.6"), ("-33.8", "151"))):
        town.report(description=f"Lamp {number}", lat=lat, long=long)
    rows = casework.published_cases(
        casework.citizen(town.desk.parks.pk), town.desk.parks.pk, casework.Wanted()
    )
    found = pins(rows)
    assert len(found) == 3
    assert all(0 <= each.x <= WIDE and 0 <= each.y <= HIGH for each in found)
    page = Client().get("/open311/map/PRK/").content.decode()
    assert page.count("<circle") == 3
    assert all(f'id="{row.case.number}"' in page for row in rows)
    assert "Centre" not in page
    single = pins(rows[:1])[0]
    assert (single.x, single.y) == (WIDE // 2, HIGH // 2)
    assert rows[0].case.latitude == Decimal("-33.8")


def test_other_methods_and_formats(town: Town) -> None:
    answer = town.client.put(f"{HERE}services.json?jurisdiction_id=PRK")
    assert answer.status_code == 405
    assert answer.json()[0]["code"] == 405
    assert town.client.get(f"{HERE}services.yaml").status_code == 404
    assert ERRORS


def test_the_city_speaks_and_says_how_it_is_reached(town: Town) -> None:
    put_public_face(
        actor=SYSTEM, agency_id=town.desk.parks.pk,
        fields={"name": "City Parks", "phone": "+1 312 555 0123", "hours": "8 to 5"},
    )  # fmt: skip
    found = town.get("discovery", DISCOVERY)
    assert found["contact"].startswith("City Parks, +1 312 555 0123, 8 to 5, http")
    assert found["contact"].endswith("/help/prk/")
    assert "City Parks" in found["key_service"]
    town.report()
    [row] = town.get("requests", REQUESTS)
    assert row["agency_responsible"] == "City Parks"
    assert "Reports in City Parks" in town.client.get("/open311/map/PRK/").content.decode()
    told = {"service_code": "neighbour", "description": "Loud.", "address_string": "1 Main Street"}
    [receipt] = town.post(RECEIPT, **told)
    assert receipt["service_notice"] == "Questions: City Parks, +1 312 555 0123, 8 to 5"

"""What programs send: reports with questions, pictures and places; keys, doubles, updates."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from PIL import Image

from commonweal.interfaces.api.tests.desk import picture
from commonweal.interfaces.open311.tests.conftest import HERE, LIGHT, Town
from commonweal.interfaces.open311.tests.standard import (
    ERRORS,
    RECEIPT,
    REQUESTS,
    TOKENS,
    UPDATED,
    UPDATES,
)
from commonweal.kernel.calendar.public import at, now
from commonweal.kernel.casework import public as casework
from commonweal.kernel.casework.models import Attachment, Case, Interaction, Open311Key


def photo(name: str = "lamp.png", data: bytes = b"") -> Any:
    stream = io.BytesIO(data or picture())
    stream.name = name
    return stream


def said(rows: list[dict[str, Any]]) -> str:
    return " / ".join(row["description"] for row in rows)


def test_a_report_becomes_a_case(town: Town) -> None:
    case = town.report(
        email="Cleo@example.test", first_name="Cleo", last_name="Citizen", phone="312 555 0123",
        **{"attribute[colour]": "red", "attribute[also]": ["noise", "smell"]},
    )  # fmt: skip
    assert (case.channel, case.queue.code, case.published) == ("open311", "city", True)
    assert case.answers == {"lamp": "L-17", "colour": "red", "also": ["noise", "smell"]}
    assert (case.place, str(case.latitude)) == ("1 Main Street", "41.878100")
    assert case.requester is not None
    assert (case.requester.name, case.requester.email) == ("Cleo Citizen", "cleo@example.test")
    assert case.requester.phone == "+13125550123"
    assert case.clocks.filter(metric="first_response").exists()


def test_an_account_alone_is_a_contact(town: Town) -> None:
    [row] = town.post(RECEIPT, **LIGHT, account_id="A-1")
    assert row["account_id"] == "A-1"
    case = Case.objects.get(number=row["service_request_id"])
    assert case.requester is not None
    assert case.requester.name == "A-1"


@pytest.mark.parametrize(
    ("form", "status", "words"),
    [
        ({"api_key": None}, 403, "api_key"),
        ({"api_key": "cwo_wrong"}, 403, "api_key"),
        ({"service_code": None}, 400, "service_code was not provided"),
        ({"service_code": "nothing"}, 404, "service_code was not found"),
        ({"jurisdiction_id": "NOWHERE"}, 404, "jurisdiction_id was not found"),
        ({"jurisdiction_id": "WTR"}, 403, "api_key"),
        ({"lat": "91"}, 400, "lat is no place"),
        ({"lat": "NaN"}, 400, "lat is no place"),
        ({"long": None}, 400, "both lat and long"),
        ({"lat": None, "long": None, "address_string": None}, 400, "Say where it is"),
        ({"email": "nobody"}, 400, "no e-mail address"),
        ({"description": "x" * 20_001}, 400, "Shorten it"),
        ({"attribute[colour]": "pink"}, 400, "attribute[colour]"),
    ],
)
def test_what_cannot_be_used_is_refused_and_leaves_nothing(
    town: Town, form: dict[str, Any], status: int, words: str
) -> None:
    before = Case.objects.count()
    rows = town.post(ERRORS, status=status, **(LIGHT | form))
    assert {row["code"] for row in rows} == {status}
    assert words in said(rows)
    assert Case.objects.count() == before


def test_every_missing_attribute_is_named(town: Town) -> None:
    kind = casework.CaseType.objects.get(code="report")
    kind.form[0]["required"] = True
    kind.form.append({"code": "pole", "label": "Pole", "kind": "number", "required": True})
    kind.save()
    rows = town.post(ERRORS, status=400, **(LIGHT | {"attribute[lamp]": None}))
    assert [row["description"].partition(":")[0] for row in rows] == [
        "attribute[lamp]",
        "attribute[pole]",
    ]


def test_errors_come_in_the_format_asked_for(town: Town) -> None:
    answer = town.client.post(f"{HERE}requests.xml", {"jurisdiction_id": "PRK"})
    assert answer.status_code == 403
    assert answer.content.decode().count("<error><code>403</code><description>") == 1
    answer = town.client.post(f"{HERE}requests.json", "{}", content_type="application/json")
    assert answer.status_code == 400
    assert "Send a form" in answer.json()[0]["description"]


def test_the_same_report_again_is_the_same_request(town: Town) -> None:
    first = town.report(media_url="https://pictures.example/1.jpg")
    assert town.report(media_url="https://pictures.example/1.jpg") == first
    for other in ({"lat": "41.8782"}, {"description": "Another."}, {"attribute[lamp]": "L-18"}):
        assert town.report(media_url="https://pictures.example/1.jpg", **other) != first
    _row, town.key = casework.put_open311_key(
        actor=town.desk.owner, agency_id=town.desk.parks.pk, name="Other"
    )
    assert town.report(media_url="https://pictures.example/1.jpg") != first


def test_the_same_report_of_another_day_is_another(town: Town) -> None:
    first = town.report()
    with at(now() + timedelta(minutes=61)):
        assert town.report() != first


def test_a_stranger_s_picture_is_kept_as_text_and_never_given_out(town: Town) -> None:
    case = town.report(media_url="http://169.254.169.254/latest/meta-data")
    [row] = town.get("requests", REQUESTS)
    assert "media_url" not in row
    note = Interaction.objects.get(case=case, direction="note")
    assert "169.254.169.254" in note.text
    assert not Attachment.objects.filter(case=case).exists()


def test_a_picture_of_ours_is_shown_while_the_report_is_published(town: Town) -> None:
    case = town.report(media=photo())
    [row] = town.get("requests", REQUESTS)
    where = urlsplit(row["media_url"]).path
    answer = town.client.get(where)
    assert answer.status_code == 200
    assert answer["Content-Type"] in ("image/jpeg", "image/png")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert Image.open(io.BytesIO(answer.content)).size == (40, 30)
    for other in (where.replace("/PRK/", "/WTR/"), where.replace(case.number, "PRK-26-999999")):
        assert town.client.get(other).status_code == 404
    Case.objects.filter(pk=case.pk).update(published=False)
    assert town.client.get(where).status_code == 404


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("lamp.svg", b"<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>"),
        ("lamp.html", b"<html><script>alert(1)</script></html>"),
        ("lamp.png", b"not a picture at all"),
    ],
)
def test_what_is_no_picture_is_never_shown(town: Town, name: str, data: bytes) -> None:
    town.report(media=photo(name, data))
    [row] = town.get("requests", REQUESTS)
    assert "media_url" not in row


def test_an_empty_file_refuses_the_whole_report(town: Town) -> None:
    before = Case.objects.count()
    empty = io.BytesIO(b"")
    empty.name = "empty.png"
    town.post(ERRORS, status=400, **LIGHT, media=empty)
    assert Case.objects.count() == before


def test_a_service_that_is_not_published_gives_a_token(town: Town) -> None:
    [row] = town.post(RECEIPT, service_code="neighbour", description="Noise at night.")
    case = Case.objects.get(category__code="neighbour")
    assert case.number not in str(row)
    [found] = town.get(f"tokens/{row['token']}", TOKENS)
    assert found == {"service_request_id": case.number, "token": row["token"]}
    town.refused(f"requests/{case.number}", 404)
    town.refused("tokens/AAAA-BBBB-CCCC-DDDD", 404)
    town.refused(f"tokens/{row['token']}", 404, jurisdiction_id="WTR")


def test_a_key_is_kept_as_a_hash_and_ends_at_once(town: Town) -> None:
    row = Open311Key.objects.get()
    assert town.key not in str(vars(row))
    assert row.last_used_at is None
    town.report()
    row.refresh_from_db()
    assert row.last_used_at == now()
    casework.end_open311_key(actor=town.desk.owner, key_id=row.pk)
    town.post(ERRORS, status=403, **LIGHT)


def test_who_guesses_keys_is_soon_not_listened_to(town: Town) -> None:
    for _time in range(30):
        town.post(ERRORS, status=403, **(LIGHT | {"api_key": "cwo_guess"}))
    town.post(ERRORS, status=429, **(LIGHT | {"api_key": "cwo_guess"}))


def test_a_program_says_more_once(town: Town) -> None:
    case = town.report()
    more = {
        "service_request_id": case.number, "description": "It is still dark.", "update_id": "7",
    }  # fmt: skip
    first = town.post(UPDATED, "servicerequestupdates", **more)
    assert town.post(UPDATED, "servicerequestupdates", **more) == first
    assert Interaction.objects.filter(case=case, text="It is still dark.").count() == 1
    assert town.get("servicerequestupdates", UPDATES) == []
    town.post(
        ERRORS, "servicerequestupdates", 400, **(more | {"description": "", "update_id": "8"})
    )
    town.post(ERRORS, "servicerequestupdates", 403, **(more | {"api_key": "cwo_wrong"}))
    inner = town.desk.case()
    other = more | {"service_request_id": inner.number, "update_id": "9"}
    town.post(ERRORS, "servicerequestupdates", 404, **other)


def test_further_words_open_a_resolved_report_again(town: Town) -> None:
    case = town.report()
    casework.move_case(
        actor=town.desk.owner, case_id=case.pk, state="resolved", resolution="New bulb."
    )
    town.post(UPDATED, "servicerequestupdates", service_request_id=case.number,
              description="Dark again.")  # fmt: skip
    case.refresh_from_db()
    assert case.phase == "open"


def test_signs_that_nothing_can_keep_are_left_out(town: Town) -> None:
    town.report(description="dark\x00\x07 & <b>bold</b>\r\nsince", address_string="1\x01 Main")
    [row] = town.get("requests", REQUESTS)
    assert row["description"] == "dark & <b>bold</b>\nsince"


def test_two_people_may_report_the_same_by_one_program(town: Town) -> None:
    first = town.report(email="ana@x.example")
    other = town.report(email="ben@x.example")
    assert first.pk != other.pk
    assert town.report(email="ben@x.example").pk == other.pk

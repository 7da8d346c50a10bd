"""Usage by the API: single and batch, 200/201/409/422, exact, and what is refused whole."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from commonweal.interfaces.api.metering.events import BATCH, EXAMPLE, SINGLE
from commonweal.interfaces.api.tests.scene import OPEN, A, Scene
from commonweal.kernel.jobs.public import Worker

FINANCE = "finance_officer:"


def event(name: str, quantity: str = "3", **data: str) -> dict[str, Any]:
    """A good event of the open month."""
    made = copy.deepcopy(EXAMPLE)
    made["id"] = name
    made["data"] |= {"quantity": quantity, "from": f"{OPEN}-02T05:00:00Z",
                     "to": f"{OPEN}-03T05:00:00Z", "agency": A, **data}  # fmt: skip
    return made


def send(scene: Scene, body: Any, media: str) -> Any:
    """Post usage."""
    return scene.client(FINANCE).post("/api/v1/usage", json.dumps(body), content_type=media)


def test_one_record_is_recorded_once(scene: Scene) -> None:
    first, again = (send(scene, event("api-1"), SINGLE) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 200), first.content
    assert first.json()["accepted"] == 1
    assert again.json()["duplicates"] == 1
    other = send(scene, event("api-1", "4"), SINGLE)
    assert other.status_code == 409
    assert other.json()["code"] == "USAGE-409"
    waiting = scene.client(FINANCE).get("/api/v1/usage/quarantine").json()["items"]
    assert waiting[0]["external_id"] == "api-1"
    place = f"/api/v1/usage/quarantine/{waiting[0]['id']}/release"
    bare = scene.client(FINANCE).post(place, "{}", content_type="application/json")
    assert (bare.status_code, bare.json()["code"]) == (422, "USAGE-322")
    decided = scene.client(FINANCE).post(
        place,
        json.dumps({"note": "read again"}),
        content_type="application/json",
    )
    assert decided.json()["accepted"] == 1


def test_a_wrong_record_is_named(scene: Scene) -> None:
    answer = send(scene, event("api-2", ""), SINGLE)
    assert answer.status_code == 422
    found = answer.json()
    assert found["code"] == "USAGE-104"
    assert found["errors"][0]["pointer"] == "/data/quantity"
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_a_batch_takes_what_is_good(scene: Scene) -> None:
    batch = [event("api-3"), event("api-4", "-1"), event("api-5", agency="NONE"), 7]
    answer = send(scene, batch, BATCH)
    found = answer.json()
    assert answer.status_code == 422
    assert (found["accepted"], found["rejected"]) == (1, 3)
    assert [each["pointer"] for each in found["errors"]] == [
        "/1/data/quantity", "/2/data/agency", "/3/event",
    ]  # fmt: skip
    assert send(scene, [event("api-3"), event("api-6")], BATCH).status_code == 201
    assert send(scene, [event("api-3"), event("api-6")], BATCH).status_code == 200


@pytest.mark.parametrize(
    ("body", "media", "status"),
    [
        (b"[", BATCH, 400), (b"\xff", BATCH, 400), (b"{}", BATCH, 400), (b"[]", SINGLE, 400),
        (b'"\\ud800"', SINGLE, 400), (b"[" * 100_000, BATCH, 400), (b"a,b", "text/csv", 415),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_whole(
    scene: Scene, body: bytes, media: str, status: int
) -> None:
    answer = scene.client(FINANCE).post("/api/v1/usage", body, content_type=media)
    assert answer.status_code == status
    assert answer.json()["code"] == f"API-{status}"


def test_a_binary_number_is_refused(scene: Scene) -> None:
    made = event("api-7")
    made["data"]["quantity"] = 3.5
    answer = send(scene, made, SINGLE)
    assert answer.json()["code"] == "USAGE-128"


def test_a_file_is_taken_row_by_row(scene: Scene) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile

    head = "id,agency,charge_item,quantity,unit,from,to\n"
    rows = "".join(
        f"api-f{n},{A},payroll.payslip,{n},C62,{OPEN}-02T05:00:00Z,{OPEN}-03T05:00:00Z\n"
        for n in (1, 2)
    )
    data = (head + rows + f"api-f3,{A},payroll.payslip,,C62,,\n").encode()

    def post(**more: str) -> Any:
        file = SimpleUploadedFile("june.csv", data)
        return scene.client(FINANCE).post(
            "/api/v1/usage/files", {"file": file, "source": "payroll-engine", **more}
        )

    dry = post(dry_run="true").json()
    assert (dry["accepted"], dry["rejected"], dry["dry_run"]) == (2, 1, True)
    done = post().json()
    assert (done["accepted"], done["rejected"]) == (2, 1)
    assert done["problems"][0]["code"] == "USAGE-104"


def upload(scene: Scene, data: bytes, name: str = "june.csv", **more: str) -> Any:
    """Post a file."""
    from django.core.files.uploadedfile import SimpleUploadedFile

    form = {"file": SimpleUploadedFile(name, data), "source": "payroll-engine", **more}
    return scene.client(FINANCE).post("/api/v1/usage/files", form)


def test_a_files_columns_are_mapped(scene: Scene) -> None:
    month = f"{OPEN.month:02d}.{OPEN.year}"
    data = f"Nr;Dept;Menge;Von;Bis\nm1;{A};1,5;02.{month} 08:00;03.{month} 08:00\n"
    form = {
        "columns": json.dumps(
            {"Nr": "id", "Dept": "agency", "Menge": "quantity", "Von": "from", "Bis": "to"}
        ),
        "constants": json.dumps({"charge_item": "payroll.payslip", "unit": "C62"}),
        "date_formats": "%d.%m.%Y %H:%M", "zone": "America/Chicago", "decimal_comma": "true",
    }  # fmt: skip
    done = upload(scene, data.encode(), **form)
    assert done.status_code == 200, done.content
    assert (done.json()["accepted"], done.json()["state"]) == (1, "done"), done.content
    page = scene.client(FINANCE).get(f"/api/v1/usage?agency={A}&period={OPEN}&limit=200").json()
    assert "m1" in {each["external_id"] for each in page["items"]}
    unmapped = upload(scene, data.encode(), delimiter=";")
    assert (unmapped.status_code, unmapped.json()["code"]) == (422, "USAGE-203")
    for wrong in ("[1]", "{", '{"a": 1}'):
        answer = upload(scene, data.encode(), columns=wrong)
        assert (answer.status_code, answer.json()["code"]) == (422, "API-422"), answer.content


def test_a_large_file_is_taken_in_by_a_worker(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Refused rows only, so that the other tests find the month as it was."""
    from commonweal.kernel.metering import background

    head = "id,agency,charge_item,quantity,unit,from,to\n"
    data = (head + f"w1,{A},payroll.payslip,x,C62,,\n" * 40).encode()
    monkeypatch.setattr(background, "INLINE_BYTES", 100)
    sent = upload(scene, data)
    assert sent.status_code == 202, sent.content
    found = sent.json()
    assert (found["state"], found["rows"], found["problems"]) == ("waiting", 0, [])
    place, client = f"/api/v1/usage/uploads/{found['upload_id']}", scene.client(FINANCE)
    again = upload(scene, data)
    assert (again.status_code, again.json()["code"]) == (409, "JOBS-409")
    waiting = client.get(place).json()
    assert (waiting["state"], waiting["rows_expected"]) == ("waiting", 40)
    assert client.get(f"{place}/problems").json()["code"] == "USAGE-405"
    assert client.post(f"{place}/cancel").json()["state"] == "cancelled"
    assert client.post(f"{place}/cancel").json()["code"] == "JOBS-104"
    assert client.post(f"{place}/resume").json()["state"] == "waiting"
    assert client.post(f"{place}/cancel").json()["state"] == "cancelled"
    assert upload(scene, data, resume=found["upload_id"]).json()["upload_id"] == found["upload_id"]
    assert Worker().run(once=True) >= 1
    done = client.get(place).json()
    assert (done["state"], done["rows"], done["rejected"], done["last_error"]) == (
        "done", 40, 40, "",
    )  # fmt: skip
    rows = client.get(f"{place}/problems").content.decode("utf-8-sig").splitlines()
    assert len(rows) == 41
    listed = client.get("/api/v1/usage/uploads?limit=1").json()["items"]
    assert [each["id"] for each in listed] == [found["upload_id"]]
    assert scene.client(f"agency_finance:{A}").get(place).status_code == 404
    unknown = upload(scene, data, resume="018f0000-0000-7000-8000-000000000000")
    assert (unknown.status_code, unknown.json()["code"]) == (422, "USAGE-207")


def test_an_export_is_what_the_list_shows(scene: Scene) -> None:
    client = scene.client(FINANCE)
    where = f"agency={A}&period={OPEN}"
    answer = client.get(f"/api/v1/usage/export?{where}")
    lines = b"".join(answer).decode().splitlines()
    count, after = 0, ""
    while True:
        page = client.get(f"/api/v1/usage?{where}&limit=200&after={after}").json()
        count += len(page["items"])
        after = page["after"]
        if not after:
            break
    assert len(lines) - 1 == count
    assert isinstance(page["items"][0]["quantity"], str)

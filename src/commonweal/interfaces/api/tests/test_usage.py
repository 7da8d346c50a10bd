"""Usage by the API: single and batch, 200/201/409/422, exact, and what is refused whole."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from commonweal.interfaces.api.metering.events import BATCH, EXAMPLE, SINGLE
from commonweal.interfaces.api.tests.scene import OPEN, A, Scene

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
    decided = scene.client(FINANCE).post(
        f"/api/v1/usage/quarantine/{waiting[0]['id']}/release",
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

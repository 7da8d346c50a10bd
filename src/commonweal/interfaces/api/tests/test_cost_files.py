"""A large ledger file by the API: kept, followed, cancelled, imported once more."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from commonweal.interfaces.api.tests.scene import CLOSED, A, Scene
from commonweal.kernel.jobs.public import Worker
from commonweal.practices.charging.actions import cost_files

FINANCE = "finance_officer:"


def send(scene: Scene, month: object) -> Any:
    """A file whose columns are found by their names."""
    data = f"Period,Cost centre,Category,Amount\n{month},api,api,1.00\n".encode()
    form = {"file": SimpleUploadedFile("large.csv", data), "accept_as": "API"}
    return scene.client(FINANCE).post("/api/v1/cost-imports", form)


def test_a_large_ledger_file_is_imported_by_a_worker(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Into a closed month, so that it is refused, and the scene's costs stay as they are."""
    monkeypatch.setattr(cost_files, "INLINE_BYTES", 10)
    sent = send(scene, CLOSED)
    assert sent.status_code == 202, sent.content
    found = sent.json()
    assert (found["state"], found["filename"]) == ("waiting", "large.csv")
    place, client = f"/api/v1/cost-files/{found['id']}", scene.client(FINANCE)
    assert client.post(f"{place}/cancel").json()["state"] == "cancelled"
    assert client.post(f"{place}/cancel").json()["code"] == "JOBS-104"
    assert client.post(f"{place}/resume").json()["state"] == "waiting"
    assert client.post(f"{place}/resume").json()["code"] == "JOBS-409"
    assert Worker().run(once=True) >= 1
    refused = client.get(place).json()
    assert (refused["state"], refused["last_error"]) == ("failed", "COSTS-110")
    assert "months that are closed" in refused["problem"]
    assert scene.client(f"agency_finance:{A}").get(place).status_code == 403

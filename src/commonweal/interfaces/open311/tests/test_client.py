"""A client of the standard that others wrote, pointed at a live server of ours."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest
import requests
from django.db import connections
from georeport import GeoReport

from commonweal.interfaces.api.tests.desk import picture
from commonweal.interfaces.api.tests.scene import A, Scene
from commonweal.interfaces.conftest import scene, scene_database
from commonweal.interfaces.web.wsgi import application

__all__ = ["scene", "scene_database"]


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def address(scene: Scene) -> Iterator[str]:
    """The address of Open311 on a server that runs while a test does."""
    server = make_server("127.0.0.1", 0, application, handler_class=_Quiet)

    def serve() -> None:
        try:
            server.serve_forever()
        finally:
            connections.close_all()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/open311/v2"
    server.shutdown()
    server.server_close()
    thread.join(timeout=10)


@pytest.mark.parametrize("form", ["json", "xml"])
def test_a_whole_round(address: str, scene: Scene, form: str) -> None:
    made = scene.client("service_owner:").post(
        f"/api/v1/agencies/{A}/open311-keys", {"name": form}, content_type="application/json"
    )
    key = made.json()["api_key"]
    client = GeoReport(address, jurisdiction=A, api_key=key, output_format=form)
    services = client.get_service_list()
    found = services if isinstance(services, list) else [services]
    assert [row["service_code"] for row in found] == ["streetlight"]
    definition: Any = client.get_service_definition("streetlight")
    attributes = definition["attributes"]
    rows = attributes if form == "json" else attributes["attribute"]
    assert [row["code"] for row in rows][:2] == ["lamp", "colour"]
    sent = requests.post(
        f"{address}/requests.json",
        data={
            "jurisdiction_id": A, "api_key": key, "service_code": "streetlight",
            "description": f"Dark, by {form}", "lat": "41.8", "long": "-87.6",
            "attribute[lamp]": "L-1",
        },
        files={"media": ("lamp.png", picture("red"), "image/png")},
        timeout=30,
    )  # fmt: skip
    assert sent.status_code == 200, sent.text
    number = sent.json()[0]["service_request_id"]
    one: Any = client.get_service_request(number)
    assert one["description"] == f"Dark, by {form}"
    assert requests.get(one["media_url"], timeout=30).content[:4] in (
        b"\x89PNG", b"\xff\xd8\xff\xe0", b"\xff\xd8\xff\xdb",
    )  # fmt: skip
    many: Any = client.get_service_requests(status="open", service_code="streetlight")
    listed = many if isinstance(many, list) else [many]
    assert number in [row["service_request_id"] for row in listed]
    with pytest.raises(requests.HTTPError):
        client.get_service_request("LWD-26-999999")

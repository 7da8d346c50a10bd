"""What every operation declares: access, description, tag, errors; and what is served about it."""

from __future__ import annotations

import ast
import base64
import hashlib
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from commonweal.interfaces.api.api import api
from commonweal.interfaces.api.tests.samples import operations
from commonweal.interfaces.api.tests.scene import Scene
from commonweal.kernel.jobs.public import all_permissions

HERE = Path(__file__).parents[1]
ALL = operations()
IDS = [f"{method} {path}" for method, path, _ in ALL]


def test_every_view_declares_its_access() -> None:
    for router in api._get_bound_routers():
        for path, view in router.path_operations.items():
            for operation in view.operations:
                access = getattr(operation.view_func, "access", "")
                assert access, path
                signed = bool(operation.auth_callbacks)
                assert signed is (access != "all"), path


@pytest.mark.parametrize(("method", "path", "operation"), ALL, ids=IDS)
def test_an_operation_is_described(method: str, path: str, operation: dict[str, Any]) -> None:
    kind, _, names = operation["x-access"].partition(":")
    assert kind in ("all", "signed-in", "own", "permission", "part", "centre")
    known = all_permissions()
    assert all(name in known for name in names.split("|") if name), names
    assert operation["tags"]
    assert len(operation["description"].split()) >= 5
    responses = operation["responses"]
    errors = {status for status in responses if int(status) >= 400}
    assert {"404", "422"} <= errors
    assert kind == "all" or {"401", "403"} <= errors
    for status in errors:
        assert list(responses[status]["content"]) == ["application/problem+json"]
    assert all(isinstance(status, str) for status in responses)


WHOLE = {
    "/recovery": "one row for each service",
    "/service-positions": "one row for each service",
    "/data-rooms/{room_id}/controls": "one row for each population",
    "/data-rooms/{room_id}/overrides": "every override of the room's time, read to the last",
    "/data-rooms/{room_id}/pairs": "one row for each pair of people who decide",
}
"""Answers that are read whole, and what they hold."""


@pytest.mark.parametrize(("method", "path", "operation"), ALL, ids=IDS)
def test_a_list_is_paged_by_key(method: str, path: str, operation: dict[str, Any]) -> None:
    schema = operation["responses"].get("200", {}).get("content", {}).get("application/json", {})
    name = schema.get("schema", {}).get("$ref", "").rpartition("/")[2]
    if path.removeprefix("/api/v1") in WHOLE:
        return
    if method == "get" and (name.startswith("Page") or name == "LineFacts"):
        limits = {each["name"]: each["schema"] for each in operation["parameters"]}
        assert "after" in limits
        assert name == "LineFacts" or limits["limit"]["maximum"] == 200


def test_no_schema_hides_another_of_the_same_name() -> None:
    names = Counter(
        node.name
        for file in HERE.glob("*/*.py")
        for node in ast.parse(file.read_text()).body
        if isinstance(node, ast.ClassDef)
    )
    assert [name for name, count in names.items() if count > 1] == []


def test_no_number_is_binary_floating_point() -> None:
    schema = api.get_openapi_schema(path_prefix="api/v1/")
    text = repr(schema["components"])
    assert "'type': 'number'" not in text


def test_the_description_is_openapi_3_1(scene: Scene) -> None:
    answer = Client().get("/api/v1/openapi.json")
    assert answer.status_code == 200
    found = answer.json()
    assert found["openapi"].startswith("3.1")
    assert {"ApiToken", "Session"} <= set(found["components"]["securitySchemes"])
    ids = [each["operationId"] for _, _, each in ALL]
    assert len(ids) == len(set(ids))


def test_the_page_for_people_needs_nothing_from_elsewhere(scene: Scene) -> None:
    answer = Client().get("/api/v1/docs")
    text = answer.content.decode()
    assert answer.status_code == 200
    assert "<script" not in text
    style = text.split("<style>")[1].split("</style>")[0]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"'sha256-{digest}'" in answer.headers["Content-Security-Policy"]
    assert not re.search(r'(?:src|href)="https?:', text)
    for _, path, operation in ALL:
        assert f'id="{operation["operationId"]}"' in text
        assert path in text

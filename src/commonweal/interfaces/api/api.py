"""The API as a whole: every door, its description, and the page for people."""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import path, re_path
from ninja import NinjaAPI

from .kit import problems
from .kit.description import describe, page, style_hash
from .kit.doors import Door

GROUP = "commonweal.api"
ABOUT = """\
Everything that a person can do with Commonweal, for programs.

**Signing in.** `Authorization: Bearer cw_…`, a token with scopes and an end, made on the account
page or by `POST /tokens`; or the web's session cookie, with the header `X-CSRFToken` for writes.

**Figures.** Amounts, quantities and rates are decimal strings, never binary numbers. Days are
`2026-11-03`, moments `2026-11-03T09:00:00Z`, months `2026-10`.

**Lists** are paged by key: pass `after` of the answer to read on; `limit` is at most 200.

**Errors** are problem documents (RFC 9457): `detail` says what is wrong, where, and what to do;
`code` never changes its meaning.

**Repeating.** Reads carry an `ETag` and honour `If-None-Match`. Usage may be sent as often as
needed: the same id and content count once.
"""


class CommonwealAPI(NinjaAPI):
    """Ninja, with the description brought to what we promise."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self._described: dict[tuple[Any, ...], Any] = {}

    def get_openapi_schema(
        self, *, path_prefix: str | None = None, path_params: dict[str, Any] | None = None
    ) -> Any:
        """OpenAPI 3.1. Worked out once, it takes a second; the doors stay while we run."""
        key = (path_prefix, *sorted((path_params or {}).items()))
        if key not in self._described:
            plain = super().get_openapi_schema(path_prefix=path_prefix, path_params=path_params)
            self._described[key] = describe(plain, doors())
        return self._described[key]


def doors() -> list[Door]:
    """The doors of this house by folder, then those of plug-ins."""
    found: list[Door] = []
    here = Path(__file__).parent
    for folder in sorted(each.name for each in here.iterdir() if (each / "doors.py").exists()):
        if folder != "kit":
            found += import_module(f"{__package__}.{folder}.doors").DOORS
    for point in sorted(entry_points(group=GROUP), key=lambda item: item.name):
        found.append(point.load())
    return found


def build() -> CommonwealAPI:
    """Every door behind one address."""
    api = CommonwealAPI(
        title="Commonweal",
        version="1",
        description=ABOUT,
        docs_url=None,
        openapi_url="/openapi.json",
        urls_namespace="api",
    )
    problems.install(api)
    for door in doors():
        api.add_router("", door.router)
    return api


def docs(request: HttpRequest) -> HttpResponse:
    """The description for people, without any script."""
    response = HttpResponse(page(api.get_openapi_schema()))
    response["Content-Security-Policy"] = f"default-src 'none'; style-src {style_hash()}"
    return response


def nothing(request: HttpRequest) -> HttpResponse:
    """An address that is not offered."""
    return problems.problem(
        request, 404, "API-404", "There is nothing here. See /api/v1/docs for what is offered."
    )


api = build()
_routes, _app, _namespace = api.urls
urls = (
    [path("docs", docs, name="docs"), *_routes, re_path(r"^.*$", nothing)],
    _app,
    _namespace,
)

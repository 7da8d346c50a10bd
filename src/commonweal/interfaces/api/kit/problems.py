"""Errors as problem documents (RFC 9457): what, where, what to do, and a stable code."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.db import DataError, IntegrityError
from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError
from ninja.errors import ValidationError as Invalid
from pydantic import ConfigDict, Field

from commonweal.kernel.schema.public import CommonwealError, outage_of

from .types import Out

log = logging.getLogger("commonweal.api")
MEDIA = "application/problem+json"
TITLES = {
    400: "The request cannot be read",
    401: "Sign in first",
    403: "Not allowed",
    404: "Not found",
    405: "This method is not offered here",
    409: "It contradicts what is recorded",
    413: "Too large",
    415: "This media type is not read here",
    422: "It cannot be done as asked",
    500: "Our fault",
    503: "Not available now",
}


class Fault(Out):
    """One thing that is wrong in what was sent. `pointer`: JSON pointer into it (RFC 6901)."""

    pointer: str = Field(examples=["/lines/0/quantity"])
    detail: str
    code: str = Field(examples=["API-422"])


class Problem(Out):
    """A problem document (RFC 9457). `detail` says what is wrong, where, and what to do."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(examples=["urn:commonweal:problem:USAGE-104"])
    title: str = Field(examples=["It cannot be done as asked"])
    status: int = Field(examples=[422])
    detail: str = Field(examples=["Row 12: quantity is empty. Enter a number, or remove the row."])
    code: str = Field(examples=["USAGE-104"])
    instance: str = Field(examples=["/api/v1/usage"])
    errors: list[Fault] = Field(default_factory=list)


def problem(
    request: HttpRequest,
    status: int,
    code: str,
    detail: str,
    errors: Sequence[dict[str, str]] = (),
    **more: Any,
) -> HttpResponse:
    """A problem document as a response."""
    body = {
        "type": f"urn:commonweal:problem:{code}",
        "title": TITLES.get(status, HTTPStatus(status).phrase),
        "status": status,
        "detail": detail,
        "code": code,
        "instance": request.path,
        "errors": list(errors),
        **more,
    }
    content = json.dumps(body, ensure_ascii=False, default=str).encode("utf-8", "replace")
    response = HttpResponse(content, status=status, content_type=MEDIA)
    if status == 401:
        response["WWW-Authenticate"] = "Bearer"
    return response


def _plain(value: Any) -> Any:
    """Details as JSON: decimals and ids as text."""
    return json.loads(json.dumps(value, default=str))


def _ours(request: HttpRequest, error: CommonwealError) -> HttpResponse:
    status = 422 if error.status == 400 else error.status
    named = re.fullmatch(r"API-(\d{3})", error.code)
    if named and int(named[1]) in TITLES:
        status = int(named[1])
    return problem(request, status, error.code, error.message, details=_plain(error.details))


def _pointer(place: Sequence[Any]) -> str:
    """Where: the body's own path; a parameter is named by kind and name."""
    kind, rest = place[0], list(place[1:])
    if kind == "body":
        rest = rest[1:]
    else:
        rest = [kind, *rest]
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in rest)


def _invalid(request: HttpRequest, error: Invalid) -> HttpResponse:
    faults = [
        {
            "pointer": _pointer(each["loc"]),
            "detail": str(each["msg"]).removeprefix("Value error, "),
            "code": "API-422",
        }
        for each in error.errors
    ]
    first = faults[0] if faults else {"pointer": "", "detail": "Something is wrong in it."}
    detail = f"{first['pointer'] or 'The body'}: {first['detail']} Correct it and send it again."
    return problem(request, 422, "API-422", detail, faults)


def _http(request: HttpRequest, error: HttpError) -> HttpResponse:
    details = {
        400: "The body is not JSON that can be read. Correct it and send it again.",
        403: "The session's CSRF token is missing or wrong. Send it in the header X-CSRFToken.",
    }
    status = error.status_code
    return problem(request, status, f"API-{status}", details.get(status, str(error)))


def _unsigned(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    return problem(
        request,
        401,
        "API-401",
        "Send a valid token: `Authorization: Bearer cw_…`, or sign in on the web first.",
    )


def _missing(request: HttpRequest, error: Http404) -> HttpResponse:
    return problem(request, 404, "API-404", "There is nothing here. See /api/v1/docs.")


def _unstorable(request: HttpRequest, error: DataError) -> HttpResponse:
    return problem(
        request, 422, "API-423", "A value is too long or out of range to be stored. Shorten it."
    )


def _contradicting(request: HttpRequest, error: IntegrityError) -> HttpResponse:
    log.warning("refused by a constraint in %s %s: %s", request.method, request.path, error)
    return problem(
        request,
        409,
        "API-409",
        "It names something that is not there, or repeats what is recorded. Check its ids.",
    )


def _large(request: HttpRequest, error: RequestDataTooBig) -> HttpResponse:
    return problem(request, 413, "API-413", "Send at most 64 MB at once: fewer records, or a file.")


def _defect(request: HttpRequest, error: Exception) -> HttpResponse:
    outage = outage_of(error)
    if outage is not None:
        log.warning("outage in %s %s: %s", request.method, request.path, outage.code)
        return problem(request, outage.status, outage.code, outage.message)
    log.error("defect in %s %s", request.method, request.path, exc_info=error)
    return problem(
        request, 500, "API-500", "Something failed on our side and nothing was kept. Try again."
    )


def install(api: NinjaAPI) -> None:
    """Every exception has one way out."""
    handlers: tuple[tuple[Any, Any], ...] = (
        (CommonwealError, _ours),
        (Invalid, _invalid),
        (HttpError, _http),
        (AuthenticationError, _unsigned),
        (Http404, _missing),
        (DataError, _unstorable),
        (IntegrityError, _contradicting),
        (RequestDataTooBig, _large),
        (Exception, _defect),
    )
    for kind, handler in handlers:
        api.add_exception_handler(kind, handler)

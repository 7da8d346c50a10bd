"""CloudEvents as they arrive: one or many, read without a model per row, and the answer to them.

A batch of a thousand is parsed by the JSON reader alone; metering checks each record itself and
says what is wrong with it, by code and JSON pointer.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse

from commonweal.kernel.metering.public import IntakeResult, Problem

from ..kit.doors import ApiError
from ..kit.problems import problem

SINGLE = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"
PLAIN = "application/json"
EXAMPLE = {
    "specversion": "1.0",
    "type": "commonweal.usage.v1",
    "source": "payroll-engine",
    "id": "2026-10-LWD-0001",
    "data": {
        "agency": "LWD",
        "charge_item": "payroll.payslip",
        "quantity": "1204",
        "unit": "C62",
        "from": "2026-10-01T05:00:00Z",
        "to": "2026-10-31T05:00:00Z",
        "dimensions": {"run": "monthly"},
        "origin": "run-8841",
    },
}


class WrongMedia(ApiError):
    """The body is of a media type that is not read here."""

    status = 415


class Unreadable(ApiError):
    """The body cannot be read at all; none of it was taken."""

    status = 400


def _whole(text: str) -> str:
    """Refuse halves of surrogate pairs: they are no text."""
    if "\\u" in text:
        try:
            json.dumps(json.loads(text), ensure_ascii=False).encode()
        except UnicodeEncodeError:
            raise ValueError("half of a surrogate pair") from None
    return text


def read(request: HttpRequest) -> tuple[list[Any], bool]:
    """The events, and whether they came as a batch (API-415, API-400)."""
    media = request.content_type or ""
    if media not in (SINGLE, BATCH, PLAIN):
        raise WrongMedia("API-415", f"Send usage as {SINGLE}, or many at once as {BATCH}.")
    try:
        body = json.loads(_whole(request.body.decode("utf-8")))
    except (ValueError, RecursionError):
        raise Unreadable(
            "API-400", "The body is not JSON in UTF-8. Nothing was taken; correct it and resend."
        ) from None
    if media == BATCH and not isinstance(body, list):
        raise Unreadable("API-400", f"A batch is a JSON array of events. Send one as {SINGLE}.")
    if media == SINGLE and isinstance(body, list):
        raise Unreadable("API-400", f"This is a batch. Send it as {BATCH}.")
    return (body, True) if isinstance(body, list) else ([body], False)


def _fault(found: Problem, batch: bool) -> dict[str, str]:
    pointer = found.pointer if batch else "/" + found.pointer.removeprefix("/0").lstrip("/")
    return {**asdict(found), "pointer": pointer, "detail": found.message}


def respond(request: HttpRequest, result: IntakeResult, batch: bool) -> HttpResponse:
    """201 something new was recorded, 200 all was known, 409 a conflict, 422 something refused.

    Each record of a batch stands alone: an answer of 409 or 422 says how many were taken all the
    same, and names the others. What was taken stays taken; what was not may be corrected and sent.
    """
    counts = {
        "batch": str(result.batch_id),
        "accepted": result.accepted,
        "duplicates": result.duplicates,
        "conflicts": len(result.conflicts),
        "rejected": len(result.rejected),
    }
    if result.complete:
        return JsonResponse(counts, status=201 if result.accepted else 200)
    status = 422 if result.rejected else 409
    first = (result.rejected or result.conflicts)[0]
    faults = [_fault(each, batch) for each in (*result.rejected, *result.conflicts)]
    return problem(request, status, first.code, first.message, faults, **counts)

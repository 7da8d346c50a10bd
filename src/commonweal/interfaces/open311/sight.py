"""The map of an agency's published reports: drawn from coordinates, with a table beside it.

No tiles: nobody else's server learns who looks at what.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _
from markupsafe import Markup, escape

from commonweal.kernel.access.public import act_as
from commonweal.kernel.casework import public as casework
from commonweal.kernel.schema.public import NotFound

from ..web.access import open_to_all
from ..web.centre.base import show
from ..web.lists import report
from ..web.requests import Asked
from .asked import jurisdiction
from .faces import face_here
from .reports import described, period, status_of

WIDE, HIGH, EDGE = 720, 480, 24
LEAST = Decimal("0.002")
"""Degrees that a picture shows at least, about 200 metres, so that a single report is no dot in a
void of no size."""


@dataclass(frozen=True)
class Pin:
    """A report on the picture, in its own units."""

    number: str
    words: str
    live: bool
    x: int
    y: int


def pins(rows: Sequence[casework.PublishedCase]) -> list[Pin]:
    """Where reports lie: degrees east shortened by the cosine of their latitude, north up."""
    placed = [
        (row.case, row.case.latitude, row.case.longitude)
        for row in rows
        if row.case.latitude is not None and row.case.longitude is not None
    ]
    if not placed:
        return []
    south, north = min(each[1] for each in placed), max(each[1] for each in placed)
    west, east = min(each[2] for each in placed), max(each[2] for each in placed)
    narrow = Decimal(max(0.05, math.cos(math.radians((south + north) / 2))))
    tall, broad = max(north - south, LEAST), max((east - west) * narrow, LEAST)
    scale = min((WIDE - 2 * EDGE) / broad, (HIGH - 2 * EDGE) / tall)
    mid_x, mid_y = (west + east) / 2, (south + north) / 2
    return [
        Pin(
            case.number,
            f"{case.number}: {case.category.name if case.category else ''}",
            status_of(case.phase) == "open",
            round(WIDE // 2 + (longitude - mid_x) * narrow * scale),
            round(HIGH // 2 - (latitude - mid_y) * scale),
        )
        for case, latitude, longitude in placed
    ]


def drawn(found: Sequence[Pin]) -> Markup:
    """The picture: a disc for what is open, a square for what is closed. It can be looked at only:
    the table beside it says and leads to the same."""
    marks = []
    for pin in found:
        shape = (
            f'<circle cx="{pin.x}" cy="{pin.y}" r="7" class="cw-pin cw-pin--open"/>'
            if pin.live
            else f'<rect x="{pin.x - 6}" y="{pin.y - 6}" width="12" height="12" class="cw-pin"/>'
        )
        marks.append(f"<g><title>{escape(pin.words)}</title>{shape}</g>")
    label = escape(_("Where the reports of the last 90 days are"))
    return Markup(
        f'<svg class="cw-map" viewBox="0 0 {WIDE} {HIGH}" role="img" aria-label="{label}">'
        f'<rect width="{WIDE}" height="{HIGH}" class="cw-map__ground"/>{"".join(marks)}</svg>'
    )


@open_to_all
@report("the published reports of 90 days, a thousand at most")
def sight(request: Asked, agency: str) -> HttpResponse:
    """The published reports of an agency as a picture and as a table."""
    if "\x00" in agency:
        raise NotFound("OPEN311-404", _("There is nothing here."))
    found = jurisdiction(request, agency)
    request.door = found
    actor = casework.citizen(found.pk)
    with act_as(actor):
        since, until = period(request)
        wanted = casework.Wanted(since=since, until=until)
        rows = casework.published_cases(actor, found.pk, wanted)
        context: dict[str, Any] = {
            "agency": found,
            "name": face_here(request, found).name,
            "picture": drawn(pins(rows)),
            "placed": any(row.case.latitude is not None for row in rows),
            "rows": [
                {"case": row.case, **described(request, row)}
                for row in rows
            ],
        }  # fmt: skip
        return show(request, "open311/map.jinja", context)

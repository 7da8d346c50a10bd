"""The costs behind each cent of a bill line: pools, then their ledger lines."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render

from commonweal.practices.charging import public as charging

from ..access import anyone_with
from ..lists import lists, pages, place, report
from ..requests import Asked
from .frame import VIEW, VIEW_ALL
from .lines import span_words


@anyone_with(VIEW, VIEW_ALL)
@report("one row for each cost pool and adjustment behind the line's rate")
def line_costs(request: Asked, line_id: UUID) -> HttpResponse:
    """What each cent of a line stands for, by cost pool."""
    found = charging.line_costs(request.actor, line_id)
    rows = [
        {"code": part.key.pool, "name": part.key.name, "driver": part.key.driver,
         "share": part.share, "minor": part.minor}
        for part in found.parts
    ]  # fmt: skip
    context = {"found": found, "line": found.line, "bill": found.line.bill, "rows": rows}
    return render(request, "agency/line_costs.jinja", context)


@anyone_with(VIEW, VIEW_ALL)
@lists("charging.CostLine")
def line_pool(request: Asked, line_id: UUID, pool: str) -> HttpResponse:
    """The ledger lines behind one pool's part of a line, paged."""
    found = charging.line_pool_shares(request.actor, line_id, pool, place(request))
    rows = [{"line": row.line, "share": row.share, "minor": row.minor} for row in found.rows]
    context = {
        "found": found,
        "line": found.costs.line,
        "bill": found.costs.line.bill,
        "rows": rows,
        "pages": pages(request, found.rows),
        "span": span_words(found.first_period, found.last_period),
    }
    return render(request, "agency/line_pool.jinja", context)

"""Whom a ledger line was charged to: its pool, services and agencies, cent by cent."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.utils.translation import gettext as _

from commonweal.kernel.party.public import agencies
from commonweal.practices.charging import public as charging

from ..access import centre_only
from ..lists import report
from ..requests import Asked
from .base import as_id, show

VIEW = "charging.view_costs"


@centre_only(VIEW)
@report("one row for each service that a pool reaches, and for each agency billed")
def ledger_line(request: Asked, line_id: UUID) -> HttpResponse:
    """Who was charged for one ledger line, by the allocation that counted it."""
    found = charging.ledger_trail(request.actor, line_id, as_id(request.GET.get("run", "")))
    named = {row.code: row.name for row in agencies(request.actor)}
    context = {
        "found": found,
        "line": found.line,
        "runs": [(str(run.pk), run.label) for run in found.runs],
        "services": [service_row(found, part) for part in found.services],
        "agencies": [
            {"code": code, "name": named.get(code, code) or _("Nobody yet"), "minor": minor}
            for code, minor in found.agencies.items()
        ],
    }
    return show(request, "centre/ledger_line.jinja", context)


def service_row(found: charging.LedgerTrail, part: Any) -> dict[str, Any]:
    """A service's part, with how much of it agencies were billed for."""
    billed = sum(each.minor for each in found.charged if each.service == part.key and each.agency)
    return {
        "name": place_words(found, part.key),
        "share": part.share,
        "minor": part.minor,
        "billed": billed,
    }


def place_words(found: charging.LedgerTrail, target: str) -> str:
    """A final object of an allocation, in words."""
    return found.names.get(target) or _("No service: unallocated")

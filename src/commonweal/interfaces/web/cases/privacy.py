"""The privacy notice of an agency's door: its own words, or what the system does in fact."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.utils.translation import ngettext

from commonweal.kernel.access.public import Actor
from commonweal.kernel.casework import public as casework
from commonweal.kernel.party.public import Agency

from ..centre.base import show
from ..lists import report
from ..requests import Asked
from .door import at_door

YEAR = 365


@dataclass(frozen=True)
class Kept:
    """What is kept equally long: how long in words, and the kinds of requests."""

    long: str
    kinds: list[str]


def long_words(days: int) -> str:
    """A number of days as people say it: whole years where it is some."""
    years, rest = divmod(days, YEAR)
    if years and not rest:
        return ngettext("%(n)d year", "%(n)d years", years) % {"n": years}
    return ngettext("%(n)d day", "%(n)d days", days) % {"n": days}


def kept_kinds(kinds: list[casework.CaseType]) -> list[Kept]:
    """How long what is told is kept, the shortest time first."""
    by_days: dict[int, set[str]] = {}
    for kind in kinds:
        by_days.setdefault(kind.retention_days, set()).add(kind.name)
    return [Kept(long_words(days), sorted(names)) for days, names in sorted(by_days.items())]


def facts(actor: Actor, agency: Agency) -> dict[str, Any]:
    """What a notice says that follows from how the door is set up: what is kept how long, what
    everybody may read."""
    rows = casework.categories(actor, "citizen", agency.code)
    offers = casework.office_offers(actor, agency_code=agency.code)
    offered = {row.case_type.pk: row.case_type for row in rows}
    offered |= {row.visit_type.pk: row.visit_type for row in offers}
    kinds = list(offered.values()) or casework.case_types(actor, "citizen")
    public = [row.name for row in rows if row.public and row.case_type.publication == "public"]
    return {
        "kept": kept_kinds(kinds),
        "public": sorted(set(public)),
    }


@at_door
@report("a notice, and the kinds of requests of one agency")
def privacy(request: Asked, agency: Agency) -> HttpResponse:
    """What is done with what citizens tell: in the agency's words, else in ours."""
    context = {"agency": agency, **facts(request.actor, agency)}
    return show(request, "cases/door_privacy.jinja", context)

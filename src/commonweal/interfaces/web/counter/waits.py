"""How long people wait at an office, by hour; and how it would be with one more desk."""

from __future__ import annotations

from datetime import timedelta

from django.http import HttpResponse
from django.utils.translation import gettext as _

from commonweal.kernel.casework import public as casework

from ..access import centre_only
from ..centre.base import show
from ..lists import report
from ..look.page import Stat
from ..requests import Asked
from .public import wait_words
from .screen import the_office

WEEKS = (1, 4, 12)


@centre_only("casework.work")
@report("the hours of a day, twenty-four at most")
def waits(request: Asked, office: str) -> HttpResponse:
    """Waiting today and in the last weeks, hour by hour, and with one more desk."""
    found, actor = the_office(request, office), request.actor
    day = casework.today_at(actor, found)
    asked = request.GET.get("weeks", "")
    weeks = int(asked) if asked in map(str, WEEKS) else 4
    today = casework.hours_of_day(actor, found, day, day)
    usual = casework.hours_of_day(
        actor, found, day - timedelta(weeks=weeks), day - timedelta(days=1)
    )
    shown = casework.queueing(actor, found)
    context = {
        "office": found,
        "today": today,
        "usual": usual,
        "weeks": weeks,
        "choices": [(str(each), _("%(n)s weeks") % {"n": each}) for each in WEEKS],
        "more": casework.with_another_desk(actor, found, usual),
        "stats_of": [
            Stat(_("Waiting now"), str(shown.waiting)),
            Stat(_("Desks with a clerk"), str(shown.desks)),
            Stat(_("Whoever comes now"), minutes(shown.wait), note=wait_words(shown.wait)),
        ],
        "minutes": minutes,
    }
    return show(request, "counter/waits.jinja", context)


def minutes(seconds: float | None) -> str:
    """Seconds as minutes with one decimal, as tables of waiting show them."""
    return "–" if seconds is None else _("%(n).1f min") % {"n": seconds / 60}

"""How the desk does: its load, the age of what is open, what comes of other staffing, answers.

Everything comes from kept sums; the forecast is that of `domain/backlog`, which says its model.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from markupsafe import Markup

from commonweal.kernel.calendar.public import today
from commonweal.kernel.casework import public as casework
from commonweal.kernel.party.public import centre, people_of_accounts
from commonweal.kernel.schema.public import CommonwealError
from commonweal.kernel.words.public import day as day_words
from commonweal.kernel.words.public import percent

from ..access import centre_only
from ..centre.base import as_id, month_asked, months_back, problems, show
from ..lists import report
from ..look.charts import Point, line, ranking
from ..look.page import Problem
from ..requests import Asked
from .said import channels

VIEW_ALL = "casework.view_all"


@centre_only(VIEW_ALL)
@report("one row for each queue, agent and channel of the desk")
def manage(request: Asked) -> HttpResponse:
    """The figures of a month, of every queue or one, and the backlog under other staffing."""
    actor = request.actor
    now_on = today(centre().zone)
    month = month_asked(request, now_on.strftime("%Y-%m"))
    queue = as_id(request.GET.get("queue", ""))
    names = {each.pk: each.name for each in casework.own_queues(actor)}
    queue = queue if queue in names else None
    found = casework.desk_figures(actor, date.fromisoformat(f"{month}-01"), queue)
    agents = max(casework.agents_of(actor, queue), 1)
    ahead, errors = _ahead(request, found, agents)
    context: dict[str, Any] = {
        "found": found,
        "month": month,
        "months": months_back(now_on.strftime("%Y-%m"), 13),
        "queue": str(queue or ""),
        "queues": [("", _("Every queue")), *((str(pk), name) for pk, name in names.items())],
        "sentence": sentence(found),
        "per_queue": [_row(each, names.get(UUID(each.key), "–")) for each in found.queues],
        "per_agent": _agents(request, found),
        "per_channel": [_row(each, channels().get(each.key, each.key)) for each in found.channels],
        "ages": ages(found),
        "agents": request.GET.get("agents", "") or str(agents),
        "on": request.GET.get("on", "") or "0",
        "ahead": ahead,
        "asked": bool(request.GET.get("agents", "")),
        "share": share,
        "mean": mean,
    }
    return show(request, "cases/manage.jinja", context, errors)


def share(part: int, whole: int) -> str:
    """A share in per cent; “–” of nothing."""
    return percent(Fraction(part, whole)) if whole else "–"


def mean(total: int, count: int) -> str:
    """The mean answer, of 5; “–” without one."""
    return str(round(Decimal(total) / count, 1)) if count else "–"


def _row(each: casework.Figures, name: str) -> dict[str, Any]:
    return {
        "name": name, "came": each.came, "done": each.done, "live": each.live, "late": each.late,
        "first": share(each.first, each.done), "again": share(each.again, each.done),
        "rated": mean(each.score, each.rated), "answers": each.rated,
    }  # fmt: skip


def _agents(request: Asked, found: casework.DeskFigures) -> list[dict[str, Any]]:
    """Each who has or did something, those with the most open first; then what nobody has."""
    accounts = {UUID(each.key) for each in found.agents if each.key}
    people = people_of_accounts(request.actor, accounts) if accounts else {}
    rows = []
    for each in sorted(found.agents, key=lambda one: (one.key == "", -one.live, -one.done)):
        person = people.get(UUID(each.key)) if each.key else None
        name = person.name if person else _("Somebody who left") if each.key else _("Nobody")
        rows.append(_row(each, name))
    return rows


def sentence(found: casework.DeskFigures) -> str:
    """What is open now and how much of it is late, in a sentence."""
    whole = found.whole
    said = ngettext("%(n)s case is open", "%(n)s cases are open", whole.live) % {"n": whole.live}
    late = ngettext("%(n)s is late", "%(n)s are late", whole.late) % {"n": whole.late}
    return _("%(open)s; %(late)s.") % {"open": said, "late": late}


def age_words() -> dict[str, str]:
    """The classes of age in words."""
    return {
        "older": _("90 days and more"),
        "quarter": _("30 to 89 days"),
        "month": _("7 to 29 days"),
        "week": _("1 to 6 days"),
        "day": _("Today"),
    }


def ages(found: casework.DeskFigures) -> Markup:
    """How long what is open has been so: a picture, and its table."""
    names = age_words()
    points = [Point(names[code], count, str(count)) for code, count in reversed(found.ages)]
    old = sum(count for code, count in found.ages if code in ("older", "quarter"))
    title = ngettext(
        "%(n)s open case is 30 days old or more", "%(n)s open cases are 30 days old or more", old
    )
    return ranking(title % {"n": old}, points, label=_("Open for"), unit=_("Cases"),
                empty_text=_("Nothing is open."))  # fmt: skip


def _ahead(
    request: Asked, found: casework.DeskFigures, agents: int
) -> tuple[dict[str, Any] | None, tuple[Problem, ...]]:
    """The forecast that was asked for, without history none."""
    given, on = request.GET.get("agents", ""), request.GET.get("on", "")
    errors = tuple(
        Problem(_("Write a whole number of 0 or more."), field, "FORM-103")
        for field, value in (("agents", given), ("on", on))
        if value and not (value.isascii() and value.isdigit() and len(value) < 6)
    )
    if errors or not given:
        return None, errors
    staffing = casework.Staffing(agents, int(given or agents), int(on or 0))
    try:
        question = casework.backlog_question(request.actor, found, staffing)
        ahead = casework.forecast_backlog(question)
        needed = casework.agents_to_clear(question)
    except CommonwealError as error:
        return None, () if error.code == "CASE-222" else problems(error)
    return {
        "said": ahead_words(question, ahead, needed),
        "picture": ahead_picture(question, ahead),
        "ages": [(age_words()[each.name], each.open, when) for each, when in ahead.ages],
    }, ()


def ahead_words(question: casework.Question, ahead: casework.Forecast, needed: int | None) -> str:
    """The forecast in a few sentences."""
    last, agents = ahead.days[-1], int(question.staffing.then)
    who = ngettext("With %(n)s agent", "With %(n)s agents", agents) % {"n": agents}
    if ahead.clears_on is not None:
        said = _("%(who)s nothing but a day's work is expected to be open on %(day)s.") % {
            "who": who, "day": day_words(ahead.clears_on)}  # fmt: skip
    else:
        said = _(
            "%(who)s about %(cases)s cases are expected to be open on %(day)s; between %(low)s and "
            "%(high)s in eight of ten futures."
        ) % {"who": who, "cases": round(last.expected), "day": day_words(last.day),
             "low": last.low, "high": last.high}  # fmt: skip
    if not ahead.steady:
        grows = str(round(Decimal(ahead.grows_by), 1))
        said = f"{said} {_('More comes than is done: it grows by %(n)s a day.') % {'n': grows}}"
    if needed is not None:
        more = ngettext(
            "%(n)s agent would clear it by then.", "%(n)s agents would clear it by then.", needed
        )
        said = f"{said} {more % {'n': needed}}"
    return said


def ahead_picture(question: casework.Question, ahead: casework.Forecast) -> Markup:
    """What is expected to be open at the end of every fifth working day, and its table."""
    shown = [each for place, each in enumerate(ahead.days) if place % 5 == 4]
    points = [
        Point(
            date_format(each.day, "j M"),
            round(each.expected),
            _("%(n)s (%(low)s to %(high)s)")
            % {"n": round(each.expected), "low": each.low, "high": each.high},
            short=str(round(each.expected)),
        )
        for each in shown
    ]
    now_open = sum(each.open for each in question.open_now)
    end = round(ahead.days[-1].expected)
    title = _("From %(now)s open cases to %(then)s in twelve weeks") % {
        "now": now_open, "then": end}  # fmt: skip
    return line(title, points, label=_("End of"), unit=_("Open cases"), zero=True)

"""The director's questions at a glance: late, recovered, disputed, to be decided."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from commonweal.kernel.access.public import Actor
from commonweal.kernel.calendar.public import FiscalPeriod
from commonweal.kernel.party.public import centre
from commonweal.kernel.words import public as words
from commonweal.practices.consolidation import public as worth

from ..look.page import Stat

if TYPE_CHECKING:
    from .director import Late, Recovered


def glance(
    late: Late, recovered: Sequence[Recovered], queries: Sequence[Any], decisions: Sequence[Any]
) -> list[Stat]:
    """One figure for each question; each leads to its part of the page."""
    found = [_late(late)]
    if recovered:
        found.append(_recovered(recovered))
    return [*found, _asked(queries), _decisions(decisions)]


def worth_stat(actor: Actor, period: str) -> Stat | None:
    """What sharing saved in the month's fiscal year, as honest as its page."""
    if not actor.may("consolidation.view"):
        return None
    year = FiscalPeriod.parse(period).fiscal_year(centre().fiscal_year_start_month)
    total, currency = worth.total_of(worth.year_views(actor, year)), centre().currency
    href = reverse("centre:worth") + f"?year={year}"
    label = _("Sharing lost") if total.claimed < 0 else _("Sharing saved")
    if total.unknown == total.rows:
        return Stat(label, "–", _("Cannot be determined"), href, "unknown")
    note = _("%(amount)s verified") % {"amount": words.money(total.verified, currency)}
    if total.unknown:
        note += " · " + _("%(num)s of %(all)s not known") % {
            "num": total.unknown,
            "all": total.rows,
        }
    status = "bad" if total.claimed < 0 else "watch" if total.not_proved else "good"
    return Stat(label, words.money(abs(total.claimed), currency), note, href, status)


def _late(late: Late) -> Stat:
    label, href = _("Late"), "#late"
    month = words.period(late.period)
    if late.view.done:
        return Stat(label, "0", _("%(month)s is closed") % {"month": month}, href, "good")
    if late.view.stopped:
        return Stat(label, "1", _("The close stopped"), href, "bad")
    if late.sources:
        count = len(late.sources)
        text = ngettext("source of %(month)s is late", "sources of %(month)s are late", count)
        return Stat(label, words.quantity(count), text % {"month": month}, href, "watch")
    if not late.waits:
        return Stat(label, "–", _("Not known for %(month)s") % {"month": month}, href,
            "unknown")  # fmt: skip
    return Stat(label, "0", _("All of %(month)s is there") % {"month": month}, href, "good")


def _recovered(recovered: Sequence[Recovered]) -> Stat:
    known = [row for row in recovered if row.known]
    short = [row for row in known if row.status[0] == "bad"]
    over = [row for row in known if row.status[0] == "watch"]
    figure = _("%(count)s of %(all)s") % {"count": len(known) - len(short), "all": len(recovered)}
    if short:
        note, status = words.listing([row.name for row in short]) + " " + _("short of cost"), "bad"
    elif len(known) < len(recovered):
        note, status = _("The others cannot be determined"), "unknown"
    elif over:
        text = ngettext(
            "%(num)s charged more than cost", "%(num)s charged more than cost", len(over)
        )
        note, status = text % {"num": len(over)}, "watch"
    else:
        note, status = _("Every service"), "good"
    return Stat(_("Recovered their cost"), figure, note, "#recovered", status)


def _asked(queries: Sequence[Any]) -> Stat:
    disputes = sum(row.kind == "dispute" for row in queries)
    questions = len(queries) - disputes
    note = (
        ngettext("and %(num)s question", "and %(num)s questions", questions) % {"num": questions}
        if questions
        else _("No open question")
    )
    return Stat(_("Disputed"), words.quantity(disputes), note, "#asked",
        "bad" if disputes else "watch" if questions else "good")  # fmt: skip


def _decisions(decisions: Sequence[Any]) -> Stat:
    count = len(decisions)
    note = _("Waits for you") if count else _("Nothing waits for you")
    return Stat(_("To be decided"), words.quantity(count), note, "#decisions",
        "watch" if count else "good")  # fmt: skip

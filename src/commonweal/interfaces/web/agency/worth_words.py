"""What sharing saved or lost, in sentences that call a loss a loss."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from markupsafe import Markup

from commonweal.kernel.words import public as words
from commonweal.practices.consolidation import public as worth

from ..look.charts import Point, ranking, waterfall


def figure_names() -> dict[str, str]:
    """The four figures as people read them."""
    return {
        "nominal": _("Nominal: as the money was paid"),
        "volume": _("Adjusted for volume"),
        "real": _("Real: in the baseline's prices"),
        "saving": _("Adjusted for volume and prices: what counts"),
    }


def formulas() -> dict[str, str]:
    """How each figure is worked out."""
    return {
        "nominal": _("baseline × months ÷ 12 − spent"),
        "volume": _("(fixed cost × months ÷ 12 + varying cost × volume now ÷ volume then) − spent"),
        "real": _("baseline × months ÷ 12 − spent × index then ÷ index now"),
        "saving": _(
            "(fixed cost × months ÷ 12 + varying cost × volume now ÷ volume then) × index now ÷"
            " index then − spent"
        ),
    }


def cost_kinds() -> dict[str, str]:
    """The kinds of cost of a baseline."""
    return {
        "staff": _("Staff"),
        "contracts": _("Contracts"),
        "licences": _("Licences"),
        "hosting": _("Hosting"),
        "overhead": _("Overhead"),
        "other": _("Other"),
    }


def own_kinds() -> dict[str, str]:
    """What a service may still cost the agency itself."""
    return {
        "retained": _("Retained cost"),
        "transition": _("Transition"),
        "dual_running": _("Running both at once"),
    }


def outcome(figure: worth.Figure) -> tuple[str, str]:
    """The shape and the word of a figure."""
    return {
        "saving": ("good", _("Saving")),
        "loss": ("bad", _("Loss")),
        "even": ("neutral", _("Even")),
        "unknown": ("unknown", _("Cannot be determined")),
    }[figure.outcome]


def headline(view: worth.YearView) -> str:
    """The year of one service in a sentence."""
    figure = view.saving
    parts = {
        "service": view.service.name,
        "year": view.fiscal_year,
        "amount": words.money(abs(figure.minor or 0), view.currency),
        "alone": words.money(figure.baseline_minor or 0, view.currency),
        "shared": words.money(figure.spent_minor or 0, view.currency),
    }
    if figure.outcome == "saving":
        shape = _(
            "In fiscal year %(year)s sharing %(service)s saved %(amount)s: alone it would have cost"
            " %(alone)s, shared it cost %(shared)s."
        )
    elif figure.outcome == "loss":
        shape = _(
            "In fiscal year %(year)s sharing %(service)s lost %(amount)s: alone it would have cost"
            " %(alone)s, shared it cost %(shared)s."
        )
    elif figure.outcome == "even":
        shape = _(
            "In fiscal year %(year)s sharing %(service)s cost what it would have cost alone:"
            " %(shared)s."
        )
    else:
        shape = _(
            "Whether sharing %(service)s saved anything in fiscal year %(year)s cannot be"
            " determined."
        )
    return shape % parts


def turned(view: worth.YearView) -> str:
    """Where prices or volumes turn the sign of what was paid, that they do; else empty."""
    nominal, figure = view.figures["nominal"], view.saving
    if nominal.outcome == "saving" and figure.outcome == "loss":
        shape = _(
            "As the money was paid it looks like a saving of %(amount)s. Prices and volumes turn it"
            " into a loss."
        )
    elif nominal.outcome == "loss" and figure.outcome == "saving":
        shape = _(
            "As the money was paid it looks like a loss of %(amount)s. Prices and volumes turn it"
            " into a saving."
        )
    else:
        return ""
    return shape % {"amount": words.money(abs(nominal.minor or 0), view.currency)}


def missing(view: worth.YearView, figure: worth.Figure | None = None) -> list[str]:
    """What would have to be known, each in words."""
    row = view.baseline
    index = row.index.name if row else ""
    said = {
        "baseline": _("a baseline that the agency signed"),
        "months": _("a month that an order covers and whose books are closed"),
        "volume": _("the volume, then and now"),
        "index_then": _("the index “%(index)s” of %(year)s")
        % {"index": index, "year": row.price_year if row else ""},
        "index_now": _("the index “%(index)s” of %(year)s")
        % {"index": index, "year": view.fiscal_year},
    }
    names = own_kinds()
    found = []
    for code in (figure or view.saving).missing:
        if code in names:
            months = words.listing([words.period(each) for each in view.months_missing(code)])
            text = _("%(kind)s of %(months)s (0 if there was none)") if months else "%(kind)s"
            kind = names[code][:1].lower() + names[code][1:]
            found.append(text % {"kind": kind, "months": months})
        elif row is not None or not code.startswith("index"):
            found.append(said[code])
    return found


def doubts(view: worth.YearView) -> list[str]:
    """Why a saving, or a part of it, is not proved."""
    said = {
        "late": _("The baseline was signed late: an order of the service was in force already."),
        "unconfirmed": _("The agency's finance officer has not confirmed it."),
        "no_evidence": _("There is no paper that shows it."),
        "budget": _("The budget was reduced by less than the cashable part."),
        "changed": _("The books show another saving today than was confirmed."),
    }
    return [said[code] for code in view.proof.doubts]


def picture(view: worth.YearView) -> Markup:
    """From what it would have cost alone to what remains, step by step."""
    figure = view.saving
    if figure.minor is None or figure.baseline_minor is None:
        return Markup()
    names, now = own_kinds(), view.now
    steps = [(_("Charges"), now.charges)]
    steps += [(names[kind], now.own.get(kind) or 0) for kind in worth.OWN_KINDS]
    said = outcome(figure)[1]

    def point(label: str, minor: int) -> Point:
        return Point(label, minor, words.money(minor, view.currency))

    title = _("%(outcome)s of %(amount)s with %(service)s") % {
        "outcome": said,
        "amount": words.money(abs(figure.minor), view.currency),
        "service": view.service.name,
    }
    return waterfall(
        title,
        point(_("Alone, at today's volume and prices"), figure.baseline_minor),
        [point(label, -minor) for label, minor in steps if minor],
        point(said, figure.minor),
        label=_("Step"),
        unit=view.currency,
    )


def ranked(views: Sequence[worth.YearView], title: str) -> Markup:
    """The services' savings and losses from one zero line, largest first."""
    known = [view for view in views if view.saving.minor is not None]
    known.sort(key=lambda view: -(view.saving.minor or 0))
    if not known:
        return Markup()
    several = len({view.agency.pk for view in known}) > 1
    points = [
        Point(
            f"{view.agency.code}: {view.service.name}" if several else view.service.name,
            view.saving.minor,
            words.money(view.saving.minor, view.currency),
        )
        for view in known
    ]
    return ranking(title, points, label=_("Service"), unit=known[0].currency)


def total_sentence(total: worth.Total, year: int, currency: str) -> str:
    """The sum in a sentence: saved or lost, how much of it verified, what is not known."""
    if total.unknown == total.rows:
        return _("What sharing saved or lost in fiscal year %(year)s cannot be determined.") % {
            "year": year
        }
    parts = {
        "year": year,
        "amount": words.money(abs(total.claimed), currency),
        "verified": words.money(total.verified, currency),
        "rest": words.money(total.not_proved, currency),
    }
    shape = (
        _("In fiscal year %(year)s sharing lost %(amount)s.")
        if total.claimed < 0
        else _(
            "In fiscal year %(year)s sharing saved %(amount)s as claimed: %(verified)s is verified,"
            " %(rest)s is not proved."
        )
    )
    text = shape % parts
    if total.unknown:
        more = ngettext(
            "For %(num)s of %(all)s services it cannot be determined.",
            "For %(num)s of %(all)s services it cannot be determined.",
            total.unknown,
        )
        text += " " + more % {"num": total.unknown, "all": total.rows}
    return text


def ratio(value: Fraction | None) -> str:
    """Realised ÷ forecast, or a dash."""
    return "–" if value is None else words.percent(value)

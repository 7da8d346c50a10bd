"""The yearly package's summary as a tagged PDF (PDF/UA-1), made by typst: same record, same bytes.

It says in a few pages what the tables beside it say in full. People are opaque ids, as there.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from django.db.models import Count, Sum
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _

from commonweal.kernel.authority.public import Decision
from commonweal.kernel.calendar.public import FiscalPeriod
from commonweal.kernel.party.public import centre
from commonweal.kernel.words import public as words

from ..domain.recovery import days_text
from ..models import AdjustmentPart, Bill, BillLine, CostLine, LineFunding
from ..recovery_words import method_words
from .annual_tables import Tables
from .typeset import typeset


@dataclass(frozen=True)
class Section:
    """A table with its heading. `figures`: the places of the columns of figures."""

    title: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    figures: Sequence[int]
    about: str = ""
    none: str = ""


def annual_pdf(tables: Tables) -> bytes:
    """The summary's bytes, in the centre's language whoever asks for it."""
    with override(centre().locale):
        said = summary_data(tables)
    return typeset("annual.typ", said, FiscalPeriod.parse(tables.months[-1]).end_day)


def summary_data(tables: Tables) -> dict[str, Any]:
    """Everything that the template prints, already in words."""
    unknown = [row for row in tables.accounts if row.account.missing]
    notes = [
        _("Amounts in %(currency)s. Each service is an account of its own: nothing is netted "
          "between services. The tables in the package say everything in full.")
        % {"currency": tables.currency}
    ]  # fmt: skip
    if unknown:
        notes.append(
            _("Months without costs make a result that cannot be determined: %(services)s.")
            % {"services": "; ".join(
                f"{row.service.name} ({', '.join(row.account.missing)})" for row in unknown
            )}
        )  # fmt: skip
    return {
        "title": _("Recovery in the fiscal year %(year)s") % {"year": tables.year},
        "centre": centre().name,
        "lang": (get_language() or "en").split("-")[0],
        "headline": _headline(tables),
        "notes": notes,
        "sections": [
            asdict(each)
            for each in (
                _positions(tables), _reserves(tables), _adjustments(tables), _grants(tables),
                _controls(tables), _decisions(tables),
            )
        ],
    }  # fmt: skip


def _money(tables: Tables, minor: int | None) -> str:
    return _("cannot be determined") if minor is None else words.money(minor, tables.currency)


def _headline(tables: Tables) -> str:
    """`2 services: 1 within their limits, 1 not, 0 that cannot be determined.`"""
    states = [row.state for row in tables.accounts]
    return _(
        "%(all)s services: %(good)s within their limits, %(other)s not, "
        "%(unknown)s that cannot be determined."
    ) % {
        "all": len(states),
        "good": states.count("good") + states.count("watch"),
        "other": states.count("bad"),
        "unknown": states.count("unknown"),
    }


def _positions(tables: Tables) -> Section:
    rows = [
        [row.service.name, *(
            _money(tables, minor)
            for minor in (row.account.opening, row.account.of("revenue"), row.account.of("cost"),
                          row.account.result, row.account.closing)
        )]
        for row in tables.accounts
    ]  # fmt: skip
    header = [_("Service"), _("Opening"), _("Revenue"), _("Cost"), _("Result"), _("Closing")]
    return Section(_("Each service's position"), header, rows, (1, 2, 3, 4, 5))


def _reserves(tables: Tables) -> Section:
    states = {
        "good": _("Within the limit"), "watch": _("Near the limit"), "bad": _("Beyond the limit"),
        "unknown": _("Cannot be determined"),
    }  # fmt: skip
    rows = []
    for row in tables.accounts:
        days = days_text(row.reserve.days)
        rows.append([
            row.service.name, _money(tables, row.reserve.balance),
            _("cannot be determined") if days is None else str(days),
            str(days_text(row.reserve.limit)), _money(tables, row.reserve.excess),
            states.get(row.reserve.state, row.reserve.state),
        ])  # fmt: skip
    header = [_("Service"), _("Balance"), _("Days of cash expense"), _("Limit in days"),
              _("Above the limit"), _("State")]  # fmt: skip
    return Section(_("The reserve in days"), header, rows, (1, 2, 3, 4))


def _adjustments(tables: Tables) -> Section:
    rows = [
        [
            row.service.name, method_words(row.method), _money(tables, row.amount_minor),
            _money(tables, row.grant_minor), _money(tables, row.interest_minor),
            {"approved": _("Approved"), "rejected": _("Rejected"),
             "proposed": _("Waiting")}.get(row.state, row.state),
        ]
        for row in tables.adjustment_rows()
    ]  # fmt: skip
    header = [_("Service"), _("Method"), _("Amount"), _("Of which grants"), _("Interest"),
              _("State")]  # fmt: skip
    return Section(
        _("Year-end adjustments"), header, rows, (2, 3, 4),
        about=_("What is given back is positive; what is charged more is negative."),
        none=_("No adjustment was proposed."),
    )  # fmt: skip


def _grants(tables: Tables) -> Section:
    """What grants paid of each service, and their part of the approved adjustments."""
    paid: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    lines = LineFunding.objects.filter(
        line__bill__state="issued", line__bill__period__in=tables.months
    )
    for code, grant, total in lines.values_list("line__service__code", "source__grant").annotate(
        total=Sum("amount_minor")
    ).order_by():  # fmt: skip
        paid[code][0] += int(total)
        paid[code][1] += int(total) if grant else 0
    parts = AdjustmentPart.objects.filter(fiscal_year=tables.year, state="approved", grant=True)
    for code, total in parts.values_list("service__code").annotate(
        total=Sum("amount_minor")
    ).order_by():  # fmt: skip
        paid[code][2] += int(total)
    rows = [
        [row.service.name, *(_money(tables, minor) for minor in paid[row.service.code])]
        for row in tables.accounts
    ]
    header = [_("Service"), _("Paid in all"), _("Paid by grants"), _("Grants' part of adjustments")]
    return Section(_("Grants' parts"), header, rows, (1, 2, 3))


def _controls(tables: Tables) -> Section:
    """How many rows each population has, and their sum: what a sample is drawn from."""
    own = {"bill__state": "issued", "bill__period__in": tables.months}
    populations = (
        (_("Ledger lines of cost"), "amount_minor", CostLine.objects.filter(
            agency_id=centre().agency_id, basis="actual", period__in=tables.months)),
        (_("Issued bills"), "total_minor", Bill.objects.filter(
            state="issued", period__in=tables.months)),
        (_("Lines of the bills"), "amount_minor", BillLine.objects.filter(**own)),
        (_("What funding sources pay"), "amount_minor", LineFunding.objects.filter(
            **{f"line__{name}": value for name, value in own.items()})),
    )  # fmt: skip
    rows = []
    for name, field, found in populations:
        sums = found.aggregate(count=Count("pk"), total=Sum(field))
        rows.append([name, words.quantity(sums["count"]), _money(tables, int(sums["total"] or 0))])
    return Section(
        _("Control totals"), [_("Population"), _("Rows"), _("Total")], rows, (1, 2),
        about=_("Bills, their lines and what funding sources pay have the same total."),
    )  # fmt: skip


def _decisions(tables: Tables) -> Section:
    """Who decided the adjustments; every decision is in 15-decisions.csv."""
    ids = [row.decision_id for row in tables.adjustment_rows() if row.decision_id]
    found = Decision.objects.filter(pk__in=ids).order_by("id")
    rows = [
        [row.subject_label, str(row.proposed_by or "–"), str(row.decided_by or "–"),
         words.day(row.decided_at.date()) if row.decided_at else _("Waiting")]
        for row in found
    ]  # fmt: skip
    _header, every = tables.decisions()
    header = [_("About"), _("Proposed by"), _("Decided by"), _("On")]
    return Section(
        _("Who decided"), header, rows, (),
        about=_("People are ids here; the centre's register opens them. %(count)s decisions are "
                "in 15-decisions.csv.") % {"count": words.quantity(len(every))},
        none=_("No adjustment was decided."),
    )  # fmt: skip

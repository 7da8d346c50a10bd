"""Credits of an agency: the list, and one with its schedule over bills."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from commonweal.kernel.words import public as words
from commonweal.practices.charging import public as charging

from ..access import agency_only, anyone_with
from ..lists import lists, pages, place, report
from ..requests import Asked
from .frame import VIEW, VIEW_ALL, choices


@agency_only(VIEW)
@lists("charging.Credit")
def credits(request: Asked) -> HttpResponse:
    """Every credit, newest first, with what is still to come."""
    mine = choices(request)
    rows = charging.credits(request.actor, mine["chosen"].pk, place(request))
    context = {
        "rows": rows,
        "left": charging.credit_left(request.actor, rows),
        "kinds": charging.credit_words(),
        "pages": pages(request, rows),
        **mine,
    }
    return render(request, "agency/credits.jinja", context)


@anyone_with(VIEW, VIEW_ALL)
@report("one credit as a whole: at most 120 months and the lines that it is for")
def credit(request: Asked, credit_id: UUID) -> HttpResponse:
    """One credit: why, how much is left, and month by month what was planned and taken."""
    view = charging.credit_view(request.actor, credit_id)
    context = {
        "view": view,
        "credit": view.credit,
        "kind": charging.credit_words()[view.credit.kind],
        "sentence": sentence(view),
        "idle": charging.idle_view(request.actor, credit_id),
    }
    return render(request, "agency/credit.jinja", context)


def sentence(view: charging.CreditView) -> str:
    """`$1,910,000.00 in 24 equal parts; $500,000.00 is still to come.`"""
    currency = view.credit.currency
    minor = abs(view.credit.total_minor)
    parts = {
        "total": words.money(minor, currency),
        "count": len(view.credit.months),
        "left": words.money(abs(view.left), currency),
    }
    if view.credit.total_minor < 0:  # idle capacity, or what a year lacked
        if not view.left:
            return _("The bills hold this charge of %(total)s.") % parts
        if abs(view.left) == minor:
            return _("%(total)s will be charged.") % parts
        return _("%(left)s of this charge of %(total)s is still to come.") % parts
    if not view.left:
        return _("The bills hold all of this credit of %(total)s.") % parts
    return _("%(left)s of this credit of %(total)s is still to come.") % parts

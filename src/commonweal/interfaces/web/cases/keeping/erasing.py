"""How long cases are kept, what is due, and erasing one case or one person with a look before."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.http import HttpResponse
from django.utils.translation import gettext as _

from commonweal.kernel.calendar.public import now
from commonweal.kernel.casework import public as casework
from commonweal.kernel.party.public import agencies

from ...access import centre_only
from ...centre.base import FormError, as_id, attempt, said_on, show, text
from ...lists import lists, pages, place, report
from ...look.page import Problem
from ...requests import Asked
from .base import MANAGE, counted, names_of, tabs_of


@centre_only(MANAGE)
@report("the kinds of cases, which administrators set up")
def retention(request: Asked) -> HttpResponse:
    """How long each kind is kept after closing, and what the next night erases."""
    context = {
        "rows": casework.retention(request.actor),
        "most": casework.MOST_DUE,
        "mail_days": casework.HELD_DAYS,
        "tabs_of": tabs_of("retention"),
    }
    return show(request, "cases/keeping/retention.jinja", context)


@centre_only(MANAGE)
@report("the first fifty cases of a kind that are due")
def due(request: Asked, code: str) -> HttpResponse:
    """What the next night erases of one kind."""
    context = {
        "rows": casework.due_cases(request.actor, code),
        "code": code,
        "tabs_of": tabs_of("retention"),
    }
    return show(request, "cases/keeping/due.jinja", context)


@centre_only(MANAGE)
@report("the people found, ten at most")
def people(request: Asked) -> HttpResponse:
    """Find whoever asked to be forgotten."""
    agency = as_id(request.GET.get("agency", ""))
    who = request.GET.get("who", "").strip()
    found = casework.contacts_like(request.actor, agency, who) if agency and who else []
    context = {
        "agencies": [(str(row.pk), row.name) for row in agencies(request.actor)],
        "found": found,
        "asked": request.GET,
        "searched": bool(agency and who),
        "tabs_of": tabs_of("people"),
    }
    return show(request, "cases/keeping/people.jinja", context)


def _sure(request: Asked) -> None:
    if not text(request, "sure"):
        raise FormError(
            "CASE-241",
            _("Tick that you have read what goes. It cannot be brought back."),
            field="sure",
        )


@centre_only(MANAGE)
@report("what hangs on one case")
def case(request: Asked, number: str) -> HttpResponse:
    """What keeps a case, what its erasure would take, and doing it."""
    found = casework.case_by_number(request.actor, number)
    errors: tuple[Problem, ...] = ()
    if request.method == "POST":
        what = text(request, "what")
        errors = attempt(lambda: _change_case(request, found, what))
        if not errors:
            said = _("It is erased.") if what == "erase" else _("The hold stands from now on.")
            return said_on(request, "keeping:case", said, found.number)
    plan = casework.case_plan(request.actor, found.pk)
    days = timedelta(days=found.case_type.retention_days)
    until = found.closed_at + days if found.closed_at else None
    context = {
        "case": found,
        "plan": plan,
        "counts": counted(plan.counts),
        "until": until,
        "over": until is not None and until < now(),
        "holds": casework.holds_on(request.actor, case_id=found.pk),
        "asked": request.POST,
        "tabs_of": tabs_of("retention"),
    }
    return show(request, "cases/keeping/case.jinja", context, errors)


def _change_case(request: Asked, found: casework.Case, what: str) -> None:
    reason = text(request, f"{what}_reason")
    if what == "hold":
        casework.put_legal_hold(actor=request.actor, case_id=found.pk, reason=reason)
        return
    _sure(request)
    casework.erase_case(actor=request.actor, case_id=found.pk, reason=reason)


@centre_only(MANAGE)
@report("the cases of one person")
def contact(request: Asked, contact_id: UUID) -> HttpResponse:
    """What an erasure of a person would take, what stays and why, and doing it."""
    errors: tuple[Problem, ...] = ()
    if request.method == "POST":
        what = text(request, "what")
        errors = attempt(lambda: _change_contact(request, contact_id, what))
        if not errors:
            said = _("Erased as the plan said.") if what == "erase" else _("The hold stands.")
            return said_on(request, "keeping:contact", said, contact_id)
    plan = casework.erasure_plan(request.actor, contact_id)
    context = {
        "plan": plan,
        "contact": plan.contact,
        "counts": counted(plan.counts),
        "why": {"live": _("it is still at work"), "held": _("a legal hold stands on it")},
        "holds": casework.holds_on(request.actor, contact_id=contact_id),
        "asked": request.POST,
        "tabs_of": tabs_of("people"),
    }
    return show(request, "cases/keeping/contact.jinja", context, errors)


def _change_contact(request: Asked, contact_id: UUID, what: str) -> None:
    reason = text(request, f"{what}_reason")
    if what == "hold":
        casework.put_legal_hold(actor=request.actor, contact_id=contact_id, reason=reason)
        return
    _sure(request)
    casework.erase_contact(actor=request.actor, contact_id=contact_id, reason=reason)


@centre_only(MANAGE)
@lists("casework.Erasure")
def erased(request: Asked) -> HttpResponse:
    """What was erased, when, by which schedule or request: counts, never contents."""
    rows = casework.erasures(request.actor, place(request))
    context = {
        "rows": [(row, counted(row.counts)) for row in rows],
        "pages": pages(request, rows),
        "names": names_of(request.actor, {row.erased_by for row in rows}),
        "tabs_of": tabs_of("erased"),
    }
    return show(request, "cases/keeping/erased.jinja", context)

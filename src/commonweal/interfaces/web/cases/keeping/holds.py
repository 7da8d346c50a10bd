"""Legal holds: which stand, why, and lifting one, which takes two people."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from commonweal.kernel.casework import public as casework

from ...access import centre_only
from ...centre.base import FormError, attempt, said_on, show, text
from ...lists import lists, pages, place
from ...look.page import Link, Problem
from ...requests import Asked
from .base import MANAGE, names_of, tabs_of


@centre_only(MANAGE)
@lists("casework.LegalHold")
def holds(request: Asked) -> HttpResponse:
    """The holds that stand, or every one that ever stood; and putting one on a case."""
    errors: tuple[Problem, ...] = ()
    if request.method == "POST":
        errors = attempt(lambda: _put(request))
        if not errors:
            return said_on(request, "keeping:holds", _("The hold stands from now on."))
    every = request.GET.get("show") == "all"
    rows = casework.legal_holds(request.actor, not every, place(request))
    here = reverse("keeping:holds")
    context = {
        "rows": rows,
        "pages": pages(request, rows),
        "names": names_of(request.actor, {row.put_by for row in rows}),
        "tags": tags(),
        "asked": request.POST,
        "which": [Link(_("Standing"), here, not every), Link(_("All"), f"{here}?show=all", every)],
        "tabs_of": tabs_of("holds"),
    }
    return show(request, "cases/keeping/holds.jinja", context, errors)


def _put(request: Asked) -> None:
    found = casework.case_by_number(request.actor, text(request, "number"))
    casework.put_legal_hold(actor=request.actor, case_id=found.pk, reason=text(request, "reason"))


def tags() -> dict[str, tuple[str, str]]:
    """How each state of a hold looks: the tag's kind and its words."""
    return {
        "held": ("watch", _("Stands")),
        "ending": ("watch", _("Waits for a second person")),
        "lifted": ("neutral", _("Lifted")),
    }


@centre_only(MANAGE)
def hold(request: Asked, hold_id: UUID) -> HttpResponse:
    """One hold: why it stands, who asked to lift it, and the answer of another person."""
    errors: tuple[Problem, ...] = ()
    if request.method == "POST":
        said: list[str] = []
        errors = attempt(lambda: said.append(_change(request, hold_id)))
        if not errors:
            return said_on(request, "keeping:hold", said[0], hold_id)
    row = casework.legal_hold(request.actor, hold_id)
    accounts = {row.put_by, row.lift_asked_by, row.lifted_by}
    context = {
        "row": row,
        "state_tag": tags()[row.state],
        "names": names_of(request.actor, accounts),
        "own": row.lift_asked_by == request.actor.user_id,
        "asked": request.POST,
        "tabs_of": tabs_of("holds"),
    }
    return show(request, "cases/keeping/hold.jinja", context, errors)


def _change(request: Asked, hold_id: UUID) -> str:
    what = text(request, "what")
    if what == "keep":
        casework.keep_hold(actor=request.actor, hold_id=hold_id)
        return _("It is not lifted: the hold goes on standing.")
    if what != "lift":
        raise FormError("FORM-101", _("Choose what to do with it."), field="what")
    row = casework.lift_hold(actor=request.actor, hold_id=hold_id, reason=text(request, "reason"))
    if row.state == "lifted":
        return _("The hold is lifted. What is due is erased in one of the next nights.")
    return _("You asked to lift it. Another person has to agree; until then it stands.")

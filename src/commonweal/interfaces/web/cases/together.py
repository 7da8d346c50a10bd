"""What is done with several cases of a list at once, and undone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from commonweal.kernel.casework import public as casework
from commonweal.kernel.schema.public import CommonwealError, NotFound

from ..access import centre_only
from ..centre.base import FormError, as_id, problems, required_id, text
from ..look.page import Problem
from ..requests import Asked

WORK = "casework.work"
UNDO = "cases_undo"


def steps_of(rows: Sequence[casework.Case]) -> list[tuple[str, str]]:
    """The steps that some case of a list can take, for a choice of one."""
    found: dict[str, str] = {}
    for row in rows:
        for move in row.case_type.machine["moves"]:
            if move["from"] == row.state and "agent" in move["by"]:
                found.setdefault(move["to"], _(move["name"]))
    return [("", _("Choose a step")), *sorted(found.items(), key=lambda each: each[1])]


def together(request: Asked) -> HttpResponse | tuple[Problem, ...]:
    """Change the cases chosen, all of them or none."""
    ids = [found for found in map(as_id, request.POST.getlist("cases")) if found]
    if not ids:
        return (Problem(_("Choose one case at least."), "cases", "CASE-190"),)
    try:
        batch = casework.change_cases(actor=request.actor, case_ids=ids, change=_change(request))
    except CommonwealError as error:
        if error.status in (403, 404):
            raise
        return problems(error)
    request.session[UNDO] = str(batch.pk)
    return HttpResponseRedirect(request.get_full_path())


def _change(request: Asked) -> casework.Together:
    what = text(request, "what")
    parent = None
    if what == "part_of":
        try:
            parent = casework.case_by_number(request.actor, text(request, "parent")).pk
        except NotFound as none:
            words = _("There is no case of this number among those you may see. Check the number.")
            raise FormError("CASE-192", words, field="parent") from none
    if what == "move" and not text(request, "state"):
        raise FormError("CASE-194", _("Choose the step that the cases shall take."), field="state")
    return casework.Together(
        what=what,
        state=text(request, "state"),
        resolution=text(request, "resolution"),
        impact=text(request, "impact"),
        urgency=text(request, "urgency"),
        parent=parent,
    )


def to_undo(request: Asked) -> dict[str, Any] | None:
    """What was done last, said once, with the batch that undoes it."""
    batch = as_id(request.session.pop(UNDO, ""))
    if batch is None:
        return None
    row = casework.batch_of(request.actor, batch)
    count = len(row.rows)
    said = ngettext("%(n)s case changed.", "%(n)s cases changed.", count) % {"n": count}
    return {"batch": row.pk, "text": said, "until": row.until}


@centre_only(WORK)
def undo(request: Asked) -> HttpResponse:
    """Put the cases that were changed together back as they were."""
    if request.method == "POST":
        try:
            batch = casework.undo_changes(
                actor=request.actor,
                batch_id=required_id(request, "batch", _("There is nothing to undo.")),
            )
        except CommonwealError as error:
            if error.status == 403:
                raise
            messages.warning(request, problems(error)[0].text)
        else:
            messages.success(request, _undone(batch))
    back = text(request, "back")
    inside = back.startswith(reverse("desk:work"))
    return HttpResponseRedirect(back if inside else reverse("desk:work"))


def _undone(batch: casework.CaseBatch) -> str:
    count = len(batch.rows) - batch.kept
    said = ngettext(
        "%(n)s case is as it was before.", "%(n)s cases are as they were before.", count
    ) % {"n": count}
    if batch.kept:
        left = ngettext(
            "%(n)s was left as it is, because something else has happened in it.",
            "%(n)s were left as they are, because something else has happened in them.",
            batch.kept,
        )
        said = f"{said} {left % {'n': batch.kept}}"
    return said

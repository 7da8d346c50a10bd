"""More permissions for a short, logged time, for the centre's people, with a reason."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from commonweal.kernel.access.public import elevate, end_elevation, running_elevation
from commonweal.kernel.jobs.public import all_permissions
from commonweal.kernel.schema.public import CommonwealError
from commonweal.kernel.words.public import told

from ..access import centre_only, signed_in
from ..look.page import Problem
from ..requests import Asked
from .views import account_id, zone

FIELDS = {"ACCESS-106": "reason", "ACCESS-107": "minutes"}


@centre_only("access.elevate")
def elevation(request: Asked) -> HttpResponse:
    """Ask for more permissions: which, how long, why."""
    given: dict[str, Any] = {
        "reason": request.POST.get("reason", "").strip(),
        "minutes": request.POST.get("minutes", "60").strip(),
        "permissions": request.POST.getlist("permissions"),
    }
    problems: list[Problem] = []
    if request.method == "POST":
        problems = _take(request, given)
        if not problems:
            messages.success(request, _("You have these permissions now. What you do is logged."))
            return HttpResponseRedirect(reverse("account_home"))
    missing = [
        (code, _(words))
        for code, words in sorted(all_permissions().items(), key=lambda entry: entry[1])
        if not request.actor.may(code)
    ]
    context = {
        "choices": missing,
        "running": running_elevation(account_id(request)),
        "given": given,
        "errors": problems,
        "wrong": {problem.field: problem.text for problem in problems},
        "zone": zone(),
    }
    return render(request, "account/elevation.jinja", context, status=422 if problems else 200)


def _take(request: Asked, given: dict[str, Any]) -> list[Problem]:
    known = all_permissions()
    wanted = [code for code in given["permissions"] if code in known]
    problems = []
    if not wanted:
        problems.append(Problem(_("Choose at least one permission."), "permissions", "ACCESS-111"))
    if not given["minutes"].isdigit():
        text = _("Enter for how many minutes, as a number from 1 to 240.")
        problems.append(Problem(text, "minutes", "ACCESS-107"))
    if problems:
        return problems
    try:
        elevate(
            actor=request.actor,
            reason=given["reason"],
            permissions=wanted,
            minutes=int(given["minutes"][:6]),
        )
    except CommonwealError as error:
        if error.status >= 403:
            raise
        return [Problem(told(error.message), FIELDS.get(error.code, "reason"), error.code)]
    return []


@signed_in
def end(request: Asked) -> HttpResponse:
    """Give the extra permissions back now."""
    if request.method == "POST":
        end_elevation(actor=request.actor)
        messages.success(request, _("The extra permissions have ended."))
    return HttpResponseRedirect(reverse("account_home"))

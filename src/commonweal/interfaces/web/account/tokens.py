"""A person's API tokens: made here, shown once, ended here."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from commonweal.kernel.access.public import OWN_ACCOUNT, create_token, revoke_token
from commonweal.kernel.access.public import tokens as own_tokens
from commonweal.kernel.schema.public import CommonwealError
from commonweal.kernel.words.public import told

from ..access import signed_in
from ..lists import lists, pages, place
from ..look.page import Problem
from ..requests import Asked
from .views import held_permissions, usable, zone

FIELDS = {"ACCESS-103": "scopes", "ACCESS-104": "days"}


@signed_in
@lists("access.ApiToken")
def tokens(request: Asked) -> HttpResponse:
    """List tokens; a POST makes one, whose secret this answer alone shows."""
    given: dict[str, Any] = {
        "name": request.POST.get("name", "").strip(),
        "days": request.POST.get("days", "90").strip(),
        "scopes": request.POST.getlist("scopes"),
    }
    secret = ""
    problems: list[Problem] = []
    if request.method == "POST":
        secret, problems = _create(request, given)
    rows = own_tokens(request.actor, place(request))
    context = {
        "tokens": [{"token": row, "usable": usable(row)} for row in rows],
        "pages": pages(request, rows),
        "choices": [(OWN_ACCOUNT, _("See and change what is my own")), *held_permissions(request)],
        "given": given,
        "secret": secret,
        "errors": problems,
        "wrong": {problem.field: problem.text for problem in problems},
        "zone": zone(),
    }
    response = render(request, "account/tokens.jinja", context, status=422 if problems else 200)
    if secret:
        response["Cache-Control"] = "no-store"
    return response


def _create(request: Asked, given: dict[str, Any]) -> tuple[str, list[Problem]]:
    """The new token's secret, or what is wrong."""
    problems = []
    if not given["name"]:
        text = _("Give the token a name, so that you know later what uses it.")
        problems.append(Problem(text, "name", "ACCESS-110"))
    if not given["days"].isdigit():
        text = _("Enter for how many days it is valid, as a number from 1 to 366.")
        problems.append(Problem(text, "days", "ACCESS-104"))
    if problems:
        return "", problems
    try:
        _token, secret = create_token(
            actor=request.actor,
            name=given["name"][:80],
            scopes=given["scopes"],
            days=int(given["days"][:6]),
        )
    except CommonwealError as error:
        if error.status >= 403:
            raise
        return "", [Problem(told(error.message), FIELDS.get(error.code, "name"), error.code)]
    return secret, []


@signed_in
def revoke(request: Asked, token_id: UUID) -> HttpResponse:
    """End one of the person's own tokens."""
    if request.method == "POST":
        revoke_token(actor=request.actor, token_id=token_id)
        messages.success(request, _("The token no longer works."))
    return HttpResponseRedirect(reverse("account_tokens"))

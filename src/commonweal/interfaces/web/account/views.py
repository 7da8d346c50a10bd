"""A person's own account: who they are here, what they may do, their sign-ins, roles lent."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from commonweal.kernel.access.public import running_elevation
from commonweal.kernel.access.public import tokens as own_tokens
from commonweal.kernel.calendar.public import now, today
from commonweal.kernel.jobs.public import all_permissions
from commonweal.kernel.party.public import (
    Membership,
    Person,
    delegate,
    end_delegation,
    own_loans,
    own_memberships,
    people,
    person,
)
from commonweal.kernel.schema.public import CommonwealError, Place
from commonweal.kernel.words.public import told

from ..access import open_to_all, signed_in
from ..context import profile_of_centre
from ..look.page import Problem
from ..requests import Asked
from .sessions import end_others, sessions_of

LEND = "party.delegate"
FIELDS = {"PARTY-117": "to", "PARTY-118": "reason", "PARTY-119": "to", "PARTY-120": "starts"}


@signed_in
def account(request: Asked) -> HttpResponse:
    """My account: name, roles, roles lent and borrowed, sign-ins, tokens, elevation."""
    actor = request.actor
    context = {
        "me": _me(request),
        "email": getattr(request.user, "email", ""),
        "memberships": own_memberships(actor, today(zone())),
        "permissions": held_permissions(request),
        "loans": _loans(request),
        "may_lend": bool(_lendable(request)),
        "sessions": len(list(sessions_of(account_id(request)))),
        "tokens": [row for row in own_tokens(actor) if usable(row)],
        "elevation": running_elevation(account_id(request)),
        "may_elevate": actor.may("access.elevate"),
        "zone": zone(),
        "language": dict(settings.LANGUAGES).get(get_language() or "", ""),
    }
    return render(request, "account/home.jinja", context)


def account_id(request: Asked) -> UUID:
    """The id of the account that is signed in."""
    found = request.actor.user_id
    assert found is not None, "the view is for signed-in people"
    return found


def usable(token: Any) -> bool:
    """Whether a token still opens anything."""
    return token.revoked_at is None and token.expires_at > now()


def zone() -> str:
    """The centre's zone, or UTC before there is a centre."""
    profile = profile_of_centre()
    return profile.zone if profile else "UTC"


def _me(request: Asked) -> Person | None:
    actor = request.actor
    return person(actor, actor.person_id) if actor.person_id else None


def held_permissions(request: Asked) -> list[tuple[str, str]]:
    """What the person may do, as (code, words), by words."""
    known = all_permissions()
    actor = request.actor
    granted = {code for code, _agency in actor.grants} | {code for code, *_in in actor.parts}
    held = granted & known.keys()
    return sorted(((code, _(known[code])) for code in held), key=lambda entry: entry[1])


def _loans(request: Asked) -> list[dict[str, Any]]:
    actor, day = request.actor, today(zone())
    return [
        {"loan": row, "lent": row.from_person_id == actor.person_id}
        for row in own_loans(actor, day)
    ]


@signed_in
def end_sessions(request: Asked) -> HttpResponse:
    """Sign out everywhere but here."""
    if request.method == "POST":
        count = end_others(account_id(request), request.session.session_key)
        text = ngettext(
            "%(count)s other device was signed out.", "%(count)s other devices were signed out.",
            count,
        )  # fmt: skip
        messages.success(request, text % {"count": count})
    return HttpResponseRedirect(reverse("account_home"))


def _lendable(request: Asked) -> list[Membership]:
    return [
        row
        for row in own_memberships(request.actor, today(zone()))
        if request.actor.may(LEND, row.agency_id) or request.actor.may(LEND)
    ]


@signed_in
def lend(request: Asked) -> HttpResponse:
    """Lend a role of one's own to somebody for a time."""
    given = {name: request.POST.get(name, "").strip() for name in ("role", "to", "ends", "reason")}
    problems: list[Problem] = []
    if request.method == "POST":
        problems = _lend(request, given)
        if not problems:
            messages.success(request, _("The role is lent. It ends by itself on the day you gave."))
            return HttpResponseRedirect(reverse("account_home"))
    roles = _lendable(request)
    context = {
        "roles": [(str(row.pk), f"{_(row.role.name)}, {row.agency.name}") for row in roles],
        "people": [
            (str(row.pk), row.name)
            for row in (people(request.actor, place=Place(limit=500)) if roles else [])
            if row.pk != request.actor.person_id
        ],
        "given": given,
        "errors": problems,
        "wrong": {problem.field: problem.text for problem in problems},
    }
    return render(request, "account/lend.jinja", context, status=422 if problems else 200)


def _lend(request: Asked, given: dict[str, str]) -> list[Problem]:
    chosen = next((row for row in _lendable(request) if str(row.pk) == given["role"]), None)
    problems = []
    if chosen is None:
        problems.append(Problem(_("Choose one of your roles."), "role", "PARTY-130"))
    try:
        to = UUID(given["to"])
    except ValueError:
        problems.append(Problem(_("Choose who gets the role."), "to", "PARTY-131"))
    try:
        ends = date.fromisoformat(given["ends"])
    except ValueError:
        problems.append(Problem(_("Enter the day on which the loan ends."), "ends", "PARTY-132"))
    if problems or chosen is None:
        return problems
    try:
        delegate(
            actor=request.actor,
            from_person_id=chosen.person_id,
            to_person_id=to,
            role=chosen.role_id,
            agency_id=chosen.agency_id,
            ends=ends,
            reason=given["reason"],
        )
    except CommonwealError as error:
        if error.status >= 403 and error.status != 409:
            raise
        return [Problem(told(error.message), FIELDS.get(error.code, "ends"), error.code)]
    return []


@signed_in
def end_loan(request: Asked, delegation_id: UUID) -> HttpResponse:
    """End a loan today."""
    if request.method == "POST":
        end_delegation(actor=request.actor, delegation_id=delegation_id)
        messages.success(request, _("The loan of the role has ended."))
    return HttpResponseRedirect(reverse("account_home"))


@open_to_all
def closed(request: HttpRequest) -> HttpResponse:
    """Where signing up or changing an address would be: the administrator does that."""
    return render(request, "account/closed.jinja")


@open_to_all
def to_sign_in(request: HttpRequest) -> HttpResponse:
    """The short address of signing in; keeps where the person was going."""
    query = request.META.get("QUERY_STRING", "")
    return HttpResponseRedirect(reverse("account_login") + (f"?{query}" if query else ""))

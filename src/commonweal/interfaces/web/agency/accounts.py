"""The agency's own account strings for bill lines."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from commonweal.practices.charging import public as charging

from ..access import agency_only
from ..look.page import Problem
from ..requests import Asked
from .frame import VIEW, choices, own_agency

MAP = "charging.map_accounts"
LONGEST = 80


@agency_only(VIEW)
def accounts(request: Asked) -> HttpResponse:
    """Show the account strings, and save those that changed."""
    agency = own_agency(request)
    rows = charging.account_choices(request.actor, agency.pk)
    given = {row.key: request.POST.get(row.key, row.account).strip() for row in rows}
    problems: list[Problem] = []
    if request.method == "POST":
        problems = check(given)
        if not problems:
            return _save(request, agency.pk, rows, given)
    context = {
        "rows": rows,
        "given": given,
        "errors": problems,
        "wrong": {problem.field: problem.text for problem in problems},
        "may_map": request.actor.may(MAP, agency.pk),
        **choices(request),
    }
    status = 422 if problems else 200
    return render(request, "agency/accounts.jinja", context, status=status)


def check(given: dict[str, str]) -> list[Problem]:
    """One problem for each account string that is too long."""
    return [
        Problem(
            _("This account has %(count)s characters. Use at most %(most)s.")
            % {"count": len(text), "most": LONGEST},
            key,
            "BILL-430",
        )
        for key, text in given.items()
        if len(text) > LONGEST
    ]


def _save(
    request: Asked,
    agency_id: UUID,
    rows: list[charging.AccountChoice],
    given: dict[str, str],
) -> HttpResponse:
    changed = [row for row in rows if given[row.key] != row.account]
    for row in changed:
        charging.map_account(
            actor=request.actor,
            agency_id=agency_id,
            account_string=given[row.key],
            service_id=row.service.pk if row.service and row.item is None else None,
            charge_item_id=row.item.pk if row.item else None,
        )
    count = len(changed)
    if count:
        text = ngettext(
            "%(count)s account was saved. Journals use it from now on.",
            "%(count)s accounts were saved. Journals use them from now on.",
            count,
        )
        messages.success(request, text % {"count": count})
    else:
        messages.info(request, _("Nothing was changed."))
    return HttpResponseRedirect(reverse("agency:accounts") + f"?agency={agency_id}")

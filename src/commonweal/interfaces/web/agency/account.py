"""What the agency owes, what it paid and when, and accepting its bills."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from commonweal.kernel.schema.public import CommonwealError, Forbidden, NotFound
from commonweal.practices.charging import public as charging

from ..access import agency_only
from ..centre.owed import standing_words
from ..centre.payments import kind_words
from ..lists import lists, pages, place, report
from ..look.page import Problem
from ..requests import Asked
from .frame import VIEW, attachment, choices, own_agency, problem_of

ACCEPT = "charging.accept_bills"


@agency_only(VIEW)
@lists("charging.Settlement")
def payments(request: Asked) -> HttpResponse:
    """Everything that we paid, used, got back and had undone, newest first."""
    agency = own_agency(request)
    rows = charging.settlements(request.actor, agency.pk, place(request))
    context: dict[str, Any] = {
        "rows": rows,
        "parts": charging.parts_of(request.actor, rows),
        "kinds": kind_words(),
        "services": charging.service_names(request.actor),
        "pages": pages(request, rows),
        **choices(request),
    }
    return render(request, "agency/payments.jinja", context)


@agency_only(VIEW)
@report("our account: every bill that is open, and the newest payments")
def account(request: Asked) -> HttpResponse:
    """What we owe and why, our advances, what we paid and when; accepting bills."""
    agency = own_agency(request)
    errors: list[Problem] = []
    if request.method == "POST":
        try:
            said = change(request)
        except (NotFound, Forbidden):
            raise
        except CommonwealError as error:
            errors = [problem_of(error)]
        else:
            messages.success(request, said)
            return HttpResponseRedirect(reverse("agency:account") + f"?agency={agency.code}")
    found = charging.account(request.actor, agency.pk)
    context: dict[str, Any] = {
        "found": found,
        "standings": standing_words(),
        "kinds": kind_words(),
        "services": charging.service_names(request.actor),
        "may_accept": request.actor.may(ACCEPT, agency.pk),
        "errors": errors,
        **choices(request),
    }
    return render(request, "agency/account.jinja", context, status=422 if errors else 200)


def change(request: Asked) -> str:
    """Accept a bill, or pay one from the advance; the words for the next page."""
    bill = charging.bill(request.actor, request.POST.get("bill", "")[:80])
    if request.POST.get("do") == "apply":
        charging.apply_advance(actor=request.actor, bill_id=bill.pk)
        return _("Your advance paid what it could of bill %(number)s.") % {"number": bill.number}
    charging.accept_bill(actor=request.actor, bill_id=bill.pk)
    return _("You accepted bill %(number)s.") % {"number": bill.number}


@agency_only(VIEW)
def receipts(request: Asked) -> HttpResponse:
    """Everything paid, applied, paid back and undone, as CSV: the agency's receipts."""
    agency = own_agency(request)
    data = charging.receipts_csv(request.actor, agency.pk)
    return attachment(f"receipts-{agency.code}.csv", "text/csv; charset=utf-8", data)

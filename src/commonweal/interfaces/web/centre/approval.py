"""Approving that a month's bills are issued: what the second person reads, and their decision."""

from __future__ import annotations

from django.http import HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _

from commonweal.kernel.calendar.public import FiscalPeriod
from commonweal.practices.charging import public as charging

from ..access import centre_only
from ..requests import Asked
from .approving import Approving
from .base import FormError, address, attempt, done, text
from .close import cockpit

APPROVE = "charging.approve_bills"


@centre_only(APPROVE)
def close_decide(request: Asked, period: str) -> HttpResponse:
    """Approve that the month's bills are issued, or reject it, as a second person."""
    code = FiscalPeriod.parse(period).code
    if request.method != "POST":
        return HttpResponseRedirect(address("close_month", code))
    errors = attempt(lambda: _decide(request, code))
    if errors:
        return cockpit(request, code, errors)
    said = (
        _("The bills are approved. The close can go on.")
        if text(request, "decision") == "approve"
        else _("Rejected. The close says so, with your reason.")
    )
    return done(request, said, "close_month", code)


def _decide(request: Asked, period: str) -> None:
    """The page that the person decided on must still be the present one (FORM-104)."""
    found = charging.issue_approval(request.actor, charging.close_run(request.actor, period))
    if found is None or text(request, "seen") != Approving.of(found).seen:
        raise FormError(
            "FORM-104",
            _("The bills or their disputes changed in the meantime. Read the page, then decide."),
        )
    approved = text(request, "decision") == "approve"
    write = charging.approve_bills if approved else charging.reject_bills
    write(actor=request.actor, period=period, reason=text(request, "reason"))

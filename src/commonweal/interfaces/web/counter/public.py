"""Where people come: the kiosk that gives numbers, and the display that calls them.

Neither needs an account or a session. The display is open to everybody and shows numbers and desks
only; a kiosk has a key in its address, without which nobody fills the queue from afar.
"""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from commonweal.kernel.access.public import SYSTEM, act_as
from commonweal.kernel.casework import public as casework
from commonweal.kernel.party.public import Face, agencies, face_of
from commonweal.kernel.schema.public import NotFound

from ..access import open_to_all
from ..cases.limits import limited
from ..centre.base import FormError, attempt, required_id, show, text
from ..lists import report
from ..look.page import Problem
from ..requests import Asked

SECONDS = 10
"""How often the display is read anew."""
MOST_FACES = 3
"""More agencies at one office are named at its desks."""
RESET = 60
"""After so many seconds a kiosk is ready for the next person, whoever left what on it."""
TICKETS_AN_HOUR, CODES_AN_HOUR = 600, 120
"""From one kiosk; a code is 78 bits, which nobody guesses at this pace."""


def faces_of(request: Asked, office: casework.Office) -> list[tuple[Face, str]]:
    """Whose office it is, as citizens meet them, each with the address of its privacy notice: the
    agency's own, else of those that offer something there."""
    codes = [office.agency_code]
    if not office.agency_code:
        codes = sorted({row.agency_code for row in casework.office_offers(request.actor, office)})
    with act_as(SYSTEM):
        rows = [each for each in agencies(SYSTEM) if each.code in codes]
        return [
            (face_of(SYSTEM, each), reverse("door:privacy", args=[each.code.lower()]))
            for each in rows[:MOST_FACES]
        ]


def wait_words(wait: float | None) -> str:
    """How long whoever comes now waits, in five-minute steps: it is an estimate, and reads so."""
    if wait is None:
        return _("No desk is open just now.")
    minutes = round(wait / 60)
    if minutes < 3:
        return _("Whoever comes now is called almost at once.")
    steps = max(5, 5 * round(minutes / 5))
    return _("Whoever comes now waits about %(minutes)s.") % {
        "minutes": ngettext("%(n)s minute", "%(n)s minutes", steps) % {"n": steps}
    }


@open_to_all
@report("the numbers in hand at the desks of one office")
def display(request: Asked, office: str) -> HttpResponse:
    """The public display of an office: numbers and desks, read anew every ten seconds.

    The browser is told by a header (Refresh): it does what a meta element does, and a page that
    somebody reads on a telephone can be held still (WCAG 2.2.1), by `?still=1`.
    """
    found = casework.office(request.actor, office)
    shown = casework.queueing(request.actor, found)
    still = request.GET.get("still") == "1"
    context = {
        "office": found,
        "shown": shown,
        "wait": wait_words(shown.wait),
        "still": still,
        "seconds": SECONDS,
        "faces": faces_of(request, found),
    }
    response = show(request, "counter/display.jinja", context)
    if not still:
        response["Refresh"] = str(SECONDS)
    return response


@open_to_all
@report("what one office offers to whoever comes")
def kiosk(request: Asked, key: str) -> HttpResponse:
    """Take a number, or say that one has come for an appointment."""
    office = casework.kiosk_office(request.actor, key)
    errors: tuple[Problem, ...] = ()
    if request.method == "POST":
        limited(request, "kiosk", TICKETS_AN_HOUR)
        made: list[casework.Ticket] = []
        errors = attempt(lambda: made.append(_take(request, office)))
        if not errors:
            return HttpResponseRedirect(reverse("kiosk_ticket", args=[key, made[0].pk]))
    shown = casework.queueing(request.actor, office)
    offers = casework.office_offers(request.actor, office)
    context = {
        "office": office,
        "key": key,
        "offers": [row for row in offers if row.walk_in],
        "open": casework.office_open(request.actor, office),
        "wait": wait_words(shown.wait),
        "asked": request.POST,
        "faces": faces_of(request, office),
    }
    response = show(request, "counter/kiosk.jinja", context, errors)
    return _alone(response, key) if errors else response


def _alone(response: HttpResponse, key: str) -> HttpResponse:
    """A kiosk goes back by itself: what one person typed, or their number, is not for the next."""
    response["Refresh"] = f"{RESET}; url={reverse('kiosk', args=[key])}"
    return response


def _take(request: Asked, office: casework.Office) -> casework.Ticket:
    """A ticket for what was pressed; with a code, for the case that the code follows."""
    case = None
    code = text(request, "code")
    if code:
        limited(request, "kiosk_code", CODES_AN_HOUR)
        try:
            case = casework.kiosk_case(request.actor, office, code)
        except NotFound as unknown:
            raise FormError(
                "CASE-404",
                _("No case has this code. Compare it with what you were given."),
                field="code",
            ) from unknown
    if text(request, "what") == "arrived":
        return _arrived(case, office)
    offer_id = required_id(request, "offer", _("Choose what you have come for."))
    offer = next(
        (row for row in casework.office_offers(request.actor, office) if row.pk == offer_id), None
    )
    if offer is None:
        raise FormError("CASE-443", _("Choose what you have come for."), field="offer")
    agency = casework.agency_of_offer(request.actor, offer)
    actor = casework.citizen(agency, [case.pk] if case is not None else [])
    with act_as(actor):
        return casework.take_ticket(
            actor=actor, offer_id=offer.pk, case_id=case.pk if case is not None else None
        )


def _arrived(case: casework.Case | None, office: casework.Office) -> casework.Ticket:
    if case is None:
        raise FormError("CASE-404", _("Type the code of your appointment."), field="code")
    actor = casework.citizen(case.agency_id, [case.pk])
    with act_as(actor):
        row = casework.appointment_of(actor, case)
        if row is None or row.office_id != office.pk:
            raise FormError(
                "CASE-444",
                _("This code has no appointment here. Take a number for what you have come for."),
                field="code",
            )
        return casework.check_in(actor=actor, appointment_id=row.pk)


@open_to_all
def kiosk_ticket(request: Asked, key: str, ticket_id: UUID) -> HttpResponse:
    """The number that was just taken, large enough to be read and printed."""
    office = casework.kiosk_office(request.actor, key)
    with act_as(SYSTEM):
        row = casework.ticket(SYSTEM, ticket_id)
    if row.office_id != office.pk:
        raise NotFound("CASE-445", "There is no such ticket. Look at the counter again.")
    shown = casework.queueing(request.actor, office)
    context = {"office": office, "key": key, "ticket": row, "waiting": shown.waiting,
               "zone": casework.office_zone(request.actor, office),
               "faces": faces_of(request, office)}  # fmt: skip
    return _alone(show(request, "counter/kiosk_ticket.jinja", context), key)

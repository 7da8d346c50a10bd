"""Setting the counter up on pages: offices, their desks, and what is offered where."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from django.http import HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _

from commonweal.kernel.access.public import Actor
from commonweal.kernel.casework import public as casework
from commonweal.kernel.catalogue.public import calendars
from commonweal.kernel.party.public import agencies

from ..access import centre_only
from ..cases.asks import FORM_PARTS, Ask, Options, Sheet
from ..centre.base import attempt, said_on, show, text, whole_field
from ..lists import report
from ..look.page import Link, Problem
from ..requests import Asked

MANAGE = "casework.manage"


def _offices(actor: Actor) -> Options:
    return [(row.code, row.name) for row in casework.offices(actor, every=True)]


def _agencies(actor: Actor, first: str) -> Options:
    return [("", first), *((row.code, row.name) for row in agencies(actor))]


def _link(href: str, words: str, name: str) -> str:
    """A link of few words to a long address; read aloud, it says of which office."""
    return format_html(
        '<a class="govuk-link" href="{}">{}<span class="govuk-visually-hidden"> {}</span></a>',
        href,
        words,
        name,
    )


def offices_sheet(actor: Actor) -> Sheet:
    """Offices."""
    rows = [
        (row.name, row.code, row.agency_code or _("The centre"), row.address or "–", row.calendar,
         row.queue.team.name, _link(f"{reverse('display', args=[row.code])}?still=1", _("Display"),
               row.name),
         _link(reverse("kiosk", args=[row.kiosk_key]), _("Kiosk"), row.name))
        for row in casework.offices(actor, every=True)
    ]  # fmt: skip
    return Sheet(
        _("Offices"),
        _("Where people come. The members of the queue's team serve there. Show the display on a "
          "screen in the hall; open the kiosk's address on a device at the door, and tell nobody "
          "else."),
        (_("Office"), _("Code"), _("Of"), _("Address"), _("Opening hours"), _("Who serves"),
         _("Display"), _("Kiosk")),
        rows,
        (
            Ask("code", _("Code"), hint=_("Small letters, such as town-hall")),
            Ask("name", _("Name")),
            Ask("address", _("Address")),
            Ask("agency", _("Of which agency"), "choice", _agencies(actor, _("The centre"))),
            Ask("calendar", _("Opening hours"), "choice",
                [(row.code, row.name) for row in calendars(actor)]),
            Ask("queue", _("Queue whose team serves"), "choice",
                [(row.code, row.name) for row in casework.queues(actor)]),
            Ask("step_minutes", _("Appointments begin every"), "choice",
                [(str(each), _("%(n)s minutes") % {"n": each}) for each in casework.STEPS],
                default="15"),
            Ask("notice_minutes", _("Booked at the latest so many minutes before"), "number",
                default="60"),
            Ask("days_ahead", _("Booked at the earliest so many days before"), "number",
                default="28"),
            Ask("new_key", _("Give its kiosk a new address; the old one ends"), "check"),
            Ask("closed", _("This office is closed for good"), "check"),
        ),
        _("Save the office"),
        {
            row.code: {
                "code": row.code, "name": row.name, "address": row.address,
                "agency": row.agency_code, "calendar": row.calendar, "queue": row.queue.code,
                "step_minutes": str(row.step_minutes), "notice_minutes": str(row.notice_minutes),
                "days_ahead": str(row.days_ahead), "closed": "" if row.active else "1",
            }
            for row in casework.offices(actor, every=True)
        },
    )  # fmt: skip


def desks_sheet(actor: Actor) -> Sheet:
    """Desks."""
    rows = [
        (f"{office.name}: {row.number}", ", ".join(row.only) or _("Everything"),
         _("Yes") if row.takes_bookings else _("No"), _("Yes") if row.active else _("No"))
        for office in casework.offices(actor, every=True)
        for row in casework.office_desks(actor, office, every=True)
    ]  # fmt: skip
    return Sheet(
        _("Desks"),
        _("So many appointments can be booked at one time as there are desks that take them."),
        (_("Desk"), _("Serves"), _("Takes appointments"), _("In use")),
        rows,
        (
            Ask("office", _("Office"), "choice", _offices(actor)),
            Ask("number", _("Number over the desk"), "number"),
            Ask("only", _("Serves only"), hint=_("Codes of what is offered, with commas between "
                                                 "them; empty: everything")),
            Ask("no_bookings", _("For tickets only: it takes no appointments"), "check"),
            Ask("closed", _("This desk is not in use"), "check"),
        ),
        _("Save the desk"),
        {
            f"{office.code} {row.number}": {
                "office": office.code, "number": str(row.number), "only": ", ".join(row.only),
                "no_bookings": "" if row.takes_bookings else "1",
                "closed": "" if row.active else "1",
            }
            for office in casework.offices(actor, every=True)
            for row in casework.office_desks(actor, office, every=True)
        },
    )  # fmt: skip


def offers_sheet(actor: Actor) -> Sheet:
    """What is offered where."""
    offered = casework.office_offers(actor, every=True)
    rows = [
        (row.name, row.code, row.office.name, row.agency_code, row.letter, str(row.minutes),
         _ways(row))
        for row in offered
    ]  # fmt: skip
    types = casework.case_types(actor)
    return Sheet(
        _("Offered at the counter"),
        _("What people can come for, and the minutes planned for it. Appointments are as long."),
        (_("Offer"), _("Code"), _("Office"), _("Of"), _("Letter"), _("Minutes"), _("How")),
        rows,
        (
            Ask("office", _("Office"), "choice", _offices(actor)),
            Ask("code", _("Code")),
            Ask("name", _("Name"), hint=_("As people say it, such as Parking permit")),
            Ask("category", _("Subject that it is about"), "choice",
                [("", _("None: a kind of case, below")),
                 *((row.code, row.name) for row in casework.categories(actor))]),
            Ask("case_type", _("Or the kind of case"), "choice",
                [("", _("None: a subject, above")), *((row.code, row.name) for row in types)]),
            Ask("visit_type", _("A visit is a case of the kind"), "choice",
                [(row.code, row.name) for row in types if row.family == "appointment"]),
            Ask("agency", _("For which agency"), "choice",
                _agencies(actor, _("That of its subject or office"))),
            Ask("minutes", _("Minutes planned"), "number", default="15"),
            Ask("letter", _("Letter of its numbers"), default="A"),
            Ask("no_bookings", _("No appointments"), "check"),
            Ask("no_tickets", _("Only by appointment"), "check"),
            Ask("closed", _("Not offered any more"), "check"),
        ),
        _("Save the offer"),
        {f"{row.office.code} {row.code}": _as_typed(row) for row in offered},
    )  # fmt: skip


def _as_typed(row: casework.OfficeOffer) -> dict[str, str]:
    """An offer as its form was filled in."""
    return {
        "office": row.office.code,
        "code": row.code,
        "name": row.name,
        "category": row.category.code if row.category else "",
        "case_type": row.case_type.code if row.case_type else "",
        "visit_type": row.visit_type.code,
        "agency": row.agency_code,
        "minutes": str(row.minutes),
        "letter": row.letter,
        "no_bookings": "" if row.bookable else "1",
        "no_tickets": "" if row.walk_in else "1",
        "closed": "" if row.active else "1",
    }


def _ways(row: casework.OfficeOffer) -> str:
    if not row.active:
        return _("Not offered any more")
    ways = [
        words
        for offered, words in ((row.bookable, _("Appointment")), (row.walk_in, _("Number")))
        if offered
    ]
    return ", ".join(ways) or "–"


def _off(request: Asked, name: str) -> bool:
    return text(request, name) != "1"


def _put_office(request: Asked) -> None:
    fields = ("code", "name", "calendar", "queue", "address", "agency")
    casework.put_office(
        actor=request.actor,
        draft=casework.OfficeDraft(
            **{name: text(request, name) for name in fields},
            step_minutes=whole_field(request, "step_minutes", _("Minutes"), 15),
            notice_minutes=whole_field(request, "notice_minutes", _("Minutes"), 60),
            days_ahead=whole_field(request, "days_ahead", _("Days"), 28),
            active=_off(request, "closed"),
            new_key=text(request, "new_key") == "1",
        ),
    )


def _put_desk(request: Asked) -> None:
    only = [each.strip() for each in text(request, "only").split(",") if each.strip()]
    casework.put_office_desk(
        actor=request.actor,
        office=text(request, "office"),
        number=whole_field(request, "number", _("Number over the desk")),
        only=only,
        takes_bookings=_off(request, "no_bookings"),
        active=_off(request, "closed"),
    )


def _put_offer(request: Asked) -> None:
    fields = ("office", "code", "name", "visit_type", "category", "case_type", "agency")
    casework.put_office_offer(
        actor=request.actor,
        draft=casework.OfferDraft(
            **{name: text(request, name) for name in fields},
            letter=text(request, "letter").upper() or "A",
            minutes=whole_field(request, "minutes", _("Minutes planned")),
            bookable=_off(request, "no_bookings"),
            walk_in=_off(request, "no_tickets"),
            active=_off(request, "closed"),
        ),
    )


SHEETS: Mapping[str, tuple[Callable[[Actor], Sheet], Callable[[Asked], None]]] = {
    "offices": (offices_sheet, _put_office),
    "desks": (desks_sheet, _put_desk),
    "offers": (offers_sheet, _put_offer),
}


@centre_only(MANAGE)
@report("what administrators set up: a few of each")
def sheet(request: Asked, name: str) -> HttpResponse:
    """One page of the set-up of the counter."""
    found = SHEETS.get(name) or SHEETS["offices"]
    errors: tuple[Problem, ...] = ()
    if request.method == "POST":
        errors = attempt(lambda: found[1](request))
        if not errors:
            return said_on(request, "counter:sheet", _("It is saved."), name)
    shown = found[0](request.actor)
    context = {
        "sheet": shown,
        "name": name,
        "action": reverse("counter:sheet", args=[name]),
        "tabs_of": [
            Link(words, reverse("counter:sheet", args=[code]), code == name)
            for code, words in titles().items()
        ],
        "asked": request.POST or shown.known.get(request.GET.get("code", ""), {}),
        **FORM_PARTS,
    }
    return show(request, "counter/setup.jinja", context, errors)


def titles() -> dict[str, str]:
    """The set-up pages in their order."""
    return {"offices": _("Offices"), "desks": _("Desks"), "offers": _("Offered at the counter")}

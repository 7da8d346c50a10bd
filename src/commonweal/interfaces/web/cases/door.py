"""The public door: citizens ask, report, follow, answer, cancel and rate, without an account.

The pages speak as the serving agency; the centre behind it is not named. Whoever knocks acts as
`citizen(...)`: in the scope of one agency, and in those cases only whose code they have given (kept
in their session). What is sent is limited by sender, so that nobody floods an agency.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from functools import wraps
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _

from commonweal.kernel.access.public import SYSTEM, act_as
from commonweal.kernel.casework import public as casework
from commonweal.kernel.party.public import Agency
from commonweal.kernel.party.public import agency as find_agency
from commonweal.kernel.schema.public import CommonwealError, NotFound

from ..access import open_to_all
from ..centre.base import FormError, attempt, show, text
from ..lists import report
from ..look.page import Problem
from ..requests import Asked
from .app import draft_of, of_door, source_of, taken
from .fees import door_fees, paying, receipt_page
from .files import given
from .forms import answers_of, fields_of
from .limits import limited
from .look import asked_to_look, fragment, offered, written_in
from .portal import act_as_requester, follow, keep_files
from .said import state_name, state_tag

SESSION = "door_cases"
MOST_AN_HOUR, MOST_TRIES = 30, 20

Door = Callable[..., HttpResponseBase]


def at_door(view: Door) -> Door:
    """Open a page of an agency's door: as a citizen in its scope, with the cases of the session.
    The centre has none; only whoever it asked how a case of its own went may say so.
    """

    @open_to_all
    @wraps(view)
    def opened(request: Asked, agency: str, *args: Any, **kwargs: Any) -> HttpResponseBase:
        with act_as(SYSTEM):
            found = find_agency(SYSTEM, agency.upper())
        request.door = found
        if found.kind == "centre" and view.__name__ != "how":
            raise NotFound("PARTY-405", "Nothing is here. Check the address.")
        cases = request.session.get(SESSION, {}).get(str(found.pk), [])
        actor = casework.citizen(found.pk, map(UUID, cases))
        request.actor = actor
        with act_as(actor):
            return view(request, found, *args, **kwargs)

    for name in ("lists", "report"):
        if hasattr(view, name):
            setattr(opened, name, getattr(view, name))
    return opened


def remember(request: Asked, agency: Agency, case: casework.Case) -> None:
    """Keep in the session that whoever is there may act in a case."""
    known = request.session.get(SESSION, {})
    mine = known.setdefault(str(agency.pk), [])
    if str(case.pk) not in mine:
        mine.append(str(case.pk))
    request.session[SESSION] = known


@at_door
@report("what an agency offers to its citizens")
def start(request: Asked, agency: Agency) -> HttpResponse:
    """What can be asked for or reported, found by plain words; and following what was. On a device
    that others use too, the list of one's own is taken away (`forget`)."""
    if text(request, "what") == "forget":
        request.session[SESSION] = request.session.get(SESSION, {}) | {str(agency.pk): []}
        return HttpResponseRedirect(reverse("door:start", args=[agency.code.lower()]))
    words = request.GET.get("q", "").strip().casefold()
    rows = casework.categories(request.actor, "citizen", agency.code)
    found = [
        row
        for row in rows
        if not words
        or words in " ".join([row.name, row.description, row.group, *row.keywords]).casefold()
    ]
    groups: dict[str, list[casework.Category]] = {}
    for row in found:
        groups.setdefault(row.group or row.case_type.name, []).append(row)
    context = {
        "agency": agency,
        "groups": sorted(groups.items()),
        "q": request.GET.get("q", ""),
        "articles": casework.articles_for(request.actor, words),
        "mine": _mine(request, agency),
        "visits": any(
            row.bookable for row in casework.office_offers(request.actor, agency_code=agency.code)
        ),
    }
    return show(request, "cases/door.jinja", context)


def _mine(request: Asked, agency: Agency) -> list[casework.Case]:
    ids = request.session.get(SESSION, {}).get(str(agency.pk), [])
    return [casework.case(request.actor, UUID(each)) for each in ids[-10:]]


@at_door
@report("the questions of one form")
def ask(request: Asked, agency: Agency, code: str) -> HttpResponse:
    """One form: how long it usually takes, the questions, a place, a picture, who asks."""
    category = casework.category(request.actor, code, "citizen", agency.code)
    errors: tuple[Problem, ...] = ()
    looks = asked_to_look(request)
    if request.method == "POST" and not looks:
        limited(request, "open", MOST_AN_HOUR)
        made: list[casework.Opened] = []
        errors = attempt(lambda: made.append(_open(request, agency, category)))
        if not errors:
            opened = made[0]
            remember(request, agency, opened.case)
            request.session["door_code"] = opened.tracking_code
            where = reverse("door:case", args=[agency.code.lower(), opened.case.number])
            return taken(request, opened.case.number, where)
    written = written_in(request) if looks or errors else ""
    context = {
        "agency": agency,
        "category": category,
        "draft": draft_of(request),
        "found": offered(request, written or category.name, "door", agency),
        "fields": fields_of(category, request.POST),
        "asked": request.POST,
        "expected": casework.expected_time(request.actor, category),
        "fee_rules": casework.fees_for(request.actor, category),
    }
    return show(request, "cases/door_ask.jinja", context, errors)


def _open(request: Asked, agency: Agency, category: casework.Category) -> casework.Opened:
    actor = request.actor
    name, email, phone = (text(request, field) for field in ("name", "email", "phone"))
    requester = None
    if name or email or phone:
        requester = casework.put_contact(
            actor=actor, agency_id=agency.pk, name=name, email=email, phone=phone
        )
    new = casework.NewCase(
        case_type="",
        category=category.code,
        subject=category.name,
        text=text(request, "text"),
        channel="web",
        requester=requester,
        answers=answers_of(category, request.POST),
        place=text(request, "place"),
        latitude=_coordinate(request, "latitude"),
        longitude=_coordinate(request, "longitude"),
        **source_of(request),
    )
    opened = casework.open_case(actor=actor, agency_id=agency.pk, new=new)
    mine = casework.citizen(agency.pk, [opened.case.pk])
    request.actor = mine
    if opened.fresh:
        keep_files(request, opened.case, public=opened.case.published)
    return opened


def _coordinate(request: Asked, name: str) -> Decimal | None:
    given_text = text(request, name)
    if not given_text:
        return None
    try:
        found = Decimal(given_text)
    except InvalidOperation:
        found = Decimal("NaN")
    if not found.is_finite() or abs(found) > 180:
        raise FormError(
            "CASE-114", _("Write the point on the map in degrees, such as 41.8781."), field=name
        )
    return round(found, 6)


@at_door
def find(request: Asked, agency: Agency) -> HttpResponse:
    """Follow a case by the code that was given when it was opened."""
    errors: tuple[Problem, ...] = ()
    if request.method == "POST":
        limited(request, "code", MOST_TRIES)
        try:
            case = casework.case_by_code(request.actor, agency.pk, text(request, "code"))
        except CommonwealError:
            words = _("No case has this code. Compare it with what you were given: 16 characters.")
            errors = (Problem(words, "code", "DOOR-404"),)
        else:
            remember(request, agency, case)
            where = reverse("door:case", args=[agency.code.lower(), case.number])
            return HttpResponseRedirect(where)
    context = {"agency": agency, "asked": request.POST}
    return show(request, "cases/door_find.jinja", context, errors)


@at_door
@report("what was said in one case, shown to whoever gave its code")
def case(request: Asked, agency: Agency, number: str) -> HttpResponse:
    """One case as the citizen who asked follows it."""
    found = casework.case_by_number(request.actor, number)
    errors: tuple[Problem, ...] = ()
    if request.method == "POST":
        limited(request, "write", MOST_AN_HOUR)
        said: list[str] = []
        errors = attempt(lambda: said.append(act_as_requester(request, found)))
        if not errors:
            messages.success(request, said[0])
            where = reverse("door:case", args=[agency.code.lower(), found.number])
            return HttpResponseRedirect(where)
        found = casework.case_by_number(request.actor, number)
    context = {
        **follow(request, found),
        **_as_it_goes_on(found),
        "fees": door_fees(request, agency, found),
        "agency": agency,
        "appointment": casework.appointment_of(request.actor, found),
        "visits": found.phase in ("open", "waiting")
        and any(
            row.bookable for row in casework.office_offers(request.actor, agency_code=agency.code)
        ),
        "code": request.session.pop("door_code", ""),
    }
    return show(request, "cases/door_case.jinja", context, errors)


def _as_it_goes_on(case: casework.Case) -> dict[str, str]:
    """The state of a case; of one that was merged into another's, how far that one is."""
    return {"state": state_name(case.survivor), "state_kind": state_tag(case.survivor)}


@at_door
def attachment(
    request: Asked, agency: Agency, number: str, attachment_id: UUID
) -> HttpResponseBase:
    """A file of one's own case."""
    found = casework.case_by_number(request.actor, number)
    return given(request.actor, found, attachment_id, bool(request.GET.get("small")))


@at_door
def pay(request: Asked, agency: Agency, number: str, fee_id: UUID) -> HttpResponse:
    """Pay a fee of one's own case."""
    found = casework.case_by_number(request.actor, number)
    lead = [agency.code.lower(), found.number]
    if request.method == "POST":
        limited(request, "pay", MOST_AN_HOUR)
    return paying(
        request,
        fee_id,
        reverse("door:pay", args=[*lead, fee_id]),
        layout="layouts/public.jinja",
        case_href=reverse("door:case", args=lead),
        agency=agency,
    )


@at_door
def receipt(request: Asked, agency: Agency, number: str, text: str) -> HttpResponse:
    """A receipt of a fee of one's own case."""
    found = casework.case_by_number(request.actor, number)
    back = reverse("door:case", args=[agency.code.lower(), found.number])
    return receipt_page(request, text, "layouts/public.jinja", back)


@at_door
def look(request: Asked, agency: Agency) -> HttpResponse:
    """What may help at once, for what a citizen writes."""
    return fragment(request, "door", agency)


@at_door
def app(request: Asked, agency: Agency) -> HttpResponse:
    """What a device needs to know to put the door among its programs."""
    return of_door(agency)


@at_door
def how(request: Asked, agency: Agency, token: str) -> HttpResponse:
    """How did it go? The link of a mail: one tap answers, and nobody signs in."""
    limited(request, "how", MOST_TRIES * 5)
    found = casework.case_by_how(request.actor, agency.pk, token)
    errors: tuple[Problem, ...] = ()
    if request.method == "POST":
        score = text(request, "score")
        actor = casework.citizen(agency.pk, [found.pk])
        with act_as(actor):
            errors = attempt(
                lambda: casework.rate_case(
                    actor=actor, case_id=found.pk, score=int(score) if score.isdigit() else 0,
                    text=text(request, "why"),
                )
            )  # fmt: skip
        found = casework.case_by_how(request.actor, agency.pk, token)
    return show(request, "cases/door_how.jinja", {"agency": agency, "case": found}, errors)

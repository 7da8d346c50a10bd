"""Reports: sent by other programs, and read by everybody once they are published."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from commonweal.kernel.access.public import act_as
from commonweal.kernel.calendar.public import now
from commonweal.kernel.casework import public as casework
from commonweal.kernel.documents.public import Drawn, open_document
from commonweal.kernel.party.public import Agency
from commonweal.kernel.schema.public import NotFound

from ..web.access import open_to_all
from ..web.cases.door import MOST_TRIES
from ..web.cases.limits import limited
from ..web.files import shown
from ..web.requests import Asked
from .answers import Answer, moment
from .asked import Refused, call, degrees_of, given, jurisdiction, key_of, moment_of, several
from .faces import face_here, questions_to
from .services import fields_of, is_published, service_of

DAYS = timedelta(days=90)


@call("GET", "POST")
def requests(request: Asked, agency: Agency) -> Answer:
    """The published reports of up to 90 days, a thousand at most; or a new report."""
    if request.method == "POST":
        return _report(request, agency)
    rows = casework.published_cases(request.actor, agency.pk, _wanted(request))
    return Answer("service_requests", [described(request, row) for row in rows])


@call("GET")
def one(request: Asked, agency: Agency, number: str) -> Answer:
    """One published report."""
    row = casework.published_case(request.actor, agency.pk, number)
    return Answer("service_requests", [described(request, row)])


@call("GET")
def token(request: Asked, agency: Agency, code: str) -> Answer:
    """The number of the report that a token follows."""
    limited(request, "code", MOST_TRIES)
    row = casework.case_by_code(request.actor, agency.pk, code)
    return Answer("service_requests", [{"service_request_id": row.number, "token": code}])


def period(request: Asked) -> tuple[datetime, datetime]:
    """From when to when: 90 days at most, the last ones where nothing is said (400)."""
    start, end = moment_of(request, "start_date"), moment_of(request, "end_date")
    try:
        if end is None:
            end = now() if start is None else start + DAYS
        if start is None:
            start = end - DAYS
    except OverflowError:
        start = end = None
    if start is None or end is None or end - start > DAYS or end < start:
        words = _("start_date and end_date span more than 90 days, or none. Ask in parts.")
        raise Refused(400, "OPEN311-416", words)
    return start, end


def _wanted(request: Asked) -> casework.Wanted:
    numbers = several(request, "service_request_id")
    if numbers:
        return casework.Wanted(numbers=numbers)
    since, until = period(request)
    states = set(several(request, "status"))
    if not states <= {"open", "closed"}:
        words = _("status is open or closed. Correct it, or leave it out.")
        raise Refused(400, "OPEN311-417", words)
    return casework.Wanted(
        since=since,
        until=until,
        categories=several(request, "service_code"),
        live="open" in states if len(states) == 1 else None,
    )


def state_words(case: casework.Case, code: str = "") -> str:
    """What the state of a case is called."""
    wanted = code or case.state
    rows = case.case_type.machine["states"]
    return next((_(row["name"]) for row in rows if row["code"] == wanted), wanted)


def status_of(phase: str) -> str:
    """Open or closed, as the standard says."""
    return "open" if phase in ("open", "waiting") else "closed"


def described(request: Asked, row: casework.PublishedCase) -> dict[str, Any]:
    """A published report as the standard has it. What is not known is left out."""
    case = row.case
    return {
        "service_request_id": case.number,
        "status": status_of(case.phase),
        "status_notes": state_words(case),
        "service_name": case.category.name if case.category else "",
        "service_code": case.category.code if case.category else "",
        "description": row.text,
        "agency_responsible": face_here(request, case.agency).name,
        "requested_datetime": moment(case.opened_at),
        "updated_datetime": moment(case.updated_at),
        "expected_datetime": moment(row.due_at) if row.due_at else None,
        "address": case.place,
        "lat": case.latitude,
        "long": case.longitude,
        "media_url": _picture(request, row),
    }


def _picture(request: Asked, row: casework.PublishedCase) -> str | None:
    if row.picture is None:
        return None
    names = [row.case.agency.code, row.case.number, row.picture.pk]
    return request.build_absolute_uri(reverse("open311:media", args=names))


def _report(request: Asked, agency: Agency) -> Answer:
    key = key_of(request, agency)
    code = given(request, "service_code")
    if not code:
        raise Refused(400, "OPEN311-418", _("service_code was not provided. Name a service."))
    category = service_of(request, agency, code)
    opened = casework.take_report(
        actor=request.actor,
        key=key,
        new=_new(request, agency, category),
        link=given(request, "media_url")[:1900],
        files=[
            casework.SentFile(file.name or "", file.content_type or "", file.read())
            for file in request.FILES.getlist("media")
        ],
    )
    return Answer("service_requests", [_receipt(request, category, opened)])


def _receipt(
    request: Asked, category: casework.Category, opened: casework.Opened
) -> dict[str, Any]:
    """The number; for what is not published a token, which says it to nobody else."""
    found: dict[str, Any] = {
        "service_request_id": opened.case.number,
        "account_id": given(request, "account_id")[:120] or None,
    }
    if not opened.fresh:
        return {**found, "service_notice": _("We have this report already.")}
    ask = questions_to(face_here(request, opened.case.agency))
    if not is_published(category):
        token, account = opened.tracking_code, found["account_id"]
        return {"token": token, "account_id": account, "service_notice": ask}
    words = _("To say more, follow it on our pages with the code %(code)s.")
    notice = words % {"code": opened.tracking_code}
    return {**found, "service_notice": f"{notice} {ask}"}


def _new(request: Asked, agency: Agency, category: casework.Category) -> casework.NewCase:
    latitude, longitude = degrees_of(request, "lat", 90), degrees_of(request, "long", 180)
    if (latitude is None) != (longitude is None):
        words = _("A place needs both lat and long. Give both, or an address_string.")
        raise Refused(400, "OPEN311-419", words)
    place = given(request, "address_string") or given(request, "address_id")
    return casework.NewCase(
        case_type="",
        category=category.code,
        subject=category.name,
        text=given(request, "description"),
        requester=contact_of(request, agency),
        answers=_answers(request, category),
        place=place,
        latitude=latitude,
        longitude=longitude,
    )


def contact_of(request: Asked, agency: Agency) -> casework.Contact | None:
    """Who reports, if the program says so."""
    name = f"{given(request, 'first_name')} {given(request, 'last_name')}".strip()
    email, phone = given(request, "email"), given(request, "phone")
    name = name or ("" if email or phone else given(request, "account_id"))
    if not (name or email or phone):
        return None
    return casework.put_contact(
        actor=request.actor, agency_id=agency.pk, name=name, email=email, phone=phone
    )


def _answers(request: Asked, category: casework.Category) -> dict[str, Any]:
    found = {}
    for field in fields_of(category):
        name = f"attribute[{field['code']}]"
        values = [
            each.replace("\x00", "")
            for each in [*request.POST.getlist(name), *request.POST.getlist(f"{name}[]")]
        ]
        if values:
            found[field["code"]] = values
    return found


@open_to_all
def media(request: Asked, agency: str, number: str, attachment_id: Any) -> HttpResponse:
    """The picture of a published report, as we drew it, for everybody's pages."""
    if "\x00" in number or "\x00" in agency:
        raise NotFound("OPEN311-404", _("There is nothing here."))
    found = jurisdiction(request, agency)
    actor = casework.citizen(found.pk)
    with act_as(actor):
        row = casework.published_picture(actor, found.pk, number, attachment_id)
        drawn = row.shown
        if drawn is None:
            raise NotFound("OPEN311-404", _("There is nothing here."))
        response = shown(Drawn(open_document(actor, drawn.pk), drawn.media_type, 0, 0))
    response["Cache-Control"] = "public, max-age=300"
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response

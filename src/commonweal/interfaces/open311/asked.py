"""What was asked: the jurisdiction, the caller's key, moments, places; errors in its format."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal, InvalidOperation
from functools import wraps
from zoneinfo import ZoneInfo

from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.db import DataError
from django.http import HttpResponse
from django.http.multipartparser import MultiPartParserError
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt

from commonweal.kernel.access.public import SYSTEM, act_as
from commonweal.kernel.casework import public as casework
from commonweal.kernel.party.public import Agency, agencies, centre
from commonweal.kernel.schema.public import CommonwealError, NotFound

from ..web.access import open_to_all
from ..web.cases.limits import limited
from ..web.requests import Asked
from .answers import Answer, rendered

MOST_AN_HOUR, MOST_TRIES = 2000, 30
MEDIA = ("application/x-www-form-urlencoded", "multipart/form-data")


class Refused(CommonwealError):
    """A call that cannot be answered, with the status that the standard gives it."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(code, message)
        self.status = status


View = Callable[..., Answer]


def call(*methods: str) -> Callable[[View], Callable[..., HttpResponse]]:
    """An operation of the standard: in the scope of one agency, answered in the format asked for.

    The view gets the request, the agency and what its address names. A refusal leaves nothing
    behind.
    """

    def decorate(view: View) -> Callable[..., HttpResponse]:
        @csrf_exempt
        @open_to_all
        @wraps(view)
        def called(request: Asked, form: str, **named: str) -> HttpResponse:
            try:
                _require_readable(request, methods, named)
                agency = jurisdiction(request)
                request.actor = casework.citizen(agency.pk)
                with act_as(request.actor):
                    return rendered(form, view(request, agency, **named))
            except (RequestDataTooBig, SuspiciousOperation, MultiPartParserError):
                words = _("What was sent is too large, or cannot be read. Send less at once.")
                return rendered(form, _errors(400, [words]))
            except DataError:
                words = _("A value is too long, or out of range. Shorten it.")
                return rendered(form, _errors(400, [words]))
            except casework.AnswersWrong as wrong:
                named_ones = [f"attribute[{each.field}]: {each.message}" for each in wrong.problems]
                return rendered(form, _errors(400, named_ones))
            except CommonwealError as error:
                status = error.status if error.status in (403, 404, 405, 429) else 400
                return rendered(form, _errors(status, [f"{error.message} ({error.code})"]))

        return called

    return decorate


def _errors(status: int, descriptions: list[str]) -> Answer:
    rows = [{"code": status, "description": each} for each in descriptions]
    return Answer("errors", rows, status)


def _require_readable(request: Asked, methods: tuple[str, ...], named: dict[str, str]) -> None:
    if request.method not in methods:
        words = _("This is asked for with %(methods)s.") % {"methods": " or ".join(methods)}
        raise Refused(405, "OPEN311-405", words)
    if any("\x00" in each for each in named.values()):
        raise NotFound("OPEN311-404", _("There is nothing here."))
    if request.method == "POST":
        limited(request, "open311", MOST_AN_HOUR)
        if request.content_type not in MEDIA:
            words = _("Send a form: application/x-www-form-urlencoded or multipart/form-data.")
            raise Refused(400, "OPEN311-415", words)


def given(request: Asked, name: str) -> str:
    """A parameter, of the form or the address, without signs that nothing can keep."""
    text = request.POST.get(name) or request.GET.get(name) or ""
    return text.replace("\x00", "").strip()


def several(request: Asked, name: str) -> list[str]:
    """A parameter that names several, with commas or more than once."""
    return [
        each.strip()
        for text in request.GET.getlist(name)
        for each in text.replace("\x00", "").split(",")
        if each.strip()
    ]


def jurisdiction(request: Asked, code: str = "") -> Agency:
    """The agency that is meant: named, or the only one that takes reports (400, 404)."""
    wanted = (code or given(request, "jurisdiction_id")).upper()
    with act_as(SYSTEM):
        rows = {row.code.upper(): row for row in agencies(SYSTEM)}
        open_ones = casework.publishing(SYSTEM, [row.code for row in rows.values()])
    known = {code.upper(): rows[code.upper()] for code in open_ones}
    if wanted and wanted not in known:
        raise NotFound("OPEN311-410", _("jurisdiction_id was not found. Correct it."))
    if wanted:
        return known[wanted]
    if len(known) == 1:
        return next(iter(known.values()))
    words = _("jurisdiction_id was not provided. Give the code of an agency.")
    raise Refused(400, "OPEN311-411", words)


def key_of(request: Asked, agency: Agency) -> casework.Open311Key:
    """The caller's key (403); who guesses is soon not listened to any more (429)."""
    secret = given(request, "api_key")
    try:
        return casework.open311_key(request.actor, agency.pk, secret)
    except NotFound as unknown:
        limited(request, "open311-key", MOST_TRIES)
        words = _("The api_key is missing, not known here, or has ended. Ask the agency for one.")
        raise Refused(403, "OPEN311-403", words) from unknown


def moment_of(request: Asked, name: str) -> datetime | None:
    """A W3C date and time, or day; one without a zone is on the clocks of the place (400)."""
    text = given(request, name)
    if not text:
        return None
    try:
        # A plus sign of a zone that nobody encoded comes as a blank.
        found = datetime.fromisoformat(text.replace(" ", "+") if "T" in text else text)
        if found.tzinfo is None:
            found = found.replace(tzinfo=ZoneInfo(centre().zone))
        found.timestamp()
    except (ValueError, OverflowError):
        words = _("%(name)s is no date and time. Write it like 2026-11-03T14:30:00Z.")
        raise Refused(400, "OPEN311-412", words % {"name": name}) from None
    return found


def degrees_of(request: Asked, name: str, most: int) -> Decimal | None:
    """A coordinate in degrees (400)."""
    text = given(request, name)
    if not text:
        return None
    try:
        found = Decimal(text[:40])
    except InvalidOperation:
        found = Decimal("NaN")
    if not found.is_finite() or abs(found) > most:
        words = _("%(name)s is no place on earth. Write degrees, such as 41.8781.")
        raise Refused(400, "OPEN311-413", words % {"name": name})
    return round(found, 6)

"""Letters by scan: taking them in, sorting what had no cover sheet, the cover sheets themselves."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from markupsafe import Markup

from commonweal.kernel.casework import public as casework
from commonweal.kernel.documents.public import draw_page
from commonweal.kernel.party.public import agencies
from commonweal.kernel.schema.public import CommonwealError, NotFound, Place
from commonweal.kernel.words.public import told

from ..access import centre_only
from ..centre.base import FormError, attempt, required_id, show, text
from ..files import handed_out, shown
from ..lists import lists, pages, place, report
from ..look.page import Problem
from ..requests import Asked
from .said import opened_words

WORK = "casework.work"
MOST = 50
FEW = Place(limit=20)


@centre_only(WORK)
@lists("casework.ScannedLetter")
def letters(request: Asked) -> HttpResponse:
    """Scans are given here; what files itself is said, what does not waits to be sorted."""
    errors: tuple[Problem, ...] = ()
    if request.method == "POST":
        errors = _taken_in(request)
        if not errors:
            return HttpResponseRedirect(reverse("desk:letters"))
    rows = casework.letters(request.actor, place(request), waiting=True)
    context = {
        "rows": rows,
        "pages": pages(request, rows),
        "last": casework.letters(request.actor, FEW),
        "most": MOST,
    }
    return show(request, "cases/letters.jinja", context, errors)


def _taken_in(request: Asked) -> tuple[Problem, ...]:
    """Take in the files of a form, each by itself: one that is refused keeps no other out."""
    files = request.FILES.getlist("letters")
    if not files:
        return (Problem(_("Choose a scan at least."), "letters", "CASE-243"),)
    if len(files) > MOST:
        words = _("Give %(n)s scans at most at once.") % {"n": MOST}
        return (Problem(words, "letters", "CASE-243"),)
    problems: list[Problem] = []
    filed, waiting, known = 0, 0, 0
    for file in files:
        try:
            taken = casework.take_letter(
                actor=request.actor,
                filename=file.name or "",
                media_type=file.content_type or "",
                data=file.read(),
            )
        except CommonwealError as error:
            if error.status in (403, 404):
                raise
            words = f"{(file.name or '')[:80]}: {told(error.message)}"
            problems.append(Problem(words, "letters", error.code))
            continue
        known += not taken.fresh
        filed += taken.fresh and taken.letter.state == "filed"
        waiting += taken.fresh and taken.letter.state == "waiting"
    for count, words in (
        (filed, ngettext("%(n)s letter went to its case.", "%(n)s letters went to their cases.",
                         filed)),
        (waiting, ngettext("%(n)s letter waits to be sorted.", "%(n)s letters wait to be sorted.",
                           waiting)),
        (known, ngettext("%(n)s letter was there before.", "%(n)s letters were there before.",
                         known)),
    ):  # fmt: skip
        if count:
            messages.success(request, words % {"n": count})
    return tuple(problems)


@centre_only(WORK)
@report("one letter")
def letter(request: Asked, letter_id: UUID) -> HttpResponse:
    """Sort one letter: to a case by its number, into a new case, or away."""
    found = casework.letter(request.actor, letter_id)
    errors: tuple[Problem, ...] = ()
    if request.method == "POST":
        said: list[str] = []
        errors = attempt(lambda: said.append(_sort(request, found)))
        if not errors:
            messages.success(request, said[0])
            return HttpResponseRedirect(reverse("desk:letters"))
    context = {
        "letter": found,
        "asked": request.POST,
        "agencies": [(str(row.pk), row.name) for row in agencies(request.actor)],
        "categories": [
            (row.code, f"{row.case_type.name}: {row.name}")
            for row in casework.categories(request.actor)
        ],
    }
    return show(request, "cases/letter.jinja", context, errors)


def _sort(request: Asked, found: casework.ScannedLetter) -> str:
    actor, what = request.actor, text(request, "what")
    if what == "file":
        row = casework.file_letter(actor=actor, letter_id=found.pk, number=text(request, "number"))
        number = row.case.number if row.case else ""
        return _("The letter is in %(number)s now.") % {"number": number}
    if what == "open":
        agency = required_id(request, "agency", _("Choose the agency that it is for."))
        name, address = text(request, "name"), text(request, "address")
        requester = None
        if name or address:
            requester = casework.put_contact(
                actor=actor, agency_id=agency, name=name, address=address
            )
        new = casework.NewCase(
            case_type="",
            category=text(request, "category"),
            subject=text(request, "subject"),
            text=text(request, "text"),
            requester=requester,
            place=text(request, "place"),
        )
        opened = casework.open_for_letter(
            actor=actor, letter_id=found.pk, agency_id=agency, new=new
        )
        return opened_words(opened)
    if what == "drop":
        casework.drop_letter(actor=actor, letter_id=found.pk, reason=text(request, "reason"))
        return _("The letter is taken away.")
    raise FormError("CASE-194", _("Choose what to do."), field="what")


@centre_only(WORK)
def scan(request: Asked, letter_id: UUID) -> HttpResponseBase:
    """The scan of a letter that waits, as a download."""
    found = casework.letter(request.actor, letter_id)
    data = casework.letter_scan(request.actor, found)
    return handed_out(found.name, found.media_type, data)


@centre_only(WORK)
def page(request: Asked, letter_id: UUID, number: int) -> HttpResponse:
    """A page of a letter to look at, drawn by us."""
    found = casework.letter(request.actor, letter_id)
    drawn = draw_page(found.media_type, casework.letter_scan(request.actor, found), number)
    if drawn is None:
        raise NotFound("CASE-404", _("This letter has no such page that can be drawn."))
    return shown(drawn)


@centre_only(WORK)
@report("one case's cover sheet")
def cover(request: Asked, number: str) -> HttpResponse:
    """The sheet to lay on a letter of a case, so that its scan files itself."""
    case = casework.case_by_number(request.actor, number)
    sheet = casework.cover(request.actor, case)
    context = {"case": case, "code": sheet.text, "drawn": Markup(sheet.svg)}
    return show(request, "cases/cover.jinja", context)

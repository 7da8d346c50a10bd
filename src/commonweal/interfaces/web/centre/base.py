"""What the centre's rooms share: reading forms, errors as a summary, months, names, going back."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from commonweal.kernel.access.public import Actor
from commonweal.kernel.calendar.public import FiscalPeriod, today
from commonweal.kernel.metering.public import safe_cell
from commonweal.kernel.money.public import Money, parse_decimal
from commonweal.kernel.party.public import agencies, centre
from commonweal.kernel.schema.public import CommonwealError, Forbidden, NotFound
from commonweal.kernel.words.public import period as month_words
from commonweal.kernel.words.public import told

from ..access import may_open
from ..look.page import Link, Problem
from ..requests import Asked

PAGE = 50


class FormError(CommonwealError):
    """A field of a form cannot be read; `details["field"]` is its id."""


def attempt(write: Callable[[], Any]) -> tuple[Problem, ...]:
    """Do a write; what a person may mend comes back as problems, the rest is raised. Of a write
    that was refused half-way nothing stays."""
    try:
        with transaction.atomic():
            write()
    except (NotFound, Forbidden):
        raise
    except CommonwealError as error:
        return problems(error)
    return ()


def problems(error: CommonwealError) -> tuple[Problem, ...]:
    """An error as entries of the error summary, each beside its field where it has one."""
    several = error.details.get("problems")
    if several:
        return tuple(
            Problem(
                f"{told(each['where'])}: {told(each['message'])}",
                each.get("field", ""),
                each["code"],
            )
            for each in several
        )
    return (Problem(told(error.message), str(error.details.get("field", "")), error.code),)


def show(
    request: Asked, template: str, context: Mapping[str, Any], errors: tuple[Problem, ...] = ()
) -> HttpResponse:
    """A page; with errors it names them first and answers 422."""
    status = 422 if errors else 200
    return render(request, template, {**context, "errors": errors}, status=status)


def again_asked(request: Asked) -> bool:
    """The reader asked the page to refresh by itself (`?again=1`)."""
    return request.GET.get("again") == "1"


def silence() -> str:
    """What a page says of running work whose worker is silent."""
    return _("Its worker gives no sign of life. Another one takes the work over in a moment.")


def watched(request: Asked, response: HttpResponse, live: bool) -> HttpResponse:
    """A page that is read anew while work goes on; when it ends, the reader gets it whole."""
    if request.headers.get("HX-Request") and not live:
        response["HX-Refresh"] = "true"
    return response


def done(request: Asked, text: str, name: str, *args: Any, **query: Any) -> HttpResponseRedirect:
    """Say what was done, on the page that shows it."""
    messages.success(request, text)
    return HttpResponseRedirect(address(name, *args, **query))


def said_on(request: Asked, name: str, text: str, *args: Any) -> HttpResponseRedirect:
    """Say what was done ("": nothing), on a page of any room."""
    if text:
        messages.success(request, text)
    return HttpResponseRedirect(reverse(name, args=args))


def change(
    request: Asked,
    writes: Mapping[str, Callable[..., Any]],
    again: Callable[..., HttpResponse],
    said: str,
    name: str,
    *args: Any,
) -> HttpResponse:
    """Do that one of a page's writes which its form names (`what`), and show the page `name`: with
    what was `said`, or drawn by `again` with what is wrong. `args`: whatever the page is about."""
    write = writes.get(text(request, "what"))
    if request.method != "POST" or write is None:
        return HttpResponseRedirect(address(name, *args))
    errors = attempt(lambda: write(request, *args))
    return again(request, *args, errors) if errors else done(request, said, name, *args)


def address(name: str, *args: Any, **query: Any) -> str:
    """The address of a centre page with a query; empty values are left out."""
    kept = {key: value for key, value in query.items() if value not in ("", None)}
    return reverse(f"centre:{name}", args=args) + (f"?{urlencode(kept)}" if kept else "")


def open_links(actor: Actor, here: str, found: Iterable[tuple[str, str]]) -> list[Link]:
    """Of pages by name and label those that the actor may open; `here` is the present one."""
    links = [Link(label, address(name), name == here) for name, label in found]
    return [link for link in links if may_open(actor, link.href)]


def bill_href(number: str, bill_id: UUID) -> str:
    """A bill's page; a bill without number yet is named by its id."""
    return reverse("agency:bill", args=[number or str(bill_id)])


def text(request: Asked, name: str) -> str:
    """A form's field, trimmed, without the sign that no table keeps."""
    return request.POST.get(name, "").replace("\x00", "").strip()


def as_id(value: str) -> UUID | None:
    """An id from an address or a form; anything else counts as none."""
    try:
        return UUID(value)
    except ValueError:
        return None


def required_id(request: Asked, name: str, words: str) -> UUID:
    """An id that a form must name (FORM-101)."""
    found = as_id(text(request, name))
    if found is None:
        raise FormError("FORM-101", words, field=name)
    return found


def day_field(request: Asked, name: str, words: str) -> date:
    """A day that a form must name (FORM-102)."""
    found = optional_day(request, name, words)
    if found is None:
        raise FormError(
            "FORM-102", _("%(what)s is empty. Choose a day.") % {"what": words}, field=name
        )
    return found


def optional_day(request: Asked, name: str, words: str) -> date | None:
    """A day that a form may name (FORM-102 if it cannot be read)."""
    given = text(request, name)
    if not given:
        return None
    try:
        return date.fromisoformat(given)
    except ValueError as wrong:
        raise FormError(
            "FORM-102",
            _("%(what)s: “%(given)s” is not a day. Write it like 2026-11-03.")
            % {"what": words, "given": given[:30]},
            field=name,
        ) from wrong


def decimal_field(request: Asked, name: str, words: str, places: int | None = None) -> Decimal:
    """An exact number that a form must name; thousands marks are understood (FORM-103)."""
    given = text(request, name).replace(",", "").replace(" ", "")
    if not given:
        raise FormError(
            "FORM-103", _("%(what)s is empty. Enter a number.") % {"what": words}, field=name
        )
    try:
        return parse_decimal(given, places)
    except CommonwealError as wrong:
        raise FormError("FORM-103", f"{words}: {told(wrong.message)}", field=name) from wrong


def whole_field(request: Asked, name: str, words: str, default: int | None = None) -> int:
    """A whole number (FORM-103); `default` stands for an empty field."""
    if default is not None and not text(request, name):
        return default
    return int(decimal_field(request, name, words, places=0))


def money_field(request: Asked, name: str, words: str) -> int:
    """An amount in the centre's currency, as minor units (FORM-103)."""
    exact = decimal_field(request, name, words)
    try:
        return Money.exactly(str(exact), centre().currency).minor
    except CommonwealError as wrong:
        raise FormError("FORM-103", f"{words}: {told(wrong.message)}", field=name) from wrong


def month_asked(request: Asked, default: str) -> str:
    """The month of `?period=`, or the default where it is none."""
    given = request.GET.get("period", "")
    try:
        return FiscalPeriod.parse(given).code
    except CommonwealError:
        return default


def local_day() -> date:
    """Today in the centre's zone."""
    return today(centre().zone)


def last_month() -> str:
    """The last full month in the centre's zone."""
    return FiscalPeriod.of_date(local_day()).shift(-1).code


def months_back(last: str, count: int = 24) -> list[tuple[str, str]]:
    """Months as choices of a select, newest first."""
    end = FiscalPeriod.parse(last)
    return [(end.shift(-step).code, month_words(end.shift(-step).code)) for step in range(count)]


def agency_choices(request: Asked, first: str = "") -> list[tuple[str, str]]:
    """The agencies as choices of a select; `first` names the choice of none."""
    rows = [(str(row.id), row.name) for row in agencies(request.actor)]
    return [("", first), *rows] if first else rows


def safe_csv(rows: list[list[object]], filename: str) -> HttpResponse:
    """Rows as a CSV download in which no cell becomes a formula."""
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\r\n").writerows(
        [safe_cell(cell) for cell in row] for row in rows
    )
    return attachment(filename, "text/csv; charset=utf-8", stream.getvalue().encode())


def attachment(filename: str, media_type: str, data: bytes) -> HttpResponse:
    """A download."""
    response = HttpResponse(data, content_type=media_type)
    response["Content-Disposition"] = f'attachment; filename="{filename}"'
    return response

"""Sources of usage: who may send it, and for which charge items."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _

from commonweal.kernel.catalogue.public import charge_items
from commonweal.kernel.metering.public import Source, put_source, source_by_code
from commonweal.kernel.metering.public import sources as all_sources
from commonweal.kernel.schema.public import Listing

from ..access import centre_only
from ..centre.base import text
from ..lists import lists, pages, place
from ..look.page import Link, col
from ..requests import Asked
from .kit import Field, Form, Row, Section, Sheet, ask, sheet, to
from .rooms import SOURCES, anyone, rooms


@anyone
@lists("metering.Source")
def sources(request: Asked) -> HttpResponse:
    """The registered sources, by code."""
    may = request.actor.may(SOURCES)
    seen = (
        all_sources(request.actor, place=place(request))
        if request.actor.may("metering.view")
        else Listing[Source](())
    )
    items = {row.code: row.name for row in charge_items(request.actor)}
    rows = [
        Row(
            {
                "name": row.name,
                "code": row.code,
                "items": ", ".join(items.get(each, each) for each in row.items)
                or _("Any charge item"),
                "expected": _("Yes") if row.expected else _("No"),
                "active": _("Yes") if row.active else _("No"),
            },
            to("edit_source", row.code) if may else "",
        )
        for row in seen
    ]
    section = Section(
        _("Sources of usage"),
        [
            col("name", _("Source")),
            col("code", _("Code")),
            col("items", _("Charge items that it feeds")),
            col("expected", _("The close waits for it")),
            col("active", _("May send")),
        ],
        rows,
        _("No source is registered yet. Usage is taken in only from registered sources."),
        Link(_("Register a source"), to("new_source")) if may else None,
        pages=pages(request, seen),
        hidden=True,
    )
    return sheet(
        request, Sheet(_("Sources of usage"), [section], tabs=rooms(request.actor, "sources"))
    )


def source_form(request: Asked, title: str, values: dict[str, Any], known: bool) -> Form:
    """The questions about a source."""
    metered = [row for row in charge_items(request.actor) if row.kind == "metered"]
    fields = [
        Field("code", _("Code"), width="20", codes=("USAGE-310",), fixed=known,
              hint=_("Never changes: ids are unique within it.")),
        Field("name", _("Name")),
        Field("items", _("Charge items that it feeds"), "ticks",
              options=[(row.code, row.name) for row in metered],
              hint=_("Records of other items are refused; none ticked: it may feed any.")),
        Field("expected", _("The close waits for it"), "tick"),
        Field("late_policy", _("What happens to its usage that comes late"), "area"),
    ]  # fmt: skip
    if known:
        fields.append(Field("active", _("It may send usage"), "tick"))
    back = Link(_("Sources of usage"), to("sources"))
    return Form(title, _("Save the source"), fields, back, values)


def write_source(request: Asked, code: str, known: bool) -> Source:
    """Register the source, or change it."""
    return put_source(
        actor=request.actor,
        code=code,
        name=text(request, "name"),
        items=request.POST.getlist("items"),
        expected=bool(text(request, "expected")),
        active=bool(text(request, "active")) if known else True,
        late_policy=text(request, "late_policy"),
    )


@centre_only(SOURCES)
def new_source(request: Asked) -> HttpResponse:
    """Register a source."""
    values = {"expected": "1", "late_policy": _("Booked as a correction on the next bill.")}
    form = source_form(request, _("Register a source"), values, known=False)
    return ask(
        request,
        form,
        lambda: write_source(request, text(request, "code"), known=False),
        _("The source is registered. It may send usage now."),
        to("sources"),
    )


@centre_only(SOURCES)
def edit_source(request: Asked, code: str) -> HttpResponse:
    """Change a source."""
    found = source_by_code(request.actor, code)
    values = {
        "code": found.code,
        "name": found.name,
        "items": found.items,
        "expected": "1" if found.expected else "",
        "active": "1" if found.active else "",
        "late_policy": found.late_policy,
    }
    form = source_form(request, _("Change %(name)s") % {"name": found.name}, values, known=True)
    return ask(
        request,
        form,
        lambda: write_source(request, found.code, known=True),
        _("The source is changed."),
        to("sources"),
    )

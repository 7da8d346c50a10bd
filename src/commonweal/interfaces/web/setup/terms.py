"""Units, bundles with their mandatory companions, and service levels as data."""

from __future__ import annotations

from decimal import Decimal
from operator import attrgetter

from django.http import HttpResponse
from django.utils.translation import gettext as _

from commonweal.kernel.catalogue.public import (
    Bundle,
    bundles,
    charge_items,
    item_by_code,
    put_bundle,
    put_service_level,
    put_unit,
    service_by_code,
)
from commonweal.kernel.catalogue.public import units as all_units
from commonweal.kernel.money.public import parse_decimal
from commonweal.kernel.schema.public import CommonwealError

from ..access import centre_only
from ..centre.base import FormError, decimal_field, text
from ..lists import report
from ..look.page import Link, col
from ..requests import Asked
from .kit import Field, Form, Row, Section, Sheet, ask, sheet, to
from .rooms import CATALOGUE, anyone, rooms
from .services import CODES, span, span_fields, unit_choices


@anyone
@report("the units of UN/ECE Recommendation 20 that the centre counts in")
def units(request: Asked) -> HttpResponse:
    """Units by name, in the words people read."""
    may = request.actor.may(CATALOGUE)
    rows = [
        Row(
            {"code": row.code, "name": row.name, "words": f"1 {row.singular}, 2 {row.plural}"},
            to("edit_unit", row.code) if may else "",
        )
        for row in sorted(all_units(request.actor), key=attrgetter("name"))
    ]
    section = Section(
        _("Units"),
        [col("name", _("Unit")), col("code", _("Code")), col("words", _("In words"))],
        rows,
        _("No unit is here."),
        Link(_("Add a unit"), to("new_unit")) if may else None,
        hidden=True,
    )
    return sheet(request, Sheet(_("Units"), [section], tabs=rooms(request.actor, "units")))


def unit_form(title: str, values: dict[str, str], known: bool) -> Form:
    """The questions about a unit."""
    hint = _("Of UN/ECE Recommendation 20, such as HUR.")
    fields = [
        Field("code", _("Code"), hint=hint, width="3", codes=("CATALOGUE-106",), fixed=known),
        Field("name", _("Name"), codes=("CATALOGUE-102",)),
        Field("singular", _("Word for one"), width="20"),
        Field("plural", _("Word for many"), width="20"),
    ]
    return Form(title, _("Save the unit"), fields, Link(_("Units"), to("units")), values)


@centre_only(CATALOGUE)
def new_unit(request: Asked) -> HttpResponse:
    """Add a unit."""
    form = unit_form(_("Add a unit"), {}, known=False)
    return _save_unit(request, form, text(request, "code").upper())


@centre_only(CATALOGUE)
def edit_unit(request: Asked, code: str) -> HttpResponse:
    """Change the words for a unit."""
    found = {row.code: row for row in all_units(request.actor)}.get(code)
    values = (
        {name: getattr(found, name) for name in ("code", "name", "singular", "plural")}
        if found
        else {"code": code}
    )
    return _save_unit(request, unit_form(_("Change the unit"), values, known=True), code)


def _save_unit(request: Asked, form: Form, code: str) -> HttpResponse:
    return ask(
        request,
        form,
        lambda: put_unit(
            actor=request.actor,
            code=code,
            name=text(request, "name"),
            singular=text(request, "singular"),
            plural=text(request, "plural"),
        ),
        _("The unit is saved."),
        to("units"),
    )


def bundle_form(title: str, back: Link, lead: Field, values: dict[str, str]) -> Form:
    """The questions about a bundle."""
    fields = [
        lead,
        Field("name", _("Name of the bundle"), codes=("CATALOGUE-102",)),
        Field(
            "companions",
            _("Companions"),
            "area",
            hint=_("One a line: a charge item’s code, then how many for each, such as 2."),
            codes=("CATALOGUE-104", "CATALOGUE-111", "CATALOGUE-112"),
        ),
    ]
    intro = _("An order of the item must then name its companions. Orders made before stay.")
    return Form(title, _("Save the bundle"), fields, back, values, intro)


def write_bundle(request: Asked, lead: str) -> Bundle:
    """Say which items must be ordered with one."""
    return put_bundle(
        actor=request.actor,
        lead=lead,
        name=text(request, "name"),
        companions=companions_typed(text(request, "companions")),
    )


@centre_only(CATALOGUE)
def new_bundle(request: Asked, code: str) -> HttpResponse:
    """Name the companions of an item of a service."""
    found = service_by_code(request.actor, code)
    items = [(row.code, row.name) for row in charge_items(request.actor, found.pk)]
    back = Link(found.name, to("service", found.code))
    lead = Field("lead", _("Who orders this item"), "select", options=items)
    form = bundle_form(_("Name mandatory companions"), back, lead, {})
    return ask(
        request,
        form,
        lambda: write_bundle(request, text(request, "lead")),
        _("The bundle is saved."),
        back.href,
    )


@centre_only(CATALOGUE)
def edit_bundle(request: Asked, code: str) -> HttpResponse:
    """Change which items must be ordered with one."""
    item = item_by_code(request.actor, code)
    found = {row.lead_id: row for row in bundles(request.actor, item.service_id)}.get(item.pk)
    companions = found.companions.all() if found else ()
    back = Link(item.service.name, to("service", item.service.code))
    lead = Field("lead", _("Who orders this item"), fixed=True)
    values = {
        "lead": item.name,
        "name": found.name if found else "",
        "companions": "\n".join(f"{each.item.code} {each.quantity:f}" for each in companions),
    }
    form = bundle_form(_("Change the companions"), back, lead, values)
    return ask(
        request, form, lambda: write_bundle(request, code), _("The bundle is saved."), back.href
    )


def companions_typed(lines: str) -> dict[str, Decimal]:
    """How many of each item, by code; a line without a number means one (FORM-121)."""
    found = {}
    for number, line in enumerate(lines.splitlines(), 1):
        parts = line.split()
        if not parts:
            continue
        try:
            count = parse_decimal(parts[1], 6) if len(parts) > 1 else Decimal(1)
        except CommonwealError as wrong:
            raise _line_error(number, line) from wrong
        if len(parts) > 2:
            raise _line_error(number, line)
        found[parts[0]] = count
    return found


def _line_error(number: int, line: str) -> FormError:
    return FormError(
        "FORM-121",
        _("Line %(number)s: “%(line)s” is not a code and a number. Write payroll.payslip 2.")
        % {"number": number, "line": line.strip()[:60]},
        field="companions",
    )


@centre_only(CATALOGUE)
def new_level(request: Asked, code: str) -> HttpResponse:
    """Promise a service level, as data."""
    found = service_by_code(request.actor, code)
    offered = unit_choices(request)
    ways = [("at_most", _("at most the target")), ("at_least", _("at least the target"))]
    fields = [
        Field("name", _("The promise, in plain words")),
        Field("metric", _("Code of what is measured"), width="20", codes=CODES,
              hint=_("The same code from another day on replaces the promise.")),
        Field("direction", _("Met when measured is"), "select", options=ways),
        Field("target", _("Target"), "number", width="10", codes=("CATALOGUE-113",)),
        Field("unit", _("Measured in"), "select", options=offered),
        Field("calendar", _("Clock runs on"), width="20",
              hint=_("Code of the working-time calendar, such as always.")),
        *span_fields(("CATALOGUE-114",)),
    ]  # fmt: skip
    form = Form(
        _("Promise a service level of %(service)s") % {"service": found.name},
        _("Promise it"),
        fields,
        Link(found.name, to("service", found.code)),
        {"unit": "MIN", "calendar": "always", "starts": found.starts},
        intro=_("A promise that runs already for the same measure ends the day before."),
    )
    return ask(
        request,
        form,
        lambda: put_service_level(
            actor=request.actor,
            service=found.code,
            name=text(request, "name"),
            metric=text(request, "metric"),
            target=decimal_field(request, "target", _("Target"), places=6),
            unit=text(request, "unit"),
            calendar=text(request, "calendar"),
            direction=text(request, "direction"),
            **span(request),
        ),
        _("The service level is promised."),
        to("service", found.code),
    )

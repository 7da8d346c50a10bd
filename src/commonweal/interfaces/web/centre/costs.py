"""The month's costs by pool, imported files with their reconciliation, and importing one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, TypeVar
from uuid import UUID

from django.http import HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _

from commonweal.kernel.metering.public import kept_file
from commonweal.kernel.party.public import centre
from commonweal.kernel.schema.public import CommonwealError, Forbidden, NotFound
from commonweal.kernel.words.public import told
from commonweal.practices.charging import public as charging

from ..access import centre_only
from ..lists import lists, pages, place, report
from ..look.page import Link
from ..requests import Asked
from .base import (
    PAGE,
    FormError,
    address,
    as_id,
    done,
    last_month,
    month_asked,
    months_back,
    problems,
    safe_csv,
    show,
    text,
)
from .cost_files import file_rows
from .holding import held, hold, hold_again, release, still_held

VIEW = "charging.view_costs"
IMPORT = "charging.import_costs"
Read = TypeVar("Read")


def cost_tabs(here: str) -> list[Link]:
    """The pages of the cost room."""
    tabs = (
        ("costs", _("The month")),
        ("imports", _("Imported files")),
        ("model", _("Pools and drivers")),
        ("terms", _("Dated drivers and marks")),
        ("towers", _("By tower")),
        ("capacities", _("Capacity")),
        ("assets", _("Assets")),
        ("allocations", _("Allocations")),
        ("reconcile", _("To the bills")),
    )
    return [Link(label, address(name), name == here) for name, label in tabs]


@dataclass(frozen=True)
class MonthCheck:
    """Whether a month's allocation still says what its ledger lines, `ledger` minor units, say."""

    run: charging.AllocationRun
    ledger: int

    @property
    def unallocated(self) -> int:
        """What no service got."""
        return self.run.unallocated_minor

    @property
    def allocated(self) -> int:
        """What the services got."""
        return self.run.total_minor - self.run.unallocated_minor

    @property
    def late(self) -> int:
        """Ledger cost that the run does not know."""
        return self.ledger - self.run.total_minor

    @property
    def agrees(self) -> bool:
        """Ledger cost = allocated + unallocated; the allocation's own page checks pool by pool."""
        return self.late == 0


@centre_only(VIEW)
@report("one row for each cost pool, and their sum")
def costs(request: Asked) -> HttpResponse:
    """A month's ledger cost by pool, and whether its allocation still says the same."""
    period = month_asked(request, last_month())
    basis = "budget" if request.GET.get("basis") == "budget" else "actual"
    rows = charging.cost_by_pool(request.actor, period, period, basis)
    run = charging.latest_run(request.actor, basis, period)
    context = {
        "period": period,
        "basis": basis,
        "bases": [("actual", _("Actual")), ("budget", _("Budget"))],
        "months": months_back(last_month()),
        "rows": [
            {
                "name": row.name,
                "code": row.code,
                "goes": goes_to(row),
                "lines": row.lines,
                "amount": row.amount_minor,
            }
            for row in rows
        ],
        "total": sum(row.amount_minor for row in rows),
        "lost": [row for row in rows if row.pool is None or goes_nowhere(row)],
        "unassigned": charging.UNASSIGNED,
        "currency": centre().currency,
        "no_costs": charging.no_costs_reason(request.actor, period),
        "check": MonthCheck(run, sum(row.amount_minor for row in rows)) if run else None,
        "tabs": cost_tabs("costs"),
        "may_import": request.actor.may(IMPORT),
    }
    return show(request, "centre/costs.jinja", context)


def goes_to(row: charging.PoolCost) -> str:
    """Where a pool's cost goes, in words."""
    if row.pool is None:
        return _("Nowhere: no rule takes these lines")
    if row.pool.service:
        return _("%(service)s, its own cost") % {"service": row.pool.service.name}
    if row.pool.driver:
        return _("Shared by %(driver)s") % {"driver": row.pool.driver.name}
    return _("Nowhere: it has no driver")


def goes_nowhere(row: charging.PoolCost) -> bool:
    """A pool with cost and neither service nor driver."""
    pool = row.pool
    return bool(row.amount_minor and pool and not pool.service_id and not pool.driver_id)


@centre_only(VIEW)
@lists("charging.CostImport")
def imports(request: Asked) -> HttpResponse:
    """Imported files, newest first, each with the two sums that must agree."""
    rows = charging.imports(request.actor, place(request))
    context = {
        "rows": rows,
        "pages": pages(request, rows),
        "files": file_rows(request.actor),
        "tabs": cost_tabs("imports"),
        "currency": centre().currency,
        "may_import": request.actor.may(IMPORT),
    }
    return show(request, "centre/imports.jinja", context)


@centre_only(VIEW)
@lists("charging.RejectedCostRow")
def one_import(request: Asked, import_id: UUID) -> HttpResponse:
    """One imported file: its mapping, its reconciliation, the rows that could not be used."""
    found = charging.cost_import(request.actor, import_id)
    rows = charging.rejects(request.actor, import_id, place(request))
    context = {
        "found": found,
        "fields": field_words(),
        "rejects": rows,
        "pages": pages(request, rows),
        "late": charging.late_allocations(request.actor, found),
    }
    return show(request, "centre/import.jinja", context)


@centre_only(VIEW)
def rejected_csv(request: Asked, import_id: UUID) -> HttpResponse:
    """Every row of a file that could not be used, and why, as CSV."""
    rows = charging.rejects(request.actor, import_id, None)
    table: list[list[object]] = [["row", "code", "problem", "amount"]]
    table += [[row.row, row.code, told(row.message), row.amount_text] for row in rows]
    return safe_csv(table, "rejected-rows.csv")


@centre_only(IMPORT)
def new_import(request: Asked) -> HttpResponse:
    """Import a file of ledger costs: upload, confirm what was found, see what came of it."""
    try:
        if request.method == "POST":
            return take_file(request)
        kept = as_id(request.GET.get("file", ""))
        return import_page(request) if kept is None else otherwise(request, kept)
    except (NotFound, Forbidden):
        raise
    except CommonwealError as error:
        return import_page(request, errors=problems(error))


def otherwise(request: Asked, file_id: UUID) -> HttpResponse:
    """The form as it was when a large file was sent, with the same file."""
    file = charging.cost_file(request.actor, file_id)
    token = hold_again(request.actor, kept_file(file.id))
    asked = {**file.asked, **file.asked["options"]}
    return import_page(request, token, file.filename, asked=asked)


def take_file(request: Asked) -> HttpResponse:
    """The first upload shows; the confirmation imports."""
    token = as_id(text(request, "token"))
    if token is None:
        token = hold(request.actor, request.FILES.get("file"))
        name = getattr(request.FILES.get("file"), "name", "") or "file"
    else:
        name = text(request, "filename")
    asked = request_of(request, token, name)
    try:
        if charging.is_large_ledger(asked.data):
            return take_large(request, token, name, asked)
        reading = as_confirmed(asked, partial(charging.read_costs, request.actor))
    except charging.MappingNeeded as needed:
        return import_page(request, token, name, needed=needed)
    except charging.CostError as error:
        refused = rows_of(asked)
        return import_page(request, token, name, errors=problems(error), first=refused)
    if text(request, "do") != "import":
        return import_page(request, token, name, reading=reading)
    report = charging.import_costs(actor=request.actor, request=asked)
    release(request.actor, token)
    words = _("%(used)s of %(all)s rows were imported.") % {
        "used": report.cost_import.rows_used,
        "all": report.cost_import.rows_total,
    }
    return done(request, words, "import", report.cost_import.pk)


def rows_of(
    asked: charging.CostRequest,
) -> tuple[charging.CostTable, charging.ColumnMapping] | None:
    """The first rows of a file that is refused as it is read now, with what the form says of it;
    None if it cannot be opened."""
    try:
        return charging.first_rows(asked), asked.given
    except charging.CostError:
        return None


def as_confirmed(asked: charging.CostRequest, read: Callable[[charging.CostRequest], Read]) -> Read:
    """Read by the saved mapping; where there is none, by what the form confirms."""
    try:
        return read(replace(asked, accept_as=""))
    except charging.CostError as error:
        open_question = isinstance(error, charging.MappingNeeded) or error.code == "COSTS-106"
        if not open_question or not asked.accept_as:
            raise
    return read(asked)


def take_large(request: Asked, token: UUID, name: str, asked: charging.CostRequest) -> HttpResponse:
    """A large file shows its first rows; the confirmation leaves the rest to a worker."""
    first = as_confirmed(asked, partial(charging.look_at_costs, request.actor))
    if text(request, "do") != "import":
        return import_page(request, token, name, first=first)
    file = charging.import_costs_later(actor=request.actor, request=asked)
    release(request.actor, token)
    return HttpResponseRedirect(address("cost_file", file.id))


def field_words() -> dict[str, str]:
    """What each column may hold, in words, by its code."""
    said = {field: _(words) for field, words in charging.COST_FIELDS.items()}
    return {field: words[:1].upper() + words[1:] for field, words in said.items()}


def header_row_of(request: Asked) -> int:
    """The row that holds the column names, counted from 1."""
    given = text(request, "header_row") or "1"
    if not given.isdecimal() or not 1 <= int(given[:6]) <= 1000:
        raise FormError(
            "FORM-124",
            _("Enter the row of the column names as a number from 1."),
            field="header_row",
        )
    return int(given)


def column_choices(table: charging.CostTable | None) -> list[tuple[str, str]]:
    """The columns as choices; those that share a name, or have none, by their place."""
    found = [("", _("Not in the file"))]
    header = table.header if table else ()
    for at, label in enumerate(charging.column_labels(header), start=1):
        name, where = header[at - 1], _("column %(place)s") % {"place": at}
        found.append((label, name if name == label else f"{name} ({where})" if name else where))
    return found


def request_of(request: Asked, token: UUID, name: str) -> charging.CostRequest:
    """What the form says about the file."""
    columns = {
        field: column
        for field in charging.COST_FIELDS
        if (column := request.POST.get(f"column-{field}", ""))
    }
    given = charging.ColumnMapping(
        columns,
        date_format=text(request, "date_format"),
        decimal=text(request, "decimal"),
    )
    return charging.CostRequest(
        filename=name,
        data=held(request.actor, token).read_bytes(),
        mapping=text(request, "mapping"),
        given=given,
        accept_as=text(request, "accept_as"),
        period=text(request, "period"),
        basis=text(request, "basis") or "actual",
        late_reason=text(request, "late_reason"),
        keep_repeats=bool(text(request, "keep_repeats")),
        options=charging.CostFileOptions(
            encoding=text(request, "encoding"),
            delimiter=text(request, "delimiter"),
            sheet=text(request, "sheet"),
            header_row=header_row_of(request),
        ),
    )


def import_page(
    request: Asked,
    token: UUID | None = None,
    name: str = "",
    needed: charging.MappingNeeded | None = None,
    reading: charging.CostReading | None = None,
    errors: tuple[Any, ...] = (),
    first: tuple[charging.CostTable, charging.ColumnMapping] | None = None,
    asked: Mapping[str, Any] | None = None,
) -> HttpResponse:
    """The form at its present step; `first`: the first rows of a file that is large or refused;
    `asked`: what the form says, where nothing was sent."""
    table, mapping = first or (None, None)
    if needed or reading:
        table = needed.table if needed else reading.table if reading else None
        mapping = needed.suggestion.mapping if needed else reading.mapping if reading else None
    token = still_held(request.actor, token or as_id(text(request, "token")))
    context = {
        "token": token or "",
        "name": name or text(request, "filename"),
        "asked": request.POST if asked is None else asked,
        "needed": needed,
        "questions": needed.suggestion.ask if needed else (),
        "reading": reading,
        "large": first is not None and not errors,
        "rejects": list(reading.rejects[:PAGE]) if reading else [],
        "header": list(table.header) if table else [],
        "choices": column_choices(table),
        "sample": [list(cells) for _row, cells in table.rows[:3]] if table else [],
        "columns": dict(mapping.columns) if mapping else {},
        "date_format": mapping.date_format if mapping else text(request, "date_format"),
        "decimal": mapping.decimal if mapping else text(request, "decimal"),
        "fields": field_words(),
        "date_formats": [
            ("", _("Find it")),
            *((each, each) for each in charging.COST_DATE_FORMATS),
        ],
        "mappings": [
            ("", _("Find it by the header")),
            *((row.name, row.name) for row in charging.mappings(request.actor)),
        ],
        "currency": centre().currency,
    }
    return show(request, "centre/new_import.jinja", context, errors)

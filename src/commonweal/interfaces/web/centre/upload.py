"""Uploading a usage file: which column is what, a dry run with every refused row, then for real."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _

from commonweal.kernel.metering.public import (
    INLINE_BYTES,
    FileOptions,
    UploadResult,
    is_large,
    kept_file,
    own_upload,
    sources,
    submit_file,
    submit_later,
)
from commonweal.kernel.metering.public import upload as find_upload
from commonweal.kernel.party.public import centre
from commonweal.kernel.schema.public import CommonwealError, Forbidden, NotFound

from ..access import centre_only
from ..requests import Asked
from .base import FormError, address, as_id, attachment, done, problems, show, text
from .holding import beside, held, hold, hold_again, move_beside, release, still_held

SUBMIT = "metering.submit"
VIEW = "metering.view"
KINDS = {"csv": "csv", "txt": "csv", "tsv": "csv", "parquet": "parquet"}
FIELDS = (
    "id", "agency", "bureau", "charge_item", "order_line", "quantity", "unit", "from", "to",
    "origin", "replaces",
)  # fmt: skip


@centre_only(SUBMIT)
def new_upload(request: Asked) -> HttpResponse:
    """Upload, map, try, take in. `?trial=`: read a file that was tried by a worker otherwise."""
    try:
        if request.method == "POST":
            return take(request)
        trial = as_id(request.GET.get("trial", ""))
        return upload_page(request) if trial is None else otherwise(request, trial)
    except (NotFound, Forbidden):
        raise
    except CommonwealError as error:
        return upload_page(request, errors=problems(error))


def otherwise(request: Asked, trial: UUID) -> HttpResponse:
    """The form as it was when a file was tried, with the same file."""
    upload = own_upload(request.actor, trial)
    token = hold_again(request.actor, kept_file(upload.id))
    asked = asked_before(upload.source.code, FileOptions.of(upload.options))
    return upload_page(request, token, f"{upload.source.code}.{upload.format}", asked=asked)


def asked_before(source: str, options: FileOptions) -> dict[str, str]:
    """Options as the form's fields."""
    return {
        "source": source,
        **{f"column-{field}": column for column, field in options.mapping.items()},
        **{f"constant-{field}": value for field, value in options.constants.items()},
        "encoding": options.encoding,
        "delimiter": options.delimiter,
        "decimal_comma": "1" if options.decimal_comma else "",
        "date_formats": "\n".join(options.date_formats),
        "zone": options.zone,
    }


def take(request: Asked) -> HttpResponse:
    """Do what the form's button says: show the columns, try the file, or take it in."""
    token = as_id(text(request, "token"))
    if token is None:
        given = request.FILES.get("file")
        name = getattr(given, "name", "") or ""
        kind_of(name)
        token = hold(request.actor, given)
        return upload_page(request, token, name)
    name = text(request, "filename")
    dry = text(request, "do") != "take"
    path, options, kind = held(request.actor, token), options_of(request), kind_of(name)
    source = text(request, "source")
    if not source:
        raise FormError("FORM-101", _("Choose the source that counted this file."), field="source")
    if is_large(path):
        upload = submit_later(
            actor=request.actor,
            source=source,
            path=path,
            kind=kind,
            options=options,
            dry_run=dry,
        )
        release(request.actor, token)
        return HttpResponseRedirect(address("one_upload", upload.id))
    result = submit_file(
        actor=request.actor, source=source, path=path, kind=kind, options=options, dry_run=dry
    )
    if dry:
        if result.problems_path:
            move_beside(request.actor, token, Path(settings.DATA_DIR) / result.problems_path)
        return upload_page(request, token, name, result)
    release(request.actor, token)
    words = _("%(accepted)s records were taken in, %(known)s were known, %(refused)s refused.") % {
        "accepted": result.accepted,
        "known": result.duplicates,
        "refused": result.rejected + result.conflicts,
    }
    return done(request, words, "deliveries")


def kind_of(name: str) -> str:
    """The kind of file by its name (FORM-109)."""
    kind = KINDS.get(name.rpartition(".")[2].lower())
    if kind is None:
        raise FormError(
            "FORM-109", _("Choose a CSV or Parquet file; its name ends in .csv or .parquet."),
            field="file",
        )  # fmt: skip
    return kind


def options_of(request: Asked) -> FileOptions:
    """How the file is read; a field without a column may have one value for all rows."""
    mapping, constants = {}, {}
    for field in FIELDS:
        column = request.POST.get(f"column-{field}", "")
        value = text(request, f"constant-{field}")
        if column:
            mapping[column] = field
        elif value:
            constants[field] = value
    return FileOptions(
        mapping=mapping,
        constants=constants,
        encoding=text(request, "encoding"),
        delimiter=text(request, "delimiter"),
        decimal_comma=bool(text(request, "decimal_comma")),
        date_formats=tuple(text(request, "date_formats").splitlines()),
        zone=text(request, "zone"),
    )


def columns_of(path: Path, kind: str, delimiter: str = "", encoding: str = "") -> list[str]:
    """The names of a file's columns, as far as they can be read; the intake itself is strict."""
    if kind == "parquet":
        import pyarrow.parquet as parquet

        try:
            return list(parquet.read_schema(path).names)
        except (OSError, ValueError):
            return []
    with path.open("rb") as stream:
        head = stream.readline(65_536)
    try:
        line = head.decode(encoding or "utf-8-sig").rstrip("\r\n")
    except (UnicodeError, LookupError):
        line = head.decode("latin-1").rstrip("\r\n")
    mark = delimiter or max(",;\t|", key=line.count)
    return next(csv.reader([line], delimiter=mark[:1]), [])


def guess(field: str, columns: list[str]) -> str:
    """The column named like a field, in any spelling; else none."""
    folded = {column.strip().lower().replace(" ", "_"): column for column in columns}
    return folded.get(field, "")


def upload_page(
    request: Asked,
    token: UUID | None = None,
    name: str = "",
    result: UploadResult | None = None,
    errors: tuple[Any, ...] = (),
    asked: Mapping[str, str] | None = None,
) -> HttpResponse:
    """The form at its present step. `asked`: what it says, where nothing was sent."""
    asked = request.POST if asked is None else asked
    token = still_held(request.actor, token or as_id(text(request, "token")))
    name = name or text(request, "filename")
    columns: list[str] = []
    if token is not None and name:
        path = held(request.actor, token)
        columns = columns_of(path, kind_of(name), asked.get("delimiter", "").strip())
    first = "source" not in asked
    chosen = {
        field: guess(field, columns) if first else asked.get(f"column-{field}", "")
        for field in FIELDS
    }
    context = {
        "token": token or "",
        "name": name,
        "asked": asked,
        "large": INLINE_BYTES,
        "fields": [(field, words) for field, words in zip(FIELDS, field_words(), strict=True)],
        "columns": [("", _("Not in the file")), *((column, column) for column in columns)],
        "chosen": chosen,
        "sources": [
            ("", _("Choose a source")),
            *((row.code, row.name) for row in sources(request.actor, active=True)),
        ],
        "result": result,
        "zone": centre().zone if first else asked.get("zone", "").strip(),
    }
    return show(request, "centre/upload.jinja", context, errors)


def field_words() -> tuple[str, ...]:
    """What each field is, in the order of `FIELDS`."""
    return (
        _("The source's own id of the record"),
        _("Agency (code)"),
        _("Bureau (code)"),
        _("Charge item (code)"),
        _("Order line"),
        _("Quantity"),
        _("Unit"),
        _("From"),
        _("To"),
        _("Reference to its origin (never a name)"),
        _("Id of the record that it replaces"),
    )


@centre_only(VIEW)
def problem_rows(request: Asked, upload_id: UUID) -> HttpResponse:
    """Every row of an upload that was not taken, and why, as CSV."""
    found = find_upload(request.actor, upload_id)
    if not found.problems_path:
        raise NotFound("USAGE-405", _("Every row of this file was taken in."))
    path = Path(settings.DATA_DIR) / found.problems_path
    return attachment("refused-rows.csv", "text/csv; charset=utf-8", path.read_bytes())


@centre_only(SUBMIT)
def tried_rows(request: Asked, token: UUID) -> HttpResponse:
    """Every row that the last try of a held file would refuse, and why, as CSV."""
    data = beside(request.actor, token).read_bytes()
    return attachment("refused-rows.csv", "text/csv; charset=utf-8", data)

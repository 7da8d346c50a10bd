"""What can be wrong with usage: one stable code each, with what, where and what to do. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from ...errors import CommonwealError, Conflict


class UsageError(CommonwealError):
    """Usage, a usage file or a usage period cannot be used as given."""


class UsageBusy(UsageError, Conflict):
    """Somebody else is at the same work; trying again later helps."""


@dataclass(frozen=True)
class Problem:
    """One record that was not taken, and why.

    `row`: place in the batch from 0, or line of the file (its header is line 1). `pointer`: JSON
    pointer into the batch, or the column's name. `external_id` is the sender's id, if it had one.
    """

    row: int
    pointer: str
    code: str
    message: str
    external_id: str = ""


class Refused(Exception):
    """Raised while one record is checked; carries the field and the problem."""

    def __init__(self, field: str, code: str, message: str) -> None:
        super().__init__(message)
        self.field = field
        self.code = code
        self.message = message


TEXTS: dict[str, str] = {
    "USAGE-101": "{field} is missing. Give every record an id that its source never uses again.",
    "USAGE-102": "there is no source “{value}”. Use the code of a registered source.",
    "USAGE-103": "the source “{value}” is closed. Ask the centre to open it, or use another.",
    "USAGE-104": "quantity is empty. Enter a number, or remove the row.",
    "USAGE-105": "“{value}” is not a plain number. Write it as digits with a decimal point, "
    "at most 6 decimals, such as 1204 or 0.25.",
    "USAGE-106": "the quantity {value} is negative. To take usage back, send a record with the "
    "right quantity (it may be 0) that replaces the wrong one.",
    "USAGE-107": "the quantity {value} is too large. The limit is 12 digits before the point.",
    "USAGE-108": "there is no agency “{value}”. Use an agency's code or id.",
    "USAGE-109": "there is no charge item “{value}”. Use a code from the catalogue.",
    "USAGE-110": "“{value}” is not offered on {day}. Check the item and the date.",
    "USAGE-111": "{field} contains “@”. Names and e-mail addresses do not belong in usage; "
    "send an opaque reference.",
    "USAGE-112": "the unit is {value}, but {item} is counted in {unit}. Convert the quantity.",
    "USAGE-113": "“{value}” is not a moment. Write it as 2026-10-01T00:00:00Z.",
    "USAGE-114": "the end is not after the start. Usage covers [from, to): make “to” later.",
    "USAGE-115": "no order of this agency covers {item} on {day}. Correct the date or the item, "
    "or have the order extended.",
    "USAGE-116": "the order line “{value}” is not one of this agency for this item and bureau. "
    "Leave it out to have it found, or name the right one.",
    "USAGE-117": "the order line does not cover {day}. Correct the date, or name another line.",
    "USAGE-118": "the agency has no bureau “{value}”. Use a bureau's code or id, or leave it out.",
    "USAGE-119": "you may not send usage for “{value}”. Send it for your own agency only.",
    "USAGE-120": "{field} is “{value}”. Send CloudEvents 1.0 of type commonweal.usage.v1.",
    "USAGE-121": "{field} is too long or holds a control character. The limit is {limit} "
    "printable characters.",
    "USAGE-122": "dimensions must be at most 20 short names with text values. Correct “{value}”.",
    "USAGE-123": "it replaces “{value}”, which this source has not sent. Send that one first.",
    "USAGE-124": "it replaces “{value}”, which is of another agency or item. Replace that one "
    "by a quantity of 0, and send this one as a new record.",
    "USAGE-125": "“{value}” is already replaced. Replace the record that replaced it.",
    "USAGE-126": "it replaces “{value}”, which lies in the period {period}. Keep the period: "
    "replace it by a quantity of 0, and send this one as a new record.",
    "USAGE-127": "it replaces itself. Give it an id of its own.",
    "USAGE-128": "{field} has the wrong form. Send it as text (a quantity as a decimal string).",
    "USAGE-129": "there is no field {field} in usage. Correct its name, or send it as a dimension.",
    "USAGE-130": "the batch holds {value} records. Send at most 10,000 at once, or a file.",
    "USAGE-131": "{value} is charged by its order, month by month, not by use. Leave it out: a "
    "record of it would charge it twice.",
    "USAGE-132": "this source does not feed {value}. Choose the source that counted it, or have "
    "the item added to this one.",
    "USAGE-133": "“{value}” does not exist in {zone}: the clocks skipped this hour. Correct it, or "
    "write it with its offset, such as 2026-03-14T03:30:00-05:00.",
    "USAGE-134": "“{value}” came twice in {zone}: the clocks were set back in this hour. Write it "
    "with its offset, such as 2026-11-01T01:30:00-05:00 for the first and -06:00 for the second.",
    "USAGE-409": "“{value}” was sent before with other content. Nothing was changed; the new "
    "content is in quarantine. Send corrections as a new record that replaces the old one.",
}

FILE_TEXTS: dict[str, str] = {
    "USAGE-201": "This file is not written in UTF-8. Say how it is written, for example "
    "latin-1 or windows-1252, or save it as UTF-8.",
    "USAGE-202": "This is {value}, not {wanted}. Choose the right format, or save it as {wanted}.",
    "USAGE-203": "No column is mapped to: {value}. The file's columns are: {columns}. Map a "
    "column to each field, or give one value for the whole file.",
    "USAGE-204": "The column “{value}” appears twice. Give every column a name of its own.",
    "USAGE-205": "The column “{value}” holds binary floating point numbers, which are not exact. "
    "Write quantities as decimals or as text.",
    "USAGE-206": "the row has {actual} cells, and the header has {expected}. Check its quotes and "
    "separators.",
    "USAGE-207": "This is not the file of that upload. Choose the same file, or begin anew.",
    "USAGE-208": "It is not clear what separates the columns. Say it: comma, semicolon, tab or |.",
    "USAGE-209": "The file holds no rows. Choose another file.",
    "USAGE-210": "The file has no column “{value}”, only: {columns}. Correct the mapping.",
    "USAGE-211": "There is no field “{value}” in usage. Map to: {columns}.",
    "USAGE-212": "“{value}” is not an encoding that can be read. Try utf-8, utf-16 or latin-1.",
    "USAGE-213": "The file cannot be read after row {value}. Save it again, then go on.",
    "USAGE-215": "The same file is being taken in by somebody else. Wait until that has ended.",
    "USAGE-219": "The column “{value}” is of type {kind}, which cannot be read as text without "
    "loss. Write it as text, a whole number, a decimal, or a time in microseconds at most.",
    "USAGE-220": "a quote is opened in this row and not closed in it. Close it, or take it away; a "
    "record is one line.",
    "USAGE-214": "“{value}” is not a time zone. Write it as America/Chicago.",
    "USAGE-216": "The file of this upload is not kept any more. Upload the same file again: it "
    "goes on where it stopped.",
}


def file_error(code: str, **details: object) -> UsageError:
    """What is wrong with a file as a whole."""
    kind = UsageBusy if code == "USAGE-215" else UsageError
    return kind(code, FILE_TEXTS[code].format(**details))


def text(code: str, **details: object) -> str:
    """The sentence of a code."""
    return TEXTS[code].format(**details)


def refuse(field: str, code: str, **details: object) -> Refused:
    """The refusal of a field."""
    return Refused(field, code, text(code, field=field, **details))

"""Forms as data: what a case type or category asks, and the check of what was answered. Pure.

Kinds follow Open311 GeoReport v2 (string, text, number, datetime, singlevaluelist,
multivaluelist), with `yesno` and `email` beside them. Answers are texts, or lists of texts.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from .errors import CaseError

KINDS = (
    "string",
    "text",
    "number",
    "datetime",
    "singlevaluelist",
    "multivaluelist",
    "yesno",
    "email",
)
SHORT, LONG = 250, 5000
_CODE = re.compile(r"[a-z][a-z0-9_]{0,39}\Z")


@dataclass(frozen=True)
class FormField:
    """One question. `options`: pairs (key, words) of a list's values. `secret`: shown to those who
    work on the case only, never published."""

    code: str
    label: str
    kind: str
    required: bool = False
    help: str = ""
    options: tuple[tuple[str, str], ...] = ()
    secret: bool = False


@dataclass(frozen=True)
class AnswerProblem:
    """What is wrong with one answer, in a sentence with its code."""

    field: str
    code: str
    message: str


def form_of(data: Sequence[Mapping[str, Any]]) -> tuple[FormField, ...]:
    """The fields that data describe (CASE-106)."""
    fields: list[FormField] = []
    for row in data:
        try:
            field = FormField(
                str(row["code"]),
                str(row["label"]),
                str(row["kind"]),
                bool(row.get("required", False)),
                str(row.get("help", "")),
                tuple((str(key), str(name)) for key, name in row.get("options", ())),
                bool(row.get("secret", False)),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise _wrong(f"a question has no code, label and kind ({error})") from error
        if not _CODE.match(field.code) or field.code in {each.code for each in fields}:
            raise _wrong(f"“{field.code[:40]}” is no code of small letters, or is there twice")
        if field.kind not in KINDS:
            raise _wrong(f"“{field.kind[:40]}” is no kind of question")
        if field.kind.endswith("list") != bool(field.options):
            raise _wrong(f"“{field.code}” needs values to choose from, and only a list does")
        keys = [key for key, _words in field.options]
        if not all(keys) or len(keys) != len(set(keys)):
            raise _wrong(f"“{field.code}” has a value without a key, or two with the same")
        fields.append(field)
    return tuple(fields)


def _wrong(what: str) -> CaseError:
    return CaseError("CASE-106", f"The form cannot be used: {what}.", field="form")


def check_answers(
    fields: Sequence[FormField], given: Mapping[str, Any]
) -> tuple[dict[str, Any], list[AnswerProblem]]:
    """The answers as they are kept, and every problem with them; unknown ones are left out."""
    kept: dict[str, Any] = {}
    problems: list[AnswerProblem] = []
    for field in fields:
        value = _plain(field, given.get(field.code))
        if not value:
            if field.required:
                problems.append(AnswerProblem(field.code, "CASE-107", f"Answer “{field.label}”."))
            continue
        wrong = _problem(field, value)
        if wrong:
            problems.append(AnswerProblem(field.code, "CASE-108", wrong))
        kept[field.code] = value
    return kept, problems


def _plain(field: FormField, value: Any) -> Any:
    if field.kind == "multivaluelist":
        items = value if isinstance(value, list | tuple) else [value] if value else []
        return [str(each).strip() for each in items if str(each).strip()]
    if isinstance(value, list | tuple):
        value = value[0] if value else ""
    return str(value if value is not None else "").replace("\x00", "").strip()


def _problem(field: FormField, value: Any) -> str:
    if field.kind == "multivaluelist":
        known = {key for key, _ in field.options}
        return "" if set(value) <= known else f"Choose from the list for “{field.label}”."
    if field.kind == "singlevaluelist" and value not in {key for key, _ in field.options}:
        return f"Choose from the list for “{field.label}”."
    longest = LONG if field.kind == "text" else SHORT
    if len(value) > longest:
        return f"“{field.label}” has {len(value)} characters. Shorten it to {longest}."
    check = _CHECKS.get(field.kind)
    return check(field, value) if check else ""


def _number(field: FormField, value: str) -> str:
    try:
        good = Decimal(value).is_finite()
    except InvalidOperation:
        good = False
    return "" if good else f"Enter a number for “{field.label}”, such as 12 or 3.5."


def _moment(field: FormField, value: str) -> str:
    for read in (datetime.fromisoformat, date.fromisoformat):
        try:
            read(value)
        except ValueError:
            continue
        return ""
    return f"Enter a date for “{field.label}”, such as 2026-11-03 or 2026-11-03T14:30."


def _yes_no(field: FormField, value: str) -> str:
    return "" if value in ("yes", "no") else f"Answer “{field.label}” with yes or no."


def _address(field: FormField, value: str) -> str:
    good = re.fullmatch(r"[^@\s]{1,64}@[^@\s]{1,185}\.[^@\s.]{1,63}", value)
    return "" if good else f"Enter an e-mail address for “{field.label}”, such as name@example.org."


_CHECKS = {"number": _number, "datetime": _moment, "yesno": _yes_no, "email": _address}

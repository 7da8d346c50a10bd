"""Reading a JSON document strictly, and saying exactly where it is wrong."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, cast

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from .errors import EngineInputError

_WORDS = {
    "object": "an object",
    "array": "a list",
    "string": "text in quotation marks",
    "integer": "a whole number",
    "boolean": "true or false",
    "null": "null",
}
_PATTERNS = {
    "currency": "Give a three-letter currency code, such as USD.",
    "default": 'Give a plain decimal as text, such as "4.10", within the digits the format allows.',
}


def pointer(parts: Iterable[object]) -> str:
    """An RFC 6901 JSON pointer."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)


@dataclass(frozen=True)
class _Unusable:
    """Stands where valid JSON is refused all the same, so that the place can be named."""

    why: str


def _fraction(text: str) -> _Unusable:
    return _Unusable(f'the number {text} has a fraction; write decimals as text: "{text}"')


def _no_number(text: str) -> _Unusable:
    return _Unusable(f"{text} is no number; write a decimal as text")


def _named_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        result[twice] = _Unusable(f"the name “{twice}” is used twice in one object")
    return result


def _refuse_unusable(document: Any) -> None:
    """Name the first place, in the order of the document, that cannot be used (ENGINE-103)."""
    waiting: list[tuple[tuple[object, ...], Any]] = [((), document)]
    while waiting:
        path, value = waiting.pop()
        if isinstance(value, _Unusable):
            raise EngineInputError(pointer(path), "ENGINE-103", f"Not usable JSON: {value.why}.")
        inner: list[tuple[object, Any]] = []
        if isinstance(value, dict):
            inner = list(value.items())
        elif isinstance(value, list):
            inner = list(enumerate(value))
        waiting += [((*path, key), part) for key, part in reversed(inner)]


def read_json(data: bytes) -> Any:
    """The document in UTF-8 `data`. Fractions as JSON numbers and repeated names are refused."""
    try:
        document = json.loads(
            data.decode("utf-8-sig"),
            parse_float=_fraction,
            parse_constant=_no_number,
            object_pairs_hook=_named_once,
        )
        _refuse_unusable(document)
        json.dumps(document, ensure_ascii=False).encode()  # refuses half of a surrogate pair
        return document
    except UnicodeEncodeError:
        raise EngineInputError(
            "", "ENGINE-101", "A text holds half of a surrogate pair. Write whole characters."
        ) from None
    except UnicodeDecodeError as error:
        raise EngineInputError(
            "", "ENGINE-101", f"The file is not UTF-8 text (byte {error.start}). Save it as UTF-8."
        ) from None
    except json.JSONDecodeError as error:
        raise EngineInputError(
            "",
            "ENGINE-102",
            f"Not JSON at line {error.lineno}, column {error.colno}: {error.msg}. Correct it.",
        ) from None
    except RecursionError:
        raise EngineInputError(
            "", "ENGINE-102", "The JSON is nested too deeply. Follow the documented format."
        ) from None
    except ValueError as error:
        raise EngineInputError("", "ENGINE-103", f"Not usable JSON: {error}.") from None


@cache
def schema(kind: str) -> dict[str, Any]:
    """The shipped JSON Schema of `allocate` or `rate`."""
    text = (
        resources.files(__package__).joinpath("schemas", f"{kind}.schema.json").read_text("utf-8")
    )
    loaded: dict[str, Any] = json.loads(text)
    return loaded


@cache
def _validator(kind: str) -> Draft202012Validator:
    return Draft202012Validator(schema(kind))


def check_document(document: object, kind: str) -> None:
    """Raise EngineInputError (ENGINE-104) at the first place where the schema is not met."""
    check_schema(document, _validator(kind), _PATTERNS)


def check_schema(
    document: object, validator: Draft202012Validator, patterns: Mapping[str, str]
) -> None:
    """The same for any schema. `patterns`: what to do where a text has the wrong form, by the name
    that it stands under, or else `default`."""
    errors = sorted(
        validator.iter_errors(document),
        key=lambda error: [(isinstance(p, str), str(p).rjust(9)) for p in error.absolute_path],
    )
    if errors:
        place, message = _told(errors[0], patterns)
        raise EngineInputError(place, "ENGINE-104", message)


def _told(error: ValidationError, patterns: Mapping[str, str]) -> tuple[str, str]:
    """Where and what, in plain words."""
    path = list(error.absolute_path)
    rule, value = error.validator, cast(Any, error.validator_value)
    if rule == "required" and isinstance(error.instance, Mapping):
        missing = next(name for name in value if name not in error.instance)
        return pointer([*path, missing]), f"“{missing}” is missing. Add it."
    if rule == "additionalProperties" and isinstance(error.instance, Mapping):
        known = error.schema.get("properties", {}) if isinstance(error.schema, Mapping) else {}
        extra = next(name for name in error.instance if name not in known)
        return (
            pointer([*path, extra]),
            f"“{extra}” is not known here. Remove it, or use one of: {', '.join(known)}.",
        )
    last = path[-1] if path else ""
    if rule == "type":
        kinds = [value] if isinstance(value, str) else value
        return pointer(path), f"This must be {' or '.join(_WORDS.get(k, k) for k in kinds)}."
    if rule in {"const", "enum"}:
        allowed = [value] if rule == "const" else value
        return pointer(path), f"This must be one of: {', '.join(map(str, allowed))}."
    if rule == "pattern":
        shown = str(error.instance)[:60]
        return pointer(
            path
        ), f"“{shown}” is not usable. {patterns.get(str(last), patterns['default'])}"
    if rule in {"minItems", "minLength", "minProperties"}:
        return pointer(path), "This is empty. Give at least one."
    return pointer(path), f"This is too long. The limit is {value}."

"""The types that travel: decimals as strings, codes, months, days, text that can be stored."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Generic, TypeVar

from ninja import Schema
from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    WithJsonSchema,
)

T = TypeVar("T")
EXACT = r"^-?\d{1,27}(\.\d{1,9})?$"


def _no_float(value: Any) -> Any:
    """A number that comes as JSON's binary floating point is not exact: only text is taken."""
    if isinstance(value, float | bool):
        raise ValueError('Write the number as a decimal string, such as "12.5".')
    return value


def _plain(value: str) -> str:
    if any((ord(sign) < 32 and sign not in "\n\r\t") or ord(sign) == 127 for sign in value):
        raise ValueError("The text holds a control character. Remove it.")
    return value


Exact = Annotated[
    Decimal,
    BeforeValidator(_no_float),
    Field(max_digits=36, decimal_places=9),
    PlainSerializer(lambda value: format(value, "f"), return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "pattern": EXACT, "examples": ["1204.5"]}),
]
"""A decimal, as a JSON string in both directions."""

Money = Annotated[
    str, WithJsonSchema({"type": "string", "pattern": EXACT, "examples": ["184210.33"]})
]
"""An amount in major units, with the currency's decimals; the currency stands beside it."""

Text = Annotated[str, AfterValidator(_plain), Field(max_length=2000)]
Long = Annotated[str, AfterValidator(_plain), Field(max_length=20_000)]
Name = Annotated[str, AfterValidator(_plain), Field(min_length=1, max_length=160)]
Code = Annotated[
    str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,79}$", examples=["payroll.payslip"])
]
AgencyKey = Annotated[
    str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$", examples=["LWD"],
               description="Code or id of an agency.")
]  # fmt: skip
Period = Annotated[
    str, Field(pattern=r"^(19|20|21)\d\d-(0[1-9]|1[0-2])$", examples=["2026-10"],
               description="A month, YYYY-MM.")
]  # fmt: skip
MaybePeriod = Annotated[
    str, Field(pattern=r"^((19|20|21)\d\d-(0[1-9]|1[0-2]))?$", examples=["2026-10"],
               description="A month, YYYY-MM; empty: all.")
]  # fmt: skip
Day = Annotated[date, Field(ge=date(1970, 1, 1), le=date(2199, 12, 31), examples=["2026-11-03"])]
Year = Annotated[int, Field(ge=1970, le=2199, examples=[2027])]
Cents = Annotated[int, Field(ge=0, le=9 * 10**15, description="Minor units of the currency.")]


class Out(Schema):
    """What leaves: read from rows and values alike."""


class In(Schema):
    """What comes in: an unknown field is an error, so that a misspelt one is not lost."""

    model_config = ConfigDict(extra="forbid")


class Page(Out, Generic[T]):
    """Some items; `after` asks for the next ones, null when these were the last."""

    items: list[T]
    after: str | None = Field(None, description="Pass it as `after` to read on.")


class Done(Out):
    """Nothing more to say."""

    done: bool = True

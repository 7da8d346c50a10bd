"""How a file is to be read: which column is which field, and how its cells are written."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from ..domain.checks import TimeFormat
from ..domain.problems import file_error

FIELDS = {
    "id": "external_id",
    "agency": "agency",
    "bureau": "bureau",
    "charge_item": "charge_item",
    "order_line": "order_line",
    "quantity": "quantity",
    "unit": "unit",
    "from": "starts",
    "to": "ends",
    "origin": "origin",
    "replaces": "replaces",
}
REQUIRED = ("id", "agency", "charge_item", "quantity", "unit", "from", "to")
DIMENSION = "dimensions."
GROUPED = r"[0-9]{1,3}(\.[0-9]{3})+(,[0-9]+)?"
POINT = " with a point"


@dataclass(frozen=True)
class FileOptions:
    """`mapping`: column → field (`dimensions.site` for a dimension); empty: columns are named as
    fields. `constants`: field → value for the whole file. `encoding` and `delimiter` empty: found
    out, or asked for when that is not certain. `date_formats`: strptime patterns, tried in order.
    `zone`: the zone of moments written without an offset; empty: such moments are refused.
    """

    mapping: Mapping[str, str] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)
    encoding: str = ""
    delimiter: str = ""
    decimal_comma: bool = False
    date_formats: tuple[str, ...] = ()
    zone: str = ""

    def number(self, text: str) -> str:
        """A quantity with a decimal point, as `number_sql` makes it in DuckDB.

        With a decimal comma, points stand between thousands or nowhere: 1.204,5 is 1204.5, and 1.5
        is no number.
        """
        if not self.decimal_comma:
            return text
        if re.fullmatch(GROUPED, text):
            text = text.replace(".", "")
        return text + POINT if "." in text else text.replace(",", ".")

    def number_sql(self, cell: str) -> str:
        """The same as an SQL expression of a cell's expression."""
        if not self.decimal_comma:
            return cell
        plain = f"replace({cell}, ',', '.')"
        return (
            f"CASE WHEN regexp_full_match({cell}, '{GROUPED}') "
            f"THEN replace(replace({cell}, '.', ''), ',', '.') "
            f"WHEN contains({cell}, '.') THEN {cell} || '{POINT}' ELSE {plain} END"
        )

    def time_format(self) -> TimeFormat:
        """How moments are written."""
        try:
            zone = ZoneInfo(self.zone) if self.zone else None
        except (KeyError, ValueError, OSError):
            raise file_error("USAGE-214", value=self.zone) from None
        return TimeFormat(tuple(self.date_formats), zone)

    def plain(self) -> dict[str, Any]:
        """As kept with the upload."""
        return {
            "mapping": dict(self.mapping),
            "constants": dict(self.constants),
            "encoding": self.encoding,
            "delimiter": self.delimiter,
            "decimal_comma": self.decimal_comma,
            "date_formats": list(self.date_formats),
            "zone": self.zone,
        }

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> FileOptions:
        """What was kept with an upload."""
        return cls(**{**kept, "date_formats": tuple(kept["date_formats"])})


def columns_by_field(options: FileOptions, columns: Sequence[str]) -> dict[str, str]:
    """Field → column, complete but for the constants (USAGE-203, 204, 210, 211)."""
    listed = ", ".join(name for name in columns if name) or "none"
    mapping = options.mapping or {
        name: name for name in columns if name in FIELDS or name.startswith(DIMENSION)
    }
    found: dict[str, str] = {}
    for column, target in mapping.items():
        if target not in FIELDS and not target.startswith(DIMENSION):
            raise file_error("USAGE-211", value=target, columns=", ".join(FIELDS))
        if column not in columns:
            raise file_error("USAGE-210", value=column, columns=listed)
        if target in found or list(columns).count(column) > 1:
            raise file_error("USAGE-204", value=column)
        found[target] = column
    for target in options.constants:
        if target not in FIELDS and not target.startswith(DIMENSION):
            raise file_error("USAGE-211", value=target, columns=", ".join(FIELDS))
    missing = [name for name in REQUIRED if name not in found and name not in options.constants]
    if missing:
        raise file_error("USAGE-203", value=", ".join(missing), columns=listed)
    return found

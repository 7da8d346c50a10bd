"""How a file's columns and activities read: data, checked once. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ..domain.errors import CaseError
from ..domain.states import PAUSES, PHASES

KINDS = ("cases", "events", "xes")
FIELDS = (
    "id", "agency", "case_type", "category", "subject", "text", "channel", "priority", "queue",
    "requester_name", "requester_email", "opened_at", "resolved_at", "closed_at", "activity", "at",
)  # fmt: skip
XES_COLUMNS = {"id": "concept:name", "activity": "concept:name", "at": "time:timestamp"}
_PLAIN = re.compile(r"[^a-z0-9_]+")


@dataclass(frozen=True)
class Activity:
    """What an activity of a log means: the phase it brings a case to (with the reason of waiting),
    or a message (`direction` in or out), or nothing but that it happened."""

    phase: str = ""
    reason: str = ""
    direction: str = ""


@dataclass(frozen=True)
class CaseMapping:
    """How a file is read. `columns`: our field → the file's column; `defaults`: our field → what
    holds where a row says nothing; `activities`: the file's word → what it means."""

    kind: str
    columns: Mapping[str, str]
    defaults: Mapping[str, str] = field(default_factory=dict)
    activities: Mapping[str, Activity] = field(default_factory=dict)
    zone: str = "UTC"
    format: str = ""

    def plain(self) -> dict[str, Any]:
        """As it is kept."""
        return {
            "kind": self.kind,
            "columns": dict(self.columns),
            "defaults": dict(self.defaults),
            "activities": {
                name: {"phase": each.phase, "reason": each.reason, "direction": each.direction}
                for name, each in self.activities.items()
            },
            "zone": self.zone,
            "format": self.format,
        }

    def moment(self, text: str) -> datetime:
        """A moment of the file (ValueError if it is none); without a zone in the mapping's."""
        text = text.strip()
        if not self.format:
            found = datetime.fromisoformat(text)
        elif "%z" in self.format:
            return datetime.strptime(text, self.format).astimezone()
        else:
            return datetime.strptime(text, self.format).replace(tzinfo=ZoneInfo(self.zone))
        return found if found.tzinfo else found.replace(tzinfo=ZoneInfo(self.zone))


def mapping_of(data: Mapping[str, Any]) -> CaseMapping:
    """A mapping as somebody wrote it (CASE-181 says what is wrong with it)."""
    try:
        found = CaseMapping(
            kind=str(data.get("kind", "cases")),
            columns={str(k): str(v) for k, v in dict(data.get("columns", {})).items()},
            defaults={str(k): str(v) for k, v in dict(data.get("defaults", {})).items()},
            activities={
                str(name): Activity(
                    str(row.get("phase", "")), str(row.get("reason", "")),
                    str(row.get("direction", "")),
                )
                for name, row in dict(data.get("activities", {})).items()
            },
            zone=str(data.get("zone", "UTC")),
            format=str(data.get("format", "")),
        )  # fmt: skip
        ZoneInfo(found.zone)
    except (TypeError, ValueError, AttributeError, ZoneInfoNotFoundError) as wrong:
        raise _bad("it is no object of columns, defaults, activities and a zone") from wrong
    if found.kind == "xes":
        columns = {**XES_COLUMNS, **found.columns}
        found = CaseMapping(
            "xes", columns, found.defaults, found.activities, found.zone, found.format
        )
    _check(found)
    return found


def _check(found: CaseMapping) -> None:
    given = {*found.columns, *found.defaults}
    unknown = sorted(given - set(FIELDS))
    needed = {"id", "agency", "case_type"}
    needed |= {"opened_at"} if found.kind == "cases" else {"activity", "at"}
    missing = sorted(needed - given)
    if found.kind not in KINDS:
        raise _bad(f"its kind is none of {', '.join(KINDS)}")
    if unknown:
        raise _bad(f"“{unknown[0][:40]}” is no field of a case")
    if missing:
        raise _bad(f"it does not say where to find “{missing[0]}”")
    for name, each in found.activities.items():
        waits = each.phase == "waiting"
        if each.phase not in ("", *PHASES) or each.direction not in ("", "in", "out"):
            raise _bad(f"“{name[:40]}” has no known phase or direction")
        if waits != bool(each.reason) or each.reason not in ("", *PAUSES):
            raise _bad(f"“{name[:40]}” needs the reason for which it waits, and only then")


def _bad(why: str) -> CaseError:
    return CaseError("CASE-181", f"The mapping cannot be used: {why}. Mend it.", field="mapping")


def code_of(activity: str) -> str:
    """An activity as a code: small letters and digits, no names and texts."""
    return _PLAIN.sub("_", activity.casefold()).strip("_")[:40]

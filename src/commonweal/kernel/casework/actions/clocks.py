"""Setting promises about time: a new version with its first day, never a change of an old one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from ...access.public import Actor, forget, require
from ...audit.public import action, record
from ...calendar.public import compiled, now, today
from ...catalogue.public import ServiceLevel
from ...party.public import Person, centre
from ...schema.public import Conflict
from ..clocks.definitions import terms_of
from ..domain.clocks.terms import UNITS
from ..domain.errors import CaseError
from ..domain.states import STOPS
from ..models import ClockDefinition
from ..rules import MANAGE

CONDITIONS = (
    "case_type", "family", "service", "category", "agency", "channel", "priority", "team",
)  # fmt: skip


@dataclass(frozen=True)
class Promise:
    """A promise about time; the fields are those of `ClockDefinition`. `starts`: its first day."""

    code: str
    name: str
    metric: str
    calendar: str
    starts: date
    kind: str = "sla"
    level: ServiceLevel | None = None
    conditions: Mapping[str, Sequence[str]] = field(default_factory=dict)
    target_seconds: int | None = None
    target_days: int | None = None
    end_of_day: bool = False
    pauses: Sequence[str] = ()
    pause_cap: int | None = None
    reopen: str = "resume"
    reclassify: str = "retroactive"
    levels: Sequence[Mapping[str, Any]] = ()
    ends: date | None = None


@action
def put_promise(*, actor: Actor, promise: Promise) -> ClockDefinition:
    """Put a version of a promise in force from a day on; the one before it ends there.

    Open cases are not touched: `apply_promises` does it. Errors: CASE-170 what the engine cannot
    keep, 171 conditions or pauses, 172 a version of that day or a later one.
    """
    require(actor, MANAGE)
    row = _row(actor, promise)
    compiled(terms_of(row).calendar)  # refuses a calendar without working time (R19)
    before = (
        ClockDefinition.objects.select_for_update().filter(code=promise.code).order_by("-starts")
    ).first()
    if before is not None:
        if before.starts >= promise.starts:
            raise Conflict(
                "CASE-172",
                f"“{promise.code}” has a version from {before.starts} on. Begin later than that.",
                field="starts",
            )
        if before.ends is None or before.ends > promise.starts:
            before.ends, before.ended_at = promise.starts, now()
            before.save(update_fields=["ends", "ended_at"])
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as twice:
        raise Conflict(
            "CASE-172", "Another version holds on one of these days. Look at the list.",
            field="starts",
        ) from twice  # fmt: skip
    forget()
    record(
        actor=actor,
        verb="casework.promise_put",
        target=row,
        payload={"code": row.code, "starts": row.starts},
    )
    return row


def _row(who: Actor, promise: Promise) -> ClockDefinition:
    named = {key: [str(each) for each in values] for key, values in promise.conditions.items()}
    if not set(named) <= set(CONDITIONS) or not all(named.values()):
        raise CaseError(
            "CASE-171",
            "A condition names a kind, category, agency, channel, priority or team. Leave out "
            "those that name nothing.",
            field="conditions",
        )
    if not set(promise.pauses) <= set(STOPS):
        raise CaseError("CASE-171", "Choose the reasons that stop the clock from the list.",
                        field="pauses")  # fmt: skip
    if (promise.target_seconds is None) == (promise.target_days is None):
        raise CaseError("CASE-170", "Give the target in seconds or in working days.",
                        field="target_seconds")  # fmt: skip
    return ClockDefinition(
        code=promise.code,
        name=promise.name.strip()[:160],
        kind=promise.kind,
        metric=promise.metric,
        level=promise.level,
        conditions=named,
        target_seconds=promise.target_seconds,
        target_days=promise.target_days,
        end_of_day=promise.end_of_day,
        calendar=promise.calendar,
        pauses=sorted(set(promise.pauses)),
        pause_cap=promise.pause_cap,
        reopen=promise.reopen,
        reclassify=promise.reclassify,
        levels=_levels(promise.levels),
        starts=promise.starts,
        ends=promise.ends,
        recorded_by=who.user_id,
    )


def _levels(rows: Any) -> list[dict[str, Any]]:
    """What a promise sets off, as it is kept (CASE-170): a level that names nobody who is there
    would stop the timer for every case."""
    found = [dict(row) for row in rows if isinstance(row, Mapping)]
    codes = {row["code"] for row in found if isinstance(row.get("code"), str) and row["code"]}
    sound = len(codes) == len(found) == len(rows) and all(
        row.get("unit") in UNITS and type(row.get("offset")) is int for row in found
    )
    if not isinstance(rows, Sequence) or not sound:
        raise CaseError(
            "CASE-170",
            "Each thing that it sets off has a code of its own, a unit (seconds, days or percent) "
            "and an offset in whole numbers.",
            field="levels",
        )
    for row in found:
        if row.get("person_id") and not _is_person(str(row["person_id"])):
            raise CaseError(
                "CASE-170", f"Level “{row['code'][:40]}” names a person who is not there. Choose "
                "one of the centre's people.", field="levels",
            )  # fmt: skip
    return found


def _is_person(given: str) -> bool:
    try:
        return Person.objects.filter(pk=UUID(given)).exists()
    except ValueError:
        return False


@action
def end_promise(*, actor: Actor, code: str, ends: date) -> ClockDefinition:
    """A promise holds no more from a day on: its open clocks are cancelled when that is applied,
    and what they would set off is withdrawn (R11). CASE-173 for one that is not there or ended."""
    require(actor, MANAGE)
    row = ClockDefinition.objects.select_for_update().filter(code=code).order_by("-starts").first()
    if row is None or (row.ends is not None and row.ends <= ends):
        raise CaseError("CASE-173", f"“{code[:60]}” holds no more, or is not there.", field="code")
    if ends < today(centre().zone) or ends <= row.starts:
        raise CaseError("CASE-173", "Give a day from today on, after its first.", field="ends")
    row.ends, row.ended_at = ends, now()
    row.save(update_fields=["ends", "ended_at"])
    forget()
    record(actor=actor, verb="casework.promise_ended", target=row,
           payload={"code": code, "ends": ends})  # fmt: skip
    return row

"""Setting off what clocks reach: each level once, within a second or two of its moment (R17).

Several timers may look at once: a case that another holds is skipped and looked at again. A level
is written under a unique key (case, definition, cycle, level) in the transaction that tells people
of it, so that a killed timer neither loses nor doubles one.
"""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from ...access.public import SYSTEM, act_as
from ...audit.public import record
from ...calendar.public import now
from ...notices.public import notify_role, send
from ...party.public import Person, centre
from ..models import Case, CaseEvent, Clock, ClockDefinition, ClockFiring, TeamMember
from ..registry import told_promise
from .definitions import all_definitions
from .projection import project

logger = logging.getLogger(__name__)
BATCH = 100
BREACH = "breach"


def tick(limit: int = BATCH) -> int:
    """Set off what is due; how many cases were looked at."""
    moment = now()
    with act_as(SYSTEM):
        due = Clock.objects.filter(next_at__lte=moment).order_by("next_at", "id")
        ids = list(dict.fromkeys(due.values_list("case_id", flat=True)[:limit]))
        if not ids:
            return 0
        cases = list(
            Case.objects.select_for_update(skip_locked=True, of=("self",))
            .select_related("case_type", "category", "agency", "queue", "requester")
            .filter(pk__in=ids)
            .order_by("id")
        )
        definitions = all_definitions()
        for case in cases:
            _fire_alone(case, definitions, moment)
        return len(cases)


def _fire_alone(case: Case, definitions: list[ClockDefinition], moment: datetime) -> None:
    """One case that cannot be computed keeps no other from its moment; it is looked at again."""
    try:
        with transaction.atomic():
            fire(case, definitions, moment)
    except Exception:
        logger.exception("The clocks of case %s could not be looked at.", case.pk)


def fire(case: Case, definitions: list[ClockDefinition], moment: datetime) -> None:
    """Set off the levels of a locked case that are past, and note promises that were passed."""
    before = {
        (row.definition_id, row.cycle): row.breached_at is not None for row in case.clocks.all()
    }
    rows = Clock.objects.filter(case=case, next_at__lte=moment).select_related("definition")
    for clock in rows.order_by("next_at", "id"):
        known = set(
            ClockFiring.objects.filter(
                case=case, definition=clock.definition, cycle=clock.cycle
            ).values_list("level", flat=True)
        )
        for code, planned in clock.levels:
            if datetime.fromisoformat(planned) <= moment and code not in known:
                _set_off(case, clock, code, datetime.fromisoformat(planned))
    for clock in project(case, definitions).missed:
        told_promise(case, clock)
    for clock in Clock.objects.filter(case=case, breached_at__isnull=False):
        fresh = not before.get((clock.definition_id, clock.cycle))
        if fresh and clock.state == "running":
            _event(case, "breached", clock, BREACH)
    case.save()


def _set_off(case: Case, clock: Clock, code: str, planned: datetime) -> None:
    _row, fresh = ClockFiring.objects.get_or_create(
        case=case,
        definition=clock.definition,
        cycle=clock.cycle,
        level=code,
        defaults={"agency_id": case.agency_id, "planned_at": planned, "fired_at": now()},
    )
    if not fresh:
        return
    _event(case, "level", clock, code)
    level: dict[str, Any] = next(
        (row for row in clock.definition.levels if row["code"] == code), {}
    )
    _tell(case, clock, level)
    told_promise(case, clock, level=code, planned=planned)


def _event(case: Case, kind: str, clock: Clock, code: str) -> None:
    case.last_event += 1
    CaseEvent.objects.create(
        agency_id=case.agency_id,
        case=case,
        seq=case.last_event,
        at=now(),
        kind=kind,
        actor_kind="system",
        data={"definition": clock.definition.code, "cycle": clock.cycle, "level": code},
    )
    record(
        actor=SYSTEM,
        verb=f"case.{kind}",
        target=case,
        agency_id=case.agency_id,
        payload={"seq": case.last_event, "level": code},
    )


def _tell(case: Case, clock: Clock, level: dict[str, Any]) -> None:
    """Tell the people a level names, whoever has the case first."""
    context = {
        "number": case.number,
        "promise": clock.definition.name,
        "level": str(level.get("code", "")),
        "case": str(case.pk),
    }
    named = level.get("person_id")
    if named:
        send(actor=SYSTEM, template="case_level", context=context, to_person_id=named)
    elif not level.get("permission"):
        _tell_owner(case, context)
    if level.get("permission"):
        notify_role(
            actor=SYSTEM,
            agency_id=centre().agency_id,
            permission=str(level["permission"]),
            template="case_level",
            context=context,
        )


def _tell_owner(case: Case, context: dict[str, Any]) -> None:
    """Whoever has the case; while nobody has it, those who lead its team."""
    found: list[UUID] = []
    if case.assignee is not None:
        people = Person.objects.filter(user_id=case.assignee).order_by("id")
        found = list(people.values_list("pk", flat=True)[:1])
    leads = TeamMember.objects.filter(team_id=case.team_id, lead=True).order_by("person_id")
    for person in found or leads.values_list("person_id", flat=True):
        send(actor=SYSTEM, template="case_level", context=context, to_person_id=person)

"""What the centre sets about disputes: times of the levels, people named, the board's meetings."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from commonweal.kernel.access.public import Actor, require
from commonweal.kernel.audit.public import action, record
from commonweal.kernel.calendar.public import now, today
from commonweal.kernel.party.public import centre
from commonweal.kernel.party.public import person as find_person

from ..dispute_cases import promise_again
from ..domain.disputes import CODES, DisputeError
from ..models import BoardMeeting, DisputeLevel

RULES = "charging.set_dispute_rules"
MOST_DAYS = 250


@action
def put_dispute_level(
    *, actor: Actor, code: str, days: int, agency_days: int, person_id: UUID | None = None
) -> DisputeLevel:
    """Set how many working days a level has to answer and the agency to take it further, and the
    person named for it, if any. Disputes that are at the level already keep their clock.

    DISPUTE-101 no such level, DISPUTE-102 days that nobody can mean.
    """
    require(actor, RULES)
    if code not in CODES:
        raise DisputeError(
            "DISPUTE-101", f"“{code}” is no level. Use {', '.join(CODES)}.", field="code"
        )
    if not 1 <= days <= MOST_DAYS or not 0 <= agency_days <= MOST_DAYS:
        raise DisputeError(
            "DISPUTE-102",
            f"A level has 1 to {MOST_DAYS} working days to answer, and the agency 0 to "
            f"{MOST_DAYS} to take the outcome further.",
            field="days",
        )
    if person_id is not None:
        find_person(actor, person_id)
    row, _created = DisputeLevel.objects.update_or_create(
        code=code, defaults={"days": days, "agency_days": agency_days, "person_id": person_id}
    )
    promise_again(code)
    record(
        actor=actor,
        verb="dispute.level_set",
        target=row,
        payload={"code": code, "days": days, "agency_days": agency_days, "person": person_id},
    )
    return row


@action
def note_board_meeting(*, actor: Actor, held_on: date) -> BoardMeeting:
    """Record the day on which the board met; the next report of disputes starts there.

    DISPUTE-103 for a day to come.
    """
    require(actor, RULES)
    if held_on > today(centre().zone):
        raise DisputeError(
            "DISPUTE-103",
            f"{held_on} has not come yet. Record the meeting once it was held.",
            field="held_on",
        )
    row, _created = BoardMeeting.objects.get_or_create(
        held_on=held_on, defaults={"recorded_at": now(), "recorded_by": actor.user_id}
    )
    record(
        actor=actor,
        verb="dispute.board_met",
        target=row,
        payload={"held_on": str(held_on)},
    )
    return row

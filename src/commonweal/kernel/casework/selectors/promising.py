"""What the promises in force today would do to the open cases, and the work that puts them on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ...access.public import Actor, require
from ...calendar.public import now
from ...jobs.public import Job, by_keys
from ..clocks.definitions import Chooser, all_definitions
from ..clocks.replacing import (
    PUT_ON,
    STEP,
    Replaced,
    count,
    open_cases,
    other_promises,
    turn,
)
from ..models import Case
from ..rules import MANAGE


@dataclass(frozen=True)
class Example:
    """A clock that would move: of which case and promise, due when now and when then."""

    number: str
    promise: str
    before: datetime | None
    after: datetime | None


def promise_changes(actor: Actor) -> Replaced:
    """What putting the promises in force today on the open cases would do; nothing is written."""
    require(actor, MANAGE)
    found, best, moment = Replaced(), Chooser(all_definitions()), now()
    after = None
    while cases := open_cases(after, STEP):
        after = cases[-1].pk
        pairs = other_promises(cases, best)
        count(found, turn([case for case in cases if case.pk in pairs], pairs, moment), moment)
    return found


def promise_examples(actor: Actor, found: Replaced) -> list[Example]:
    """Some of the clocks that would move, as they were counted."""
    require(actor, MANAGE)
    numbers = dict(
        Case.objects.filter(pk__in=[each.row.case for each in found.examples])
        .order_by("id").values_list("pk", "number")
    )  # fmt: skip
    names = {each.pk: each.name for each in all_definitions()}
    return [
        Example(numbers[each.row.case], names[each.row.definition], each.row.due, each.due)
        for each in found.examples
    ]


def putting_on(actor: Actor) -> Job | None:
    """The work that last put promises on open cases, or does so now."""
    require(actor, MANAGE)
    return by_keys(actor, [PUT_ON]).get(PUT_ON)

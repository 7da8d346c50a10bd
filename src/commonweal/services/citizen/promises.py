"""Citizen service's promised times, in working days: the demo's own, and a centre's to change."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from commonweal.kernel.casework.public import PlannedPromise, Promise

HOUR = 3600
WAITS = ("requester", "appointment", "force_majeure")
ESCALATES = "casework.manage"
DAYS = {
    "street-light": 7, "pothole": 10, "missed-collection": 2, "graffiti": 5, "noise": 3,
    "parking-permit": 10, "business-licence": 20,
}  # fmt: skip
"""Working days until it is done, by subject; ten for everything else."""
OTHERS = 10


def promises(starts: date) -> list[PlannedPromise]:
    """First and next answer for everything, and a time for each subject until it is done."""
    found = [
        _days("first", "First answer", "first_response", 1, (), starts),
        _days("next", "Next answer", "next_response", 2, (), starts),
        _days("done", "Done", "resolution", OTHERS, WAITS, starts),
    ]
    for subject, days in DAYS.items():
        name = subject.replace("-", " ").capitalize()
        found.append(
            _days(f"done.{subject}", f"{name} done", "resolution", days, WAITS, starts, subject)
        )
    found.append(
        PlannedPromise(
            Promise(
                code="citizen.callback", name="We call back", metric="callback", starts=starts,
                calendar="office", target_seconds=4 * HOUR,
                levels=[{"code": "hour-before", "unit": "seconds", "offset": -HOUR}],
            ),
            (Decimal(4), "HUR"),
        )
    )  # fmt: skip
    found.append(
        PlannedPromise(
            Promise(
                code="citizen.waiting", name="Called within 20 minutes", metric="waiting",
                calendar="office", starts=starts, target_seconds=HOUR // 3, pauses=("hold",),
                levels=[{"code": "half", "unit": "percent", "offset": 50}],
            )
        )
    )  # fmt: skip
    found.append(
        PlannedPromise(
            Promise(
                code="citizen.ola", name="The team on the spot does it", kind="ola",
                metric="resolution", calendar="office", starts=starts, target_days=OTHERS,
                pauses=WAITS,
            ),
            teams=("field",),
        )
    )  # fmt: skip
    return found


def _days(
    short: str, name: str, metric: str, days: int, pauses: tuple[str, ...], starts: date,
    subject: str = "",
) -> PlannedPromise:  # fmt: skip
    levels = [
        {"code": "three-quarters", "unit": "percent", "offset": 75},
        {"code": "hour-before", "unit": "seconds", "offset": -HOUR, "permission": ESCALATES},
    ]
    promise = Promise(
        code=f"citizen.{short}", name=name, metric=metric, calendar="office", starts=starts,
        conditions={"category": [subject]} if subject else {}, target_days=days,
        end_of_day=metric == "resolution", pauses=pauses, levels=levels,
    )  # fmt: skip
    return PlannedPromise(promise, (Decimal(days), "DAY"))

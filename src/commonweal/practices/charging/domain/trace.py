"""From the ledger to the bills: which sums must be equal, and by how much they are not. Pure.

Source: reference/charging.md §7.10 (ledger cost = allocated + unallocated; allocated = billed ±
over/under; billed = journals).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from .cost_terms import IDLE

STEPS = ("cost", "shares", "recovery", "lines", "funding", "revenue", "expense")


@dataclass(frozen=True)
class Step:
    """One equation of a month: `left` against the sum of `parts`, in minor units.

    `service`: its code, or "" for the whole month. A part that is None is not there, and then
    nothing can be said.
    """

    code: str
    period: str
    service: str
    left: int | None
    parts: tuple[tuple[str, int | None], ...]

    @property
    def right(self) -> int | None:
        """The sum of the parts; None where one is not there."""
        known = [minor for _name, minor in self.parts if minor is not None]
        return sum(known) if len(known) == len(self.parts) else None

    @property
    def difference(self) -> int | None:
        """Left less right; zero is proof, anything else has to be named."""
        if self.left is None or self.right is None:
            return None
        return self.left - self.right

    @property
    def state(self) -> str:
        """`equal`, `differs` or `unknown`."""
        if self.difference is None:
            return "unknown"
        return "differs" if self.difference else "equal"


@dataclass(frozen=True)
class Sums:
    """What each place says of one month, by service code where it is by service; minor units.

    `unearned`: of the lines, what is no revenue of the service's account (owed already, or idle).
    """

    period: str
    ledger: int
    allocated: Mapping[str, int] | None
    edges: Mapping[str, int]
    unallocated: int | None
    positions: Mapping[str, int]
    bills: int
    lines: Mapping[str, int]
    funding: int
    revenue: Mapping[str, int]
    expense: Mapping[str, int]
    unearned: Mapping[str, int] = field(default_factory=dict)


def steps_of(found: Sums) -> list[Step]:
    """The equations of one month: first the whole month, then service by service."""

    def step(code: str, left: int | None, *parts: tuple[str, int | None], of: str = "") -> Step:
        return Step(code, found.period, of, left, parts)

    billed = sum(found.lines.values())
    costs = found.allocated
    total = None if costs is None else sum(costs.values())
    rows = [
        step("cost", found.ledger, ("allocated", total), ("unallocated", found.unallocated)),
        step("lines", found.bills, ("lines", billed)),
        step("funding", billed, ("funding", found.funding)),
        step("revenue", billed, ("revenue", sum(found.revenue.values()))),
        step("expense", billed, ("expense", sum(found.expense.values()))),
    ]
    services = sorted({*found.lines, *(costs or {}), *found.revenue, *found.expense})
    for service in services:
        charged = found.lines.get(service, 0)
        if costs is not None:
            cost = costs.get(service, 0)
            position = found.positions.get(service)
            rows.append(step("shares", cost, ("edges", found.edges.get(service, 0)), of=service))
        if costs is not None and not service.startswith(IDLE):  # what lies idle is no service's
            rows.append(
                step(
                    "recovery",
                    cost,
                    ("billed", charged - found.unearned.get(service, 0)),
                    ("not_recovered", None if position is None else -position),
                    of=service,
                )
            )
        for code, books in (("revenue", found.revenue), ("expense", found.expense)):
            rows.append(step(code, charged, (code, books.get(service, 0)), of=service))
    return rows


def whole(months: Iterable[Sequence[Step]]) -> list[Step]:
    """The months' own equations added up, in their order; what one month lacks stays unknown."""
    by_code: dict[str, list[Step]] = {}
    for steps in months:
        for step in steps:
            if not step.service:
                by_code.setdefault(step.code, []).append(step)
    return [_added(code, steps) for code, steps in by_code.items()]


def _added(code: str, steps: Sequence[Step]) -> Step:
    def added(values: Iterable[int | None]) -> int | None:
        found = list(values)
        return None if None in found else sum(value or 0 for value in found)

    names = [name for name, _minor in steps[0].parts]
    return Step(
        code,
        "",
        "",
        added(step.left for step in steps),
        tuple((name, added(step.parts[at][1] for step in steps)) for at, name in enumerate(names)),
    )

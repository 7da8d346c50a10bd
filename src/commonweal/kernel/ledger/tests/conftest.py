"""Two agencies and a centre with books that are open for October 2026."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from uuid import UUID

import pytest

from commonweal.kernel.access.public import SYSTEM, act_as
from commonweal.kernel.ledger.public import (
    Draft,
    JournalRef,
    Line,
    open_period,
    post,
    put_chart,
)
from commonweal.kernel.party.models import Agency

DAY = date(2026, 10, 31)
CHART = [
    ("1000", "Cash", "asset"),
    ("1100", "Due from agencies", "asset"),
    ("2100", "Due to the centre", "liability"),
    ("3000", "Net position", "equity"),
    ("4000", "Charges", "revenue"),
    ("5100", "Shared services", "expense"),
]


@dataclass(frozen=True)
class Books:
    """Ids of the two agencies and the centre, and shorthands."""

    centre: UUID
    one: UUID
    two: UUID

    def draft(self, agency: UUID, key: str, *lines: Line, period: str = "2026-10") -> Draft:
        """A journal from lines; without lines, 5.00 from cash to expense."""
        chosen = lines or (Line("5100", 500), Line("1000", -500))
        return Draft(agency, period, chosen, "Test", "test", key, DAY)

    def post(self, agency: UUID, key: str, *lines: Line, period: str = "2026-10") -> JournalRef:
        """Post that journal."""
        draft = self.draft(agency, key, *lines, period=period)
        return post(
            actor=SYSTEM,
            agency_id=agency,
            period=period,
            lines=draft.lines,
            description=draft.description,
            source=draft.source,
            key=key,
            effective_date=DAY,
        )

    def bill(self, amount: int, key: str = "bill-1", period: str = "2026-10") -> list[Draft]:
        """The two sides of one bill: centre first."""
        return [
            self.draft(
                self.centre, key, Line("1100", amount), Line("4000", -amount), period=period
            ),
            self.draft(self.one, key, Line("5100", amount), Line("2100", -amount), period=period),
        ]


def make_books() -> Books:
    """Create the agencies with their charts and an open October."""
    ids = []
    for code, kind in (("CTR", "centre"), ("ONE", "agency"), ("TWO", "agency")):
        ids.append(Agency.objects.create(code=code, name=code, kind=kind).id)
        put_chart(
            actor=SYSTEM,
            agency_id=ids[-1],
            accounts=CHART,
            funds=[("GEN", "General fund"), ("ISF", "Internal service fund")],
        )
        open_period(actor=SYSTEM, agency_id=ids[-1], period="2026-10")
    return Books(*ids)


@pytest.fixture
def books(db: None) -> Iterator[Books]:
    """The books, in the scope of the whole centre."""
    with act_as(SYSTEM):
        yield make_books()

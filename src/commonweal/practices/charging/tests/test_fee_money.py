"""What was paid for cases stands in both books, once, and comes out again when given back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from commonweal.kernel.access.public import SYSTEM, act_as
from commonweal.kernel.calendar.public import at
from commonweal.kernel.jobs.models import Job
from commonweal.kernel.ledger.models import Journal
from commonweal.kernel.ledger.public import balance, close_period, eliminations, open_period
from commonweal.kernel.party.models import Agency, CentreProfile
from commonweal.kernel.party.selectors import forget_centre
from commonweal.kernel.schema.public import uuid7
from commonweal.practices.charging.closing.fee_money import FEE_MONEY, fee_moved, post_fee


@pytest.fixture
def books(db: None) -> Iterator[tuple[Agency, Agency]]:
    forget_centre()
    with at(datetime(2026, 10, 5, 15, tzinfo=UTC)), act_as(SYSTEM):
        home = Agency.objects.create(code="CTR", name="Centre", kind="centre")
        parks = Agency.objects.create(code="PRK", name="Parks")
        CentreProfile.objects.create(agency=home, name="Centre", short_name="C")
        yield home, parks
    forget_centre()


def moved(parks: Agency, minor: int, key: str) -> Any:
    service = SimpleNamespace(fund_code="CIT", code="citizen")
    fee = SimpleNamespace(pk=uuid7(), agency_id=parks.pk, currency="USD")
    case = SimpleNamespace(case_type=SimpleNamespace(service=service))
    return SimpleNamespace(fee=fee, case=case, minor=minor, key=key)


def stands(agency: Agency, code: str) -> int:
    return balance(SYSTEM, agency.pk, account=code, period="2026-10", fund="CIT")


def run(job: Job) -> None:
    post_fee(actor=SYSTEM, job_id=job.pk, payload=job.payload)


def test_a_fee_stands_in_both_books_once(books: tuple[Agency, Agency]) -> None:
    home, parks = books
    fee_moved(SYSTEM, moved(parks, 4_500, "test:r-1:paid"))
    (job,) = Job.objects.filter(kind=FEE_MONEY)
    run(job)
    run(job)
    assert Journal.objects.count() == 2
    assert [stands(home, code) for code in ("1110", "2340")] == [4_500, -4_500]
    assert [stands(parks, code) for code in ("1330", "4930")] == [4_500, -4_500]
    fee_moved(SYSTEM, moved(parks, -500, "payback:1"))
    run(Job.objects.filter(kind=FEE_MONEY).latest("id"))
    assert stands(parks, "4930") == -4_000
    assert all(not each.residual for each in eliminations(SYSTEM, "2026-10"))


def test_what_comes_after_a_close_counts_in_the_next_month(books: tuple[Agency, Agency]) -> None:
    home, parks = books
    open_period(actor=SYSTEM, agency_id=home.pk, period="2026-10")
    close_period(actor=SYSTEM, agency_id=home.pk, period="2026-10")
    fee_moved(SYSTEM, moved(parks, 4_500, "receipt:1"))
    run(Job.objects.get(kind=FEE_MONEY))
    assert set(Journal.objects.values_list("period__code", flat=True)) == {"2026-11"}

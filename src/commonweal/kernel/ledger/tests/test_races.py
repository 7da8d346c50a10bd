"""Closing while others post, and posting at the same moment: nothing late, lost or doubled."""

from __future__ import annotations

import threading
from collections.abc import Callable
from uuid import UUID

from django.db import connection

from commonweal.kernel.access.public import SYSTEM, act_as
from commonweal.kernel.errors import Conflict
from commonweal.kernel.ledger.models import Journal, LedgerPeriod
from commonweal.kernel.ledger.public import (
    Line,
    close_period,
    post_many,
    recompute_balances,
    trial_balance,
)

from .conftest import Books, make_books


def together(*jobs: Callable[[], None]) -> None:
    """Run the jobs in threads with connections of their own; re-raise the first failure."""
    failures: list[BaseException] = []

    def run(job: Callable[[], None]) -> None:
        try:
            job()
        except BaseException as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(job,)) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    if failures:
        raise failures[0]


def sound(books: Books, agency: UUID) -> list[Journal]:
    """The agency's journals after checking balances and numbers."""
    with act_as(SYSTEM):
        assert recompute_balances(SYSTEM, agency) == []
        assert sum(row.closing for row in trial_balance(SYSTEM, agency, "2026-10")) == 0
        found = list(Journal.objects.filter(agency_id=agency).order_by("number"))
    assert [each.number for each in found] == list(range(1, len(found) + 1))
    return found


def test_no_journal_enters_a_period_after_its_close(committed_db: str) -> None:
    with act_as(SYSTEM):
        books = make_books()
    ready = threading.Barrier(5)
    posted: list[UUID] = []
    at_close: list[int] = []

    def poster(name: int) -> Callable[[], None]:
        def run() -> None:
            ready.wait()
            for count in range(400):
                try:
                    with act_as(SYSTEM):
                        ref = books.post(books.one, f"{name}-{count}")
                except Conflict as refusal:
                    assert refusal.code == "LEDGER-204"  # noqa: PT017
                    return
                posted.append(ref.id)
            raise AssertionError("the close never came")

        return run

    def closer() -> None:
        ready.wait()
        while len(posted) < 60:
            threading.Event().wait(0.01)
        with act_as(SYSTEM):
            close_period(actor=SYSTEM, agency_id=books.one, period="2026-10")
            at_close.append(Journal.objects.filter(agency_id=books.one).count())

    together(closer, *(poster(name) for name in range(4)))
    journals = sound(books, books.one)
    assert {each.id for each in journals} == set(posted)
    assert len(journals) == at_close[0] >= 60
    with act_as(SYSTEM):
        assert LedgerPeriod.objects.get(agency_id=books.one).state == "closed"
    connection.close()


def test_eight_writers_of_the_same_keys_post_each_once(committed_db: str) -> None:
    with act_as(SYSTEM):
        books = make_books()
    ready = threading.Barrier(8)
    fresh: list[UUID] = []

    def writer(name: int) -> Callable[[], None]:
        def run() -> None:
            ready.wait()
            for count in range(15):
                with act_as(SYSTEM):
                    if name % 2:
                        ref = books.post(books.one, f"k{count}")
                    else:
                        (ref,) = post_many(
                            actor=SYSTEM, journals=[books.draft(books.one, f"k{count}")]
                        )
                if not ref.replayed:
                    fresh.append(ref.id)

        return run

    together(*(writer(name) for name in range(8)))
    assert len(sound(books, books.one)) == len(fresh) == 15
    connection.close()


def test_batches_in_opposite_order_do_not_deadlock(committed_db: str) -> None:
    with act_as(SYSTEM):
        books = make_books()
    ready = threading.Barrier(4)

    def writer(name: int) -> Callable[[], None]:
        agencies = [books.one, books.two, books.centre]

        def run() -> None:
            ready.wait()
            for count in range(5):
                drafts = [
                    books.draft(agency, f"{name}-{count}-{n}", Line("5100", 1), Line("1000", -1))
                    for n in range(20)
                    for agency in (agencies if name % 2 else reversed(agencies))
                ]
                with act_as(SYSTEM):
                    post_many(actor=SYSTEM, journals=drafts)

        return run

    together(*(writer(name) for name in range(4)))
    for agency in (books.one, books.two, books.centre):
        assert len(sound(books, agency)) == 400
    connection.close()

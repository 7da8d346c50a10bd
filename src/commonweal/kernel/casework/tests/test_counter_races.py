"""Two clerks and two citizens at the same moment: no ticket called twice, no desk booked twice."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from commonweal.kernel.access.public import SYSTEM, act_as
from commonweal.kernel.calendar.public import at
from commonweal.kernel.casework import public as casework
from commonweal.kernel.casework.models import Appointment, Ticket
from commonweal.kernel.party.selectors import forget_centre
from commonweal.kernel.schema.public import Conflict

from .conftest import MONDAY, make_desk
from .counter import Counter, make_counter

TEN = MONDAY + timedelta(hours=1)


def together(jobs: list[Callable[[], None]]) -> None:
    """Run the jobs in threads with connections of their own, on Monday; re-raise a failure."""
    failures: list[BaseException] = []

    def run(job: Callable[[], None]) -> None:
        try:
            with at(MONDAY):
                job()
        except BaseException as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(job,)) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    if failures:
        raise failures[0]


def committed() -> Counter:
    forget_centre()
    with at(MONDAY), act_as(SYSTEM):
        return make_counter(make_desk())


def test_two_desks_never_call_the_same_ticket(committed_db: str) -> None:
    counter = committed()
    with at(MONDAY), act_as(SYSTEM):
        counter.sit()
        for _ in range(12):
            counter.take()
    ready = threading.Barrier(2)
    called: list[UUID] = []

    def desk(actor: Any, number: int) -> Callable[[], None]:
        def run() -> None:
            for _ in range(6):
                ready.wait(60)
                with act_as(actor):
                    row = casework.call_next(actor=actor, desk_id=counter.desks[number].pk)
                called.append(row.pk)
                with act_as(actor):
                    casework.finish_ticket(actor=actor, ticket_id=row.pk)

        return run

    together([desk(counter.clerk, 0), desk(counter.second, 1)])
    assert len(called) == len(set(called)) == 12
    with act_as(SYSTEM):
        assert set(Ticket.objects.values_list("state", flat=True)) == {"done"}
    connection.close()


def test_the_last_free_time_is_booked_once(committed_db: str) -> None:
    """Four citizens want ten o'clock, for which two desks are free, and four numbers at once."""
    counter = committed()
    ready = threading.Barrier(4)
    told: list[str] = []
    labels: list[str] = []

    def citizen() -> None:
        ready.wait(60)
        try:
            with act_as(counter.door):
                counter.book(TEN)
            told.append("booked")
        except Conflict as refused:
            told.append(refused.code)
        with act_as(counter.door):
            labels.append(counter.take().label)

    together([citizen] * 4)
    assert sorted(told) == ["CASE-605", "CASE-605", "booked", "booked"]
    assert sorted(labels) == ["A001", "A002", "A003", "A004"]
    with act_as(SYSTEM):
        assert len(set(Appointment.objects.values_list("desk_id", flat=True))) == 2
    connection.close()

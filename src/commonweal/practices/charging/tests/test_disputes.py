"""Disputes of lines: what they hold, who answers by when, what comes of it, two people at once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from threading import Barrier, Thread
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connections
from hypothesis import given
from hypothesis import strategies as st

from commonweal.kernel.access.public import SYSTEM, Actor, act_as, create_user
from commonweal.kernel.authority.public import approve, open_proposals, reject
from commonweal.kernel.calendar.public import at
from commonweal.kernel.documents.models import Document
from commonweal.kernel.documents.public import open_document
from commonweal.kernel.jobs.public import all_manifests
from commonweal.kernel.notices.models import Message
from commonweal.kernel.party.public import actor_for, add_membership, create_person
from commonweal.kernel.schema.public import CommonwealError
from commonweal.practices.charging.actions.bills import raise_query
from commonweal.practices.charging.actions.disputes import (
    SUBJECT,
    accept_outcome,
    add_evidence,
    escalate_dispute,
    resolve_dispute,
    run_clocks,
    write_message,
)
from commonweal.practices.charging.domain import disputes as rules
from commonweal.practices.charging.models import (
    BillLine,
    Credit,
    DisputeEntry,
    DisputeLevel,
    LineQuery,
)
from commonweal.practices.charging.selectors.disputes import held_minor
from commonweal.practices.charging.tasks import run_dispute_clocks

from .copies import closed, copies, enter, world
from .test_credits import close, july_line
from .world import AUGUST, World, after

__all__ = ["closed", "copies", "enter", "world"]
WHY = "The desk was closed that week"


@pytest.fixture
def line(world: World) -> BillLine:
    """PARKS's payslips on its issued bill of July."""
    return july_line(world)


def parks(world: World) -> Actor:
    return world.of("agency_finance", "PARKS")


def colleague(world: World) -> Actor:
    """A second person of PARKS who may dispute."""
    with act_as(SYSTEM):
        user = create_user(actor=SYSTEM, email="liaison.parks@example.org")
        person = create_person(
            actor=SYSTEM, name="liaison PARKS", email="liaison.parks@example.org",
            user_id=user.id, home_agency_id=world.agencies["PARKS"],
        )  # fmt: skip
        add_membership(
            actor=SYSTEM, person_id=person.id, role="agency_liaison",
            agency_id=world.agencies["PARKS"],
        )  # fmt: skip
        return actor_for(user)


def dispute(world: World, line: BillLine, by: Actor | None = None, **more: Any) -> LineQuery:
    actor = by or parks(world)
    given: dict[str, Any] = {"text": WHY, "category": "service", **more}
    with act_as(actor):
        return raise_query(actor=actor, line_id=line.pk, kind="dispute", **given)


def now_of(query: LineQuery) -> LineQuery:
    with act_as(SYSTEM):
        return LineQuery.objects.get(pk=query.pk)


def kinds(query: LineQuery) -> list[str]:
    with act_as(SYSTEM):
        return [row.kind for row in query.entries.order_by("at", "id")]


def held(line: BillLine) -> int:
    with act_as(SYSTEM):
        return held_minor([line.bill_id]).get(line.bill_id, 0)


@contextmanager
def refused(code: str) -> Iterator[None]:
    with pytest.raises(CommonwealError) as wrong:
        yield
    assert wrong.value.code == code


def answer(
    world: World, query: LineQuery, outcome: str, by: str = "service_owner", **m: Any
) -> Any:
    actor = world.of(by)
    with act_as(actor):
        return resolve_dispute(
            actor=actor, query_id=query.pk, outcome=outcome, **{"answer": WHY, **m}
        )


def decide(world: World, query: LineQuery, good: bool = True) -> None:
    director = world.of("director")
    with act_as(director):
        decision = open_proposals(director, SUBJECT, [query.pk])[query.pk]
        if good:
            approve(actor=director, decision_id=decision.pk)
        else:
            reject(actor=director, decision_id=decision.pk, reason="The records say otherwise")


def test_a_dispute_holds_its_amount_and_starts_the_owners_clock(
    world: World, line: BillLine
) -> None:
    query = dispute(world, line, amount_minor=1000)
    assert (query.level, query.state, query.disputed_minor) == ("owner", "open", 1000)
    assert query.assigned_to == world.of("service_owner").person_id
    assert str(query.due_on) == "2026-09-14"  # of Saturday the 5th: five after Monday (R18)
    assert held(line) == 1000
    assert kinds(query) == ["raised"]
    with act_as(SYSTEM):
        told = Message.objects.filter(template="dispute_to_answer")
        owner = world.of("service_owner")
        assert owner.user_id in {message.to_user_id for message in told}


def test_two_people_disputing_the_same_line(world: World, line: BillLine) -> None:
    """The second joins the open dispute, or disputes what is left; never more than the line."""
    first, other = dispute(world, line, amount_minor=1000), colleague(world)
    joined = dispute(world, line, by=other)
    assert joined.pk == first.pk
    assert kinds(first) == ["raised", "joined"]
    again = dispute(world, line, by=other)
    assert (again.pk, kinds(first)) == (first.pk, ["raised", "joined", "message"])
    left = line.amount_minor - 1000
    with refused("BILL-108"):
        dispute(world, line, by=other, amount_minor=left + 1)
    second = dispute(world, line, by=other, amount_minor=left)
    assert second.pk != first.pk
    assert held(line) == line.amount_minor
    third = dispute(world, line, amount_minor=5)  # nothing is left, so they join
    assert third.pk == first.pk
    assert held(line) == line.amount_minor


def test_two_people_at_the_same_moment_dispute_no_more_than_the_line(
    world: World, line: BillLine
) -> None:
    start, people, made = Barrier(2), [parks(world), colleague(world)], []

    def go(actor: Actor) -> None:
        try:
            start.wait()
            with at(after(AUGUST)):
                made.append(dispute(world, line, by=actor).pk)
        finally:
            connections.close_all()

    threads = [Thread(target=go, args=(actor,)) for actor in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 2
    assert len(set(made)) == 1
    assert held(line) == line.amount_minor


@given(st.integers(-500, 500), st.lists(st.integers(1, 300), max_size=4), st.integers(-2, 600))
def test_the_sum_of_disputes_never_exceeds_the_line(
    line_minor: int, before: list[int], wanted: int
) -> None:
    live: list[tuple[UUID, int]] = []
    for amount in [*before, wanted]:
        try:
            claim = rules.claim(line_minor, live, amount, "")
        except rules.DisputeError:
            continue
        if claim.joins is None:
            live.append((uuid4(), claim.amount))
    assert sum(amount for _key, amount in live) <= abs(line_minor)


def test_what_cannot_be_disputed_is_refused(world: World, line: BillLine) -> None:
    with refused("BILL-107"):
        dispute(world, line, category="mood")
    for amount in (0, -1, line.amount_minor + 1):
        with refused("BILL-108"):
            dispute(world, line, amount_minor=amount)
    with refused("BILL-404"):
        dispute(world, line, by=world.of("agency_finance", "ROADS"))


def test_an_explained_dispute_is_accepted_and_holds_nothing(world: World, line: BillLine) -> None:
    query = dispute(world, line)
    answered = answer(world, query, "explained")
    assert (answered.state, answered.outcome) == ("answered", "explained")
    assert held(line) == line.amount_minor  # it may still be taken further
    with act_as(parks(world)):
        closed_now = accept_outcome(actor=parks(world), query_id=query.pk)
    assert (closed_now.state, held(line)) == ("closed", 0)
    assert kinds(query) == ["raised", "outcome", "accepted"]
    with refused("BILL-111"):
        answer(world, query, "explained")


def test_a_credit_needs_an_amount_and_a_second_person(world: World, line: BillLine) -> None:
    query = dispute(world, line, amount_minor=900)
    for amount in (None, 0, 901):
        with refused("BILL-110"):
            answer(world, query, "credited", amount_minor=amount)
    answer(world, query, "credited", amount_minor=400)
    assert (now_of(query).state, held(line)) == ("open", 900)
    with refused("BILL-114"):
        answer(world, query, "rejected")
    decide(world, query)
    found = now_of(query)
    assert (found.state, found.outcome, found.credited_minor) == ("answered", "credited", 400)
    assert held(line) == 500
    close(world, AUGUST)
    with act_as(SYSTEM):
        given_back = BillLine.objects.get(kind="credit")
        assert (given_back.amount_minor, given_back.corrects_id) == (-400, line.pk)
        assert Credit.objects.get().kind == "dispute"
        assert DisputeEntry.objects.get(kind="outcome").credit == Credit.objects.get()


def test_a_whole_credit_closes_and_a_refused_one_leaves_it_open(
    world: World, line: BillLine
) -> None:
    query = dispute(world, line)
    answer(world, query, "credited", amount_minor=line.amount_minor)
    decide(world, query, good=False)
    assert (now_of(query).state, kinds(query)) == ("open", ["raised", "proposed", "refused"])
    answer(world, query, "credited", amount_minor=line.amount_minor)
    decide(world, query)
    assert (now_of(query).state, held(line)) == ("closed", 0)


def test_an_outcome_goes_up_to_the_board_and_no_further(world: World, line: BillLine) -> None:
    query = dispute(world, line)
    for by, level in (("service_owner", "owner"), ("finance_officer", "finance"),
                      ("director", "director")):  # fmt: skip
        assert now_of(query).level == level
        answer(world, query, "rejected", by=by)
        with act_as(parks(world)):
            with refused("BILL-104"):
                escalate_dispute(actor=parks(world), query_id=query.pk, text=" ")
            escalate_dispute(actor=parks(world), query_id=query.pk, text="We do not agree")
    assert (now_of(query).level, now_of(query).state) == ("board", "open")
    final = answer(world, query, "rejected", by="director")
    assert (final.state, held(line)) == ("closed", 0)
    with act_as(parks(world)), refused("BILL-111"):
        escalate_dispute(actor=parks(world), query_id=query.pk, text="Once more")


def test_the_levels_own_people_answer_or_those_above(world: World, line: BillLine) -> None:
    query = dispute(world, line)
    answer(world, query, "rejected", by="finance_officer")  # above the owner
    with act_as(parks(world)):
        escalate_dispute(actor=parks(world), query_id=query.pk, text="We do not agree")
    with refused("BILL-403"):
        answer(world, query, "rejected", by="service_owner")
    with act_as(SYSTEM):
        DisputeLevel.objects.create(code="finance", days=2, agency_days=3, person_id=uuid4())
    with refused("BILL-403"):
        answer(world, query, "rejected", by="finance_officer")  # somebody else is named
    answer(world, query, "rejected", by="director")
    with refused("BILL-117"):
        answer(world, query, "rejected", by="director")


def test_an_outcome_can_be_taken_further_within_its_time_only(world: World, line: BillLine) -> None:
    query = dispute(world, line)
    with act_as(parks(world)):
        for act in (accept_outcome, lambda **k: escalate_dispute(text="No", **k)):
            with refused("BILL-118"):
                act(actor=parks(world), query_id=query.pk)
    answered = answer(world, query, "rejected")
    with at(moment(answered.escalate_by, 1)), act_as(parks(world)), refused("BILL-112"):
        escalate_dispute(actor=parks(world), query_id=query.pk, text="We do not agree")
    with at(moment(answered.escalate_by, 1)), act_as(SYSTEM):
        assert run_clocks(actor=SYSTEM) == {"escalated": 0, "closed": 1}
        assert run_clocks(actor=SYSTEM) == {"escalated": 0, "closed": 0}
    assert (now_of(query).state, now_of(query).closed_by) == ("closed", None)
    assert kinds(query)[-1] == "closed"


def moment(day: Any, more: int = 0) -> datetime:
    """Noon of a day, or of one some days later."""
    found = day + timedelta(days=more)
    return after(AUGUST).replace(year=found.year, month=found.month, day=found.day)


def test_overdue_disputes_go_up_once_for_each_level(world: World, line: BillLine) -> None:
    query = dispute(world, line)
    work = next(found.jobs for found in all_manifests() if found.name == "charging")
    assert work["charging.dispute_clocks"] is run_dispute_clocks
    with at(moment(query.due_on)), act_as(SYSTEM):
        run_dispute_clocks(actor=SYSTEM, job_id=uuid4(), payload={})
        assert now_of(query).level == "owner"  # the last day is still in time
    for expected in ("finance", "director", "board", "board"):
        day = moment(now_of(query).due_on, 1)
        for _twice in range(2):
            with at(day), act_as(SYSTEM):
                run_clocks(actor=SYSTEM)
        assert now_of(query).level == expected
    assert kinds(query) == ["raised", "overdue", "overdue", "overdue", "overdue"]
    with act_as(SYSTEM):
        entries = DisputeEntry.objects.filter(kind="overdue").order_by("at", "id")
        assert [row.level for row in entries] == ["owner", "finance", "director", "board"]


def test_both_sides_talk_and_the_agency_adds_evidence(world: World, line: BillLine) -> None:
    query, roads = dispute(world, line), world.of("agency_finance", "ROADS")
    with act_as(world.finance):
        write_message(actor=world.finance, query_id=query.pk, text="Which week was it?")
        with refused("BILL-104"):
            write_message(actor=world.finance, query_id=query.pk, text=" ")
        with refused("ACCESS-403"):
            add_evidence(
                actor=world.of("auditor"), query_id=query.pk, filename="a", media_type="", data=b"x"
            )
    with act_as(parks(world)):
        write_message(actor=parks(world), query_id=query.pk, text="The second one.")
        made = add_evidence(
            actor=parks(world), query_id=query.pk, filename="rota.csv", media_type="text/csv",
            data=b"week,open\n32,no\n",
        )  # fmt: skip
        for data in (b"", b"x" * (rules.LARGEST_FILE + 1)):
            with refused("BILL-115"):
                add_evidence(
                    actor=parks(world), query_id=query.pk, filename="a", media_type="", data=data
                )
    assert kinds(query) == ["raised", "message", "message", "evidence"]
    assert made.document_id is not None
    with act_as(world.finance):
        assert open_document(world.finance, made.document_id).startswith(b"week")
    with act_as(roads):
        assert not Document.objects.filter(pk=made.document_id).exists()
        assert not LineQuery.objects.filter(pk=query.pk).exists()
        assert not DisputeEntry.objects.filter(query_id=query.pk).exists()
        with refused("BILL-405"):
            write_message(actor=roads, query_id=query.pk, text="Mine?")


def test_a_dispute_holds_no_more_than_so_many_files(
    world: World, line: BillLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "MOST_FILES", 1)
    query = dispute(world, line)
    with act_as(parks(world)):
        for data in (b"1", b"2"):
            with refused("BILL-116") if data == b"2" else at(after(AUGUST)):
                add_evidence(
                    actor=parks(world), query_id=query.pk, filename="a", media_type="", data=data
                )


def test_what_an_outcome_lacks_is_said(world: World, line: BillLine) -> None:
    query = dispute(world, line)
    with refused("BILL-109"):
        answer(world, query, "shrugged")
    with refused("BILL-105"):
        answer(world, query, "explained", answer=" ")
    with refused("BILL-119"):
        answer(world, query, "rejected", answer="No")


def test_a_credit_line_can_be_disputed_too(world: World, line: BillLine) -> None:
    query = dispute(world, line)
    answer(world, query, "credited", amount_minor=500)
    decide(world, query)
    close(world, AUGUST)
    with act_as(SYSTEM):
        credit = BillLine.objects.select_related("bill").get(kind="credit")
    about = dispute(world, credit, category="quantity")
    assert about.disputed_minor == 500
    assert held(credit) == 500
    assert len(kinds(about)) == 1


def test_during_the_preview_a_dispute_is_credited_with_the_next_bill(world: World) -> None:
    world.report(AUGUST)
    world.close(AUGUST, until="approve")
    with act_as(SYSTEM):
        drafted = BillLine.objects.select_related("bill").get(
            bill__period=AUGUST, agency_id=world.agencies["PARKS"],
            charge_item_id=world.items["payroll.payslip"], kind="usage",
        )  # fmt: skip
    query = dispute(world, drafted, amount_minor=100)
    answer(world, query, "credited", amount_minor=100)
    decide(world, query)
    with act_as(SYSTEM):
        assert Credit.objects.get().months == ["2026-09"]

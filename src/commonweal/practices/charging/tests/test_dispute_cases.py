"""A dispute is a case: one conversation, two doors; the money decides the states."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from commonweal.kernel.access.public import SYSTEM, act_as
from commonweal.kernel.calendar.public import at
from commonweal.kernel.casework import public as casework
from commonweal.kernel.documents.public import open_document
from commonweal.kernel.schema.public import NotFound
from commonweal.practices.charging.actions.dispute_rules import put_dispute_level
from commonweal.practices.charging.actions.disputes import (
    accept_outcome,
    add_evidence,
    escalate_dispute,
    open_dispute_cases,
    run_clocks,
    write_message,
)
from commonweal.practices.charging.dispute_cases import SOURCE
from commonweal.practices.charging.models import BillLine, DisputeEntry, LineQuery
from commonweal.practices.charging.selectors.disputes import dispute as read
from commonweal.practices.charging.tasks import run_dispute_clocks

from .copies import closed, copies, enter, world
from .test_credits import july_line
from .test_disputes import WHY, answer, decide, dispute, kinds, now_of, parks, refused
from .world import AUGUST, World, after

__all__ = ["closed", "copies", "enter", "world"]


@pytest.fixture
def line(world: World) -> BillLine:
    return july_line(world)


def case_of(query: LineQuery) -> casework.Case:
    with act_as(SYSTEM):
        found = now_of(query).case
        assert found is not None
        return casework.case(SYSTEM, found.pk)


def said(query: LineQuery) -> list[tuple[str, str]]:
    """What was said in the case, oldest first."""
    with act_as(SYSTEM):
        rows = casework.interactions_of(SYSTEM, case_of(query), None)
        return [(row.direction, row.text) for row in reversed(rows.rows)]


def test_a_dispute_opens_a_case_in_the_queue_of_its_level_with_its_clock(
    world: World, line: BillLine
) -> None:
    query = dispute(world, line)
    case = case_of(query)
    assert (case.case_type.family, case.state, case.queue.code) == (
        "dispute", "new", "disputes-owner",
    )  # fmt: skip
    assert (case.source, case.source_id) == (SOURCE, str(query.pk))
    assert case.assignee == world.of("service_owner").user_id
    assert case.requester is not None
    assert case.requester.person_id == parks(world).person_id
    assert said(query) == [("in", WHY)]
    with act_as(SYSTEM):
        [clock] = [c for c in casework.clocks_of(SYSTEM, case) if c.state == "running"]
    assert clock.definition.code == "dispute.owner"
    zone = ZoneInfo("America/Chicago")
    assert clock.due_at is not None
    assert clock.due_at.astimezone(zone).date() == now_of(query).due_on


def test_a_message_is_one_act_at_either_door(world: World, line: BillLine) -> None:
    query = dispute(world, line)
    case, owner, agency = case_of(query), world.of("service_owner"), parks(world)
    with act_as(owner):
        write_message(actor=owner, query_id=query.pk, text="Which week was that?")
    with act_as(agency):
        casework.receive_message(
            actor=agency, case_id=case.pk, said=casework.Said("The second of July.")
        )
    with act_as(owner):
        casework.answer(actor=owner, case_id=case.pk, text="We look.")
    talk = [("in", WHY), ("out", "Which week was that?"), ("in", "The second of July."),
            ("out", "We look.")]  # fmt: skip
    assert said(query) == talk
    with act_as(agency):
        entries = read(agency, query.pk).entries
        assert [("out" if row.centre_side else "in", row.said) for row in entries] == talk
    with act_as(SYSTEM):
        assert not DisputeEntry.objects.exclude(text="").exists()  # words lie in the case alone


def test_states_follow_the_money_and_nobody_moves_them_in_the_desk(
    world: World, line: BillLine
) -> None:
    query = dispute(world, line)
    case, owner, agency = case_of(query), world.of("service_owner"), parks(world)
    with act_as(owner):
        assert casework.moves_of(owner, case) == ()
        with refused("CASE-102"):
            casework.move_case(actor=owner, case_id=case.pk, state="closed")
    with act_as(SYSTEM), refused("CASE-248"):
        casework.move_case(actor=SYSTEM, case_id=case.pk, state="closed")
    with act_as(owner), refused("ACCESS-403"):
        casework.settle_case(actor=owner, case_id=case.pk, state="closed")
    answer(world, query, "rejected")
    assert (case_of(query).state, said(query)[-1]) == ("answered", ("out", WHY))
    with act_as(agency):
        write_message(actor=agency, query_id=query.pk, text="We think about it.")
        assert case_of(query).state == "answered"  # a word takes nothing further
        escalate_dispute(actor=agency, query_id=query.pk, text="We do not agree.")
    found = case_of(query)
    assert (found.state, found.queue.code) == ("taken_further", "disputes-finance")
    answer(world, query, "explained", by="finance_officer")
    with act_as(agency):
        accept_outcome(actor=agency, query_id=query.pk)
    assert case_of(query).state == "closed"
    with act_as(agency), refused("BILL-111"):
        casework.receive_message(actor=agency, case_id=case.pk, said=casework.Said("And now?"))
    assert kinds(query) == ["raised", "outcome", "message", "escalated", "outcome", "accepted"]


def test_the_case_of_a_dispute_is_never_merged_away(world: World, line: BillLine) -> None:
    first = case_of(dispute(world, line, amount_minor=100))
    second = case_of(dispute(world, line, amount_minor=50))
    with act_as(SYSTEM), refused("CASE-248"):
        casework.merge_cases(actor=SYSTEM, case_id=first.pk, into_id=second.pk)
    assert case_of_id(first).state == "new"


def case_of_id(case: casework.Case) -> casework.Case:
    with act_as(SYSTEM):
        return casework.case(SYSTEM, case.pk)


def test_a_whole_credit_closes_the_case(world: World, line: BillLine) -> None:
    query = dispute(world, line)
    answer(world, query, "credited", amount_minor=line.amount_minor)
    assert case_of(query).state == "new"
    decide(world, query)
    assert (case_of(query).state, said(query)[-1][0]) == ("closed", "out")


def test_an_overdue_dispute_goes_to_the_next_team_and_its_clock(
    world: World, line: BillLine
) -> None:
    query = dispute(world, line)
    finance = world.of("finance_officer")
    with at(after(AUGUST) + timedelta(days=10)), act_as(finance):
        run_clocks(actor=finance)
        case = case_of(query)
        assert case.queue.code == "disputes-finance"
        with act_as(SYSTEM):
            clocks = {row.definition.code: row for row in casework.clocks_of(SYSTEM, case)}
    assert clocks["dispute.owner"].state == "missed"
    assert clocks["dispute.finance"].state == "running"
    due = clocks["dispute.finance"].due_at
    assert due is not None
    assert due.astimezone(ZoneInfo("America/Chicago")).date() == now_of(query).due_on


def test_other_days_of_a_level_hold_for_the_next_disputes(world: World, line: BillLine) -> None:
    director = world.of("director")
    query = dispute(world, line, amount_minor=100)
    before = now_of(query).due_on
    with at(after(AUGUST) + timedelta(days=2)):
        with act_as(director):
            put_dispute_level(actor=director, code="owner", days=9, agency_days=10)
        assert now_of(query).due_on == before
        other = now_of(dispute(world, line, amount_minor=50))
        assert str(other.due_on) == "2026-09-18"  # nine working days from Monday the 7th


def test_a_dispute_from_before_there_were_cases_gets_its_own(world: World, line: BillLine) -> None:
    query, other = (dispute(world, line, amount_minor=amount) for amount in (100, 50))
    answer(world, other, "rejected")
    with act_as(SYSTEM):
        LineQuery.objects.update(case=None)  # as the migration leaves old ones
    agency = parks(world)
    with act_as(SYSTEM):
        before = casework.Case.objects.count()
        assert open_dispute_cases(actor=SYSTEM, limit=1) == 1
        assert open_dispute_cases(actor=SYSTEM) == 1
        assert open_dispute_cases(actor=SYSTEM) == 0
        assert casework.Case.objects.count() == before  # the same source opens no second one
    assert case_of(other).state == "answered"
    with act_as(agency):
        write_message(actor=agency, query_id=query.pk, text="And now?")
    assert said(query)[-1] == ("in", "And now?")
    run: dict[str, Any] = {"actor": SYSTEM, "job_id": query.pk, "payload": {}}
    with act_as(SYSTEM):
        run_dispute_clocks(**run)


def test_what_was_said_before_there_was_a_case_goes_into_it(world: World, line: BillLine) -> None:
    query = dispute(world, line)
    agency, owner = parks(world), world.of("service_owner")
    with act_as(SYSTEM):
        # As version 72def03 left it: no case, the words with the entries.
        DisputeEntry.objects.filter(query=query).update(text=WHY, interaction=None)
        LineQuery.objects.update(case=None)
        casework.Case.objects.update(source="old")
        for place, (centre_side, who, text) in enumerate(
            ((True, owner, "Which week?"), (False, agency, "The second."))
        ):
            DisputeEntry.objects.create(
                agency_id=query.agency_id, query=query, kind="message", level="owner",
                at=query.raised_at + timedelta(minutes=place + 1), centre_side=centre_side,
                author=who.user_id, text=text,
            )  # fmt: skip
        assert open_dispute_cases(actor=SYSTEM) == 1
    assert said(query) == [("in", WHY), ("out", "Which week?"), ("in", "The second.")]
    with act_as(SYSTEM):
        entries = read(SYSTEM, query.pk).entries.rows
        assert [row.said for row in entries] == [WHY, "Which week?", "The second."]
        assert not DisputeEntry.objects.exclude(text="").exists()
        assert [row.interaction.author for row in entries if row.interaction][1] == owner.user_id
    with act_as(owner), refused("ACCESS-403"):
        casework.bring_words(
            actor=casework.trusted(owner, case_of(query).pk), case_id=case_of(query).pk,
            text="I said so", at=query.raised_at, out=True, author=None,
        )  # fmt: skip


def test_evidence_is_a_file_of_the_case_looked_at_and_goes_with_it(
    world: World, line: BillLine
) -> None:
    query = dispute(world, line)
    agency = parks(world)
    with act_as(agency):
        good, held = (
            add_evidence(actor=agency, query_id=query.pk, filename=name, media_type=kind, data=data)
            for name, kind, data in (
                ("Ana's rota.csv", "text/csv", b"week,open\n32,no\n"),
                ("rota.exe", "application/octet-stream", b"MZ\x90\x00" + b"\x00" * 200),
            )
        )
        files = read(agency, query.pk).files
    assert good.document_id is not None
    assert held.document_id is not None
    assert files[good.document_id] == ("Ana's rota.csv", True)
    assert not files[held.document_id][1]
    answer(world, query, "credited", amount_minor=line.amount_minor)
    decide(world, query)
    with act_as(SYSTEM):
        case = case_of(query)
        assert case.attachments.count() == 2
        casework.erase_case(actor=SYSTEM, case_id=case.pk, reason="They asked us to")
        assert not LineQuery.objects.exclude(text="", answer="").exists()
        assert not DisputeEntry.objects.exclude(text="").exists()
        with pytest.raises(NotFound, match="erased"):
            open_document(SYSTEM, good.document_id)
    assert now_of(query).credited_minor == line.amount_minor


def test_no_dispute_is_opened_as_a_plain_case(world: World, line: BillLine) -> None:
    dispute(world, line)
    agency = parks(world)
    with act_as(agency), refused("CASE-249"):
        casework.open_case(
            actor=agency,
            agency_id=world.agencies["PARKS"],
            new=casework.NewCase("dispute-payroll", "Pay less", "Please."),
        )
    with act_as(SYSTEM), refused("CASE-112"):
        casework.open_owned(
            actor=SYSTEM, agency_id=world.agencies["PARKS"], new=casework.NewCase("other", "X")
        )


def test_somebody_trusted_with_one_case_sees_no_other(world: World, line: BillLine) -> None:
    first = case_of(dispute(world, line, amount_minor=100))
    second = case_of(dispute(world, line, amount_minor=50))
    nobody = replace(world.of("agency_finance", "PARKS"), grants=frozenset())
    with act_as(nobody):
        let = casework.trusted(nobody, first.pk)
        assert casework.case(let, first.pk) == first
        with refused("CASE-404"):
            casework.case(let, second.pk)
    stranger = world.of("agency_finance", "ROADS")
    with act_as(stranger), refused("CASE-404"):
        casework.case(casework.trusted(stranger, first.pk), first.pk)

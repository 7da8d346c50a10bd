"""Four eyes: two people, within their limits, once and for ever."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import uuid4

import pytest
from django.db import DatabaseError, transaction
from hypothesis import given
from hypothesis import strategies as st

from commonweal.kernel.access.public import SYSTEM, Actor, act_as
from commonweal.kernel.audit.public import events
from commonweal.kernel.authority import public as authority
from commonweal.kernel.authority.domain import Limit, check_amount, check_two_people
from commonweal.kernel.authority.models import Decision
from commonweal.kernel.party.public import actor_for, add_membership, delegate
from commonweal.kernel.party.tests.world import World
from commonweal.kernel.schema.public import CommonwealError, Forbidden, NotFound

from .conftest import SUBJECT, approve, proposed


def test_a_second_person_approves(world: World, effects: list[Any]) -> None:
    first, second = world.actor("fran", "finance_officer"), world.actor("dora", "director")
    decision = proposed(first, effect={"rate": "4.10"}, amount_minor=410)
    with act_as(second):
        assert authority.waiting(second) == [decision]
    with act_as(first):
        assert authority.waiting(first) == []
    done = approve(second, decision)
    assert (done.state, done.decided_by) == ("approved", second.user_id)
    assert effects == [("approved", str(decision.subject_id))]
    with act_as(second):
        assert authority.waiting(second) == []
        assert authority.decisions(second, subject=(SUBJECT, decision.subject_id)) == [done]
        assert authority.decisions(second, state="rejected") == []
        assert authority.get(second, decision.pk).currency == "USD"
        document = authority.decision_document(decision.pk)
        assert document is not None
        assert document["effect"] == {"rate": "4.10"}
        assert authority.decision_document(uuid4()) is None
        verbs = [
            event.verb for event in events(SYSTEM, target=("authority.Decision", str(done.pk)))
        ]
        assert verbs == ["authority.approved", "authority.proposed"]
        with pytest.raises(CommonwealError, match="AUTHORITY-104"):
            authority.approve(actor=second, decision_id=decision.pk)
    assert authority.kind_words(done.kind) == "Approved by a second person"


def test_the_proposer_never_approves(world: World, effects: list[Any]) -> None:
    first = world.actor("fran", "finance_officer")
    decision = proposed(first)
    for verb in (authority.approve, authority.reject):
        with act_as(first), pytest.raises(CommonwealError, match="AUTHORITY-105"):
            verb(actor=first, decision_id=decision.pk, reason="I like it very much")
    with pytest.raises(DatabaseError), transaction.atomic(), act_as(SYSTEM):
        Decision.objects.filter(pk=decision.pk).update(
            state="approved", decided_by=first.user_id, decided_at=decision.proposed_at
        )
    assert effects == []


def test_nor_through_somebody_who_borrowed_their_role(world: World, effects: list[Any]) -> None:
    user, lender = world.somebody("fran", "finance_officer")
    borrower_user, borrower = world.somebody("carl", "auditor")
    first = actor_for(user)
    with act_as(first):
        delegate(
            actor=first,
            from_person_id=lender.pk,
            to_person_id=borrower.pk,
            role="finance_officer",
            ends=date(2026, 11, 1),
            reason="Leave until November",
        )
    second = actor_for(borrower_user)
    decision = proposed(first)
    with pytest.raises(CommonwealError, match="AUTHORITY-106"):
        approve(second, decision)
    with act_as(SYSTEM):
        add_membership(actor=SYSTEM, person_id=borrower.pk, role="director")
    assert approve(actor_for(borrower_user), decision).state == "approved"


def test_only_a_permitted_person_decides(world: World, effects: list[Any]) -> None:
    decision = proposed(world.actor("fran", "finance_officer"))
    auditor = world.actor("carl", "auditor")
    with pytest.raises(Forbidden):
        approve(auditor, decision)
    with pytest.raises(CommonwealError, match="AUTHORITY-108"):
        approve(SYSTEM, decision)
    director = world.actor("dora", "director")
    with pytest.raises(CommonwealError, match="AUTHORITY-108"):
        approve(director.limited_to(frozenset({"test.approve"})), decision)
    with act_as(auditor), pytest.raises(Forbidden):
        authority.propose(
            actor=auditor,
            subject_type=SUBJECT,
            subject_id=uuid4(),
            label="x",
            statement="x",
            permission="test.propose",
        )


def test_one_open_proposal_and_plain_words(world: World, effects: list[Any]) -> None:
    first = world.actor("fran", "finance_officer")
    decision = proposed(first)
    with pytest.raises(CommonwealError, match="AUTHORITY-103"):
        proposed(first, subject_id=decision.subject_id)
    with pytest.raises(CommonwealError, match="AUTHORITY-102"):
        proposed(first, statement=" ")
    with pytest.raises(CommonwealError, match="AUTHORITY-101"):
        proposed(first, subject_type="test.Nothing")
    with act_as(first):
        authority.withdraw(actor=first, decision_id=decision.pk)
    assert effects == [("withdrawn", str(decision.subject_id))]
    assert proposed(first, subject_id=decision.subject_id).state == "proposed"


def test_reject_and_withdraw(world: World, effects: list[Any]) -> None:
    first, second = world.actor("fran", "finance_officer"), world.actor("dora", "director")
    decision = proposed(first)
    with act_as(second):
        with pytest.raises(CommonwealError, match="AUTHORITY-111"):
            authority.withdraw(actor=second, decision_id=decision.pk)
        with pytest.raises(CommonwealError, match="AUTHORITY-110"):
            authority.reject(actor=second, decision_id=decision.pk, reason="no")
        done = authority.reject(actor=second, decision_id=decision.pk, reason="The volume is old")
    assert (done.state, done.reason) == ("rejected", "The volume is old")
    assert effects == [("rejected", str(decision.subject_id))]


def test_a_failing_effect_decides_nothing(world: World, effects: list[Any]) -> None:
    def fail(actor: Actor, decision: Decision) -> None:
        raise CommonwealError("TEST-1", "no")

    authority.register_subject(SUBJECT, "test.approve", fail)
    decision = proposed(world.actor("fran", "finance_officer"))
    with pytest.raises(CommonwealError, match="TEST-1"):
        approve(world.actor("dora", "director"), decision)
    with act_as(SYSTEM):
        decision.refresh_from_db()
    assert decision.state == "proposed"


def test_without_rejection_effect(world: World, effects: list[Any]) -> None:
    authority.register_subject(SUBJECT, "test.approve", lambda actor, decision: None)
    first, second = world.actor("fran", "finance_officer"), world.actor("dora", "director")
    one, two = proposed(first), proposed(first)
    with act_as(first):
        authority.withdraw(actor=first, decision_id=one.pk)
    with act_as(second):
        authority.reject(actor=second, decision_id=two.pk, reason="The volume is old")


def test_what_was_decided_never_changes(world: World, effects: list[Any]) -> None:
    decision = proposed(world.actor("fran", "finance_officer"))
    rows = Decision.objects.filter(pk=decision.pk)
    fixed = pytest.raises(DatabaseError, match="decided as it was made")
    with fixed, transaction.atomic(), act_as(SYSTEM):
        rows.update(statement="A payslip costs $9.")
    approve(world.actor("dora", "director"), decision)
    fixed = pytest.raises(DatabaseError, match="never changes")
    with fixed, transaction.atomic(), act_as(SYSTEM):
        rows.update(reason="otherwise")
    with pytest.raises(DatabaseError), transaction.atomic(), act_as(SYSTEM):
        rows.delete()


def test_the_wall(world: World, effects: list[Any]) -> None:
    first = world.actor("nora", "agency_finance", world.north)
    decision = proposed(first, agency_id=world.north.pk)
    other = world.actor("sara", "agency_finance", world.south)
    with act_as(other):
        assert not Decision.objects.exists()
        assert authority.waiting(other) == []
        with pytest.raises(NotFound):
            authority.get(other, decision.pk)
        with pytest.raises(NotFound):
            authority.approve(actor=other, decision_id=decision.pk)


def test_other_kinds_are_decided_elsewhere(world: World, effects: list[Any]) -> None:
    authority.register_kind("resolution", "Resolved by the board")
    assert authority.kind_words("resolution") == "Resolved by the board"
    first, director = world.actor("fran", "finance_officer"), world.actor("dora", "director")
    decision = proposed(first)
    with act_as(SYSTEM):
        fields = {f.attname: getattr(decision, f.attname) for f in Decision._meta.concrete_fields}
        other = Decision(**fields | {"id": uuid4(), "kind": "resolution", "subject_id": uuid4()})
        other.save(force_insert=True)
    with pytest.raises(CommonwealError, match="AUTHORITY-109"):
        approve(director, other)


@given(
    limits=st.lists(st.builds(Limit, st.sampled_from("ab"), st.integers(0, 50), st.just("USD"))),
    roles=st.frozensets(st.sampled_from("abc")),
    amount=st.none() | st.integers(-60, 60),
)
def test_amounts_against_a_plain_reading(
    limits: list[Limit], roles: frozenset[str], amount: int | None
) -> None:
    allowed = (
        not limits
        or amount is None
        or any(limit.role in roles and abs(amount) <= limit.max_minor for limit in limits)
    )
    try:
        check_amount(amount_minor=amount, currency="USD", limits=limits, roles=roles)
    except CommonwealError:
        assert not allowed
    else:
        assert allowed


def test_two_people_by_person_too() -> None:
    person = uuid4()
    with pytest.raises(CommonwealError, match="AUTHORITY-105"):
        check_two_people(
            proposer_user=uuid4(),
            proposer_person=person,
            user_id=uuid4(),
            person_id=person,
            sources=frozenset(),
        )
    check_two_people(
        proposer_user=None, proposer_person=None, user_id=None, person_id=None, sources=frozenset()
    )

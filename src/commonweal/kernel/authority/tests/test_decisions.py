"""Four eyes: two people, within their limits, once and for ever."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import uuid4

import pytest
from django.db import DatabaseError, transaction
from hypothesis import given
from hypothesis import strategies as st

from commonweal.kernel.access.public import SYSTEM, Actor, act_as, put_role
from commonweal.kernel.audit.public import events
from commonweal.kernel.authority import public as authority
from commonweal.kernel.authority.domain import Limit, check_amount, check_two_people
from commonweal.kernel.authority.models import Decision
from commonweal.kernel.party.public import actor_for, add_membership, delegate
from commonweal.kernel.party.tests.world import World
from commonweal.kernel.schema.public import CommonwealError, Forbidden, NotFound

SUBJECT = "test.Rate"


@pytest.fixture
def effects(monkeypatch: pytest.MonkeyPatch, world: World) -> list[tuple[str, str]]:
    """What happened; the test's subject and the permissions to propose and approve it."""
    from commonweal.kernel.authority import registry

    monkeypatch.setattr(registry, "_subjects", dict(registry._subjects))
    happened: list[tuple[str, str]] = []
    authority.register_subject(
        SUBJECT,
        "test.approve",
        lambda actor, decision: happened.append(("approved", str(decision.subject_id))),
        lambda actor, decision: happened.append((decision.state, str(decision.subject_id))),
    )
    grants = {
        "finance_officer": ["test.propose", "test.approve", "party.delegate"],
        "director": ["test.propose", "test.approve", "authority.set_limits"],
        "agency_finance": [
            "test.propose",
            "test.approve",
            "party.delegate",
            "authority.name_second_approver",
        ],
    }
    with act_as(SYSTEM):
        for code, permissions in grants.items():
            side = "agency" if code.startswith("agency") else "centre"
            put_role(actor=SYSTEM, code=code, name=code, side=side, permissions=permissions)
    return happened


def proposed(actor: Actor, **more: Any) -> Decision:
    wanted: dict[str, Any] = {
        "subject_type": SUBJECT,
        "subject_id": uuid4(),
        "label": "Rate of a payslip",
        "statement": "A payslip costs $4.10 from 1 November.",
        "permission": "test.propose",
    }
    with act_as(actor):
        return authority.propose(actor=actor, **(wanted | more))


def approve(actor: Actor, decision: Decision) -> Decision:
    with act_as(actor):
        return authority.approve(actor=actor, decision_id=decision.pk)


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
        assert authority.decisions(second, state="rejected", before=decision.pk) == []
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


def test_amount_limits(world: World, effects: list[Any]) -> None:
    first, director = world.actor("fran", "finance_officer"), world.actor("dora", "director")
    other = world.actor("finn", "finance_officer")
    with act_as(director):
        for role, amount in (("finance_officer", 1_000), ("director", 50), ("director", 100_000)):
            authority.set_limit(
                actor=director,
                role=role,
                subject_type=SUBJECT,
                max_minor=amount,
                starts=date(2026, 10, 1),
            )
        with pytest.raises(CommonwealError, match="AUTHORITY-113"):
            authority.set_limit(actor=director, role="director", subject_type=SUBJECT, max_minor=-1)
        with pytest.raises(CommonwealError, match="AUTHORITY-112"):
            authority.set_limit(
                actor=director,
                role="director",
                subject_type=SUBJECT,
                max_minor=1,
                starts=date(2026, 9, 1),
            )
        assert [row.max_minor for row in authority.limits(director)] == [1_000, 100_000]
    large = proposed(first, amount_minor=-1_001)
    with pytest.raises(CommonwealError, match="AUTHORITY-107"):
        approve(other, large)
    assert approve(director, large).state == "approved"
    assert approve(other, proposed(first, amount_minor=1_000)).state == "approved"
    assert approve(other, proposed(first)).state == "approved"
    with pytest.raises(CommonwealError, match="AUTHORITY-107"):
        approve(director, proposed(first, amount_minor=1, currency="EUR"))


def test_second_approver_of_another_agency(world: World, effects: list[Any]) -> None:
    user, officer = world.somebody("nora", "agency_finance", world.north)
    guest_user, guest = world.somebody("sara", "agency_employee", world.south)
    first = actor_for(user)
    with act_as(first), pytest.raises(CommonwealError, match="AUTHORITY-114"):
        authority.name_second_approver(actor=first, agency_id=world.north.pk, person_id=guest.pk)
    with act_as(SYSTEM):
        delegate(
            actor=SYSTEM,
            from_person_id=officer.pk,
            to_person_id=guest.pk,
            role="agency_finance",
            agency_id=world.north.pk,
            ends=date(2027, 1, 1),
            reason="Second approver for North",
        )
    decision = proposed(first, agency_id=world.north.pk, amount_minor=5)
    guest_actor = actor_for(guest_user)
    with pytest.raises(CommonwealError, match="AUTHORITY-106"):
        approve(guest_actor, decision)
    with act_as(first):
        with pytest.raises(CommonwealError, match="AUTHORITY-115"):
            authority.name_second_approver(
                actor=first, agency_id=world.north.pk, person_id=officer.pk
            )
        named = authority.name_second_approver(
            actor=first, agency_id=world.north.pk, person_id=guest.pk
        )
        assert authority.second_approvers(first, world.north.pk) == [named]
        assert authority.second_approvers(first, world.south.pk) == []
    with act_as(SYSTEM):
        authority.set_limit(
            actor=SYSTEM, role="agency_approver", subject_type=SUBJECT, max_minor=10
        )
    with act_as(guest_actor):
        assert authority.waiting(guest_actor) == [decision]
    assert approve(guest_actor, decision).state == "approved"
    with act_as(first):
        authority.end_second_approver(actor=first, second_approver_id=named.pk)
        assert authority.second_approvers(first, world.north.pk) == []
        with pytest.raises(NotFound):
            authority.end_second_approver(actor=first, second_approver_id=decision.pk)


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

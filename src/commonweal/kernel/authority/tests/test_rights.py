"""Amount limits and second approvers: decided by two people, and what they then allow."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from commonweal.kernel.access.public import SYSTEM, Actor, act_as
from commonweal.kernel.authority import public as authority
from commonweal.kernel.authority.models import AmountLimit, Decision
from commonweal.kernel.calendar.public import at
from commonweal.kernel.party.public import actor_for, create_person, delegate
from commonweal.kernel.party.tests.world import NOON, World
from commonweal.kernel.schema.public import CommonwealError, Forbidden, NotFound

from .conftest import SUBJECT, approve, proposed

LATER = date(2026, 11, 1)


def limit(first: Actor, second: Actor, role: str, amount: int | None, **more: Any) -> Decision:
    """A limit proposed by one and approved by another."""
    given = {"role": role, "subject_type": SUBJECT, "max_minor": amount, **more}
    with act_as(first):
        decision = authority.propose_limit(actor=first, **given)
    return approve(second, decision)


def test_a_limit_takes_two_people(world: World, effects: list[Any]) -> None:
    director, admin = world.actor("dora", "director"), world.actor("adam", "administrator")
    with act_as(director):
        decision = authority.propose_limit(
            actor=director, role="finance_officer", subject_type=SUBJECT, max_minor=1_000
        )
        assert "up to $10.00 for the centre and every agency" in decision.statement
        assert authority.limits(director) == []
        with pytest.raises(CommonwealError, match="AUTHORITY-103"):
            authority.propose_limit(
                actor=director, role="finance_officer", subject_type=SUBJECT, max_minor=2_000
            )
        with pytest.raises(CommonwealError, match="AUTHORITY-105"):
            authority.approve(actor=director, decision_id=decision.pk)
        assert "You proposed this" in authority.why_not(director, decision)
    with act_as(admin):
        assert authority.waiting(admin) == [decision]
        assert authority.why_not(admin, decision) == ""
        found = authority.Deciders(admin, []).on(decision)
        assert [(each.name, each.why_not) for each in found] == [
            ("Adam", ""),
            ("Dora", "proposed it"),
        ]
    approve(admin, decision)
    with act_as(director):
        [row] = authority.limits(director)
        assert (row.max_minor, row.currency, row.decision_id) == (1_000, "USD", decision.pk)


def test_what_no_limit_can_be(world: World, effects: list[Any]) -> None:
    director = world.actor("dora", "director")
    nora = world.actor("nora", "agency_finance", world.north)
    given: dict[str, Any] = {"role": "director", "subject_type": SUBJECT, "max_minor": 1}
    for change, code in (
        ({"max_minor": -1}, "AUTHORITY-113"),
        ({"starts": date(2026, 10, 14)}, "AUTHORITY-116"),
        ({"role": "auditor"}, "AUTHORITY-117"),
        ({"role": "nobody"}, "AUTHORITY-117"),
        ({"subject_type": "test.Nothing"}, "AUTHORITY-101"),
        ({"agency_id": world.north.pk}, "AUTHORITY-118"),
    ):
        with act_as(director), pytest.raises(CommonwealError, match=code):
            authority.propose_limit(actor=director, **(given | change))
    with act_as(nora):
        for place in (None, world.south.pk):
            with pytest.raises((Forbidden, NotFound)):
                authority.propose_limit(
                    actor=nora, **(given | {"role": "agency_finance", "agency_id": place})
                )
    with pytest.raises(DatabaseError, match="only the centre"), transaction.atomic(), act_as(nora):
        AmountLimit.objects.create(
            role_id="director", subject_type=SUBJECT, max_minor=1, currency="USD", starts=LATER,
            decision=proposed(director),
        )  # fmt: skip


def test_a_limit_replaces_the_one_before_it_and_ends(world: World, effects: list[Any]) -> None:
    director, admin = world.actor("dora", "director"), world.actor("adam", "administrator")
    limit(director, admin, "director", 50)
    limit(director, admin, "director", 100_000, starts=LATER)
    limit(director, admin, "director", 60, ends=LATER)
    with act_as(director):
        rows = authority.limits(director)
        assert [(row.max_minor, row.ends) for row in rows] == [(60, LATER), (100_000, None)]
        overlapping = authority.propose_limit(
            actor=director, role="director", subject_type=SUBJECT, max_minor=1
        )
    with pytest.raises(CommonwealError, match="AUTHORITY-112"):
        approve(admin, overlapping)
    fixed = pytest.raises(DatabaseError, match="as it was decided")
    with fixed, transaction.atomic(), act_as(SYSTEM):
        AmountLimit.objects.update(max_minor=9)
    with act_as(director):
        authority.withdraw(actor=director, decision_id=overlapping.pk)
    limit(admin, director, "director", None)
    with act_as(director):
        assert [row.max_minor for row in authority.limits(director)] == [100_000]


def test_a_decision_that_comes_late_begins_that_day(world: World, effects: list[Any]) -> None:
    director, admin = world.actor("dora", "director"), world.actor("adam", "administrator")
    with act_as(director):
        open_end = authority.propose_limit(
            actor=director, role="director", subject_type=SUBJECT, max_minor=5
        )
        over = authority.propose_limit(
            actor=director, role="finance_officer", subject_type=SUBJECT, max_minor=5,
            ends=LATER,
        )  # fmt: skip
    with at(NOON + timedelta(days=30)):
        approve(admin, open_end)
        with act_as(admin):
            assert [row.starts for row in authority.limits(admin)] == [date(2026, 11, 14)]
        with pytest.raises(CommonwealError, match="AUTHORITY-119"):
            approve(admin, over)


def test_amounts_beyond_the_limit_are_refused(world: World, effects: list[Any]) -> None:
    first, director = world.actor("fran", "finance_officer"), world.actor("dora", "director")
    other, admin = world.actor("finn", "finance_officer"), world.actor("adam", "administrator")
    limit(director, admin, "finance_officer", 1_000)
    limit(director, admin, "director", 100_000)
    large = proposed(first, amount_minor=-1_001)
    with pytest.raises(CommonwealError, match="AUTHORITY-107"):
        approve(other, large)
    with act_as(other):
        assert "above what your role" in authority.why_not(other, large)
    assert approve(director, large).state == "approved"
    assert approve(other, proposed(first, amount_minor=1_000)).state == "approved"
    assert approve(other, proposed(first)).state == "approved"
    with pytest.raises(CommonwealError, match="AUTHORITY-107"):
        approve(director, proposed(first, amount_minor=1, currency="EUR"))


def test_limits_of_one_side_leave_the_other_alone(world: World, effects: list[Any]) -> None:
    director, admin = world.actor("dora", "director"), world.actor("adam", "administrator")
    nora = world.actor("nora", "agency_finance", world.north)
    nell = world.actor("nell", "agency_approver", world.north)
    sara = world.actor("sara", "agency_finance", world.south)
    sam = world.actor("sam", "agency_approver", world.south)
    limit(director, admin, "director", 10)
    north = {"agency_id": world.north.pk, "amount_minor": 500}
    assert approve(nell, proposed(nora, **north)).state == "approved"
    limit(director, admin, "agency_approver", 1_000)
    limit(nora, nell, "agency_approver", 400, agency_id=world.north.pk)
    with pytest.raises(CommonwealError, match="AUTHORITY-107"):
        approve(nell, proposed(nora, **north))
    south = {"agency_id": world.south.pk, "amount_minor": 500}
    assert approve(sam, proposed(sara, **south)).state == "approved"
    with act_as(sara):
        assert [row.agency_id for row in authority.limits(sara, world.south.pk)] == [None]
        own = proposed(sara, agency_id=world.south.pk, amount_minor=5)
        found = authority.Deciders(sara, [world.south.pk]).on(own)
        assert [(each.role, each.name, each.why_not) for each in found] == [
            ("agency_approver", "Sam", ""),
            ("agency_finance", "Sara", "proposed it"),
            ("director", "", ""),
            ("finance_officer", "", "the amount is above their limit"),
        ]
    with act_as(nora):
        rows = authority.limits(nora, world.north.pk)
        assert {(row.role_id, row.agency_id) for row in rows} == {
            ("agency_approver", None),
            ("agency_approver", world.north.pk),
        }


def test_second_approver_of_another_agency(world: World, effects: list[Any]) -> None:
    user, officer = world.somebody("nora", "agency_finance", world.north)
    guest_user, guest = world.somebody("sara", "agency_employee", world.south)
    first, admin = actor_for(user), world.actor("adam", "administrator")
    given: dict[str, Any] = {"agency_id": world.north.pk, "person_id": guest.pk}
    with act_as(first), pytest.raises(CommonwealError, match="AUTHORITY-114"):
        authority.propose_second_approver(actor=first, **given)
    with act_as(SYSTEM):
        delegate(
            actor=SYSTEM, from_person_id=officer.pk, to_person_id=guest.pk, role="agency_finance",
            agency_id=world.north.pk, ends=date(2027, 1, 1), reason="Second approver for North",
        )  # fmt: skip
    decision = proposed(first, agency_id=world.north.pk, amount_minor=5)
    with pytest.raises(CommonwealError, match="AUTHORITY-106"):
        approve(actor_for(guest_user), decision)
    with act_as(first):
        with pytest.raises(CommonwealError, match="AUTHORITY-115"):
            authority.propose_second_approver(actor=first, **(given | {"person_id": officer.pk}))
        with pytest.raises(CommonwealError, match="AUTHORITY-116"):
            authority.propose_second_approver(actor=first, **given, starts=date(2026, 10, 1))
        naming = authority.propose_second_approver(actor=first, **given, ends=date(2027, 1, 1))
        assert authority.second_approvers(first, world.north.pk) == []
    with pytest.raises(CommonwealError, match="AUTHORITY-106"):
        approve(actor_for(guest_user), naming)
    approve(admin, naming)
    limit(world.actor("dora", "director"), admin, "agency_approver", 10)
    guest_actor = actor_for(guest_user)
    with act_as(guest_actor):
        assert authority.waiting(guest_actor) == [decision]
        assert authority.second_approvers(guest_actor, world.south.pk) == []
    assert approve(guest_actor, decision).state == "approved"
    with act_as(first):
        [named] = authority.second_approvers(first, world.north.pk)
        assert named.decision_id == naming.pk
        authority.end_second_approver(actor=first, second_approver_id=named.pk)
        assert authority.second_approvers(first, world.north.pk) == []
        with pytest.raises(NotFound):
            authority.end_second_approver(actor=first, second_approver_id=decision.pk)
    with act_as(SYSTEM):
        broken = authority.propose(
            actor=SYSTEM, subject_type=authority.SECOND, subject_id=guest.pk, label="x",
            statement="x", permission="x", effect={"person": guest.pk, "starts": LATER,
            "ends": None},
        )  # fmt: skip
    with pytest.raises(CommonwealError, match="AUTHORITY-114"):
        approve(admin, broken)


def test_nobody_approves_their_own_naming(world: World, effects: list[Any]) -> None:
    nora = world.actor("nora", "agency_finance", world.north)
    user, nell = world.somebody("nell", "agency_approver", world.north)
    with act_as(nora):
        naming = authority.propose_second_approver(
            actor=nora, agency_id=world.north.pk, person_id=nell.pk
        )
    with pytest.raises(CommonwealError, match="AUTHORITY-115"):
        approve(actor_for(user), naming)
    with act_as(actor_for(user)):
        theirs = authority.Deciders(actor_for(user), [world.north.pk])
        assert "It names you" in theirs.why_not_on(actor_for(user), naming)


def matter(decision: Decision, **more: Any) -> authority.Matter:
    given: dict[str, Any] = {
        "permission": "test.approve", "side": "agency", "agency_id": decision.agency_id,
        "subject_type": SUBJECT, "amount_minor": decision.amount_minor, "currency": "USD",
        "proposed_by": decision.proposed_by, "proposed_person": decision.proposed_by_person,
    }  # fmt: skip
    return authority.Matter(**(given | more))


def test_who_may_decide_and_why_the_others_may_not(world: World, effects: list[Any]) -> None:
    user, officer = world.somebody("nora", "agency_finance", world.north)
    nora, nell = actor_for(user), world.actor("nell", "agency_approver", world.north)
    guest = world.somebody("sara", "agency_employee", world.south)[1]
    director, admin = world.actor("dora", "director"), world.actor("adam", "administrator")
    with act_as(SYSTEM):
        create_person(actor=SYSTEM, name="Nobody", home_agency_id=world.north.pk)
        delegate(
            actor=SYSTEM, from_person_id=officer.pk, to_person_id=guest.pk, role="agency_finance",
            agency_id=world.north.pk, ends=date(2027, 1, 1), reason="Help while short of staff",
        )  # fmt: skip
    limit(director, admin, "agency_approver", 10)
    limit(director, admin, "director", 100)
    decision = proposed(nora, agency_id=world.north.pk, amount_minor=50)
    with act_as(nora):
        deciders = authority.Deciders(nora, [world.north.pk])
        found = {each.name: each for each in deciders.of(matter(decision))}
        assert found["Nora"].why_not == "proposed it"
        assert found["Nell"].why_not == "the amount is above their limit"
        stranger = found["A person of another agency"]
        assert stranger.why_not == "acts only through a role that the proposer lent"
        assert stranger.lent
        small = deciders.of(matter(decision, amount_minor=10))
        assert [each.name for each in small if not each.why_not] == ["Nell"]
        taken = deciders.of(matter(decision, amount_minor=10, taken=nell.user_id))
        assert {each.why_not for each in taken if each.name == "Nell"} == {
            "has decided for the other side"
        }
        centre = deciders.of(matter(decision, side="centre", own_side=False))
        assert [(each.role, each.name, each.why_not) for each in centre] == [
            ("director", "", ""),
            ("finance_officer", "", "the amount is above their limit"),
        ]
        assert deciders.why_not(nora, matter(decision)).startswith("You proposed this")
        assert "centre's people" in deciders.why_not(nora, matter(decision, side="centre"))
    with act_as(nell):
        theirs = authority.Deciders(nell, [world.north.pk])
        assert "above what your role" in theirs.why_not(nell, matter(decision))
        assert theirs.why_not(nell, matter(decision, amount_minor=1)) == ""
        program = nell.limited_to(frozenset({"test.approve"}))
        assert "signed-in person" in theirs.why_not(program, matter(decision))
    with act_as(director):
        deciders = authority.Deciders(director, [world.north.pk])
        assert "agency's people" in deciders.why_not(director, matter(decision))
        assert "Your roles" in deciders.why_not(admin, matter(decision, side="centre"))
        centre = deciders.of(matter(decision, side="centre", own_side=False))
        assert [(each.name, each.why_not) for each in centre] == [("Dora", "")]


def test_a_second_approver_is_among_those_who_may(world: World, effects: list[Any]) -> None:
    nora = world.actor("nora", "agency_finance", world.north)
    user, nils = world.somebody("nils", "agency_employee", world.north)
    admin = world.actor("adam", "administrator")
    decision = proposed(nora, agency_id=world.north.pk)
    with act_as(nora):
        naming = authority.propose_second_approver(
            actor=nora, agency_id=world.north.pk, person_id=nils.pk
        )
    approve(admin, naming)
    with act_as(nora):
        found = authority.Deciders(nora, [world.north.pk]).of(matter(decision))
        assert [(each.name, each.second, each.why_not) for each in found] == [
            ("Nils", True, ""),
            ("Nora", False, "proposed it"),
        ]
    assert approve(actor_for(user), decision).state == "approved"


def test_somebody_without_account_cannot_decide(world: World, effects: list[Any]) -> None:
    from commonweal.kernel.party.public import add_membership

    with act_as(SYSTEM), at(datetime.fromisoformat("2026-10-15T17:00:00+00:00")):
        paper = create_person(actor=SYSTEM, name="Paper", home_agency_id=world.north.pk)
        add_membership(
            actor=SYSTEM, person_id=paper.pk, role="agency_approver", agency_id=world.north.pk
        )
    nora = world.actor("nora", "agency_finance", world.north)
    decision = proposed(nora, agency_id=world.north.pk)
    with act_as(nora):
        found = authority.Deciders(nora, [world.north.pk]).of(matter(decision))
    assert ("Paper", "has no account to sign in with") in [
        (each.name, each.why_not) for each in found
    ]

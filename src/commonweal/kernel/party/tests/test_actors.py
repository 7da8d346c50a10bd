"""An actor is what is in force today in the centre's zone, and nothing more."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from commonweal.kernel.access.public import (
    SYSTEM,
    act_as,
    create_token,
    elevate,
    require,
    set_user_active,
)
from commonweal.kernel.calendar.public import at
from commonweal.kernel.party.public import (
    PartyError,
    actor_for,
    actor_for_token,
    add_membership,
    create_bureau,
    delegate,
    end_delegation,
    end_membership,
    holders,
    memberships,
    permission_sources,
    roles_held,
)

from ...schema.public import CommonwealError, Forbidden
from .world import NOON, START, World


def test_agency_actor(world: World) -> None:
    actor = world.actor("nora", "agency_finance", world.north)
    assert not actor.centre
    assert actor.agencies == {world.north.pk}
    assert actor.may("party.view_people", world.north.pk)
    assert not actor.may("party.view_people", world.south.pk)
    assert not actor.may("party.view_people")


def test_centre_actor_reaches_every_agency(world: World) -> None:
    actor = world.actor("dora", "director")
    assert actor.centre
    assert actor.agencies == {world.centre_id}
    assert actor.may("party.view_people", world.south.pk)


def test_nobody_without_membership_or_with_a_closed_account(world: World) -> None:
    user, _ = world.somebody("nora", "agency_finance", world.north)
    with act_as(SYSTEM):
        set_user_active(actor=SYSTEM, user_id=user.pk, active=False)
    user.refresh_from_db()
    assert actor_for(user).grants == frozenset()


def test_days_begin_in_the_centres_zone(world: World) -> None:
    user, person = world.somebody("nora", "agency_liaison", world.north)
    with act_as(SYSTEM):
        add_membership(
            actor=SYSTEM,
            person_id=person.pk,
            role="agency_finance",
            agency_id=world.north.pk,
            starts=date(2026, 11, 1),
        )
    with at(datetime(2026, 11, 1, 4, 59, tzinfo=UTC)):
        assert actor_for(user).roles == {"agency_liaison"}
    with at(datetime(2026, 11, 1, 5, 0, tzinfo=UTC)):
        assert actor_for(user).roles == {"agency_liaison", "agency_finance"}


def test_a_role_limited_to_a_bureau_is_no_role_in_the_agency(world: World) -> None:
    user, person = world.somebody("nora", "agency_finance", world.north)
    with act_as(SYSTEM):
        bureau = create_bureau(actor=SYSTEM, agency_id=world.north.pk, code="hq", name="HQ")
        held = memberships(SYSTEM, person_id=person.pk)[0]
        add_membership(
            actor=SYSTEM,
            person_id=person.pk,
            role="agency_usage",
            agency_id=world.north.pk,
            bureau_id=bureau.pk,
        )
    both = actor_for(user)
    assert both.bureaus_with("metering.view", world.north.pk) is None
    with act_as(SYSTEM):
        end_membership(actor=SYSTEM, membership_id=held.pk)
    actor = actor_for(user)
    assert actor.bureaus_with("metering.view", world.north.pk) == {bureau.pk}
    assert actor.bureaus_with("metering.view", world.south.pk) == frozenset()
    assert (actor.agencies, actor.grants, actor.roles) == (frozenset(),) * 3
    assert actor.seen_agencies == {world.north.pk}
    assert actor.may_in_part("metering.view")
    assert not actor.may_somewhere("metering.view")
    assert actor.limited_to(frozenset()).bureaus_with("metering.view", world.north.pk) == set()
    with pytest.raises(Forbidden, match="limited to a bureau") as refused:
        require(actor, "metering.view", world.north.pk)
    assert refused.value.code == "ACCESS-406"
    assert holders(world.north.pk, "metering.view") == []
    assert roles_held(user.pk, world.north.pk) == frozenset()


@pytest.mark.parametrize(
    "role", ["agency_finance", "agency_approver", "agency_liaison", "agency_employee"]
)
def test_a_role_about_a_whole_agency_is_not_given_for_a_bureau(world: World, role: str) -> None:
    _user, person = world.somebody("nora", "agency_liaison", world.south)
    with act_as(SYSTEM):
        bureau = create_bureau(actor=SYSTEM, agency_id=world.north.pk, code="hq", name="HQ")
        with pytest.raises(CommonwealError, match="cannot be limited") as refused:
            add_membership(
                actor=SYSTEM, person_id=person.pk, role=role, agency_id=world.north.pk,
                bureau_id=bureau.pk,
            )  # fmt: skip
    assert refused.value.code == "PARTY-126"


def test_elevation_counts_for_the_centre_only(world: World) -> None:
    boss, _ = world.somebody("adam", "administrator")
    admin = actor_for(boss)
    with act_as(admin):
        elevate(actor=admin, reason="looking into case 12", permissions=["charging.view_bills"])
    raised = actor_for(boss)
    assert raised.elevated
    assert raised.may("charging.view_bills", world.north.pk)
    assert not admin.may("charging.view_bills")


def test_token_is_limited_to_its_scopes(world: World) -> None:
    actor = world.actor("dora", "director")
    with act_as(actor):
        _, secret = create_token(actor=actor, name="t", scopes=["party.view_people"])
    token = actor_for_token(secret)
    assert token is not None
    assert token.kind == "token"
    assert token.may("party.view_people")
    assert not token.may("party.delegate")
    assert actor_for_token(secret[:-1] + "?") is None


def test_a_lent_role_runs_for_its_days_and_ends_with_the_lenders(world: World) -> None:
    lender_user, lender = world.somebody("nora", "agency_finance", world.north)
    user, borrower = world.somebody("nils", "agency_employee", world.north)
    actor = actor_for(lender_user)
    with act_as(actor):
        loan = delegate(
            actor=actor,
            from_person_id=lender.pk,
            to_person_id=borrower.pk,
            role="agency_finance",
            agency_id=world.north.pk,
            ends=date(2026, 11, 1),
            reason="Annual leave until November",
        )
    assert actor_for(user).roles == {"agency_employee", "agency_finance"}
    assert permission_sources(user.pk, "party.view_people", world.north.pk) == {lender.pk}
    assert permission_sources(lender_user.pk, "party.view_people", world.north.pk) == {None}
    assert roles_held(user.pk, world.south.pk) == frozenset()
    with act_as(SYSTEM):
        people = {person for person, _ in holders(world.north.pk, "party.view_people")}
        assert people == {lender.pk, borrower.pk}
    with at(datetime(2026, 11, 1, 12, tzinfo=UTC)):
        assert actor_for(user).roles == {"agency_employee"}
    with act_as(SYSTEM):
        held = memberships(SYSTEM, person_id=lender.pk)[0]
        end_membership(actor=SYSTEM, membership_id=held.pk)
        loan.refresh_from_db()
    assert loan.ends == loan.starts
    assert actor_for(user).roles == {"agency_employee"}


def test_a_borrowed_role_is_not_lent_on_and_a_centre_role_stays_inside(world: World) -> None:
    user, boss = world.somebody("dora", "director")
    _, outsider = world.somebody("nora", "agency_finance", world.north)
    actor = actor_for(user)
    common = {"actor": actor, "from_person_id": boss.pk, "ends": date(2026, 12, 1)}
    with act_as(actor):
        with pytest.raises(PartyError, match="PARTY-119"):
            delegate(
                **common, to_person_id=outsider.pk, role="director", reason="Leave of the director"
            )
        other = world.somebody("carl", "auditor")[1]
        with pytest.raises(PartyError, match="PARTY-116"):
            delegate(
                **common, to_person_id=other.pk, role="service_owner", reason="Leave for a month"
            )


def test_end_delegation_by_borrower(world: World) -> None:
    user, boss = world.somebody("dora", "director")
    other_user, other = world.somebody("carl", "auditor")
    actor = actor_for(user)
    with act_as(actor):
        loan = delegate(
            actor=actor,
            from_person_id=boss.pk,
            to_person_id=other.pk,
            role="director",
            ends=date(2026, 12, 1),
            reason="Leave of the director",
        )
    borrower = actor_for(other_user)
    assert "director" in borrower.roles
    with act_as(borrower):
        end_delegation(actor=borrower, delegation_id=loan.pk)
    assert actor_for(other_user).roles == {"auditor"}


def test_the_frozen_clock_is_what_counts(world: World) -> None:
    user, _ = world.somebody("nora", "agency_finance", world.north)
    with at(datetime(2026, 6, 30, tzinfo=UTC)):
        assert actor_for(user).agencies == frozenset()
    assert NOON.date() > START

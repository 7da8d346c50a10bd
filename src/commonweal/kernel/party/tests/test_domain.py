"""How roles become grants."""

from __future__ import annotations

from uuid import uuid4

from commonweal.kernel.party.domain import Held, RoleInfo, actor_of, grants_of

ROLES = {
    "director": RoleInfo("centre", frozenset({"a.see"})),
    "agency_finance": RoleInfo("agency", frozenset({"a.pay"})),
}


def test_grants_reach_as_far_as_the_roles_side() -> None:
    agency = uuid4()
    held = [Held("director", uuid4()), Held("agency_finance", agency), Held("gone", agency)]
    assert grants_of(held, ROLES) == {("a.see", None), ("a.pay", agency)}


def test_a_role_that_no_longer_exists_gives_no_scope() -> None:
    actor = actor_of(user_id=uuid4(), person_id=None, held=[Held("gone", uuid4())], roles=ROLES)
    assert (actor.centre, actor.agencies, actor.roles) == (False, frozenset(), frozenset())


def test_elevation_of_somebody_outside_the_centre_is_nothing() -> None:
    held = [Held("agency_finance", uuid4())]
    actor = actor_of(
        user_id=uuid4(), person_id=None, held=held, roles=ROLES, elevation=["a.everything"]
    )
    assert not actor.elevated
    assert not actor.may("a.everything")

"""Agencies, people and roles: what is allowed, what is refused, and who sees what."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import connection

from commonweal.kernel.access.public import SYSTEM, Actor, Role, act_as, put_role
from commonweal.kernel.audit.public import events
from commonweal.kernel.party import public as party
from commonweal.kernel.party.models import Membership, Person
from commonweal.kernel.schema.public import (
    CommonwealError,
    Conflict,
    Forbidden,
    NotFound,
    Place,
    place_text,
)

from .world import World


def refused(code: str) -> object:
    return pytest.raises(CommonwealError, match=code)


def test_centre_is_read_once_per_transaction(world: World) -> None:
    with act_as(SYSTEM):
        assert party.centre().zone == "America/Chicago"
        with connection.execute_wrapper(lambda *_: pytest.fail("read twice")):
            party.centre()
        party.set_centre(actor=SYSTEM, zone="Europe/London", name="Other")
        assert party.centre().zone == "Europe/London"
        assert party.agency(SYSTEM, world.centre_id).name == "Other"


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        ({"zone": "Mars/Base"}, "PARTY-105"),
        ({"currency": "usd"}, "PARTY-106"),
        ({"fiscal_year_start_month": 13}, "PARTY-107"),
        ({"colour": "red"}, "PARTY-103"),
        ({"name": " "}, "PARTY-102"),
    ],
)
def test_bad_settings(world: World, settings: dict[str, object], code: str) -> None:
    with act_as(SYSTEM), refused(code):
        party.set_centre(actor=SYSTEM, **settings)


def test_no_centre_yet(db: None) -> None:
    with act_as(SYSTEM):
        with refused("PARTY-404"):
            party.centre()
        with refused("PARTY-108"):
            party.set_centre(actor=SYSTEM, name="Only a name")


def test_agencies(world: World) -> None:
    with act_as(SYSTEM):
        assert [row.code for row in party.agencies(SYSTEM)] == ["NORTH", "SOUTH"]
        assert len(party.agencies(SYSTEM, kind="")) == 3
        assert party.agency(SYSTEM, "NORTH") == party.agency(SYSTEM, str(world.north.pk))
        party.update_agency(actor=SYSTEM, agency_id=world.north.pk, name="New  North", size=41)
        party.update_agency(actor=SYSTEM, agency_id=world.north.pk, size=42)
        assert party.agency(SYSTEM, "NORTH").name == "New North"
        for code, call in (
            ("PARTY-104", {"code": "north", "name": "x"}),
            ("PARTY-101", {"code": "no rth", "name": "x"}),
            ("PARTY-102", {"code": "EAST", "name": ""}),
        ):
            with refused(code):
                party.create_agency(actor=SYSTEM, **call)
        with refused("PARTY-103"):
            party.update_agency(actor=SYSTEM, agency_id=world.north.pk, code="X")
        with refused("PARTY-405"):
            party.update_agency(actor=SYSTEM, agency_id=world.centre_id.__class__(int=1), size=1)
        with refused("PARTY-405"):
            party.agency(SYSTEM, "NOWHERE")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"contact_email": "nora at north"}, "PARTY-126"),
        ({"size": -1}, "PARTY-127"),
        ({"size": 2_000_000_001}, "PARTY-127"),
        ({"name": "\u00a0"}, "PARTY-102"),
    ],
)
def test_an_agency_is_neither_made_nor_changed_with_bad_words(
    world: World, changes: dict[str, object], code: str
) -> None:
    with act_as(SYSTEM):
        with refused(code):
            party.create_agency(actor=SYSTEM, **{"code": "WEST", "name": "West", **changes})
        with refused(code):
            party.update_agency(actor=SYSTEM, agency_id=world.north.pk, **changes)
        found = party.update_agency(
            actor=SYSTEM, agency_id=world.north.pk, name=" The  North ", contact_email=" a@b.org "
        )
        assert (found.name, found.contact_email, found.size) == ("The North", "a@b.org", 40)


def test_bureaus_and_suppliers_are_renamed_and_keep_their_codes(world: World) -> None:
    with act_as(SYSTEM):
        bureau = party.create_bureau(actor=SYSTEM, agency_id=world.north.pk, code="HQ", name="Head")
        supplier = party.create_supplier(actor=SYSTEM, code="acme", name="Acme")
        party.update_bureau(actor=SYSTEM, bureau_id=bureau.pk, name=" Head  Office ")
        party.update_supplier(actor=SYSTEM, supplier_id=supplier.pk, name="Acme Ltd")
        assert [(row.code, row.name) for row in party.bureaus(SYSTEM)] == [("HQ", "Head Office")]
        assert [(row.code, row.name) for row in party.suppliers(SYSTEM)] == [("ACME", "Acme Ltd")]
        assert {"party.bureau_updated", "party.supplier_updated"} <= {
            row.verb for row in events(SYSTEM).rows
        }
        with refused("PARTY-102"):
            party.update_bureau(actor=SYSTEM, bureau_id=bureau.pk, name="")
        with refused("PARTY-411"):
            party.update_bureau(actor=SYSTEM, bureau_id=supplier.pk, name="Head")
        with refused("PARTY-412"):
            party.update_supplier(actor=SYSTEM, supplier_id=bureau.pk, name="Acme")
    actor = world.actor("nora", "agency_finance", world.north)
    with act_as(actor), pytest.raises(Forbidden):
        party.update_bureau(actor=actor, bureau_id=bureau.pk, name="Mine")


def test_bureaus_and_suppliers(world: World) -> None:
    with act_as(SYSTEM):
        party.create_bureau(actor=SYSTEM, agency_id=world.north.pk, code="HQ", name="Head")
        with refused("PARTY-104"):
            party.create_bureau(actor=SYSTEM, agency_id=world.north.pk, code="hq", name="Head")
        party.create_bureau(actor=SYSTEM, agency_id=world.south.pk, code="HQ", name="Head")
        party.create_supplier(actor=SYSTEM, code="acme", name="Acme")
        with refused("PARTY-104"):
            party.create_supplier(actor=SYSTEM, code="ACME", name="Acme")
        assert len(party.bureaus(SYSTEM)) == 2
    actor = world.actor("nora", "agency_finance", world.north)
    with act_as(actor):
        assert [row.agency_id for row in party.bureaus(actor)] == [world.north.pk]
        assert party.bureaus(actor, world.south.pk) == []
        assert [row.code for row in party.suppliers(actor)] == ["ACME"]


def test_overlapping_membership_is_refused_by_the_table(world: World) -> None:
    _, person = world.somebody("nora", "agency_finance", world.north)
    with act_as(SYSTEM):
        with pytest.raises(Conflict, match="PARTY-114"):
            party.add_membership(
                actor=SYSTEM, person_id=person.pk, role="agency_finance", agency_id=world.north.pk
            )
        held = party.memberships(SYSTEM, person_id=person.pk)[0]
        party.end_membership(actor=SYSTEM, membership_id=held.pk, ends=date(2026, 11, 1))
        party.add_membership(
            actor=SYSTEM,
            person_id=person.pk,
            role="agency_finance",
            agency_id=world.north.pk,
            starts=date(2026, 11, 1),
        )
        day = party.memberships(SYSTEM, agency_id=world.north.pk, day=date(2026, 11, 1))
        assert [row.starts for row in day] == [date(2026, 11, 1)]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"role": "director"}, "PARTY-111"),
        ({"role": "king"}, "PARTY-407"),
        ({"bureau_id": "00000000-0000-0000-0000-000000000001"}, "PARTY-408"),
        ({"person_id": "00000000-0000-0000-0000-000000000001"}, "PARTY-406"),
        ({"agency_id": "00000000-0000-0000-0000-000000000001"}, "PARTY-405"),
        ({"starts": date(2026, 1, 2), "ends": date(2026, 1, 2)}, "CALENDAR-102"),
    ],
)
def test_bad_membership(world: World, change: dict[str, object], code: str) -> None:
    _, person = world.somebody("nora", "agency_liaison", world.north)
    wanted = {"person_id": person.pk, "role": "agency_finance", "agency_id": world.north.pk}
    with act_as(SYSTEM), refused(code):
        party.add_membership(actor=SYSTEM, **(wanted | change))


def test_an_end_is_not_in_the_past_nor_moved_later(world: World) -> None:
    _, person = world.somebody("nora", "agency_finance", world.north)
    with act_as(SYSTEM):
        held = party.memberships(SYSTEM, person_id=person.pk)[0].pk
        with refused("PARTY-115"):
            party.end_membership(actor=SYSTEM, membership_id=held, ends=date(2026, 10, 1))
        party.end_membership(actor=SYSTEM, membership_id=held)
        with refused("PARTY-115"):
            party.end_membership(actor=SYSTEM, membership_id=held, ends=date(2026, 12, 1))
        with refused("PARTY-409"):
            party.end_membership(actor=SYSTEM, membership_id=person.pk)


def test_an_agency_gives_its_own_roles_and_no_others(world: World) -> None:
    liaison = world.actor("lena", "agency_liaison", world.north)
    with act_as(liaison):
        person = party.create_person(actor=liaison, name="New", home_agency_id=world.north.pk)
        party.add_membership(
            actor=liaison, person_id=person.pk, role="agency_employee", agency_id=world.north.pk
        )
        with pytest.raises(Forbidden):
            party.create_person(actor=liaison, name="New", home_agency_id=world.south.pk)
        with pytest.raises(Forbidden):
            party.create_person(actor=liaison, name="New")
        with pytest.raises(NotFound):
            party.add_membership(
                actor=liaison, person_id=person.pk, role="agency_finance", agency_id=world.south.pk
            )
        with pytest.raises(NotFound):
            party.add_membership(actor=liaison, person_id=person.pk, role="director")
    finance = world.actor("nora", "agency_finance", world.north)
    with act_as(finance), pytest.raises(Forbidden):
        party.add_membership(
            actor=finance, person_id=person.pk, role="agency_finance", agency_id=world.north.pk
        )


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"to": "self"}, "PARTY-117"),
        ({"reason": "short"}, "PARTY-118"),
        ({"starts": date(2026, 10, 1)}, "PARTY-120"),
        ({"ends": date(2026, 10, 1)}, "CALENDAR-102"),
    ],
)
def test_bad_loans(world: World, change: dict[str, object], code: str) -> None:
    user, lender = world.somebody("nora", "agency_finance", world.north)
    _, other = world.somebody("nils", "agency_employee", world.north)
    wanted: dict[str, object] = {
        "from_person_id": lender.pk,
        "to_person_id": lender.pk if change.pop("to", "") else other.pk,
        "role": "agency_finance",
        "agency_id": world.north.pk,
        "ends": date(2026, 12, 1),
        "reason": "Leave until December",
    }
    actor = party.actor_for(user)
    with act_as(actor), refused(code):
        party.delegate(actor=actor, **(wanted | change))


def test_loans_of_others_and_twice(world: World) -> None:
    _, lender = world.somebody("nora", "agency_finance", world.north)
    user, other = world.somebody("nils", "agency_approver", world.north)
    stranger = party.actor_for(user)
    wanted: dict[str, object] = {
        "from_person_id": lender.pk,
        "to_person_id": other.pk,
        "role": "agency_finance",
        "agency_id": world.north.pk,
        "ends": date(2026, 12, 1),
        "reason": "Leave until December",
    }
    with act_as(stranger), pytest.raises(Forbidden):
        party.delegate(actor=stranger, **wanted)
    with act_as(SYSTEM):
        loan = party.delegate(actor=SYSTEM, **wanted)
        with pytest.raises(Conflict, match="PARTY-121"):
            party.delegate(actor=SYSTEM, **wanted)
        assert party.delegations(SYSTEM, agency_id=world.north.pk, day=loan.starts) == [loan]
        with refused("PARTY-410"):
            party.end_delegation(actor=SYSTEM, delegation_id=lender.pk)
    third = world.actor("nina", "agency_employee", world.north)
    with act_as(third):
        assert party.delegations(third) == []
        with pytest.raises(Forbidden):
            party.end_delegation(actor=third, delegation_id=loan.pk)


def test_people_of_one_name_are_all_listed(world: World) -> None:
    with act_as(SYSTEM):
        wanted = {party.create_person(actor=SYSTEM, name="Alex Kim").pk for _ in range(5)}
        wanted.add(party.create_person(actor=SYSTEM, name="Zoe").pk)
        part = party.people(SYSTEM, place=Place(limit=2))
        found = list(part)
        while part.next:
            part = party.people(SYSTEM, place=Place(part.next, 2))
            found += part
    assert [row.name for row in found] == ["Alex Kim"] * 5 + ["Zoe"]
    assert {row.pk for row in found} == wanted


def test_people_pages(world: World) -> None:
    user, person = world.somebody("nora", "agency_finance", world.north)
    world.somebody("sara", "agency_finance", world.south)
    actor = party.actor_for(user)
    with act_as(actor):
        assert [row.name for row in party.people(actor)] == ["Nora"]
        assert party.people(actor, agency_id=world.south.pk) == []
        behind = Place(place_text(False, ["Nora", person.pk]))
        assert party.people(actor, place=behind) == []
        assert party.person(actor, person.pk).name == "Nora"
        assert party.person_of_user(user.pk) == person.pk
        with pytest.raises(NotFound):
            party.person(actor, user.pk)
    with act_as(SYSTEM):
        assert len(party.people(SYSTEM)) == 2
        everyone = [row.pk for row in party.people(SYSTEM)]
    with act_as(actor):
        assert party.person_names(actor, everyone) == {person.pk: "Nora"}
    worker = world.actor("nils", "agency_employee", world.north)
    with act_as(worker), pytest.raises(Forbidden):
        party.people(worker)


def test_changing_and_erasing_a_person(world: World) -> None:
    user, person = world.somebody("nora", "agency_finance", world.north)
    with act_as(SYSTEM):
        party.update_person(actor=SYSTEM, person_id=person.pk, name="Nora  N.", phone="1")
        with refused("PARTY-103"):
            party.update_person(actor=SYSTEM, person_id=person.pk, age=1)
        with refused("PARTY-113"):
            party.erase_person(actor=SYSTEM, person_id=person.pk)
        other = party.create_person(actor=SYSTEM, name="Twin")
        with refused("PARTY-112"):
            party.update_person(actor=SYSTEM, person_id=other.pk, user_id=user.pk)
        with refused("PARTY-112"):
            party.create_person(actor=SYSTEM, name="Twin", user_id=user.pk)
        held = party.memberships(SYSTEM, person_id=person.pk)[0]
        party.end_membership(actor=SYSTEM, membership_id=held.pk)
        party.erase_person(actor=SYSTEM, person_id=person.pk)
        person.refresh_from_db()
        assert (person.name, person.email, person.user_id) == ("Erased person", "", None)
        assert Membership.objects.get(pk=held.pk).user_id is None
        party.update_person(actor=SYSTEM, person_id=other.pk, user_id=user.pk)
        trail = "".join(str(event.payload) for event in events(SYSTEM, place=Place(limit=500)))
        assert "Nora" not in trail


def test_roles_are_kept_as_an_administrator_set_them(world: World) -> None:
    with act_as(SYSTEM):
        role = Role.objects.get(pk="agency_liaison")
        kept = [name for name in role.permissions if name != "party.delegate"]
        put_role(actor=SYSTEM, code=role.code, name=role.name, side=role.side, permissions=kept)
    assert party.sync_roles() == []
    with act_as(SYSTEM):
        assert "party.delegate" not in Role.objects.get(pk="agency_liaison").permissions
        for code in ("director", "auditor", "agency_liaison", "agency_finance", "administrator"):
            every = [n for n in Role.objects.get(pk=code).permissions if n != "party.view_people"]
            Role.objects.filter(pk=code).update(permissions=every)
        others = Role.objects.exclude(permissions=[])
        for row in others:
            row.permissions = [n for n in row.permissions if n != "party.view_people"]
            row.save()
    assert "director" in party.sync_roles()


def test_the_wall_holds_without_the_selectors(world: World) -> None:
    """Agency A reads nothing of agency B with raw ORM queries (design law 9)."""
    user, person = world.somebody("nora", "agency_finance", world.north)
    _, hidden = world.somebody("sara", "agency_finance", world.south)
    actor = party.actor_for(user)
    with act_as(actor):
        assert set(Membership.objects.values_list("agency_id", flat=True)) == {world.north.pk}
        assert list(Person.objects.values_list("pk", flat=True)) == [person.pk]
        assert [row.pk for row in party.Agency.objects.all()] == [world.north.pk]
        assert Membership.objects.filter(person_id=hidden.pk).update(ends=date(2027, 1, 1)) == 0
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM party_membership WHERE person_id = %s", [hidden.pk]
            )
            assert cursor.fetchone() == (0,)
    with act_as(Actor(kind="person", user_id=user.pk)):
        assert Membership.objects.get().person_id == person.pk
    with act_as(Actor(kind="anonymous")):
        assert not Membership.objects.exists()
        assert not Person.objects.exists()


def test_a_person_of_another_agency_is_listed_without_a_name(world: World) -> None:
    user, _ = world.somebody("nora", "agency_finance", world.north)
    _, guest = world.somebody("sara", "agency_finance", world.south)
    with act_as(SYSTEM):
        party.add_membership(
            actor=SYSTEM, person_id=guest.pk, role="agency_approver", agency_id=world.north.pk
        )
    actor = party.actor_for(user)
    with act_as(actor):
        names = [row.person.name for row in party.memberships(actor)]
    assert sorted(names) == ["A person of another agency", "Nora"]


def test_nobody_gives_themself_a_role_or_more_than_they_hold(world: World) -> None:
    user, liaison = world.somebody("lia", "agency_liaison", world.north)
    _finance, officer = world.somebody("fin", "agency_finance", world.north)
    admin_user, admin = world.somebody("ada", "administrator")
    actor, administrator = party.actor_for(user), party.actor_for(admin_user)
    with act_as(actor):
        for person, role, code in (
            (liaison, "agency_employee", "PARTY-124"),
            (liaison, "agency_finance", "PARTY-125"),
            (officer, "agency_approver", "PARTY-125"),
        ):
            with refused(code):
                party.add_membership(
                    actor=actor, person_id=person.pk, role=role, agency_id=world.north.pk
                )
        with refused("PARTY-125"):
            party.delegate(
                actor=actor, from_person_id=officer.pk, to_person_id=liaison.pk,
                role="agency_finance", agency_id=world.north.pk, ends=date(2030, 1, 1),
                reason="long enough a reason",
            )  # fmt: skip
        with pytest.raises(Forbidden):
            party.update_person(actor=actor, person_id=officer.pk, email="elsewhere@x.test")
        party.update_person(actor=actor, person_id=officer.pk, phone="555-0101")
        party.add_membership(
            actor=actor, person_id=officer.pk, role="agency_liaison", agency_id=world.north.pk
        )
    with act_as(administrator), refused("PARTY-124"):
        party.add_membership(actor=administrator, person_id=admin.pk, role="finance_officer")

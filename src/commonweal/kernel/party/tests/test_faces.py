"""How citizens reach an agency: who says it, what is refused, what stands in for the rest."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.db import DatabaseError, transaction

from commonweal.kernel.access.public import SYSTEM, Actor, act_as
from commonweal.kernel.audit.public import events
from commonweal.kernel.party import public as party
from commonweal.kernel.party.faces import dialled, is_safe_address, tidied, wrong_face
from commonweal.kernel.party.models import PublicFace
from commonweal.kernel.schema.public import CommonwealError, Forbidden, NotFound

from .world import World

SAID = {
    "name": " City  Parks ",
    "email": "hello@parks.example",
    "phone": "+1 312 555 0123",
    "hours": "Monday to Friday, 8 to 5",
    "address": "1 Main Street \r\nMeridian",
    "notice": "We keep little.\n\n\n\nAsk us.\x07",
    "notice_href": "https://parks.example/privacy",
    "privacy_contact": "The clerk",
    "privacy_email": "privacy@parks.example",
}


def put(actor: Actor, world: World, **fields: str) -> PublicFace:
    with act_as(actor):
        return party.put_public_face(actor=actor, agency_id=world.north.pk, fields=fields)


@pytest.mark.parametrize("role", ["agency_liaison", "agency_finance"])
def test_an_agency_says_it_of_itself_only(world: World, role: str) -> None:
    own = world.actor("nora", role, world.north)
    row = put(own, world, **SAID)
    assert (row.name, row.address) == ("City Parks", "1 Main Street\nMeridian")
    assert row.notice == "We keep little.\n\nAsk us."
    with act_as(own):
        with pytest.raises(Forbidden, match="ACCESS-403"):
            party.put_public_face(actor=own, agency_id=world.south.pk, fields={"phone": "311"})
        event = events(own, verb="party.public_face_put")[0]
    assert event.payload == {"changed": sorted(SAID)}
    assert event.agency_id == world.north.pk
    assert put(own, world, phone="311").phone == "311"
    with act_as(own):
        assert events(own, verb="party.public_face_put")[0].payload == {"changed": ["phone"]}
        assert PublicFace.objects.get().name == "City Parks"


def test_who_may_not(world: World) -> None:
    approver = world.actor("anna", "agency_approver", world.north)
    with pytest.raises(Forbidden, match="ACCESS-403"):
        put(approver, world, phone="311")
    stranger = world.actor("sam", "agency_liaison", world.south)
    with pytest.raises(Forbidden, match="ACCESS-403"):
        put(stranger, world, phone="311")
    assert put(world.actor("ada", "administrator"), world, phone="311").phone == "311"


def test_the_wall_holds_in_the_database(world: World) -> None:
    put(SYSTEM, world, **SAID)
    stranger = world.actor("sam", "agency_liaison", world.south)
    with act_as(stranger):
        assert party.public_face(stranger, world.north.pk).name == ""
        assert not PublicFace.objects.update(name="Taken")
        with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
            PublicFace.objects.create(agency_id=world.north.pk)
    door = Actor(kind="citizen", agencies=frozenset({world.north.pk}))
    with act_as(door):
        assert party.public_face(door, world.north.pk).phone == SAID["phone"]
    with act_as(SYSTEM):
        other = Actor(kind="citizen", agencies=frozenset({world.south.pk}))
        assert party.public_face(other, world.north.pk).phone == ""


@pytest.mark.parametrize(
    ("fields", "code", "field"),
    [
        ({"colour": "red"}, "PARTY-140", ""),
        ({"email": "nobody"}, "PARTY-126", "email"),
        ({"privacy_email": "a b"}, "PARTY-126", "privacy_email"),
        ({"phone": "call us"}, "PARTY-141", "phone"),
        ({"phone": "12"}, "PARTY-141", "phone"),
        ({"phone": "1" * 41}, "PARTY-141", "phone"),
        ({"notice": "x" * 6001}, "PARTY-141", "notice"),
        ({"name": "a\x00b"}, "PARTY-141", "name"),
        ({"notice_href": "http://parks.example/"}, "PARTY-141", "notice_href"),
        ({"notice_href": "javascript:alert(1)"}, "PARTY-141", "notice_href"),
        ({"notice_href": f"https://x.example/{'a' * 500}"}, "PARTY-141", "notice_href"),
    ],
)
def test_what_citizens_could_not_use(
    world: World, fields: dict[str, str], code: str, field: str
) -> None:
    with pytest.raises(CommonwealError, match=code) as refused:
        put(SYSTEM, world, **fields)
    assert refused.value.details.get("field", "") == field
    with act_as(SYSTEM):
        assert not PublicFace.objects.exists()


def test_the_centre_has_none(world: World) -> None:
    with act_as(SYSTEM):
        with pytest.raises(CommonwealError, match="PARTY-142"):
            party.put_public_face(actor=SYSTEM, agency_id=world.centre_id, fields={})
        with pytest.raises(NotFound, match="PARTY-405"):
            party.put_public_face(actor=SYSTEM, agency_id=uuid4(), fields={})


def test_what_was_not_said_is_borrowed(world: World) -> None:
    with act_as(SYSTEM):
        party.update_agency(
            actor=SYSTEM, agency_id=world.north.pk,
            contact_email="bills@north.example", address="North Road 1",
        )  # fmt: skip
        north = party.agency(SYSTEM, world.north.pk)
        bare = party.face_of(SYSTEM, north)
        assert (bare.name, bare.email, bare.address) == (
            "North", "bills@north.example", "North Road 1",
        )  # fmt: skip
        assert bare.privacy_email == "bills@north.example"
        put(SYSTEM, world, phone="555-0100", privacy_contact="The clerk")
        rung = party.face_of(SYSTEM, north)
        assert (rung.email, rung.dial, rung.privacy_email) == ("", "5550100", "")
        put(SYSTEM, world, **SAID)
        assert party.face_of(SYSTEM, north).name == "City Parks"


@pytest.mark.parametrize(
    ("phone", "dial"),
    [("311", "311"), ("+1 (312) 555-0123", "+13125550123"), ("555-0100 ext 7", "5550100")],
)
def test_what_a_device_dials(phone: str, dial: str) -> None:
    assert wrong_face({"phone": phone}) == ""
    assert dialled(phone) == dial


@pytest.mark.parametrize(
    "address",
    [
        "https://user@parks.example/", "https://parks.example:8443/", "https://localhost/",
        "https://10.0.0.1/", "https://parks.example/a b", "https://[::1", "https://pärks.example/",
        "https://u:p@parks.example/", "//parks.example/", "https://parks.example:x/",
    ],
)  # fmt: skip
def test_addresses_that_no_link_leads_to(address: str) -> None:
    assert not is_safe_address(address)


def test_lines_are_kept_where_there_may_be_several() -> None:
    assert tidied("address", "a  \r\nb\r\n") == "a\nb"
    assert tidied("hours", "8\nto 5") == "8 to 5"
    assert is_safe_address("https://parks.example:443/privacy?a=b#c")

"""The centre's settings, agencies with their bureaus, suppliers, and roles for one bureau."""

from __future__ import annotations

import re
from collections.abc import Callable

from django.test import Client

from commonweal.interfaces.web.agency.tests.world import World
from commonweal.interfaces.web.centre.tests.pages import text_of
from commonweal.kernel.access.public import SYSTEM, act_as
from commonweal.kernel.audit.public import events
from commonweal.kernel.party.public import Agency, Bureau, Membership, Supplier, centre

Browser = Callable[[str], Client]


def test_an_agency_gets_its_bureaus(world: World, signed_in: Browser) -> None:
    admin, path = signed_in("admin"), "/centre/people/agencies/"
    page = text_of(admin.get(path))
    assert "Water Board" in page
    assert "PARTY-104" in text_of(admin.post(path, {"code": "water", "name": "Water"}), 422)
    kept = text_of(admin.post(path, {"code": "FIRE", "name": "Fire", "size": "many"}), 422)
    assert "FORM-103" in kept
    assert 'value="many"' in kept
    made = text_of(
        admin.post(path, {"code": "fire", "name": "Fire Service", "size": "1,200"}, follow=True)
    )
    assert "Added. Give it its bureaus and people now." in made
    assert "No bureau yet." in made
    with act_as(SYSTEM):
        fire = Agency.objects.get(code="FIRE")
    own = f"{path}{fire.pk}/"
    add = {"do": "add", "bureau_code": "north", "bureau_name": "North district"}
    assert "The bureau was added." in text_of(admin.post(own, add, follow=True))
    again = text_of(admin.post(own, add), 422)
    assert "PARTY-104" in again
    assert 'value="north"' in again
    with act_as(SYSTEM):
        north = Bureau.objects.get(agency=fire)
    rename = {"do": "rename", "bureau": str(north.pk), "new_name": "Northern district"}
    assert "Northern district" in text_of(admin.post(own, rename, follow=True))
    change = {"do": "change", "name": "Fire and Rescue", "size": "1300",
              "contact_email": "fire@example.test", "address": "1 Main Street"}  # fmt: skip
    changed = text_of(admin.post(own, change, follow=True))
    assert "The agency was changed." in changed
    assert "1 Main Street" in changed
    with act_as(SYSTEM):
        verbs = [event.verb for event in events(SYSTEM, agency_id=fire.pk)]
    assert verbs == [
        "party.agency_updated",
        "party.bureau_updated",
        "party.bureau_created",
        "party.agency_created",
    ]


def test_whoever_may_not_change_reads_only(world: World, signed_in: Browser) -> None:
    officer = signed_in("officer")
    for name in ("agencies/", f"agencies/{world.agencies['PARKS']}/", "suppliers/", "centre/"):
        page = text_of(officer.get(f"/centre/people/{name}"))
        assert "<form" not in page.split("<main")[1].split("</main>")[0]
    assert officer.post("/centre/people/suppliers/", {"do": "add", "code": "x"}).status_code == 403
    assert officer.post("/centre/people/centre/", {"name": "Mine"}).status_code == 403


def test_suppliers_are_added_and_renamed(world: World, signed_in: Browser) -> None:
    admin, path = signed_in("admin"), "/centre/people/suppliers/"
    assert "No supplier is here yet." in text_of(admin.get(path))
    form = {"do": "add", "code": "cloud-9", "name": "Cloud Nine"}
    assert "The supplier was added." in text_of(admin.post(path, form, follow=True))
    assert "PARTY-104" in text_of(admin.post(path, form), 422)
    with act_as(SYSTEM):
        supplier = Supplier.objects.get(code="CLOUD-9")
    rename = {"do": "rename", "supplier": str(supplier.pk), "new_name": "Cloud Nine Ltd"}
    assert "Cloud Nine Ltd" in text_of(admin.post(path, rename, follow=True))
    assert "PARTY-102" in text_of(admin.post(path, {**rename, "new_name": " "}), 422)
    assert "FORM-101" in text_of(admin.post(path, {**rename, "supplier": ""}), 422)
    gone = {**rename, "supplier": str(world.agencies["PARKS"])}
    assert admin.post(path, gone).status_code == 404


def test_the_centre_changes_its_contact_and_forms(world: World, signed_in: Browser) -> None:
    admin, path = signed_in("admin"), "/centre/people/centre/"
    page = text_of(admin.get(path))
    assert "Not in use" in page
    form = {"name": "Meridian Shared Services", "short_name": "MSS", "contact_name": "Desk",
            "contact_email": "desk@example.test", "contact_phone": "555-0101"}  # fmt: skip
    assert "PARTY-102" in text_of(admin.post(path, {**form, "name": ""}), 422)
    done = text_of(admin.post(path, {**form, "federal_forms": "1"}, follow=True))
    assert "settings were changed." in done
    assert "In use" in done
    more = {**form, "zone": "Mars/Olympus", "fiscal_start": "4", "locale": "en-gb"}
    assert "PARTY-105" in text_of(admin.post(path, more), 422)
    admin.post(path, {**more, "zone": "Europe/London", "federal_forms": "1", "currency": "GBP"})
    with act_as(SYSTEM):
        found = centre()
        assert (found.zone, found.currency, found.locale) == ("Europe/London", "USD", "en-gb")
        assert found.fiscal_year_start_month == 4
        assert (centre().name, centre().federal_forms) == ("Meridian Shared Services", True)


def test_a_role_for_one_bureau(world: World, signed_in: Browser) -> None:
    admin, person = signed_in("admin"), world.actors["parks-employee"].person_id
    path = f"/centre/people/{person}/"
    page = text_of(admin.get(path))
    place = re.search(r'<option value="([0-9a-f-]+/[0-9a-f-]+)">[^<]*: Field offices', page)[1]
    form = {"do": "give", "role": "agency_liaison", "agency": place}
    refused = admin.post(path, form, follow=True)
    assert "cannot be limited to a bureau" in text_of(refused, 422)
    form["role"] = "agency_usage"
    assert ", Field offices" in text_of(admin.post(path, form, follow=True))
    with act_as(SYSTEM):
        held = Membership.objects.get(person_id=person, role="agency_usage")
    assert f"{held.agency_id}/{held.bureau_id}" == place

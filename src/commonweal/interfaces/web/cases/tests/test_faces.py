"""Citizens meet their agency: its name, contact and privacy notice on every page and message, and
no word of the centre behind it."""

from __future__ import annotations

import re
from typing import Any
from uuid import uuid4

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from commonweal.interfaces.mail.sending import outgoing, send_by_mail
from commonweal.interfaces.web.agency.tests.world import LONG, World
from commonweal.interfaces.web.cases.tests.test_fee_pages import choose, fee
from commonweal.interfaces.web.cases.tests.test_pages import browser, one, page, photo, send
from commonweal.interfaces.web.cases.urls import DOOR
from commonweal.interfaces.web.counter.tests.world import ELEVEN
from commonweal.interfaces.web.counter.urls import HALL, VISITS
from commonweal.kernel.access.public import SYSTEM, act_as
from commonweal.kernel.calendar.public import at
from commonweal.kernel.casework import public as casework
from commonweal.kernel.casework.actions.asking import how_token
from commonweal.kernel.casework.models import (
    Attachment,
    Case,
    FeeReceipt,
    Interaction,
    Office,
    OfficeOffer,
    Queue,
)
from commonweal.kernel.party.public import centre, face_of, put_public_face

BEHIND = re.compile(r"Meridian|\bMSS\b|\bcent(?:re|er)s?\b|555-0100|Commonweal\b", re.I)
"""What would tell a citizen that there is a centre: its names, its contact, the word itself."""
SAID = {
    "name": "City Parks",
    "email": "hello@parks.example",
    "phone": "+1 312 555 0123",
    "hours": "Monday to Friday, 8 to 5",
    "address": "1 Main Street\nParktown",
}
NOT_PAGES = {"look": "a part of a page", "app": "read by browsers", "attachment": "a file"}


def say(world: World, **fields: str) -> None:
    parks = world.actors["parks"]
    with act_as(parks):
        put_public_face(actor=parks, agency_id=world.agencies["PARKS"], fields=fields or SAID)


def tell(client: Client, where: str, status: int = 302, /, **data: str) -> Any:
    """Send the form, whose fields are called as `send` calls its own."""
    answer = client.post(where, data)
    assert answer.status_code == status, answer.content[-2500:]
    return answer


def visible(html: str) -> str:
    """What somebody reads or may read of a page: without names of classes and files of ours."""
    html = re.sub(r'(?:class|id|for|data-[a-z-]+|src|content)="[^"]*"', "", html)
    return re.sub(r'href="/static/[^"]*"', "", html)


def door_pages(world: World, citizen: Client) -> dict[str, str]:
    """One address of each page of a door and of the hall, with a case that is the citizen's own."""
    put_fee(world)
    asks = "/help/parks/ask/streetlight/"
    where = send(citizen, asks, text="It is dark.", place="Elm Street 4", files=photo())["Location"]
    with act_as(SYSTEM):
        case = Case.objects.get(place="Elm Street 4")
        offer = OfficeOffer.objects.get(code="talk")
        office = Office.objects.get()
        file = Attachment.objects.get(case=case)
    row = fee("Permit")
    pay = f"{where}pay/{row.pk}/"
    choose(citizen, send(citizen, pay)["Location"], "approve")
    take_cash(world, case)
    with act_as(SYSTEM):
        receipt = FeeReceipt.objects.get(fee__case=case).text
    kiosk = f"/kiosk/{office.kiosk_key}/"
    ticket = send(Client(), kiosk, offer=str(offer.pk))["Location"]
    spot = ["parks", "hall", "talk"]
    return {
        "start": "/help/parks/", "ask": asks, "find": "/help/parks/follow/",
        "privacy": "/help/parks/privacy/", "look": "/help/parks/look/",
        "how": f"/help/parks/how/{how_token(case.pk)}/", "app": "/help/parks/app.webmanifest",
        "case": where, "pay": pay, "receipt": f"{where}receipts/{receipt}/",
        "attachment": f"{where}files/{file.pk}/", "visits": "/help/parks/visits/",
        "book": reverse("door:book", args=spot), "appointment": f"{where}visit/",
        "display": "/display/hall/?still=1", "kiosk": kiosk, "kiosk_ticket": ticket,
    }  # fmt: skip


def put_fee(world: World) -> None:
    owner = world.actors["owner"]
    with act_as(owner):
        casework.put_fee(
            actor=owner, code="new", name="Permit", case_type="report", amount_minor=4_500
        )


def take_cash(world: World, case: Case) -> None:
    owner = world.actors["owner"]
    with act_as(owner):
        made = casework.charge_fee(actor=owner, case_id=case.pk, rule="copy")
        casework.take_at_counter(
            actor=owner, fee_id=made.pk, till="FRONT", method="cash", tendered_minor=500
        )


@pytest.fixture
def pages(world: World, settings: Any) -> tuple[Client, dict[str, str]]:
    settings.PAYMENT_PROVIDER, settings.PAYMENT_TEST = "test", True
    say(world)
    citizen = Client()
    with at(ELEVEN):
        return citizen, door_pages(world, citizen)


def test_every_page_says_whose_it_is_and_names_no_centre(
    pages: tuple[Client, dict[str, str]],
) -> None:
    citizen, addresses = pages
    assert set(addresses) == {each.name for each in [*DOOR, *VISITS, *HALL]}, "a page is missing"
    for name in set(addresses) - set(NOT_PAGES):
        with at(ELEVEN):
            shown = page(citizen, addresses[name])
        assert not BEHIND.search(visible(shown)), (name, BEHIND.search(visible(shown)))
        for wanted in ("City Parks", "tel:+13125550123", "mailto:hello@parks.example",
                       "Open: Monday to Friday, 8 to 5", "1 Main Street Parktown",
                       '"/help/parks/privacy/"'):  # fmt: skip
            assert wanted in shown, (name, wanted)
    assert citizen.get(addresses["app"]).json()["name"] == "City Parks"


def test_forms_say_beside_their_button_what_becomes_of_it(
    pages: tuple[Client, dict[str, str]],
) -> None:
    citizen, addresses = pages
    with at(ELEVEN):
        week = page(citizen, addresses["book"])
        free = re.search(r'href="([^"]*starts=[^"]*)"', week)
        assert free
        addresses["book"] += free[1].replace("&amp;", "&")
        for name in ("ask", "case", "book", "find"):
            main = page(citizen, addresses[name]).partition("<footer")[0]
            assert "What we do with what you tell us</a>" in main, name


@pytest.mark.parametrize(
    "address",
    [
        "/help/parks/cases/NONE-1/", "/help/parks/ask/nothing/", "/help/nobody/", "/help/centre/",
        "/help/centre/privacy/", "/help/centre/how/x/", "/display/nowhere/", "/kiosk/x/",
        "/help/parks/nothing/here/", "/open311/map/nobody/",
    ],
)  # fmt: skip
def test_what_goes_wrong_there_names_no_centre_either(world: World, address: str) -> None:
    say(world)
    shown = page(Client(), address, 404)
    assert not BEHIND.search(visible(shown)), BEHIND.search(visible(shown))
    assert ("City Parks" in shown) == address.startswith("/help/parks/")


def nobodys(world: World) -> Case:
    """A report whose agency nobody knows yet: it stands with the centre."""
    agent, own = world.actors["agent"], centre().agency_id
    with act_as(agent):
        who = casework.put_contact(
            actor=agent, agency_id=own, name="Cleo", email="cleo@home.example"
        )
        new = casework.NewCase(
            "", "Dark", "Dark.", "phone", "streetlight", who, place="Elm Street 9"
        )
        return casework.open_case(actor=agent, agency_id=own, new=new).case


def test_a_case_of_the_centres_own_is_still_rated_but_names_nobody(world: World) -> None:
    row = nobodys(world)
    with act_as(SYSTEM):
        Case.objects.filter(pk=row.pk).update(phase="resolved")
    shown = page(Client(), f"/help/centre/how/{how_token(row.pk)}/")
    assert "How did it go?" in shown
    assert "Online services" in shown
    assert not BEHIND.search(visible(shown).replace("/help/centre/", ""))


def test_a_notice_is_made_from_what_is_so(world: World) -> None:
    say(world)
    owner = world.actors["owner"]
    with act_as(owner):
        kinds = {row.code: row for row in casework.case_types(owner)}
        assert kinds["report"].retention_days == 1095
    with act_as(SYSTEM):
        type(kinds["visit"]).objects.filter(code="visit").update(retention_days=30)
    shown = page(Client(), "/help/parks/privacy/")
    assert "<strong>3 years</strong>: Report" in shown
    assert "<strong>30 days</strong>: Appointment" in shown
    assert "City Parks, and those who work for it" in shown
    assert "Everybody may read" in shown
    assert "<li>A street lamp is dark</li>" in shown
    assert "Turn to:" in shown
    assert "hello@parks.example" in shown


def test_an_agencys_own_words_come_first(world: World) -> None:
    say(
        world, notice="We keep <b>little</b>.\nAsk us.", notice_href="https://parks.example/privacy",
        privacy_contact="The city clerk", privacy_email="privacy@parks.example",
    )  # fmt: skip
    shown = page(Client(), "/help/parks/privacy/")
    assert "We keep &lt;b&gt;little&lt;/b&gt;. Ask us." in shown
    assert 'href="https://parks.example/privacy"' in shown
    assert "Everybody may read" not in shown
    assert "<strong>3 years</strong>" in shown
    assert "The city clerk" in shown
    assert "privacy@parks.example" in shown


def test_an_agency_that_said_nothing_has_its_name(world: World) -> None:
    shown = page(Client(), "/help/water/")
    assert "<strong>Water Board</strong>" in shown
    assert "tel:" not in shown
    assert '"/help/water/privacy/"' in shown


def test_an_agency_says_it_on_its_own_page(world: World) -> None:
    parks = browser(world, "parks")
    shown = page(parks, "/agency/citizens/")
    assert "What citizens see now" in shown
    assert f"Empty: {LONG}." in shown
    answer = tell(parks, "/agency/citizens/", **SAID)
    shown = page(parks, answer["Location"])
    assert "Saved. Citizens see it from now on." in shown
    assert "<strong>City Parks</strong>" in shown
    assert "City Parks" in page(Client(), "/help/parks/")
    wrong = tell(parks, "/agency/citizens/", 422, **{**SAID, "phone": "call us", "name": "Kept"})
    assert b"PARTY-141" in wrong.content
    assert b'value="Kept"' in wrong.content
    send(browser(world, "water"), "/agency/citizens/", 403, agency="PARKS", name="Taken")
    page(browser(world, "parks-employee"), "/agency/citizens/", 403)
    with act_as(SYSTEM):
        assert face_of(SYSTEM, one("Payroll").agency).name == "City Parks"


def test_who_manages_agencies_says_it_too(world: World) -> None:
    where = reverse("centre:public_face", args=[world.agencies["PARKS"]])
    admin = browser(world, "admin")
    assert "How citizens reach it" in page(
        admin, reverse("centre:agency", args=[world.agencies["PARKS"]])
    )
    tell(admin, where, **SAID)
    assert "<strong>City Parks</strong>" in page(admin, where)
    assert "hello@parks.example" in page(browser(world, "director"), where)
    tell(browser(world, "director"), where, 403, **SAID)
    with act_as(SYSTEM):
        own = centre().agency_id
    page(admin, reverse("centre:public_face", args=[own]), 404)


def test_the_address_of_bills_is_warned_of(world: World) -> None:
    with act_as(SYSTEM):
        agency = one("Payroll").agency
        agency.contact_email = "finance@parks.example"
        agency.save()
    assert "they see finance@parks.example, where your bills go" in page(
        browser(world, "parks"), "/agency/citizens/"
    )
    assert "mailto:finance@parks.example" in page(Client(), "/help/parks/")


def written_to(world: World, **more: Any) -> Interaction:
    """A message to a citizen who reported something at the door."""
    citizen = Client()
    send(citizen, "/help/parks/ask/streetlight/", text="Dark.", place="Elm Street 9",
         name="Cleo", email="cleo@home.example")  # fmt: skip
    agent = world.actors["agent"]
    with act_as(SYSTEM):
        case = Case.objects.get(place="Elm Street 9")
    with act_as(agent):
        casework.answer(actor=agent, case_id=case.pk, text="We look at it.")
    with act_as(SYSTEM):
        rows = Interaction.objects.select_related(
            "case__agency", "case__queue", "case__case_type", "case__requester", "contact"
        )
        return rows.get(case=case, direction="out", human=True)


def test_a_message_to_a_citizen_comes_from_the_agency(world: World, settings: Any) -> None:
    settings.MAIL_THREAD_KEYS = ["a-key-of-the-tests"]
    say(world)
    row = written_to(world)
    with act_as(SYSTEM):
        send_by_mail(row)
    letter: Any = mail.outbox[-1].message()
    sent = letter.composed
    assert sent["From"] == "City Parks <city@help.example>"
    text = sent.get_content()
    assert text.startswith("We look at it.\n\n-- \nCity Parks\n+1 312 555 0123\n")
    assert "/help/parks/privacy/" in text
    assert not BEHIND.search(text)
    assert not BEHIND.search(
        "\n".join(f"{name}: {sent[name]}" for name in ("From", "Reply-To", "To", "Subject"))
    )


def test_a_desk_without_an_address_is_answered_at_the_agencys(world: World) -> None:
    say(world)
    row = written_to(world)
    with act_as(SYSTEM):
        Queue.objects.filter(pk=row.case.queue_id).update(address="")
        row.case.queue.refresh_from_db()
        out = outgoing(row)
    assert (out.desk, out.name) == ("hello@parks.example", "City Parks")
    assert out.sender.startswith("commonweal@")


def test_a_case_that_is_nobodys_yet_is_answered_by_its_desk(world: World) -> None:
    agent, case = world.actors["agent"], nobodys(world)
    with act_as(agent):
        casework.answer(actor=agent, case_id=case.pk, text="We look at it.")
    with act_as(SYSTEM):
        out = outgoing(Interaction.objects.get(case=case, direction="out", human=True))
    assert (out.name, out.text) == ("City reports", "We look at it.")


def test_colleagues_need_no_signature(world: World) -> None:
    agent, case = world.actors["agent"], one("The printer prints nothing")
    with act_as(agent):
        casework.answer(actor=agent, case_id=case.pk, text="Is there paper?")
    with act_as(SYSTEM):
        row = Interaction.objects.get(case=case, direction="out", human=True)
        assert outgoing(row).text == "Is there paper?"


def test_a_guessed_agency_is_no_way_in(world: World) -> None:
    parks = browser(world, "parks")
    page(parks, reverse("centre:public_face", args=[world.agencies["WATER"]]), 403)
    send(parks, "/agency/citizens/", 403, agency=str(uuid4()), name="X")

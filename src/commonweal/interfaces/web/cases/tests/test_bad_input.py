"""What strangers type, send and guess at the public door is refused in plain words: nothing breaks,
nothing typed is lost, and nobody learns who works behind an agency."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client, RequestFactory

from commonweal.interfaces.mail.intake import take
from commonweal.interfaces.web.agency.tests.world import World
from commonweal.interfaces.web.cases.limits import TooMany, limited, place_of
from commonweal.kernel.access.public import SYSTEM, act_as
from commonweal.kernel.casework import public as casework
from commonweal.kernel.casework.models import Case

ASK = "/help/parks/ask/streetlight/"
GIVEN = {"text": "Dark since Monday.", "place": "5 Elm Street", "q_lamp": "L-9"}
BEHIND = ("Meridian", "Shared Services", "the centre", 'href="/"', "/sign-in/")
"""Words and links that name who works behind an agency, or lead there."""


def quiet(answer: Any) -> str:
    """The words of an answer, in which nobody behind the agency is named."""
    text = answer.content.decode()
    said = [word for word in BEHIND if word in text or word in str(answer.headers)]
    assert not said, (said, text[:3000])
    return " ".join(text.split())


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/help/parks/", 200),
        ("/help/parks/follow/", 200),
        ("/help/parks/visits/", 200),
        (ASK, 200),
        ("/help/parks/cases/PARKS-26-000001/", 404),
        ("/help/parks/cases/NOPE/", 404),
        ("/help/parks/cases/%00/", 400),
        ("/help/parks/ask/%00/", 400),
        ("/help/parks/ask/printer/", 404),
        ("/help/parks/how/guess/", 404),
        ("/help/parks/nonsense/", 404),
        ("/help/nowhere/", 404),
        ("/help/%00/", 400),
        ("/help/", 404),
        ("/open311/v2/nope.json", 404),
        ("/open311/map/nowhere/", 404),
        ("/pay/nothing/", 404),
        ("/kiosk/nobody/", 404),
        ("/display/nowhere/", 404),
    ],
)
def test_no_page_of_the_door_names_who_is_behind_it(
    world: World, address: str, status: int
) -> None:
    answer = Client(raise_request_exception=False).get(address)
    assert answer.status_code == status
    quiet(answer)


def test_a_form_that_expired_and_a_fault_of_ours_name_nobody(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    strict = Client(enforce_csrf_checks=True)
    answer = strict.post(ASK, GIVEN)
    assert answer.status_code == 403
    assert "Department of Parks" in quiet(answer)
    monkeypatch.setattr(casework, "expected_time", lambda *_: 1 / 0)
    answer = Client(raise_request_exception=False).get(ASK)
    assert answer.status_code == 500
    quiet(answer)


def test_every_page_of_the_door_says_what_becomes_of_what_one_writes(world: World) -> None:
    for address in ("/help/parks/", "/help/parks/follow/", "/help/parks/visits/", ASK):
        assert "/help/parks/privacy/" in quiet(Client().get(address))


@pytest.mark.parametrize(
    "odd",
    [
        {"place": "5 Elm\x00 Street"}, {"name": "Cl\x00eo"}, {"text": "Da\x00rk"},
        {"latitude": "1e500", "longitude": "1"}, {"latitude": "sNaN", "longitude": "1"},
        {"email": "a@b\nBcc: x@y.example"}, {"phone": "javascript:alert(1)"},
        {"text": "x" * 25_000}, {"q_lamp": "x" * 100_000},
    ],
    ids=lambda odd: "-".join(odd),
)  # fmt: skip
def test_what_nobody_means_is_kept_or_refused_beside_its_field(
    world: World, odd: dict[str, str]
) -> None:
    answer = Client().post(ASK, GIVEN | odd)
    assert answer.status_code in (302, 422)
    if answer.status_code == 422:
        assert "L-9" in quiet(answer) or "q_lamp" in odd


def test_a_file_that_is_too_large_loses_nothing_that_was_typed(world: World, settings: Any) -> None:
    settings.UPLOAD_LIMIT = 1000
    large, small = io.BytesIO(b"x" * 2000), io.BytesIO(b"x" * 20)
    large.name = small.name = "words.txt"
    given = {**GIVEN, "draft": str(uuid4())}
    answer = Client().post(ASK, {**given, "files": large})
    assert answer.status_code == 422
    assert "too large" in quiet(answer)
    assert "Dark since Monday." in quiet(answer)
    with act_as(SYSTEM):
        assert not Case.objects.filter(place="5 Elm Street").exists()
    assert Client().post(ASK, {**given, "files": small}).status_code == 302
    with act_as(SYSTEM):
        assert Case.objects.get(place="5 Elm Street").attachments.count() == 1


def test_a_subject_of_another_agency_is_not_asked_for_here(world: World) -> None:
    with act_as(SYSTEM):
        casework.put_category(
            actor=world.actors["owner"], code="well", name="A well is dry", case_type="report",
            agency="WATER", public=True,
        )  # fmt: skip
    assert Client().get("/help/water/ask/well/").status_code == 200
    assert Client().get("/help/parks/ask/well/").status_code == 404
    assert Client().post("/help/parks/ask/well/", GIVEN).status_code == 404


def test_a_shared_device_forgets_who_asked_what(world: World) -> None:
    citizen = Client()
    where = citizen.post(ASK, GIVEN)["Location"]
    assert where in citizen.get("/help/parks/").content.decode()
    citizen.post("/help/parks/", {"what": "forget"})
    assert where not in citizen.get("/help/parks/").content.decode()
    assert citizen.get(where).status_code == 404


def test_two_who_reported_the_same_never_read_each_other(world: World) -> None:
    ana, ben = Client(), Client()
    pages = {}
    for client, name in ((ana, "Ana"), (ben, "Ben")):
        photo = io.BytesIO(name.encode() * 10)
        photo.name = f"{name}.txt"
        answer = client.post(
            ASK, {**GIVEN, "text": f"I am {name} and live there.", "name": name,
                  "email": f"{name.lower()}@x.example", "files": photo},
        )  # fmt: skip
        pages[name] = answer["Location"]
    with act_as(SYSTEM):
        one, other = Case.objects.filter(place="5 Elm Street").order_by("id")
    agent = world.actors["agent"]
    with act_as(agent):
        casework.answer(actor=agent, case_id=one.pk, text="Dear Ana, we come.", channel="web")
        casework.merge_cases(
            actor=agent, case_id=one.pk, into_id=other.pk, same_person=True
        )  # said by mistake
    ana.post(pages["Ana"], {"what": "write", "text": "Ana says: still dark."})
    bens, anas = quiet(ben.get(pages["Ben"])), quiet(ana.get(pages["Ana"]))
    assert "I am Ben" in bens
    assert "Ben.txt" in bens
    assert "Ana" not in bens
    for mine in ("I am Ana", "Dear Ana, we come.", "Ana says: still dark.", "Ana.txt"):
        assert mine in anas
    assert "I am Ben" not in anas
    assert "This goes on together with another" in anas
    assert "How did it go?" not in anas
    with act_as(agent):
        casework.move_case(
            actor=agent, case_id=other.pk, state="resolved", resolution="A new bulb for Ben."
        )
    anas = quiet(ana.get(pages["Ana"]))
    assert "Resolved" in anas
    assert "for Ben" not in anas
    with act_as(agent):
        said = {row.text for row in casework.interactions_of(agent, other).rows}
        files = {row.name: row.pk for row in casework.files_of(agent, other)}
    assert {"I am Ana and live there.", "Ana says: still dark.", "Dear Ana, we come."} <= said
    assert ben.get(f"{pages['Ben']}files/{files['Ana.txt']}/").status_code == 404
    assert ana.get(f"{pages['Ana']}files/{files['Ana.txt']}/").status_code == 200
    assert ana.get(f"{pages['Ana']}files/{files['Ben.txt']}/").status_code == 404


def test_a_file_of_a_note_is_not_even_named_to_whoever_asked(world: World) -> None:
    citizen = Client()
    where = citizen.post(ASK, GIVEN)["Location"]
    agent = world.actors["agent"]
    with act_as(agent):
        case = Case.objects.get(place="5 Elm Street")
        note = casework.add_note(actor=agent, case_id=case.pk, text="Among us.")
        for name, said in (("secret.txt", note.pk), ("open.txt", None)):
            casework.attach(
                actor=agent, case_id=case.pk, filename=name, media_type="text/plain",
                data=b"words", interaction_id=said,
            )  # fmt: skip
    shown = quiet(citizen.get(where))
    assert "open.txt" in shown
    assert "secret.txt" not in shown


def test_a_mail_is_shown_in_a_sandboxed_frame(world: World) -> None:
    client = Client()
    client.force_login(world.users["agent"])
    agent = world.actors["agent"]
    with act_as(SYSTEM):
        case = Case.objects.get(subject="The printer prints nothing")
        said = casework.receive_message(
            actor=SYSTEM, case_id=case.pk,
            said=casework.Said("Words", channel="email", html="<p>Words</p>"),
        )  # fmt: skip
    address = f"/centre/cases/{case.number}/messages/{said.pk}/"
    page = client.get(f"/centre/cases/{case.number}/").content.decode()
    assert f'sandbox="" loading="lazy" title="As it was laid out" src="{address}"' in page
    frame = client.get(address)
    assert frame["X-Frame-Options"] == "SAMEORIGIN"
    assert frame["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    employee = Client()
    employee.force_login(world.users["parks-employee"])
    mine = employee.get(f"/cases/{case.number}/").content.decode()
    assert f"/cases/{case.number}/messages/{said.pk}/" in mine
    assert agent.centre


def asked(address: str = "192.0.2.1", **headers: str) -> Any:
    return RequestFactory().get("/", REMOTE_ADDR=address, **headers)


def test_who_sends_is_told_apart_by_what_our_own_proxy_saw(settings: Any) -> None:
    forwarded = {"HTTP_X_FORWARDED_FOR": "6.6.6.6, 198.51.100.7"}
    settings.PROXIES = 0
    assert place_of(asked(**forwarded)) == "192.0.2.1"
    settings.PROXIES = 1
    assert place_of(asked(**forwarded)) == "198.51.100.7"
    home = place_of(asked("2001:db8:1:2::5", HTTP_X_FORWARDED_FOR=""))
    settings.PROXIES = 0
    assert place_of(asked("2001:db8:1:2::5")) == place_of(asked("2001:db8:1:2:ffff::1")) == home


def test_many_at_once_are_counted_once_for_each(settings: Any) -> None:
    def knock(_number: int) -> bool:
        try:
            limited(asked("192.0.2.77"), "test-at-once", 20)
        except TooMany:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(knock, range(60))) == 20


def test_a_message_as_it_came_is_for_those_who_let_mail_in(world: World) -> None:
    owner, agent = Client(), Client()
    owner.force_login(world.users["owner"])
    agent.force_login(world.users["agent"])
    with act_as(SYSTEM):
        casework.put_queue(
            actor=world.actors["owner"], code="post", name="Post", team="it", service="helpdesk",
            default_type="incident", agency="PARKS", address="post@parks.example",
        )  # fmt: skip
        casework.put_member(
            actor=world.actors["owner"], team="it", person_id=world.actors["owner"].person_id
        )
    data = b"From: Ben <ben@x.example>\nSubject: As it came\nMessage-ID: <r@x>\n\nHello."
    take(data, casework.Origin("test", recipient="post@parks.example"))
    with act_as(SYSTEM):
        case = Case.objects.get(subject="As it came")
        said = case.interactions.get(direction="in")
    address = f"/centre/cases/{case.number}/messages/{said.pk}/raw/"
    assert address in owner.get(f"/centre/cases/{case.number}/").content.decode()
    given = owner.get(address)
    assert given.content == data
    assert given["Content-Disposition"].startswith("attachment")
    assert agent.get(address).status_code == 403

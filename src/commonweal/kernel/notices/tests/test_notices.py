"""A message leaves once its cause is committed, once, and only to whom it concerns."""

from __future__ import annotations

import smtplib
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core import mail
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage
from django.utils.translation import override

from commonweal.kernel.access.public import SYSTEM, act_as, choose_language
from commonweal.kernel.audit.public import events
from commonweal.kernel.calendar.public import at
from commonweal.kernel.notices import public as notices
from commonweal.kernel.notices.models import Message
from commonweal.kernel.notices.tasks import deliver
from commonweal.kernel.notices.templates import render
from commonweal.kernel.party.public import actor_for, end_membership, erase_person, memberships
from commonweal.kernel.party.tests.world import NOON, World
from commonweal.kernel.schema.public import CommonwealError, Forbidden, NotFound, Place, place_text

BILL = {"bill": "1", "number": "B-1", "period": "2026-10"}


@pytest.fixture(autouse=True)
def outbox(settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"


def run() -> int:
    return deliver(actor=SYSTEM, job_id=uuid4(), payload={})


def send(**more: Any) -> Message:
    with act_as(SYSTEM):
        return notices.send(actor=SYSTEM, template="bill_issued", context=BILL, **more)


def test_words() -> None:
    subject, body = render("bill_issued", BILL | {"base_url": "http://x"})
    assert subject == "Your bill for October 2026 is ready: B-1"
    assert "http://x/agency/bills/B-1/" in body
    with pytest.raises(CommonwealError, match="NOTICES-102"):
        render("bill_issued", {"period": "2026-10"})
    with pytest.raises(CommonwealError, match="NOTICES-101"):
        render("nothing", {})


def test_a_message_to_a_person(world: World) -> None:
    user, person = world.somebody("nora", "agency_finance", world.north)
    message = send(agency_id=world.north.pk, to_person_id=person.pk)
    assert "Nora" not in message.body
    assert send(agency_id=world.north.pk, to_person_id=person.pk) == message
    assert run() == 1
    assert run() == 0
    (sent,) = mail.outbox
    assert sent.to == ["nora@example.test"]
    assert sent.body.startswith("Hello Nora,")
    assert sent.extra_headers["Message-ID"] == message.message_id
    actor = actor_for(user)
    with act_as(actor):
        assert notices.inbox(actor) == [message]
        assert notices.inbox(actor, Place(place_text(False, [message.pk]))) == []
        notices.mark_read(actor=actor, message_id=message.pk)
        message.refresh_from_db()
        assert (message.state, message.read_at) == ("sent", NOON)
    with act_as(SYSTEM):
        trail = "".join(str(event.payload) for event in events(SYSTEM, place=Place(limit=500)))
    assert "nora@" not in trail


def test_each_person_is_written_to_in_their_own_language(world: World) -> None:
    user, person = world.somebody("nora", "agency_finance", world.north)
    with act_as(actor_for(user)):
        choose_language(actor=actor_for(user), language="es")
    other = world.somebody("nils", "agency_finance", world.north)[1]
    with override("en-gb"):
        assert send(agency_id=world.north.pk, to_person_id=person.pk).subject.startswith(
            "Su factura"
        )
    with override("es"):
        assert send(agency_id=world.north.pk, to_person_id=other.pk).subject.startswith("Your bill")
    assert run() == 2
    assert sorted(sent.body.partition(" ")[0] for sent in mail.outbox) == ["Hello", "Hola,"]


def test_everybody_with_a_permission_once(world: World) -> None:
    world.somebody("nora", "agency_finance", world.north)
    world.somebody("nils", "agency_employee", world.north)
    world.somebody("sara", "agency_finance", world.south)
    wanted = {
        "actor": SYSTEM,
        "agency_id": world.north.pk,
        "permission": "party.view_people",
        "template": "bill_issued",
        "context": BILL,
    }
    with act_as(SYSTEM):
        assert notices.notify_role(**wanted) == 1
        assert notices.notify_role(**wanted) == 0
    assert run() == 1
    assert [sent.to for sent in mail.outbox] == [["nora@example.test"]]


def test_bad_sends(world: World) -> None:
    with pytest.raises(CommonwealError, match="NOTICES-103"):
        send()
    with pytest.raises(ValidationError):
        send(to_address="nobody")
    actor = world.actor("nora", "agency_finance", world.north)
    with act_as(actor), pytest.raises(Forbidden):
        notices.send(
            actor=actor,
            template="bill_issued",
            context=BILL,
            agency_id=world.south.pk,
            to_address="a@example.test",
        )


def test_failures_wait_and_then_stop(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    message = send(to_address="a@example.test", key="k")
    calls: list[int] = []

    def broken(self: EmailMessage, fail_silently: bool = False) -> int:
        calls.append(1)
        raise smtplib.SMTPServerDisconnected("a@example.test")

    with monkeypatch.context() as patch:
        patch.setattr(EmailMessage, "send", broken)
        assert run() == 0
        assert run() == 0
        assert calls == [1]
        moment = NOON
        for _ in range(7):
            moment += timedelta(hours=2)
            with at(moment):
                run()
    with act_as(SYSTEM):
        message.refresh_from_db()
        assert (message.state, message.attempts) == ("failed", 8)
        assert message.last_error == "SMTPServerDisconnected"
        assert notices.outbox(SYSTEM) == [message]
        assert notices.outbox(SYSTEM, place=Place(place_text(False, [message.pk]))) == []
        notices.retry_failed(actor=SYSTEM, message_id=message.pk)
        with pytest.raises(CommonwealError, match="NOTICES-105"):
            notices.retry_failed(actor=SYSTEM, message_id=message.pk)
        with pytest.raises(NotFound):
            notices.retry_failed(actor=SYSTEM, message_id=uuid4())
    assert run() == 1


def test_a_topic_can_be_switched_off(world: World) -> None:
    user, person = world.somebody("nora", "agency_finance", world.north)
    actor = actor_for(user)
    with act_as(actor):
        assert notices.subscriptions(actor)["bills"]
        notices.subscribe(actor=actor, topic="bills", on=False)
        assert not notices.subscriptions(actor)["bills"]
        with pytest.raises(CommonwealError, match="NOTICES-104"):
            notices.subscribe(actor=actor, topic="weather", on=False)
    message = send(agency_id=world.north.pk, to_person_id=person.pk)
    assert run() == 0
    with act_as(SYSTEM):
        message.refresh_from_db()
        with pytest.raises(NotFound):
            notices.subscribe(actor=SYSTEM, topic="bills", on=True)
        with pytest.raises(NotFound):
            notices.mark_read(actor=SYSTEM, message_id=message.pk)
        assert notices.inbox(SYSTEM) == []
        assert all(notices.subscriptions(SYSTEM).values())
    assert message.state == "suppressed"
    with act_as(actor):
        assert notices.inbox(actor) == [message]


def test_an_erased_person_gets_nothing(world: World) -> None:
    _, person = world.somebody("nora", "agency_finance", world.north)
    message = send(agency_id=world.north.pk, to_person_id=person.pk)
    with act_as(SYSTEM):
        held = memberships(SYSTEM, person_id=person.pk)[0]
        end_membership(actor=SYSTEM, membership_id=held.pk)
        erase_person(actor=SYSTEM, person_id=person.pk)
    assert run() == 0
    with act_as(SYSTEM):
        message.refresh_from_db()
        assert (message.state, message.last_error) == ("failed", "NoAddress")
        assert notices.erase_messages(actor=SYSTEM, person_id=person.pk) == 1
        assert not Message.objects.exists()


def test_the_wall(world: World) -> None:
    _, person = world.somebody("nora", "agency_finance", world.north)
    send(agency_id=world.north.pk, to_person_id=person.pk)
    send(to_address="a@example.test")
    other = world.actor("sara", "agency_finance", world.south)
    with act_as(other):
        assert not Message.objects.exists()


def test_essential_messages_ignore_the_switch(world: World) -> None:
    notices.register_template(
        notices.Template("test_essential", "bills", "Now", "Act now.", essential=True)
    )
    user, person = world.somebody("nora", "agency_finance", world.north)
    actor = actor_for(user)
    with act_as(actor):
        notices.subscribe(actor=actor, topic="bills", on=False)
        notices.send(
            actor=actor,
            template="test_essential",
            context={},
            agency_id=world.north.pk,
            to_person_id=person.pk,
        )
    assert run() == 1
    assert "bills" in notices.topics()

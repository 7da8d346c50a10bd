"""Webhooks from being set up to their end: signed, tried again, paused, sent again, walled off."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.core import mail

from commonweal.kernel.access.public import SYSTEM, Actor, act_as
from commonweal.kernel.audit.public import events
from commonweal.kernel.calendar.public import at
from commonweal.kernel.notices import public as notices
from commonweal.kernel.notices.models import Message, WebhookDelivery, WebhookSubscription
from commonweal.kernel.notices.tasks import deliver
from commonweal.kernel.notices.webhooks import events as kinds
from commonweal.kernel.notices.webhooks.client import Answer, Client
from commonweal.kernel.notices.webhooks.signing import sign
from commonweal.kernel.notices.webhooks.standing import wait_after
from commonweal.kernel.notices.webhooks.tasks import send_events, tidy_events
from commonweal.kernel.party.tests.world import NOON, World
from commonweal.kernel.schema.public import CommonwealError, Forbidden, NotFound, Place

from .receiver import Got, Receiver, verify

KIND = "commonweal.example.v1"


@pytest.fixture(autouse=True)
def _kind(monkeypatch: pytest.MonkeyPatch) -> None:
    """The kind of these tests, which no page of another test shall offer."""
    kind = notices.EventType(KIND, "An example", {"number": "Its number.", "at": "When."})
    notices.event_types()
    monkeypatch.setitem(kinds._types, KIND, kind)


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    running = Receiver()
    running.open_settings(settings)
    settings.WEBHOOK_SECRET = "the installation's own"
    yield running
    running.stop()


@pytest.fixture
def liaison(world: World) -> Actor:
    return world.actor("lea", "agency_liaison", world.north)


def run() -> int:
    return send_events(actor=SYSTEM, job_id=uuid4(), payload={})


def hook(actor: Actor, agency_id: UUID, url: str, **more: Any) -> tuple[WebhookSubscription, str]:
    given: dict[str, Any] = {"name": "Our books", "url": url, "types": [KIND]} | more
    with act_as(actor):
        return notices.create_webhook(actor=actor, agency_id=agency_id, **given)


def announce(agency_id: UUID, number: str = "N-1", event_id: UUID | None = None) -> UUID:
    made = event_id or uuid4()
    with act_as(SYSTEM):
        notices.announce(SYSTEM, agency_id, KIND, made, {"number": number})
    return made


def rows(state: str = "") -> list[WebhookDelivery]:
    with act_as(SYSTEM):
        found = WebhookDelivery.objects.order_by("id")
        return list(found.filter(state=state) if state else found)


def fails(code: str, act: Any, /, **given: Any) -> None:
    actor = given["actor"]
    with act_as(actor), pytest.raises(CommonwealError) as caught:
        act(**given)
    assert caught.value.code == code


def test_a_signature_that_the_standard_publishes() -> None:
    found = sign(
        ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"], "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330,
        b'{"test": 2432232314}',
    )  # fmt: skip
    assert found["Webhook-Signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_an_event_arrives_signed_and_once(world: World, liaison: Actor, receiver: Receiver) -> None:
    _row, key = hook(liaison, world.north.pk, receiver.url)
    event_id = announce(world.north.pk)
    announce(world.north.pk, event_id=event_id)
    assert run() == 1
    assert run() == 0
    (got,) = receiver.got
    assert verify(key, got)
    assert not verify(f"whsec_{'A' * 43}=", got)
    assert not verify(key, Got(got.path, got.headers, got.body + b" "))
    assert not verify(key, Got(got.path, {**got.headers, "webhook-timestamp": "1"}, got.body))
    assert got.id == str(event_id)
    assert got.headers["webhook-timestamp"] == str(int(NOON.timestamp()))
    assert got.headers["content-type"].startswith("application/cloudevents+json")
    assert json.loads(got.body) == {
        "specversion": "1.0", "id": str(event_id), "source": "http://127.0.0.1:8000",
        "type": KIND, "subject": str(world.north.pk), "time": "2026-10-15T17:00:00Z",
        "datacontenttype": "application/json", "data": {"number": "N-1"},
    }  # fmt: skip
    (row,) = rows("delivered")
    assert (row.attempts, row.last_status, row.delivered_at) == (1, 204, NOON)


def test_a_new_key_and_the_one_before_sign_for_a_day(
    world: World, liaison: Actor, receiver: Receiver
) -> None:
    row, old = hook(liaison, world.north.pk, receiver.url)
    with act_as(liaison):
        _row, new = notices.rotate_webhook_key(actor=liaison, webhook_id=row.pk)
    assert new != old
    for hours, both in ((23, True), (25, False)):
        with at(NOON + timedelta(hours=hours)):
            announce(world.north.pk)
            assert run() == 1
        got = receiver.got[-1]
        assert (verify(new, got), verify(old, got)) == (True, both)
        assert len(got.headers["webhook-signature"].split()) == 1 + both
    with act_as(SYSTEM):
        trail = "".join(str(event.payload) for event in events(SYSTEM, place=Place(limit=500)))
        kept = str(WebhookSubscription.objects.values().get(pk=row.pk))
    assert not [key for key in (old, new) if key in trail + kept]


def test_what_fails_is_tried_again_later_each_time_and_then_not(
    world: World, liaison: Actor, receiver: Receiver
) -> None:
    row, _key = hook(liaison, world.north.pk, receiver.url)
    receiver.answer = lambda _got: 503
    announce(world.north.pk)
    moment, gaps = NOON, []
    for attempt in range(1, 9):
        with at(moment):
            assert run() == 0
            assert run() == 0
        assert len(receiver.got) == attempt
        (sent,) = rows()
        assert (sent.attempts, sent.last_status, sent.last_error) == (attempt, 503, "status")
        gaps.append(sent.next_at - moment)
        with at(sent.next_at - timedelta(seconds=1)):
            assert run() == 0
        moment = sent.next_at
    assert rows()[0].state == "failed"
    assert all(later > 2 * before for before, later in pairwise(gaps[:6]))
    assert timedelta(seconds=24) <= gaps[0] <= timedelta(seconds=36)
    assert max(gaps) <= timedelta(hours=14.4)
    assert len({got.id for got in receiver.got}) == 1
    assert len({got.body for got in receiver.got}) == 1
    assert [got.headers["commonweal-attempt"] for got in receiver.got] == list("12345678")
    receiver.answer = lambda _got: 200
    with at(moment + timedelta(days=1)):
        assert run() == 0
        with act_as(liaison):
            assert notices.replay_failed(actor=liaison, webhook_id=row.pk) == 1
        assert run() == 1
    assert rows()[0].state == "delivered"


def test_what_failed_together_does_not_come_back_together() -> None:
    found = {wait_after(3, uuid4()) for _ in range(50)}
    assert len(found) > 40
    assert all(timedelta(minutes=6) < each < timedelta(minutes=10) for each in found)
    assert wait_after(50, uuid4()) <= timedelta(hours=14.4)


def test_one_that_fails_rests_and_holds_nobody_up(
    world: World, liaison: Actor, receiver: Receiver, settings: Any
) -> None:
    broken, _key = hook(liaison, world.north.pk, receiver.url.replace("/hook", "/broken"))
    hook(liaison, world.north.pk, receiver.url)
    receiver.answer = lambda got: 500 if got.path.startswith("/broken") else 200
    for number in range(12):
        announce(world.north.pk, f"N-{number}")
    assert run() == 12
    assert sum(got.path.startswith("/broken") for got in receiver.got) == 4
    with act_as(SYSTEM):
        broken.refresh_from_db()
        assert broken.failing_since == NOON
        receiver.answer = lambda _got: 200
    with at(NOON + timedelta(hours=1)):
        assert run() == 12
    with act_as(SYSTEM):
        broken.refresh_from_db()
    assert broken.failing_since is None


def test_an_address_that_takes_nothing_for_long_is_paused_and_its_owners_told(
    world: World, liaison: Actor, receiver: Receiver, settings: Any
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    world.somebody("carl", "agency_employee", world.north)
    world.somebody("sara", "agency_liaison", world.south)
    row, _key = hook(liaison, world.north.pk, receiver.url)
    receiver.answer = lambda _got: 404
    moment = NOON
    for day in range(6):
        announce(world.north.pk, f"N-{day}")
        for _hours in range(48):
            with at(moment):
                run()
            moment += timedelta(minutes=30)
    with act_as(SYSTEM):
        row.refresh_from_db()
        assert row.state == "paused"
        (message,) = Message.objects.all()
        assert message.template == "webhook_paused"
    with at(moment):
        deliver(actor=SYSTEM, job_id=uuid4(), payload={})
    (sent,) = mail.outbox
    assert sent.to == ["lea@example.test"]
    assert f"/agency/webhooks/{row.pk}/" in str(sent.body)
    before = len(receiver.got)
    with at(moment):
        announce(world.north.pk, "N-9")
        run()
        assert len(receiver.got) == before
        receiver.answer = lambda _got: 200
        with act_as(liaison):
            notices.resume_webhook(actor=liaison, webhook_id=row.pk)
        assert run() >= 1
    assert "N-9" in {json.loads(got.body)["data"]["number"] for got in receiver.got[before:]}


def test_pausing_keeps_what_waits_and_ending_drops_it(
    world: World, liaison: Actor, receiver: Receiver
) -> None:
    row, _key = hook(liaison, world.north.pk, receiver.url)
    act: dict[str, Any] = {"actor": liaison, "webhook_id": row.pk}
    with act_as(liaison):
        notices.pause_webhook(**act)
    fails("NOTICES-127", notices.pause_webhook, **act)
    announce(world.north.pk)
    assert run() == 0
    with act_as(liaison):
        notices.resume_webhook(**act)
    fails("NOTICES-128", notices.resume_webhook, **act)
    assert run() == 1
    announce(world.north.pk)
    with act_as(liaison):
        notices.end_webhook(**act)
    announce(world.north.pk)
    assert run() == 0
    assert [(each.state, each.last_error) for each in rows()] == [
        ("delivered", ""), ("failed", "ended")
    ]  # fmt: skip
    for write in (notices.end_webhook, notices.pause_webhook, notices.test_webhook,
                  notices.rotate_webhook_key):  # fmt: skip
        fails("NOTICES-126", write, **act)


def test_a_test_and_sending_again(world: World, liaison: Actor, receiver: Receiver) -> None:
    row, key = hook(liaison, world.north.pk, receiver.url)
    with act_as(liaison):
        made = notices.test_webhook(actor=liaison, webhook_id=row.pk)
    fails("NOTICES-129", notices.replay_delivery, actor=liaison, delivery_id=made.pk)
    assert run() == 1
    with at(NOON + timedelta(days=2)):
        with act_as(liaison):
            notices.replay_delivery(actor=liaison, delivery_id=made.pk)
        assert run() == 1
    first, again = receiver.got
    assert json.loads(first.body)["type"] == notices.TEST
    assert (first.id, first.body) == (again.id, again.body)
    assert verify(key, again)
    assert first.headers["webhook-timestamp"] != again.headers["webhook-timestamp"]
    fails("NOTICES-408", notices.replay_delivery, actor=liaison, delivery_id=uuid4())


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"url": "https://127.0.0.1/"}, "NOTICES-121"),
        ({"url": "https://169.254.169.254/latest"}, "NOTICES-121"),
        ({"url": "http://hooks.parks.org/"}, "NOTICES-121"),
        ({"types": []}, "NOTICES-123"),
        ({"types": ["commonweal.nothing.v1"]}, "NOTICES-123"),
        ({"types": [notices.TEST]}, "NOTICES-123"),
        ({"name": "  "}, "NOTICES-124"),
    ],
)
def test_what_cannot_be_set_up(
    world: World, liaison: Actor, given: dict[str, Any], code: str
) -> None:
    plain = {"name": "Ours", "url": "https://hooks.parks.org/", "types": [KIND]}
    fails(code, notices.create_webhook, actor=liaison, agency_id=world.north.pk, **(plain | given))
    with act_as(SYSTEM):
        assert not WebhookSubscription.objects.exists()


def test_twenty_are_enough(world: World, liaison: Actor) -> None:
    made = [hook(liaison, world.north.pk, "https://hooks.parks.org/")[0] for _ in range(20)]
    plain: dict[str, Any] = {"name": "One more", "url": "https://hooks.parks.org/", "types": [KIND]}
    fails("NOTICES-125", notices.create_webhook, actor=liaison, agency_id=world.north.pk, **plain)
    with act_as(liaison):
        notices.end_webhook(actor=liaison, webhook_id=made[0].pk)
    hook(liaison, world.north.pk, "https://hooks.parks.org/")


def test_an_address_that_turned_inward_is_refused_when_sending(
    world: World, liaison: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    hook(liaison, world.north.pk, "https://hooks.parks.org/")
    monkeypatch.setattr(
        "commonweal.kernel.notices.webhooks.standing.client",
        lambda: Client(resolver=lambda *_: ["93.184.215.14", "10.0.0.5"]),
    )
    announce(world.north.pk)
    assert run() == 0
    (row,) = rows()
    assert (row.state, row.last_status, row.last_error) == ("waiting", None, "refused")


def test_a_redirect_counts_as_a_failure(world: World, liaison: Actor, receiver: Receiver) -> None:
    hook(liaison, world.north.pk, receiver.url)
    receiver.answer, receiver.location = (lambda _got: 307), receiver.url
    announce(world.north.pk)
    assert run() == 0
    (row,) = rows()
    assert (len(receiver.got), row.state, row.last_error) == (1, "waiting", "redirect")


def test_each_agency_hears_of_its_own_and_the_centre_of_all(
    world: World, liaison: Actor, receiver: Receiver
) -> None:
    other = world.actor("sara", "agency_liaison", world.south)
    boss = world.actor("ada", "administrator")
    for actor, agency_id, path in (
        (liaison, world.north.pk, "/north"),
        (other, world.south.pk, "/south"),
        (boss, world.centre_id, "/centre"),
    ):
        hook(actor, agency_id, receiver.url.replace("/hook", path))
    announce(world.north.pk, "N-1")
    announce(world.south.pk, "S-1")
    assert run() == 4
    found = {(got.path[:7], json.loads(got.body)["data"]["number"]) for got in receiver.got}
    assert found == {("/north?", "N-1"), ("/south?", "S-1"), ("/centre", "N-1"),
                     ("/centre", "S-1")}  # fmt: skip


def test_the_wall(world: World, liaison: Actor, receiver: Receiver) -> None:
    other = world.actor("sara", "agency_liaison", world.south)
    employee = world.actor("eva", "agency_employee", world.north)
    boss = world.actor("ada", "administrator")
    row, _key = hook(liaison, world.north.pk, receiver.url)
    own, _key = hook(boss, world.centre_id, receiver.url)
    announce(world.north.pk)
    (delivery, *_more) = rows()
    plain: dict[str, Any] = {"name": "Theirs", "url": receiver.url, "types": [KIND]}
    with act_as(other):
        assert not WebhookSubscription.objects.exists()
        assert not WebhookDelivery.objects.exists()
        with pytest.raises(NotFound):
            notices.webhook(other, row.pk)
        for agency_id in (world.north.pk, world.centre_id):
            with pytest.raises(Forbidden):
                notices.create_webhook(actor=other, agency_id=agency_id, **plain)
            with pytest.raises(Forbidden):
                notices.webhooks(other, agency_id)
        with pytest.raises(NotFound):
            notices.replay_delivery(actor=other, delivery_id=delivery.pk)
        for write in (notices.end_webhook, notices.rotate_webhook_key, notices.test_webhook,
                      notices.pause_webhook, notices.replay_failed):  # fmt: skip
            with pytest.raises(NotFound):
                write(actor=other, webhook_id=row.pk)
    with act_as(employee), pytest.raises(Forbidden):
        notices.webhook(employee, row.pk)
    with act_as(liaison):
        assert [each.pk for each in notices.webhooks(liaison, world.north.pk)] == [row.pk]
        with pytest.raises(NotFound):
            notices.webhook(liaison, own.pk)
    with act_as(boss):
        assert notices.webhook(boss, own.pk).pk == own.pk
        assert [each.webhook_id for each in notices.deliveries(boss, own.pk)] == [own.pk]
        assert notices.deliveries(boss, own.pk, state="failed") == []


@pytest.mark.parametrize(
    "data",
    [
        {"name": "Ana Ruiz"},
        {"number": "Ana Ruiz"},
        {"number": "ana@parks.example"},
        {"number": "x" * 121},
        {"number": 1.5},
        {"number": ["N-1"]},
    ],
)
def test_an_event_carries_no_text(world: World, data: dict[str, Any]) -> None:
    with act_as(SYSTEM), pytest.raises(CommonwealError, match="NOTICES-122"):
        notices.announce(SYSTEM, world.north.pk, KIND, uuid4(), data)


def test_an_event_of_an_unknown_kind(world: World) -> None:
    with act_as(SYSTEM), pytest.raises(CommonwealError, match="NOTICES-122"):
        notices.announce(SYSTEM, world.north.pk, "commonweal.nothing.v1", uuid4(), {})
    assert notices.TEST not in {kind.code for kind in notices.event_types()}


def test_old_deliveries_go(world: World, liaison: Actor, receiver: Receiver, settings: Any) -> None:
    row, _key = hook(liaison, world.north.pk, receiver.url)
    announce(world.north.pk, "N-1")
    with act_as(liaison):
        notices.pause_webhook(actor=liaison, webhook_id=row.pk)
    with at(NOON + timedelta(days=20)):
        announce(world.north.pk, "N-2")
    with at(NOON + settings.WEBHOOK_KEPT + timedelta(minutes=1)), act_as(SYSTEM):
        assert tidy_events(actor=SYSTEM, job_id=uuid4(), payload={}) == 1
        assert tidy_events(actor=SYSTEM, job_id=uuid4(), payload={}) == 0
    assert [each.data for each in rows()] == [{"number": "N-2"}]
    fails("ACCESS-403", notices.remove_old_deliveries, actor=liaison)


def test_an_answer_that_comes_after_somebody_else_took_over_changes_nothing(
    world: World, liaison: Actor, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker that slept past its lease: the event was sent again and marked by another."""
    hook(liaison, world.north.pk, receiver.url)
    announce(world.north.pk)
    late = NOON + timedelta(minutes=10)
    slept: list[int] = []

    def sleepy(self: Client, *given: Any) -> Answer:
        if not slept:
            slept.append(1)
            with act_as(SYSTEM):
                assert WebhookDelivery.objects.get().next_at == NOON + timedelta(minutes=3)
                WebhookDelivery.objects.update(attempts=2, next_at=late, last_status=200)
        return Answer(500, "", 1)

    class Inline:
        def __init__(self, *_: Any) -> None: ...
        def __enter__(self) -> Inline:
            return self

        def __exit__(self, *_: Any) -> None: ...

        map = staticmethod(map)

    monkeypatch.setattr("commonweal.kernel.notices.webhooks.tasks.ThreadPoolExecutor", Inline)
    monkeypatch.setattr(Client, "post", sleepy)
    assert run() == 0
    (row,) = rows()
    assert (row.attempts, row.last_status, row.next_at) == (2, 200, late)


def test_a_moment_and_an_id_travel_as_text(world: World, liaison: Actor) -> None:
    hook(liaison, world.north.pk, "https://hooks.parks.org/")
    when = datetime.fromisoformat("2026-10-15T12:00:00-05:00")
    number = uuid4()
    with act_as(SYSTEM):
        data = {"at": when, "number": number}
        assert notices.announce(SYSTEM, world.north.pk, KIND, uuid4(), data, at=when) == 1
    (row,) = rows()
    assert row.data == {"at": "2026-10-15T17:00:00Z", "number": str(number)}
    assert row.at == NOON

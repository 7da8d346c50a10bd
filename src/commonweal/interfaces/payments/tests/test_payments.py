"""Paying online: the test provider's page, its signed word, and all that is refused at the door."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from hypothesis import HealthCheck, given
from hypothesis import settings as tuned
from hypothesis import strategies as st

from commonweal.interfaces.payments import port, test_provider
from commonweal.interfaces.payments.door import LARGEST, receive
from commonweal.interfaces.payments.port import NotSigned, PaymentError, ToPay, online, provider
from commonweal.interfaces.payments.test_provider import (
    SIGNATURE,
    TestProvider,
    read_token,
    signed,
    told,
    write_token,
)
from commonweal.kernel.calendar.public import at

from .conftest import NOW, Kept

DOOR = "/pay/told/test/"
TO_PAY = ToPay("fee-1", 4_250, "USD", "Copy of a deed")


def choose(client: Client, url: str, card: str) -> Any:
    page = client.get(url)
    assert page.status_code == 200
    found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.content.decode())
    assert found
    return client.post(url, {"card": card, "csrfmiddlewaretoken": found[1]})


def tell(client: Client, body: bytes, headers: dict[str, str] | None = None) -> Any:
    sent = signed(body) if headers is None else headers
    return client.post(DOOR, body, content_type="application/json", headers=sent)


def attempt_of(url: str) -> dict[str, Any]:
    return read_token(url.removesuffix("/").rpartition("/")[2])


@pytest.mark.parametrize(
    ("card", "state"), [("approve", "paid"), ("decline", "failed"), ("abandon", "cancelled")]
)
def test_a_card_does_what_is_written_beside_it(
    client: Client, kept: Kept, card: str, state: str
) -> None:
    url = kept.begin()
    answer = choose(client, url, card)
    assert answer.status_code == 302
    assert answer["Location"] == f"/my/case/7/?tab=fee&payment={attempt_of(url)['reference']}"
    assert kept.fee.state == state


@pytest.mark.parametrize(("answer", "state"), [("bank-pays", "paid"), ("bank-refuses", "failed")])
def test_a_bank_that_answers_later(client: Client, kept: Kept, answer: str, state: str) -> None:
    url = kept.begin()
    waiting = choose(client, url, "delayed")
    assert waiting.status_code == 200
    assert "has not answered yet" in waiting.content.decode()
    assert kept.fee.state == "started"
    assert choose(client, url, answer).status_code == 302
    assert kept.fee.state == state


def test_the_page_says_that_it_is_a_test_and_names_nobody(client: Client, kept: Kept) -> None:
    page = client.get(kept.begin()).content.decode()
    assert "This is a test of paying. No money moves" in page
    assert "Copy of a deed" in page
    assert "$42.50" in page
    assert "– Test payments</title>" in page
    assert "Sign in" not in page


def test_two_clicks_pay_once(client: Client, kept: Kept) -> None:
    url = kept.begin()
    choose(client, url, "approve")
    assert choose(client, url, "approve").status_code == 302
    assert kept.asked == 2
    assert (kept.fee.state, kept.fee.paid_minor, kept.fee.refund_due_minor) == ("paid", 4_250, 0)
    choose(client, url, "decline")
    assert kept.fee.state == "paid"


def test_without_a_choice_the_page_asks_again(client: Client, kept: Kept) -> None:
    answer = choose(client, kept.begin(), "gold")
    assert answer.status_code == 422
    assert "Choose a card." in answer.content.decode()
    assert kept.asked == 0


def test_the_page_needs_its_form(client: Client, kept: Kept) -> None:
    assert client.post(kept.begin(), {"card": "approve"}).status_code == 403
    assert kept.asked == 0


@pytest.mark.parametrize("change", [lambda text: text[:-2] + "xx", lambda text: "x" + text[1:]])
def test_an_address_that_was_changed_opens_nothing(client: Client, kept: Kept, change: Any) -> None:
    url = kept.begin()
    token = url.removesuffix("/").rpartition("/")[2]
    answer = client.get(url.replace(token, change(token)))
    assert answer.status_code == 400
    assert "PAYMENT-106" in answer.content.decode()


def test_the_page_closes_after_two_hours(client: Client, kept: Kept) -> None:
    url = kept.begin()
    with at(NOW + timedelta(hours=2, seconds=1)):
        assert client.get(url).status_code == 400


def test_the_page_is_not_there_where_another_provider_is_in_use(
    client: Client, kept: Kept, settings: Any
) -> None:
    url = kept.begin()
    settings.PAYMENT_PROVIDER = ""
    assert client.get(url).status_code == 404


def test_a_fee_that_was_changed_meanwhile_shows_why(client: Client, kept: Kept) -> None:
    url = kept.begin()
    object.__setattr__(kept.fee, "amount_minor", 9_900)
    answer = choose(client, url, "approve")
    assert answer.status_code == 422
    assert "CASE-204" in answer.content.decode()
    assert kept.fee.paid_minor == 0


def test_a_callback_settles_and_again_changes_nothing(client: Client, kept: Kept) -> None:
    body = told(attempt_of(kept.begin()), "paid")
    first, second = tell(client, body), tell(client, body)
    assert (first.status_code, first.json()) == (200, {"result": "moved"})
    assert (second.status_code, second.json()) == (200, {"result": "again"})
    assert kept.fee.paid_minor == 4_250


@pytest.mark.parametrize(
    ("change", "code"),
    [({"amount": 1}, "CASE-204"), ({"currency": "EUR"}, "CASE-204"), ({"fee": "x"}, "CASE-201"),
     ({"reference": "x"}, "CASE-202")],
)  # fmt: skip
def test_a_signed_word_that_does_not_fit_is_refused(
    client: Client, kept: Kept, change: dict[str, Any], code: str
) -> None:
    answer = tell(client, told({**attempt_of(kept.begin()), **change}, "paid"))
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert kept.fee.paid_minor == 0


def forged(body: bytes) -> list[dict[str, str]]:
    right = signed(body)[SIGNATURE]
    stamp, _comma, mac = right.partition(",")
    return [
        {},
        {SIGNATURE: ""},
        {SIGNATURE: "v1="},
        {SIGNATURE: right[:-1] + ("0" if right[-1] != "0" else "1")},
        {SIGNATURE: f"t=9{stamp[2:]},{mac}"},
        {SIGNATURE: f"{stamp},v1={'0' * 64}"},
        {SIGNATURE: f"{stamp},v2={mac[3:]}"},
        {SIGNATURE: mac},
        {SIGNATURE: "t=ü,v1=ü"},
    ]


def test_a_forged_signature_is_refused_and_learns_nothing(client: Client, kept: Kept) -> None:
    body = told(attempt_of(kept.begin()), "paid")
    for headers in forged(body):
        answer = tell(client, body, headers)
        assert answer.status_code == 403
        assert answer.json()["code"] == "PAYMENT-103"
        assert "fee-1" not in answer.content.decode()
    other = tell(client, body.replace(b"4250", b"4251"), signed(body))
    assert other.status_code == 403
    assert kept.asked == 0


@pytest.mark.parametrize("minutes", [6, -6, 60 * 24])
def test_an_old_callback_is_refused(client: Client, kept: Kept, minutes: int) -> None:
    body = told(attempt_of(kept.begin()), "paid")
    with at(NOW - timedelta(minutes=minutes)):
        headers = signed(body)
    assert tell(client, body, headers).status_code == 403
    assert kept.asked == 0


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"null", b'"paid"', b'{"kind": "paid"}', b"\xff\xfe",
     json.dumps({"id": "a", "reference": "b", "fee": "c", "kind": "given", "amount": 1,
                 "currency": "USD"}).encode(),
     json.dumps({"id": "a", "reference": "b", "fee": "c", "kind": "paid", "amount": 1.5,
                 "currency": "USD"}).encode(),
     json.dumps({"id": "a", "reference": "b", "fee": "c", "kind": ["paid"], "amount": 1,
                 "currency": "USD"}).encode(),
     json.dumps({"id": 7, "reference": "b", "fee": "c", "kind": "paid", "amount": True,
                 "currency": "USD"}).encode()],
)  # fmt: skip
def test_a_signed_body_that_says_nothing_is_refused(
    client: Client, kept: Kept, body: bytes
) -> None:
    assert tell(client, body).status_code == 403
    assert kept.asked == 0


@tuned(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(st.binary(max_size=200), st.text(max_size=120))
def test_whatever_comes_unsigned_is_refused(body: bytes, signature: str) -> None:
    with at(NOW), pytest.raises(NotSigned):
        TestProvider().verify_callback({SIGNATURE: signature}, body)


def test_a_callback_that_is_too_large_is_not_read(client: Client, kept: Kept) -> None:
    body = b" " * (LARGEST + 1)
    assert tell(client, body).status_code == 413
    assert receive(TestProvider(), {}, body, kept.settle).status == 413
    odd = client.generic("POST", DOOR, b"{}", headers={"Content-Length": "many"})
    assert odd.status_code in {403, 413}
    assert kept.asked == 0


def test_only_posts_come_in_and_only_of_providers_that_there_are(client: Client) -> None:
    assert client.get(DOOR).status_code == 405
    answer = client.post("/pay/told/nobody/", b"{}", content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (404, "PAYMENT-102")


def test_what_settling_wrote_is_undone_if_it_is_refused(client: Client, kept: Kept) -> None:
    """A refusal after a write leaves nothing of it: the savepoint is the door's."""
    from django.db import connection

    from commonweal.kernel.casework.public import PaymentEvent, PaymentOutcome

    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE traces (what text)")

    def writes_first(event: PaymentEvent) -> PaymentOutcome:
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO traces VALUES ('written')")
        raise PaymentError("PAYMENT-101", "No.")

    body = told(attempt_of(kept.begin()), "paid")
    assert receive(TestProvider(), signed(body), body, writes_first).status == 400
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM traces")
        assert cursor.fetchone() == (0,)


def test_the_test_provider_gives_back_once_for_each_key(client: Client, kept: Kept) -> None:
    choose(client, kept.begin(), "approve")
    paid = kept.fee.events[-1]
    first = provider().refund(paid, 1_000, "key-1")
    assert first is not None
    assert kept.settle(first).effect == "moved"
    again = provider().refund(paid, 1_000, "key-1")
    assert again is not None
    assert kept.settle(again).effect == "again"
    assert kept.fee.paid_minor == 3_250


@pytest.mark.parametrize(
    "way", ["https://evil.example/", "//evil.example", "javascript:alert(1)", "", "https:///x"]
)
def test_the_way_back_leads_to_us_only(client: Client, way: str) -> None:
    with pytest.raises(PaymentError) as refused:
        provider().begin(TO_PAY, way)
    assert refused.value.code == "PAYMENT-105"


def test_which_provider_is_in_use(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.PAYMENT_TEST = True
    settings.PAYMENT_PROVIDER = ""
    assert not online()
    with pytest.raises(PaymentError, match="PAYMENT-101"):
        provider()
    settings.PAYMENT_PROVIDER = "bank"
    assert online()
    with pytest.raises(PaymentError, match="PAYMENT-102"):
        provider()

    class Point:
        name = "bank"

        @staticmethod
        def load() -> Any:
            return Bank

    class Bank(TestProvider):
        code = "bank"

    class Usurper(Point):
        name = "test"

    monkeypatch.setattr(port, "entry_points", lambda group: [Point, Usurper])
    port._makers.cache_clear()
    try:
        assert isinstance(provider(), Bank)
        assert type(provider("test")) is TestProvider
    finally:
        port._makers.cache_clear()


def test_another_installation_cannot_sign_for_us(settings: Any) -> None:
    with at(NOW):
        token, headers = write_token({"fee": "a"}), signed(b"{}")
        settings.SECRET_KEY = "another"
        with pytest.raises(PaymentError):
            read_token(token)
        with pytest.raises(NotSigned):
            test_provider.TestProvider().verify_callback(headers, b"{}")


def test_the_test_provider_is_none_where_it_is_not_allowed(settings: Any) -> None:
    settings.PAYMENT_PROVIDER, settings.PAYMENT_TEST = "test", False
    assert not online()
    for code in ("", "test"):
        with pytest.raises(PaymentError, match="PAYMENT-101"):
            provider(code)

"""A person's account: signing in, the second step, tokens, elevation, roles lent."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    generate_totp_secret,
    hotp_value,
    yield_hotp_counters_from_time,
)
from allauth.mfa.utils import decrypt
from django.contrib.auth.hashers import check_password, get_hasher, make_password
from django.core import mail
from django.test import Client

from commonweal import settings as served
from commonweal.interfaces.web.agency.tests.test_pages import text_of
from commonweal.interfaces.web.agency.tests.world import PASSWORD, World
from commonweal.kernel.access.public import SYSTEM, act_as, token_by_secret
from commonweal.kernel.audit.public import events
from commonweal.kernel.notices.public import Message, send, subscriptions
from commonweal.kernel.party.public import person_of_user

Browser = Callable[[str], Client]
SIGN_IN = "/sign-in/login/"


def sign_in(key: str = "parks", password: str = PASSWORD) -> tuple[Client, Any]:
    """A browser after sending the sign-in form, and the answer."""
    browser = Client()
    form = {"login": f"{key}@example.test", "password": password}
    return browser, browser.post(SIGN_IN, form)


def test_signing_in_and_out(world: World) -> None:
    browser, answer = sign_in()
    assert answer["Location"] == "/home/"
    assert "Pia Parks" in text_of(browser.get("/agency/bills/"))
    assert "Sign out" in text_of(browser.get("/sign-in/logout/"))
    assert browser.post("/sign-in/logout/")["Location"] == "/"
    assert browser.get("/agency/bills/").status_code == 302


def test_a_wrong_password_keeps_the_address(world: World) -> None:
    _browser, answer = sign_in(password="not this one")
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "There is a problem" in page
    assert 'value="parks@example.test"' in page
    assert "not this one" not in page


def test_a_stolen_password_table_is_dear_to_guess_from(settings: Any) -> None:
    settings.PASSWORD_HASHERS = served.PASSWORD_HASHERS
    kept = make_password(PASSWORD)
    cost = get_hasher().decode(kept)
    assert kept.startswith("argon2$argon2id$")
    assert (cost["memory_cost"] >= 19 * 1024, cost["time_cost"] >= 2) == (True, True)
    assert check_password(PASSWORD, kept)


def test_the_way_back_is_kept(world: World) -> None:
    browser = Client()
    asked = browser.get("/agency/usage/")
    page = browser.get(asked["Location"], follow=True)
    assert 'name="next" value="/agency/usage/"' in page.content.decode()


def test_accounts_are_made_by_the_administrator(world: World, client: Client) -> None:
    for place in ("signup", "email", "confirm-email"):
        assert "administrator" in text_of(client.get(f"/sign-in/{place}/"))


def test_a_second_step_with_an_authenticator_app(world: World) -> None:
    browser, _answer = sign_in()
    assert "password alone" in text_of(browser.get("/sign-in/2fa/"))
    asked = browser.get("/sign-in/2fa/totp/activate/")
    assert "Confirm that it is you" in text_of(browser.get(asked["Location"]))
    confirmed = browser.post(asked["Location"], {"password": PASSWORD})
    page = text_of(browser.get(confirmed["Location"]))
    secret = re.search(r"<code>([A-Z2-7]+)</code>", page)
    assert secret
    TOTP.activate(world.users["parks"], secret[1])
    again, answer = sign_in()
    assert "/2fa/authenticate/" in answer["Location"]
    step = text_of(again.get(answer["Location"]))
    assert "Second step of signing in" in step
    wrong = again.post(answer["Location"], {"code": "000000"})
    assert "There is a problem" in wrong.content.decode()
    assert again.get("/agency/bills/").status_code == 302
    assert generate_totp_secret()


def test_a_forgotten_password(world: World, client: Client, settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    settings.BASE_URL = "https://money.example"
    nobody = client.post("/sign-in/password/reset/", {"email": "stranger@example.test"})
    assert nobody.status_code == 302
    assert not mail.outbox
    sent = client.post("/sign-in/password/reset/", {"email": "parks@example.test"}, follow=True)
    assert "Look into your mailbox" in text_of(sent)
    letter = mail.outbox[0]
    assert letter.subject == "State of Meridian Shared Services: choose a new password"
    assert letter.from_email == "State of Meridian Shared Services <billing@meridian.example>"
    link = re.search(r"https://money\.example(/sign-in/password/reset/key/\S+)", letter.body)
    assert link
    form = client.get(link[1], follow=True)
    place = form.redirect_chain[-1][0]
    assert "Choose a new password" in text_of(form)
    new = "another horse battery"
    done = client.post(place, {"password1": new, "password2": new}, follow=True)
    assert "Your password is changed" in text_of(done)
    assert sign_in(password=new)[1]["Location"] == "/home/"
    used = client.get(link[1], follow=True)
    assert "no longer works" in text_of(used)


def test_my_account_shows_roles_and_sign_ins(world: World) -> None:
    browser, _answer = sign_in()
    sign_in()
    page = text_of(browser.get("/account/"))
    for wanted in ("Pia Parks", "parks@example.test", "Agency finance", "2 devices"):
        assert wanted in page
    ended = text_of(browser.post("/account/sessions/end/", follow=True))
    assert "1 other device was signed out" in ended
    assert "This device only" in ended


def test_somebody_who_may_do_nothing_sees_their_role_too(world: World, signed_in: Browser) -> None:
    page = text_of(signed_in("parks-employee").get("/account/"))
    assert "Agency employee" in page
    assert "You hold no role that you can see here" not in page


def test_a_token_is_shown_once_and_can_be_ended(world: World, signed_in: Browser) -> None:
    browser = signed_in("parks")
    assert "You have no token" in text_of(browser.get("/account/tokens/"))
    refused = browser.post("/account/tokens/", {"name": "", "days": "soon"})
    assert refused.status_code == 422
    assert "ACCESS-110" in refused.content.decode()
    assert 'value="soon"' in refused.content.decode()
    assert "ACCESS-103" in browser.post("/account/tokens/", {"name": "x"}).content.decode()
    form = {"name": "Nightly", "days": "30", "scopes": ["charging.view_bills"]}
    made = browser.post("/account/tokens/", form)
    secret = re.search(r"cw_[\w-]{40,}", text_of(made))
    assert secret
    assert made["Cache-Control"] == "no-store"
    token = token_by_secret(secret[0])
    assert token
    assert token.scopes == ["charging.view_bills"]
    assert secret[0] not in text_of(browser.get("/account/tokens/"))
    ended = browser.post(f"/account/tokens/{token.pk}/revoke/", follow=True)
    assert "no longer works" in text_of(ended)
    assert token_by_secret(secret[0]) is None


def test_a_token_is_its_owners_alone(world: World, signed_in: Browser) -> None:
    form = {"name": "Nightly", "days": "30", "scopes": ["charging.view_bills"]}
    made = signed_in("parks").post("/account/tokens/", form)
    secret = re.search(r"cw_[\w-]{40,}", text_of(made))
    assert secret
    token = token_by_secret(secret[0])
    assert token
    refused = signed_in("water").post(f"/account/tokens/{token.pk}/revoke/")
    assert refused.status_code == 400
    assert "ACCESS-105" in refused.content.decode()
    assert token_by_secret(secret[0])


def test_elevation_takes_a_reason_and_ends(world: World, signed_in: Browser) -> None:
    assert signed_in("parks").get("/account/elevation/").status_code == 403
    browser = signed_in("admin")
    assert "audit trail" in text_of(browser.get("/account/elevation/"))
    refused = browser.post(
        "/account/elevation/", {"reason": "why", "permissions": ["charging.view_all_bills"]}
    )
    assert refused.status_code == 422
    assert "ACCESS-106" in refused.content.decode()
    assert "ACCESS-111" in browser.post("/account/elevation/", {}).content.decode()
    number = world.bill().number
    assert browser.get(f"/agency/bills/{number}/").status_code == 403
    form = {
        "reason": "Fault 4711, look at a bill", "minutes": "30",
        "permissions": ["charging.view_all_bills"],
    }  # fmt: skip
    taken = browser.post("/account/elevation/", form, follow=True)
    assert "extra permissions until" in text_of(taken)
    assert browser.get(f"/agency/bills/{number}/").status_code == 200
    assert "have ended" in text_of(browser.post("/account/elevation/end/", follow=True))
    assert browser.get(f"/agency/bills/{number}/").status_code == 403


def test_a_role_is_lent_and_taken_back(world: World, signed_in: Browser) -> None:
    browser = signed_in("parks")
    page = text_of(browser.get("/account/loans/"))
    assert "Petra Employee" in page
    refused = browser.post("/account/loans/", {"reason": "On leave"})
    for code in ("PARTY-130", "PARTY-131", "PARTY-132"):
        assert code in refused.content.decode()
    assert "On leave" in refused.content.decode()
    role = re.search(r'<option value="([0-9a-f-]{36})"[^>]*>Agency finance', page)
    assert role
    with act_as(SYSTEM):
        to = person_of_user(world.users["parks-employee"].pk)
    form = {"role": role[1], "to": str(to), "ends": str(date(2026, 12, 1)), "reason": "short"}
    assert "PARTY-118" in browser.post("/account/loans/", form).content.decode()
    lent = browser.post("/account/loans/", {**form, "reason": "On leave until December"},
                        follow=True)  # fmt: skip
    assert "to Petra Employee" in text_of(lent)
    borrower = signed_in("parks-employee")
    assert "312 more" in text_of(borrower.get("/agency/bills/"))
    loan = re.search(r"/account/loans/([0-9a-f-]{36})/end/", text_of(browser.get("/account/")))
    assert loan
    browser.post(f"/account/loans/{loan[1]}/end/")
    assert borrower.get("/agency/bills/").status_code == 403


def happened(key: str, world: World) -> list[str]:
    """What the trail holds of an account, oldest first."""
    with act_as(SYSTEM):
        target = ("access.User", str(world.users[key].pk))
        return [event.verb for event in reversed(events(SYSTEM, target=target))]


def test_what_happens_at_the_door_is_in_the_trail(
    world: World, django_capture_on_commit_callbacks: Any
) -> None:
    before = len(happened("parks", world))
    sign_in(password="not this one")
    browser, _answer = sign_in()
    asked = browser.get("/sign-in/2fa/totp/activate/")
    confirmed = browser.post(asked["Location"], {"password": PASSWORD})
    secret = re.search(r"<code>([A-Z2-7]+)</code>", text_of(browser.get(confirmed["Location"])))
    assert secret
    code = format_hotp_value(hotp_value(secret[1], next(yield_hotp_counters_from_time())))
    with django_capture_on_commit_callbacks(execute=True):
        browser.post("/sign-in/2fa/totp/activate/", {"code": code})
    assert happened("parks", world)[before:] == [
        "access.sign_in_failed",
        "access.signed_in",
        "access.totp_activated",
    ]


def test_secrets_of_second_factors_are_not_readable(world: World) -> None:
    secret = generate_totp_secret()
    TOTP.activate(world.users["parks"], secret)
    with act_as(SYSTEM):
        kept = Authenticator.objects.get(user_id=world.users["parks"].pk, type="totp")
    assert secret not in str(kept.data)
    assert decrypt(kept.data["secret"]) == secret


def test_guessing_at_one_account_does_not_close_the_door_to_others(world: World) -> None:
    for _ in range(12):
        sign_in("parks", password="not this one")
    _browser, answer = sign_in("parks")
    assert answer.status_code == 200
    assert "Too many failed" in text_of(answer)
    assert sign_in("officer")[1]["Location"] == "/home/"


def test_my_messages_are_read_and_their_topics_chosen(world: World, signed_in: Browser) -> None:
    person = world.actors["parks"].person_id
    with act_as(SYSTEM):
        Message.objects.all().delete()
        send(actor=SYSTEM, template="bill_issued", context={"number": "B-1", "period": "2026-10"},
             agency_id=world.agencies["PARKS"], to_person_id=person)  # fmt: skip
    browser, path = signed_in("parks"), "/account/messages/"
    page = text_of(browser.get(path))
    assert "Your bill for October 2026 is ready: B-1" in page
    link = re.search(r'action="(/account/messages/[^"]+/read/)"', page)
    assert link
    assert signed_in("water").post(link[1]).status_code == 404
    assert "/read/" not in text_of(browser.post(link[1], follow=True))
    assert "Saved." in text_of(browser.post("/account/messages/topics/", {}, follow=True))
    with act_as(world.actors["parks"]):
        assert not subscriptions(world.actors["parks"])["bills"]
    assert "/account/messages/" in text_of(browser.get("/account/"))

"""The public pages, without signing in."""

from __future__ import annotations

import runpy
from collections.abc import Callable
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client

from commonweal import settings as commonweal_settings
from commonweal.interfaces.web import middleware
from commonweal.interfaces.web.agency.tests.test_pages import text_of
from commonweal.interfaces.web.agency.tests.world import World
from commonweal.interfaces.web.public import views
from commonweal.kernel.access.public import SYSTEM, act_as
from commonweal.kernel.party import public as party

Browser = Callable[[str], Client]


def test_the_first_page_says_who_and_where(world: World, client: Client) -> None:
    page = text_of(client.get("/"))
    for wanted in ("State of Meridian Shared Services", "IT help desk", "demonstration", "Sign in"):
        assert wanted in page


def test_the_catalogue_and_one_service(world: World, client: Client) -> None:
    assert "Solves problems." in text_of(client.get("/services/"))
    page = text_of(client.get("/services/helpdesk/"))
    assert "Help-desk cases" in page
    assert "Does it pay for itself?" in page
    assert "It has no reserve: it lacks what 26.5 days of its cash expense cost" in page
    assert client.get("/services/nothing/").status_code == 404


def test_the_rate_book(world: World, client: Client) -> None:
    page = text_of(client.get("/rates/"))
    assert "$16.67 per help-desk case" in page
    assert "Director, " in page
    assert "$25,000.00 ÷ 1,500 help-desk cases" in page
    assert "Full cost" in page
    assert "It has no reserve: it lacks what 26.5 days of its cash expense cost" in page
    rows = client.get("/rates/rates.json").json()["rates"]
    assert {(row["reserve_days"], row["reserve_limit"]) for row in rows} == {("-26.5", "60")}


def test_one_rate_goes_back_to_its_pools(world: World, client: Client) -> None:
    page = text_of(client.get("/rates/helpdesk.case/"))
    for wanted in ("Who decided it", "Charge $16.67", "IT help desk, own cost", "Security"):
        assert wanted in page
    assert "/agency/rates/" not in page
    tiers = text_of(client.get("/rates/helpdesk.storage/"))
    assert "0 to 100" in tiers
    assert "100 and more" in tiers
    assert client.get("/rates/nothing/").status_code == 404


def test_nobody_by_name_and_no_account_is_public(world: World, client: Client) -> None:
    for place in ("/", "/rates/", "/rates/helpdesk.case/", "/services/helpdesk/"):
        page = client.get(place).content.decode()
        assert "Dana" not in page
        assert str(world.users["director"].pk) not in page


def test_how_charging_works_shows_the_flow(world: World, client: Client) -> None:
    page = text_of(client.get("/how-charging-works/"))
    assert "<svg" in page
    assert "six steps" in page
    assert "proof pack" not in page.lower()


@pytest.mark.django_db
def test_without_a_centre_every_page_says_what_will_be_there(client: Client) -> None:
    for place in ("/", "/services/", "/rates/", "/how-charging-works/", "/sign-in/login/"):
        assert client.get(place).status_code == 200, place


def test_home_leads_everybody_to_their_own_page(world: World, signed_in: Browser) -> None:
    assert signed_in("parks").get("/home/")["Location"] == "/agency/bills/"
    assert signed_in("parks-employee").get("/home/")["Location"] == "/account/"
    assert Client().get("/home/")["Location"].startswith("/sign-in/")
    assert "/home/" in text_of(signed_in("parks").get("/"))


def test_every_answer_has_its_security_headers(world: World, client: Client) -> None:
    for place in ("/", "/nothing/", "/health/live"):
        headers = client.get(place).headers
        assert "default-src 'self'" in headers["Content-Security-Policy"]
        assert "'unsafe-inline'" not in headers["Content-Security-Policy"]
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert "Permissions-Policy" in headers


def test_behind_a_proxy_https_is_what_the_proxy_says(
    settings: Any, db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COMMONWEAL_HTTPS", "1")
    monkeypatch.setenv("COMMONWEAL_PROXIES", "1")
    made = runpy.run_path(commonweal_settings.__file__)
    for name in ("SECURE_SSL_REDIRECT", "SECURE_PROXY_SSL_HEADER"):
        setattr(settings, name, made[name])
    assert Client().get("/services/").status_code == 301
    assert Client(headers={"X-Forwarded-Proto": "https"}).get("/services/").status_code == 200


def test_a_form_may_lead_outside_only_where_that_is_set_up(settings: Any) -> None:
    assert "form-action 'self'" in middleware.content_policy()
    assert "https:" not in middleware.content_policy()
    settings.SOCIALACCOUNT_PROVIDERS = {"openid_connect": {}}
    assert "form-action 'self' https:" in middleware.content_policy()


def test_an_outage_is_said_with_its_code(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: Any, **__: Any) -> Any:
        raise OperationalError("server closed the connection unexpectedly")

    monkeypatch.setattr(views, "services", away)
    browser = Client(raise_request_exception=False)
    answer = browser.get("/services/")
    assert answer.status_code == 503
    assert "HOUSE-503" in answer.content.decode()
    assert "Wait a minute" in answer.content.decode()


def test_a_failing_view_leaves_nothing_behind(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any, **__: Any) -> Any:
        party.create_agency(actor=SYSTEM, code="HALF", name="Half", size=1)
        raise RuntimeError("on purpose")

    monkeypatch.setattr(views, "services", broken)
    browser = Client(raise_request_exception=False)
    with act_as(SYSTEM):
        response = browser.get("/services/")
        assert response.status_code == 500
        assert "our side" in response.content.decode()
        assert not [row for row in party.agencies(SYSTEM) if row.code == "HALF"]

"""Signing in through an agency's own directory (OpenID Connect), against a provider that runs."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import Client

from commonweal.interfaces.web.agency.tests.test_pages import text_of
from commonweal.interfaces.web.agency.tests.world import World
from commonweal.settings import sign_in_providers

from .provider import Provider, running_provider


class _StopAtRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


def listed(issuer: str, **other: Any) -> dict[str, Any]:
    return {
        "id": "state",
        "name": "State sign-in",
        "issuer": issuer,
        "client_id": "commonweal",
        "client_secret": "a secret of the client",
        "domains": ["example.test"],
        **other,
    }


def write(path: Path, *entries: Any, mode: int = 0o600) -> Path:
    path.write_text(json.dumps(list(entries)))
    path.chmod(mode)
    return path


@pytest.fixture
def provider(settings: Any, tmp_path: Path) -> Iterator[Provider]:
    with running_provider() as running:
        path = write(tmp_path / "sign_in.json", listed(running.issuer))
        settings.SOCIALACCOUNT_PROVIDERS = sign_in_providers(path)
        yield running


def sign_in(browser: Client, provider: Provider, **claims: Any) -> Any:
    """Press the button, visit the provider as a browser would, and come back."""
    provider.claims = {"sub": "person-1", **claims}
    asked = browser.post("/sign-in/oidc/state/login/")
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), _StopAtRedirect)
    with pytest.raises(urllib.error.HTTPError) as redirect:
        opener.open(asked["Location"])
    with redirect.value as answer:
        back = answer.headers["Location"]
    return browser.get(back)


def test_an_account_is_opened_by_its_verified_address(world: World, provider: Provider) -> None:
    browser = Client()
    assert "State sign-in" in text_of(browser.get("/sign-in/login/"))
    answer = sign_in(browser, provider, email="parks@example.test", email_verified=True)
    assert answer["Location"] == "/home/"
    assert "Pia Parks" in text_of(browser.get("/agency/bills/"))
    assert provider.asked[0]["code_challenge_method"] == "S256"


def test_the_second_time_the_identity_is_known(world: World, provider: Provider) -> None:
    claims = {"email": "parks@example.test", "email_verified": True}
    sign_in(Client(), provider, **claims)
    browser = Client()
    assert sign_in(browser, provider, **claims)["Location"] == "/home/"
    assert "Pia Parks" in text_of(browser.get("/agency/bills/"))


@pytest.mark.parametrize(
    "claims",
    [
        {"email": "parks@example.test", "email_verified": False},
        {"email": "parks@example.test"},
        {"email": "parks@example.test", "email_verified": "true"},
        {"email": "nobody@example.test", "email_verified": True},
        {"email": "parks@elsewhere.test", "email_verified": True},
        {},
    ],
)
def test_nobody_else_is_let_in(world: World, provider: Provider, claims: dict[str, Any]) -> None:
    browser = Client()
    answer = sign_in(browser, provider, **claims)
    assert answer.status_code == 403
    assert "Ask the administrator" in answer.content.decode()
    assert browser.get("/agency/bills/").status_code == 302


def test_a_provider_vouches_only_for_its_own_domains(
    world: World, provider: Provider, settings: Any, tmp_path: Path
) -> None:
    path = write(tmp_path / "other.json", listed(provider.issuer, domains=["other.test"]))
    settings.SOCIALACCOUNT_PROVIDERS = sign_in_providers(path)
    browser = Client()
    answer = sign_in(browser, provider, email="parks@example.test", email_verified=True)
    assert answer.status_code == 403


def test_a_directory_that_does_not_say_verified_can_be_trusted(
    world: World, provider: Provider, settings: Any, tmp_path: Path
) -> None:
    path = write(tmp_path / "other.json", listed(provider.issuer, trust_email=True))
    settings.SOCIALACCOUNT_PROVIDERS = sign_in_providers(path)
    answer = sign_in(Client(), provider, email="parks@example.test")
    assert answer["Location"] == "/home/"


def test_an_answer_that_was_not_asked_for_is_refused(world: World, provider: Provider) -> None:
    browser = Client()
    provider.claims = {"sub": "x", "email": "parks@example.test", "email_verified": True}
    answer = browser.get("/sign-in/oidc/state/login/callback/?code=code-0&state=forged")
    assert "/agency/" not in answer.get("Location", "")
    assert browser.get("/agency/bills/").status_code == 302


def test_the_file_of_providers(tmp_path: Path) -> None:
    path = tmp_path / "sign_in.json"
    assert sign_in_providers(path) == {}
    write(path, listed("https://id.example.test/"), mode=0o644)
    with pytest.raises(ImproperlyConfigured, match="SETTINGS-101"):
        sign_in_providers(path)
    path.chmod(0o600)
    app = sign_in_providers(path)["openid_connect"]["APPS"][0]
    assert app["settings"]["server_url"] == "https://id.example.test"
    for wrong in ({"id": "x"}, "text", listed("https://x", domains="x"), listed("y", domains=[])):
        write(path, wrong)
        with pytest.raises(ImproperlyConfigured, match="SETTINGS-102"):
            sign_in_providers(path)

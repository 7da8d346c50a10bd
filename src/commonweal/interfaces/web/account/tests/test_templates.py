"""Every template of the account pages is rendered by this test's visits, and none lies unused.

Those of the other pages are rendered by the browser's walk, which reaches every page of every role.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import jinja2
import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from allauth.mfa.webauthn.forms import ReauthenticateWebAuthnForm
from django.template.loader import render_to_string
from django.test import Client, RequestFactory

from commonweal.interfaces.web.account.tests.test_account import sign_in
from commonweal.interfaces.web.agency.tests.world import PASSWORD, World
from commonweal.kernel.access.public import ANONYMOUS

Browser = Callable[[str], Client]
WEB = Path(__file__).resolve().parents[2]


@pytest.fixture
def rendered(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The names of the templates that Jinja was asked for."""
    names: set[str] = set()
    original = jinja2.Environment.get_template

    def spied(self: Any, name: Any, *args: Any, **kwargs: Any) -> Any:
        names.add(str(getattr(name, "name", name)))
        return original(self, name, *args, **kwargs)

    monkeypatch.setattr(jinja2.Environment, "get_template", spied)
    return names


def ours(folder: str) -> set[str]:
    """Every template file of a folder."""
    root = WEB / folder / "templates"
    return {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()}


VISITS = ("/account/", "/account/tokens/", "/account/loans/", "/account/messages/")
SIGNED_IN = (
    "logout/", "inactive/", "reauthenticate/", "password/change/", "2fa/", "2fa/totp/activate/",
    "2fa/webauthn/", "2fa/webauthn/add/",
)  # fmt: skip
WITH_KEYS = (
    "2fa/", "2fa/webauthn/", "2fa/totp/deactivate/", "2fa/recovery-codes/",
    "2fa/recovery-codes/generate/", "2fa/reauthenticate/", "2fa/webauthn/reauthenticate/",
)  # fmt: skip
ANYBODY = (
    "login/", "signup/", "password/reset/", "password/reset/done/", "password/reset/key/done/",
    "password/reset/key/x-y/", "3rdparty/login/error/", "3rdparty/login/cancelled/",
)  # fmt: skip


def test_no_template_lies_unused() -> None:
    texts = [path for end in ("*.py", "*.jinja", "*.html") for path in WEB.rglob(end)]
    text = "".join(path.read_text() for path in texts)
    folders = ("public", "agency", "centre", "setup")
    assert [name for each in folders for name in ours(each) if f'"{name}"' not in text] == []


def test_every_template_is_rendered(
    world: World, signed_in: Browser, rendered: set[str], settings: Any
) -> None:
    browser = signed_in("parks")
    for place in VISITS:
        assert browser.get(place).status_code == 200, place
    assert signed_in("admin").get("/account/elevation/").status_code == 200
    for place in ANYBODY:
        assert Client().get(f"/sign-in/{place}").status_code in {200, 302, 401}, place
    second_steps(world)
    request = RequestFactory().get("/")
    request.actor = ANONYMOUS  # type: ignore[attr-defined]
    for name, context in (
        ("account/no_account.jinja", {}),
        ("account/signup_closed.html", {}),
        ("account/password_set.html", {}),
        (
            "mfa/webauthn/reauthenticate.html",
            {"form": ReauthenticateWebAuthnForm(user=world.users["officer"]), "js_data": {}},
        ),
        ("socialaccount/login.html", {"provider": {"name": "State sign-in"}}),
    ):
        assert "<h1" in render_to_string(name, context, request)
    assert ours("account") - rendered == set()


def test_library_pages_are_ours(world: World, client: Client) -> None:
    for place in ANYBODY:
        page = client.get(f"/sign-in/{place}", follow=True).content.decode()
        assert "cw-header" in page, place


def second_steps(world: World) -> None:
    """The pages of passwords, apps, passkeys and recovery codes, with each of them in use."""
    browser, _answer = sign_in("officer")
    browser.post("/sign-in/reauthenticate/", {"password": PASSWORD})
    for place in SIGNED_IN:
        assert browser.get(f"/sign-in/{place}").status_code in {200, 302}, place
    user = world.users["officer"]
    key = Authenticator.objects.create(
        user=user, type=Authenticator.Type.WEBAUTHN, data={"name": "Phone", "credential": {}}
    )
    for place in ("", f"keys/{key.pk}/edit/", f"keys/{key.pk}/remove/"):
        answer = browser.get(f"/sign-in/2fa/webauthn/{place}")
        assert answer.status_code == 200, place
    key.delete()
    TOTP.activate(user, generate_totp_secret())
    RecoveryCodes.activate(user)
    for place in WITH_KEYS:
        assert browser.get(f"/sign-in/{place}").status_code in {200, 302}, place
    again, answer = sign_in("officer")
    assert again.get(answer["Location"]).status_code == 200

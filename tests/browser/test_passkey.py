"""A passkey: added on one's own account, and then enough to sign in, without a password.

Chromium's virtual authenticator stands for the finger on the reader.
"""

from __future__ import annotations

from typing import Any

import pytest

from commonweal.interfaces.web.agency.tests.world import PASSWORD

from .conftest import Site

pytestmark = [pytest.mark.browser]

WHO = "parks-liaison"
READER = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


class Reader:
    """A fingerprint reader of one browser window, and the passkeys that it holds."""

    def __init__(self, page: Any) -> None:
        self.session = page.context.new_cdp_session(page)
        self.session.send("WebAuthn.enable")
        made = self.session.send("WebAuthn.addVirtualAuthenticator", {"options": READER})
        self.id = {"authenticatorId": made["authenticatorId"]}

    def held(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.session.send("WebAuthn.getCredentials", self.id)[
            "credentials"
        ]
        return found


@pytest.fixture
def named(site: Site) -> Site:
    """The site by a name: browsers keep passkeys for names, never for numbers."""
    return Site(site.url.replace("127.0.0.1", "localhost"), site.world)


def add(site: Site, page: Any, name: str, *, alone: bool) -> None:
    """Sign in by password and add a passkey, one that signs in alone or a second factor."""
    site.sign_in(page, WHO)
    page.goto(f"{site.url}/sign-in/2fa/webauthn/add/")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Confirm").click()
    page.get_by_label("Name of this passkey").fill(name)
    page.get_by_label("Sign in with it alone, without a password").set_checked(alone)
    page.get_by_role("button", name="Add this device").click()
    page.get_by_role("heading", name="Recovery codes").wait_for()


def remove(site: Site, page: Any, name: str) -> None:
    """Take it off the account again, confirmed by the passkey itself."""
    page.goto(f"{site.url}/sign-in/2fa/webauthn/")
    page.get_by_role("row").filter(has_text=name).get_by_role("link", name="Remove").click()
    page.get_by_role("link", name="Use a security key").click()
    page.get_by_role("button", name="Use a passkey or security key").click()
    page.get_by_role("button", name="Remove the passkey").click()
    page.get_by_text("You have no passkey yet").wait_for()


def leave(site: Site, page: Any) -> None:
    """Sign out, and stand at the door again."""
    page.get_by_role("link", name="Sign out").click()
    page.get_by_role("button", name="Sign out").click()
    assert not inside(site, page)
    page.goto(f"{site.url}/sign-in/login/")


def inside(site: Site, page: Any) -> bool:
    """Whether the home page opens, and greets its owner."""
    page.goto(f"{site.url}/home/")
    return "/sign-in/" not in page.url and "Lena Liaison" in page.locator("header").inner_text()


def test_a_passkey_is_added_and_signs_in_without_a_password(named: Site, desk: Any) -> None:
    page = desk()
    reader = Reader(page)
    add(named, page, "Lena’s laptop", alone=True)
    (key,) = reader.held()
    assert (key["rpId"], key["isResidentCredential"]) == ("localhost", True)

    leave(named, page)
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url(lambda url: "/sign-in/" not in url)
    assert inside(named, page)
    assert reader.held()[0]["signCount"] > key["signCount"]

    remove(named, page, "Lena’s laptop")
    leave(named, page)
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.get_by_text("That code or passkey does not fit this account").wait_for()
    assert not inside(named, page)


def test_a_passkey_that_is_a_second_factor_is_asked_for_after_the_password(
    named: Site, desk: Any
) -> None:
    page = desk()
    reader = Reader(page)
    add(named, page, "Lena’s key", alone=False)
    assert [key["isResidentCredential"] for key in reader.held()] == [False]

    leave(named, page)
    named.sign_in(page, WHO)
    page.get_by_role("heading", name="Second step of signing in").wait_for()
    assert not inside(named, page)
    page.get_by_role("button", name="Use a passkey or security key").click()
    page.wait_for_url(lambda url: "/sign-in/" not in url)
    assert inside(named, page)
    remove(named, page, "Lena’s key")

"""Who may open what: every page declares it, and refuses the others."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from commonweal.interfaces.web.agency.tests.world import World
from commonweal.interfaces.web.centre.tests.pages import addresses
from commonweal.interfaces.web.centre.urls import urlpatterns

Browser = Callable[[str], Client]


@pytest.mark.parametrize("pattern", urlpatterns, ids=lambda pattern: pattern.name)
def test_every_page_is_for_people_of_the_centre_with_a_permission(pattern: object) -> None:
    access = pattern.callback.access  # type: ignore[attr-defined]
    assert access.startswith("centre:")


def test_an_agency_and_a_stranger_reach_none_of_them(world: World, signed_in: Browser) -> None:
    agency, stranger = signed_in("parks"), Client()
    for name, address in addresses(world).items():
        assert agency.get(address).status_code == 403, name
        assert agency.post(address).status_code == 403, name
        gone = stranger.get(address)
        assert gone.status_code == 302, name
        assert "/sign-in/" in gone.headers["Location"], name


def test_a_role_without_the_permission_is_refused_with_the_reason(
    world: World, signed_in: Browser
) -> None:
    pages = addresses(world)
    refused = {
        "owner": ("close_start", "close_next", "new_import", "decide", "new_person", "audit"),
        "director": ("close_start", "propose", "new_import", "upload", "new_person"),
        "admin": ("director", "bills", "costs", "rates", "agreements", "close"),
    }
    for who, names in refused.items():
        browser = signed_in(who)
        for name in names:
            response = browser.get(pages[name])
            assert response.status_code == 403, (who, name)
            assert "ACCESS-403" in response.content.decode()


def test_buttons_that_a_person_may_not_use_are_not_shown(world: World, signed_in: Browser) -> None:
    browser = signed_in("director")
    assert "Import a file" not in browser.get("/centre/costs/imports/").content.decode()
    assert "Propose a rate" not in browser.get("/centre/rates/").content.decode()
    assert "Start the close" not in browser.get("/centre/close/2026-11/").content.decode()

"""The way around: few sections, of which each leads on; only what the reader may open."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.test import Client

from commonweal.interfaces.web.agency.tests.world import World
from commonweal.interfaces.web.context import navigation
from commonweal.kernel.access.public import ANONYMOUS

MOST = 8
"""Sections at the top; plug-ins add theirs."""


@pytest.mark.parametrize("who", ["parks", "officer", "owner", "director", "admin"])
def test_few_sections_lead_to_every_page(world: World, who: str) -> None:
    sections = navigation(world.actors[who], "/")
    assert len(sections) <= MOST
    assert all(section.href == section.pages[0].href for section in sections if section.pages)
    assert all(len(section.pages) != 1 for section in sections)
    every = [each for section in sections for each in section.pages or [section]]
    assert len({each.href for each in every}) == len(every)


def test_where_the_reader_is_is_marked_at_both_levels(world: World) -> None:
    def marked(who: str, path: str) -> list[str]:
        at_top = [each for each in navigation(world.actors[who], path) if each.current]
        return [each.label for top in at_top for each in [top, *top.pages] if each.current]

    assert marked("parks", "/agency/budget/") == ["Money", "My budget"]
    assert marked("parks", "/agency/proposed-rates/") == ["Money", "My budget"]
    assert marked("parks", "/agency/what-if/") == ["My usage"]
    assert marked("parks", "/agency/lines/1/costs/") == ["My bills"]
    assert marked("officer", "/agency/bills/1/") == ["Billing", "Bills"]
    assert marked("officer", "/centre/owed/payments/") == ["Billing", "Payments"]
    assert marked("officer", "/agency/worth/helpdesk/") == ["Was it worth it?"]
    assert marked("parks", "/account/") == []


def test_only_what_the_reader_may_open(world: World, signed_in: Callable[[str], Client]) -> None:
    for who in ("parks", "officer", "owner"):
        browser = signed_in(who)
        for section in navigation(world.actors[who], "/"):
            for each in section.pages or [section]:
                assert browser.get(each.href, follow=True).status_code == 200, (who, each.href)
    assert [each.label for each in navigation(ANONYMOUS, "/services/") if each.current] == [
        "Services"
    ]


def test_the_page_says_it_without_a_script(
    world: World, signed_in: Callable[[str], Client]
) -> None:
    """Once at the top, with its section's pages below; once, whole, behind the phone's menu."""
    html = signed_in("parks").get("/agency/budget/").content.decode()
    header = html[html.index("<header") : html.index("</header")]
    assert re.findall(r'aria-label="([^"]+)"', header) == ["Main, short", "Main", "Money"]
    assert header.count('aria-current="page"') == 2
    assert header.count('aria-current="true"') == 1
    assert header.count("<script") == 0
    assert header.count("/agency/unit-costs/") == 1  # in the menu; its section is another one

"""What the walk would find: each check, on a page that is wrong in just that way."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import resolve

from commonweal.ops.deep.checks import Checks
from commonweal.ops.deep.walk import anything, routes

pytestmark = [pytest.mark.browser]

GOOD = "<h1>Bill</h1><p>901 cases</p><a href='#main'>See</a>"
FRAME = """<!DOCTYPE html><html lang="en" class="cw-agency"><head><title>Bill – Centre</title>
<style>:focus-visible {{ outline: 3px solid #000 }} {style}</style></head>
<body><main id="main">{main}</main></body></html>"""


def found(desk: Any, main: str = GOOD, style: str = "", old: str = "", new: str = "") -> str:
    checks = Checks(desk())
    checks.page.set_content(FRAME.format(main=main, style=style).replace(old, new or old))
    return "; ".join([*checks.all(), *checks.axe(375, "light")])


def test_a_good_page_passes(desk: Any) -> None:
    assert found(desk) == ""


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("<h1>Another</h1>", "exactly one h1"),
        ("<p>01a21916-b959-739f-8cd9-d45b32370b8b</p>", "an internal id"),
        ("<p>Ends: None</p>", "a value of the program"),
        ("<p>{{ bill.total }}</p>", "an unrendered template"),
        ("<p>{'kind': 'flat'}</p>", "raw JSON"),
        ("<p>2026-10-31T16:00:00+00:00</p>", "a raw time"),
        ("<p>Every usage fact</p>", "“usage fact” to people"),
        ("<p style='width:500px'>wide</p>", "at 375 px it is wider than the screen: <p"),
        ("<input name='day' placeholder='Day'>", "no label"),
        ("<a href='#nowhere'>There</a>", "leads to nothing"),
        ("<p style='color:#bbb'>pale</p>", "color-contrast"),
        ("<img src='data:,'>", "image-alt"),
    ],
)
def test_each_fault_is_named(desk: Any, more: str, said: str) -> None:
    assert said in found(desk, GOOD + more)


def test_a_focus_that_is_not_drawn_is_named(desk: Any) -> None:
    style = "a:focus, a:focus-visible { outline: none }"
    assert "does not show the focus on <a" in found(desk, style=style)


def test_text_of_twice_the_size_that_does_not_fit_is_named(desk: Any) -> None:
    style = "p { width: 20rem }"
    assert "twice the size" in found(desk, style=style)


def test_a_page_without_title_language_or_main_part_is_named(desk: Any) -> None:
    assert "names no page" in found(desk, old="Bill – Centre", new="Centre")
    assert "its language" in found(desk, old=' lang="en"', new=" ")
    assert "no main part" in found(desk, old="main", new="div")


def test_what_does_not_load_and_what_the_console_says_are_named(desk: Any) -> None:
    checks = Checks(desk())
    checks.page.route("**/*", lambda route: route.fulfill(status=404))
    checks.page.set_content(FRAME.format(main=GOOD + "<img src='http://x.test/a.png'>", style=""))
    checks.page.evaluate("console.error('broken')")
    said = "; ".join(checks.quick())
    assert "http://x.test/a.png gives 404" in said
    assert "the console says: broken" in said


def test_every_pattern_has_an_address_that_leads_to_it() -> None:
    filled = [place for place in routes() if "^" not in place]
    assert len(filled) > 100
    for place in filled:
        assert resolve(anything(place)).route == place

"""The gallery in a real browser: axe, reflow, targets, keyboard; every frame and theme."""

from __future__ import annotations

from typing import Any

import pytest

from .rendering import gallery

axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed")
pytestmark = [pytest.mark.browser]
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
CASES = [
    ("workspace", 1280, {}),
    ("workspace", 375, {"color_scheme": "dark"}),
    ("agency", 1280, {"color_scheme": "dark"}),
    ("agency", 375, {}),
    ("public", 320, {}),
    ("public", 1280, {"forced_colors": "active"}),
]


def opened(browser: Any, layout: str, width: int, **options: Any) -> Any:
    """The gallery in a window of that width, without JavaScript of its own."""
    page = browser.new_context(viewport={"width": width, "height": 900}, **options).new_page()
    page.set_content(gallery(layout))
    return page


@pytest.mark.parametrize(("layout", "width", "options"), CASES)
def test_accessible_and_without_sideways_scroll(
    browser: Any, layout: str, width: int, options: dict[str, str]
) -> None:
    page = opened(browser, layout, width, **options)
    result = axe.Axe().run(page, options={"runOnly": RULES})
    assert result.violations_count == 0, result.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_text_of_twice_the_size_still_fits(browser: Any) -> None:
    page = opened(browser, "public", 640)
    page.add_style_tag(content="html{font-size:200%}")
    assert page.evaluate("document.documentElement.scrollWidth") <= 640


def test_targets_are_large_enough(browser: Any) -> None:
    page = opened(browser, "workspace", 375)
    small = page.evaluate(
        """[...document.querySelectorAll('button, summary, .cw-why, .cw-back, .cw-header a,'
        + '.cw-tabs a, .cw-pages a, .cw-filter a')].filter(e => e.offsetParent)
        .filter(e => e.getBoundingClientRect().height < 24).map(e => e.outerHTML)"""
    )
    assert small == []


def test_the_first_tab_skips_to_the_content(browser: Any) -> None:
    page = opened(browser, "workspace", 1280)
    # The gallery shows refused forms, whose summaries take the focus; begin at the page's start.
    page.evaluate("document.body.tabIndex = -1; document.body.focus()")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "govuk-skip-link"
    assert page.evaluate("document.activeElement.getBoundingClientRect().height") >= 24
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"

"""Sign-in, bill, why and a form that is wrong: by keyboard alone, without JavaScript."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from commonweal.interfaces.web.agency.tests.world import PASSWORD

from .conftest import Site

pytestmark = [pytest.mark.browser]

FAR = 120
"""More stops than any page of the world has: not to be found by then is not to be found."""
FOCUSED = """() => {
  const node = document.activeElement, box = node.getBoundingClientRect();
  const style = getComputedStyle(node);
  return {
    text: node.innerText || node.value || '', id: node.id, tag: node.tagName,
    name: node.labels?.length ? node.labels[0].innerText : '',
    inside: box.bottom > 0 && box.top < innerHeight && box.width > 0,
    drawn: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0,
  };
}"""


@pytest.fixture
def keys(browser: Any) -> Iterator[Any]:
    """A page without JavaScript in which nothing is clicked."""
    context = browser.new_context(
        viewport={"width": 1280, "height": 720}, java_script_enabled=False, reduced_motion="reduce"
    )
    yield context.new_page()
    context.close()


def tab_to(page: Any, words: str) -> dict[str, Any]:
    """Press Tab until what has the focus reads so, or has a label that does.

    At every stop the focus must be drawn, and be where it can be seen.
    """
    for _ in range(FAR):
        page.keyboard.press("Tab")
        found: dict[str, Any] = page.evaluate(FOCUSED)
        if found["tag"] == "BODY":
            continue
        assert found["drawn"], f"the focus is not drawn on {found}"
        assert found["inside"], f"the focus is out of sight on {found}"
        if words in (" ".join(found["text"].split()), found["name"].strip()):
            return found
    raise AssertionError(f"no key leads to “{words}” on {page.url}")


def press(page: Any, words: str) -> str:
    """Go to a link or button by Tab, press Enter; what the page that opens says."""
    tab_to(page, words)
    with page.expect_navigation():
        page.keyboard.press("Enter")
    return " ".join(page.locator("main").inner_text().split())


def test_from_sign_in_to_the_reason_and_a_question(site: Site, keys: Any) -> None:
    keys.goto(f"{site.url}/sign-in/login/")
    tab_to(keys, "E-mail address")
    keys.keyboard.type("parks@example.test")
    tab_to(keys, "Password")
    keys.keyboard.type(PASSWORD)
    assert press(keys, "Sign in").startswith("Your October bill is ")

    press(keys, "Open the October 2026 bill")
    assert "Why this line is" in press(keys, "why? Help-desk cases")

    tab_to(keys, "Ask a question")
    keys.keyboard.press("ArrowDown")
    assert keys.evaluate(FOCUSED)["name"].strip() == "Dispute the line"
    said = press(keys, "Send to the centre")

    assert said.startswith("There is a problem")
    assert keys.evaluate(FOCUSED)["id"] == "errors", (
        "the focus goes to the summary of what is wrong"
    )
    keys.keyboard.press("Tab")
    keys.keyboard.press("Enter")
    field = keys.evaluate(FOCUSED)
    assert (field["tag"], field["id"]) == ("TEXTAREA", "text"), "its link leads into the field"
    assert keys.locator("input[name=kind][value=dispute]").is_checked(), "what was chosen stays"

    keys.keyboard.type("We closed the field office in May.")
    done = press(keys, "Send to the centre")
    assert "We closed the field office in May." in done


def test_what_was_typed_stays_when_a_form_is_refused(site: Site, keys: Any) -> None:
    site.sign_in(keys, "parks")
    keys.goto(f"{site.url}/agency/forecasts/")
    for field in keys.locator("main input[inputmode=decimal]").all():
        field.fill("about twelve")
    first = keys.locator("main input[inputmode=decimal]").first.get_attribute("id")
    keys.locator("main input[inputmode=decimal]").last.fill("1200.5")
    keys.locator("main input[inputmode=decimal]").last.focus()
    said = press(keys, "Save without signing")
    assert said.startswith("There is a problem")
    assert keys.title().startswith("Error: ")
    keys.keyboard.press("Tab")
    keys.keyboard.press("Enter")
    assert keys.evaluate(FOCUSED)["id"] == first
    kept = [field.input_value() for field in keys.locator("main input[inputmode=decimal]").all()]
    assert kept[-1] == "1200.5"
    assert set(kept[:-1]) == {"about twelve"}
    assert keys.locator(f"[id='{first}']").get_attribute("aria-invalid") == "true"

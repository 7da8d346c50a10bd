"""An agent clears a queue by keyboard alone; what is written without a network is sent later."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from commonweal.interfaces.web.agency.tests.world import LONG
from commonweal.kernel.access.public import SYSTEM, act_as
from commonweal.kernel.calendar.public import today
from commonweal.kernel.casework import public as casework
from commonweal.kernel.casework.models import Case
from commonweal.ops.deep.checks import Checks

from .conftest import Site

pytestmark = [pytest.mark.browser]

KEPT = """async () => {
  const base = await new Promise((good) => {
    const asked = indexedDB.open("commonweal-drafts", 1);
    asked.onsuccess = () => good(asked.result);
    asked.onupgradeneeded = () => asked.result.createObjectStore("drafts", { keyPath: "id" });
  });
  const found = base.transaction("drafts").objectStore("drafts").getAll();
  await new Promise((good) => { found.onsuccess = good; });
  base.close();
  return found.result.length;
}"""
READY = """async () => {
  await navigator.serviceWorker.ready;
  for (let turn = 0; turn < 100; turn += 1) {
    const kept = await caches.match(location.pathname);
    if (navigator.serviceWorker.controller && kept) return true;
    await new Promise((good) => setTimeout(good, 100));
  }
  return false;
}"""


class Wire:
    """A line to the site that can be cut: every connection breaks, and no other is taken."""

    def __init__(self, url: str) -> None:
        self.target = (str(urlsplit(url).hostname), int(urlsplit(url).port or 80))
        self.door = socket.create_server(("127.0.0.1", 0), backlog=100)
        self.url = f"http://127.0.0.1:{self.door.getsockname()[1]}"
        self.open, self.ends = True, []  # type: ignore[var-annotated]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                near = self.door.accept()[0]
                if not self.open:
                    near.close()
                    continue
                try:
                    far = socket.create_connection(self.target, timeout=60)
                except OSError:
                    near.close()
                    continue
                far.settimeout(None)
                self.ends += [near, far]
                for one, other in ((near, far), (far, near)):
                    threading.Thread(target=self._carry, args=(one, other), daemon=True).start()

    @staticmethod
    def _carry(one: socket.socket, other: socket.socket) -> None:
        with suppress(OSError):
            while data := one.recv(65536):
                other.sendall(data)
        for each in (one, other):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def cut(self) -> None:
        """No network any more."""
        self.open = False
        for each in self.ends:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        self.ends.clear()

    def mend(self) -> None:
        """The network is back."""
        self.open = True


@pytest.fixture
def wire(site: Site) -> Iterator[Wire]:
    found = Wire(site.url)
    yield found
    found.cut()
    found.door.close()


def cases(**wanted: Any) -> list[Case]:
    with act_as(SYSTEM):
        return list(Case.objects.filter(**wanted).order_by("id"))


def test_an_agent_clears_a_queue_by_keyboard(site: Site, desk: Any) -> None:
    page = desk()
    site.sign_in(page, "agent")
    [printer] = cases(subject="The printer prints nothing")
    queue = f"{site.url}/centre/cases/?show=queue&queue={printer.queue_id}"
    waiting = len(cases(queue_id=printer.queue_id, phase="open"))
    assert waiting >= 2
    page.goto(queue)
    keys = page.keyboard
    keys.press("?")
    page.wait_for_url("**/keys/")
    page.goto(queue)
    keys.press("j")
    keys.press("j")
    keys.press("k")
    keys.press("a")
    page.get_by_text("It can be undone until").wait_for()
    assert page.get_by_text("1 case changed").count() == 1
    keys.press("z")
    page.get_by_text("1 case is as it was before").wait_for()
    page.goto(queue)
    page.locator(f'tr:has-text("{printer.number}") [data-open]').focus()
    keys.press("x")
    assert page.locator("input[name=cases]:checked").count() == 1
    keys.press("c")
    keys.type("There was no paper: j, k and x are letters here.")
    keys.press("Control+Enter")
    page.get_by_text("It can be undone until").wait_for()
    assert cases(subject="The printer prints nothing")[0].phase == "resolved"
    keys.press("j")
    keys.press("r")
    page.wait_for_url("**#text")
    other = page.url.split("/cases/")[1].split("/")[0]
    assert page.evaluate("document.activeElement.id") == "text"
    keys.press("Escape")
    page.get_by_text("Ready answers").click()
    page.get_by_role("button", name="Put it into the answer").first.click()
    assert page.locator("#text").input_value() == "Please restart the machine."
    keys.press("Control+Enter")
    page.get_by_text("Your answer is sent.").wait_for()
    with act_as(SYSTEM):
        assert Case.objects.get(number=other).interactions.filter(direction="out").count() == 1
    keys.press("u")
    page.wait_for_url("**/centre/cases/")


def test_keys_can_be_switched_off(site: Site, desk: Any) -> None:
    page = desk()
    site.sign_in(page, "agent")
    page.goto(f"{site.url}/centre/cases/keys/")
    page.get_by_role("button", name="Switch them off").click()
    page.goto(f"{site.url}/centre/cases/")
    page.keyboard.press("?")
    page.wait_for_timeout(300)
    assert page.url.endswith("/centre/cases/")


def test_help_comes_while_somebody_writes(site: Site, desk: Any) -> None:
    page = desk(375)
    page.goto(f"{site.url}/help/parks/ask/streetlight/")
    page.locator("#text").press_sequentially("The street lamp is dark before the town hall")
    page.get_by_text("Known already, perhaps the same").wait_for()
    assert page.locator("#look").get_by_text("1 Main Street").count() == 1


def test_a_citizen_writes_without_a_network(site: Site, wire: Wire, desk: Any) -> None:
    page, form = desk(375), f"{wire.url}/help/parks/ask/streetlight/"
    page.set_default_timeout(90_000)  # machines of tests are busy
    page.goto(form)
    assert page.evaluate(READY)
    before = len(cases())
    wire.cut()
    for words in ("A lamp without a network", "Another lamp"):
        page.goto(form)
        page.locator("#text").fill(words)
        page.locator("#place").fill("Elm Street 4")
        page.locator("#email").fill("cut.off@citizen.example")
        page.get_by_role("button", name="Send it", exact=True).click()
        page.wait_for_url("**#kept")
        page.get_by_text(words).wait_for()
    assert page.evaluate(KEPT) == 2
    assert len(cases()) == before
    wire.mend()
    page.get_by_role("button", name="Send it now").click()
    page.get_by_text("Sent: PARKS-").wait_for()
    for _turn in range(150):
        if page.evaluate(KEPT) == 0:
            break
        page.wait_for_timeout(200)
    assert page.evaluate(KEPT) == 0, "nothing of anybody stays on the device"
    assert len(cases()) == before + 2
    page.goto(form)
    page.wait_for_timeout(500)
    assert len(cases()) == before + 2, "nothing is sent twice"
    assert page.content().count("cut.off@citizen.example") == 0


def test_an_agent_captures_without_a_network(site: Site, wire: Wire, desk: Any) -> None:
    page = desk()
    page.set_default_timeout(90_000)
    site_here = Site(wire.url, site.world)
    site_here.sign_in(page, "agent")
    page.goto(f"{wire.url}/centre/cases/new/")
    assert page.evaluate(READY)
    wire.cut()
    page.goto(f"{wire.url}/centre/cases/new/")
    page.locator("#for-agency").select_option(label=LONG)
    page.locator("#kind").select_option("type:incident")
    page.locator("#subject").fill("Captured at a counter without a line")
    page.get_by_role("button", name="Open the case").click()
    page.wait_for_url("**#kept")
    page.get_by_role("link", name="Open it").click()
    expect(page.locator("#subject")).to_have_value(re.compile("^Captured"))
    page.locator("#subject").fill("Captured at a counter, and mended")
    wire.mend()
    page.get_by_role("button", name="Open the case").click()
    page.get_by_text("is open.").wait_for()
    [made] = cases(subject="Captured at a counter, and mended")
    assert made.source == "draft"
    assert page.evaluate(KEPT) == 0


def test_what_one_person_kept_is_neither_shown_nor_sent_for_another(
    site: Site, wire: Wire, desk: Any
) -> None:
    page, form = desk(), f"{wire.url}/centre/cases/new/"
    page.set_default_timeout(90_000)
    site_here = Site(wire.url, site.world)
    site_here.sign_in(page, "agent")
    page.goto(form)
    assert page.evaluate(READY)
    wire.cut()
    page.goto(form)
    page.locator("#for-agency").select_option(label=LONG)
    page.locator("#kind").select_option("type:incident")
    page.locator("#subject").fill("Kept by the first of two")
    page.get_by_role("button", name="Open the case").click()
    page.wait_for_url("**#kept")
    page.get_by_role("link", name="Open it").click()
    expect(page.locator("#subject")).to_have_value("Kept by the first of two")
    page.context.clear_cookies(name="sessionid")  # it ends, and the form meets the sign-in
    wire.mend()
    page.get_by_role("button", name="Open the case").click()
    page.wait_for_url("**/sign-in/**")
    assert page.evaluate(KEPT) == 1, "what was not taken stays"
    site_here.sign_in(page, "owner")
    page.goto(form)
    page.wait_for_timeout(1_500)
    assert page.get_by_text("Kept by the first of two").count() == 0
    assert (page.evaluate(KEPT), len(cases(subject="Kept by the first of two"))) == (1, 0)
    page.context.clear_cookies()
    site_here.sign_in(page, "agent")
    page.goto(form)
    page.get_by_text("Sent: ").wait_for()
    [made] = cases(subject="Kept by the first of two")
    with act_as(SYSTEM):
        opened = made.events.get(kind="opened")
    assert opened.actor_id == site.world.actors["agent"].user_id
    assert page.evaluate(KEPT) == 0


def test_promises_on_open_cases_are_shown_well(site: Site, desk: Any) -> None:
    """Behind one of a dozen sheets, where the walk does not come."""
    with act_as(SYSTEM):
        promise = casework.Promise(
            code="apart", name="Incidents within three hours", metric="resolution",
            calendar="office", starts=today("America/Chicago"), target_seconds=10_800,
            pauses=("requester",), conditions={"case_type": ["incident"]},
        )  # fmt: skip
        casework.put_promise(actor=site.world.actors["owner"], promise=promise)
    page = site.sign_in(desk(), "owner")
    page.goto(f"{site.url}/centre/cases/set-up/promises/")
    page.get_by_role("link", name="See what the promises in force today would do").click()
    expect(page.get_by_role("button", name="Put them on")).to_be_visible()
    expect(page.get_by_role("table", name="Some of those that would move")).to_be_visible()
    checks = Checks(page)
    wrong = [checks.all(), checks.axe(375, "light"), checks.axe(1280, "dark")]
    assert wrong == [[], [], []]


@pytest.mark.parametrize("sheet", ["kinds", "promises", "rules", "city-apps"])
def test_sheets_with_ticks_and_rows_are_shown_well(site: Site, desk: Any, sheet: str) -> None:
    page = site.sign_in(desk(), "owner")
    page.goto(f"{site.url}/centre/cases/set-up/{sheet}/")
    first = page.locator("tbody th a").first
    if first.count():  # a centre may have no rule yet
        first.click()
    page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    checks = Checks(page)
    wrong = [checks.all(), checks.axe(375, "light"), checks.axe(1280, "dark")]
    assert wrong == [[], [], []]

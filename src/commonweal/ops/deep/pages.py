"""Every page of a demo centre in a browser: as every role, at every width, in every theme, with
JavaScript and without."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from random import Random
from typing import Any

from .checks import THEMES, WIDTHS, Checks
from .children import in_child
from .plan import Plan
from .report import Result
from .walk import Found, Visitor, Walker, of_library, stranger
from .web import Web

MONTHS = 3
PLAIN = "without JavaScript"
SKIPS = ("--disable-gpu", "--disable-background-networking", "--disable-sync", "--no-first-run")


@dataclass(frozen=True)
class Case:
    """A page to look at again: as whom, where, how wide, and in which theme (or PLAIN)."""

    label: str
    path: str
    width: int
    theme: str


def run(plan: Plan) -> None:
    """Build, serve, walk as everybody, and then look again in all other ways."""
    program = shutil.which("chromium")
    if program is None:
        plan.result.found("Chromium is not installed, so no page was looked at. Install it.")
        return
    from playwright.sync_api import sync_playwright

    folder = plan.site.work / "pages"
    folder.mkdir()
    plan.site.copy("pages")
    plan.site.use("pages", folder / "data")
    visitors = in_child(_build, plan.site.work)
    web = Web(folder / "web.log")
    web.ensure()
    plan.begin()
    root = ("--no-sandbox",) if os.geteuid() == 0 else ()
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=program, args=[*root, *SKIPS])
            base = f"http://127.0.0.1:{web.port}"
            tour = Tour(browser, base, plan.result, plan.say)
            tour.walk(visitors)
            tour.look_again(plan.chance, plan.on_time)
            browser.close()
    finally:
        web.close()


def _build() -> list[Visitor]:
    from commonweal.kernel.access.public import user_by_email
    from commonweal.kernel.party.public import actor_for
    from commonweal.ops.demo.build import build
    from commonweal.ops.demo.data import PEOPLE
    from commonweal.ops.demo.people import password_for
    from commonweal.ops.demo.site import last_full_month

    build(last_full_month(""), "small", lambda _said: None, MONTHS)
    found = [stranger("DOT")]
    for label, _name, email, _role, _agency in PEOPLE:
        user = user_by_email(email)
        assert user is not None
        found.append(Visitor(label, actor_for(user), email, password_for(email)))
    return found


class Tour:
    """Looks at the pages of the site at `base`, and keeps what is wrong in the result."""

    def __init__(self, browser: Any, base: str, result: Result, say: Callable[[str], None]) -> None:
        self.browser, self.base, self.result, self.say = browser, base, result, say
        self.open: dict[str, Checks] = {}
        """The page of each visitor, by label."""
        self.first: dict[str, tuple[str, str]] = {}
        """Of each pattern the label of whoever came there first, and by which address."""

    def walk(self, visitors: list[Visitor]) -> None:
        """Follow every link as everybody; pages of the sign-in library only as the first two."""
        for number, visitor in enumerate(visitors):
            page = self.browser.new_context().new_page()
            checks = Checks(page)
            skip = of_library() if number > 1 else ()
            walker = Walker(page, self.base, visitor, skip)
            walker.sign_in()

            self.open[visitor.label] = checks
            done = walker.follow(partial(self._look, visitor.label))
            for text in done.wrong:
                self.result.found(text)
            self.result.count("pages as a role", len(done.pages))
            self.say(f"{visitor.label}: {len(done.pages)} pages")
        self.result.count("different pages", len(self.first))

    def _look(self, label: str, found: Found) -> None:
        new = found.route not in self.first
        self.first.setdefault(found.route, (label, found.path))
        checks = self.open[label]
        self._found(label, found.path, checks.all() if new else checks.quick())

    def _found(self, label: str, path: str, problems: list[str]) -> None:
        for problem in problems:
            self.result.found(f"{label}: {path}: {problem}")

    def look_again(self, chance: Random, goes_on: Callable[[], bool]) -> None:
        """Every page in every width and theme by axe, and without JavaScript; in seeded order."""
        ways = [(width, theme) for width in WIDTHS for theme in THEMES] + [(WIDTHS[0], PLAIN)]
        cases = [
            Case(label, path, width, theme)
            for label, path in self.first.values()
            for width, theme in ways
        ]
        chance.shuffle(cases)
        while cases and goes_on():
            case = cases.pop()
            look = self._plain if case.theme == PLAIN else self._axe
            look(case)
        if cases:
            self.result.count("ways to look at a page left for want of time", len(cases))

    def _axe(self, case: Case) -> None:
        checks = self.open[case.label]
        checks.page.goto(self.base + case.path)
        self._found(case.label, case.path, checks.axe(case.width, case.theme))
        self.result.count("runs of axe")

    def _plain(self, case: Case) -> None:
        """Without scripts a page has the same heading, and nothing of it is wrong."""
        page = self.open[case.label].page
        page.goto(self.base + case.path)
        heading = page.locator("h1").inner_text()
        context = self.browser.new_context(
            java_script_enabled=False, storage_state=page.context.storage_state()
        )
        plain = context.new_page()
        checks = Checks(plain)
        plain.goto(self.base + case.path)
        problems = checks.quick()
        if plain.locator("h1").inner_text() != heading:
            problems.append("its heading is another one")
        self._found(case.label, case.path, [f"{PLAIN}: {each}" for each in problems])
        context.close()
        self.result.count("pages without JavaScript")

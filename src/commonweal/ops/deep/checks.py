"""What is wrong with one open page: axe, reflow, text of twice the size, focus, words, console."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Any

RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
THEMES: dict[str, dict[str, str]] = {
    "light": {"color_scheme": "light", "forced_colors": "none"},
    "dark": {"color_scheme": "dark", "forced_colors": "none"},
    "forced colours": {"color_scheme": "light", "forced_colors": "active"},
}
WIDTHS = (375, 768, 1280)
NARROW = 320
HEIGHT = 900
TWICE = 640
"""Width at which text of twice the size must fit: half of a usual screen, as if magnified."""

_AXE = """rules => axe.run({runOnly: rules, resultTypes: ['violations']}).then(done =>
  done.violations.map(each => `${each.id}: ${each.help}: ` + each.nodes.slice(0, 3)
    .map(node => node.html.replace(/\\s+/g, ' ').slice(0, 160)).join(' | ')))"""
_WIDE = """width => document.documentElement.scrollWidth <= width ? '' :
  [...document.querySelectorAll('body *')]
    .filter(node => node.getClientRects().length && node.getBoundingClientRect().right > width + 1)
    .map(node => node.outerHTML.replace(/\\s+/g, ' ').slice(0, 120)).pop() || 'the page itself'"""


@cache
def _program() -> str:
    return resources.files(__package__).joinpath("checks.js").read_text()


@cache
def _axe() -> str:
    from axe_playwright_python.base import AXE_SCRIPT

    return str(AXE_SCRIPT)


@dataclass
class Checks:
    """Watches one browser page; what went wrong with loading is kept until it is asked for."""

    page: Any
    loading: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", self._said)
        self.page.on("pageerror", lambda error: self.loading.append(f"a script broke: {error}"))
        self.page.on("response", self._answered)
        self.page.emulate_media(reduced_motion="reduce")

    def _said(self, message: Any) -> None:
        loading = message.text.startswith("Failed to load resource")  # said by the answer itself
        if message.type in ("error", "warning") and not loading:
            self.loading.append(f"the console says: {message.text}")

    def _answered(self, answer: Any) -> None:
        if answer.status >= 400 and not answer.request.is_navigation_request():
            self.loading.append(f"{answer.url} gives {answer.status}")

    def quick(self) -> list[str]:
        """What came with loading, words, names, focus, and reflow at the narrowest width."""
        found, self.loading[:] = [*self.loading], []
        return [*found, *self._reflow(NARROW), *self.page.evaluate(_program())]

    def all(self) -> list[str]:
        """Everything but axe, at every width, in the theme that is shown."""
        found = [each for width in WIDTHS for each in self._reflow(width)]
        self.page.evaluate("document.documentElement.style.fontSize = '200%'")
        found += [f"with text of twice the size, {each}" for each in self._reflow(TWICE)]
        self.page.evaluate("document.documentElement.style.fontSize = ''")
        return found + self.quick()

    def _reflow(self, width: int) -> list[str]:
        self.size(width)
        wide = self.page.evaluate(_WIDE, width)
        return [f"at {width} px it is wider than the screen: {wide}"] if wide else []

    def size(self, width: int) -> None:
        """Give the page that width."""
        self.page.set_viewport_size({"width": width, "height": HEIGHT})

    def show(self, theme: str) -> None:
        """Show the page in a theme."""
        self.page.emulate_media(**THEMES[theme])

    def axe(self, width: int, theme: str) -> list[str]:
        """What axe has to say, in that width and theme."""
        self.size(width)
        self.show(theme)
        self.page.evaluate(_axe())
        found = self.page.evaluate(_AXE, list(RULES))
        self.show("light")
        return [f"at {width} px, {theme}: {each}" for each in found]

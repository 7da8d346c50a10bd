"""The tour of `./run deep`, for a few pages: every way to look at a page is tried."""

from __future__ import annotations

from itertools import count
from random import Random
from typing import Any

import pytest

from commonweal.ops.deep.checks import THEMES, WIDTHS
from commonweal.ops.deep.pages import Tour
from commonweal.ops.deep.report import Result
from commonweal.ops.deep.walk import stranger

from .conftest import Site

pytestmark = [pytest.mark.browser]


def test_a_tour_looks_again_in_every_way(site: Site, browser: Any) -> None:
    result = Result("pages", 1)
    tour = Tour(browser, site.url, result, lambda _said: None)
    tour.walk([stranger("PARKS")])
    assert result.counts["different pages"] == len(tour.first) > 10
    tour.first = {"services/": tour.first["services/"]}
    tour.look_again(Random(1), lambda: True)
    assert result.counts["runs of axe"] == len(WIDTHS) * len(THEMES)
    assert result.counts["pages without JavaScript"] == 1
    assert result.findings == []


def test_a_tour_says_what_it_had_no_time_for_and_what_is_wrong(site: Site, browser: Any) -> None:
    result = Result("pages", 1)
    tour = Tour(browser, site.url, result, lambda _said: None)
    page = browser.new_context().new_page()
    page.route("**/*", lambda route: route.fulfill(body="<h1>Bare</h1>", content_type="text/html"))
    tour.open["public"] = type("Bare", (), {"page": page, "axe": lambda *_: ["it is bare"]})()
    tour.first = {"services/": ("public", "/services/")}
    left = count(1)
    tour.look_again(Random(1), lambda: next(left) <= 3)
    assert result.counts["ways to look at a page left for want of time"] == 7
    assert "public: /services/: it is bare" in result.findings
    page.context.close()

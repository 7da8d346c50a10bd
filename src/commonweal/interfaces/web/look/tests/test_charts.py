"""Charts: escaped, honest about nothing, zero and minus, and readable as text."""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction
from xml.etree import ElementTree

import pytest

from commonweal.interfaces.web.look import charts
from commonweal.interfaces.web.look.charts import Edge, Node, Point
from commonweal.interfaces.web.look.charts.base import Scale, num, pct

EVIL = '<script>alert("x")</script>&'
SERIES = {"bars": charts.bars, "line": charts.line, "ranking": charts.ranking}


def parsed(markup: str) -> ElementTree.Element:
    """The chart as a tree; fails where it is not well-formed."""
    return ElementTree.fromstring(f"<r>{markup}</r>")


@pytest.mark.parametrize("name", SERIES)
@pytest.mark.parametrize(
    "values",
    [
        [0], [7], [-7], [0, 0, 0], [-3, 5], [None, 4], [Decimal("0.01"), Fraction(1, 3)],
        list(range(13)), [*range(6), None, -4, *range(5)], [10**15, 1],
    ],
)  # fmt: skip
def test_every_series_draws(name: str, values: list) -> None:
    drawn = SERIES[name]("A message", [(f"m{i}", v, f"{v}") for i, v in enumerate(values)])
    tree = parsed(drawn)
    assert tree.find("figure/figcaption").text == "A message"
    assert len(tree.findall("figure/details/table/tbody/tr")) == len(values)
    for rect in tree.iter("rect"):
        assert Decimal(rect.get("height").rstrip("%")) >= 0
        assert Decimal(rect.get("width").rstrip("%")) >= 0
    assert "no data" in drawn or None not in values


@pytest.mark.parametrize("name", SERIES)
@pytest.mark.parametrize("values", [[], [None], [None, None]])
def test_nothing_is_said_and_not_drawn(name: str, values: list) -> None:
    drawn = SERIES[name]("A message", [("m", v) for v in values], empty_text="Nothing yet.")
    assert "Nothing yet." in drawn
    assert "<svg" not in drawn


@pytest.mark.parametrize("name", SERIES)
def test_labels_are_escaped(name: str) -> None:
    drawn = SERIES[name](EVIL, [(EVIL, 3, EVIL), (EVIL, -4, EVIL)], note=EVIL, unit=EVIL)
    assert "<script" not in drawn
    assert "&lt;script&gt;" in drawn
    parsed(drawn)


@pytest.mark.parametrize("name", ["bars", "line"])
def test_a_picture_has_title_and_description(name: str) -> None:
    tree = parsed(SERIES[name]("Rose in May", [("Apr", 1, "$1"), ("May", 2, "$2")]))
    svg = tree.find("figure/svg")
    assert svg.get("role") == "img"
    ids = [svg.find("title").get("id"), svg.find("desc").get("id")]
    assert svg.get("aria-labelledby").split() == ids
    assert "May: $2" in svg.find("desc").text


def test_same_content_same_bytes_and_other_content_other_ids() -> None:
    one, two = (charts.bars("T", [("a", n)]) for n in (1, 2))
    assert one == charts.bars("T", [("a", 1)])
    assert set(re.findall(r'id="(\w+)', one)).isdisjoint(re.findall(r'id="(\w+)', two))


def test_bars_start_at_zero_and_lengths_compare() -> None:
    tree = parsed(charts.bars("T", [("a", 50), ("b", 100), ("c", -100)]))
    heights = [Decimal(r.get("height")) for r in tree.iter("rect")]
    assert heights == [40, 80, 80]
    kinds = [r.get("class") for r in tree.iter("rect")]
    assert kinds == ["c-bar", "c-bar", "c-bar c-negative"]


def test_floats_are_refused() -> None:
    with pytest.raises(TypeError):
        charts.bars("T", [("a", 1.5)])


def test_a_line_breaks_at_missing_data() -> None:
    tree = parsed(charts.line("T", [("a", 1), ("b", 2), ("c", None), ("d", 3), ("e", 3)],
                              target=2, band=(1, 3)))  # fmt: skip
    assert len([e for e in tree.iter("line") if e.get("class") == "c-line"]) == 2
    assert len([e for e in tree.iter("rect") if e.get("class") == "c-band"]) == 1
    assert "?" in [e.text for e in tree.iter("text")]


def test_sparkline() -> None:
    assert charts.sparkline([("a", 1)]) == ""
    drawn = charts.sparkline([("a", 1), ("b", None), ("c", 3)], title=EVIL)
    assert "<script" not in drawn
    assert parsed(drawn).find("svg").get("role") == "img"


def test_a_waterfall_adds_up() -> None:
    drawn = charts.waterfall("T", ("Sep", 100), [(EVIL, 30), ("less", -10), ("?", None)],
                             ("Oct", 120))  # fmt: skip
    tree = parsed(drawn)
    assert next(li.get("class") for li in tree.iter("li")).endswith("total")
    assert "▲" in drawn
    assert "▼" in drawn
    assert "<script" not in drawn
    with pytest.raises(ValueError, match="add up"):
        charts.waterfall("T", ("Sep", 100), [("more", 30)], ("Oct", 120))
    assert "<li" not in charts.waterfall("T", ("Sep", None), [], ("Oct", 1))
    assert "<li" in charts.waterfall("T", ("Sep", 0), [], ("Oct", 0))


def test_a_flow_shows_all_edges_in_proportion() -> None:
    nodes = [Node("a", 0, EVIL, 3, "$3"), Node("b", 0, "B" * 60, 1), Node("c", 1, "C", 4)]
    edges = [Edge("a", "c", 3, "$3"), Edge("b", "c", 1), Edge("b", "a", 0)]
    drawn = charts.flow("T", ["Costs", "Pools"], nodes, edges)
    tree = parsed(drawn)
    assert "<script" not in drawn
    assert len([p for p in tree.iter("path") if p.get("class") == "c-ribbon"]) == 2
    assert len([r for r in tree.iter("rect") if r.get("class") == "c-node"]) == 3
    assert "<svg" not in charts.flow("T", ["Costs"], [], [])
    with pytest.raises(ValueError, match="negative"):
        charts.flow("T", ["Costs"], [Node("a", 0, "A", 3), Node("b", 0, "B", -1)], [])


def test_coordinates_are_plain_decimals() -> None:
    assert [num(v) for v in (0, 100, Fraction(1, 3), Decimal("1e2"))] == ["0", "100", "0.33", "100"]
    assert pct(Fraction(1, 8)) == "12.5%"
    assert Scale(Fraction(2), Fraction(2))(2) == Fraction(1, 2)


def test_points_may_be_mappings() -> None:
    drawn = charts.ranking("T", [{"label": "x", "value": 1, "href": "/a?b=1&c=2"}, Point("y", 2)])
    assert 'href="/a?b=1&amp;c=2"' in drawn

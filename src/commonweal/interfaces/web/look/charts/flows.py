"""The charge flow: costs → pools → services → agencies, as ribbons; as lists on a phone."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from django.utils.translation import gettext as _
from markupsafe import Markup

from .base import (
    Number,
    Point,
    data_table,
    empty,
    figure,
    joined,
    key_of,
    num,
    picture,
    tag,
)
from .lists import ranking

WIDTH, NODE, GAP, HEAD = 960, 14, 30, 34
LINE, LETTERS = 18, 19


@dataclass(frozen=True)
class Node:
    """One box. `stage` counts columns from 0; `value` is what flows through, `text` its words."""

    key: str
    stage: int
    label: str
    value: Number
    text: str = ""


@dataclass(frozen=True)
class Edge:
    """What flows from one node to another; `text` is the amount in words."""

    source: str
    target: str
    value: Number
    text: str = ""


@dataclass
class _Box:
    node: Node
    x: Fraction
    y: Fraction
    height: Fraction
    out: Fraction = Fraction(0)
    inn: Fraction = Fraction(0)


def _layout(nodes: Sequence[Node], stages: int) -> tuple[dict[str, _Box], Fraction]:
    """Boxes column by column; every label has two lines and a figure of room."""
    columns = [[n for n in nodes if n.stage == s] for s in range(stages)]
    largest = max(sum((Fraction(n.value) for n in c), Fraction(0)) for c in columns)
    tallest = max(len(c) for c in columns)
    plot = Fraction(max(260, tallest * 70 - GAP))
    space = Fraction(WIDTH - 190, max(stages - 1, 1))
    boxes: dict[str, _Box] = {}
    bottom = plot
    for stage, column in enumerate(columns):
        y = Fraction(HEAD)
        for node in column:
            height = max(Fraction(2), Fraction(node.value) * (plot * 2 / 3) / largest)
            boxes[node.key] = _Box(node, space * stage, y, height)
            y += max(height + 12, Fraction(3 * LINE + 8))
        bottom = max(bottom, y)
    return boxes, bottom


def _ribbon(edge: Edge, boxes: dict[str, _Box]) -> Markup:
    a, b = boxes[edge.source], boxes[edge.target]
    share = Fraction(edge.value)
    tall_a = a.height * share / Fraction(a.node.value or 1)
    tall_b = b.height * share / Fraction(b.node.value or 1)
    x1, x2 = a.x + NODE, b.x
    y1, y2 = a.y + a.out, b.y + b.inn
    a.out += tall_a
    b.inn += tall_b
    mid = (x1 + x2) / 2
    d = (
        f"M{num(x1)} {num(y1)}C{num(mid)} {num(y1)} {num(mid)} {num(y2)} {num(x2)} {num(y2)}"
        f"V{num(y2 + tall_b)}C{num(mid)} {num(y2 + tall_b)} {num(mid)} {num(y1 + tall_a)} "
        f"{num(x1)} {num(y1 + tall_a)}Z"
    )
    words = f"{a.node.label} → {b.node.label}: {edge.text or edge.value}"
    return tag("path", tag("title", words), d=d, class_="c-ribbon")


def _label(box: _Box) -> Markup:
    lines = textwrap.wrap(box.node.label, LETTERS, max_lines=2, placeholder="…") or [""]
    x, y = box.x + NODE + 6, box.y + 13
    spans = [tag("tspan", words, x=num(x), y=num(y + LINE * i)) for i, words in enumerate(lines)]
    spans.append(
        tag("tspan", box.node.text, x=num(x), y=num(y + LINE * len(lines)), class_="c-strong")
    )
    title = tag("title", f"{box.node.label}: {box.node.text}")
    rect = tag(
        "rect", x=num(box.x), y=num(box.y), width=NODE, height=num(box.height), class_="c-node"
    )
    return tag("g", title + rect + tag("text", joined(spans), class_="c-label"))


def _lists(title: str, stages: Sequence[str], nodes: Sequence[Node]) -> Markup:
    """The same flow for a narrow screen: one ranked list a stage."""
    parts = [
        ranking(name, [Point(n.label, n.value, n.text) for n in nodes if n.stage == stage])
        for stage, name in enumerate(stages)
    ]
    return tag("div", joined(parts), class_="cw-flow__lists")


def flow(
    title: str,
    stages: Sequence[str],
    nodes: Iterable[Node],
    edges: Iterable[Edge],
    *,
    unit: str = "",
    note: str = "",
    empty_text: str = "",
) -> Markup:
    """How amounts pass from stage to stage, widths in proportion; no value may be negative.

    `stages` names the columns, left to right. On a phone the same figures stand as lists.
    """
    boxes_in = list(nodes)
    links = [e for e in edges if Fraction(e.value) > 0]
    if not any(Fraction(n.value) > 0 for n in boxes_in):
        return empty(title, empty_text, "flow")
    if any(Fraction(n.value) < 0 for n in boxes_in):
        raise ValueError("A flow shows amounts that pass on; a negative one has no width.")
    boxes, bottom = _layout(boxes_in, len(stages))
    body = [_ribbon(e, boxes) for e in links] + [_label(b) for b in boxes.values()]
    step = Fraction(WIDTH - 190, max(len(stages) - 1, 1))
    body += [
        tag("text", name, x=num(step * i), y=16, class_="c-stage") for i, name in enumerate(stages)
    ]
    names = {n.key: n.label for n in boxes_in}
    said = _("%(links)s flows through %(stages)s.") % {
        "links": len(links),
        "stages": ", ".join(stages),
    }
    drawn = picture(
        title,
        said,
        joined(body),
        key_of("flow", title, boxes_in, links),
        viewBox=f"0 0 {WIDTH} {num(bottom + 8)}",
        class_="cw-svg cw-flow__picture",
    )
    rows = [(f"{names[e.source]} → {names[e.target]}", e.text or str(e.value)) for e in links]
    table = data_table(title, (_("From and to"), unit or _("Amount")), rows)
    lists = _lists(title, stages, boxes_in)
    return figure(title, drawn + lists, table, "flow", note)

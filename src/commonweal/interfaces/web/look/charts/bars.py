"""Upright bars by month: zero baseline, labels at the bars that carry the message."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction

from django.utils.translation import gettext as _
from markupsafe import Markup

from .base import (
    Point,
    PointLike,
    Scale,
    data_table,
    described,
    empty,
    figure,
    joined,
    key_of,
    num,
    pct,
    picture,
    points_of,
    tag,
)

TOP, PLOT, FOOT = 24, 160, 26
APART = 5


def _labelled(points: Sequence[Point]) -> set[int]:
    """Which bars carry their figure: all of a few; else the last, the marked, the extremes."""
    known = [i for i, p in enumerate(points) if p.value is not None]
    if len(points) <= 4 or not known:
        return set(range(len(points)))
    values = {i: Fraction(points[i].value or 0) for i in known}
    wanted = [known[-1], *(i for i in known if points[i].mark)]
    wanted += [max(known, key=values.__getitem__), min(known, key=values.__getitem__), known[0]]
    chosen: list[int] = []
    for index in wanted:
        if all(index == other or abs(index - other) >= APART for other in chosen):
            chosen.append(index)
    return set(chosen)


def _anchor(index: int, count: int) -> tuple[str, Fraction]:
    """Where the text of a bar hangs, so that it stays inside the picture."""
    if count > 4 and index >= count - 2:
        return "end", Fraction(index + 1, count)
    if count > 4 and index <= 1:
        return "start", Fraction(index, count)
    return "middle", Fraction(2 * index + 1, 2 * count)


def _clear(points: Sequence[Point], index: int, scale: Scale) -> Fraction:
    """The highest bar that the figure above bar `index` could run into, as its top in pixels."""
    reach = 0 if len(points) <= 4 else 2 if 1 < index < len(points) - 2 else 3
    near = points[max(0, index - reach) : index + reach + 1]
    highest = max(Fraction(p.value or 0) for p in near)
    return TOP + PLOT * (1 - scale(max(highest, Fraction(0))))


def _bar(points: Sequence[Point], index: int, scale: Scale, labelled: bool) -> Markup:
    point, count = points[index], len(points)
    slot = Fraction(1, count)
    width = min(slot * Fraction(7, 10), Fraction(1, 8))
    left = slot * index + (slot - width) / 2
    zero = TOP + PLOT * (1 - scale(0))
    anchor, x = _anchor(index, count)
    if point.value is None:
        shape = tag(
            "rect", x=pct(left), y=num(zero - 18), width=pct(width), height=18, class_="c-missing"
        )
        edge = zero - 24
    else:
        end = TOP + PLOT * (1 - scale(point.value))
        top, height = min(zero, end), abs(zero - end)
        kind = "c-mark" if point.mark else "c-bar"
        if Fraction(point.value) < 0:
            kind += " c-negative"
        shape = tag(
            "rect",
            x=pct(left),
            y=num(top),
            width=pct(width),
            height=num(max(height, Fraction(1))),
            class_=kind,
        )
        edge = end + 16 if Fraction(point.value) < 0 else _clear(points, index, scale) - 7
    parts = [shape]
    if labelled:
        parts.append(
            tag("text", point.tight, x=pct(x), y=num(edge), text_anchor=anchor, class_="c-figure")
        )
    return tag("g", tag("title", f"{point.label}: {point.said}") + joined(parts))


def bars(
    title: str,
    data: Iterable[PointLike],
    *,
    label: str = "",
    unit: str = "",
    note: str = "",
    empty_text: str = "",
) -> Markup:
    """Bars from a zero baseline, in the order given (months).

    `title` is the message; `label` and `unit` head the table of figures. Missing values are
    drawn as an outlined stub with “no data”; negative ones hang below the line, hatched.
    """
    points = points_of(data)
    if not any(p.value is not None for p in points):
        return empty(title, empty_text, "bars")
    scale = Scale.over((p.value for p in points if p.value is not None), zero=True)
    if scale.high == scale.low:
        scale = Scale(Fraction(0), Fraction(1))
    room = 18 if scale.low < 0 else 0
    labelled, count = _labelled(points), len(points)
    zero = TOP + PLOT * (1 - scale(0))
    body = [_bar(points, i, scale, i in labelled) for i in range(count)]
    body.append(tag("line", x1="0", x2="100%", y1=num(zero), y2=num(zero), class_="c-axis"))
    for index, point in enumerate(points):
        minor = count > 8 and (count - 1 - index) % 2 == 1
        body.append(
            tag(
                "text",
                point.label,
                x=pct(Fraction(2 * index + 1, 2 * count)),
                y=TOP + PLOT + room + 19,
                text_anchor="middle",
                class_="c-foot c-minor" if minor else "c-foot",
            )
        )
    key = key_of("bars", title, points)
    drawn = picture(
        title,
        described(points),
        joined(body),
        key,
        width="100%",
        height=TOP + PLOT + room + FOOT,
        class_="cw-svg",
    )
    rows = [(p.label, p.said) for p in points]
    table = data_table(title, (label or _("Month"), unit or _("Figure")), rows)
    return figure(title, drawn, table, "bars", note)

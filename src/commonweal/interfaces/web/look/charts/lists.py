"""Lying bars in rows of text: names wrap, figures line up, and everything reads aloud."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from django.utils.translation import gettext as _
from markupsafe import Markup

from .base import (
    Number,
    Point,
    PointLike,
    Scale,
    data_table,
    described,
    empty,
    figure,
    joined,
    key_of,
    pct,
    picture,
    points_of,
    tag,
)


def _row(point: Point, bar: Markup, sign: str = "", kind: str = "") -> Markup:
    words = tag("a", point.label, href=point.href, class_="govuk-link") if point.href else None
    name = tag("span", words or point.label, class_="cw-rank__name")
    value = tag("span", f"{sign}{point.said}", class_="cw-rank__figure cw-num")
    return tag("li", name + value + bar, class_=f"cw-rank__row {kind}".strip())


def _strip(body: Markup) -> Markup:
    return tag(
        "svg", body, width="100%", height=14, class_="cw-svg", aria_hidden="true", focusable="false"
    )


def ranking(
    title: str,
    data: Iterable[PointLike],
    *,
    label: str = "",
    unit: str = "",
    note: str = "",
    empty_text: str = "",
) -> Markup:
    """A list of names with bars from one zero line, in the order given (largest first).

    The list itself is text, so screen readers get names and figures; the bars are decoration.
    """
    points = points_of(data)
    if not any(p.value is not None for p in points):
        return empty(title, empty_text, "ranking")
    scale = Scale.over((p.value for p in points if p.value is not None), zero=True)
    if scale.high == scale.low:
        scale = Scale(Fraction(0), Fraction(1))
    rows: list[Markup] = []
    for point in points:
        zero = scale(0)
        if point.value is None:
            body = tag("rect", x=pct(zero), y=1, width="3%", height=12, class_="c-missing")
        else:
            end = scale(point.value)
            kind = "c-mark" if point.mark else "c-bar"
            if Fraction(point.value) < 0:
                kind += " c-negative"
            body = tag(
                "rect",
                x=pct(min(zero, end)),
                y=1,
                width=pct(abs(end - zero)),
                height=12,
                class_=kind,
            )
        axis = tag("line", x1=pct(zero), x2=pct(zero), y1=0, y2=14, class_="c-axis")
        rows.append(_row(point, _strip(body + axis), kind="cw-rank__row--mark" * point.mark))
    listed = tag("ol", joined(rows), class_="cw-rank")
    table = data_table(
        title, (label or _("Name"), unit or _("Figure")), [(p.label, p.said) for p in points]
    )
    return figure(title, listed, table, "ranking", note)


def _change(point: Point, before: Fraction, scale: Scale) -> tuple[Markup, Fraction, str]:
    """One step of a waterfall: its bar, where it ends, and its sign as a shape."""
    change = Fraction(point.value or 0)
    after = before + change
    low, high = sorted((scale(before), scale(after)))
    kind = "c-up" if change > 0 else "c-down"
    if point.value is None:
        kind = "c-missing"
    bar = tag(
        "rect",
        x=pct(low),
        y=1,
        width=pct(max(high - low, Fraction(1, 200))),
        height=12,
        class_=kind,
    )
    ends = tag("line", x1=pct(scale(after)), x2=pct(scale(after)), y1=0, y2=14, class_="c-axis")
    shape = "▲ " if change > 0 else "▼ " if change < 0 else ""
    return bar + ends, after, shape


def waterfall(
    title: str,
    start: PointLike,
    changes: Iterable[PointLike],
    end: PointLike,
    *,
    label: str = "",
    unit: str = "",
    note: str = "",
    empty_text: str = "",
) -> Markup:
    """How `start` became `end`, change by change; start plus changes must equal end.

    The scale spans the running totals, not zero: start and end are marks, only changes are
    bars, so their lengths compare honestly.
    """
    first, last = points_of([start, end])
    steps = points_of(changes)
    if first.value is None or last.value is None:
        return empty(title, empty_text, "waterfall")
    total = Fraction(first.value) + sum((Fraction(s.value or 0) for s in steps), Fraction(0))
    if total != Fraction(last.value):
        raise ValueError("A waterfall's start and changes must add up to its end.")
    running: list[Number] = [Fraction(first.value)]
    for step in steps:
        running.append(Fraction(running[-1]) + Fraction(step.value or 0))
    scale = Scale.over(running, zero=False).padded(Fraction(1, 50))
    level, rows = Fraction(first.value), [_mark(first, scale)]
    for step in steps:
        bar, level, shape = _change(step, level, scale)
        rows.append(_row(step, _strip(bar), shape))
    rows.append(_mark(last, scale))
    key = key_of("waterfall", title, first, steps, last)
    said = described([first, *steps, last])
    hidden = picture(title, said, Markup(), key, width=1, height=1, class_="cw-said")
    table = data_table(
        title,
        (label or _("Difference"), unit or _("Figure")),
        [(p.label, p.said) for p in (first, *steps, last)],
    )
    listed = tag("ol", joined(rows), class_="cw-rank cw-rank--steps")
    return figure(title, hidden + listed, table, "waterfall", note)


def _mark(point: Point, scale: Scale) -> Markup:
    x = pct(scale(point.value or 0))
    body = tag("line", x1=x, x2=x, y1=0, y2=14, class_="c-end")
    return _row(point, _strip(body), kind="cw-rank__row--total")

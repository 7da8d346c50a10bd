"""Lines over time, with quiet bands and targets, and the sparkline beside a figure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from itertools import pairwise

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
    num,
    pct,
    picture,
    points_of,
    tag,
)

TOP, PLOT, FOOT = 26, 150, 26


class _Plot:
    """Where a value lies in the picture."""

    def __init__(self, scale: Scale, count: int) -> None:
        self.scale, self.count = scale, count

    def x(self, index: int) -> Fraction:
        """The share of the width."""
        return Fraction(2 * index + 1, 2 * self.count)

    def y(self, value: Number) -> Fraction:
        """Pixels from the top."""
        return TOP + PLOT * (1 - self.scale(value))


def _segments(points: Sequence[Point], plot: _Plot) -> list[Markup]:
    """The line; it breaks where data are missing."""
    parts: list[Markup] = []
    for index, (here, there) in enumerate(pairwise(points)):
        if here.value is None or there.value is None:
            continue
        parts.append(
            tag(
                "line",
                x1=pct(plot.x(index)),
                y1=num(plot.y(here.value)),
                x2=pct(plot.x(index + 1)),
                y2=num(plot.y(there.value)),
                class_="c-line",
            )
        )
    return parts


def _dots(points: Sequence[Point], plot: _Plot) -> list[Markup]:
    """The points, with the figure at the first, the last and the marked ones."""
    known = [i for i, p in enumerate(points) if p.value is not None]
    labels = [known[-1]]
    for index in [*(i for i in known if points[i].mark), known[0]]:
        if all(abs(index - other) >= 5 or index == other for other in labels):
            labels.append(index)
    if len(points) <= 4:
        labels = known
    parts: list[Markup] = []
    for index, point in enumerate(points):
        x = pct(plot.x(index))
        if point.value is None:
            parts.append(tag("text", "?", x=x, y=TOP + PLOT, text_anchor="middle", class_="c-foot"))
            continue
        y = plot.y(point.value)
        dot = tag(
            "circle",
            tag("title", f"{point.label}: {point.said}"),
            cx=x,
            cy=num(y),
            r=5 if point.mark or index == known[-1] else 3,
            class_="c-dot",
        )
        parts.append(dot)
        if index in labels:
            last = len(points) > 4 and index >= len(points) - 2
            first = len(points) > 4 and index <= 1
            anchor = "end" if last else "start" if first else "middle"
            place = (
                Fraction(index + 1, len(points))
                if last
                else Fraction(index, len(points))
                if first
                else plot.x(index)
            )
            parts.append(
                tag(
                    "text",
                    point.tight,
                    x=pct(place),
                    y=num(y - 11),
                    text_anchor=anchor,
                    class_="c-figure",
                )
            )
    return parts


def _frame(
    plot: _Plot, band: Sequence[Number] | None, target: Number | None, target_text: str
) -> list[Markup]:
    """Control band and target, quiet, behind the line."""
    parts: list[Markup] = []
    if band:
        top, bottom = plot.y(max(band)), plot.y(min(band))
        parts.append(
            tag("rect", x="0", y=num(top), width="100%", height=num(bottom - top), class_="c-band")
        )
    if target is not None:
        y = num(plot.y(target))
        parts.append(tag("line", x1="0", x2="100%", y1=y, y2=y, class_="c-target"))
        words = target_text or _("target")
        parts.append(tag("text", words, x="0", y=num(plot.y(target) + 16), class_="c-foot"))
    return parts


def line(
    title: str,
    data: Iterable[PointLike],
    *,
    label: str = "",
    unit: str = "",
    target: Number | None = None,
    target_text: str = "",
    band: Sequence[Number] | None = None,
    band_text: str = "",
    zero: bool = False,
    note: str = "",
    empty_text: str = "",
) -> Markup:
    """A line over time. `band` is (lower, upper) control limits, `target` a dashed line.

    The line breaks where data are missing and says “?” there. `zero` starts the scale at zero.
    """
    points = points_of(data)
    if not any(p.value is not None for p in points):
        return empty(title, empty_text, "line")
    values: list[Number] = [p.value for p in points if p.value is not None]
    values += [*(band or ()), *([target] if target is not None else [])]
    scale = Scale.over(values, zero=zero)
    plot = _Plot(scale if zero else scale.padded(Fraction(1, 10)), len(points))
    body = [*_frame(plot, band, target, target_text), *_segments(points, plot)]
    body += _dots(points, plot)
    foot = TOP + PLOT + 4
    body.append(tag("line", x1="0", x2="100%", y1=foot, y2=foot, class_="c-axis"))
    for index, point in enumerate(points):
        minor = len(points) > 8 and (len(points) - 1 - index) % 2 == 1
        body.append(
            tag(
                "text",
                point.label,
                x=pct(plot.x(index)),
                y=foot + 19,
                text_anchor="middle",
                class_="c-foot c-minor" if minor else "c-foot",
            )
        )
    said = described(points)
    if band_text:
        said += " " + band_text
    drawn = picture(
        title,
        said,
        joined(body),
        key_of("line", title, points, band, target),
        width="100%",
        height=foot + FOOT,
        class_="cw-svg",
    )
    table = data_table(
        title, (label or _("Month"), unit or _("Figure")), [(p.label, p.said) for p in points]
    )
    return figure(title, drawn, table, "line", note or band_text)


def sparkline(data: Iterable[PointLike], *, title: str = "") -> Markup:
    """A line as small as a word, beside the figure that it explains; `title` says its message."""
    points = points_of(data)
    known = [(i, p) for i, p in enumerate(points) if p.value is not None]
    if len(known) < 2:
        return Markup()
    scale = Scale.over((p.value for _i, p in known if p.value is not None), zero=False)
    step = Fraction(112, max(len(points) - 1, 1))
    spots = [(4 + step * i, 4 + 20 * (1 - scale(p.value or 0))) for i, p in known]
    path = "M" + "L".join(f"{num(x)} {num(y)}" for x, y in spots)
    end_x, end_y = spots[-1]
    body = tag("path", d=path, class_="c-line") + tag(
        "circle", cx=num(end_x), cy=num(end_y), r=3, class_="c-dot"
    )
    message = title or described(points)
    return picture(
        message,
        described(points),
        body,
        key_of("spark", title, points),
        viewBox="0 0 120 28",
        width=120,
        height=28,
        class_="cw-spark",
    )

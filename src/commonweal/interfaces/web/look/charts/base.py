"""What all charts share: points, exact scales, text, and the figure around the picture."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.utils.translation import gettext as _
from markupsafe import Markup, escape

Number = int | Decimal | Fraction


@dataclass(frozen=True)
class Point:
    """One figure of a chart.

    `value` sets the length (`None`: no data, which is said and never drawn as zero); `text` is
    the same figure as people read it, with its unit; `short` a shorter one for tight places.
    `mark` sets the point apart; `href` leads to its detail.
    """

    label: str
    value: Number | None
    text: str = ""
    short: str = ""
    mark: bool = False
    href: str = ""

    @property
    def said(self) -> str:
        """The figure in words, or that there is none."""
        if self.value is None:
            return _("no data")
        return self.text or str(self.value)

    @property
    def tight(self) -> str:
        """The figure for a tight place."""
        return self.short or self.said


PointLike = Point | Mapping[str, Any] | Sequence[Any]


def points_of(data: Iterable[PointLike]) -> list[Point]:
    """Points from points, mappings of their fields, or tuples (label, value, text, …)."""
    result: list[Point] = []
    for entry in data:
        if isinstance(entry, Point):
            point = entry
        elif isinstance(entry, Mapping):
            point = Point(**entry)
        else:
            point = Point(*entry)
        if isinstance(point.value, float):
            raise TypeError("Figures are exact: give an int, a Decimal or a Fraction.")
        result.append(point)
    return result


def num(value: Number) -> str:
    """A coordinate with two decimals at most; exact until here."""
    hundredths = round(Fraction(value) * 100)
    whole = Decimal(hundredths).scaleb(-2).normalize()
    return f"{whole:f}"


def pct(value: Number) -> str:
    """A share (1 = whole width) as an SVG percentage."""
    return num(Fraction(value) * 100) + "%"


@dataclass(frozen=True)
class Scale:
    """A linear scale from [low, high] to [0, 1]; a scale without length maps to its middle."""

    low: Fraction
    high: Fraction

    @classmethod
    def over(cls, values: Iterable[Number], *, zero: bool) -> Scale:
        """The scale over all values, reaching zero where bars start from it."""
        known = [Fraction(v) for v in values] or [Fraction(0)]
        if zero:
            known.append(Fraction(0))
        return cls(min(known), max(known))

    def padded(self, share: Fraction) -> Scale:
        """The scale with room at both ends."""
        room = (self.high - self.low) * share
        return Scale(self.low - room, self.high + room)

    def __call__(self, value: Number) -> Fraction:
        if self.high == self.low:
            return Fraction(1, 2)
        return (Fraction(value) - self.low) / (self.high - self.low)


def tag(name: str, body: str | Markup = "", **attributes: Any) -> Markup:
    """One element; `class_` is class, `text_anchor` is text-anchor; None leaves out."""
    parts = [
        Markup(' {}="{}"').format(key.rstrip("_").replace("_", "-"), value)
        for key, value in attributes.items()
        if value is not None
    ]
    return Markup("<{0}{1}>{2}</{0}>").format(Markup(name), Markup("").join(parts), escape(body))


def joined(parts: Iterable[Markup]) -> Markup:
    """Elements one after the other."""
    return Markup("").join(parts)


def key_of(*parts: object) -> str:
    """An id for this picture that is the same whenever its content is the same."""
    return "c" + hashlib.sha256(repr(parts).encode()).hexdigest()[:10]


def picture(title: str, description: str, body: Markup, key: str, **attributes: Any) -> Markup:
    """An SVG that reads as one image with a title and a description."""
    head = tag("title", title, id=f"{key}-t") + tag("desc", description, id=f"{key}-d")
    return tag(
        "svg",
        head + body,
        role="img",
        aria_labelledby=f"{key}-t {key}-d",
        focusable="false",
        **attributes,
    )


def data_table(title: str, headings: Sequence[str], rows: Iterable[Sequence[str]]) -> Markup:
    """The figures behind a picture, one click away."""
    head = joined(
        tag("th", h, scope="col", class_="cw-num" if i else None) for i, h in enumerate(headings)
    )
    body = joined(
        tag(
            "tr",
            joined(
                tag("td", cell, class_="cw-num") if i else tag("th", cell, scope="row")
                for i, cell in enumerate(row)
            ),
        )
        for row in rows
    )
    table = tag(
        "table",
        tag("caption", title, class_="govuk-visually-hidden")
        + tag("thead", tag("tr", head))
        + tag("tbody", body),
        class_="cw-data",
    )
    return tag(
        "details",
        tag("summary", _("Show the figures")) + table,
        class_="cw-details cw-details--data",
    )


def figure(title: str, body: Markup, table: Markup, kind: str, note: str = "") -> Markup:
    """Message, picture and figures together."""
    caption = tag("figcaption", title, class_="cw-chart__title")
    small = tag("p", note, class_="cw-chart__note") if note else Markup()
    return tag("figure", caption + body + small + table, class_=f"cw-chart cw-chart--{kind}")


def empty(title: str, text: str, kind: str) -> Markup:
    """A chart without a single figure says so, and draws nothing."""
    words = text or _("There are no figures for this yet.")
    return figure(title, tag("p", words, class_="cw-empty"), Markup(), kind)


def described(points: Sequence[Point]) -> str:
    """The picture in words: first, last, lowest and highest."""
    known = [p for p in points if p.value is not None]
    if not known:
        return _("No figures.")
    if len(points) <= 4:
        return "; ".join(f"{p.label}: {p.said}" for p in points) + "."
    low = min(known, key=lambda p: Fraction(p.value or 0))
    high = max(known, key=lambda p: Fraction(p.value or 0))
    return _(
        "%(count)s figures from %(first)s to %(last)s. Lowest %(low)s (%(low_label)s), "
        "highest %(high)s (%(high_label)s), last %(end)s."
    ) % {
        "count": len(points),
        "first": points[0].label,
        "last": points[-1].label,
        "low": low.said,
        "low_label": low.label,
        "high": high.said,
        "high_label": high.label,
        "end": points[-1].said,
    }

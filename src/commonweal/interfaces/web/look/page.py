"""What a layout needs to know about the page it frames, and the small records macros take."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from markupsafe import Markup


@dataclass(frozen=True)
class Link:
    """Words that lead somewhere. `current` marks the page or section the reader is in.

    `pages`: what a section at the top holds; it leads to the first of them.
    """

    label: str
    href: str
    current: bool = False
    pages: tuple[Link, ...] = ()


@dataclass(frozen=True)
class Page:
    """The frame of one page; every template finds it as `page`.

    `on_behalf` is the agency or centre the reader acts for, `period` the month the page is
    about, both in words. `languages` are (code, name) pairs offered in the footer. A page for
    citizens is a `door`: it speaks as one agency, whose `face` (party's Face) its footer shows.
    """

    centre: str = "Commonweal"
    on_behalf: str = ""
    period: str = ""
    nav: tuple[Link, ...] = ()
    person: str = ""
    home_href: str = "/"
    account_href: str = ""
    sign_in_href: str = ""
    sign_out_href: str = ""
    help_href: str = ""
    contact: str = ""
    contact_href: str = ""
    footer: tuple[Link, ...] = ()
    language: str = "en-us"
    languages: tuple[tuple[str, str], ...] = ()
    language_href: str = ""
    notice: str = ""
    door: bool = False
    face: Any = None
    privacy_href: str = ""


@dataclass(frozen=True)
class Column:
    """One column of `table`. `format` is a filter's name; figures are aligned right.

    `nowrap` keeps numbers of bills and orders on one line; `words` lets figures that carry words
    (`334,390.8 gigabyte-months`) break between them. `why` keeps room for the mark beside a figure
    in every row, the heading and the total, so that figures stand in line. `wide` is the column's
    share of the table, in percent (15, 20, 25, 40), for tables below one another to agree.
    """

    key: str
    label: str
    format: str = ""
    currency: str = "USD"
    numeric: bool = False
    sort_href: str = ""
    sorted: str = ""
    zone: str = "UTC"
    nowrap: bool = False
    words: bool = False
    why: bool = False
    wide: int = 0


def col(key: str, label: str, format: str = "", **options: Any) -> Column:
    """A column: `col("total", _("Total (USD)"), "amount")`."""
    numeric = options.pop("numeric", format in {"money", "amount", "rate", "quantity", "percent"})
    return Column(key, label, format, numeric=numeric, **options)


@dataclass(frozen=True)
class Item:
    """One row of `summary_list`, with an action where `href` is given."""

    label: str
    value: str | Markup
    href: str = ""
    action: str = ""


@dataclass(frozen=True)
class Step:
    """One step of long work. `state`: done, doing, waiting, failed or stopped."""

    label: str
    state: str = "waiting"
    time: str = ""
    note: str = ""
    href: str = ""


@dataclass(frozen=True)
class Stat:
    """One figure of `stats`: what it is, the figure, and what it means in a few words."""

    label: str
    figure: str
    note: str = ""
    href: str = ""
    status: str = ""
    why: str = ""
    picture: Markup = field(default_factory=Markup)


@dataclass(frozen=True)
class Problem:
    """One entry of `error_summary`: the message and the id of the field it is about."""

    text: str
    field: str = ""
    code: str = ""

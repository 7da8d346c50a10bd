"""The Jinja environment of every page: strict, escaped, translated, with our filters."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from django.templatetags.static import static
from django.urls import reverse
from django.utils import translation
from jinja2 import Environment, StrictUndefined, pass_environment
from markupsafe import Markup

from commonweal.kernel.words.public import FILTERS, told

from . import charts
from .page import Column, Item, Link, Page, Problem, Stat, Step, col

# What a page has when its view and the context processor say nothing of it.
DEFAULTS: dict[str, Any] = {"page": Page(), "errors": (), "messages": ()}


_MINUS = re.compile("\N{MINUS SIGN}(?=[^\\d\\s\N{WORD JOINER}])")


def whole(value: Any) -> Any:
    """What is printed, with each minus held to its currency sign: no line ends between them."""
    if isinstance(value, str) and "\N{MINUS SIGN}" in value:
        return type(value)(_MINUS.sub("\N{MINUS SIGN}\N{WORD JOINER}", value))
    return value


def url(name: str, *args: Any, **kwargs: Any) -> str:
    """The address of a named route."""
    return reverse(name, args=args or None, kwargs=kwargs or None)


@pass_environment
def shown(env: Environment, value: Any, column: Column) -> Any:
    """A table cell's value through its column's filter; markup and words pass unchanged."""
    if not column.format or hasattr(value, "__html__"):
        return "" if value is None else value
    if isinstance(value, str) and column.format in {"money", "amount", "day", "moment", "when"}:
        return value
    if column.format in {"money", "amount", "rate"}:
        return env.filters[column.format](value, column.currency)
    if column.format in {"moment", "when", "clock"}:
        return env.filters[column.format](value, column.zone)
    return env.filters[column.format](value)


@cache
def looked_up(language: str, text: str) -> Markup:
    """A template's own words in a language; catalogues do not change while a process runs."""
    return Markup(translation.gettext(text))


def said(text: str, /, **values: Any) -> Markup:
    """A template's own words in the reader's language; values are escaped. The same words stand on
    a page hundreds of times: each is looked up once."""
    words = looked_up(translation.get_language() or "", text)
    return words % values if values or "%" in words else words


def environment(**options: Any) -> Environment:
    """What Django's Jinja2 backend calls once, with its options."""
    options["undefined"] = StrictUndefined
    options.setdefault("autoescape", True)
    options.setdefault("trim_blocks", True)
    options.setdefault("lstrip_blocks", True)
    extensions = [*options.pop("extensions", []), "jinja2.ext.i18n", "jinja2.ext.do"]
    env = Environment(extensions=extensions, finalize=whole, **options)
    env.install_gettext_translations(translation, newstyle=True)  # type: ignore[attr-defined]
    env.globals.update(gettext=said, _=said)
    env.filters.update(FILTERS, shown=shown, told=told)
    env.globals.update(
        static=static,
        url=url,
        **DEFAULTS,
        col=col,
        item=Item,
        link=Link,
        step=Step,
        stat=Stat,
        problem=Problem,
        point=charts.Point,
        chart_bars=charts.bars,
        chart_line=charts.line,
        sparkline=charts.sparkline,
        chart_ranking=charts.ranking,
        chart_waterfall=charts.waterfall,
        chart_flow=charts.flow,
    )
    return env

"""What the set-up pages share: a form is data, a page is its sections; two templates draw both."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse

from ..centre.base import attempt, show
from ..lists import Pages
from ..look.page import Column, Item, Link, Problem
from ..requests import Asked

Options = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Field:
    """One question of a form.

    `kind`: text, mail, number, area, day, select, ticks or tick. `codes`: the errors that are
    about this field, so that the summary leads to it. `fixed`: shown, never changed.
    """

    name: str
    label: str
    kind: str = "text"
    hint: str = ""
    options: Options = ()
    width: str = ""
    codes: tuple[str, ...] = ()
    fixed: bool = False


@dataclass(frozen=True)
class Form:
    """A page with one form: `values` are what stands in it before anything is typed."""

    title: str
    button: str
    fields: Sequence[Field]
    back: Link
    values: Mapping[str, Any] = field(default_factory=dict)
    intro: str = ""
    warning: str = ""


@dataclass(frozen=True)
class Row:
    """One row of a section: cells by column; `href` opens it. `act` is (value, button) of a
    small form that sends `do` and `id`. `tag` is the state as (kind, words)."""

    cells: Mapping[str, Any]
    href: str = ""
    tag: tuple[str, str] = ("", "")
    act: tuple[str, str] = ("", "")
    id: str = ""


@dataclass(frozen=True)
class Section:
    """A table of a page with the way to add to it."""

    heading: str
    columns: Sequence[Column]
    rows: Sequence[Row]
    empty: str
    add: Link | None = None
    pages: Pages | None = None
    hidden: bool = False


@dataclass(frozen=True)
class Sheet:
    """A page about one thing or one list."""

    title: str
    sections: Sequence[Section] = ()
    back: Link | None = None
    tabs: Sequence[Link] = ()
    intro: str = ""
    facts: Sequence[Item] = ()
    acts: Sequence[Link] = ()
    act_kind: str = "primary"


def to(name: str, *args: Any) -> str:
    """The address of a set-up page, or of another room's page by its full name."""
    return reverse(name if ":" in name else f"setup:{name}", args=args)


def saved(request: Asked, words: str, href: str) -> HttpResponseRedirect:
    """Say what was done, on the page that shows it."""
    messages.success(request, words)
    return HttpResponseRedirect(href)


def sheet(request: Asked, page: Sheet, errors: tuple[Problem, ...] = ()) -> HttpResponse:
    """A page of facts and tables."""
    return show(request, "setup/sheet.jinja", {"sheet": page}, errors)


def ask(
    request: Asked,
    form: Form,
    write: Callable[[], Any],
    words: str,
    href: str | Callable[[Any], str],
) -> HttpResponse:
    """Show a form; when it is sent, write and go on to the page that shows what was written.

    `href` may ask what was written for its address. What was typed stays after an error.
    """
    errors: tuple[Problem, ...] = ()
    if request.method == "POST":
        made: list[Any] = []
        errors = attempt(lambda: made.append(write()))
        if not errors:
            return saved(request, words, href if isinstance(href, str) else href(made[0]))
    errors = tuple(placed(form, each) for each in errors)
    context = {
        "form": form,
        "values": typed(request, form) if request.method == "POST" else form.values,
        "beside": {each.field: each.text for each in errors if each.field},
    }
    return show(request, "setup/form.jinja", context, errors)


def typed(request: Asked, form: Form) -> dict[str, Any]:
    """What was typed, by field; boxes that may be ticked together as a list."""
    return {
        each.name: request.POST.getlist(each.name)
        if each.kind == "ticks"
        else form.values.get(each.name, "")
        if each.fixed
        else request.POST.get(each.name, "")
        for each in form.fields
    }


def placed(form: Form, problem: Problem) -> Problem:
    """An error beside the field that it is about."""
    if problem.field:
        return problem
    about = [each.name for each in form.fields if problem.code in each.codes]
    return replace(problem, field=about[0]) if about else problem

"""A language that nobody speaks, for finding text that nobody translates.

Each string of a catalogue reads `⟦Ýóúŕ bílls⟧` in it. What stands on a page outside ⟦ ⟧ and is
no datum (a name, a code, a figure, a day) was never marked for translation.
"""

from __future__ import annotations

import gettext
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import pytest
from django.apps import apps
from django.db.models import CharField, JSONField, Model, TextField
from django.utils.translation import trans_real

from commonweal.interfaces.web.look import jinja
from commonweal.kernel.access.public import SYSTEM, Role, act_as
from commonweal.ops import messages
from commonweal.practices.charging.domain.cost_terms import VOCABULARY

CODE = "en-gb"
"""The language whose place the pseudo-language takes: its dates and figures stay English."""
ACCENTS = str.maketrans("AEIOUYaeiouyn", "ÁÉÍÓÚÝáéíóúýñ")
OPEN, SHUT = "⟦", "⟧"
_KEPT = re.compile(r"(%\(\w+\)[a-z]|\{\w*\}|<[^>]*>|&\w+;|%%)")
_DAYS = (
    "January February March April May June July August September October November December Jan Feb "
    "Mar Apr Jun Jul Aug Sept Sep Oct Nov Dec UTC Central Standard Daylight Time kB MB USD"
)


def accented(text: str) -> str:
    """A string as the pseudo-language says it; placeholders and tags stay as they are."""
    parts = _KEPT.split(text)
    said = [part if _KEPT.fullmatch(part) else part.translate(ACCENTS) for part in parts]
    return OPEN + "".join(said) + SHUT


class Pseudo(gettext.NullTranslations):
    """Says every string that some catalogue has, ours or a library's, in the pseudo-language."""

    def __init__(self) -> None:
        super().__init__()
        theirs = trans_real.DjangoTranslation("es")
        self.known = {key[0] if isinstance(key, tuple) else key for key in _keys(theirs)}
        for message in messages.catalogue("es"):
            self.known.update(messages.texts(message.id))

    def language(self) -> str:
        """Django asks for it."""
        return CODE

    def to_language(self) -> str:
        """Django asks for it."""
        return CODE

    def gettext(self, message: str) -> str:
        """The string in ⟦ ⟧, or as it is if no catalogue has it."""
        return accented(message) if message in self.known else message

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        """Singular or plural, in ⟦ ⟧."""
        return self.gettext(msgid1 if n == 1 else msgid2)

    def pgettext(self, context: str, message: str) -> str:
        """A string with a context."""
        return self.gettext(message)


def _keys(translation: Any) -> Iterator[Any]:
    for catalogue in translation._catalog._catalogs:
        yield from catalogue


def speak(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the pseudo-language take its place until the test ends."""
    jinja.looked_up.cache_clear()
    monkeypatch.setitem(trans_real._translations, CODE, Pseudo())
    monkeypatch.setattr(jinja, "looked_up", jinja.looked_up.__wrapped__)


class _Reader(HTMLParser):
    """Collects what a reader sees or hears of a page outside ⟦ ⟧."""

    SILENT = {"script", "style", "template", "code", "pre"}
    SAID = {"aria-label", "alt", "title", "placeholder", "aria-description", "data-label"}

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.silent = 0
        self.depth = 0
        self.drawn = False
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.silent += tag in self.SILENT
        self.drawn = tag == "tspan"
        for name, value in attrs:
            if name in self.SAID and value:
                kept, self.depth = self.depth, 0
                self.handle_data(value)
                self.depth = kept

    def handle_endtag(self, tag: str) -> None:
        self.silent -= tag in self.SILENT

    def handle_data(self, data: str) -> None:
        if self.silent:
            return
        outside = [" "] if self.drawn else []
        for char in data:
            self.depth += (char == OPEN) - (char == SHUT)
            outside.append(char if not self.depth and char != SHUT else "\n")
        if self.drawn and self.found:
            self.found[-1] += "".join(outside)  # a drawing breaks long names over its lines
        else:
            self.found.append("".join(outside))
        self.drawn = False


def _columns() -> Iterator[tuple[type[Model], str]]:
    """The columns that hold what people wrote; states and kinds are the program's own words."""
    for model in apps.get_models():
        for field in model._meta.get_fields():
            written = isinstance(field, CharField | TextField | JSONField) and not field.choices
            if written and field.name not in {"state", "kind", "basis", "verb", "method"}:
                yield model, field.name


def vocabulary() -> list[str]:
    """Every text that the world's tables hold, longest first: names, codes, what people wrote.

    What the program itself wrote there is no datum, for pages must say it translated: names of
    roles, and texts of three words or more that a catalogue has.
    """
    found = {"English (US)", "English (UK)", "Español", "Commonweal", "CSV", "PDF", "API"}
    # The federal taxonomy's own words: data that a centre may replace by its own.
    found |= {term for terms in VOCABULARY.values() for _code, term in terms}
    found.add("channel: phone")  # a dimension of the usage records, which lie in files
    with act_as(SYSTEM):
        for model, field in _columns():
            for value in model._default_manager.values_list(field, flat=True).distinct():
                found.update(_words_in(value))
        ours = set(Role.objects.values_list("name", flat=True))
    ours |= {text for text in found & Pseudo().known if text.count(" ") > 1}
    data = (text for text in found - ours if re.search(r"[^\W\d_]", text))
    return sorted(data, key=len, reverse=True)


def _words_in(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield " ".join(value.split())
        yield from (" ".join(line.split()) for line in value.splitlines() if " " in line)
    elif isinstance(value, dict):
        for name, each in value.items():
            yield name
            yield from _words_in(each)
    elif isinstance(value, list):
        for each in value:
            yield from _words_in(each)


def untranslated(page: str, known: list[str]) -> list[str]:
    """The texts of a page that are neither in ⟦ ⟧ nor data."""
    reader = _Reader()
    reader.feed(page)
    found = []
    for piece in (line for text in reader.found for line in text.split("\n")):
        left = " ".join(piece.split())
        if not re.search(r"[^\W\d_]{2}", left):
            continue
        left = re.sub(r"\S*(@|[^\W\d]\.[^\W\d])\S*", " ", left)
        for datum in known:
            if datum in left:
                left = re.sub(rf"(?<!\w){re.escape(datum)}(?!\w)", " ", left)
        left = re.sub(r"\S*\d\S*", " ", left)
        words = [word for word in re.findall(r"[^\W\d_]{2,}", left) if word not in _DAYS.split()]
        if words:
            found.append(" ".join(piece.split()))
    return found

"""Finished sentences in the reader's language.

Pure code raises errors in plain English with their values filled in, and some are kept in tables
(why a row was refused, why a close stopped). The catalogues hold each such sentence with its
values named, `There is no agency “{value}”.`; here the finished sentence finds its entry again.
"""

from __future__ import annotations

import re
import string
from functools import cache
from pathlib import Path

from babel.messages.mofile import read_mo
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

OURS = {"state", "to", "what", "words", "end"}
"""Values that are words of the program; any other is a datum and stays as it is."""
PREFIXES = (gettext_noop("Row {row}: {sentence}"), gettext_noop("Record {row}: {sentence}"))
STATES = (
    gettext_noop("active"), gettext_noop("approved"), gettext_noop("cancelled"),
    gettext_noop("closed"), gettext_noop("dead"), gettext_noop("discarded"), gettext_noop("done"),
    gettext_noop("draft"), gettext_noop("ended"), gettext_noop("failed"), gettext_noop("issued"),
    gettext_noop("open"), gettext_noop("proposed"), gettext_noop("queued"),
    gettext_noop("rejected"), gettext_noop("released"), gettext_noop("running"),
    gettext_noop("sent"), gettext_noop("signed"), gettext_noop("superseded"),
    gettext_noop("suppressed"), gettext_noop("withdrawn"), gettext_noop("waits"),
    gettext_noop("is called"), gettext_noop("is being served"), gettext_noop("is on hold"),
    gettext_noop("is done"), gettext_noop("did not come"),
)  # fmt: skip


def told(text: str) -> str:
    """The sentence in the reader's language; as it is where no catalogue has it."""
    if not text:
        return ""
    if found := _found(text):
        return found
    # What stands inside a longer sentence begins small; alone, it begins with a capital letter.
    if text[0].isupper() and (found := _found(text[0].lower() + text[1:])):
        return found[0].upper() + found[1:]
    return text


def _found(text: str) -> str:
    said = _(text)
    if said != text:
        return said
    for shape, pattern in _shapes():
        if match := pattern.fullmatch(text):
            said = _(shape)
            if said != shape:
                values = {name: _value(name, value) for name, value in match.groupdict().items()}
                return said.format(**values)
    return ""


def _value(name: str, text: str) -> str:
    """A value that is itself a sentence (`Row 3: quantity is empty. …`) is told too."""
    ours = name in OURS or (" " in text and text.endswith("."))
    return told(text) if ours else text


@cache
def _shapes() -> list[tuple[str, re.Pattern[str]]]:
    """Every sentence with values of the catalogues, those with the most words of their own first:
    a sentence of two values and a colon would else swallow all others."""
    found: dict[str, tuple[int, re.Pattern[str]]] = {}
    for folder in settings.LOCALE_PATHS:
        for path in sorted(Path(folder).glob("*/LC_MESSAGES/django.mo")):
            with path.open("rb") as compiled:
                texts = [entry.id for entry in read_mo(compiled) if isinstance(entry.id, str)]
            found.update((text, _pattern(text)) for text in texts if "{" in text)
    return [(text, found[text][1]) for text in sorted(found, key=lambda text: -found[text][0])]


def _pattern(text: str) -> tuple[int, re.Pattern[str]]:
    """How many letters of a sentence are its own, and what its finished forms look like."""
    own, parts, named = 0, [], set()
    for literal, name, _spec, _kind in string.Formatter().parse(text):
        own += len(literal)
        parts.append(re.escape(literal))
        if name:
            parts.append(f"(?P={name})" if name in named else f"(?P<{name}>.*?)")
            named.add(name)
    return own, re.compile("".join(parts), re.DOTALL)

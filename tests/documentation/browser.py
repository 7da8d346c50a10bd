"""A browser without scripts: opens a page, fills fields by their labels, chooses by words."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

from django.test import Client

TOKEN = re.compile(
    r"<(?P<address>https?://[^>]+)>"
    r"|\*\*(?P<words>[^*]+)\*\*(?P<gap>:? )?(?:`(?P<value>[^`]+)`)?"
    r"|“(?P<seen>[^”]+)”"
)


@dataclass
class Form:
    """A form: where it goes, what it sends, and the words of its fields and buttons."""

    action: str
    method: str
    values: dict[str, list[str]] = field(default_factory=dict)
    files: dict[str, Path] = field(default_factory=dict)
    labels: list[tuple[str, str]] = field(default_factory=list)
    """(words of a label, id of its field)."""
    fields: dict[str, tuple[str, str, str]] = field(default_factory=dict)
    """Id of a field → (name, type, value)."""
    buttons: list[tuple[str, str, str]] = field(default_factory=list)
    """(words, name, value)."""
    options: dict[tuple[str, str], str] = field(default_factory=dict)
    """(name of a list, words of an option) → value."""


class Reader(HTMLParser):
    """The links, forms and words of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[tuple[str, str]] = []
        self.forms: list[Form] = []
        self.words: list[str] = []
        self._open: list[tuple[str, dict[str, str], int]] = []
        self._form: Form | None = None
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._form = Form(given.get("action", ""), given.get("method", "get").lower())
            self.forms.append(self._form)
        elif tag == "input":
            self._input(given)
        elif tag in ("a", "label", "button", "option", "textarea", "script", "style"):
            self._open.append((tag, given, len(self.words)))
        elif tag == "select" and self._form is not None:
            self._select = given.get("name", "")
            self._form.fields[given.get("id", "")] = (self._select, "select", "")

    def _input(self, given: dict[str, str]) -> None:
        if self._form is None:
            return
        kind, name = given.get("type", "text"), given.get("name", "")
        self._form.fields[given.get("id", "")] = (name, kind, given.get("value", ""))
        if kind in ("radio", "checkbox"):
            if "checked" in given:
                self._form.values.setdefault(name, []).append(given.get("value", ""))
        elif kind != "file":
            self._form.values[name] = [given.get("value", "")]

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        if not self._open or self._open[-1][0] != tag:
            return
        _, given, since = self._open.pop()
        said = plain(" ".join(self.words[since:]))
        if tag in ("script", "style"):
            del self.words[since:]
        elif tag == "a":
            self.links.append((said, given.get("href", "")))
        elif self._form is not None:
            self._part(tag, given, said)

    def _part(self, tag: str, given: dict[str, str], said: str) -> None:
        form = self._form
        assert form is not None
        if tag == "label":
            form.labels.append((said, given.get("for", "")))
        elif tag == "button":
            form.buttons.append((said, given.get("name", ""), given.get("value", "")))
        elif tag == "textarea":
            form.fields[given.get("id", "")] = (given.get("name", ""), "textarea", "")
            form.values[given.get("name", "")] = [said]
        elif tag == "option":
            value = given.get("value", said)
            form.options[self._select, said] = value
            if "selected" in given or self._select not in form.values:
                form.values[self._select] = [value]

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def plain(text: str) -> str:
    """Words with single plain spaces."""
    return re.sub(r"\s+", " ", html.unescape(text).replace("\N{NO-BREAK SPACE}", " ")).strip()


def best(words: str, found: list[str]) -> int | None:
    """The place of the text that is the words, else begins with them, else holds them."""
    tests = (str.__eq__, str.startswith, str.__contains__)
    for fits in tests:
        for place, text in enumerate(found):
            if fits(text, words):
                return place
    return None


class Browser:
    """What a reader of the documentation sees and does."""

    def __init__(self, folder: Path) -> None:
        self.client, self.folder = Client(), folder
        self.address = "/"
        self.page = Reader()
        self.body = b""
        self.work: Callable[[], Any] = bool
        """What the worker of a server that runs does after each thing sent."""
        self.known: Callable[[str], str] = str
        """What the reader knows by now: a printed password, the link of a letter."""

    def follow(self, step: str) -> None:
        """Do what one step of a page says."""
        for token in TOKEN.finditer(step):
            if token["address"]:
                parts = urlsplit(self.known(token["address"]))
                self.open(parts.path + (f"?{parts.query}" if parts.query else ""))
            elif token["seen"]:
                self.see(token["seen"])
            elif token["value"]:
                self.fill(token["words"], self.known(token["value"]))
            else:
                self.choose(token["words"])

    @property
    def text(self) -> str:
        """What the page says."""
        return plain(" ".join(self.page.words))

    def open(self, address: str) -> None:
        """Go to an address."""
        self._show(self.client.get(address, follow=True), address)

    def see(self, words: str) -> None:
        """The words are on the page."""
        said = self.text.replace(" ", "")
        for part in words.split("…"):
            assert part.replace(" ", "") in said, (
                f"“{words}” is not on {self.address}:\n{self.text}"
            )

    def fill(self, label: str, value: str) -> None:
        """Fill in the field of a label; choose from a list or among several; name a file."""
        for form in self.page.forms:
            place = best(label, [said for said, _ in form.labels])
            if place is None:
                continue
            name, kind, own = form.fields[form.labels[place][1]]
            if kind == "file":
                form.files[name] = self.folder / value
            elif kind == "select":
                words = [said for of, said in form.options if of == name]
                found = best(value, words)
                assert found is not None, f"no choice “{value}” in {words}"
                form.values[name] = [form.options[name, words[found]]]
            elif kind in ("radio", "checkbox"):
                form.values[name] = [own]
            else:
                form.values[name] = [value]
            return
        raise AssertionError(f"no field “{label}” on {self.address}:\n{self.text}")

    def choose(self, words: str) -> None:
        """A button, a link, a tick box or one of several, by its words."""
        for form in self.page.forms:
            place = best(words, [said for said, _, _ in form.buttons])
            if place is not None:
                return self._send(form, *form.buttons[place][1:])
        place = best(words, [said for said, _ in self.page.links])
        if place is not None:
            href = self.page.links[place][1]
            if href.startswith("#"):
                return None
            return self.open(urljoin(self.address, href))
        for form in self.page.forms:
            place = best(words, [said for said, _ in form.labels])
            if place is not None:
                name, kind, own = form.fields[form.labels[place][1]]
                if kind in ("radio", "checkbox"):
                    kept = form.values.get(name, []) if kind == "checkbox" else []
                    form.values[name] = [*kept, own]
                    return None
        raise AssertionError(f"nothing to choose “{words}” on {self.address}:\n{self.text}")

    def _send(self, form: Form, name: str, value: str) -> None:
        data: dict[str, Any] = {**form.values, **({name: [value]} if name else {})}
        where = urljoin(self.address, form.action or self.address)
        if form.method == "get":
            return self._show(self.client.get(where, data, follow=True), where)
        streams = {field: path.open("rb") for field, path in form.files.items()}
        try:
            self._show(self.client.post(where, {**data, **streams}, follow=True), where)
            self.work()
        finally:
            for stream in streams.values():
                stream.close()
        return None

    def _show(self, response: Any, asked: str) -> None:
        chain = getattr(response, "redirect_chain", None)
        self.body = b"".join(response) if response.streaming else response.content
        if response.status_code != 200:
            self.page = Reader()
            self.page.feed(self.body.decode(errors="replace"))
            raise AssertionError(f"{asked}: status {response.status_code}\n{self.text}")
        if not response.headers.get("Content-Type", "").startswith("text/html"):
            name = re.search(r'filename="([^"]+)"', response.headers.get("Content-Disposition", ""))
            (self.folder / (name[1] if name else Path(asked).name)).write_bytes(self.body)
            return
        self.address = chain[-1][0] if chain else asked
        self.page = Reader()
        self.page.feed(self.body.decode())

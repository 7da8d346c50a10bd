"""The catalogues of words: found in the code, kept in step, compiled, examined.

    python -m commonweal.ops.messages extract|update|compile|check

`extract` counts the strings; `update` brings each catalogue in step with the code (new strings
appear untranslated, strings that nobody uses any more go); `compile` writes what the running
program reads; `check` changes nothing and returns 1 where a catalogue is behind. A checkout runs
without a build step, so catalogues are committed in both forms.
"""

from __future__ import annotations

import re
import string
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.mofile import read_mo, write_mo
from babel.messages.pofile import read_po, write_po

PACKAGE = Path(__file__).resolve().parents[1]
LOCALE = PACKAGE / "locale"
LANGUAGES = ("en_GB", "es")
COMPLETE = ("es",)
"""The languages that promise a translation of every string; `check` holds them to it.

The strings of the code are in the centre's own English. `en_GB` holds only what is spelled
another way there, so most of its entries stay empty.
"""

KEYWORDS = {**DEFAULT_KEYWORDS, "gettext_noop": None, "gettext_lazy": None, "ngettext_lazy": (1, 2)}
# Committed files carry no clock: the same words give the same bytes.
STAMP = datetime(2026, 1, 1, tzinfo=UTC)
_UNREAD = {"__pycache__", "migrations", "tests", "locale", "static", "demo"}


def _read(folder: str) -> bool:
    return Path(folder).name not in _UNREAD


def extract() -> Catalog:
    """Every string that the code marks for translation, with the files that use it."""
    with (PACKAGE.parents[1] / "babel.cfg").open(encoding="utf-8") as config:
        methods, options = parse_mapping_cfg(config)
    found = _catalogue(None)
    for name, _line, text, comments, context in extract_from_dir(
        PACKAGE, methods, options, KEYWORDS, directory_filter=_read
    ):
        found.add(text, None, [(name, None)], auto_comments=comments, context=context)
    return found


def _catalogue(language: str | None) -> Catalog:
    return Catalog(
        locale=language,
        domain="django",
        project="Commonweal",
        version="1",
        header_comment="# The words of Commonweal. Kept by `python -m commonweal.ops.messages`.",
        copyright_holder="The Commonweal authors",
        msgid_bugs_address="the project's issue list",
        creation_date=STAMP,
        revision_date=STAMP,
        last_translator="The Commonweal authors",
        language_team="The Commonweal authors",
        charset="utf-8",
        fuzzy=False,
    )


def path(language: str, kind: str = "po") -> Path:
    """Where a language's catalogue lies; `kind` is "po" (words to edit) or "mo" (compiled)."""
    return LOCALE / language / "LC_MESSAGES" / f"django.{kind}"


def catalogue(language: str) -> Catalog:
    """The catalogue as it is kept; empty where there is none yet."""
    made = _catalogue(language)
    if path(language).is_file():
        with path(language).open("rb") as kept:
            for message in read_po(kept, locale=language):
                if message.id:
                    made[message.id] = message
    return made


def in_step(language: str, found: Catalog) -> bytes:
    """The catalogue's file with exactly the strings of `found`, in their order by file."""
    kept, made = catalogue(language), _catalogue(language)
    for message in found:
        if message.id:
            old = kept.get(message.id, message.context)
            said = old.string if old and _same_shape(old, message) else None
            made.add(message.id, said, message.locations, message.flags, context=message.context)
    out = BytesIO()
    write_po(out, made, width=100, sort_by_file=True, include_lineno=False, ignore_obsolete=True)
    return re.sub(rb'^"Generated-By: .*\n', b"", out.getvalue(), flags=re.MULTILINE)


def _same_shape(old: Message, new: Message) -> bool:
    return bool(old.pluralizable == new.pluralizable and old.id == new.id)


def update() -> None:
    """Bring every catalogue in step with the code."""
    found = extract()
    for language in LANGUAGES:
        data = in_step(language, found)
        path(language).parent.mkdir(parents=True, exist_ok=True)
        path(language).write_bytes(data)


def compiled(language: str) -> bytes:
    """What the running program reads of a catalogue."""
    out = BytesIO()
    write_mo(out, catalogue(language))
    return out.getvalue()


def compile_all() -> None:
    """Write the compiled form of every catalogue."""
    for language in LANGUAGES:
        path(language, "mo").write_bytes(compiled(language))


def texts(value: Any) -> tuple[str, ...]:
    """Singular and plural of a string, or the one text it is."""
    return tuple(value) if isinstance(value, tuple | list) else (value,)


def untranslated(language: str) -> list[Message]:
    """The strings that a language has no words for yet."""
    return [m for m in catalogue(language) if m.id and not all(texts(m.string))]


def _places(text: str) -> set[str]:
    """What a string leaves open: `%(name)s`, and `{name}` of messages."""
    found = set(re.findall(r"%\(\w+\)[a-z]", text))
    if "%(" not in text and "{" in text:
        found |= {f"{{{name}}}" for _, name, _, _ in string.Formatter().parse(text) if name}
    return found


def _tags(text: str) -> list[str]:
    return sorted(re.findall(r"</?[a-z]+", text))


def wrong_places(language: str) -> Iterator[str]:
    """Translations that lose, add or misspell a placeholder or a tag of their string.

    A singular may leave a placeholder out ("one line"), but none may be made up.
    """
    for message in catalogue(language):
        if not message.id:
            continue
        asked = {place for text in texts(message.id) for place in _places(text)}
        for number, said in enumerate(texts(message.string)):
            if not said:
                continue
            lost = asked - _places(said) if not message.pluralizable else set()
            if _places(said) - asked or lost:
                yield f"{texts(message.id)[0]!r}: {sorted(asked)} became {sorted(_places(said))}"
            model = texts(message.id)[min(number, len(texts(message.id)) - 1)]
            if _tags(said) != _tags(model):
                yield f"{model!r}: its tags are not those of {said!r}"


def behind(language: str, found: Catalog) -> list[str]:
    """What is not as it should be with a language's catalogue, in words; empty when all is well."""
    said = []
    if not path(language).is_file() or path(language).read_bytes() != in_step(language, found):
        said.append(f"{language}: the strings of the code have changed. Run `update`.")
    kept = path(language, "mo")
    if not kept.is_file() or _spoken(kept) != _spoken(compiled(language)):
        said.append(f"{language}: the compiled catalogue is old. Run `compile`.")
    said += [f"{language}: {problem}" for problem in wrong_places(language)]
    if language in COMPLETE:
        said += [f"{language}: not translated: {texts(m.id)[0]!r}" for m in untranslated(language)]
    return said


def _spoken(source: Path | bytes) -> dict[Any, Any]:
    data = source.read_bytes() if isinstance(source, Path) else source
    return {(texts(m.id), m.context): m.string for m in read_mo(BytesIO(data)) if m.id}


def main(arguments: Sequence[str]) -> int:
    """Do one of the four verbs. Returns 1 when `check` finds something, 2 for an unknown verb."""
    verb = arguments[0] if len(arguments) == 1 else ""
    if verb == "extract":
        print(f"{len(extract())} strings")
    elif verb == "update":
        update()
    elif verb == "compile":
        compile_all()
    elif verb == "check":
        found = extract()
        problems = [line for language in LANGUAGES for line in behind(language, found)]
        print("\n".join(problems) or "Every catalogue is in step.")
        return 1 if problems else 0
    else:
        print("Usage: python -m commonweal.ops.messages extract|update|compile|check")
        return 2
    for language in LANGUAGES if verb == "update" else ():
        print(f"{language}: {len(untranslated(language))} strings are not translated")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))

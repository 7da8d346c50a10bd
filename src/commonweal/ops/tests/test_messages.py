"""The catalogues: in step with the code, complete where promised, safe to fill in."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pytest

from commonweal.ops import messages
from commonweal.ops.messages import announced, behind, extract, main, texts, wrong_places


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of catalogues of our own, so that a test may spoil them."""
    monkeypatch.setattr(messages, "LOCALE", tmp_path)
    return tmp_path


@pytest.mark.parametrize("language", messages.LANGUAGES)
def test_every_catalogue_is_in_step_with_the_code(language: str) -> None:
    """If this fails, run `python -m commonweal.ops.messages update`, translate, then `compile`."""
    assert behind(language, extract()) == []


def test_the_templates_of_every_door_are_read() -> None:
    found = {
        Path(name).parts[2] for m in extract() for name, _ in m.locations if "templates" in name
    }
    assert found >= {"account", "agency", "centre", "look", "public"}


def test_words_that_pure_code_declares_are_found() -> None:
    code = b"""
MANIFEST = Manifest(name="desk", permissions={"desk.see": "See cases"}, roles={"x": ["desk.see"]})
STEPS = (StepRule("freeze", "Freeze usage", "It stops counting."),)
FIELDS: dict[str, str] = {"day": "the day"}
OTHER = {"no": "not a word"}
"""
    said = {text for _line, _kind, text, _notes in announced(BytesIO(code), (), (), {})}
    assert said == {"Desk", "See cases", "Freeze usage", "It stops counting.", "the day"}


def test_update_keeps_translations_and_drops_what_nobody_says(kept: Path) -> None:
    messages.update()
    file = messages.path("es")
    one = next(m for m in messages.catalogue("es") if m.id == "Sign in")
    assert not one.string
    old = 'msgid "Sign in"\nmsgstr ""'
    new = 'msgid "Sign in"\nmsgstr "Entrar"\n\nmsgid "Gone"\nmsgstr "Ida"'
    file.write_text(file.read_text().replace(old, new))
    messages.update()
    assert {texts(m.id)[0]: m.string for m in messages.catalogue("es")}["Sign in"] == "Entrar"
    assert "Gone" not in file.read_text()
    first = file.read_bytes()
    messages.update()
    assert file.read_bytes() == first


def test_check_names_what_is_behind(kept: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check"]) == 1
    assert "Run `update`" in capsys.readouterr().out
    assert main(["update"]) == 0
    assert main(["check"]) == 1
    said = capsys.readouterr().out
    assert "Run `compile`" in said
    assert "es: not translated: 'Sign in'" in said
    assert main(["compile"]) == 0
    assert main(["extract"]) == 0
    assert main(["poem"]) == 2


def test_a_translation_may_not_lose_a_placeholder_or_a_tag(kept: Path) -> None:
    file = messages.path("es")
    file.parent.mkdir(parents=True)
    file.write_text(
        'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\n'
        'msgid "Sign %(what)s"\nmsgstr "Firmar %(que)s"\n\n'
        'msgid "Bill {number}"\nmsgstr "Factura"\n\n'
        'msgid "Read <b>this</b>"\nmsgstr "Lea esto"\n\n'
        'msgid "%(n)s line"\nmsgid_plural "%(n)s lines"\n'
        'msgstr[0] "una línea"\nmsgstr[1] "%(n)s líneas"\n'
    )
    assert len(list(wrong_places("es"))) == 3

"""The catalogues: in step with the code, complete where promised, safe to fill in."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog

from commonweal.ops import messages
from commonweal.ops.message_sources import said
from commonweal.ops.messages import behind, extract, main, texts, wrong_places


@pytest.fixture(scope="module")
def all_strings() -> Catalog:
    """What the code says, read once: it stays the same while tests run."""
    return extract()


@pytest.fixture(autouse=True)
def once(all_strings: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    """Spare each command reading the whole code again."""
    monkeypatch.setattr(messages, "extract", lambda: all_strings)


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of catalogues of our own, so that a test may spoil them."""
    monkeypatch.setattr(messages, "LOCALE", tmp_path)
    return tmp_path


@pytest.mark.parametrize("language", messages.LANGUAGES)
def test_every_catalogue_is_in_step_with_the_code(language: str, all_strings: Catalog) -> None:
    """If this fails, run `python -m commonweal.ops.messages update`, translate, then `compile`."""
    assert behind(language, all_strings) == []


def test_the_templates_of_every_door_are_read(all_strings: Catalog) -> None:
    found = {
        Path(name).parts[2] for m in all_strings for name, _ in m.locations if "templates" in name
    }
    assert found >= {"account", "agency", "centre", "look", "public"}


def test_words_that_pure_code_declares_are_found() -> None:
    code = """
MANIFEST = Manifest(name="desk", permissions={"desk.see": "See cases"}, roles={"x": ["desk.see"]})
STEPS = (StepRule("freeze", "Freeze usage", "It stops counting."),)
FIELDS: dict[str, str] = {"day": "the day", "unit": "charge_item"}
OTHER = {"no": "not a word"}
TEXTS = {"DESK-101": "{field} is missing.", "DESK-102": "field"}
raise Error("DESK-103", f"No case “{case.code[:9]}” of {names[0]} or {names[1]}. Look again.")
raise Several(Problem("DESK-104", f"Line {number}", "no day. Give one."))
raise Several(Problem("DESK-106", "Dates", f"{day} is no day."))
raise Broken("/lines/3", "DESK-105", f"{path}/{number}/id")
row = {"problem": "no order" if lost else f"no rate on {day}", "count": 3}
def sentence(self):
    return {"": f"{name}: complete."}[self.problem]
record(actor=actor, verb="desk.seen", payload={"pack_root": root, **more})
print(_("Sign in"))
""".encode()
    found = {text for _line, _kind, text, _notes in said(BytesIO(code), messages.KEYWORDS, [], {})}
    assert found == {
        "Desk", "See cases", "Freeze usage", "It stops counting.", "the day",
        "{field} is missing.", "No case “{code}” of {names} or {names2}. Look again.",
        "Line {number}", "no day. Give one.", "Dates", "{day} is no day.",
        "no order", "no rate on {day}", "{name}: complete.",
        "Pack root", "Sign in",
    }  # fmt: skip


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

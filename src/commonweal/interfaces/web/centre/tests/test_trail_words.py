"""The audit trail speaks in words, whatever was done."""

from __future__ import annotations

import re
from pathlib import Path
from uuid import uuid4

import pytest
from django.apps import apps

from commonweal.interfaces.web.centre import trail_kinds, trail_words

SOURCE = Path(trail_words.__file__).parents[3]
VERB = re.compile(r'\b(?:verb=|_record\(actor, )"([a-z_]+\.[a-z_]+)"')


def test_every_verb_that_an_action_records_has_words() -> None:
    texts = (
        path.read_text()
        for path in SOURCE.rglob("*.py")
        if not {"tests", "deep"}.intersection(path.parts)
    )
    recorded = {found for text in texts for found in VERB.findall(text)}
    assert len(recorded) > 80
    assert recorded - trail_words.VERBS.keys() == set()


def test_every_kind_is_a_model() -> None:
    assert {model._meta.label for model in apps.get_models()} >= trail_kinds.KINDS.keys()


def test_what_has_no_words_yet_is_still_readable() -> None:
    assert trail_words.verb("party.hat_lent") == "Hat lent"
    assert trail_words.kind("party.HatStand") == "Hat stand"


@pytest.mark.parametrize(
    ("found", "text"),
    [
        (None, "–"),
        ("", "–"),
        (True, "yes"),
        (False, "no"),
        ([], "–"),
        (["a", 2], "a, 2"),
        ({"kind": "per_unit", "rate": "0.45"}, "kind per_unit; rate 0.45"),
        (0, "0"),
    ],
)
def test_figures_are_no_program_text(found: object, text: str) -> None:
    assert trail_words.value(found) == text


def test_of_an_internal_id_the_end_is_shown() -> None:
    long = str(uuid4())
    assert trail_words.value(long) == f"…{long[-8:]}"
    assert trail_words.value([long, "x"]) == f"…{long[-8:]}, x"

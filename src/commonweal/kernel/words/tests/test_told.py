"""Finished sentences find their catalogue entry again, whatever values stand in them."""

from __future__ import annotations

import string

import pytest
from django.utils.translation import gettext, override

from commonweal.kernel.words.told import OURS, _shapes, told


@pytest.mark.parametrize(
    ("english", "spanish"),
    [
        ("", ""),
        ("Nobody has translated this.", "Nobody has translated this."),
        ("There is no such agency.", "No existe esa agencia."),
        ("there is no agency “X 9”. Use an agency's code or id.",
         "no existe la agencia «X 9». Use el código o el identificador de una agencia."),
        ("There is no agency “X”. Use an agency's code or id.",
         "No existe la agencia «X». Use el código o el identificador de una agencia."),
        ("Row 3: quantity is empty. Enter a number, or remove the row.",
         "Fila 3: la cantidad está vacía. Indique un número o quite la fila."),
        ("Rate R-1 is approved already.", "La tarifa R-1 ya está en estado «aprobado»."),
        ("This is {a}, not {b}. Choose the right format, or save it as {b}.",
         "Esto es {a}, no {b}. Elija el formato correcto o guárdelo como {b}."),
    ],
)  # fmt: skip
def test_told(english: str, spanish: str) -> None:
    with override("es"):
        assert told(english) == spanish
    with override("en-us"):
        assert told(english) == english


def test_no_sentence_is_taken_for_another() -> None:
    """Every sentence with values is found again as itself, not as one that looks alike."""
    with override("es"):
        for shape, _pattern in _shapes():
            said = gettext(shape)
            if said == shape:
                continue
            names = {name for _, name, _, _ in string.Formatter().parse(shape) if name}
            values = {name: "Q-7" for name in names - OURS} | {name: "Q" for name in names & OURS}
            assert told(shape.format(**values)) == said.format(**values), shape

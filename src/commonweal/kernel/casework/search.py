"""Finding cases by words.

PostgreSQL may not use a full-text index behind row-level security (its operators are not
leakproof), so that words lie in a table of their own and are found by equality and prefix, which
are. Personal data: erased with the case.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from uuid import UUID

from django.db import connection

from .models import Case

LONGEST, MOST = 40, 400
_WORD = re.compile(r"[^\W_]{2,}")


def words_of(texts: Iterable[str]) -> list[str]:
    """The different words of texts, small and without marks, in their order; 400 at most."""
    found: dict[str, None] = {}
    for text in texts:
        plain = unicodedata.normalize("NFKD", text[:100_000]).casefold()
        bare = "".join(each for each in plain if not unicodedata.combining(each))
        for word in _WORD.findall(bare):
            found[word[:LONGEST]] = None
            if len(found) == MOST:
                return list(found)
    return list(found)


_ADD = """
INSERT INTO casework_caseword (agency_id, word, case_id)
SELECT %s, word, %s FROM unnest(%s::text[]) AS word
ON CONFLICT DO NOTHING"""


def index_case(case: Case, texts: Iterable[str]) -> None:
    """Make a case found by its number, its subject, its place and the words of texts."""
    add_words(case.agency_id, case.pk, [case.number, case.subject, case.place, *texts])


def add_words(agency_id: UUID, case_id: UUID, texts: Iterable[str]) -> None:
    """Make a case found by the words of further texts."""
    found = words_of(texts)
    if found:
        with connection.cursor() as cursor:
            cursor.execute(_ADD, [agency_id, case_id, found])

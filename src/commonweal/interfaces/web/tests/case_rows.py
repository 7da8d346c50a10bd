"""The first row of each table of casework that lists show and that the world has none of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from commonweal.kernel.calendar.public import now
from commonweal.kernel.casework.models import Article, Case, CaseWord, Open311Key

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.db import models

    from commonweal.interfaces.web.agency.tests.world import World


def case_rows(world: World, known: Mapping[str, str]) -> list[models.Model]:
    """An article, a key of a program, a word that a case is found by."""
    parks, when = world.agencies["PARKS"], now()
    case = Case.objects.using("owner").filter(agency_id=parks).order_by("id")[0]
    return [
        Article(code="seed", title="A printer prints nothing", text="Look for paper."),
        Open311Key(agency_id=parks, name="City app", prefix="seed", created_at=when),
        CaseWord(agency_id=parks, word=known["text"], case_id=case.pk),
    ]

"""The records behind a line: the same page from what the manifest keeps and from the files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from commonweal.interfaces.web.agency.tests.world import World
from commonweal.kernel.access.public import SYSTEM, act_as
from commonweal.kernel.metering.models import Partition
from commonweal.kernel.schema.public import Place
from commonweal.practices.charging import public as charging
from commonweal.practices.charging.selectors import line_facts

FILTERS: tuple[Mapping[str, str], ...] = (
    {},
    {"bureau": "FIELD"},
    {"bureau": "none"},
    {"day": "2026-10-05"},
    {"bureau": "FIELD", "day": "2026-10-05"},
)


def shown(world: World, item: str) -> list[Any]:
    """All that the pages of a line say, under each filter."""
    line, found = world.line(item), []
    with act_as(world.actors["parks"]):
        for given in FILTERS:
            at = ""
            while True:
                page = charging.line_facts(
                    world.actors["parks"], line.pk, place=Place(at, 20), **given
                )
                found.append((list(page.rows), page.records, page.quantity, page.amount))
                found.append(page.parts)
                at = page.rows.next
                if not at:
                    break
    return found


@pytest.mark.parametrize("item", ["helpdesk.case", "helpdesk.storage"])
def test_kept_sums_and_bureaus_say_what_the_files_say(
    world: World, monkeypatch: pytest.MonkeyPatch, item: str
) -> None:
    """Months that were rated before these were kept read the same."""
    kept = shown(world, item)
    whole = kept[0]
    line = world.line(item)
    assert (whole[1], whole[2], whole[3]) == (line.facts, line.quantity, line.amount_exact)
    with act_as(SYSTEM):
        rated = Partition.objects.filter(kind="rated")
        assert all("lines" in row.totals for row in rated)
        rated.update(totals={"input_hash": "before"})
    monkeypatch.setattr(line_facts, "_knows_bureau", lambda _base, _line: False)
    assert shown(world, item) == kept


def test_a_place_that_nobody_gave_is_gone(world: World) -> None:
    with act_as(world.actors["parks"]), pytest.raises(Exception, match="LIST-404"):
        charging.line_facts(world.actors["parks"], world.line().pk, place=Place("WyI-Iiwi"))

"""A small size of each bench of casework: it measures, and nothing is lost or doubled."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from commonweal.kernel.access.public import SYSTEM, act_as
from commonweal.kernel.casework.public import Case, View
from commonweal.kernel.party.selectors import forget_centre
from commonweal.ops.bench.cases import apply, history, lists, load, mails, report, thresholds, told
from commonweal.ops.bench.cases.fill import fill
from commonweal.ops.bench.cases.site import Site, build

pytestmark = pytest.mark.slow


@pytest.fixture
def site(committed_db: str, settings: Any, tmp_path: Path) -> Iterator[Site]:
    """The centre of the measurements, committed."""
    settings.DATA_DIR = tmp_path
    forget_centre()
    yield build()
    forget_centre()


def readable(rows: told.Rows) -> list[str]:
    """Every row says what, how much and in what; the results."""
    for row in report.rows_of(rows):
        assert row["what"]
        assert row["result"]
        assert row["unit"]
    return [row[1] for row in rows]


def test_every_list_is_looked_at(site: Site) -> None:
    found = lists.measure(site, cases=2_000)
    assert found["lists"]["kinds"] >= len(list(lists.views(site))) > 100
    assert found["search"]["words"] > 10_000
    assert found["counters"]["count"] > 0
    assert len(readable(told.lists(found))) == 8 + len(found["pages"])


def test_the_same_size_is_the_same_cases(site: Site) -> None:
    assert fill(site, 500).cases == 500
    with act_as(SYSTEM):
        rows = Case.objects.filter(number__contains="-B")
        assert rows.count() == 500
        phases = dict.fromkeys(rows.values_list("phase", flat=True))
        kept, counted = _sums("TRUE"), _sums("fresh")
        rows.update(priority="P5")  # what was put aside is back: the triggers write what they must
        assert _sums("fresh") == counted == []
        rows.update(merged_into=rows.order_by("id").last())
        assert _sums("TRUE") == []
    assert set(phases) >= {"open", "closed"}
    assert sum(row[3] for row in kept if row[1] == "day") == 500


def _sums(which: str) -> list[Any]:
    """The kept sums of some rows that are not nothing."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT queue_id, by, key, sum(came), sum(live), sum(late), sum(done), sum(first)"
            f" FROM casework_casetally WHERE {which} GROUP BY agency_id, queue_id, by, key, day"
            " HAVING sum(came) <> 0 OR sum(live) <> 0 OR sum(late) <> 0 OR sum(done) <> 0"
            " OR sum(first) <> 0"
        )
        return cursor.fetchall()


def test_every_mail_that_was_acknowledged_is_there(site: Site) -> None:
    found = mails.measure(site, mails=8)
    assert (found["cases"], found["said"], found["sent"]) == (4, 8, 8)
    assert readable(told.mails(found))[-1] == "0"


def test_the_mixed_load_has_no_errors(site: Site) -> None:
    found = load.measure(site, seconds=4)
    assert found["wrong"] == {}
    assert found["bare_wrong"] == {}
    assert found["requests"] > 0
    assert readable(told.load(found))[3] == "0"


def test_nothing_is_lost_or_doubled_while_workers_are_killed(site: Site) -> None:
    found = thresholds.measure(site, cases=12, seconds=4, kills=3)
    assert found["hunted"]["kills"] > 0
    for run in (found["calm"], found["hunted"]):
        assert (run["lost"], run["doubled"], run["untold"]) == (0, 0, 0)
    readable(told.thresholds(found))


def test_a_changed_calendar_leaves_no_clock_behind(site: Site) -> None:
    found = apply.measure(site, cases=150)
    assert found["done"]["clocks"] > 150
    assert found["done"]["later"] == found["shown"]["later"]
    assert found["before"]["drifted"] == found["after"]["drifted"] == 0
    assert found["moved_again"] == 0
    readable(told.apply(found))


def test_a_history_is_tried_loaded_and_looked_at(site: Site) -> None:
    found = history.measure(site, cases=60)
    assert found["tried"] == [60, 0]
    assert (found["cases"], found["refused"], found["drifted"]) == (60, 0, 0)
    assert found["events"] > found["lines"] > 60 * 5
    assert found["lists"]["kinds"] > 50
    readable(told.history(found))


def test_done_cases_go_by_when_they_came_or_changed() -> None:
    assert View(order="due").offered
    assert not View(standing="done", order="due").offered
    assert not View(standing="done", order="newest", breached=True).offered
    assert View(standing="done", order="newest", priority="P1").offered
    assert not View(field="own", order="due").offered

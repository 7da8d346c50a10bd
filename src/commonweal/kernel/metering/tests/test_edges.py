"""Edges of the rules and of the storage."""

from __future__ import annotations

import errno
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from commonweal.kernel.access.public import SYSTEM
from commonweal.kernel.errors import NotFound
from commonweal.kernel.metering import public as metering
from commonweal.kernel.metering.domain import checks
from commonweal.kernel.metering.domain.cells import safe_cell
from commonweal.kernel.metering.domain.problems import Refused
from commonweal.kernel.metering.manifest import MANIFEST
from commonweal.kernel.metering.models import Partition, PeriodState
from commonweal.kernel.metering.storage import files, keys
from commonweal.kernel.metering.tasks import clean_orphans

from .world import World, event

PERIOD = "2026-10"


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("+x", "'+x"),
        ("-2.5", "-2.5"),
        ("+7", "+7"),
        ("-", "'-"),
        ("@SUM", "'@SUM"),
        ("\tx", "'\tx"),
        ("plain", "plain"),
        (None, ""),
        ("-1-1", "'-1-1"),
    ],
)
def test_no_cell_becomes_a_formula(value: object, cell: str) -> None:
    assert safe_cell(value) == cell


def test_moments() -> None:
    zone = ZoneInfo("America/Chicago")
    form = checks.TimeFormat(("%d/%m/%Y", "%d/%m/%Y %H:%M"), zone)
    assert checks.parse_moment("02/10/2026 10:30", form, "from") == datetime(
        2026, 10, 2, 15, 30, tzinfo=UTC
    )
    for text in ("1969-01-01T00:00:00Z", "2026-10-02T10:00:00", "0001-01-01", "soon"):
        with pytest.raises(Refused) as refused:
            checks.parse_moment(text, checks.ISO, "from")
        assert refused.value.code == "USAGE-113"


@pytest.mark.parametrize(
    ("text", "code"),
    [("2026-03-08T02:30:00", "USAGE-133"), ("2026-11-01T01:30:00", "USAGE-134")],
)
def test_a_local_time_that_the_clocks_skip_or_show_twice_is_no_moment(text: str, code: str) -> None:
    chicago = checks.TimeFormat(zone=ZoneInfo("America/Chicago"))
    with pytest.raises(Refused, match="America/Chicago") as refused:
        checks.parse_moment(text, chicago, "to")
    assert (refused.value.code, refused.value.field) == (code, "to")
    for offset in ("-05:00", "-06:00"):
        assert checks.parse_moment(text + offset, chicago, "to").tzinfo is UTC


def test_midnight_is_the_start_of_its_day() -> None:
    santiago = checks.TimeFormat(zone=ZoneInfo("America/Santiago"))
    starts = checks.parse_moment("2026-09-06", santiago, "from")  # the day begins at 01:00
    assert starts == datetime(2026, 9, 6, 4, 0, tzinfo=UTC)


def test_remembered_moments_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "MOMENTS_KEPT", 1)
    moments = checks.Moments(ZoneInfo("UTC"))
    for day in ("2026-10-01", "2026-10-02"):
        assert moments.read(f"{day}T00:00:00Z", "from")[1].isoformat() == day
    assert len(moments._seen) == 1


def test_too_many_dimensions() -> None:
    with pytest.raises(Refused) as caught:
        checks.check_dimensions({f"n{number}": "x" for number in range(21)})
    assert caught.value.code == "USAGE-122"


@pytest.mark.parametrize("code", ["", "x" * 41, "a@b", "ü", "a\n"])
def test_bad_source_codes(world: World, code: str) -> None:
    with pytest.raises(metering.UsageError, match="USAGE-310"):
        metering.put_source(actor=SYSTEM, code=code, name="x")


def test_bad_source_reports(world: World) -> None:
    def report(source: str, count: int, total: str) -> None:
        metering.report_source(
            actor=SYSTEM,
            source=source,
            period=PERIOD,
            control_count=count,
            control_total=Decimal(total),
        )

    with pytest.raises(NotFound, match="USAGE-102"):
        report("nowhere", 1, "1")
    for count, total in ((-1, "1"), (1, "-1"), (1, "NaN")):
        with pytest.raises(metering.UsageError, match="USAGE-311"):
            report("payrun", count, total)


def test_quarantine_of_others_is_not_found(world: World) -> None:
    with pytest.raises(NotFound):
        metering.discard_quarantined(actor=SYSTEM, quarantine_id=uuid4())
    for quantity in ("1", "2"):
        metering.submit(actor=SYSTEM, events=[event("a", quantity=quantity)])
    (row,) = metering.quarantine(SYSTEM)
    stranger = world.agency_actor(world.roads, "metering.decide_quarantine")
    with pytest.raises(NotFound):
        metering.discard_quarantined(actor=stranger, quarantine_id=row.id)


def test_a_replacement_with_a_taken_id(world: World) -> None:
    metering.submit(actor=SYSTEM, events=[event("a"), event("b")])
    result = metering.submit(actor=SYSTEM, events=[event("b", replaces="a")])
    assert [each.code for each in result.conflicts] == ["USAGE-409"]


def test_replacements_that_wait_for_each_other(world: World) -> None:
    result = metering.submit(
        actor=SYSTEM,
        events=[
            event("c", replaces="b"),
            event("b", replaces="a"),
            event("a"),
            event("d", replaces="a"),
            event("e", replaces="f"),
            event("f", replaces="e"),
        ],
    )
    assert result.accepted == 3
    assert sorted(each.code for each in result.rejected) == ["USAGE-123", "USAGE-123", "USAGE-125"]


def test_a_full_disk_leaves_nothing_behind(world: World, data_dir: Path) -> None:
    metering.submit(actor=SYSTEM, events=[event("a")])

    def full(path: Path) -> None:
        path.write_bytes(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        metering.put_rated(actor=SYSTEM, agency_id=world.parks, period=PERIOD, write=full, rows=1)
    assert not Partition.objects.exists()
    assert not [path for path in (data_dir / "usage").rglob("*") if path.is_file()]


def test_paths_stay_in_the_folder(world: World, data_dir: Path) -> None:
    with pytest.raises(metering.UsageError, match="USAGE-304"):
        files.absolute("usage/../secrets/key")
    assert clean_orphans() == 0
    assert MANIFEST.jobs["metering.clean_orphans"] is clean_orphans


def test_progress_and_missing_files(world: World, data_dir: Path) -> None:
    metering.submit(actor=SYSTEM, events=[event("a"), event("b", agency="roads")])
    metering.freeze_period(actor=SYSTEM, period=PERIOD)
    seen: list[tuple[int, int]] = []
    metering.write_partitions(actor=SYSTEM, period=PERIOD, progress=lambda *at: seen.append(at))
    assert seen == [(1, 2), (2, 2)]
    metering.seal_period(actor=SYSTEM, period=PERIOD)
    assert PeriodState.objects.get().state == "sealed"
    for row in metering.manifest(SYSTEM, PERIOD):
        (data_dir / row.path).unlink()
    with pytest.raises(metering.UsageError, match="USAGE-303"):
        metering.facts(SYSTEM, world.parks, PERIOD)
    assert metering.facts(SYSTEM, uuid4(), PERIOD) == []


def test_keys_with_the_same_high_half_are_told_apart(data_dir: Path) -> None:
    path = data_dir / "keys.npy"
    rows = keys.key_rows([uuid4() for _ in range(3)], [uuid4() for _ in range(3)])
    rows[:, 0] = 7
    keys.write_keys(path, rows)
    import numpy as np

    stored = np.load(path)
    place = np.arange(3, dtype=np.uint64)
    index = keys.Index(data_dir, ((uuid4(), stored),), stored[:, 0], place)
    assert [hit.position for hit in keys.find(index, rows[1:2])] == [0]
    unknown = rows[:1].copy()
    unknown[0, 1] = 1
    assert keys.find(index, unknown) == []
    assert keys.content_of(rows, 2) == keys.find(index, rows)[2].content

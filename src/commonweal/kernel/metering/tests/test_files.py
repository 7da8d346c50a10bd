"""Intake by file: CSV and Parquet, good rows and bad ones, dry run, resume."""

from __future__ import annotations

import csv
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from commonweal.kernel.access.public import SYSTEM
from commonweal.kernel.metering import public as metering
from commonweal.kernel.metering.intake import files
from commonweal.kernel.metering.models import Upload, UsageFact

from .world import World

PERIOD = "2026-10"
HEADER = "id,agency,charge_item,quantity,unit,from,to"
TIMES = "2026-10-02T10:00:00Z,2026-10-02T11:00:00Z"


def row(name: str, quantity: str = "10", agency: str = "parks", unit: str = "C62") -> str:
    return f"{name},{agency},payslip,{quantity},{unit},{TIMES}"


def write(folder: Path, *lines: str, header: str = HEADER, encoding: str = "utf-8") -> Path:
    path = folder / "usage.csv"
    path.write_bytes("\r\n".join((header, *lines)).encode(encoding))
    return path


def take(path: Path, kind: str = "csv", source: str = "payrun", **options: object):
    more = {
        name: options.pop(name)
        for name in ("dry_run", "resume", "progress", "actor")
        if name in options
    }
    more.setdefault("actor", SYSTEM)
    return metering.submit_file(
        source=source, path=path, kind=kind, options=metering.FileOptions(**options), **more
    )


def problems(result: metering.UploadResult, folder: Path) -> list[list[str]]:
    with (folder / result.problems_path).open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.reader(stream))


def test_good_and_bad_rows(world: World, data_dir: Path) -> None:
    path = write(
        data_dir,
        row("a"),
        row("b", quantity="x"),
        row("c", unit="HUR"),
        "too,few",
        row("a"),
        row("a", quantity="11"),
        "",
        row("=cmd", quantity="-5"),
        row("d", "0.000001"),
    )
    seen: list[tuple[int, int]] = []
    result = take(path, progress=lambda done, bad: seen.append((done, bad)))
    assert (result.rows, result.accepted, result.duplicates) == (8, 2, 1)
    assert (result.conflicts, result.rejected) == (1, 4)
    assert seen == [(8, 5)]
    head, *rest = problems(result, data_dir)
    assert head == ["row", "id", "column", "code", "problem"]
    assert [(each[0], each[1], each[2], each[3]) for each in rest] == [
        ("3", "b", "quantity", "USAGE-105"),
        ("4", "c", "unit", "USAGE-112"),
        ("5", "", "", "USAGE-206"),
        ("7", "a", "id", "USAGE-409"),
        ("9", "'=cmd", "quantity", "USAGE-106"),
    ]
    assert rest[0][4].startswith("Row 3: ")
    assert [problem.row for problem in result.problems] == [3, 4, 5, 7, 9]
    assert metering.totals(SYSTEM, PERIOD)[0].quantity == Decimal("10.000001")
    assert take(path).duplicates == 3
    assert len(metering.uploads(SYSTEM)) == 2
    assert metering.upload(SYSTEM, result.upload_id).rejected == 4


def test_file_and_api_make_the_same_content(world: World, data_dir: Path) -> None:
    header = HEADER + ",bureau,order_line,origin,dimensions.site,dimensions.grade"
    path = write(
        data_dir,
        row("a", "12.50") + ',north,,run\\7,"b ""1"" \\ ü/",',
        row("b") + ",,A-0001-01/1,,,7",
        header=header,
    )
    assert take(path).accepted == 2
    from .world import event

    again = metering.submit(
        actor=SYSTEM,
        events=[
            event(
                "a",
                quantity="12.5",
                bureau="north",
                origin="run\\7",
                dimensions={"site": 'b "1" \\ ü/'},
            ),
            event("b", order_line="A-0001-01/1", dimensions={"grade": "7"}),
        ],
    )
    assert (again.duplicates, again.conflicts) == (2, ())
    rows = metering.facts(SYSTEM, world.parks, PERIOD).rows
    assert [each.dimensions for each in rows] == [{"site": 'b "1" \\ ü/'}, {"grade": "7"}]


def test_replacing_rows(world: World, data_dir: Path) -> None:
    path = write(
        data_dir,
        row("a") + ",",
        row("b", "4") + ",a",
        row("c") + ",zz",
        header=HEADER + ",replaces",
    )
    result = take(path)
    assert (result.accepted, [problem.code for problem in result.problems]) == (2, ["USAGE-123"])
    assert metering.totals(SYSTEM, PERIOD)[0].quantity == 4


def test_mapping_constants_decimal_comma_and_dates(world: World, data_dir: Path) -> None:
    path = write(
        data_dir,
        "1;PARKS;1,5;02.10.2026;03.10.2026",
        "2;PARKS;2,5;02.10.2026;x",
        header="Nr;Kunde;Menge;Von;Bis",
        encoding="latin-1",
    )
    options = {
        "mapping": {"Nr": "id", "Menge": "quantity", "Von": "from", "Bis": "to"},
        "constants": {"agency": "parks", "charge_item": "payslip", "unit": "C62"},
        "decimal_comma": True,
        "date_formats": ("%d.%m.%Y",),
        "zone": "America/Chicago",
    }
    result = take(path, **options)
    assert (result.accepted, [each.code for each in result.problems]) == (1, ["USAGE-113"])
    (fact,) = metering.facts(SYSTEM, world.parks, PERIOD).rows
    assert (fact.quantity, fact.starts.isoformat()) == (Decimal("1.5"), "2026-10-02T05:00:00+00:00")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-be-mark"])
def test_encodings_that_say_what_they_are(world: World, data_dir: Path, encoding: str) -> None:
    text = f"{HEADER},origin\r\n{row('ä')},ö"
    if encoding == "utf-16-be-mark":
        content = b"\xfe\xff" + text.encode("utf-16-be")
    else:
        content = text.encode(encoding)
    path = data_dir / "usage.csv"
    path.write_bytes(content)
    assert take(path).accepted == 1
    assert metering.facts(SYSTEM, world.parks, PERIOD).rows[0].origin_ref == "ö"


def test_an_unclear_encoding_is_asked_for(world: World, data_dir: Path) -> None:
    path = write(data_dir, row("ä"), encoding="latin-1")
    with pytest.raises(metering.UsageError, match="USAGE-201"):
        take(path)
    assert take(path, encoding="latin-1").accepted == 1
    assert metering.facts(SYSTEM, world.parks, PERIOD).rows[0].external_id == "ä"


UNREADABLE: list[tuple[bytes, str, dict]] = [
    (b"", "USAGE-209", {}),
    (HEADER.encode(), "USAGE-209", {}),
    (b"PK\x03\x04rest", "USAGE-202", {}),
    (b"PAR1rest", "USAGE-202", {}),
    (b"%PDF-1.7", "USAGE-202", {}),
    (b"a\x00b\x00", "USAGE-202", {}),
    (b"id,agency\n1,2", "USAGE-203", {}),
    (b"id,agency\n1,2", "USAGE-210", {"mapping": {"number": "id"}}),
    (b"id,agency\n1,2", "USAGE-211", {"mapping": {"id": "name"}}),
    (b"id,agency\n1,2", "USAGE-211", {"constants": {"name": "x"}}),
    (b"id,id\n1,2", "USAGE-204", {"mapping": {"id": "id"}}),
    (b"id agency\n1,2", "USAGE-208", {}),
    (b"id;agency,x|y\n1,2", "USAGE-208", {}),
    (HEADER.encode() + b"\n1", "USAGE-212", {"encoding": "klingon"}),
    (HEADER.encode() + b"\n1", "USAGE-214", {"zone": "Mars/Base"}),
]


def test_files_that_cannot_be_read(world: World, data_dir: Path) -> None:
    path = data_dir / "usage.csv"
    for content, code, options in UNREADABLE:
        path.write_bytes(content)
        with pytest.raises(metering.UsageError) as caught:
            take(path, **options)
        assert caught.value.code == code, content
    assert not UsageFact.objects.exists()


def test_format_and_source_must_exist(world: World, data_dir: Path) -> None:
    path = write(data_dir, row("a"))
    with pytest.raises(metering.UsageError, match="USAGE-202"):
        take(path, kind="xls")
    with pytest.raises(metering.UsageError, match="USAGE-202"):
        take(path, kind="parquet")
    with pytest.raises(metering.UsageError, match="USAGE-102"):
        take(path, source="nowhere")


def test_dry_run_stores_nothing_and_says_the_same(world: World, data_dir: Path) -> None:
    path = write(data_dir, row("a"), row("b", quantity="x"))
    dry = take(path, dry_run=True)
    assert (dry.dry_run, dry.accepted, dry.rejected) == (True, 1, 1)
    assert len(problems(dry, data_dir)) == 2
    assert not UsageFact.objects.exists()
    assert not Upload.objects.exists()
    assert take(path).accepted == 1


class Stop(Exception):
    pass


def test_resume_goes_on_where_it_stopped(
    world: World, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "CHUNK_ROWS", 10)
    lines = [
        row(f"n{number:03d}", quantity="x" if number % 7 == 3 else "1") for number in range(45)
    ]
    for place in (4, 20, 33, 49):
        lines.insert(place, "broken")
    path = write(data_dir, *lines)

    def stop(done: int, _: int) -> None:
        if done >= 18:
            raise Stop

    with pytest.raises(Stop):
        take(path, progress=stop)
    half = Upload.objects.get()
    assert (half.state, half.rows_done, UsageFact.objects.count()) == ("running", 18, 15)
    with (data_dir / half.problems_path).open("ab") as stream:
        stream.write(b"written and not committed")
    result = take(path)
    assert result.upload_id == half.id
    assert (result.rows, result.accepted, result.rejected) == (45, 39, 6 + 4)
    listed = problems(result, data_dir)[1:]
    assert sum(each[3] == "USAGE-206" for each in listed) == 4
    assert [int(each[0]) for each in listed] == sorted(int(each[0]) for each in listed)
    assert len({each[0] for each in listed}) == 10
    other = write(data_dir, row("other"))
    with pytest.raises(metering.UsageError, match="USAGE-207"):
        take(other, resume=half.id)


def _parquet(path: Path, **columns: pa.Array) -> Path:
    pq.write_table(pa.table(columns), path)
    return path


def test_parquet_with_its_own_types(world: World, data_dir: Path) -> None:
    moment = datetime(2026, 10, 2, 10, tzinfo=UTC)
    path = _parquet(
        data_dir / "usage.parquet",
        id=pa.array([1, 2, 3]),
        agency=pa.array(["parks", "roads", "parks"]).dictionary_encode(),
        charge_item=pa.array(["payslip"] * 3),
        quantity=pa.array([Decimal("1.25"), Decimal("2.00"), None], pa.decimal128(12, 2)),
        unit=pa.array(["C62"] * 3),
        **{
            "from": pa.array([moment] * 3, pa.timestamp("ms", "UTC")),
            "to": pa.array([moment + timedelta(hours=1)] * 3, pa.timestamp("ns", "UTC")),
        },
    )
    result = take(path, kind="parquet")
    assert (result.accepted, [each.code for each in result.problems]) == (2, ["USAGE-104"])
    assert result.problems[0].row == 3


def test_parquet_dates_need_a_zone_and_floats_are_refused(world: World, data_dir: Path) -> None:
    common = {
        "id": pa.array(["1"]),
        "agency": pa.array(["parks"]),
        "charge_item": pa.array(["payslip"]),
        "unit": pa.array(["C62"]),
        "from": pa.array([date(2026, 10, 2)]),
        "to": pa.array([datetime(2026, 10, 3)]),  # noqa: DTZ001
    }
    path = _parquet(data_dir / "a.parquet", quantity=pa.array(["1"]), **common)
    assert take(path, kind="parquet").problems[0].code == "USAGE-113"
    assert take(path, kind="parquet", zone="America/Chicago").accepted == 1
    path = _parquet(data_dir / "b.parquet", quantity=pa.array([1.5]), **common)
    with pytest.raises(metering.UsageError, match="USAGE-205"):
        take(path, kind="parquet")


def test_sealed_ids_in_a_file(world: World, data_dir: Path) -> None:
    path = write(data_dir, row("a"), row("b"))
    take(path)
    metering.freeze_period(actor=SYSTEM, period=PERIOD)
    metering.write_partitions(actor=SYSTEM, period=PERIOD)
    metering.seal_period(actor=SYSTEM, period=PERIOD)
    result = take(write(data_dir, row("a"), row("b", "11"), row("c")))
    assert (result.accepted, result.duplicates, result.conflicts) == (1, 1, 1)
    assert metering.late_facts(SYSTEM)[0].external_id == "c"


def test_an_agency_uploads_for_itself_only(world: World, data_dir: Path) -> None:
    actor = world.agency_actor(world.roads)
    result = take(write(data_dir, row("a"), row("b", agency="roads")), actor=actor)
    assert (result.accepted, result.problems[0].code) == (1, "USAGE-119")
    assert metering.upload(actor, result.upload_id).agency_id == world.roads
    with pytest.raises(Exception, match="USAGE-404"):
        metering.upload(world.agency_actor(world.parks), result.upload_id)


def test_odd_rows_take_the_slow_path(world: World, data_dir: Path) -> None:
    """Blanks around cells late in a file, rows of order lines that ended, and a lone bad header."""
    lines = [row(f"n{number}") for number in range(300)]
    lines[250] = "  padded , parks ,payslip, 3 ,C62," + TIMES
    lines[251] = "early,parks,payslip,3,C62,2025-12-02T10:00:00Z,2025-12-02T11:00:00Z"
    result = take(write(data_dir, *lines), delimiter="comma")
    assert (result.accepted, [each.code for each in result.problems]) == (299, ["USAGE-115"])
    padded = write(
        data_dir, *(line.replace(",", " , ") for line in lines), header=HEADER.replace(",", " , ")
    )
    with pytest.raises(metering.UsageError, match="USAGE-203"):
        take(padded)
    padded = write(data_dir, *(line.replace(",", " , ") for line in lines))
    assert take(padded).duplicates == 299


def test_decimal_comma_in_a_conflict(world: World, data_dir: Path) -> None:
    def put(quantity: str) -> metering.UploadResult:
        path = write(
            data_dir,
            f"a;parks;payslip;{quantity};" + TIMES.replace(",", ";"),
            header="id;agency;charge_item;quantity;from;to",
        )
        return take(path, decimal_comma=True, constants={"unit": "C62"})

    assert put("1,5").accepted == 1
    assert put("1,6").conflicts == 1
    (kept,) = metering.quarantine(SYSTEM)
    assert (kept.payload["quantity"], kept.payload["unit"]) == ("1.6", "C62")


def test_two_delimiters_in_the_header(world: World, data_dir: Path) -> None:
    path = write(data_dir, row("a") + ",x", header=HEADER + ',"a;b"')
    assert take(path).accepted == 1


def test_only_malformed_rows(world: World, data_dir: Path) -> None:
    result = take(write(data_dir, "a,b", "c"))
    assert (result.accepted, result.rejected) == (0, 2)


def test_a_finished_upload_is_not_taken_again(world: World, data_dir: Path) -> None:
    path = write(data_dir, row("a"))
    first = take(path)
    again = take(path, resume=first.upload_id)
    assert (again.upload_id, again.accepted, again.problems) == (first.upload_id, 1, ())


def test_bytes_that_break_later_are_named(world: World, data_dir: Path) -> None:
    path = data_dir / "usage.csv"
    path.write_bytes(HEADER.encode("utf-16")[:-1] + b"\x00")
    with pytest.raises(metering.UsageError, match="USAGE-2"):
        take(path)
    path.write_bytes(f"{HEADER}\n{row('a')}\n{row('é')}".encode("latin-1"))
    with pytest.raises(metering.UsageError, match="USAGE-2"):
        take(path, encoding="ascii")


def test_two_people_with_one_upload(
    world: World, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "CHUNK_ROWS", 1)

    def interfere(done: int, _: int) -> None:
        Upload.objects.update(rows_done=done + 1)

    with pytest.raises(metering.UsageError, match="USAGE-215"):
        take(write(data_dir, row("a"), row("b")), progress=interfere)


@pytest.mark.parametrize(
    ("written", "taken"),
    [("1.204,50", "1204.5"), ("1204,5", "1204.5"), ("1.204", "1204"),
     ("1.234.567,25", "1234567.25"), ("12", "12"), ("1.5", None),
     ("1.2045,1", None), ("12.04,5", None), ("1,204.5", None)],
)  # fmt: skip
def test_thousands_points_before_a_decimal_comma(
    world: World, data_dir: Path, written: str, taken: str | None
) -> None:
    line = f'a;parks;payslip;"{written}";C62;{TIMES.replace(",", ";")}'
    path = write(data_dir, line, header=HEADER.replace(",", ";"))
    result = take(path, decimal_comma=True)
    plain = metering.FileOptions(decimal_comma=True).number(written)
    if taken is None:
        assert [problem.code for problem in result.problems] == ["USAGE-105"]
    else:
        assert UsageFact.objects.get().quantity == Decimal(taken) == Decimal(plain)


@pytest.mark.parametrize(
    "column",
    [pa.array([1_700_000_000_000_000_001], pa.timestamp("ns", "UTC")), pa.array([["a"]]),
     pa.array([{"a": 1}]), pa.array([b"\xff\xfe"]),
     pa.array([[("a", 1)]], pa.map_(pa.string(), pa.int64()))],
    ids=["nanoseconds", "list", "struct", "bytes", "map"],
)  # fmt: skip
def test_a_parquet_column_of_a_wrong_type_is_named(
    world: World, data_dir: Path, column: pa.Array
) -> None:
    cells = dict(zip(HEADER.split(","), row("a").split(","), strict=True))
    table = {name: pa.array([value]) for name, value in cells.items()}
    pq.write_table(pa.table({**table, "from": column}), data_dir / "usage.parquet")
    with pytest.raises(metering.UsageError, match="“from” is of type") as wrong:
        take(data_dir / "usage.parquet", "parquet")
    assert wrong.value.code == "USAGE-219"


@pytest.mark.parametrize("encoding", ["zip", "rot13", "hex", "no such", "a\0b"])
def test_what_is_no_encoding_of_text_is_refused(
    world: World, data_dir: Path, encoding: str
) -> None:
    with pytest.raises(metering.UsageError) as wrong:
        take(write(data_dir, row("a")), encoding=encoding)
    assert wrong.value.code == "USAGE-212"


def test_a_file_of_another_source_is_refused_row_by_row(world: World, data_dir: Path) -> None:
    metering.put_source(actor=SYSTEM, code="desk", name="Desk", items=["hour"])
    path = write(data_dir, row("a"), f"b,parks,hour,2,HUR,{TIMES}")
    result = take(path, source="desk", dry_run=True)
    assert (result.accepted, result.rejected) == (1, 1)
    assert [(each.row, each.code) for each in result.problems] == [(2, "USAGE-132")]

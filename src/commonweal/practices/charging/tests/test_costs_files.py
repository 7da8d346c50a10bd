"""CSV and XLSX into cells, and the independent sum."""

from __future__ import annotations

import io
import zipfile
from datetime import datetime, time
from typing import Any

import pytest

from commonweal.practices.charging.domain.costs import CostError
from commonweal.practices.charging.import_costs import workbook as inside
from commonweal.practices.charging.import_costs.control import ControlSum, control_sum
from commonweal.practices.charging.import_costs.files import FileOptions, cell_text, read_table

PLAIN = b"Unit,Amount\nParks,5\n"


def workbook(**sheets: list[list[Any]]) -> bytes:
    """An XLSX file."""
    from openpyxl import Workbook

    book = Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def refused(data: bytes, name: str = "x.csv", **options: Any) -> CostError:
    """The error that a file raises."""
    with pytest.raises(CostError) as error:
        read_table(name, data, FileOptions(**options))
    return error.value


@pytest.mark.parametrize(
    ("data", "options"),
    [
        (PLAIN, {}),
        (b"\xef\xbb\xbf" + PLAIN, {}),
        (PLAIN.replace(b"\n", b"\r\n"), {}),
        (PLAIN.replace(b",", b";"), {}),
        (PLAIN.replace(b",", b"\t"), {}),
        (PLAIN.decode().encode("utf-16"), {"encoding": "utf-16"}),
        (b"A title\n\n" + PLAIN, {"header_row": 3}),
    ],
)
def test_csv_in_its_many_packings(data: bytes, options: dict[str, Any]) -> None:
    table = read_table("x.csv", data, FileOptions(**options))
    assert table.header == ("Unit", "Amount")
    assert [cells for _, cells in table.rows] == [("Parks", "5")]
    control = control_sum(data, table.kind, table.options, 1, ".", 2)
    assert control == ControlSum(1, 1, 500)


def test_rows_are_numbered_as_a_spreadsheet_does_and_blank_ones_left_out() -> None:
    table = read_table("x.csv", b'Unit,Amount\n"a\nb",5\n\n,\nc,6\n', FileOptions())
    assert table.rows == ((2, ("a\nb", "5")), (5, ("c", "6")))


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("x.pdf", PLAIN, "COSTS-101"),
        ("x.csv", b"", "COSTS-101"),
        ("x.csv", b"%PDF-1.7", "COSTS-101"),
        ("x.csv", b"PK\x03\x04", "COSTS-101"),
        ("x.xlsx", PLAIN, "COSTS-101"),
        ("x.xlsx", b"PK\x03\x04 broken", "COSTS-101"),
        ("x.csv", b"Unit,Amount\n", "COSTS-107"),
        ("x.csv", b"Amount\n5\n", "COSTS-104"),
        ("x.csv", b'Unit,Amount\n"a,5\nb,6\n', "COSTS-103"),
        ("x.csv", b'Unit,Amount\n"a"b,5\n', "COSTS-103"),
        ("x.csv", "Unit,Amount\nCafé,5\n".encode("cp1252"), "COSTS-102"),
        ("x.csv", "Unit,Amount\n".encode("utf-16"), "COSTS-102"),
        ("x.csv", b"Unit,Amount\na\0,5\n", "COSTS-102"),
        ("x.csv", b"a,b;c\n1,2;3\n", "COSTS-103"),
    ],
)
def test_a_file_that_cannot_be_read_says_what_to_do(name: str, data: bytes, code: str) -> None:
    assert refused(data, name).code == code


def test_another_encoding_is_asked_for_with_the_row() -> None:
    data = "Unit,Amount\nParks,5\nCafé,6\n".encode("cp1252")
    assert "Row 3" in refused(data).message
    assert "probably cp1252" in refused(data).message
    assert refused(data).details["field"] == "encoding"
    assert refused(data, encoding="no-such").code == "COSTS-102"
    assert read_table("x.csv", data, FileOptions(encoding="cp1252")).rows[1][1] == ("Café", "6")


def test_a_workbook() -> None:
    data = workbook(
        Ledger=[
            ["Unit", "Amount", "Date"],
            ["Parks", 0.1 + 0.2, datetime(2017, 10, 3)],  # noqa: DTZ001
            ["Water", "(1,000.50)", None],
            [None, None, None],
            ["Roads", 1234567.89, "x"],
        ],
        Empty=[],
    )
    table = read_table("x.xlsx", data, FileOptions())
    assert table.header == ("Unit", "Amount", "Date")
    assert table.rows[0] == (2, ("Parks", "0.3", "2017-10-03"))
    assert table.rows[2][0] == 5
    control = control_sum(data, "xlsx", table.options, 1, ".", 2)
    assert control == ControlSum(3, 3, 30 - 100050 + 123456789)


def test_a_workbook_with_two_sheets_asks_which() -> None:
    rows = [["Unit", "Amount"], ["Parks", 5]]
    data = workbook(One=rows, Two=rows)
    assert "One, Two" in refused(data, "x.xlsx").message
    assert refused(data, "x.xlsx", sheet="Three").code == "COSTS-112"
    assert read_table("x.xlsx", data, FileOptions(sheet="Two")).options.sheet == "Two"


def test_cells_as_text() -> None:
    assert cell_text(True) == "TRUE"
    assert cell_text(1e16) == "10000000000000000"
    assert cell_text(time(0, 0)) == "00:00:00"
    assert cell_text(datetime(2017, 1, 2).date()) == "2017-01-02"  # noqa: DTZ001
    assert cell_text("=1+1") == "=1+1"


def test_the_control_stops_where_quotes_do_not_balance() -> None:
    options = FileOptions("utf-8", ",")
    data = b'Unit,Amount\na,5\n"b"c,6\nd,7\n'
    assert control_sum(data, "csv", options, 1, ".", 2).rows >= 1


def test_the_control_counts_what_it_cannot_add() -> None:
    options = FileOptions("utf-8", ",")
    data = b"Unit,Amount\na,5\nb\nc,x\n"
    assert control_sum(data, "csv", options, 1, ".", 2) == ControlSum(3, 1, 500)


def stray(cell: str) -> bytes:
    """A small workbook with one more cell somewhere."""
    from openpyxl import Workbook

    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (["Unit", "Amount"], ["Parks", 5]):
        sheet.append(row)
    sheet[cell] = "x"
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


@pytest.mark.parametrize("cell", ["XFD1048576", "XFD3000", "SS1", "Z1048576"])
def test_a_stray_cell_far_away_is_refused_before_it_fills_the_memory(cell: str) -> None:
    error = refused(stray(cell), "x.xlsx")
    assert error.code == "COSTS-116"
    assert f"as far as cell {cell}" in error.message


def test_a_workbook_may_be_wide_and_long_within_reason() -> None:
    table = read_table("x.xlsx", stray("SR9000"), FileOptions())
    assert [number for number, _ in table.rows] == [2, 9000]


def test_what_a_sheet_says_of_its_own_size_is_not_believed() -> None:
    data = rewritten(stray("C3"), b'ref="A1:C3"', b'ref="A1:XFD1048576"')
    table = read_table("x.xlsx", data, FileOptions())
    assert len(table.rows) == 2
    assert control_sum(data, "xlsx", table.options, 1, ".", 2) == ControlSum(2, 1, 500)


def rewritten(data: bytes, old: bytes, new: bytes) -> bytes:
    """The workbook with other bytes in its sheet."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as before, zipfile.ZipFile(out, "w") as after:
        for info in before.infolist():
            content = before.read(info)
            if info.filename.endswith("sheet1.xml"):
                assert old in content
                content = content.replace(old, new)
            after.writestr(info, content, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def test_cells_without_a_reference_count_where_they_stand() -> None:
    data = rewritten(stray("C3"), b'<row r="3"', b'<row r="3000000"')
    data = rewritten(data, b'<c r="C3"', b'<c zz="C3"')
    assert refused(data, "x.xlsx").code == "COSTS-116"


def test_a_workbook_that_unpacks_to_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inside, "MAX_INFLATED", 4000)
    assert refused(stray("C3"), "x.xlsx").code == "COSTS-116"


def test_a_workbook_with_a_document_type_is_refused() -> None:
    data = rewritten(stray("C3"), b"<worksheet", b"<!DOCTYPE x [<!ENTITY a 'b'>]><worksheet")
    assert refused(data, "x.xlsx").code == "COSTS-101"


def test_columns_in_letters_and_numbers() -> None:
    for number, letters in ((1, "A"), (26, "Z"), (27, "AA"), (702, "ZZ"), (16384, "XFD")):
        assert inside.column_number(letters) == number
        assert inside.column_letters(number) == letters

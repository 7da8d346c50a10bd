"""Amounts, dates, mappings and rows: pure reading."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonweal.practices.charging.domain import cost_values as values
from commonweal.practices.charging.domain.costs import (
    Ask,
    ColumnMapping,
    CostError,
    ReadLine,
    Reject,
    RowReader,
    column_labels,
    column_place,
    file_state,
    suggest_mapping,
)
from commonweal.practices.charging.import_costs.control import minor_units

HEADER = ("Unit", "Paid Date", "Trans No", "Amount", "Type")


@pytest.mark.parametrize(
    ("text", "mark", "value"),
    [
        ("1500", ".", "1500"),
        ("1,234,567.89", ".", "1234567.89"),
        ("1.234.567,89", ",", "1234567.89"),
        ("1 234,5", ",", "1234.5"),
        ("1\u202f234.50", ".", "1234.50"),
        ("1'234.50", ".", "1234.50"),
        ("-12.30", ".", "-12.30"),
        ("\u221212.30", ".", "-12.30"),
        ("(1,000.00)", ".", "-1000.00"),
        ("150.00-", ".", "-150.00"),
        ("£1,000", ".", "1000"),
        ("-£5", ".", "-5"),
        ("£-5", ".", "-5"),
        ("($7.50)", ".", "-7.50"),
        ("+3", ".", "3"),
        (".5", ".", "0.5"),
        ("0.123456789", ".", "0.123456789"),
    ],
)
def test_amounts_as_ledgers_write_them(text: str, mark: str, value: str) -> None:
    assert values.amount(text, mark) == Decimal(value)


@pytest.mark.parametrize(
    "text",
    ["", "-", ".", "12,34", "1,2345", "1.2.3", "abc", "1e5", "(-5)", "--5", "-5-", "=1+1", "NaN",
     "12 34 5", "٣"],
)  # fmt: skip
def test_what_is_no_amount(text: str) -> None:
    assert values.amount(text, ".") is None
    assert minor_units(text, ".", 2) is None


@given(
    st.integers(-(10**12), 10**12),
    st.sampled_from([".", ","]),
    st.sampled_from(["{}", "-{}", "({})", "{}-", "£{}", "{} "]),
    st.booleans(),
)
def test_both_paths_read_the_same_cents(minor: int, mark: str, shape: str, grouped: bool) -> None:
    number = f"{abs(minor) // 100:,}" if grouped else str(abs(minor) // 100)
    if mark == ",":
        number = number.replace(",", ".")
    text = shape.format(f"{number}{mark}{abs(minor) % 100:02d}")
    first = values.amount(text, mark)
    assert first is not None
    assert first * 100 == minor_units(text, mark, 2)
    assert abs(first * 100) == abs(minor)


@given(st.text(alphabet="0123456789.,-()£ '", max_size=12), st.sampled_from([".", ","]))
def test_whatever_the_control_adds_the_reader_reads_alike(text: str, mark: str) -> None:
    first, second = values.amount(text, mark), minor_units(text, mark, 2)
    if first is not None and second is not None:
        assert first * 100 == second


@pytest.mark.parametrize(
    ("texts", "mark"),
    [
        (["1500", "12.5"], "."),
        (["1.234,50", "7"], ","),
        (["1,234", "5,678"], ""),
        (["12"], "."),
        ([], "."),
        (["1,234.56", "misprint"], "."),
    ],
)
def test_the_decimal_mark_is_found_or_asked_for(texts: list[str], mark: str) -> None:
    assert values.decimal_mark(texts) == mark


@pytest.mark.parametrize(
    ("text", "written", "day"),
    [
        ("03/05/2017", "DD/MM/YYYY", date(2017, 5, 3)),
        ("03/05/2017", "MM/DD/YYYY", date(2017, 3, 5)),
        ("2017-05-03 00:00:00", "YYYY-MM-DD", date(2017, 5, 3)),
        ("3.5.2017", "DD.MM.YYYY", date(2017, 5, 3)),
        ("20170503", "YYYYMMDD", date(2017, 5, 3)),
        ("03/05/17", "DD/MM/YY", date(2017, 5, 3)),
        ("3 May 2017", "DD Mon YYYY", date(2017, 5, 3)),
        ("3-Sept-2017", "DD Mon YYYY", date(2017, 9, 3)),
        ("3 Foo 2017", "DD Mon YYYY", None),
        ("31/02/2017", "DD/MM/YYYY", None),
        ("00:00:00", "DD/MM/YYYY", None),
    ],
)
def test_dates(text: str, written: str, day: date | None) -> None:
    assert values.day(text, written) == day


def test_an_ambiguous_date_is_asked_for() -> None:
    assert values.date_formats(["03/05/2017", "04/06/2017"]) == ["DD/MM/YYYY", "MM/DD/YYYY"]
    assert values.date_formats(["03/05/2017", "25/06/2017"]) == ["DD/MM/YYYY"]
    assert values.date_formats(["00:00:00"]) == []
    for cells, asked in (
        ("03/05/2017", Ask("COSTS-105", "Are the dates in “Date” written DD/MM/YYYY or "
                           "MM/DD/YYYY?", "date_format")),
        ("00:00:00", Ask("COSTS-105", "“Date” holds no dates. Which month is this file?",
                         "period")),
    ):  # fmt: skip
        assert suggest_mapping(("Amount", "Date"), [("1.50", cells)]).ask == (asked,)


def test_a_mapping_is_found_by_names_and_values() -> None:
    rows = [("Parks", "25/12/2017", "1", "7.50", "Revenue")]
    found = suggest_mapping(HEADER, rows)
    assert found.ask == ()
    assert found.mapping == ColumnMapping(
        {"amount": "Amount", "date": "Paid Date", "unit": "Unit", "reference": "Trans No",
         "kind": "Type"}, "DD/MM/YYYY", ".",
    )  # fmt: skip


def test_what_cannot_be_found_is_asked_for() -> None:
    found = suggest_mapping(("Unit", "Department", "Sum", "When"), [("a", "b", "1,234", "x")])
    asked = " ".join(each.text for each in found.ask)
    assert [each.field for each in found.ask] == ["column-amount", "column-unit", "period"]
    assert "Which column is the amount?" in asked
    assert "Which of “Unit”, “Department”" in asked
    assert "Which month" in asked
    assert found.unused == ("Unit", "Department", "Sum", "When")


def test_an_ambiguous_decimal_mark_is_asked_for() -> None:
    given = ColumnMapping({}, decimal="")
    found = suggest_mapping(("Amount", "Period"), [("1,234", "2017-10")], given)
    assert found.ask == (Ask("COSTS-105", "Is the decimal mark a point or a comma?", "decimal"),)


def test_a_supplier_number_makes_the_name_needless() -> None:
    with_number = suggest_mapping(("Amount", "Supplier ID", "Supplier Name"), [], period="2017-10")
    assert "supplier_name" not in with_number.mapping.columns
    name_only = suggest_mapping(("Amount", "Supplier Name"), [], period="2017-10")
    assert name_only.mapping.columns["supplier_name"] == "Supplier Name"


@pytest.mark.parametrize(
    ("columns", "code"),
    [
        ({"colour": "Unit"}, "COSTS-106"),
        ({"amount": "Sum"}, "COSTS-104"),
        ({"amount": "Twice"}, "COSTS-104"),
    ],
)
def test_columns_must_be_there_once(columns: dict[str, str], code: str) -> None:
    with pytest.raises(CostError) as refused:
        suggest_mapping(("Unit", "Twice", "Twice"), [], ColumnMapping(columns))
    assert refused.value.code == code


def test_columns_of_one_name_are_told_apart_by_their_place() -> None:
    header = ("Period", "Amount", "Unit", "Amount", "")
    assert column_labels(header) == ["Period", "column 2", "Unit", "column 4", "column 5"]
    found = suggest_mapping(header, [])
    question = "Which of “Amount” (column 2), “Amount” (column 4) is the amount of the line?"
    assert found.ask == (Ask("COSTS-105", question, "column-amount"),)
    with pytest.raises(CostError, match="Say which: “column 2”, “column 4”"):
        suggest_mapping(header, [], ColumnMapping({"amount": "Amount"}))
    said = suggest_mapping(header, [("2017-10", "1", "Parks", "7.50", "")],
                           ColumnMapping({"amount": "column 4"}, decimal=""))  # fmt: skip
    assert said.ask == ()
    assert said.unused == ("column 2",)
    reader = RowReader(header, said.mapping, exponent=2, latest=date(2018, 1, 1))
    line = reader.read(2, ("2017-10", "1", "Parks", "7.50", ""))
    assert isinstance(line, ReadLine)
    assert line.amount_minor == 750
    for wrong in ("column 6", "column 0", "column x"):
        with pytest.raises(CostError, match="no column"):
            column_place(header, wrong)
    assert column_place(("a", "column 1", "b"), "column 1") == 1


@pytest.mark.parametrize(
    "mapping", [ColumnMapping({"unit": "Unit"}, "DD/MM/YYYY"), ColumnMapping({"amount": "Amount"})]
)
def test_an_incomplete_mapping_is_refused(mapping: ColumnMapping) -> None:
    with pytest.raises(CostError) as refused:
        RowReader(HEADER, mapping, exponent=2, latest=date(2030, 1, 1))
    assert refused.value.code == "COSTS-106"


def reader(month: str = "", header: tuple[str, ...] = HEADER, **columns: str) -> RowReader:
    """A reader of HEADER."""
    chosen = columns or {
        "amount": "Amount", "date": "Paid Date", "unit": "Unit", "reference": "Trans No",
        "kind": "Type",
    }  # fmt: skip
    return RowReader(
        header, ColumnMapping(chosen, "DD/MM/YYYY"), exponent=2, period=month,
        latest=date(2018, 12, 31),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("cells", "code", "minor"),
    [
        (("Parks", "03/10/2017", "1", "", "Revenue"), "COSTS-122", None),
        (("Parks", "03/10/2017", "1", "n/a", "Revenue"), "COSTS-123", None),
        (("Parks", "03/10/2017", "1", "1.005", "Revenue"), "COSTS-124", None),
        (("Parks", "03/10/2017", "1", "9" * 16, "Revenue"), "COSTS-130", None),
        (("Parks", "03/10/2017", "1", "5"), "COSTS-121", 500),
        (("Parks", "03/10/2017", "1", "5", "Revenue", "more"), "COSTS-121", 500),
        (("Parks", "", "1", "5", "Revenue"), "COSTS-125", 500),
        (("Parks", "00:00:00", "1", "5", "Revenue"), "COSTS-126", 500),
        (("Parks", "03/10/1017", "1", "5", "Revenue"), "COSTS-127", 500),
        (("P" * 121, "03/10/2017", "1", "5", "Revenue"), "COSTS-129", 500),
        (("Grand Total:", "03/10/2017", "", "5", ""), "COSTS-131", 500),
    ],
)
def test_a_row_that_cannot_be_used_says_why(
    cells: tuple[str, ...], code: str, minor: int | None
) -> None:
    found = reader().read(7, cells)
    assert isinstance(found, Reject)
    assert (found.code, found.amount_minor) == (code, minor)
    assert found.message.startswith("Row 7: ")


def test_a_row_that_can_be_used() -> None:
    found = reader().read(2, (" Parks ", "03/10/2017", "1", "(7.50)", "Revenue"))
    assert isinstance(found, ReadLine)
    assert (found.period, found.posted_on, found.amount_minor) == (
        "2017-10", date(2017, 10, 3), -750,
    )  # fmt: skip
    assert found.texts["unit"] == "Parks"


def test_a_period_for_the_whole_file_wins() -> None:
    found = reader("2014-06").read(2, ("Parks", "00:00:00", "1", "5", "Revenue"))
    assert isinstance(found, ReadLine)
    assert (found.period, found.posted_on) == ("2014-06", None)


def test_a_month_column() -> None:
    months = reader(header=("Month", "Sum"), amount="Sum", period="Month")
    good, bad = months.read(2, ("2017-10", "5")), months.read(3, ("Oct 17", "5"))
    assert isinstance(good, ReadLine)
    assert good.period == "2017-10"
    assert isinstance(bad, Reject)
    assert bad.code == "COSTS-128"


def test_a_name_is_hashed_only_where_there_is_no_number() -> None:
    names = RowReader(
        ("Sum", "Id", "Name"),
        ColumnMapping({"amount": "Sum", "supplier_ref": "Id", "supplier_name": "Name"}),
        exponent=2, period="2017-10", latest=date(2018, 1, 1), hashed=lambda name: f"h:{len(name)}",
    )  # fmt: skip
    number, name = names.read(2, ("5", "9001", "Jo")), names.read(3, ("5", "", "Jo"))
    assert isinstance(number, ReadLine)
    assert isinstance(name, ReadLine)
    assert (number.texts["supplier_ref"], name.texts["supplier_ref"]) == ("9001", "h:2")


def test_an_unknown_date_format_is_named() -> None:
    with pytest.raises(CostError) as caught:
        suggest_mapping(["Date", "Amount"], [], ColumnMapping({}, date_format="YYYYMM?"))
    assert caught.value.code == "COSTS-114"


@pytest.mark.parametrize(
    ("imported", "work", "state"),
    [
        (True, "", "done"),
        (True, "dead", "done"),
        (False, "queued", "waiting"),
        (False, "running", "running"),
        (False, "dead", "failed"),
        (False, "discarded", "failed"),
        (False, "", "cancelled"),
    ],
)
def test_how_a_large_file_stands(imported: bool, work: str, state: str) -> None:
    assert file_state(imported, work) == state

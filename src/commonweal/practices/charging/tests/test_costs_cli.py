"""`commonweal costs` at the command line, and the council's four layouts."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from commonweal.interfaces.cli.main import main
from commonweal.kernel.access.public import SYSTEM
from commonweal.practices.charging.actions import cost_model as model
from commonweal.practices.charging.actions import costs as actions
from commonweal.practices.charging.actions.allocation_method import decide_allocation_method
from commonweal.practices.charging.actions.costs import import_costs
from commonweal.practices.charging.domain.costs import ColumnMapping
from commonweal.practices.charging.import_costs.reading import read_costs
from commonweal.practices.charging.models import (
    AllocationRun,
    CostImport,
    CostLine,
    CostMapping,
    RateVersion,
)
from commonweal.practices.charging.selectors.allocation_method import allocation_methods

from .costs_scene import SMALL, Scene, request, scene
from .test_allocation_method import CIRCLE
from .test_costs_allocation import DOCUMENT

__all__ = ["scene"]
Cli = Callable[..., tuple[int, str]]
UNKNOWN = ColumnMapping({}, decimal="")
LAYOUTS = {
    "apr-jun-2014": (3836, 1_416_588_728, "2014-06"),
    "apr-jun-2017": (4052, 1_626_488_246, ""),
    "jul-sep-2017": (3259, 1_134_400_535, ""),
    "oct-dec-2017": (3855, 1_738_205_590, ""),
}


@pytest.fixture
def cli(
    scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Cli:  # fmt: skip
    """Run `commonweal costs …` in an empty folder; status and what it said."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COMMONWEAL_DATA", str(tmp_path))

    def run(*words: str) -> tuple[int, str]:
        code = main(["costs", *words])
        told = capsys.readouterr()
        return code, (told.out + told.err).replace("\N{NO-BREAK SPACE}", " ")

    return run


def save(name: str, text: str) -> str:
    """A file in the present folder."""
    Path(name).write_text(text, encoding="utf-8")
    return name


def test_from_a_file_to_a_proposed_rate(cli: Cli) -> None:
    ledger = save("ledger.csv", SMALL)
    code, told = cli("import", ledger)
    assert code == 2
    assert "“Amount”" in told
    assert "Not used: “What”, “Code”, “No”" in told
    assert "--accept-mapping NAME" in told
    twice = save("twice.csv", SMALL.replace("Type,Supplier", "Amount,Supplier"))
    assert "(column 7) is the amount of the line? Use --column amount=" in cli("import", twice)[1]
    wrong = cli("import", ledger, "--encoding", "utf-99")
    assert (wrong[0], "Use --encoding." in wrong[1]) == (2, True)
    columns = [f"--column={name}={column}" for name, column in
               {"category": "What", "account": "Code", "reference": "No"}.items()]  # fmt: skip
    assert cli("import", ledger, *columns, "--accept-mapping", "small", "--dry-run")[0] == 0
    assert CostMapping.objects.count() == 0
    code, told = cli("import", ledger, *columns, "--accept-mapping", "small")
    assert (code, CostLine.objects.count()) == (0, 5)
    assert "2017-10        2 rows" in told
    assert cli("import", ledger)[0] == 2
    assert cli("model", save("model.json", json.dumps(DOCUMENT)))[0] == 0
    assert "unassigned" in cli("pools", "--from", "2017-10", "--to", "2017-12")[1]
    span = ("--from", "2017-10", "--to", "2017-12", "--label", "Q3")
    code, told = cli("allocate", *span)
    assert code == 0
    assert "Ledger £6,892.50 = allocated £1,900.00 + unallocated £4,992.50" in told
    run = told.split()[-1]
    volume = ("--volume", "300", "--because", "payslips of the quarter")
    code, told = cli("derive", "payroll.payslip", "--run", run, *volume)
    assert "£1,350.00 ÷ 300 payslips = £4.50." in told
    assert RateVersion.objects.count() == 0
    code, told = cli("derive", "payroll.payslip", "--run", "Q3", *volume, "--propose", "2018-04-01")
    assert (code, RateVersion.objects.get().state) == (0, "proposed")


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("import", "missing.csv"), "COSTS-101"),
        (("import", "ledger.csv", "--column", "amount"), "COSTS-106"),
        (("import", "ledger.csv", "--currency", "USD"), "COSTS-111"),
        (("model", "ledger.csv"), "COSTS-214"),
        (("model", "list.json"), "COSTS-214"),
        (("derive", "payroll.payslip", "--run", "none", "--volume", "1"), "CHARGING-216"),
        (("derive", "payroll.payslip", "--run", "none", "--volume", "many"), "CHARGING-215"),
        (("allocate", "--from", "2017-13", "--to", "2017-12", "--label", "x"), "CALENDAR-101"),
    ],
)
def test_bad_input_ends_with_status_2_and_a_remedy(
    cli: Cli, words: tuple[str, ...], code: str
) -> None:
    save("ledger.csv", SMALL)
    save("list.json", "[]")
    status, told = cli(*words)
    assert status == 2
    assert f"({code})" in told


def test_a_day_that_is_none(cli: Cli, scene: Scene) -> None:
    actions.import_costs(actor=SYSTEM, request=request())
    actions.allocate(
        actor=SYSTEM, basis="actual", first_period="2017-10", last_period="2017-10", label="Q3"
    )
    status, told = cli(
        "derive", "payroll.payslip", "--run", "Q3", "--volume", "1", "--because", "x",
        "--propose", "soon",
    )  # fmt: skip
    assert status == 2
    assert "CLI-112" in told


def test_rejected_rows_are_listed_and_none_becomes_a_formula(cli: Cli) -> None:
    bad = "".join(f"Payroll,Staff,A1,03/10/2017,{n},=1+{n},Revenue,9001\n" for n in range(10, 35))
    ledger = save("ledger.csv", SMALL + bad)
    words = ("--accept-mapping", "small", "--rejects", "rejects.csv")
    code, told = cli("import", ledger, *words)
    assert code == 0
    assert "and 5 more" in told
    assert "25 rows have no amount" in told
    lines = Path("rejects.csv").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 26
    assert ",=" not in "".join(lines)


def test_an_import_that_fails_midway_leaves_nothing(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(actions, "_store_rows", full)
    with pytest.raises(OSError, match="No space"):
        actions.import_costs(actor=SYSTEM, request=request())
    assert CostImport.objects.count() == CostMapping.objects.count() == 0


@pytest.mark.shared_data
@pytest.mark.parametrize("name", sorted(LAYOUTS))
def test_every_layout_of_the_council_is_read_to_the_penny(
    scene: Scene, shared_data: Path, name: str
) -> None:
    rows, minor, period = LAYOUTS[name]
    path = shared_data / "oxford-spend" / f"expenditure-over-500-{name}.csv"
    asked = request(path.read_bytes(), given=UNKNOWN, period=period, filename=path.name)
    stored = actions.import_costs(actor=scene.officer, request=asked).cost_import
    assert (stored.rows_total, stored.rows_used) == (rows, rows)
    assert stored.used_minor == stored.control_minor == minor
    assert not CostLine.objects.filter(supplier_ref__regex="[A-Z]{3}").exists()


@pytest.mark.shared_data
def test_the_same_rows_as_a_workbook_give_the_same_sum(scene: Scene, shared_data: Path) -> None:
    from openpyxl import Workbook
    from python_calamine import load_workbook

    path = shared_data / "oxford-spend" / "expenditure-over-500-oct-dec-2017.csv"
    asked = request(path.read_bytes(), given=UNKNOWN, filename=path.name)
    rows = read_costs(SYSTEM, asked).table
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Ledger")
    sheet.append(list(rows.header))
    place = rows.header.index("Amount")
    for cells in rows.sample:
        numbers: list[object] = list(cells)
        numbers[place] = float(cells[place])
        sheet.append(numbers)
    out = io.BytesIO()
    book.save(out)
    assert load_workbook(io.BytesIO(out.getvalue())).sheet_names == ["Ledger"]
    as_book = request(out.getvalue(), given=UNKNOWN, filename="ledger.xlsx")
    reading = read_costs(SYSTEM, as_book)
    assert reading.used_minor == LAYOUTS["oct-dec-2017"][1]
    assert reading.control.rows == LAYOUTS["oct-dec-2017"][0]


def test_methods_are_compared_and_one_is_proposed(cli: Cli, scene: Scene) -> None:
    assert "Nothing is allocated yet" in cli("methods")[1]
    import_costs(actor=scene.officer, request=request())
    model.put_cost_model(actor=scene.officer, document=CIRCLE)
    allocate = ("allocate", "--from", "2017-10", "--to", "2017-10", "--label", "2017-10")
    assert cli(*allocate)[0] == 0
    code, told = cli("methods")
    assert code == 0
    assert "reciprocal" in told
    assert "payroll" in told
    method = ("method", "reciprocal", "--from", "2017-11-01", "--reason", "They serve each other")
    assert "Proposed." in cli(*method)[1]
    waiting = allocation_methods(scene.officer)[0]
    decide_allocation_method(actor=scene.director, method_id=waiting.pk, approved=True)
    assert cli("allocate", "--from", "2017-11", "--to", "2017-11", "--label", "2017-11")[0] == 0
    assert AllocationRun.objects.get(label="2017-11").method == "reciprocal"

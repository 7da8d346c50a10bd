"""The file door: examples of the documentation, pointers to bad places, no Django."""

from __future__ import annotations

import copy
import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from ..documents import main, run_allocate, run_rate
from ..errors import EngineDefect, EngineInputError
from ..reading import read_json, schema

ROOT = Path(__file__).resolve().parents[6]
EXAMPLES = ROOT / "docs" / "reference" / "examples"


def example(kind: str) -> dict[str, Any]:
    document: dict[str, Any] = read_json((EXAMPLES / f"{kind}.json").read_bytes())
    return document


def test_rate_example() -> None:
    result = run_rate(example("rate"))
    assert result["total"] == "16880.39"
    lines = {line["charge_item"]: line for line in result["lines"]}
    assert lines["payslip"]["explanation"] == ["1,204 payslips × $4.10 = $4,936.40"]
    assert lines["case"]["exact"] == "11693.989600000"
    assert lines["case"]["rounding"] == "0.000400000"
    assert lines["desk"]["amount"] == "250.00"
    assert [fact["amount"] for fact in result["facts"]][:2] == ["8325.000000000", "3368.989600000"]


def test_allocate_example() -> None:
    result = run_allocate(example("allocate"))
    assert {t["target"]: t["amount"] for t in result["totals"]} == {
        "P1": "573360.00",
        "P2": "742440.00",
        "unallocated": "0.00",
    }
    assert result["total"] == "1315800.00"
    direct = example("allocate") | {"method": "direct"}
    assert run_allocate(direct)["totals"][0]["amount"] == "604600.00"


@pytest.mark.parametrize(
    ("method", "p1", "p2"),
    [
        ("direct", "604600.00", "711200.00"),
        ("step_down", "573360.00", "742440.00"),
        ("double_step_down", "591661.36", "724138.64"),
        ("reciprocal", "593500.00", "722300.00"),
    ],
)
def test_the_textbook_file_by_every_method(
    method: str, p1: str, p2: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """Charging reference §2.3: what the file and `--method` print, each proved by two paths."""
    assert main(["allocate", "--method", method, str(EXAMPLES / "allocate-textbook.json")]) == 0
    result = json.loads(capfd.readouterr().out)
    assert [entry["amount"] for entry in result["totals"]] == [p1, p2, "0.00"]
    assert (result["method"], result["proof"]["differences"]) == (method, 0)
    passes = {edge.get("pass") for edge in result["edges"]}
    assert passes == ({"1", "2"} if method == "double_step_down" else {None})


def test_reciprocal_costs_of_the_textbook_file() -> None:
    result = run_allocate(example("allocate-textbook"))
    closed = {entry["pool"]: entry["minor"]["numerator"] for entry in result["closed"]}
    assert closed == {"S1": "17700000", "S2": "20250000", "S3": "21450000"}
    assert "It receives $84,600.00 from the other pools." in result["explanation"]["S1"]
    double = run_allocate(example("allocate-textbook") | {"method": "double_step_down"})
    told = double["explanation"]["S3"]
    assert "Of what came after its first turn, Payroll takes 10 of 70 by devices." in told


def test_circles_without_exit_are_pointed_at(capfd: pytest.CaptureFixture[str]) -> None:
    document = example("allocate-textbook")
    for pool, values in zip(
        document["pools"], ({"S2": "1"}, {"S3": "2"}, {"S1": "3"}), strict=True
    ):
        pool["driver"]["values"] = values
    with pytest.raises(EngineInputError) as refused:
        run_allocate(document)
    assert (refused.value.code, refused.value.pointer) == (
        "ALLOC-108", "/pools/0/driver/values",
    )  # fmt: skip
    assert "“S1”, “S2”, “S3” give only to one another" in refused.value.message


def test_results_do_not_depend_on_the_order_of_the_document() -> None:
    document = example("rate")
    document["usage"].reverse()
    document["rate_versions"].reverse()
    assert run_rate(document) == run_rate(example("rate"))
    costs = example("allocate")
    costs["pools"].reverse()
    costs["targets"].reverse()
    first, second = run_allocate(costs), run_allocate(example("allocate"))
    assert first == second


def test_an_allocation_is_told_in_sentences() -> None:
    document = example("allocate")
    document["pools"][0]["driver"] = {"values": {}}
    told = run_allocate(document)["explanation"]["S1"]
    assert told[-2:] == [
        "Its driver adds up to zero, so its cost stays unallocated.",
        "$92,400.00 of its own cost ends in unallocated.",
    ]
    document = example("allocate")
    document["pools"][0]["amount"] = "-0.10"
    sentences = run_allocate(document)["explanation"]
    assert sentences["S1"][0] == "Buildings costs −$0.10 of its own."
    assert sentences["S3"][1].startswith("It receives about $")


def test_other_currencies_and_policies() -> None:
    document = example("rate") | {"currency": "JPY", "rounding": "down"}
    result = run_rate(document)
    assert result["total"] == "16879"
    assert result["lines"][0]["explanation"][-1] == ("11,693.9896 JPY rounded to 11,693 JPY (down)")


def test_no_usage_is_no_charge() -> None:
    result = run_rate(example("rate") | {"usage": []})
    assert (result["total"], result["lines"], result["facts"]) == ("0.00", [], [])


def changed(kind: str, path: str, value: Any) -> dict[str, Any]:
    """The example with one place replaced (or removed by `...`)."""
    document = copy.deepcopy(example(kind))
    *parents, last = path.strip("/").split("/")
    place: Any = document
    for part in parents:
        place = place[int(part)] if isinstance(place, list) else place[part]
    key: Any = int(last) if isinstance(place, list) else last
    if value is ...:
        del place[key]
    else:
        place[key] = value
    return document


TIERS = "/rate_versions/1/model/tiers"


@pytest.mark.parametrize(
    ("kind", "path", "value", "code", "pointer"),
    [
        ("rate", "/format", "v9", "ENGINE-104", None),
        ("rate", "/currency", ..., "ENGINE-104", None),
        ("rate", "/currency", "usd", "ENGINE-104", None),
        ("rate", "/currency", "XXX", "MONEY-101", None),
        ("rate", "/rounding", "nearest", "ENGINE-104", None),
        ("rate", "/extra~x", 1, "ENGINE-104", "/extra~0x"),
        ("rate", "/rate_versions", [], "ENGINE-104", None),
        ("rate", "/rate_versions", {}, "ENGINE-104", None),
        ("rate", "/rate_versions/1/id", "payslip-2026", "RATE-108", None),
        ("rate", "/rate_versions/0/model/rate", "4,10", "ENGINE-104", None),
        ("rate", "/rate_versions/0/model/rate", 4, "ENGINE-104", None),
        ("rate", "/rate_versions/0/model/rate", ..., "ENGINE-104", None),
        ("rate", "/rate_versions/0/model/kind", "tiered", "ENGINE-104", None),
        ("rate", "/rate_versions/0/model/rates", "1", "ENGINE-104", None),
        ("rate", f"{TIERS}/1/from", "999", "RATE-104", None),
        ("rate", f"{TIERS}/0/to", "0", "RATE-103", None),
        ("rate", f"{TIERS}/1/to", "2000", "RATE-105", None),
        ("rate", "/usage/0/quantity", "1e3", "ENGINE-104", None),
        ("rate", "/usage/0/quantity", "1.0000001", "ENGINE-104", None),
        ("rate", "/usage/0/quantity", "", "ENGINE-104", None),
        ("rate", "/usage/1/quantity", "-603", "RATE-202", None),
        ("rate", "/usage/1/rate_version", "none", "RATE-203", None),
        ("rate", "/usage/1/id", "run-10a", "RATE-206", None),
        ("rate", "/usage/1/from", "2026-10-01", "RATE-207", None),
        ("rate", "/usage/1/from", "yesterday", "RATE-207", None),
        ("rate", "/usage/1/agency", "", "ENGINE-104", None),
        ("rate", "/usage/1/agency", "a" * 201, "ENGINE-104", None),
        ("allocate", "/method", "guess", "ALLOC-107", None),
        ("allocate", "/order", ["S1", "S2"], "ALLOC-106", None),
        ("allocate", "/pools/0/amount", "1.005", "MONEY-104", None),
        ("allocate", "/targets/0/amount", "1.005", "MONEY-104", None),
        ("allocate", "/pools/1/id", "S1", "ALLOC-101", None),
        ("allocate", "/pools/0/driver/values/a~b", "1", "ALLOC-102", "/pools/0/driver/values/a~0b"),
        ("allocate", "/pools/0/driver/values/P1", "-1", "ENGINE-104", None),
    ],
)  # fmt: skip
def test_bad_documents(kind: str, path: str, value: Any, code: str, pointer: str | None) -> None:
    run = run_rate if kind == "rate" else run_allocate
    with pytest.raises(EngineInputError) as error:
        run(changed(kind, path, value))
    assert (error.value.code, error.value.pointer) == (code, pointer or path)
    assert error.value.message.endswith((".", "]"))


def test_amounts_too_large() -> None:
    document = example("rate")
    document["rate_versions"][0]["model"]["rate"] = "999999999"
    document["usage"][0]["quantity"] = "999999999999"
    with pytest.raises(EngineInputError) as error:
        run_rate(document)
    assert (error.value.code, error.value.pointer) == ("RATE-204", "/usage")
    document["usage"][0]["quantity"] = "999999999"
    with pytest.raises(EngineInputError) as error:
        run_rate(document)
    assert error.value.code == "MONEY-108"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"\xff\xfe", "ENGINE-101"),
        (b'{"a": "\\ud800"}', "ENGINE-101"),
        (b"{", "ENGINE-102"),
        (b"[" * 100_000, "ENGINE-102"),
        (b'{"a": 1.5}', "ENGINE-103"),
        (b'{"a": NaN}', "ENGINE-103"),
        (b'{"a": 1, "a": 2}', "ENGINE-103"),
        (b'{"a": ' + b"1" * 5000 + b"}", "ENGINE-103"),
    ],
)
def test_bad_json(data: bytes, code: str) -> None:
    with pytest.raises(EngineInputError) as error:
        read_json(data)
    assert error.value.code == code


@pytest.mark.parametrize("kind", ["allocate", "rate"])
def test_schemas_are_valid(kind: str) -> None:
    Draft202012Validator.check_schema(schema(kind))


def test_a_document_must_be_an_object() -> None:
    with pytest.raises(EngineInputError) as error:
        run_rate([])  # type: ignore[arg-type]
    assert error.value.pointer == ""


def test_main(
    capfd: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["rate", str(EXAMPLES / "rate.json")]) == 0
    first = capfd.readouterr()
    assert json.loads(first.out)["total"] == "16880.39"
    assert first.err == ""
    bad = tmp_path / "bad.json"
    bad.write_text(json.dumps(changed("rate", "/usage/0/quantity", "x")))
    assert main(["rate", str(bad)]) == 2
    assert f"{bad}#/usage/0/quantity: " in capfd.readouterr().err
    assert main(["rate", str(tmp_path / "none.json")]) == 2
    assert "ENGINE-100" in capfd.readouterr().err
    assert main(["rate"]) == 2
    assert main(["--help"]) == 0
    assert "JSON pointer" in capfd.readouterr().out
    text = (EXAMPLES / "allocate.json").read_bytes()
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text)))
    assert main(["allocate", "-"]) == 0
    assert json.loads(capfd.readouterr().out)["unallocated"] == "0.00"


def test_a_defect_is_not_the_users_fault(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def differ(*_: object) -> list[str]:
        return ["P1: 1 allocated, 2 by the second path"]

    monkeypatch.setattr("commonweal.practices.charging.engine.documents.prove_allocation", differ)
    with pytest.raises(EngineDefect):
        run_allocate(example("allocate"))
    assert main(["allocate", str(EXAMPLES / "allocate.json")]) == 3
    assert "ALLOC-902" in capfd.readouterr().err


def test_it_needs_neither_django_nor_settings() -> None:
    code = (
        "import sys; from commonweal.practices.charging.engine.documents import main;"
        " status = main(sys.argv[1:]); sys.exit(status or 'django' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "rate", str(EXAMPLES / "rate.json")],
        capture_output=True,
        env={"PYTHONPATH": str(ROOT / "src")},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["total"] == "16880.39"


@pytest.mark.parametrize(
    ("data", "place", "said"),
    [
        (b'{"a": {"b/c": [1, 1.5, 2.5]}}', "/a/b~1c/1", "the number 1.5 has a fraction"),
        (b'{"a": [{}, {"x": NaN}]}', "/a/1/x", "NaN is no number"),
        (b'{"a": [{"x": 1, "y": 2, "x": 3}]}', "/a/0/x", "“x” is used twice"),
        (b"0.5", "", "the number 0.5 has a fraction"),
    ],
)
def test_what_cannot_be_used_is_named_by_its_place(data: bytes, place: str, said: str) -> None:
    with pytest.raises(EngineInputError, match="ENGINE-103") as error:
        read_json(data)
    assert error.value.pointer == place
    assert said in error.value.message


def test_the_command_points_at_a_fraction(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "rate.json"
    file.write_text('{"format": "commonweal.rate.v1", "model": {"kind": "per_unit", "rate": 4.1}}')
    assert main(["rate", str(file)]) == 2
    assert f"{file}#/model/rate: Not usable JSON: the number 4.1 has a fraction" in (
        capsys.readouterr().err
    )

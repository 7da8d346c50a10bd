"""Every price model through the file door: the table of the documentation, and what is refused."""

from __future__ import annotations

import copy
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from ..building import KINDS
from ..errors import EngineDefect, EngineInputError
from ..rate_documents import run_rate
from ..reading import read_json
from ..totals import charge_of_totals

ROOT = Path(__file__).resolve().parents[6]
EXAMPLE = ROOT / "docs" / "reference" / "examples" / "rate-price-models.json"
PAGE = ROOT / "docs" / "reference" / "engine.md"


def example() -> dict[str, Any]:
    document: dict[str, Any] = read_json(EXAMPLE.read_bytes())
    return document


def by_hand() -> dict[tuple[str, str], str]:
    """(rate version, agency): charged; from the documentation."""
    text = PAGE.read_text()
    rows = text[text.index("| rate version | agency | by hand") :].split("\n\n")[0].splitlines()[2:]
    cells = [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]
    return {(row[0], row[1]): row[3] for row in cells}


def test_every_model_costs_what_the_documentation_says() -> None:
    result = run_rate(example())
    found = {(line["rate_version"], line["agency"]): line["amount"] for line in result["lines"]}
    assert found == by_hand()
    assert Decimal(result["total"]) == sum(map(Decimal, found.values()))
    assert result["proof"] == {"paths": 2, "groups": len(found), "differences": 0}


def test_the_documentation_has_every_model() -> None:
    used = {version["model"]["kind"] for version in example()["rate_versions"]}
    assert used | {"flat", "per_unit"} == set(KINDS)
    text = PAGE.read_text()
    assert all(f"| `{kind}` |" in text for kind in KINDS)


def test_every_line_is_explained() -> None:
    lines = {
        (line["rate_version"], line["agency"]): line["explanation"]
        for line in run_rate(example())["lines"]
    }
    assert lines["seats-volume", "roads"] == [
        "6 seats × $6.50 (all at the rate from 6 on) = $39.00"
    ]
    assert lines["treasury", "roads"][-2:] == [
        "That is more than the cap of the year, so the cap is charged: $60,000.00",
        "Charged before this period: $57,000.00, which leaves $3,000.00",
    ]
    assert lines["support", "roads"][0] == "Nothing was used"
    assert lines["contacts", "parks"][1] == "channel web: 10 contacts × $0.50 = $5.00"
    assert lines["tickets", "roads"][-2] == (
        "500 of 1,500 tickets bear that share of it: $4,666.666666667"
    )
    assert lines["desk", "roads"] == ["$310.00 × 12 of 31 days = $120.00"]
    assert lines["council", "parks"] == ["1/2 of $100,000.00 = $50,000.00"]
    assert lines["act-12", "courts"] == ["Enacted for courts: $8,500.00"]
    assert all(lines.values())


def test_sentences_of_limits() -> None:
    document = example()
    document["rate_versions"] = [
        {"id": "step", "model": {"kind": "step", "size": "10", "price": "3", "cap": "9"}},
        {"id": "pack", "model": {"kind": "package", "size": "10", "price": "3", "fixed": "1"}},
        {"id": "part", "model": {"kind": "percentage", "percent": "50", "cap": "9"}},
        {"id": "cost", "model": {"kind": "at_cost", "overhead": "1"}},
        {"id": "least", "model": {"kind": "minimum", "amount": "5",
                                  "model": {"kind": "flat", "amount": "7"}}},
        {"id": "pool", "model": {"kind": "pooled", "model": {"kind": "per_unit", "rate": "2"}}},
        {"id": "top", "model": {"kind": "peak", "model": {
            "kind": "step", "size": "10", "price": "3", "cap": "60", "over": "year"}}},
    ]  # fmt: skip
    usage = example()["usage"][0]
    document["usage"] = [
        usage | {"id": name, "charge_item": name, "rate_version": name, "quantity": "40"}
        for name in ("step", "pack", "part", "cost", "least", "top")
    ]
    document["charges"] = [{"agency": "parks", "charge_item": "pool", "rate_version": "pool"}]
    document["openings"] = [
        {"agency": "parks", "charge_item": "top", "rate_version": "top", "quantity": "30"}
    ]
    lines = {line["rate_version"]: line for line in run_rate(document)["lines"]}
    assert lines["step"]["explanation"][-1] == (
        "That is more than the cap, so the cap is charged: $9.00"
    )
    assert lines["pack"]["explanation"][-1] == "Together: $13.00"
    assert lines["part"]["amount"] == "9.00"
    assert lines["cost"]["explanation"] == [
        "Passed through at cost: $40.00", "Overhead: 1% of $40.00 = $0.40", "Together: $40.40",
    ]  # fmt: skip
    assert lines["least"]["explanation"][-1] == "The minimum commitment of $5.00 is reached"
    assert lines["pool"]["amount"] == "0.00"
    assert (lines["top"]["amount"], lines["top"]["quantity"]) == ("3.00", "40")


def test_a_matrix_line_lists_its_cells() -> None:
    line = next(x for x in run_rate(example())["lines"] if x["rate_version"] == "contacts")
    assert line["cells"] == [
        {"values": ["phone"], "quantity": "4", "facts": 1, "exact": "24.000000000"},
        {"values": ["web"], "quantity": "10", "facts": 1, "exact": "5.000000000"},
        {"values": [], "quantity": "1", "facts": 1, "exact": "9.000000000"},
    ]


def test_warnings_come_with_the_result() -> None:
    (cliff,) = run_rate(example())["warnings"]
    assert (cliff["rate_version"], cliff["code"], cliff["where"]) == (
        "seats-volume", "RATE-402", "tiers/1",
    )  # fmt: skip


def test_the_order_of_the_document_changes_nothing() -> None:
    document = example()
    for part in ("usage", "rate_versions", "charges", "openings"):
        document[part].reverse()
    assert run_rate(document) == run_rate(example())


def test_a_charge_beside_usage_adds_nothing() -> None:
    document = example()
    document["charges"].append(
        {"agency": "parks", "charge_item": "support", "rate_version": "support"}
    )
    assert run_rate(document)["total"] == run_rate(example())["total"]


def test_parts_of_a_month_add_up_to_it() -> None:
    document = example()
    desk = {"agency": "roads", "charge_item": "desk", "rate_version": "desk"}
    cuts = ["2026-10-01", "2026-10-08", "2026-10-09", "2026-11-01"]
    document["charges"] = [
        desk | {"covered": {"from": first, "to": end}} for first, end in pairwise(cuts)
    ]
    document["rate_versions"][-1]["model"]["amount"] = "100"
    lines = [x for x in run_rate(document)["lines"] if x["rate_version"] == "desk"]
    assert [line["exact"] for line in lines] == ["100.000000000"]


COVERED = "/charges/7/covered"


def changed(path: str, value: Any) -> dict[str, Any]:
    document = copy.deepcopy(example())
    *parents, last = path.strip("/").split("/")
    place: Any = document
    for part in parents:
        place = place[int(part)] if isinstance(place, list) else place[part]
    if value is ...:
        del place[last]
    elif isinstance(place, list):
        place[int(last)] = value
    else:
        place[last] = value
    return document


MODELS = {kind: f"/rate_versions/{place}/model" for place, kind in enumerate(
    ("graduated", "volume", "package", "step", "minimum", "percentage", "at_cost", "peak",
     "channel", "matrix", "pooled", "fixed_share", "lump_sum", "prorated")
)}  # fmt: skip


@pytest.mark.parametrize(
    ("path", "value", "code", "pointer"),
    [
        (f"{MODELS['volume']}/tiers/1/from", "7", "RATE-104", None),
        (f"{MODELS['volume']}/tiers/1/from", "5", "RATE-104", None),
        (f"{MODELS['package']}/size", "0", "RATE-111", None),
        (f"{MODELS['step']}/over", "week", "ENGINE-104", None),
        (f"{MODELS['percentage']}/cap", "9", "RATE-112", None),
        (f"{MODELS['percentage']}/percent", "1.00000001", "ENGINE-104", None),
        (f"{MODELS['at_cost']}/floor", "1", "ENGINE-104", None),
        (f"{MODELS['minimum']}/model/kind", "peak", "ENGINE-104",
         f"{MODELS['minimum']}/model/rate"),
        (f"{MODELS['channel']}/otherwise", ..., "ENGINE-104", None),
        (f"{MODELS['channel']}/otherwise", "ignore", "ENGINE-104", None),
        (f"{MODELS['channel']}/channels", {}, "ENGINE-104", None),
        (f"{MODELS['matrix']}/cells/1/values", ["large", "east"], "RATE-114",
         f"{MODELS['matrix']}/cells/1"),
        (f"{MODELS['matrix']}/cells/1/values", ["large"], "RATE-115", None),
        (f"{MODELS['pooled']}/model/fixed", "5", "RATE-118", None),
        (f"{MODELS['fixed_share']}/shares/parks", "0.5", "ENGINE-104", None),
        (f"{MODELS['fixed_share']}/shares/parks", "2/3", "RATE-116",
         f"{MODELS['fixed_share']}/shares"),
        (f"{MODELS['lump_sum']}/amounts", {}, "ENGINE-104", None),
        ("/usage/18/dimensions/site", "west", "RATE-208", "/usage/18/dimensions"),
        ("/usage/12/quantity", "-12", "RATE-210", None),
        ("/usage/21/quantity", "-12", "RATE-202", None),
        ("/usage/0/rate_version", "act-12", "RATE-212", None),
        ("/charges/0/rate_version", "none", "RATE-203", None),
        ("/charges/0/rate_version", "contacts", "RATE-212", None),
        ("/charges/4/agency", "roads", "RATE-209", None),
        ("/charges/5/agency", "parks", "RATE-214", "/charges/5"),
        ("/charges/0/covered", {"from": "2026-10-01", "to": "2026-10-02"}, "RATE-217", None),
        (f"{COVERED}/from", "2026-09-30", "RATE-211", COVERED),
        (f"{COVERED}/to", "2026-10-20", "RATE-211", COVERED),
        (f"{COVERED}/to", "2026-13-01", "RATE-215", None),
        ("/charges/6/agency", "roads", "RATE-213", COVERED),
        ("/period", ..., "RATE-211", None),
        ("/period/to", "2026-10-01", "RATE-211", None),
        ("/period/to", "soon", "RATE-215", None),
        ("/openings/0/rate_version", "pages", "RATE-216", None),
        ("/openings/0/rate_version", "none", "RATE-203", None),
    ],
)  # fmt: skip
def test_bad_documents(path: str, value: Any, code: str, pointer: str | None) -> None:
    with pytest.raises(EngineInputError) as error:
        run_rate(changed(path, value))
    assert (error.value.code, error.value.pointer) == (code, pointer or path)
    assert error.value.message.endswith(".")


def test_an_opening_twice() -> None:
    document = example()
    document["openings"] *= 2
    with pytest.raises(EngineInputError, match="RATE-214") as error:
        run_rate(document)
    assert error.value.pointer == "/openings/1"


def test_a_wrong_charge_is_found_by_the_second_path(monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(*given: Any) -> Decimal:
        return charge_of_totals(*given) + Decimal("0.000000001")

    monkeypatch.setattr(
        "commonweal.practices.charging.engine.charge_documents.charge_of_totals", wrong
    )
    with pytest.raises(EngineDefect, match="RATE-902"):
        run_rate(example())

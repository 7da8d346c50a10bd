"""The stand-alone verifier: honest packs pass, and every altered figure is found."""

from __future__ import annotations

import ast
import csv
import hashlib
import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from commonweal.kernel.access.public import SYSTEM, act_as
from commonweal.practices.charging.papers.pack import verifier_source
from commonweal.practices.charging.papers.verifier import run as check_bill
from commonweal.practices.charging.papers.verifier.basis import NEEDED

from .copies import Copies, closed, copies, enter, world
from .world import AUGUST, JULY, usage

__all__ = ["closed", "copies", "enter", "world"]
Files = dict[str, bytes]
_PACK: list[tuple[bytes, str]] = []


@dataclass(frozen=True)
class Verifier:
    """An honest pack (ROADS, August, with a late record of July), and the program beside it."""

    folder: Path
    files: Files
    root: str

    def write(self, files: Files, *, hashes: bool) -> Path:
        """A pack of these files; with `hashes` the manifest is made to fit them."""
        files = dict(files)
        if hashes:
            files["manifest.sha256"] = "".join(
                f"{hashlib.sha256(data).hexdigest()}  {name}\n"
                for name, data in sorted(files.items())
                if name != "manifest.sha256"
            ).encode()
        place = self.folder / "pack.zip"
        with zipfile.ZipFile(place, "w") as archive:
            for name, data in files.items():
                archive.writestr(name, data)
        return place

    def run(self, pack: Path, *options: str) -> tuple[int, str]:
        """Exit status and message of the program in this process."""
        out, err = io.StringIO(), io.StringIO()
        before = sys.stdout, sys.stderr
        sys.stdout, sys.stderr = out, err
        try:
            status = check_bill.main([str(pack), *options])
        finally:
            sys.stdout, sys.stderr = before
        return status, out.getvalue() + err.getvalue()


@pytest.fixture
def verifier(copies: Copies, django_db_blocker: Any, tmp_path: Path) -> Verifier:
    """The pack is made once for each worker; each test gets the files."""
    if not _PACK:
        with django_db_blocker.unblock():
            _PACK.append(_make(copies, tmp_path / "data"))
    data, root = _PACK[0]
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    (tmp_path / "check_bill.py").write_bytes(verifier_source())
    (tmp_path / "honest.zip").write_bytes(data)
    return Verifier(tmp_path, files, root)


def _make(copies: Copies, folder: Path) -> tuple[bytes, str]:
    with copies.visit("verifier", folder) as made:
        made.send("desk", [usage("ROADS", "helpdesk.case", 90, "7", JULY)])
        made.close_fully(AUGUST)
        with act_as(SYSTEM):
            bill = made.bill("PARKS", AUGUST)
            roads = made.bill("ROADS", AUGUST)
        assert bill.pack_root != roads.pack_root
        return made.paper(roads, "pack"), roads.pack_root


def plain_python(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-I", "-S", "check_bill.py", *arguments],
        cwd=folder, capture_output=True, text=True, check=False, env={"PATH": ""},
    )  # fmt: skip


def test_an_honest_pack_passes_in_plain_python(verifier: Verifier) -> None:
    done = plain_python(verifier.folder, "honest.zip", "--root", verifier.root)
    assert (done.returncode, done.stderr) == (0, "")
    assert "it fits" in done.stdout
    assert verifier.root in done.stdout
    assert "Compare with your own records" in done.stdout


def test_it_says_what_it_does_not_prove(verifier: Verifier) -> None:
    done = plain_python(verifier.folder, "--help")
    assert done.returncode == 0
    assert "cannot prove" in (check_bill.__doc__ or "")
    assert b"cannot prove" in verifier.files["README.txt"]


def test_another_root_is_found(verifier: Verifier) -> None:
    pack = verifier.folder / "honest.zip"
    status, said = verifier.run(pack, "--root", "0" * 64)
    assert (status, "proof root" in said) == (1, True)


def test_the_program_imports_the_standard_library_only() -> None:
    tree = ast.parse(verifier_source(), feature_version=(3, 8))
    names = {
        (node.module or "") if isinstance(node, ast.ImportFrom) else alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    assert names
    assert {name.partition(".")[0] for name in names} <= sys.stdlib_module_names
    assert not any(isinstance(node, ast.ImportFrom) and node.level for node in ast.walk(tree))


def usage_rows(change: Callable[[list[dict[str, str]]], None]) -> Callable[[Files], None]:
    """A change of the rows of usage.csv."""

    def apply(files: Files) -> None:
        found = csv.DictReader(io.StringIO(files["usage.csv"].decode(), newline=""))
        rows = list(found)
        change(rows)
        out = io.StringIO(newline="")
        writer = csv.DictWriter(out, found.fieldnames or [], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        files["usage.csv"] = out.getvalue().encode()

    return apply


def document(name: str, change: Callable[[Any], None]) -> Callable[[Files], None]:
    """A change of a JSON file."""

    def apply(files: Files) -> None:
        value = json.loads(files[name])
        change(value)
        files[name] = json.dumps(value).encode()

    return apply


def _line(bill: Any, kind: str = "usage") -> Any:
    return next(line for line in bill["lines"] if line["kind"] == kind)


def _rate(found: Any, item: str) -> Any:
    return next(rate for rate in found["rates"] if rate["charge_item"] == item)


def _run(found: Any) -> Any:
    return next(iter(found["runs"].values()))


def _driver(found: Any) -> None:
    pool = next(pool for pool in _run(found)["document"]["pools"] if pool.get("driver"))
    key = sorted(pool["driver"]["values"])[0]
    pool["driver"]["values"][key] = "9"


def _pool(found: Any) -> None:
    _run(found)["document"]["pools"][0]["amount"] = "1.00"


def _funding(found: Any) -> None:
    for line in found["order_lines"].values():
        line["funding"][0]["numerator"] += 1


def _share(found: Any) -> None:
    shares = _run(found)["result"]["shares"]
    shares[0]["numerator"] = str(int(shares[0]["numerator"]) + 1)


def _swapped(files: Files) -> None:
    """Two journal lines' amounts change places: sums and balance stay."""
    rows = list(csv.DictReader(io.StringIO(files["journal.csv"].decode(), newline="")))
    one, two = [row for row in rows if row["line"] and row["debit"]][:2]
    assert one["debit"] != two["debit"]
    one["debit"], two["debit"] = two["debit"], one["debit"]
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, rows[0].keys(), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    files["journal.csv"] = out.getvalue().encode()


def _model_alone(found: Any) -> None:
    """A decided price that the arithmetic of its own line does not touch."""
    rate = _rate(found, "payroll.payslip")
    rate["reason"] = "made up"
    rate["decision"]["effect"]["model"] = {"kind": "per_unit", "rate": "99"}


CHANGES: dict[str, Callable[[Files], None]] = {
    "quantity": usage_rows(lambda rows: rows[1].update(quantity=rows[1]["quantity"][:-1] + "1")),
    "amount of a record": usage_rows(lambda rows: rows[0].update(amount="1.000000000")),
    "record removed": usage_rows(lambda rows: rows.pop()),
    "record added": usage_rows(lambda rows: rows.append({**rows[-1], "id": "new"})),
    "record twice": usage_rows(lambda rows: rows.append(dict(rows[-1]))),
    "order of records": usage_rows(lambda rows: rows.reverse()),
    "late record's quantity": usage_rows(
        lambda rows: next(r for r in rows if r["kind"] == "correction").update(quantity="8.000000")
    ),
    "late record's start": usage_rows(
        lambda rows: next(r for r in rows if r["kind"] == "correction").update(
            quantity_before="90.000000"
        )
    ),
    "rate": document(
        "rates.json", lambda v: _rate(v, "payroll.payslip")["model"].update(rate="9")
    ),
    "tier": document(
        "rates.json", lambda v: _rate(v, "helpdesk.case")["model"]["tiers"][1].update(rate="9")
    ),
    "fixed part": document(
        "rates.json", lambda v: _rate(v, "helpdesk.case")["model"].update(fixed="9")
    ),
    "base charge": document(
        "rates.json", lambda v: _rate(v, "payroll.base")["model"].update(amount="9")
    ),
    "derived rate": document(
        "rates.json", lambda v: _rate(v, "payroll.payslip")["derivation"].update(denominator="9")
    ),
    "service cost": document(
        "rates.json", lambda v: _rate(v, "payroll.payslip")["derivation"].update(service_cost="9")
    ),
    "driver": document("allocation.json", _driver),
    "pool": document("allocation.json", _pool),
    "funding share": document("orders.json", _funding),
    "line amount": document("bill.json", lambda v: _line(v).update(amount="0.01")),
    "line quantity": document("bill.json", lambda v: _line(v).update(quantity="1.000000")),
    "line records": document("bill.json", lambda v: _line(v).update(facts=99)),
    "line's item": document("bill.json", lambda v: _line(v).update(charge_item="payroll.base")),
    "fixed quantity": document("bill.json", lambda v: _line(v, "fixed").update(quantity="2")),
    "rounding": document(
        "bill.json", lambda v: [line.update(rounding="up") for line in v["lines"]]
    ),
    "funding amount": document(
        "bill.json", lambda v: _line(v)["funding"][0].update(amount="0.01")
    ),
    "line removed": document("bill.json", lambda v: v["lines"].pop()),
    "line twice": document("bill.json", lambda v: v["lines"].append(dict(_line(v, "fixed")))),
    "line's order": document("bill.json", lambda v: _line(v).update(order="X-1")),
    "share stated": document("allocation.json", _share),
    "price decided": document("rates.json", _model_alone),
    "no decision": document(
        "rates.json", lambda v: _rate(v, "payroll.payslip").update(decision=None)
    ),
    "decided by one": document(
        "rates.json",
        lambda v: _rate(v, "payroll.payslip")["decision"].update(
            decided_by=_rate(v, "payroll.payslip")["decision"]["proposed_by"]
        ),
    ),
    "decided too late": document(
        "rates.json",
        lambda v: _rate(v, "payroll.payslip")["decision"].update(decided_at="2999-01-01T00:00:00"),
    ),
    "rate's first day": document(
        "rates.json",
        lambda v: [
            _rate(v, "payroll.payslip").update(starts="2999-01-01"),
            _rate(v, "payroll.payslip")["decision"]["effect"].update(starts="2999-01-01"),
        ],
    ),
    "order line ended": document(
        "orders.json", lambda v: [o.update(ends="2020-01-01") for o in v["order_lines"].values()]
    ),
    "record of another month": usage_rows(
        lambda rows: rows[0].update({"from": "2020-01-01T00:00:00+00:00"})
    ),
    "journal's lines": _swapped,
    "total": document("bill.json", lambda v: v.update(total="1.00")),
    "journal": lambda files: files.update(
        {"journal.csv": files["journal.csv"].replace(b"1", b"2")}
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CHANGES)
def test_a_changed_figure_is_found_with_and_without_hashes(verifier: Verifier, name: str) -> None:
    """Hashes as they were; hashes made anew; and hashes not looked at."""
    files = dict(verifier.files)
    CHANGES[name](files)
    assert files != verifier.files
    status, said = verifier.run(verifier.write(files, hashes=False))
    assert (status, "hash of" in said) == (1, True)
    for hashes, options in ((True, ()), (False, ("--ignore-hashes",))):
        status, said = verifier.run(verifier.write(files, hashes=hashes), *options)
        assert status == 1, f"{name} was not found: {said}"
        assert "does NOT fit" in said


def test_files_that_nobody_listed_are_found(verifier: Verifier) -> None:
    more = verifier.write({**verifier.files, "extra.txt": b"x"}, hashes=False)
    assert verifier.run(more)[0] == 1
    fewer = {name: data for name, data in verifier.files.items() if name != "README.txt"}
    assert verifier.run(verifier.write(fewer, hashes=False))[0] == 1


def test_figures_that_would_never_end_are_refused(verifier: Verifier) -> None:
    for text in ("1e999999999", "NaN", "Infinity", "1,5", ""):
        files = dict(verifier.files)
        document("bill.json", lambda v, text=text: _line(v).update(amount_exact=text))(files)
        assert verifier.run(verifier.write(files, hashes=True))[0] == 1


def _damaged(folder: Path) -> Iterator[tuple[str, bytes]]:
    honest = (folder / "honest.zip").read_bytes()
    yield "empty", b""
    yield "text", b"This is a letter, not a zip."
    yield "cut", honest[: len(honest) // 2]
    middle = len(honest) // 3
    yield (
        "flipped",
        honest[:middle]
        + bytes(b ^ 255 for b in honest[middle : middle + 200])
        + (honest[middle + 200 :]),
    )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("bill.json", "{}")
    yield "incomplete", out.getvalue()
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for number in range(5):
            with archive.open(f"bomb{number}", "w", force_zip64=True) as stream:
                stream.write(b"\0" * 1000)
    bomb = out.getvalue()
    with zipfile.ZipFile(io.BytesIO(bomb)) as archive:
        for entry in archive.infolist():
            assert entry.file_size == 1000
    # the sizes that the directory states are what is added up: 5 × 500 MB
    yield "bomb", bomb.replace((1000).to_bytes(4, "little"), (500_000_000).to_bytes(4, "little"))


def test_what_is_not_a_pack_ends_with_status_2(verifier: Verifier) -> None:
    for name, data in _damaged(verifier.folder):
        place = verifier.folder / f"{name}.zip"
        place.write_bytes(data)
        status, said = verifier.run(place)
        assert status == 2, f"{name}: {said}"
        assert "not a proof file" in said
    assert verifier.run(verifier.folder / "nowhere.zip")[0] == 2


@pytest.mark.parametrize("name", NEEDED)
@pytest.mark.parametrize("data", [b"", b"{", b"\xff\xfe", b"[]", b"null", b"[" * 100_000],
                         ids=["empty", "half", "bytes", "list", "null", "deep"])  # fmt: skip
def test_garbage_inside_never_ends_in_a_traceback(
    verifier: Verifier, name: str, data: bytes
) -> None:
    pack = verifier.write({**verifier.files, name: data}, hashes=True)
    status, said = verifier.run(pack)
    assert status in (1, 2)
    assert "fits." not in said

"""`commonweal ratedesk` and `commonweal budgets`."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

from commonweal.interfaces.api.tests.scene import A, B, Scene
from commonweal.kernel.access.public import SYSTEM, act_as
from commonweal.kernel.catalogue.public import agreements
from commonweal.practices.charging import public as charging

Run = Callable[..., tuple[int, str, str]]
OWNER = ("--as", "owner@meridian.example")
DIRECTOR = ("--as", "director@meridian.example")


def plan(folder: Path) -> str:
    path = folder / "plan.json"
    path.write_text(json.dumps({"prices": {"payroll.payslip": "recover"}}))
    return str(path)


def test_scenarios(run: Run, scene: Scene, tmp_path: Path) -> None:
    status, out, _ = run("ratedesk", "scenario", "--year", "2026", plan(tmp_path))
    assert status == 0
    assert "Revenue changes by" in out
    assert A in out
    status, out, _ = run("ratedesk", "scenario", "--year", "2026", plan(tmp_path), "--json")
    assert {"customer", "before", "after", "change"} == set(json.loads(out)[0])
    status, out, _ = run("ratedesk", "leaves", B, "--year", "2026", "--from", "2026-01",
                         "--variable", "payroll=30%")  # fmt: skip
    assert status == 0
    assert "stranded" in out
    bad = tmp_path / "bad.json"
    bad.write_text("[]")
    status, _, err = run("ratedesk", "scenario", "--year", "2026", str(bad))
    assert (status, "CLI-121" in err) == (2, True)
    bad.write_text("{")
    status, _, err = run("ratedesk", "scenario", "--year", "2026", str(bad))
    assert (status, "CLI-121" in err) == (2, True)
    status, out, _ = run("ratedesk", "keep", "--name", "Plan", "--year", "2026", plan(tmp_path))
    key = out.split()[-1]
    status, out, _ = run("ratedesk", "scenarios")
    assert key in out
    status, out, _ = run("ratedesk", "publish", key, "--until", "2031-01-01",
                         "--reason", "Payroll must recover its cost.")  # fmt: skip
    assert "agencies may comment" in out
    with act_as(SYSTEM):
        effect = charging.proposed_to(SYSTEM, scene.world.agencies[A])[0]
    status, out, _ = run("ratedesk", "comment", str(effect.pk), "We agree.",
                         "--as", f"finance@{A.lower()}.example")  # fmt: skip
    assert status == 0, out
    status, out, err = run("ratedesk", "propose", key, "--starts", "2041-07-01", "--reason",
                         "Payroll must recover its cost.")  # fmt: skip
    assert "Proposed: payroll.payslip-2041-07-01" in out, err


def test_build_ups_and_rules(run: Run, scene: Scene, tmp_path: Path) -> None:
    path = tmp_path / "zero.json"
    path.write_text(json.dumps({
        "lines": [{"kind": "purchase", "name": "Licences", "amount": "1000", "source": "Contract",
                   "reason": "It runs on it"}],
        "items": [{"item": "payroll.payslip", "volume": "3000", "volume_reason": "Forecasts"}],
    }))  # fmt: skip
    status, out, _ = run("ratedesk", "build-up", "payroll", str(path), "--year", "2027")
    assert status == 0, out
    assert "0.3333" in out
    key = re.findall(r"Version \d+: ([^,]+),", out)[0]  # other tests of this centre build up, too
    status, out, _ = run("ratedesk", "build-ups")
    assert key in out
    status, out, _ = run("ratedesk", "propose", key, "--build-up", "--starts", "2042-07-01",
                         "--reason", "Far below what is charged now.")  # fmt: skip
    assert status == 0, out
    status, out, _ = run("ratedesk", "rules", "--notice-days", "20", "--freeze", "--authority",
                         "Rate Committee", *DIRECTOR)  # fmt: skip
    assert status == 0, out
    status, out, _ = run("ratedesk", "rules", "--json")
    assert json.loads(out)["authority_needed"] is True
    status, out, _ = run("ratedesk", "cap", "VITA", "--kind", "overhead", "--limit", "0.0826",
                         "--source", "Budget act", "--starts", "2031-07-01", "--warn")  # fmt: skip
    assert "0.0826" in out
    with act_as(SYSTEM):
        number = agreements(SYSTEM, scene.world.agencies[A])[0].number
    status, out, _ = run("ratedesk", "notice", number, "--agency", A, "--days", "90")
    assert status == 0, out
    # The command commits, and other tests of this centre propose rates, too.
    run("ratedesk", "notice", number, "--agency", A, "--days", "0")
    run("ratedesk", "rules", "--notice-days", "0", "--no-freeze", "--authority", "")


def test_budgets(run: Run, tmp_path: Path) -> None:
    officer = ("--as", f"finance@{A.lower()}.example")
    year = str(charging.present_year() + 1)
    status, out, _ = run("budgets", "deadline", A, f"{int(year) - 1}-01-15", "--year", year)
    assert status == 0, out
    status, out, _ = run("budgets", "due", "--year", year)
    assert A in out
    status, out, _ = run("budgets", "issue", A, "--year", year)
    assert status == 0, out
    key = out.split(":")[0]
    status, out, _ = run("budgets", "figures", "--agency", A)
    assert key in out
    sheet = tmp_path / "figure.csv"
    assert run("budgets", "csv", key, "--out", str(sheet))[0] == 0
    assert sheet.read_text().startswith("fiscal_year,")
    assert run("budgets", "put", A, "1000.00", "--year", "2026", *officer)[0] == 0
    assert run("budgets", "alerts", A, "50", "80", *officer)[0] == 0
    status, out, _ = run("budgets", "year", A, "--year", "2026", *officer)
    assert "total" in out
    assert "1000.00" in out
    assert "new percentages told" in run("budgets", "tell", A)[1]

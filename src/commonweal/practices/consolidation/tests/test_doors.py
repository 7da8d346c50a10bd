"""The command and the API do what the pages do, with the same figures."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from commonweal.interfaces.cli.main import main
from commonweal.kernel.access.public import act_as, create_token
from commonweal.kernel.calendar.public import at
from commonweal.practices.charging.tests.copies import copies, enter, world
from commonweal.practices.charging.tests.world import AUGUST, World, after

from .scene import PDF, index, own_all, sign, view

__all__ = ["copies", "enter", "index", "world"]
Run = Callable[..., tuple[int, str]]
ALONE = {
    "lines": [{"kind": "staff", "text": "Two clerks", "amount_minor": 720000, "varies": True}],
    "service_level": "Paid by the 25th", "price_year": 2025, "index": "CPI",
    "charge_item": "payroll.payslip", "volume": "972",
}  # fmt: skip


@pytest.fixture
def run(
    index: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Iterator[Run]:  # fmt: skip
    """Run the command; status and what it said."""
    monkeypatch.setenv("COMMONWEAL_DATA", str(tmp_path))
    monkeypatch.chdir(tmp_path)

    def call(*words: str) -> tuple[int, str]:
        capsys.readouterr()
        status = main(list(words))
        said = capsys.readouterr()
        return status, said.out + said.err

    with at(after(AUGUST)):
        yield call


def test_the_command_writes_signs_and_shows(index: World, run: Run) -> None:
    Path("alone.json").write_text(json.dumps(ALONE))
    Path("budget.pdf").write_bytes(PDF)
    assert run("worth", "index", "IT", "Computing prices", "Bureau")[0] == 0
    assert run("worth", "index-value", "IT", "2025", "98.5", "Bureau, June")[0] == 0
    given = ("worth", "baseline", "PARKS", "payroll", "alone.json")
    status, said = run(*given, "--paper", "budget.pdf")
    assert status == 0, said
    assert '"draft"' in said
    officer, approver = (f"{role}.parks@example.org" for role in
                         ("agency_finance", "agency_approver"))  # fmt: skip
    assert run("worth", "propose", "PARKS", "payroll", "--as", officer)[0] == 0
    assert run("worth", "sign", "PARKS", "payroll", "--as", officer)[0] == 2
    status, said = run("worth", "sign", "PARKS", "payroll", "--as", approver)
    assert status == 0
    assert '"late": true' in said
    for kind in ("retained", "transition", "dual_running"):
        assert run("worth", "own-cost", "PARKS", "payroll", kind, "2027", "0")[0] == 0
    status, said = run("worth", "show", "2027", "--agency", "PARKS")
    assert status == 0
    assert "cannot be determined" in said
    assert run("worth", "show", "2027", "--csv", "worth.csv")[0] == 0
    assert "PARKS,payroll,2027,1,USD,late" in Path("worth.csv").read_text()
    assert json.loads(run("worth", "show", "2027", "--json")[1])
    Path("alone.json").write_text("[]")
    assert "CLI-160" in run(*given)[1]
    assert "CLI-161" in run("worth", "sign", "ROADS", "payroll")[1]
    status, said = run("reconcile", "2026-07")
    assert status == 0
    assert " 0 not proved equal" in said
    assert run("reconcile", "2026-07", "--csv", "sums.csv")[0] == 0
    assert run("reconcile", "2026-07", "--json")[0] == 0
    assert run("money", "publish", "PARKS", "Decided by the council.")[0] == 0
    assert "OPEN-102" in run("money", "publish", "PARKS", "Decided by the council.")[1]
    assert "payroll.payslip" in run("money", "show", "PARKS", "2027")[1]
    assert run("money", "show", "PARKS", "2027", "--csv", "money.csv")[0] == 0
    assert run("money", "close", "PARKS", "The council changed its mind.")[0] == 0
    assert "unknown" in run("money", "peers", "2027", "--agency", "PARKS")[1]
    assert run("money", "peers", "2027", "--csv", "peers.csv")[0] == 0


def client(world: World, role: str, agency: str = "") -> Client:
    actor = world.of(role, agency)
    scopes = sorted({name for name, _agency in actor.grants})
    with act_as(actor):
        _token, secret = create_token(actor=actor, name="test", scopes=scopes, days=9)
    return Client(headers={"authorization": f"Bearer {secret}"})


def sent(who: Client, method: str, path: str, **body: Any) -> Any:
    answer = getattr(who, method)(
        f"/api/v1{path}", json.dumps(body), content_type="application/json"
    )
    assert answer.status_code in (200, 201), answer.content
    return answer.json()


def test_the_api_reads_the_same_figures_and_writes_what_pages_write(index: World) -> None:
    with at(after(AUGUST)):
        sign(index)
        own_all(index)
        found = view(index)
        parks = client(index, "agency_finance", "PARKS")
        year = parks.get("/api/v1/worth/2027?agency=PARKS").json()
        row = next(each for each in year["rows"] if each["service"] == "payroll")
        saving = next(each for each in row["figures"] if each["name"] == "saving")
        assert saving["outcome"] == found.saving.outcome
        assert saving["amount"].replace(".", "").lstrip("-").lstrip("0") == str(
            abs(found.saving.minor or 0)
        )
        assert parks.get("/api/v1/worth/2027/figures.csv?agency=PARKS").status_code == 200
        roads = client(index, "agency_finance", "ROADS")
        assert roads.get("/api/v1/worth/2027?agency=PARKS").status_code in (403, 404)
        made = sent(roads, "put", "/baselines", agency="ROADS", service="payroll", **ALONE)
        paper = SimpleUploadedFile("b.pdf", PDF, content_type="application/pdf")
        kept = roads.post(f"/api/v1/baselines/{made['id']}/papers", {"file": paper})
        assert kept.status_code == 201, kept.content
        assert sent(roads, "post", f"/baselines/{made['id']}/propose")["state"] == "proposed"
        assert roads.get(f"/api/v1/baselines/{made['id']}").json()["lines"][0]["kind"] == "staff"
        sent(roads, "post", f"/baselines/{made['id']}/withdraw")
        cost = sent(roads, "put", "/own-costs", agency="ROADS", service="payroll",
                    period="2026-07", kind="retained", amount_minor=5)  # fmt: skip
        assert cost["amount_minor"] == 5
        finance = client(index, "finance_officer")
        sent(finance, "put", "/price-indices/IT", name="Computing", source="Bureau")
        sent(finance, "put", "/price-indices/IT/2025", value="99.5", source="Bureau, June")
        assert len(Client().get("/api/v1/price-indices").json()["indices"]) == 2
        trace = finance.get("/api/v1/reconciliation/2026-07").json()
        assert (trace["differences"], trace["unknown"]) == (0, 0)
        assert finance.get("/api/v1/reconciliation/2026-07/equations.csv").status_code == 200
        opened = sent(parks, "post", "/money/PARKS/switch", published=True,
                      reason="Decided by the council.")  # fmt: skip
        assert opened["published"]
        assert Client().get("/api/v1/money").json()["items"][0]["code"] == "PARKS"
        assert Client().get("/api/v1/money/PARKS/2027").json()["services"]
        assert Client().get("/api/v1/money/ROADS/2027").status_code == 404
        assert roads.get("/api/v1/own-money/ROADS/2027").json()["published"] is False
        assert parks.get("/api/v1/unit-costs/2027?agency=PARKS").json()["rows"][0]["own"]
        assert parks.get("/api/v1/unit-costs/2027/peers.csv?agency=PARKS").status_code == 200
        costs = parks.get("/api/v1/unit-costs/2027/services/payroll").json()
        assert costs["months"] == [{"period": "2026-07", "cost": None}]

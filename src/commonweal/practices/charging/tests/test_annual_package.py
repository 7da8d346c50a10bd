"""The yearly package: one click, open files, hashes, the same bytes again, nothing estimated."""

from __future__ import annotations

import csv
import hashlib
import io
import zipfile
from decimal import Decimal
from pathlib import Path

import pytest
from pypdf import PdfReader

from commonweal.kernel.access.public import SYSTEM, act_as
from commonweal.kernel.authority.models import Decision
from commonweal.kernel.jobs.models import Job
from commonweal.kernel.jobs.public import Worker
from commonweal.kernel.money.public import Money
from commonweal.kernel.schema.public import CommonwealError, Forbidden, NotFound
from commonweal.practices.charging import public as charging
from commonweal.practices.charging.actions.packages import note_package_refused
from commonweal.practices.charging.models import AnnualPackage, BillLine, ReserveTest

from .copies import closed, copies, enter, world
from .recovery_scene import YEAR, decide, end_the_year, entered, proposed
from .test_bills_papers import pdf_text
from .world import SEPTEMBER, World

__all__ = ["closed", "copies", "enter", "world"]


def made(world: World, year: int = 2027) -> tuple[AnnualPackage, dict[str, bytes]]:
    auditor = world.of("auditor")
    with act_as(auditor):
        row = charging.make_package_here(actor=auditor, fiscal_year=year)
        _name, data = charging.package_file(auditor, row.pk)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return row, {name: archive.read(name) for name in archive.namelist()}


def rows(files: dict[str, bytes], name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(files[name].decode(), newline="")))


def test_the_package_answers_an_auditor_without_estimates(closed: World) -> None:
    end_the_year(closed)
    entered(closed, "payroll", "other_revenue", 500_000, "2026-08")
    entered(closed, "payroll", "transfer_in", 1_000, "2026-08", "General fund")
    adjusted = proposed(closed, "payroll")
    decide(closed, adjusted.decision_id)
    row, files = made(closed, YEAR)
    names = {name for name, _method, _about in charging.PACKAGE_FILES}
    assert names | {"summary.html", "summary.pdf", "README.txt", "manifest.sha256"} <= set(files)
    manifest = files["manifest.sha256"].decode().splitlines()
    listed = dict(reversed(line.split("  ", 1)) for line in manifest)
    for name, data in files.items():
        if name != "manifest.sha256":
            assert listed.pop(name) == hashlib.sha256(data).hexdigest()
    assert not listed
    assert row.root == hashlib.sha256(files["manifest.sha256"]).hexdigest()
    assert {each["service"] for each in rows(files, "01-description.csv")} == {
        "payroll", "helpdesk"
    }  # fmt: skip
    assert rows(files, "06-transfers.csv")[0]["counterparty"] == "General fund"
    year = {each["service"]: each for each in rows(files, "10-variances.csv")}
    assert year["payroll"]["handled_by"].startswith("refund of")
    assert year["helpdesk"]["handled_by"] == "no adjustment was proposed"
    assert all(each["difference"] == "0.00" for each in rows(files, "17-reconciliation.csv"))
    assert len(rows(files, "16-bills.csv")) == 6
    assert f"adjustments/payroll-{adjusted.pk}.json" in files
    assert {each["grant"] for each in rows(files, "14-grants.csv")} == {"yes", "no"}
    assert rows(files, "15-decisions.csv")
    assert rows(files, "02-balance-sheet.csv")
    assert rows(files, "07-rate-method.csv")[0]["charge_item"]
    assert b"Each service stands for itself." in files["summary.html"]
    assert b"<script" not in files["summary.html"]


def test_the_summary_is_a_pdf_that_says_the_same(closed: World, tmp_path: Path) -> None:
    """Positions, reserves in days, the adjustment and its grants' part, control totals, who
    decided: as the tables beside it say."""
    end_the_year(closed)
    entered(closed, "payroll", "other_revenue", 500_000, "2026-08")
    adjusted = proposed(closed, "payroll")
    decide(closed, adjusted.decision_id)
    _row, files = made(closed, YEAR)
    data = files["summary.pdf"]
    document = PdfReader(io.BytesIO(data))
    assert b"/Marked true" in data, "tagged for screen readers"
    assert len(document.pages) <= 3
    read = " ".join(page.extract_text() for page in document.pages)
    poppler = pdf_text(data, tmp_path / "summary.pdf")
    for text in (poppler, "".join(read.split())):
        if not text:  # this machine has no pdftotext
            continue
        year = {each["service"]: each for each in rows(files, "10-variances.csv")}
        reserve = {each["service"]: each for each in rows(files, "12-reserves.csv")}
        for code, name in (("payroll", "Payroll"), ("helpdesk", "Helpdesk")):
            assert name in text
            for column in ("revenue", "cost", "result", "closing"):
                figure = f"{Decimal(year[code][column]):,}".lstrip("-")
                assert figure in text, (code, column)
            assert reserve[code]["days"] in text
        with act_as(SYSTEM):
            grants = Money(abs(adjusted.grant_minor), "USD").decimal
            decision = Decision.objects.get(pk=adjusted.decision_id)
            lines = BillLine.objects.filter(bill__state="issued").count()
        assert f"${grants:,}" in text
        plain = text.replace("-", "")
        for person in (decision.proposed_by, decision.decided_by):
            assert str(person).replace("-", "") in plain
        total = sum(Decimal(each["total"]) for each in rows(files, "16-bills.csv"))
        assert text.count(f"${total:,}") >= 3  # bills, lines, funding
        assert "Linesofthebills" in text
        assert f"{lines}${total:,}" in text or str(lines) in poppler  # poppler reads by columns


def test_the_same_record_gives_the_same_bytes(closed: World) -> None:
    _one, first = made(closed)
    _two, second = made(closed)
    assert first == second
    assert _one.root == _two.root


def test_months_without_costs_say_that_they_cannot_be_determined(closed: World) -> None:
    """HHS DAB 2010: nothing is estimated."""
    closed.report(SEPTEMBER)
    closed.close(SEPTEMBER, no_costs_reason="The ledger of September is not there yet.")
    _row, files = made(closed)
    months = rows(files, "09-revenue-and-cost.csv")
    assert {
        each["full_cost"] for each in months if each["month"] == SEPTEMBER
    } == {"cannot be determined"}  # fmt: skip
    assert {each["days"] for each in rows(files, "12-reserves.csv")} == {"cannot be determined"}
    assert {each["months_without_cost"] for each in rows(files, "10-variances.csv")} == {SEPTEMBER}


def test_a_worker_makes_what_was_asked_for(closed: World) -> None:
    director = closed.of("director")
    with act_as(director):
        row = charging.ask_package(actor=director, fiscal_year=2027)
        assert charging.package_jobs(director, [row])[row.pk].state == "queued"
        with pytest.raises(NotFound):
            charging.package_file(director, row.pk)
    Worker().run(once=True)
    with act_as(director):
        found = list(charging.annual_packages(director))
        assert [each.pk for each in found] == [row.pk]
        assert found[0].made_at is not None
        name, _data = charging.package_file(director, row.pk)
        again = charging.make_package(actor=director, package_id=row.pk)
    assert name == "annual-package-2027.zip"
    assert again.root == found[0].root
    with act_as(SYSTEM):
        job = Job.objects.get(kind="charging.annual_package")
    assert job.state == "done"


def test_a_year_without_a_closed_month_is_refused(closed: World) -> None:
    director = closed.of("director")
    with act_as(director), pytest.raises(CommonwealError) as refused:
        charging.ask_package(actor=director, fiscal_year=1999)
    assert refused.value.code == "RECOVERY-601"
    with act_as(director), pytest.raises(NotFound):
        charging.make_package(actor=director, package_id=closed.agencies["PARKS"])
    owner = closed.of("service_owner")
    with act_as(owner), pytest.raises(Forbidden):
        charging.ask_package(actor=owner, fiscal_year=2027)


def test_why_a_package_was_not_made_is_kept(closed: World) -> None:
    director = closed.of("director")
    with act_as(director):
        row = charging.ask_package(actor=director, fiscal_year=2027)
        note_package_refused(
            actor=director, package_id=row.pk, error=CommonwealError("X-1", "The disk is full.")
        )
        row.refresh_from_db()
    assert row.problem == {"code": "X-1", "message": "The disk is full."}


def test_the_reserve_is_tested_every_day_and_told_once(closed: World) -> None:
    from datetime import timedelta

    from commonweal.kernel.calendar.public import at, now
    from commonweal.kernel.notices.models import Message

    entered(closed, "payroll", "other_revenue", 3_000_000, "2026-08")
    for step in range(3):
        with at(now() + timedelta(days=step)), act_as(SYSTEM):
            first = charging.test_reserves(actor=SYSTEM)
            again = charging.test_reserves(actor=SYSTEM)
        assert [row.pk for row in first] == [row.pk for row in again]
    with act_as(SYSTEM):
        payroll = ReserveTest.objects.filter(service__code="payroll")
        assert payroll.count() == 3
        assert {row.state for row in payroll} == {"bad"}
        told = Message.objects.filter(template="reserve_above")
        above = ReserveTest.objects.filter(state="bad").values("service_id").distinct().count()
        assert told.count() == above
    director = closed.of("director")
    with act_as(director):
        rows_ = charging.reserve_tests(director, payroll[0].service_id)
    assert len(rows_) == 3

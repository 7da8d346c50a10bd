"""One bill, one total: row, document, CSV, journal, PDF, pack, ledger; and who may see it."""

from __future__ import annotations

import csv
import io
import json
import shutil
import subprocess
import zipfile
from decimal import Decimal
from pathlib import Path
from uuid import uuid4

import pytest

from commonweal.kernel.access.public import SYSTEM, act_as
from commonweal.kernel.audit.public import check_head
from commonweal.kernel.documents.public import documents_of
from commonweal.kernel.ledger import public as ledger
from commonweal.kernel.party.public import centre
from commonweal.kernel.schema.public import Forbidden, NotFound
from commonweal.practices.charging.actions.bills import (
    BillError,
    answer_query,
    issue_bill,
    map_account,
    raise_query,
    set_pack_root,
)
from commonweal.practices.charging.models import Bill, BillLine, LineFunding
from commonweal.practices.charging.papers.pdf import pdf_data
from commonweal.practices.charging.papers.tables import agency_journal_csv, safe_cell
from commonweal.practices.charging.selectors import bills as reads
from commonweal.practices.charging.selectors.bill_document import bill_document, bill_lines

from .copies import closed, copies, enter
from .world import AGENCIES, AUGUST, JULY, World

__all__ = ["closed", "copies", "enter"]


def rows(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode(), newline="")))


def pdf_text(data: bytes, place: Path) -> str:
    """The PDF's text without spaces, by poppler's pdftotext; empty where that is missing."""
    tool = shutil.which("pdftotext")
    if not tool:
        return ""
    place.write_bytes(data)
    done = subprocess.run([tool, place, "-"], capture_output=True, check=True)
    return "".join(done.stdout.decode().split())


def test_the_total_is_the_same_wherever_it_is_shown(closed: World, tmp_path: Path) -> None:
    for code in AGENCIES:
        with act_as(SYSTEM):
            bill = closed.bill(code, AUGUST)
            total = Decimal(bill.total_minor) / 100
            document = bill_document(bill)
            assert Decimal(document["total"]) == total
            assert sum(Decimal(line["amount"]) for line in document["lines"]) == total
            table = rows(closed.paper(bill, "csv"))
            assert sum(Decimal(row["amount"]) for row in table) == total
            assert {row["pack_root"] for row in table} == {bill.pack_root}
            journal = rows(agency_journal_csv(bill, bill_lines(bill), ()))
            for side in ("debit", "credit"):
                assert sum(Decimal(row[side] or 0) for row in journal) == total
            with zipfile.ZipFile(io.BytesIO(closed.paper(bill, "pack"))) as pack:
                assert json.loads(pack.read("bill.json")) == document
                assert rows(pack.read("journal.csv")) == journal
            head = table[0]["chain_head"]
            assert check_head(bill.agency_id, head)
            shown = pdf_data(SYSTEM, bill, head)
            assert (shown["total"], shown["root"]) == (f"${total:,.2f}", bill.pack_root)
            text = pdf_text(closed.paper(bill, "pdf"), tmp_path / "bill.pdf")
            for printed in (shown["total"], bill.pack_root, head) if text else ():
                assert printed in text


def test_the_pdf_is_tagged(closed: World) -> None:
    with act_as(SYSTEM):
        data = closed.paper(closed.bill("PARKS", AUGUST), "pdf")
    assert data.startswith(b"%PDF-")
    assert b"/StructTreeRoot" in data
    assert b"pdfuaid" in data


def test_both_books_hold_the_bill_and_nothing_is_left_between_them(closed: World) -> None:
    centre_total = 0
    with act_as(SYSTEM):
        home = centre().agency_id
        for code in AGENCIES:
            bill = closed.bill(code, AUGUST)
            theirs = ledger.journal_by_key(
                SYSTEM, bill.agency_id, source="charging", key=f"bill:{bill.id}"
            )
            ours = ledger.journal_by_key(SYSTEM, home, source="charging", key=f"bill:{bill.id}")
            assert theirs is not None
            assert ours is not None
            assert theirs.pair_id == ours.pair_id
            total = bill.total_minor
            assert (
                ledger.balance(SYSTEM, bill.agency_id, account="6100", period=AUGUST, movement=True)
                == total
            )
            assert ledger.balance(
                SYSTEM, bill.agency_id, account="2110", period=AUGUST, movement=True
            ) == -total  # fmt: skip
            centre_total += total
            by_fund = {
                entry[0].fund_code: entry[2] for entry in reads.bill_view(SYSTEM, bill.id).services
            }
            for fund, amount in by_fund.items():
                assert (
                    ledger.balance(
                        SYSTEM,
                        bill.agency_id,
                        account="6100",
                        period=AUGUST,
                        fund=fund,
                        movement=True,
                    )
                    == amount
                )
        for account, sign in (("1310", 1), ("4100", -1)):
            assert ledger.balance(
                SYSTEM, home, account=account, period=AUGUST, movement=True
            ) == sign * centre_total  # fmt: skip
        assert all(found.residual == 0 for found in ledger.eliminations(SYSTEM, AUGUST))
        for agency_id in (home, *closed.agencies.values()):
            assert not ledger.recompute_balances(SYSTEM, agency_id)


def test_an_agency_sees_its_own_bills_and_nothing_of_another(closed: World) -> None:
    parks = closed.of("agency_finance", "PARKS")
    with act_as(SYSTEM):
        own, other = closed.bill("PARKS", AUGUST), closed.bill("ROADS", AUGUST)
        line = other.lines.first()
    with act_as(parks):
        assert {bill.agency.code for bill in reads.bills(parks)} == {"PARKS"}
        assert reads.bill(parks, own.number).id == own.id
        for key in (other.id, other.number, uuid4()):
            with pytest.raises(NotFound):
                reads.bill(parks, key)
        with pytest.raises(NotFound):
            reads.line(parks, line.id)
        assert not documents_of(parks, ("charging.Bill", other.id))
        assert not reads.history(parks, other.agency_id)
        assert not reads.revenue_by_service(parks, [AUGUST]).keys() - {
            found.service_id for found in bill_lines(own)
        }
        # the second wall: without any filter of a selector
        for model in (Bill, BillLine, LineFunding):
            assert set(model.objects.values_list("agency__code", flat=True)) == {"PARKS"}


def test_a_bill_compares_itself_with_the_month_before(closed: World) -> None:
    with act_as(SYSTEM):
        view = reads.bill_view(SYSTEM, closed.bill("PARKS", AUGUST).id, 7)
        july = closed.bill("PARKS", JULY)
        assert view.previous == july
        assert view.change_minor == view.bill.total_minor - july.total_minor
        assert sum(change.amount for change in view.moved) == view.change_minor
        assert view.year_to_date_minor == view.bill.total_minor + july.total_minor


def test_an_agency_asks_and_the_centre_answers(closed: World) -> None:
    parks, finance = closed.of("agency_finance", "PARKS"), closed.finance
    with act_as(SYSTEM):
        own = closed.bill("PARKS", AUGUST).lines.first()
        other = closed.bill("ROADS", AUGUST).lines.first()
    with act_as(parks):
        with pytest.raises(BillError, match="BILL-404"):
            raise_query(actor=parks, line_id=other.id, kind="question", text="What is it?")
        for kind, text, code in (("joke", "x", "BILL-103"), ("question", " ", "BILL-104")):
            with pytest.raises(BillError, match=code):
                raise_query(actor=parks, line_id=own.id, kind=kind, text=text)
        query = raise_query(actor=parks, line_id=own.id, kind="dispute", text=" Twice? ")
        assert (query.text, query.state) == ("Twice?", "open")
        with pytest.raises(Forbidden):
            answer_query(actor=parks, query_id=query.id, answer="No")
    with act_as(finance):
        assert reads.month_summary(finance, AUGUST)["disputes"] == 1
        with pytest.raises(BillError, match="BILL-105"):
            answer_query(actor=finance, query_id=query.id, answer=" ")
        with pytest.raises(BillError, match="BILL-405"):
            answer_query(actor=finance, query_id=uuid4(), answer="No")
        answered = answer_query(actor=finance, query_id=query.id, answer="Once.")
        assert (answered.state, answered.answer) == ("answered", "Once.")
    with act_as(SYSTEM), pytest.raises(BillError, match="BILL-106"):
        raise_query(actor=SYSTEM, line_id=own.id, kind="question", text="Who asks?")


def test_an_agency_maps_its_own_accounts(closed: World) -> None:
    """The item's own account wins over the service's, the default and the funding source's."""
    parks = closed.of("agency_finance", "PARKS")
    home = closed.agencies["PARKS"]
    with act_as(parks):
        bill = closed.bill("PARKS", AUGUST)
        lines = bill_lines(bill)
        payslip = next(line for line in lines if line.charge_item.code == "payroll.payslip")
        case = next(line for line in lines if line.charge_item.code == "helpdesk.case")
        map_account(actor=parks, agency_id=home, account_string="REST")
        map_account(
            actor=parks, agency_id=home, account_string="PAY", service_id=payslip.service_id
        )
        map_account(
            actor=parks, agency_id=home, account_string="SLIP",
            charge_item_id=payslip.charge_item_id,
        )  # fmt: skip

        def accounts() -> dict[str, str]:
            table = agency_journal_csv(bill, lines, reads.account_maps(parks, home))
            return {row["line"]: row["account"] for row in rows(table)}

        found = accounts()
        base = next(line for line in lines if line.charge_item.code == "payroll.base")
        assert [found[str(line.number)] for line in (payslip, base, case)] == [
            "SLIP", "PAY", "REST",
        ]  # fmt: skip
        assert found[""] == "PAYABLE"
        map_account(actor=parks, agency_id=home, account_string="")
        assert accounts()[str(case.number)] in ("01-PARKS", "20-PARKS")
        with pytest.raises(Forbidden):
            map_account(actor=parks, agency_id=closed.agencies["ROADS"], account_string="X")


def test_an_issued_bill_is_issued_once(closed: World) -> None:
    finance = closed.finance
    with act_as(finance):
        bill = closed.bill("PARKS", AUGUST)
        again = issue_bill(
            actor=finance, bill_id=bill.id, issued_on=bill.issued_on, due_on=bill.due_on
        )
        assert again.content_hash == bill.content_hash
        with pytest.raises(BillError, match="BILL-102"):
            set_pack_root(actor=finance, bill_id=bill.id, root="0" * 64)


@pytest.mark.parametrize(
    ("text", "safe"),
    [("=1+1", "'=1+1"), ("@x", "'@x"), ("-2.50", "-2.50"), ("+1", "+1"), ("-x", "'-x"),
     ("plain", "plain"), (None, ""), ("\tx", "'\tx"), ("+1.2.3", "'+1.2.3")],
)  # fmt: skip
def test_a_cell_never_becomes_a_formula(text: str | None, safe: str) -> None:
    assert safe_cell(text) == safe

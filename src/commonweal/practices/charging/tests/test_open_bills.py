"""Open bills: the invoice passes the published rules, and every form has the same total."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from commonweal.kernel.access.public import SYSTEM, act_as
from commonweal.kernel.ledger.public import journal_by_key
from commonweal.kernel.party.public import (
    InvoiceDetails,
    PartyError,
    centre,
    missing_details,
    put_invoice_details,
)
from commonweal.kernel.schema.public import Forbidden, NotFound, uuid7
from commonweal.practices.charging.models import Bill
from commonweal.practices.charging.papers.ubl import (
    KNOWN_UNITS,
    InvoiceError,
    Side,
    clean,
    plain,
    priced,
    ubl,
)
from commonweal.practices.charging.public import (
    agency_journal,
    bill_document,
    intragov_json,
    invoice_lacks,
    invoice_xml,
)

from .cash_scene import AGENCY, CENTRE, bill_of, enter_details
from .copies import closed, copies, enter, world
from .world import AUGUST, World

rules = pytest.importorskip(
    "commonweal.practices.charging.tests.invoice_rules", reason="needs saxonche and lxml"
)
__all__ = ["closed", "copies", "enter", "world"]
CBC = "{urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2}"


def side(name: str = "Somebody", **fields: str) -> Side:
    given = {name: value.upper() if name == "country" else value for name, value in fields.items()}
    return Side(name, InvoiceDetails(**given), "Desk", "desk@example.org", "555-0100")


def line(number: int, **more: Any) -> dict[str, Any]:
    """A line as a bill's document has it."""
    return {
        "number": number, "kind": "usage", "service": "payroll", "service_name": "Payroll",
        "charge_item": "payroll.payslip", "charge_item_name": "Payslip", "unit": "C62",
        "charge_period": "2026-07", "corrects": None, "corrects_bill": None,
        "rate_version": "payroll.payslip@1", "order": "O-1", "order_line": 1,
        "order_line_id": str(uuid7()), "quantity": "10.000000", "amount": "25.00",
        "funding": [{"source": "General", "account": "100-1", "grant": False, "amount": "25.00"}],
        **more,
    }  # fmt: skip


def document(*lines: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    total = sum((Decimal(each["amount"]) for each in lines), Decimal("0.00"))
    return {
        "centre": "Meridian Shared Services", "agency": "PARKS", "agency_name": "Office of Parks",
        "number": "PARKS-2026-07", "period": "2026-07", "currency": "USD",
        "issued_on": "2026-08-05", "due_on": "2026-09-04", "total": str(total),
        "lines": list(lines), **more,
    }  # fmt: skip


def made(
    doc: Mapping[str, Any], rates: Mapping[str, Decimal] | None = None, **seller: str
) -> bytes:
    sells = side(**{**CENTRE, "vat_category": "O", **seller})
    return ubl(doc, sells, side(**AGENCY), rates or {}, {"XYZ": "user and month"})


PLAIN = line(1)
KINDS: dict[str, tuple[dict[str, Any], dict[str, Decimal]]] = {
    "one rate": (document(line(1, quantity="10.000000", amount="25.00")),
                 {"payroll.payslip@1": Decimal("2.5")}),
    "nine decimals": (document(line(1, quantity="333.000000", amount="1442.99")),
                      {"payroll.payslip@1": Decimal("4.333333333")}),
    "tiers": (document(line(1, quantity="290.123456", amount="998.33")), {}),
    "fixed, without quantity": (document(line(1, kind="fixed", quantity="0", amount="12.00")), {}),
    "zero line": (document(PLAIN, line(2, quantity="0", amount="0.00")), {}),
    "zero bill": (document(line(1, quantity="0", amount="0.00")), {}),
    "zero rate": (document(PLAIN, line(2, quantity="5", amount="0.00")),
                  {"payroll.payslip@1": Decimal(0)}),
    "correction down": (
        document(PLAIN, line(2, kind="correction", quantity="-3", amount="-7.50",
                             charge_period="2026-06", corrects_bill="PARKS-2026-06")), {}),
    "correction against its quantity": (
        document(PLAIN, line(2, kind="correction", quantity="2", amount="-1.10",
                             charge_period="2026-05", corrects_bill="PARKS-2026-05")), {}),
    "credit": (document(PLAIN, line(2, kind="credit", quantity="0", amount="-5.00",
                                    corrects_bill="PARKS-2026-06")), {}),
    "below zero": (
        document(line(1, amount="5.00", quantity="2"),
                 line(2, kind="correction", quantity="-30", amount="-77.77",
                      charge_period="2026-06", corrects_bill="PARKS-2026-06"),
                 line(3, kind="credit", quantity="0", amount="-1.00",
                      corrects_bill="PARKS-2026-05")), {}),
    "long names and signs": (
        document(line(1, charge_item_name="Ärger & <Co> \"quoted\" ☂ " + "x" * 300,
                      service_name="  two\u0007 bells\n"), line(2, order="O-2"),
                 agency_name="Dept. of Parks, Forests & <Wildlife> " + "y" * 120), {}),
    "a unit of our own": (document(line(1, unit="XYZ")), {}),
    "several funding sources": (
        document(line(1, funding=[{"source": "A", "account": "1", "grant": True, "amount": "5.00"},
                                  {"source": "B", "account": "2", "grant": False,
                                   "amount": "20.00"}])), {}),
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_bill_passes_all_published_rules(kind: str) -> None:
    doc, rates = KINDS[kind]
    data = made(doc, rates)
    assert rules.broken_rules(data) == []
    assert data == made(doc, rates)


def test_an_exempt_centre_passes_too() -> None:
    data = made(KINDS["tiers"][0], vat_category="E", vat_id="DE123456789",
        vat_reason="Article 13 of Directive 2006/112/EC")  # fmt: skip
    assert rules.broken_rules(data) == []


def test_every_unit_of_the_catalogue_is_known_to_the_rules() -> None:
    lines = [line(at, unit=unit) for at, unit in enumerate(sorted(KNOWN_UNITS), start=1)]
    assert rules.broken_rules(made(document(*lines))) == []


@pytest.mark.parametrize(
    ("before", "after", "rule"),
    [
        (b">25.00</cbc:PayableAmount>", b">26.00</cbc:PayableAmount>", "BR-CO-16"),
        (b">25.00</cbc:LineExtensionAmount><cac:Order", b">24.00</cbc:LineExtensionAmount>"
         b"<cac:Order", "BR-CO-10"),
        (b'<cbc:EndpointID schemeID="0088">4006381333931</cbc:EndpointID>', b"",
         "PEPPOL-EN16931-R010"),
        (b">25</cbc:PriceAmount>", b">99</cbc:PriceAmount>",
         "PEPPOL-EN16931-R120"),
        (b"<cbc:IssueDate>2026-08-05</cbc:IssueDate>", b"", "schema"),
    ],
)  # fmt: skip
def test_the_rules_can_fail(before: bytes, after: bytes, rule: str) -> None:
    data = made(document(line(1, funding=[])), {})
    assert before in data
    found = rules.broken_rules(data.replace(before, after))
    assert any(rule in each for each in found), found


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.decimals(-(10**6), 10**6, places=6), st.integers(-(10**9), 10**9),
            st.sampled_from(["usage", "fixed", "correction", "credit"]),
        ),
        min_size=1, max_size=6,
    )
)  # fmt: skip
def test_any_lines_pass_all_published_rules(
    found: list[tuple[Decimal, int, str]],
) -> None:
    lines = [
        line(at, quantity=f"{quantity:f}", amount=f"{Decimal(minor) / 100:.2f}", kind=kind,
             corrects_bill="PARKS-2026-06" if kind in ("correction", "credit") else None)
        for at, (quantity, minor, kind) in enumerate(found, start=1)
    ]  # fmt: skip
    assert rules.broken_rules(made(document(*lines))) == []


@given(st.decimals(-(10**6), 10**6, places=6), st.integers(-(10**9), 10**9))
def test_a_line_is_its_quantity_times_its_price(quantity: Decimal, minor: int) -> None:
    amount = Decimal(minor) / 100
    how = priced(quantity, amount, None)
    assert how.price >= 0
    assert abs(how.quantity * how.price / (how.base or 1) + how.charge - amount) < Decimal("1e-12")


def test_small_rules_of_invoices() -> None:
    assert plain(Decimal("10.500000")) == "10.5"
    assert plain(Decimal("-0.00")) == "0"
    assert plain(Decimal("1E+3")) == "1000"
    assert clean("\u0000 ") == "-"
    with pytest.raises(InvoiceError, match="no lines"):
        made(document())
    with pytest.raises(InvoiceError, match="two decimals"):
        made(document(line(1, amount="25.000")))


def test_nothing_is_guessed_and_what_is_missing_is_named(world: World) -> None:
    bill = bill_of(world, "PARKS")
    with act_as(world.finance):
        lacks = invoice_lacks(world.finance, bill.agency_id)
        assert ("centre", "vat_reason") in lacks
        assert ("PARKS", "country") in lacks
        with pytest.raises(InvoiceError, match="legal name of centre"):
            invoice_xml(world.finance, bill.pk)
        assert all(paper != "ubl" for paper in kinds(bill))
    assert missing_details(InvoiceDetails(vat_category="E"), seller=True)[-1] == "vat_id"


def kinds(bill: Bill) -> list[str]:
    from commonweal.kernel.documents.public import documents_of

    return [paper.kind for paper in documents_of(SYSTEM, ("charging.Bill", str(bill.pk)))]


def test_details_are_checked(world: World) -> None:
    parks = world.agencies["PARKS"]
    with act_as(SYSTEM):
        for fields, code in (
            ({"colour": "red"}, "PARTY-130"),
            ({"country": "USA"}, "PARTY-131"),
            ({"country": "ZZ"}, "PARTY-131"),
            ({"endpoint_scheme": "1234"}, "PARTY-131"),
            ({"endpoint_scheme": "0088", "endpoint_id": "4006381333932"}, "PARTY-131"),
            ({"endpoint_scheme": "0088", "endpoint_id": "12"}, "PARTY-131"),
            ({"registration_scheme": "9999"}, "PARTY-131"),
            ({"payment_account": "X"}, "PARTY-132"),
        ):
            with pytest.raises(PartyError) as refused:
                put_invoice_details(actor=SYSTEM, agency_id=parks, fields=fields)
            assert refused.value.code == code
        with pytest.raises(PartyError):
            put_invoice_details(
                actor=SYSTEM, agency_id=centre().agency_id, fields={"vat_category": "S"}
            )
        with pytest.raises(NotFound):
            put_invoice_details(actor=SYSTEM, agency_id=uuid7(), fields={})
    with act_as(world.finance), pytest.raises(Forbidden):
        put_invoice_details(actor=world.finance, agency_id=parks, fields=AGENCY)


def test_the_invoice_is_kept_at_issue_and_made_later_for_older_bills(world: World) -> None:
    older = bill_of(world, "ROADS")
    enter_details(world)
    world.close_fully(AUGUST)
    newer = bill_of(world, "ROADS", AUGUST)
    with act_as(world.finance):
        assert "ubl" in kinds(newer)
        assert "ubl" not in kinds(older)
        name, kept = invoice_xml(world.finance, newer.pk)
        assert (name, rules.broken_rules(kept)) == (f"{newer.number}.xml", [])
        assert rules.broken_rules(invoice_xml(world.finance, older.number)[1]) == []
    roads, parks = world.of("agency_finance", "ROADS"), world.of("agency_finance", "PARKS")
    with act_as(roads):
        assert invoice_xml(roads, older.number)[1]
    with act_as(parks), pytest.raises(NotFound):
        invoice_xml(parks, older.number)


def test_a_draft_has_no_open_forms(world: World) -> None:
    world.report(AUGUST)
    world.close(AUGUST, until="preview")
    draft = bill_of(world, "ROADS", AUGUST)
    with act_as(world.finance):
        for form in (invoice_xml, intragov_json):
            with pytest.raises(InvoiceError, match="not issued yet"):
                form(world.finance, draft.pk)


@pytest.mark.parametrize("agency", ["PARKS", "ROADS", "CLERK"])
def test_the_same_total_in_every_form(world: World, agency: str) -> None:
    enter_details(world)
    bill = bill_of(world, agency)
    want = Decimal(bill.total_minor) / 100
    with act_as(world.finance):
        assert Decimal(bill_document(bill)["total"]) == want
        root = ElementTree.fromstring(invoice_xml(world.finance, bill.pk)[1])
        assert Decimal(next(root.iter(f"{CBC}PayableAmount")).text or "") == want
        intra = json.loads(intragov_json(world.finance, bill.pk)[1])
        _name, journal_csv = agency_journal(world.finance, bill.pk)
        books = [
            journal_by_key(world.finance, owner, source="charging", key=f"bill:{bill.pk}")
            for owner in (centre().agency_id, bill.agency_id)
        ]
        sums = {
            account: sum(row.amount for row in found.postings.filter(account__code=account))
            for found in books if found
            for account in ("1310", "4100", "2110", "6100")
            if found.postings.filter(account__code=account).exists()
        }  # fmt: skip
    assert intra["performance"]["total"] == str(want)
    parts = intra["performance"]["transactions"]
    assert sum(Decimal(each["amount"]) for each in parts) == want
    assert sum(Decimal(f["amount"]) for each in parts for f in each["funding"]) == want
    assert {str(each["order"]) for each in parts} <= {each["order"] for each in intra["orders"]}
    assert {each["agreement"] for each in intra["orders"]} == {
        each["number"] for each in intra["general_terms"]
    }
    assert sums == {"1310": bill.total_minor, "4100": -bill.total_minor,
                    "2110": -bill.total_minor, "6100": bill.total_minor}  # fmt: skip
    table = list(csv.DictReader(io.StringIO(world.paper(bill, "csv").decode())))
    assert sum(Decimal(row["amount"]) for row in table) == want
    debits = csv.DictReader(io.StringIO(journal_csv.decode()))
    assert sum(Decimal(row["debit"] or 0) - (Decimal(row["credit"] or 0)
        if row["account"] != "PAYABLE" else 0) for row in debits) == want  # fmt: skip
    text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(
        world.paper(bill, "pdf"))).pages)  # fmt: skip
    assert f"{want:,.2f}" in re.sub(r"\s", "", text)
    from zipfile import ZipFile

    pack = ZipFile(io.BytesIO(world.paper(bill, "pack")))
    kept = json.loads(pack.read(next(n for n in pack.namelist() if n.endswith("bill.json"))))
    assert Decimal(kept["total"]) == want

"""Bank statements: camt.053, CSV and a bank's own layout, each entry once; hostile files."""

from __future__ import annotations

from datetime import date
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonweal.kernel.access.public import act_as
from commonweal.kernel.schema.public import CommonwealError, Forbidden, NotFound, uuid7
from commonweal.practices.charging.domain.remittance import (
    Matcher,
    Named,
    ReadEntry,
    by_number,
    named_bills,
)
from commonweal.practices.charging.domain.settlement import (
    OpenBill,
    PaymentError,
    bucket,
    in_proportion,
    spread,
    standing_of,
    usable,
)
from commonweal.practices.charging.import_payments.camt import read_camt
from commonweal.practices.charging.import_payments.reading import PaymentRequest, read_payments
from commonweal.practices.charging.models import BankEntry, BankStatement, PaymentMapping
from commonweal.practices.charging.public import (
    PaymentLayout,
    entries,
    entry,
    entry_history,
    look_at_payments,
    payment_mappings,
    statement,
    statements,
)

from .cash_scene import Paid, bill_of, camt, csv_file, pay, send_file
from .copies import copies, enter, world
from .world import World

__all__ = ["copies", "enter", "world"]
P, R = UUID(int=1), UUID(int=2)


@pytest.mark.parametrize("version", ["02", "08"])
def test_a_camt_statement_is_read_and_imported_once(world: World, version: str) -> None:
    bill = bill_of(world, "PARKS")
    data = camt([Paid(bill.total_minor, f"/RFB/{bill.number}"), Paid(-3_00, "fee")], 5_00, version)
    first, again = send_file(world, data), send_file(world, data)
    assert (first.fresh, again.fresh) == (2, 0)
    with act_as(world.finance):
        assert BankEntry.objects.count() == 2
        kept = statements(world.finance)[0]
        assert statement(world.finance, kept.pk).closing_minor == 5_00 + bill.total_minor - 3_00
        rows = entries(world.finance, kept.pk)
        assert [row.state for row in rows] == ["assigned", "out"]
        found = entry(world.finance, rows[0].pk)
        assert [each.kind for each in entry_history(world.finance, found.pk)] == ["receipt"]
        with pytest.raises(NotFound):
            statement(world.finance, uuid7())
        with pytest.raises(NotFound):
            entry(world.finance, uuid7())


def test_an_entry_that_two_files_hold_counts_once(world: World) -> None:
    one = Paid(5_00, "x", reference="BANK-1")
    send_file(world, camt([one]))
    report = send_file(world, camt([one, Paid(6_00, "y", reference="BANK-2")]))
    assert [each.known for each in report.entries] == [True, False]
    with act_as(world.finance):
        assert BankStatement.objects.count() == 2
        assert sorted(BankEntry.objects.values_list("amount_minor", flat=True)) == [5_00, 6_00]


def test_a_dry_run_writes_nothing_and_says_the_same(world: World) -> None:
    bill = bill_of(world, "PARKS")
    data = camt([Paid(bill.total_minor, bill.number), Paid(1_00, "?")])
    with act_as(world.finance):
        tried = look_at_payments(world.finance, PaymentRequest("bank.xml", data))
        assert not BankEntry.objects.exists()
    done = send_file(world, data)
    assert [each.match for each in tried.entries] == [each.match for each in done.entries]
    parks = world.of("agency_finance", "PARKS")
    with act_as(parks), pytest.raises(Forbidden):
        look_at_payments(parks, PaymentRequest("bank.xml", data))


def test_a_gap_between_two_statements_is_shown(world: World) -> None:
    pay(world, Paid(1_00, "a"), opening=10_00)
    pay(world, Paid(1_00, "b", day="2026-09-04"), opening=15_00)
    with act_as(world.finance):
        assert statements(world.finance)[0].gap_minor == 4_00


def test_a_new_layout_is_confirmed_once(world: World) -> None:
    data = b"Valuta;Betrag;Zweck\n03.09.2026;1.234,50;hallo\n13.09.2026;-2,00;gebuehr\n"
    with act_as(world.finance):
        asked = look_at_payments(world.finance, PaymentRequest("b.csv", data)).reading
        assert asked.ask == ("Which column is the day of the entry?",)
    layout = PaymentLayout({"date": "Valuta", "text": "Zweck"})
    with pytest.raises(PaymentError, match="confirm them"):
        send_file(world, data, "b.csv", given=layout, accept_as="")
    send_file(world, data, "b.csv", given=layout, accept_as="Sparkasse")
    with act_as(world.finance):
        assert [row.name for row in payment_mappings(world.finance)] == ["Sparkasse"]
        assert PaymentMapping.objects.get().options == {"date_format": "DD.MM.YYYY", "decimal": ","}
    later = data.replace(b"1.234,50", b"7,00")
    assert send_file(world, later, "c.csv", accept_as="").fresh == 1
    assert send_file(world, later, "c.csv", mapping="Sparkasse", accept_as="").fresh == 0
    with pytest.raises(PaymentError, match="no saved layout"):
        send_file(world, later, "c.csv", mapping="Elsewhere", accept_as="")


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("Date,Amount\n2026-09-03,5.00\nnever,1.00\n", "Row 3: “never” is not a day"),
        ("Date,Amount\n2026-09-03,five\n2026-09-04,5.00\n", "Row 2: “five” is not an amount"),
        ("Date,Amount\n2026-09-03,0.00\n", "Row 2: The amount is nothing"),
        ("Date,Amount,Currency\n2026-09-03,5.00,EUR\n", "Row 2: The currency is EUR"),
        ("Date,Amount\n2026-09-03,5.0012\n", "Row 2: "),
    ],
)
def test_a_row_that_cannot_be_read_stops_the_file(world: World, rows: str, said: str) -> None:
    with pytest.raises(PaymentError) as found:
        send_file(world, rows.encode(), "b.csv")
    assert found.value.code == "PAY-110"
    assert said in found.value.message
    with act_as(world.finance):
        assert not BankEntry.objects.exists()


@pytest.mark.parametrize(
    ("code", "name", "data", "more"),
    [
        ("PAY-100", "b.csv", b"", {}),
        ("PAY-111", "b.csv", b"Date,Amount\n2026-09-03,5\n", {"given": PaymentLayout({"x": "y"})}),
        ("PAY-112", "b.csv", b"Date,Amount\n2026-09-03,5\n",
         {"given": PaymentLayout({}, "YYYY")}),
        ("PAY-117", "b.csv", b"Date,Amount\n2026-09-03,5.00\n", {"opening": "much"}),
        ("PAY-119", "b.csv", b"Date,Amount\n01/02/2026,5.00\n", {}),
        ("PAY-121", "b.csv", b"Date,Amount\n2026-09-03,5.00\n", {"opening": "1", "closing": "7"}),
        ("PAY-121", "b.xml", camt([Paid(5_00)]).replace(b"1005.00", b"1006.00"), {}),
        ("PAY-102", "b.xml", b'<!DOCTYPE d [<!ENTITY a "b">]><Document>&a;</Document>', {}),
        ("PAY-102", "b.xml", b'<!DOCTYPE d SYSTEM "file:///etc/passwd"><Document/>', {}),
        ("PAY-103", "b.xml", b"<Document><BkToCstmrStmt>", {}),
        ("PAY-104", "b.xml", b"<Document><BkToCstmrAcctRpt/></Document>", {}),
        ("PAY-105", "b.xml", camt([Paid(5_00)]).replace(b"<IBAN>US00MAIN</IBAN>", b""), {}),
        ("PAY-106", "b.xml", camt([Paid(5_00)]).replace(b"<NbOfNtries>1", b"<NbOfNtries>2"), {}),
        ("PAY-110", "b.xml", camt([Paid(5_00)]).replace(b"<Dt>2026-09-03", b"<Dt>soon"), {}),
        ("PAY-110", "b.xml", camt([Paid(5_00)]).replace(b'"USD">5.00', b'"EUR">5.00'), {}),
        ("PAY-110", "b.xml", camt([Paid(5_00)]).replace(b'"USD">5.00', b'"USD">'), {}),
        ("PAY-120", "b.xml", camt([Paid(5_00)]).replace(b"USD", b"EUR"), {}),
        ("PAY-101", "b.xml", b"<a>" * 70, {}),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_used_is_refused_in_words(
    world: World, code: str, name: str, data: bytes, more: dict[str, object]
) -> None:
    with pytest.raises(CommonwealError) as found:
        send_file(world, data, name, **more)
    assert found.value.code == code
    assert found.value.message.endswith(".")


def test_a_file_beyond_the_limit_is_refused(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    from commonweal.practices.charging.import_payments import reading, xml

    data = camt([Paid(5_00)])
    monkeypatch.setattr(xml, "MAX_BYTES", 10)
    with pytest.raises(PaymentError, match="larger than 32 MB"):
        xml.read_xml(data)
    monkeypatch.setattr(reading, "MAX_BYTES", 10)
    with act_as(world.finance), pytest.raises(PaymentError, match="larger than 32 MB"):
        read_payments(PaymentRequest("b.xml", data))


def test_structured_remittance_and_batches_are_split() -> None:
    part = (
        "<TxDtls><Amt Ccy='USD'>{amount}</Amt><RmtInf><Strd><RfrdDocInf><Nb>parks-2026-07</Nb>"
        "</RfrdDocInf><RfrdDocAmt><RmtdAmt Ccy='USD'>{amount}</RmtdAmt></RfrdDocAmt></Strd>"
        "</RmtInf></TxDtls>"
    )
    both = part.format(amount="2.00") + part.format(amount="3.00")
    whole = (
        "<Document><BkToCstmrStmt><Stmt><ElctrncSeqNb>7</ElctrncSeqNb><Acct><Id><Othr><Id>1</Id>"
        "</Othr></Id><Ccy>USD</Ccy></Acct><Ntry><Amt Ccy='USD'>5.00</Amt><CdtDbtInd>CRDT"
        "</CdtDbtInd><Sts>BOOK</Sts><ValDt><Dt>2026-09-03</Dt></ValDt><NtryRef>N1</NtryRef>"
        "<NtryDtls>{parts}</NtryDtls></Ntry><Ntry><Amt Ccy='USD'>9.00</Amt><CdtDbtInd>CRDT"
        "</CdtDbtInd><Sts>PDNG</Sts></Ntry></Stmt></BkToCstmrStmt></Document>"
    )
    [found], problems = read_camt(whole.format(parts=both).encode())
    assert not problems
    assert [(each.minor, each.reference, each.named) for each in found.entries] == [
        (2_00, "N1/1", (Named("PARKS-2026-07", 2_00),)),
        (3_00, "N1/2", (Named("PARKS-2026-07", 3_00),)),
    ]
    assert (found.account, found.reference, found.reconciled) == ("1", "7", None)
    unequal = part.format(amount="2.00") + part.format(amount="4.00")
    [found], _ = read_camt(whole.format(parts=unequal).encode())
    assert [each.minor for each in found.entries] == [5_00]
    bare = "<TxDtls><RmtInf/></TxDtls>" * 2
    [found], _ = read_camt(whole.format(parts=bare).encode())
    assert [each.minor for each in found.entries] == [5_00]


def test_two_columns_of_amounts_and_a_balance_that_runs_backwards(world: World) -> None:
    data = b"Date,Credit,Debit,Balance\n2026-09-14,,2.00,13.00\n2026-09-13,5.00,,15.00\n"
    report = send_file(world, data, "b.csv")
    [(read, _)] = report.plans
    assert [each.minor for each in read.entries] == [-2_00, 5_00]
    assert (read.opening_minor, read.closing_minor) == (10_00, 13_00)


def test_rows_alike_are_two_entries(world: World) -> None:
    data = b"Date,Amount,Text\n2026-09-13,5.00,same\n2026-09-13,5.00,same\n"
    assert send_file(world, data, "b.csv").fresh == 2
    assert send_file(world, data, "b.csv").fresh == 0


def test_bill_numbers_are_found_in_texts() -> None:
    assert named_bills("Bills PARKS-2026-07: USD 1,204.50; parks-2026-08/payroll 3.00.", 2) == [
        Named("PARKS-2026-07", 1204_50), Named("PARKS-2026-08", 3_00, "payroll"),
    ]  # fmt: skip
    assert named_bills("PARKS-2026-07 12 March", 2) == [Named("PARKS-2026-07")]
    assert named_bills("JP-2026-07 12.50", 0) == [Named("JP-2026-07")]
    assert named_bills("no number, 2026-07-01, PARKS-2026-13", 2) == []


def opened(number: str, agency: UUID, minor: int, held: int = 0) -> OpenBill:
    return OpenBill(uuid4(), number, agency, date(2026, 8, 1), {("F", "a"): minor}, held)


def read(minor: int, text: str = "", account: str = "", payer: str = "") -> ReadEntry:
    return ReadEntry(1, date(2026, 9, 3), minor, "USD", payer=payer, payer_account=account,
        named=tuple(named_bills(text, 2)))  # fmt: skip


def machine(*bills: OpenBill) -> Matcher:
    return Matcher(by_number(bills), {"ACC": P}, {"officeofparks": P, "roads": R})


def test_what_is_not_sure_waits_for_a_person() -> None:
    one, two = opened("P-2026-07", P, 5_00), opened("P-2026-08", P, 7_00)
    other = opened("R-2026-07", R, 9_00)
    find = machine(one, two, other).match
    assert find(read(1_00, "P-2026-07 and R-2026-07")).how == "nothing"  # two agencies
    assert find(read(9_00, "R-2026-07", "ACC")).sure is False  # another's account
    assert find(read(6_00, "", "ACC")).how == "account"
    named = find(read(6_00, "", "", "Office of Parks"))
    assert (named.how, [each.minor for each in named.shares]) == ("name", [5_00, 1_00])
    assert find(read(9_00)).how == "amount"
    assert find(read(4_44)).how == "nothing"
    both = find(read(12_00, "", "ACC"))
    assert (both.sure, len(both.shares)) == (True, 2)


def test_each_entry_sees_what_those_before_it_paid() -> None:
    find = machine(opened("P-2026-07", P, 5_00), opened("P-2026-08", P, 5_00)).match
    assert not find(read(5_00, "", "ACC")).sure  # two bills fit
    assert find(read(5_00, "P-2026-07")).shares[0].number == "P-2026-07"
    again = find(read(5_00, "P-2026-07"))
    assert (again.shares, again.advance_minor, again.sure) == ((), 5_00, True)  # paid twice
    assert find(read(5_00, "", "ACC")).shares[0].number == "P-2026-08"


@given(
    opens=st.dictionaries(
        st.tuples(st.just("F"), st.sampled_from("abcdef")), st.integers(-500, 5000), min_size=1
    ),
    share=st.integers(1, 99),
)
def test_a_spread_adds_up_and_gives_no_service_more_than_its_own(
    opens: dict[tuple[str, str], int], share: int
) -> None:
    total = sum(opens.values())
    minor = total * share // 100
    if minor <= 0 or minor >= total:
        return
    parts = spread(minor, opens)
    assert sum(parts.values()) == minor
    assert all(0 < part <= opens[key] for key, part in parts.items())
    assert spread(total, opens) == {key: value for key, value in opens.items() if value}
    with pytest.raises(PaymentError, match="more than what is open"):
        spread(total + 1, opens)


def test_small_rules_of_settlement() -> None:
    a, b = ("F", "a"), ("F", "b")
    assert usable({a: 5}, {a: 9, b: 3}, None) == {a: 5}
    assert usable({a: 5, b: 5}, {a: 9, b: 3}, 6) == {a: 5, b: 1}
    assert usable({a: 5}, {a: -4}, None) == {}
    assert in_proportion(10, {a: 1, b: -2}) == {a: 10}
    day = date(2026, 8, 1)
    late = {0: "", 1: "0-30", 30: "0-30", 31: "31-60", 61: "61-90", 90: "61-90", 91: "90+"}
    assert {n: bucket(day, date.fromordinal(day.toordinal() + n)) for n in late} == late
    said = standing_of("issued", accepted=True, open_minor=0, paid=False)
    assert said == "settled"  # a bill of nothing
    assert standing_of("preview", accepted=False, open_minor=5, paid=False) == "preview"
    assert csv_file([Paid(1)]).startswith(b"Date,")

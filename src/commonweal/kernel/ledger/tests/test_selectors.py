"""Reads and exports; the exports are re-balanced by code that shares nothing with the ledger."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections import defaultdict
from decimal import Decimal
from pathlib import Path

import pytest
from django.db import DatabaseError, connection, connections, transaction

from commonweal.kernel.access.public import SYSTEM, Actor, act_as
from commonweal.kernel.errors import NotFound
from commonweal.kernel.ledger import public as ledger
from commonweal.kernel.ledger.public import (
    Draft,
    Line,
    open_period,
    post_many,
    post_pair,
)
from commonweal.kernel.schema.public import Place

from .conftest import DAY, Books, make_books

OCTOBER = "2026-10"
MONEY = re.compile(r"^ +(\w+):([\w-]+):([\w-]+)  (-?\d+\.\d\d) USD$")


def fill(books: Books) -> None:
    """A few dozen journals over two months and two funds."""
    open_period(actor=SYSTEM, agency_id=books.one, period="2026-11")
    drafts = [
        Draft(
            books.one, period,
            (Line("5100", 100 + n, fund), Line("1000", -60 - n, fund), Line("3000", -40, fund)),
            'Say "hi"; a | b', "test", f"{period}-{fund}-{n}", DAY,
        )
        for n in range(20) for fund in ("GEN", "ISF") for period in (OCTOBER, "2026-11")
    ]  # fmt: skip
    post_many(actor=SYSTEM, journals=drafts)


def rebalance(text: str) -> dict[tuple[str, str], Decimal]:
    """Balances of an export by a plain reading; refuses a transaction that does not balance."""
    totals: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for block in text.split("\n\n")[1:]:
        amounts = [match for line in block.splitlines() if (match := MONEY.match(line))]
        assert len(amounts) >= 2
        assert sum(Decimal(match[4]) for match in amounts) == 0
        for match in amounts:
            totals[match[2], match[3]] += Decimal(match[4])
    return dict(totals)


def expected(books: Books) -> dict[tuple[str, str], Decimal]:
    rows = ledger.trial_balance(SYSTEM, books.one, "2026-11")
    return {(row.account, row.fund): Decimal(row.closing) / 100 for row in rows}


def test_a_trial_balance_carries_over(books: Books) -> None:
    fill(books)
    rows = ledger.trial_balance(SYSTEM, books.one, "2026-11")
    october = {(r.account, r.fund): r for r in ledger.trial_balance(SYSTEM, books.one, OCTOBER)}
    assert sum(row.closing for row in rows) == 0
    assert sum(row.debit for row in rows) == sum(row.credit for row in rows)
    for row in rows:
        assert row.opening == october[row.account, row.fund].closing
        value = ledger.balance(
            SYSTEM, books.one, account=row.account, fund=row.fund, period="2026-11"
        )
        assert row.closing == value
    move = ledger.balance(SYSTEM, books.one, account="3000", period="2026-11", movement=True)
    assert move == -1600
    assert ledger.recompute_balances(SYSTEM, books.one) == []


def test_a_balance_changed_by_the_owner_is_found(committed_db: str) -> None:
    with act_as(SYSTEM):
        books = make_books()
        books.post(books.one, "k")
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        cursor.execute("SELECT set_config('app.centre', 'on', true)")
        with pytest.raises(DatabaseError, match="LEDGER-220"), transaction.atomic(using="owner"):
            cursor.execute("UPDATE ledger_balance SET debit = debit + 1 WHERE debit > 0")
        cursor.execute("ALTER TABLE ledger_balance DISABLE TRIGGER USER")
        cursor.execute("UPDATE ledger_balance SET debit = debit + 1 WHERE debit > 0")
        cursor.execute("ALTER TABLE ledger_balance ENABLE TRIGGER USER")
    with act_as(SYSTEM):
        (found,) = ledger.recompute_balances(SYSTEM, books.one)
    assert (found.account, found.stored, found.summed) == ("5100", (501, 0), (500, 0))
    connections["owner"].close()
    connection.close()


def test_journals_page_by_number(books: Books) -> None:
    fill(books)
    seen: list[int] = []
    page = ledger.journals(SYSTEM, books.one, period=OCTOBER, place=Place(limit=7))
    seen += [each.number for each in page]
    while page.next:
        page = ledger.journals(SYSTEM, books.one, period=OCTOBER, place=Place(page.next, 7))
        seen += [each.number for each in page]
    assert len(seen) == 40
    assert seen == sorted(seen, reverse=True)
    assert ledger.journals(SYSTEM, books.one, source="other") == []
    found = ledger.journal(SYSTEM, ledger.journals(SYSTEM, books.one)[0].id)
    assert [line.line for line in found.postings.all()] == [1, 2, 3]
    same = ledger.journal_by_key(SYSTEM, books.one, source="test", key=found.idempotency_key)
    assert same is not None
    assert same.id == found.id


def test_the_lines_behind_a_figure_add_up_to_it(books: Books) -> None:
    fill(books)
    total, count, at = 0, 0, ""
    while True:
        page = ledger.postings(
            SYSTEM, books.one, account="5100", period=OCTOBER, place=Place(at, 9)
        )
        total += sum(line.amount for line in page)
        count += len(page)
        at = page.next
        if not at:
            break
    assert count == 40
    assert total == ledger.balance(SYSTEM, books.one, account="5100", period=OCTOBER)


def test_lists_take_a_fixed_number_of_queries(
    books: Books, django_assert_max_num_queries: object
) -> None:
    fill(books)
    with django_assert_max_num_queries(2):
        ledger.journals(SYSTEM, books.one)
        ledger.trial_balance(SYSTEM, books.one, OCTOBER)
    with django_assert_max_num_queries(2):
        for line in ledger.postings(SYSTEM, books.one, account="5100", period=OCTOBER):
            assert line.journal.number
            assert line.account.code != line.fund.code


def test_other_agencies_books_look_absent(books: Books) -> None:
    left, right = books.bill(100)
    mine, theirs = post_pair(actor=SYSTEM, left=left, right=right)
    agent = Actor(
        kind="person", agencies=frozenset({books.one}),
        grants=frozenset({("ledger.view", books.one)}),
    )  # fmt: skip
    assert ledger.journal(agent, theirs.id).number == 1
    pair = ledger.journal(agent, theirs.id).pair_id
    assert [each.agency_id for each in ledger.pair(agent, pair)] == [books.one]
    assert len(ledger.pair(SYSTEM, pair)) == 2
    for attempt in (
        lambda: ledger.journal(agent, mine.id),
        lambda: ledger.journals(agent, books.centre),
        lambda: ledger.accounts(agent, books.centre),
        lambda: ledger.funds(agent, books.centre),
        lambda: ledger.periods(agent, books.centre),
        lambda: ledger.trial_balance(agent, books.two, OCTOBER),
        lambda: ledger.export_hledger(agent, books.two, [OCTOBER]),
    ):
        with pytest.raises(NotFound):
            attempt()
    assert len(ledger.accounts(agent, books.one)) == 6
    assert len(ledger.funds(agent, books.one)) == 2
    assert len(ledger.periods(agent, books.one)) == 1


def test_exports_re_balance_by_plain_reading(books: Books) -> None:
    fill(books)
    for export in (ledger.export_hledger, ledger.export_beancount):
        assert rebalance(export(SYSTEM, books.one, [OCTOBER, "2026-11"])) == expected(books)
        assert export(SYSTEM, books.two, [OCTOBER]).startswith("; Commonweal")


def test_hledger_agrees_with_every_balance(books: Books, tmp_path: Path) -> None:
    if not shutil.which("hledger"):
        pytest.skip("hledger is not installed")
    fill(books)
    path = tmp_path / "books.journal"
    path.write_text(ledger.export_hledger(SYSTEM, books.one, [OCTOBER, "2026-11"]))
    base = ["hledger", "-f", str(path)]
    subprocess.run([*base, "check", "--strict"], check=True, capture_output=True)
    out = subprocess.run(
        [*base, "balance", "--flat", "--no-total", "--empty", "-O", "csv"],
        check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    found = {}
    for row in out.splitlines()[1:]:
        name, amount = (cell.strip('"') for cell in row.split(",", 1))
        _, account, fund = name.split(":")
        found[account, fund] = Decimal(amount.removesuffix(" USD"))
    assert found == expected(books)


def test_beancount_accepts_the_export(books: Books, tmp_path: Path) -> None:
    if not shutil.which("bean-check"):
        pytest.skip("beancount is not installed")
    fill(books)
    path = tmp_path / "books.beancount"
    path.write_text(ledger.export_beancount(SYSTEM, books.one, [OCTOBER, "2026-11"]))
    subprocess.run(["bean-check", str(path)], check=True, capture_output=True)

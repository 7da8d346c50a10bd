"""Hostile statements in plain SQL, as the app's role and as the owner: every one is refused."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID, uuid4

import pytest
from django.db import DatabaseError, connection, connections, transaction

from commonweal.kernel.access.public import SYSTEM, Actor, act_as
from commonweal.kernel.ledger.models import Account, Balance, Fund, Journal, LedgerPeriod, Posting
from commonweal.kernel.ledger.public import close_period, post_pair, recompute_balances, reverse
from commonweal.kernel.schema.public import uuid7

from .conftest import DAY, Books, make_books

WHY = "It was entered twice by mistake."


def execute(sql: str, *values: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)


def header(books: Books, agency: UUID, lines: int = 2, **other: object) -> UUID:
    """Insert a header by raw SQL and return its id."""
    period = LedgerPeriod.objects.get(agency_id=agency, code="2026-10")
    values: dict[str, object] = {
        "id": uuid7(), "agency_id": agency, "number": 10_000 + Journal.objects.count(),
        "period_id": period.id, "effective_date": DAY, "recorded_at": "2026-10-31T00:00:00Z",
        "description": "", "source": "raw", "idempotency_key": str(uuid4()), "payload_hash": "",
        "n_lines": lines, "currency": "USD", "pair_id": None, "reverses_id": None,
    }  # fmt: skip
    values.update(other)
    names, marks = ", ".join(values), ", ".join(["%s"] * len(values))
    execute(f"INSERT INTO ledger_journal ({names}) VALUES ({marks})", *values.values())
    assert isinstance(values["id"], UUID)
    return values["id"]


def lines(journal: UUID, agency: UUID, *rows: dict[str, object]) -> None:
    """Insert postings in one raw statement; a row may override any column."""
    period = LedgerPeriod.objects.get(agency_id=agency, code="2026-10")
    account = Account.objects.get(agency_id=agency, code="1000")
    fund = Fund.objects.get(agency_id=agency, code="GEN")
    marks, values = [], []
    names: list[str] = []
    for number, row in enumerate(rows, 1):
        full: dict[str, object] = {
            "journal_id": journal, "line": number, "agency_id": agency, "period_id": period.id,
            "account_id": account.id, "fund_id": fund.id, "amount": 0, "currency": "USD",
            "cost_centre": "", "service_code": "", "object_code": "",
            "trading_partner_id": None, "reference": "",
        }  # fmt: skip
        full.update(row)
        names = list(full)
        marks.append("(" + ", ".join(["%s"] * len(full)) + ")")
        values += list(full.values())
    execute(f"INSERT INTO ledger_posting ({', '.join(names)}) VALUES {', '.join(marks)}", *values)


def at_commit() -> None:
    """Run the deferred checks now."""
    execute("SET CONSTRAINTS ALL IMMEDIATE")


def fund(books: Books, agency: UUID, code: str) -> UUID:
    return Fund.objects.get(agency_id=agency, code=code).id


def unbalanced(b: Books) -> None:
    lines(header(b, b.one), b.one, {"amount": 5}, {"amount": -4})


def unbalanced_per_fund(b: Books) -> None:
    other = fund(b, b.one, "ISF")
    lines(header(b, b.one), b.one, {"amount": 5}, {"amount": -5, "fund_id": other})


def unbalanced_per_currency(b: Books) -> None:
    lines(header(b, b.one), b.one, {"amount": 5}, {"amount": -5, "currency": "EUR"})


def too_few_lines(b: Books) -> None:
    lines(header(b, b.one, 3), b.one, {"amount": 5}, {"amount": -5})


def line_by_line(b: Books) -> None:
    journal = header(b, b.one)
    lines(journal, b.one, {"amount": 5})


def extended(b: Books) -> None:
    """Trap 2: two balanced lines more on a posted journal."""
    ref = b.post(b.one, "k")
    lines(ref.id, b.one, {"amount": 5, "line": 3}, {"amount": -5, "line": 4})


def extended_below(b: Books) -> None:
    ref = b.post(b.one, "k")
    lines(ref.id, b.one, {"amount": 5, "line": 0}, {"amount": -5, "line": -1})


def extended_in_place(b: Books) -> None:
    ref = b.post(b.one, "k")
    lines(ref.id, b.one, {"amount": 5}, {"amount": -5})


def no_lines(b: Books) -> None:
    header(b, b.one)
    at_commit()


def one_line_header(b: Books) -> None:
    header(b, b.one, 1)


def zero_amount(b: Books) -> None:
    lines(header(b, b.one, 3), b.one, {"amount": 5}, {"amount": -5}, {"amount": 0})


def overflow(b: Books) -> None:
    large = 9_000_000_000_000_000_000
    lines(
        header(b, b.one, 4), b.one, {"amount": large}, {"amount": large}, {"amount": -large},
        {"amount": -large},
    )  # fmt: skip


def other_agencys_journal(b: Books) -> None:
    lines(header(b, b.two), b.one, {"amount": 5}, {"amount": -5})


def other_agencys_account(b: Books) -> None:
    theirs = Account.objects.get(agency_id=b.two, code="1000").id
    lines(header(b, b.one), b.one, {"amount": 5}, {"amount": -5, "account_id": theirs})


def other_agencys_fund(b: Books) -> None:
    theirs = fund(b, b.two, "GEN")
    rows = [{"amount": 5, "fund_id": theirs}, {"amount": -5, "fund_id": theirs}]
    lines(header(b, b.one), b.one, *rows)


def other_agencys_period(b: Books) -> None:
    theirs = LedgerPeriod.objects.get(agency_id=b.two, code="2026-10").id
    header(b, b.one, period_id=theirs)


def mixed_agencies(b: Books) -> None:
    lines(header(b, b.one), b.one, {"amount": 5}, {"amount": -5, "agency_id": b.two})


def other_period_in_line(b: Books) -> None:
    other = LedgerPeriod.objects.create(agency_id=b.one, code="2026-11").id
    rows = [{"amount": 5, "period_id": other}, {"amount": -5, "period_id": other}]
    lines(header(b, b.one), b.one, *rows)


def unknown_account(b: Books) -> None:
    lines(header(b, b.one), b.one, {"amount": 5}, {"amount": -5, "account_id": uuid4()})


def unknown_journal(b: Books) -> None:
    lines(uuid4(), b.one, {"amount": 5}, {"amount": -5})


def closed_period(b: Books) -> None:
    close_period(actor=SYSTEM, agency_id=b.one, period="2026-10")
    lines(header(b, b.one), b.one, {"amount": 5}, {"amount": -5})


def same_key(b: Books) -> None:
    for _ in range(2):
        lines(header(b, b.one, idempotency_key="k"), b.one, {"amount": 5}, {"amount": -5})


def same_number(b: Books) -> None:
    for _ in range(2):
        lines(header(b, b.one, number=77), b.one, {"amount": 5}, {"amount": -5})


def silent_reopen(b: Books) -> None:
    close_period(actor=SYSTEM, agency_id=b.one, period="2026-10")
    execute("UPDATE ledger_period SET state = 'open', closed_at = NULL")


def second_reversal(b: Books) -> None:
    ref = b.post(b.one, "k")
    reverse(
        reason=WHY, actor=SYSTEM, journal_id=ref.id, period="2026-10", key="r", effective_date=DAY
    )
    lines(header(b, b.one, reverses_id=ref.id), b.one, {"amount": -500}, {"amount": 500})


def reversal_of_reversal(b: Books) -> None:
    ref = b.post(b.one, "k")
    back = reverse(
        reason=WHY, actor=SYSTEM, journal_id=ref.id, period="2026-10", key="r", effective_date=DAY
    )
    header(b, b.one, reverses_id=back.id)


def partial_reversal(b: Books) -> None:
    ref = b.post(b.one, "k")
    lines(header(b, b.one, reverses_id=ref.id), b.one, {"amount": -400}, {"amount": 400})


def reversal_with_other_account(b: Books) -> None:
    ref = b.post(b.one, "k")
    lines(header(b, b.one, reverses_id=ref.id), b.one, {"amount": -500}, {"amount": 500})


def reversal_of_another_agency(b: Books) -> None:
    ref = b.post(b.two, "k")
    lines(header(b, b.one, reverses_id=ref.id), b.one, {"amount": -500}, {"amount": 500})


def reversal_with_more_lines(b: Books) -> None:
    ref = b.post(b.one, "k")
    header(b, b.one, 4, reverses_id=ref.id)


def partner_without_pair(b: Books) -> None:
    rows = [{"amount": 5, "trading_partner_id": b.two}, {"amount": -5}]
    lines(header(b, b.one), b.one, *rows)


def pair_without_partner(b: Books) -> None:
    lines(header(b, b.one, pair_id=uuid7()), b.one, {"amount": 5}, {"amount": -5})


def half_a_pair(b: Books) -> None:
    rows = [{"amount": 5, "trading_partner_id": b.two}, {"amount": -5}]
    lines(header(b, b.one, pair_id=uuid7()), b.one, *rows)
    at_commit()


def unequal_pair(b: Books) -> None:
    pair = uuid7()
    for agency, partner, amount in ((b.one, b.two, 5), (b.two, b.one, -4)):
        rows = [{"amount": amount, "trading_partner_id": partner}, {"amount": -amount}]
        lines(header(b, agency, pair_id=pair), agency, *rows)
    at_commit()


def pair_with_a_stranger(b: Books) -> None:
    pair = uuid7()
    for agency, amount in ((b.one, 5), (b.two, -5)):
        rows = [{"amount": amount, "trading_partner_id": b.centre}, {"amount": -amount}]
        lines(header(b, agency, pair_id=pair), agency, *rows)
    at_commit()


def third_in_a_pair(b: Books) -> None:
    left, right = b.bill(100)
    ref, _ = post_pair(actor=SYSTEM, left=left, right=right)
    pair = Journal.objects.get(pk=ref.id).pair_id
    rows = [{"amount": 5, "trading_partner_id": b.one}, {"amount": -5}]
    lines(header(b, b.two, pair_id=pair), b.two, *rows)
    at_commit()


def half_a_reversal(b: Books) -> None:
    left, right = b.bill(100)
    _, ref = post_pair(actor=SYSTEM, left=left, right=right)
    old = list(Posting.objects.filter(journal_id=ref.id).order_by("line"))
    rows = [{"amount": -o.amount, "account_id": o.account_id,
             "trading_partner_id": o.trading_partner_id} for o in old]  # fmt: skip
    lines(header(b, b.one, reverses_id=ref.id, pair_id=uuid7()), b.one, *rows)
    at_commit()


def number_given_back(b: Books) -> None:
    execute("SELECT ledger_reserve(%s, -1)", b.one)


def change_account_type(b: Books) -> None:
    execute("UPDATE ledger_account SET type = 'asset' WHERE code = '5100'")


def change_account_code(b: Books) -> None:
    execute("UPDATE ledger_account SET code = '9999' WHERE code = '5100'")


def move_fund(b: Books) -> None:
    execute("UPDATE ledger_fund SET agency_id = %s WHERE agency_id = %s", b.two, b.one)


def rename_period(b: Books) -> None:
    execute("UPDATE ledger_period SET code = '2026-12' WHERE agency_id = %s", b.one)


def bulk_create_more(b: Books) -> None:
    ref = b.post(b.one, "k")
    first, second = Posting.objects.filter(journal_id=ref.id)
    first.line, second.line = 3, 4
    Posting.objects.bulk_create([first, second])


REFUSED: list[tuple[Callable[[Books], None], str]] = [
    (unbalanced, "LEDGER-208"), (unbalanced_per_fund, "LEDGER-208"),
    (unbalanced_per_currency, "LEDGER-20[78]"), (too_few_lines, "LEDGER-209"),
    (line_by_line, "LEDGER-20[89]"), (extended, "LEDGER-209"), (extended_below, "LEDGER-209"),
    (extended_in_place, "unique"), (no_lines, "LEDGER-216"),
    (one_line_header, "ledger_journal_lines_two"), (zero_amount, "ledger_posting_amount"),
    (overflow, "out of range"), (other_agencys_journal, "LEDGER-207"),
    (other_agencys_account, "ledger_balance_of_account"),
    (other_agencys_fund, "ledger_balance_of_fund"),
    (other_agencys_period, "LEDGER-218"), (mixed_agencies, "LEDGER-20[78]"),
    (other_period_in_line, "LEDGER-207"), (unknown_account, "ledger_balance_of_account"),
    (unknown_journal, "LEDGER-207|foreign key"), (closed_period, "LEDGER-204"),
    (same_key, "ledger_journal_key"), (same_number, "ledger_journal_number"),
    (silent_reopen, "LEDGER-203"), (second_reversal, "unique"),
    (reversal_of_reversal, "LEDGER-206"), (partial_reversal, "LEDGER-211"),
    (reversal_with_other_account, "LEDGER-211"), (reversal_of_another_agency, "LEDGER-205"),
    (reversal_with_more_lines, "LEDGER-205"), (partner_without_pair, "LEDGER-210"),
    (pair_without_partner, "LEDGER-210"), (half_a_pair, "LEDGER-212"),
    (unequal_pair, "LEDGER-214"), (pair_with_a_stranger, "LEDGER-213"),
    (third_in_a_pair, "LEDGER-212"), (half_a_reversal, "LEDGER-21[25]"),
    (number_given_back, "LEDGER-217"), (change_account_type, "LEDGER-202"),
    (change_account_code, "LEDGER-202"), (move_fund, "LEDGER-202"),
    (rename_period, "LEDGER-202"), (bulk_create_more, "LEDGER-209"),
]  # fmt: skip


@pytest.mark.parametrize(("attack", "why"), REFUSED, ids=[a.__name__ for a, _ in REFUSED])
def test_a_hostile_write_is_refused(
    books: Books, attack: Callable[[Books], None], why: str
) -> None:
    with pytest.raises(DatabaseError, match=why), transaction.atomic():
        attack(books)
    assert recompute_balances(SYSTEM, books.one) == []
    assert recompute_balances(SYSTEM, books.two) == []


def test_an_honest_raw_journal_is_accepted(books: Books) -> None:
    """The attacks fail for what they do, not for how the helpers write."""
    lines(header(books, books.one), books.one, {"amount": 5}, {"amount": -5})
    at_commit()
    assert Posting.objects.count() == 2


FORBIDDEN = [
    "UPDATE ledger_journal SET description = 'x'",
    "DELETE FROM ledger_journal",
    "TRUNCATE ledger_journal CASCADE",
    "UPDATE ledger_posting SET amount = amount * 2",
    "DELETE FROM ledger_posting",
    "TRUNCATE ledger_posting",
    "UPDATE ledger_balance SET debit = 0",
    "DELETE FROM ledger_balance",
    "INSERT INTO ledger_balance SELECT * FROM ledger_balance",
    "UPDATE ledger_counter SET last = 0",
    "DELETE FROM ledger_account",
    "DELETE FROM ledger_fund",
    "DELETE FROM ledger_period",
    "ALTER TABLE ledger_posting DISABLE TRIGGER ALL",
    "DROP TRIGGER ledger_posting_check ON ledger_posting",
    "SET session_replication_role = replica",
]


@pytest.mark.parametrize("sql", FORBIDDEN)
def test_the_app_role_may_not(books: Books, sql: str) -> None:
    books.post(books.one, "k")
    with pytest.raises(DatabaseError), transaction.atomic():
        execute(sql)


@pytest.mark.parametrize("sql", FORBIDDEN[:6])
def test_the_owner_may_not_change_what_is_posted(committed_db: str, sql: str) -> None:
    with act_as(SYSTEM):
        books = make_books()
        books.post(books.one, "k")
    owner = connections["owner"]
    try:
        with pytest.raises(DatabaseError, match="LEDGER-201"), owner.cursor() as cursor:
            cursor.execute(sql)
    finally:
        owner.close()
        connection.close()


def test_an_older_snapshot_cannot_post_into_a_closed_period(committed_db: str) -> None:
    """At REPEATABLE READ the period looks open although another session has closed it since."""
    import threading

    with act_as(SYSTEM):
        books = make_books()

    def close() -> None:
        with act_as(SYSTEM):
            close_period(actor=SYSTEM, agency_id=books.one, period="2026-10")
        connection.close()

    with pytest.raises(DatabaseError, match="serialize"), transaction.atomic():  # noqa: PT012
        execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        execute("SELECT set_config('app.centre', 'on', true)")
        assert LedgerPeriod.objects.get(agency_id=books.one).state == "open"
        closer = threading.Thread(target=close)
        closer.start()
        closer.join()
        header(books, books.one)
    connection.close()


def test_a_scope_of_one_agency_sees_and_writes_only_its_own(books: Books) -> None:
    left, right = books.bill(700)
    post_pair(actor=SYSTEM, left=left, right=right)
    agent = Actor(kind="person", agencies=frozenset({books.one}))
    with act_as(agent):
        for model in (Journal, Posting, Balance, Account, Fund, LedgerPeriod):
            assert set(model.objects.values_list("agency_id", flat=True)) == {books.one}
        with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
            execute("SELECT ledger_reserve(%s, 1)", books.two)
        with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
            execute(
                "INSERT INTO ledger_fund (id, agency_id, code, name) VALUES (%s, %s, 'X', 'x')",
                uuid7(), books.two,
            )  # fmt: skip


def test_the_deferred_check_sees_lines_after_the_scope_has_ended(committed_db: str) -> None:
    """`act_as` takes the scope away before the commit; the check must not be misled by that."""
    with act_as(SYSTEM):
        books = make_books()
    agent = Actor(
        kind="person", agencies=frozenset({books.one}),
        grants=frozenset({("ledger.post", books.one)}),
    )  # fmt: skip
    with act_as(agent):
        books.post(books.one, "k")
    with act_as(SYSTEM):
        assert Journal.objects.count() == 1
    connection.close()

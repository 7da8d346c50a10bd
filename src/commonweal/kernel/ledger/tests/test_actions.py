"""Actions: idempotence, periods, pairs, reversals, batches, permissions, audit."""

from __future__ import annotations

from uuid import uuid4

import pytest

from commonweal.kernel.access.public import SYSTEM, Actor
from commonweal.kernel.audit.models import Event
from commonweal.kernel.errors import Conflict, Forbidden, NotFound
from commonweal.kernel.ledger.models import Journal, LedgerPeriod, Posting
from commonweal.kernel.ledger.public import (
    LedgerError,
    Line,
    balance,
    close_period,
    eliminations,
    open_period,
    post,
    post_many,
    post_pair,
    put_chart,
    recompute_balances,
    reopen_period,
    reverse,
    set_account_active,
)

from .conftest import DAY, Books

WHY = "It was entered twice by mistake."

OCTOBER = "2026-10"


def events(verb: str) -> list[Event]:
    return list(Event.objects.filter(verb=verb).order_by("id"))


def test_posting_moves_the_balances_and_leaves_an_event(books: Books) -> None:
    ref = books.post(books.one, "k")
    assert balance(SYSTEM, books.one, account="5100", period=OCTOBER) == 500
    assert balance(SYSTEM, books.one, account="1000", period=OCTOBER) == -500
    (event,) = events("ledger.journal_posted")
    assert event.agency_id == books.one
    assert event.payload["hash"] == ref.payload_hash
    assert "description" not in event.payload


def test_numbers_run_per_agency_without_gaps(books: Books) -> None:
    refs = [books.post(books.one, f"k{n}") for n in range(3)]
    with pytest.raises(LedgerError):
        books.post(books.one, "bad", Line("5100", 1), Line("9999", -1))
    refs.append(books.post(books.one, "k3"))
    assert [ref.number for ref in refs] == [1, 2, 3, 4]
    assert books.post(books.two, "k").number == 1


def test_the_same_key_and_content_returns_the_first_posting(books: Books) -> None:
    first = books.post(books.one, "k")
    again = books.post(books.one, "k")
    assert (again.id, again.number, again.replayed) == (first.id, 1, True)
    assert Journal.objects.count() == 1
    assert len(events("ledger.journal_replayed")) == 1
    assert books.post(books.two, "k").replayed is False


def test_the_same_key_with_other_content_is_refused(books: Books) -> None:
    books.post(books.one, "k")
    with pytest.raises(Conflict, match="LEDGER-409"):
        books.post(books.one, "k", Line("5100", 1), Line("1000", -1))


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        ((Line("9999", 1), Line("1000", -1)), "LEDGER-105"),
        ((Line("5100", 1, "NIL"), Line("1000", -1, "NIL")), "LEDGER-106"),
    ],
)
@pytest.mark.parametrize("bulk", [False, True])
def test_an_unknown_code_is_named(
    books: Books, lines: tuple[Line, ...], code: str, bulk: bool
) -> None:
    with pytest.raises(LedgerError, match="line 1") as caught:  # noqa: PT012
        if bulk:
            post_many(actor=SYSTEM, journals=[books.draft(books.one, "k", *lines)])
        else:
            books.post(books.one, "k", *lines)
    assert caught.value.code == code


@pytest.mark.parametrize("bulk", [False, True])
def test_a_period_must_be_opened_first(books: Books, bulk: bool) -> None:
    with pytest.raises(LedgerError, match="LEDGER-104"):  # noqa: PT012
        if bulk:
            drafts = [books.draft(books.one, "k", period="2026-11")]
            post_many(actor=SYSTEM, journals=drafts)
        else:
            books.post(books.one, "k", period="2026-11")


def test_an_account_out_of_use_takes_reversals_only(books: Books) -> None:
    ref = books.post(books.one, "k")
    set_account_active(actor=SYSTEM, agency_id=books.one, code="5100", active=False)
    with pytest.raises(LedgerError, match="LEDGER-105"):
        books.post(books.one, "k2")
    reverse(
        reason=WHY, actor=SYSTEM, journal_id=ref.id, period=OCTOBER, key="r", effective_date=DAY
    )
    assert balance(SYSTEM, books.one, account="5100", period=OCTOBER) == 0
    with pytest.raises(NotFound):
        set_account_active(actor=SYSTEM, agency_id=books.one, code="9", active=False)


def test_a_chart_grows_but_types_stay(books: Books) -> None:
    put_chart(actor=SYSTEM, agency_id=books.one, accounts=[("1000", "Bank", "asset")])
    with pytest.raises(Conflict, match="LEDGER-202"):
        put_chart(actor=SYSTEM, agency_id=books.one, accounts=[("1000", "Bank", "equity")])


def test_a_closed_period_refuses_and_reopens_with_a_reason(books: Books) -> None:
    close_period(actor=SYSTEM, agency_id=books.one, period=OCTOBER)
    close_period(actor=SYSTEM, agency_id=books.one, period=OCTOBER)
    for attempt in (
        lambda: books.post(books.one, "k"),
        lambda: post_many(actor=SYSTEM, journals=[books.draft(books.one, "k")]),
    ):
        with pytest.raises(Conflict, match="LEDGER-204"):
            attempt()
    with pytest.raises(Conflict, match="LEDGER-411"):
        open_period(actor=SYSTEM, agency_id=books.one, period=OCTOBER)
    with pytest.raises(LedgerError, match="LEDGER-203"):
        reopen_period(actor=SYSTEM, agency_id=books.one, period=OCTOBER, reason="because")
    for _ in range(2):
        close_period(actor=SYSTEM, agency_id=books.one, period=OCTOBER)
        reopen_period(
            actor=SYSTEM, agency_id=books.one, period=OCTOBER, reason="An invoice came late"
        )
    books.post(books.one, "k")
    with pytest.raises(Conflict, match="LEDGER-412"):
        reopen_period(actor=SYSTEM, agency_id=books.one, period=OCTOBER, reason="x" * 10)
    with pytest.raises(NotFound):
        close_period(actor=SYSTEM, agency_id=books.one, period="2020-01")
    assert events("ledger.period_reopened")[0].payload["reason"] == "An invoice came late"


def test_a_reversal_negates_once_into_an_open_period(books: Books) -> None:
    ref = books.post(books.one, "k", Line("5100", 7, "ISF", "CC", "PAY", "51", None, "doc"),
                     Line("1000", -7, "ISF"))  # fmt: skip
    close_period(actor=SYSTEM, agency_id=books.one, period=OCTOBER)
    with pytest.raises(Conflict, match="LEDGER-204"):
        reverse(
            reason=WHY, actor=SYSTEM, journal_id=ref.id, period=OCTOBER, key="r", effective_date=DAY
        )
    open_period(actor=SYSTEM, agency_id=books.one, period="2026-11")
    where = {"journal_id": ref.id, "period": "2026-11", "effective_date": DAY}
    with pytest.raises(LedgerError, match="LEDGER-219"):
        reverse(reason="  Mistake  ", actor=SYSTEM, key="r", **where)
    back = reverse(reason=WHY, actor=SYSTEM, key="r", **where)
    assert reverse(reason=WHY, actor=SYSTEM, key="r", **where).replayed
    with pytest.raises(Conflict, match="LEDGER-413"):
        reverse(reason=WHY, actor=SYSTEM, key="r2", **where)
    with pytest.raises(LedgerError, match="LEDGER-206"):
        reverse(
            reason=WHY,
            actor=SYSTEM,
            journal_id=back.id,
            period="2026-11",
            key="rr",
            effective_date=DAY,
        )
    assert Journal.objects.get(pk=back.id).reverses_id == ref.id
    assert balance(SYSTEM, books.one, account="5100", period="2026-11") == 0
    assert balance(SYSTEM, books.one, account="5100", period=OCTOBER) == 7
    with pytest.raises(NotFound):
        reverse(
            reason=WHY,
            actor=SYSTEM,
            journal_id=uuid4(),
            period="2026-11",
            key="x",
            effective_date=DAY,
        )


def test_a_pair_cancels_out_and_is_reversed_whole(books: Books) -> None:
    left, right = books.bill(18421033)
    mine, theirs = post_pair(actor=SYSTEM, left=left, right=right)
    assert (mine.agency_id, theirs.agency_id) == (books.centre, books.one)
    rows = eliminations(SYSTEM, OCTOBER)
    assert [row.residual for row in rows] == [0, 0]
    assert {row.debit for row in rows} == {18421033}
    assert post_pair(actor=SYSTEM, left=left, right=right)[0].replayed
    reverse(
        reason=WHY, actor=SYSTEM, journal_id=theirs.id, period=OCTOBER, key="r", effective_date=DAY
    )
    for agency, account in ((books.centre, "1100"), (books.one, "2100")):
        assert balance(SYSTEM, agency, account=account, period=OCTOBER) == 0
    assert len({j.pair_id for j in Journal.objects.all()}) == 2


def test_a_pair_that_differs_is_refused(books: Books) -> None:
    left, right = books.bill(100)[0], books.bill(99)[1]
    with pytest.raises(LedgerError, match="LEDGER-214"):
        post_pair(actor=SYSTEM, left=left, right=right)
    assert not Journal.objects.exists()


def test_a_pair_half_known_is_refused(books: Books) -> None:
    left, right = books.bill(100)
    post_pair(actor=SYSTEM, left=left, right=right)
    other = books.bill(100, key="bill-2")[1]
    with pytest.raises(Conflict, match="LEDGER-409"):
        post_pair(actor=SYSTEM, left=left, right=other)


def test_a_settlement_pairs_only_the_lines_that_name_a_partner(books: Books) -> None:
    left = books.draft(
        books.centre, "p", Line("1000", 50), Line("1100", -50, trading_partner=books.one)
    )
    right = books.draft(
        books.one, "p", Line("2100", 50, trading_partner=books.centre), Line("1000", -50)
    )
    post_pair(actor=SYSTEM, left=left, right=right)
    (row,) = eliminations(SYSTEM, OCTOBER)
    assert (row.operating, row.debit, row.residual) == (False, 50, 0)


def test_a_batch_is_whole_and_idempotent(books: Books) -> None:
    drafts = [
        books.draft(agency, f"k{n}", Line("5100", n + 1, "GEN", "a\\b"), Line("1000", -n - 1))
        for n in range(40)
        for agency in (books.one, books.two)
    ]
    first = post_many(actor=SYSTEM, journals=drafts[:20])
    every = post_many(actor=SYSTEM, journals=drafts)
    assert [ref.id for ref in every[:20]] == [ref.id for ref in first]
    assert [ref.replayed for ref in every] == [True] * 20 + [False] * 60
    assert sorted(ref.number for ref in every if ref.agency_id == books.one) == [*range(1, 41)]
    assert all(ref.replayed for ref in post_many(actor=SYSTEM, journals=drafts))
    assert Posting.objects.filter(cost_centre="a\\b").count() == 80
    assert recompute_balances(SYSTEM, books.one) == []
    event = events("ledger.batch_posted")[-1]
    assert (event.payload["new"], len(event.payload["hash"])) == (0, 64)


def test_one_journal_and_a_batch_write_the_same(books: Books) -> None:
    one = books.post(books.one, "k")
    (again,) = post_many(actor=SYSTEM, journals=[books.draft(books.one, "k")])
    assert (again.id, again.replayed) == (one.id, True)


def test_a_batch_with_a_contradiction_posts_nothing(books: Books) -> None:
    books.post(books.one, "k")
    good = books.draft(books.one, "new")
    other = books.draft(books.one, "k", Line("5100", 1), Line("1000", -1))
    with pytest.raises(Conflict, match="LEDGER-409"):
        post_many(actor=SYSTEM, journals=[good, other])
    with pytest.raises(Conflict, match="LEDGER-410"):
        post_many(actor=SYSTEM, journals=[good, good])
    with pytest.raises(LedgerError, match="LEDGER-109"):
        post_many(actor=SYSTEM, journals=[])
    assert Journal.objects.count() == 1


def test_a_long_journal_is_checked_in_one_pass(books: Books) -> None:
    """Trap 1: the check must not read the journal once per line."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    lines = [Line("5100", 1), Line("1000", -1)] * 2500
    with CaptureQueriesContext(connection) as caught:
        books.post(books.one, "long", *lines)
    assert len(caught) <= 20
    assert Journal.objects.get().n_lines == 5000
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT count(*) FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
                WHERE c.relname = 'ledger_posting' AND NOT t.tgisinternal AND t.tgtype & 1 = 1"""
        )
        assert cursor.fetchone()[0] == 0, "a row-level trigger checks the postings"


def test_every_door_asks_for_its_permission(books: Books) -> None:
    nobody = Actor(kind="person", centre=True)
    ref = books.post(books.one, "k")
    left, right = books.bill(1)
    who = {"actor": nobody, "agency_id": books.one}
    for attempt in (
        lambda: put_chart(**who),
        lambda: set_account_active(**who, code="1000", active=False),
        lambda: open_period(**who, period=OCTOBER),
        lambda: close_period(**who, period=OCTOBER),
        lambda: reopen_period(**who, period=OCTOBER, reason="x" * 10),
        lambda: post(
            **who, period=OCTOBER, lines=(), description="", source="s", key="k",
            effective_date=DAY,
        ),
        lambda: post_many(actor=nobody, journals=[left]),
        lambda: post_pair(actor=nobody, left=left, right=right),
        lambda: reverse(
            reason=WHY,
            actor=nobody, journal_id=ref.id, period=OCTOBER, key="r", effective_date=DAY
        ),
        lambda: balance(nobody, books.one, account="1000", period=OCTOBER),
        lambda: eliminations(nobody, OCTOBER),
    ):  # fmt: skip
        with pytest.raises(Forbidden):
            attempt()


def test_another_agencys_journal_looks_absent(books: Books) -> None:
    ref = books.post(books.two, "k")
    agent = Actor(kind="person", agencies=frozenset({books.one}))
    with pytest.raises(NotFound):
        reverse(
            reason=WHY, actor=agent, journal_id=ref.id, period=OCTOBER, key="r", effective_date=DAY
        )
    assert LedgerPeriod.objects.filter(agency_id=books.two).exists()

"""Reads of the books. Every figure comes from balances, never from summing history."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Prefetch, QuerySet, Subquery, Sum

from ..access.public import Actor, require
from ..errors import NotFound
from ..schema.public import FIRST, Listing, Place, listing
from .export import Entry, EntryLine, beancount, hledger
from .models import Account, Balance, Fund, Journal, LedgerPeriod, Posting


@dataclass(frozen=True)
class TrialLine:
    """One account and fund: opening balance, the period's debits and credits, closing balance.

    Minor units; a debit balance is positive.
    """

    account_id: UUID
    account: str
    name: str
    type: str
    fund: str
    currency: str
    opening: int
    debit: int
    credit: int

    @property
    def closing(self) -> int:
        """Opening plus debits minus credits."""
        return self.opening + self.debit - self.credit


@dataclass(frozen=True)
class Mismatch:
    """A stored balance that differs from the sum of its postings."""

    period: str
    account: str
    fund: str
    currency: str
    stored: tuple[int, int]
    summed: tuple[int, int]


@dataclass(frozen=True)
class Elimination:
    """What remains between two agencies in one period after their pairs cancel; must be zero."""

    agencies: tuple[UUID, UUID]
    operating: bool
    currency: str
    debit: int
    credit: int

    @property
    def residual(self) -> int:
        """Debits minus credits, minor units."""
        return self.debit - self.credit


def _whole(value: Any) -> Any:
    """Sums of integers come back as Decimal; give them back as integers."""
    return int(value) if isinstance(value, Decimal) else value


def _allowed(actor: Actor, agency_id: UUID) -> None:
    if not (actor.centre or agency_id in actor.agencies):
        raise NotFound("LEDGER-404", "There are no such books.")
    require(actor, "ledger.view", agency_id)


def accounts(actor: Actor, agency_id: UUID, place: Place = FIRST) -> Listing[Account]:
    """A page of an agency's chart, by code."""
    _allowed(actor, agency_id)
    return listing(Account.objects.filter(agency_id=agency_id), ["code"], place)


def funds(actor: Actor, agency_id: UUID, place: Place = FIRST) -> Listing[Fund]:
    """A page of an agency's funds, by code."""
    _allowed(actor, agency_id)
    return listing(Fund.objects.filter(agency_id=agency_id), ["code"], place)


def periods(actor: Actor, agency_id: UUID, place: Place = FIRST) -> Listing[LedgerPeriod]:
    """A page of the periods of an agency's books, newest first."""
    _allowed(actor, agency_id)
    return listing(LedgerPeriod.objects.filter(agency_id=agency_id), ["-code"], place)


def periods_page(actor: Actor, agency_id: UUID, place: Place = FIRST) -> Listing[LedgerPeriod]:
    """A page of the periods of an agency's books, newest first."""
    _allowed(actor, agency_id)
    return listing(LedgerPeriod.objects.filter(agency_id=agency_id), ["-code"], place)


def period_of(actor: Actor, agency_id: UUID, code: str) -> LedgerPeriod:
    """One period of an agency's books (LEDGER-404)."""
    _allowed(actor, agency_id)
    found = LedgerPeriod.objects.filter(agency_id=agency_id, code=code).first()
    if found is None:
        raise NotFound("LEDGER-404", f"There is no period {code[:7]} in these books.")
    return found


def journals_page(
    actor: Actor, agency_id: UUID, period: LedgerPeriod, place: Place = FIRST
) -> Listing[Journal]:
    """A page of a period's journals, newest first, each with the journal that reverses it."""
    _allowed(actor, agency_id)
    found = Journal.objects.filter(agency_id=agency_id, period=period)
    return listing(found.select_related("reversed_by"), ["-number"], place)


def journals(
    actor: Actor,
    agency_id: UUID,
    *,
    period: str = "",
    source: str = "",
    place: Place = FIRST,
) -> Listing[Journal]:
    """A page of journals, newest first."""
    _allowed(actor, agency_id)
    found: QuerySet[Journal] = Journal.objects.filter(agency_id=agency_id)
    if period:
        found = found.filter(period__agency_id=agency_id, period__code=period)
    if source:
        found = found.filter(source=source)
    return listing(found.select_related("period", "reversed_by"), ["-number"], place)


def _lines() -> QuerySet[Posting]:
    return Posting.objects.select_related("account", "fund").order_by("line")


def journal(actor: Actor, journal_id: UUID, *, lines: bool = True) -> Journal:
    """A journal with its lines (`.postings.all()`), unless they are read by page."""
    rows = Journal.objects.select_related("period", "reverses", "reversed_by")
    if lines:
        rows = rows.prefetch_related(Prefetch("postings", _lines()))
    found = rows.filter(pk=journal_id).first()
    if found is None:
        raise NotFound("LEDGER-404", "There is no such journal in these books.")
    _allowed(actor, found.agency_id)
    return found


def journal_lines(actor: Actor, of: Journal, place: Place = FIRST) -> Listing[Posting]:
    """A page of a journal's lines, in order."""
    _allowed(actor, of.agency_id)
    found = Posting.objects.select_related("account", "fund").filter(journal_id=of.pk)
    return listing(found, ["line"], place)


def journal_by_key(actor: Actor, agency_id: UUID, *, source: str, key: str) -> Journal | None:
    """The journal that a module posted under its key, or None."""
    _allowed(actor, agency_id)
    return Journal.objects.filter(agency_id=agency_id, source=source, idempotency_key=key).first()


def pair(actor: Actor, pair_id: UUID) -> list[Journal]:
    """The two journals of a pair, or the one that the actor may see."""
    found = Journal.objects.filter(pair_id=pair_id).select_related("period").order_by("agency_id")
    if not actor.centre:
        found = found.filter(agency_id__in=actor.agencies)
    return [each for each in found if actor.may("ledger.view", each.agency_id)]


def postings(
    actor: Actor,
    agency_id: UUID,
    *,
    account: str,
    period: str,
    place: Place = FIRST,
) -> Listing[Posting]:
    """A page of the lines behind one figure of the trial balance, newest first."""
    _allowed(actor, agency_id)
    of_account = Account.objects.filter(agency_id=agency_id, code=account).values("pk")
    of_period = LedgerPeriod.objects.filter(agency_id=agency_id, code=period).values("pk")
    found = Posting.objects.select_related("account", "fund", "journal").filter(
        account_id=Subquery(of_account), period_id=Subquery(of_period)
    )
    return listing(found, ["-journal_id", "-line"], place)


def trial_balance(actor: Actor, agency_id: UUID, period: str) -> list[TrialLine]:
    """Every account and fund that ever moved up to the period: opening, movement, closing.

    Operating accounts carry over like the others; the year's closing entries are journals.
    """
    _allowed(actor, agency_id)
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT a.id, a.code, a.name, a.type, f.code, t.currency,
                      t.opening, t.debit, t.credit
                 FROM (SELECT b.account_id, b.fund_id, b.currency,
                              coalesce(sum(b.debit - b.credit) FILTER (WHERE p.code < %s), 0)
                                AS opening,
                              coalesce(sum(b.debit) FILTER (WHERE p.code = %s), 0) AS debit,
                              coalesce(sum(b.credit) FILTER (WHERE p.code = %s), 0) AS credit
                         FROM ledger_balance b JOIN ledger_period p ON p.id = b.period_id
                        WHERE b.agency_id = %s AND p.code <= %s
                        GROUP BY b.account_id, b.fund_id, b.currency) t
                 JOIN ledger_account a ON a.id = t.account_id
                 JOIN ledger_fund f ON f.id = t.fund_id
                ORDER BY a.code, f.code, t.currency""",
            [period, period, period, agency_id, period],
        )
        return [TrialLine(*map(_whole, row)) for row in cursor.fetchall()]


def balance(
    actor: Actor,
    agency_id: UUID,
    *,
    account: str,
    period: str,
    fund: str = "",
    currency: str = "USD",
    movement: bool = False,
) -> int:
    """An account's balance at the end of a period (or its movement in it), minor units."""
    _allowed(actor, agency_id)
    found = Balance.objects.filter(agency_id=agency_id, account__code=account, currency=currency)
    found = found.filter(**{"period__code" if movement else "period__code__lte": period})
    if fund:
        found = found.filter(fund__code=fund)
    sums = found.aggregate(debit=Sum("debit"), credit=Sum("credit"))
    return int(sums["debit"] or 0) - int(sums["credit"] or 0)


def recompute_balances(actor: Actor, agency_id: UUID) -> list[Mismatch]:
    """Sum every posting anew and name each stored balance that differs (none: proven)."""
    _allowed(actor, agency_id)
    with connection.cursor() as cursor:
        cursor.execute(
            """WITH stored AS (
                 SELECT period_id, account_id, fund_id, currency, sum(debit) AS debit,
                        sum(credit) AS credit
                   FROM ledger_balance WHERE agency_id = %s GROUP BY 1, 2, 3, 4),
               summed AS (
                 SELECT period_id, account_id, fund_id, currency,
                        coalesce(sum(amount) FILTER (WHERE amount > 0), 0) AS debit,
                        coalesce(-sum(amount) FILTER (WHERE amount < 0), 0) AS credit
                   FROM ledger_posting WHERE agency_id = %s GROUP BY 1, 2, 3, 4)
               SELECT p.code, a.code, f.code, currency, coalesce(s.debit, 0),
                      coalesce(s.credit, 0), coalesce(n.debit, 0), coalesce(n.credit, 0)
                 FROM stored s FULL JOIN summed n
                      USING (period_id, account_id, fund_id, currency)
                 JOIN ledger_period p ON p.id = period_id
                 JOIN ledger_account a ON a.id = account_id
                 JOIN ledger_fund f ON f.id = fund_id
                WHERE (coalesce(s.debit, 0), coalesce(s.credit, 0))
                      <> (coalesce(n.debit, 0), coalesce(n.credit, 0))
                ORDER BY 1, 2, 3, 4""",
            [agency_id, agency_id],
        )
        return [
            Mismatch(
                row[0],
                row[1],
                row[2],
                row[3],
                (int(row[4]), int(row[5])),
                (int(row[6]), int(row[7])),
            )
            for row in cursor.fetchall()
        ]


def eliminations(actor: Actor, period: str) -> list[Elimination]:
    """What the paired lines of a period leave between every two agencies; each residual is zero.

    For the centre only: it reads both books of each pair.
    """
    require(actor, "ledger.view")
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT least(l.agency_id, l.trading_partner_id),
                      greatest(l.agency_id, l.trading_partner_id),
                      a.type IN ('revenue', 'expense'), l.currency,
                      coalesce(sum(l.amount) FILTER (WHERE l.amount > 0), 0),
                      coalesce(-sum(l.amount) FILTER (WHERE l.amount < 0), 0)
                 FROM ledger_posting l JOIN ledger_account a ON a.id = l.account_id
                WHERE l.trading_partner_id IS NOT NULL
                  AND l.period_id IN (SELECT id FROM ledger_period WHERE code = %s)
                GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4""",
            [period],
        )
        return [
            Elimination((row[0], row[1]), row[2], row[3], int(row[4]), int(row[5]))
            for row in cursor.fetchall()
        ]


def _entries(agency_id: UUID, codes: Iterable[str]) -> Iterator[Entry]:
    """The journals of the periods with their lines, by number, a thousand at a time."""
    found = (
        Journal.objects.filter(agency_id=agency_id, period__code__in=list(codes))
        .select_related("period")
        .prefetch_related(Prefetch("postings", _lines()))
        .order_by("number")
    )
    for each in found.iterator(chunk_size=1000):
        yield Entry(
            each.effective_date,
            each.number,
            each.description,
            str(each.id),
            each.period.code,
            tuple(
                EntryLine(row.account.type, row.account.code, row.fund.code, row.amount,
                          row.currency)
                for row in each.postings.all()
            ),
        )  # fmt: skip


def export_hledger(actor: Actor, agency_id: UUID, codes: Iterable[str]) -> str:
    """The journals of the periods in hledger's format, for an independent re-balance."""
    _allowed(actor, agency_id)
    return hledger(_entries(agency_id, codes))


def export_beancount(actor: Actor, agency_id: UUID, codes: Iterable[str]) -> str:
    """The journals of the periods in beancount's format, for an independent re-balance."""
    _allowed(actor, agency_id)
    return beancount(_entries(agency_id, codes))

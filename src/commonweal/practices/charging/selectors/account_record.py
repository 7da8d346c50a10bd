"""What the record says of every service's account, read in one round trip."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any
from uuid import UUID

from django.db import connection

from commonweal.kernel.calendar.public import FiscalPeriod
from commonweal.kernel.catalogue.public import Service
from commonweal.kernel.money.public import Money
from commonweal.kernel.party.public import centre

from ..domain.cost_model import total_of
from ..domain.credits import UNEARNED
from ..domain.recovery import Figures

REDUCTION = "discount"
"""The kind of a bill line that takes off what a price reduction says."""
NON_CASH = ("depreciation", "amortisation", "amortization", "non-cash", "noncash")
"""Kinds of ledger lines that are expense and cost no cash."""
COLUMNS: Mapping[str, tuple[str, int]] = {
    "opening": ("opening", 1),
    "other_revenue": ("other", 1),
    "transfer_in": ("transfers", 1),
    "transfer_out": ("transfers", -1),
    "returned": ("returned", 1),
}
"""The column of an account, and the sign, that each kind of entry counts in."""

RECORD = """
WITH closed AS (
  SELECT c.period, newest.* FROM charging_closerun c LEFT JOIN LATERAL (
    SELECT r.id, r.ledger, r.result -> 'totals' AS totals,
           r.result -> 'allowable' -> 'totals' AS allowable
      FROM charging_allocationrun r
     WHERE r.agency_id = c.agency_id AND r.basis = 'actual' AND r.label = c.period
       AND r.first_period = c.period AND r.last_period = c.period
     ORDER BY r.recorded_at DESC, r.id DESC LIMIT 1) newest ON true
   WHERE c.state = 'done'),
pooled AS (
  SELECT m.period, m.id AS run, rule.pool, sum(l.amount_minor) AS amount
    FROM closed m
    JOIN charging_costline l ON l.agency_id = %s AND l.basis = 'actual'
     AND l.period = m.period AND lower(l.kind) = ANY(%s)
     AND m.ledger -> 'imports' @> to_jsonb(l.cost_import_id::text)
    JOIN LATERAL (
      SELECT given ->> 0 AS pool
        FROM jsonb_array_elements(m.ledger -> 'rules') WITH ORDINALITY each(given, place)
       WHERE (given ->> 1 = '' OR upper(l.unit) = upper(given ->> 1))
         AND (given ->> 2 = '' OR upper(l.category) = upper(given ->> 2))
         AND starts_with(upper(l.account), upper(given ->> 3))
         AND (given ->> 4 = '' OR upper(l.kind) = upper(given ->> 4))
       ORDER BY place LIMIT 1) rule ON true
   GROUP BY 1, 2, 3)
SELECT jsonb_build_object(
  'closed', (SELECT jsonb_agg(jsonb_build_array(period, totals, allowable) ORDER BY period)
    FROM closed),
  'billed', (SELECT jsonb_agg(jsonb_build_array(service_id, period, reduces, amount)) FROM (
      SELECT l.service_id, b.period, l.kind = %s AS reduces, sum(l.amount_minor) AS amount
        FROM charging_billline l JOIN charging_bill b ON b.id = l.bill_id AND b.state = 'issued'
       WHERE NOT EXISTS (
         SELECT FROM charging_creditportion p JOIN charging_credit c ON c.id = p.credit_id
          WHERE p.id = l.credit_id AND c.kind = ANY(%s))
         AND NOT EXISTS (
         SELECT FROM charging_billline o
           JOIN charging_creditportion p ON p.id = o.credit_id
           JOIN charging_credit c ON c.id = p.credit_id
          WHERE o.id = l.corrects_id AND c.kind = 'idle_pool')
       GROUP BY 1, 2, 3) found),
  'entries', (SELECT jsonb_agg(jsonb_build_array(service_id, kind, period, amount)) FROM (
      SELECT service_id, kind, period, sum(amount_minor) AS amount
        FROM charging_accountentry WHERE state = 'approved' GROUP BY 1, 2, 3
      UNION ALL
      SELECT p.service_id, 'returned', to_char(a.carried_out_on, 'YYYY-MM'),
             sum(p.amount_minor + p.interest_minor)
        FROM charging_adjustment a JOIN charging_adjustmentpart p ON p.adjustment_id = a.id
       WHERE a.carried_out_on IS NOT NULL AND p.way IN ('refund', 'credit')
       GROUP BY 1, 2, 3) found),
  'non_cash', (SELECT jsonb_agg(jsonb_build_array(
      p.period, e.target, e.numerator::text, e.denominator::text, p.amount))
    FROM pooled p JOIN charging_allocationedge e ON e.run_id = p.run AND e.source = p.pool)
)::text"""
"""Every closed month with what its newest allocation gave each service, on both bases; what issued
bills charged and reductions took off, without lines that are no revenue of the account
(UNEARNED, and what gives a pool's idle charge back); approved entries, and adjustments carried out
by refund or credit; the depreciation and the like in each pool, of the lines and by the rules that
the run counted, with the run's own resolved shares."""

Totals = list[dict[str, str]] | None


@dataclass(frozen=True)
class Closed:
    """A closed month and what its newest allocation gave the services; None: it has none."""

    period: str
    totals: Totals = None
    allowable: Totals = None

    @staticmethod
    def of(totals: Totals, code: str, currency: str) -> int | None:
        """A service's part in minor units; None: nobody can say."""
        if totals is None:
            return None
        return Money.exactly(total_of({"totals": totals}, code), currency).minor


def question() -> tuple[str, list[Any]]:
    """The statement that reads the record in the present scope, and its values."""
    return RECORD, [centre().agency_id, list(NON_CASH), REDUCTION, list(UNEARNED)]


def read_record() -> Mapping[str, Any]:
    """The record as the present scope shows it."""
    with connection.cursor() as cursor:
        cursor.execute(*question())
        return record_of(cursor.fetchone())


def record_of(row: Sequence[Any] | None) -> Mapping[str, Any]:
    """The record in the answer to `question`."""
    found: dict[str, Any] = json.loads(row[0]) if row else {}
    return {name: rows or [] for name, rows in found.items()}


def closed_months(record: Mapping[str, Any]) -> list[Closed]:
    """Every month from the first closed one to the last; one that was left out has no cost."""
    known = {row[0]: Closed(*row) for row in record["closed"]}
    if not known:
        return []
    month, last = FiscalPeriod.parse(min(known)), max(known)
    found = []
    while month.code <= last:
        found.append(known.get(month.code) or Closed(month.code))
        month = month.shift(1)
    return found


def all_figures(record: Mapping[str, Any], services: Iterable[Service]) -> dict[UUID, Figures]:
    """What the record says of each service's account, from its first closed month on."""
    currency, months = centre().currency, closed_months(record)
    columns = _columns(record)
    non_cash = _non_cash(record["non_cash"])
    found = {}
    for service in services:
        own = columns[str(service.pk)]
        found[service.pk] = Figures(
            billed=own["billed"],
            imputed=own["imputed"],
            costs={m.period: Closed.of(m.totals, service.code, currency) for m in months},
            noncash={period: parts.get(service.code, 0) for period, parts in non_cash.items()},
            allowable={m.period: Closed.of(m.allowable, service.code, currency) for m in months},
            other=own["other"],
            transfers=own["transfers"],
            returned=own["returned"],
            opening=own["opening"],
        )
    return found


Columns = dict[str, dict[str, int]]


def _columns(record: Mapping[str, Any]) -> dict[str, Columns]:
    """Per service and column, by month: what was billed and reduced, and the entries."""
    found: dict[str, Columns] = defaultdict(lambda: defaultdict(lambda: defaultdict(int)))
    for service, period, reduces, amount in record["billed"]:
        found[service]["billed"][period] += int(amount)
        if reduces:
            found[service]["imputed"][period] -= int(amount)
    for service, kind, period, amount in record["entries"]:
        column, sign = COLUMNS[kind]
        found[service][column][period] += sign * int(amount)
    return found


def _non_cash(rows: Iterable[Sequence[Any]]) -> dict[str, dict[str, int]]:
    """Per month, by service code: the depreciation and the like in its cost, in minor units."""
    parts: dict[str, dict[str, Fraction]] = defaultdict(lambda: defaultdict(Fraction))
    for period, target, numerator, denominator, amount in rows:
        parts[period][target] += Fraction(int(numerator), int(denominator)) * int(amount)
    return {
        period: {key: round(part) for key, part in own.items()} for period, own in parts.items()
    }

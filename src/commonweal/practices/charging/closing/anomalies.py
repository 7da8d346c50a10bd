"""Unusual lines of the month's drafts, found when drafting; they hold the issue (design law 10).

The close issues a month's bills together, so that one open hold keeps all of them; the agency may
acknowledge it at once, and after the preview the centre may explain it, so that nothing waits for
ever.
"""

from __future__ import annotations

from collections import defaultdict
from uuid import UUID

from django.db.models import Sum

from commonweal.kernel.calendar.public import FiscalPeriod, now
from commonweal.kernel.money.public import Rounding, round_quotient
from commonweal.kernel.words import public as words

from ..domain.anomalies import Tolerance
from ..domain.bills import AFTERWARDS
from ..models import AnomalyHold, BillLine, CloseRun, ItemTolerance

Key = tuple[UUID, UUID]


def forget_holds(run: CloseRun) -> None:
    """Drafts that are made anew are measured anew."""
    AnomalyHold.objects.filter(bill__run=run).delete()


def hold_unusual(run: CloseRun) -> int:
    """Compare every item of every draft with its trailing months; returns how many are held."""
    rules = {
        row.charge_item_id: Tolerance(row.percent, row.minimum_minor, row.months)
        for row in ItemTolerance.objects.all()
    }
    if not rules:
        return 0
    history = _history(run, rules)
    largest: dict[Key, BillLine] = {}
    sums: dict[Key, int] = defaultdict(int)
    lines = BillLine.objects.filter(bill__run=run, charge_item__in=rules)
    for line in lines.exclude(kind__in=AFTERWARDS).order_by("-amount_minor", "id"):
        key = (line.agency_id, line.charge_item_id)
        largest.setdefault(key, line)
        sums[key] += line.amount_minor
    made = []
    for key, line in largest.items():
        rule, before = rules[key[1]], history.get(key, [])
        usual = rule.usual(before)
        if usual is None or not rule.outside(sums[key], before):
            continue
        made.append(
            AnomalyHold(
                agency_id=line.agency_id,
                bill_id=line.bill_id,
                line=line,
                amount_minor=sums[key],
                usual_minor=round_quotient(usual.numerator, usual.denominator, Rounding.HALF_UP),
                percent=rule.percent,
                months=rule.months,
                recorded_at=now(),
            )
        )
    AnomalyHold.objects.bulk_create(made)
    return len(made)


def _history(run: CloseRun, rules: dict[UUID, Tolerance]) -> dict[Key, list[int]]:
    """Per agency and item the issued months before, oldest first; one query."""
    first = FiscalPeriod.parse(run.period).shift(-max(rule.months for rule in rules.values()))
    rows = (
        BillLine.objects.filter(
            bill__state="issued",
            bill__period__gte=first.code,
            bill__period__lt=run.period,
            charge_item__in=rules,
        )
        .exclude(kind__in=AFTERWARDS)
        .values_list("agency_id", "charge_item_id", "bill__period")
        .annotate(total=Sum("amount_minor"))
        .order_by("bill__period")
    )
    found: dict[Key, list[int]] = defaultdict(list)
    for agency, item, _period, total in rows:
        found[agency, item].append(int(total))
    return found


def open_holds(run: CloseRun) -> list[AnomalyHold]:
    """What still holds the month's issue, oldest first."""
    found = AnomalyHold.objects.filter(bill__run=run, state="open")
    related = found.select_related("agency", "bill", "line", "line__charge_item")
    return list(related.order_by("recorded_at", "id"))


def hold_rows(found: list[AnomalyHold]) -> list[dict[str, str]]:
    """Holds as a stopped step shows them: whose, which item, what is usual and what it came to."""
    return [
        {
            "agency": hold.agency.name,
            "item": hold.line.charge_item.name,
            "usual": words.money(hold.usual_minor, hold.bill.currency),
            "amount": words.money(hold.amount_minor, hold.bill.currency),
        }
        for hold in found
    ]

"""An auditor's walk through the demo whose database the environment names; prints JSON.

From bill lines to the ledger lines, decision and usage behind them, from every ledger line to whom
it was charged, and the laws of the house beside it.
"""

from __future__ import annotations

import json
import random
import sys
from collections import Counter
from typing import Any

import django

SAMPLE = 60


def back(line: Any) -> list[str]:
    """What is wrong on the way from a bill line to its costs, decision and usage."""
    from commonweal.kernel.access.public import SYSTEM
    from commonweal.kernel.schema.public import Place
    from commonweal.practices.charging import public as charging

    name = f"{line.bill.number} line {line.number}"
    costs, wrong = charging.line_costs(SYSTEM, line.pk), []
    if sum(part.minor for part in costs.parts) != line.amount_minor:
        wrong.append(f"{name}: the pools do not add up to it")
    for part in costs.parts:
        if part.key.pool:
            given, at = 0, ""
            while True:
                page = charging.line_pool_shares(SYSTEM, line.pk, part.key.pool, Place(at, 200))
                given, at = given + sum(row.minor for row in page.rows), page.rows.next
                if not at:
                    break
            if given + page.personal_share != part.minor:
                wrong.append(f"{name}: the ledger lines of {part.key.pool} do not add up to it")
    if line.rate_version.decision_id is None:
        wrong.append(f"{name}: nobody decided its rate")
    if line.facts and not charging.line_facts(SYSTEM, line.pk).rows:
        wrong.append(f"{name}: its usage is not there")
    return wrong


def main() -> None:
    django.setup()
    from commonweal.kernel.access.public import SYSTEM, act_as
    from commonweal.kernel.audit.public import seal, verify
    from commonweal.practices.charging import public as charging
    from commonweal.practices.charging.models import Adjustment, BillLine, CostLine
    from commonweal.practices.consolidation import public as worth

    with act_as(SYSTEM):
        seal()
        wrong = list(verify().problems)
        rows = BillLine.objects.filter(bill__state="issued")
        lines = list(rows.select_related("bill", "rate_version").order_by("id"))
        sums: Counter[Any] = Counter()
        for line in lines:
            sums[line.bill] += line.amount_minor
        wrong += [
            f"{bill.number}: lines ≠ total" for bill in sums if sums[bill] != bill.total_minor
        ]
        for bill in sums:
            wrong += [f"{bill.number}: {each}" for each in charging.bill_problems(SYSTEM, bill)]
        for line in random.Random(17).sample(lines, SAMPLE):
            wrong += back(line)
        ledger = list(CostLine.objects.filter(basis="actual"))
        for cost in ledger:
            trail = charging.ledger_trail(SYSTEM, cost.pk)
            if sum(part.minor for part in trail.charged) != cost.amount_minor:
                wrong.append(f"ledger line {cost.reference}: not all of it went somewhere")
        views = worth.year_views(SYSTEM, 2026)
        found = {
            f"{view.agency.code} {view.service.code}": [
                "saving" if (view.figures["nominal"].minor or 0) > 0 else "loss",
                view.saving.outcome,
            ]
            for view in views
            if view.saving.outcome != "unknown"
        }
        adjusted = {row.service.code: row.method for row in Adjustment.objects.all()}
    report = {
        "wrong": wrong, "bill_lines": len(lines), "ledger_lines": len(ledger),
        "adjustments": adjusted, "worth": found,
    }  # fmt: skip
    json.dump(report, sys.stdout)


if __name__ == "__main__":
    main()

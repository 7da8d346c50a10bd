"""Builds the demo of a data folder and checks every law of the house after each month.

`python laws.py FOLDER AS_OF MONTHS PORT`; prints the demo's report as JSON, with what was wrong and
what each month's checks looked at and took.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ISSUED = """SELECT b.number, b.content_hash, b.pack_root, b.total_minor, b.document::text,
  (SELECT string_agg(l::text, '|' ORDER BY l.number) FROM charging_billline l
    WHERE l.bill_id = b.id),
  (SELECT string_agg(f::text, '|' ORDER BY f.id) FROM charging_linefunding f
    JOIN charging_billline l ON l.id = f.line_id WHERE l.bill_id = b.id),
  (SELECT string_agg(d.kind || d.sha256, '|' ORDER BY d.id) FROM documents_document d
    WHERE d.owner_type = 'charging.Bill' AND d.owner_id = b.id)
FROM charging_bill b WHERE b.state = 'issued'"""
UNEVEN = """SELECT b.number FROM charging_bill b JOIN charging_billline l ON l.bill_id = b.id
WHERE b.state = 'issued' GROUP BY b.id HAVING sum(l.amount_minor) <> b.total_minor
UNION ALL SELECT b.number || ' line ' || l.number FROM charging_billline l
  JOIN charging_bill b ON b.id = l.bill_id JOIN charging_linefunding f ON f.line_id = l.id
WHERE b.state = 'issued' GROUP BY b.id, l.id HAVING sum(f.amount_minor) <> l.amount_minor"""


class Laws:
    """What was issued so far, what is wrong, and how much was looked at."""

    def __init__(self) -> None:
        self.issued: dict[str, str] = {}
        self.wrong: list[str] = []
        self.seen: list[dict[str, Any]] = []

    def __call__(self, world: Any, period: Any) -> None:
        """Check everything after a month; `world`: the demo's people."""
        from commonweal.kernel.access.public import SYSTEM, act_as

        began = time.monotonic()
        looked = {"period": period.code}
        with act_as(SYSTEM):
            for name in ("trail", "books", "bills", "unchanged", "run", "reconciled"):
                found, looked[name] = getattr(self, name)(period.code)
                self.wrong += [f"after {period}: {each}" for each in found]
            others = rows_of_others(list(world.agencies.values()))
        looked["walls"] = 0
        for code in world.agencies:
            actor = world.of("agency_finance", code)
            with act_as(actor):
                walls, checked = strangers(actor, others)
            looked["walls"] += checked
            self.wrong += [f"after {period}: {code} sees {each}" for each in walls]
        self.seen.append({**looked, "seconds": round(time.monotonic() - began, 2)})

    def trail(self, _period: str) -> tuple[list[str], int]:
        """The chains of events are sound, and nothing is left unsealed."""
        from commonweal.kernel.audit.public import seal, verify

        seal()
        found = verify()
        tail = [f"{found.unsealed} events are not sealed"] if found.unsealed else []
        return [*found.problems, *tail], found.events

    def books(self, period: str) -> tuple[list[str], int]:
        """Balances are the sums of their postings; pairs of agencies leave nothing."""
        from commonweal.kernel.access.public import SYSTEM
        from commonweal.kernel.ledger.models import Posting
        from commonweal.kernel.ledger.public import eliminations, recompute_balances
        from commonweal.kernel.party.models import Agency

        wrong = [
            f"{agency.code}: {each}"
            for agency in Agency.objects.all()
            for each in recompute_balances(SYSTEM, agency.pk)
        ]
        pairs = eliminations(SYSTEM, period)
        wrong += [f"the books of {each} do not meet" for each in pairs if each.residual]
        return wrong, Posting.objects.count()

    def bills(self, period: str) -> tuple[list[str], int]:
        """Every bill is the sum of its lines, every line of its funding; each is what was issued
        and what the trail says was issued."""
        from commonweal.kernel.access.public import SYSTEM
        from commonweal.practices.charging.models import Bill
        from commonweal.practices.charging.public import bill_problems

        wrong = [f"{number}: its parts do not add up to it" for (number,) in rows(UNEVEN)]
        found = list(Bill.objects.filter(state="issued").select_related("agency"))
        for bill in found:
            wrong += [f"{bill.number}: {each}" for each in bill_problems(SYSTEM, bill)]
        if not any(bill.period == period for bill in found):
            wrong.append(f"no bill of {period} is issued")
        return wrong, len(found)

    def unchanged(self, _period: str) -> tuple[list[str], int]:
        """What was issued before is the same to the byte: document, lines, funding, papers."""
        now = {
            str(number): hashlib.sha256(repr(rest).encode()).hexdigest()
            for number, *rest in rows(ISSUED)
        }
        wrong = [
            f"{number} has changed since it was issued"
            for number, value in self.issued.items()
            if now.get(number) != value
        ]
        compared, self.issued = len(self.issued), now
        return wrong, compared

    def run(self, period: str) -> tuple[list[str], int]:
        """The agencies' bills add up to the total that a second person approved."""
        from commonweal.kernel.authority.models import Decision
        from commonweal.practices.charging.models import Bill, CloseRun

        run = CloseRun.objects.get(period=period)
        totals = list(
            Bill.objects.filter(run=run, state="issued").values_list("total_minor", flat=True)
        )
        decision = Decision.objects.filter(subject_id=run.pk, state="approved").last()
        if run.state != "done" or decision is None:
            return [f"{period} is {run.state}, or nobody approved it"], 0
        said = (decision.effect["total_minor"], decision.effect["bills"])
        wrong = [] if said == (sum(totals), len(totals)) else [f"{said} approved, {totals} issued"]
        return wrong, sum(totals)

    def reconciled(self, period: str) -> tuple[list[str], int]:
        """From the ledger to the bills and both books, for all closed months."""
        from commonweal.kernel.access.public import SYSTEM
        from commonweal.practices.charging.models import CloseRun
        from commonweal.practices.charging.public import ledger_to_bills

        periods = CloseRun.objects.values_list("period", flat=True)
        trace = ledger_to_bills(SYSTEM, list(periods))
        steps = [step for month in trace.months for step in month.steps]
        wrong = [f"{step} is {step.state}" for step in steps if step.state != "equal"]
        if period not in {month.period for month in trace.months}:
            wrong.append(f"{period} is not reconciled")
        return wrong, len(steps)


def rows(statement: str) -> list[tuple[Any, ...]]:
    """A query's rows."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(statement)
        found: list[tuple[Any, ...]] = cursor.fetchall()
        return found


def tenant_tables() -> Iterator[tuple[Any, Any]]:
    """Every table of ours whose rows belong to an agency, with its rights."""
    from commonweal.kernel.schema.public import TableRights, declared_models

    for model in declared_models():
        rights = getattr(model, "rights", TableRights())
        if rights.tenant:
            yield model, rights


def rows_of_others(agencies: list[Any]) -> list[tuple[Any, Any]]:
    """The tables that hold rows of several agencies: where a hole in the wall would show."""
    return [
        (model, rights)
        for model, rights in tenant_tables()
        if model._base_manager.filter(**{f"{rights.tenant}__in": agencies})
        .values(rights.tenant).distinct()[:2].count() > 1
    ]  # fmt: skip


def strangers(actor: Any, tables: list[tuple[Any, Any]]) -> tuple[list[str], int]:
    """Tables in which an agency's person sees rows of another agency, or of the centre; and how
    many rows of its own it does see. No selector helps: the database itself is asked."""
    found, own = [], 0
    for model, rights in tables:
        rows = model._base_manager.exclude(**{f"{rights.tenant}__isnull": True})
        if rights.own_user:
            rows = rows.exclude(**{rights.own_user: actor.user_id})
        mine = rows.filter(**{f"{rights.tenant}__in": actor.agencies})
        seen, ours = rows.count(), mine.count()
        own += ours
        if seen != ours:
            found.append(f"{seen - ours} rows of others in {model._meta.db_table}")
    return found, own


def main(folder: str, as_of: str, months: str, port: str) -> None:
    """Build, check, print."""
    os.environ["COMMONWEAL_URL"] = f"http://127.0.0.1:{port}"
    from commonweal.interfaces.cli.main import setup

    setup(Path(folder))
    from commonweal.ops.demo.site import open_demo

    def say(text: str) -> None:
        print(text, file=sys.stderr, flush=True)

    laws = Laws()
    report = open_demo("small", as_of, int(port), say, int(months), after=laws)
    json.dump({"report": report, "wrong": laws.wrong, "seen": laws.seen}, sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])

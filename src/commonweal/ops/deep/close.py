"""The close under kills: what comes out is what an undisturbed close gives."""

from __future__ import annotations

import hashlib
import re
import shutil
import time
from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from django.db import connection

from commonweal.kernel.access.public import SYSTEM, Actor, act_as
from commonweal.kernel.audit.public import check_head, seal, verify
from commonweal.kernel.calendar.public import at
from commonweal.kernel.errors import CommonwealError, Conflict
from commonweal.kernel.jobs.public import all_manifests
from commonweal.kernel.ledger.public import eliminations, recompute_balances, trial_balance
from commonweal.practices.charging.public import CloseOptions, advance_close, approve_bills

from .centre import AFTER, CLOSED, Centre
from .children import Child, in_child
from .plan import Plan
from .report import compare

DATABASE_SHARE = 0.1
CLEANER_SHARE = 0.3
FEW = 10
"""Kills up to which a run is a short one: no second undisturbed close, no cleaning beside it."""
_BUSY = ("CLOSE-409", "CLOSE-410")
HURRIED = CloseOptions(end_preview=True, preview_reason="The campaign does not wait")
_HEAD = re.compile(rb"\b\d+:[0-9a-f]{64}\b")
_ROWS = {
    "bill": """
SELECT a.code, b.period, b.number, b.state, b.currency, b.total_minor, b.issued_on, b.due_on
FROM charging_bill b JOIN party_agency a ON a.id = b.agency_id""",
    "bill line": """
SELECT b.number, l.number, l.kind, i.code, l.rate_version_id, l.order_line_id, l.charge_period,
  l.quantity, l.facts, l.amount_exact, l.amount_minor
FROM charging_billline l JOIN charging_bill b ON b.id = l.bill_id
JOIN catalogue_chargeitem i ON i.id = l.charge_item_id""",
    "funding": """
SELECT b.number, l.number, f.source_id, f.amount_minor FROM charging_linefunding f
JOIN charging_billline l ON l.id = f.line_id JOIN charging_bill b ON b.id = l.bill_id""",
    "journal": """
SELECT a.code, j.number, p.code, j.effective_date, j.source, j.description, j.n_lines, j.currency
FROM ledger_journal j JOIN party_agency a ON a.id = j.agency_id
JOIN ledger_period p ON p.id = j.period_id""",
    "posting": """
SELECT a.code, j.number, l.line, c.code, f.code, l.amount, l.service_code
FROM ledger_posting l JOIN ledger_journal j ON j.id = l.journal_id
JOIN party_agency a ON a.id = j.agency_id JOIN ledger_account c ON c.id = l.account_id
JOIN ledger_fund f ON f.id = l.fund_id""",
    "books": """
SELECT a.code, p.code, p.state FROM ledger_period p
JOIN party_agency a ON a.id = p.agency_id""",
    "step": "SELECT s.code, s.state FROM charging_closestep s",
    "run": "SELECT r.period, r.state, r.input_hash FROM charging_closerun r",
    "allocation": """
SELECT r.label, r.total_minor, r.unallocated_minor FROM charging_allocationrun r""",
    "notice": """
SELECT coalesce(a.code, ''), m.template, m.to_person_id, m.to_user_id, m.subject
FROM notices_message m LEFT JOIN party_agency a ON a.id = m.agency_id""",
}


class Close:
    """The campaign: one undisturbed close, then as many disturbed ones as time allows."""

    def __init__(self, plan: Plan) -> None:
        self.plan, self.site, self.result = plan, plan.site, plan.result
        self.folder = self.site.work / "close"
        self.folder.mkdir()
        self.base = self.folder / "base"

    def run(self) -> None:
        """Close undisturbed; then again and again under kills, comparing each time."""
        self.centre = self.plan.centre("close_base", self.base)
        began = time.monotonic()
        expected = self.undisturbed()
        usual = time.monotonic() - began
        self.plan.say(f"undisturbed close in {usual:.1f} s, {expected.total()} rows and papers")
        self.plan.begin()
        if self.plan.kills > FEW:
            again = self.undisturbed()
            compare(self.result, "in a second undisturbed close,", expected, again)
        while self.plan.goes_on():
            self.disturbed(expected, usual)

    def _fresh(self) -> None:
        data = self.folder / "data"
        shutil.rmtree(data, ignore_errors=True)
        self.site.quiet("close_base")
        self.site.copy("close_run", "close_base")
        shutil.copytree(self.base, data)
        self.site.use("close_run", data)

    def undisturbed(self) -> Counter[str]:
        """Close a fresh copy without any kill; what came out."""
        self._fresh()
        in_child(partial(_advance, self.centre), self.folder)
        return in_child(_outcome, self.folder)

    def disturbed(self, expected: Counter[str], usual: float) -> None:
        """Close a fresh copy under kills until it is done; compare."""
        self._fresh()
        longest, done = usual * 0.1, False
        cleaner: Child | None = None
        while not done:
            if self.plan.chance.random() < CLEANER_SHARE:
                cleaner = Child(_clean, self.folder / "cleaner.log")
            child = Child(partial(_advance, self.centre), self.folder / "close.log")
            if not self.plan.goes_on():
                if not child.wait(120):
                    child.kill()
                    return self.result.found("a close left in peace did not end within 120 s")
            elif child.wait(longest * self.plan.chance.random()):
                pass
            elif self.plan.chance.random() < DATABASE_SHARE:
                self.plan.kill_database()
                child.wait(2)
            longest *= 1.08
            if cleaner is not None and cleaner.kill():
                self.result.killed("cleaner")
            if child.kill():
                self.result.killed("close")
            self.site.start_server()
            done = child.code == 0
            if child.failure:
                return self.result.found(f"the close failed: {child.failure}")
        self.site.quiet("close_run")
        compare(self.result, "after a killed close,", expected, in_child(_outcome, self.folder))
        for problem in in_child(_sound, self.folder):
            self.result.found(problem)
        self.result.count("closes compared")
        self.result.count("rows and papers compared", expected.total())
        kills, closes = self.result.total_kills, self.result.counts["closes compared"]
        self.plan.say(f"{kills} kills, {closes} closes compared")


def _advance(centre: Centre) -> None:
    """Close the month; what a killed close left at work in the server may hold it a moment."""
    while True:
        try:
            with at(AFTER):
                if advance_close(centre.finance, CLOSED, HURRIED).state != "done":
                    _approve(centre.actors["director"])
                    advance_close(centre.finance, CLOSED, HURRIED)
            return
        except CommonwealError as error:
            if error.code not in _BUSY:
                raise
            time.sleep(0.02)


def _approve(director: Actor) -> None:
    """The second person lets the bills go out, unless they did so before a kill."""
    try:
        with act_as(director):
            approve_bills(actor=director, period=CLOSED)
    except Conflict as error:
        if error.code != "CLOSE-508":
            raise


def _outcome() -> Counter[str]:
    """Everything that a close leaves, without ids and times that differ from run to run."""
    found: Counter[str] = Counter()
    with act_as(SYSTEM):
        for name, statement in _ROWS.items():
            for row in _rows(statement):
                found[f"{name}: {' | '.join(map(str, row))}"] += 1
        found.update(_papers())
        found.update(_usage_files())
    return found


def _rows(statement: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return list(cursor.fetchall())


def _papers() -> Iterator[str]:
    """Each paper of each bill; its hash without the chain's head, which differs by the kills."""
    from django.conf import settings

    for number, kind, path, sha256 in _rows(
        "SELECT b.number, d.kind, d.path, d.sha256 FROM documents_document d "
        "JOIN charging_bill b ON b.id = d.owner_id"
    ):
        place = Path(settings.DATA_DIR) / "documents" / path
        data = place.read_bytes() if place.is_file() else b""
        whole = hashlib.sha256(data).hexdigest() == sha256
        plain = "" if kind == "pdf" else hashlib.sha256(_HEAD.sub(b"", data)).hexdigest()
        yield f"paper: {number} {kind} {'whole' if whole else 'damaged'} {plain}"


def _usage_files() -> Iterator[str]:
    """Each file of the usage manifest, and whether it is there and whole."""
    from django.conf import settings

    for path, kind, version, rows, sha256 in _rows(
        "SELECT path, kind, version, rows, sha256 FROM metering_partition"
    ):
        place = Path(settings.DATA_DIR) / path
        state = "missing"
        if place.is_file():
            whole = hashlib.sha256(place.read_bytes()).hexdigest() == sha256
            state = "whole" if whole else "damaged"
        yield f"usage file: {path} {kind} {version} {rows} {sha256} {state}"


def _clean() -> None:
    """The nightly job that removes what no manifest row names, without a pause."""
    jobs = {kind: job for each in all_manifests() for kind, job in each.jobs.items()}
    while True:
        jobs["metering.clean_orphans"]()
        time.sleep(0.005)


def _sound() -> list[str]:
    """Books balance, pairs cancel, the trail is sound, printed heads are part of it."""
    from django.conf import settings

    found = []
    with act_as(SYSTEM):
        while seal():
            pass
        found += [f"audit trail: {problem}" for problem in verify().problems]
        for agency_id, code in _rows("SELECT id, code FROM party_agency"):
            for wrong in recompute_balances(SYSTEM, agency_id):
                found.append(f"books of {code}: stored balance differs: {wrong}")
            if sum(line.closing for line in trial_balance(SYSTEM, agency_id, CLOSED)):
                found.append(f"books of {code} do not balance")
        found += [f"a pair leaves {e.residual}" for e in eliminations(SYSTEM, CLOSED) if e.residual]
        for agency_id, path in _rows(
            "SELECT agency_id, path FROM documents_document WHERE kind = 'csv'"
        ):
            data = (Path(settings.DATA_DIR) / "documents" / path).read_bytes()
            heads = [head.decode() for head in _HEAD.findall(data)]
            if not heads or not all(check_head(agency_id, head) for head in heads):
                found.append(f"a printed chain head is not in the trail: {heads}")
    return found


def run(plan: Plan) -> None:
    """The campaign."""
    Close(plan).run()

"""Writes: charts, periods, journals, pairs and reversals."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from uuid import UUID

from django.db import connection

from ..access.public import Actor, require
from ..audit.public import action, record
from ..calendar.public import FiscalPeriod, now
from ..errors import Conflict, NotFound
from ..schema.public import uuid7
from .domain import (
    Draft,
    JournalRef,
    LedgerError,
    Line,
    check_draft,
    check_pair,
    negated,
    partnered,
)
from .models import Account, Fund, Journal, LedgerPeriod
from .store import check_deferred, in_words, insert_many, insert_one

_ONE_CALL = 500
"""Up to this many lines travel as arrays in one call; longer journals are staged by COPY."""


@action
def put_chart(
    *,
    actor: Actor,
    agency_id: UUID,
    accounts: Iterable[tuple[str, str, str]] = (),
    funds: Iterable[tuple[str, str]] = (),
) -> None:
    """Add accounts (code, name, type) and funds (code, name), or give known codes a new name."""
    require(actor, "ledger.manage_chart", agency_id)
    wanted = list(accounts)
    types = {code: kind for code, _, kind in wanted}
    known = dict(Account.objects.filter(agency_id=agency_id).values_list("code", "type"))
    changed = sorted(code for code, kind in types.items() if known.get(code, kind) != kind)
    if changed:
        raise Conflict(
            "LEDGER-202",
            f"Account {changed[0]} is a {known[changed[0]]} account. Its type never changes;"
            " add a new account instead.",
        )
    with in_words():
        Account.objects.bulk_create(
            [Account(agency_id=agency_id, code=c, name=n, type=t) for c, n, t in wanted],
            update_conflicts=True,
            unique_fields=["agency", "code"],
            update_fields=["name"],
        )
        new_funds = [Fund(agency_id=agency_id, code=code, name=name) for code, name in funds]
        Fund.objects.bulk_create(
            new_funds,
            update_conflicts=True,
            unique_fields=["agency", "code"],
            update_fields=["name"],
        )
    record(
        actor=actor,
        verb="ledger.chart_put",
        target=("party.Agency", agency_id),
        agency_id=agency_id,
        payload={"accounts": sorted(types), "funds": sorted(fund.code for fund in new_funds)},
    )


@action
def set_account_active(*, actor: Actor, agency_id: UUID, code: str, active: bool) -> None:
    """Take an account out of use for new journals, or back into use. Its history stays."""
    require(actor, "ledger.manage_chart", agency_id)
    account = Account.objects.filter(agency_id=agency_id, code=code).first()
    if account is None:
        raise NotFound("LEDGER-404", f"There is no account {code} in these books.")
    account.active = active
    account.save(update_fields=["active"])
    record(
        actor=actor,
        verb="ledger.account_active_set",
        target=account,
        agency_id=agency_id,
        payload={"active": active},
    )


@action
def open_period(*, actor: Actor, agency_id: UUID, period: str) -> LedgerPeriod:
    """Open a month (`YYYY-MM`) of an agency's books; a month that is open stays as it is."""
    require(actor, "ledger.close_period", agency_id)
    code = FiscalPeriod.parse(period).code
    LedgerPeriod.objects.bulk_create(
        [LedgerPeriod(agency_id=agency_id, code=code, opened_at=now())], ignore_conflicts=True
    )
    found = LedgerPeriod.objects.get(agency_id=agency_id, code=code)
    if found.state != "open":
        raise Conflict(
            "LEDGER-411", f"Period {code} is closed. Ask for it to be reopened, with a reason."
        )
    record(
        actor=actor, verb="ledger.period_opened", target=found, agency_id=agency_id,
        payload={"period": code},
    )  # fmt: skip
    return found


def _locked(agency_id: UUID, period: str) -> LedgerPeriod:
    """The period, held alone: waits for postings under way, and later ones wait for us."""
    found = LedgerPeriod.objects.filter(agency_id=agency_id, code=period).first()
    if found is None:
        raise NotFound("LEDGER-404", f"There is no period {period} in these books.")
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(ledger_period_lock(%s))", [found.id])
    # Not the stronger lock: postings hold the row by foreign key while they wait for ours.
    return LedgerPeriod.objects.select_for_update(no_key=True).get(pk=found.pk)


@action
def close_period(*, actor: Actor, agency_id: UUID, period: str) -> LedgerPeriod:
    """Close a month: from its commit on, no journal enters it. Closing twice is harmless."""
    require(actor, "ledger.close_period", agency_id)
    found = _locked(agency_id, period)
    if found.state == "open":
        found.state, found.closed_at = "closed", now()
        found.save(update_fields=["state", "closed_at"])
    record(
        actor=actor,
        verb="ledger.period_closed",
        target=found,
        agency_id=agency_id,
        payload={"period": period},
    )
    return found


@action
def reopen_period(*, actor: Actor, agency_id: UUID, period: str, reason: str) -> LedgerPeriod:
    """Reopen a closed month, with a reason of at least ten characters that names no person."""
    require(actor, "ledger.reopen_period", agency_id)
    if len(reason.strip()) < 10:
        raise LedgerError("LEDGER-203", "Say in at least ten characters why it must be reopened.")
    found = _locked(agency_id, period)
    if found.state != "closed":
        raise Conflict("LEDGER-412", f"Period {period} is not closed.")
    found.state, found.closed_at = "open", None
    found.reopen_reason = f"{now().isoformat(timespec='microseconds')} {reason.strip()}"[:500]
    found.save(update_fields=["state", "closed_at", "reopen_reason"])
    record(
        actor=actor,
        verb="ledger.period_reopened",
        target=found,
        agency_id=agency_id,
        payload={"period": period, "reason": reason.strip()[:450]},
    )
    return found


def _record_posted(actor: Actor, draft: Draft, ref: JournalRef, verb: str) -> None:
    record(
        actor=actor,
        verb="ledger.journal_replayed" if ref.replayed else verb,
        target=("ledger.Journal", ref.id),
        agency_id=draft.agency_id,
        payload={
            "number": ref.number,
            "period": draft.period,
            "source": draft.source,
            "lines": len(draft.lines),
            "hash": ref.payload_hash,
        },
    )


@action
def post(
    *,
    actor: Actor,
    agency_id: UUID,
    period: str,
    lines: Sequence[Line],
    description: str,
    source: str,
    key: str,
    effective_date: date,
    currency: str = "USD",
) -> JournalRef:
    """Post one journal. The same source, key and content again returns the first posting;
    another content under a known key is refused (LEDGER-409)."""
    require(actor, "ledger.post", agency_id)
    draft = Draft(agency_id, period, lines, description, source, key, effective_date, currency)
    check_draft(draft)
    ref = insert_one(draft) if len(lines) <= _ONE_CALL else insert_many([draft])[0]
    _record_posted(actor, draft, ref, "ledger.journal_posted")
    return ref


@action
def post_many(*, actor: Actor, journals: Sequence[Draft]) -> list[JournalRef]:
    """Post a batch, all or nothing, set by set; the references come in the order given.

    One audit event per agency carries the hash over the batch's journal hashes.
    """
    batches: dict[UUID, list[int]] = defaultdict(list)
    for place, draft in enumerate(journals):
        check_draft(draft)
        batches[draft.agency_id].append(place)
    if not batches:
        raise LedgerError("LEDGER-109", "The batch is empty. Give at least one journal.")
    for agency_id in batches:
        require(actor, "ledger.post", agency_id)
    refs = insert_many(journals)
    for agency_id, places in batches.items():
        joined = "\n".join(f"{refs[place].number}:{refs[place].payload_hash}" for place in places)
        fresh = [place for place in places if not refs[place].replayed]
        record(
            actor=actor,
            verb="ledger.batch_posted",
            target=("ledger.Journal", refs[places[0]].id),
            agency_id=agency_id,
            payload={
                "journals": len(places),
                "new": len(fresh),
                "lines": sum(len(journals[place].lines) for place in fresh),
                "numbers": [refs[places[0]].number, refs[places[-1]].number],
                "hash": hashlib.sha256(joined.encode()).hexdigest(),
            },
        )
    return refs


def _insert_pair(
    actor: Actor, sides: Sequence[tuple[Draft, UUID | None]], verb: str
) -> dict[UUID, JournalRef]:
    """Insert the two journals of a pair, in the order of their agencies, and check them at once."""
    pair_id = uuid7()
    refs = {}
    for draft, reverses in sorted(sides, key=lambda side: side[0].agency_id):
        check_draft(draft)
        ref = insert_one(draft, pair_id=pair_id, reverses=reverses)
        refs[draft.agency_id] = ref
        _record_posted(actor, draft, ref, verb)
    if len({ref.replayed for ref in refs.values()}) > 1:
        raise Conflict(
            "LEDGER-409", "One side of the pair is already posted under this key. Use another key."
        )
    check_deferred()
    return refs


@action
def post_pair(*, actor: Actor, left: Draft, right: Draft) -> tuple[JournalRef, JournalRef]:
    """Post one event in the books of both agencies: all or nothing, equal and opposite.

    Lines that name a trading partner must cancel out between the two sides, balance-sheet and
    operating accounts each; where a side names none, all its lines do.
    """
    check_pair(left, right)
    for draft in (left, right):
        require(actor, "ledger.post", draft.agency_id)
    sides = [
        (partnered(left, right.agency_id), None),
        (partnered(right, left.agency_id), None),
    ]
    refs = _insert_pair(actor, sides, "ledger.journal_posted")
    return refs[left.agency_id], refs[right.agency_id]


def _mirror(original: Journal, period: str, key: str, effective: date, reason: str) -> Draft:
    """The draft that reverses a journal line by line."""
    rows = original.postings.select_related("account", "fund").order_by("line")
    lines = [
        Line(
            row.account.code, row.amount, row.fund.code, row.cost_centre, row.service_code,
            row.object_code, row.trading_partner_id, row.reference,
        )
        for row in rows
    ]  # fmt: skip
    return Draft(
        original.agency_id,
        period,
        negated(lines),
        f"Reversal of journal {original.number}: {reason}"[:200],
        original.source,
        key,
        effective,
        original.currency,
    )


@action
def reverse(
    *, actor: Actor, journal_id: UUID, period: str, key: str, effective_date: date, reason: str
) -> JournalRef:
    """Reverse a journal into an open period; of a pair, both sides are reversed together.

    `reason`: at least ten characters that name no person; it stands in the journal (LEDGER-219).
    """
    if len(reason.strip()) < 10:
        raise LedgerError("LEDGER-219", "Say in at least ten characters why it is reversed.")
    original = Journal.objects.filter(pk=journal_id).first()
    if original is None or not (actor.centre or original.agency_id in actor.agencies):
        raise NotFound("LEDGER-404", "There is no such journal in these books.")
    originals = [original]
    if original.pair_id:
        originals = list(Journal.objects.filter(pair_id=original.pair_id))
    for each in originals:
        require(actor, "ledger.post", each.agency_id)
    if original.reverses_id:
        raise LedgerError(
            "LEDGER-206", "A reversal cannot be reversed. Post the journal anew instead."
        )
    earlier = Journal.objects.filter(reverses=original).first()
    if earlier and (earlier.source, earlier.idempotency_key) != (original.source, key):
        raise Conflict("LEDGER-413", f"Journal {original.number} is already reversed.")
    drafts = [
        (_mirror(each, period, key, effective_date, reason.strip()), each.id) for each in originals
    ]
    if original.pair_id:
        return _insert_pair(actor, drafts, "ledger.journal_reversed")[original.agency_id]
    ref = insert_one(drafts[0][0], reverses=original.id)
    _record_posted(actor, drafts[0][0], ref, "ledger.journal_reversed")
    return ref

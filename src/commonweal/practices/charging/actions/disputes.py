"""Writes on disputes: raised, talked about, answered, taken further, closed.

Raising and joining hold only the disputed amount and nothing else up. What gives money back takes a
second person: their approval makes the credit, which appears on the agency's next bill (a draft
that agencies have seen is never drafted again).
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import override

from commonweal.kernel.access.public import SYSTEM, Actor, act_as, require
from commonweal.kernel.audit.public import action, record
from commonweal.kernel.authority.public import Decision, open_proposals, propose
from commonweal.kernel.calendar.public import now, today
from commonweal.kernel.notices.public import notify_role
from commonweal.kernel.party.public import centre
from commonweal.kernel.schema.public import Conflict, Forbidden, NotFound
from commonweal.kernel.words import public as words

from ..dispute_cases import (
    first_words,
    follow,
    keep_file,
    last_day,
    open_case,
    speak,
    with_case,
    working_day,
)
from ..domain import disputes as rules
from ..domain.disputes import DisputeError, Level
from ..models import BillLine, DisputeEntry, LineQuery
from ..selectors.credits import first_open_month
from ..selectors.dispute_levels import level_now
from ..selectors.disputes import LIVE
from .credits import APPROVE as APPROVE_CREDITS
from .credits import credit_statement, put_credit

SUBJECT = "charging.LineQuery"
MANY = 200
"""Disputes that are given their cases at once."""
ASK, ANSWER = "charging.query_lines", "charging.answer_queries"


def open_dispute(
    actor: Actor, author: UUID, line: BillLine, text: str, category: str, amount: int | None
) -> tuple[LineQuery, bool]:
    """A new dispute of a line, or the open one that its author joins (with False).

    The line is locked, so that two people at once never dispute more than there is (BILL-108).
    """
    BillLine.objects.select_for_update(of=("self",)).get(pk=line.pk)
    found = LineQuery.objects.select_for_update().filter(line=line, kind="dispute", state__in=LIVE)
    live = [(row.pk, row.held_minor) for row in found.order_by("raised_at", "id")]
    left = words.money(rules.room(line.amount_minor, live), line.bill.currency)
    claim = rules.claim(line.amount_minor, live, amount, left)
    if claim.joins is not None:
        return _join(actor, claim.joins, text), False
    level = level_now(rules.CODES[0])
    moment = now()
    query = LineQuery.objects.create(
        agency_id=line.agency_id,
        line=line,
        kind="dispute",
        category=rules.check_category(category or "other"),
        disputed_minor=claim.amount,
        text=text,
        raised_by=author,
        raised_at=moment,
    )
    _enter(query, level)
    query.assigned_to = level.person_id or line.service.owner_person_id
    open_case(actor, query)
    query.save()
    _to_level(actor, query)
    entry(actor, query, "raised", interaction=first_words(query), amount=claim.amount)
    _tell_level(query)
    return query, True


def _join(actor: Actor, query_id: UUID, text: str) -> LineQuery:
    query = LineQuery.objects.get(pk=query_id)
    known = query.raised_by == actor.user_id or (
        query.entries.filter(author=actor.user_id, kind="joined").exists()
    )
    speak(actor, query, "message" if known else "joined", text)
    return query


def _enter(query: LineQuery, level: Level) -> None:
    """Put a dispute at a level: its clock starts, and the person named for it has it."""
    query.level, query.level_since = level.code, now()
    query.due_on = working_day(level.days)
    query.assigned_to = level.person_id
    query.state, query.escalate_by = "open", None


def _to_level(actor: Actor, query: LineQuery) -> None:
    """Let the case follow to the level: the clock of its team says until when it is answered."""
    follow(actor, query)
    query.due_on = last_day(query) or query.due_on
    query.save()


def entry(actor: Actor | None, query: LineQuery, kind: str, **more: Any) -> DisputeEntry:
    """Write one thing that happened to a dispute."""
    amount = more.pop("amount", 0)
    return DisputeEntry.objects.create(
        agency_id=query.agency_id,
        query=query,
        at=now(),
        kind=kind,
        level=more.pop("level", query.level or rules.CODES[0]),
        centre_side=actor is None or actor.centre,
        author=actor.user_id if actor else None,
        amount_minor=amount,
        **more,
    )


def _tell_level(query: LineQuery) -> None:
    """Tell those who may answer at the dispute's level; the agency's own scope shows none of them,
    so that the room tells them itself."""
    home = centre().agency_id
    with act_as(SYSTEM):
        notify_role(
            actor=SYSTEM,
            agency_id=home,
            permission=level_now(query.level).permission,
            template="dispute_to_answer",
            context={"dispute": str(query.pk), "until": str(query.due_on), "level": query.level},
        )


def _tell_agency(actor: Actor, query: LineQuery) -> None:
    notify_role(
        actor=actor,
        agency_id=query.agency_id,
        permission=ASK,
        template="dispute_answered",
        context={
            "dispute": str(query.pk),
            "line": str(query.line_id),
            "state": query.state,
            "level": query.level,
            "outcome": query.outcome,
        },
    )


def _locked(actor: Actor, query_id: UUID) -> LineQuery:
    found = LineQuery.objects.select_for_update(of=("self",)).select_related(
        "line", "line__bill", "line__charge_item", "line__service", "agency"
    )
    query = found.filter(pk=query_id, kind="dispute").first()
    if query is None or not (actor.centre or query.agency_id in actor.agencies):
        raise NotFound("BILL-405", "There is no such dispute among those you may see.")
    query.level = query.level or rules.CODES[0]  # raised before there were levels
    return query


def _require_live(query: LineQuery) -> None:
    if query.state == "closed":
        raise Conflict(
            "BILL-111", "This dispute is closed and stays so. Dispute the line anew if you must."
        )


def _require_side(actor: Actor, query: LineQuery) -> None:
    """Whoever speaks: the agency's people who may dispute, or the centre's who may answer."""
    if actor.centre:
        require(actor, ANSWER)
    else:
        require(actor, ASK, query.agency_id)


@action
def write_message(*, actor: Actor, query_id: UUID, text: str) -> DisputeEntry:
    """Add a message to a dispute that is not closed; the other side reads it (BILL-104, 111)."""
    query = _locked(actor, query_id)
    _require_side(actor, query)
    _require_live(query)
    if not text.strip():
        raise DisputeError(
            "BILL-104", "The text is empty. Say what you would like to know or change."
        )
    made = speak(actor, query, "message", text.strip()[:2000])
    record(actor=actor, verb="dispute.message", target=query, agency_id=query.agency_id)
    return made


@action
def add_evidence(
    *, actor: Actor, query_id: UUID, filename: str, media_type: str, data: bytes
) -> DisputeEntry:
    """Add a file of the agency's to a dispute: seen by that agency and the centre alone, kept with
    its case and looked at like any file of one.

    BILL-115 for an empty or too large file, BILL-116 for too many.
    """
    query = _locked(actor, query_id)
    require(actor, ASK, query.agency_id)
    _require_live(query)
    if not 0 < len(data) <= rules.LARGEST_FILE:
        raise DisputeError(
            "BILL-115",
            f"The file has {len(data)} bytes. Choose one of 1 to {rules.LARGEST_FILE} bytes.",
            field="file",
        )
    if query.entries.filter(kind="evidence").count() >= rules.MOST_FILES:
        raise DisputeError(
            "BILL-116",
            f"A dispute holds {rules.MOST_FILES} files at most. Put several into one archive.",
            field="file",
        )
    kept = keep_file(actor, query, filename or "evidence", media_type, data)
    made = entry(actor, query, "evidence", document=kept)
    record(
        actor=actor,
        verb="dispute.evidence",
        target=query,
        agency_id=query.agency_id,
        payload={"document": kept.pk if kept else None},
    )
    return made


@action
def resolve_dispute(
    *, actor: Actor, query_id: UUID, outcome: str, answer: str, amount_minor: int | None = None
) -> LineQuery:
    """Answer a dispute: explained or rejected at once, credited once a second person approves.

    Explained and rejected are said by whoever answers at its level or above (BILL-403). Errors:
    BILL-105, 109, 110 what was given, 111 closed, 114 a credit waits, 117 answered already.
    """
    require(actor, ANSWER)
    query = _locked(actor, query_id)
    left = query.disputed_minor - query.credited_minor
    shown = words.money(left, query.line.bill.currency)
    _require_live(query)
    if query.state != "open":
        raise Conflict(
            "BILL-117", "This dispute has an outcome. The agency may accept it or take it further."
        )
    rules.check_outcome(outcome, answer, amount_minor, left, shown)
    if open_proposals(actor, SUBJECT, [query.pk]):
        raise Conflict(
            "BILL-114",
            "A credit for this dispute waits for a second person. Have it decided first.",
        )
    if outcome == "credited":
        _propose_credit(actor, query, answer.strip(), amount_minor or 0)
    else:
        _require_level(actor, query)
        _conclude(actor, query, outcome, answer.strip(), 0)
    record(
        actor=actor,
        verb="dispute.outcome_proposed" if outcome == "credited" else "dispute.answered",
        target=query,
        agency_id=query.agency_id,
        payload={"outcome": outcome, "amount_minor": amount_minor, "level": query.level},
    )
    return query


def _require_level(actor: Actor, query: LineQuery) -> None:
    """The level's own people answer, or those above; where a person is named, nobody beside."""
    level = level_now(query.level)
    own, *above = rules.rights_from(query.level)
    if any(actor.may(right) for right in above):
        return
    if not actor.may(own) or level.person_id not in (None, actor.person_id):
        raise Forbidden(
            "BILL-403",
            "This dispute is at another level, or somebody is named for it. Leave the answer to "
            "them, or write a message.",
        )


def _propose_credit(actor: Actor, query: LineQuery, reason: str, amount: int) -> None:
    bill, month = query.line.bill, first_open_month()
    with override(centre().locale):  # a record reads the same whoever proposes it
        label = _("Dispute of %(agency)s") % {"agency": query.agency.name}
        statement = credit_statement(
            query.agency.name, amount, bill.currency, [month], query.line.charge_item.name
        )
    propose(
        actor=actor,
        subject_type=SUBJECT,
        subject_id=query.pk,
        label=label,
        statement=statement,
        permission=ANSWER,
        effect={"reason": reason, "amount_minor": amount},
        amount_minor=amount,
        currency=bill.currency,
        agency_id=query.agency_id,
    )
    entry(actor, query, "proposed", text=reason, outcome="credited", amount=amount)
    home = centre().agency_id
    notify_role(
        actor=actor,
        agency_id=home,
        permission=APPROVE_CREDITS,
        template="credit_to_approve",
        context={"dispute": str(query.pk), "amount": str(amount)},
    )


def _conclude(
    actor: Actor, query: LineQuery, outcome: str, reason: str, amount: int, **more: Any
) -> None:
    """Give a dispute its outcome. It is closed where nothing can be taken further."""
    level = level_now(query.level)
    query.outcome, query.answer = outcome, reason[:2000]
    query.answered_by, query.answered_at = actor.user_id, now()
    query.credited_minor += amount
    query.state, query.escalate_by = "answered", working_day(level.agency_days)
    if not rules.next_level(query.level) or query.credited_minor == query.disputed_minor > 0:
        query.state, query.closed_at, query.escalate_by = "closed", now(), None
    speak(actor, query, "outcome", reason, outcome=outcome, amount_minor=amount, **more)
    query.save()
    follow(actor, query)
    _tell_agency(actor, query)


def credit_approved(actor: Actor, decision: Decision) -> None:
    """Give the credit of a dispute; called by authority in the decision's transaction."""
    query = _locked(actor, decision.subject_id)
    _require_live(query)
    amount, reason = int(decision.effect["amount_minor"]), str(decision.effect["reason"])
    credit = put_credit(
        actor=actor,
        kind="dispute",
        reason=reason,
        decision_id=decision.pk,
        portions={query.line_id: amount},
        months=[first_open_month()],
    )
    _conclude(actor, query, "credited", reason, amount, credit=credit)
    record(
        actor=actor,
        verb="dispute.credited",
        target=query,
        agency_id=query.agency_id,
        payload={"credit": credit.pk, "amount_minor": amount, "decision": decision.pk},
    )


def credit_refused(actor: Actor, decision: Decision) -> None:
    """A second person did not approve the credit, or it was withdrawn: the dispute stays open."""
    query = _locked(actor, decision.subject_id)
    entry(
        actor, query, "refused", outcome="credited",
        amount=int(decision.effect["amount_minor"]), text=decision.reason,
    )  # fmt: skip
    record(
        actor=actor,
        verb="dispute.credit_refused",
        target=query,
        agency_id=query.agency_id,
        payload={"decision": decision.pk, "state": decision.state},
    )


@action
def accept_outcome(*, actor: Actor, query_id: UUID) -> LineQuery:
    """The agency accepts the outcome: the dispute is closed and holds nothing (BILL-118)."""
    query = _locked(actor, query_id)
    require(actor, ASK, query.agency_id)
    _require_live(query)
    if query.state != "answered":
        raise Conflict("BILL-118", "This dispute has no outcome yet. Wait for the centre's answer.")
    query.state, query.closed_at, query.closed_by = "closed", now(), actor.user_id
    query.escalate_by = None
    query.save()
    entry(actor, query, "accepted")
    follow(actor, query)
    record(actor=actor, verb="dispute.accepted", target=query, agency_id=query.agency_id)
    return query


@action
def escalate_dispute(*, actor: Actor, query_id: UUID, text: str) -> LineQuery:
    """The agency takes an outcome to the next level, within its time and with a reason.

    BILL-104 no reason, 112 too late, 118 no outcome yet; the board's answer is final (111).
    """
    query = _locked(actor, query_id)
    require(actor, ASK, query.agency_id)
    _require_live(query)
    if query.state != "answered":
        raise Conflict("BILL-118", "This dispute has no outcome yet. Wait for the centre's answer.")
    if query.escalate_by is not None and today(centre().zone) > query.escalate_by:
        raise Conflict(
            "BILL-112",
            f"The outcome could be taken further until {query.escalate_by}. Write to the centre, "
            "or dispute the line anew.",
        )
    if not text.strip():
        raise DisputeError(
            "BILL-104", "The text is empty. Say what you would like to know or change."
        )
    speak(actor, query, "escalated", text.strip()[:2000], outcome=query.outcome)
    _enter(query, level_now(rules.next_level(query.level)))
    query.save()
    _to_level(actor, query)
    record(
        actor=actor,
        verb="dispute.escalated",
        target=query,
        agency_id=query.agency_id,
        payload={"level": query.level},
    )
    _tell_level(query)
    return query


@action
def run_clocks(*, actor: Actor) -> dict[str, int]:
    """Take overdue disputes to the next level, once for each level, and close those whose outcome
    the agency let stand. Repeating it the same day does nothing."""
    require(actor, ANSWER)
    day, moved, lapsed = today(centre().zone), 0, 0
    overdue = LineQuery.objects.select_for_update().filter(
        kind="dispute", state="open", due_on__lt=day
    )
    for query in overdue.order_by("due_on", "id"):
        _made, fresh = DisputeEntry.objects.get_or_create(
            query=query,
            level=query.level,
            kind="overdue",
            defaults={"agency_id": query.agency_id, "at": now(), "centre_side": True},
        )
        above = rules.next_level(query.level)
        if not fresh or not above:
            continue
        _enter(query, level_now(above))
        query.save()
        _to_level(actor, query)
        _tell_level(query)
        moved += 1
    stale = LineQuery.objects.select_for_update().filter(
        kind="dispute", state="answered", escalate_by__lt=day
    )
    for query in stale.order_by("escalate_by", "id"):
        query.state, query.closed_at, query.escalate_by = "closed", now(), None
        query.save()
        entry(None, query, "closed")
        follow(actor, query)
        lapsed += 1
    record(
        actor=actor,
        verb="dispute.clocks_run",
        target=("party.Agency", centre().agency_id),
        payload={"escalated": moved, "closed": lapsed, "day": str(day)},
    )
    return {"escalated": moved, "closed": lapsed}


@action
def open_dispute_cases(*, actor: Actor, limit: int = MANY) -> int:
    """Give disputes from before there were cases theirs; how many. Safe to stop and to repeat."""
    require(actor, ANSWER)
    rows = (
        LineQuery.objects.select_for_update(of=("self",), skip_locked=True)
        .select_related("line", "line__bill", "line__charge_item", "line__service")
        .filter(kind="dispute", case=None)
        .order_by("id")[:limit]
    )
    made = 0
    for query in rows:
        with_case(query)
        made += 1
    record(
        actor=actor,
        verb="dispute.cases_opened",
        target=("party.Agency", centre().agency_id),
        payload={"cases": made},
    )
    return made

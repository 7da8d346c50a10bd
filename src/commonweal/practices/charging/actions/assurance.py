"""The data room: opened by two people, sampled from, ended; and the quarterly review, signed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import override

from commonweal.kernel.access.public import Actor, require
from commonweal.kernel.audit.public import action, digest, plain, record
from commonweal.kernel.authority.public import Decision, propose
from commonweal.kernel.calendar.public import FiscalPeriod, Span, now, today
from commonweal.kernel.party.public import centre, person
from commonweal.kernel.schema.public import Conflict, NotFound, uuid7
from commonweal.kernel.words import public as words

from ..domain.recovery import RecoveryError
from ..domain.sampling import Item, interval_for, select
from ..models import AccessReview, Engagement, Sample
from ..recovery_words import population_words
from ..selectors.assurance import REVIEW, quarter_days, review_document
from ..selectors.room import POPULATIONS, engagement, is_keeper, sizes
from .recovery import need_reason

OPEN = "charging.open_engagement"
APPROVE_ROOM = "charging.approve_engagement"
SUBJECT = "charging.Engagement"
LONGEST = 370
"""Days that a data room may be open: a yearly audit and a little."""


def _scope(
    populations: Sequence[str], first_period: str, last_period: str
) -> tuple[list[str], FiscalPeriod, FiscalPeriod]:
    """What a room holds, and of which months, checked (RECOVERY-511, RECOVERY-513)."""
    wanted = [name for name in POPULATIONS if name in set(populations)]
    if not wanted or len(wanted) != len(set(populations)):
        raise RecoveryError(
            "RECOVERY-511",
            "Choose what the data room holds: at least one of the populations.",
            field="populations",
        )
    first, last = FiscalPeriod.parse(first_period), FiscalPeriod.parse(last_period)
    if last < first:
        raise RecoveryError(
            "RECOVERY-513",
            f"{last_period} lies before {first_period}. Give the earlier month first.",
            field="last_period",
        )
    return wanted, first, last


def _said(row: Engagement) -> tuple[str, str]:
    """The label and the statement of a proposal, in the centre's language."""
    with override(centre().locale):
        statement = _(
            "A data room from %(start)s until before %(end)s for the months %(first)s to %(last)s: "
            "%(what)s. %(purpose)s"
        ) % {
            "start": words.day(row.starts),
            "end": words.day(row.ends),
            "first": words.period(row.first_period),
            "last": words.period(row.last_period),
            "what": words.listing([population_words(name) for name in row.populations]),
            "purpose": row.purpose,
        }
        return _("Data room for an auditor"), statement


@action
def propose_engagement(
    *,
    actor: Actor,
    person_id: UUID,
    purpose: str,
    populations: Sequence[str],
    first_period: str,
    last_period: str,
    starts: date,
    ends: date,
) -> Engagement:
    """Propose that an auditor may read the record of some months, from a day until before another.

    A second person decides; it ends by itself. RECOVERY-511 for what it may hold, -512 its days,
    -513 its months.
    """
    require(actor, OPEN)
    known = person(actor, person_id)
    wanted, first, last = _scope(populations, first_period, last_period)
    span = Span(starts, ends)
    if (ends - starts).days > LONGEST or ends <= today(centre().zone):
        raise RecoveryError(
            "RECOVERY-512",
            f"A data room is open for at most {LONGEST} days, and not in the past. Choose another "
            "last day.",
            field="ends",
        )
    row = Engagement.objects.create(
        agency_id=centre().agency_id,
        person_id=known.pk,
        purpose=need_reason(purpose),
        populations=wanted,
        first_period=first.code,
        last_period=last.code,
        starts=span.start,
        ends=ends,
        recorded_at=now(),
    )
    label, statement = _said(row)
    decision = propose(
        actor=actor,
        subject_type=SUBJECT,
        subject_id=row.pk,
        label=label,
        statement=statement,
        permission=OPEN,
        effect={
            "person": known.pk,
            "populations": wanted,
            "first_period": first.code,
            "last_period": last.code,
            "starts": starts,
            "ends": ends,
        },
    )
    row.decision_id = decision.pk
    row.save(update_fields=["decision_id"])
    record(
        actor=actor,
        verb="room.engagement_proposed",
        target=row,
        payload={"person": known.pk, "starts": starts, "ends": ends, "decision": decision.pk},
    )
    return row


def engagement_decided(actor: Actor, decision: Decision) -> Engagement:
    """What a decision does: the room opens on its first day, or never.

    Nobody opens the room to themselves (RECOVERY-514).
    """
    row = Engagement.objects.select_for_update().get(pk=decision.subject_id)
    if decision.state == "approved" and actor.person_id == row.person_id:
        raise RecoveryError(
            "RECOVERY-514", "You cannot open the data room to yourself. Somebody else decides."
        )
    row.state, row.decision_id = decision.state, decision.pk
    row.save(update_fields=["state", "decision_id"])
    record(
        actor=actor,
        verb=f"room.engagement_{decision.state}",
        target=row,
        payload={"decision": decision.pk},
    )
    return row


@action
def end_engagement(*, actor: Actor, engagement_id: UUID) -> Engagement:
    """End a data room today, before its last day. Ended, it stays so."""
    if not is_keeper(actor):
        require(actor, OPEN)
    row = Engagement.objects.select_for_update().filter(pk=engagement_id).first()
    if row is None or row.state != "approved":
        raise NotFound("RECOVERY-407", "There is no such data room for you.")
    if row.ended_on is None:
        row.ended_on = today(centre().zone)
        row.save(update_fields=["ended_on"])
    record(actor=actor, verb="room.engagement_ended", target=row, payload={"on": row.ended_on})
    return row


@action
def draw_sample(
    *,
    actor: Actor,
    engagement_id: UUID,
    population: str,
    seed: str,
    interval_minor: int | None = None,
    wanted: int | None = None,
) -> Sample:
    """Draw a seeded monetary-unit sample: by its interval, or about so many items (`wanted`).

    The same seed, interval and population give the same sample, for ever; it is kept with the
    hash of the population it was drawn from. RECOVERY-502 to -505.
    """
    row = engagement(actor, engagement_id)
    items = [Item(key, amount) for key, amount in sizes(actor, row, population)]
    if not items:
        raise RecoveryError(
            "RECOVERY-505", "This population is empty, so nothing can be picked.",
            field="population",
        )  # fmt: skip
    whole = sum(abs(item.amount) for item in items)
    interval = interval_minor if interval_minor is not None else interval_for(whole, wanted or 0)
    found = select(items, interval, seed.strip()[:80])
    made = Sample.objects.create(
        id=uuid7(),
        agency_id=row.agency_id,
        engagement=row,
        population=population,
        seed=found.seed,
        interval_minor=found.interval,
        start_minor=found.start,
        items=found.count,
        total_minor=found.total,
        population_hash=population_hash(items),
        picked={
            "top": [[item.id, item.amount] for item in found.top],
            "picked": [[item.id, item.amount, unit] for item, unit in found.picked],
            "size": found.size,
            "nothing": found.nothing,
        },
        drawn_by=actor.user_id,
        drawn_at=now(),
    )
    record(
        actor=actor,
        verb="room.sample_drawn",
        target=made,
        payload={
            "population": population,
            "seed": found.seed,
            "interval": found.interval,
            "hash": made.population_hash,
        },
    )
    return made


def population_hash(items: Iterable[Item]) -> str:
    """The SHA-256 over `id,amount` lines in order of id."""
    text = "".join(f"{item.id},{item.amount}\n" for item in sorted(items, key=lambda each: each.id))
    return hashlib.sha256(text.encode()).hexdigest()


@action
def sign_review(
    *,
    actor: Actor,
    quarter: str,
    statement: str,
    exceptions: Sequence[Mapping[str, str]] = (),
) -> AccessReview:
    """Sign the review of who may do what at the end of a quarter, with what was found wrong.

    `exceptions`: (`what`, `action`) each, without names. By a person, once, after the quarter's end
    (RECOVERY-520 to -523).
    """
    require(actor, REVIEW)
    if actor.user_id is None:
        raise RecoveryError("RECOVERY-520", "Only a person can sign. Sign in with your account.")
    _first, end = quarter_days(quarter)
    if today(centre().zone) < end:
        raise RecoveryError(
            "RECOVERY-521", f"{quarter} has not ended. Sign its review from {end} on."
        )
    if AccessReview.objects.filter(quarter=quarter).exists():
        raise Conflict("RECOVERY-522", f"The review of {quarter} is signed already and stays so.")
    listed = [
        {"what": str(each["what"]).strip()[:300], "action": str(each["action"]).strip()[:300]}
        for each in exceptions
    ]
    if any(not each["what"] or not each["action"] for each in listed):
        raise RecoveryError(
            "RECOVERY-523",
            "Each exception says what is wrong and what is done about it. Write: what; action.",
            field="exceptions",
        )
    document: dict[str, Any] = plain(review_document(actor, quarter))
    row = AccessReview.objects.create(
        id=uuid7(),
        agency_id=centre().agency_id,
        quarter=quarter,
        document=document,
        content_hash=digest(document),
        exceptions=listed,
        statement=need_reason(statement),
        signed_by=actor.user_id,
        signed_at=now(),
    )
    record(
        actor=actor,
        verb="room.review_signed",
        target=row,
        payload={"quarter": quarter, "hash": row.content_hash, "exceptions": len(listed)},
    )
    return row

"""Writes: what another currency is worth in the book currency from a day on."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import override

from commonweal.kernel.access.public import Actor, require
from commonweal.kernel.audit.public import action, record
from commonweal.kernel.authority.public import Decision, approve, propose, reject
from commonweal.kernel.calendar.public import FiscalPeriod, now
from commonweal.kernel.catalogue.public import parse_ratio, ratio_text
from commonweal.kernel.money.public import exponent
from commonweal.kernel.party.public import centre
from commonweal.kernel.schema.public import Conflict, NotFound
from commonweal.kernel.words import public as words

from ..domain.rates import RateError
from ..models import ExchangeRate
from ..selectors.cost_model import closed_periods

PROPOSE = "charging.propose_rates"
APPROVE = "charging.approve_rates"
SUBJECT = "charging.ExchangeRate"


@action
def propose_exchange_rate(
    *, actor: Actor, currency: str, ratio: str, starts: date, source: str
) -> ExchangeRate:
    """Propose what one unit of a currency is worth in the book currency from a day on.

    Refused: no currency (MONEY-101), the book currency (CHARGING-231), a ratio that is none
    (CATALOGUE-121), a month that is billed (CHARGING-232), no source (CHARGING-233).
    """
    require(actor, PROPOSE)
    exponent(currency)
    book = centre().currency
    if currency == book:
        raise RateError(
            "CHARGING-231",
            f"{book} is the currency of the books, so it needs no rate. Choose the other currency.",
            field="currency",
        )
    found = parse_ratio(ratio)
    _require_unbilled(starts)
    if len(source.strip()) < 3:
        raise RateError(
            "CHARGING-233",
            "Say where this rate is published, for example “ECB reference rate”.",
            field="source",
        )
    row = ExchangeRate.objects.create(
        currency=currency,
        numerator=found.numerator,
        denominator=found.denominator,
        starts=starts,
        source=source.strip()[:200],
    )
    with override(centre().locale):
        statement = _("From %(day)s, 1 %(currency)s is %(ratio)s %(book)s (%(source)s).") % {
            "day": words.day(starts), "currency": currency, "ratio": ratio_text(found),
            "book": book, "source": row.source,
        }  # fmt: skip
    decision = propose(
        actor=actor,
        subject_type=SUBJECT,
        subject_id=row.pk,
        label=f"Exchange rate of {currency}",
        statement=statement,
        permission=PROPOSE,
        effect={"currency": currency, "ratio": str(found), "starts": starts},
    )
    row.decision_id = decision.pk
    row.save(update_fields=["decision_id"])
    record(
        actor=actor,
        verb="exchange.proposed",
        target=row,
        payload={"currency": currency, "ratio": str(found), "starts": starts},
    )
    return row


def _require_unbilled(starts: date) -> None:
    """A rate never reaches back into a month that is billed (CHARGING-232)."""
    month = FiscalPeriod.of_date(starts)
    billed = closed_periods([month.shift(step).code for step in range(120)], step="draft")
    if billed:
        first = FiscalPeriod.parse(billed[-1]).end_day
        raise RateError(
            "CHARGING-232",
            f"{billed[-1]} is billed already, and an exchange rate never reaches back. Start it on "
            f"{first} or later.",
            field="starts",
        )


@action
def decide_exchange_rate(
    *, actor: Actor, exchange_id: UUID, approved: bool, reason: str = ""
) -> ExchangeRate:
    """Approve or reject a proposed exchange rate, as a second person; a rejection says why."""
    row = ExchangeRate.objects.filter(pk=exchange_id).first()
    if row is None or row.decision_id is None:
        raise NotFound("CHARGING-431", "There is no such exchange rate. See the list.")
    record(actor=actor, verb="exchange.asked", target=row, payload={"approved": approved})
    (approve if approved else reject)(actor=actor, decision_id=row.decision_id, reason=reason)
    row.refresh_from_db()
    return row


def put_exchange(actor: Actor, decision: Decision) -> None:
    """What an approval does: the rate holds from its first day on."""
    row = ExchangeRate.objects.get(pk=decision.subject_id)
    _require_unbilled(row.starts)
    row.state, row.approved_at = "approved", now()
    try:
        with transaction.atomic():
            row.save(update_fields=["state", "approved_at"])
    except IntegrityError as twice:
        raise Conflict(
            "CHARGING-234",
            "Another rate of this currency starts on that day. Reject one of them.",
        ) from twice
    record(actor=actor, verb="exchange.approved", target=row, payload={"decision": decision.pk})


def drop_exchange(actor: Actor, decision: Decision) -> None:
    """What a rejection or withdrawal does: the proposal keeps its word and converts nothing."""
    row = ExchangeRate.objects.get(pk=decision.subject_id)
    row.state = decision.state
    row.save(update_fields=["state"])
    record(
        actor=actor, verb="exchange.refused", target=row,
        payload={"decision": decision.pk, "state": decision.state},
    )  # fmt: skip

"""Writes: by how much another unit counts in a charge item's own; two people decide it."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import override

from ...access.public import Actor, require
from ...audit.public import action, record
from ...authority.public import Decision, approve, propose, reject
from ...calendar.public import now, today
from ...party.public import centre
from ...schema.public import Conflict, NotFound
from ...words import public as words
from ..domain import CatalogueError
from ..domain.conversions import parse_ratio, ratio_text
from ..models import ChargeItem, Unit, UnitConversion
from ..registry import open_from

PROPOSE = "catalogue.propose_conversion"
APPROVE = "catalogue.approve_conversion"
SUBJECT = "catalogue.UnitConversion"
ENOUGH = 10


@action
def propose_conversion(
    *, actor: Actor, charge_item: str, unit: str, ratio: str, starts: date, reason: str
) -> UnitConversion:
    """Propose how much of an item's unit one of another unit is, for usage from a day on.

    Refused: no such item or unit (CATALOGUE-104, 105), the item's own unit (122), a ratio that is
    none (121), a day in a closed month or one whose usage another conversion took in (123), no
    reason (124).
    """
    require(actor, PROPOSE)
    item = ChargeItem.objects.select_related("unit").filter(code=charge_item).first()
    other = Unit.objects.filter(code=unit).first()
    if item is None:
        raise CatalogueError(
            "CATALOGUE-104",
            f"There is no charge item “{charge_item[:60]}”. Create it first, or correct it.",
            field="charge_item",
        )
    if other is None:
        raise CatalogueError(
            "CATALOGUE-105",
            f"There is no unit “{unit[:10]}”. Use a code of UN/ECE Recommendation 20 that is in "
            "the list of units, or add it there.",
            field="unit",
        )
    if other.code == item.unit_id:
        raise CatalogueError(
            "CATALOGUE-122",
            f"{item.code} is counted in {other.code} already. Choose the other unit.",
            field="unit",
        )
    found = parse_ratio(ratio)
    _require_open(item, other, starts)
    if len(reason.strip()) < ENOUGH:
        raise CatalogueError(
            "CATALOGUE-124",
            "Say in at least ten characters where this ratio comes from.",
            field="reason",
        )
    row = UnitConversion.objects.create(
        charge_item=item,
        unit=other,
        numerator=found.numerator,
        denominator=found.denominator,
        starts=starts,
        reason=reason.strip()[:500],
    )
    with override(centre().locale):
        statement = _("From %(day)s, 1 %(other)s counts as %(ratio)s %(own)s of %(item)s.") % {
            "day": words.day(starts), "other": other.singular, "ratio": ratio_text(found),
            "own": item.unit.plural if found > 1 else item.unit.singular, "item": item.name,
        }  # fmt: skip
    decision = propose(
        actor=actor,
        subject_type=SUBJECT,
        subject_id=row.pk,
        label=f"Conversion of {other.code} for {item.code}",
        statement=f"{statement} {row.reason}",
        permission=PROPOSE,
        effect={"item": item.code, "unit": other.code, "ratio": str(found), "starts": starts},
    )
    row.decision_id = decision.pk
    row.save(update_fields=["decision_id"])
    record(
        actor=actor,
        verb="catalogue.conversion_proposed",
        target=row,
        payload={"item": item.code, "unit": other.code, "ratio": str(found), "starts": starts},
    )
    return row


def _require_open(item: ChargeItem, unit: Unit, starts: date) -> None:
    """Usage of past days keeps the conversion that it was taken in with (CATALOGUE-123)."""
    earliest = open_from()
    known = UnitConversion.objects.filter(charge_item=item, unit=unit, state="approved")
    if known.filter(starts__lte=today(centre().zone)).exists():
        day = today(centre().zone)
        earliest = max(earliest, day) if earliest else day
    if earliest is not None and starts < earliest:
        raise CatalogueError(
            "CATALOGUE-123",
            f"Usage before {earliest} is billed, or was converted as decided then, and that never "
            f"changes. Start on {earliest} or later.",
            field="starts",
        )


@action
def decide_conversion(
    *, actor: Actor, conversion_id: UUID, approved: bool, reason: str = ""
) -> UnitConversion:
    """Approve or reject a proposed conversion, as a second person; a rejection says why."""
    row = UnitConversion.objects.filter(pk=conversion_id).first()
    if row is None or row.decision_id is None:
        raise NotFound("CATALOGUE-425", "There is no such conversion. See the list.")
    record(
        actor=actor, verb="catalogue.conversion_asked", target=row, payload={"approved": approved}
    )
    (approve if approved else reject)(actor=actor, decision_id=row.decision_id, reason=reason)
    row.refresh_from_db()
    return row


def put_conversion(actor: Actor, decision: Decision) -> None:
    """What an approval does: the conversion holds for usage from its first day on."""
    row = UnitConversion.objects.select_related("charge_item", "unit").get(pk=decision.subject_id)
    _require_open(row.charge_item, row.unit, row.starts)
    row.state, row.approved_at = "approved", now()
    try:
        with transaction.atomic():
            row.save(update_fields=["state", "approved_at"])
    except IntegrityError as twice:
        raise Conflict(
            "CATALOGUE-126",
            "Another conversion of this unit starts on that day. Reject one of them.",
        ) from twice
    record(
        actor=actor, verb="catalogue.conversion_approved", target=row,
        payload={"decision": decision.pk},
    )  # fmt: skip


def drop_conversion(actor: Actor, decision: Decision) -> None:
    """What a rejection or withdrawal does: the proposal keeps its word and converts nothing."""
    row = UnitConversion.objects.get(pk=decision.subject_id)
    row.state = decision.state
    row.save(update_fields=["state"])
    record(
        actor=actor, verb="catalogue.conversion_refused", target=row,
        payload={"decision": decision.pk, "state": decision.state},
    )  # fmt: skip

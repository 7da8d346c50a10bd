"""What a service still costs the agency itself: retained, transition, dual running."""

from __future__ import annotations

from uuid import UUID

from commonweal.kernel.access.public import Actor, require
from commonweal.kernel.audit.public import action, record
from commonweal.kernel.calendar.public import CalendarError, FiscalPeriod, now
from commonweal.kernel.catalogue.public import service_by_code
from commonweal.kernel.documents.public import Document, store
from commonweal.kernel.party.public import centre
from commonweal.kernel.schema.public import Conflict, NotFound

from ..domain import OWN_KINDS, WorthError
from ..models import OwnCost
from ..rules import ENTER, VIEW
from ..selectors.books import year_months
from .checks import check_minor, check_paper, check_year


@action
def put_own_cost(
    *,
    actor: Actor,
    agency_id: UUID,
    service: str,
    period: str,
    kind: str,
    amount_minor: int,
    note: str = "",
) -> OwnCost:
    """Enter a cost of a month (`2026-10`) or a fiscal year (`2027`); 0 says that there was none.

    Another figure supersedes it. Errors: WORTH-201 unknown kind, -202 no month or year, -204 the
    year and its months at once would count twice, -205 the note is too long.
    """
    require(actor, ENTER, agency_id)
    of = service_by_code(actor, service)
    if kind not in OWN_KINDS:
        raise WorthError(
            "WORTH-201", f"“{kind}” is no kind. Use one of {', '.join(OWN_KINDS)}.", field="kind"
        )
    code, others = _period(period)
    check_minor(amount_minor, "amount")
    if len(note) > 300 or not note.isprintable():
        raise WorthError(
            "WORTH-205", "The note is longer than 300 characters. Shorten it.", field="note"
        )
    same = OwnCost.objects.select_for_update().filter(
        agency_id=agency_id, service=of, kind=kind, superseded_at__isnull=True
    )
    if same.filter(period__in=others).exists():
        raise Conflict(
            "WORTH-204",
            f"A {kind.replace('_', ' ')} cost is entered for the whole year and for a month of it: "
            "that would count twice. Enter either months or the year.",
            field="period",
        )
    known = same.filter(period=code).first()
    if known is not None:
        known.superseded_at = now()
        known.save(update_fields=["superseded_at"])
    row = OwnCost.objects.create(
        agency_id=agency_id, service=of, kind=kind, period=code, amount_minor=amount_minor,
        note=note.strip(), recorded_by=actor.user_id,
    )  # fmt: skip
    record(
        actor=actor, verb="consolidation.own_cost_put", target=row, agency_id=agency_id,
        payload={"service": of.code, "period": code, "kind": kind, "amount_minor": amount_minor},
    )  # fmt: skip
    return row


def _period(text: str) -> tuple[str, list[str]]:
    """The period's code, and those that would count the same months again."""
    given = text.strip()
    if len(given) == 4 and given.isascii() and given.isdigit():
        check_year(int(given), "period")
        return given, year_months(int(given))
    try:
        month = FiscalPeriod.parse(given)
    except CalendarError as wrong:
        raise WorthError(
            "WORTH-202",
            f"“{given[:20]}” is neither a month nor a fiscal year. Write 2026-10 or 2027.",
            field="period",
        ) from wrong
    return month.code, [str(month.fiscal_year(centre().fiscal_year_start_month))]


@action
def add_cost_evidence(
    *, actor: Actor, own_cost_id: UUID, filename: str, media_type: str, data: bytes
) -> Document:
    """Add a paper to a cost that was entered (WORTH-406 if there is none)."""
    row = OwnCost.objects.filter(pk=own_cost_id).first()
    if row is None or not actor.may(VIEW, row.agency_id):
        raise NotFound("WORTH-406", "There is no such cost, or you may not see it.")
    require(actor, ENTER, row.agency_id)
    check_paper(media_type, data)
    paper = store(
        actor=actor, agency_id=row.agency_id, owner=("consolidation.OwnCost", row.pk),
        kind="evidence", filename=filename, media_type=media_type, data=data,
    )  # fmt: skip
    record(
        actor=actor, verb="consolidation.evidence_added", target=row, agency_id=row.agency_id,
        payload={"document": paper.pk},
    )  # fmt: skip
    return paper

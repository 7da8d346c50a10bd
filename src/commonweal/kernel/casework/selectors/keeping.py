"""Reading what keeping cases left: imports, holds, erasures, usage, proofs, frozen months."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from ...access.public import Actor, require
from ...calendar.public import now
from ...jobs.public import Job, by_keys
from ...schema.public import FIRST, Listing, NotFound, Place, listing
from ..actions.privacy import CasePlan, Plan, case_plan_of, due, held_cases, plan_of
from ..actions.proving import counts_of, digest_of
from ..importing.work import key_of
from ..models import (
    Case,
    CaseImport,
    CaseType,
    CaseUsage,
    ClockAudit,
    ClockDrift,
    ClockFreeze,
    Contact,
    Erasure,
    ImportMapping,
    LegalHold,
    MailIntake,
)
from ..rules import MANAGE, VIEW


def case_imports(actor: Actor, place: Place | None = FIRST) -> Listing[CaseImport]:
    """Files of cases that were taken in or tried, the newest first."""
    require(actor, MANAGE)
    return listing(CaseImport.objects.all(), ("-id",), place)


def case_import(actor: Actor, import_id: UUID) -> CaseImport:
    """One file of cases (CASE-410)."""
    require(actor, MANAGE)
    found = CaseImport.objects.filter(pk=import_id).first()
    if found is None:
        raise NotFound("CASE-410", "There is no such import. Go back to the list of imports.")
    return found


def import_jobs(actor: Actor, rows: Iterable[CaseImport]) -> dict[UUID, Job]:
    """The background work of imports, by import; one query."""
    require(actor, MANAGE)
    found = {key_of(row.pk): row.pk for row in rows}
    return {found[key]: job for key, job in by_keys(actor, found).items()}


def import_mappings(actor: Actor) -> list[ImportMapping]:
    """The remembered ways to read files, by code."""
    require(actor, MANAGE)
    return list(ImportMapping.objects.order_by("code", "id")[:200])


def legal_holds(
    actor: Actor, standing: bool = True, place: Place | None = FIRST
) -> Listing[LegalHold]:
    """Holds that stand (or: every one that ever stood), the newest first."""
    require(actor, MANAGE)
    rows = LegalHold.objects.select_related("case", "contact", "agency")
    if standing:
        rows = rows.exclude(state="lifted")
    return listing(rows, ("-id",), place)


def legal_hold(actor: Actor, hold_id: UUID) -> LegalHold:
    """One hold (CASE-407)."""
    require(actor, MANAGE)
    rows = LegalHold.objects.select_related("case", "contact", "agency")
    found = rows.filter(pk=hold_id).first()
    if found is None:
        raise NotFound("CASE-407", "There is no such hold among those you may see.")
    return found


def holds_on(
    actor: Actor, *, case_id: UUID | None = None, contact_id: UUID | None = None
) -> list[LegalHold]:
    """Every hold that ever stood on a case or a contact, the newest first."""
    require(actor, MANAGE)
    rows = LegalHold.objects.filter(case_id=case_id) if case_id else LegalHold.objects.none()
    if contact_id:
        rows = LegalHold.objects.filter(contact_id=contact_id)
    return list(rows.order_by("-id")[:50])


MOST_DUE = 1_000


@dataclass(frozen=True)
class Retention:
    """A kind of case and what is due of it: how many (at most a thousand are counted), and since
    when the oldest was closed."""

    kind: CaseType
    due: int
    oldest: datetime | None


def retention(actor: Actor) -> list[Retention]:
    """How long each kind is kept, and what the next night erases, by code."""
    require(actor, MANAGE)
    moment, found, held = now(), [], held_cases()
    for kind in CaseType.objects.order_by("code"):
        closed = list(due(kind, moment, held).values_list("closed_at", flat=True)[:MOST_DUE])
        found.append(Retention(kind, len(closed), closed[0] if closed else None))
    return found


def due_cases(actor: Actor, case_type: str) -> list[Case]:
    """The first fifty cases of a kind that the next night erases, the longest closed first
    (CASE-415)."""
    require(actor, MANAGE)
    kind = CaseType.objects.filter(code=case_type).first()
    if kind is None:
        raise NotFound("CASE-415", "There is no such kind of case. Choose one of the list.")
    return list(due(kind, now()).select_related("agency")[:50])


def case_plan(actor: Actor, case_id: UUID) -> CasePlan:
    """What an erasure of a case would do, and what stays and why (CASE-404)."""
    require(actor, MANAGE)
    rows = Case.objects.select_related("case_type", "agency", "requester", "reporter")
    found = rows.filter(pk=case_id).first()
    if found is None:
        raise NotFound("CASE-404", "There is no such case among those you may see.")
    return case_plan_of(found)


def held_mails(
    actor: Actor, state: str = "quarantined", place: Place | None = FIRST
) -> Listing[MailIntake]:
    """Messages that came by e-mail and are in no case because of their `state`, newest first."""
    require(actor, MANAGE)
    rows = MailIntake.objects.filter(state=state).select_related("raw", "agency", "case")
    return listing(rows, ("-at", "-id"), place)


def held_mail(actor: Actor, mail_id: UUID) -> MailIntake:
    """One message that came by e-mail (CASE-417)."""
    require(actor, MANAGE)
    rows = MailIntake.objects.select_related("raw", "agency", "case")
    found = rows.filter(pk=mail_id).first()
    if found is None:
        raise NotFound("CASE-417", "There is no such message among those that came.")
    return found


def erasures(actor: Actor, place: Place | None = FIRST) -> Listing[Erasure]:
    """What was erased, when, by which schedule or request, the newest first."""
    require(actor, MANAGE)
    return listing(Erasure.objects.select_related("case", "agency"), ("-id",), place)


def erasure_plan(actor: Actor, contact_id: UUID) -> Plan:
    """What an erasure of a contact would do, and what stays and why (CASE-406)."""
    require(actor, MANAGE)
    contact = Contact.objects.select_related("agency").filter(pk=contact_id).first()
    if contact is None:
        raise NotFound("CASE-406", "There is no such contact among those you may see.")
    return plan_of(contact)


def refused_usage(actor: Actor, place: Place | None = FIRST) -> Listing[CaseUsage]:
    """Closed cases whose usage was refused, and why; the newest first."""
    require(actor, MANAGE)
    rows = CaseUsage.objects.filter(state="refused").select_related("case", "agency")
    return listing(rows, ("-id",), place)


def clock_audits(actor: Actor, place: Place | None = FIRST) -> Listing[ClockAudit]:
    """The nightly proofs, the newest first."""
    require(actor, MANAGE)
    return listing(ClockAudit.objects.all(), ("-id",), place)


def clock_drifts(actor: Actor, place: Place | None = FIRST) -> Listing[ClockDrift]:
    """What differed, the newest first."""
    require(actor, MANAGE)
    return listing(ClockDrift.objects.select_related("case", "agency"), ("-id",), place)


def clock_freezes(
    actor: Actor,
    agency_id: UUID | None = None,
    month: date | None = None,
    place: Place | None = FIRST,
) -> Listing[ClockFreeze]:
    """Frozen months with their restatements, the newest month first; an agency sees its own."""
    rows = ClockFreeze.objects.select_related("agency")
    if actor.centre:
        require(actor, MANAGE)
    else:
        rows = rows.filter(agency_id__in=[a for a in actor.agencies if actor.may(VIEW, a)])
    if agency_id is not None:
        rows = rows.filter(agency_id=agency_id)
    if month is not None:
        rows = rows.filter(month=month)
    return listing(rows, ("-month", "-id"), place)


def counts_now(actor: Actor, freeze: ClockFreeze) -> dict[str, dict[str, int]]:
    """What the month of a freeze would count today."""
    require(actor, MANAGE)
    return counts_of(freeze.month, freeze.agency_id)


def differs_now(actor: Actor, freeze: ClockFreeze) -> bool:
    """Whether the month of a freeze would count otherwise today."""
    require(actor, MANAGE)
    counts = counts_of(freeze.month, freeze.agency_id)
    return digest_of(freeze.month, freeze.agency_id, counts) != freeze.digest

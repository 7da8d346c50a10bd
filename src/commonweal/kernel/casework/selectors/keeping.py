"""Reading what keeping cases left: imports, holds, erasures, usage, proofs, frozen months."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from ...access.public import Actor, require
from ...schema.public import FIRST, Listing, NotFound, Place, listing
from ..actions.privacy import Plan, plan_of
from ..actions.proving import counts_of, digest_of
from ..models import (
    CaseImport,
    CaseUsage,
    ClockAudit,
    ClockDrift,
    ClockFreeze,
    Contact,
    Erasure,
    ImportMapping,
    LegalHold,
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
    actor: Actor, agency_id: UUID | None = None, month: date | None = None
) -> list[ClockFreeze]:
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
    return list(rows.order_by("-month", "agency__code", "version", "id")[:500])


def differs_now(actor: Actor, freeze: ClockFreeze) -> bool:
    """Whether the month of a freeze would count otherwise today."""
    require(actor, MANAGE)
    counts = counts_of(freeze.month, freeze.agency_id)
    return digest_of(freeze.month, freeze.agency_id, counts) != freeze.digest

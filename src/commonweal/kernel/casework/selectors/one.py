"""One case, and everything about it, for whoever may see it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Q, QuerySet

from ...access.public import Actor, require
from ...documents.public import Document
from ...schema.public import FIRST, Listing, NotFound, Place, listing
from ..clocks.projection import cycles_now, document_of
from ..domain.numbers import code_hash
from ..domain.states import Move, machine_of
from ..models import Attachment, Case, CaseEvent, CaseLink, Clock, Consent, Interaction
from ..rules import MANAGE, gone, is_citizen, may_see, require_case, side_of
from .own import said_to, sent_to

_AROUND = ("case_type", "category", "queue", "team", "requester", "reporter", "agency")


def case(actor: Actor, case_id: UUID) -> Case:
    """A case by its id (CASE-404)."""
    found = Case.objects.select_related(*_AROUND, "merged_into").filter(pk=case_id).first()
    return require_case(actor, found)


def case_by_number(actor: Actor, number: str) -> Case:
    """A case by the number that people read (CASE-404)."""
    found = Case.objects.select_related(*_AROUND, "merged_into")
    return require_case(actor, found.filter(number=number.strip().upper()).first())


def case_by_code(actor: Actor, agency_id: UUID, code: str) -> Case:
    """The case that a tracking code follows, asked at a door in the agency's scope (CASE-404).

    Only the hash of a code is kept. The door limits how often somebody may try.
    """
    hashed = code_hash(code, settings.SECRET_KEY)
    rows = Case.objects.select_related(*_AROUND, "merged_into").filter(agency_id=agency_id)
    found = rows.filter(tracking_hash=hashed).first()
    if found is None or (not actor.centre and agency_id not in actor.agencies):
        raise gone()
    return found


def interactions_of(actor: Actor, case: Case, place: Place | None = FIRST) -> Listing[Interaction]:
    """What was said, the newest first; notes for those who work on it only."""
    require_case(actor, case)
    rows = _said(actor, case).select_related("contact").prefetch_related("attachments")
    return listing(rows, ("-at", "-id"), place)


def _said(actor: Actor, case: Case) -> QuerySet[Interaction]:
    if is_citizen(actor):
        return said_to(case)
    rows = case.interactions.all()
    return rows if actor.centre else rows.exclude(direction="note")


def _sent(actor: Actor, case: Case) -> QuerySet[Attachment]:
    if is_citizen(actor):
        return sent_to(case)
    rows = case.attachments.all()
    if actor.centre:
        return rows
    return rows.filter(verdict="ok").exclude(interaction__direction="note")


def events_of(actor: Actor, case: Case) -> list[CaseEvent]:
    """The whole history of a case in order; to whoever asked, without what is among agents."""
    require_case(actor, case)
    rows = case.events.order_by("seq")
    if not actor.centre:
        rows = rows.exclude(kind__in=["note", "given", "identity_begun", "identity", "rebuilt"])
    return list(rows)


def clocks_of(actor: Actor, case: Case) -> list[Clock]:
    """The clocks of a case, the running ones first; a supplier's and a team's among agents only."""
    require_case(actor, case)
    rows = case.clocks.select_related("definition").order_by("stopped_at", "due_at", "id")
    if not actor.centre:
        rows = rows.filter(kind="sla")
    return sorted(rows, key=lambda row: row.state not in ("running", "paused"))


def explain_clock(actor: Actor, clock: Clock) -> list[dict[str, Any]]:
    """The intervals of a clock, computed now from the case's events: from, to, what they counted
    as, and how long. The working ones add up to the elapsed time exactly (R24)."""
    require_case(actor, clock.case)
    for definition, cycle in cycles_now(clock.case):
        if definition.pk == clock.definition_id and cycle.number == clock.cycle:
            return [
                {
                    "from": _moment(start),
                    "to": _moment(end),
                    "kind": kind,
                    "seconds": (end - start) / 1_000_000,
                }
                for start, end, kind in cycle.intervals
            ]
    return []


def clock_document(actor: Actor, clock: Clock) -> dict[str, Any]:
    """Calendar, service levels and events of a clock, for `commonweal engine clock`: whoever doubts
    a figure computes it themselves (CASE-404, 408, 197)."""
    require_case(actor, clock.case)
    return document_of(clock.case, clock.definition_id, clock.cycle)


def _moment(micros: int) -> datetime:
    whole, rest = divmod(micros, 1_000_000)
    return datetime.fromtimestamp(whole, UTC).replace(microsecond=rest)


def links_of(actor: Actor, case: Case) -> list[tuple[str, Case]]:
    """The cases linked with a case that the actor may see too: how, and which."""
    require_case(actor, case)
    rows = CaseLink.objects.select_related("case", "other", "case__case_type", "other__case_type")
    out = [(row.kind, row.other) for row in rows.filter(case=case).order_by("made_at", "id")]
    back = [(f"{row.kind}_by", row.case) for row in rows.filter(other=case).order_by("made_at")]
    return [(kind, each) for kind, each in [*out, *back] if may_see(actor, each)]


def moves_of(actor: Actor, case: Case) -> tuple[Move, ...]:
    """The moves that the actor's side may make now."""
    if case.merged_into_id is not None:
        return ()
    return machine_of(case.case_type.machine).moves_from(case.state, side_of(actor, case))


def consents_of(actor: Actor, case: Case) -> list[Consent]:
    """Who may act for whom in a case, the newest first: by what was said in it, and by what whoever
    it is for agreed to for all of theirs. Only for those who work on it."""
    require_case(actor, case)
    if not actor.centre:
        return []
    theirs = Q(case__isnull=True, person_id=case.requester_id)
    rows = Consent.objects.filter(Q(case=case) | theirs)
    return list(rows.select_related("person", "agent").order_by("-given_at", "-id")[:100])


def files_of(actor: Actor, case: Case) -> list[Attachment]:
    """The files of a case in order; to whoever asked, without those of notes among agents and
    those that are held back."""
    require_case(actor, case)
    return list(_sent(actor, case).order_by("added_at", "id"))


def attachment(actor: Actor, case: Case, attachment_id: UUID) -> Attachment:
    """A file of a case (CASE-409); one that is held back is nobody's to open."""
    require_case(actor, case)
    rows = _sent(actor, case).select_related("document", "shown", "small")
    found = rows.filter(pk=attachment_id, verdict="ok").first()
    if found is None:
        raise NotFound("CASE-409", "There is no such file of this case, or it is held back.")
    return found


def message(actor: Actor, case: Case, message_id: UUID) -> Interaction:
    """One message of a case (CASE-410)."""
    require_case(actor, case)
    found = _said(actor, case).filter(pk=message_id).first()
    if found is None:
        raise NotFound("CASE-410", "There is no such message of this case.")
    return found


def message_as_it_came(actor: Actor, case: Case, message_id: UUID) -> Document:
    """The bytes of a message that came by e-mail, with whatever of it is not in the case: for those
    who may also let mail in that was held back (CASE-410)."""
    require(actor, MANAGE)
    raw: Document | None = message(actor, case, message_id).raw
    if raw is None:
        raise NotFound("CASE-410", "There is no such message of this case.")
    return raw

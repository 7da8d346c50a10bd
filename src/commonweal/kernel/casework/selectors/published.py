"""What everybody may read: the published cases of an agency, and what may be reported to it.

A case is published while its flag stands, its kind and category are public ones, and nothing of it
was erased. Nobody's name, message or answer is in here: the report's own words, place, pictures and
state only.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from ...access.public import Actor, require
from ...schema.public import Listing, NotFound, Place, listing
from ..domain.numbers import key_hash
from ..models import Attachment, Case, CaseEvent, Category, Clock, Interaction, Open311Key
from ..rules import MANAGE

MOST = 1000
_PUBLIC = Q(
    published=True, erased_at__isnull=True, category__public=True, case_type__publication="public"
)


def open311_keys(
    actor: Actor, agency_id: UUID | None = None, place: Place | None = None
) -> Listing[Open311Key]:
    """The keys of programs that report to an agency, or to any, the oldest first."""
    require(actor, MANAGE)
    rows = Open311Key.objects.select_related("agency")
    if agency_id is not None:
        rows = rows.filter(agency_id=agency_id)
    return listing(rows, ("created_at", "id"), place)


def open311_key(actor: Actor, agency_id: UUID, secret: str) -> Open311Key:
    """The key of an agency that a program sends, while it holds (CASE-416); asked at a door in the
    agency's scope."""
    row = Open311Key.objects.filter(
        agency_id=agency_id, prefix=secret[:12], ended_at__isnull=True
    ).first()
    inside = actor.centre or agency_id in actor.agencies
    if row is None or not inside or not hmac.compare_digest(row.secret_hash, key_hash(secret)):
        raise NotFound("CASE-416", "This api_key is not known here, or has ended. Ask for another.")
    return row


def reportable(actor: Actor, agency_code: str) -> list[Category]:
    """What other programs may report to an agency: its public categories for citizens, by name."""
    rows = Category.objects.filter(
        public=True,
        active=True,
        case_type__active=True,
        case_type__audience__in=["citizen", "both"],
        agency_code__in=["", agency_code],
    ).select_related("case_type")
    return list(rows.order_by("name", "id"))


def publishing(actor: Actor, codes: Iterable[str]) -> list[str]:
    """Which agencies offer something to report, of those named: all, where an offer names none."""
    rows = Category.objects.filter(
        public=True, active=True, case_type__active=True,
        case_type__audience__in=["citizen", "both"],
    )  # fmt: skip
    named = set(rows.values_list("agency_code", flat=True))
    return [code for code in codes if "" in named or code in named]


@dataclass(frozen=True)
class PublishedCase:
    """A published case with its own first words, the picture that everybody may see, and when it
    shall be done by what was promised."""

    case: Case
    text: str
    picture: Attachment | None
    due_at: datetime | None


@dataclass(frozen=True)
class Wanted:
    """Which published cases: by number (nothing else counts then), or by time, kind and phase."""

    numbers: Sequence[str] = ()
    since: datetime | None = None
    until: datetime | None = None
    categories: Sequence[str] = ()
    live: bool | None = None


def _rows(actor: Actor, agency_id: UUID) -> QuerySet[Case]:
    rows = Case.objects.filter(_PUBLIC, agency_id=agency_id)
    if not actor.centre and agency_id not in actor.agencies:
        return rows.none()
    return rows.select_related("case_type", "category", "agency", "merged_into", "queue__service")


def published_cases(actor: Actor, agency_id: UUID, wanted: Wanted) -> list[PublishedCase]:
    """The published cases of an agency, the newest first, a thousand at most."""
    rows = _rows(actor, agency_id)
    if wanted.numbers:
        rows = rows.filter(number__in=[each.upper() for each in wanted.numbers[:MOST]])
    else:
        if wanted.since is not None:
            rows = rows.filter(opened_at__gte=wanted.since)
        if wanted.until is not None:
            rows = rows.filter(opened_at__lte=wanted.until)
        if wanted.categories:
            rows = rows.filter(category__code__in=wanted.categories)
        if wanted.live is not None:
            live = Q(phase__in=["open", "waiting"])
            rows = rows.filter(live if wanted.live else ~live)
    return _with_words(list(rows.order_by("-opened_at", "-id")[:MOST]))


def published_case(actor: Actor, agency_id: UUID, number: str) -> PublishedCase:
    """One published case of an agency (CASE-404)."""
    found = published_cases(actor, agency_id, Wanted(numbers=[number]))
    if not found:
        raise NotFound("CASE-404", "There is no such report among those that are published.")
    return found[0]


def _with_words(rows: list[Case]) -> list[PublishedCase]:
    """The first words of each case are those written while it was being opened: after the case and
    before its first event, as their ids tell. What a merge or a split brought into it is not
    published, because it was said elsewhere."""
    by_id = {row.pk: row for row in rows}
    opened = dict(CaseEvent.objects.filter(case__in=by_id, seq=1).values_list("case_id", "pk"))
    texts: dict[UUID, str] = {}
    said = Interaction.objects.filter(case__in=by_id, direction="in").order_by("id")
    for pk, case_id, text in said.values_list("pk", "case_id", "text"):
        if case_id not in texts and case_id < pk < opened.get(case_id, case_id):
            texts[case_id] = text
    pictures: dict[UUID, Attachment] = {}
    files = Attachment.objects.filter(
        case__in=by_id, public=True, verdict="ok", shown__isnull=False
    ).select_related("shown", "small")
    for file in files.order_by("added_at", "id"):
        pictures.setdefault(file.case_id, file)
    promised = Clock.objects.filter(
        case__in=by_id, kind="sla", metric__in=["resolution", "fulfilment"], state="running"
    )
    due = dict(promised.values_list("case_id", "due_at"))
    return [
        PublishedCase(row, texts.get(row.pk, ""), pictures.get(row.pk), due.get(row.pk))
        for row in rows
    ]


def published_picture(
    actor: Actor, agency_id: UUID, number: str, attachment_id: UUID
) -> Attachment:
    """A picture that everybody may see, of a published case (CASE-409)."""
    row = published_case(actor, agency_id, number).case
    found = Attachment.objects.filter(
        pk=attachment_id, case=row, public=True, verdict="ok", shown__isnull=False
    ).select_related("shown", "small")
    picture = found.first()
    if picture is None:
        raise NotFound("CASE-409", "There is no such picture of this report.")
    return picture


def published_updates(
    actor: Actor, agency_id: UUID, since: datetime, until: datetime
) -> list[tuple[Case, CaseEvent]]:
    """When published cases of an agency changed their state, the earliest first, a thousand at
    most; a state's name is all that is said."""
    rows = _rows(actor, agency_id).filter(updated_at__gte=since).order_by("updated_at", "id")[:MOST]
    by_id = {row.pk: row for row in rows}
    events = CaseEvent.objects.filter(
        case__in=by_id, kind="state", at__gte=since, at__lte=until
    ).order_by("at", "id")[:MOST]
    return [(by_id[event.case_id], event) for event in events]

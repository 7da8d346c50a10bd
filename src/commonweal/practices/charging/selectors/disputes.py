"""Reads of disputes: what is held, what waits for whom, what was said, and the board's report."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import F, Q, QuerySet, Sum

from commonweal.kernel.access.public import Actor, require
from commonweal.kernel.authority.public import Decision, open_proposals
from commonweal.kernel.calendar.public import today
from commonweal.kernel.catalogue.public import Service
from commonweal.kernel.party.public import centre
from commonweal.kernel.schema.public import FIRST, Listing, NotFound, Place, listing

from ..domain.dispute_report import Disputed, ReportRow, report, together
from ..domain.disputes import CODES, rights_from
from ..models import BoardMeeting, DisputeEntry, LineQuery
from .dispute_levels import level_now

LIVE = ("open", "answered")
"""A dispute holds its amount until it is closed: an outcome may still be escalated."""
VIEW_ALL, VIEW, ANSWER = (
    "charging.view_all_bills",
    "charging.view_bills",
    "charging.answer_queries",
)
SUBJECT = "charging.LineQuery"


def held_minor(bill_ids: Collection[UUID]) -> dict[UUID, int]:
    """Minor units of each bill that open disputes hold back; a bill without any is left out.

    Never more than the bill: what the agency need not pay before its dispute is closed.
    """
    rows = (
        LineQuery.objects.filter(kind="dispute", state__in=LIVE, line__bill_id__in=bill_ids)
        .values_list("line__bill_id", "line__bill__total_minor")
        .annotate(held=Sum(F("disputed_minor") - F("credited_minor")))
        .order_by()
    )
    return {
        bill_id: held for bill_id, total, amount in rows if (held := min(amount, max(0, total)))
    }


def _visible(actor: Actor) -> QuerySet[LineQuery]:
    found = LineQuery.objects.filter(kind="dispute").select_related(
        "line", "line__bill", "line__charge_item", "line__service", "agency", "case"
    )
    if actor.centre:
        return found if actor.may(VIEW_ALL) else found.none()
    return found.filter(agency_id__in=actor.agencies_with(VIEW)).exclude(line__bill__state="draft")


def disputes(
    actor: Actor, *, agency_id: UUID | None = None, state: str = "", place: Place = FIRST
) -> Listing[LineQuery]:
    """A page of disputes, oldest first."""
    found = _visible(actor)
    if agency_id:
        found = found.filter(agency_id=agency_id)
    if state:
        found = found.filter(state=state)
    return listing(found, ["raised_at", "id"], place)


@dataclass(frozen=True)
class DisputeView:
    """A dispute with what was said and done, oldest first, and what the reader may do now.

    `left`: minor units disputed and not credited. `waiting`: a proposed credit. `may_answer`: at
    this level, or to propose a credit (`may_credit`). `may_act`: the agency's own people. `files`:
    by document, the name of a file of its case, and whether it may be opened.
    """

    query: LineQuery
    entries: Listing[DisputeEntry]
    left: int
    waiting: Decision | None
    may_answer: bool
    may_credit: bool
    may_act: bool
    files: Mapping[UUID, tuple[str, bool]]

    @property
    def open(self) -> bool:
        """Whether an outcome is still to come."""
        return self.query.state == "open"


def dispute(actor: Actor, dispute_id: UUID, place: Place = FIRST) -> DisputeView:
    """One dispute (BILL-405 if there is none that the actor may see)."""
    query = _visible(actor).filter(pk=dispute_id).first()
    if query is None:
        raise NotFound("BILL-405", "There is no such dispute among those you may see.")
    entries = query.entries.select_related("document", "credit", "interaction")
    waiting = open_proposals(actor, SUBJECT, [query.pk]).get(query.pk)
    open_now = query.state == "open" and waiting is None
    return DisputeView(
        query,
        listing(entries, ["at", "id"], place),
        query.disputed_minor - query.credited_minor,
        waiting,
        may_answer=open_now and answers_at(actor, query.level or CODES[0]),
        may_credit=open_now and actor.may(ANSWER) and query.disputed_minor > query.credited_minor,
        may_act=actor.may("charging.query_lines", query.agency_id) and not actor.centre,
        files=_files(query),
    )


def _files(query: LineQuery) -> dict[UUID, tuple[str, bool]]:
    if query.case is None:
        return {}
    rows = query.case.attachments.values_list("document_id", "name", "verdict")
    return {document: (name, verdict == "ok") for document, name, verdict in rows if document}


def answers_at(actor: Actor, level: str) -> bool:
    """Whether somebody answers at a level: by its right, unless another is named, or from above."""
    own, *above = rights_from(level)
    if any(actor.may(right) for right in above):
        return True
    return actor.may(own) and level_now(level).person_id in (None, actor.person_id)


@dataclass(frozen=True)
class BoardReport:
    """The disputes raised, open and resolved since a day, and all of them together."""

    since: date
    day: date
    rows: Sequence[ReportRow]
    total: ReportRow
    currency: str


def last_meeting(actor: Actor) -> date | None:
    """The day of the board's last meeting, if one was recorded."""
    day = today(centre().zone)
    found = BoardMeeting.objects.filter(held_on__lte=day).order_by("-held_on")
    return found.values_list("held_on", flat=True).first()


def dispute_report(actor: Actor, since: date | None = None) -> BoardReport:
    """What the board hears: since a day, else since its last meeting, else all there is.

    Read whole: disputes that are open or were closed since, never the old ones.
    """
    require(actor, VIEW_ALL)
    profile = centre()
    day, zone = today(profile.zone), ZoneInfo(profile.zone)
    start = since or last_meeting(actor) or date(1970, 1, 1)
    rows = (
        LineQuery.objects.filter(kind="dispute")
        .filter(Q(closed_at=None) | Q(closed_at__gte=datetime.combine(start, time.min, zone)))
        .values_list(
            "line__service__code", "category", "raised_at", "closed_at", "disputed_minor",
            "credited_minor",
        )
        .order_by()
    )  # fmt: skip
    found = [
        Disputed(
            service,
            category or "other",
            raised.astimezone(zone).date(),
            closed.astimezone(zone).date() if closed else None,
            disputed,
            credited,
        )
        for service, category, raised, closed, disputed, credited in rows
    ]
    made = report(found, start, day)
    return BoardReport(start, day, made, together(made), profile.currency)


def service_names(actor: Actor) -> dict[str, str]:
    """Every service's name by its code. Public, as the catalogue is."""
    return dict(Service.objects.values_list("code", "name"))

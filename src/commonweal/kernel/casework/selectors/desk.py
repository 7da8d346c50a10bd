"""What agents and those who lead them look at: saved views, similar cases, the desk's figures.

Figures come from kept sums (`CaseTally`), never from counting cases.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from uuid import UUID

from django.db import connection
from django.db.models import Q, QuerySet, Sum

from ...access.public import Actor, require
from ...calendar.public import today
from ...party.public import centre
from ...schema.public import NotFound
from ..domain.backlog import AgeClass, Arrived, BacklogError, Question, Settled, Staffing
from ..models import Case, CaseBatch, CaseTally, Queue, ReadyAnswer, SavedView, TeamMember
from ..rules import VIEW_ALL, WORK, is_citizen, teams_of
from ..search import words_of
from .search import theirs as theirs_of

_FILLED = re.compile(r"\{\{\s*([a-z]{1,20})\s*\}\}")
AGES = ((1, "day"), (7, "week"), (30, "month"), (90, "quarter"))
"""Classes of age: open for less than so many days; what is older stands in a class of its own."""
OLDEST = "older"
SUMS = ("came", "live", "late", "done", "first", "again", "rated", "score", "pleased")


def saved_views(actor: Actor) -> list[SavedView]:
    """The actor's views and those of their teams, by name."""
    require(actor, WORK)
    rows = SavedView.objects.filter(Q(user_id=actor.user_id) | Q(team_id__in=teams_of(actor)))
    return list(rows.select_related("team").order_by("team__name", "name", "id"))


def saved_view(actor: Actor, view_id: UUID) -> SavedView:
    """One of the actor's views, or of their teams' (CASE-418)."""
    found = next((row for row in saved_views(actor) if row.pk == view_id), None)
    if found is None:
        raise NotFound("CASE-418", "There is no such view among yours.")
    return found


def ready_texts(actor: Actor, case: Case) -> list[tuple[ReadyAnswer, str]]:
    """The answers that agents give often, with what they name of the case filled in: {{number}},
    {{subject}}, {{name}} of whoever asked, {{agency}}, {{place}}. Others stay as they are."""
    require(actor, WORK)
    known = {
        "number": case.number,
        "subject": case.subject,
        "name": case.requester.name if case.requester else "",
        "agency": case.agency.name,
        "place": case.place,
    }
    rows = ReadyAnswer.objects.filter(Q(team__isnull=True) | Q(team_id=case.team_id))

    def fill(text: str) -> str:
        return _FILLED.sub(lambda found: known.get(found[1], found[0]), text)

    return [(row, fill(row.text)) for row in rows.order_by("name", "id")]


def batch_of(actor: Actor, batch_id: UUID) -> CaseBatch:
    """What the actor did with several cases at once (CASE-419)."""
    require(actor, WORK)
    found = CaseBatch.objects.filter(pk=batch_id, done_by=actor.user_id).first()
    if found is None:
        raise NotFound("CASE-419", "There is nothing of yours to undo here.")
    return found


_SIMILAR = """
SELECT near.case_id, count(*) AS n FROM (
  {parts}
) AS near JOIN casework_case AS theirs ON theirs.id = near.case_id
WHERE theirs.merged_into_id IS NULL AND theirs.erased_at IS NULL AND {theirs}
GROUP BY near.case_id HAVING count(*) >= %s
ORDER BY n DESC, near.case_id DESC LIMIT %s"""
_PART = """(SELECT case_id FROM casework_caseword WHERE word = %s
   ORDER BY case_id DESC LIMIT 200)"""
_PUBLIC = """theirs.published AND theirs.phase <> 'closed' AND theirs.agency_id = ANY(%s)
 AND EXISTS (SELECT 1 FROM casework_category AS c JOIN casework_casetype AS t
  ON t.id = theirs.case_type_id WHERE c.id = theirs.category_id AND c.public
  AND t.publication = 'public')"""


def similar_cases(actor: Actor, text: str, limit: int = 5) -> list[Case]:
    """The newest cases that share the most words with a text, of those that the actor may see: at
    a door, of those that everybody may and that are not over.

    Of each of the eight longest words the newest two hundred cases are looked at, so that it takes
    as long with millions as with a few.
    """
    words = sorted({each for each in words_of([text]) if len(each) > 3}, key=len, reverse=True)[:8]
    if not words:
        return []
    if is_citizen(actor):
        theirs, values = _PUBLIC, [list(actor.agencies)]
    else:
        theirs, values = theirs_of(actor)
    statement = _SIMILAR.format(
        parts=" UNION ALL ".join([_PART] * len(words)), theirs=theirs or "true"
    )
    least = 1 if len(words) == 1 else 2
    with connection.cursor() as cursor:
        cursor.execute(statement, [*words, *values, least, limit])
        ids = [row[0] for row in cursor.fetchall()]
    known = Case.objects.select_related("category", "case_type").in_bulk(ids)
    return [known[each] for each in ids if each in known]


@dataclass(frozen=True)
class Figures:
    """Sums of a queue, channel or account. Came, live and late: by when they came; the others by
    when they were done."""

    key: str
    came: int = 0
    live: int = 0
    late: int = 0
    done: int = 0
    first: int = 0
    again: int = 0
    rated: int = 0
    score: int = 0
    pleased: int = 0


@dataclass(frozen=True)
class DeskFigures:
    """What those who lead see of some queues in a month. `ages`: live cases by class of age, the
    oldest first; `days`: (day, came, done) of the weeks before today, every day."""

    month: date
    whole: Figures
    queues: Sequence[Figures]
    agents: Sequence[Figures]
    channels: Sequence[Figures]
    ages: Sequence[tuple[str, int]]
    days: Sequence[tuple[date, int, int]] = field(default_factory=tuple)


WEEKS = 8


def desk_figures(actor: Actor, month: date, queue_id: UUID | None = None) -> DeskFigures:
    """The figures of a month of every queue, or of one, with what is open now (ACCESS-403)."""
    require(actor, VIEW_ALL)
    rows = CaseTally.objects.all()
    if queue_id is not None:
        rows = rows.filter(queue_id=queue_id)
    else:
        rows = rows.filter(queue_id__in=Queue.objects.values("pk"))
    now_on, first = today(centre().zone), month.replace(day=1)
    after = (first + timedelta(days=32)).replace(day=1)
    days = rows.filter(by="day")
    of_month = Q(day__gte=first, day__lt=after)
    live = days.exclude(live=0)
    channels = _summed(rows.filter(by="channel", day=first), "key")
    agents = _joined(
        _summed(rows.filter(by="agent", day=first), "key", live=False),
        _summed(rows.filter(by="agent").exclude(live=0), "key", only=("live", "late")),
    )
    queues = _joined(
        _summed(days.filter(of_month), "queue_id", live=False),
        _summed(live, "queue_id", only=("live", "late")),
    )
    return DeskFigures(
        month=first,
        whole=_total(queues),
        queues=queues,
        agents=agents,
        channels=channels,
        ages=_ages(live, now_on),
        days=_days(days, now_on),
    )


def _summed(
    rows: QuerySet[CaseTally], key: str, live: bool = True, only: Sequence[str] = ()
) -> list[Figures]:
    names = only or [each for each in SUMS if live or each not in ("live", "late")]
    found = rows.values_list(key).annotate(**{f"n_{each}": Sum(each) for each in names})
    return [
        Figures(str(row[0]), **dict(zip(names, map(int, row[1:]), strict=True)))
        for row in found.order_by(key)
    ]


def _joined(one: Iterable[Figures], other: Iterable[Figures]) -> list[Figures]:
    """Both, by key, without those of which nothing is left."""
    found: dict[str, dict[str, int]] = {}
    for each in [*one, *other]:
        sums = found.setdefault(each.key, dict.fromkeys(SUMS, 0))
        for name in SUMS:
            sums[name] += getattr(each, name)
    return [Figures(key, **sums) for key, sums in sorted(found.items()) if any(sums.values())]


def _total(rows: Iterable[Figures]) -> Figures:
    sums = {name: sum(getattr(each, name) for each in rows) for name in SUMS}
    return Figures("", **sums)


def _ages(live: QuerySet[CaseTally], now_on: date) -> list[tuple[str, int]]:
    found = dict.fromkeys([OLDEST, *(name for _days, name in reversed(AGES))], 0)
    for row in live.values("day").annotate(n=Sum("live")).order_by("day"):
        old = (now_on - row["day"]).days
        name = next((name for days, name in AGES if old < days), OLDEST)
        found[name] += int(row["n"])
    return list(found.items())


def _days(rows: QuerySet[CaseTally], now_on: date) -> list[tuple[date, int, int]]:
    first = now_on - timedelta(weeks=WEEKS)
    sums = {
        row["day"]: (int(row["n_came"]), int(row["n_done"]))
        for row in rows.filter(day__gte=first, day__lt=now_on)
        .values("day")
        .annotate(n_came=Sum("came"), n_done=Sum("done"))
    }
    every = [first + timedelta(days=each) for each in range((now_on - first).days)]
    return [(each, *sums.get(each, (0, 0))) for each in every]


def agents_of(actor: Actor, queue_id: UUID | None = None) -> int:
    """How many people belong to the team of a queue, or to any team."""
    require(actor, WORK)
    rows = TeamMember.objects.all()
    if queue_id is not None:
        rows = rows.filter(team__queues=queue_id)
    return rows.values("person_id").distinct().count()


AHEAD, ENOUGH = 60, 10
"""Working days that are forecast: about three months; and how many cases must have been done in the
last weeks for it."""


def backlog_question(actor: Actor, found: DeskFigures, staffing: Staffing) -> Question:
    """What to forecast of a desk: its history is the last eight weeks, with as many people as now.
    What came or was done at a weekend counts for the Friday before (CASE-222 too little history).
    """
    require(actor, VIEW_ALL)
    came: dict[date, int] = {}
    done: dict[date, int] = {}
    for each, in_, out in found.days:
        work = each - timedelta(days=max(0, each.weekday() - 4))
        came[work] = came.get(work, 0) + in_
        done[work] = done.get(work, 0) + out
    if sum(done.values()) < ENOUGH:
        raise BacklogError(
            "CASE-222",
            f"There is too little history to forecast from. It needs {ENOUGH} cases that were done "
            f"in the last {WEEKS} weeks.",
        )
    last = max(came)
    days = [last + timedelta(days=each) for each in range(1, AHEAD * 7 // 5 + 4)]
    whole = found.whole
    return Question(
        open_now=[AgeClass(name, count) for name, count in found.ages],
        arrived=[Arrived(each, count) for each, count in sorted(came.items())],
        settled=[Settled(each, staffing.now, count) for each, count in sorted(done.items())],
        staffing=staffing,
        returns=min(whole.again / whole.done, 0.9) if whole.done else 0.0,
        days=[each for each in days if each.weekday() < 5][:AHEAD],
    )

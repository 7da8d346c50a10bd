"""The search: cases by their words, the newest first, in time that does not grow with the words.

Each word has its *posting list*: the ids of its cases in the order of an index. So have a team, an
agent and whoever asked. What somebody may see of the cases with some words is where these lists
meet. Ids tell when a case was written down (UUIDv7), so that one range of ids is one time in all
lists: a look goes back as far as the rarest list has so many ids, and no further. A page that is
not full says so and names the place where the next look goes on; nothing is left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.db import connection

from ...access.public import Actor, require, require_somewhere
from ...schema.public import FIRST, Listing, Place, gone, place_parts, place_text
from ..models import Case
from ..rules import ASK, VIEW, VIEW_ALL, WORK, own_contacts, represented, teams_of
from ..search import words_of
from .lists import UNLISTED

MOST_WORDS = 8
CASES, WORDS = "casework_case", "casework_caseword"
DEPTHS = (2_000, 25_000)
"""Ids of the rarest list that a look goes through: few first, as most words meet often; then as
many as a page may take."""


class Found(Listing[Case]):
    """A page of a search. `partial`: only the newest (or those nearest the place) were looked at,
    and `next` (or `previous`) goes on from there, whether or not this page has any rows."""

    def __init__(
        self, rows: Sequence[Case], previous: str = "", next: str = "", partial: bool = False
    ) -> None:
        super().__init__(rows, previous, next)
        self.partial = partial


@dataclass(frozen=True)
class Posting:
    """A list of ids that an index holds; `where` names its row `{p}`."""

    table: str
    key: str
    where: str
    values: tuple[Any, ...]


@dataclass(frozen=True)
class Look:
    """A part of a list: behind `start` (None: from its end on), as far as `far` (None: all)."""

    start: UUID | None
    backwards: bool
    far: UUID | None = None

    def within(self, key: str) -> tuple[str, list[UUID]]:
        """The condition on a column of ids."""
        behind, until = (">", "<=") if self.backwards else ("<", ">=")
        terms, values = [], []
        for sign, edge in ((behind, self.start), (until, self.far)):
            if edge is not None:
                terms.append(f" AND {key} {sign} %s")
                values.append(edge)
        return "".join(terms), values

    @property
    def way(self) -> str:
        """The direction of the order."""
        return "ASC" if self.backwards else "DESC"


def search_cases(actor: Actor, text: str, place: Place = FIRST) -> Found:
    """The newest cases with every word of a text, among those that the actor may see."""
    words = words_of([text])[:MOST_WORDS]
    if not words:
        return Found(())
    start = _Start(place)
    branches = _branches(actor, words)
    look = Look(start.id, start.backwards)
    ids, far = _meet(branches, look, place.limit + 1) if branches else ([], None)
    more = len(ids) > place.limit
    ids = ids[: place.limit]
    ahead = ids[-1] if more else far
    if start.backwards:
        ids.reverse()
        behind = ids[-1] if ids else _beside(start.id, 1)
        newer, older = ahead, behind
    else:
        behind = None if start.id is None else ids[0] if ids else _beside(start.id, -1)
        newer, older = behind, ahead
    return Found(
        _rows(ids),
        place_text(True, [newer]) if newer else "",
        place_text(False, [older]) if older else "",
        partial=far is not None and not more,
    )


class _Start:
    """Where a page begins: behind which id (None: at the newest), and in which direction."""

    def __init__(self, place: Place) -> None:
        self.backwards, parts = place_parts(place.at, 1) if place.at else (False, [])
        try:
            self.id = UUID(parts[0]) if parts else None
        except ValueError as wrong:
            raise gone() from wrong


def _beside(edge: UUID | None, step: int) -> UUID | None:
    """The id next to an edge, so that what stands on the edge belongs to the other page."""
    return None if edge is None else UUID(int=min(max(edge.int + step, 0), (1 << 128) - 1))


def _rows(ids: Sequence[UUID]) -> list[Case]:
    rows = Case.objects.filter(pk__in=ids).select_related(
        "agency", "category", "case_type", "queue", "requester"
    ).defer(*UNLISTED)  # fmt: skip
    found = {row.pk: row for row in rows}
    return [found[each] for each in ids if each in found]


def _branches(actor: Actor, words: Sequence[str]) -> list[list[Posting]]:
    """The ways by which a case can be the actor's to see, each with all the words."""
    if actor.centre:
        if actor.may(VIEW_ALL):
            return [_words(words)]
        require(actor, WORK)
        held = [Posting(CASES, "id", "{p}.team_id = %s", (team,)) for team in teams_of(actor)]
        if actor.user_id is not None:
            held.append(Posting(CASES, "id", "{p}.assignee = %s", (actor.user_id,)))
        return [[*_words(words), each] for each in held]
    require_somewhere(actor, ASK)
    branches = []
    whole = tuple(sorted(actor.agencies_with(VIEW)))
    if whole:
        branches.append(_words(words, whole))
    mine = tuple(own_contacts(actor, actor.agencies))
    if mine:
        asked = "({p}.requester_id = ANY(%s) OR {p}.reporter_id = ANY(%s))"
        whom = (*mine, *represented(actor, actor.agencies))
        branches.append([*_words(words), Posting(CASES, "id", asked, (whom, mine))])
    return branches


def _words(words: Sequence[str], agencies: tuple[UUID, ...] = ()) -> list[Posting]:
    where, values = "{p}.word = %s", ((agencies,) if agencies else ())
    if agencies:
        where += " AND {p}.agency_id = ANY(%s)"
    return [Posting(WORDS, "case_id", where, (word, *values)) for word in words]


def _meet(
    branches: Sequence[Sequence[Posting]], look: Look, limit: int
) -> tuple[list[UUID], UUID | None]:
    """So many ids in which a branch meets, the nearest first; and how far was looked (None: to
    the end)."""
    leads, ids, far = branches, list[UUID](), None
    for depth in DEPTHS:
        ends = _ends({each for lead in leads for each in lead}, look, depth)
        rarest = [_rarest(lead, ends, look.backwards) for lead in leads]
        leads = [[each] for each in rarest]
        bounds = [end for end in (ends[each] for each in rarest) if end is not None]
        far = (min(bounds) if look.backwards else max(bounds)) if bounds else None
        ids = _ids(branches, replace(look, far=far), limit)
        if far is None or len(ids) >= limit:
            break
    return ids, far


def _rarest(lead: Sequence[Posting], ends: dict[Posting, UUID | None], backwards: bool) -> Posting:
    """The list that reaches furthest: one that ends before so many ids, or the furthest id."""
    whole = next((each for each in lead if ends[each] is None), None)
    if whole is not None:
        return whole
    reach = {each: end.int for each in lead if (end := ends[each]) is not None}
    return (max if backwards else min)(reach, key=lambda each: reach[each])


def _ends(postings: set[Posting], look: Look, depth: int) -> dict[Posting, UUID | None]:
    """The so-many-th id of each list; None where it has not so many."""
    ordered, parts, values = list(postings), [], list[Any]()
    for each in ordered:
        within, edges = look.within(f"p.{each.key}")
        parts.append(
            f"(SELECT (array_agg(id))[%s] FROM (SELECT p.{each.key} AS id FROM {each.table} AS p"
            f" WHERE {each.where.format(p='p')}{within}"
            f" ORDER BY p.{each.key} {look.way} LIMIT %s) AS nearest)"
        )
        values += [depth, *_given(each), *edges, depth]
    with connection.cursor() as cursor:
        cursor.execute("SELECT " + ", ".join(parts), values)
        return dict(zip(ordered, cursor.fetchone(), strict=True))


def _ids(branches: Sequence[Sequence[Posting]], look: Look, limit: int) -> list[UUID]:
    """Where the words are the same and whoever asks sees by several ways, the words meet once."""
    alike = branches[0][:-1] if len(branches) > 1 else []
    start, values, parts = "", list[Any](), []
    if len(alike) > 1 and all(branch[:-1] == alike for branch in branches):
        met, values = _met(alike, look, None)
        start = f"WITH words AS MATERIALIZED {met} "
        branches = [[Posting("words", "id", "true", ()), branch[-1]] for branch in branches]
    for branch in branches:
        part, given = _met(branch, look, limit)
        parts.append(part)
        values += given
    statement = (
        f"{start}SELECT DISTINCT id FROM ({' UNION ALL '.join(parts)}) AS met"
        f" ORDER BY id {look.way} LIMIT %s"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [*values, limit])
        return [row[0] for row in cursor.fetchall()]


def _met(branch: Sequence[Posting], look: Look, limit: int | None) -> tuple[str, list[Any]]:
    """The ids that stand in each of some lists, the nearest first (no limit: all of the look)."""
    tables, terms, values = [], list[str](), list[Any]()
    first = f"p0.{branch[0].key}"
    for place, each in enumerate(branch):
        key = f"p{place}.{each.key}"
        within, edges = look.within(key)
        tables.append(f"{each.table} AS p{place}")
        terms.append(each.where.format(p=f"p{place}") + within)
        terms += [f"{key} = {first}"] if place else []
        values += [*_given(each), *edges]
    order = "" if limit is None else f" ORDER BY {first} {look.way} LIMIT %s"
    values += [] if limit is None else [limit]
    where = " AND ".join(terms)
    return f"(SELECT {first} AS id FROM {', '.join(tables)} WHERE {where}{order})", values


def _given(each: Posting) -> list[Any]:
    return [list(value) if isinstance(value, tuple) else value for value in each.values]


def theirs(actor: Actor) -> tuple[str, list[Any]]:
    """The condition on a case, called `theirs`, that it is the actor's to see ("": whoever sees
    all), and its values."""
    if actor.centre:
        if actor.may(VIEW_ALL):
            return "", []
        require(actor, WORK)
        return "(theirs.team_id = ANY(%s) OR theirs.assignee = %s)", [
            list(teams_of(actor)), actor.user_id,
        ]  # fmt: skip
    require_somewhere(actor, ASK)
    mine, whole = own_contacts(actor, actor.agencies), list(actor.agencies_with(VIEW))
    asked = [*mine, *represented(actor, actor.agencies)]
    return (
        "(theirs.agency_id = ANY(%s) OR theirs.requester_id = ANY(%s)"
        " OR theirs.reporter_id = ANY(%s))"
    ), [whole, asked, mine]

"""The search finds what a plain comparison finds, whoever asks, however far a look goes; and every
list that is not offered has one beside it that is."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import product
from typing import Any
from uuid import UUID

import pytest

from commonweal.kernel.access.public import Actor
from commonweal.kernel.casework import public as casework
from commonweal.kernel.casework.models import Case, CaseWord, Contact
from commonweal.kernel.casework.selectors import search
from commonweal.kernel.schema.public import Listing, NotFound, Place, place_text, uuid7

from .conftest import MONDAY, Desk

WORDS = ("alpha", "beta", "gamma", "delta", "rare")
CHANCES = (0.9, 0.6, 0.4, 0.2, 0.05)
Said = dict[UUID, set[str]]


def grown(desk: Desk, chance: random.Random, count: int) -> Said:
    """Cases of both agencies and teams with words by chance; which words each has."""
    pattern, own = desk.case(), desk.contact(desk.employee)
    other = desk.contact(desk.colleague, email="col@parks.example")
    far = Contact.objects.create(agency=desk.water, name="W")
    city = casework.queues(desk.owner)
    rows, words, said = [], [], Said()
    for number in range(count):
        parks = chance.random() < 0.7
        queue = chance.choice(city)
        row = Case(
            id=uuid7(), agency=desk.parks if parks else desk.water, number=f"X-{number}",
            case_type_id=pattern.case_type_id, subject="S", state=pattern.state, phase="open",
            impact="low", urgency="low", priority="P4", queue=queue, team_id=queue.team_id,
            assignee=chance.choice([None, desk.agent.user_id, desk.other.user_id]),
            channel="web", requester=chance.choice([own, other, None]) if parks else far,
            reporter=chance.choice([None, None, own]) if parks else None,
            opened_at=MONDAY + timedelta(minutes=chance.randrange(20)), updated_at=MONDAY,
        )  # fmt: skip
        rows.append(row)
        said[row.pk] = {w for w, p in zip(WORDS, CHANCES, strict=True) if chance.random() < p}
        words += [CaseWord(agency_id=row.agency_id, word=w, case_id=row.pk) for w in said[row.pk]]
    Case.objects.bulk_create(rows)
    CaseWord.objects.bulk_create(words)
    return said


def seen_by(desk: Desk, actor: Actor, case: Case) -> bool:
    """In plain words: who sees a case of these."""
    if actor is desk.owner:
        return True
    if actor.centre:
        return bool(case.team.code == ("it" if actor is desk.agent else "city")) or (
            case.assignee == actor.user_id
        )
    if actor in (desk.liaison, desk.stranger):
        return case.agency_id in actor.agencies
    asked = [each.person_id for each in (case.requester, case.reporter) if each]
    return actor.person_id in asked


def walked(read: Callable[[Place], Listing[Case]], limit: int) -> tuple[list[UUID], list[UUID]]:
    """The ids of all pages to the end, and of all pages back from there."""
    page = read(Place(limit=limit))
    there, back, pages = [row.pk for row in page], list[UUID](), [page]
    while page.next:
        page = read(Place(page.next, limit))
        there += [row.pk for row in page]
        pages.append(page)
        assert len(pages) < 500
    back = [row.pk for row in page]
    while page.previous:
        page = read(Place(page.previous, limit))
        back = [row.pk for row in page] + back
        pages.append(page)
        assert len(pages) < 1000
    return there, back


@pytest.mark.parametrize("depths", [(1, 2), (3, 11), (2_000, 25_000)])
def test_the_search_finds_what_a_plain_comparison_finds(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, depths: tuple[int, ...]
) -> None:
    monkeypatch.setattr(search, "DEPTHS", depths)
    chance = random.Random(depths[0])
    said = grown(desk, chance, 90)
    cases = list(Case.objects.filter(pk__in=said).select_related("requester", "reporter", "team"))
    partial = 0
    for name in ("owner", "agent", "other", "liaison", "stranger", "employee", "colleague"):
        actor = getattr(desk, name)
        for _ in range(4):
            wanted = chance.sample(WORDS, chance.randint(1, 4))
            plain = sorted(
                (row.pk for row in cases
                 if set(wanted) <= said[row.pk] and seen_by(desk, actor, row)), reverse=True
            )  # fmt: skip
            pages: list[search.Found] = []

            def read(
                place: Place, who: Actor = actor, text: str = " ".join(wanted),
                kept: list[search.Found] = pages,
            ) -> Listing[Case]:  # fmt: skip
                kept.append(search.search_cases(who, text, place))
                return kept[-1]

            there, back = walked(read, chance.choice([1, 4, 20]))
            assert (name, wanted, there) == (name, wanted, plain)
            assert (name, wanted, back) == (name, wanted, plain)
            partial += sum(each.partial for each in pages)
            assert all(each.next or each.previous for each in pages if each.partial)
    assert (partial > 0) == (depths[1] < 90)


def test_a_search_has_no_other_places(desk: Desk) -> None:
    for wrong in ("x", place_text(False, ["no id"]), place_text(False, [uuid7(), "more"])):
        with pytest.raises(NotFound):
            search.search_cases(desk.owner, "alpha", Place(wrong))
    assert list(search.search_cases(desk.owner, "!")) == []
    nobody = replace(desk.employee, person_id=None)
    assert list(search.search_cases(nobody, "alpha")) == []


def test_ones_own_cases_are_those_asked_for_and_those_reported_once_each(desk: Desk) -> None:
    said = grown(desk, random.Random(5), 60)
    rows = Case.objects.filter(pk__in=said).select_related("requester", "reporter")
    for order, turned in (("newest", True), ("oldest", False)):
        for actor in (desk.employee, desk.colleague):
            mine = [row for row in rows if seen_by(desk, actor, row)]
            plain = sorted(mine, key=lambda row: (row.opened_at, row.pk), reverse=turned)
            view = casework.View("own", desk.parks.pk, "live", order)

            def read(place: Place, who: Actor = actor, view: casework.View = view) -> Listing[Case]:
                return casework.cases(who, view, place)

            there, back = walked(read, 7)
            ids: Sequence[UUID] = [row.pk for row in plain]
            assert [each for each in there if each in said] == ids
            assert [each for each in back if each in said] == ids
    stranger = replace(desk.employee, person_id=uuid7())
    assert list(casework.cases(stranger, view)) == []


def test_every_list_has_one_near_it_that_is_offered() -> None:
    every: list[Any] = list(
        product(
            ("mine", "queue", "unassigned", "agency", "all", "own"), ("live", "done"),
            casework.ORDERS, ("", "P1"), (False, True),
        )
    )  # fmt: skip
    for field, standing, order, priority, late in every:
        view = casework.View(field, None, standing, order, priority, late)
        near = view.near()
        assert near.offered, view
        assert near.field == field
        assert view.offered == (near == view), view

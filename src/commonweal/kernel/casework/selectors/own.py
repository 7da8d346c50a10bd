"""What citizens read of a case after a merge: what they said and were told, and nobody else's, be
it that somebody took two people for one.

Messages and files move into the case that goes on; the events of who said and sent them stay with
the case in which they came. By these it is told apart whose they are.
"""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db.models import Q, QuerySet

from ..models import Attachment, Case, CaseEvent, Interaction


def _people(case: Case) -> set[UUID]:
    return {each for each in (case.requester_id, case.reporter_id) if each is not None}


def _absorbed(case: Case) -> list[Case]:
    """The cases that were merged into a case, and into those."""
    found: list[Case] = []
    rows = [case]
    while rows:
        rows = list(Case.objects.filter(merged_into__in=[row.pk for row in rows]))
        found += rows
    return found


def _came_in(cases: Iterable[Case]) -> tuple[Q, set[UUID]]:
    """Which interactions came in these cases, wherever they are now; and which files."""
    ids = [row.pk for row in cases]
    said, files, chosen = set(), set(), Q(pk__in=[])
    rows = CaseEvent.objects.filter(case__in=ids, kind__in=["message", "attached", "opened"])
    for case_id, pk, kind, data in rows.values_list("case_id", "pk", "kind", "data"):
        if kind == "message" and data.get("interaction"):
            said.add(UUID(data["interaction"]))
        elif kind == "attached":
            files.add(UUID(data["attachment"]))
        elif kind == "opened":  # the first words were written between the case and this event
            chosen |= Q(pk__gt=case_id, pk__lt=pk)
    return chosen | Q(pk__in=said), files


def said_to(case: Case) -> QuerySet[Interaction]:
    """What a citizen who follows a case reads of what was said, notes apart."""
    end, people = case.survivor, _people(case)
    rows = Interaction.objects.filter(case=end).exclude(direction="note")
    if end.pk != case.pk:  # what they say goes on in another's case, which is not theirs to read
        mine, _files = _came_in([case])
        return rows.filter(mine | Q(contact__in=people))
    others = [row for row in _absorbed(case) if not people & _people(row)]
    if not others:
        return rows
    theirs, _files = _came_in(others)
    strangers = {each for row in others for each in _people(row)}
    return rows.exclude(theirs | Q(contact__isnull=False, contact__in=strangers))


def sent_to(case: Case) -> QuerySet[Attachment]:
    """The files of a case that a citizen who follows it may open."""
    end = case.survivor
    rows = Attachment.objects.filter(case=end, verdict="ok")
    rows = rows.filter(Q(interaction__isnull=True) | Q(interaction__in=said_to(case)))
    if end.pk != case.pk:
        _said, mine = _came_in([case])
        return rows.filter(Q(pk__in=mine) | Q(interaction__isnull=False))
    others = [row for row in _absorbed(case) if not _people(case) & _people(row)]
    _said, theirs = _came_in(others)
    return rows.exclude(pk__in=theirs)

"""How much is open on each member of a team now."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Count

from .domain.routing import Worker
from .models import Case, TeamMember
from .models.cases import LIVE


def loads(members: Iterable[TeamMember]) -> list[Worker]:
    """The members as routing sees them, each with how many live cases they have."""
    known = [each for each in members if each.user_id is not None]
    rows = (
        Case.objects.filter(LIVE, assignee__in=[each.user_id for each in known])
        .values_list("assignee")
        .annotate(n=Count("id"))
    )
    found = dict(rows)
    return [
        Worker(each.user_id, frozenset(each.skills), found.get(each.user_id, 0))
        for each in known
        if each.user_id is not None
    ]

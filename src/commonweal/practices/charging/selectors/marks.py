"""Which ledger lines bear a mark: not allowable for grants, or personal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum

from commonweal.kernel.access.public import Actor, require
from commonweal.kernel.party.public import centre

from ..models import LineMark, PoolRule
from .cost_model import VIEW, lines_with_pool, matches

UNALLOWABLE, PERSONAL = "unallowable", "personal"
FIELDS = ("unit", "category", "account_prefix", "kind")


def line_marks(actor: Actor) -> list[LineMark]:
    """Every rule that marks lines, those of one mark together."""
    require(actor, VIEW)
    return mark_rows()


def mark_rows(mark: str = "") -> list[LineMark]:
    """The same for callers that have checked the actor; `mark`: of one kind only."""
    found = LineMark.objects.filter(agency_id=centre().agency_id)
    return list((found.filter(mark=mark) if mark else found).order_by("-mark", "id"))


def marked(rules: Sequence[LineMark | Mapping[str, Any]]) -> Q:
    """The ledger lines that any of some rules takes."""
    wanted = Q(pk__in=[])
    for rule in rules:
        given = rule if isinstance(rule, Mapping) else vars(rule)
        wanted |= matches(PoolRule(**{name: given[name] for name in FIELDS}))
    return wanted


def mark_document(rules: Sequence[LineMark]) -> list[dict[str, str]]:
    """The rules as a run keeps them."""
    return [{name: getattr(rule, name) for name in (*FIELDS, "reason", "rule")} for rule in rules]


def sums_by_pool(
    lines: QuerySet[Any], rules: Sequence[LineMark]
) -> tuple[dict[str, tuple[int, int]], list[dict[str, Any]]]:
    """Lines and minor units that the rules take, per pool; and per rule, each line by its first."""
    by_pool: dict[str, tuple[int, int]] = {}
    per_rule = []
    taken = Q(pk__in=[])
    for rule in rules:
        here = lines.filter(marked([rule])).exclude(taken)
        rows = here.values("pool_code").annotate(n=Count("id"), amount=Sum("amount_minor"))
        count = minor = 0
        for pool, number, amount in rows.values_list("pool_code", "n", "amount"):
            if not number:
                continue  # without rules of pools, the one group is there even if it is empty
            before = by_pool.get(pool, (0, 0))
            by_pool[pool] = (before[0] + number, before[1] + int(amount))
            count, minor = count + number, minor + int(amount)
        per_rule.append({**mark_document([rule])[0], "lines": count, "amount_minor": minor})
        taken |= marked([rule])
    return by_pool, per_rule


def personal_sum(
    pool: str, basis: str, first: str, last: str, counted: Mapping[str, Any] | None = None
) -> tuple[int, int]:
    """How many of a pool's lines are personal, and what they come to."""
    found = lines_with_pool(basis, first, last, counted).filter(pool_code=pool)
    sums = found.filter(marked(mark_rows(PERSONAL))).aggregate(
        n=Count("id"), amount=Sum("amount_minor")
    )
    return sums["n"], int(sums["amount"] or 0)

"""Which queue a new case goes to, and who in the team takes it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

CONDITIONS = ("case_type", "category", "agency", "channel", "priority", "service")


@dataclass(frozen=True)
class Rule:
    """The first rule whose every condition holds decides. A condition left out holds always; one
    that names nothing never does, so that a blank never matches everything by accident."""

    queue: UUID
    conditions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    words: tuple[str, ...] = ()


@dataclass(frozen=True)
class Worker:
    """A member of a team: skills, and how much is open on them now."""

    person: UUID
    skills: frozenset[str] = frozenset()
    load: int = 0


def queue_for(rules: Iterable[Rule], facts: Mapping[str, str], text: str) -> UUID | None:
    """The queue of the first rule that fits the facts of a case and the words of its text."""
    spoken = text.casefold()
    for rule in rules:
        if all(facts.get(name, "") in values for name, values in rule.conditions.items()) and (
            not rule.words or any(word.casefold() in spoken for word in rule.words)
        ):
            return rule.queue
    return None


def who_takes(workers: Sequence[Worker], skills: frozenset[str]) -> UUID | None:
    """The member with every skill asked for and the least open work; without one, nobody."""
    able = [each for each in workers if skills <= each.skills]
    return min(able, key=lambda each: (each.load, each.person.bytes)).person if able else None


def rule_of(data: Mapping[str, Any], queue: UUID) -> Rule:
    """A rule as it is kept: lists of values under names of conditions, and words."""
    conditions = {
        name: tuple(str(each) for each in data.get(name, ())) for name in CONDITIONS if name in data
    }
    return Rule(queue, conditions, tuple(str(word) for word in data.get("words", ())))

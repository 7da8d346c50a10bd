"""What can be decided, and how a decision takes effect; modules fill it in their manifests."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ..access.public import Actor
from ..jobs.public import all_manifests
from .domain import FOUR_EYES, AuthorityError
from .models import Decision

Effect = Callable[[Actor, Decision], object]


@dataclass(frozen=True)
class Subject:
    """One kind of thing that needs a decision.

    The effects run in the transaction of the decision, with the decider as actor: if one fails,
    nothing was decided.
    """

    subject_type: str
    approve_permission: str
    on_approved: Effect
    on_rejected: Effect | None = None
    words: str = ""


@dataclass(frozen=True)
class Amounts:
    """Something decided up to an amount: in words (“sign an order”), and by whom on each side."""

    subject_type: str
    words: str
    permissions: Mapping[str, str]


_subjects: dict[str, Subject] = {}
_amounts: dict[str, Amounts] = {}
_kinds: dict[str, str] = {FOUR_EYES: "Approved by a second person"}


def register_subject(
    subject_type: str,
    approve_permission: str,
    on_approved: Effect,
    on_rejected: Effect | None = None,
    words: str = "",
) -> None:
    """Announce what can be decided; call it where the module's manifest is made."""
    _subjects[subject_type] = Subject(
        subject_type, approve_permission, on_approved, on_rejected, words
    )


def register_amounts(subject_type: str, words: str, permissions: Mapping[str, str]) -> None:
    """Announce that deciding on a subject can be limited by amount.

    `permissions`: what the decider needs, by side (“centre”, “agency”).
    """
    _amounts[subject_type] = Amounts(subject_type, words, permissions)


def amounts_of(subject_type: str) -> Amounts:
    """What is known of a subject with amounts (AUTHORITY-101 if nothing is)."""
    all_manifests()
    found = _amounts.get(subject_type)
    if found is None:
        raise AuthorityError("AUTHORITY-101", f"{subject_type} has no amount that can be limited.")
    return found


def amount_subjects() -> list[Amounts]:
    """Everything that can be limited by amount."""
    all_manifests()
    return [_amounts[name] for name in sorted(_amounts)]


def register_kind(kind: str, words: str) -> None:
    """Announce another way in which a decision becomes binding (a board's resolution, a law)."""
    _kinds[kind] = words


def kind_words(kind: str) -> str:
    """A kind of decision in plain words."""
    all_manifests()
    return _kinds.get(kind, kind)


def subject_of(subject_type: str) -> Subject:
    """What is known of a subject (AUTHORITY-101 if nothing is)."""
    all_manifests()
    found = _subjects.get(subject_type)
    if found is None:
        raise AuthorityError("AUTHORITY-101", f"Nothing of the type {subject_type} can be decided.")
    return found


def subjects() -> list[Subject]:
    """Everything that can be decided."""
    all_manifests()
    return [_subjects[name] for name in sorted(_subjects)]

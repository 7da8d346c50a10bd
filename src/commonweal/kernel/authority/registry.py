"""What can be decided, and how a decision takes effect; modules fill it in their manifests."""

from __future__ import annotations

from collections.abc import Callable
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


_subjects: dict[str, Subject] = {}
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

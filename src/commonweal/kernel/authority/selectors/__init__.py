"""Reads: what waits for whom, what was decided, and who may decide."""

from .deciders import Decider, Deciders, Matter
from .decisions import (
    decision_document,
    decisions,
    get,
    limitable_roles,
    limits,
    open_proposals,
    second_approvers,
    waiting,
    why_not,
)

__all__ = [
    "Decider",
    "Deciders",
    "Matter",
    "decision_document",
    "decisions",
    "get",
    "limitable_roles",
    "limits",
    "open_proposals",
    "second_approvers",
    "waiting",
    "why_not",
]

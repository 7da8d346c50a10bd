"""Writes: proposals, decisions, limits and second approvers."""

from .decisions import approve, propose, reject, withdraw
from .rights import (
    end_second_approver,
    propose_limit,
    propose_second_approver,
    put_limit,
    put_second_approver,
)

__all__ = [
    "approve",
    "end_second_approver",
    "propose",
    "propose_limit",
    "propose_second_approver",
    "put_limit",
    "put_second_approver",
    "reject",
    "withdraw",
]

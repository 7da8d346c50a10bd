"""What other modules may use of the audit trail."""

from .actions import action, record
from .domain import canonical, digest, plain
from .sealing import Head, Report, check_head, head, seal, sealed_within, verify
from .selectors import events, last_acts

__all__ = [
    "Head",
    "Report",
    "action",
    "canonical",
    "check_head",
    "digest",
    "events",
    "head",
    "last_acts",
    "plain",
    "record",
    "seal",
    "sealed_within",
    "verify",
]

"""Writes of metering."""

from .intake import emit, submit
from .late import (
    accept_late,
    decide_late_policy,
    decline_late,
    propose_late_policy,
)
from .periods import freeze_period, put_rated, seal_period, write_partitions
from .sources import discard_quarantined, put_source, release_quarantined, report_source

__all__ = [
    "accept_late",
    "decide_late_policy",
    "decline_late",
    "discard_quarantined",
    "emit",
    "freeze_period",
    "propose_late_policy",
    "put_rated",
    "put_source",
    "release_quarantined",
    "report_source",
    "seal_period",
    "submit",
    "write_partitions",
]

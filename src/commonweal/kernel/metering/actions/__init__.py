"""Writes of metering."""

from .intake import emit, submit
from .periods import freeze_period, put_rated, seal_period, write_partitions
from .sources import discard_quarantined, put_source, release_quarantined, report_source

__all__ = [
    "discard_quarantined",
    "emit",
    "freeze_period",
    "put_rated",
    "put_source",
    "release_quarantined",
    "report_source",
    "seal_period",
    "submit",
    "write_partitions",
]

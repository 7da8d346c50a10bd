"""Sending a month's usage: small months through the kernel's call, large ones as files."""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from commonweal.kernel.access.public import Actor, act_as
from commonweal.kernel.calendar.public import FiscalPeriod
from commonweal.kernel.metering.public import Usage, emit, report_source, submit_file

from .data import SOURCES

BATCH = 5_000
HEADER = (
    "id", "agency", "bureau", "charge_item", "quantity", "unit", "from", "to", "origin", "replaces",
    "dimensions.channel",
)  # fmt: skip


@dataclass
class Sent:
    """What a source counted itself, for its report: records and total quantity."""

    records: int = 0
    total: Decimal = field(default_factory=Decimal)

    def add(self, usage: Usage) -> None:
        """Count one record."""
        self.records += 1
        self.total += usage.quantity


def counted(usages: Iterable[tuple[str, Usage]], sent: dict[str, Sent]) -> Iterator[Any]:
    """The same records, counted by source as they pass."""
    for source, usage in usages:
        sent[source].add(usage)
        yield source, usage


def send_by_call(actor: Actor, usages: Iterable[tuple[str, Usage]]) -> None:
    """Batches through `emit`, the call that services use."""
    waiting: dict[str, list[Usage]] = {code: [] for code, _, _ in SOURCES}

    def flush(source: str) -> None:
        if waiting[source]:
            with act_as(actor):
                emit(actor=actor, source=source, facts=waiting[source])
            waiting[source] = []

    for source, usage in usages:
        waiting[source].append(usage)
        if len(waiting[source]) == BATCH:
            flush(source)
    for source in waiting:
        flush(source)


def send_by_file(actor: Actor, usages: Iterable[tuple[str, Usage]], period: FiscalPeriod) -> None:
    """One CSV file a source, taken in as an operator would."""
    with tempfile.TemporaryDirectory(prefix="commonweal-demo-") as folder:
        paths = {code: Path(folder) / f"{code}-{period}.csv" for code, _, _ in SOURCES}
        _write(paths, usages)
        for source, path in paths.items():
            if path.stat().st_size > len(",".join(HEADER)) + 2:
                submit_file(actor=actor, source=source, path=path, kind="csv")


def _write(paths: dict[str, Path], usages: Iterable[tuple[str, Usage]]) -> None:
    with ExitStack() as stack:
        writers = {}
        for source, path in paths.items():
            stream = stack.enter_context(path.open("w", newline="", encoding="utf-8"))
            writers[source] = csv.writer(stream)
            writers[source].writerow(HEADER)
        for source, usage in usages:
            writers[source].writerow(
                (
                    usage.external_id, usage.agency, usage.bureau, usage.charge_item,
                    usage.quantity, usage.unit, usage.starts.isoformat(), usage.ends.isoformat(),
                    usage.origin, usage.replaces, usage.dimensions.get("channel", ""),
                )
            )  # fmt: skip


def report(actor: Actor, source: str, period: FiscalPeriod, sent: Sent) -> None:
    """The source says that its month is complete."""
    with act_as(actor):
        report_source(
            actor=actor,
            source=source,
            period=period.code,
            control_count=sent.records,
            control_total=sent.total,
        )

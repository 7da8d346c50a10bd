"""A process that sends batches and says on standard output which are committed. For kill tests.

Arguments: `batches FROM TO`, `file PATH` or `worker`.
"""

from __future__ import annotations

import sys
from pathlib import Path
from uuid import UUID

import django

BATCH = 50


def names(batch: int) -> list[str]:
    """The ids of one batch."""
    return [f"k{batch:04d}-{number:02d}" for number in range(BATCH)]


def send_batches(first: int, last: int) -> None:
    """Submit batches one by one, each in its own transaction, as the API does."""
    from commonweal.kernel.access.public import SYSTEM, act_as
    from commonweal.kernel.metering.public import submit
    from commonweal.kernel.metering.tests.world import event

    for batch in range(first, last):
        with act_as(SYSTEM):
            submit(actor=SYSTEM, events=[event(name, quantity="1") for name in names(batch)])
        print(batch, flush=True)


def send_file(path: str) -> None:
    """Take in a file in small chunks."""
    from commonweal.kernel.access.public import SYSTEM
    from commonweal.kernel.metering.intake import files
    from commonweal.kernel.metering.public import submit_file

    files.CHUNK_ROWS = 100
    submit_file(
        actor=SYSTEM,
        source="payrun",
        path=Path(path),
        kind="csv",
        progress=lambda done, _: print(done, flush=True),
    )


def work() -> None:
    """A worker that takes kept files in, in small chunks."""
    from commonweal.kernel.jobs.public import Worker, report
    from commonweal.kernel.metering import background
    from commonweal.kernel.metering.intake import files

    def told(job_id: UUID, done: int, total: int | None = None) -> None:
        print(done, flush=True)
        report(job_id, done, total)

    files.CHUNK_ROWS = 100
    background.report = told
    Worker().run(once=True)


if __name__ == "__main__":
    django.setup()
    if sys.argv[1] == "worker":
        work()
    elif sys.argv[1] == "file":
        send_file(sys.argv[2])
    else:
        send_batches(int(sys.argv[2]), int(sys.argv[3]))

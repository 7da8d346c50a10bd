"""`commonweal jobs`: run the worker, look at the queue, run failed work again."""

from __future__ import annotations

import argparse
import signal

from .kit import Verbs, acting, add_group, add_verb, as_id, say, table

EXAMPLES = """\
  commonweal jobs run             a worker until Ctrl-C; start several for more at once
  commonweal jobs run --once      do what is due, then exit
  commonweal jobs list --state dead
  commonweal jobs requeue ID
"""


def register(verbs: Verbs) -> None:
    """Add the verb."""
    own = add_group(verbs, "jobs", help="background work: run it, look at it", examples=EXAMPLES)
    run = add_verb(
        own, "run", help="work off the queue and the schedule",
        about="A worker that is killed loses nothing: another takes its work over.",
        examples="  commonweal jobs run --once", run=work,
    )  # fmt: skip
    run.add_argument("--once", action="store_true", help="exit when nothing is due")
    listed = add_verb(
        own, "list", help="the newest pieces of work",
        examples="  commonweal jobs list --state dead", run=list_jobs,
    )  # fmt: skip
    listed.add_argument(
        "--state", default="", help="queued, running, done, dead, cancelled or discarded"
    )
    listed.add_argument("--limit", type=int, default=50)
    for name, words in (
        ("requeue", "run failed work again"),
        ("cancel", "cancel work"),
        ("discard", "take failed work off the list; it never runs again"),
    ):
        each = add_verb(own, name, help=words, examples=f"  commonweal jobs {name} ID", run=change)
        each.add_argument("id")


def work(args: argparse.Namespace) -> int:
    """The worker; Ctrl-C or SIGTERM lets it finish its present piece."""
    from commonweal.kernel.jobs.public import Ticker, Worker
    from commonweal.practices.charging.public import require_engine

    require_engine()
    worker = Worker()
    signal.signal(signal.SIGTERM, lambda *_: worker.stop())
    ticker = Ticker()
    if not args.once:
        ticker.start()
    tried = worker.run(once=args.once)
    if args.once:
        ticker.beat()
    ticker.stop()
    say(f"{tried} pieces of work were tried.")
    return 0


def list_jobs(args: argparse.Namespace) -> int:
    """The queue, newest first."""
    from commonweal.kernel.jobs.public import jobs
    from commonweal.kernel.schema.public import Place

    with acting(args) as actor:
        rows = [
            (job.id, job.kind, job.state, job.attempts, job.progress_note, job.last_error)
            for job in jobs(actor, state=args.state, place=Place(limit=args.limit))
        ]
    header = ("id", "kind", "state", "attempts", "progress", "last error")
    table(header, rows, "There is no such work.")
    return 0


def change(args: argparse.Namespace) -> int:
    """Requeue, cancel or discard one piece of work."""
    from commonweal.kernel.jobs.public import cancel, discard, requeue

    act = {"requeue": requeue, "cancel": cancel, "discard": discard}[args.jobs_verb]
    with acting(args) as actor:
        job = act(actor=actor, job_id=as_id(args.id, "piece of work"))
    print(f"{job.kind} is {job.state}.")
    return 0

"""`commonweal close`: close a month, step by step, stopped and resumed at will."""

from __future__ import annotations

import argparse
import json
import time
from typing import Any

from commonweal.kernel.errors import CommonwealError

from .kit import Verbs, acting, actor_of, add_verb, say, table

ABOUT = """\
Nine steps, each one transaction: freeze usage, allocate costs, rate, prove by a second path, draft,
preview, issue, post, notify. Where something is wrong the close stops, says what and where, and
changes nothing else; repeat the command after the remedy, and it goes on. Running it twice gives
the same bytes."""
EXAMPLES = """\
  commonweal close 2026-10                      go on until done, or until a person is needed
  commonweal close 2026-10 --until prove        only as far as the proof
  commonweal close 2026-10 --waive contact-centre --reason "upgrade; records follow next month"
  commonweal close 2026-10 --without-costs "the ledger of October arrives next week"
  commonweal close 2026-10 --preview-days 3     agencies have three working days
  commonweal close 2026-10 --end-preview        issue now although the preview is still open
  commonweal close 2026-10 --status             what is done
  commonweal close 2026-10 --stop               stop a running close; what is done stays
"""
SHOWN = 20


def register(verbs: Verbs) -> None:
    """Add the verb."""
    parser = add_verb(
        verbs, "close", help="close a month: from usage to issued bills and posted journals",
        about=ABOUT, examples=EXAMPLES, run=run,
    )  # fmt: skip
    parser.add_argument("period", metavar="YYYY-MM")
    parser.add_argument("--until", metavar="STEP", default="", help="stop after this step")
    parser.add_argument("--waive", action="append", default=[], metavar="SOURCE",
                        help="close without this source; needs --reason")  # fmt: skip
    parser.add_argument("--reason", default="", help="why a source is waived")
    parser.add_argument("--without-costs", default="", metavar="REASON",
                        help="go on although the month has no ledger costs, and why")  # fmt: skip
    parser.add_argument("--preview-days", type=int, metavar="N", help="working days of preview")
    parser.add_argument("--end-preview", action="store_true", help="do not wait for its end")
    parser.add_argument("--payment-days", type=int, default=30, metavar="N")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--status", action="store_true", help="show the steps and do nothing")
    what.add_argument("--stop", action="store_true", help="stop a running close")


def run(args: argparse.Namespace) -> int:
    """Advance, show, or stop."""
    if args.status:
        return show(args)
    if args.stop:
        return stop(args)
    return advance(args)


def advance(args: argparse.Namespace) -> int:
    """Go on until the end, a step, or a finding."""
    from commonweal.practices.charging.public import (
        CLOSE_STEPS,
        CloseError,
        CloseOptions,
        advance_close,
    )

    labels = {rule.code: rule.label for rule in CLOSE_STEPS}
    until = args.until or CLOSE_STEPS[-1].code
    if until not in labels:
        raise CloseError("CLOSE-103", f"“{until}” is no step. Use {', '.join(labels)}.")
    if args.waive and len(args.reason.strip()) < 10:
        raise CloseError("CLOSE-104", "Say in at least ten characters why: --reason TEXT.")
    began = time.monotonic()

    def progress(code: str, step: Any) -> None:
        say(f"{time.monotonic() - began:7.1f} s  {labels[code]}: {_words(step.detail)}")

    options = CloseOptions(
        waived=tuple(args.waive),
        waive_reason=args.reason,
        preview_days=args.preview_days,
        end_preview=args.end_preview,
        payment_days=args.payment_days,
        no_costs_reason=args.without_costs,
    )
    try:
        done = advance_close(actor_of(args), args.period, options, until=until, progress=progress)
    except CommonwealError as error:
        tell_rows(error.details)
        raise
    print(f"The close of {args.period} {_reached(args, done, until)}. "
          f"Inputs {done.input_hash[:16] or 'not hashed yet'}.")  # fmt: skip
    return 0


def _reached(args: argparse.Namespace, run: Any, until: str) -> str:
    """How far the close came: to its end, to the step that was named, or to a stop."""
    if run.state == "done":
        return "is done"
    with acting(args):
        reached = run.steps.get(code=until).state == "done"
    return f"is ready for the step after “{until}”" if reached else "was stopped as asked"


def _words(detail: dict[str, Any]) -> str:
    plain = {key: value for key, value in detail.items() if isinstance(value, str | int)}
    return ", ".join(f"{key.replace('_', ' ')} {value}" for key, value in plain.items()) or "done"


def tell_rows(details: dict[str, Any]) -> None:
    """The rows that a finding names, at most twenty of each kind."""
    for name, value in details.items():
        rows = value if isinstance(value, list) else [value]
        for row in rows[:SHOWN]:
            say(f"  {name}: {json.dumps(row, ensure_ascii=False, default=str)}")
        if len(rows) > SHOWN:
            say(f"  … and {len(rows) - SHOWN} more; the close page shows all of them")


def stop(args: argparse.Namespace) -> int:
    """Ask a running close to stop."""
    from commonweal.practices.charging.public import request_stop

    with acting(args) as actor:
        request_stop(actor=actor, period=args.period)
    print("It stops; the step that runs is taken back. Repeat the close to go on.")
    return 0


def show(args: argparse.Namespace) -> int:
    """The steps with their times, and who is at them now."""
    from commonweal.practices.charging.public import CLOSE_STEPS, close_jobs, close_run, running

    labels = {rule.code: rule.label for rule in CLOSE_STEPS}
    with acting(args) as actor:
        found = close_run(actor, args.period)
        steps = list(found.steps.order_by("order"))
        job = close_jobs(actor, [args.period]).get(args.period)
        now = running(actor, found, steps, job)
    if now is not None:
        far = f", {now.job.progress_done} of {now.job.progress_total}" if (
            now.job and now.job.progress_total
        ) else ""  # fmt: skip
        say(f"{now.by or 'The operator'} runs it: {labels.get(now.step, 'waiting for a worker')}"
            f"{far}.")  # fmt: skip
    elif job is not None and job.state == "dead":
        say(f"Its background work failed: {job.last_error}.")
    rows = [
        (labels[step.code], step.state,
         f"{step.finished_at:%Y-%m-%d %H:%M}" if step.finished_at else "",
         step.detail.get("message", "") if step.state == "stopped" else _words(step.detail))
        for step in steps
    ]  # fmt: skip
    table(("step", "state", "finished (UTC)", "found"), rows, "")
    return 0 if found.state == "done" else 1

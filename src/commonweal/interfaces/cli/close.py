"""`commonweal close`: close a month, step by step, stopped and resumed at will."""

from __future__ import annotations

import argparse
import time
from typing import Any

from commonweal.kernel.errors import CommonwealError

from .kit import Verbs, acting, actor_of, add_verb, say, table

ABOUT = """\
Ten steps, each one transaction: freeze usage, allocate costs, rate, prove by a second path, draft,
preview, approve, issue, post, notify. Bills go out only after a second person has approved them:
until then the command stops there and says who may. Where something is wrong the close stops, says
what and where, and changes nothing else; repeat the command after the remedy, and it goes on.
Running it twice gives the same bytes."""
EXAMPLES = """\
  commonweal close 2026-10                      go on until done, or until a person is needed
  commonweal close 2026-10 --until prove        only as far as the proof
  commonweal close 2026-10 --waive contact-centre --reason "upgrade; records follow next month"
  commonweal close 2026-10 --without-costs "the ledger of October arrives next week"
  commonweal close 2026-10 --preview-days 3 --reason "the year-end comes early"
  commonweal close 2026-10 --end-preview "every agency has confirmed its bill"
  commonweal close 2026-10 --approve --as director@meridian.example
  commonweal close 2026-10 --reject --reason "Payroll looks wrong" --as director@meridian.example
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
    parser.add_argument(
        "--reason",
        default="",
        help="why a source is waived, agencies have fewer days, or you decide so",
    )
    parser.add_argument("--without-costs", default="", metavar="REASON",
                        help="go on although the month has no ledger costs, and why")  # fmt: skip
    parser.add_argument("--preview-days", type=int, metavar="N", help="working days of preview")
    parser.add_argument("--end-preview", default="", metavar="REASON",
                        help="ask to issue before the preview ends, and why")  # fmt: skip
    parser.add_argument(
        "--skip",
        default="",
        metavar="REASON",
        help="leave earlier months open that have usage or costs, and why",
    )
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--status", action="store_true", help="show the steps and do nothing")
    what.add_argument("--stop", action="store_true", help="stop a running close")
    what.add_argument(
        "--approve",
        action="store_true",
        help="approve that the bills are issued, as the person of --as",
    )
    what.add_argument(
        "--reject",
        action="store_true",
        help="send the bills back, as the person of --as; needs --reason",
    )


def run(args: argparse.Namespace) -> int:
    """Advance, show, or stop."""
    if args.status:
        return show(args)
    if args.stop:
        return stop(args)
    if args.approve or args.reject:
        return decide(args)
    return advance(args)


def advance(args: argparse.Namespace) -> int:
    """Go on until the end, a step, or a finding."""
    from commonweal.practices.charging.public import (
        CLOSE_STEPS,
        CloseError,
        CloseOptions,
        advance_close,
        step_words,
    )

    labels = {rule.code: rule.label for rule in CLOSE_STEPS}
    until = args.until or CLOSE_STEPS[-1].code
    if until not in labels:
        raise CloseError("CLOSE-103", f"“{until}” is no step. Use {', '.join(labels)}.")
    if args.waive and len(args.reason.strip()) < 10:
        raise CloseError("CLOSE-104", "Say in at least ten characters why: --reason TEXT.")
    began = time.monotonic()

    def progress(code: str, step: Any) -> None:
        with acting(args):
            found = step_words(code, step.detail)
        say(f"{time.monotonic() - began:7.1f} s  {labels[code]}: {found}")

    options = CloseOptions(
        waived=tuple(args.waive),
        waive_reason=args.reason,
        preview_days=args.preview_days,
        end_preview=bool(args.end_preview),
        preview_reason=args.end_preview or args.reason,
        no_costs_reason=args.without_costs,
        skip_reason=args.skip,
    )
    try:
        done = advance_close(actor_of(args), args.period, options, until=until, progress=progress)
    except CommonwealError as error:
        tell_rows(args, error.details)
        raise
    if waits(args, done, until):
        return 1
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


def tell_rows(args: argparse.Namespace, details: dict[str, Any]) -> None:
    """The rows that a finding names, with names in place of ids; at most twenty."""
    from commonweal.practices.charging.public import found_rows

    with acting(args) as actor:
        found = found_rows(actor, args.period, details)
    if found is None:
        return
    for row in found.rows[:SHOWN]:
        said = "; ".join(f"{label}: {row[key]}" for key, label in found.columns if row[key])
        say(f"  {said}")
    if len(found.rows) > SHOWN:
        say(f"  … and {len(found.rows) - SHOWN} more; the close page shows all of them")


def waits(args: argparse.Namespace, run: Any, until: str) -> bool:
    """Say that the bills wait for a second person: what they are, who may approve them and how."""
    from commonweal.practices.charging.public import issue_approval, next_step

    with acting(args) as actor:
        states = dict(run.steps.values_list("code", "state"))
        if next_step(states) != "approve" or states[until] == "done":
            return False
        found = issue_approval(actor, run)
        if found is None or not found.waits:
            return False
        print(f"The bills of {args.period} wait for the approval of a second person.")
        show_approval(found)
    return True


def show_approval(found: Any) -> None:
    """What the second person decides on."""
    from commonweal.kernel.words import public as words

    decision = found.decision
    print(decision.statement)
    rows = [
        (row["name"], words.money(row["charged"], decision.currency), *_recovered(row, decision))
        for row in found.services
    ]
    table(("service", "charged", "cost", "recovered"), rows, "")
    for query in found.disputes:
        print(
            f"Disputed: {query.agency.name}, {query.line.charge_item.name}, "
            f"{words.money(query.disputed_minor, decision.currency)}: {query.text}"
        )
    for hold in found.holds:
        print(
            f"Unusual, not acknowledged: {hold.agency.name}, {hold.line.charge_item.name}, "
            f"{words.money(hold.amount_minor, decision.currency)} instead of usually "
            f"{words.money(hold.usual_minor, decision.currency)}"
        )
    may = [
        f"{each.name or each.role} ({each.role})" if each.name else each.role
        for each in found.deciders
        if not each.why_not
    ]
    period = decision.effect["period"]
    print(f"May approve: {words.listing(may) or 'nobody. Give somebody the role of a director'}.")
    print(f"How: commonweal close {period} --approve --as EMAIL, or /centre/close/{period}/")


def _recovered(row: Any, decision: Any) -> tuple[str, str]:
    from commonweal.kernel.words import public as words

    if row["cost"] is None:
        return "not known", "cannot be determined"
    cost = words.money(row["cost"], decision.currency)
    return cost, words.money(row["charged"] - row["cost"], decision.currency)


def decide(args: argparse.Namespace) -> int:
    """Approve or reject that the month's bills are issued, as a second person."""
    from commonweal.practices.charging.public import (
        approve_bills,
        close_run,
        issue_approval,
        reject_bills,
    )

    with acting(args) as actor:
        found = issue_approval(actor, close_run(actor, args.period))
        if found is not None:
            show_approval(found)
        write = approve_bills if args.approve else reject_bills
        write(actor=actor, period=args.period, reason=args.reason)
    if args.reject:
        print("Rejected. The close says so, with your reason.")
    else:
        print(f"Approved. Whoever closes the month goes on: commonweal close {args.period}")
    return 0


def stop(args: argparse.Namespace) -> int:
    """Ask a running close to stop."""
    from commonweal.practices.charging.public import request_stop

    with acting(args) as actor:
        request_stop(actor=actor, period=args.period)
    print("It stops; the step that runs is taken back. Repeat the close to go on.")
    return 0


def show(args: argparse.Namespace) -> int:
    """The steps with their times, and who is at them now."""
    from commonweal.practices.charging.public import (
        CLOSE_STEPS,
        close_jobs,
        close_run,
        issue_approval,
        running,
        step_words,
    )

    labels = {rule.code: rule.label for rule in CLOSE_STEPS}
    with acting(args) as actor:
        found = close_run(actor, args.period)
        steps = list(found.steps.order_by("order"))
        job = close_jobs(actor, [args.period]).get(args.period)
        now = running(actor, found, steps, job)
    if found.skipped:
        say(f"Left open before it: {', '.join(found.skipped['months'])}: {found.skipped['reason']}")
    if now is not None:
        far = f", {now.job.progress_done} of {now.job.progress_total}" if (
            now.job and now.job.progress_total
        ) else ""  # fmt: skip
        say(f"{now.by or 'The operator'} runs it: {labels.get(now.step, 'waiting for a worker')}"
            f"{far}.")  # fmt: skip
    elif job is not None and job.state == "dead":
        say(f"Its background work failed: {job.last_error}.")
    with acting(args) as actor:
        approval = issue_approval(actor, found)
        rows = [
            (labels[step.code], step.state,
             f"{step.finished_at:%Y-%m-%d %H:%M}" if step.finished_at else "",
             step_words(step.code, step.detail) if step.state == "done"
             else step.detail.get("message", ""))
            for step in steps
        ]  # fmt: skip
        table(("step", "state", "finished (UTC)", "found"), rows, "")
        for step in steps:
            if step.state == "stopped":
                tell_rows(args, step.detail)
        if approval is not None and approval.waits:
            show_approval(approval)
    return 0 if found.state == "done" else 1

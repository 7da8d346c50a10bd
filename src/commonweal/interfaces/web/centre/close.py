"""The close cockpit: one month, its ten steps, what was found, and the one thing to do next."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from commonweal.kernel.calendar.public import FiscalPeriod
from commonweal.kernel.jobs.public import remedy
from commonweal.kernel.metering.public import missing_sources
from commonweal.kernel.party.public import centre
from commonweal.kernel.schema.public import CommonwealError, Forbidden, NotFound
from commonweal.kernel.words import public as words
from commonweal.practices.charging import public as charging

from ..access import centre_only
from ..look.page import Step
from ..requests import Asked
from .approving import approving
from .base import (
    FormError,
    address,
    again_asked,
    attempt,
    done,
    local_day,
    month_asked,
    problems,
    show,
    silence,
    text,
    watched,
    whole_field,
)
from .closes import CloseView, StepView, close_view, closes, month_to_close

VIEW = "charging.view_all_bills"
RUN = "charging.run_close"
CODES = tuple(step.code for step in charging.CLOSE_STEPS)


@centre_only(VIEW)
def close(request: Asked) -> HttpResponseRedirect:
    """The close of `?period=`, else the one that people look for: the oldest unfinished month."""
    period = month_asked(request, "") or month_to_close(closes(request.actor))
    return HttpResponseRedirect(address("close_month", period))


@centre_only(VIEW)
def close_month(request: Asked, period: str) -> HttpResponse:
    """One month's close."""
    return cockpit(request, FiscalPeriod.parse(period).code)


def cockpit(request: Asked, period: str, errors: tuple[Any, ...] = ()) -> HttpResponse:
    """The page of one month, with what went wrong, if anything did."""
    view = close_view(request.actor, period)
    live = view.running is not None and not view.done
    step = view.next
    may_run = request.actor.may(RUN)
    sources = (
        missing_sources(request.actor, period)
        if step and step.code == "freeze" and not live and request.actor.may("metering.view")
        else ()
    )
    context = {
        "view": view,
        "steps": step_items(view),
        "found": rows_found(request, view, bool(sources)),
        "sources": sources,
        "approval": None if live else approving(request.actor, view),
        "deciding": step is not None and step.code == "approve" and not live,
        "no_costs": asks_for_costs(view, live),
        "live": live,
        "again": live and again_asked(request),
        "said": running_words(view),
        "remedy": _(remedy(view.failed.last_error)) if view.failed else "",
        "may_run": may_run,
        "button_text": button_words(view),
        "consequence": consequence(view),
        "through": through(view),
        "through_label": label_of(view, through(view)),
        "first_day": FiscalPeriod.parse(period).end_day,
        "window_open": window_open(view),
        "preview_days": request.POST.get("preview_days", "5"),
        "asked": request.POST,
        "unclosed": charging.unclosed_months(request.actor, period)
        if may_run and view.run is None and request.actor.may("metering.view")
        else (),
        "months": charging.close_periods(request.actor, 13),
        "ended": FiscalPeriod.parse(period).end_day <= local_day(),
    }
    return watched(request, show(request, "centre/close.jinja", context, errors), live)


def asks_for_costs(view: CloseView, live: bool) -> bool:
    """Whether the close stopped because the month has no ledger costs."""
    return (
        not live
        and view.stopped is not None
        and view.stopped.detail.get("code") in ("CLOSE-203", "CLOSE-204")
    )


def rows_found(request: Asked, view: CloseView, asked: bool) -> charging.FoundRows | None:
    """The rows that stopped the close; missing sources are asked about in the form instead."""
    if view.stopped is None or (asked and view.stopped.code == "freeze"):
        return None
    return charging.found_rows(request.actor, view.period, view.stopped.detail)


def running_words(view: CloseView) -> str:
    """Who is at the close, since when; or that it waits for a worker."""
    run = view.running
    if run is None:
        return ""
    who = run.by or _("The operator")
    since = words.moment(run.since, centre().zone)
    if run.job is not None and run.job.cancel_requested:
        return _("It is being stopped. The step that runs is taken back.")
    if run.job is not None and run.job.state == "queued":
        if run.job.last_error:
            return _("%(code)s. It is tried again on %(since)s.") % {
                "code": run.job.last_error,
                "since": words.moment(run.job.run_at, centre().zone),
            }
        return _("%(who)s asked for it on %(since)s. It waits for a worker.") % {
            "who": who,
            "since": since,
        }
    said = _("%(who)s runs it since %(since)s.") % {"who": who, "since": since}
    return f"{said} {silence()}" if run.job is not None and run.job.silent else said


def step_items(view: CloseView) -> list[Step]:
    """The steps as the list of progress."""
    zone = centre().zone
    items = []
    for step in view.steps:
        state, took = step.state, step.took
        if view.next is not None and step.code == view.next.code:
            state, took = present_state(view, step), far(view, step) or took
        items.append(Step(step.label, state, took, step_note(step, state, zone)))
    return items


def present_state(view: CloseView, step: StepView) -> str:
    """The state of the step that is next, as the list of progress has it."""
    if view.failed:
        return "failed"
    if step.state != "running":
        return step.state
    return "doing" if view.running else "waiting"


def far(view: CloseView, step: StepView) -> str:
    """How far the step that runs is, where it says so."""
    job = view.running.job if view.running else None
    if job is None or job.progress_note != step.code or not job.progress_total:
        return ""
    return _("%(done)s of %(total)s") % {
        "done": words.quantity(job.progress_done),
        "total": words.quantity(job.progress_total),
    }


def step_note(step: StepView, state: str, zone: str) -> str:
    """What a step does, what it came to, and when it began and ended."""
    began = words.moment(step.started, zone)
    if state == "stopped":
        said = f"{step.explanation} {words.told(step.detail.get('message', ''))}".strip()
        return said + " " + _("Stopped %(moment)s.") % {"moment": began} if step.started else said
    if step.state == "running":
        shape = {
            "doing": _("Begun %(moment)s."),
            "failed": _("Failed; begun %(moment)s. Nothing of it was kept."),
        }.get(state, _("Interrupted; begun %(moment)s. It is done anew."))
        return f"{step.explanation} {shape % {'moment': began}}"
    if step.finished is None:
        return step.explanation
    when = _("Done %(moment)s.") % {"moment": words.moment(step.finished, zone)}
    if step.started is not None:
        when = _("Begun %(began)s, done %(done)s.") % {
            "began": words.clock(step.started, zone),
            "done": words.moment(step.finished, zone),
        }
    return f"{step.explanation} {step.found}. {when}"


def through(view: CloseView) -> str:
    """The last step that can run without a person's decision in between, if several can."""
    if view.next is None:
        return ""
    here = CODES.index(view.next.code)
    stop = {"freeze": "draft", "allocate": "draft", "rate": "draft", "prove": "draft",
            "post": "notify"}.get(view.next.code, "")  # fmt: skip
    return stop if stop and CODES.index(stop) > here else ""


def label_of(view: CloseView, code: str) -> str:
    """A step's name."""
    return next((step.label for step in view.steps if step.code == code), "")


def window_open(view: CloseView) -> bool:
    """Agencies may still look at their bills, so that issuing now cuts the window short."""
    run = view.run
    return bool(run and run.preview_ends and local_day() < run.preview_ends)


def button_words(view: CloseView) -> str:
    """What the button of the next step says."""
    step = view.next
    if step is None:
        return ""
    count = bill_count(view)
    if step.code == "issue":
        return ngettext("Issue %(count)s bill", "Issue %(count)s bills", count) % {"count": count}
    if step.code == "preview":
        shape = ngettext(
            "Show %(count)s agency its bill", "Show %(count)s agencies their bills", count
        )
        return shape % {"count": count}
    if step.code == "approve":
        return _("Ask for the approval again")
    if step.state == "stopped":
        return _("Try again: %(step)s") % {"step": step.label}
    return step.label


def bill_count(view: CloseView) -> int:
    """How many bills were drafted."""
    draft = next(step for step in view.steps if step.code == "draft")
    return int(draft.detail.get("bills", 0)) if draft.state == "done" else 0


def consequence(view: CloseView) -> str:
    """What the next step does that cannot be undone, or nothing."""
    if view.next is None:
        return ""
    if view.next.code == "freeze":
        return _(
            "Usage of %(month)s that arrives after this counts as a correction in the next month. "
            "This cannot be undone."
        ) % {"month": words.period(view.period)}
    if view.next.code == "issue":
        draft = next(step for step in view.steps if step.code == "draft")
        total = words.money(draft.detail.get("total_minor"), centre().currency)
        return _(
            "The bills, %(total)s together, get their numbers and are due when their orders say. "
            "An issued bill never changes: what is wrong is corrected on a later bill."
        ) % {"total": total}
    return ""


@centre_only(RUN)
def close_start(request: Asked, period: str) -> HttpResponse:
    """Start a month's close."""
    if request.method != "POST":
        return HttpResponseRedirect(address("close_month", period))
    reason = text(request, "skip_reason")
    errors = attempt(
        lambda: charging.start_close(actor=request.actor, period=period, skip_reason=reason)
    )
    if errors:
        return cockpit(request, period, errors)
    return done(request, _("The close is started."), "close_month", period)


def options_of(request: Asked) -> charging.CloseOptions:
    """What the form says: waived sources with the reason, the window, or its early end."""
    return charging.CloseOptions(
        waived=tuple(request.POST.getlist("waived")),
        waive_reason=text(request, "waive_reason"),
        preview_days=whole_field(request, "preview_days", _("Working days"), default=5),
        end_preview=bool(text(request, "end_preview")),
        preview_reason=text(request, "preview_reason"),
        no_costs_reason=text(request, "no_costs_reason"),
    )


@centre_only(RUN)
def close_next(request: Asked, period: str) -> HttpResponse:
    """Have the next step, or every step up to the next decision, done in the background."""
    if request.method != "POST":
        return HttpResponseRedirect(address("close_month", period))
    view = close_view(request.actor, period)
    try:
        options = options_of(request)
        check_confirmed(request, view)
        if view.next is None:
            return HttpResponseRedirect(address("close_month", period))
        last = through(view) if text(request, "how") == "through" else ""
        charging.ask_close(
            actor=request.actor, period=period, options=options, until=last or view.next.code
        )
    except (NotFound, Forbidden):
        raise
    except CommonwealError as error:
        return cockpit(request, period, problems(error))
    if view.next.code in ("approve", "issue"):
        return told(request, period)
    return HttpResponseRedirect(address("close_month", period))


def told(request: Asked, period: str) -> HttpResponseRedirect:
    """Back to the close, saying so where it waits for a second person."""
    view = close_view(request.actor, period)
    if view.next is not None and view.next.code == "approve":
        return done(request, _("A second person is asked to approve this."), "close_month", period)
    return HttpResponseRedirect(address("close_month", period))


def check_confirmed(request: Asked, view: CloseView) -> None:
    """The page that a person decided on must still be the present one (FORM-104)."""
    if text(request, "step") != (view.next.code if view.next else ""):
        raise FormError(
            "FORM-104", _("The close went on in the meantime. Read the page again, then decide.")
        )


@centre_only(RUN)
def close_stop(request: Asked, period: str) -> HttpResponse:
    """Stop a running close; the step that runs is taken back."""
    if request.method != "POST":
        return HttpResponseRedirect(address("close_month", period))
    errors = attempt(lambda: charging.request_stop(actor=request.actor, period=period))
    if errors:
        return cockpit(request, period, errors)
    said = _("The close is being stopped. Nothing that is done is lost.")
    return done(request, said, "close_month", period)

"""The close cockpit: one month, its nine steps, what was found, and the one thing to do next."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from commonweal.kernel.calendar.public import FiscalPeriod
from commonweal.kernel.jobs.public import Job, enqueue, job
from commonweal.kernel.metering.public import missing_sources
from commonweal.kernel.party.public import centre
from commonweal.kernel.schema.public import CommonwealError, Conflict
from commonweal.kernel.words import public as words
from commonweal.practices.charging import public as charging

from ..access import centre_only
from ..look.page import Step
from ..requests import Asked
from .base import (
    FormError,
    address,
    as_id,
    attempt,
    done,
    local_day,
    month_asked,
    problems,
    show,
    text,
    whole_field,
)
from .closes import CloseView, FoundRows, StepView, close_view, closes, found_rows, month_to_close

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
    running = running_job(request, view)
    step = view.next
    may_run = request.actor.may(RUN)
    sources = (
        missing_sources(request.actor, period)
        if step and step.code == "freeze" and request.actor.may("metering.view")
        else ()
    )
    context = {
        "view": view,
        "steps": step_items(view, running),
        "found": rows_found(request, view, bool(sources)),
        "sources": sources,
        "running": running,
        "refresh": running is not None and running.state in ("queued", "running"),
        "may_run": may_run,
        "button_text": button_words(view),
        "consequence": consequence(view),
        "through": through(view),
        "through_label": label_of(view, through(view)),
        "first_day": FiscalPeriod.parse(period).end_day,
        "window_open": window_open(view),
        "preview_days": request.POST.get("preview_days", "5"),
        "asked": request.POST,
        "months": [run.period for run in closes(request.actor, limit=13)],
        "ended": FiscalPeriod.parse(period).end_day <= local_day(),
    }
    return show(request, "centre/close.jinja", context, errors)


def rows_found(request: Asked, view: CloseView, asked: bool) -> FoundRows | None:
    """The rows that stopped the close; missing sources are asked about in the form instead."""
    if view.stopped is None or (asked and view.stopped.code == "freeze"):
        return None
    return found_rows(request.actor, view.period, view.stopped)


def running_job(request: Asked, view: CloseView) -> Job | None:
    """The background work of this page (`?job=`), if it is of this month."""
    key = as_id(request.GET.get("job", ""))
    if key is None:
        return None
    found = job(request.actor, key)
    return found if found.payload.get("period") == view.period else None


def step_items(view: CloseView, running: Job | None) -> list[Step]:
    """The steps as the list of progress."""
    zone = centre().zone
    busy = running is not None and running.state in ("queued", "running")
    items = []
    for step in view.steps:
        state = step.state
        if busy and view.next is not None and step.code == view.next.code:
            state = "doing"
        items.append(Step(step.label, state, step.took, step_note(step, zone)))
    return items


def step_note(step: StepView, zone: str) -> str:
    """What a step does, what it came to, and when it was done."""
    if step.state == "stopped":
        return f"{step.explanation} {step.detail.get('message', '')}".strip()
    if step.finished is None:
        return step.explanation
    when = _("Done %(moment)s.") % {"moment": words.moment(step.finished, zone)}
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
            "The bills, %(total)s together, get their numbers and are due in 30 days. An issued "
            "bill never changes: what is wrong is corrected on a later bill."
        ) % {"total": total}
    return ""


@centre_only(RUN)
def close_start(request: Asked, period: str) -> HttpResponse:
    """Start a month's close."""
    if request.method != "POST":
        return HttpResponseRedirect(address("close_month", period))
    errors = attempt(lambda: charging.start_close(actor=request.actor, period=period))
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
    )


@centre_only(RUN)
def close_next(request: Asked, period: str) -> HttpResponse:
    """Run the next step here and now, or several of them in the background."""
    if request.method != "POST":
        return HttpResponseRedirect(address("close_month", period))
    view = close_view(request.actor, period)
    try:
        options = options_of(request)
        check_confirmed(request, view)
        if view.next is None:
            return HttpResponseRedirect(address("close_month", period))
        if text(request, "how") == "through" and through(view):
            queued = queue_steps(request, view, options)
            return HttpResponseRedirect(address("close_month", period, job=queued.id))
        charging.advance_close(request.actor, period, options, until=view.next.code)
    except Conflict:
        raise
    except CommonwealError as error:
        return cockpit(request, period, problems(error))
    return done(request, _("Done: %(step)s.") % {"step": view.next.label}, "close_month", period)


def check_confirmed(request: Asked, view: CloseView) -> None:
    """The page that a person decided on must still be the present one (FORM-104)."""
    if text(request, "step") != (view.next.code if view.next else ""):
        raise FormError(
            "FORM-104", _("The close went on in the meantime. Read the page again, then decide.")
        )


def queue_steps(request: Asked, view: CloseView, options: charging.CloseOptions) -> Job:
    """Queue the next steps up to the next decision."""
    return enqueue(
        actor=request.actor,
        kind="charging.close",
        payload={
            "period": view.period,
            "until": through(view),
            "options": {
                "waived": list(options.waived),
                "waive_reason": options.waive_reason,
                "preview_days": options.preview_days,
                "end_preview": options.end_preview,
            },
        },
        priority=5,
        max_attempts=1,
    )


@centre_only(RUN)
def close_stop(request: Asked, period: str) -> HttpResponse:
    """Ask a running close to stop after its present step."""
    if request.method == "POST":
        charging.request_stop(actor=request.actor, period=period)
        text_ = _("The close stops after its present step. Nothing that is done is lost.")
        return done(request, text_, "close_month", period, job=text(request, "job"))
    return HttpResponseRedirect(address("close_month", period))

"""Late usage: what is held for a decision, and the rule of each service about it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.http import HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _

from commonweal.kernel.authority.public import Deciders, open_proposals
from commonweal.kernel.catalogue.public import services
from commonweal.kernel.metering import public as metering
from commonweal.kernel.party.public import centre

from ..access import centre_only
from ..lists import lists, pages, place
from ..look.page import Link
from ..requests import Asked
from .base import (
    address,
    attempt,
    day_field,
    done,
    local_day,
    required_id,
    show,
    text,
    whole_field,
)
from .intake import VIEW, intake_tabs

DECIDE = "metering.decide_late"
PROPOSE = "metering.propose_late_policy"
APPROVE = "metering.approve_late_policy"
SUBJECT = "metering.LatePolicy"


def state_words() -> dict[str, str]:
    """The standings of a late record, in the words of tabs."""
    return {
        "held": _("Held"),
        "accepted": _("Accepted"),
        "declined": _("Declined"),
        "booked": _("Booked by rule"),
    }


@centre_only(VIEW)
@lists("metering.LateRecord")
def late(request: Asked) -> HttpResponse:
    """Late records by their standing; a held one is accepted or declined with a reason."""
    errors: tuple[Any, ...] = ()
    if request.method == "POST":
        accept = text(request, "decision") == "accept"
        field = f"reason-{text(request, 'record')}"
        write = metering.accept_late if accept else metering.decline_late
        errors = attempt(
            lambda: write(
                actor=request.actor,
                record_id=required_id(request, "record", _("Choose a record.")),
                reason=text(request, "reason"),
            )
        )
        errors = tuple(
            replace(each, field=field) if each.field == "reason" else each for each in errors
        )
        if not errors:
            said = (
                _("Accepted: it is a correction of the open month.")
                if accept
                else _("Declined: it is never charged, and the agency reads why.")
            )
            return done(request, said, "late")
    names = state_words()
    state = request.GET.get("state", "held")
    state = state if state in names else "held"
    rows = metering.late_records(request.actor, state=state, place=place(request))
    counts = metering.late_counts(request.actor)
    context = {
        "rows": rows,
        "pages": pages(request, rows),
        "state": state,
        "counts": counts,
        "states": [
            Link(f"{words} ({counts[code]})", address("late", state=code), code == state)
            for code, words in names.items()
        ],
        "asked": request.POST,
        "wrong": {problem.field: problem.text for problem in errors},
        "may_decide": request.actor.may(DECIDE),
        "tabs": intake_tabs("late"),
        "zone": centre().zone,
    }
    return show(request, "centre/late.jinja", context, errors)


@centre_only(VIEW)
@lists("metering.LatePolicy")
def late_policies(request: Asked, errors: tuple[Any, ...] = ()) -> HttpResponse:
    """The rule of every service, the form to propose one, and those that wait for a decision."""
    if request.method == "POST" and not errors:
        errors = attempt(lambda: _propose(request))
        if not errors:
            return done(
                request, _("The rule is proposed. A second person decides."), "late_policies"
            )
    rows = metering.late_policies(request.actor, place(request))
    waiting = [row.pk for row in rows if row.state == "proposed"]
    found = open_proposals(request.actor, SUBJECT, waiting)
    deciders = Deciders(request.actor, [])
    in_force = metering.late_policies_on(local_day())
    context = {
        "services": [(row, policy_words(in_force.get(row.pk))) for row in services(request.actor)],
        "choices": [(row.code, row.name) for row in services(request.actor)],
        "kinds": kinds(),
        "rows": [
            {
                "row": row,
                "text": policy_words(row),
                "state": policy_states()[row.state],
                "why_not": deciders.why_not_on(request.actor, found[row.pk])
                if row.pk in found
                else "",
            }
            for row in rows
        ],
        "pages": pages(request, rows),
        "asked": request.POST,
        "may_propose": request.actor.may(PROPOSE),
        "may_approve": request.actor.may(APPROVE),
        "tabs": intake_tabs("late_policies"),
    }
    return show(request, "centre/late_policies.jinja", context, errors)


def kinds() -> list[tuple[str, str]]:
    """What may become of late usage, as choices."""
    return [
        ("correct", _("Book it as a correction on the next bill")),
        ("window", _("Book it for some days after the month, then hold it")),
        ("hold", _("Hold it until a person decides")),
    ]


def policy_states() -> dict[str, str]:
    """The states of a rule in words."""
    return {
        "proposed": _("Proposed, not decided yet"),
        "approved": _("Approved"),
        "rejected": _("Rejected"),
        "withdrawn": _("Withdrawn"),
    }


def policy_words(row: Any) -> str:
    """What a rule says; without one late usage is booked."""
    return metering.policy_text(row.kind, row.days) if row else metering.policy_text("correct", 0)


def _propose(request: Asked) -> Any:
    kind = text(request, "kind")
    return metering.propose_late_policy(
        actor=request.actor,
        service=text(request, "service"),
        kind=kind,
        days=whole_field(request, "days", _("Days after the month"), default=0)
        if kind == "window"
        else 0,
        starts=day_field(request, "starts", _("First day")),
        reason=text(request, "reason"),
    )


@centre_only(APPROVE)
def decide_policy(request: Asked) -> HttpResponse:
    """Approve or reject a proposed rule, as a second person."""
    if request.method != "POST":
        return HttpResponseRedirect(address("late_policies"))
    approve = text(request, "decision") == "approve"
    errors = attempt(
        lambda: metering.decide_late_policy(
            actor=request.actor,
            policy_id=required_id(request, "policy", _("Choose a rule.")),
            approved=approve,
            reason=text(request, "reason"),
        )
    )
    if errors:
        return late_policies(request, errors)
    said = _("Approved: it holds from its first day.") if approve else _("Rejected.")
    return done(request, said, "late_policies")

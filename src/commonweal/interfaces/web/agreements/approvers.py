"""Who may sign up to which amount: limits and second approvers, decided by two people."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.utils.translation import gettext as _

from commonweal.kernel.authority import public as authority
from commonweal.kernel.catalogue.public import signing
from commonweal.kernel.party.public import (
    Agency,
    agencies,
    centre,
    delegate,
    memberships,
    person_by_email,
    person_names,
)
from commonweal.kernel.schema.public import Place
from commonweal.kernel.words.public import day as day_words
from commonweal.kernel.words.public import money

from ..centre.base import (
    FormError,
    as_id,
    attempt,
    day_field,
    local_day,
    money_field,
    optional_day,
    required_id,
    text,
)
from ..centre.people import people_tabs
from ..lists import report
from ..requests import Asked
from .door import door, page
from .show import last_day, span_words

VIEW = "party.view_people"
SET_LIMITS = "authority.set_limits"
NAME = "authority.name_second_approver"
MINE = (authority.LIMIT, authority.SECOND)


def about(request: Asked, found: Sequence[Agency]) -> Agency | None:
    """The agency whose signers the page shows; None: the centre's. Agencies see their own."""
    asked = as_id(request.GET.get("agency", ""))
    chosen = next((row for row in found if row.pk == asked), None)
    if chosen is None and not request.actor.centre:
        chosen = next(iter(found), None)
    return chosen


@report("who may sign for one agency or the centre: a few limits, and what is proposed of them")
def approvers(request: Asked) -> HttpResponse:
    """Who may sign, up to which amount; limits and second approvers, proposed and in force."""
    here, actor = door(request), request.actor
    every = agencies(actor)
    agency = about(request, every)
    agency_id = agency.pk if agency else None
    errors: tuple[Any, ...] = ()
    if request.method == "POST":
        said: list[str] = []
        errors = attempt(lambda: said.append(_act(request, agency_id)))
        if not errors:
            return here.done(request, said[0], "approvers", agency=agency_id)
    deciders = authority.Deciders(actor, [agency_id] if agency_id else [])
    roles = [
        role
        for row in authority.amount_subjects()
        for role in authority.limitable_roles(actor, row.subject_type)
    ]
    members, lenders = _members(request, agency_id)
    choices = [(str(row.pk), row.name) for row in every]
    context = {
        "agency": agency,
        "chosen": str(agency_id or ""),
        "signers": _signers(deciders, agency_id),
        "proposals": _proposals(request, deciders, agency_id, {r.code: _(r.name) for r in roles}),
        "limits": [_limit(row) for row in authority.limits(actor, agency_id)],
        "seconds": _seconds(request, agency_id),
        "subjects": [(row.subject_type, _(row.words)) for row in authority.amount_subjects()],
        "roles": [
            (role.code, _(role.name)) for role in roles if agency is None or role.side == "agency"
        ],
        "members": members,
        "lenders": lenders,
        "agencies": [("", _("The centre")), *choices]
        if actor.centre
        else choices
        if len(choices) > 1
        else [],
        "may_limit": actor.may(SET_LIMITS, agency_id),
        "may_name": agency is not None and actor.may(NAME, agency_id),
        "may_lend": agency is not None and actor.centre and actor.may("party.manage_people"),
        "currency": centre().currency,
        "contact": "" if actor.centre else centre().contact_email,
        "place": here.url("approvers", agency=agency_id),
        "tabs": people_tabs(request.actor, "approvers") if actor.centre else here.tabs("approvers"),
    }
    return page(request, "approvers", context, errors)


def _signers(deciders: authority.Deciders, agency_id: UUID | None) -> list[dict[str, str]]:
    """Everybody who may sign orders for the side, and up to which amount."""
    matter = signing("agency" if agency_id else "centre", agency_id, centre().currency)
    return [
        {
            "name": each.name,
            "role": each.role,
            "how": _("Second approver") if each.second else _("Lent to them") if each.lent else "",
            "limit": _reach(deciders.highest(each, matter)),
            "hindrance": each.why_not,
        }
        for each in deciders.of(matter)
    ]


def _reach(highest: int | None) -> str:
    if highest is None:
        return _("Any amount")
    if highest < 0:
        return _("No amount")
    return _("Up to %(amount)s") % {"amount": money(highest, centre().currency)}


def _limit(row: authority.AmountLimit) -> dict[str, Any]:
    return {
        "role": _(row.role.name),
        "for": row.agency.name if row.agency else _("All"),
        "amount": row.max_minor,
        "currency": row.currency,
        "days": span_words(row.starts, row.ends),
        "decided": row.recorded_at,
    }


def _seconds(request: Asked, agency_id: UUID | None) -> list[dict[str, Any]]:
    rows = authority.second_approvers(request.actor, agency_id) if agency_id else []
    names = person_names(request.actor, [row.person_id for row in rows]) if rows else {}
    return [
        {
            "id": row.pk,
            "name": names.get(row.person_id, _("A person of another agency")),
            "days": span_words(row.starts, row.ends),
        }
        for row in rows
    ]


def _proposals(
    request: Asked, deciders: authority.Deciders, agency_id: UUID | None, roles: dict[str, str]
) -> list[dict[str, Any]]:
    """The limits and namings that wait for a second person."""
    actor = request.actor
    found = authority.decisions(actor, types=MINE, agency_id=agency_id, state="proposed")
    rows = [row for row in found if row.agency_id == agency_id]
    people = [UUID(row.effect["person"]) for row in rows if "person" in row.effect]
    names = person_names(actor, people) if people else {}
    return [
        {
            "row": row,
            "said": _said(row, roles, names),
            "deciders": deciders.on(row),
            "why_not": deciders.why_not_on(actor, row),
            "own": row.proposed_by == actor.user_id,
        }
        for row in rows
    ]


def _said(row: authority.Decision, roles: dict[str, str], names: dict[UUID, str]) -> str:
    """What would hold, in the reader's words."""
    given = row.effect
    starts = day_words(date.fromisoformat(given["starts"]))
    if given["ends"]:
        until = day_words(last_day(date.fromisoformat(given["ends"])))
        days = _("From %(starts)s until %(until)s") % {"starts": starts, "until": until}
    else:
        days = _("From %(starts)s on") % {"starts": starts}
    if row.subject_type == authority.SECOND:
        name = names.get(UUID(given["person"]), _("A person of another agency"))
        return _("%(days)s: %(name)s as second approver of %(agency)s.") % {
            "days": days, "name": name, "agency": row.agency.name if row.agency else "–",
        }  # fmt: skip
    words = {"days": days, "role": roles.get(given["role"], given["role"])}
    place = row.agency.name if row.agency else _("the centre and every agency")
    if given["max_minor"] is None:
        shape = _("%(days)s: no limit of its own for the role %(role)s, for %(place)s.")
        return shape % {**words, "place": place}
    amount = money(given["max_minor"], given["currency"])
    shape = _("%(days)s: the role %(role)s signs up to %(amount)s, for %(place)s.")
    return shape % {**words, "amount": amount, "place": place}


Choices = list[tuple[str, str]]


def _members(request: Asked, agency_id: UUID | None) -> tuple[Choices, Choices]:
    """Choices: whom one may name (not oneself), and who may lend a role that signs."""
    if agency_id is None:
        return [], []
    rows = memberships(request.actor, agency_id=agency_id, day=local_day(), place=Place(limit=200))
    permission = signing("agency", agency_id, "").permission
    named: Choices = []
    lenders: Choices = []
    for row in rows:
        words = f"{row.person.name} ({_(row.role.name)})"
        if "agreements.view" in row.role.permissions and row.person_id != request.actor.person_id:
            named.append((str(row.person_id), words))
        if permission in row.role.permissions and row.bureau_id is None:
            lenders.append((f"{row.person_id} {row.role_id}", words))
    return sorted(named, key=lambda item: item[1]), sorted(lenders, key=lambda item: item[1])


def _act(request: Asked, agency_id: UUID | None) -> str:
    """Do what the form says; what was done, in words."""
    do = text(request, "do")
    acts = {
        "limit": _propose_limit,
        "second": _propose_second,
        "guest": _propose_guest,
        "end": _end_second,
    }
    if do in acts:
        return acts[do](request, agency_id)
    decision = required_id(request, "decision", _("Choose a proposal."))
    reason = text(request, "reason")
    if do == "approve":
        authority.approve(actor=request.actor, decision_id=decision, reason=reason)
        return _("Approved. It holds from its first day on.")
    if do == "withdraw":
        authority.withdraw(actor=request.actor, decision_id=decision, reason=reason)
        return _("Withdrawn.")
    authority.reject(actor=request.actor, decision_id=decision, reason=reason)
    return _("Rejected.")


def _propose_limit(request: Asked, agency_id: UUID | None) -> str:
    given = text(request, "amount")
    authority.propose_limit(
        actor=request.actor,
        role=text(request, "role"),
        subject_type=text(request, "subject"),
        max_minor=money_field(request, "amount", _("Up to")) if given else None,
        starts=optional_day(request, "starts", _("First day")),
        ends=optional_day(request, "ends", _("First day without it")),
        agency_id=agency_id,
    )
    return _("The limit is proposed. A second person decides it.")


def _propose_second(request: Asked, agency_id: UUID | None) -> str:
    if agency_id is None:
        raise FormError("FORM-101", _("Choose the agency."), field="agency")
    authority.propose_second_approver(
        actor=request.actor,
        agency_id=agency_id,
        person_id=required_id(request, "person", _("Choose the person.")),
        starts=optional_day(request, "second_starts", _("First day")),
        ends=optional_day(request, "second_ends", _("First day without it")),
    )
    return _("The second approver is proposed. A second person decides it.")


def _propose_guest(request: Asked, agency_id: UUID | None) -> str:
    """Lend a role of the agency to somebody of another agency, and propose their naming."""
    if agency_id is None:
        raise FormError("FORM-101", _("Choose the agency."), field="agency")
    borrower = person_by_email(request.actor, text(request, "email"))
    ends = day_field(request, "guest_ends", _("First day without it"))
    lender, _dash, role = text(request, "lender").partition(" ")
    lender_id = as_id(lender)
    if lender_id is None:
        raise FormError("FORM-101", _("Choose who lends the role."), field="lender")
    delegate(
        actor=request.actor,
        from_person_id=lender_id,
        to_person_id=borrower.pk,
        role=role,
        agency_id=agency_id,
        ends=ends,
        reason=text(request, "guest_reason"),
    )
    authority.propose_second_approver(
        actor=request.actor, agency_id=agency_id, person_id=borrower.pk, ends=ends
    )
    return _("The role is lent, and the second approver is proposed. A second person decides it.")


def _end_second(request: Asked, agency_id: UUID | None) -> str:
    named = required_id(request, "second", _("Choose a second approver."))
    authority.end_second_approver(actor=request.actor, second_approver_id=named)
    return _("Ended. They may no longer decide for the agency.")

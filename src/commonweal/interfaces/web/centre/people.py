"""People, the roles they hold and lend; giving and ending them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.utils.translation import gettext as _

from commonweal.kernel.access.public import Actor, create_user, roles, set_user_active
from commonweal.kernel.notices.public import erase_messages, invite
from commonweal.kernel.party.public import (
    Bureau,
    Person,
    add_membership,
    agencies,
    bureaus,
    centre,
    create_person,
    delegate,
    end_delegation,
    end_membership,
    erase_person,
    memberships,
    roles_on,
    update_person,
)
from commonweal.kernel.party.public import delegations as all_delegations
from commonweal.kernel.party.public import people as all_people
from commonweal.kernel.party.public import person as find_person
from commonweal.kernel.schema.public import Place

from ..access import centre_only
from ..lists import lists, pages, place
from ..look.page import Link
from ..requests import Asked
from .base import (
    FormError,
    address,
    agency_choices,
    as_id,
    attempt,
    day_field,
    done,
    local_day,
    optional_day,
    required_id,
    show,
    text,
)

VIEW = "party.view_people"
MANAGE = "party.manage_people"
SEE_ROLES = "access.view_people"
ACCOUNTS = "access.manage_people"


def people_tabs(actor: Actor, here: str) -> list[Link]:
    """The pages about people that the actor may open."""
    tabs = (
        ("people", _("People"), VIEW),
        ("delegations", _("Roles lent"), VIEW),
        ("roles", _("What roles may do"), SEE_ROLES),
        ("approvers", _("Who may sign"), VIEW),
        ("agencies", _("Agencies"), VIEW),
        ("suppliers", _("Suppliers"), VIEW),
        ("settings", _("The centre"), VIEW),
    )
    open_to = [(name, label) for name, label, need in tabs if actor.may(need)]
    return [Link(label, address(name), name == here) for name, label in open_to]


@centre_only(VIEW)
@lists("party.Person")
def people(request: Asked) -> HttpResponse:
    """People by name, with the roles they hold today."""
    agency = as_id(request.GET.get("agency", ""))
    rows = all_people(request.actor, agency_id=agency, place=place(request))
    held = roles_on(request.actor, [row.pk for row in rows], local_day())
    asked = request.GET.get("agency", "")
    context = {
        "rows": [
            {
                "name": row.name,
                "id": row.pk,
                "home": row.home_agency.name if row.home_agency else centre().name,
                "roles": [_(name) for name in held.get(row.pk, [])],
                "account": row.user,
            }
            for row in rows
        ],
        "agency": asked,
        "agencies": agency_choices(request, _("Everybody")),
        "pages": pages(request, rows),
        "tabs": people_tabs(request.actor, "people"),
        "may_manage": request.actor.may(MANAGE),
    }
    return show(request, "centre/people.jinja", context)


@centre_only(MANAGE)
def new_person(request: Asked) -> HttpResponse:
    """Add a person, with an account to sign in if wanted."""
    errors: tuple[Any, ...] = ()
    if request.method == "POST":
        made: list[Person] = []
        errors = attempt(lambda: made.append(make_person(request)))
        if not errors:
            words = _("Added. Give a role now.")
            return done(request, words, "person", made[0].pk)
    context = {"asked": request.POST, "agencies": agency_choices(request, centre().name)}
    return show(request, "centre/new_person.jinja", context, errors)


def make_person(request: Asked) -> Person:
    """The account first, without a password: the invitation leads to where one is chosen."""
    email = text(request, "email")
    user = create_user(actor=request.actor, email=email) if text(request, "account") else None
    made = create_person(
        actor=request.actor,
        name=text(request, "name"),
        email=email,
        phone=text(request, "phone"),
        user_id=user.pk if user else None,
        home_agency_id=as_id(text(request, "agency")),
    )
    if user:
        invite(actor=request.actor, user_id=user.pk)
    return made


@centre_only(VIEW)
@lists("party.Membership")
def person(request: Asked, person_id: UUID) -> HttpResponse:
    """One person: every role held, when; giving another and ending one."""
    errors: tuple[Any, ...] = ()
    if request.method == "POST":
        what = text(request, "do")
        write, words = person_writes().get(what, (end_role, _("The role was ended.")))
        errors = attempt(lambda: write(request, person_id))
        if not errors:
            return done(request, words, "person", person_id)
    day = local_day()
    held = memberships(request.actor, person_id=person_id, place=place(request))
    found = find_person(request.actor, person_id)
    context = {
        "found": found,
        "account": found.user,
        "own": found.user_id == request.actor.user_id,
        "may_accounts": request.actor.may(ACCOUNTS),
        "rows": [{"row": row, "running": runs(row.starts, row.ends, day)} for row in held],
        "pages": pages(request, held),
        "roles": [
            (role.code, f"{_(role.name)} ({_('centre') if role.side == 'centre' else _('agency')})")
            for role in (roles(request.actor) if request.actor.may("access.view_people") else ())
        ],
        "places": place_choices(request) if request.actor.may(MANAGE) else [],
        "may_manage": request.actor.may(MANAGE),
        "asked": request.POST,
        "today": day,
    }
    return show(request, "centre/person.jinja", context, errors)


def person_writes() -> dict[str, tuple[Callable[[Asked, UUID], None], str]]:
    """What a button of a person's page does, and what is said then; any other ends a role."""
    return {
        "give": (give_role, _("The role was given.")),
        "account": (open_account, _("The account is made, and an invitation is on its way.")),
        "invite": (invite_again, _("An invitation is on its way.")),
        "close": (close_account, _("The account is closed: it signs in no more.")),
        "erase": (erase, _("The personal data is erased.")),
        "reopen": (reopen_account, _("The account is open again.")),
    }


def account_of(request: Asked, person_id: UUID) -> UUID:
    """The account of a person (FORM-101 if there is none)."""
    found = find_person(request.actor, person_id).user_id
    if found is None:
        raise FormError("FORM-101", _("This person has no account yet. Make one first."))
    return found


def open_account(request: Asked, person_id: UUID) -> None:
    """Make an account for a person who has none, and invite them."""
    found = find_person(request.actor, person_id)
    if not found.email:
        raise FormError(
            "FORM-122", _("This person has no e-mail address. Without one nobody can sign in.")
        )
    user = create_user(actor=request.actor, email=found.email)
    update_person(actor=request.actor, person_id=person_id, user_id=user.pk)
    invite(actor=request.actor, user_id=user.pk)


def invite_again(request: Asked, person_id: UUID) -> None:
    """Send another link with which to choose a password."""
    invite(actor=request.actor, user_id=account_of(request, person_id))


def close_account(request: Asked, person_id: UUID) -> None:
    """Close the account."""
    set_user_active(actor=request.actor, user_id=account_of(request, person_id), active=False)


def erase(request: Asked, person_id: UUID) -> None:
    """Remove what says who the person was, and every message to them."""
    if not text(request, "sure"):
        raise FormError(
            "FORM-123", _("Tick the box: what is erased cannot be brought back."), field="sure"
        )
    erase_person(actor=request.actor, person_id=person_id)
    erase_messages(actor=request.actor, person_id=person_id)


def reopen_account(request: Asked, person_id: UUID) -> None:
    """Open the account again."""
    set_user_active(actor=request.actor, user_id=account_of(request, person_id), active=True)


def place_choices(request: Asked) -> list[tuple[str, str]]:
    """Where a role may be held: the centre, an agency, or (`agency/bureau`) one of its bureaus."""
    found = [("", centre().name)]
    parts: dict[UUID, list[Bureau]] = {}
    for row in bureaus(request.actor):
        parts.setdefault(row.agency_id, []).append(row)
    for agency in agencies(request.actor):
        found.append((str(agency.pk), agency.name))
        found += [
            (f"{agency.pk}/{row.pk}", f"{agency.name}: {row.name}")
            for row in parts.get(agency.pk, [])
        ]
    return found


def runs(starts: date, ends: date | None, day: date) -> str:
    """`now`, `later` or `ended`."""
    if starts > day:
        return "later"
    return "now" if ends is None or ends > day else "ended"


def give_role(request: Asked, person_id: UUID) -> None:
    """Give a role from a day on."""
    agency, _slash, bureau = text(request, "agency").partition("/")
    add_membership(
        actor=request.actor,
        person_id=person_id,
        role=text(request, "role"),
        agency_id=as_id(agency),
        bureau_id=as_id(bureau),
        starts=optional_day(request, "starts", _("First day")),
        ends=optional_day(request, "ends", _("First day without it")),
    )


def end_role(request: Asked, person_id: UUID) -> None:
    """End a role."""
    end_membership(
        actor=request.actor,
        membership_id=required_id(request, "membership", _("Choose a role.")),
        ends=optional_day(request, "until", _("First day without it")),
    )


@centre_only(VIEW)
@lists("party.Delegation")
def delegations(request: Asked) -> HttpResponse:
    """Roles lent for a time, newest first; lending one and ending a loan."""
    errors: tuple[Any, ...] = ()
    if request.method == "POST":
        lending = text(request, "do") == "lend"
        errors = attempt(lambda: lend(request) if lending else end_loan(request))
        if not errors:
            words = _("The role is lent.") if lending else _("The loan was ended.")
            return done(request, words, "delegations")
    day = local_day()
    everybody = all_people(request.actor, place=Place(limit=500))
    found = all_delegations(request.actor, place=place(request))
    context = {
        "rows": [{"row": row, "running": runs(row.starts, row.ends, day)} for row in found],
        "pages": pages(request, found),
        "people": [(str(row.pk), row.name) for row in everybody],
        "roles": [
            (role.code, _(role.name))
            for role in (roles(request.actor) if request.actor.may("access.view_people") else ())
        ],
        "agencies": agency_choices(request, centre().name),
        "may_lend": request.actor.may("party.delegate"),
        "me": request.actor.person_id,
        "asked": request.POST,
        "tabs": people_tabs(request.actor, "delegations"),
    }
    return show(request, "centre/delegations.jinja", context, errors)


def lend(request: Asked) -> None:
    """Lend a role."""
    delegate(
        actor=request.actor,
        from_person_id=required_id(request, "lender", _("Choose who lends the role.")),
        to_person_id=required_id(request, "borrower", _("Choose to whom it is lent.")),
        role=text(request, "role"),
        agency_id=as_id(text(request, "agency")),
        starts=optional_day(request, "starts", _("First day")),
        ends=day_field(request, "ends", _("First day without it")),
        reason=text(request, "reason"),
    )


def end_loan(request: Asked) -> None:
    """End a loan."""
    loan = required_id(request, "loan", _("Choose a loan."))
    end_delegation(actor=request.actor, delegation_id=loan)

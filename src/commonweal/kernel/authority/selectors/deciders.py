"""Who may decide each of many things, read once for a whole page."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Exists, F, OuterRef, QuerySet, Subquery, UUIDField, Value
from django.db.models.functions import Cast
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from ...access.public import Actor, Role
from ...calendar.public import today
from ...party.public import Delegation, Membership, Person, centre
from ..domain import SECOND, SECOND_ROLE, Limit, limits_in_force, reach
from ..models import AmountLimit, Decision, SecondApprover
from ..registry import subject_of
from ..rules import in_force


@dataclass(frozen=True)
class Matter:
    """Something that waits for one side: the permission it takes, its amount, who proposed it.

    `own_side`: whether it was proposed for this side, so that its proposer cannot decide it.
    `taken`: the account that decided for the other side already.
    """

    permission: str
    side: str
    agency_id: UUID | None
    subject_type: str = ""
    amount_minor: int | None = None
    currency: str = ""
    own_side: bool = True
    proposed_by: UUID | None = None
    proposed_person: UUID | None = None
    taken: UUID | None = None


HINDRANCES: dict[str, tuple[str, str]] = {
    "": ("", ""),
    "account": (
        gettext_noop("has no account to sign in with"),
        gettext_noop("You need an account of your own to decide this."),
    ),
    "taken": (
        gettext_noop("has decided for the other side"),
        gettext_noop("You have decided for the other side. Ask a colleague for this one."),
    ),
    "proposed": (
        gettext_noop("proposed it"),
        gettext_noop("You proposed this, so somebody else must decide."),
    ),
    "lent": (
        gettext_noop("acts only through a role that the proposer lent"),
        gettext_noop("You may decide this only through a role that its proposer lent to you."),
    ),
    "named": (
        gettext_noop("is whom it names"),
        gettext_noop("It names you, so somebody else must decide."),
    ),
    "limit": (
        gettext_noop("the amount is above their limit"),
        gettext_noop("The amount is above what your role may decide."),
    ),
}
"""What keeps somebody from deciding, in words about them and to them."""


@dataclass(frozen=True)
class Decider:
    """Somebody who holds the right, and what keeps them from using it this time (a hindrance).

    Where the reader may not see people, a role stands for its holders: `name` is empty then.
    """

    role: str
    name: str
    person_id: UUID | None
    lent: bool
    second: bool
    hindrance: str

    @property
    def why_not(self) -> str:
        """What keeps them from deciding, in words about them; empty if they may."""
        words = HINDRANCES[self.hindrance][0]
        return _(words) if words else ""


@dataclass(frozen=True)
class Holding:
    """Who holds a role where today, their own or (`lender`) one that somebody lent them.

    `name` None: the reader may not see the person. `second`: named as second approver there.
    """

    person_id: UUID
    user_id: UUID | None
    agency_id: UUID
    lender: UUID | None
    name: str | None
    role: str
    role_name: str
    permissions: list[str]
    second: bool


def _holdings(places: Collection[UUID], day: date) -> list[Holding]:
    """Every role that somebody holds in one of the agencies on a day, in one query.

    A person whom the scope hides stays, without a name: a join would drop the right.
    """

    def columns(rows: QuerySet[Any], person: str, user: str, lender: Any) -> QuerySet[Any]:
        name = Person.objects.filter(pk=OuterRef(person)).values("name")[:1]
        named = SecondApprover.objects.filter(
            in_force(day), agency_id=OuterRef("agency_id"), person_id=OuterRef(person)
        )
        return rows.values_list(
            person, user, "agency_id", lender, Subquery(name), "role_id", "role__name",
            "role__permissions", Exists(named),
        )  # fmt: skip

    own = Membership.objects.filter(in_force(day), agency_id__in=places, bureau__isnull=True)
    lent = Delegation.objects.filter(in_force(day), agency_id__in=places)
    nobody = Cast(Value(None), UUIDField())
    rows = columns(own, "person_id", "user_id", nobody).union(
        columns(lent, "to_person_id", "to_user_id", F("from_person_id")), all=True
    )
    return [Holding(*row) for row in rows]


class Deciders:
    """Who holds which right at the centre and in some agencies, as far as the reader may see.

    Three queries, however many matters are asked about.
    """

    def __init__(self, actor: Actor, agency_ids: Iterable[UUID]) -> None:
        self._centre, day = centre().agency_id, today(centre().zone)
        self._held = _holdings({*agency_ids, self._centre}, day)
        self._limits = list(AmountLimit.objects.filter(in_force(day)).select_related("role"))
        self._sees_centre = actor.centre
        self._roles = [] if actor.centre else list(Role.objects.filter(side="centre"))

    def of(self, matter: Matter) -> list[Decider]:
        """Those who hold the right for a matter; who may use it first."""
        if matter.side == "centre" and not self._sees_centre:
            return self._roles_of(matter)
        place = self._centre if matter.side == "centre" else matter.agency_id
        mine = [held for held in self._held if held.agency_id == place]
        people: dict[UUID, list[Holding]] = {}
        for held in mine:
            people.setdefault(held.person_id, []).append(held)
        found = [
            decider
            for person_id, roles in people.items()
            if (decider := self._decider(matter, person_id, roles)) is not None
        ]
        return sorted(found, key=lambda each: (bool(each.hindrance), each.name))

    def why_not(self, actor: Actor, matter: Matter) -> str:
        """What keeps the actor from deciding a matter, in words to them; empty if they may."""
        if actor.kind != "person":
            return _("Only a signed-in person can decide this.")
        if (matter.side == "centre") is not actor.centre:
            return (
                _("The centre's people decide this.")
                if matter.side == "centre"
                else _("The agency's people decide this.")
            )
        mine = [each for each in self.of(matter) if each.person_id == actor.person_id]
        if not mine:
            return _("Your roles do not let you decide this.")
        words = HINDRANCES[mine[0].hindrance][1]
        return _(words) if words else ""

    def highest(self, decider: Decider, matter: Matter) -> int | None:
        """Up to which amount somebody may decide: None without a limit, -1 for no amount."""
        roles = {held.role for held in self._held if held.person_id == decider.person_id}
        second = {SECOND_ROLE} if decider.second else set()
        return reach(self.limits(matter), frozenset(roles | second), matter.currency)

    def why_not_on(self, actor: Actor, decision: Decision) -> str:
        """What keeps the actor from deciding a proposal, in words to them; empty if they may."""
        if actor.kind != "person":
            return _("Only a signed-in person can decide this.")
        mine = [each for each in self.on(decision) if each.person_id == actor.person_id]
        if not mine or actor.person_id is None:
            return _("Your roles do not let you decide this.")
        words = HINDRANCES[mine[0].hindrance][1]
        return _(words) if words else ""

    def on(self, decision: Decision) -> list[Decider]:
        """Those who hold the right to decide a proposal, of its agency and of the centre."""
        matter = Matter(
            permission=subject_of(decision.subject_type).approve_permission,
            side="agency",
            agency_id=decision.agency_id,
            subject_type=decision.subject_type,
            amount_minor=decision.amount_minor,
            currency=decision.currency,
            proposed_by=decision.proposed_by,
            proposed_person=decision.proposed_by_person,
        )
        own = self.of(matter) if decision.agency_id else []
        found = own + self.of(replace(matter, side="centre"))
        named = decision.effect.get("person") if decision.subject_type == SECOND else None
        return [
            replace(each, hindrance="named") if named == str(each.person_id) else each
            for each in found
        ]

    def _decider(self, matter: Matter, person_id: UUID, roles: list[Holding]) -> Decider | None:
        able = [held for held in roles if matter.permission in held.permissions]
        second = matter.side == "agency" and any(held.second for held in roles)
        if not able and not second:
            return None
        shown = able or roles
        return Decider(
            role=", ".join(dict.fromkeys(_(held.role_name) for held in shown)),
            name=roles[0].name or _("A person of another agency"),
            person_id=person_id,
            lent=all(held.lender is not None for held in shown),
            second=second,
            hindrance=self._hindrance(matter, able, roles, second=second),
        )

    def _hindrance(
        self, matter: Matter, able: list[Holding], roles: list[Holding], *, second: bool
    ) -> str:
        person, user = roles[0].person_id, roles[0].user_id
        if user is None:
            return "account"
        if matter.taken is not None and user == matter.taken:
            return "taken"
        if matter.own_side:
            if user == matter.proposed_by or person == matter.proposed_person:
                return "proposed"
            lenders = {held.lender for held in able}
            if not second and matter.proposed_person and lenders == {matter.proposed_person}:
                return "lent"
        held_roles = frozenset(held.role for held in roles) | (
            {SECOND_ROLE} if second else frozenset()
        )
        return self._over(matter, held_roles)

    def _over(self, matter: Matter, roles: frozenset[str]) -> str:
        highest = reach(self.limits(matter), roles, matter.currency)
        if matter.amount_minor is None or highest is None or abs(matter.amount_minor) <= highest:
            return ""
        return "limit"

    def limits(self, matter: Matter) -> list[Limit]:
        """The limits in force for a matter's side."""
        rows = [
            (row.agency_id, Limit(row.role_id, row.max_minor, row.currency))
            for row in self._limits
            if row.subject_type == matter.subject_type
            and row.role.side == matter.side
            and row.agency_id in (None, matter.agency_id)
        ]
        return limits_in_force(
            [limit for place, limit in rows if place is None],
            [limit for place, limit in rows if place is not None],
        )

    def _roles_of(self, matter: Matter) -> list[Decider]:
        found = [
            Decider(
                _(role.name), "", None, False, False, self._over(matter, frozenset({role.code}))
            )
            for role in self._roles
            if matter.permission in role.permissions
        ]
        return sorted(found, key=lambda each: (bool(each.hindrance), each.role))

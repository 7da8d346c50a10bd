"""Who may decide a proposal, as pure rules."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from ..errors import CommonwealError

FOUR_EYES = "four_eyes"
LIMIT, SECOND = "authority.AmountLimit", "authority.SecondApprover"
"""What authority itself lets two people decide: who may decide up to which amount."""
SIDES = ("centre", "agency")
SECOND_ROLE = "agency_approver"
"""A second approver decides up to the limit of this role, whatever role they hold."""


class AuthorityError(CommonwealError):
    """A proposal cannot be made or decided as asked."""


class NotYours(AuthorityError):
    """Somebody else must decide this."""

    status = 403


@dataclass(frozen=True)
class Limit:
    """Up to which amount (minor units of a currency) a role may approve."""

    role: str
    max_minor: int
    currency: str


def check_two_people(
    *,
    proposer_user: UUID | None,
    proposer_person: UUID | None,
    user_id: UUID | None,
    person_id: UUID | None,
    sources: frozenset[UUID | None],
) -> None:
    """Proposer ≠ approver (issue 2, item 3): not the account, not the person, not a borrowed role.

    `sources`: where the approver's right comes from (None: an own role, else the lender). If every
    source is the proposer, the proposer would in effect approve alone.
    """
    same_user = proposer_user is not None and user_id == proposer_user
    same_person = proposer_person is not None and person_id == proposer_person
    if same_user or same_person:
        raise NotYours(
            "AUTHORITY-105", "You proposed this, so somebody else must decide. You may withdraw it."
        )
    if proposer_person is not None and sources == {proposer_person}:
        raise NotYours(
            "AUTHORITY-106",
            "You may decide this only through a role that its proposer lent to you. "
            "Somebody with a role of their own must decide.",
        )


def limits_in_force(general: Iterable[Limit], own: Iterable[Limit]) -> list[Limit]:
    """The limits of one side: an agency's own go before those for every agency, role by role."""
    mine = list(own)
    roles = {limit.role for limit in mine}
    return [*mine, *(limit for limit in general if limit.role not in roles)]


def reach(limits: Iterable[Limit], roles: frozenset[str], currency: str) -> int | None:
    """Up to which amount these roles may decide: None without any limit, -1 for no amount."""
    known = list(limits)
    if not known:
        return None
    own = [limit.max_minor for limit in known if limit.role in roles and limit.currency == currency]
    return max(own, default=-1)


def check_amount(
    *,
    amount_minor: int | None,
    currency: str,
    limits: Iterable[Limit],
    roles: frozenset[str],
) -> None:
    """The approver's highest limit reaches the amount, credits included (AUTHORITY-107).

    Without any limit for the subject there is nothing to reach; with one, a role without a limit
    may approve no amount, and a limit in another currency does not count.
    """
    if amount_minor is None:
        return
    highest = reach(limits, roles, currency)
    if highest is not None and abs(amount_minor) > highest:
        raise NotYours(
            "AUTHORITY-107",
            "The amount is above what your role may approve. Ask somebody with a higher limit.",
        )

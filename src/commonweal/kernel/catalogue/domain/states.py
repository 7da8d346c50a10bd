"""The states of agreements and orders, as data, and who may sign."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from uuid import UUID

from .orders import CatalogueError

AGREEMENT_MOVES: Mapping[str, frozenset[str]] = {
    "draft": frozenset({"proposed", "withdrawn"}),
    "proposed": frozenset({"active", "withdrawn", "refused"}),
    "active": frozenset({"ended"}),
    "ended": frozenset(),
    "withdrawn": frozenset(),
    "refused": frozenset(),
}
ORDER_MOVES: Mapping[str, frozenset[str]] = {
    "draft": frozenset({"proposed", "withdrawn"}),
    "proposed": frozenset({"active", "withdrawn", "refused"}),
    "active": frozenset({"superseded", "ended"}),
    "superseded": frozenset(),
    "ended": frozenset(),
    "withdrawn": frozenset(),
    "refused": frozenset(),
}
ENDING_MOVES: Mapping[str, frozenset[str]] = {
    "draft": frozenset({"proposed"}),
    "proposed": frozenset({"active", "withdrawn", "refused"}),
    "active": frozenset(),
    "withdrawn": frozenset(),
    "refused": frozenset(),
}
SIDES = ("agency", "centre")


def move(moves: Mapping[str, frozenset[str]], state: str, to: str, what: str) -> str:
    """The new state, or CATALOGUE-230 if it cannot follow from the present one."""
    if to not in moves.get(state, frozenset()):
        raise CatalogueError(
            "CATALOGUE-230",
            f"{what} is {state} and cannot become {to}. Open it again to see what is possible now.",
        )
    return to


def check_signature(
    *,
    side: str,
    user_id: UUID | None,
    proposed_by: UUID | None,
    proposed_person: UUID | None,
    proposed_side: str,
    other_signer: UUID | None,
    lenders: Collection[UUID | None] = (),
) -> UUID:
    """The signer's account, if it may sign for this side; else CATALOGUE-231 to 234.

    Two parties, and in each of them four eyes: whoever proposed for a side does not sign for it,
    nor does anybody who holds the permission only because the proposer lent it (`lenders`: where
    it comes from, None for a role of one's own), nor does one person sign for both.
    """
    if side not in SIDES:
        raise CatalogueError("CATALOGUE-231", "Sign for the “agency” or for the “centre”.")
    if user_id is None:
        raise CatalogueError("CATALOGUE-232", "Only a person can sign. Sign in and try again.")
    if user_id == other_signer:
        raise CatalogueError(
            "CATALOGUE-234",
            "You have signed for the other party. Ask a colleague to sign for this one.",
        )
    if side == proposed_side:
        borrowed = bool(lenders) and all(
            lender is not None and lender == proposed_person for lender in lenders
        )
        if user_id == proposed_by or borrowed:
            raise CatalogueError(
                "CATALOGUE-233",
                "You proposed this, or act for whoever did. Ask a colleague to sign it.",
            )
    return user_id

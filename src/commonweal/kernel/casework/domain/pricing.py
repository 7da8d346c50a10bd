"""Which charge item a case, or a contact about one, uses by its channel. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from .errors import CaseError

PER_CONTACT = "contact:"
"""What stands before a channel where each contact is charged, not each case."""
ANY = "*"


def item_of(items: Mapping[str, str], channel: str, lead: str = "") -> str:
    """The charge item of a channel, else of every other channel ("": nothing is charged)."""
    return str(items.get(lead + channel) or items.get(lead + ANY) or "")


def check_items(items: Mapping[str, str], channels: Collection[str]) -> dict[str, str]:
    """What a kind of case charges, by channel (CASE-250 for what is none: it would never charge).

    A key is a channel or `*`, for one unit of each closed case; with `contact:` before it, for one
    unit of each contact.
    """
    known = {*channels, ANY}
    for key, item in items.items():
        if key.removeprefix(PER_CONTACT) not in known or not item.strip():
            raise CaseError(
                "CASE-250",
                f"“{key[:40]}” is no channel that can be charged. Write a channel or *, with "
                f"“{PER_CONTACT}” before it for each contact, then its charge item.",
                field="items",
            )
    return {key: item.strip() for key, item in items.items()}

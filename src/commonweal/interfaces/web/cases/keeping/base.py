"""What the pages of keeping share: their tabs, and the words for what an erasure counts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from commonweal.kernel.access.public import Actor
from commonweal.kernel.party.public import people_of_accounts

from ...look.page import Link

MANAGE = "casework.manage"


def tabs_of(here: str) -> list[Link]:
    """The pages of keeping in their order; `here` is the present one."""
    found = {
        "retention": _("How long"),
        "people": _("Erase somebody"),
        "erased": _("Erased"),
        "holds": _("Legal holds"),
        "mails": _("Mail held back"),
        "proofs": _("Proof of clocks"),
        "months": _("Frozen months"),
        "usage": _("Refused usage"),
        "imports": _("Files in"),
        "export": _("Files out"),
    }
    return [Link(words, reverse(f"keeping:{name}"), name == here) for name, words in found.items()]


def counted(counts: Mapping[str, Any]) -> list[tuple[str, int]]:
    """What an erasure counts, in words, in one order; what it has none of is left out."""
    words = {
        "cases": _("Cases"),
        "interactions": _("Messages and notes"),
        "attachments": _("Files"),
        "documents": _("Kept bytes: files, pictures of them, e-mails as they came"),
        "words": _("Words by which it is found"),
        "contacts": _("People and addresses"),
        "kept": _("Cases that stayed"),
    }
    return [(words[name], int(counts[name])) for name in words if counts.get(name)]


def names_of(actor: Actor, accounts: set[Any]) -> dict[Any, str]:
    """The names of people by their account; one query."""
    found = people_of_accounts(actor, {each for each in accounts if each})
    return {account: person.name for account, person in found.items()}

"""What a payment's text says, and which bills it pays. Pure.

In this order: bill numbers that the text or the bank's own fields name; the account that the payer
is known by with an amount that fits exactly; else a proposal for a person, or nobody known.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from uuid import UUID

from .settlement import OpenBill, spread

NUMBER = re.compile(r"[A-Z0-9][A-Z0-9._-]{0,19}-\d{4}-(?:0[1-9]|1[0-2])(?!\d)", re.IGNORECASE)
_AFTER = re.compile(
    r"\s*(?:/\s*(?P<service>[a-z][a-z0-9_.-]*))?\s*[:=]?\s*"
    r"(?:(?:[A-Z]{3}|[$€£])\s*)?(?P<amount>\d{1,3}(?:,\d{3})+\.\d{2}|\d+\.\d{2})?(?!\d)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Named:
    """A bill that a payment names; with an amount or a service where it says one."""

    number: str
    minor: int | None = None
    service: str = ""


@dataclass(frozen=True)
class ReadEntry:
    """One line of a statement, as read. `minor`: in positive, out negative."""

    row: int
    booked_on: date
    minor: int
    currency: str
    reference: str = ""
    payer: str = ""
    payer_account: str = ""
    text: str = ""
    named: tuple[Named, ...] = ()


@dataclass(frozen=True)
class Share:
    """A part of a payment for one bill."""

    bill_id: UUID
    number: str
    minor: int
    service: str = ""


@dataclass(frozen=True)
class Match:
    """Whose a payment is and what it pays; the rest becomes an advance. `sure`: it may be posted
    without a person. `how`: reference, amount, account, name or nothing."""

    how: str
    agency_id: UUID | None = None
    shares: tuple[Share, ...] = ()
    advance_minor: int = 0
    sure: bool = False


def named_bills(text: str, exponent: int) -> list[Named]:
    """The bill numbers in a text, each with the amount and service that stand after it:
    `PARKS-2026-10 120.00, PARKS-2026-11/payroll 80.00`. Numbers need not exist."""
    found: dict[tuple[str, str], Named] = {}
    for match in NUMBER.finditer(text):
        after = _AFTER.match(text, match.end())
        service = (after["service"] or "").lower() if after else ""
        amount = after["amount"] if after else None
        minor = None
        if amount:
            scaled = Decimal(amount.replace(",", "")).scaleb(exponent)
            minor = int(scaled) if scaled == int(scaled) else None
        number = match[0].upper()
        found.setdefault((number, service), Named(number, minor, service))
    return list(found.values())


@dataclass
class Matcher:
    """Matches the entries of a file one after another; each sees what those before it paid.

    `accounts`: the agencies by the accounts that they pay from; `names`: by folded name and code.
    """

    bills: dict[str, OpenBill]
    accounts: Mapping[str, UUID] = field(default_factory=dict)
    names: Mapping[str, UUID] = field(default_factory=dict)

    def match(self, entry: ReadEntry) -> Match:
        """What one entry pays; whatever is sure counts as paid for the entries after it."""
        found = self._by_reference(entry) or self._by_account(entry) or self._by_hint(entry)
        if found.sure:
            self._pay(found.shares)
        return found

    def _pay(self, shares: Sequence[Share]) -> None:
        for share in shares:
            bill = self.bills[share.number]
            paid = spread(share.minor, _of_service(bill, share.service))
            opens = {
                key: left for key in bill.opens if (left := bill.opens[key] - paid.get(key, 0))
            }
            self.bills[share.number] = OpenBill(
                bill.id, bill.number, bill.agency_id, bill.due_on, opens, bill.held_minor
            )

    def _by_reference(self, entry: ReadEntry) -> Match | None:
        named = [each for each in entry.named if each.number in self.bills]
        owners = {self.bills[each.number].agency_id for each in named}
        if len(owners) != 1:
            return None
        owner = owners.pop()
        shares, left = self._share(named, entry.minor)
        payer = self.accounts.get(entry.payer_account)
        sure = payer in (None, owner)
        return Match("reference", owner, shares, left, sure)

    def _share(self, named: Sequence[Named], minor: int) -> tuple[tuple[Share, ...], int]:
        """An amount over bills in the order named: each up to what it says, or what is open."""
        left, taken, shares = minor, dict[str, int](), []
        for each in named:
            bill = self.bills[each.number]
            opens = sum(_of_service(bill, each.service).values()) - taken.get(each.number, 0)
            part = min(left, opens, opens if each.minor is None else each.minor)
            if part <= 0:
                continue
            shares.append(Share(bill.id, bill.number, part, each.service))
            taken[each.number] = taken.get(each.number, 0) + part
            left -= part
        return tuple(shares), left

    def _by_account(self, entry: ReadEntry) -> Match | None:
        owner = self.accounts.get(entry.payer_account)
        if owner is None:
            return None
        exact = self._exact(owner, entry.minor)
        if exact is not None:
            return Match("amount", owner, exact, 0, True)
        return self._oldest_first("account", owner, entry.minor)

    def _exact(self, owner: UUID, minor: int) -> tuple[Share, ...] | None:
        """The one bill of which exactly so much is open or payable; else all bills together."""
        own = self._own(owner)
        fits = [bill for bill in own if minor in (bill.open_minor, bill.payable_minor)]
        if len(fits) == 1:
            return (Share(fits[0].id, fits[0].number, minor),)
        if len(own) > 1 and sum(bill.open_minor for bill in own) == minor:
            return tuple(Share(bill.id, bill.number, bill.open_minor) for bill in own)
        return None

    def _own(self, owner: UUID) -> list[OpenBill]:
        return sorted(
            (bill for bill in self.bills.values()
             if bill.agency_id == owner and bill.open_minor > 0),
            key=lambda bill: (str(bill.due_on or ""), bill.number),
        )  # fmt: skip

    def _oldest_first(self, how: str, owner: UUID, minor: int) -> Match:
        shares, left = self._share([Named(bill.number) for bill in self._own(owner)], minor)
        return Match(how, owner, shares, left)

    def _by_hint(self, entry: ReadEntry) -> Match:
        """A proposal by the payer's name, or by an amount that fits one bill of all; never sure."""
        owner = self.names.get(folded(entry.payer))
        if owner is not None:
            return self._oldest_first("name", owner, entry.minor)
        fits = [bill for bill in self.bills.values()
                if entry.minor in (bill.open_minor, bill.payable_minor)]  # fmt: skip
        if len(fits) == 1:
            share = Share(fits[0].id, fits[0].number, entry.minor)
            return Match("amount", fits[0].agency_id, (share,))
        return Match("nothing")


def _of_service(bill: OpenBill, service: str) -> dict[tuple[str, str], int]:
    return {key: minor for key, minor in bill.opens.items() if service in ("", key[1])}


def folded(name: str) -> str:
    """A name as names are compared: letters and digits only, small."""
    return "".join(mark for mark in name.casefold() if mark.isalnum())


def by_number(bills: Iterable[OpenBill]) -> dict[str, OpenBill]:
    """Bills by number in capitals, as texts are read."""
    return {bill.number.upper(): bill for bill in bills}

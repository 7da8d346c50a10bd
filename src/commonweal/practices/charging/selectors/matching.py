"""What the entries of a statement would pay; nothing is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from commonweal.kernel.access.public import SYSTEM, Actor, require
from commonweal.kernel.party.public import Agency, agencies

from ..domain.remittance import Match, Matcher, ReadEntry, by_number, folded
from ..domain.statements import ReadStatement, entry_keys
from ..import_payments.reading import PaymentReading, PaymentRequest, read_payments
from ..models import BankEntry, BankStatement, PayerAccount
from .standing import open_bills, unsettled

IMPORT = "charging.import_payments"


@dataclass(frozen=True)
class Planned:
    """An entry of a file: whether the record has it already, and what it would pay."""

    entry: ReadEntry
    known: bool
    match: Match


@dataclass(frozen=True)
class PaymentReport:
    """What became of a file, or in a dry run would. `plans`: by statement, entry by entry."""

    reading: PaymentReading
    plans: tuple[tuple[ReadStatement, tuple[Planned, ...]], ...] = ()
    statements: tuple[BankStatement, ...] = field(default=())

    @property
    def entries(self) -> list[Planned]:
        """Every entry of the file."""
        return [each for _statement, plans in self.plans for each in plans]

    @property
    def fresh(self) -> int:
        """How many entries are new."""
        return sum(not each.known for each in self.entries)


def matcher() -> Matcher:
    """A matcher over every bill on which something is open."""
    bills = unsettled()
    opened = by_number(open_bills(bills).values())
    accounts = dict(PayerAccount.objects.values_list("account", "agency_id"))
    names = {}
    for row in agencies_all():
        names[folded(row.name)] = row.pk
        names[folded(row.code)] = row.pk
    return Matcher(opened, accounts, names)


def agencies_all() -> list[Agency]:
    """Every agency; the centre's scope only."""
    return list(agencies(SYSTEM))


def plan(
    statements: Sequence[ReadStatement],
) -> tuple[tuple[ReadStatement, tuple[Planned, ...]], ...]:
    """What each entry of a file would pay; nothing is written."""
    machine = matcher()
    found: list[tuple[ReadStatement, tuple[Planned, ...]]] = []
    for statement in statements:
        keys = entry_keys(statement)
        known = set(BankEntry.objects.filter(key__in=keys).values_list("key", flat=True))
        plans = []
        for key, entry in zip(keys, statement.entries, strict=True):
            nothing = key in known or entry.minor < 0
            plans.append(
                Planned(entry, key in known, Match("nothing") if nothing else machine.match(entry))
            )
        found.append((statement, tuple(plans)))
    return tuple(found)


def look_at_payments(actor: Actor, request: PaymentRequest) -> PaymentReport:
    """A dry run: what is in a file, what of it is new, and what each entry would pay."""
    require(actor, IMPORT)
    reading = read_payments(request)
    if reading.problems or reading.ask:
        return PaymentReport(reading)
    return PaymentReport(reading, plan(reading.statements))

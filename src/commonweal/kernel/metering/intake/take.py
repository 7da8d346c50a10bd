"""Taking checked records in, under the locks, and saying what became of each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from ...access.public import SYSTEM, Actor, act_as
from ...calendar.public import FiscalPeriod, now
from ...schema.public import uuid7
from ..domain import Fact, Problem, Raw, UsageError
from ..domain.checks import Moments, Reference, check
from ..domain.facts import key_hash
from ..domain.problems import Refused, refuse
from ..models import PeriodState, Quarantine, Source, UsageBatch
from ..storage import locks
from ..storage.keys import Index, content_of, find, key_rows, sealed_index
from ..storage.load import Setting, Stored, copy_lines, store
from ..storage.recorded import contents
from .reference import reference_for
from .replacing import store_replacing

Place = Callable[[Refused, Raw], Problem]


@dataclass(frozen=True)
class IntakeResult:
    """What became of a batch. Duplicates were recorded before with the same content."""

    batch_id: UUID
    accepted: int = 0
    duplicates: int = 0
    conflicts: tuple[Problem, ...] = ()
    rejected: tuple[Problem, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether every record is recorded."""
        return not self.conflicts and not self.rejected


@dataclass
class Tally:
    """The growing result of one batch; `batch_id` once it has one."""

    accepted: int = 0
    duplicates: int = 0
    batch_id: UUID | None = None
    conflicts: list[Problem] = field(default_factory=list)
    rejected: list[Problem] = field(default_factory=list)

    def result(self, batch_id: UUID) -> IntakeResult:
        """The result, problems in the order of the records."""
        return IntakeResult(
            batch_id,
            self.accepted,
            self.duplicates,
            tuple(sorted(self.conflicts, key=lambda problem: problem.row)),
            tuple(sorted(self.rejected, key=lambda problem: problem.row)),
        )


def sender_agency(actor: Actor) -> UUID | None:
    """The agency to which a batch belongs: the sender's own, None for the centre's."""
    if actor.centre or len(actor.agencies) != 1:
        return None
    return next(iter(actor.agencies))


def closed_periods() -> dict[str, str]:
    """Every period that no longer counts arrivals, and the next open one after it."""
    closed = set(PeriodState.objects.exclude(state="open").values_list("period", flat=True))
    found = {}
    for code in closed:
        following = FiscalPeriod.parse(code).shift(1)
        while following.code in closed:
            following = following.shift(1)
        found[code] = following.code
    return found


def find_source(code: str) -> Source:
    """The open source with this code (USAGE-102, USAGE-103)."""
    source = Source.objects.filter(code=code).first()
    if source is None:
        raise refuse("source", "USAGE-102", value=code[:40])
    if not source.active:
        raise refuse("source", "USAGE-103", value=code[:40])
    return source


def receive(
    *, actor: Actor, kind: str, records: Mapping[str, list[Raw]], tally: Tally, place: Place
) -> UsageBatch:
    """Check and store raw records by source; fills `tally`, returns the recorded batch.

    Runs in the centre's scope, because an id is unique among all agencies; which agencies the
    actor may send for is checked record by record.
    """
    batch = UsageBatch(
        id=uuid7(),
        agency_id=sender_agency(actor),
        kind=kind,
        submitted_by=actor.user_id,
        received_at=now(),
    )
    with act_as(SYSTEM):
        locks.wait_for_disk()
        locks.share_periods()
        sources = _sources(records, tally, place)
        locks.own_sources(source.id for source in sources.values())
        raws = [raw for code in sources for raw in records[code]]
        reference = reference_for(
            actor, {raw.agency for raw in raws}, {raw.charge_item for raw in raws}
        )
        work = Work(batch, reference, closed_periods(), sealed_index(), tally, place)
        for code, source in sources.items():
            work.take(source, records[code])
        finish_batch(batch, tally)
    return batch


def _sources(records: Mapping[str, list[Raw]], tally: Tally, place: Place) -> dict[str, Source]:
    found = {}
    for code, raws in records.items():
        try:
            found[code] = find_source(code)
        except Refused as refused:
            tally.rejected += [place(refused, raw) for raw in raws]
    return found


def finish_batch(batch: UsageBatch, tally: Tally) -> None:
    """Record the batch with its counts."""
    batch.accepted, batch.duplicates = tally.accepted, tally.duplicates
    batch.conflicts, batch.rejected = len(tally.conflicts), len(tally.rejected)
    batch.save(force_insert=True)


@dataclass
class Work:
    """One batch being taken in."""

    batch: UsageBatch
    reference: Reference
    closed: Mapping[str, str]
    index: Index
    tally: Tally
    place: Place

    def take(self, source: Source, raws: Iterable[Raw]) -> None:
        """Check and store one source's records."""
        moments = Moments(self.reference.zone)
        reference = self.reference.of_source(source.items)
        self.take_checked(source, ((raw, *check(raw, reference, moments)) for raw in raws))

    def take_checked(
        self, source: Source, records: Iterable[tuple[Raw, Fact | None, Refused | None]]
    ) -> None:
        """Store one source's records as they were checked (see `domain.checks.check`)."""
        plain: list[tuple[Fact, Raw]] = []
        replacing: list[tuple[Fact, Raw]] = []
        doubtful: list[tuple[Fact, Raw, Refused]] = []
        for raw, fact, refused in records:
            if fact is not None and refused is not None:
                doubtful.append((fact, raw, refused))
            elif fact is not None:
                (replacing if fact.replaces else plain).append((fact, raw))
            elif refused is not None:
                self.tally.rejected.append(self.place(refused, raw))
        self.store(source, plain, replacing)
        self.settle_doubtful(source, doubtful)

    def store(
        self,
        source: Source,
        plain: Sequence[tuple[Fact, Raw]],
        replacing: Sequence[tuple[Fact, Raw]],
    ) -> None:
        """Store checked records: new ones first, then those that replace."""
        setting = self.setting(source)
        if plain:
            facts = [fact for fact, _ in plain]
            sealed, skip = settle_sealed(self.index, self._keys(source, facts))
            stored = store(copy_lines(facts), len(facts), setting, skip)
            for each in (sealed, stored):
                self.count(each)
                self.quarantine(source, [(plain[at], known) for at, known in each.conflicts])
        if replacing:
            facts = [fact for fact, _ in replacing]
            replaced = store_replacing(facts, source, setting, self.index)
            self.count(replaced.stored)
            conflicts = replaced.stored.conflicts
            self.quarantine(source, [(replacing[at], known) for at, known in conflicts])
            for at, refused in replaced.refused:
                self.tally.rejected.append(self.place(refused, replacing[at][1]))

    def setting(self, source: Source) -> Setting:
        """What the facts of this batch have in common."""
        return Setting(source.id, self.batch.id, self.batch.received_at, self.closed)

    def count(self, stored: Stored) -> None:
        """Add to the tally what was stored and what was there."""
        self.tally.accepted += stored.accepted
        self.tally.duplicates += stored.duplicates

    def _keys(self, source: Source, facts: Sequence[Fact]) -> Any:
        if not len(self.index.high):
            return ()
        return key_rows(
            [key_hash(source.code, fact.external_id) for fact in facts],
            [fact.payload_hash for fact in facts],
        )

    def quarantine(
        self, source: Source, conflicts: Sequence[tuple[tuple[Fact, Raw], UUID]]
    ) -> None:
        """Keep records whose id was taken with other content, once each, and report them."""
        rows = []
        for (fact, raw), known in conflicts:
            refused = refuse("id", "USAGE-409", value=raw.external_id)
            self.tally.conflicts.append(self.place(refused, raw))
            rows.append(
                Quarantine(
                    agency_id=fact.agency_id,
                    source=source,
                    external_id=fact.external_id,
                    payload=payload_of(raw),
                    payload_hash=fact.payload_hash,
                    existing_hash=known,
                    reason=refused.code,
                    batch_id=self.batch.id,
                    received_at=self.batch.received_at,
                )
            )
        Quarantine.objects.bulk_create(rows, ignore_conflicts=True)

    def settle_doubtful(
        self, source: Source, doubtful: Sequence[tuple[Fact, Raw, Refused]]
    ) -> None:
        """Records that would be refused today are duplicates if they were taken before."""
        if not doubtful:
            return
        known = contents(source, [fact.external_id for fact, _, _ in doubtful], self.index)
        for fact, raw, refused in doubtful:
            if known.get(fact.external_id) == fact.payload_hash:
                self.tally.duplicates += 1
            else:
                self.tally.rejected.append(self.place(refused, raw))


def settle_sealed(index: Index, keys: Any) -> tuple[Stored, list[int]]:
    """What is sealed already of a block, and the positions that are so settled."""
    stored = Stored()
    hits = find(index, keys)
    for hit in hits:
        if content_of(keys, hit.position) == hit.content:
            stored.duplicates += 1
        else:
            stored.conflicts.append((hit.position, hit.content))
    return stored, [hit.position for hit in hits]


def payload_of(raw: Raw) -> dict[str, object]:
    """A raw record as it is kept in quarantine."""
    return {
        "external_id": raw.external_id,
        "agency": raw.agency,
        "bureau": raw.bureau,
        "charge_item": raw.charge_item,
        "order_line": raw.order_line,
        "quantity": raw.quantity,
        "unit": raw.unit,
        "starts": raw.starts,
        "ends": raw.ends,
        "origin": raw.origin,
        "replaces": raw.replaces,
        "dimensions": dict(raw.dimensions),
    }


def raw_of(payload: Mapping[str, object]) -> Raw:
    """The raw record kept in quarantine."""
    fields = {name: str(value) for name, value in payload.items() if name != "dimensions"}
    dimensions = payload["dimensions"]
    if not isinstance(dimensions, dict):
        raise UsageError("USAGE-320", "The quarantined record cannot be read. Discard it.")
    return Raw(row=0, dimensions=dimensions, **fields)

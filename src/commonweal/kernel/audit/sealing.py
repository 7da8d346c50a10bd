"""The sealer and the verifier of the chains (design law 8).

Sealing is a background job: it takes one advisory lock, links the committed events that have no
link, oldest first, and never runs on the path of a write. Events become visible in commit order,
not id order, so a chain's order is the order of sealing; it covers every event exactly once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from uuid import UUID

from django.db import connection, transaction

from .actions import event_content
from .domain import GENESIS, digest, link_hash
from .models import Event, Link

_LOCK = 7_301_001


@dataclass(frozen=True)
class Head:
    """The end of a chain: how many events it holds, and the hash over all of them."""

    chain: str
    sequence: int
    hash: str

    def __str__(self) -> str:
        return f"{self.sequence}:{self.hash}"


@dataclass(frozen=True)
class Report:
    """What verifying found: per problem one sentence; how many events, and how many unsealed."""

    events: int
    unsealed: int
    problems: tuple[str, ...]

    @property
    def sound(self) -> bool:
        """No problem was found."""
        return not self.problems


def chain_name(agency_id: UUID | None) -> str:
    """The chain of an agency, or of the centre as a whole."""
    return str(agency_id) if agency_id else "centre"


def head(agency_id: UUID | None) -> Head:
    """The present head of a chain."""
    name = chain_name(agency_id)
    last = Link.objects.filter(chain=name).order_by("-sequence").first()
    return Head(name, last.sequence, last.hash) if last else Head(name, 0, GENESIS)


def seal(limit: int = 50_000) -> int:
    """Link committed events that have no link yet; return how many were sealed."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        waiting = list(
            Event.objects.filter(link__isnull=True)
            .order_by("id")
            .only("id", "agency_id", "hash")[:limit]
        )
        by_chain: dict[UUID | None, list[Event]] = defaultdict(list)
        for event in waiting:
            by_chain[event.agency_id].append(event)
        for agency_id, events in by_chain.items():
            _extend(agency_id, events)
    return len(waiting)


def _extend(agency_id: UUID | None, events: list[Event]) -> None:
    end = head(agency_id)
    sequence, previous = end.sequence, end.hash
    links = []
    for event in events:
        sequence += 1
        previous = link_hash(sequence, previous, event.hash)
        links.append(
            Link(
                chain=end.chain, agency_id=agency_id, sequence=sequence, event=event, hash=previous
            )
        )
    Link.objects.bulk_create(links, batch_size=2000)


def _walked(links: Iterable[Link]) -> Iterator[tuple[Link, list[str]]]:
    """Each link, in the order of chain and sequence, with what does not fit: everything is computed
    anew from the event's content and the link before, nothing that is stored is believed."""
    ends: dict[str, tuple[int, str]] = {}
    for link in links:
        sequence, previous = ends.get(link.chain, (0, GENESIS))
        event = link.event
        content = digest(event_content(event))
        problems = []
        if link.sequence != sequence + 1:
            problems.append(f"chain {link.chain}: link {sequence + 1} is missing")
        if chain_name(event.agency_id) != link.chain:
            problems.append(f"event {event.id}: moved to another agency")
        if content != event.hash:
            problems.append(f"event {event.id} ({event.verb}): its content does not match its hash")
        elif link_hash(link.sequence, previous, content) != link.hash:
            problems.append(f"chain {link.chain}: link {link.sequence} does not fit the one before")
        yield link, problems
        ends[link.chain] = (link.sequence, link.hash)


def verify() -> Report:
    """Re-read every event and link; name what does not fit. Runs in the scope of the caller."""
    problems: list[str] = []
    count = 0
    links = Link.objects.select_related("event").order_by("chain", "sequence")
    for _link, found in _walked(links.iterator(chunk_size=2000)):
        count += 1
        problems += found
    unsealed = Event.objects.filter(link__isnull=True)
    tail = 0
    for event in unsealed.iterator(chunk_size=2000):
        tail += 1
        if digest(event_content(event)) != event.hash:
            problems.append(f"event {event.id} ({event.verb}): its content does not match its hash")
    return Report(count + tail, tail, tuple(problems))


def check_head(agency_id: UUID | None, printed: str) -> bool:
    """Whether a head printed earlier (`sequence:hash`) covers exactly today's events up to it.

    The chain is computed anew from its first event, so that a rewritten event is exposed also where
    the stored links, or the stored hashes, were left or made to fit.
    """
    number, value = _read(printed)
    if number is None:
        return False
    last, reached = 0, GENESIS
    links = (
        Link.objects.filter(chain=chain_name(agency_id), sequence__lte=number)
        .select_related("event")
        .order_by("chain", "sequence")
    )
    for link, problems in _walked(links.iterator(chunk_size=2000)):
        if problems:
            return False
        last, reached = link.sequence, link.hash
    return (last, reached) == (number, value)


def sealed_within(event: Event, printed: str) -> bool:
    """Whether an event lies in the part of its chain that a printed head covers."""
    number, _value = _read(printed)
    return number is not None and Link.objects.filter(event=event, sequence__lte=number).exists()


def _read(printed: str) -> tuple[int | None, str]:
    number, _, value = printed.strip().partition(":")
    known = number.isascii() and number.isdigit() and len(number) < 19
    return (int(number) if known else None), value

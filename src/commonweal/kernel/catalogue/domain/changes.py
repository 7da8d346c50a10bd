"""What a modification changes: the order before, for the days that remain, beside the order after.

An estimate stands for the days of its line. From a day on, the part of it that remains is its share
by days, so that "before" and "after" speak of the same days.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import zip_longest
from uuid import UUID

from ...calendar.domain import Span
from .orders import NewFunding, NewLine, OrderDraft

TERMS = (
    "total_minor", "advance_total_minor", "payment_days", "billing_frequency",
    "advance_recognition", "location_code",
)  # fmt: skip


@dataclass(frozen=True)
class LineChange:
    """One line before and after (None: it is not there), and what differs.

    `kind`: “added”, “ended”, “changed” or “same”. `what`: of a changed line, any of `quantity`,
    `amount`, `advance`, `dates`, `description`, `funding`.
    """

    kind: str
    before: NewLine | None
    after: NewLine | None
    what: frozenset[str] = frozenset()

    @property
    def line(self) -> NewLine:
        """The line after, or before where it ends."""
        found = self.after or self.before
        assert found is not None
        return found


@dataclass(frozen=True)
class TermChange:
    """One of the order's own terms before and after."""

    name: str
    before: object
    after: object


@dataclass(frozen=True)
class Changes:
    """What differs from a day on: the order's end and terms, and its lines."""

    starts: date
    lines: tuple[LineChange, ...]
    terms: tuple[TermChange, ...]

    @property
    def changed(self) -> tuple[LineChange, ...]:
        """The lines that do not stay as they are."""
        return tuple(each for each in self.lines if each.kind != "same")

    def __bool__(self) -> bool:
        return bool(self.changed or self.terms)

    def count(self, kind: str) -> int:
        """How many lines are “added”, “ended”, “changed” or the “same”."""
        return sum(1 for each in self.lines if each.kind == kind)


def remaining(order: OrderDraft, line: NewLine, day: date) -> NewLine | None:
    """A line from a day on: its dates, and its estimate's share of the days that remain.

    None when nothing of it remains. An estimate without an end, or of a line that has not begun,
    stays whole. Quantities keep their decimals; both round half to even.
    """
    span = order.line_span(line)
    if span.end is not None and span.end <= day:
        return None
    whole = replace(line, starts=max(span.start, day), ends=span.end)
    if span.start >= day or span.end is None:
        return whole
    share = Fraction((span.end - day).days, (span.end - span.start).days)
    return replace(
        whole,
        estimated_quantity=_part(line.estimated_quantity, share),
        estimated_amount_minor=round(line.estimated_amount_minor * share),
        advance_minor=round(line.advance_minor * share),
    )


def _part(quantity: Decimal, share: Fraction) -> Decimal:
    exponent = quantity.normalize().as_tuple().exponent
    places = min(max(-exponent, 0), 6) if isinstance(exponent, int) else 6
    units = round(Fraction(quantity) * share * 10**places)
    return Decimal(units).scaleb(-places)


def compare(before: OrderDraft, after: OrderDraft) -> Changes:
    """What an order becomes from the first day of the one after it on."""
    day = after.span.start
    old: dict[tuple[str, UUID | None], list[NewLine]] = defaultdict(list)
    new: dict[tuple[str, UUID | None], list[NewLine]] = defaultdict(list)
    for line in before.lines:
        kept = remaining(before, line, day)
        if kept is not None:
            old[line.item, line.bureau_id].append(kept)
    for line in after.lines:
        span = after.line_span(line)
        new[line.item, line.bureau_id].append(replace(line, starts=span.start, ends=span.end))
    lines = tuple(
        _change(was, becomes)
        for key in dict.fromkeys([*old, *new])
        for was, becomes in _pairs(old.get(key, []), new.get(key, []))
    )
    total = sum(each.before.estimated_amount_minor for each in lines if each.before)
    advances = sum(each.before.advance_minor for each in lines if each.before)
    remains = replace(before, total_minor=total, advance_total_minor=advances)
    return Changes(day, lines, tuple(_terms(remains, after)))


def _pairs(
    old: list[NewLine], new: list[NewLine]
) -> Iterator[tuple[NewLine | None, NewLine | None]]:
    def by_start(line: NewLine) -> date:
        return line.starts or date.min

    return zip_longest(sorted(old, key=by_start), sorted(new, key=by_start))


def _change(before: NewLine | None, after: NewLine | None) -> LineChange:
    if before is None or after is None:
        return LineChange("ended" if after is None else "added", before, after)
    pairs = {
        "quantity": (before.estimated_quantity, after.estimated_quantity),
        "amount": (before.estimated_amount_minor, after.estimated_amount_minor),
        "advance": (before.advance_minor, after.advance_minor),
        "dates": (Span(_start(before), before.ends), Span(_start(after), after.ends)),
        "description": (before.description.strip(), after.description.strip()),
        "funding": (_shares(before.funding), _shares(after.funding)),
    }
    what = frozenset(name for name, (was, becomes) in pairs.items() if was != becomes)
    return LineChange("changed" if what else "same", before, after, what)


def _start(line: NewLine) -> date:
    assert line.starts is not None, "lines are compared with their dates"
    return line.starts


def _shares(funding: tuple[NewFunding, ...]) -> frozenset[tuple[object, ...]]:
    return frozenset(
        (
            source.name.strip(),
            source.account_string.strip(),
            Fraction(source.share_numerator, source.share_denominator),
            source.grant,
            source.grant_ref.strip(),
        )
        for source in funding
    )


def _terms(before: OrderDraft, after: OrderDraft) -> Iterator[TermChange]:
    if before.span.end != after.span.end:
        yield TermChange("ends", before.span.end, after.span.end)
    for name in TERMS:
        was, becomes = getattr(before, name), getattr(after, name)
        if was != becomes:
            yield TermChange(name, was, becomes)

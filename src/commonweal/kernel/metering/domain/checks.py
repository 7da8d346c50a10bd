"""Checking one record, field by field; the vectorised intake shares every function here. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Protocol
from uuid import UUID
from zoneinfo import ZoneInfo

from .conversions import converted
from .facts import Fact, Raw, Sent, quantity_text
from .problems import Refused, refuse

QUANTITY = re.compile(r"[0-9]{1,12}(\.[0-9]{1,6})?\Z")
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?\Z")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\u2028\u2029\ud800-\udfff]")
_NAME = re.compile(r"[a-z][a-z0-9_.-]{0,39}\Z")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
TEXT_LIMIT = 200
MOMENTS_KEPT = 200_000


class Cover(Protocol):
    """An order line as far as usage needs it."""

    @property
    def agency_id(self) -> UUID:
        """Whose line."""

    @property
    def item_id(self) -> UUID:
        """The item covered."""

    @property
    def bureau_id(self) -> UUID | None:
        """The bureau covered; None: all."""

    def covers(self, day: date) -> bool:
        """Whether the line is in force on the day."""


class Coverage(Protocol):
    """The order lines in force (catalogue's index)."""

    def resolve(
        self, agency_id: UUID, item_id: UUID, bureau_id: UUID | None, day: date
    ) -> UUID | None:
        """The covering line, or None."""

    def line(self, line_id: UUID) -> Cover | None:
        """A line by id."""


@dataclass(frozen=True)
class Conversion:
    """One of `unit` is `ratio` of the item's own unit, for usage from a day on."""

    id: UUID
    unit: str
    starts: date
    ratio: Fraction


@dataclass(frozen=True)
class Item:
    """A charge item: its unit and the local days [starts, ends) on which it is offered.

    `fixed`: its orders alone charge it, so usage of it would be charged a second time.
    """

    id: UUID
    code: str
    unit: str
    starts: date
    ends: date | None
    fixed: bool = False
    conversions: tuple[Conversion, ...] = ()

    def offered(self, day: date) -> bool:
        """Whether it is offered on a day."""
        return self.starts <= day and (self.ends is None or day < self.ends)

    def conversion(self, unit: str, day: date) -> Conversion | None:
        """By what a quantity in another unit counts on a day; None: by nothing."""
        fit = [each for each in self.conversions if each.unit == unit and each.starts <= day]
        return max(fit, key=lambda each: each.starts, default=None)


@dataclass(frozen=True)
class Reference:
    """What records are checked against, for those agencies and items that they name.

    Keys are the references as written (code or id; a line also as `order number/line number`).
    `allowed` None: every agency. `fed`: the codes of the items that the source feeds; empty: any.
    """

    zone: ZoneInfo
    agencies: Mapping[str, UUID]
    items: Mapping[str, Item]
    bureaus: Mapping[tuple[UUID, str], UUID]
    lines: Mapping[tuple[UUID, str], UUID]
    coverage: Coverage
    allowed: frozenset[UUID] | None = None
    fed: frozenset[str] = frozenset()

    def of_source(self, items: Iterable[str]) -> Reference:
        """The same for the records of a source that feeds these items."""
        return replace(self, fed=frozenset(items))


@dataclass(frozen=True)
class Target:
    """Whom and what a record is about, once found."""

    agency_id: UUID
    bureau_id: UUID | None
    item: Item
    line_id: UUID | None


@dataclass(frozen=True)
class TimeFormat:
    """How a file writes moments: ISO 8601, or strptime patterns tried in order.

    A moment without an offset is refused, unless `zone` says in which zone it is meant.
    """

    patterns: tuple[str, ...] = ()
    zone: ZoneInfo | None = None


ISO = TimeFormat()


@dataclass
class Moments:
    """Reads moments, remembering what it read: files repeat them."""

    zone: ZoneInfo
    form: TimeFormat = ISO
    _seen: dict[str, tuple[int, date]] = field(default_factory=dict)

    def read(self, text: str, name: str) -> tuple[int, date]:
        """Microseconds since 1970 UTC, and the local day in the centre's zone."""
        known = self._seen.get(text)
        if known is None:
            moment = parse_moment(text, self.form, name)
            known = (micros(moment), moment.astimezone(self.zone).date())
            if len(self._seen) < MOMENTS_KEPT:
                self._seen[text] = known
        return known


def micros(moment: datetime) -> int:
    """Microseconds since 1970 UTC."""
    return (moment - EPOCH) // timedelta(microseconds=1)


def parse_moment(text: str, form: TimeFormat, name: str) -> datetime:
    """An aware moment between the years 1970 and 9998 (USAGE-113 for anything else).

    A local time in the hour that is skipped, or that comes twice, is no moment (USAGE-133, 134).
    """
    refused = refuse(name, "USAGE-113", value=text[:40])
    moment: datetime | None = None
    for pattern in form.patterns or ("",):
        try:
            moment = (
                datetime.strptime(text, pattern)  # noqa: DTZ007 - the zone follows below
                if pattern
                else datetime.fromisoformat(text)
            )
            break
        except ValueError:
            continue
    if moment is None or not 1970 < moment.year < 9999:
        raise refused
    if moment.tzinfo is None:
        if form.zone is None:
            raise refused
        moment = _in_zone(moment, form.zone, text, name)
    return moment.astimezone(UTC)


def _in_zone(moment: datetime, zone: ZoneInfo, text: str, name: str) -> datetime:
    """A local time with its zone: the clocks must have shown it, and once only.

    Midnight is the start of its day, also where the day begins later or that hour comes twice.
    """
    first, second = (moment.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    offsets = [each.utcoffset() or timedelta() for each in (first, second)]
    if moment.time() == time():
        return first
    if offsets[0] < offsets[1]:
        raise refuse(name, "USAGE-133", value=text[:40], zone=zone.key)
    if offsets[0] > offsets[1]:
        raise refuse(name, "USAGE-134", value=text[:40], zone=zone.key)
    return first


def check_text(name: str, text: str, required: bool = False, code: str = "USAGE-121") -> str:
    """Printable text of at most 200 characters without “@”."""
    if required and not text:
        raise refuse(name, "USAGE-101")
    if len(text) > TEXT_LIMIT or _CONTROL.search(text):
        raise refuse(name, code, limit=TEXT_LIMIT, value=name)
    if "@" in text:
        raise refuse(name, "USAGE-111")
    return text


def check_quantity(text: str) -> str:
    """A plain decimal of at most 12 digits before and 6 after the point, zero or more."""
    if QUANTITY.match(text):
        return quantity_text(Decimal(text))
    if not text:
        raise refuse("quantity", "USAGE-104")
    if text.startswith("-") and _NUMBER.match(text):
        raise refuse("quantity", "USAGE-106", value=text[:40])
    whole = text.partition(".")[0]
    if _NUMBER.match(text) and len(whole) > 12:
        raise refuse("quantity", "USAGE-107", value=text[:40])
    raise refuse("quantity", "USAGE-105", value=text[:40])


def check_dimensions(dimensions: Mapping[str, str]) -> Mapping[str, str]:
    """At most 20 short names with text values; an empty value is as good as none."""
    if len(dimensions) > 20:
        raise refuse("dimensions", "USAGE-122", value="dimensions")
    for name, value in dimensions.items():
        if not _NAME.match(name):
            raise refuse("dimensions", "USAGE-122", value=name[:40])
        check_text(f"dimensions.{name}", value, code="USAGE-122")
    return {name: value for name, value in dimensions.items() if value}


def find_target(
    agency: str, bureau: str, item: str, line: str, unit: str, ref: Reference
) -> Target:
    """Whom and what the references name; the unit must be the item's own."""
    agency_id = ref.agencies.get(agency)
    if ref.allowed is not None and agency_id not in ref.allowed:
        raise refuse("agency", "USAGE-119", value=agency[:40])
    if agency_id is None:
        raise refuse("agency", "USAGE-108", value=agency[:40])
    bureau_id = ref.bureaus.get((agency_id, bureau)) if bureau else None
    if bureau and bureau_id is None:
        raise refuse("bureau", "USAGE-118", value=bureau[:40])
    found = ref.items.get(item)
    if found is None:
        raise refuse("charge_item", "USAGE-109", value=item[:60])
    if unit != found.unit:
        raise refuse(
            "unit", "USAGE-112", value=unit[:20] or "empty", item=found.code, unit=found.unit
        )
    line_id = ref.lines.get((agency_id, line)) if line else None
    if line:
        cover = ref.coverage.line(line_id) if line_id else None
        fits = cover and (cover.agency_id, cover.item_id) == (agency_id, found.id)
        if not cover or not fits or cover.bureau_id not in (None, bureau_id):
            raise refuse("order_line", "USAGE-116", value=line[:60])
    return Target(agency_id, bureau_id, found, line_id)


def find_line(target: Target, day: date, ref: Reference, replacing: bool = False) -> UUID:
    """The order line that covers the target on a local day (design law 5).

    A source corrects by a `replacing` record even what it no longer feeds.
    """
    if target.item.fixed:
        raise refuse("charge_item", "USAGE-131", value=target.item.code)
    if ref.fed and target.item.code not in ref.fed and not replacing:
        raise refuse("charge_item", "USAGE-132", value=target.item.code)
    if not target.item.offered(day):
        raise refuse("charge_item", "USAGE-110", value=target.item.code, day=day)
    if target.line_id is not None:
        cover = ref.coverage.line(target.line_id)
        if cover is None or not cover.covers(day):
            raise refuse("order_line", "USAGE-117", day=day)
        return target.line_id
    line = ref.coverage.resolve(target.agency_id, target.item.id, target.bureau_id, day)
    if line is None:
        raise refuse("from", "USAGE-115", item=target.item.code, day=day)
    return line


def convert(raw: Raw, quantity: str, day: date, ref: Reference) -> tuple[str, str, Sent | None]:
    """The quantity in the item's own unit, that unit, and what was sent if it was another one.

    By the conversion in force on the record's day; without one the unit is refused (USAGE-112).
    """
    item = ref.items.get(raw.charge_item)
    found = item.conversion(raw.unit, day) if item is not None and raw.unit != item.unit else None
    if item is None or found is None:
        return quantity, raw.unit, None
    counted = converted(Decimal(quantity), found.ratio)
    if counted >= 10**12:
        raise refuse("quantity", "USAGE-107", value=raw.quantity[:40])
    return quantity_text(counted), item.unit, Sent(quantity, raw.unit, found.id)


def check(raw: Raw, ref: Reference, moments: Moments) -> tuple[Fact | None, Refused | None]:
    """The checked fact; or the refusal, beside the fact when only its day is not covered.

    A fact beside a refusal lets the intake recognise what it took earlier (a duplicate stays one,
    even if the order has changed since).
    """
    try:
        check_text("id", raw.external_id, required=True)
        check_text("origin", raw.origin)
        check_text("replaces", raw.replaces)
        if raw.replaces == raw.external_id:
            raise refuse("replaces", "USAGE-127")
        dimensions = check_dimensions(raw.dimensions)
        quantity = check_quantity(raw.quantity)
        starts, day = moments.read(raw.starts, "from")
        ends, _ = moments.read(raw.ends, "to")
        if ends <= starts:
            raise refuse("to", "USAGE-114")
        quantity, unit, sent = convert(raw, quantity, day, ref)
        target = find_target(raw.agency, raw.bureau, raw.charge_item, raw.order_line, unit, ref)
    except Refused as refused:
        return None, refused
    refusal: Refused | None = None
    line: UUID | None = target.line_id
    try:
        line = find_line(target, day, ref, bool(raw.replaces))
    except Refused as refused:
        refusal = refused
    fact = Fact(
        raw.row,
        raw.external_id,
        target.agency_id,
        target.bureau_id,
        line,
        target.line_id is not None,
        target.item.id,
        quantity,
        unit,
        starts,
        ends,
        dimensions,
        raw.origin,
        raw.replaces,
        f"{day.year:04d}-{day.month:02d}",
        sent=sent,
    )
    return fact, refusal

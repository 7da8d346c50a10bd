"""The approved rates of a period, ready for the engine."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from ..engine.price import PriceModel, from_document
from ..models import RateVersion

FAR = datetime(9999, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class RateSpan:
    """A rate version on [start, end) in UTC."""

    version_id: UUID
    charge_item_id: UUID
    start: datetime
    end: datetime


@dataclass
class RateIndex:
    """Approved rates with their instants, and the causes found missing."""

    spans: list[RateSpan]
    models: dict[UUID, PriceModel]
    documents: dict[UUID, dict[str, Any]]
    by_item: dict[UUID, list[RateSpan]]
    missing: list[dict[str, Any]] = field(default_factory=list)

    def at(self, charge_item_id: UUID, moment: datetime) -> UUID | None:
        """The version in force for an item at a moment, or None."""
        for span in self.by_item.get(charge_item_id, ()):
            if span.start <= moment < span.end:
                return span.version_id
        return None


def approved_rates(zone: str) -> RateIndex:
    """Every approved rate. A local day starts at midnight in the centre's zone (design §8)."""
    tz = ZoneInfo(zone)

    def instant(day: date | None) -> datetime:
        if day is None:
            return FAR
        return datetime.combine(day, datetime.min.time(), tz).astimezone(UTC)

    spans, models, documents = [], {}, {}
    by_item: dict[UUID, list[RateSpan]] = defaultdict(list)
    for version in RateVersion.objects.filter(state="approved").order_by("charge_item", "starts"):
        span = RateSpan(
            version.id, version.charge_item_id, instant(version.starts), instant(version.ends)
        )
        spans.append(span)
        by_item[span.charge_item_id].append(span)
        models[version.id] = from_document(version.model)
        documents[version.id] = version.model
    return RateIndex(spans, models, documents, dict(by_item))

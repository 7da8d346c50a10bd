"""Loading what records are checked against: only the agencies and items that they name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from fractions import Fraction
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Q

from ...access.public import Actor
from ...catalogue.public import (
    ChargeItem,
    Cover,
    CoverageIndex,
    OrderLine,
    conversions_in_force,
)
from ...party.public import Agency, Bureau, centre
from ..domain.checks import Conversion, Item, Reference


def _ids(references: Iterable[str]) -> list[UUID]:
    found = []
    for text in references:
        if len(text) == 36:
            try:
                found.append(UUID(text))
            except ValueError:
                continue
    return found


def _agencies(references: set[str] | None) -> dict[str, UUID]:
    rows = Agency.objects.all()
    if references is not None:
        rows = rows.filter(Q(code__in=references) | Q(id__in=_ids(references)))
    found: dict[str, UUID] = {}
    for row_id, code in rows.values_list("id", "code"):
        found |= {code: row_id, str(row_id): row_id}
    return found


def _items(references: set[str] | None) -> dict[str, Item]:
    rows = ChargeItem.objects.all()
    if references is not None:
        rows = rows.filter(Q(code__in=references) | Q(id__in=_ids(references)))
    found: dict[str, Item] = {}
    known: dict[UUID, list[Conversion]] = defaultdict(list)
    for each in conversions_in_force(None if references is None else [row.id for row in rows]):
        ratio = Fraction(each.numerator, each.denominator)
        known[each.charge_item_id].append(Conversion(each.id, each.unit_id, each.starts, ratio))
    for row in rows:
        item = Item(
            row.id, row.code, row.unit_id, row.starts, row.ends, row.kind == "fixed",
            tuple(known[row.id]),
        )  # fmt: skip
        found |= {row.code: item, str(row.id): item}
    return found


def _bureaus(agency_ids: set[UUID]) -> dict[tuple[UUID, str], UUID]:
    found: dict[tuple[UUID, str], UUID] = {}
    rows = Bureau.objects.filter(agency_id__in=agency_ids)
    for row_id, agency_id, code in rows.values_list("id", "agency_id", "code"):
        found |= {(agency_id, code): row_id, (agency_id, str(row_id)): row_id}
    return found


def _lines(
    agency_ids: set[UUID], item_ids: set[UUID]
) -> tuple[dict[tuple[UUID, str], UUID], CoverageIndex]:
    rows = OrderLine.objects.filter(
        active=True, agency_id__in=agency_ids, charge_item_id__in=item_ids
    ).select_related("order")
    names: dict[tuple[UUID, str], UUID] = {}
    covers = []
    for row in rows:
        covers.append(
            Cover(row.id, row.agency_id, row.charge_item_id, row.bureau_id, row.starts, row.ends)
        )
        names[row.agency_id, f"{row.order.number}/{row.number}"] = row.id
        names[row.agency_id, str(row.id)] = row.id
    return names, CoverageIndex(covers)


def reference_for(actor: Actor, agencies: set[str] | None, items: set[str] | None) -> Reference:
    """Everything needed to check records that name these agencies and items (None: any).

    Runs in the centre's scope; what the actor may send for is `Reference.allowed`.
    """
    found_agencies = _agencies(agencies)
    found_items = _items(items)
    agency_ids = set(found_agencies.values())
    lines, coverage = _lines(agency_ids, {item.id for item in found_items.values()})
    everywhere = actor.may("metering.submit")
    return Reference(
        zone=ZoneInfo(centre().zone),
        agencies=found_agencies,
        items=found_items,
        bureaus=_bureaus(agency_ids),
        lines=lines,
        coverage=coverage,
        allowed=None if everywhere else actor.agencies_with("metering.submit"),
    )

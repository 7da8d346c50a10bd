"""Late records of prices by the month's largest quantity: which reading was the largest, and is.

A reading that is replaced by a lower one brings the next largest into force, so all readings of the
month are looked at, as they stood when it was last billed and as they stand with each late one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from commonweal.kernel.access.public import Actor

from ..engine.price import price, r9, reading_below_zero
from .cells import cell_of, price_in
from .late import ZERO, Corrected, Late, Place
from .rates import RateIndex
from .recorded import Key, Record, of_row, records_of, standing


def readings_at(
    actor: Actor, place: Place, rates: RateIndex, booked_before: str
) -> dict[Key, Record]:
    """The readings of a place that were there before a month was closed."""
    found = records_of(
        actor, place.agency_id, place.charge_item_id, place.charge_period, booked_before
    )
    return {key: record for key, record in found.items() if _belongs(record, place, rates)}


def _belongs(record: Record, place: Place, rates: RateIndex) -> bool:
    if rates.at(place.charge_item_id, record.starts) != place.rate_version_id:
        return False
    return cell_of(rates.models[place.rate_version_id], record.dimensions) == place.cell


def largest(records: Iterable[Record]) -> Decimal | None:
    """The largest reading in force; None without any."""
    return max((record.quantity for record in standing(records)), default=None)


def price_peaks(
    actor: Actor, period: str, late: Sequence[Late], rates: RateIndex
) -> list[Corrected]:
    """Late readings, priced by what each does to the largest one."""
    grouped: dict[Place, list[Late]] = defaultdict(list)
    for each in late:
        grouped[each.place].append(each)
    result = []
    for place, found in sorted(grouped.items(), key=lambda entry: str(entry[0])):
        known = readings_at(actor, place, rates, period)
        result += _stepped(place, found, known, rates)
    return result


def _stepped(
    place: Place, late: Sequence[Late], known: Mapping[Key, Record], rates: RateIndex
) -> list[Corrected]:
    model = price_in(rates.models, place.rate_version_id, place.cell)
    readings = dict(known)
    top = largest(readings.values())
    result = []
    for each in sorted(late, key=lambda e: (e.fact.starts, e.fact.source, e.fact.external_id)):
        record = of_row(each.fact)
        if record.quantity < 0:
            raise reading_below_zero(*record.key, record.quantity)
        if _belongs(record, place, rates):
            readings[record.key] = record
        else:  # it moved away from here: what it replaces is gone, and it counts elsewhere
            readings.pop((record.key[0], record.replaces), None)
        after = largest(readings.values())
        amount = r9(price(model, after)) - r9(price(model, top))
        before = ZERO if top is None else top
        counted = (ZERO if after is None else after) - before
        result.append(
            Corrected(place, each.fact, each.order_line_id, before, amount, each.delta, counted)
        )
        top = after
    return result

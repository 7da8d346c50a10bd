"""The rate book as open data: one row for each rate in force or decided to come."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from typing import Any

from django.http import HttpResponse

from commonweal.kernel.calendar.public import today
from commonweal.kernel.schema.public import Place
from commonweal.practices.charging import public as charging

from ..access import open_to_all
from ..agency.frame import attachment
from ..context import profile_of_centre
from ..requests import Asked

COLUMNS = (
    "service", "charge_item", "name", "unit", "rate_version", "state", "starts", "ends", "rate",
    "price_model", "numerator", "denominator", "currency", "decided_by", "approved_at",
    "late_policy", "position", "position_months", "reserve_days", "reserve_limit",
)  # fmt: skip


def rows_of(request: Asked) -> Iterator[dict[str, Any]]:
    """Every rate in force or to come, with its derivation's numerator and denominator."""
    profile = profile_of_centre()
    if profile is None:
        return
    day, at = today(profile.zone), ""
    while True:
        book = charging.rate_book(request.actor, day, place=Place(at, 200))
        for group in book.services:
            for item in group.items:
                for entry in (*([item.now] if item.now else []), *item.coming):
                    yield _row(group, item.item, entry, day)
        at = book.services.next
        if not at:
            return


def _row(group: Any, item: Any, entry: charging.RateEntry, day: date) -> dict[str, Any]:
    version, whole = entry.version, group.position
    position = whole.counted if whole else None
    days = whole.reserve_days if whole else None
    numerator = version.derivation.get("numerator")
    return {
        "service": group.service.code,
        "charge_item": item.code,
        "name": item.name,
        "unit": item.unit_id,
        "rate_version": version.code,
        "state": "in force" if version.starts <= day else "to come",
        "starts": version.starts.isoformat(),
        "ends": version.ends.isoformat() if version.ends else "",
        "rate": entry.rate,
        "price_model": json.dumps(version.model, sort_keys=True),
        "numerator": json.dumps(numerator) if numerator else "",
        "denominator": str(version.derivation.get("denominator", "")),
        "currency": version.currency,
        "decided_by": version.decided_by_label,
        "approved_at": version.approved_at.date().isoformat() if version.approved_at else "",
        "late_policy": item.late_policy,
        "position": charging.money_text(position.position, position.currency) if position else "",
        "position_months": " ".join(position.months) if position else "",
        "reserve_days": "" if days is None else str(days),
        "reserve_limit": f"{whole.reserve_limit:f}" if whole else "",
    }


@open_to_all
def rates_csv(request: Asked) -> HttpResponse:
    """The rate book as CSV."""
    rows = [[row[name] for name in COLUMNS] for row in rows_of(request)]
    return attachment("rates.csv", "text/csv; charset=utf-8", charging.write_csv(COLUMNS, rows))


@open_to_all
def rates_json(request: Asked) -> HttpResponse:
    """The rate book as JSON; decimals are strings."""
    data = json.dumps({"rates": list(rows_of(request))}, indent=1, ensure_ascii=False)
    return attachment("rates.json", "application/json", data.encode())

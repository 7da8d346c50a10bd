"""Price indices: published series, their values by fiscal year."""

from __future__ import annotations

from decimal import Decimal

from commonweal.kernel.access.public import Actor, require
from commonweal.kernel.audit.public import action, record
from commonweal.kernel.calendar.public import now
from commonweal.kernel.money.public import MoneyError, exact_decimal

from ..domain import WorthError
from ..models import IndexValue, PriceIndex
from ..rules import INDEX
from ..selectors.baselines import index_by_code
from .checks import check_year, said

LIMIT = Decimal(10**9)


@action
def put_index(*, actor: Actor, code: str, name: str, source: str) -> PriceIndex:
    """Add a price index, or change its name and source (WORTH-101 where a word is missing)."""
    require(actor, INDEX)
    values = {
        "name": said(name, "name", 160),
        "source": said(source, "source", 300),
    }
    found, made = PriceIndex.objects.update_or_create(code=said(code, "code", 40), defaults=values)
    record(
        actor=actor, verb="consolidation.index_put", target=found,
        payload={"code": found.code, "new": made},
    )  # fmt: skip
    return found


@action
def put_index_value(
    *, actor: Actor, index: str, year: int, value: Decimal | int | str, source: str
) -> IndexValue:
    """Enter the index of a fiscal year with its source; another value supersedes it.

    WORTH-103: the value must be above zero, with at most six decimals.
    """
    require(actor, INDEX)
    of = index_by_code(actor, index)
    check_year(year)
    amount = _value(value)
    words = said(source, "source", 300)
    known = IndexValue.objects.select_for_update().filter(
        index=of, year=year, superseded_at__isnull=True
    ).first()  # fmt: skip
    if known is not None and known.value == amount and known.source == words:
        return _recorded(actor, known)
    if known is not None:
        known.superseded_at = now()
        known.save(update_fields=["superseded_at"])
    made = IndexValue.objects.create(index=of, year=year, value=amount, source=words)
    return _recorded(actor, made)


def _recorded(actor: Actor, row: IndexValue) -> IndexValue:
    record(
        actor=actor, verb="consolidation.index_value_put", target=row,
        payload={"index": row.index_id, "year": row.year, "value": row.value},
    )  # fmt: skip
    return row


def _value(value: Decimal | int | str) -> Decimal:
    try:
        amount = exact_decimal(value)
    except MoneyError as wrong:
        raise WorthError("WORTH-103", wrong.message, field="value") from wrong
    if not 0 < amount < LIMIT or amount != amount.quantize(Decimal("0.000001")):
        raise WorthError(
            "WORTH-103",
            f"{value} cannot be a price index. Give a number above 0 with at most 6 decimals.",
            field="value",
        )
    return amount

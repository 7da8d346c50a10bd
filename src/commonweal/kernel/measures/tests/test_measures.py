"""A measure is taken once; another content is a version; what is withdrawn counts nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from commonweal.kernel.access.public import SYSTEM
from commonweal.kernel.casework.tests.conftest import Desk, desk
from commonweal.kernel.catalogue.public import services
from commonweal.kernel.measures.public import (
    Measure,
    MeasureError,
    emit_measures,
    shares,
    versions_of,
    withdraw_measures,
)

__all__ = ["desk"]
AT = datetime(2026, 10, 5, 12, tzinfo=UTC)


def fact(desk: Desk, **more: object) -> Measure:
    service = services(SYSTEM)[0].pk
    made = Measure("a", desk.parks.pk, service, "resolution", Decimal(1), Decimal(1), AT,
                   AT + timedelta(seconds=1))  # fmt: skip
    return replace(made, **more)  # type: ignore[arg-type]


def test_a_fact_counts_once_and_its_newest_version_counts(desk: Desk) -> None:
    assert emit_measures(actor=SYSTEM, source="s", measures=[fact(desk)]) == 1
    assert emit_measures(actor=SYSTEM, source="s", measures=[fact(desk)]) == 0
    [share] = shares(SYSTEM, date(2026, 10, 1))
    assert (share.facts, share.share) == (1, Decimal(1))
    emit_measures(actor=SYSTEM, source="s", measures=[fact(desk, numerator=Decimal(0))])
    [share] = shares(SYSTEM, date(2026, 10, 1))
    assert (share.facts, share.share) == (1, Decimal(0))
    withdraw_measures(actor=SYSTEM, source="s", source_ids=["a"], reason="opened_again")
    [share] = shares(SYSTEM, date(2026, 10, 1))
    assert (share.share, share.excluded) == (None, {"opened_again": 1})
    assert [row.version for row in versions_of(SYSTEM, "s", "a")] == [1, 2, 3]
    assert shares(desk.stranger, date(2026, 10, 1)) == []


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"source_id": "ana@x"}, "MEASURES-101"),
        ({"numerator": Decimal(2)}, "MEASURES-102"),
        ({"denominator": Decimal(0), "numerator": Decimal(0)}, "MEASURES-102"),
        ({"ends": AT}, "MEASURES-103"),
        ({"metric": ""}, "MEASURES-104"),
    ],
)
def test_what_is_no_fact_is_refused(desk: Desk, wrong: dict[str, object], code: str) -> None:
    with pytest.raises(MeasureError) as refused:
        emit_measures(actor=SYSTEM, source="s", measures=[fact(desk, **wrong)])
    assert refused.value.code == code

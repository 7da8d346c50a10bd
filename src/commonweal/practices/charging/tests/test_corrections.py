"""Late and replacing records of a closed month: exact differences on the next bill."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonweal.kernel.access.public import SYSTEM, act_as
from commonweal.kernel.catalogue.models import Agreement
from commonweal.kernel.catalogue.public import NewFunding
from commonweal.practices.charging.closing.corrections import price_late
from commonweal.practices.charging.closing.late import Late, Place
from commonweal.practices.charging.engine import EngineError, from_document
from commonweal.practices.charging.engine.price import price, r9
from commonweal.practices.charging.models import BillLine
from commonweal.practices.charging.papers.verifier import run as check_bill

from .copies import closed, copies, enter, world
from .world import AUGUST, JULY, TIERS, World, add_order, month_usage, usage

__all__ = ["closed", "copies", "enter", "world"]
MODEL = from_document(TIERS)


def cases(agency: str, period: str, more: int) -> Decimal:
    return sum(
        (f.quantity for f in month_usage(period, more)["desk"]
         if (f.agency, f.charge_item) == (agency, "helpdesk.case")),
        Decimal(0),
    )  # fmt: skip


def corrections(agency: str) -> list[BillLine]:
    return list(
        BillLine.objects.filter(bill__agency__code=agency, bill__period=AUGUST, kind="correction")
        .select_related("corrects__bill", "charge_item")
        .order_by("number")
    )


def test_a_late_record_is_priced_on_top_of_what_was_billed(world: World) -> None:
    """Across a tier's edge: exactly F(q + Δ) − F(q), on August's bill, naming July's line."""
    billed = cases("PARKS", JULY, 0)
    assert billed == 42
    world.send("desk", [usage("PARKS", "helpdesk.case", 90, "150.5", JULY)])
    world.close_fully(AUGUST)
    with act_as(SYSTEM):
        (line,) = corrections("PARKS")
        assert line.amount_exact == r9(price(MODEL, billed + Decimal("150.5"))) - r9(
            price(MODEL, billed)
        )
        assert (line.quantity, line.facts, line.charge_period) == (Decimal("150.5"), 1, JULY)
        july = BillLine.objects.get(
            bill__agency__code="PARKS", bill__period=JULY, charge_item__code="helpdesk.case"
        )
        assert line.corrects == july
        assert line.corrects.bill.number == "PARKS-2026-07"
        ordinary = BillLine.objects.get(
            bill__period=AUGUST, bill__agency__code="PARKS", kind="usage",
            charge_item__code="helpdesk.case",
        )  # fmt: skip
        assert ordinary.quantity == cases("PARKS", AUGUST, 2)


def test_a_replacing_record_bills_the_difference_and_may_be_negative(
    world: World, tmp_path: Path
) -> None:
    wrong = next(f for f in month_usage(JULY)["payrun"] if f.agency == "ROADS")
    right = replace(
        wrong, external_id="corrected", quantity=Decimal(33), replaces=wrong.external_id
    )
    world.send("payrun", [right])
    world.close_fully(AUGUST)
    with act_as(SYSTEM):
        (line,) = corrections("ROADS")
        rate = Decimal(line.rate_version.model["rate"])
        assert line.quantity == -300
        assert line.amount_exact == -300 * rate
        assert line.amount_minor == int(-30000 * rate)
        bill = world.bill("ROADS", AUGUST)
        assert bill.total_minor == sum(bill.lines.values_list("amount_minor", flat=True))
        pack = world.paper(bill, "pack")
    assert_fits(pack, tmp_path)


def test_the_first_record_of_an_item_brings_its_fixed_part(world: World, tmp_path: Path) -> None:
    """CLERK was billed no case in July: a late one owes all of F(Δ), the fixed part included."""
    with act_as(SYSTEM):
        agreement = Agreement.objects.get(agency_id=world.agencies["CLERK"])
    add_order(world, "CLERK", agreement.id, ["helpdesk.case"], [NewFunding("General fund")])
    world.send("desk", [usage("CLERK", "helpdesk.case", 5, "4", JULY)])
    world.close_fully(AUGUST)
    with act_as(SYSTEM):
        (line,) = corrections("CLERK")
        assert line.amount_exact == r9(price(MODEL, Decimal(4)))
        assert line.corrects is None
        pack = world.paper(world.bill("CLERK", AUGUST), "pack")
    assert_fits(pack, tmp_path)


def test_a_record_can_be_taken_back_whole(world: World) -> None:
    wrong = next(f for f in month_usage(JULY)["payrun"] if f.agency == "CLERK")
    world.send("payrun", [replace(wrong, external_id="none", quantity=Decimal(0),
                                  replaces=wrong.external_id)])  # fmt: skip
    world.close_fully(AUGUST)
    with act_as(SYSTEM):
        (line,) = corrections("CLERK")
        assert line.quantity == -3


def assert_fits(pack: bytes, folder: Path) -> None:
    place = folder / "pack.zip"
    place.write_bytes(pack)
    assert "it fits" in check_bill.check(str(place), "", False)[-1]


@dataclass(frozen=True)
class Fact:
    """A late fact as the pricing sees it."""

    starts: datetime
    source: str
    external_id: str
    delta: Decimal


def late(place: Place, fact: Any) -> Late:
    """A late record at a place."""
    return Late(place, fact, UUID(int=4), fact.delta)


PLACE = Place(UUID(int=1), UUID(int=2), UUID(int=3), JULY)
quantities = st.decimals("0", "400", places=6)


@given(
    st.one_of(st.none(), quantities),
    st.lists(quantities, min_size=1, max_size=8),
    st.randoms(use_true_random=False),
    st.lists(st.integers(0, 7), max_size=3),
)
def test_the_order_of_arrival_never_changes_the_sum(
    billed: Decimal | None, deltas: list[Decimal], chance: random.Random, cuts: list[int]
) -> None:
    """In one month or spread over several, in any order: the sum is F(all) − F(billed)."""
    facts = [
        Fact(datetime(2026, 7, 1, tzinfo=UTC) + timedelta(hours=chance.randrange(700)),
             "desk", str(uuid5(UUID(int=9), str(n))), delta)
        for n, delta in enumerate(deltas)
    ]  # fmt: skip
    chance.shuffle(facts)
    edges = [0, *sorted(cut for cut in cuts if cut < len(facts)), len(facts)]
    so_far, amount = billed, Decimal(0)
    for start, end in pairwise(edges):
        month: Any = [late(PLACE, fact) for fact in facts[start:end]]
        known = {} if so_far is None else {PLACE: so_far}
        for found in price_late(month, {PLACE.rate_version_id: MODEL}, known):
            amount += found.amount
            so_far = (so_far or Decimal(0)) + found.quantity
    whole = (billed or Decimal(0)) + sum(deltas, Decimal(0))
    assert amount == r9(price(MODEL, whole)) - r9(price(MODEL, billed))


def test_a_total_below_zero_has_no_price() -> None:
    fact: Any = Fact(datetime(2026, 7, 1, tzinfo=UTC), "desk", "x", Decimal(-5))
    with pytest.raises(EngineError) as below:
        price_late([late(PLACE, fact)], {PLACE.rate_version_id: MODEL},
                   {PLACE: Decimal(4)})  # fmt: skip
    assert below.value.code == "RATE-202"

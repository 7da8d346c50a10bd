"""Every price model through a real close: rated, proved, billed, corrected late, checked alone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from commonweal.kernel.access.public import SYSTEM, act_as
from commonweal.kernel.calendar.public import at
from commonweal.kernel.catalogue.models import Agreement
from commonweal.kernel.catalogue.public import NewFunding, put_charge_item
from commonweal.kernel.metering.public import Usage, put_source
from commonweal.practices.charging.closing.drafting import CauseError
from commonweal.practices.charging.domain.rates import RateError
from commonweal.practices.charging.models import BillLine
from commonweal.practices.charging.papers.verifier import run as check_bill
from commonweal.practices.charging.sentences import Words

from .copies import closed, copies, enter, world
from .world import AUGUST, SEPTEMBER, World, add_order, after, put_rate, usage

__all__ = ["closed", "copies", "enter", "world"]

SIMPLE = {"kind": "per_unit", "rate": "2.5"}
TIERS = [{"from": "0", "to": "10", "rate": "3"}, {"from": "10", "rate": "2"}]
METERED: dict[str, dict[str, Any]] = {
    "channel": {
        "kind": "channel",
        "channels": {"phone": {"kind": "per_unit", "rate": "20"}, "web": SIMPLE},
        "otherwise": {"kind": "per_unit", "rate": "7"},
    },
    "volume": {"kind": "volume", "tiers": TIERS},
    "package": {"kind": "package", "size": "10", "price": "4.5"},
    "step": {"kind": "step", "size": "100", "price": "3000", "cap": "5000", "over": "year"},
    "percent": {"kind": "percentage", "percent": "2.5", "floor": "1", "cap": "60"},
    "through": {"kind": "at_cost", "overhead": "8.26", "cap": "9"},
    "peak": {"kind": "peak", "model": {"kind": "graduated", "tiers": TIERS}},
    "minimum": {"kind": "minimum", "amount": "30", "model": SIMPLE},
    "pooled": {"kind": "pooled", "model": {"kind": "graduated", "tiers": TIERS}},
}
ORDERED: dict[str, dict[str, Any]] = {
    "lump": {"kind": "lump_sum", "amounts": {"PARKS": "1200.01", "ROADS": "9706"}},
    "share": {"kind": "fixed_share", "amount": "100", "shares": {"PARKS": "1/3", "ROADS": "2/3"}},
    "days": {"kind": "prorated", "amount": "310"},
}
DAYS_FROM = date(2026, 8, 12)


@pytest.fixture
def priced(world: World) -> World:
    """PARKS and ROADS order one item of each price model from August on."""
    owner = world.of("service_owner")
    with act_as(SYSTEM):
        put_source(
            actor=SYSTEM, code="any", name="Anything", items=[f"helpdesk.{k}" for k in METERED]
        )
    for code, model in {**METERED, **ORDERED}.items():
        with act_as(owner):
            item = put_charge_item(
                actor=owner, code=f"helpdesk.{code}", service="helpdesk", name=code.capitalize(),
                description=code, unit="C62", measure_singular=code, measure_plural=f"{code}s",
                kind="fixed" if code in ORDERED else "metered", starts=date(2026, 1, 1),
            )  # fmt: skip
        world.items[f"helpdesk.{code}"] = item.id
        put_rate(world, f"helpdesk.{code}", model, starts=date(2026, 8, 1))
    for agency in ("PARKS", "ROADS"):
        with act_as(SYSTEM):
            agreement = Agreement.objects.get(agency_id=world.agencies[agency])
        items = [f"helpdesk.{code}" for code in (*METERED, *ORDERED) if code != "days"]
        funding = [
            NewFunding("General fund", "01", 1, 2),
            NewFunding("Grant", "02", 1, 2, True, "G-26"),
        ]
        add_order(world, agency, agreement.id, items, funding, date(2026, 8, 1))
        add_order(world, agency, agreement.id, ["helpdesk.days"], funding, DAYS_FROM)
    return world


def one(agency: str, code: str, number: int, quantity: str, **more: Any) -> Usage:
    """A usage record in August of an item with a price model."""
    return usage(agency, f"helpdesk.{code}", number, quantity, AUGUST, **more)


ON_TIME = [
    one("PARKS", "channel", 1, "3", dimensions={"channel": "phone"}),
    one("PARKS", "channel", 2, "4", dimensions={"channel": "web"}),
    one("PARKS", "channel", 3, "2", dimensions={"channel": "fax"}),
    one("ROADS", "channel", 4, "1.5"),
    one("PARKS", "volume", 1, "9"), one("ROADS", "volume", 1, "12"),
    one("PARKS", "package", 1, "11"),
    one("PARKS", "step", 1, "150"),
    one("PARKS", "percent", 1, "1000"), one("ROADS", "percent", 1, "3"),
    one("PARKS", "through", 1, "200"),
    one("PARKS", "peak", 1, "8"), one("PARKS", "peak", 2, "14"), one("PARKS", "peak", 3, "11"),
    one("PARKS", "pooled", 1, "6"), one("ROADS", "pooled", 2, "9"),
]  # fmt: skip
BILLED = {
    ("PARKS", "channel", "phone"): "60", ("PARKS", "channel", "web"): "10",
    ("PARKS", "channel", "*"): "14", ("ROADS", "channel", "*"): "10.5",
    ("PARKS", "volume", ""): "27", ("ROADS", "volume", ""): "24",
    ("PARKS", "package", ""): "9", ("PARKS", "step", ""): "5000",
    ("PARKS", "percent", ""): "25", ("ROADS", "percent", ""): "1",
    ("PARKS", "through", ""): "209", ("PARKS", "peak", ""): "38",
    ("PARKS", "minimum", ""): "30", ("ROADS", "minimum", ""): "30",
    ("PARKS", "pooled", ""): "16", ("ROADS", "pooled", ""): "24",
    ("PARKS", "lump", ""): "1200.01", ("ROADS", "lump", ""): "9706",
    ("PARKS", "share", ""): "33.333333333", ("ROADS", "share", ""): "66.666666667",
    ("PARKS", "days", ""): "200", ("ROADS", "days", ""): "200",
}  # fmt: skip
LATE = [
    one(
        "PARKS", "channel", 11, "1", dimensions={"channel": "web"},
        replaces="2026-08-PARKS-helpdesk.channel-1",
    ),
    one("PARKS", "volume", 12, "1"),
    one("PARKS", "package", 12, "9"),
    one("PARKS", "step", 12, "1"),
    one("ROADS", "step", 12, "1"),
    one("PARKS", "percent", 12, "2000"),
    one("PARKS", "peak", 12, "10", replaces="2026-08-PARKS-helpdesk.peak-2"),
    one("ROADS", "minimum", 12, "20"),
    one("ROADS", "pooled", 12, "15"),
]  # fmt: skip
CORRECTED = {
    ("PARKS", "channel", "phone"): "-60", ("PARKS", "channel", "web"): "2.5",
    ("PARKS", "volume", ""): "-7",
    ("PARKS", "package", ""): "0",
    ("PARKS", "step", ""): "0", ("ROADS", "step", ""): "3000",
    ("PARKS", "percent", ""): "35",
    ("PARKS", "peak", ""): "-6",
    ("ROADS", "minimum", ""): "20",
    ("PARKS", "pooled", ""): "-2", ("ROADS", "pooled", ""): "32",
}  # fmt: skip


def amounts(period: str, *kinds: str) -> Mapping[tuple[str, str, str], Decimal]:
    """Exact amounts of a month's lines by agency, item and cell."""
    lines = BillLine.objects.filter(
        bill__period=period, kind__in=kinds, charge_item__code__in=[
            f"helpdesk.{code}" for code in (*METERED, *ORDERED)]
    )  # fmt: skip
    found: dict[tuple[str, str, str], Decimal] = {}
    for line in lines.select_related("agency", "charge_item"):
        key = (line.agency.code, line.charge_item.code.partition(".")[2], line.cell)
        assert key not in found
        found[key] = line.amount_exact
    return found


SAID = {
    ("PARKS", "channel", "phone"): "3 channels × $20.00 = $60.00.",
    ("PARKS", "volume", ""): "9 volumes at $2.00 to $3.00, the whole quantity by the tier it "
    "reaches = $27.00.",
    ("PARKS", "package", ""): "11 packages at $4.50 for every 10 or part of it = $9.00.",
    ("PARKS", "step", ""): "150 steps at $3,000.00 for every 100 or part of it, at most $5,000.00 "
    "a year = $5,000.00.",
    ("PARKS", "percent", ""): "2.5 % of $1,000.00 = $25.00.",
    ("PARKS", "through", ""): "200 throughs at cost plus 8.26 %, which is at most $9.00 = $209.00.",
    ("PARKS", "peak", ""): "14 peaks at $2.00 to $3.00, by volume, for the month's largest "
    "quantity = $38.00.",
    ("PARKS", "minimum", ""): "Nothing was used; the least to pay = $30.00.",
    ("PARKS", "lump", ""): "An amount set for the agency = $1,200.01.",
    ("PARKS", "share", ""): "1/3 of $100.00 = $33.33.",
    ("PARKS", "days", ""): "20 days of $310.00 a month, by the day = $200.00.",
}


def said(period: str) -> dict[tuple[str, str, str], str]:
    """What the lines of a month say of themselves."""
    words = Words("USD")
    return {
        (line.agency.code, line.charge_item.code.partition(".")[2], line.cell): words.line(
            line
        ).replace("\N{NO-BREAK SPACE}", " ")
        for line in BillLine.objects.filter(bill__period=period).select_related(
            "agency", "charge_item", "rate_version"
        )
    }


def check_packs(world: World, period: str, folder: Path) -> None:
    """Every agency's pack is worked out again by the stand-alone check."""
    for agency in ("PARKS", "ROADS", "CLERK"):
        place = folder / f"{agency}-{period}.zip"
        with act_as(SYSTEM):
            place.write_bytes(world.paper(world.bill(agency, period), "pack"))
        assert "it fits" in check_bill.check(str(place), "", False)[-1]


def nine(amount: str) -> Decimal:
    return Decimal(amount).quantize(Decimal("1e-9"))


def test_every_price_model_is_billed_corrected_and_checked(priced: World, tmp_path: Path) -> None:
    priced.send("any", ON_TIME)
    priced.close_fully(AUGUST)
    with act_as(SYSTEM):
        assert amounts(AUGUST, "usage", "fixed") == {key: nine(a) for key, a in BILLED.items()}
        assert {key: said(AUGUST)[key] for key in SAID} == SAID
    check_packs(priced, AUGUST, tmp_path)

    with at(after(SEPTEMBER)):
        result = priced.send("any", LATE)
        assert not result.rejected
        priced.send("any", [usage("PARKS", "helpdesk.step", 3, "40", SEPTEMBER)])
    priced.report(SEPTEMBER)
    priced.close(SEPTEMBER, no_costs_reason="The ledger comes later here")
    with act_as(SYSTEM):
        assert amounts(SEPTEMBER, "correction") == {k: nine(a) for k, a in CORRECTED.items()}
        assert "" not in said(SEPTEMBER).values()
        # 150 + 40 + 1 of a year is capped already: nothing more is due for September's own use
        assert amounts(SEPTEMBER, "usage")["PARKS", "step", ""] == 0
        pooled = [a for key, a in amounts(AUGUST, "usage").items() if key[1] == "pooled"]
        pooled += [a for key, a in amounts(SEPTEMBER, "correction").items() if key[1] == "pooled"]
        assert sum(pooled) == nine(str(10 * 3 + 20 * 2))  # F of all 30 units, whoever used them
    check_packs(priced, SEPTEMBER, tmp_path)


def test_a_dimension_without_a_price_stops_the_close_and_says_which(priced: World) -> None:
    put_rate(
        priced, "helpdesk.channel",
        {"kind": "channel", "channels": {"phone": SIMPLE}, "otherwise": "refuse"},
        starts=date(2026, 8, 15),
    )  # fmt: skip
    priced.send("any", [one("PARKS", "channel", 20, "1", dimensions={"channel": "fax"})])
    priced.report(AUGUST)
    with pytest.raises(CauseError) as stopped:
        priced.close(AUGUST)
    (row,) = stopped.value.details["rows"]
    assert "channel “fax”" in row["problem"]
    assert row["example"].endswith("helpdesk.channel-20")


@pytest.mark.parametrize(
    ("item", "model", "code"),
    [
        ("payroll.base", SIMPLE, "CHARGING-214"),
        ("helpdesk.case", ORDERED["lump"], "CHARGING-226"),
    ],
)
def test_a_price_must_fit_how_its_item_is_charged(
    world: World, item: str, model: dict[str, Any], code: str
) -> None:
    with pytest.raises(RateError) as refused:
        put_rate(world, item, model, starts=date(2026, 9, 1))
    assert refused.value.code == code


def test_an_agency_that_a_lump_sum_does_not_name_stops_the_close(priced: World) -> None:
    with act_as(SYSTEM):
        agreement = Agreement.objects.get(agency_id=priced.agencies["CLERK"])
    add_order(
        priced, "CLERK", agreement.id, ["helpdesk.lump"], [NewFunding("General fund")],
        date(2026, 8, 1),
    )  # fmt: skip
    priced.report(AUGUST)
    with pytest.raises(CauseError) as stopped:
        priced.close(AUGUST)
    assert "names no amount for agency “CLERK”" in stopped.value.details["rows"][0]["problem"]


def test_shares_add_up_to_the_amount() -> None:
    assert (
        Fraction(Decimal(BILLED["PARKS", "share", ""]))
        + Fraction(Decimal(BILLED["ROADS", "share", ""]))
        == 100
    )

"""Usage in another unit, rates in another currency: exact, explained, proved, never guessed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.db import DatabaseError, transaction
from hypothesis import given
from hypothesis import strategies as st

from commonweal.kernel.access.public import SYSTEM, act_as
from commonweal.kernel.calendar.public import at
from commonweal.kernel.catalogue import public as catalogue
from commonweal.kernel.catalogue.models import Agreement, UnitConversion
from commonweal.kernel.catalogue.public import NewFunding, parse_ratio, ratio_text
from commonweal.kernel.metering.domain.conversions import converted
from commonweal.kernel.schema.public import CommonwealError, NotFound
from commonweal.practices.charging import public as charging
from commonweal.practices.charging.closing.drafting import CauseError
from commonweal.practices.charging.domain.exchange import exchanged
from commonweal.practices.charging.models import BillLine, ExchangeRate
from commonweal.practices.charging.papers.verifier import conversions as verified
from commonweal.practices.charging.papers.verifier import exchange as verified_exchange
from commonweal.practices.charging.papers.verifier import run as check_bill
from commonweal.practices.charging.papers.verifier.basis import Difference

from .copies import closed, copies, enter, world
from .world import AUGUST, JULY, World, add_order, usage

__all__ = ["closed", "copies", "enter", "world"]
TODAY = date(2026, 9, 5)
WHY = "An hour has sixty minutes."


def convert(world: World, **change: Any) -> UnitConversion:
    """Minutes count as hours of the help desk from September on, as two people decided."""
    owner, director = world.of("service_owner"), world.of("director")
    asked = {
        "charge_item": "helpdesk.hour", "unit": "MIN", "ratio": "1/60", "starts": date(2026, 8, 1),
        "reason": WHY,
    } | change  # fmt: skip
    with act_as(owner):
        row = catalogue.propose_conversion(actor=owner, **asked)
    with act_as(director):
        return catalogue.decide_conversion(actor=director, conversion_id=row.pk, approved=True)


def euro(world: World, ratio: str = "1.08", **change: Any) -> ExchangeRate:
    owner, director = world.of("service_owner"), world.of("director")
    asked = {
        "currency": "EUR", "ratio": ratio, "starts": date(2026, 8, 1), "source": "ECB reference"
    } | change  # fmt: skip
    with act_as(owner):
        row = charging.propose_exchange_rate(actor=owner, **asked)
    with act_as(director):
        return charging.decide_exchange_rate(actor=director, exchange_id=row.pk, approved=True)


def minutes(number: int, quantity: str, period: str = AUGUST, **more: Any) -> Any:
    return replace(usage("PARKS", "helpdesk.hour", number, quantity, period, **more), unit="MIN")


def hours(world: World, period: str = AUGUST, kind: str = "usage") -> BillLine:
    return BillLine.objects.select_related("bill", "exchange", "charge_item__unit").get(
        bill__agency__code="PARKS", bill__period=period, kind=kind,
        charge_item__code="helpdesk.hour",
    )  # fmt: skip


def fits(world: World, folder: Path, agency: str = "PARKS") -> list[str]:
    with act_as(SYSTEM):
        pack = world.paper(world.bill(agency, AUGUST), "pack")
    (folder / "pack.zip").write_bytes(pack)
    report = check_bill.check(str(folder / "pack.zip"), "", False)
    assert "it fits" in report[-1]
    return report


def test_minutes_are_charged_as_hours_and_the_line_says_both(world: World, tmp_path: Path) -> None:
    convert(world)
    taken = world.send("desk", [minutes(70, "90"), minutes(71, "1")])
    assert taken.accepted == 2
    world.close_fully(AUGUST)
    with act_as(SYSTEM):
        line = hours(world)
        assert line.quantity == Decimal("1.333333") + Decimal("1.5") + Decimal("0.016667")
        (found,) = [s for s in charging.basis_sentences(SYSTEM, line) if "came in" in s]
        assert "91" in found
        assert "1.516667" in found
    assert "2 of them were converted from another unit again." in fits(world, tmp_path)


def test_the_source_reports_its_own_figures_of_what_it_sent(world: World) -> None:
    """90 minutes are 1.5 hours for the bill, and 90 for the control total, sealed or not."""
    convert(world)
    world.send("desk", [minutes(70, "90")])
    with act_as(world.finance):
        (desk,) = [
            row for row in charging_checks(world) if row.source.code == "desk"
        ]  # fmt: skip
        assert desk.total % 1 == Decimal("0.683333")
        assert desk.total > 90


def charging_checks(world: World) -> Any:
    from commonweal.kernel.metering.public import source_checks

    return source_checks(world.finance, AUGUST)


def test_a_late_record_in_another_unit_corrects_exactly_and_repeats_are_known(
    world: World, tmp_path: Path
) -> None:
    """July is closed: a correction of 30 minutes by one of 45 adds a quarter of an hour."""
    convert(world)
    first = minutes(70, "30", external_id="m1")
    world.send("desk", [first])
    again = world.send("desk", [first])
    assert again.duplicates == 1
    world.send("desk", [minutes(70, "45", external_id="m2", replaces="m1")])
    world.close_fully(AUGUST)
    with act_as(SYSTEM):
        assert hours(world).quantity == Decimal("1.333333") + Decimal("0.75")
    fits(world, tmp_path)


def test_a_unit_without_a_conversion_is_refused_and_never_guessed(world: World) -> None:
    convert(world)
    result = world.send("desk", [
        replace(usage("PARKS", "helpdesk.hour", 1, "5", AUGUST, external_id="d"), unit="DAY"),
        minutes(1, "5", JULY, external_id="early"),
        minutes(2, "999999999999.999999", external_id="fine"),
    ])  # fmt: skip
    assert sorted(problem.code for problem in result.rejected) == ["USAGE-112", "USAGE-112"]
    assert result.accepted == 1


def test_a_conversion_that_makes_too_much_is_refused(world: World) -> None:
    convert(world, ratio="1000")
    result = world.send("desk", [minutes(1, "999999999999")])
    assert [problem.code for problem in result.rejected] == ["USAGE-107"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"charge_item": "nothing"}, "CATALOGUE-104"),
        ({"unit": "ZZ9"}, "CATALOGUE-105"),
        ({"unit": "HUR"}, "CATALOGUE-122"),
        ({"ratio": "0"}, "CATALOGUE-121"),
        ({"ratio": "1/0"}, "CATALOGUE-121"),
        ({"ratio": "0.333333333/999999999999999"}, "CATALOGUE-121"),
        ({"starts": date(2026, 7, 1)}, "CATALOGUE-123"),
        ({"reason": "so"}, "CATALOGUE-124"),
    ],
)
def test_a_conversion_that_cannot_be_is_refused(
    world: World, change: dict[str, Any], code: str
) -> None:
    with pytest.raises(CommonwealError) as refused:
        convert(world, **change)
    assert refused.value.code == code


def test_what_was_converted_is_never_converted_anew(world: World) -> None:
    """A second ratio starts today at the earliest; an approved row cannot be changed in SQL."""
    row = convert(world)
    with pytest.raises(CommonwealError) as back:
        convert(world, ratio="1/50", starts=date(2026, 9, 1))
    assert back.value.code == "CATALOGUE-123"
    convert(world, ratio="1/50", starts=TODAY)
    with pytest.raises(CommonwealError) as twice:
        convert(world, ratio="1/40", starts=TODAY)
    assert twice.value.code == "CATALOGUE-126"
    with pytest.raises(DatabaseError), act_as(SYSTEM), transaction.atomic():
        UnitConversion.objects.filter(pk=row.pk).update(numerator=2)


def test_conversions_take_two_people(world: World) -> None:
    owner, director = world.of("service_owner"), world.of("director")
    with act_as(owner):
        row = catalogue.propose_conversion(
            actor=owner, charge_item="helpdesk.hour", unit="MIN", ratio="1/60", starts=TODAY,
            reason=WHY,
        )  # fmt: skip
        rate = charging.propose_exchange_rate(
            actor=owner, currency="EUR", ratio="1.08", starts=TODAY, source="ECB reference"
        )
        with pytest.raises(CommonwealError):
            catalogue.decide_conversion(actor=owner, conversion_id=row.pk, approved=True)
    with act_as(director):
        for refuse, key, name in (
            (catalogue.decide_conversion, "conversion_id", row.pk),
            (charging.decide_exchange_rate, "exchange_id", rate.pk),
        ):
            call: Any = refuse
            call(actor=director, approved=False, reason="Not published like that.", **{key: name})
            with pytest.raises(NotFound):
                call(actor=director, approved=True, **{key: uuid4()})
        assert [each.state for each in catalogue.conversions(director)] == ["rejected"]
        assert [each.state for each in charging.exchange_rates(director)] == ["rejected"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"currency": "QQQ"}, "MONEY-101"),
        ({"currency": "USD"}, "CHARGING-231"),
        ({"ratio": "none"}, "CATALOGUE-121"),
        ({"starts": date(2026, 7, 1)}, "CHARGING-232"),
        ({"source": " "}, "CHARGING-233"),
    ],
)
def test_an_exchange_rate_that_cannot_be_is_refused(
    world: World, change: dict[str, Any], code: str
) -> None:
    with pytest.raises(CommonwealError) as refused:
        euro(world, **change)
    assert refused.value.code == code


def in_euros(world: World) -> None:
    """A charge item of August that is priced in euros, and its usage."""
    owner, director = world.of("service_owner"), world.of("director")
    with act_as(owner):
        item = catalogue.put_charge_item(
            actor=owner, code="helpdesk.licence", service="helpdesk", name="Licences",
            description="Passed on", unit="C62", measure_singular="licence",
            measure_plural="licences", starts=date(2026, 1, 1),
        )  # fmt: skip
        version = charging.propose_rate(
            actor=owner, charge_item_id=item.pk, model={"kind": "per_unit", "rate": "33.335"},
            starts=date(2026, 8, 1), reason="The maker's price list.", currency="EUR",
            short_notice="Known to the agencies since spring",
        )  # fmt: skip
    with act_as(director):
        charging.approve_rate(actor=director, rate_version_id=version.pk)
    with act_as(SYSTEM):
        agreement = Agreement.objects.get(agency_id=world.agencies["PARKS"])
    with at(datetime(2026, 7, 30, tzinfo=UTC)):
        add_order(
            world, "PARKS", agreement.id, ["helpdesk.licence"], [NewFunding("General fund")],
            starts=date(2026, 8, 1),
        )  # fmt: skip
    with act_as(SYSTEM):
        catalogue_source(world)
    world.send("other", [usage("PARKS", "helpdesk.licence", 1, "3", AUGUST)])


def catalogue_source(world: World) -> None:
    from commonweal.kernel.metering.public import put_source

    put_source(actor=SYSTEM, code="other", name="Licences")


def test_a_missing_exchange_rate_stops_the_close_and_says_which(
    world: World, tmp_path: Path
) -> None:
    in_euros(world)
    world.report(AUGUST)
    with pytest.raises(CauseError) as missing:
        world.close(AUGUST)
    assert missing.value.code == "CLOSE-308"
    assert missing.value.details["rows"] == [{"currency": "EUR", "month": AUGUST}]
    euro(world, "1.0864")
    euro(world, "2", starts=date(2026, 9, 1))
    world.close(AUGUST)
    with act_as(SYSTEM):
        line = BillLine.objects.select_related("exchange", "bill", "charge_item__unit").get(
            bill__period=AUGUST, charge_item__code="helpdesk.licence"
        )
        assert line.priced_exact == Decimal("100.005")
        assert line.amount_exact == Decimal("108.645432")
        assert line.amount_minor == 10865
        (said,) = charging.basis_sentences(SYSTEM, line)
        assert "1.0864" in said
        assert "ECB reference" in said
    fits(world, tmp_path)
    with pytest.raises(CommonwealError) as past:
        euro(world, "3", starts=date(2026, 8, 20))
    assert past.value.code == "CHARGING-232"
    with pytest.raises(CommonwealError) as twice:
        euro(world, "3", starts=date(2026, 9, 1))
    assert twice.value.code == "CHARGING-234"


def test_a_derived_rate_is_in_the_book_currency(world: World) -> None:
    owner = world.of("service_owner")
    with act_as(owner), pytest.raises(CommonwealError) as refused:
        charging.propose_rate(
            actor=owner, charge_item_id=world.items["helpdesk.hour"], currency="EUR",
            model={"kind": "per_unit", "rate": "1"}, starts=date(2027, 1, 1),
            derivation={"kind": "cost_over_volume"}, reason="Agreed with the agencies.",
        )  # fmt: skip
    assert refused.value.code == "CHARGING-235"


@given(st.decimals("0", "999999", places=6), st.integers(1, 10**6), st.integers(1, 10**6))
def test_a_converted_quantity_is_within_half_a_millionth(
    quantity: Decimal, top: int, bottom: int
) -> None:
    ratio = Fraction(top, bottom)
    counted = converted(quantity, ratio)
    assert abs(Fraction(counted) - Fraction(quantity) * ratio) <= Fraction(1, 2 * 10**6)
    assert parse_ratio(f"{top}/{bottom}") == ratio
    assert parse_ratio(ratio_text(ratio)) == ratio
    assert verified._six(Fraction(quantity) * ratio) == counted


@given(st.decimals("-999999", "999999", places=9), st.integers(1, 10**6), st.integers(1, 10**6))
def test_an_exchanged_amount_is_the_verifiers_too(amount: Decimal, top: int, bottom: int) -> None:
    ratio = Fraction(top, bottom)
    assert exchanged(amount, ratio) == verified_exchange._nine(Fraction(amount) * ratio)


RECORD = {"source": "desk", "id": "a", "sent_quantity": "90", "conversion": "k", "replaced": "0"}
STATED = {
    "conversions": [
        {"id": "k", "charge_item": "x", "numerator": "1", "denominator": "60",
         "starts": "2026-08-01"}
    ],
    "records": [RECORD],
}  # fmt: skip
ROW = {
    "source": "desk", "id": "a", "charge_item": "x", "from": "2026-08-02T00:00:00+00:00",
    "kind": "usage", "quantity": "1.5",
}  # fmt: skip


@pytest.mark.parametrize(
    ("row", "stated"),
    [
        ({"quantity": "1.6"}, {}),
        ({"kind": "correction", "quantity": "7"}, {}),
        ({"charge_item": "y"}, {}),
        ({"from": "2026-07-02T00:00:00+00:00"}, {}),
        ({}, {"conversions": []}),
    ],
)
def test_the_verifier_finds_a_wrong_conversion(row: dict[str, str], stated: dict[str, Any]) -> None:
    assert verified.check_conversions(STATED, [ROW, {**ROW, "id": "other"}]) == 1
    with pytest.raises(Difference):
        verified.check_conversions({**STATED, **stated}, [{**ROW, **row}])


LINE = {
    "charge_period": "2026-08", "amount_exact": "2.160000000",
    "priced": {"currency": "EUR", "exact": "2", "before": "0", "numerator": "27",
               "denominator": "25", "from": "2026-08-01"},
}  # fmt: skip


@pytest.mark.parametrize(
    ("line", "currency"),
    [
        ({"priced": None}, "EUR"),
        ({}, "USD"),
        ({}, "GBP"),
        ({"amount_exact": "2.2"}, "EUR"),
        ({"charge_period": "2026-07"}, "EUR"),
    ],
)
def test_the_verifier_finds_a_wrong_exchange(line: dict[str, Any], currency: str) -> None:
    def check(found: dict[str, Any], rate: str) -> None:
        exact = Decimal(str(found["amount_exact"]))
        verified_exchange.check_exchange(found, {"currency": rate}, "USD", exact, "line 1")

    check(LINE, "EUR")
    with pytest.raises(Difference):
        check({**LINE, **line}, currency)

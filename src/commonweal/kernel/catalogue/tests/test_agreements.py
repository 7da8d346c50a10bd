"""Agreements and orders from proposal to end."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from commonweal.kernel.access.public import SYSTEM
from commonweal.kernel.audit.public import events
from commonweal.kernel.calendar.public import FiscalPeriod, Span
from commonweal.kernel.catalogue import public as catalogue
from commonweal.kernel.party.models import CentreProfile
from commonweal.kernel.party.selectors import forget_centre
from commonweal.kernel.schema.public import Forbidden, NotFound, uuid7

from .conftest import FULL, NEW_YEAR, YEAR_END, House, person

JULY = date(2026, 7, 1)
Refused = catalogue.CatalogueError


def test_an_agreement_binds_when_both_sides_signed(house: House) -> None:
    made = catalogue.create_agreement(
        actor=house.liaison, agency_id=house.parks.pk, title="T", terms="t", starts=NEW_YEAR
    )
    assert (made.number, made.state, made.proposed_side) == ("A-0001", "proposed", "agency")
    signed = catalogue.sign_agreement(actor=house.approver, agreement_id=made.pk, side="agency")
    assert signed.state == "proposed"
    with pytest.raises(Refused, match="CATALOGUE-222"):
        catalogue.sign_agreement(actor=house.approver, agreement_id=made.pk, side="agency")
    # Parks proposed it, so the centre's officer may sign for the centre.
    signed = catalogue.sign_agreement(actor=house.officer, agreement_id=made.pk, side="centre")
    assert signed.state == "active"
    assert catalogue.agreements(house.liaison) == [signed]
    verbs = [event.verb for event in events(house.officer, agency_id=house.parks.pk)]
    assert verbs == ["agreements.agreement_signed"] * 2 + ["agreements.agreement_proposed"]


def test_nobody_signs_what_they_proposed_nor_for_the_other_side(house: House) -> None:
    made = catalogue.create_agreement(
        actor=house.officer, agency_id=house.parks.pk, title="T", terms="t", starts=NEW_YEAR
    )
    for actor, side, code in (
        (house.officer, "centre", "CATALOGUE-233"),
        (SYSTEM, "centre", "CATALOGUE-232"),
        (
            house.director.limited_to(frozenset({"agreements.sign_centre"})),
            "centre",
            "CATALOGUE-232",
        ),
        (house.director, "agency", "ACCESS-403"),
        (SYSTEM, "agency", "ACCESS-403"),
        (house.liaison, "agency", "ACCESS-403"),
        (house.approver, "centre", "ACCESS-403"),
        (house.director, "vendor", "CATALOGUE-231"),
    ):
        with pytest.raises((Refused, Forbidden), match=code):
            catalogue.sign_agreement(actor=actor, agreement_id=made.pk, side=side)
    with pytest.raises(NotFound, match="CATALOGUE-405"):
        catalogue.sign_agreement(actor=house.other, agreement_id=made.pk, side="agency")
    both = replace(
        house.director,
        agencies=house.approver.agencies,
        grants=house.director.grants | house.approver.grants,
    )
    catalogue.sign_agreement(actor=both, agreement_id=made.pk, side="centre")
    with pytest.raises(Refused, match="CATALOGUE-234"):
        catalogue.sign_agreement(actor=both, agreement_id=made.pk, side="agency")


def test_agreements_that_cannot_be(house: House) -> None:
    given: dict[str, Any] = {"actor": house.officer, "title": "T", "terms": "t"}
    parks = {**given, "agency_id": house.parks.pk, "starts": NEW_YEAR}
    with pytest.raises(Refused, match="CATALOGUE-221"):
        catalogue.create_agreement(**{**parks, "terms": " "})
    with pytest.raises(Refused, match="CATALOGUE-253"):
        catalogue.create_agreement(**parks, profile_name="7600")
    with pytest.raises(NotFound, match="CATALOGUE-404"):
        catalogue.create_agreement(**{**parks, "agency_id": uuid7()})
    with pytest.raises(Forbidden):
        catalogue.create_agreement(**{**parks, "actor": house.other})


def test_withdrawing_an_agreement_keeps_its_number(house: House) -> None:
    made = catalogue.create_agreement(
        actor=house.officer, agency_id=house.parks.pk, title="T", terms="t", starts=NEW_YEAR
    )
    with pytest.raises(Refused, match="CATALOGUE-259"):
        catalogue.withdraw_agreement(actor=house.liaison, agreement_id=made.pk, reason="No")
    gone = catalogue.withdraw_agreement(actor=house.owner, agreement_id=made.pk, reason="No")
    assert (gone.state, gone.closing_reason) == ("withdrawn", "No")
    assert (gone.closed_by, gone.closed_side) == (house.owner.user_id, "centre")
    assert house.agreement().number == "A-0002"
    with pytest.raises(Refused, match="CATALOGUE-214"):
        house.proposed(gone)


def test_an_order_covers_usage_once_both_sides_signed(house: House) -> None:
    order = house.proposed(house.agreement())
    assert (order.number, order.total_minor, order.currency) == ("A-0001-01", 41_000, "USD")
    assert order.ends == YEAR_END
    span = FiscalPeriod.parse("2026-03")
    assert catalogue.order_lines_in_force(house.officer, house.parks.pk, span) == []
    house.signed(order)
    [line] = catalogue.order_lines_in_force(house.approver, house.parks.pk, span)
    assert (line.item_code, line.unit_code, line.order_number) == (
        "payroll.payslip",
        "C62",
        "A-0001-01",
    )
    assert [(source.name, source.share) for source in line.funding] == [("General fund", 1)]
    index = catalogue.coverage([house.parks.pk], NEW_YEAR)
    parks, item = house.parks.pk, line.charge_item_id
    assert index.resolve(parks, item, house.bureau.pk, NEW_YEAR) == line.id
    assert index.resolve(parks, item, None, YEAR_END) is None
    assert len(catalogue.coverage(None, YEAR_END)) == 0
    assert catalogue.order_lines_in_force(house.officer, None, Span(YEAR_END)) == []
    detail = catalogue.order(house.liaison, order.pk)
    [stored] = detail.lines.all()
    assert [each.quantity for each in stored.signatures.all()] == [100]
    assert catalogue.orders(house.liaison, state="active") == [order]


def test_orders_wait_for_their_agreement(house: House) -> None:
    made = catalogue.create_agreement(
        actor=house.officer, agency_id=house.parks.pk, title="T", terms="t", starts=NEW_YEAR
    )
    order = house.proposed(made)
    with pytest.raises(Refused, match="CATALOGUE-214"):
        catalogue.sign_order(actor=house.director, order_id=order.pk, side="centre")


def test_an_order_that_does_not_add_up_is_refused_whole(house: House) -> None:
    agreement = house.agreement()
    thirds = (catalogue.NewFunding("a", "", 1, 3), catalogue.NewFunding("b", "", 1, 3))
    with pytest.raises(Refused) as caught:
        house.proposed(agreement, total_minor=1, funding=thirds, starts=date(2025, 12, 31))
    found = [each["code"] for each in caught.value.details["problems"]]
    assert found == ["CATALOGUE-201", "CATALOGUE-203", "CATALOGUE-202"]
    stranger = house.line(bureau_id=uuid7())
    with pytest.raises(Refused, match="CATALOGUE-213"):
        house.proposed(agreement, lines=[stranger])
    with pytest.raises(Refused, match="CATALOGUE-216"):
        house.proposed(agreement, lines=[house.line(starts=YEAR_END)])
    assert catalogue.orders(house.officer, agreement_id=agreement.pk) == []


def test_a_lead_item_without_its_companion_is_refused_by_name(house: House) -> None:
    catalogue.put_bundle(
        actor=house.owner,
        lead="payroll.payslip",
        name="Pay",
        companions={"payroll.archive": Decimal(1)},
    )
    agreement = house.agreement()
    with pytest.raises(Refused, match=r"Payslip archive \(payroll.archive\).*CATALOGUE-210"):
        house.proposed(agreement)
    house.proposed(agreement, lines=[house.line(), house.line("payroll.archive")])


def test_two_orders_never_cover_the_same(house: House) -> None:
    agreement = house.agreement()
    house.signed(house.proposed(agreement))
    second = house.proposed(agreement, lines=[house.line("payroll.desk"), house.line()])
    assert second.number == "A-0001-02"
    catalogue.sign_order(actor=house.director, order_id=second.pk, side="centre")
    with pytest.raises(Refused, match=r"A-0001-01\.0 already covers.*CATALOGUE-211"):
        catalogue.sign_order(actor=house.approver, order_id=second.pk, side="agency")
    house.signed(house.proposed(agreement, lines=[house.line(bureau_id=house.bureau.pk)]))


def test_a_modification_replaces_the_order_from_its_day_on(house: House) -> None:
    order = house.signed(house.proposed(house.agreement()))
    given: dict[str, Any] = {
        "actor": house.officer,
        "starts": JULY,
        "lines": [house.line(estimated_amount_minor=30_000)],
        "funding": FULL,
        "reason": "Fewer people",
    }
    change = catalogue.modify_order(**given, order_id=order.pk)
    assert (str(change), change.supersedes_id) == ("A-0001-01.1", order.pk)
    with pytest.raises(Refused, match="CATALOGUE-227"):
        catalogue.modify_order(**given, order_id=order.pk)
    with pytest.raises(Refused, match="CATALOGUE-233"):
        catalogue.sign_order(actor=house.officer, order_id=change.pk, side="centre")
    year = Span(NEW_YEAR, YEAR_END)
    assert len(catalogue.order_lines_in_force(SYSTEM, house.parks.pk, year)) == 1
    house.signed(change)
    old, new = catalogue.order_lines_in_force(SYSTEM, house.parks.pk, year)
    if old.starts > new.starts:
        old, new = new, old
    assert (old.starts, old.ends, new.starts, new.ends) == (NEW_YEAR, JULY, JULY, YEAR_END)
    order.refresh_from_db()
    assert (order.state, order.ended_on, order.ends) == ("superseded", JULY, YEAR_END)
    with pytest.raises(Refused, match="CATALOGUE-224"):
        catalogue.modify_order(**given, order_id=order.pk)
    with pytest.raises(Refused, match="CATALOGUE-228"):
        catalogue.modify_order(**{**given, "starts": NEW_YEAR}, order_id=change.pk)
    # A modification from the very first day leaves nothing of the one before it.
    with pytest.raises(Refused, match="CATALOGUE-252"):
        catalogue.modify_order(**given, order_id=change.pk)
    more = {**given, "lines": [house.line(estimated_amount_minor=31_000)]}
    again = house.signed(catalogue.modify_order(**more, order_id=change.pk))
    assert again.modification == 2
    assert len(catalogue.order_lines_in_force(SYSTEM, house.parks.pk, Span(JULY))) == 1


def test_a_withdrawn_modification_frees_the_way_for_the_next(house: House) -> None:
    order = house.signed(house.proposed(house.agreement()))
    given: dict[str, Any] = {
        "actor": house.liaison,
        "order_id": order.pk,
        "starts": JULY,
        "lines": [house.line()],
        "funding": FULL,
        "reason": "x",
    }
    change = catalogue.modify_order(**given)
    with pytest.raises(Refused, match="CATALOGUE-259"):
        catalogue.withdraw_order(actor=house.officer, order_id=change.pk, reason="Not now")
    gone = catalogue.withdraw_order(actor=house.liaison, order_id=change.pk, reason="Not now")
    assert (gone.state, gone.closing_reason) == ("withdrawn", "Not now")
    assert catalogue.modify_order(**given).modification == 2
    with pytest.raises(Refused, match="CATALOGUE-230"):
        catalogue.withdraw_order(actor=house.officer, order_id=order.pk, reason="x")


def test_a_refusal_says_why_and_leaves_the_order_before_it(house: House) -> None:
    order = house.signed(house.proposed(house.agreement()))
    change = catalogue.modify_order(
        actor=house.officer,
        order_id=order.pk,
        starts=JULY,
        lines=[house.line(estimated_amount_minor=90_000)],
        funding=FULL,
        reason="Dearer",
    )
    given: dict[str, Any] = {"order_id": change.pk, "side": "agency"}
    with pytest.raises(Refused, match="CATALOGUE-251"):
        catalogue.refuse_order(actor=house.approver, reason="too dear", **given)
    for actor in (house.liaison, house.director):
        with pytest.raises(Forbidden):
            catalogue.refuse_order(actor=actor, reason="Our budget does not hold it.", **given)
    done = catalogue.refuse_order(
        actor=house.approver, reason="Our budget does not hold it.", **given
    )
    assert (done.state, done.closed_side, done.closed_by) == (
        "refused",
        "agency",
        house.approver.user_id,
    )
    with pytest.raises(Refused, match="CATALOGUE-222"):
        catalogue.refuse_order(actor=house.approver, reason="Once more the same", **given)
    order.refresh_from_db()
    assert order.state == "active"
    [line] = catalogue.order_lines_in_force(SYSTEM, house.parks.pk, Span(NEW_YEAR))
    assert line.order_id == order.pk


def test_refused_terms_can_be_proposed_anew(house: House) -> None:
    made = catalogue.create_agreement(
        actor=house.liaison, agency_id=house.parks.pk, title="T", terms="t", starts=NEW_YEAR
    )
    with pytest.raises(Refused, match="CATALOGUE-232"):
        catalogue.refuse_agreement(
            actor=SYSTEM, agreement_id=made.pk, side="centre", reason="Not from a program"
        )
    done = catalogue.refuse_agreement(
        actor=house.director, agreement_id=made.pk, side="centre", reason="Name the services."
    )
    assert (done.state, done.closing_reason) == ("refused", "Name the services.")
    verbs = [event.verb for event in events(house.officer, agency_id=house.parks.pk)]
    assert verbs[0] == "agreements.agreement_refused"
    assert house.agreement().number == "A-0002"


def test_a_refused_estimate_keeps_the_agency_from_signing(house: House) -> None:
    order = house.proposed(house.agreement())
    line = order.lines.get()
    given: dict[str, Any] = {"order_line_id": line.pk}
    with pytest.raises(Refused, match="CATALOGUE-251"):
        catalogue.refuse_estimate(actor=house.liaison, reason="80", **given)
    with pytest.raises(Forbidden):
        catalogue.refuse_estimate(actor=house.director, reason="We expect 80 of them.", **given)
    catalogue.refuse_estimate(actor=house.liaison, reason="We expect 80 of them.", **given)
    with pytest.raises(Refused, match=r"We expect 80 of them\..*CATALOGUE-260"):
        catalogue.sign_order(actor=house.approver, order_id=order.pk, side="agency")
    catalogue.sign_order(actor=house.director, order_id=order.pk, side="centre")
    catalogue.sign_estimate(actor=house.liaison, quantity=Decimal(100), **given)
    done = catalogue.sign_order(actor=house.approver, order_id=order.pk, side="agency")
    assert done.state == "active"
    assert [bool(each.refusal) for each in line.signatures.all()] == [True, False]


def test_a_renewal_follows_an_agreement_that_ends(house: House) -> None:
    old = house.agreement()
    given: dict[str, Any] = {
        "actor": house.officer,
        "agency_id": house.parks.pk,
        "title": "Shared services 2027",
        "terms": old.terms,
        "renews": old.pk,
    }
    with pytest.raises(Refused, match="CATALOGUE-256"):
        catalogue.create_agreement(starts=JULY, **given)
    made = catalogue.create_agreement(starts=YEAR_END, **given)
    assert (made.renews_id, made.number) == (old.pk, "A-0002")
    assert catalogue.agreement(house.liaison, made.pk).renews == old
    with pytest.raises(Refused, match="CATALOGUE-254"):
        catalogue.create_agreement(starts=YEAR_END, **{**given, "renews": made.pk})
    with pytest.raises(Refused, match="CATALOGUE-254"):
        catalogue.create_agreement(
            starts=YEAR_END, **{**given, "agency_id": house.water.pk, "actor": house.owner}
        )
    endless = house.agreement(ends=None)
    with pytest.raises(Refused, match="CATALOGUE-255"):
        catalogue.create_agreement(starts=YEAR_END, **{**given, "renews": endless.pk})


def test_a_draft_is_revised_estimated_and_proposed(house: House) -> None:
    order = house.proposed(house.agreement(), draft=True)
    assert order.state == "draft"
    with pytest.raises(Refused, match="CATALOGUE-222"):
        catalogue.sign_order(actor=house.director, order_id=order.pk, side="centre")
    order = catalogue.revise_order(
        actor=house.liaison,
        order_id=order.pk,
        starts=JULY,
        lines=[house.line(), house.line("payroll.desk")],
        funding=FULL,
    )
    assert (order.starts, order.total_minor, order.lines.count()) == (JULY, 82_000, 2)
    first = order.lines.get(number=1)
    signed = catalogue.sign_estimate(
        actor=house.liaison, order_line_id=first.pk, quantity=Decimal(120)
    )
    first.refresh_from_db()
    assert first.estimated_quantity == signed.quantity == 120
    catalogue.propose_order(actor=house.owner, order_id=order.pk)
    with pytest.raises(Refused, match="CATALOGUE-236"):
        catalogue.sign_estimate(actor=house.liaison, order_line_id=first.pk, quantity=Decimal(1))
    with pytest.raises(Refused, match="CATALOGUE-229"):
        catalogue.revise_order(
            actor=house.liaison, order_id=order.pk, starts=JULY, lines=[house.line()]
        )
    # The officer drafted it, the service owner proposed it: the officer may sign.
    catalogue.sign_order(actor=house.officer, order_id=order.pk, side="centre")
    catalogue.sign_order(actor=house.approver, order_id=order.pk, side="agency")
    assert [line.signatures.count() for line in order.lines.all()] == [1, 1]
    with pytest.raises(Refused, match="CATALOGUE-235"):
        catalogue.sign_estimate(actor=house.liaison, order_line_id=first.pk, quantity=Decimal(1))


def test_estimates_are_signed_by_people_of_the_agency(house: House) -> None:
    order = house.proposed(house.agreement())
    line = order.lines.get()
    given: dict[str, Any] = {"order_line_id": line.pk, "quantity": Decimal(100)}
    with pytest.raises(Refused, match="CATALOGUE-232"):
        catalogue.sign_estimate(actor=SYSTEM, **given)
    with pytest.raises(Forbidden):
        catalogue.sign_estimate(actor=house.director, **given)
    with pytest.raises(NotFound, match="CATALOGUE-406"):
        catalogue.sign_estimate(actor=house.other, **given)
    with pytest.raises(NotFound, match="CATALOGUE-406"):
        catalogue.sign_estimate(actor=house.liaison, **{**given, "order_line_id": uuid7()})
    catalogue.sign_estimate(actor=house.liaison, **given)
    catalogue.sign_order(actor=house.approver, order_id=order.pk, side="agency")
    assert [each.signed_by for each in line.signatures.all()] == [house.liaison.user_id]
    assert catalogue.services(SYSTEM) == catalogue.services(SYSTEM, on=NEW_YEAR)
    assert len(catalogue.charge_items(SYSTEM)) == 3


def test_a_draft_modification_begins_while_its_order_runs(house: House) -> None:
    order = house.signed(house.proposed(house.agreement()))
    given: dict[str, Any] = {"lines": [house.line()], "funding": FULL}
    change = catalogue.modify_order(
        actor=house.officer, order_id=order.pk, starts=JULY, reason="x", draft=True, **given
    )
    with pytest.raises(Refused, match="CATALOGUE-228"):
        catalogue.revise_order(
            actor=house.officer, order_id=change.pk, starts=date(2025, 1, 1), **given
        )


def test_the_7600_profile_numbers_and_asks(house: House) -> None:
    form: dict[str, Any] = {
        "profile_name": "7600",
        "requesting_aid": "012",
        "servicing_aid": "345",
        "location_code": "12345678",
    }
    with pytest.raises(Refused, match="CATALOGUE-253"):
        house.agreement(**form)
    CentreProfile.objects.update(federal_forms=True)
    forget_centre()
    with pytest.raises(Refused, match="CATALOGUE-241"):
        house.agreement(**{**form, "servicing_aid": ""})
    agreement = house.agreement(**form)
    assert agreement.number == "A2601-012-345-000001"
    with pytest.raises(Refused, match="CATALOGUE-243"):
        house.proposed(agreement)
    order = house.proposed(
        agreement,
        location_code="12345678",
        lines=[house.line(advance_minor=100)],
        advance_total_minor=100,
        advance_recognition="straight_line",
    )
    assert (order.number, len(order.number)) == ("O2601-012-345-000001", 20)
    other = house.agreement(**form)
    second = house.proposed(other, location_code="12345678", lines=[house.line("payroll.desk")])
    assert second.number == "O2601-012-345-000002"
    assert house.signed(order).state == "active"


def test_each_agency_reads_its_own(house: House) -> None:
    order = house.signed(house.proposed(house.agreement()))
    assert catalogue.agreements(house.other) == []
    assert catalogue.agreements(house.officer, house.water.pk) == []
    assert catalogue.orders(house.other, house.parks.pk) == []
    assert catalogue.order_lines_in_force(house.other, house.parks.pk, Span(NEW_YEAR)) == []
    for read, what in ((catalogue.order, order.pk), (catalogue.agreement, order.agreement_id)):
        assert read(house.approver, what).pk == what
        with pytest.raises(NotFound, match="CATALOGUE-40"):
            read(house.other, what)
    clerk = replace(person("director"), grants=frozenset())
    with pytest.raises(Forbidden):
        catalogue.agreements(clerk)


def test_lines_in_force_cost_two_queries(house: House, django_assert_num_queries: Any) -> None:
    agreement = house.agreement()
    for item in ("payroll.payslip", "payroll.desk", "payroll.archive"):
        house.signed(house.proposed(agreement, lines=[house.line(item)]))
    with django_assert_num_queries(2):
        found = catalogue.order_lines_in_force(house.officer, None, Span(NEW_YEAR))
    assert len(found) == 3
    with django_assert_num_queries(1):
        assert len(catalogue.coverage([house.parks.pk], NEW_YEAR)) == 3

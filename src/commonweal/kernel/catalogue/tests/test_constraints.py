"""What the database refuses even when our own code does not: raw SQL as the app's role."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import Error, connection, transaction

from commonweal.kernel.access.public import act_as
from commonweal.kernel.catalogue import public as catalogue
from commonweal.kernel.catalogue.models import Agreement, FundingSource, Order, OrderLine
from commonweal.kernel.schema.public import uuid7

from .conftest import YEAR_END, House


def run(statement: str, *values: Any) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, values)


def settle() -> None:
    """What the end of the transaction would check."""
    run("SET CONSTRAINTS ALL IMMEDIATE")
    run("SET CONSTRAINTS ALL DEFERRED")


def attempt(write: Callable[[], Any]) -> None:
    """Do it, and check at once what the end of the transaction would check."""
    with transaction.atomic():
        write()
        settle()


def refused(reason: str, statement: str, *values: Any) -> None:
    with pytest.raises(Error, match=reason):
        attempt(lambda: run(statement, *values))


def test_the_app_owns_nothing_and_signatures_are_append_only(house: House) -> None:
    house.signed(house.proposed(house.agreement()))
    settle()
    denied = "permission denied"
    refused(denied, "DELETE FROM catalogue_order")
    refused(denied, "DELETE FROM catalogue_agreement")
    refused(denied, "UPDATE catalogue_estimatesignature SET quantity = 1")
    refused(denied, "DELETE FROM catalogue_estimatesignature")
    refused("must be owner", "ALTER TABLE catalogue_orderline DISABLE TRIGGER ALL")


@pytest.mark.parametrize(
    ("reason", "statement"),
    [
        ("CATALOGUE-302", "UPDATE catalogue_order SET total_minor = 1"),
        ("CATALOGUE-302", "UPDATE catalogue_order SET ends = '2030-01-01'"),
        ("CATALOGUE-302", "UPDATE catalogue_order SET signed_by_centre = gen_random_uuid()"),
        ("CATALOGUE-302", "UPDATE catalogue_order SET signed_by_agency = NULL"),
        ("CATALOGUE-301", "UPDATE catalogue_order SET state = 'draft'"),
        ("CATALOGUE-302", "UPDATE catalogue_agreement SET terms = 'other'"),
        ("CATALOGUE-301", "UPDATE catalogue_agreement SET state = 'proposed'"),
        ("CATALOGUE-305", "UPDATE catalogue_orderline SET estimated_quantity = 1"),
        ("CATALOGUE-305", "UPDATE catalogue_orderline SET ends = NULL"),
        ("CATALOGUE-216", "UPDATE catalogue_orderline SET ends = '2030-01-01'"),
        ("CATALOGUE-305", "UPDATE catalogue_orderline SET activated_at = NULL"),
        ("CATALOGUE-305", "DELETE FROM catalogue_orderline"),
        ("CATALOGUE-306", "UPDATE catalogue_fundingsource SET share_denominator = 2"),
        ("CATALOGUE-306", "DELETE FROM catalogue_fundingsource"),
    ],
)
def test_what_binds_never_changes(house: House, reason: str, statement: str) -> None:
    house.signed(house.proposed(house.agreement(ends=None), ends=YEAR_END))
    settle()
    expected = "CATALOGUE-(305|216)" if "ends = NULL" in statement else reason
    refused(expected, statement)


def test_a_line_switched_off_stays_off(house: House) -> None:
    house.signed(house.proposed(house.agreement()))
    run("UPDATE catalogue_orderline SET active = false")
    refused("CATALOGUE-305", "UPDATE catalogue_orderline SET active = true")


def test_a_proposal_is_not_changed_under_the_signers_eyes(house: House) -> None:
    house.proposed(house.agreement())
    refused("CATALOGUE-302", "UPDATE catalogue_order SET total_minor = 1")
    refused("CATALOGUE-304", "UPDATE catalogue_orderline SET active = true")
    refused("catalogue_order_both_signed", "UPDATE catalogue_order SET state = 'active'")
    refused(
        "catalogue_order_four_eyes", "UPDATE catalogue_order SET signed_by_centre = proposed_by"
    )
    refused(
        "catalogue_order_two_people",
        "UPDATE catalogue_order SET signed_by_centre = id, signed_by_agency = id",
    )


def copy_of(row: Any, **changes: Any) -> Any:
    """An unsaved copy of a row under a new id."""
    values = {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}
    return type(row)(**{**values, "id": uuid7(), **changes})


def insert_refused(reason: str, row: Any) -> None:
    with pytest.raises(Error, match=reason):
        attempt(lambda: row.save(force_insert=True))


def test_rows_begin_as_unsigned_drafts_inside_their_parent(house: House) -> None:
    agreement = house.agreement()
    order = house.proposed(agreement, draft=True)
    line = order.lines.get()
    insert_refused("CATALOGUE-303", copy_of(agreement, number="A-9", sequence=9))
    insert_refused("CATALOGUE-303", copy_of(order, number="x", state="proposed"))
    insert_refused("CATALOGUE-303", copy_of(order, number="x", signed_by_centre=uuid7()))
    insert_refused("CATALOGUE-201", copy_of(order, number="x", ends=None))
    insert_refused("CATALOGUE-216", copy_of(line, number=2, ends=None))
    insert_refused("CATALOGUE-213", copy_of(line, number=2, bureau_id=uuid7()))
    insert_refused("same_agency", copy_of(order, number="x", agency_id=house.water.pk))
    insert_refused("same_agency", copy_of(line, number=2, agency_id=house.water.pk))
    source = line.funding.get()
    insert_refused("same_agency", copy_of(source, name="x", agency_id=house.water.pk))
    insert_refused("catalogue_order_number", copy_of(order))


def test_an_order_binds_only_under_an_agreement_that_binds(house: House) -> None:
    made = catalogue.create_agreement(
        actor=house.officer, agency_id=house.parks.pk, title="T", terms="t", starts=YEAR_END
    )
    house.proposed(made, starts=YEAR_END)
    refused(
        "CATALOGUE-214",
        "UPDATE catalogue_order SET state = 'active', signed_by_centre = gen_random_uuid(),"
        " signed_by_agency = gen_random_uuid()",
    )


def test_no_two_active_lines_for_a_day(house: House) -> None:
    agreement = house.agreement()
    house.signed(house.proposed(agreement))
    second = house.proposed(agreement)
    run(
        "UPDATE catalogue_order SET state = 'active', signed_by_centre = gen_random_uuid(),"
        " signed_by_agency = gen_random_uuid() WHERE id = %s",
        second.pk,
    )
    refused(
        "catalogue_line_no_overlap",
        "UPDATE catalogue_orderline SET active = true WHERE order_id = %s",
        second.pk,
    )


def test_no_two_service_levels_for_a_day(house: House) -> None:
    statement = (
        "INSERT INTO catalogue_servicelevel (id, service_id, name, metric, target, unit_id,"
        " direction, calendar, starts, recorded_at) SELECT gen_random_uuid(), id, 'n', 'm', 1,"
        " 'HUR', 'at_most', 'c', '2026-01-01', now() FROM catalogue_service"
    )
    run(statement)
    refused("catalogue_level_no_overlap", statement)


SPOIL: dict[str, Callable[[Order], Any]] = {
    "CATALOGUE-203": lambda order: FundingSource.objects.filter(order_line__order=order).update(
        share_denominator=3
    ),
    "do not add up to 1": lambda order: FundingSource.objects.filter(
        order_line__order=order
    ).delete(),
    "CATALOGUE-202": lambda order: OrderLine.objects.filter(order=order).update(
        estimated_amount_minor=1
    ),
}


@pytest.mark.parametrize("reason", SPOIL)
def test_an_order_that_does_not_add_up_cannot_be_proposed(house: House, reason: str) -> None:
    order = house.proposed(house.agreement(), draft=True)
    settle()
    SPOIL[reason](order)
    settle()
    refused(reason, "UPDATE catalogue_order SET state = 'proposed' WHERE id = %s", order.pk)


def test_thirds_add_up_exactly_in_the_database(house: House) -> None:
    thirds = [catalogue.NewFunding(name, "", 1, 3) for name in "abc"]
    house.signed(house.proposed(house.agreement(), funding=thirds))
    settle()


def test_sums_are_checked_after_the_scope_has_gone(house: House) -> None:
    """The end of a transaction comes after `act_as` gave the scope back."""
    order = house.proposed(house.agreement())
    with act_as(house.other):
        run("SET CONSTRAINTS ALL IMMEDIATE")
        run("SET CONSTRAINTS ALL DEFERRED")
    assert Order.objects.filter(pk=order.pk).exists()


def test_row_level_security_holds_without_the_selectors(house: House) -> None:
    order = house.signed(house.proposed(house.agreement()))
    with act_as(house.other):
        for model in (Agreement, Order, OrderLine, FundingSource, catalogue.EstimateSignature):
            assert model.objects.count() == 0
        assert len(catalogue.coverage(None, order.starts)) == 0
        assert Order.objects.filter(pk=order.pk).update(state="ended") == 0
        unsigned = {"state": "draft", "signed_by_agency": None, "signed_by_centre": None}
        forged = copy_of(order.agreement, number="x", sequence=9, **unsigned)
        insert_refused("row-level security", forged)
        insert_refused("CATALOGUE-201", copy_of(order, number="x", **unsigned))
    with act_as(house.approver):
        assert Order.objects.count() == OrderLine.objects.count() == 1
        assert len(catalogue.coverage(None, order.starts)) == 1

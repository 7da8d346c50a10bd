"""What waits for whom: proposals, the sides that are missing, who may sign and why not."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from commonweal.kernel.authority.models import AmountLimit, Decision, SecondApprover
from commonweal.kernel.authority.public import NotYours
from commonweal.kernel.catalogue import public as catalogue
from commonweal.kernel.party.models import Membership, Person
from commonweal.kernel.party.public import sync_roles
from commonweal.kernel.schema.public import Forbidden, NotFound, Place, place_text

from .conftest import FULL, NEW_YEAR, House, person

JULY = date(2026, 7, 1)
Refused = catalogue.CatalogueError


def modified(house: House, order: catalogue.Order) -> catalogue.Order:
    """A proposal for more payslips from July on."""
    return catalogue.modify_order(
        actor=house.officer,
        order_id=order.pk,
        starts=JULY,
        lines=[house.line(estimated_amount_minor=30_000), house.line("payroll.desk")],
        funding=FULL,
        reason="Fewer people, and a desk",
    )


def test_everything_that_waits_oldest_first(house: House) -> None:
    agreement = house.agreement()
    running = house.signed(house.proposed(agreement))
    terms = catalogue.create_agreement(
        actor=house.liaison, agency_id=house.parks.pk, title="T", terms="t", starts=NEW_YEAR
    )
    change = modified(house, running)
    archive = house.proposed(agreement, lines=[house.line("payroll.archive")])
    catalogue.sign_order(actor=house.director, order_id=archive.pk, side="centre")
    ending = catalogue.propose_ending(
        actor=house.officer, order_id=running.pk, ends=JULY, reason="The work moves to them."
    )
    found = catalogue.pending(house.approver)
    assert [(each.kind, each.paper, each.missing) for each in found] == [
        ("agreement", terms, ("agency", "centre")),
        ("modification", change, ("agency", "centre")),
        ("order", archive, ("agency",)),
        ("ending", ending, ("agency", "centre")),
    ]
    first = catalogue.pending(house.officer, place=Place(limit=3))
    rest = catalogue.pending(house.officer, place=Place(first.next, 3))
    assert [each.paper for each in (*first, *rest)] == [terms, change, archive, ending]
    back = catalogue.pending(house.officer, place=Place(rest.previous, 2))
    assert [each.paper for each in back] == [change, archive]
    with pytest.raises(NotFound, match="LIST-404"):
        catalogue.pending(house.officer, place=Place(place_text(False, ["no id"])))
    assert catalogue.pending(house.other) == []
    assert catalogue.pending(house.officer, agency_id=house.water.pk) == []


def test_before_and_after_stay_readable_once_it_is_in_force(house: House) -> None:
    order = house.signed(house.proposed(house.agreement()))
    change = modified(house, order)
    before = catalogue.changes(house.approver, catalogue.order(house.approver, change.pk))
    house.signed(change)
    after = catalogue.changes(house.approver, catalogue.order(house.approver, change.pk))
    assert before == after
    assert {each.line.item: each.kind for each in after.lines} == {
        "payroll.payslip": "changed",
        "payroll.desk": "added",
    }
    assert [each.kind for each in catalogue.changes(house.approver, order).lines] == ["added"]
    assert catalogue.versions(house.approver, order) == [change, order]
    assert catalogue.versions(house.other, order) == []
    with pytest.raises(NotFound):
        catalogue.draft(house.other, order)


def test_the_reader_learns_why_they_may_not_sign(house: House) -> None:
    order = house.proposed(house.agreement())
    assert "agency's approver" in catalogue.why_not_sign(house.liaison, order, "agency")
    assert "You proposed this" in catalogue.why_not_sign(house.officer, order, "centre")
    assert catalogue.why_not_sign(house.approver, order, "agency") == ""
    matter = catalogue.matter(order, "centre")
    assert (matter.own_side, matter.proposed_by, matter.amount_minor) == (
        True,
        house.officer.user_id,
        41_000,
    )
    assert not catalogue.matter(order, "agency").own_side
    assert catalogue.matter(order.agreement, "agency").amount_minor is None


def in_books(house: House, actor: Any, role: str, agency_id: Any) -> None:
    """Write a test's person and role down, where limits and namings look for them."""
    Person.objects.create(id=actor.person_id, name="Somebody", home_agency_id=agency_id)
    Membership.objects.create(
        agency_id=agency_id, person_id=actor.person_id, user_id=actor.user_id, role_id=role,
        starts=NEW_YEAR,
    )  # fmt: skip


def decision(kind: str) -> Decision:
    return Decision.objects.create(
        subject_type=kind, subject_id=NEW_ID, subject_label="x", statement="x"
    )


NEW_ID = "018f0000-0000-7000-8000-000000000001"


def test_an_order_above_the_limit_waits_for_somebody_else(house: House) -> None:
    sync_roles()
    in_books(house, house.approver, "agency_approver", house.parks.pk)
    order = house.proposed(house.agreement())
    AmountLimit.objects.create(
        role_id="agency_approver", subject_type="catalogue.Order", max_minor=40_999,
        currency="USD", starts=NEW_YEAR, decision=decision("authority.AmountLimit"),
    )  # fmt: skip
    with pytest.raises(NotYours, match="AUTHORITY-107"):
        catalogue.sign_order(actor=house.approver, order_id=order.pk, side="agency")
    assert "above what your role" in catalogue.why_not_sign(house.approver, order, "agency")
    AmountLimit.objects.update(ends=NEW_YEAR)
    assert catalogue.why_not_sign(house.approver, order, "agency") == ""


def test_a_named_second_approver_signs_for_a_small_agency(house: House) -> None:
    sync_roles()
    head = person("agency_liaison", house.parks.pk)
    in_books(house, head, "agency_liaison", house.parks.pk)
    order = house.proposed(house.agreement())
    with pytest.raises(Forbidden):
        catalogue.sign_order(actor=head, order_id=order.pk, side="agency")
    SecondApprover.objects.create(
        agency_id=house.parks.pk, person_id=head.person_id, starts=NEW_YEAR,
        decision=decision("authority.SecondApprover"),
    )  # fmt: skip
    with pytest.raises(Forbidden):
        catalogue.sign_order(actor=head, order_id=order.pk, side="centre")
    signed = catalogue.sign_order(actor=head, order_id=order.pk, side="agency")
    assert signed.signed_by_agency == head.user_id

"""What cases are charged by: each closed one, or each contact, by its channel; ordering once."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from commonweal.kernel.access.public import SYSTEM, act_as
from commonweal.kernel.calendar.public import at
from commonweal.kernel.casework import public as casework
from commonweal.kernel.casework.domain.pricing import check_items
from commonweal.kernel.casework.models import CaseUsage
from commonweal.kernel.party.selectors import forget_centre
from commonweal.kernel.schema.public import NotFound

from .conftest import MONDAY, Desk, make_desk
from .counter import make_counter
from .test_counter_races import together
from .test_life import fails
from .test_orders import order, shop

__all__ = ["shop"]

ITEMS = {"*": "it.case", "contact:phone": "it.call", "contact:*": "it.contact"}


def charged(case: casework.Case) -> list[tuple[str, str]]:
    rows = CaseUsage.objects.filter(case=case).order_by("id")
    return list(rows.values_list("channel", "charge_item"))


def test_each_contact_is_charged_by_its_channel_and_the_case_once(desk: Desk) -> None:
    casework.CaseType.objects.filter(code="incident").update(items=ITEMS)
    case = desk.case(desk.agent, channel="phone")
    said = casework.Said("It still blinks.", channel="email")
    casework.receive_message(actor=SYSTEM, case_id=case.pk, said=said)
    robot = casework.Said("I am away.", channel="email", human=False)
    casework.receive_message(actor=SYSTEM, case_id=case.pk, said=robot)
    case.refresh_from_db()
    assert case.contacts == 2, "a robot's word is no contact"
    casework.answer(actor=desk.agent, case_id=case.pk, text="Try the blue cable.")
    casework.move_case(actor=desk.agent, case_id=case.pk, state="resolved", resolution="Done.")
    casework.move_case(actor=desk.agent, case_id=case.pk, state="closed")
    before = [("phone", "it.call"), ("email", "it.contact"), ("phone", "it.case")]
    assert charged(case) == before
    casework.receive_message(actor=SYSTEM, case_id=case.pk, said=casework.Said("Again!"))
    casework.move_case(actor=desk.agent, case_id=case.pk, state="resolved", resolution="Done.")
    casework.move_case(actor=desk.agent, case_id=case.pk, state="closed")
    assert charged(case) == [*before, ("web", "it.contact")]


def test_a_visit_for_an_earlier_case_is_a_contact_at_the_counter(desk: Desk) -> None:
    counter = make_counter(desk)
    casework.CaseType.objects.update(items={"contact:*": "city.contact"})
    case = desk.case(counter.door, case_type="", category="streetlight", place="Elm Street 4")
    for _ in range(2):
        casework.take_ticket(
            actor=counter.clerk, offer_id=counter.permit.pk, case_id=case.pk
        )  # fmt: skip
    case.refresh_from_db()
    assert case.contacts == 3
    assert [channel for channel, _item in charged(case)] == ["web", "counter", "counter"]
    own = counter.take().case
    assert own.contacts == 1
    assert charged(own) == [("counter", "city.contact")]


def test_undoing_a_closing_takes_back_the_case_and_leaves_the_contacts(desk: Desk) -> None:
    casework.CaseType.objects.filter(code="incident").update(items=ITEMS)
    case = desk.case()
    with at(MONDAY + timedelta(minutes=1)):
        CaseUsage.objects.filter(case=case).update(state="sent")
        casework.move_case(actor=desk.agent, case_id=case.pk, state="resolved", resolution="Done.")
        batch = casework.change_cases(
            actor=desk.agent, case_ids=[case.pk], change=casework.Together("move", state="closed")
        )
        assert len(charged(case)) == 2
        assert casework.undo_changes(actor=desk.agent, batch_id=batch.pk).kept == 0
    assert charged(case) == [("web", "it.contact")]


def test_a_channel_that_is_none_is_refused(desk: Desk) -> None:
    draft = casework.TypeDraft(
        code="calls", name="Calls", family="incident", audience="agency", service="it.helpdesk",
        machine=casework.HELP, queue="it", items={"fone": "it.call"},
    )  # fmt: skip
    fails("CASE-250", casework.put_case_type, actor=desk.owner, draft=draft)
    for wrong in ({"phone": " "}, {"contact:": "it.call"}, {"": "it.call"}):
        fails("CASE-250", check_items, items=wrong, channels=["phone"])
    assert check_items({"contact:phone": " it.call "}, ["phone"]) == {"contact:phone": "it.call"}


def test_what_another_agency_may_order_is_not_there(shop: Desk) -> None:
    casework.Category.objects.filter(code="laptop").update(agency_code="WTR")
    with pytest.raises(NotFound):
        casework.offer(shop.employee, shop.parks.pk, "laptop")
    casework.Category.objects.filter(code="laptop").update(agency_code="PRK")
    assert casework.offer(shop.employee, shop.parks.pk, "laptop").item.code == "it.laptop"


def test_the_same_draft_orders_once(shop: Desk) -> None:
    first = order(shop, source=casework.DRAFT, source_id="d-1")
    again = order(shop, source=casework.DRAFT, source_id="d-1")
    assert again.pk == first.pk
    assert casework.CaseOrder.objects.get().quantity == Decimal(2)


def test_two_clicks_at_once_open_one_case(committed_db: str) -> None:
    forget_centre()
    with at(MONDAY), act_as(SYSTEM):
        desk = make_desk()
    made: list[UUID] = []

    def click() -> None:
        with act_as(desk.employee):
            made.append(desk.case(source=casework.DRAFT, source_id="one").pk)

    together([click, click, click])
    forget_centre()
    assert len(made) == 3
    assert len(set(made)) == 1

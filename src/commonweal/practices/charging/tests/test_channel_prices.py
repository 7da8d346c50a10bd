"""A closed case and a contact are charged by their channel, down to the line of the bill."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

from commonweal.kernel.access.public import SYSTEM, act_as
from commonweal.kernel.calendar.public import at
from commonweal.kernel.casework import public as casework
from commonweal.practices.charging.models import BillLine

from .copies import closed, copies, enter, world
from .world import AUGUST, World

__all__ = ["closed", "copies", "enter", "world"]
ITEMS = {"phone": "helpdesk.hour", "contact:email": "helpdesk.hour"}


def test_what_came_by_telephone_and_by_mail_is_on_the_bill(world: World) -> None:
    owner, parks = world.of("service_owner"), world.agencies["PARKS"]
    with at(datetime(2026, 8, 20, 15, tzinfo=UTC)), act_as(owner):
        casework.put_team(actor=owner, code="it", name="Help desk")
        casework.put_queue(actor=owner, code="it", name="Help desk", team="it", service="helpdesk")
        draft = casework.TypeDraft(
            code="call", name="Call", family="incident", audience="agency", service="helpdesk",
            machine=casework.HELP, queue="it", items=ITEMS,
        )  # fmt: skip
        casework.put_case_type(actor=owner, draft=draft)
        for channel in ("phone", "phone", "web"):
            new = casework.NewCase(case_type="call", subject="No light", channel=channel)
            case = casework.open_case(actor=owner, agency_id=parks, new=new).case
            casework.move_case(
                actor=owner, case_id=case.pk, state="resolved", resolution="There is light."
            )
            casework.move_case(actor=owner, case_id=case.pk, state="closed")
        said = casework.Said("Thank you", channel="email")
        with act_as(SYSTEM):
            casework.receive_message(actor=SYSTEM, case_id=case.pk, said=said)
            assert casework.send_usage(actor=SYSTEM) == {"sent": 3, "refused": 0}
    world.close_fully(AUGUST)
    with act_as(SYSTEM):
        line = BillLine.objects.get(
            bill__agency_id=parks, bill__period=AUGUST, charge_item__code="helpdesk.hour"
        )
    assert line.quantity == Decimal("1.333333") + 3
    assert line.amount_minor == int(
        (Decimal("4.333333") * Decimal("55.005") * 100).quantize(Decimal(1), "ROUND_HALF_UP")
    )

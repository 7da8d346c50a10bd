"""A help desk and a city's reports in the pages' small world: kinds of cases, promises, cases."""

from __future__ import annotations

import io
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from PIL import Image

from commonweal.kernel.access.public import SYSTEM, act_as
from commonweal.kernel.casework import public as casework
from commonweal.kernel.casework.domain.standard import HELP, ORDER

if TYPE_CHECKING:
    from commonweal.interfaces.web.agency.tests.world import World

HOUR = 3600
LAMP = "The street lamp before the old town hall has been dark since the storm of last Thursday"


def build_desk(world: World) -> None:
    """Set the desk up, and open a few cases by different channels."""
    owner, agent = world.actors["owner"], world.actors["agent"]
    with act_as(SYSTEM):
        for code, name in (("it", "Help desk"), ("city", "City reports")):
            casework.put_team(actor=owner, code=code, name=name)
            casework.put_queue(
                actor=owner, code=code, name=name, team=code, service="helpdesk",
                address=f"{code}@help.example",
            )  # fmt: skip
            casework.put_member(actor=owner, team=code, person_id=agent.person_id)
        _types(world)
        _promises(world)
        casework.put_ready_answer(
            actor=owner, code="restart", name="Restart it", text="Please restart the machine."
        )
        casework.put_article(
            actor=owner, code="printer", title="A printer prints nothing", audience="agency",
            text="Look whether it has paper, then restart it.", words=["printer", "paper"],
        )  # fmt: skip
        casework.put_rule(actor=owner, position=1, queue="city", conditions={"words": ["lamp"]})
    _cases(world)


def _types(world: World) -> None:
    owner = world.actors["owner"]
    for draft in (
        casework.TypeDraft(
            code="incident", name="Incident", family="incident", audience="agency",
            service="helpdesk", machine=HELP, queue="it",
        ),
        casework.TypeDraft(
            code="access", name="Access", family="request", audience="agency", service="helpdesk",
            machine=ORDER, queue="it", needs_identity=True, approval="casework.approve",
            tasks=[{"name": "Grant it"}],
        ),
        casework.TypeDraft(
            code="report", name="Report", family="service", audience="citizen",
            service="helpdesk", machine=HELP, queue="city", publication="public",
            form=[{"code": "lamp", "label": "Number of the lamp", "kind": "string"}],
        ),
        casework.TypeDraft(
            code="order", name="Order", family="order", audience="agency", service="helpdesk",
            machine=casework.CATALOGUE_ORDER, queue="it", approval="casework.approve",
        ),
    ):  # fmt: skip
        casework.put_case_type(actor=owner, draft=draft)
    for code, name, kind, more in (
        ("printer", "Something is broken", "incident", {}),
        ("access", "I need access to a system", "access", {}),
        ("streetlight", "A street lamp is dark", "report",
         {"needs_place": True, "public": True, "group": "Streets", "keywords": ["lamp"]}),
        ("space", "Room for files", "order",
         {"order_item": "helpdesk.storage", "order_recurs": "monthly", "group": "Machines",
          "description": "Kept on two machines, and copied every night."}),
    ):  # fmt: skip
        casework.put_category(actor=owner, code=code, name=name, case_type=kind, **more)


def _promises(world: World) -> None:
    for code, metric, hours in (("first", "first_response", 4), ("solve", "resolution", 16)):
        casework.put_promise(
            actor=world.actors["owner"],
            promise=casework.Promise(
                code=code, name=f"{code} within {hours} h", metric=metric, calendar="office",
                starts=date(2026, 1, 1), target_seconds=hours * HOUR, pauses=("requester",),
            ),
        )  # fmt: skip


def _cases(world: World) -> None:
    employee, agent = world.actors["parks-employee"], world.actors["agent"]
    parks = world.agencies["PARKS"]
    with act_as(employee):
        contact = casework.put_contact(
            actor=employee, agency_id=parks, person_id=employee.person_id,
            name="Petra Employee", email="parks-employee@example.test",
        )  # fmt: skip
        for kind, subject in (("printer", "The printer prints nothing"), ("access", "Payroll")):
            casework.open_case(
                actor=employee, agency_id=parks,
                new=casework.NewCase("", subject, "It blinks.", category=kind, requester=contact),
            )  # fmt: skip
        shown = casework.offer(employee, parks, "space", Decimal(20))
        if shown.price is not None:  # a smaller world has no rate for it
            casework.place_order(
                actor=employee, agency_id=parks,
                order=casework.NewOrder(
                    "space", Decimal(20), shown.price.year_minor, requester=contact
                ),
            )  # fmt: skip
    with act_as(agent):
        caller = casework.put_contact(
            actor=agent, agency_id=parks, name="Cleo Citizen", phone="+1 312 555 0123"
        )  # fmt: skip
        opened = casework.open_case(
            actor=agent, agency_id=parks,
            new=casework.NewCase(
                "", LAMP, "By telephone.", "phone", "streetlight", caller, place="1 Main Street"
            ),
        )  # fmt: skip
        casework.answer(
            actor=agent, case_id=opened.case.pk, text="We look at it.", then="waiting_requester"
        )
    _money(world, opened.case)


def _money(world: World, case: casework.Case) -> None:
    """Two fees: one owed, one paid at the till; money to give back; a letter to be sorted."""
    owner = world.actors["owner"]
    with act_as(owner):
        for code, name, minor in (("survey", "Survey of the place", 4_500), ("copy", "Copy", 300)):
            casework.put_fee(actor=owner, code=code, name=name, case_type="report",
                             amount_minor=minor, automatic=False)  # fmt: skip
            casework.charge_fee(actor=owner, case_id=case.pk, rule=code)
        casework.put_till(actor=owner, code="FRONT", name="Front desk")
        paid = next(row for row in casework.fees_of(owner, case) if row.name == "Copy")
        casework.take_at_counter(
            actor=owner, fee_id=paid.pk, till="FRONT", method="cash", tendered_minor=500
        )
        (attempt,) = paid.attempts.filter(provider="counter")
        casework.ask_payback(
            actor=owner, attempt_id=attempt.pk, kind="refund", amount_minor=100,
            reason="A page of it was missing",
        )  # fmt: skip
        casework.close_till(actor=owner, till="FRONT", cash_minor=300)
        casework.take_letter(
            actor=owner, filename="letter.png", media_type="image/png", data=scan()
        )


def scan(colour: str = "white") -> bytes:
    """A scanned page, as a picture."""
    stream = io.BytesIO()
    Image.new("RGB", (80, 100), colour).save(stream, "PNG")
    return stream.getvalue()

"""What lies open in the served world, so that every page has something to show.

A rate to decide, terms and an order to sign, a question and a dispute, refused rows of files,
a record in quarantine, a bundle, a month of the books, a lent role, a token.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

from commonweal.interfaces.web.agency.tests.world import (
    MAPPING,
    OCTOBER,
    World,
    _person,
    _records,
)
from commonweal.kernel.access.public import SYSTEM, act_as, create_token
from commonweal.kernel.catalogue import public as catalogue
from commonweal.kernel.documents.public import begin_here, make_take_out
from commonweal.kernel.ledger.public import open_period
from commonweal.kernel.metering.public import FileOptions, emit, submit_file
from commonweal.kernel.party import public as party
from commonweal.practices.charging import public as charging

REFUSED = b"""id,agency,charge_item,quantity,unit,from,to
x-1,PARKS,helpdesk.case,,C62,2026-11-02,2026-11-03
"""
COSTS = b"""Period,Cost centre,Category,Account,Reference,Amount
2026-11,helpdesk,Salaries,6000,N-1,12.50
2026-11,helpdesk,Salaries,6000,N-2,a dozen
"""


def open_matters(world: World, folder: Path) -> None:
    """Make them all, in the present database."""
    with act_as(SYSTEM):
        _person(world, "auditor", "Aino Auditor", "auditor")
        _person(world, "parks-liaison", "Lena Liaison", "agency_liaison", "PARKS")
    _to_decide(world)
    _asked(world)
    _refused(world, folder)
    _set_up(world)
    _account(world)
    _taken_away(world)
    _paid(world)
    _invoices()


def _to_decide(world: World) -> None:
    owner = world.actors["owner"]
    with act_as(owner):
        charging.propose_rate(
            actor=owner, charge_item_id=world.items["helpdesk.storage"],
            model={"kind": "per_unit", "rate": "0.45"}, starts=date(2027, 1, 1),
            reason="Cheaper storage from the new contract.",
        )  # fmt: skip
        catalogue.create_agreement(
            actor=owner, agency_id=world.agencies["PARKS"], title="Shared services from 2028",
            terms="The centre provides, the agency pays.", starts=date(2028, 7, 1),
            ends=date(2030, 7, 1),
        )  # fmt: skip
        in_force = world.line().order_line.order.agreement_id
        catalogue.propose_ending(
            actor=owner, agreement_id=in_force, ends=date(2027, 4, 1), reason="We move to 2028's."
        )


def _asked(world: World) -> None:
    parks, water = world.actors["parks"], world.actors["water"]
    cases, base = world.line().pk, world.line("helpdesk.base", "WATER").pk
    with act_as(parks):
        charging.raise_query(
            actor=parks, line_id=cases, kind="question", text="Was it the laptop replacement?"
        )
    with act_as(water):
        charging.raise_query(
            actor=water, line_id=base, kind="dispute", text="We left in August, please check."
        )


def _refused(world: World, folder: Path) -> None:
    officer = world.actors["officer"]
    usage = folder / "refused.csv"
    usage.write_bytes(REFUSED)
    known = _records("WATER", "", 310, OCTOBER.shift(1))[0]
    with act_as(officer):
        submit_file(actor=officer, source="desk", path=usage, kind="csv", options=FileOptions())
        charging.import_costs(
            actor=officer,
            request=charging.CostRequest(
                filename="november.csv", data=COSTS, given=MAPPING, accept_as="Ledger",
                basis="actual", currency="USD",
            ),
        )  # fmt: skip
        for quantity in (3, 4):
            emit(actor=officer, source="desk", facts=[replace(known, quantity=Decimal(quantity))])


def _set_up(world: World) -> None:
    owner, officer = world.actors["owner"], world.actors["officer"]
    with act_as(owner):
        catalogue.put_bundle(
            actor=owner, lead="helpdesk.case", name="Case with mailbox",
            companions={"helpdesk.storage": Decimal(1)},
        )  # fmt: skip
    with act_as(officer):
        for books in (party.centre().agency_id, *world.agencies.values()):
            open_period(actor=officer, agency_id=books, period="2026-12")


def _taken_away(world: World) -> None:
    parks, agency = world.actors["parks"], world.agencies["PARKS"]
    with act_as(parks):
        asked = begin_here(actor=parks, agency_id=agency)
        make_take_out(actor=parks, take_out_id=asked.pk, tell=lambda *_: None)


INVOICES = {"legal_name": "Meridian", "city": "Meridian", "country": "US", "vat_category": "O",
            "endpoint_scheme": "9959", "endpoint_id": "12-3456789", "registration_id": "1",
            "vat_reason": "Not subject to VAT"}  # fmt: skip


def _invoices() -> None:
    """The centre and its agencies say what electronic invoices need."""
    with act_as(SYSTEM):
        own = party.centre().agency_id
        for agency in party.agencies(SYSTEM, kind=""):
            said = {
                name: value
                for name, value in INVOICES.items()
                if agency.pk == own or not name.startswith("vat")
            }
            party.put_invoice_details(actor=SYSTEM, agency_id=agency.pk, fields=said)


def _paid(world: World) -> None:
    """A statement with a payment in part, one too large, and one that nobody recognises; an
    advance that waits to be paid back."""
    officer, bill = world.actors["officer"], world.bill("WATER")
    rows = [
        "Date,Amount,Reference,Payer,Payer account,Text,Balance",
        f"2026-11-16,25.00,S-1,Parks,ACC-P,{world.bill().number},1025.00",
        f"2026-11-16,{bill.total_minor / 100 + 40:.2f},S-2,Water,ACC-W,{bill.number},"
        f"{1065 + bill.total_minor / 100:.2f}",
        f"2026-11-17,77.70,S-3,Somebody,ACC-S,hello,{1142.7 + bill.total_minor / 100:.2f}",
    ]
    with act_as(officer):
        charging.import_payments(
            actor=officer,
            request=charging.PaymentRequest(
                "bank.csv", "\n".join(rows).encode(), accept_as="Our bank"
            ),
        )
        charging.propose_refund(
            actor=officer, agency_id=bill.agency_id, reason="They asked for the rest of it"
        )


def _account(world: World) -> None:
    for who, role, agency, other in (
        ("parks", "agency_finance", "PARKS", "parks-approver"),
        ("officer", "finance_officer", "", "director"),
    ):
        person, to = world.actors[who], world.actors[other]
        with act_as(person):
            create_token(actor=person, name="Our own ERP", scopes=["agreements.view"], days=90)
            party.delegate(
                actor=person, from_person_id=person.person_id, to_person_id=to.person_id,
                role=role, agency_id=world.agencies.get(agency), ends=date(2026, 12, 25),
                reason="Away until the end of the year.",
            )  # fmt: skip

"""What lies open in the served world, so that every page has something to show.

A rate, two conversions and a rule about late usage to decide, terms and an order to sign,
a question and a dispute, refused rows of files,
a record in quarantine, a bundle, a month of the books, a lent role, a token, a year-end adjustment.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID

from commonweal.interfaces.mail.intake import take
from commonweal.interfaces.web.agency.tests.world import (
    MAPPING,
    OCTOBER,
    World,
    _person,
    _records,
)
from commonweal.interfaces.web.centre.tests.pages import hooked, planned
from commonweal.kernel.access.public import SYSTEM, Actor, act_as, create_token
from commonweal.kernel.authority.public import approve
from commonweal.kernel.calendar.public import at, now
from commonweal.kernel.casework import public as casework
from commonweal.kernel.catalogue import public as catalogue
from commonweal.kernel.documents.public import begin_here, make_take_out
from commonweal.kernel.ledger.public import close_period, open_period
from commonweal.kernel.metering.public import (
    FileOptions,
    emit,
    propose_late_policy,
    submit_file,
)
from commonweal.kernel.party import public as party
from commonweal.practices.charging import public as charging
from commonweal.practices.consolidation import public as worth

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
    _costs_to_decide(world)
    _asked(world)
    _refused(world, folder)
    _set_up(world)
    _account(world)
    _taken_away(world)
    _planned(world)
    _worth(world)
    _paid(world)
    _invoices()
    _audited(world)
    _adjusted(world)
    hooked(world, "admin", party.centre().agency_id)
    hooked(world, "parks-liaison", world.agencies["PARKS"])
    _kept(world)


def _kept(world: World) -> None:
    """A case that is due and held, somebody held, a proof, a frozen month, refused usage, an import
    that was tried, mail that was held back."""
    owner, agent = world.actors["owner"], world.actors["agent"]
    parks = world.agencies["PARKS"]
    with act_as(agent):
        who = casework.put_contact(
            actor=agent, agency_id=parks, name="Ivo Old", phone="+1 312 555 0199"
        )
        with at(now() - timedelta(days=1200)):
            old, _due = (_closed(agent, parks, asker) for asker in (who, None))
    with act_as(owner):
        casework.put_legal_hold(actor=owner, contact_id=who.pk, reason="An inquiry asked for it")
        hold = casework.put_legal_hold(actor=owner, case_id=old.pk, reason="A court asked for it")
        casework.lift_hold(actor=owner, hold_id=hold.pk, reason="The court has decided")
        casework.remember_mapping(actor=owner, code="old-desk", mapping=CASES)
    with act_as(SYSTEM):
        casework.audit_clocks(actor=SYSTEM)
        with at(now() + timedelta(days=31)):
            casework.freeze_ended(actor=SYSTEM)
        casework.CaseUsage.objects.create(
            agency_id=parks, case=old, charge_item="helpdesk.case", channel="phone",
            closed_at=old.opened_at, state="refused", code="USAGE-109", tries=1,
            sentence="No order line of the agency covers this charge item. Order it first.",
        )  # fmt: skip
    with TemporaryDirectory() as folder:
        path = Path(folder) / "old.csv"
        path.write_text("Id,Agency,Kind,Opened\n1,PARKS,incident,2026-08-04T14:00:00Z\n2,NO,x,y\n")
        with act_as(owner):
            row = casework.start_import(
                actor=owner, path=path, source="old desk", mapping=CASES, dry_run=True
            )
        casework.run_import(owner, row, path)
    take(MAIL, casework.Origin("desk"))
    take(b"\xff\xfe these bytes are no message", casework.Origin("desk"))


def _closed(agent: Actor, agency: UUID, asker: casework.Contact | None) -> casework.Case:
    new = casework.NewCase("", "Keyboard lost keys", "Two.", category="printer", requester=asker)
    case = casework.open_case(actor=agent, agency_id=agency, new=new).case
    for state in ("resolved", "closed"):
        casework.move_case(actor=agent, case_id=case.pk, state=state, resolution="A new one came.")
    return case


CASES = {
    "kind": "cases",
    "columns": {"id": "Id", "agency": "Agency", "case_type": "Kind", "opened_at": "Opened"},
}
MAIL = b"""From: Ben Cook <ben@example.test>
To: everybody@example.test
Subject: The lamp at the corner
Message-ID: <held@example.test>

It has been dark since Thursday. <script>alert(1)</script>
"""


def _to_decide(world: World) -> None:
    owner = world.actors["owner"]
    with act_as(owner):
        charging.propose_rate(
            actor=owner, charge_item_id=world.items["helpdesk.storage"],
            model={"kind": "per_unit", "rate": "0.45"}, starts=date(2027, 1, 1),
            reason="Cheaper storage from the new contract.",
        )  # fmt: skip
        catalogue.propose_conversion(
            actor=owner, charge_item="helpdesk.case", unit="HUR", ratio="2",
            starts=date(2027, 1, 1), reason="Two cases an hour, as agreed.",
        )  # fmt: skip
        charging.propose_exchange_rate(
            actor=owner, currency="EUR", ratio="1.0864", starts=date(2027, 1, 1),
            source="ECB reference rate",
        )  # fmt: skip
        propose_late_policy(
            actor=owner, service="helpdesk", kind="window", days=60, starts=date(2027, 1, 1),
            reason="Agreed with the agencies.",
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


def _costs_to_decide(world: World) -> None:
    """Who bears idle capacity, and the end of an asset."""
    officer = world.actors["officer"]
    with act_as(officer):
        (capacity,) = charging.capacities(officer)
        charging.propose_idle_policy(
            actor=officer, capacity_id=capacity.pk, policy="absorbed",
            reason="Until the board decides otherwise",
        )  # fmt: skip
        charging.propose_disposal(
            actor=officer, code="san", day=date(2027, 2, 1), proceeds_minor=100_000,
            reason="Replaced by storage in the cloud",
        )  # fmt: skip


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
    _disputed(world)


def _disputed(world: World) -> None:
    """PARKS disputes a line, adds a file, and is credited; another credit waits for a decision."""
    parks, officer, director = (world.actors[name] for name in ("parks", "officer", "director"))
    storage = world.line("helpdesk.storage").pk
    with act_as(parks):
        query = charging.raise_query(
            actor=parks, line_id=storage, kind="dispute", text="The archive was counted twice.",
            category="duplicate", amount_minor=500,
        )  # fmt: skip
        charging.add_evidence(
            actor=parks, query_id=query.pk, filename="archive.csv", media_type="text/csv",
            data=b"day,gigabytes\n2026-10-04,12\n",
        )  # fmt: skip
    with act_as(officer):
        charging.resolve_dispute(
            actor=officer, query_id=query.pk, outcome="credited", amount_minor=300,
            answer="Some of it was counted twice.",
        )  # fmt: skip
        charging.propose_credit(
            actor=officer, reason="The help desk was down in October",
            portions={world.line().pk: 10_000}, months=charging.months_from("2026-12", 3),
        )  # fmt: skip
    with act_as(director):
        waiting = charging.dispute(director, query.pk).waiting
        assert waiting is not None
        approve(actor=director, decision_id=waiting.pk)


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
            close_period(actor=officer, agency_id=books, period="2026-12")


def _taken_away(world: World) -> None:
    parks, agency = world.actors["parks"], world.agencies["PARKS"]
    with act_as(parks):
        asked = begin_here(actor=parks, agency_id=agency)
        make_take_out(actor=parks, take_out_id=asked.pk, tell=lambda *_: None)


def _worth(world: World) -> None:
    """A baseline being written, with a paper; an agency's page that is open to everybody."""
    officer, parks, agency = world.actors["officer"], world.actors["parks"], world.agencies["PARKS"]
    with act_as(officer):
        worth.put_index(actor=officer, code="CPI", name="Consumer prices", source="Bureau")
        worth.put_index_value(actor=officer, index="CPI", year=2025, value="100", source="Bureau")
    lines = (worth.NewCost("staff", "Nine agents", 90_000_000, varies=True),)
    with act_as(parks):
        row = worth.put_baseline(
            actor=parks, agency_id=agency, service="helpdesk",
            given=worth.NewBaseline(
                lines, "Eight hours, mostly kept", 2025, "CPI", "helpdesk.case", Decimal(14_000)
            ),
        )  # fmt: skip
        worth.add_evidence(
            actor=parks, baseline_id=row.pk, filename="budget.pdf", media_type="application/pdf",
            data=b"%PDF-1.7 a budget",
        )  # fmt: skip
        charging.publish_money(
            actor=parks, agency_id=agency, published=True, reason="Decided by the council."
        )


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


def _audited(world: World) -> None:
    """A data room that is open, with a sample; a yearly package; a signed review."""
    auditor = party.actor_for(world.users["auditor"])
    director, officer = world.actors["director"], world.actors["officer"]
    with act_as(officer):
        room = charging.propose_engagement(
            actor=officer, person_id=auditor.person_id, purpose="The yearly audit of the state.",
            populations=tuple(charging.POPULATIONS), first_period="2026-09",
            last_period="2026-10", starts=date(2026, 11, 1), ends=date(2026, 12, 31),
        )  # fmt: skip
    with act_as(director):
        approve(actor=director, decision_id=room.decision_id)
        charging.sign_review(
            actor=director, quarter="2026-Q3", statement="Read and found in order.",
            exceptions=[{"what": "A token without use", "action": "Revoked"}],
        )  # fmt: skip
    with act_as(auditor):
        charging.draw_sample(
            actor=auditor, engagement_id=room.pk, population="lines", seed="7", wanted=3
        )
        charging.make_package_here(actor=auditor, fiscal_year=2027)


def _adjusted(world: World) -> None:
    """What the help desk lacks at a year's end is charged; it is approved and not carried out.

    The world's two closed months are made the end of a fiscal year for as long as that takes.
    """
    officer, director = world.actors["officer"], world.actors["director"]
    with act_as(SYSTEM):
        july = party.centre().fiscal_year_start_month
        party.set_centre(actor=SYSTEM, fiscal_year_start_month=11)
    with act_as(officer):
        row = charging.propose_adjustment(
            actor=officer, service_id=catalogue.service_by_code(officer, "helpdesk").pk,
            fiscal_year=2026, reason="The comparison of revenue and cost of the year.",
            choices=charging.Choices(
                "credit", reserve_disputed=True, months=("2026-12", "2027-01")
            ),
        )  # fmt: skip
    with act_as(director):
        approve(actor=director, decision_id=row.decision_id)
    with act_as(SYSTEM):
        party.set_centre(actor=SYSTEM, fiscal_year_start_month=july)


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


def _planned(world: World) -> None:
    """A build-up, two scenarios of which one is published and commented on, figures, a budget."""
    owner, officer, parks = (world.actors[name] for name in ("owner", "officer", "parks"))
    agency = world.agencies["PARKS"]
    planned(world)
    with act_as(owner):
        charging.put_scenario(
            actor=owner, name="Water leaves", fiscal_year=2028,
            assumptions={"moves": [{"agency": "WATER", "kind": "leaves"}],
                         "prices": {"helpdesk.case": "recover"}, "variable": {"helpdesk": "30%"}},
        )  # fmt: skip
    with act_as(officer):
        charging.issue_budget_figure(actor=officer, agency_id=agency, fiscal_year=2028)
    with act_as(parks):
        charging.put_budget(actor=parks, agency_id=agency, fiscal_year=2027, amount_minor=50_000_00)
        [effect] = charging.proposed_to(parks, agency)
        charging.comment_scenario(
            actor=parks, effect_id=effect.pk, text="We would rather see tiers."
        )
    with act_as(SYSTEM):
        charging.tell_budgets(actor=SYSTEM, agency_id=agency)

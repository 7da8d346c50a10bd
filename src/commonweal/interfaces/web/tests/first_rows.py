"""The first row of each table of which the pages' small world has none."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import models

from commonweal.interfaces.web.agency.tests.world import World
from commonweal.kernel.access.models import ApiToken
from commonweal.kernel.authority.models import Decision, SecondApprover
from commonweal.kernel.calendar.public import now
from commonweal.kernel.catalogue.models import Bundle, Service, ServiceLevel, UnitConversion
from commonweal.kernel.documents.models import TakeOut
from commonweal.kernel.jobs.models import Job
from commonweal.kernel.metering.models import (
    LatePolicy,
    LateRecord,
    Quarantine,
    Source,
    Upload,
)
from commonweal.kernel.notices.models import Message, WebhookDelivery, WebhookSubscription
from commonweal.kernel.party.models import Delegation, Supplier
from commonweal.kernel.schema.public import uuid7
from commonweal.ops.bench.addresses import NOWHERE
from commonweal.practices.charging.models import (
    AccessReview,
    AccountEntry,
    AccountMap,
    Adjustment,
    AdjustmentPart,
    AllocationMethod,
    AnnualPackage,
    AnomalyHold,
    Asset,
    AssetMonth,
    BankEntry,
    BankStatement,
    BudgetFigure,
    ContributorCredit,
    CostImport,
    Credit,
    Disposal,
    DisputeEntry,
    Engagement,
    ExchangeRate,
    Forecast,
    ItemTolerance,
    LineFunding,
    LineQuery,
    MoneyPage,
    PriceReduction,
    RateBuild,
    RecoveryRule,
    RejectedCostRow,
    ReserveTest,
    Sample,
    Scenario,
    ScenarioEffect,
    Settlement,
)


def first_rows(world: World, known: Mapping[str, str]) -> list[models.Model]:
    parks, line = world.agencies["PARKS"], world.line()
    officer, owner, director = (world.actors[name] for name in ("officer", "owner", "director"))
    when = now()
    decision = Decision.objects.using("owner").order_by("id")[0]
    decision.pk, decision.subject_id = uuid7(), uuid7()
    paid = {"currency": "USD", "recorded_at": when}
    return [
        *_hooked(parks, when),
        LineQuery(pk=NOWHERE, agency_id=parks, line_id=line.pk, kind="dispute", text="Why?",
                  raised_by=officer.user_id, raised_at=when, level="owner", disputed_minor=1),
        DisputeEntry(agency_id=parks, query_id=NOWHERE, at=when, kind="message", level="owner"),
        Credit(pk=NOWHERE, agency_id=parks, kind="service_level", reason="Slow", currency="USD",
               decision_id=uuid7(), total_minor=1, months=[known["period"]], recorded_at=when),
        AnomalyHold(agency_id=parks, bill_id=line.bill_id, line_id=line.pk, amount_minor=2,
                    usual_minor=1, percent=30, months=6, recorded_at=when),
        ItemTolerance(charge_item_id=line.charge_item_id, percent=30, minimum_minor=1, months=6,
                      recorded_at=when),
        BankStatement(pk=known["statement_id"], agency_id=line_centre(), account="MAIN", **paid,
                      format="csv", filename="bank.csv", sha256="0" * 64, entries_total=1,
                      entries_new=1, in_minor=500, out_minor=0),
        BankEntry(pk=known["entry_id"], agency_id=line_centre(), row=1, key="0" * 64,
                  statement_id=known["statement_id"], booked_on=when.date(), amount_minor=500,
                  currency="USD", state="unknown", changed_at=when),
        Settlement(agency_id=parks, kind="receipt", key="seed", day=when.date(), period="2026-11",
                   amount_minor=0, **paid),
        RejectedCostRow(agency_id=line_centre(), cost_import_id=known["import_id"], row=1,
                        code="COSTS-101", message="No amount."),
        Upload(source=Source.objects.using("owner")[0], format="csv", sha256="0" * 64),
        Quarantine(agency_id=parks, source=Source.objects.using("owner")[0], external_id="x",
                   payload={"quantity": "1"}, payload_hash=uuid7(), existing_hash=uuid7(),
                   reason="USAGE-409", batch_id=uuid7()),
        LatePolicy(service=Service.objects.using("owner")[0], kind="hold", starts=when.date(),
                   reason="Agreed."),
        LateRecord(agency_id=parks, source=Source.objects.using("owner")[0], external_id="late",
                   charge_item_id=line.charge_item_id, quantity=1, unit="C62", starts=when,
                   ends=when + timedelta(hours=1), received_at=when, period="2026-01",
                   arrived_in="2026-02", state="held"),
        UnitConversion(charge_item_id=line.charge_item_id, unit_id="HUR", numerator=1,
                       denominator=60, starts=when.date(), reason="Agreed."),
        ExchangeRate(currency="EUR", numerator=27, denominator=25, starts=when.date(),
                     source="ECB"),
        Delegation(agency_id=line_centre(), from_person_id=owner.person_id,
                   to_person_id=officer.person_id, to_user_id=officer.user_id,
                   role_id="service_owner", starts=when.date(), ends=when.date(), reason="Leave"),
        ApiToken(user_id=director.user_id, name="export", prefix="cw_seed", secret_hash="0" * 64,
                 expires_at=when + timedelta(days=9)),
        Job(kind="audit.seal"),
        TakeOut(agency_id=parks),
        Message(agency_id=parks, to_user_id=director.user_id, topic="bills", template="x",
                subject="A bill", body="Here.", message_id="seed", state="failed"),
        Supplier(code="ACME", name="Acme"),
        Forecast(agency_id=parks, charge_item_id=line.charge_item_id, quantity=5,
                 fiscal_year=int(known["fiscal_year"]), recorded_at=when),
        MoneyPage(agency_id=parks, published=True, reason="Decided by the council.",
                  recorded_by=officer.user_id, recorded_at=when),
        AccountMap(agency_id=parks, charge_item_id=line.charge_item_id, account_string="1"),
        AssetMonth(agency_id=line_centre(), asset=Asset.objects.using("owner")[0],
                   period="1949-12", amount_minor=5, recoverable_minor=5),
        *_owed(parks),
        AllocationMethod(agency_id=line_centre(), method="direct", starts=when.date(),
                         reason="Seed", state="rejected", recorded_at=when),
        Bundle(lead_id=line.charge_item_id),
        ServiceLevel(service=Service.objects.using("owner")[0], name="Fast", metric="speed",
                     target=1, unit_id="C62", calendar="always", starts=when.date()),
        *_planned(parks, line, when),
        decision,
        SecondApprover(agency_id=parks, person_id=world.actors["parks"].person_id,
                       starts=when.date(), decision=decision),
    ]  # fmt: skip


def _hooked(parks: UUID, when: Any) -> list[models.Model]:
    """A webhook with an event that arrived."""
    kind = "commonweal.case.opened.v1"
    return [
        WebhookSubscription(pk=NOWHERE, agency_id=parks, name="Ours", types=[kind],
                            url="https://hooks.parks.org/", created_at=when),
        WebhookDelivery(agency_id=parks, webhook_id=NOWHERE, event_id=uuid7(), about=parks, at=when,
                        type=kind, data={"number": "PARKS-27-000001"}, state="delivered",
                        created_at=when),
    ]  # fmt: skip


def _planned(parks: UUID, line: Any, when: Any) -> list[models.Model]:
    """A build-up, a scenario with its effect, a budget figure."""
    own = line_centre()
    nothing = {"currency": "USD", "items": {}, "models": {}, "parts": [], "uses": []}
    scenario = Scenario(pk=NOWHERE, agency_id=own, name="Plan", fiscal_year=2028, base=nothing,
                        assumptions={}, recorded_at=when)  # fmt: skip
    return [
        RateBuild(agency_id=own, service_id=line.service_id, fiscal_year=2028, version=1, lines=[],
                  items=[], total_minor=0, currency="USD", recorded_at=when),
        scenario,
        ScenarioEffect(agency_id=parks, scenario=scenario, name="Plan", fiscal_year=2028,
                       before_minor=0, after_minor=0, currency="USD", items=[], published_at=when),
        BudgetFigure(agency_id=parks, fiscal_year=2028, number=1, issued_on=when.date(),
                     currency="USD", low_minor=0, expected_minor=0, high_minor=0,
                     document={"lines": []}, content_hash="0" * 64, issued_at=when),
    ]  # fmt: skip


def _owed(parks: UUID) -> list[models.Model]:
    """What an agency is owed of a disposal, and the disposal."""
    disposal = Disposal(
        agency_id=line_centre(), asset=Asset.objects.using("owner")[0], day=now().date(),
        proceeds_minor=5, reason="Seed", state="rejected", recorded_at=now(),
    )  # fmt: skip
    credit = ContributorCredit(
        agency_id=parks, disposal=disposal, asset_name="Array", amount_minor=5, currency="USD",
        recorded_at=now(),
    )  # fmt: skip
    return [disposal, credit]


def recovery_rows(world: World, known: dict[str, str]) -> list[models.Model]:
    """Recovery and the data room: a row each, which `known` names."""
    parks, line, centre, when = world.agencies["PARKS"], world.line(), line_centre(), now()
    paid = LineFunding.objects.using("owner").filter(line_id=line.pk)[0]
    own = {"agency_id": centre, "recorded_at": when}
    room = Engagement(
        person_id=uuid7(),
        purpose="An audit",
        populations=["bills", "lines"],
        first_period="2026-01",
        last_period="2027-12",
        starts=when.date(),
        ends=when.date() + timedelta(days=30),
        state="approved",
        **own,
    )
    adjustment = Adjustment(
        service_id=line.service_id,
        fund_code="X",
        fiscal_year=2026,
        method="refund",
        amount_minor=1,
        currency="USD",
        reason="A year",
        document=_DOCUMENT,
        input_hash="0" * 64,
        **own,
    )
    sample = Sample(
        agency_id=centre,
        engagement=room,
        population="lines",
        seed="1",
        interval_minor=5,
        start_minor=1,
        items=1,
        total_minor=5,
        population_hash="0" * 64,
        drawn_at=when,
        picked={"top": [], "picked": [], "size": 5, "nothing": 0},
    )
    package = AnnualPackage(agency_id=centre, fiscal_year=2026, asked_at=when)
    known.update(_addresses(room.pk, adjustment.pk, sample.pk, package.pk))
    return [
        room, adjustment, sample, package,
        AdjustmentPart(agency_id=parks, adjustment_id=adjustment.pk, service_id=line.service_id,
                       fiscal_year=2026, order_line_id=line.order_line_id,
                       source_id=paid.source_id, grant=False, way="refund", amount_minor=1,
                       currency="USD", state="approved"),
        PriceReduction(agency_id=parks, charge_item_id=line.charge_item_id, percent=50,
                       starts=when.date(), ends=when.date() + timedelta(days=30),
                       reason="A hard year", state="approved", recorded_at=when),
        AccountEntry(service_id=line.service_id, fund_code="X", kind="other_revenue",
                     period="2026-10", amount_minor=1, currency="USD", reason="Interest", **own),
        RecoveryRule(kind="reserve_days", value=50, starts=when.date(), reason="Careful", **own),
        ReserveTest(agency_id=centre, service_id=line.service_id, fund_code="X", day=when.date(),
                    limit_days=60, state="good"),
        AccessReview(agency_id=centre, quarter="2026-Q1", document={}, content_hash="0" * 64,
                     statement="Looked at", signed_by=uuid7(), signed_at=when),
    ]  # fmt: skip


def _addresses(room: UUID, adjustment: UUID, sample: UUID, package: UUID) -> dict[str, str]:
    """Where recovery's lists are found."""
    return {
        "engagement_id": str(room),
        "room_id": str(room),
        "sample_id": str(sample),
        "adjustment_id": str(adjustment),
        "package_id": str(package),
        "quarter": "2026-Q3",
        "service": "helpdesk",
        "centre:room_population:name": "lines",
        "centre:room_csv:name": "lines",
        "/data-rooms/{room_id}/populations/{name}:name": "lines",
        "/recovery/services/:code": "helpdesk",
    }


_DOCUMENT = {
    "format": "commonweal-adjustment-1",
    "inputs": {"result": 1, "basis": "full"},
    "outcome": {"excess": 0, "interest": None},
}


def line_centre() -> UUID:
    """The centre's own row among the agencies."""
    found: UUID = CostImport.objects.using("owner").values_list("agency_id", flat=True)[0]
    return found

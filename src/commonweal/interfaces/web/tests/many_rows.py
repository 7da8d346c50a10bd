"""Many rows in every table that a list shows: copies of one row each, put in by the owner.

`grow` copies a row of the pages' small world, with what must differ made different by SQL (`g` is
the copy's number); where the world has no such row, `seed` makes the first. Triggers are off while
it does so: the rows need not be true, only many.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db import connections, models, transaction

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
from commonweal.kernel.notices.models import Message
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

MONTH = "to_char(date '1950-01-01' + (g || ' months')::interval, 'YYYY-MM')"
DAY = "date '1990-01-01' + g * 10"
NEW_ITEMS = "(SELECT id FROM catalogue_chargeitem WHERE code LIKE '%%-new-' || g)"
NEW_PEOPLE = "(SELECT id FROM party_person WHERE name LIKE '%% new ' || g)"
NEW_ORDERS = "(SELECT id FROM catalogue_order WHERE number LIKE '%%-new-' || g)"
NEW_AGENCIES = "(SELECT id FROM party_agency WHERE code LIKE '%%-' || g)"
NEW_OWNER = NEW_ORDERS.replace("id FROM", "agency_id FROM")
CHANGED: Mapping[str, Mapping[str, str]] = {
    "catalogue.Service": {},
    "catalogue.ChargeItem": {"code": "code || '-new-' || g"},
    "catalogue.Unit": {"code": "chr(65 + g / 26) || chr(65 + g %% 26) || '9'"},
    "catalogue.Bundle": {"lead_id": NEW_ITEMS},
    "catalogue.ServiceLevel": {"metric": "metric || g"},
    "catalogue.UnitConversion": {"starts": '"starts"'},
    "catalogue.Agreement": {},
    "catalogue.Order": {"number": "left(number, 20) || '-new-' || g", "modification": "0",
                        "supersedes_id": "NULL"},
    "catalogue.Ending": {"order_id": NEW_ORDERS, "agreement_id": "NULL", "agency_id": NEW_OWNER},
    "charging.RateVersion": {"state": "'proposed'", "starts": "date '2090-01-01'"},
    "charging.Bill": {"period": MONTH, "number": "''"},
    "charging.BillLine": {"number": "10000 + g", "amount_minor": "0", "amount_exact": "0"},
    "charging.BankStatement": {"sha256": "md5('statement' || g)"},
    "charging.BankEntry": {"key": "md5('entry' || g)"},
    "charging.Settlement": {"key": "'copy-' || g", "reverses_id": "NULL"},
    "charging.LineQuery": {},
    "charging.DisputeEntry": {"level": '"level"'},
    "charging.Credit": {},
    "charging.AnomalyHold": {
        "line_id": "(SELECT id FROM charging_billline WHERE number = 10000 + g)"
    },
    "charging.ItemTolerance": {"charge_item_id": NEW_ITEMS},
    "charging.CostImport": {"sha256": "md5('file' || g)"},
    "charging.RejectedCostRow": {"row": '"row" + g'},
    "charging.AllocationRun": {},
    "charging.Asset": {},
    "charging.AssetMonth": {"period": MONTH},
    "charging.AllocationMethod": {"starts": DAY},
    "charging.Capacity": {"starts": DAY, "ends": f"{DAY} + 5"},
    "charging.ContributorCredit": {},
    "charging.AllocationEdge": {},
    "charging.CloseRun": {"period": MONTH, "state": "'done'"},
    "charging.Forecast": {"charge_item_id": NEW_ITEMS, "fiscal_year": '"fiscal_year"'},
    "charging.AccountMap": {"charge_item_id": NEW_ITEMS},
    "charging.CostMapping": {},
    "charging.ExchangeRate": {"starts": '"starts"', "currency": "currency"},
    "charging.RateBuild": {},
    "charging.Scenario": {},
    "charging.ScenarioEffect": {},
    "charging.BudgetFigure": {},
    "charging.PriceReduction": {"starts": DAY, "ends": f"{DAY} + 5"},
    "charging.AccountEntry": {},
    "charging.RecoveryRule": {},
    "charging.Adjustment": {},
    "charging.AdjustmentPart": {"adjustment_id": '"adjustment_id"', "way": "'way' || g"},
    "charging.ReserveTest": {"day": DAY},
    "charging.AnnualPackage": {},
    "charging.Engagement": {},
    "charging.Sample": {},
    "charging.AccessReview": {},
    "metering.UsageBatch": {},
    "metering.Upload": {},
    "metering.Quarantine": {"payload_hash": "gen_random_uuid()"},
    "metering.Source": {},
    "metering.LatePolicy": {"starts": '"starts"', "service_id": "service_id"},
    "metering.LateRecord": {},
    "party.Agency": {"kind": '"kind"'},
    "charging.MoneyPage": {"agency_id": NEW_AGENCIES},
    "party.Bureau": {},
    "party.Supplier": {},
    "party.Person": {"user_id": "NULL", "name": "name || ' new ' || g"},
    "party.Membership": {"starts": DAY, "ends": f"{DAY} + 5"},
    "party.Delegation": {"starts": DAY, "ends": f"{DAY} + 5"},
    "access.Role": {},
    "access.ApiToken": {"prefix": "substr(md5('token' || g), 1, 12)"},
    "audit.Event": {},
    "authority.Decision": {"state": "'proposed'", "subject_type": '"subject_type"',
                           "subject_id": "gen_random_uuid()", "decided_at": "NULL",
                           "decided_by": "NULL", "proposed_by": "NULL"},
    "authority.SecondApprover": {"person_id": NEW_PEOPLE, "starts": DAY, "ends": "NULL"},
    "jobs.Job": {},
    "ledger.Account": {},
    "ledger.Fund": {},
    "ledger.LedgerPeriod": {"code": MONTH},
    "ledger.Journal": {"reverses_id": "NULL", "pair_id": "NULL"},
    "ledger.Posting": {"line": "1000 + g", "journal_id": "journal_id"},
    "notices.Message": {"key": "NULL", "message_id": "message_id || g"},
    "documents.TakeOut": {},
}  # fmt: skip
"""The tables that grow, charge items before what needs new ones; what must differ in a copy."""


OTHER_RATES: tuple[Mapping[str, str], ...] = (
    {"starts": DAY, "ends": f"{DAY} + 5", "code": "code || '-past-' || g"},
    {"charge_item_id": NEW_ITEMS, "code": "code || '-now-' || g"},
)
GROWN = {*CHANGED, "charging.CostLine"}


def sample(label: str, world: World, known: Mapping[str, str]) -> dict[str, Any]:
    """Which row is copied, where the page shows only some."""
    agency = world.agencies["PARKS"]
    return {
        "charging.AllocationEdge": {"run_id": known["run_id"]},
        "charging.RejectedCostRow": {"cost_import_id": known["import_id"]},
        "charging.Bill": {"agency_id": agency},
        "charging.ScenarioEffect": {"agency_id": agency},
        "charging.BudgetFigure": {"agency_id": agency},
        "charging.LineQuery": {"pk": NOWHERE},
        "charging.DisputeEntry": {"query_id": NOWHERE},
        "charging.BillLine": {"bill__number": known["number"]},
        "charging.RateVersion": {"charge_item__code": known["charge_item"], "state": "approved"},
        "charging.BankEntry": {"statement_id": known["statement_id"]},
        "party.Membership": {"person_id": known["person_id"]},
        "notices.Message": {"message_id": "seed"},
        "party.Agency": {"kind": "agency"},
        "party.Bureau": {"agency_id": agency},
        "catalogue.Agreement": {"agency_id": agency},
        "catalogue.Order": {"id": world.open_order},
        "ledger.Account": {"agency_id": agency},
        "ledger.Fund": {"agency_id": agency},
        "ledger.LedgerPeriod": {"agency_id": agency},
        "ledger.Journal": {"agency_id": agency, "period__code": known["month"]},
        "ledger.Posting": {"journal_id": known["journal_id"]},
    }.get(label, {})


def seed(world: World, known: dict[str, str]) -> None:
    """One row of each table of which the world has none; `known` learns the ids of new ones."""
    with Owner({model._meta.db_table for model in map(apps.get_model, CHANGED)}):
        for row in [*_first_rows(world, known), *_recovery_rows(world, known)]:
            if (
                isinstance(row, Decision | Message)
                or not type(row)._default_manager.using("owner").exists()
            ):
                row.save(using="owner", force_insert=True)


def _first_rows(world: World, known: Mapping[str, str]) -> list[models.Model]:
    parks, line = world.agencies["PARKS"], world.line()
    officer, owner, director = (world.actors[name] for name in ("officer", "owner", "director"))
    when = now()
    decision = Decision.objects.using("owner").order_by("id")[0]
    decision.pk, decision.subject_id = uuid7(), uuid7()
    paid = {"currency": "USD", "recorded_at": when}
    return [
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


def _recovery_rows(world: World, known: dict[str, str]) -> list[models.Model]:
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


class Owner:
    """A transaction of the owner that sees every agency, with the tables' own triggers off."""

    def __init__(self, tables: set[str]) -> None:
        self.tables = tables
        self.block = transaction.atomic(using="owner")

    def __enter__(self) -> Any:
        self.block.__enter__()
        cursor = connections["owner"].cursor()
        cursor.execute("SELECT set_config('app.centre', 'on', true)")
        for table in sorted(self.tables):
            cursor.execute(f'ALTER TABLE "{table}" DISABLE TRIGGER USER')
        return cursor

    def __exit__(self, *failed: Any) -> None:
        if not any(failed):
            with connections["owner"].cursor() as cursor:
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
                for table in sorted(self.tables):
                    cursor.execute(f'ALTER TABLE "{table}" ENABLE TRIGGER USER')
        self.block.__exit__(*failed)


def _expression(model: type[models.Model], field: Any, given: Mapping[str, str]) -> str:
    """What a copy has in a column."""
    column = f'"{field.column}"'
    if field.column in given:
        return given[field.column]
    unique = {name for each in model._meta.constraints for name in getattr(each, "fields", ())} | {
        each.name for each in model._meta.fields if each.unique
    }
    if field.is_relation or (field.name not in unique and not field.primary_key):
        return column
    if isinstance(field, models.UUIDField):
        return "gen_random_uuid()"
    if isinstance(field, models.SmallIntegerField | models.PositiveSmallIntegerField):
        return f"{column} + 1000 + g" if field.primary_key else column
    if isinstance(field, models.IntegerField):
        return f"{column} + 1000000 + g"
    if isinstance(field, models.CharField):
        return f"left({column}, {(field.max_length or 200) - 5}) || '-' || g"
    return column


def _insert(
    cursor: Any,
    model: type[models.Model],
    changed: Mapping[str, str],
    span: tuple[int, int],
    key: tuple[Any, ...],
) -> None:
    """Copies of the row with a key."""
    columns = [field.column for field in model._meta.concrete_fields]
    values = [_expression(model, field, changed) for field in model._meta.concrete_fields]
    table = model._meta.db_table
    cursor.execute(
        f'INSERT INTO "{table}" ({", ".join(map(_quoted, columns))})'
        f' SELECT {", ".join(values)} FROM "{table}", generate_series(%s, %s) AS g'
        f" WHERE ({', '.join(map(_quoted, _keys(model)))}) = ({', '.join('%s' for _ in key)})",
        [*span, *key],
    )


def _quoted(name: str) -> str:
    return f'"{name}"'


def _keys(model: type[models.Model]) -> list[str]:
    return [field.column for field in model._meta.pk_fields]


def _key(model: type[models.Model], **where: Any) -> tuple[Any, ...]:
    found = model._default_manager.using("owner").filter(**where).order_by("pk").first()
    if found is None:
        raise AssertionError(f"{model._meta.label}: nothing to copy; make a first row in `seed`")
    return found.pk if isinstance(found.pk, tuple) else (found.pk,)


def grow(world: World, known: Mapping[str, str], first: int, last: int) -> None:
    """Copies number `first` to `last` of a row of every table."""
    span = (first, last)
    rates, lines = apps.get_model("charging.RateVersion"), apps.get_model("charging.CostLine")
    found = {label: apps.get_model(label) for label in CHANGED}
    tables = {model._meta.db_table for model in found.values()} | {lines._meta.db_table}
    with Owner(tables) as cursor:
        for label, model in found.items():
            key = _key(model, **sample(label, world, known))
            _insert(cursor, model, CHANGED[label], span, key)
        for changed in OTHER_RATES:
            _insert(cursor, rates, changed, span, _key(rates, code=known["rate"]))
        for basis in ("actual", "budget"):
            key = _key(lines, basis=basis, unit="helpdesk", **_month(basis, known))
            _insert(cursor, lines, {}, span, key)


def _month(basis: str, known: Mapping[str, str]) -> dict[str, str]:
    return {"period": known["period"]} if basis == "actual" else {}

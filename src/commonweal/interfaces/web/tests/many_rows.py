"""Many rows in every table that a list shows: copies of one row each, put in by the owner.

`grow` copies a row of the pages' small world, with what must differ made different by SQL (`g` is
the copy's number); where the world has no such row, `seed` makes the first. Triggers are off while
it does so: the rows need not be true, only many.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.apps import apps
from django.db import connections, models, transaction

from commonweal.interfaces.web.agency.tests.world import World
from commonweal.interfaces.web.tests.case_rows import case_rows
from commonweal.interfaces.web.tests.first_rows import first_rows, recovery_rows
from commonweal.interfaces.web.tests.kept_rows import kept_rows
from commonweal.kernel.authority.models import Decision
from commonweal.kernel.notices.models import Message
from commonweal.ops.bench.addresses import NOWHERE

MONTH = "to_char(date '1950-01-01' + (g || ' months')::interval, 'YYYY-MM')"
DAY = "date '1990-01-01' + g * 10"
NEW_ITEMS = "(SELECT id FROM catalogue_chargeitem WHERE code LIKE '%%-new-' || g)"
NEW_PEOPLE = "(SELECT id FROM party_person WHERE name LIKE '%% new ' || g)"
NEW_ORDERS = "(SELECT id FROM catalogue_order WHERE number LIKE '%%-new-' || g)"
NEW_CASES = "(SELECT id FROM casework_case WHERE number = 'PARKS-27-' || lpad(g::text, 6, '0'))"
NEW_AGENCIES = "(SELECT id FROM party_agency WHERE code LIKE '%%-' || g)"
NEW_OWNER = NEW_ORDERS.replace("id FROM", "agency_id FROM")
CHANGED: Mapping[str, Mapping[str, str]] = {
    "catalogue.Service": {},
    "catalogue.ChargeItem": {"code": "code || '-new-' || g"},
    "catalogue.Unit": {"code": "chr(65 + g / 26) || chr(65 + g %% 26) || '9'"},
    "catalogue.Bundle": {"lead_id": NEW_ITEMS},
    "catalogue.ServiceLevel": {"metric": "metric || g"},
    "catalogue.UnitConversion": {"starts": '"starts"'},
    "casework.Case": {
        "number": "'PARKS-27-' || lpad(g::text, 6, '0')", "source_id": "'copy-' || g",
        "tracking_hash": "''",
    },
    "casework.CaseOrder": {"case_id": NEW_CASES},
    "casework.Interaction": {"message_id": "''"},
    "casework.LegalHold": {},
    "casework.Erasure": {},
    "casework.CaseImport": {},
    "casework.CaseUsage": {"case_id": NEW_CASES},
    "casework.ClockAudit": {},
    "casework.ClockDrift": {},
    "casework.ClockFreeze": {"version": '"version" + g'},
    "casework.MailIntake": {},
    "casework.CaseFee": {"refund_due_minor": "100", "state": "'paid'"},
    "casework.FeeReceipt": {},
    "casework.Payback": {},
    "casework.ScannedLetter": {},
    "casework.TillClosing": {},
    "casework.Approval": {"case_id": NEW_CASES, "permission": "'casework.work'",
                          "state": "'open'"},
    "casework.Article": {},
    "casework.CaseWord": {"case_id": NEW_CASES, "word": "word"},
    "casework.Open311Key": {"prefix": "'k' || g"},
    "casework.Ticket": {"label": "'A' || (1000 + g)", "state": "'done'", "appointment_id": "NULL"},
    "casework.Appointment": {"state": "'cancelled'"},
    "catalogue.WorkingCalendar": {"code": "code || '-' || g"},
    "catalogue.CalendarVersion": {"starts": DAY},
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
    "charging.LineQuery": {"case_id": "NULL"},
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
    "measures.MeasureFact": {},
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
    "notices.WebhookSubscription": {},
    "notices.WebhookDelivery": {},
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
        "casework.CaseWord": {"word": known["text"]},
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
        rows = [*first_rows(world, known), *recovery_rows(world, known), *case_rows(world, known)]
        rows += kept_rows(world)
        for row in rows:
            if (
                isinstance(row, Decision | Message)
                or not type(row)._default_manager.using("owner").exists()
            ):
                row.save(using="owner", force_insert=True)


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

"""What interfaces may use of charging."""

from .actions.bills import BillError, answer_query, map_account, raise_query
from .actions.close import CloseError, request_stop, start_close
from .actions.close import Options as CloseOptions
from .actions.close import advance as advance_close
from .actions.cost_model import (
    put_cost_model,
    put_driver,
    put_pool,
    put_rule,
    remove_rule,
    set_driver_values,
)
from .actions.costs import ImportReport, allocate, import_costs, save_mapping
from .actions.rates import (
    approve_rate,
    propose_rate,
    put_forecast,
    reject_rate,
    sign_forecast,
    sign_forecasts,
)
from .domain.bills import Change
from .domain.close import STEPS as CLOSE_STEPS
from .domain.cost_values import DATE_FORMATS as COST_DATE_FORMATS
from .domain.costs import FIELDS as COST_FIELDS
from .domain.costs import ColumnMapping, CostError
from .domain.rates import Adjustment, ForecastCheck, RateError, mean_error
from .import_costs.files import FileOptions as CostFileOptions
from .import_costs.reading import CostReading, CostRequest, MappingNeeded, read_costs
from .models import (
    AllocationRun,
    Bill,
    BillLine,
    CloseRun,
    CloseStep,
    CostImport,
    Forecast,
    LineQuery,
    RateVersion,
)
from .papers.pack import verifier_source
from .papers.tables import bill_csv, safe_cell, write_csv
from .rate_words import decision_text, derivation_sentences, rate_text, span_text
from .selectors.bill_document import bill_document, line_document, money_text
from .selectors.bills import (
    BillView,
    account_maps,
    bill,
    bill_view,
    bills,
    history,
    line,
    month_summary,
    queries,
    revenue_by_service,
    visible_bills,
)
from .selectors.closes import close_run, closes
from .selectors.cost_model import UNASSIGNED, PoolCost, cost_by_pool, drivers, pools, rules
from .selectors.cost_model import drivers as cost_drivers
from .selectors.cost_model import pools as cost_pools
from .selectors.cost_model import rules as cost_rules
from .selectors.costs import (
    LedgerLine,
    Reconciliation,
    allocation_run,
    allocation_runs,
    cost_import,
    edges,
    imports,
    latest_run,
    mappings,
    pool_lines,
    reconciliation,
    rejects,
    steps,
)
from .selectors.costs import edges as allocation_edges
from .selectors.costs import imports as cost_imports
from .selectors.costs import pool_lines as cost_pool_lines
from .selectors.costs import reconciliation as cost_reconciliation
from .selectors.costs import rejects as cost_rejects
from .selectors.line_facts import FactPage, line_facts, line_facts_csv
from .selectors.lines import (
    LineView,
    PoolLedger,
    PoolPart,
    line_view,
    pool_ledger,
    pool_parts,
    rate_decision,
)
from .selectors.portal import (
    AccountChoice,
    UseByMonth,
    account_choices,
    agency_journal,
    line_of_change,
    preview_ends,
    printed_head,
    usage_by_month,
    usage_by_month_csv,
)
from .selectors.rates import (
    ServicePosition,
    Volume,
    derive_rate,
    forecast_checks,
    forecasts,
    rate_book,
    rate_history,
    rate_proposals,
    rate_version,
    rated_items,
    rates_in_force,
    rates_in_force_page,
    service_positions,
)
from .selectors.rates import entry as rate_entry
from .sentences import Words

__all__ = [
    "CLOSE_STEPS",
    "COST_DATE_FORMATS",
    "COST_FIELDS",
    "UNASSIGNED",
    "AccountChoice",
    "Adjustment",
    "AllocationRun",
    "Bill",
    "BillError",
    "BillLine",
    "BillView",
    "Change",
    "CloseError",
    "CloseOptions",
    "CloseRun",
    "CloseStep",
    "ColumnMapping",
    "CostError",
    "CostFileOptions",
    "CostImport",
    "CostReading",
    "CostRequest",
    "FactPage",
    "Forecast",
    "ForecastCheck",
    "ImportReport",
    "LedgerLine",
    "LineQuery",
    "LineView",
    "MappingNeeded",
    "PoolCost",
    "PoolLedger",
    "PoolPart",
    "RateError",
    "RateVersion",
    "Reconciliation",
    "ServicePosition",
    "UseByMonth",
    "Volume",
    "Words",
    "account_choices",
    "account_maps",
    "advance_close",
    "agency_journal",
    "allocate",
    "allocation_edges",
    "allocation_run",
    "allocation_runs",
    "answer_query",
    "approve_rate",
    "bill",
    "bill_csv",
    "bill_document",
    "bill_view",
    "bills",
    "close_run",
    "closes",
    "cost_by_pool",
    "cost_drivers",
    "cost_import",
    "cost_imports",
    "cost_pool_lines",
    "cost_pools",
    "cost_reconciliation",
    "cost_rejects",
    "cost_rules",
    "decision_text",
    "derivation_sentences",
    "derive_rate",
    "drivers",
    "edges",
    "forecast_checks",
    "forecasts",
    "history",
    "import_costs",
    "imports",
    "latest_run",
    "line",
    "line_document",
    "line_facts",
    "line_facts_csv",
    "line_of_change",
    "line_view",
    "map_account",
    "mappings",
    "mean_error",
    "money_text",
    "month_summary",
    "pool_ledger",
    "pool_lines",
    "pool_parts",
    "pools",
    "preview_ends",
    "printed_head",
    "propose_rate",
    "put_cost_model",
    "put_driver",
    "put_forecast",
    "put_pool",
    "put_rule",
    "queries",
    "raise_query",
    "rate_book",
    "rate_decision",
    "rate_entry",
    "rate_history",
    "rate_proposals",
    "rate_text",
    "rate_version",
    "rated_items",
    "rates_in_force",
    "rates_in_force_page",
    "read_costs",
    "reconciliation",
    "reject_rate",
    "rejects",
    "remove_rule",
    "request_stop",
    "revenue_by_service",
    "rules",
    "safe_cell",
    "save_mapping",
    "service_positions",
    "set_driver_values",
    "sign_forecast",
    "sign_forecasts",
    "span_text",
    "start_close",
    "steps",
    "usage_by_month",
    "usage_by_month_csv",
    "verifier_source",
    "visible_bills",
    "write_csv",
]

"""Costs and their allocation."""

from __future__ import annotations

from ..actions.cost_files import import_costs_later, is_large_ledger, resume_import
from ..actions.cost_model import (
    put_cost_model,
    put_driver,
    put_pool,
    put_rule,
    remove_rule,
    set_driver_values,
)
from ..actions.costs import ImportReport, allocate, import_costs, save_mapping
from ..domain.cost_values import DATE_FORMATS as COST_DATE_FORMATS
from ..domain.costs import FIELDS as COST_FIELDS
from ..domain.costs import ColumnMapping, CostError, column_labels, file_state, parse_columns
from ..import_costs.files import FileOptions as CostFileOptions
from ..import_costs.files import Table as CostTable
from ..import_costs.reading import (
    CostReading,
    CostRequest,
    MappingNeeded,
    first_rows,
    look_at_costs,
    read_costs,
)
from ..selectors.cost_model import UNASSIGNED, PoolCost, cost_by_pool, drivers, pools, rules
from ..selectors.cost_model import drivers as cost_drivers
from ..selectors.cost_model import pools as cost_pools
from ..selectors.cost_model import rules as cost_rules
from ..selectors.costs import (
    LedgerLine,
    Reconciliation,
    allocation_run,
    allocation_runs,
    cost_file,
    cost_import,
    edges,
    file_jobs,
    imports,
    late_allocations,
    latest_run,
    mappings,
    no_costs_reason,
    pool_lines,
    reconciliation,
    rejects,
    steps,
    waiting_files,
)
from ..selectors.costs import edges as allocation_edges
from ..selectors.costs import imports as cost_imports
from ..selectors.costs import pool_lines as cost_pool_lines
from ..selectors.costs import reconciliation as cost_reconciliation
from ..selectors.costs import rejects as cost_rejects

__all__ = [
    "COST_DATE_FORMATS",
    "COST_FIELDS",
    "UNASSIGNED",
    "ColumnMapping",
    "CostError",
    "CostFileOptions",
    "CostReading",
    "CostRequest",
    "CostTable",
    "ImportReport",
    "LedgerLine",
    "MappingNeeded",
    "PoolCost",
    "Reconciliation",
    "allocate",
    "allocation_edges",
    "allocation_run",
    "allocation_runs",
    "column_labels",
    "cost_by_pool",
    "cost_drivers",
    "cost_file",
    "cost_import",
    "cost_imports",
    "cost_pool_lines",
    "cost_pools",
    "cost_reconciliation",
    "cost_rejects",
    "cost_rules",
    "drivers",
    "edges",
    "file_jobs",
    "file_state",
    "first_rows",
    "import_costs",
    "import_costs_later",
    "imports",
    "is_large_ledger",
    "late_allocations",
    "latest_run",
    "look_at_costs",
    "mappings",
    "no_costs_reason",
    "parse_columns",
    "pool_lines",
    "pools",
    "put_cost_model",
    "put_driver",
    "put_pool",
    "put_rule",
    "read_costs",
    "reconciliation",
    "rejects",
    "remove_rule",
    "resume_import",
    "rules",
    "save_mapping",
    "set_driver_values",
    "steps",
    "waiting_files",
]

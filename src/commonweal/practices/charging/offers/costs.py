"""Costs and their allocation."""

from __future__ import annotations

from ..actions.allocation_method import decide_allocation_method, propose_allocation_method
from ..actions.assets import decide_disposal, depreciate, propose_disposal, put_asset
from ..actions.capacity import (
    decide_idle_policy,
    propose_idle_policy,
    put_capacity,
    record_use,
    reserve_capacity,
)
from ..actions.cost_files import import_costs_later, is_large_ledger, resume_import
from ..actions.cost_model import (
    put_cost_model,
    put_driver,
    put_pool,
    put_rule,
    remove_rule,
    set_driver_values,
)
from ..actions.cost_terms import (
    put_driver_set,
    put_line_mark,
    put_vocabulary,
    remove_driver_set,
    remove_line_mark,
    tag_cost,
)
from ..actions.costs import ImportReport, allocate, import_costs, save_mapping
from ..domain.cost_terms import METHODS as ALLOCATION_METHODS
from ..domain.cost_terms import POLICIES as IDLE_POLICIES
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
from ..selectors.allocation_method import (
    MethodEffect,
    allocation_method_in_force,
    allocation_methods,
    method_effect,
)
from ..selectors.assets import (
    AssetView,
    asset_by_code,
    asset_months,
    asset_view,
    assets,
    contributor_credits,
    disposals,
)
from ..selectors.capacity import capacities, capacity, idle_costs
from ..selectors.cost_model import UNASSIGNED, PoolCost, cost_by_pool, drivers, pools, rules
from ..selectors.cost_model import drivers as cost_drivers
from ..selectors.cost_model import pools as cost_pools
from ..selectors.cost_model import rules as cost_rules
from ..selectors.cost_terms import (
    TowerCosts,
    cost_tags,
    cost_vocabulary,
    costs_by_tower,
    driver_sets,
)
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
from ..selectors.lineage import (
    CostShare,
    LedgerTrail,
    LineCosts,
    PoolShares,
    ledger_trail,
    line_costs,
    line_pool_shares,
)
from ..selectors.proceeds import Given, ShareOut, given, proceeds_of

__all__ = [
    "ALLOCATION_METHODS",
    "COST_DATE_FORMATS",
    "COST_FIELDS",
    "IDLE_POLICIES",
    "UNASSIGNED",
    "AssetView",
    "ColumnMapping",
    "CostError",
    "CostFileOptions",
    "CostReading",
    "CostRequest",
    "CostShare",
    "CostTable",
    "Given",
    "ImportReport",
    "LedgerLine",
    "LedgerTrail",
    "LineCosts",
    "MappingNeeded",
    "MethodEffect",
    "PoolCost",
    "PoolShares",
    "Reconciliation",
    "ShareOut",
    "TowerCosts",
    "allocate",
    "allocation_edges",
    "allocation_method_in_force",
    "allocation_methods",
    "allocation_run",
    "allocation_runs",
    "asset_by_code",
    "asset_months",
    "asset_view",
    "assets",
    "capacities",
    "capacity",
    "column_labels",
    "contributor_credits",
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
    "cost_tags",
    "cost_vocabulary",
    "costs_by_tower",
    "decide_allocation_method",
    "decide_disposal",
    "decide_idle_policy",
    "depreciate",
    "disposals",
    "driver_sets",
    "drivers",
    "edges",
    "file_jobs",
    "file_state",
    "first_rows",
    "given",
    "idle_costs",
    "import_costs",
    "import_costs_later",
    "imports",
    "is_large_ledger",
    "late_allocations",
    "latest_run",
    "ledger_trail",
    "line_costs",
    "line_pool_shares",
    "look_at_costs",
    "mappings",
    "method_effect",
    "no_costs_reason",
    "parse_columns",
    "pool_lines",
    "pools",
    "proceeds_of",
    "propose_allocation_method",
    "propose_disposal",
    "propose_idle_policy",
    "put_asset",
    "put_capacity",
    "put_cost_model",
    "put_driver",
    "put_driver_set",
    "put_line_mark",
    "put_pool",
    "put_rule",
    "put_vocabulary",
    "read_costs",
    "reconciliation",
    "record_use",
    "rejects",
    "remove_driver_set",
    "remove_line_mark",
    "remove_rule",
    "reserve_capacity",
    "resume_import",
    "rules",
    "save_mapping",
    "set_driver_values",
    "steps",
    "tag_cost",
    "waiting_files",
]

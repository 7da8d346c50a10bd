"""The exact engines: pure code that prices usage and allocates costs. No Django.

Import from here. What needs DuckDB is imported from its own file: `connection.open_connection`,
`rating_sql.RatingPlan`, `rating` (rate_to_parquet, rate_to_table), `totals` (prove_totals,
require_proof). `documents` is the file door (`commonweal engine …`): run_allocate, run_rate, main.

**Price models** (`from_document`, docs/reference/engine.md). A model's `basis` says how to ask:

- `quantity` (flat, per_unit, graduated, volume, package, step, minimum, percentage, at_cost, peak):
  `price(model, q)` is F(q), exact; `r9` of it is what is charged. q is the group's total, or its
  largest quantity for a peak: `gather(model, quantities)` gives either. `price(model, None)` is 0
  (nothing covered), `price(model, Decimal(0))` what coverage without use costs. A change from q to
  q′ costs `r9(price(model, q′)) − r9(price(model, q))`, whatever the kind: for a peak gather the
  readings as they are now and as they were billed. `model.span` is "year" where the quantity
  adds up over the fiscal year (yearly caps): give what was counted before as `opening`.
- `cells` (matrix, channel): `cell_key(model, dimensions)` names the cell of a record, and
  `cell_price(model, key)` is that cell's model by quantity. Each cell is a group of its own.
- `pool` (pooled): `pool_parts(model, {agency: quantity})` gives every agency's part (9 decimals);
  the parts add up. A late record changes every agency's part: charge each the difference.
- `agency` (lump_sum, fixed_share) and `days` (prorated): `charge(model, agency=…, covered=…,
  days=…)`, R9. `charge` also prices an order line without usage for a price by quantity: F(0).
  `prorate(model, covered, days, before)` for several spans of one period, `share_parts(model)` for
  all agencies.

The SQL kernel rates usage of the first three (`rate_to_table`): `RatingPlan(dimensions=…)` names
the columns `dimension_NAME` that matrices need (`dimension_names(models)`), `openings` a relation
of the keys and `quantity`. `warnings(model)` says what is unusual about a price.
"""

from .allocation import Allocation, Edge, Pool, Share, Target, Weighted, allocate
from .allocation_methods import EXACT_POOLS, METHODS, UNALLOCATED
from .allocation_proof import prove_allocation, require_allocation_proof
from .building import KINDS
from .charges import charge, pool_parts, prorate, rate_pool, share_parts
from .errors import EngineDefect, EngineError, EngineInputError
from .models import PriceModel, Tier, Tiered
from .price import (
    Fact,
    RatedFact,
    at_cost,
    cell_key,
    cell_price,
    channel,
    fixed_share,
    flat,
    from_document,
    gather,
    graduated,
    lump_sum,
    matrix,
    minimum,
    package,
    peak,
    per_unit,
    percentage,
    pooled,
    price,
    prorated,
    r9,
    rate_facts,
    step,
    volume,
)
from .shared_models import Cell, FixedShare, LumpSum, Matrix, Pooled, Prorated
from .version import ENGINE_VERSION
from .warn import Warning, warnings

__all__ = [
    "ENGINE_VERSION",
    "EXACT_POOLS",
    "KINDS",
    "METHODS",
    "UNALLOCATED",
    "Allocation",
    "Cell",
    "Edge",
    "EngineDefect",
    "EngineError",
    "EngineInputError",
    "Fact",
    "FixedShare",
    "LumpSum",
    "Matrix",
    "Pool",
    "Pooled",
    "PriceModel",
    "Prorated",
    "RatedFact",
    "Share",
    "Target",
    "Tier",
    "Tiered",
    "Warning",
    "Weighted",
    "allocate",
    "at_cost",
    "cell_key",
    "cell_price",
    "channel",
    "charge",
    "fixed_share",
    "flat",
    "from_document",
    "gather",
    "graduated",
    "lump_sum",
    "matrix",
    "minimum",
    "package",
    "peak",
    "per_unit",
    "percentage",
    "pool_parts",
    "pooled",
    "price",
    "prorate",
    "prorated",
    "prove_allocation",
    "r9",
    "rate_facts",
    "rate_pool",
    "require_allocation_proof",
    "share_parts",
    "step",
    "volume",
    "warnings",
]

"""The exact engines: pure code that prices usage and allocates costs. No Django.

Import from here. What needs DuckDB is imported from its own file: `connection.open_connection`,
`rating_sql.RatingPlan`, `rating` (rate_to_parquet, rate_to_table, prove_totals, require_proof).
`documents` is the file door (`commonweal engine …`): run_allocate, run_rate, main.
"""

from .allocation import Allocation, Edge, Pool, Share, Target, Weighted, allocate
from .allocation_methods import EXACT_POOLS, METHODS, UNALLOCATED
from .allocation_proof import prove_allocation, require_allocation_proof
from .errors import EngineDefect, EngineError, EngineInputError
from .price import (
    Fact,
    PriceModel,
    RatedFact,
    Tier,
    flat,
    from_document,
    graduated,
    per_unit,
    price,
    r9,
    rate_facts,
)
from .version import ENGINE_VERSION

__all__ = [
    "ENGINE_VERSION",
    "EXACT_POOLS",
    "METHODS",
    "UNALLOCATED",
    "Allocation",
    "Edge",
    "EngineDefect",
    "EngineError",
    "EngineInputError",
    "Fact",
    "Pool",
    "PriceModel",
    "RatedFact",
    "Share",
    "Target",
    "Tier",
    "Weighted",
    "allocate",
    "flat",
    "from_document",
    "graduated",
    "per_unit",
    "price",
    "prove_allocation",
    "r9",
    "rate_facts",
    "require_allocation_proof",
]

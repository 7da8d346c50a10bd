"""What interfaces may use of consolidation."""

from .actions.baselines import (
    NewBaseline,
    NewCost,
    add_evidence,
    propose_baseline,
    put_baseline,
    refuse_baseline,
    sign_baseline,
    withdraw_baseline,
)
from .actions.claims import (
    add_claim_evidence,
    confirm_claim,
    propose_claim,
    refuse_claim,
    withdraw_claim,
)
from .actions.indices import put_index, put_index_value
from .actions.own_costs import add_cost_evidence, put_own_cost
from .domain import COST_KINDS, FIGURES, OWN_KINDS, Figure, Proof, Total, WorthError
from .models import Baseline, BaselineCost, Claim, IndexValue, OwnCost, PriceIndex
from .selectors.baselines import (
    baseline,
    baseline_of,
    evidence,
    index_by_code,
    indices,
    own_cost_rows,
)
from .selectors.years import YearView, total_of, year_view, year_views
from .tables import worth_rows

__all__ = [
    "COST_KINDS",
    "FIGURES",
    "OWN_KINDS",
    "Baseline",
    "BaselineCost",
    "Claim",
    "Figure",
    "IndexValue",
    "NewBaseline",
    "NewCost",
    "OwnCost",
    "PriceIndex",
    "Proof",
    "Total",
    "WorthError",
    "YearView",
    "add_claim_evidence",
    "add_cost_evidence",
    "add_evidence",
    "baseline",
    "baseline_of",
    "confirm_claim",
    "evidence",
    "index_by_code",
    "indices",
    "own_cost_rows",
    "propose_baseline",
    "propose_claim",
    "put_baseline",
    "put_index",
    "put_index_value",
    "put_own_cost",
    "refuse_baseline",
    "refuse_claim",
    "sign_baseline",
    "total_of",
    "withdraw_baseline",
    "withdraw_claim",
    "worth_rows",
    "year_view",
    "year_views",
]

"""Charging: bills, rates, costs and the monthly close, a door each."""

from . import build_ups, capacity, cost_files, open_bills
from .anomalies import door as unusual
from .budgets import door as budgets
from .changes import door as bills
from .closes import door as closes
from .coming import door as coming
from .conversions import door as conversions
from .credits import door as credits
from .disputes import door as disputes
from .lineage import door as costs
from .openness import door as openness
from .rate_desk import door as desk
from .rate_rules import door as rules
from .rates import door as rates
from .recovery import door as recovery
from .room import door as room
from .statements import door as payments
from .trace import door as trace
from .what_if import door as what_if

HUNG_ON_OTHERS = (build_ups, capacity, cost_files, open_bills)
"""Their operations hang on the doors of costs, of bills and of the rate desk."""
DOORS = [
    payments,
    bills,
    disputes,
    credits,
    unusual,
    rates,
    desk,
    rules,
    budgets,
    costs,
    closes,
    recovery,
    room,
    conversions,
    what_if,
    coming,
    trace,
    openness,
]

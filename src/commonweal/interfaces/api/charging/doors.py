"""Charging: bills, rates, costs and the monthly close, a door each."""

from .bills import door as bills
from .budgets import door as budgets
from .closes import door as closes
from .coming import door as coming
from .conversions import door as conversions
from .cost_files import door as costs
from .rate_desk import door as desk
from .rate_rules import door as rules
from .rates import door as rates
from .recovery import door as recovery
from .room import door as room
from .statements import door as payments
from .what_if import door as what_if

DOORS = [
    payments,
    bills,
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
]

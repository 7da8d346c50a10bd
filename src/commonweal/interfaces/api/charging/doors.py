"""Charging: bills, rates, costs and the monthly close, a door each."""

from .bills import door as bills
from .closes import door as closes
from .coming import door as coming
from .conversions import door as conversions
from .cost_files import door as costs
from .rates import door as rates
from .what_if import door as what_if

DOORS = [bills, rates, costs, closes, conversions, what_if, coming]

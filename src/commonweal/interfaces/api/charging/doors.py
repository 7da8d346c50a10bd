"""Charging: bills, rates, costs and the monthly close, a door each."""

from .bills import door as bills
from .closes import door as closes
from .cost_files import door as costs
from .openness import door as openness
from .rates import door as rates
from .trace import door as trace

DOORS = [bills, rates, costs, closes, trace, openness]

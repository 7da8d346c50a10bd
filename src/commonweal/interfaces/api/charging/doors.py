"""Charging: bills, rates, costs and the monthly close, a door each."""

from . import capacity, cost_files  # noqa: F401  their operations hang on the door of costs
from .closes import door as closes
from .lineage import bills
from .lineage import door as costs
from .rates import door as rates

DOORS = [bills, rates, costs, closes]

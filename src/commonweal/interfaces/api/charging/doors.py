"""Charging: bills, rates, costs and the monthly close, a door each."""

from .anomalies import door as unusual
from .changes import door as bills
from .closes import door as closes
from .cost_files import door as costs
from .credits import door as credits
from .disputes import door as disputes
from .rates import door as rates

DOORS = [bills, disputes, credits, unusual, rates, costs, closes]

"""Charging: bills, rates, costs and the monthly close, a door each."""

from .closes import door as closes
from .cost_files import door as costs
from .open_bills import door as bills
from .rates import door as rates
from .statements import door as payments

DOORS = [payments, bills, rates, costs, closes]

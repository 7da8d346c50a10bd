"""Charging: bills, rates, costs and the monthly close, a door each."""

from .bills import door as bills
from .closes import door as closes
from .cost_files import door as costs
from .rates import door as rates
from .recovery import door as recovery
from .room import door as room
from .statements import door as payments

DOORS = [payments, bills, rates, costs, closes, recovery, room]

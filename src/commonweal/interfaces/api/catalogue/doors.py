"""The catalogue and the agreements: two doors."""

from .agreements import door as agreements
from .services import door as services

DOORS = [services, agreements]

"""The catalogue and the agreements: what is offered, ordered and signed."""

from .agreements import door as agreements
from .papers import door as papers
from .services import door as services

DOORS = [services, agreements, papers]

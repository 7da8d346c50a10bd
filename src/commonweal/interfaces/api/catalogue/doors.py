"""The catalogue and the agreements: what is offered, ordered and signed."""

from .agreements import door as agreements
from .calendars import door as calendars
from .offers import door as services
from .papers import door as papers

DOORS = [services, agreements, papers, calendars]

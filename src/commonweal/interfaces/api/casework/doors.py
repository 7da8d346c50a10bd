"""Cases, the desk around them, and how it is set up: a door each."""

from . import open311, trust, writes
from .counter import door as counter
from .desk import door as desk
from .reads import door as cases
from .setup import door as setup

HUNG_ON_OTHERS = (open311, trust, writes)
"""Their operations hang on the doors of cases and of setting up."""
DOORS = [cases, desk, counter, setup]

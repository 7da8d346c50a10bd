"""Cases, the desk around them, and how it is set up: a door each."""

from . import fees, letters, open311, tills, trust, writes
from .desk import door as desk
from .reads import door as cases
from .setup import door as setup

HUNG_ON_OTHERS = (fees, letters, open311, tills, trust, writes)
"""Their operations hang on the doors of cases and of setting up."""
DOORS = [cases, desk, setup]

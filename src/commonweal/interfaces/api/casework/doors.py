"""Cases, the desk around them, and how it is set up: a door each."""

from . import trust, writes
from .desk import door as desk
from .reads import door as cases
from .setup import door as setup

HUNG_ON_OTHERS = (trust, writes)
"""Their operations hang on the door of cases."""
DOORS = [cases, desk, setup]

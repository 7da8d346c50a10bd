"""Cases, the desk around them, and how it is set up: a door each."""

from . import (
    fees,
    files,
    held_mail,
    letters,
    open311,
    orders,
    proofs,
    tills,
    trust,
    working,
    writes,
)
from .counter import door as counter
from .desk import door as desk
from .keeping import door as keeping
from .reads import door as cases
from .setup import door as setup

HUNG_ON_OTHERS = (
    fees, files, held_mail, letters, open311, orders, proofs, tills, trust, working, writes,
)  # fmt: skip
"""Their operations hang on the doors of cases, of setting up and of keeping."""
DOORS = [cases, desk, counter, setup, keeping]

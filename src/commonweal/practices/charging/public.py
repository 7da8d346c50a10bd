"""What interfaces may use of charging: all of `offers`, in one place."""

from __future__ import annotations

from .offers.bills import *  # noqa: F403
from .offers.costs import *  # noqa: F403
from .offers.rates import *  # noqa: F403
from .offers.recovery import *  # noqa: F403
from .offers.settlement import *  # noqa: F403
from .offers.tables import *  # noqa: F403

"""Tables of charging: costs, rates, the close, bills."""

from .bills import AccountMap, Bill, BillLine, LineFunding, LineQuery
from .close import CloseRun, CloseStep
from .costs import (
    AllocationEdge,
    AllocationRun,
    CostFile,
    CostImport,
    CostLine,
    CostMapping,
    CostPool,
    Driver,
    DriverValue,
    PoolRule,
    RejectedCostRow,
)
from .openness import MoneyPage
from .rates import Forecast, RateVersion

__all__ = [
    "AccountMap",
    "AllocationEdge",
    "AllocationRun",
    "Bill",
    "BillLine",
    "CloseRun",
    "CloseStep",
    "CostFile",
    "CostImport",
    "CostLine",
    "CostMapping",
    "CostPool",
    "Driver",
    "DriverValue",
    "Forecast",
    "LineFunding",
    "LineQuery",
    "MoneyPage",
    "PoolRule",
    "RateVersion",
    "RejectedCostRow",
]

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
from .exchange import ExchangeRate
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
    "ExchangeRate",
    "Forecast",
    "LineFunding",
    "LineQuery",
    "PoolRule",
    "RateVersion",
    "RejectedCostRow",
]

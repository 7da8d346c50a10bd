"""Tables of charging: costs, rates, the close, bills."""

from .anomalies import AnomalyHold, BillTarget, ItemTolerance
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
from .credits import Credit, CreditPortion
from .disputes import BoardMeeting, DisputeEntry, DisputeLevel
from .rates import Forecast, RateVersion

__all__ = [
    "AccountMap",
    "AllocationEdge",
    "AllocationRun",
    "AnomalyHold",
    "Bill",
    "BillLine",
    "BillTarget",
    "BoardMeeting",
    "CloseRun",
    "CloseStep",
    "CostFile",
    "CostImport",
    "CostLine",
    "CostMapping",
    "CostPool",
    "Credit",
    "CreditPortion",
    "DisputeEntry",
    "DisputeLevel",
    "Driver",
    "DriverValue",
    "Forecast",
    "ItemTolerance",
    "LineFunding",
    "LineQuery",
    "PoolRule",
    "RateVersion",
    "RejectedCostRow",
]

"""Tables of charging: costs, rates, the close, bills."""

from .assets import Asset, AssetMonth, AssetShare, ContributorCredit, Disposal
from .bills import AccountMap, Bill, BillLine, LineFunding, LineQuery
from .close import CloseRun, CloseStep
from .cost_terms import (
    Capacity,
    CapacityUse,
    CostTag,
    CostTerm,
    DriverPart,
    DriverSet,
    IdleCost,
    IdlePolicy,
    LineMark,
    Reservation,
)
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
from .rates import Forecast, RateVersion

__all__ = [
    "AccountMap",
    "AllocationEdge",
    "AllocationRun",
    "Asset",
    "AssetMonth",
    "AssetShare",
    "Bill",
    "BillLine",
    "Capacity",
    "CapacityUse",
    "CloseRun",
    "CloseStep",
    "ContributorCredit",
    "CostFile",
    "CostImport",
    "CostLine",
    "CostMapping",
    "CostPool",
    "CostTag",
    "CostTerm",
    "Disposal",
    "Driver",
    "DriverPart",
    "DriverSet",
    "DriverValue",
    "Forecast",
    "IdleCost",
    "IdlePolicy",
    "LineFunding",
    "LineMark",
    "LineQuery",
    "PoolRule",
    "RateVersion",
    "RejectedCostRow",
    "Reservation",
]

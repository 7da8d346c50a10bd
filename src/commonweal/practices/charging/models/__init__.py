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
from .credits import Credit, CreditPortion
from .disputes import BoardMeeting, DisputeEntry, DisputeLevel
from .rates import Forecast, RateVersion
from .settlement import (
    BankEntry,
    BankStatement,
    BillAcceptance,
    BillReminder,
    PayerAccount,
    PaymentMapping,
    Settlement,
    SettlementPart,
)

__all__ = [
    "AccountMap",
    "AllocationEdge",
    "AllocationRun",
    "BankEntry",
    "BankStatement",
    "Bill",
    "BillAcceptance",
    "BillLine",
    "BillReminder",
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
    "LineFunding",
    "LineQuery",
    "PayerAccount",
    "PaymentMapping",
    "PoolRule",
    "RateVersion",
    "RejectedCostRow",
    "Settlement",
    "SettlementPart",
]

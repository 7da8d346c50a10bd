"""Tables of charging: costs, rates, the close, bills."""

from .assurance import AccessReview, Engagement, Sample
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
from .recovery import (
    AccountEntry,
    Adjustment,
    AdjustmentPart,
    AnnualPackage,
    PriceReduction,
    RecoveryRule,
    ReserveTest,
)
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
    "AccessReview",
    "AccountEntry",
    "AccountMap",
    "Adjustment",
    "AdjustmentPart",
    "AllocationEdge",
    "AllocationRun",
    "AnnualPackage",
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
    "Engagement",
    "Forecast",
    "LineFunding",
    "LineQuery",
    "PayerAccount",
    "PaymentMapping",
    "PoolRule",
    "PriceReduction",
    "RateVersion",
    "RecoveryRule",
    "RejectedCostRow",
    "ReserveTest",
    "Sample",
    "Settlement",
    "SettlementPart",
]

"""Tables of charging: costs, rates, the close, bills."""

from .bills import AccountMap, Bill, BillLine, LineFunding, LineQuery
from .budgets import (
    BudgetAlert,
    BudgetAmount,
    BudgetDeadline,
    BudgetFigure,
    BudgetThresholds,
)
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
from .rate_desk import (
    AgreementNotice,
    RateBuild,
    RateCap,
    RateEffect,
    RateRule,
    Scenario,
    ScenarioComment,
    ScenarioEffect,
)
from .rates import Forecast, RateVersion

__all__ = [
    "AccountMap",
    "AgreementNotice",
    "AllocationEdge",
    "AllocationRun",
    "Bill",
    "BillLine",
    "BudgetAlert",
    "BudgetAmount",
    "BudgetDeadline",
    "BudgetFigure",
    "BudgetThresholds",
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
    "PoolRule",
    "RateBuild",
    "RateCap",
    "RateEffect",
    "RateRule",
    "RateVersion",
    "RejectedCostRow",
    "Scenario",
    "ScenarioComment",
    "ScenarioEffect",
]

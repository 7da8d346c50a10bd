"""What other modules may use of the catalogue and the agreements."""

from .models import (
    Agreement,
    Bundle,
    BundleCompanion,
    ChargeItem,
    EstimateSignature,
    FundingSource,
    Order,
    OrderLine,
    Service,
    ServiceLevel,
    Unit,
)

__all__ = [
    "Agreement",
    "Bundle",
    "BundleCompanion",
    "ChargeItem",
    "EstimateSignature",
    "FundingSource",
    "Order",
    "OrderLine",
    "Service",
    "ServiceLevel",
    "Unit",
]

"""Tables of the catalogue (services) and of the agreements made about it."""

from .agreements import (
    Agreement,
    Ending,
    EstimateSignature,
    FundingSource,
    Order,
    OrderLine,
)
from .conversions import UnitConversion
from .services import Bundle, BundleCompanion, ChargeItem, Service, ServiceLevel, Unit

__all__ = [
    "Agreement",
    "Bundle",
    "BundleCompanion",
    "ChargeItem",
    "Ending",
    "EstimateSignature",
    "FundingSource",
    "Order",
    "OrderLine",
    "Service",
    "ServiceLevel",
    "Unit",
    "UnitConversion",
]

"""Tables of the catalogue (services) and of the agreements made about it."""

from .agreements import (
    Agreement,
    Ending,
    EstimateSignature,
    FundingSource,
    Order,
    OrderLine,
)
from .calendars import CalendarDay, CalendarVersion, WorkingCalendar
from .conversions import UnitConversion
from .services import Bundle, BundleCompanion, ChargeItem, Service, ServiceLevel, Unit

__all__ = [
    "Agreement",
    "Bundle",
    "BundleCompanion",
    "CalendarDay",
    "CalendarVersion",
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
    "WorkingCalendar",
]

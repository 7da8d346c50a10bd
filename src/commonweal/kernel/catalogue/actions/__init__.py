"""Writes: the catalogue, agreements and orders."""

from .agreements import (
    create_agreement,
    refuse_agreement,
    sign_agreement,
    withdraw_agreement,
)
from .calendars import (
    create_calendar,
    decide_calendar,
    draft_calendar,
    import_calendar,
    mark_calendar_days,
    propose_calendar,
    propose_holidays,
    put_calendar_day,
    withdraw_calendar,
)
from .conversions import decide_conversion, propose_conversion
from .endings import propose_ending, refuse_ending, sign_ending, withdraw_ending
from .orders import create_order, modify_order, propose_order, revise_order, withdraw_order
from .services import (
    put_bundle,
    put_charge_item,
    put_service,
    put_service_level,
    put_unit,
)
from .signing import refuse_estimate, refuse_order, sign_estimate, sign_order

__all__ = [
    "create_agreement",
    "create_calendar",
    "create_order",
    "decide_calendar",
    "decide_conversion",
    "draft_calendar",
    "import_calendar",
    "mark_calendar_days",
    "modify_order",
    "propose_calendar",
    "propose_conversion",
    "propose_ending",
    "propose_holidays",
    "propose_order",
    "put_bundle",
    "put_calendar_day",
    "put_charge_item",
    "put_service",
    "put_service_level",
    "put_unit",
    "refuse_agreement",
    "refuse_ending",
    "refuse_estimate",
    "refuse_order",
    "revise_order",
    "sign_agreement",
    "sign_ending",
    "sign_estimate",
    "sign_order",
    "withdraw_agreement",
    "withdraw_calendar",
    "withdraw_ending",
    "withdraw_order",
]

"""Writes: the catalogue, agreements and orders."""

from .agreements import (
    create_agreement,
    refuse_agreement,
    sign_agreement,
    withdraw_agreement,
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
    "create_order",
    "decide_conversion",
    "modify_order",
    "propose_conversion",
    "propose_ending",
    "propose_order",
    "put_bundle",
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
    "withdraw_ending",
    "withdraw_order",
]

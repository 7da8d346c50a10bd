"""Writes: the catalogue, agreements and orders."""

from .agreements import create_agreement, end_agreement, sign_agreement, withdraw_agreement
from .orders import create_order, modify_order, propose_order, revise_order, withdraw_order
from .services import (
    put_bundle,
    put_charge_item,
    put_service,
    put_service_level,
    put_unit,
)
from .signing import sign_estimate, sign_order

__all__ = [
    "create_agreement",
    "create_order",
    "end_agreement",
    "modify_order",
    "propose_order",
    "put_bundle",
    "put_charge_item",
    "put_service",
    "put_service_level",
    "put_unit",
    "revise_order",
    "sign_agreement",
    "sign_estimate",
    "sign_order",
    "withdraw_agreement",
    "withdraw_order",
]

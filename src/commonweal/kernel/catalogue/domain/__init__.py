"""The rules of agreements and orders. Pure: no Django, no I/O."""

from .coverage import (
    Cover,
    CoverageIndex,
    FundingShare,
    LineInForce,
    covering_line,
    funding_problems,
)
from .orders import (
    CatalogueError,
    Companion,
    ItemInfo,
    NewFunding,
    NewLine,
    OrderDraft,
    Problem,
    check_catalogue,
    check_order,
    refuse,
)
from .profiles import PROFILES, Profile, profile
from .states import AGREEMENT_MOVES, ORDER_MOVES, check_signature, move

__all__ = [
    "AGREEMENT_MOVES",
    "ORDER_MOVES",
    "PROFILES",
    "CatalogueError",
    "Companion",
    "Cover",
    "CoverageIndex",
    "FundingShare",
    "ItemInfo",
    "LineInForce",
    "NewFunding",
    "NewLine",
    "OrderDraft",
    "Problem",
    "Profile",
    "check_catalogue",
    "check_order",
    "check_signature",
    "covering_line",
    "funding_problems",
    "move",
    "profile",
    "refuse",
]

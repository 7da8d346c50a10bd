"""The rules of agreements and orders. Pure: no Django, no I/O."""

from .changes import Changes, LineChange, TermChange, compare, remaining
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
from .states import (
    AGREEMENT_MOVES,
    ENDING_MOVES,
    ORDER_MOVES,
    SIDES,
    check_signature,
    move,
)

__all__ = [
    "AGREEMENT_MOVES",
    "ENDING_MOVES",
    "ORDER_MOVES",
    "PROFILES",
    "SIDES",
    "CatalogueError",
    "Changes",
    "Companion",
    "Cover",
    "CoverageIndex",
    "FundingShare",
    "ItemInfo",
    "LineChange",
    "LineInForce",
    "NewFunding",
    "NewLine",
    "OrderDraft",
    "Problem",
    "Profile",
    "TermChange",
    "check_catalogue",
    "check_order",
    "check_signature",
    "compare",
    "covering_line",
    "funding_problems",
    "move",
    "profile",
    "refuse",
    "remaining",
]

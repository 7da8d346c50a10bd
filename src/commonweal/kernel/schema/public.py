"""What other modules may use of the schema room."""

from ..errors import CommonwealError, Conflict, Forbidden, NotFound
from .alone import alone
from .domain import Manifest, TableRights, of_account, shared, tenant
from .ids import derived_id, uuid7
from .models import IdModel, TenantModel
from .outage import outage_of
from .paging import (
    FIRST,
    PAGE,
    Listing,
    Place,
    gone,
    listing,
    listing_of,
    place_parts,
    place_text,
    turn,
)
from .rights import apply_rights, declared_models, own_apps

__all__ = [
    "FIRST",
    "PAGE",
    "CommonwealError",
    "Conflict",
    "Forbidden",
    "IdModel",
    "Listing",
    "Manifest",
    "NotFound",
    "Place",
    "TableRights",
    "TenantModel",
    "alone",
    "apply_rights",
    "declared_models",
    "derived_id",
    "gone",
    "listing",
    "listing_of",
    "of_account",
    "outage_of",
    "own_apps",
    "place_parts",
    "place_text",
    "shared",
    "tenant",
    "turn",
    "uuid7",
]

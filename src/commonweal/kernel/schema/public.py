"""What other modules may use of the schema room."""

from ..errors import CommonwealError, Conflict, Forbidden, NotFound
from .domain import Manifest, TableRights, shared, tenant
from .ids import derived_id, uuid7
from .models import IdModel, TenantModel
from .rights import apply_rights, declared_models, own_apps

__all__ = [
    "CommonwealError",
    "Conflict",
    "Forbidden",
    "IdModel",
    "Manifest",
    "NotFound",
    "TableRights",
    "TenantModel",
    "apply_rights",
    "declared_models",
    "derived_id",
    "own_apps",
    "shared",
    "tenant",
    "uuid7",
]

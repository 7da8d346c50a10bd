"""Writes of party."""

from .facing import put_public_face
from .invoicing import put_invoice_details
from .parties import (
    create_agency,
    create_bureau,
    create_supplier,
    set_centre,
    update_agency,
    update_bureau,
    update_supplier,
)
from .people import create_person, erase_person, update_person
from .roles import add_membership, delegate, end_delegation, end_membership, sync_roles

__all__ = [
    "add_membership",
    "create_agency",
    "create_bureau",
    "create_person",
    "create_supplier",
    "delegate",
    "end_delegation",
    "end_membership",
    "erase_person",
    "put_invoice_details",
    "put_public_face",
    "set_centre",
    "sync_roles",
    "update_agency",
    "update_bureau",
    "update_person",
    "update_supplier",
]

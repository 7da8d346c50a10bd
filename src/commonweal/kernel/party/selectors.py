"""Reads: agencies, bureaus, people and what they hold."""

from __future__ import annotations

from collections.abc import Iterable
from contextvars import ContextVar
from datetime import date
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet

from ..access.public import Actor, require, require_somewhere
from ..errors import NotFound
from .domain import Centre
from .models import Agency, Bureau, CentreProfile, Delegation, Membership, Person, Supplier

_centre: ContextVar[Centre | None] = ContextVar("party_centre", default=None)


def centre() -> Centre:
    """The centre's settings, read once per transaction (PARTY-404 before they are set)."""
    known = _centre.get()
    if known is not None:
        return known
    row = CentreProfile.objects.first()
    if row is None:
        raise NotFound(
            "PARTY-404", "This installation has no centre yet. Set it with `set_centre` first."
        )
    found = Centre(
        agency_id=row.agency_id,
        name=row.name,
        short_name=row.short_name,
        currency=row.currency,
        zone=row.zone,
        fiscal_year_start_month=row.fiscal_year_start_month,
        contact_name=row.contact_name,
        contact_email=row.contact_email,
        contact_phone=row.contact_phone,
        locale=row.locale,
        is_demo=row.is_demo,
    )
    _remember(found)
    return found


def _remember(found: Centre) -> None:
    """Keep the settings until the present transaction commits; outside one, keep nothing.

    A rolled-back transaction runs no hook, so the memory is also bound to that transaction's
    connection state by `forget_centre`, which every write of the settings calls.
    """
    if transaction.get_connection().in_atomic_block:
        _centre.set(found)
        transaction.on_commit(forget_centre)


def forget_centre() -> None:
    """Read the settings anew next time."""
    _centre.set(None)

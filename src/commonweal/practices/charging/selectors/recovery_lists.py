"""Lists of recovery: entries of accounts, limits, reserve tests."""

from __future__ import annotations

from uuid import UUID

from commonweal.kernel.access.public import Actor, require
from commonweal.kernel.schema.public import FIRST, Listing, Place, listing

from ..models import AccountEntry, RecoveryRule, ReserveTest
from .cost_model import VIEW


def account_entries(
    actor: Actor, *, service_id: UUID | None = None, place: Place = FIRST
) -> Listing[AccountEntry]:
    """A page of entries of services' accounts, newest first, whatever was decided."""
    require(actor, VIEW)
    found = AccountEntry.objects.select_related("service")
    if service_id:
        found = found.filter(service_id=service_id)
    return listing(found, ["-id"], place)


def recovery_rules(actor: Actor, place: Place = FIRST) -> Listing[RecoveryRule]:
    """A page of the limits of recovery, newest first, whatever was decided."""
    require(actor, VIEW)
    return listing(RecoveryRule.objects.select_related("service"), ["-id"], place)


def reserve_tests(actor: Actor, service_id: UUID, place: Place = FIRST) -> Listing[ReserveTest]:
    """A page of a service's daily reserve tests, newest day first."""
    require(actor, VIEW)
    found = ReserveTest.objects.filter(service_id=service_id)
    return listing(found, ["-day", "-id"], place)

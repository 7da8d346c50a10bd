"""Writes: the centre's settings, agencies, bureaus and suppliers."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from ...access.public import Actor, require
from ...audit.public import action, record
from ...schema.public import NotFound
from ..models import Agency, Bureau, CentreProfile, Supplier
from ..rules import PartyError
from ..selectors import forget_centre

_CODE = re.compile(r"[A-Z0-9][A-Z0-9._-]{0,19}\Z")
_AGENCY_FIELDS = frozenset({"name", "size", "contact_email", "address"})
_CENTRE_FIELDS = frozenset(
    {
        "name",
        "short_name",
        "currency",
        "zone",
        "fiscal_year_start_month",
        "contact_name",
        "contact_email",
        "contact_phone",
        "locale",
        "federal_forms",
        "is_demo",
    }
)


def check_code(code: str) -> str:
    """A code as it is stored: capitals, digits, `.`, `_`, `-`, at most 20 (PARTY-101)."""
    wanted = code.strip().upper()
    if not _CODE.match(wanted):
        raise PartyError(
            "PARTY-101",
            f"“{code}” cannot be a code. Use up to 20 letters, digits, dots or dashes, "
            "starting with a letter or digit.",
        )
    return wanted


def check_name(name: str) -> str:
    """A name as it is stored (PARTY-102 if it is empty)."""
    wanted = " ".join(name.split())
    if not wanted:
        raise PartyError("PARTY-102", "The name is empty. Enter a name.")
    return wanted


def check_mail(address: str) -> str:
    """An e-mail address as it is stored; empty is none (PARTY-126)."""
    wanted = address.strip()
    if wanted:
        try:
            validate_email(wanted)
        except ValidationError:
            raise PartyError(
                "PARTY-126", f"“{wanted}” is not an e-mail address. Write name@place."
            ) from None
    return wanted


def check_size(size: int) -> int:
    """A headcount as it is stored (PARTY-127)."""
    if not 0 <= size <= 2_000_000_000:
        raise PartyError("PARTY-127", "The headcount is a whole number from 0 up. Correct it.")
    return size


def _refuse_unknown(given: dict[str, Any], allowed: frozenset[str]) -> None:
    unknown = sorted(set(given) - allowed)
    if unknown:
        raise PartyError(
            "PARTY-103",
            f"There is no such setting: {', '.join(unknown)}. Use {', '.join(sorted(allowed))}.",
        )


@action
def create_agency(
    *,
    actor: Actor,
    code: str,
    name: str,
    size: int = 0,
    contact_email: str = "",
    address: str = "",
) -> Agency:
    """Create an agency. `size` is its headcount. PARTY-104 if the code is taken."""
    require(actor, "party.manage_agencies")
    wanted = check_code(code)
    if Agency.objects.filter(code=wanted).exists():
        raise PartyError("PARTY-104", f"The code {wanted} is taken. Choose another.")
    agency = Agency.objects.create(
        code=wanted,
        name=check_name(name),
        size=check_size(size),
        contact_email=check_mail(contact_email),
        address=address.strip(),
    )
    record(
        actor=actor,
        verb="party.agency_created",
        target=agency,
        agency_id=agency.pk,
        payload={"code": wanted, "size": size},
    )
    return agency


@action
def update_agency(*, actor: Actor, agency_id: UUID, **changes: Any) -> Agency:
    """Change an agency's name, size, contact_email or address. Its code never changes."""
    require(actor, "party.manage_agencies")
    _refuse_unknown(changes, _AGENCY_FIELDS)
    agency = Agency.objects.select_for_update().filter(pk=agency_id).first()
    if agency is None:
        raise NotFound("PARTY-405", "There is no such agency.")
    if "name" in changes:
        changes["name"] = check_name(changes["name"])
    if "contact_email" in changes:
        changes["contact_email"] = check_mail(changes["contact_email"])
    if "size" in changes:
        check_size(changes["size"])
    for name, value in changes.items():
        setattr(agency, name, value)
    agency.save(update_fields=sorted(changes))
    record(
        actor=actor,
        verb="party.agency_updated",
        target=agency,
        agency_id=agency.pk,
        payload={"changed": sorted(changes), "size": agency.size},
    )
    return agency


@action
def create_bureau(*, actor: Actor, agency_id: UUID, code: str, name: str) -> Bureau:
    """Create a part of an agency; its code is unique inside the agency (PARTY-104)."""
    require(actor, "party.manage_agencies")
    wanted = check_code(code)
    if Bureau.objects.filter(agency_id=agency_id, code=wanted).exists():
        raise PartyError("PARTY-104", f"The code {wanted} is taken in this agency.")
    bureau = Bureau.objects.create(agency_id=agency_id, code=wanted, name=check_name(name))
    record(
        actor=actor,
        verb="party.bureau_created",
        target=bureau,
        agency_id=agency_id,
        payload={"code": wanted},
    )
    return bureau


@action
def update_bureau(*, actor: Actor, bureau_id: UUID, name: str) -> Bureau:
    """Rename a part of an agency. Its code never changes (PARTY-411 if there is none)."""
    require(actor, "party.manage_agencies")
    bureau = Bureau.objects.select_for_update().filter(pk=bureau_id).first()
    if bureau is None:
        raise NotFound("PARTY-411", "There is no such bureau. Choose one from the list.")
    bureau.name = check_name(name)
    bureau.save(update_fields=["name"])
    record(
        actor=actor,
        verb="party.bureau_updated",
        target=bureau,
        agency_id=bureau.agency_id,
        payload={"changed": ["name"]},
    )
    return bureau


@action
def update_supplier(*, actor: Actor, supplier_id: UUID, name: str) -> Supplier:
    """Rename a supplier. Its code never changes (PARTY-412 if there is none)."""
    require(actor, "party.manage_agencies")
    supplier = Supplier.objects.select_for_update().filter(pk=supplier_id).first()
    if supplier is None:
        raise NotFound("PARTY-412", "There is no such supplier. Choose one from the list.")
    supplier.name = check_name(name)
    supplier.save(update_fields=["name"])
    record(
        actor=actor,
        verb="party.supplier_updated",
        target=supplier,
        payload={"changed": ["name"]},
    )
    return supplier


@action
def create_supplier(*, actor: Actor, code: str, name: str) -> Supplier:
    """Create a supplier (PARTY-104 if the code is taken)."""
    require(actor, "party.manage_agencies")
    wanted = check_code(code)
    if Supplier.objects.filter(code=wanted).exists():
        raise PartyError("PARTY-104", f"The code {wanted} is taken. Choose another.")
    supplier = Supplier.objects.create(code=wanted, name=check_name(name))
    record(actor=actor, verb="party.supplier_created", target=supplier, payload={"code": wanted})
    return supplier


def _check_settings(settings: dict[str, Any]) -> None:
    _refuse_unknown(settings, _CENTRE_FIELDS)
    for field in ("name", "short_name"):
        if field in settings:
            settings[field] = check_name(settings[field])
    if "zone" in settings:
        try:
            ZoneInfo(settings["zone"])
        except (ZoneInfoNotFoundError, ValueError):
            raise PartyError(
                "PARTY-105",
                f"“{settings['zone']}” is not a time zone. Write one such as America/Chicago.",
            ) from None
    if "contact_email" in settings:
        settings["contact_email"] = check_mail(settings["contact_email"])
    if not re.fullmatch(r"[A-Z]{3}", settings.get("currency", "USD")):
        raise PartyError("PARTY-106", "Write the currency as three capitals, such as USD.")
    if settings.get("fiscal_year_start_month", 1) not in range(1, 13):
        raise PartyError("PARTY-107", "The fiscal year starts in a month from 1 to 12.")


@action
def set_centre(*, actor: Actor, **settings: Any) -> CentreProfile:
    """Set or change the centre's settings; the first call also creates its own agency row.

    Settings: name, short_name, currency, zone, fiscal_year_start_month, contact_name,
    contact_email, contact_phone, locale, federal_forms, is_demo. The first call needs name and
    short_name.
    """
    require(actor, "party.set_centre")
    _check_settings(settings)
    profile = CentreProfile.objects.select_for_update().first()
    if profile is None:
        if not {"name", "short_name"} <= set(settings):
            raise PartyError("PARTY-108", "Give the centre's name and short_name.")
        own = Agency.objects.create(code="CENTRE", name=settings["name"], kind="centre")
        profile = CentreProfile.objects.create(agency=own, **settings)
    else:
        for name, value in settings.items():
            setattr(profile, name, value)
        profile.save()
        Agency.objects.filter(pk=profile.agency_id).update(name=profile.name)
    forget_centre()
    kept: dict[str, Any] = {
        name: settings[name]
        for name in ("currency", "zone", "fiscal_year_start_month", "federal_forms", "is_demo")
        if name in settings
    }
    record(
        actor=actor,
        verb="party.centre_set",
        target=profile,
        payload={"changed": sorted(settings), **kept},
    )
    return profile

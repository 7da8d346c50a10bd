"""Telephone numbers: kept as E.164, read and looked up as people of the country write them."""

from __future__ import annotations

import re

import phonenumbers
from django.conf import settings

from ..access.public import SYSTEM, act_as
from ..party.public import centre, invoice_details
from .domain.errors import CaseError


def phone_region() -> str:
    """The country in which numbers without a country's code are read: that of the settings, else
    of the centre's address on its invoices, else of its language."""
    if settings.PHONE_REGION:
        return str(settings.PHONE_REGION)
    profile = centre()
    with act_as(SYSTEM):
        country = invoice_details(SYSTEM, profile.agency_id).country
    return country or profile.locale.partition("-")[2].upper() or "US"


def plain_phone(text: str, region: str = "") -> str:
    """A telephone number as E.164, read as in a country (CASE-161 if it is none)."""
    if not text.strip():
        return ""
    region = region or phone_region()
    try:
        found = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        found = None
    if found is None or not phonenumbers.is_possible_number(found):
        raise CaseError(
            "CASE-161",
            f"“{text[:30]}” is no telephone number. Write it with its area code, such as "
            f"{_example(region)}.",
            field="phone",
        )
    return phonenumbers.format_number(found, phonenumbers.PhoneNumberFormat.E164)


def _example(region: str) -> str:
    """A number of the country as people there write it for others."""
    found = phonenumbers.example_number(region)
    if found is None:
        return "+1 201-555-0123"
    return phonenumbers.format_number(found, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


_NUMBER = re.compile(r"[+(\d][\d ()/.-]{2,}")


def beginnings(typed: str) -> list[str]:
    """How numbers may begin that somebody types the beginning of: as it stands, and as one of the
    country. Nothing where it is no number."""
    if not _NUMBER.fullmatch(typed):
        return []
    digits = re.sub(r"\D", "", typed)
    if typed.startswith("+"):
        return [f"+{digits}"]
    code = phonenumbers.country_code_for_region(phone_region())
    return [f"+{digits}", f"+{code}{digits.lstrip('0')}"]

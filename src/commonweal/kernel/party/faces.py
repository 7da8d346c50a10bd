"""How citizens reach an agency, and what it says of privacy. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

FACE_FIELDS: dict[str, str] = {
    "name": "Name",
    "email": "E-mail address",
    "phone": "Telephone",
    "hours": "Opening hours",
    "address": "Address",
    "notice": "Privacy notice",
    "notice_href": "Address of the privacy notice",
    "privacy_contact": "Who answers about privacy",
    "privacy_email": "E-mail address for privacy",
}
LENGTHS = {
    "name": 160,
    "email": 254,
    "phone": 40,
    "hours": 200,
    "address": 300,
    "notice": 6000,
    "notice_href": 500,
    "privacy_contact": 200,
    "privacy_email": 254,
}
SEVERAL_LINES = frozenset({"address", "notice"})
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_PHONE = re.compile(r"[0-9+()./ \-]*[0-9][0-9+()./ \-]*( ?[A-Za-z.]{1,5} ?[0-9]{1,6})?")
_HOST = re.compile(r"(?=.{4,253}\Z)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}", re.I)


@dataclass(frozen=True)
class Face:
    """An agency as citizens meet it. `notice`: its own words on privacy, empty where it wrote none;
    `dial`: the telephone as a device dials it."""

    name: str = ""
    email: str = ""
    phone: str = ""
    dial: str = ""
    hours: str = ""
    address: str = ""
    notice: str = ""
    notice_href: str = ""
    privacy_contact: str = ""
    privacy_email: str = ""


def shown_face(agency: Any, said: Any) -> Face:
    """What is shown, from the agency's row and what was said of it: its own name and address for
    letters where nothing else was, and as the last resort the address its bills go to."""
    email = said.email or ("" if said.phone else agency.contact_email)
    return Face(
        name=said.name or agency.name,
        email=email,
        phone=said.phone,
        dial=dialled(said.phone),
        hours=said.hours,
        address=said.address or agency.address,
        notice=said.notice,
        notice_href=said.notice_href,
        privacy_contact=said.privacy_contact,
        privacy_email=said.privacy_email or ("" if said.privacy_contact else email),
    )


def dialled(phone: str) -> str:
    """A telephone number as a device dials it; what stands after an extension's mark is left to
    the person."""
    whole = re.split(r"[A-Za-z]", phone)[0]
    digits = "".join(mark for mark in whole if mark in "0123456789")
    return f"+{digits}" if whole.strip().startswith("+") else digits


def tidied(name: str, value: str) -> str:
    """A value as it is kept: one line, or several without trailing blanks."""
    value = value.replace("\r\n", "\n").replace("\r", "\n")
    if name not in SEVERAL_LINES:
        return " ".join(value.split())
    lines = [_CONTROL.sub("", line).rstrip() for line in value.split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def wrong_face(values: Mapping[str, str]) -> str:
    """The first field whose value citizens could not use; empty if all are well. E-mail addresses
    are looked at elsewhere."""
    for name, value in values.items():
        if len(value) > LENGTHS[name] or _CONTROL.search(value):
            return name
    phone = values.get("phone", "")
    if phone and not (_PHONE.fullmatch(phone) and 3 <= len(dialled(phone).lstrip("+")) <= 15):
        return "phone"
    address = values.get("notice_href", "")
    if address and not is_safe_address(address):
        return "notice_href"
    return ""


def is_safe_address(address: str) -> bool:
    """Whether a link may lead there: https, a name of the public network, no user and no port."""
    if not address.isascii() or re.search(r"[\s\"'<>\\^`{|}]", address):
        return False
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        return False
    plain = parts.username is None and parts.password is None and port in (None, 443)
    return parts.scheme == "https" and plain and bool(_HOST.fullmatch(parts.hostname or ""))

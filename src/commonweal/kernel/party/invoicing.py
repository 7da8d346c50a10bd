"""What an electronic invoice must say of a party, and what is missing. Pure.

Lists: country codes (ISO 3166-1), electronic addresses (EAS) and registers (ICD) as EN 16931 1.3
and Peppol BIS Billing 3.0 allow them (2026).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any


def _codes(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"\w+", text))


EAS = _codes(
    "0002 0007 0009 0037 0060 0088 0096 0097 0106 0130 0135 0142 0147 0151 0170 0183 0184 0188 "
    "0190 0191 0192 0193 0194 0195 0196 0198 0199 0200 0201 0202 0203 0204 0205 0208 0209 0210 "
    "0211 0212 0213 0215 0216 0217 0218 0219 0220 0221 0225 0230 9901 9910 9913 9914 9915 9918 "
    "9919 9920 9922 9923 9924 9925 9926 9927 9928 9929 9930 9931 9932 9933 9934 9935 9936 9937 "
    "9938 9939 9940 9941 9942 9943 9944 9945 9946 9947 9948 9949 9950 9951 9952 9953 9957 9959"
)
ICD = frozenset(f"{number:04}" for number in range(2, 201)) - {"0092", "0103", "0181", "0182"}
COUNTRIES = _codes(
    "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ "
    "BR BS BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM "
    "DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS "
    "GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN "
    "KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ "
    "MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM "
    "PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV "
    "SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI "
    "VN VU WF WS YE YT ZA ZM ZW"
)
INVOICE_FIELDS: dict[str, str] = {
    "legal_name": "Legal name",
    "street": "Street",
    "city": "City",
    "postal_code": "Postal code",
    "subdivision": "State or region",
    "country": "Country (two letters)",
    "endpoint_scheme": "Scheme of the electronic address (EAS)",
    "endpoint_id": "Electronic address",
    "registration_scheme": "Scheme of the registration (ICD)",
    "registration_id": "Registration number",
    "buyer_reference": "Reference that its bills carry",
    "payment_account": "Account to pay into",
    "vat_category": "VAT category (O: not subject, E: exempt)",
    "vat_reason": "Why no VAT is charged",
    "vat_id": "VAT number",
}
CENTRE_ONLY = frozenset({"payment_account", "vat_category", "vat_reason", "vat_id"})
_NEEDED = ("legal_name", "city", "country", "endpoint_scheme", "endpoint_id")


def missing_details(details: Any, *, seller: bool) -> list[str]:
    """The fields without which no invoice is made, by name; nothing is ever guessed.

    Of the seller also a register number or (exempt) VAT number (BR-CO-26), the VAT category and its
    reason (BR-O-10, BR-E-10).
    """
    found = [name for name in _NEEDED if not getattr(details, name)]
    if seller:
        if not details.registration_id:
            found.append("registration_id")
        found += [name for name in ("vat_category", "vat_reason") if not getattr(details, name)]
        if details.vat_category == "E" and not details.vat_id:
            found.append("vat_id")
    return found


def wrong_detail(fields: Mapping[str, str]) -> str:
    """The first field whose value no invoice may carry; empty if all may."""
    checks = {
        "country": lambda value: value in COUNTRIES,
        "endpoint_scheme": lambda value: value in EAS,
        "registration_scheme": lambda value: value in ICD,
        "vat_category": lambda value: value in ("O", "E"),
    }
    for name, value in fields.items():
        if value and name in checks and not checks[name](value):
            return name
    if fields.get("endpoint_scheme") == "0088" and not is_gln(fields.get("endpoint_id", "")):
        return "endpoint_id"
    return ""


def is_gln(number: str) -> bool:
    """Whether a global location number has its check digit (GS1 General Specifications, 2024)."""
    if len(number) != 13 or not (number.isascii() and number.isdigit()):
        return False
    sums = sum(int(mark) * (3 if place % 2 else 1) for place, mark in enumerate(number[:12]))
    return (10 - sums % 10) % 10 == int(number[12])

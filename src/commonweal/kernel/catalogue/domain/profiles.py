"""How agreements and orders are numbered and what their forms ask for: one profile per custom.

`plain`: A-0001 and A-0001-02. `7600`: the federal forms 7600A (general terms) and 7600B (order),
20 characters, per the instructions of the US Treasury's Fiscal Service (domain reference §1.4).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from .orders import CatalogueError, OrderDraft, Problem

_AID = re.compile(r"\d{3}\Z")
_ORDER_7600 = re.compile(r"O\d\d(0[1-9]|1[0-2])-\d{3}-\d{3}-\d{6}\Z")
_LOCATION = re.compile(r"\d{8}\Z")
FREQUENCIES = ("monthly", "quarterly", "yearly")
RECOGNITIONS = ("straight_line", "per_work_completed")


@dataclass(frozen=True)
class Profile:
    """The plain profile, and the interface of every other."""

    name: str = "plain"

    def agreement_number(
        self, *, starts: date, sequence: int, requesting_aid: str = "", servicing_aid: str = ""
    ) -> str:
        """The number of an agreement; `sequence` counts the agency's agreements from 1."""
        return f"A-{sequence:04d}"

    def number(
        self,
        *,
        agreement: str,
        starts: date,
        sequence: int,
        requesting_aid: str = "",
        servicing_aid: str = "",
    ) -> str:
        """The number of an order; `sequence` is the next free one of this profile's counting."""
        return f"{agreement}-{sequence:02d}"

    @property
    def counts_per_agency(self) -> bool:
        """Whether orders are counted through all agreements of the agency, not within each."""
        return False

    def check(self, order: OrderDraft) -> list[Problem]:
        """What the profile asks beyond the rules of every order."""
        return _check_terms(order)


@dataclass(frozen=True)
class Profile7600(Profile):
    """Forms 7600A and 7600B."""

    name: str = "7600"

    def agreement_number(
        self, *, starts: date, sequence: int, requesting_aid: str = "", servicing_aid: str = ""
    ) -> str:
        """`AYYMM-(requesting AID)-(servicing AID)-6 digits`."""
        return _number("A", starts, requesting_aid, servicing_aid, sequence)

    def number(
        self,
        *,
        agreement: str,
        starts: date,
        sequence: int,
        requesting_aid: str = "",
        servicing_aid: str = "",
    ) -> str:
        """`OYYMM-(requesting AID)-(servicing AID)-6 digits`."""
        return _number("O", starts, requesting_aid, servicing_aid, sequence)

    @property
    def counts_per_agency(self) -> bool:
        """The pair of agencies shares one count of orders."""
        return True

    def check(self, order: OrderDraft) -> list[Problem]:
        """Form 7600B: number, period, location code like the parent's, terms, advances."""
        problems = _check_terms(order)
        if not _ORDER_7600.match(order.number):
            problems.append(
                Problem(
                    "CATALOGUE-240",
                    "Number",
                    f"“{order.number}” is not a 7600B number. Use OYYMM-AID-AID-NNNNNN.",
                )
            )
        if order.span.end is None:
            problems.append(
                Problem("CATALOGUE-242", "Dates", "form 7600B needs an end date. Enter one.")
            )
        if not _LOCATION.match(order.location_code):
            problems.append(
                Problem(
                    "CATALOGUE-243",
                    "Location code",
                    "form 7600B needs the 8 digits of the agency location code. Enter them.",
                )
            )
        elif order.location_code != order.agreement_location_code:
            problems.append(
                Problem(
                    "CATALOGUE-244",
                    "Location code",
                    f"{order.location_code} differs from the agreement's "
                    f"({order.agreement_location_code or 'none'}). Use the agreement's.",
                )
            )
        return problems


def _check_terms(order: OrderDraft) -> list[Problem]:
    problems = []
    if order.payment_days <= 0:
        problems.append(
            Problem("CATALOGUE-245", "Payment terms", "enter in how many days a bill is due.")
        )
    if order.billing_frequency not in FREQUENCIES:
        problems.append(
            Problem("CATALOGUE-246", "Billing", f"choose one of {', '.join(FREQUENCIES)}.")
        )
    if order.advance_total_minor and order.advance_recognition not in RECOGNITIONS:
        problems.append(
            Problem(
                "CATALOGUE-247",
                "Advances",
                f"say how advances are recognised: one of {', '.join(RECOGNITIONS)}.",
            )
        )
    return problems


def _number(letter: str, starts: date, requesting: str, servicing: str, sequence: int) -> str:
    for what, aid in (("requesting", requesting), ("servicing", servicing)):
        if not _AID.match(aid):
            raise CatalogueError(
                "CATALOGUE-241",
                f"Profile 7600 needs the {what} agency identifier (AID). Enter its 3 digits.",
            )
    if not 0 < sequence < 1_000_000:
        raise CatalogueError(
            "CATALOGUE-248", "The 6 digits of the number are used up. Begin a new agreement pair."
        )
    return f"{letter}{starts:%y%m}-{requesting}-{servicing}-{sequence:06d}"


PROFILES: dict[str, Profile] = {"plain": Profile(), "7600": Profile7600()}


def profile(name: str) -> Profile:
    """The profile of this name (CATALOGUE-200 if there is none)."""
    found = PROFILES.get(name)
    if found is None:
        raise CatalogueError(
            "CATALOGUE-200", f"There is no profile “{name}”. Choose one of {', '.join(PROFILES)}."
        )
    return found

"""Open forms of a bill: its invoice (UBL), the intragovernmental file, and what is missing."""

from __future__ import annotations

from django.http.response import HttpResponseBase

from commonweal.kernel.party.public import INVOICE_FIELDS
from commonweal.practices.charging import public as charging

from ..kit.doors import Asked, File, attachment
from ..kit.types import Out
from .bills import SEE, BillKey, door

__all__ = ["door"]


class LackOut(Out):
    """A field that nobody entered yet. `party`: `centre`, or an agency's code."""

    party: str
    field: str
    words: str


class ReadyOut(Out):
    """Whether a bill's open invoice can be made, and what is missing if not."""

    number: str
    ready: bool
    missing: list[LackOut]


@door.get("/bills/{number}/invoice.xml", access=SEE, returns=File("application/xml"))
def download_invoice(request: Asked, number: BillKey) -> HttpResponseBase:
    """An issued bill as UBL 2.1 invoice or credit note (EN 16931, Peppol BIS Billing 3).

    UBL-103 names what is missing: nothing is guessed.
    """
    name, data = charging.invoice_xml(request.actor, number)
    return attachment(name, "application/xml", data)


@door.get("/bills/{number}/invoice", access=SEE, returns=ReadyOut)
def check_invoice(request: Asked, number: BillKey) -> dict[str, object]:
    """What is missing before a bill's open invoice can be made."""
    found = charging.bill(request.actor, number)
    missing = [
        {"party": who, "field": name, "words": INVOICE_FIELDS[name]}
        for who, name in charging.invoice_lacks(request.actor, found.agency_id)
    ]
    return {"number": found.number, "ready": not missing, "missing": missing}


@door.get("/bills/{number}/intragov.json", access=SEE, returns=File("application/json"))
def download_intragov(request: Asked, number: BillKey) -> HttpResponseBase:
    """An issued bill as agreement, order and performance; mapped, not certified."""
    name, data = charging.intragov_json(request.actor, number)
    return attachment(name, "application/json", data)

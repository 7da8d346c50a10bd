"""Bills: read, explained, downloaded, asked about, and mapped to an agency's own accounts."""

from __future__ import annotations

import tempfile
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from django.http.response import HttpResponseBase
from ninja import Query
from pydantic import Field

from commonweal.kernel.catalogue.public import item_by_code, service_by_code
from commonweal.kernel.documents.public import documents_of, open_document
from commonweal.kernel.party.public import agency as find_agency
from commonweal.kernel.party.public import centre
from commonweal.kernel.schema.public import NotFound
from commonweal.practices.charging import public as charging

from ..kit import paging
from ..kit.doors import ALL, Asked, Door, File, attachment, needs
from ..kit.types import AgencyKey, Code, Day, Exact, In, MaybePeriod, Money, Out, Page, Text

SEE = needs("charging.view_bills", "charging.view_all_bills")
door = Door("bills", "Bills, why each line is what it is, and questions about them.")
BillKey = Annotated[
    str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,79}$", examples=["LWD-2026-10"],
               description="Number or id of a bill.")
]  # fmt: skip
MEDIA = {"pdf": "application/pdf", "csv": "text/csv", "pack": "application/zip"}


class BillOut(Out):
    """A bill without its lines. Immutable once issued."""

    id: UUID
    number: str
    agency: str
    agency_id: UUID
    period: str
    state: str
    currency: str
    total: Money
    issued_on: Day | None
    due_on: Day | None
    content_hash: str
    pack_root: str

    @staticmethod
    def resolve_agency(row: Any) -> str:
        """Its agency's code."""
        return str(row.agency.code)

    @staticmethod
    def resolve_total(row: Any) -> str:
        """In major units."""
        return charging.money_text(row.total_minor, row.currency)


class Funding(Out):
    """The part of a line that one funding source pays."""

    source: str
    account: str
    grant: bool
    amount: Money


class Line(Out):
    """One line: what, how much, at which rate, under which order line, paid by whom."""

    id: UUID
    number: int
    kind: str
    service: str
    service_name: str
    charge_item: str
    charge_item_name: str
    unit: str
    charge_period: str
    corrects: UUID | None
    corrects_bill: str | None
    rate_version: str
    order: str
    order_line: int
    order_line_id: UUID
    quantity: Money
    facts: int
    amount_exact: Money
    amount: Money
    rounding: str
    funding: list[Funding]
    credit: UUID | None = None


class BillDocument(Out):
    """The complete bill: `content_hash` of the bill is the hash of exactly this."""

    format: str
    centre: str
    agency: str
    agency_name: str
    number: str
    period: str
    currency: str
    issued_on: str | None
    due_on: str | None
    total: Money
    lines: list[Line]


class Change(Out):
    """How one charge item moved since last month."""

    charge_item: str
    quantity_before: Exact
    quantity_now: Exact
    amount: Money
    sentence: str


class Summary(Out):
    """A bill in words: total, comparison, and what explains the difference."""

    number: str
    headline: str
    cause: str
    total: Money
    previous: Money | None
    year_ago: Money | None
    change: Money | None
    year_to_date: Money
    currency: str
    printed_head: str
    changes: list[Change]


class Pool(Out):
    """One cost pool's part of the service's cost behind a rate."""

    code: str
    name: str
    driver: str
    share: str
    amount: Exact


class Why(Out):
    """Why a line is what it is."""

    line: Line
    bill: str
    sentence: str
    rate: str
    rate_span: str
    rate_sentences: list[str]
    decided: str
    decision: dict[str, Any] | None
    pools: list[Pool]
    previous_amount: Money | None
    previous_quantity: Exact | None
    same_rate: bool


class LineFact(Out):
    """One usage record behind a line, and its exact price on top of what came before it."""

    source: str
    record: str
    starts: datetime
    ends: datetime
    bureau: str
    quantity: Exact
    quantity_before: Exact
    amount: Exact
    details: dict[str, str]
    origin: str


class LineFacts(Page[LineFact]):
    """Records of a line, with the sums of all that fit the filter."""

    records: int
    quantity: Exact
    amount: Exact


class MapOut(Out):
    """An agency's own account for an item, a service, or (both null) everything else."""

    service: str | None
    charge_item: str | None
    account_string: str

    @staticmethod
    def resolve_service(row: Any) -> str | None:
        """Its code."""
        return row.service.code if row.service_id else None

    @staticmethod
    def resolve_charge_item(row: Any) -> str | None:
        """Its code."""
        return row.charge_item.code if row.charge_item_id else None


class MapIn(In):
    """Which account. An empty string clears it."""

    account_string: Annotated[Text, Field(max_length=80)]
    service: Annotated[Code, Field(max_length=40)] | None = None
    charge_item: Annotated[Code, Field(max_length=60)] | None = None


@door.get("/bills", access=SEE, returns=Page[BillOut])
def list_bills(
    request: Asked,
    agency: Annotated[str, Field(max_length=40)] = Query("", description="Code or id; else all."),
    period: MaybePeriod = Query(""),
    after: str = paging.after_query(),
    limit: int = paging.limit_query(),
) -> dict[str, Any]:
    """Bills, newest month first."""
    rows = charging.bills(
        request.actor,
        agency_id=find_agency(request.actor, agency).pk if agency else None,
        period=period,
        place=paging.place(after, limit),
    )
    return paging.answer(rows)


@door.get("/bills/{number}", access=SEE, returns=BillDocument)
def read_bill(request: Asked, number: BillKey) -> dict[str, Any]:
    """A bill as issued: the same document that its hash and its proof pack hold."""
    return charging.bill_document(charging.bill(request.actor, number))


@door.get("/bills/{number}/summary", access=SEE, returns=Summary)
def summarise_bill(request: Asked, number: BillKey) -> dict[str, Any]:
    """A bill in plain words: the total, the comparison, and what explains the difference."""
    view = charging.bill_view(request.actor, number, centre().fiscal_year_start_month)
    bill, words = view.bill, charging.Words(view.bill.currency)

    def text(minor: int | None) -> str | None:
        return None if minor is None else charging.money_text(minor, bill.currency)

    return {
        "number": bill.number,
        "headline": words.headline(view, yours=not request.actor.centre),
        "cause": words.cause(view),
        "total": text(bill.total_minor),
        "previous": text(view.previous.total_minor if view.previous else None),
        "year_ago": text(view.year_ago.total_minor if view.year_ago else None),
        "change": text(view.change_minor),
        "year_to_date": text(view.year_to_date_minor),
        "currency": bill.currency,
        "printed_head": charging.printed_head(request.actor, bill),
        "changes": [
            {
                "charge_item": view.items[moved.item_id].code,
                "quantity_before": moved.quantity_before,
                "quantity_now": moved.quantity_now,
                "amount": text(moved.amount),
                "sentence": words.movement(moved, view.items[moved.item_id]),
            }
            for moved in view.moved
        ],
    }


@door.get("/bills/{number}/lines", access=SEE, returns=Page[Line])
def list_lines(
    request: Asked,
    number: BillKey,
    after: str = paging.after_query(),
    limit: int = paging.limit_query(),
) -> dict[str, Any]:
    """A bill's lines, by number."""
    found, rows = charging.bill_line_page(request.actor, number, paging.place(after, limit))
    shown = [charging.line_document(row, found.currency) for row in rows]
    return {**paging.answer(rows), "items": shown}


@door.get("/bills/{number}/files/{kind}", access=SEE, returns=File(*MEDIA.values()))
def download_file(
    request: Asked, number: BillKey, kind: Literal["pdf", "csv", "pack"]
) -> HttpResponseBase:
    """An issued bill's PDF, CSV or proof pack, exactly as issued and compared with its hash."""
    found = charging.bill(request.actor, number)
    for paper in documents_of(request.actor, ("charging.Bill", str(found.id))):
        if paper.kind == kind:
            data = open_document(request.actor, paper.id)
            return attachment(paper.filename, paper.media_type, data)
    raise NotFound("BILL-407", "This bill has no such file yet. Files are made when it is issued.")


@door.get("/bills/{number}/journal", access=SEE, returns=File("text/csv"))
def download_journal(request: Asked, number: BillKey) -> HttpResponseBase:
    """The bill as a balanced journal for the agency's own ERP, by its own account strings."""
    name, data = charging.agency_journal(request.actor, number)
    return attachment(name, "text/csv", data)


class BillCheck(Out):
    """Whether a bill is what was issued; `problems` says what does not fit."""

    number: str
    sound: bool
    problems: list[str]


@door.get("/bills/{number}/check", access=SEE, returns=BillCheck)
def check_bill(
    request: Asked,
    number: BillKey,
    head: Annotated[str, Field(pattern=r"^(\d{1,18}:[0-9a-f]{64})?$")] = Query(
        "", description="The trail's head as printed on the bill: all up to it is computed anew."
    ),
    root: Annotated[str, Field(pattern=r"^([0-9a-f]{64})?$")] = Query(
        "", description="The proof pack's root as printed on the bill."
    ),
) -> dict[str, Any]:
    """Compare an issued bill with its document, the sealed trail, and what its paper shows."""
    found = charging.bill(request.actor, number)
    problems = charging.bill_problems(request.actor, found, head, root)
    return {"number": found.number, "sound": not problems, "problems": problems}


@door.get("/verifier", access=ALL, returns=File("text/x-python"))
def download_verifier(request: Asked) -> HttpResponseBase:
    """The stand-alone program that checks a bill: one file, Python's standard library only."""
    return attachment("check_bill.py", "text/x-python", charging.verifier_source())


@door.get("/bill-lines/{line_id}", access=SEE, returns=Why)
def explain_line(request: Asked, line_id: UUID) -> dict[str, Any]:
    """Why a line is what it is: its sentence, rate, who decided it, and the costs behind it."""
    view = charging.line_view(request.actor, line_id)
    line, bill = view.line, view.line.bill
    before = view.before
    return {
        "line": charging.line_document(line, bill.currency),
        "bill": bill.number or str(bill.pk),
        "sentence": charging.Words(bill.currency).line(line),
        "rate": view.rate.rate,
        "rate_span": view.rate.span,
        "rate_sentences": list(view.rate.sentences),
        "decided": view.rate.decided,
        "decision": view.decision,
        "pools": [{**vars(pool), "share": str(pool.share)} for pool in view.pools],
        "previous_amount": charging.money_text(before.amount_minor, bill.currency)
        if before
        else None,
        "previous_quantity": before.quantity if before else None,
        "same_rate": view.same_rate,
    }


@door.get("/bill-lines/{line_id}/usage", access=SEE, returns=LineFacts)
def list_line_usage(
    request: Asked,
    line_id: UUID,
    bureau: Annotated[str, Field(max_length=20)] = Query("", description="A bureau's code."),
    day: Day | None = Query(None, description="Only records that start on this local day."),
    after: str = paging.after_query(),
) -> dict[str, Any]:
    """The usage records behind a line, oldest first, with the sums of all that fit the filter."""
    found = charging.line_facts(
        request.actor,
        line_id,
        place=paging.place(after, 50),
        bureau=bureau,
        day=str(day or ""),
    )
    return {
        **paging.answer(found.rows),
        "records": found.records,
        "quantity": found.quantity or 0,
        "amount": found.amount or 0,
    }


@door.get("/bill-lines/{line_id}/usage.csv", access=SEE, returns=File("text/csv"))
def download_line_usage(request: Asked, line_id: UUID) -> HttpResponseBase:
    """All usage records behind a line, as CSV."""
    name, pieces = charging.line_facts_csv(request.actor, line_id)
    kept = tempfile.SpooledTemporaryFile(max_size=8 * 1024 * 1024)  # noqa: SIM115  the answer closes it
    for piece in pieces:
        kept.write(piece)
    kept.seek(0)
    return attachment(name, "text/csv", kept)


@door.get("/agencies/{agency}/account-maps", access=SEE, returns=Page[MapOut])
def list_account_maps(
    request: Asked,
    agency: AgencyKey,
    after: str = paging.after_query(),
    limit: int = paging.limit_query(),
) -> dict[str, Any]:
    """An agency's own account strings; journals use them."""
    agency_id = find_agency(request.actor, agency).pk
    place = paging.place(after, limit)
    return paging.answer(charging.account_maps(request.actor, agency_id, place))


class Kept(Out):
    """What holds now."""

    account_string: str


@door.put("/agencies/{agency}/account-maps", access=needs("charging.map_accounts"), returns=Kept)
def map_account(request: Asked, agency: AgencyKey, data: MapIn) -> dict[str, str]:
    """Set, or with an empty string clear, the agency's account for an item, service or the rest."""
    agency_id = find_agency(request.actor, agency).pk
    actor = request.actor
    charging.map_account(
        actor=actor,
        agency_id=agency_id,
        account_string=data.account_string,
        service_id=service_by_code(actor, data.service).pk if data.service else None,
        charge_item_id=item_by_code(actor, data.charge_item).pk if data.charge_item else None,
    )
    return {"account_string": data.account_string.strip()}

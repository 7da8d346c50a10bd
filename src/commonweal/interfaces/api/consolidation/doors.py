"""Whether sharing was worth it: baselines, own costs, claims, price indices, and the figures."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from django.http.response import HttpResponseBase
from ninja import File as Part
from ninja import Query
from ninja.files import UploadedFile
from pydantic import Field

from commonweal.kernel.money.public import Money as Amount
from commonweal.kernel.party.public import agency as find_agency
from commonweal.kernel.party.public import centre
from commonweal.practices.charging.public import write_csv
from commonweal.practices.consolidation import public as worth

from ..kit.doors import ALL, Asked, Door, File, attachment, needs
from ..kit.types import AgencyKey, Cents, Code, Exact, In, Money, Out, Text, Year

VIEW, ENTER = needs("consolidation.view"), needs("consolidation.enter")
SIGN, CLAIM = needs("consolidation.sign"), needs("consolidation.claim")
CONFIRM = needs("consolidation.confirm")
door = Door("worth", "Was sharing worth it? Baselines, own costs, claims, savings and losses.")
MaybeAgency = Annotated[str, Field(max_length=40, pattern=r"^[A-Za-z0-9._-]*$")]
PAPER = "A PDF, PNG, JPEG or CSV of up to 10 MB."


class ConsolidationFigureOut(Out):
    """One way to read a year; null amounts where it cannot be determined, `missing` says why."""

    name: str
    baseline: Money | None
    spent: Money | None
    amount: Money | None
    outcome: str
    missing: list[str]


class WorthOut(Out):
    """A service of an agency in a fiscal year: inputs, figures, what is verified."""

    agency: str
    service: str
    fiscal_year: int
    currency: str
    months: list[str]
    baseline: str
    charges: Money
    own: dict[str, Money | None]
    volume: str | None = Field(description="An exact fraction or whole number, as text.")
    figures: list[ConsolidationFigureOut]
    claimed: Money
    verified: Money
    not_proved: Money
    doubts: list[str]


class TotalOut(Out):
    """The sum: what is claimed, verified, not proved, lost, and what cannot be determined."""

    rows: int
    claimed: Money
    verified: Money
    not_proved: Money
    losses: Money
    unknown: int
    unknown_charges: Money
    optimism: str | None = Field(description="Realised ÷ promised saving, an exact fraction.")


class ConsolidationYearOut(Out):
    """A fiscal year: every row and their sum."""

    fiscal_year: int
    currency: str
    rows: list[WorthOut]
    total: TotalOut


class CostIn(In):
    """One kind of cost for a year, in minor units."""

    kind: Literal["staff", "contracts", "licences", "hosting", "overhead", "other"]
    text: Annotated[Text, Field(min_length=1, max_length=300)]
    amount_minor: Cents
    varies: bool = False


class BaselineIn(In):
    """What a service cost an agency alone in a year; replaces the draft that is there."""

    agency: AgencyKey
    service: Code
    lines: list[CostIn] = Field(min_length=1, max_length=6)
    service_level: Annotated[Text, Field(min_length=1, max_length=1000)]
    price_year: Year
    index: Code
    charge_item: Annotated[str, Field(max_length=60)] = ""
    volume: Exact | None = None
    forecast_minor: Cents | None = None


class CostOut(Out):
    """One kind of cost of a baseline."""

    kind: str
    text: str
    amount_minor: int
    varies: bool


class BaselineOut(Out):
    """A baseline. `late`: signed after the service began, so it proves nothing."""

    id: UUID
    agency: str
    service: str
    state: str
    late: bool
    price_year: int
    index: str
    charge_item: str | None
    volume: Exact | None
    service_level: str
    forecast_minor: int | None
    currency: str
    content_hash: str
    signed_at: datetime | None
    lines: list[CostOut]


class OwnCostIn(In):
    """A cost that the agency bears itself, for a month (`2026-10`) or fiscal year (`2027`)."""

    agency: AgencyKey
    service: Code
    period: Annotated[str, Field(pattern=r"^\d{4}(-\d\d)?$", examples=["2026-10"])]
    kind: Literal["retained", "transition", "dual_running"]
    amount_minor: Cents
    note: Annotated[Text, Field(max_length=300)] = ""


class OwnCostOut(Out):
    """What was entered."""

    id: UUID
    period: str
    kind: str
    amount_minor: int
    note: str
    recorded_at: datetime


class ClaimIn(In):
    """Which part of a year's saving is cashable, and from what it came."""

    fiscal_year: Year
    cashable_minor: Cents
    budget_minor: Cents
    attributed_to: Annotated[Text, Field(min_length=3, max_length=160)]


class ClaimOut(Out):
    """A claim and where it stands."""

    id: UUID
    fiscal_year: int
    state: str
    saving_minor: int
    cashable_minor: int
    avoidance_minor: int
    budget_minor: int
    attributed_to: str
    figures: dict[str, Any]
    claimed_at: datetime
    confirmed_at: datetime | None


class WhyIn(In):
    """Why, in at least ten characters."""

    reason: Annotated[Text, Field(max_length=1000)]


class PaperOut(Out):
    """A paper that was kept."""

    id: UUID
    filename: str
    sha256: str


class IndexIn(In):
    """A published series of prices."""

    name: Annotated[Text, Field(min_length=1, max_length=160)]
    source: Annotated[Text, Field(min_length=1, max_length=300)]


class IndexValueIn(In):
    """The index of a fiscal year, with where it was published."""

    value: Exact
    source: Annotated[Text, Field(min_length=1, max_length=300)]


class IndexValueOut(Out):
    """A value; `superseded_at`: when another took its place."""

    year: int
    value: Exact
    source: str
    recorded_at: datetime
    superseded_at: datetime | None


class IndexOut(Out):
    """A price index with every value entered."""

    code: str
    name: str
    source: str
    values: list[IndexValueOut]

    @staticmethod
    def resolve_values(row: Any) -> list[Any]:
        """By year, then by when they were entered."""
        return sorted(row.values.all(), key=lambda each: (each.year, each.recorded_at))


class IndicesOut(Out):
    """All price indices."""

    indices: list[IndexOut]


def _text(minor: int | None, currency: str) -> str | None:
    return None if minor is None else Amount(minor, currency).text


def _row(view: worth.YearView) -> dict[str, Any]:
    def text(minor: int | None) -> str | None:
        return _text(minor, view.currency)

    row = view.baseline
    return {
        "agency": view.agency.code,
        "service": view.service.code,
        "fiscal_year": view.fiscal_year,
        "currency": view.currency,
        "months": list(view.months),
        "baseline": "none" if row is None else "late" if row.late else row.state,
        "charges": text(view.now.charges),
        "own": {kind: text(view.now.own.get(kind)) for kind in worth.OWN_KINDS},
        "volume": None if view.now.volume is None else str(view.now.volume),
        "figures": [
            {
                "name": each.name,
                "baseline": text(each.baseline_minor),
                "spent": text(each.spent_minor),
                "amount": text(each.minor),
                "outcome": each.outcome,
                "missing": list(each.missing),
            }
            for each in view.figures.values()
        ],
        "claimed": text(view.proof.claimed),
        "verified": text(view.proof.verified),
        "not_proved": text(view.proof.not_proved),
        "doubts": list(view.proof.doubts),
    }


def _views(request: Asked, fiscal_year: int, agency: str) -> list[worth.YearView]:
    agency_id = find_agency(request.actor, agency).pk if agency else None
    return worth.year_views(request.actor, fiscal_year, agency_id=agency_id)


@door.get("/worth/{fiscal_year}", access=VIEW, returns=ConsolidationYearOut)
def read_year(
    request: Asked,
    fiscal_year: Year,
    agency: MaybeAgency = Query("", description="Code or id; left out: all, for the centre."),
) -> dict[str, Any]:
    """What sharing saved or lost in a fiscal year, by agency and service, and the sum."""
    views = _views(request, fiscal_year, agency)
    total = worth.total_of(views)
    currency = views[0].currency if views else centre().currency
    amounts = ("claimed", "verified", "not_proved", "losses", "unknown_charges")
    return {
        "fiscal_year": fiscal_year,
        "currency": currency,
        "rows": [_row(view) for view in views],
        "total": {
            "rows": total.rows,
            "unknown": total.unknown,
            "optimism": None if total.optimism is None else str(total.optimism),
            **{name: _text(getattr(total, name), currency) for name in amounts},
        },
    }


@door.get("/worth/{fiscal_year}/figures.csv", access=VIEW, returns=File("text/csv"))
def download_year(
    request: Asked, fiscal_year: Year, agency: MaybeAgency = Query("")
) -> HttpResponseBase:
    """The same as CSV: a row for each agency and service."""
    header, rows = worth.worth_rows(_views(request, fiscal_year, agency))
    data = write_csv(header, rows)
    return attachment(f"worth-{fiscal_year}.csv", "text/csv; charset=utf-8", data)


def _baseline(row: worth.Baseline) -> dict[str, Any]:
    plain = (
        "id", "state", "late", "price_year", "volume", "service_level", "forecast_minor",
        "currency", "content_hash", "signed_at",
    )  # fmt: skip
    return {
        **{name: getattr(row, name) for name in plain},
        "agency": row.agency.code,
        "service": row.service.code,
        "index": row.index.code,
        "charge_item": row.charge_item.code if row.charge_item else None,
        "lines": list(row.lines.all()),
    }


@door.put("/baselines", access=ENTER, returns=BaselineOut)
def put_baseline(request: Asked, data: BaselineIn) -> dict[str, Any]:
    """Write or rewrite the draft of an agency's baseline of a service."""
    given = worth.NewBaseline(
        lines=[worth.NewCost(**line.model_dump()) for line in data.lines],
        **data.model_dump(exclude={"agency", "service", "lines"}),
    )
    agency_id = find_agency(request.actor, data.agency).pk
    return _baseline(
        worth.put_baseline(
            actor=request.actor, agency_id=agency_id, service=data.service, given=given
        )
    )


@door.get("/baselines/{baseline_id}", access=VIEW, returns=BaselineOut)
def read_baseline(request: Asked, baseline_id: UUID) -> dict[str, Any]:
    """One baseline with its cost lines."""
    return _baseline(worth.baseline(request.actor, baseline_id))


@door.post("/baselines/{baseline_id}/papers", access=ENTER, returns=PaperOut, status=201)
def add_paper(
    request: Asked, baseline_id: UUID, file: UploadedFile = Part(description=PAPER)
) -> Any:
    """Add a paper to a draft."""
    return worth.add_evidence(actor=request.actor, baseline_id=baseline_id, **_paper(file))


def _paper(file: UploadedFile) -> dict[str, Any]:
    return {
        "filename": file.name or "paper",
        "media_type": file.content_type or "",
        "data": file.read(),
    }


@door.post("/baselines/{baseline_id}/propose", access=ENTER, returns=BaselineOut)
def propose_baseline(request: Asked, baseline_id: UUID) -> dict[str, Any]:
    """Ask a second person of the agency to sign; the baseline is frozen from here on."""
    return _baseline(worth.propose_baseline(actor=request.actor, baseline_id=baseline_id))


@door.post("/baselines/{baseline_id}/sign", access=SIGN, returns=BaselineOut)
def sign_baseline(request: Asked, baseline_id: UUID) -> dict[str, Any]:
    """Sign as the agency's second person; it never changes again."""
    return _baseline(worth.sign_baseline(actor=request.actor, baseline_id=baseline_id))


@door.post("/baselines/{baseline_id}/refuse", access=SIGN, returns=BaselineOut)
def refuse_baseline(request: Asked, baseline_id: UUID, data: WhyIn) -> dict[str, Any]:
    """Refuse to sign, with a reason; it is a draft again."""
    return _baseline(
        worth.refuse_baseline(actor=request.actor, baseline_id=baseline_id, reason=data.reason)
    )


@door.post("/baselines/{baseline_id}/withdraw", access=ENTER, returns=BaselineOut)
def withdraw_baseline(request: Asked, baseline_id: UUID) -> dict[str, Any]:
    """Take back your own proposal; it is a draft again."""
    return _baseline(worth.withdraw_baseline(actor=request.actor, baseline_id=baseline_id))


@door.put("/own-costs", access=ENTER, returns=OwnCostOut)
def put_own_cost(request: Asked, data: OwnCostIn) -> worth.OwnCost:
    """Enter what a service still costs the agency itself; another figure supersedes it."""
    values = data.model_dump(exclude={"agency"})
    agency_id = find_agency(request.actor, data.agency).pk
    return worth.put_own_cost(actor=request.actor, agency_id=agency_id, **values)


@door.post("/own-costs/{own_cost_id}/papers", access=ENTER, returns=PaperOut, status=201)
def add_cost_paper(
    request: Asked, own_cost_id: UUID, file: UploadedFile = Part(description=PAPER)
) -> Any:
    """Add a paper to a cost."""
    return worth.add_cost_evidence(actor=request.actor, own_cost_id=own_cost_id, **_paper(file))


@door.post("/baselines/{baseline_id}/claims", access=CLAIM, returns=ClaimOut, status=201)
def propose_claim(request: Asked, baseline_id: UUID, data: ClaimIn) -> worth.Claim:
    """Claim a year's saving as computed now; the agency's finance officer confirms it."""
    return worth.propose_claim(actor=request.actor, baseline_id=baseline_id, **data.model_dump())


@door.post("/claims/{claim_id}/confirm", access=CONFIRM, returns=ClaimOut)
def confirm_claim(request: Asked, claim_id: UUID) -> worth.Claim:
    """Confirm as the agency's finance officer, another person than who claimed."""
    return worth.confirm_claim(actor=request.actor, claim_id=claim_id)


@door.post("/claims/{claim_id}/refuse", access=CONFIRM, returns=ClaimOut)
def refuse_claim(request: Asked, claim_id: UUID, data: WhyIn) -> worth.Claim:
    """Refuse a claim, with a reason."""
    return worth.refuse_claim(actor=request.actor, claim_id=claim_id, reason=data.reason)


@door.post("/claims/{claim_id}/withdraw", access=CLAIM, returns=ClaimOut)
def withdraw_claim(request: Asked, claim_id: UUID) -> worth.Claim:
    """Take back your own claim."""
    return worth.withdraw_claim(actor=request.actor, claim_id=claim_id)


@door.post("/claims/{claim_id}/papers", access=CLAIM, returns=PaperOut, status=201)
def add_claim_paper(
    request: Asked, claim_id: UUID, file: UploadedFile = Part(description=PAPER)
) -> Any:
    """Add a paper to a claim."""
    return worth.add_claim_evidence(actor=request.actor, claim_id=claim_id, **_paper(file))


@door.get("/price-indices", access=ALL, returns=IndicesOut)
def list_indices(request: Asked) -> dict[str, Any]:
    """The price indices with every value and its source."""
    return {"indices": worth.indices(request.actor)}


@door.put("/price-indices/{index}", access=needs("consolidation.put_index"), returns=IndexOut)
def put_index(request: Asked, index: Code, data: IndexIn) -> worth.PriceIndex:
    """Add a price index, or change its name and source."""
    return worth.put_index(actor=request.actor, code=index, **data.model_dump())


@door.put(
    "/price-indices/{index}/{fiscal_year}",
    access=needs("consolidation.put_index"),
    returns=IndexValueOut,
)
def put_index_value(
    request: Asked, index: Code, fiscal_year: Year, data: IndexValueIn
) -> worth.IndexValue:
    """Enter the index of a fiscal year; another value supersedes it."""
    return worth.put_index_value(
        actor=request.actor, index=index, year=fiscal_year, **data.model_dump()
    )


DOORS = [door]

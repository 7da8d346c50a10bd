"""Agreements and orders: read by their parties, signed by both."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from ninja import Query
from pydantic import Field

from commonweal.kernel.catalogue import public as catalogue
from commonweal.kernel.money.public import Money as Amount
from commonweal.kernel.party.public import agency

from ..kit import paging
from ..kit.doors import Asked, Door, needs
from ..kit.types import AgencyKey, Cents, Code, Day, Exact, In, Money, Name, Out, Page, Text

VIEW, PROPOSE = needs("agreements.view"), needs("agreements.propose")
door = Door("agreements", "Agreements with agencies, their orders, lines and funding.")
Reason = Annotated[Text, Field(min_length=1, max_length=500)]
ORDER_STATES = Literal[
    "", "draft", "proposed", "active", "superseded", "ended", "withdrawn", "refused"
]


class AgreementOut(Out):
    """General terms between the centre and one agency."""

    id: UUID
    agency_id: UUID
    number: str
    title: str
    profile: str
    terms: str
    state: str
    starts: Day
    ends: Day | None
    ended_on: Day | None
    renews_id: UUID | None
    proposed_side: str
    signed_by_agency_at: datetime | None
    signed_by_centre_at: datetime | None
    closed_side: str = Field(description="Which side withdrew, refused or ended it.")
    closing_reason: str


class FundingOut(Out):
    """Which money pays which share."""

    id: UUID
    name: str
    account_string: str
    share: str = Field(description="An exact fraction.", examples=["3/4"])
    grant: bool
    grant_ref: str

    @staticmethod
    def resolve_share(row: Any) -> str:
        """Numerator over denominator."""
        return f"{row.share_numerator}/{row.share_denominator}"


class OrderLineOut(Out):
    """One charge item that an order covers."""

    id: UUID
    number: int
    charge_item: str
    unit: str
    bureau_id: UUID | None
    description: str
    estimated_quantity: Exact
    estimated_amount_minor: int
    advance_minor: int
    starts: Day
    ends: Day | None
    agreed_ends: Day | None
    active: bool
    estimate_signed_at: datetime | None
    estimate_refusal: str = Field(description="Why the agency refused the estimate, if it did.")
    funding: list[FundingOut]

    @staticmethod
    def resolve_charge_item(row: Any) -> str:
        """Its code."""
        return str(row.charge_item.code)

    @staticmethod
    def resolve_unit(row: Any) -> str:
        """The item's unit."""
        return str(row.charge_item.unit_id)

    @staticmethod
    def resolve_estimate_signed_at(row: Any) -> datetime | None:
        """When the present estimate was signed."""
        fitting = [
            each
            for each in row.signatures.all()
            if each.quantity == row.estimated_quantity and not each.refusal
        ]
        return max((each.signed_at for each in fitting), default=None)

    @staticmethod
    def resolve_estimate_refusal(row: Any) -> str:
        """What the last answer says, if it is a refusal."""
        last = max(row.signatures.all(), key=lambda each: (each.signed_at, each.pk), default=None)
        return str(last.refusal) if last else ""

    @staticmethod
    def resolve_funding(row: Any) -> list[Any]:
        """Its sources."""
        return list(row.funding.all())


class OrderOut(Out):
    """What one agency may use, from a day to a day."""

    id: UUID
    agency_id: UUID
    agreement_id: UUID
    number: str
    modification: int
    supersedes_id: UUID | None
    reason: str
    state: str
    starts: Day
    ends: Day | None
    ended_on: Day | None
    currency: str
    total: Money
    payment_days: int
    billing_frequency: str
    location_code: str
    advance_recognition: str
    proposed_side: str
    signed_by_agency_at: datetime | None
    signed_by_centre_at: datetime | None
    closed_side: str = Field(description="Which side withdrew, refused or ended it.")
    closing_reason: str

    @staticmethod
    def resolve_total(row: Any) -> str:
        """In major units."""
        return Amount(row.total_minor, row.currency).text


class OrderLines(OrderOut):
    """An order with its lines."""

    lines: list[OrderLineOut]

    @staticmethod
    def resolve_lines(row: Any) -> list[Any]:
        """By number."""
        return sorted(row.lines.all(), key=lambda line: line.number)


class AgreementIn(In):
    """A new agreement, proposed to both sides."""

    agency: AgencyKey
    title: Name
    terms: Annotated[Text, Field(min_length=1, max_length=20_000)]
    starts: Day
    ends: Day | None = None
    profile_name: Literal["plain", "7600"] = Field(
        "plain", description="“7600” where the centre uses forms 7600A and 7600B."
    )
    requesting_aid: Annotated[str, Field(pattern=r"^(\d{3})?$")] = ""
    servicing_aid: Annotated[str, Field(pattern=r"^(\d{3})?$")] = ""
    location_code: Annotated[str, Field(pattern=r"^(\d{8})?$")] = ""
    renews: UUID | None = Field(None, description="The agreement that this one follows on.")


class FundingIn(In):
    """A funding source; the shares of a line add up to exactly one."""

    name: Annotated[Name, Field(max_length=120)]
    account_string: Annotated[Text, Field(max_length=80)] = ""
    share_numerator: int = Field(1, ge=1, le=10**9)
    share_denominator: int = Field(1, ge=1, le=10**9)
    grant: bool = False
    grant_ref: Annotated[Text, Field(max_length=60)] = ""


class LineIn(In):
    """A line of a new order."""

    item: Code
    estimated_quantity: Exact
    estimated_amount_minor: Cents
    advance_minor: Cents = 0
    bureau_id: UUID | None = None
    description: Annotated[Text, Field(max_length=300)] = ""
    starts: Day | None = None
    ends: Day | None = None
    funding: list[FundingIn] = Field(default_factory=list, max_length=20)


class OrderIn(In):
    """A new order under an agreement. `funding` serves every line that names none of its own."""

    agreement_id: UUID
    starts: Day
    ends: Day | None = None
    lines: list[LineIn] = Field(min_length=1, max_length=500)
    funding: list[FundingIn] = Field(default_factory=list, max_length=20)
    total_minor: Cents | None = Field(None, description="Null: the sum of the lines.")
    advance_total_minor: Cents | None = Field(None, description="Null: the sum of the lines.")
    advance_recognition: Literal["", "straight_line", "per_work_completed"] = ""
    payment_days: int = Field(30, ge=1, le=365)
    billing_frequency: Literal["monthly", "quarterly", "yearly"] = "monthly"
    location_code: Annotated[str, Field(pattern=r"^(\d{8})?$")] = ""


class ModificationIn(In):
    """What an order shall be from a day on, and why; it needs both signatures again."""

    starts: Day
    ends: Day | None = None
    reason: Reason
    lines: list[LineIn] = Field(min_length=1, max_length=500)
    funding: list[FundingIn] = Field(default_factory=list, max_length=20)
    total_minor: Cents | None = Field(None, description="Null: the sum of the lines.")
    advance_total_minor: Cents | None = Field(None, description="Null: the sum of the lines.")


class SideIn(In):
    """For which side you sign."""

    side: Literal["agency", "centre"]


class ReasonIn(In):
    """Why."""

    reason: Reason


class RefusalIn(SideIn):
    """For which side you refuse, and why, in at least ten characters."""

    reason: Reason


class EstimateIn(In):
    """The quantity that the agency expects to use."""

    quantity: Exact


SIGN = needs("agreements.view")


def funding_of(given: list[FundingIn]) -> tuple[catalogue.NewFunding, ...]:
    """Funding sources as the catalogue takes them."""
    return tuple(catalogue.NewFunding(**each.model_dump()) for each in given)


def lines_of(given: list[LineIn]) -> list[catalogue.NewLine]:
    """Order lines as the catalogue takes them."""
    return [
        catalogue.NewLine(**each.model_dump(exclude={"funding"}), funding=funding_of(each.funding))
        for each in given
    ]


def _agency(request: Asked, key: str) -> UUID | None:
    return agency(request.actor, key).pk if key else None


@door.get("/agreements", access=VIEW, returns=Page[AgreementOut])
def list_agreements(
    request: Asked,
    agency: Annotated[str, Field(max_length=40)] = Query("", description="Code or id; else all."),
    after: str = paging.after_query(),
    limit: int = paging.limit_query(),
) -> dict[str, Any]:
    """Agreements that you may see."""
    place = paging.place(after, limit)
    return paging.answer(catalogue.agreements(request.actor, _agency(request, agency), place))


@door.post("/agreements", access=PROPOSE, returns=AgreementOut, status=201)
def create_agreement(request: Asked, data: AgreementIn) -> catalogue.Agreement:
    """Propose an agreement; it binds once both sides have signed."""
    given = data.model_dump(exclude={"agency"})
    agency_id = agency(request.actor, data.agency).pk
    return catalogue.create_agreement(actor=request.actor, agency_id=agency_id, **given)


@door.get("/agreements/{agreement_id}", access=VIEW, returns=AgreementOut)
def read_agreement(request: Asked, agreement_id: UUID) -> catalogue.Agreement:
    """One agreement."""
    return catalogue.agreement(request.actor, agreement_id)


@door.post("/agreements/{agreement_id}/sign", access=SIGN, returns=AgreementOut)
def sign_agreement(request: Asked, agreement_id: UUID, data: SideIn) -> catalogue.Agreement:
    """Sign for your side; the second signature makes it binding."""
    return catalogue.sign_agreement(actor=request.actor, agreement_id=agreement_id, side=data.side)


@door.post("/agreements/{agreement_id}/withdraw", access=PROPOSE, returns=AgreementOut)
def withdraw_agreement(request: Asked, agreement_id: UUID, data: ReasonIn) -> Any:
    """Take a proposed agreement back."""
    return catalogue.withdraw_agreement(
        actor=request.actor, agreement_id=agreement_id, reason=data.reason
    )


@door.post("/agreements/{agreement_id}/refuse", access=SIGN, returns=AgreementOut)
def refuse_agreement(request: Asked, agreement_id: UUID, data: RefusalIn) -> catalogue.Agreement:
    """Refuse proposed terms for your side, with a reason that the other party reads."""
    return catalogue.refuse_agreement(
        actor=request.actor, agreement_id=agreement_id, **data.model_dump()
    )


@door.get("/orders", access=VIEW, returns=Page[OrderOut])
def list_orders(
    request: Asked,
    agency: Annotated[str, Field(max_length=40)] = Query("", description="Code or id; else all."),
    agreement_id: UUID | None = Query(None),
    state: ORDER_STATES = Query(""),
    after: str = paging.after_query(),
    limit: int = paging.limit_query(),
) -> dict[str, Any]:
    """Orders that you may see."""
    rows = catalogue.orders(
        request.actor,
        _agency(request, agency),
        agreement_id=agreement_id,
        state=state,
        place=paging.place(after, limit),
    )
    return paging.answer(rows)


@door.post("/orders", access=PROPOSE, returns=OrderOut, status=201)
def create_order(request: Asked, data: OrderIn) -> catalogue.Order:
    """Propose an order under an agreement."""
    return catalogue.create_order(
        actor=request.actor,
        agreement_id=data.agreement_id,
        lines=lines_of(data.lines),
        funding=funding_of(data.funding),
        **data.model_dump(exclude={"agreement_id", "lines", "funding"}),
    )


@door.get("/orders/{order_id}", access=VIEW, returns=OrderLines)
def read_order(request: Asked, order_id: UUID) -> catalogue.Order:
    """One order with its lines, funding and signed estimates."""
    return catalogue.order(request.actor, order_id)


@door.post("/orders/{order_id}/modify", access=PROPOSE, returns=OrderOut, status=201)
def modify_order(request: Asked, order_id: UUID, data: ModificationIn) -> catalogue.Order:
    """Propose what a binding order shall be from a day on."""
    return catalogue.modify_order(
        actor=request.actor,
        order_id=order_id,
        lines=lines_of(data.lines),
        funding=funding_of(data.funding),
        **data.model_dump(exclude={"lines", "funding"}),
    )


@door.post("/orders/{order_id}/sign", access=SIGN, returns=OrderOut)
def sign_order(request: Asked, order_id: UUID, data: SideIn) -> catalogue.Order:
    """Sign for your side; the agency's signature also stands under each estimate."""
    return catalogue.sign_order(actor=request.actor, order_id=order_id, side=data.side)


@door.post("/orders/{order_id}/refuse", access=SIGN, returns=OrderOut)
def refuse_order(request: Asked, order_id: UUID, data: RefusalIn) -> catalogue.Order:
    """Refuse an order or modification for your side; what was in force before stays."""
    return catalogue.refuse_order(actor=request.actor, order_id=order_id, **data.model_dump())


@door.post("/orders/{order_id}/withdraw", access=PROPOSE, returns=OrderOut)
def withdraw_order(request: Asked, order_id: UUID, data: ReasonIn) -> catalogue.Order:
    """Take a draft or proposed order back."""
    return catalogue.withdraw_order(actor=request.actor, order_id=order_id, reason=data.reason)


class SignatureOut(Out):
    """An answer to an estimate: a signature, or why it is refused."""

    order_line_id: UUID
    quantity: Exact
    refusal: str
    signed_at: datetime


@door.post("/order-lines/{line_id}/estimate", access=SIGN, returns=SignatureOut, status=201)
def sign_estimate(request: Asked, line_id: UUID, data: EstimateIn) -> Any:
    """Sign the quantity that your agency expects to use under a line."""
    return catalogue.sign_estimate(
        actor=request.actor, order_line_id=line_id, quantity=data.quantity
    )


@door.post("/order-lines/{line_id}/refuse-estimate", access=SIGN, returns=SignatureOut, status=201)
def refuse_estimate(request: Asked, line_id: UUID, data: ReasonIn) -> Any:
    """Refuse the quantity that a line estimates; your agency signs the order once it fits."""
    return catalogue.refuse_estimate(actor=request.actor, order_line_id=line_id, reason=data.reason)

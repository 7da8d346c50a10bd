"""Reading fees, receipts, tills and letters."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.db.models import Q

from ...access.public import Actor, require
from ...documents.public import draw_mark, open_document
from ...schema.public import FIRST, Forbidden, Listing, NotFound, Place, listing
from ..actions.moving import fees_with
from ..actions.till import TillFigures, figures
from ..domain.covers import cover_text
from ..domain.receipts import read_receipt
from ..models import (
    Case,
    CaseFee,
    Category,
    FeeReceipt,
    FeeRule,
    Payback,
    ScannedLetter,
    Till,
    TillClosing,
)
from ..models.fees import TO_SEE_TO
from ..rules import MANAGE, PAY_BACK, TAKE, WORK, may_see, require_case


def fee_rules(actor: Actor) -> list[FeeRule]:
    """Every fee that kinds of cases have."""
    require(actor, MANAGE)
    rows = FeeRule.objects.select_related("case_type", "category")
    return list(rows.order_by("case_type__name", "name", "id")[:500])


def fees_for(actor: Actor, category: Category) -> list[FeeRule]:
    """What asking for a subject costs; whoever may ask may read it, citizens too."""
    rows = FeeRule.objects.filter(active=True, automatic=True, case_type_id=category.case_type_id)
    return list(
        rows.filter(Q(category=None) | Q(category_id=category.pk)).order_by("name", "id")[:50]
    )


def fees_to_charge(actor: Actor, case: Case) -> list[FeeRule]:
    """The fees that an agent may charge a case."""
    require_case(actor, case)
    rows = FeeRule.objects.filter(active=True, case_type_id=case.case_type_id)
    return list(
        rows.filter(Q(category=None) | Q(category_id=case.category_id)).order_by("name", "id")[:50]
    )


def fees_of(actor: Actor, case: Case) -> list[CaseFee]:
    """The fees of a case and of those merged into it, with their attempts and receipts."""
    require_case(actor, case)
    rows = fees_with(case).prefetch_related("attempts", "receipts", "paybacks")
    return list(rows.order_by("charged_at", "id"))


def fee(actor: Actor, fee_id: UUID) -> CaseFee:
    """One fee with its case (CASE-420)."""
    found = (
        CaseFee.objects.select_related(
            "case", "case__requester", "case__reporter", "case__agency", "rule"
        )
        .filter(pk=fee_id)
        .first()
    )
    if found is None or not may_see(actor, found.case):
        raise NotFound("CASE-420", "There is no such fee among those you may see.")
    return found


@dataclass(frozen=True)
class CounterFee:
    """What a counter needs of a fee: nobody's name, no text of a case."""

    fee: CaseFee
    case_number: str
    agency: str


def counter_fees(actor: Actor, number: str) -> list[CounterFee]:
    """The fees of the case of a number, for whoever takes money: also of other teams' cases
    (CASE-424 no such case)."""
    require(actor, TAKE)
    case = Case.objects.select_related("agency").filter(number=number.strip().upper()).first()
    if case is None:
        raise NotFound("CASE-424", "There is no case of this number. Compare it with the paper.")
    rows = fees_with(case).prefetch_related("attempts", "receipts__till", "paybacks")
    return [
        CounterFee(row, case.number, case.agency.name)
        for row in rows.order_by("charged_at", "id")[:100]
    ]


def fee_receipt(actor: Actor, text: str) -> FeeReceipt:
    """A receipt by its number, for who may see its case or takes money (CASE-425; 214 where the
    number is none)."""
    wanted = read_receipt(text).text
    found = (
        FeeReceipt.objects.select_related(
            "till", "fee", "fee__case", "fee__case__requester", "fee__case__reporter",
            "fee__case__agency",
        )
        .filter(text=wanted)
        .first()
    )  # fmt: skip
    if found is None or not (actor.may(TAKE) or may_see(actor, found.fee.case)):
        raise NotFound("CASE-425", "There is no such receipt among those you may see.")
    return found


def tills(actor: Actor) -> list[Till]:
    """The tills in use."""
    _require_money(actor)
    return list(Till.objects.filter(active=True).order_by("name", "id")[:200])


def _require_money(actor: Actor) -> None:
    if not (actor.may(TAKE) or actor.may(PAY_BACK) or actor.may(MANAGE)):
        raise Forbidden(
            "ACCESS-403",
            f"You may not do this ({TAKE}). Ask your administrator for a role that includes it.",
        )


def till(actor: Actor, code: str) -> Till:
    """One till (CASE-426)."""
    _require_money(actor)
    found = Till.objects.filter(code=code.strip().upper()).first()
    if found is None:
        raise NotFound("CASE-426", "There is no such till. Go back to the list of tills.")
    return found


def till_figures(actor: Actor, till: Till) -> TillFigures:
    """What should be in a till since it was closed last."""
    _require_money(actor)
    return figures(till)


def till_receipts(actor: Actor, till: Till, place: Place | None = FIRST) -> Listing[FeeReceipt]:
    """The receipts of a till, the newest first."""
    _require_money(actor)
    rows = FeeReceipt.objects.filter(till=till).select_related("till").prefetch_related("paybacks")
    return listing(rows, ("-id",), place)


def till_closings(actor: Actor, till: Till, place: Place | None = FIRST) -> Listing[TillClosing]:
    """The closings of a till, the newest first."""
    _require_money(actor)
    return listing(
        TillClosing.objects.filter(till=till).select_related("till"), ("-session",), place
    )


def waiting_paybacks(actor: Actor, place: Place | None = FIRST) -> Listing[Payback]:
    """Money that waits to be given back, for another person or for the provider, and what the
    provider did not give back."""
    _require_money(actor)
    rows = Payback.objects.filter(state__in=TO_SEE_TO)
    return listing(rows.select_related("fee", "fee__case", "receipt", "attempt"), ("-id",), place)


def fees_to_return(actor: Actor, place: Place | None = FIRST) -> Listing[CaseFee]:
    """Fees for which more came than is owed: paid twice, or after they were waived."""
    _require_money(actor)
    rows = CaseFee.objects.filter(refund_due_minor__gt=0).select_related("case")
    return listing(rows, ("-id",), place)


def letters(
    actor: Actor, place: Place | None = FIRST, *, waiting: bool = False
) -> Listing[ScannedLetter]:
    """Letters that were taken in, the newest first; `waiting`: those to be sorted, the oldest."""
    require(actor, WORK)
    rows = ScannedLetter.objects.select_related("case")
    if waiting:
        return listing(rows.filter(state="waiting"), ("id",), place)
    return listing(rows, ("-id",), place)


def letter(actor: Actor, letter_id: UUID) -> ScannedLetter:
    """One letter (CASE-423)."""
    require(actor, WORK)
    found = ScannedLetter.objects.select_related("case", "document").filter(pk=letter_id).first()
    if found is None:
        raise NotFound("CASE-423", "There is no such letter.")
    return found


def letter_scan(actor: Actor, letter: ScannedLetter) -> bytes:
    """The scan of a letter that waits (CASE-423); one that is held back is nobody's to open."""
    require(actor, WORK)
    if letter.document_id is None or letter.verdict != "ok":
        raise NotFound("CASE-423", "This letter was sorted, or it is held back.")
    return open_document(actor, letter.document_id)


@dataclass(frozen=True)
class Cover:
    """A case's cover sheet: the code as text and as a drawing (SVG)."""

    text: str
    svg: str


def cover(actor: Actor, case: Case) -> Cover:
    """The cover sheet with which a letter of a case is filed by itself."""
    require_case(actor, case)
    require(actor, WORK)
    text = cover_text(case.number, settings.SECRET_KEY)
    return Cover(text, draw_mark(text))

"""Orders before they are written: with their funding, checked, and what they would change."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from ..calendar.public import Span
from ..party.public import Bureau, centre
from .domain import (
    NewFunding,
    NewLine,
    OrderDraft,
    Problem,
    check_catalogue,
    check_order,
    profile,
    refuse,
)
from .models import Agreement
from .selectors import item_infos


@dataclass(frozen=True)
class Terms:
    """The heading of an order. Amounts in minor units; None: the sum of the lines."""

    starts: date
    ends: date | None
    currency: str | None
    total_minor: int | None
    advance_total_minor: int | None
    advance_recognition: str
    payment_days: int
    billing_frequency: str
    location_code: str


def problems_of(wanted: OrderDraft, agreement: Agreement) -> list[Problem]:
    """Everything that keeps an order from being proposed or signed."""
    problems = check_order(wanted) + profile(agreement.profile).check(wanted)
    bureaus = {line.bureau_id for line in wanted.lines if line.bureau_id}
    own = set(
        Bureau.objects.filter(agency_id=agreement.agency_id, pk__in=bureaus).values_list(
            "pk", flat=True
        )
    )
    for number, line in enumerate(wanted.lines, start=1):
        if line.bureau_id and line.bureau_id not in own:
            problems.append(
                Problem(
                    "CATALOGUE-213",
                    f"Line {number}",
                    "the bureau is not part of this agency. Choose one of its bureaus.",
                )
            )
    if not any(problem.code == "CATALOGUE-216" for problem in problems):
        problems += check_catalogue(wanted, item_infos(line.item for line in wanted.lines))
    return problems


def funded(lines: Iterable[NewLine], funding: Sequence[NewFunding]) -> tuple[NewLine, ...]:
    """The lines, with the order's funding where they name none of their own."""
    return tuple(line if line.funding else replace(line, funding=tuple(funding)) for line in lines)


def checked(
    agreement: Agreement, terms: Terms, lines: tuple[NewLine, ...], number: str
) -> OrderDraft:
    """The order as it would be, or `CatalogueError` with all that is wrong with it."""
    book = centre().currency
    total, advances = terms.total_minor, terms.advance_total_minor
    wanted = OrderDraft(
        number=number,
        span=Span(terms.starts, terms.ends),
        agreement_span=Span(agreement.starts, agreement.ends),
        currency=terms.currency or book,
        book_currency=book,
        total_minor=sum(ln.estimated_amount_minor for ln in lines) if total is None else total,
        advance_total_minor=sum(ln.advance_minor for ln in lines) if advances is None else advances,
        advance_recognition=terms.advance_recognition,
        payment_days=terms.payment_days,
        billing_frequency=terms.billing_frequency,
        location_code=terms.location_code,
        agreement_location_code=agreement.location_code,
        requesting_aid=agreement.requesting_aid,
        servicing_aid=agreement.servicing_aid,
        lines=lines,
    )
    refuse(problems_of(wanted, agreement))
    return wanted

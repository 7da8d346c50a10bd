"""What an order must be: dates inside its agreement, sums, funding shares, companions.

Every rule returns its problems, so that a person sees all of them at once; `refuse` raises them.
Source of the rules: domain reference R13 and §1.4 (forms 7600A/B), design law 5.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from uuid import UUID

from ...calendar.domain import Span
from ...errors import CommonwealError

_LARGEST = Decimal(10) ** 12
_STEP = Decimal("0.000001")


class CatalogueError(CommonwealError):
    """A service, charge item, agreement or order cannot be as given."""


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong, where, and what to do about it."""

    code: str
    where: str
    message: str

    def __str__(self) -> str:
        return f"{self.where}: {self.message}"


@dataclass(frozen=True)
class NewFunding:
    """A funding source as given: the share of its line is numerator / denominator."""

    name: str
    account_string: str = ""
    share_numerator: int = 1
    share_denominator: int = 1
    grant: bool = False
    grant_ref: str = ""


@dataclass(frozen=True)
class NewLine:
    """An order line as given. `item`: the charge item's code. Dates default to the order's.

    `funding` empty: the order's own funding sources pay for the line.
    """

    item: str
    estimated_quantity: Decimal
    estimated_amount_minor: int
    bureau_id: UUID | None = None
    description: str = ""
    advance_minor: int = 0
    starts: date | None = None
    ends: date | None = None
    funding: tuple[NewFunding, ...] = ()


@dataclass(frozen=True)
class OrderDraft:
    """Everything about an order that its rules look at; its lines are numbered from 1."""

    number: str
    span: Span
    agreement_span: Span
    currency: str
    book_currency: str
    total_minor: int
    lines: tuple[NewLine, ...]
    advance_total_minor: int = 0
    advance_recognition: str = ""
    payment_days: int = 30
    billing_frequency: str = "monthly"
    location_code: str = ""
    agreement_location_code: str = ""
    requesting_aid: str = ""
    servicing_aid: str = ""

    def line_span(self, line: NewLine) -> Span:
        """The days that a line covers: its own dates, or the order's."""
        return Span(line.starts or self.span.start, line.ends or self.span.end)


@dataclass(frozen=True)
class Companion:
    """An item that must be ordered with a lead item, `quantity` for each one of the lead."""

    item: str
    name: str
    quantity: Decimal


@dataclass(frozen=True)
class ItemInfo:
    """What the catalogue says of a charge item that an order names."""

    code: str
    name: str
    span: Span
    companions: tuple[Companion, ...] = field(default=())


def refuse(problems: Sequence[Problem]) -> None:
    """Raise the problems as one error, with the first one's code; do nothing if there are none.

    Errors: `CatalogueError` whose `details["problems"]` lists code, where and message of each.
    """
    if not problems:
        return
    raise CatalogueError(
        problems[0].code,
        " ".join(str(problem) for problem in problems),
        problems=[
            {"code": each.code, "where": each.where, "message": each.message} for each in problems
        ],
    )


def check_order(order: OrderDraft) -> list[Problem]:
    """The rules of every order, whatever its profile."""
    problems: list[Problem] = []
    if not order.span.inside(order.agreement_span):
        problems.append(
            Problem(
                "CATALOGUE-201",
                "Dates",
                f"the order ({_days(order.span)}) is not inside its agreement "
                f"({_days(order.agreement_span)}). Change the order's dates.",
            )
        )
    if order.currency != order.book_currency:
        problems.append(
            Problem(
                "CATALOGUE-212",
                "Currency",
                f"{order.currency} is not the centre's currency. Use {order.book_currency}.",
            )
        )
    if not order.lines:
        problems.append(
            Problem("CATALOGUE-208", "Lines", "the order has no line. Add at least one.")
        )
    for number, line in enumerate(order.lines, start=1):
        problems += _check_line(order, number, line)
    return problems + _check_sums(order) + _check_once(order)


def _days(span: Span) -> str:
    return f"{span.start} to before {span.end}" if span.end else f"from {span.start}"


def _check_line(order: OrderDraft, number: int, line: NewLine) -> list[Problem]:
    where = f"Line {number}"
    problems = []
    starts, ends = line.starts or order.span.start, line.ends or order.span.end
    if (ends is not None and ends <= starts) or not Span(starts, ends).inside(order.span):
        problems.append(
            Problem(
                "CATALOGUE-216",
                where,
                f"its dates are not inside the order ({_days(order.span)}). Change its dates.",
            )
        )
    if not _is_quantity(line.estimated_quantity):
        problems.append(
            Problem(
                "CATALOGUE-206",
                where,
                f"the estimated quantity {line.estimated_quantity} cannot be used. Enter a number "
                "from 0 to below 1,000,000,000,000 with at most 6 decimals.",
            )
        )
    if line.estimated_amount_minor < 0 or line.advance_minor < 0:
        problems.append(Problem("CATALOGUE-207", where, "an amount is negative. Enter 0 or more."))
    if not line.funding:
        problems.append(Problem("CATALOGUE-204", where, "no funding source pays for it. Add one."))
        return problems
    return problems + _check_shares(where, line.funding)


def _is_quantity(value: Decimal) -> bool:
    return value.is_finite() and 0 <= value < _LARGEST and value == value.quantize(_STEP)


def _check_shares(where: str, funding: Sequence[NewFunding]) -> list[Problem]:
    problems = []
    for source in funding:
        if not 0 < source.share_numerator <= source.share_denominator:
            problems.append(
                Problem(
                    "CATALOGUE-205",
                    where,
                    f"the share of “{source.name}” is {source.share_numerator}/"
                    f"{source.share_denominator}. Enter a share above 0 and up to 1.",
                )
            )
        if source.grant and not source.grant_ref.strip():
            problems.append(
                Problem(
                    "CATALOGUE-217",
                    where,
                    f"“{source.name}” is a grant without a reference. Enter the grant's number.",
                )
            )
    names = Counter(source.name.strip().casefold() for source in funding)
    if "" in names or max(names.values()) > 1:
        problems.append(
            Problem(
                "CATALOGUE-218", where, "each funding source needs a name of its own. Name them."
            )
        )
    if problems:
        return problems
    total = sum(
        (Fraction(each.share_numerator, each.share_denominator) for each in funding), Fraction(0)
    )
    if total != 1:
        problems.append(
            Problem(
                "CATALOGUE-203",
                where,
                f"the funding shares add up to {total}, not to 1 (100 %). Correct the shares.",
            )
        )
    return problems


def _check_sums(order: OrderDraft) -> list[Problem]:
    problems = []
    for code, what, stated, parts in (
        ("CATALOGUE-202", "Total", order.total_minor, "estimated_amount_minor"),
        ("CATALOGUE-223", "Advances", order.advance_total_minor, "advance_minor"),
    ):
        found = sum(getattr(line, parts) for line in order.lines)
        if found != stated:
            problems.append(
                Problem(
                    code,
                    what,
                    f"the lines add up to {found} and the order says {stated} (in minor units of "
                    f"{order.currency}). Correct the lines or the total.",
                )
            )
    return problems


def _check_once(order: OrderDraft) -> list[Problem]:
    """No two lines for the same item and bureau on the same day."""
    problems = []
    earlier: list[tuple[int, NewLine]] = []
    for number, line in enumerate(order.lines, start=1):
        for other_number, other in earlier:
            same = (line.item, line.bureau_id) == (other.item, other.bureau_id)
            if same and _overlap(order, line, other):
                problems.append(
                    Problem(
                        "CATALOGUE-215",
                        f"Line {number}",
                        f"covers {line.item} for the same days and bureau as line {other_number}. "
                        "Join the two lines, or separate their dates.",
                    )
                )
        earlier.append((number, line))
    return problems


def _overlap(order: OrderDraft, line: NewLine, other: NewLine) -> bool:
    ends, other_ends = line.ends or order.span.end, other.ends or order.span.end
    starts, other_starts = line.starts or order.span.start, other.starts or order.span.start
    return (other_ends is None or starts < other_ends) and (ends is None or other_starts < ends)


def check_catalogue(order: OrderDraft, items: Mapping[str, ItemInfo]) -> list[Problem]:
    """Each line's item exists and is offered on all of its days; every companion is there too."""
    problems: list[Problem] = []
    for number, line in enumerate(order.lines, start=1):
        item = items.get(line.item)
        if item is None:
            problems.append(
                Problem(
                    "CATALOGUE-209",
                    f"Line {number}",
                    f"there is no charge item “{line.item}”. Choose one from the catalogue.",
                )
            )
        elif not order.line_span(line).inside(item.span):
            problems.append(
                Problem(
                    "CATALOGUE-219",
                    f"Line {number}",
                    f"{item.name} is offered {_days(item.span)} only. Change the line's dates.",
                )
            )
    known = [line for line in order.lines if line.item in items]
    for code in dict.fromkeys(line.item for line in known):
        problems += _check_companions(order, items[code])
    return problems


def _check_companions(order: OrderDraft, lead: ItemInfo) -> list[Problem]:
    leads = [line for line in order.lines if line.item == lead.code]
    missing = [
        companion
        for companion in lead.companions
        if not all(_accompanied(order, line, companion.item) for line in leads)
    ]
    if missing:
        names = ", ".join(f"{each.name} ({each.item})" for each in missing)
        return [
            Problem(
                "CATALOGUE-210",
                lead.name,
                f"it can be ordered only together with {names}. Add a line for each, "
                "for the same bureau and days.",
            )
        ]
    problems = []
    wanted = sum((line.estimated_quantity for line in leads), Decimal(0))
    for companion in lead.companions:
        found = _quantity(order.lines, companion.item)
        if found < wanted * companion.quantity:
            problems.append(
                Problem(
                    "CATALOGUE-220",
                    lead.name,
                    f"{wanted} of it need at least {wanted * companion.quantity} of "
                    f"{companion.name} ({companion.item}), and the order estimates {found}. "
                    "Raise that estimate.",
                )
            )
    return problems


def _accompanied(order: OrderDraft, lead: NewLine, code: str) -> bool:
    """Whether one line with the companion covers the lead's bureau on all of the lead's days."""
    span = order.line_span(lead)
    return any(
        line.item == code
        and line.bureau_id in (None, lead.bureau_id)
        and span.inside(order.line_span(line))
        for line in order.lines
    )


def _quantity(lines: Iterable[NewLine], code: str) -> Decimal:
    return sum((line.estimated_quantity for line in lines if line.item == code), Decimal(0))

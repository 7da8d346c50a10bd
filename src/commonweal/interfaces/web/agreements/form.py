"""The form of an order: any number of lines and funding sources, kept as they were typed."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from commonweal.kernel.catalogue.public import (
    NewFunding,
    NewLine,
    OrderDraft,
    Terms,
    remaining,
)
from commonweal.kernel.money.public import Money, parse_decimal
from commonweal.kernel.schema.public import CommonwealError
from commonweal.kernel.words.public import told

from ..centre.base import FormError, as_id, text
from ..requests import Asked

LINES, SOURCES = 100, 10
"""How many lines and sources one form takes; longer orders come by the API."""
LINE = ("item", "bureau", "quantity", "amount", "advance", "from", "until", "note", "shares")
SOURCE = ("source", "share", "account", "grant")
HEAD = (
    "starts", "ends", "reason", "payment_days", "billing_frequency", "location_code",
    "total", "advance_total", "advance_recognition",
)  # fmt: skip
Row = dict[str, str]


@dataclass
class OrderForm:
    """What the form shows: the heading, rows of lines, rows of funding sources, all as text."""

    head: Row = field(default_factory=dict)
    lines: list[Row] = field(default_factory=list)
    sources: list[Row] = field(default_factory=list)
    prefilled: str = ""

    def grow(self, lines: int, sources: int) -> None:
        """Empty rows to fill, up to so many in all."""
        while len(self.lines) < lines:
            self.lines.append(dict.fromkeys(LINE, ""))
        while len(self.sources) < sources:
            first = {"share": "100"} if not self.sources else {}
            self.sources.append(dict.fromkeys(SOURCE, "") | first)


def blank() -> OrderForm:
    """A new order: three lines and one source that pays everything."""
    form = OrderForm(dict.fromkeys(HEAD, "") | {"payment_days": "30"})
    form.grow(3, 1)
    return form


def typed(request: Asked) -> OrderForm:
    """What was typed, without the rows that were left empty."""

    def rows(names: tuple[str, ...], count: str, most: int) -> list[Row]:
        given = text(request, count)
        many = min(int(given) if given.isdecimal() else 0, most)
        found = [
            {name: text(request, f"{name}-{number}") for name in names}
            for number in range(1, many + 1)
        ]
        return [row for row in found if any(row.values())]

    form = OrderForm(
        {name: text(request, name) for name in HEAD},
        rows(LINE, "lines", LINES),
        rows(SOURCE, "sources", SOURCES),
        text(request, "prefilled"),
    )
    press(form, text(request, "do"))
    form.grow(1, 1)
    return form


def press(form: OrderForm, do: str) -> None:
    """What a button of the form does to its rows: one more, or one less."""
    what, _dash, number = do.partition("-")
    if what == "add_line" and len(form.lines) < LINES:
        form.grow(len(form.lines) + 1, 0)
    elif what == "add_source" and len(form.sources) < SOURCES:
        form.grow(0, len(form.sources) + 1)
    elif what in ("drop_line", "drop_source") and number.isdecimal():
        rows = form.lines if what == "drop_line" else form.sources
        del rows[int(number) - 1 : int(number)]


def of_draft(order: OrderDraft, day: date, currency: str) -> OrderForm:
    """An order from a day on, ready to be changed: its lines with what remains of the estimates."""
    kept = [line for each in order.lines if (line := remaining(order, each, day)) is not None]
    form = OrderForm(
        {
            "starts": day.isoformat(),
            "ends": order.span.end.isoformat() if order.span.end else "",
            "reason": "",
            "payment_days": str(order.payment_days),
            "billing_frequency": order.billing_frequency,
            "location_code": order.location_code,
            "total": "",
            "advance_total": "",
            "advance_recognition": order.advance_recognition,
        },
        prefilled=day.isoformat(),
    )
    every = list(dict.fromkeys(source for line in kept for source in map(_named, line.funding)))
    usual = Counter(tuple(_shares(line, every)) for line in kept).most_common(1)
    shares = usual[0][0] if usual else ()
    form.sources = [
        {"source": name, "account": account, "grant": grant, "share": _percent(share)}
        for (name, account, grant), share in zip(every, shares, strict=True)
    ]
    for line in kept:
        own = tuple(_shares(line, every))
        row = line_row(line, day, order.span.end, currency)
        row["shares"] = "" if own == shares else ", ".join(map(_percent, own))
        form.lines.append(row)
    form.grow(1, 1)
    return form


def line_row(line: NewLine, starts: date, ends: date | None, currency: str) -> Row:
    """One line as the form shows it; dates that are the order's own stay empty."""
    return {
        "item": line.item,
        "bureau": str(line.bureau_id or ""),
        "quantity": format(line.estimated_quantity.normalize(), ",f"),
        "amount": _grouped(line.estimated_amount_minor, currency),
        "advance": _grouped(line.advance_minor, currency) if line.advance_minor else "",
        "from": line.starts.isoformat() if line.starts and line.starts != starts else "",
        "until": line.ends.isoformat() if line.ends and line.ends != ends else "",
        "note": line.description,
        "shares": "",
    }


def _grouped(minor: int, currency: str) -> str:
    return format(Decimal(Money(minor, currency).text), ",f")


def refill(form: OrderForm, order: OrderDraft, currency: str) -> None:
    """Work the estimates out anew when the first day changed; what was typed over stays."""
    try:
        was, day = date.fromisoformat(form.prefilled), date.fromisoformat(form.head["starts"])
    except ValueError:
        return
    before, after = of_draft(order, was, currency), of_draft(order, day, currency)
    old = {_key(row): row for row in before.lines}
    new = {_key(row): row for row in after.lines}
    for row in form.lines:
        for name in ("quantity", "amount", "advance"):
            key = _key(row)
            if key in old and key in new and row[name] == old[key][name]:
                row[name] = new[key][name]
    form.prefilled = day.isoformat()


def _key(row: Row) -> tuple[str, str, str]:
    return row["item"], row["bureau"], row["until"]


def _named(source: NewFunding) -> tuple[str, str, str]:
    return source.name, source.account_string, source.grant_ref


def _shares(line: NewLine, every: list[tuple[str, str, str]]) -> list[Fraction]:
    own = {
        _named(source): Fraction(source.share_numerator, source.share_denominator)
        for source in line.funding
    }
    return [own.get(source, Fraction(0)) for source in every]


def _percent(share: Fraction) -> str:
    """A share as it is typed: 60 for 3/5, and 1/3 where no decimal says it exactly."""
    hundred = share * 100
    exact = Decimal(hundred.numerator) / Decimal(hundred.denominator)
    if Fraction(exact) == hundred and exact == exact.quantize(Decimal("0.000001")):
        return format(exact.normalize(), "f")
    return f"{share.numerator}/{share.denominator}"


class Reader:
    """Reads the form into what the kernel takes, and gathers every field that cannot be read."""

    def __init__(self, form: OrderForm, currency: str) -> None:
        self._form, self._currency = form, currency
        self.wrong: list[dict[str, Any]] = []

    def refuse(self) -> None:
        """One error that names every field that cannot be read (FORM-111), or nothing."""
        if self.wrong:
            said = " ".join(f"{each['where']}: {each['message']}" for each in self.wrong)
            raise FormError("FORM-111", said, problems=self.wrong)

    def terms(self) -> Terms:
        """The heading. Empty amounts: the sum of the lines."""
        head = self._form.head
        return Terms(
            starts=self._day("starts", _("First day"), needed=True) or date.min,
            ends=self._day("ends", _("First day without it")),
            currency=None,
            total_minor=self._minor("total", _("Total"), None),
            advance_total_minor=self._minor("advance_total", _("Total of advances"), None),
            advance_recognition=head["advance_recognition"],
            payment_days=self._whole("payment_days", _("Days to pay"), 30),
            billing_frequency=head["billing_frequency"] or "monthly",
            location_code=head["location_code"],
        )

    def lines(self) -> list[NewLine]:
        """The lines that name an item; one without an item is an error, not lost."""
        found = []
        for number, row in enumerate(self._form.lines, start=1):
            if not any(row.values()):
                continue
            where = _("Line %(number)s") % {"number": number}
            if not row["item"]:
                self._say(where, _("Choose a charge item, or remove the line."), f"item-{number}")
                continue
            found.append(self._line(row, number, where))
        return found

    def _line(self, row: Row, number: int, where: str) -> NewLine:
        return NewLine(
            item=row["item"],
            estimated_quantity=self._number(row, "quantity", number, where),
            estimated_amount_minor=self._amount(row, "amount", number, where),
            bureau_id=self._bureau(row["bureau"]),
            description=row["note"],
            advance_minor=self._amount(row, "advance", number, where) if row["advance"] else 0,
            starts=self._line_day(row, "from", number, where),
            ends=self._line_day(row, "until", number, where),
            funding=self._own_funding(row, number, where),
        )

    def _bureau(self, given: str) -> UUID | None:
        return as_id(given) if given else None

    def funding(self) -> list[NewFunding]:
        """The sources that pay for every line without shares of its own."""
        found = []
        for number, row in enumerate(self._form.sources, start=1):
            if row["source"]:
                share = self._share(row["share"], row["source"], f"share-{number}")
                if share is not None and share > 0:
                    found.append(_source(row, share))
            elif row["account"] or row["grant"]:
                where = _("Source %(number)s") % {"number": number}
                self._say(where, _("Name the source, or remove it."), f"source-{number}")
        return found

    def _own_funding(self, row: Row, number: int, where: str) -> tuple[NewFunding, ...]:
        """A line's own shares, in the order of the sources; empty: as for every line."""
        if not row["shares"]:
            return ()
        named = [source for source in self._form.sources if source["source"]]
        parts = [part.strip() for part in row["shares"].replace(";", ",").split(",")]
        if len(parts) != len(named):
            self._say(
                where,
                _("Give one share for each of the %(count)s sources, with commas between.")
                % {"count": len(named)},
                f"shares-{number}",
            )
            return ()
        shares = [self._share(part, where, f"shares-{number}") for part in parts]
        return tuple(
            _source(source, share)
            for source, share in zip(named, shares, strict=True)
            if share is not None and share > 0
        )

    def _share(self, given: str, where: str, name: str) -> Fraction | None:
        """A share: percent such as 60 or 12.5, or a fraction such as 1/3."""
        top, slash, bottom = given.replace("%", "").replace(" ", "").partition("/")
        try:
            if slash:
                found = Fraction(int(top), int(bottom))
            else:
                found = Fraction(parse_decimal(top)) / 100
        except (ValueError, ZeroDivisionError, CommonwealError):
            self._say(where, _("Write the share as percent, such as 60, or as 1/3."), name)
            return None
        if not 0 <= found <= 1 or found.denominator >= 10**12:
            self._say(where, _("A share is from 0 to 100 percent."), name)
            return None
        return found

    def _say(self, where: str, message: str, name: str, code: str = "FORM-111") -> None:
        self.wrong.append({"code": code, "where": where, "message": message, "field": name})

    def _number(self, row: Row, name: str, number: int, where: str) -> Decimal:
        given = row[name].replace(",", "").replace(" ", "")
        if not given:
            self._say(where, _("The estimated quantity is empty. Enter a number."),
                      f"{name}-{number}", "FORM-103")  # fmt: skip
            return Decimal(0)
        try:
            return parse_decimal(given)
        except CommonwealError as wrong:
            self._say(where, told(wrong.message), f"{name}-{number}", "FORM-103")
            return Decimal(0)

    def _amount(self, row: Row, name: str, number: int, where: str) -> int:
        return self._money(row[name], where, f"{name}-{number}")

    def _money(self, given: str, where: str, name: str) -> int:
        plain = given.replace(",", "").replace(" ", "").lstrip("$")
        if not plain:
            self._say(where, _("The amount is empty. Enter one."), name, "FORM-103")
            return 0
        try:
            return Money.exactly(str(parse_decimal(plain)), self._currency).minor
        except CommonwealError as wrong:
            self._say(where, told(wrong.message), name, "FORM-103")
            return 0

    def _minor(self, name: str, where: str, empty: int | None) -> int | None:
        given = self._form.head[name]
        return self._money(given, where, name) if given else empty

    def _whole(self, name: str, where: str, empty: int) -> int:
        given = self._form.head[name]
        if not given:
            return empty
        if not given.isdecimal() or len(given) > 4:
            self._say(where, _("Enter a whole number of days."), name, "FORM-103")
            return empty
        return int(given)

    def _day(self, name: str, where: str, needed: bool = False) -> date | None:
        return self._parsed(self._form.head[name], where, name, needed)

    def _line_day(self, row: Row, name: str, number: int, where: str) -> date | None:
        return self._parsed(row[name], where, f"{name}-{number}", needed=False)

    def _parsed(self, given: str, where: str, name: str, needed: bool) -> date | None:
        if not given:
            if needed:
                self._say(where, _("It is empty. Choose a day."), name, "FORM-102")
            return None
        try:
            return date.fromisoformat(given)
        except ValueError:
            said = _("“%(given)s” is not a day. Write it like 2026-11-03.")
            self._say(where, said % {"given": given[:30]}, name, "FORM-102")
            return None


def _source(row: Row, share: Fraction) -> NewFunding:
    return NewFunding(
        row["source"], row["account"], share.numerator, share.denominator,
        bool(row["grant"]), row["grant"],
    )  # fmt: skip

"""Generated sentences about bills, lines and rates: plain words, in the reader's language."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from commonweal.kernel.words import public as words

from .domain.bills import Change
from .domain.credits import IDLE_KINDS
from .engine import Tiered
from .engine.price import exact_sum, from_document, product, r9
from .models import BillLine, RateVersion
from .price_words import PriceWords, cell_name
from .selectors.bills import BillChange


def month(period: str) -> str:
    """`October 2026` from `2026-10`."""
    return words.period(period)


def month_name(period: str, beside: str) -> str:
    """The month alone where the year is the same as the one beside it, else with its year."""
    same_year = period[:4] == beside[:4]
    return words.month_name(period) if same_year else words.period(period)


def day(value: date | None) -> str:
    """A day in full."""
    return words.day(value)


class Words:
    """Sentences in one currency."""

    def __init__(self, currency: str) -> None:
        self.currency = currency

    def money(self, minor: int) -> str:
        """An amount."""
        return words.money(minor, self.currency)

    def counted(self, quantity: Decimal, item: Any) -> str:
        """A quantity with the item's own words: `1,204 payslips`."""
        name = item.measure_singular if abs(quantity) == 1 else item.measure_plural
        return words.quantity(quantity, name)

    def quantity(self, line: BillLine) -> str:
        """A line's quantity, with the item's words."""
        return self.counted(line.quantity, line.charge_item)

    def rate(self, version: RateVersion) -> str:
        """A price in a few words: `$4.10`, or `from $0.85 to $1.20` for tiers."""
        return PriceWords(version.currency).price(version.model)

    def headline(self, view: BillChange, yours: bool = True) -> str:
        """`Your October bill is $184,210.33, $6,402.10 more than September.`

        Not `yours`: the centre's people read it, so it names the agency.
        """
        bill = view.bill
        shape = (
            _("Your %(month)s bill is %(amount)s")
            if yours
            else _("The %(month)s bill of %(agency)s is %(amount)s")
        )
        start = shape % {
            "month": words.month_name(bill.period),
            "agency": bill.agency.name,
            "amount": self.money(bill.total_minor),
        }
        if view.previous is None or view.change_minor is None:
            return start + "."
        before = month_name(view.previous.period, bill.period)
        return f"{start}, {words.delta(view.change_minor, before, self.currency)}."

    def cause(self, view: BillChange) -> str:
        """`Most of the rise is 312 more help-desk cases.`, or nothing if no cause stands out."""
        if view.cause is None or view.change_minor is None:
            return ""
        return self.change(view.cause, view.items[view.cause.item_id], view.change_minor)

    def change(self, moved: Change, item: Any, total: int) -> str:
        """What one item did to the bill."""
        most = 2 * abs(moved.amount) > abs(total)
        shape = {
            (True, True): _("Most of the rise is %(what)s."),
            (True, False): _("Most of the fall is %(what)s."),
            (False, True): _("The largest part of the rise is %(what)s."),
            (False, False): _("The largest part of the fall is %(what)s."),
        }[(most, total > 0)]
        return shape % {"what": self.movement(moved, item)}

    def movement(self, moved: Change, item: Any) -> str:
        """`312 more help-desk cases`, `a new rate for payslips`, `a correction of …`."""
        if abs(moved.correction_change) > abs(moved.amount_now - moved.amount_before):
            return _("a correction, credit or later charge for %(item)s") % {"item": item.name}
        if moved.rate_only:
            return _("a changed rate for %(item)s") % {"item": item.measure_plural}
        count = self.counted(abs(moved.quantity), item).split("\N{NO-BREAK SPACE}", 1)
        shape = (
            _("%(count)s more %(what)s") if moved.quantity > 0 else _("%(count)s fewer %(what)s")
        )
        return shape % {"count": count[0], "what": count[-1]}

    def line(self, line: BillLine) -> str:
        """`1,204 payslips × $4.10 = $4,936.40.`"""
        model = line.rate_version.model
        total = self.money(line.amount_minor)
        if line.kind == "correction":
            return _("A correction to %(month)s: %(quantity)s, %(total)s.") % {
                "month": month(line.charge_period),
                "quantity": self.quantity(line),
                "total": total,
            }
        if line.kind == "discount":
            return _("Taken off the full price by a decision: %(total)s.") % {"total": total}
        if line.kind == "credit":
            return self._credit(line, total)
        if model.get("kind") == "flat":
            return _("A fixed charge for the month: %(total)s.") % {"total": total}
        tiers = self._tiers(line)
        if tiers:
            return _("%(tiers)s = %(total)s.") % {"tiers": tiers, "total": total}
        made = PriceWords(self.currency).made(line, self.quantity(line))
        return _("%(tiers)s = %(total)s.") % {"tiers": made, "total": total}

    def _credit(self, line: BillLine, total: str) -> str:
        """What a credit line gives back, and why."""
        given = line.credit.credit if line.credit else None
        if given is not None and given.kind == "disposal":
            shape = _("A credit of %(total)s. %(reason)s")
        elif line.amount_minor <= 0:
            shape = _("A credit for %(month)s: %(total)s. %(reason)s")
        elif given is not None and given.kind in IDLE_KINDS:
            shape = _("Your part of what lay idle: %(total)s. %(reason)s")
        else:
            shape = _("A charge after the year's end for %(month)s: %(total)s. %(reason)s")
        said = shape % {
            "month": month(line.charge_period),
            "total": total.removesuffix("."),
            "reason": given.reason if given else "",
        }
        return said.strip()

    def _tiers(self, line: BillLine) -> str:
        """`1,000 help-desk cases × $24.58 + 516 × $22.20`; empty if that is not the line's amount
        (several lines share the tiers, or the price has a fixed part).
        """
        model = from_document(line.rate_version.model)
        if not isinstance(model, Tiered) or model.kind != "graduated":
            return ""
        used = [
            (min(line.quantity, tier.hi or line.quantity) - tier.lo, tier.rate)
            for tier in model.tiers
            if tier.lo < line.quantity
        ]
        if r9(exact_sum(product(count, rate) for count, rate in used)) != line.amount_exact:
            return ""
        first = self.counted(used[0][0], line.charge_item) if used else ""
        counts = [first, *(words.quantity(count) for count, _rate in used[1:])]
        return " + ".join(
            f"{count} × {words.rate(rate, self.currency)}"
            for count, (_count, rate) in zip(counts, used, strict=False)
        )

    def line_note(self, line: BillLine) -> str:
        """What stands under the item's name on a bill: which of its prices, and a correction's
        month; or nothing."""
        said = [cell_name(line.cell)] if line.cell else []
        if line.kind == "discount":
            said.append(_("Reduced price"))
        if line.kind == "credit":
            said.append(self._credit_note(line))
        if line.kind == "correction":
            said.append(_("Correction to %(month)s") % {"month": month(line.charge_period)})
        return ", ".join(said)

    def _credit_note(self, line: BillLine) -> str:
        given = line.credit.credit if line.credit else None
        if given is not None and given.kind in ("disposal", *IDLE_KINDS):
            return given.reason
        said = _("Credit for %(month)s") % {"month": month(line.charge_period)}
        return f"{said}: {given.reason}" if given and given.reason else said

    def facts(self, count: int) -> str:
        """`312 usage records`."""
        text = ngettext("%(count)s usage record", "%(count)s usage records", count)
        return text % {"count": words.quantity(count)}

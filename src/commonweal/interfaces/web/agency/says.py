"""Small sentences and addresses of the portal's pages."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from commonweal.kernel.words import public as words
from commonweal.practices.charging import public as charging


def address(name: str, *args: Any) -> str:
    """The address of a named route."""
    return reverse(name, args=args)


def bill_key(bill: charging.Bill) -> str:
    """How a bill's address names it: its number, or its id before it has one."""
    return bill.number or str(bill.pk)


def capital(text: str) -> str:
    """The text with a capital first letter; the rest stays."""
    return text[:1].upper() + text[1:]


def change_between(before: charging.Bill | None, found: charging.Bill) -> int | None:
    """Minor units more than the bill before, or None without one."""
    return None if before is None else found.total_minor - before.total_minor


def months_title(history: Sequence[charging.Bill]) -> str:
    """The message of the picture of the last months, oldest first."""
    totals = [found.total_minor for found in history]
    newest, count = totals[-1], len(totals)
    parts = {"month": words.month_name(history[-1].period), "count": count}
    if count == 1:
        return _("The bill of %(month)s is your first") % parts
    if newest == max(totals) and newest > min(totals):
        return _("%(month)s is the highest of your last %(count)s bills") % parts
    if newest == min(totals) and newest < max(totals):
        return _("%(month)s is the lowest of your last %(count)s bills") % parts
    mean = Fraction(sum(totals), count)
    parts["percent"] = words.percent(abs(newest - mean) / abs(mean) if mean else 0)
    if newest > mean:
        return _("%(month)s is %(percent)s above the average of your last %(count)s bills") % parts
    if newest < mean:
        return _("%(month)s is %(percent)s below the average of your last %(count)s bills") % parts
    return _("%(month)s is at the average of your last %(count)s bills") % parts


def bridge_title(view: charging.BillView, say: charging.Words) -> str:
    """The message of the picture that leads from one bill to the next."""
    change, before = view.change_minor or 0, view.previous
    if before is None or change == 0:
        return _("The bill stayed the same")
    shape = (
        _("Why the bill rose by %(amount)s") if change > 0 else _("Why the bill fell by %(amount)s")
    )
    return shape % {"amount": say.money(abs(change))}


def more_or_fewer(quantity: Decimal, item: Any, before: str) -> str:
    """`312 more help-desk cases than in September`."""
    parts = {
        "count": words.quantity(abs(quantity)),
        "what": item.measure_singular if abs(quantity) == 1 else item.measure_plural,
        "before": before,
    }
    if quantity > 0:
        return _("%(count)s more %(what)s than in %(before)s") % parts
    if quantity < 0:
        return _("%(count)s fewer %(what)s than in %(before)s") % parts
    return _("as many %(what)s as in %(before)s") % parts


def line_change(view: charging.LineView, say: charging.Words) -> str:
    """How a line moved since last month, in one or two sentences; empty without a line before."""
    before = view.before
    if before is None or view.change_quantity is None or view.change_minor is None:
        return ""
    month = words.period(before.charge_period)
    item = view.line.charge_item
    if view.line.kind == "fixed":
        return capital(words.delta(view.change_minor, month, say.currency)) + "."
    found = [
        _("%(more)s (%(count)s then).")
        % {
            "more": capital(more_or_fewer(view.change_quantity, item, month)),
            "count": words.quantity(before.quantity),
        },
        _("In money: %(delta)s.") % {"delta": words.delta(view.change_minor, month, say.currency)},
    ]
    if not view.same_rate:
        found.append(
            _("The rate changed too, from %(rate)s.") % {"rate": say.rate(before.rate_version)}
        )
    return " ".join(found)

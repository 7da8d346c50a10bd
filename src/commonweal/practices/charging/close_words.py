"""What the steps of a close came to, in words: the same on the page and at the command line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from commonweal.kernel.access.public import Actor
from commonweal.kernel.calendar.public import FiscalPeriod
from commonweal.kernel.catalogue.public import charge_items, order_lines_in_force
from commonweal.kernel.party.public import agencies, centre
from commonweal.kernel.words import public as words

from .models import RateVersion


def step_words(code: str, detail: Mapping[str, Any]) -> str:
    """What a finished step came to, in a few words."""
    currency = centre().currency
    if code == "freeze":
        said = _("%(count)s usage records") % {"count": words.quantity(detail.get("records", 0))}
        if detail.get("waived"):
            said += ". " + _("Without %(sources)s: %(reason)s") % {
                "sources": words.listing(detail["waived"]),
                "reason": detail.get("waive_reason", ""),
            }
        return said
    if code == "allocate" and detail.get("no_costs_reason"):
        return _("No ledger costs: %(reason)s") % {"reason": detail["no_costs_reason"]}
    if code == "allocate":
        return _("%(total)s of cost, %(rest)s of it unallocated") % {
            "total": words.money(detail.get("total_minor"), currency),
            "rest": words.money(detail.get("unallocated_minor"), currency),
        }
    if code == "rate":
        return _("%(count)s records priced") % {"count": words.quantity(detail.get("records", 0))}
    if code == "prove":
        return _("%(count)s totals agree to the last decimal") % {
            "count": words.quantity(detail.get("groups", 0))
        }
    if code == "preview":
        return _("%(count)s bills shown until %(day)s") % {
            "count": detail.get("bills", 0),
            "day": iso_day(detail.get("ends", "")),
        }
    if code == "approve":
        return _approved_words(detail, currency)
    if code in {"draft", "issue"}:
        return _bills_words(detail, currency)
    if code == "post":
        said = _("%(count)s pairs of journals") % {"count": detail.get("pairs", 0)}
        return said + _idle_words(detail.get("idle", {}))
    return _("%(count)s notices") % {"count": detail.get("notices", 0)}


def _idle_words(counts: Mapping[str, int]) -> str:
    """How many agencies are charged for idle capacity on their next bill, and how many cannot be;
    nothing where none reserved any."""
    said = ""
    if counts.get("count"):
        said += _("; %(count)s charges for idle capacity") % {"count": counts["count"]}
    if counts.get("left"):
        said += _("; %(count)s not charged, for want of any bill") % {"count": counts["left"]}
    return said


def _bills_words(detail: Mapping[str, Any], currency: str) -> str:
    """How many bills were drafted or issued, and what is to be known of them."""
    said = _("%(count)s bills, %(total)s") % {
        "count": detail.get("bills", 0),
        "total": words.money(detail.get("total_minor"), currency),
    }
    if detail.get("holds"):
        said += ", " + _("%(count)s unusual lines") % {"count": detail["holds"]}
    if detail.get("credits_moved_minor"):
        said += ", " + _("credits of %(amount)s moved to the next bills") % {
            "amount": words.money(detail["credits_moved_minor"], currency)
        }
    due = iso_day(detail.get("due", ""))
    return said + (", " + _("due %(day)s") % {"day": due} if due else "")


def _approved_words(detail: Mapping[str, Any], currency: str) -> str:
    said = _("%(count)s bills approved, %(total)s") % {
        "count": detail.get("bills", 0),
        "total": words.money(detail.get("total_minor"), currency),
    }
    if detail.get("disputes"):
        said += ". " + ngettext(
            "%(num)s line is disputed: %(reason)s",
            "%(num)s lines are disputed: %(reason)s",
            detail["disputes"],
        ) % {"num": detail["disputes"], "reason": detail.get("reason", "")}
    return said


def iso_day(value: str) -> str:
    """A stored ISO day in words, or nothing."""
    try:
        return words.day(date.fromisoformat(value))
    except ValueError:
        return ""


LABELS = {
    "agency": gettext_noop("Agency"),
    "item": gettext_noop("Charge item"),
    "order_line": gettext_noop("Order line"),
    "rate": gettext_noop("Rate version"),
    "amount": gettext_noop("Amount"),
    "usual": gettext_noop("Usually"),
    "text": gettext_noop("What the agency says"),
    "frozen": gettext_noop("Counted at the freeze (records / quantity)"),
    "rated": gettext_noop("In the rated files (records / quantity)"),
    "by_records": gettext_noop("Sum of its records"),
    "by_total": gettext_noop("Price of its total"),
    "difference": gettext_noop("Difference"),
    "problem": gettext_noop("Problem"),
    "records": gettext_noop("Records"),
    "example": gettext_noop("For example"),
    "code": gettext_noop("Source"),
    "row": gettext_noop("Row"),
    "month": gettext_noop("Month"),
    "lines": gettext_noop("Ledger lines"),
    "message": gettext_noop("What is wrong"),
}


@dataclass(frozen=True)
class FoundRows:
    """The rows that stopped a step, as a table: column keys with labels, and rows of words."""

    columns: Sequence[tuple[str, str]]
    rows: Sequence[Mapping[str, str]]


def found_rows(actor: Actor, period: str, detail: Mapping[str, Any]) -> FoundRows | None:
    """The rows that a stopped step kept, with names in place of ids; two queries at most."""
    rows = detail.get("rows") or detail.get("sources") or []
    if not rows:
        return None
    names = _names_of(actor, period, rows)
    keys = [key for key in LABELS if any(key in row for row in rows)]
    keys += sorted({key for row in rows for key in row} - set(keys))
    return FoundRows(
        [(key, _(LABELS.get(key, key.replace("_", " ").capitalize()))) for key in keys],
        [
            {key: names.get(str(row.get(key)), words.told(str(row.get(key, "")))) for key in keys}
            for row in rows
        ],
    )


def _names_of(actor: Actor, period: str, rows: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Names for the ids of agencies, charge items, rates and order lines in some rows."""
    found: dict[str, str] = {}
    if any("agency" in row for row in rows):
        found |= {str(row.id): row.name for row in agencies(actor)}
    if any("item" in row for row in rows):
        found |= {str(row.id): row.name for row in charge_items(actor)}
    if any("rate" in row for row in rows):
        versions = RateVersion.objects.filter(pk__in={row["rate"] for row in rows if "rate" in row})
        found |= {str(key): code for key, code in versions.values_list("pk", "code")}
    if any("order_line" in row for row in rows):
        span = FiscalPeriod.parse(period)
        found |= {
            str(line.id): _("Order %(order)s, line %(line)s, %(item)s")
            % {"order": line.order_number, "line": line.number, "item": line.item_code}
            for line in order_lines_in_force(actor, None, span)
        }
    return found

"""Generated sentences about a rate: what it costs, from what it follows, who decided it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from commonweal.kernel.words import public as words

from .domain.rates import from_ratio
from .models import RateVersion
from .sentences import Words


def rate_text(version: RateVersion) -> str:
    """`$4.10 per payslip`, `$120.00 a month`, `$0.85 to $1.20, by volume`."""
    said = Words(version.currency).rate(version)
    if version.model.get("kind") != "per_unit" or version.model.get("fixed"):
        return said
    return _("%(rate)s per %(unit)s") % {
        "rate": said,
        "unit": version.charge_item.measure_singular,
    }


def span_text(version: RateVersion) -> str:
    """`From 1 July 2026` or `1 July 2025 to 30 June 2026`."""
    if version.ends is None:
        return _("From %(start)s") % {"start": words.day(version.starts)}
    last = version.ends.fromordinal(version.ends.toordinal() - 1)
    return _("%(start)s to %(end)s") % {
        "start": words.day(version.starts),
        "end": words.day(last),
    }


def decision_text(version: RateVersion) -> str:
    """`Director, 3 June 2026` for a place that says “decided by”; else that it is not decided."""
    if version.state == "proposed":
        return _("Proposed, not decided yet")
    if version.state != "approved" or version.approved_at is None:
        return _("Not approved")
    return _("%(who)s, %(day)s") % {
        "who": _(version.decided_by_label) if version.decided_by_label else _("the centre"),
        "day": words.day(version.approved_at.date()),
    }


def derivation_sentences(version: RateVersion) -> list[str]:
    """How the rate follows from cost and volume, one step a sentence; empty without derivation."""
    document = version.derivation
    if document.get("kind") != "cost_over_volume":
        return [version.reason] if version.reason else []
    currency = version.currency
    found = [_cost_sentence(document, currency), *_pool_sentences(document, currency)]
    share = from_ratio(document["share"])
    if share != 1:
        shape = (
            _("%(part)s of it is recovered by this item: %(reason)s.")
            if document.get("share_reason")
            else _("%(part)s of it is recovered by this item.")
        )
        reason = document.get("share_reason", "").rstrip(".")
        found.append(shape % {"part": words.percent(share), "reason": reason})
    scale = from_ratio(document["scale"])
    if scale != 1:
        found.append(
            _("It is taken ×%(up)s ÷%(down)s, because the volume is for %(up)s months.")
            % {"up": scale.numerator, "down": scale.denominator}
        )
    for item in document["adjustments"]:
        found.append(
            _("%(name)s: %(amount)s (%(reason)s).")
            % {
                "name": item["name"],
                "amount": words.rate(Decimal(item["amount"]), currency),
                "reason": item["reason"],
            }
        )
    return [*found, _quotient_sentence(version), _volume_sentence(document), *_instead(version)]


def _instead(version: RateVersion) -> list[str]:
    """What is charged where that is not the derived rate, and why."""
    derived = Decimal(version.derivation["rate"])
    if not version.reason or Decimal(version.model.get("rate", "NaN")) == derived:
        return []
    return [
        _("Charged is %(rate)s. %(reason)s")
        % {"rate": rate_text(version), "reason": version.reason}
    ]


def _cost_sentence(document: dict[str, Any], currency: str) -> str:
    shape = (
        _("The service is expected to cost %(cost)s (%(first)s to %(last)s).")
        if document["basis"] == "budget"
        else _("The service cost %(cost)s (%(first)s to %(last)s).")
    )
    return shape % {
        "cost": words.rate(Decimal(document["service_cost"]), currency),
        "first": words.period(document["first_period"]),
        "last": words.period(document["last_period"]),
    }


def _pool_sentences(document: dict[str, Any], currency: str) -> list[str]:
    found = []
    for pool in document["pools"]:
        amount = words.rate(Decimal(pool["amount"]), currency)
        share = from_ratio(pool)
        if share == 1 and pool["driver"] == "direct cost":
            found.append(
                _("%(amount)s is the service's own cost (pool “%(pool)s”).")
                % {"amount": amount, "pool": pool["name"]}
            )
        else:
            found.append(
                _("%(amount)s is %(part)s of %(pool)s, shared by %(driver)s.")
                % {
                    "amount": amount,
                    "part": words.percent(share),
                    "pool": pool["name"],
                    "driver": pool["driver"],
                }
            )
    return found


def _quotient_sentence(version: RateVersion) -> str:
    document, currency = version.derivation, version.currency
    total = from_ratio(document["numerator"])
    exact = round(Decimal(total.numerator) / Decimal(total.denominator), 2)
    return _("%(cost)s ÷ %(volume)s = %(rate)s.") % {
        "cost": words.rate(exact, currency),
        "volume": Words(currency).counted(Decimal(document["denominator"]), version.charge_item),
        "rate": words.rate(Decimal(document["rate"]), currency),
    }


def _volume_sentence(document: dict[str, Any]) -> str:
    if document["volume_source"] != "forecast":
        return _("The volume: %(reason)s.") % {"reason": document["volume_reason"].rstrip(".")}
    count = document["forecast_agencies"]
    shape = ngettext(
        "The volume is what %(count)s agency forecast for the fiscal year %(year)s.",
        "The volume is what %(count)s agencies forecast for the fiscal year %(year)s.",
        count,
    )
    signed = document["forecast_signed"]
    ending = "" if signed == count else " " + _("%(signed)s of them signed.") % {"signed": signed}
    return shape % {"count": count, "year": document["fiscal_year"]} + ending

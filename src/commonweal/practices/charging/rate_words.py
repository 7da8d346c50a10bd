"""Generated sentences about a rate: what it costs, from what it follows, who decided it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from commonweal.kernel.calendar.public import today
from commonweal.kernel.party.public import centre
from commonweal.kernel.words import public as words

from .domain.build_up import rework_zero_base
from .domain.rate_rules import life_of
from .domain.rates import from_ratio, quotient, rework
from .models import RateVersion
from .sentences import Words
from .years import present_year


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


def change_words(before: int, after: int, currency: str) -> str:
    """`$12.00 more than now (3.4%)`, for a year."""
    said = words.delta(after - before, _("now"), currency)
    if not before or after == before:
        return said
    share = words.percent(Fraction(abs(after - before), abs(before)))
    return f"{said} ({share})"


def rate_timing(version: RateVersion) -> str:
    """What everybody may read about the timing and the reason of a rate."""
    found = []
    if version.mid_year:
        year = present_year(version.starts)
        found.append(_("This changes a price within fiscal year %(year)s.") % {"year": year})
    if version.authority_ref:
        found.append(_("By authority of %(what)s.") % {"what": version.authority_ref})
    if version.short_notice:
        found.append(_("With less than the usual notice: %(why)s") % {"why": version.short_notice})
    return " ".join([*found, version.reason]).strip()


def life_of_version(version: RateVersion, day: date | None = None) -> str:
    """drafted, proposed, approved, announced, in_force, ended, rejected or withdrawn."""
    on = day or today(centre().zone)
    return life_of(
        version.state, version.starts, version.ends, version.announced_at is not None, on
    )


def life_text(life: str) -> str:
    """Where a rate stands in its life, in words."""
    return {
        "drafted": _("Drafted"),
        "proposed": _("Proposed, not decided yet"),
        "approved": _("Approved"),
        "announced": _("Approved and announced to the agencies"),
        "in_force": _("In force"),
        "ended": _("Ended"),
        "rejected": _("Rejected"),
        "withdrawn": _("Withdrawn"),
    }.get(life, life)


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


def rework_any(document: Mapping[str, Any]) -> Decimal:
    """The rate worked out again from a derivation of either kind."""
    return rework_zero_base(document) if document.get("kind") == "zero_base" else rework(document)


def derivation_sentences(version: RateVersion) -> list[str]:
    """How the rate follows from cost and volume, one step a sentence; empty without derivation."""
    document = version.derivation
    if document.get("kind") == "zero_base":
        return zero_base_sentences(version)
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
    found += [_quotient_sentence(version), _volume_sentence(document)]
    return [*found, *_terms(document, currency), *_instead(version)]


def _terms(document: dict[str, Any], currency: str) -> list[str]:
    """The other basis of cost, and idle capacity: told wherever there is one."""
    found = []
    bases = document.get("bases")
    if bases:
        full, allowable = bases["full"], bases["allowable"]
        said = {
            "full": words.rate(Decimal(full["rate"]), currency),
            "allowable": words.rate(Decimal(allowable["rate"]), currency),
        }
        found.append(
            _("On full cost the rate is %(full)s, on what grants allow %(allowable)s.") % said
        )
        if document["cost_base"] == "allowable":
            found.append(_("Chosen is what grants allow."))
    capacity = document.get("capacity")
    if capacity:
        said = {
            "practical": capacity["practical"], "unit": capacity["unit"],
            "volume": capacity["expected_volume"],
            "idle": words.rate(Decimal(capacity["idle_cost"]), currency),
            "rate": words.rate(Decimal(capacity["rate_at_capacity"]), currency),
            "owner": capacity["owner"],
        }  # fmt: skip
        shape = (
            _("The rate goes by the practical capacity of %(practical)s %(unit)s, not by the "
              "%(volume)s expected; %(idle)s of idle capacity, answered for by %(owner)s, is no "
              "part of it.")
            if capacity["denominator"] == "capacity"
            else _("Of the practical capacity of %(practical)s %(unit)s, %(volume)s are expected: "
                   "the rate holds %(idle)s of idle capacity, answered for by %(owner)s. At "
                   "capacity it would be %(rate)s.")
        )  # fmt: skip
        found.append(shape % said)
    return found


def zero_base_sentences(version: RateVersion) -> list[str]:
    """A rate from zero: each line of its cost with its reason, the quotient, the remainder."""
    document, currency = version.derivation, version.currency
    found = [
        _("Built up from zero for fiscal year %(year)s: %(total)s.")
        % {"year": document["fiscal_year"], "total": _major(document["total"], currency)}
    ]
    for line in document["lines"]:
        found.append(
            _("%(name)s: %(amount)s (%(source)s; %(reason)s).")
            % {
                "name": line["name"],
                "amount": _major(line["comes_to"], currency),
                "source": line["source"].rstrip("."),
                "reason": line["reason"].rstrip("."),
            }
        )
    share = from_ratio(document["share"])
    if share != 1:
        found.append(
            _("%(part)s of it is recovered by this item.") % {"part": words.percent(share)}
        )
    found += [_quotient_sentence(version), _volume_sentence(document)]
    remainder = from_ratio(document["remainder"])
    shape = (
        _("Rounding the rate leaves %(amount)s of the cost unrecovered.")
        if remainder > 0
        else _("Rounding the rate recovers %(amount)s beyond the cost.")
    )
    if remainder:
        found.append(shape % {"amount": _major(document["remainder"], currency, positive=True)})
    return [*found, *_instead(version)]


def _major(given: dict[str, str], currency: str, positive: bool = False) -> str:
    """An exact amount of major units, shown to the currency's decimals."""
    value = from_ratio(given)
    places = words.exponent(currency)
    shown = quotient(abs(value) if positive else value, places, "half_up")
    return words.rate(shown, currency)


def _instead(version: RateVersion) -> list[str]:
    """What is charged where that is not the derived rate, and why."""
    derived = Decimal(version.derivation["rate"])
    stated = version.model.get("rate", version.model.get("amount", "NaN"))
    if not version.reason or Decimal(stated) == derived:
        return []
    return [
        _("Charged is %(rate)s. %(reason)s")
        % {"rate": rate_text(version), "reason": version.reason}
    ]


def _cost_sentence(document: dict[str, Any], currency: str) -> str:
    foreseen = document["basis"] == "budget"
    if document["first_period"] == document["last_period"]:
        shape = (
            _("The service is expected to cost %(cost)s in %(first)s.")
            if foreseen
            else _("The service cost %(cost)s in %(first)s.")
        )
    else:
        shape = (
            _("The service is expected to cost %(cost)s (%(first)s to %(last)s).")
            if foreseen
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

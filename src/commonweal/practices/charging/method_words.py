"""How a rate is made and charged, as facts that a reader can compare."""

from __future__ import annotations

from decimal import Decimal

from django.utils.translation import gettext as _

from commonweal.kernel.words import public as words

from .domain.rates import from_ratio
from .models import RateVersion
from .sentences import Words


def price_model_text(version: RateVersion) -> str:
    """The price model in a sentence; a model without a sentence of its own is named by its code."""
    kind = str(version.model.get("kind", ""))
    said = {
        "flat": _("A fixed amount a month, whatever is used."),
        "per_unit": _("The same price for each one."),
        "graduated": _("By steps: each step's price counts for the units within it."),
        "volume": _("By the month's volume: one price for all units, by how many they are."),
        "package": _("By whole blocks: a begun block counts whole."),
        "minimum": _("By use, but at least the agreed minimum."),
        "percentage": _("A share of an amount, within a floor and a cap."),
        "matrix": _("By what kind it is: each kind has its price."),
        "capacity": _("By the highest use or what was reserved."),
        "share": _("A fixed share of a cost."),
        "lump_sum": _("A sum for each agency, as it was enacted."),
        "at_cost": _("What it cost the centre, passed on."),
    }
    return said.get(kind, _("The price model “%(kind)s”.") % {"kind": kind})


def method_facts(version: RateVersion) -> list[tuple[str, str]]:
    """Method, numerator and denominator of a rate, each with its label; and how it is priced."""
    facts = [(_("How it is priced"), price_model_text(version))]
    document = version.derivation
    if document.get("kind") != "cost_over_volume":
        return [*facts, (_("Method"), _("Set with a reason, not worked out from cost and volume"))]
    total = from_ratio(document["numerator"])
    cost = round(Decimal(total.numerator) / Decimal(total.denominator), 2)
    volume = Words(version.currency).counted(Decimal(document["denominator"]), version.charge_item)
    return [
        *facts,
        (_("Method"), _("Full cost ÷ volume")),
        (_("Numerator (cost)"), words.rate(cost, version.currency)),
        (_("Denominator (volume)"), volume),
    ]

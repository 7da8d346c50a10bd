"""How a rate is made and charged, as facts that a reader can compare."""

from __future__ import annotations

from decimal import Decimal

from django.utils.translation import gettext as _

from commonweal.kernel.words import public as words

from .domain.rates import from_ratio
from .models import RateVersion
from .price_words import PriceWords
from .sentences import Words


def price_model_text(version: RateVersion) -> str:
    """The price model in a few words, with its figures."""
    said = PriceWords(version.currency).price(version.model)
    return said[:1].upper() + said[1:]


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

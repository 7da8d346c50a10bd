"""The picture of how costs become charges, from the derivations of the rates in force."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from markupsafe import Markup

from commonweal.kernel.access.public import Actor
from commonweal.kernel.words import public as words
from commonweal.practices.charging.public import PoolPart, pool_parts, rates_in_force

from ..look.charts import Edge, Node, flow


def charge_flow(actor: Actor, day: date) -> Markup:
    """Cost pools → services → agencies, in the amounts that the rates in force stand on."""
    parts, names, currency = _latest(actor, day)
    pools: dict[str, Decimal] = defaultdict(Decimal)
    labels: dict[str, str] = {}
    totals: dict[str, Decimal] = defaultdict(Decimal)
    edges = []
    for service, found in parts.items():
        for part in found:
            pools[part.code] += part.amount
            labels[part.code] = part.name
            totals[service] += part.amount
            edges.append(_edge(f"p:{part.code}", f"s:{service}", part.amount, currency))
    nodes = [
        Node(f"p:{code}", 0, labels[code], amount, words.rate(amount, currency))
        for code, amount in sorted(pools.items(), key=lambda entry: -entry[1])
    ]
    whole = sum(totals.values(), Decimal(0))
    for service, amount in sorted(totals.items(), key=lambda entry: -entry[1]):
        said = words.rate(amount, currency)
        nodes.append(Node(f"s:{service}", 1, names[service], amount, said))
        edges.append(_edge(f"s:{service}", "agencies", amount, currency))
    if whole > 0:
        label = _("Agencies, by what each uses")
        nodes.append(Node("agencies", 2, label, whole, words.rate(whole, currency)))
    return flow(
        _("What the services cost, and who carries it"),
        [_("Costs"), _("Services"), _("Agencies")],
        nodes,
        edges,
        unit=_("Amount"),
        note=_("The costs that the rates in force today are worked out from."),
        empty_text=_("The picture appears here once rates have been worked out from costs."),
    )


def _edge(source: str, target: str, amount: Decimal, currency: str) -> Edge:
    return Edge(source, target, amount, words.rate(amount, currency))


def _latest(actor: Actor, day: date) -> tuple[dict[str, list[PoolPart]], dict[str, str], str]:
    """Per service, the pools of the newest rate in force that has a derivation."""
    newest: dict[str, Any] = {}
    for version in rates_in_force(actor, day):
        if not version.derivation.get("pools"):
            continue
        code = version.charge_item.service.code
        if code not in newest or version.recorded_at > newest[code].recorded_at:
            newest[code] = version
    names = {code: version.charge_item.service.name for code, version in newest.items()}
    currency = next((version.currency for version in newest.values()), "USD")
    return (
        {
            code: [part for part in pool_parts(version) if part.amount > 0]
            for code, version in newest.items()
        },
        names,
        currency,
    )

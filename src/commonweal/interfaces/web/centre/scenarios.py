"""Scenarios: kept, side by side, published for comment, and turned into proposals."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any
from uuid import UUID

from django.http import HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from commonweal.kernel.catalogue.public import charge_items
from commonweal.kernel.words import public as words
from commonweal.practices.charging import public as charging

from ..access import centre_only
from ..lists import lists, pages, place, report
from ..look.charts import Point, ranking
from ..requests import Asked
from .base import FormError, address, as_id, attempt, day_field, done, show, text
from .rates import centre_year, desk_tabs
from .timing import timing_of

VIEW = "charging.view_costs"
PROPOSE = "charging.propose_rates"


@centre_only(VIEW)
@lists("charging.Scenario")
def scenarios(request: Asked) -> HttpResponse:
    """The scenarios, newest first; ticking some shows them side by side."""
    found = charging.scenarios(request.actor, place(request))
    context = {
        "rows": found,
        "pages": pages(request, found),
        "tabs": desk_tabs("scenarios"),
        "may_propose": request.actor.may(PROPOSE),
    }
    return show(request, "centre/scenarios.jinja", context)


@centre_only(PROPOSE)
def new_scenario(request: Asked) -> HttpResponse:
    """Assume other volumes, costs and prices; work it out, then keep it under a name."""
    given = request.POST.get("year") or request.GET.get("year", "")
    year = int(given) if given.isdigit() and len(given) == 4 else centre_year() + 1
    made: list[Any] = []
    errors: tuple[Any, ...] = ()
    if request.method == "POST":
        keep = text(request, "do") == "keep"
        errors = attempt(lambda: made.append(_keep(request, year) if keep else _try(request, year)))
        if keep and made:
            return done(request, _("Kept. Compare it, publish it, or propose its rates."),
                        "scenario", made[0].pk)  # fmt: skip
    found = charging.present(request.actor, year)
    context = {
        "year": year,
        "years": [(str(y), str(y)) for y in (centre_year(), centre_year() + 1)],
        "items": [
            {
                "code": row.code,
                "name": f"{row.service.name}: {row.name}",
                "now": model_text(found.base.models.get(row.code), found.base.currency),
                "volume": charging.volumes_by_item(found.base.uses).get(row.code),
            }
            for row in sorted(found.items.values(), key=lambda row: (row.service.name, row.name))
            if row.code in found.base.models
        ],
        "services": services_of(found),
        "agencies": [("", _("Nobody")), *((row.code, row.name) for row in found.agencies.values())],
        "months": [(month.code, words.period(month)) for month in charging.year_months(year)],
        "asked": request.POST if request.method == "POST" else request.GET,
        "tried": in_words(request, made[0][1], made[0][0].base) if made else None,
    }
    return show(request, "centre/scenario_form.jinja", context, errors)


def services_of(found: charging.Present) -> list[dict[str, str]]:
    """The services with where their cost comes from."""
    names = {row.service.code: row.service.name for row in found.items.values()}
    shapes = {
        "build": _("zero-base build-up, version %(label)s"),
        "budget": _("budget “%(label)s”"),
        "actual": _("ledger, %(label)s"),
    }
    costs: dict[str, Fraction] = {}
    for part in found.base.parts:
        costs[part.service] = costs.get(part.service, Fraction(0)) + part.amount
    rows = []
    for code, name in sorted(names.items(), key=lambda row: row[1]):
        kind, label = found.sources.get(code, ("", ""))
        cost = costs.get(code)
        rows.append(
            {
                "code": code,
                "name": name,
                "source": shapes[kind] % {"label": label} if kind else _("no cost is known"),
                "cost": words.rate(charging.rounded(cost, 2), found.base.currency)
                if cost is not None
                else "–",
            }
        )
    return rows


def model_text(model: Mapping[str, Any] | None, currency: str) -> str:
    """A price in a few words; one of a kind that has none here, by its kind."""
    if model is None:
        return _("no price")
    for name in ("rate", "amount"):
        if name in model:
            return words.rate(model[name], currency)
    rates = [tier["rate"] for tier in model.get("tiers", ()) if "rate" in tier]
    if rates:
        return " / ".join(words.rate(each, currency) for each in rates)
    return str(model.get("kind", ""))


def assumptions_of(request: Asked) -> dict[str, Any]:
    """What the form assumes, as the document that is kept."""
    found: dict[str, dict[str, Any]] = {
        name: {} for name in ("volumes", "growth", "costs", "variable", "idle", "prices")
    }
    for field, value in request.POST.items():
        kind, _sign, code = str(field).partition("-")
        given = str(value).strip()
        if not given or not code:
            continue
        if kind in ("growth", "costs", "variable"):
            found[kind][code] = given
        elif kind == "idle":
            found["idle"][code] = {
                "share": given,
                "policy": text(request, f"policy-{code}") or "absorbed",
            }
        elif kind == "price" and given != "keep":
            found["prices"][code] = price_of(request, code, given)
    for number, line in enumerate(text(request, "volumes").splitlines(), start=1):
        if line.strip():
            agency, item, quantity = _three(line, number)
            found["volumes"].setdefault(agency, {})[item] = quantity
    return {**{name: part for name, part in found.items() if part}, **moves_of(request)}


def price_of(request: Asked, code: str, choice: str) -> Any:
    """`recover`, or a price that is set: a figure, or the document of any price model."""
    if choice != "set":
        return "recover"
    given = text(request, f"set-{code}")
    if given.startswith("{"):
        try:
            return json.loads(given)
        except ValueError as wrong:
            raise FormError(
                "FORM-109",
                _("%(item)s: the price model cannot be read as JSON. Mend it.") % {"item": code},
                field=f"set-{code}",
            ) from wrong
    plain = given.replace(",", "")
    fixed = text(request, f"fixed-{code}") == "1"
    return {"kind": "flat", "amount": plain} if fixed else {"kind": "per_unit", "rate": plain}


def _three(line: str, number: int) -> tuple[str, str, str]:
    parts = line.replace(",", "").replace(";", " ").split()
    if len(parts) != 3:
        raise FormError(
            "FORM-110",
            _("Line %(number)s: write the agency's code, the item's code and the yearly volume.")
            % {"number": number},
            field="volumes",
        )
    return parts[0], parts[1], parts[2]


def moves_of(request: Asked) -> dict[str, Any]:
    """Who leaves and who arrives."""
    moves: list[dict[str, Any]] = []
    if text(request, "leaves"):
        moves.append(
            {
                "agency": text(request, "leaves"),
                "kind": "leaves",
                "from": text(request, "leaves_from"),
            }
        )
    if text(request, "arrives"):
        volumes = {}
        for number, line in enumerate(text(request, "arrives_volumes").splitlines(), start=1):
            if line.strip():
                _name, item, quantity = _three(f"x {line}", number)
                volumes[item] = quantity
        moves.append(
            {
                "agency": text(request, "arrives"),
                "kind": "arrives",
                "from": text(request, "arrives_from"),
                "volumes": volumes,
            }
        )
    return {"moves": moves} if moves else {}


def _keep(request: Asked, year: int) -> charging.Scenario:
    return charging.put_scenario(
        actor=request.actor,
        name=text(request, "name"),
        fiscal_year=year,
        assumptions=assumptions_of(request),
        reason=text(request, "reason"),
    )


def _try(request: Asked, year: int) -> Any:
    return charging.try_scenario(request.actor, year, assumptions_of(request))


def in_words(request: Asked, result: charging.Result, base: charging.Base) -> dict[str, Any]:
    """A result for a page: a sentence, the effects with a picture, the services, and by what mix
    prices by dimensions are worked out."""
    names, currency = charging.agency_names(request.actor), base.currency
    services = charging.service_names(request.actor)
    effects = [
        {
            "name": charging.customer_name(effect.agency, names),
            "before": effect.before,
            "after": effect.after,
            "change": effect.change,
            "share": effect.share,
        }
        for effect in result.effects
    ]
    return {
        "currency": currency,
        "sentence": sentence(result, effects, currency),
        "effects": effects,
        "picture": picture(effects, currency),
        "services": result.services,
        "service_names": services,
        "stranded": stranded(result, currency, services),
        "unscaled": result.unscaled,
        "unpaid": result.unpaid,
        "mixes": mixes(base, result, names),
        "revenue_change": result.revenue_change,
    }


def mixes(base: charging.Base, result: charging.Result, names: Mapping[str, str]) -> list[str]:
    """By charge item whose price depends on dimensions: whose recorded mix counts, and who is
    taken at the dearest cell because no usage is recorded."""

    def customers(keys: Sequence[tuple[str, str]], item: str) -> str:
        found = {agency for agency, own in keys if own == item}
        return ", ".join(sorted(charging.customer_name(each, names) for each in found))

    by_mix = [key for key in result.uses if key in base.mixes and key not in result.dearest]
    found = []
    for item in sorted({own for _agency, own in (*by_mix, *result.dearest)}):
        known, unknown = customers(by_mix, item), customers(result.dearest, item)
        if known:
            shape = _(
                "%(item)s: by how the newest month of use fell into its prices, as recorded, for "
                "%(customers)s."
            )
            found.append(shape % {"item": item, "customers": known})
        if unknown:
            shape = _(
                "%(item)s: at the dearest of its prices for %(customers)s, whose usage of it is "
                "not recorded."
            )
            found.append(shape % {"item": item, "customers": unknown})
    return found


def sentence(result: charging.Result, effects: Sequence[Mapping[str, Any]], currency: str) -> str:
    """`Everybody's year comes to $12.00 more than now; 3 pay more, 9 less, 1 the same.`"""
    more = sum(row["change"] > 0 for row in effects)
    less = sum(row["change"] < 0 for row in effects)
    before = sum(result.before.values())
    change = charging.change_words(before, before + result.revenue_change, currency)
    return _(
        "Everybody's year together: %(change)s. %(more)s pay more, %(less)s less, %(same)s the "
        "same."
    ) % {"change": change, "more": more, "less": less, "same": len(effects) - more - less}


def picture(effects: Sequence[Mapping[str, Any]], currency: str) -> Any:
    """Every customer's change, the largest first."""
    points = [
        Point(row["name"], row["change"], words.money(row["change"], currency)) for row in effects
    ]
    changed = [row for row in effects if row["change"]]
    title = (
        _("The largest effect is on %(name)s") % {"name": changed[0]["name"]}
        if changed
        else _("Nobody's year changes")
    )
    return ranking(title, points, label=_("Customer"), unit=_("Change in a year"))


def stranded(result: charging.Result, currency: str, names: Mapping[str, str]) -> list[str]:
    """Per service that loses volume: what goes, what stays, in words."""
    found = []
    for row in result.services:
        if not row.lost or not row.known:
            continue
        shape = (
            _("%(service)s loses %(lost)s of revenue a year at present prices. %(gone)s of its "
              "cost goes with it; %(stays)s stays for those who remain.")
            if row.lost > 0
            else _("%(service)s gains %(lost)s of revenue a year at present prices, and %(gone)s "
                   "of cost comes with it; %(stays)s helps to pay what is there already.")
        )  # fmt: skip
        found.append(
            shape
            % {
                "service": names.get(row.service, row.service),
                "lost": words.money(abs(row.lost), currency),
                "gone": words.money(abs(row.gone), currency),
                "stays": words.money(abs(row.stranded), currency),
            }
        )
    return found


@centre_only(VIEW)
@report("one scenario as a whole, every customer of it")
def scenario(request: Asked, scenario_id: UUID, errors: tuple[Any, ...] = ()) -> HttpResponse:
    """One scenario: prices, effects on everybody, sensitivity, comments."""
    played = charging.scenario(request.actor, scenario_id)
    names = charging.service_names(request.actor)
    context = {
        "scenario": played.scenario,
        "found": in_words(request, played.result, played.base),
        "prices": prices_of(played, item_names(request)),
        "sensitivities": [
            {
                "service": names.get(same.service, same.service),
                "less": less.position,
                "same": same.position,
                "more": more.position,
                "even": words.percent(even) if even is not None else _("at no volume"),
            }
            for less, same, more, even in played.sensitivities
        ],
        "comments": charging.scenario_comments(request.actor, scenario_id),
        "assumptions": json.dumps(played.scenario.assumptions, indent=1, ensure_ascii=False),
        "may_propose": request.actor.may(PROPOSE),
        "asked": request.POST,
        "state": state_words(played.scenario.state),
    }
    return show(request, "centre/scenario.jinja", context, errors)


def state_words(state: str) -> tuple[str, str]:
    """A scenario's state as a tag."""
    return {
        "published": ("watch", _("Published for comment")),
        "proposed": ("good", _("Rates proposed")),
    }.get(state, ("neutral", _("Draft")))


def item_names(request: Asked) -> dict[str, str]:
    """Every charge item's name by its code."""
    return {row.code: row.name for row in charge_items(request.actor)}


def prices_of(played: charging.Played, names: Mapping[str, str]) -> list[dict[str, Any]]:
    """The prices that differ from the present ones, and the volume they are for."""
    currency, volumes = played.base.currency, played.volumes
    return [
        {
            "item": names.get(code, code),
            "now": model_text(played.base.models.get(code), currency),
            "then": model_text(model, currency),
            "volume": volumes.get(code),
        }
        for code, model in sorted(played.result.models.items())
        if model != played.base.models.get(code)
    ]


@centre_only(PROPOSE)
def publish(request: Asked, scenario_id: UUID) -> HttpResponse:
    """Show every agency its own effect, for comment."""
    if request.method != "POST":
        return HttpResponseRedirect(address("scenario", scenario_id))
    made: list[Any] = []
    errors = attempt(
        lambda: made.extend(
            charging.publish_scenario(
                actor=request.actor,
                scenario_id=scenario_id,
                comment_until=day_field(request, "comment_until", _("Comments until")),
                reason=text(request, "reason"),
            )
        )
    )
    if errors:
        return scenario(request, scenario_id, errors)
    said = ngettext("%(num)s agency may comment.", "%(num)s agencies may comment.", len(made))
    return done(request, said % {"num": len(made)}, "scenario", scenario_id)


@centre_only(PROPOSE)
def propose_rates(request: Asked, scenario_id: UUID) -> HttpResponse:
    """Propose every price that differs."""
    if request.method != "POST":
        return HttpResponseRedirect(address("scenario", scenario_id))
    errors = attempt(
        lambda: charging.propose_scenario(
            actor=request.actor, scenario_id=scenario_id, **timing_of(request)
        )
    )
    if errors:
        return scenario(request, scenario_id, errors)
    return done(request, _("Proposed. A second person decides each of them."), "proposals")


@centre_only(VIEW)
@report("two to four scenarios side by side")
def compare(request: Asked) -> HttpResponse:
    """Two to four scenarios side by side: prices, services, everybody's year."""
    ids = [found for each in request.GET.getlist("s") if (found := as_id(each)) is not None]
    played = charging.side_by_side(request.actor, ids)
    names = charging.agency_names(request.actor)
    items = sorted({code for each in played for code in each.result.models})
    of_items, of_services = item_names(request), charging.service_names(request.actor)
    customers = sorted({effect.agency for each in played for effect in each.result.effects})
    effects = [{effect.agency: effect for effect in each.result.effects} for each in played]
    services = sorted({row.service for each in played for row in each.result.services})
    rows: list[tuple[str, list[int]]] = [
        (
            charging.customer_name(code, names),
            [own[code].change if code in own else 0 for own in effects],
        )
        for code in customers
    ]
    rows.sort(key=lambda row: -max((abs(each) for each in row[1]), default=0))
    context = {
        "played": played,
        "prices": [
            (
                of_items.get(code, code),
                *(model_text(e.result.models.get(code), e.base.currency) for e in played),
            )
            for code in items
        ],
        "effects": [(name, *changes) for name, changes in rows],
        "services": [
            (of_services.get(code, code), *((each.service(code)) for each in played))
            for code in services
        ],
    }
    return show(request, "centre/compare.jinja", context)

"""The rate desk: rates in force, proposals waiting, proposing a rate, deciding one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any
from uuid import UUID

from django.http import HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _

from commonweal.kernel.authority.public import Deciders, Decision, open_proposals, withdraw
from commonweal.kernel.calendar.public import FiscalPeriod
from commonweal.kernel.catalogue.public import charge_items
from commonweal.kernel.party.public import centre
from commonweal.kernel.schema.public import CommonwealError, Forbidden, NotFound, Place
from commonweal.practices.charging import public as charging

from ..access import centre_only
from ..lists import lists, pages, place
from ..look.page import Link
from ..requests import Asked
from .base import (
    address,
    attempt,
    day_field,
    decimal_field,
    done,
    local_day,
    optional_day,
    problems,
    required_id,
    show,
    text,
    whole_field,
)
from .price_form import inner_kinds, kinds, plainly, price_of
from .timing import exceptions_of

VIEW = "charging.view_costs"
PROPOSE = "charging.propose_rates"
APPROVE = "charging.approve_rates"
SUBJECT = "charging.RateVersion"


def desk_tabs(here: str) -> list[Link]:
    """The pages of the rate desk."""
    pages = (
        ("rates", _("In force")),
        ("proposals", _("Waiting for a decision")),
        ("forecasts", _("Forecasts")),
        ("conversions", _("Conversions")),
        ("build_ups", _("Build-ups")),
        ("scenarios", _("Scenarios")),
        ("budget_figures", _("Budget figures")),
        ("rate_rules", _("Rules")),
    )
    return [Link(label, address(name), name == here) for name, label in pages]


@centre_only(VIEW)
@lists("charging.RateVersion")
def rates(request: Asked) -> HttpResponse:
    """The rates in force today, by charge item."""
    day = local_day()
    found = charging.rates_in_force_page(request.actor, day, place(request))
    entries = [charging.rate_entry(row) for row in found]
    rated, without = charging.rated_items(request.actor, day)
    context = {
        "day": day,
        "count": rated,
        "pages": pages(request, found),
        "rows": [
            {
                "service": entry.version.charge_item.service.name,
                "item": entry.version.charge_item.name,
                "code": entry.version.charge_item.code,
                "rate": entry.rate,
                "span": entry.span,
                "decided": entry.decided,
                "timing": charging.rate_timing(entry.version) if entry.version.mid_year else "",
            }
            for entry in entries
        ],
        "without": without,
        "tabs": desk_tabs("rates"),
        "may_propose": request.actor.may(PROPOSE),
    }
    return show(request, "centre/rates.jinja", context)


@centre_only(VIEW)
@lists("charging.RateVersion")
def proposals(request: Asked, errors: tuple[Any, ...] = ()) -> HttpResponse:
    """Rates that wait for a decision; those that this person may decide, with the buttons."""
    versions = charging.rate_proposals(request.actor, place(request))
    found = open_proposals(request.actor, SUBJECT, [version.pk for version in versions])
    deciders = Deciders(request.actor, [])
    day = local_day()
    items = [version.charge_item_id for version in versions]
    effects = charging.effects_of(request.actor, [version.pk for version in versions])
    present = {
        row.charge_item_id: row for row in charging.rates_in_force(request.actor, day, items)
    }
    rows = []
    for version in versions:
        before = present.get(version.charge_item_id)
        rows.append(
            {
                "entry": charging.rate_entry(version),
                "version": version,
                "before": charging.rate_text(before) if before else "",
                "timing": charging.rate_timing(version),
                **effects_in_words(effects[version.pk], version),
                "deciders": deciders.on(found[version.pk]) if version.pk in found else [],
                "warnings": found[version.pk].effect.get("warnings", [])
                if version.pk in found
                else [],
                "withdraw": mine(request, found.get(version.pk)),
                "why_not": deciders.why_not_on(request.actor, found[version.pk])
                if version.pk in found
                else "",
            }
        )
    context = {
        "rows": rows,
        "pages": pages(request, versions),
        "may_propose": request.actor.may(PROPOSE),
        "tabs": desk_tabs("proposals"),
        "asked": request.POST,
    }
    return show(request, "centre/proposals.jinja", context, errors)


def effects_in_words(
    rows: Sequence[charging.RateEffect], version: charging.RateVersion
) -> dict[str, Any]:
    """What a proposal means to every agency's year: rows, and a sentence about all of them."""
    more = sum(row.after_minor - row.before_minor for row in rows)
    before = sum(row.before_minor for row in rows)
    return {
        "effects": [
            {
                "agency": row.agency.name,
                "before": row.before_minor,
                "after": row.after_minor,
                "change": row.after_minor - row.before_minor,
                "share": Fraction(row.after_minor - row.before_minor, row.before_minor)
                if row.before_minor
                else None,
            }
            for row in rows
        ],
        "sentence": _("Everybody's year together: %(change)s.")
        % {"change": charging.change_words(before, before + more, version.currency)}
        if rows
        else _("Nobody is expected to use it."),
    }


def mine(request: Asked, decision: Decision | None) -> UUID | None:
    """The decision that the reader asked for and may take back."""
    if decision is None or decision.proposed_by != request.actor.user_id:
        return None
    return decision.pk


@centre_only(PROPOSE)
def take_back(request: Asked, decision_id: UUID) -> HttpResponse:
    """Withdraw one's own proposal: it charges nothing, and its days are free again."""
    if request.method != "POST":
        return HttpResponseRedirect(address("proposals"))
    errors = attempt(
        lambda: withdraw(
            actor=request.actor, decision_id=decision_id, reason=text(request, "reason")
        )
    )
    if errors:
        return proposals(request, errors)
    return done(request, _("Withdrawn. Its days are free for another proposal."), "proposals")


@centre_only(APPROVE)
def decide(request: Asked, version_id: UUID) -> HttpResponse:
    """Approve or reject a proposed rate, as a second person."""
    if request.method != "POST":
        return HttpResponseRedirect(address("proposals"))
    approve = text(request, "decision") == "approve"
    write = charging.approve_rate if approve else charging.reject_rate
    errors = attempt(
        lambda: write(
            actor=request.actor, rate_version_id=version_id, reason=text(request, "reason")
        )
    )
    if errors:
        return proposals(request, errors)
    words = _("The rate is approved and will be charged.") if approve else _("Rejected.")
    return done(request, words, "proposals")


@centre_only(PROPOSE)
def propose(request: Asked) -> HttpResponse:
    """Propose a rate: worked out from cost and volume, or by hand with a reason."""
    errors: tuple[Any, ...] = ()
    derivation: Mapping[str, Any] = {}
    if request.method == "POST":
        try:
            derivation = derivation_of(request)
            if text(request, "do") == "propose":
                version = propose_from(request, derivation)
                words = _("Rate %(code)s is proposed. A second person decides.")
                return done(request, words % {"code": version.code}, "proposals")
        except (NotFound, Forbidden):
            raise
        except CommonwealError as error:
            errors = problems(plainly(request, error))
    return propose_page(request, derivation, errors)


def warnings_of(request: Asked, derivation: Mapping[str, Any]) -> list[str]:
    """What is unusual about the price in the form, once its item and first day are given."""
    if request.method != "POST" or not text(request, "item") or not text(request, "starts"):
        return []
    try:
        return charging.rate_warnings(
            request.actor,
            charge_item_id=required_id(request, "item", _("Choose the charge item.")),
            model=price_of(request, derivation),
            starts=day_field(request, "starts", _("First day")),
            derivation=derivation,
        )
    except CommonwealError:
        return []  # the form cannot be read yet, and says so itself


def propose_page(
    request: Asked, derivation: Mapping[str, Any], errors: tuple[Any, ...]
) -> HttpResponse:
    """The form, with the derivation in words once it is worked out."""
    items = charge_items(request.actor, on=local_day())
    runs = charging.allocation_runs(request.actor, place=Place(limit=24))
    year = centre_year()
    context = {
        "items": [(str(row.pk), f"{row.service.name}: {row.name}") for row in items],
        "runs": [
            (str(run.pk), f"{run.label}, {run.first_period}–{run.last_period}, {run.basis}")
            for run in runs
        ],
        "years": [("", _("Use the volume below")), *((str(y), str(y)) for y in (year, year + 1))],
        "asked": request.POST if request.method == "POST" else request.GET,
        "derivation": derivation,
        "warnings": warnings_of(request, derivation),
        "sentences": sentences_of(derivation, text(request, "item"), items),
        "currency": centre().currency,
        "kinds": kinds(),
        "inner_kinds": inner_kinds(),
    }
    return show(request, "centre/propose.jinja", context, errors)


def centre_year() -> int:
    """The present fiscal year."""
    return FiscalPeriod.of_date(local_day()).fiscal_year(centre().fiscal_year_start_month)


def derivation_of(request: Asked) -> Mapping[str, Any]:
    """The derivation that the form asks for; empty for a rate set by hand."""
    if text(request, "basis") != "derived":
        return {}
    item_id = required_id(request, "item", _("Choose the charge item."))
    run_id = required_id(
        request, "run", _("Choose the allocation that says what the service costs.")
    )
    year = text(request, "year")
    if year:
        volume = charging.Volume(
            fiscal_year=whole_field(request, "year", _("Fiscal year")),
            allow_unsigned=bool(text(request, "unsigned")),
        )
    else:
        volume = charging.Volume(
            quantity=decimal_field(request, "volume", _("Volume")),
            reason=text(request, "volume_reason"),
        )
    return charging.derive_rate(
        request.actor,
        charge_item_id=item_id,
        run_id=run_id,
        volume=volume,
        share=text(request, "share") or "1",
        adjustments=charging.carried_into(
            request.actor,
            item_id,
            whole_field(request, "year", _("Fiscal year")),
            text(request, "share") or "1",
        )
        if year
        else (),
        share_reason=text(request, "share_reason"),
        places=whole_field(request, "places", _("Decimals"), default=4),
        terms=charging.RateTerms(
            cost_base=text(request, "cost_base") or "full",
            at_capacity=bool(text(request, "at_capacity")),
        ),
    )


def propose_from(request: Asked, derivation: Mapping[str, Any]) -> charging.RateVersion:
    """Propose what the form says."""
    return charging.propose_rate(
        actor=request.actor,
        charge_item_id=required_id(request, "item", _("Choose the charge item.")),
        model=price_of(request, derivation),
        starts=day_field(request, "starts", _("First day")),
        ends=optional_day(request, "ends", _("First day without it")),
        derivation=derivation,
        reason=text(request, "reason"),
        currency=text(request, "currency").upper(),
        **exceptions_of(request),
    )


def sentences_of(derivation: Mapping[str, Any], item_id: str, items: list[Any]) -> list[str]:
    """A derivation that is not proposed yet, in the words of the rate book."""
    item = next((row for row in items if str(row.pk) == item_id), None)
    if not derivation or item is None:
        return []
    draft = charging.RateVersion(
        charge_item=item,
        currency=centre().currency,
        model={"kind": "per_unit", "rate": derivation["rate"]},
        derivation=dict(derivation),
        starts=local_day(),
    )
    return list(charging.derivation_sentences(draft))

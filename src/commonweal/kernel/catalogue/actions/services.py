"""Writing the catalogue: each `put_` creates the thing with this code, or changes it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from uuid import UUID

from ...access.public import Actor, require
from ...audit.public import action, record
from ...calendar.public import Span
from ..domain import CatalogueError
from ..hours import is_calendar, no_hours
from ..models import (
    Bundle,
    BundleCompanion,
    ChargeItem,
    OrderLine,
    Service,
    ServiceLevel,
    Unit,
)
from ..models.services import DIRECTIONS, KINDS

_CODE = re.compile(r"[a-z0-9]+(?:[._-][a-z0-9]+)*\Z")
_UNIT = re.compile(r"[A-Z0-9]{2,3}\Z")


def _code(code: str, what: str) -> str:
    if not _CODE.match(code):
        raise CatalogueError(
            "CATALOGUE-101",
            f"“{code}” cannot be the code of a {what}. Use small letters, digits, and single dots "
            "or hyphens between them, such as payroll.payslip.",
        )
    return code


def _text(value: str, what: str) -> str:
    if not value.strip():
        raise CatalogueError("CATALOGUE-102", f"The {what} is empty. Write it in plain words.")
    return value.strip()


def _service(code: str) -> Service:
    found = Service.objects.select_for_update().filter(code=code).first()
    if found is None:
        raise CatalogueError(
            "CATALOGUE-103", f"There is no service “{code}”. Create it first, or correct the code."
        )
    return found


def _item(code: str) -> ChargeItem:
    found = ChargeItem.objects.filter(code=code).first()
    if found is None:
        raise CatalogueError(
            "CATALOGUE-104", f"There is no charge item “{code}”. Create it first, or correct it."
        )
    return found


def _unit(code: str) -> Unit:
    found = Unit.objects.filter(pk=code).first()
    if found is None:
        raise CatalogueError(
            "CATALOGUE-105",
            f"There is no unit “{code}”. Use a code of UN/ECE Recommendation 20 that is in the "
            "list of units, or add it there.",
        )
    return found


@action
def put_unit(*, actor: Actor, code: str, name: str, singular: str, plural: str) -> Unit:
    """Add a unit of UN/ECE Recommendation 20, or change the words for it."""
    require(actor, "catalogue.manage")
    if not _UNIT.match(code):
        raise CatalogueError(
            "CATALOGUE-106",
            f"“{code}” is not a code of UN/ECE Recommendation 20. Enter its 2 or 3 capital "
            "letters and digits, such as HUR.",
        )
    words = {
        "name": _text(name, "name of the unit"),
        "singular": _text(singular, "word for one"),
        "plural": _text(plural, "word for many"),
    }
    unit, _ = Unit.objects.update_or_create(code=code, defaults=words)
    record(actor=actor, verb="catalogue.unit_put", target=unit, payload={"code": code, **words})
    return unit


@action
def put_service(
    *,
    actor: Actor,
    code: str,
    name: str,
    description: str,
    fund_code: str,
    starts: date,
    ends: date | None = None,
    owner_person_id: UUID | None = None,
    public_contact: str = "",
    tower: str = "",
    cost_pool: str = "",
) -> Service:
    """Create or change a service. It keeps the days on which its charge items are offered."""
    require(actor, "catalogue.manage")
    span = Span(starts, ends)
    existing = Service.objects.select_for_update().filter(code=code).first()
    if existing:
        for item in existing.items.all():
            if not Span(item.starts, item.ends).inside(span):
                raise CatalogueError(
                    "CATALOGUE-108",
                    f"Charge item {item.code} is offered outside these dates. Change it first.",
                )
    service, _ = Service.objects.update_or_create(
        code=_code(code, "service"),
        defaults={
            "name": _text(name, "name of the service"),
            "description": _text(description, "description of the service"),
            "owner_person_id": owner_person_id,
            "public_contact": public_contact.strip(),
            "fund_code": _text(fund_code, "fund of the service"),
            "tower": tower.strip(),
            "cost_pool": cost_pool.strip(),
            "starts": starts,
            "ends": ends,
        },
    )
    record(
        actor=actor,
        verb="catalogue.service_put",
        target=service,
        payload={"code": code, "fund": fund_code, "starts": starts, "ends": ends},
    )
    return service


@action
def put_charge_item(
    *,
    actor: Actor,
    code: str,
    service: str,
    name: str,
    description: str,
    unit: str,
    measure_singular: str,
    measure_plural: str,
    starts: date,
    ends: date | None = None,
    kind: str = "metered",
    late_policy: str = "",
) -> ChargeItem:
    """Create or change a charge item of the service with this code.

    Once an order names it, its service, unit and kind stay: old bills were made with them.
    """
    require(actor, "catalogue.manage")
    owner, counted_in = _service(service), _unit(unit)
    if kind not in dict(KINDS):
        raise CatalogueError(
            "CATALOGUE-109", f"Choose how it is charged: {', '.join(dict(KINDS))}."
        )
    if not Span(starts, ends).inside(Span(owner.starts, owner.ends)):
        raise CatalogueError(
            "CATALOGUE-110",
            f"The dates of {code} are not inside those of {owner.name}. Change one or the other.",
        )
    existing = ChargeItem.objects.select_for_update().filter(code=code).first()
    meaning = (owner.pk, counted_in.pk, kind)
    if existing and meaning != (existing.service_id, existing.unit_id, existing.kind):
        _refuse_if_ordered(existing)
    item, _ = ChargeItem.objects.update_or_create(
        code=_code(code, "charge item"),
        defaults={
            "service": owner,
            "name": _text(name, "name of the charge item"),
            "description": _text(description, "description of the charge item"),
            "unit": counted_in,
            "kind": kind,
            "measure_singular": _text(measure_singular, "word for one"),
            "measure_plural": _text(measure_plural, "word for many"),
            "late_policy": late_policy.strip(),
            "starts": starts,
            "ends": ends,
        },
    )
    record(
        actor=actor,
        verb="catalogue.charge_item_put",
        target=item,
        payload={"code": code, "unit": unit, "kind": kind, "starts": starts, "ends": ends},
    )
    return item


def _refuse_if_ordered(item: ChargeItem) -> None:
    if OrderLine.objects.filter(charge_item=item).exists():
        raise CatalogueError(
            "CATALOGUE-107",
            f"Orders name {item.code}, so its service, unit and kind stay as they are. End it, and "
            "create a new charge item.",
        )


@action
def put_bundle(*, actor: Actor, lead: str, name: str, companions: Mapping[str, Decimal]) -> Bundle:
    """Say which items (by code, with how many for each lead) must be ordered with the lead item.

    Replaces the companions named before; orders already made are not touched.
    """
    require(actor, "catalogue.manage")
    item = _item(lead)
    if not companions or lead in companions:
        raise CatalogueError(
            "CATALOGUE-111", "Name at least one companion, and not the lead item itself."
        )
    if any(not count.is_finite() or count <= 0 for count in companions.values()):
        raise CatalogueError(
            "CATALOGUE-112", "Say how many of each companion one lead needs: a number above 0."
        )
    bundle, _ = Bundle.objects.update_or_create(
        lead=item, defaults={"name": _text(name, "name of the bundle")}
    )
    bundle.companions.all().delete()
    BundleCompanion.objects.bulk_create(
        BundleCompanion(bundle=bundle, item=_item(code), quantity=count)
        for code, count in companions.items()
    )
    record(
        actor=actor,
        verb="catalogue.bundle_put",
        target=bundle,
        payload={"lead": lead, "companions": dict(companions)},
    )
    return bundle


@action
def put_service_level(
    *,
    actor: Actor,
    service: str,
    name: str,
    metric: str,
    target: Decimal,
    unit: str,
    calendar: str,
    starts: date,
    ends: date | None = None,
    direction: str = "at_most",
) -> ServiceLevel:
    """Promise a service level from a day on.

    The promise for the same service and metric that begins on that day is replaced; one that
    began earlier and still runs ends there. Refused: a calendar without hours (CATALOGUE-131).
    """
    require(actor, "catalogue.manage")
    owner, counted_in, span = _service(service), _unit(unit), Span(starts, ends)
    if direction not in dict(DIRECTIONS) or not target.is_finite():
        raise CatalogueError(
            "CATALOGUE-113", "Give the target as a number, and say “at_most” or “at_least”."
        )
    if not is_calendar(calendar):
        raise no_hours(calendar)
    same = ServiceLevel.objects.filter(service=owner, metric=metric)
    for level in same.exclude(starts=starts):
        other = Span(level.starts, level.ends)
        if not other.overlaps(span):
            continue
        if level.starts > starts:
            raise CatalogueError(
                "CATALOGUE-114",
                f"A service level for {metric} begins on {level.starts}. End this one before it.",
            )
        level.ends = starts
        level.save(update_fields=["ends"])
    level, _ = ServiceLevel.objects.update_or_create(
        service=owner,
        metric=_code(metric, "metric"),
        starts=starts,
        defaults={
            "name": _text(name, "name of the service level"),
            "target": target,
            "unit": counted_in,
            "direction": direction,
            "calendar": calendar,
            "ends": ends,
        },
    )
    record(
        actor=actor,
        verb="catalogue.service_level_put",
        target=level,
        payload={"service": service, "metric": metric, "target": target, "starts": starts},
    )
    return level
